// Run-time choice of the instruction set, and how a kernel is written.
//
// kernels/<name>.h declares plain functions over spans; kernels/<name>.cpp compiles itself once per target
// (hwy/foreach_target.h), ends with HWY_EXPORT for each function, and calls BORESIGHT_DISPATCH(function)(...)
// once per block. The result may not depend on the target, to the last bit wherever the arithmetic allows.
// HWY_DYNAMIC_DISPATCH is not used because its choice belongs to the whole process: to force a target here
// would force it in every other library that uses Highway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hwy/targets.h"

namespace boresight::kernels {

/// One bit of HWY_TARGETS.
std::int64_t best_target() noexcept;
std::int64_t active_target() noexcept;
/// `target` must be one of usable_targets().
void choose_target(std::int64_t target) noexcept;

/// Compiled and supported, best first.
std::vector<std::int64_t> usable_targets();
std::string_view target_name(std::int64_t target) noexcept;

/// Row of the active target in Highway's tables of functions.
inline std::size_t active_row() noexcept {
#if (HWY_TARGETS & (HWY_TARGETS - 1)) == 0
  return 0;  // Highway then makes tables of one row.
#else
  // As hwy::ChosenTarget::GetIndex, without its atomic exchange, which costs as much as a small kernel.
  const std::int64_t mask = HWY_CHOSEN_TARGET_SHIFT(active_target()) | HWY_CHOSEN_TARGET_MASK_SCALAR;
  return hwy::Num0BitsBelowLS1Bit_Nonzero64(
      static_cast<std::uint64_t>(mask & HWY_CHOSEN_TARGET_MASK_TARGETS));
#endif
}

}  // namespace boresight::kernels

#define BORESIGHT_DISPATCH(function) (*HWY_DISPATCH_TABLE(function)[::boresight::kernels::active_row()])
