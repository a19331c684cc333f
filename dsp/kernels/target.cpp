#include "kernels/target.h"

#include <atomic>

#include "hwy/highway.h"

namespace boresight::kernels {
namespace {

std::int64_t usable_mask() noexcept {
  static const std::int64_t mask = [] {
    const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
    return usable ? usable : static_cast<std::int64_t>(HWY_STATIC_TARGET);
  }();
  return mask;
}

// Highway gives better targets lower bits.
constexpr std::int64_t lowest_bit(std::int64_t mask) noexcept {
  return mask & -mask;
}

std::atomic<std::int64_t>& active() noexcept {
  static std::atomic<std::int64_t> target{best_target()};
  return target;
}

}  // namespace

std::int64_t best_target() noexcept {
  return lowest_bit(usable_mask());
}
// Relaxed: nothing else is published with the choice.
std::int64_t active_target() noexcept {
  return active().load(std::memory_order_relaxed);
}
void choose_target(std::int64_t target) noexcept {
  active().store(target, std::memory_order_relaxed);
}

std::vector<std::int64_t> usable_targets() {
  std::vector<std::int64_t> targets;
  for (std::int64_t rest = usable_mask(); rest != 0; rest &= rest - 1) targets.push_back(lowest_bit(rest));
  return targets;
}

std::string_view target_name(std::int64_t target) noexcept {
  return hwy::TargetName(target);
}

}  // namespace boresight::kernels
