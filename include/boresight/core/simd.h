// Which instruction set the SIMD kernels use. Chosen by itself from what the processor has; to name and to
// force it is for tests, benchmarks and bug reports.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boresight {

/// Name of the target that the next kernel call will use, as Google Highway calls it ("AVX2", "NEON", ...).
std::string_view active_simd_target() noexcept;

/// Targets that were compiled and that this processor has, best first; never empty. "SCALAR" or "EMU128"
/// stands for plain C++, where the compiler's baseline needs it.
std::vector<std::string> simd_targets();

/// Every later kernel call in this process uses `name`, one of simd_targets(); an empty name gives the choice
/// back to the library. Throws ConfigError for any other name and then changes nothing. May be called from
/// any thread at any time: each kernel call reads the choice once, so calls under way finish as they began.
/// The choice is boresight's own: other users of Highway in the process do not see it.
void force_simd_target(std::string_view name);

}  // namespace boresight
