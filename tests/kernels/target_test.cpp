// A kernel that answers which target it was compiled for: forcing a name runs that very code.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/target_test.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {

std::int64_t compiled_for() {
  return HWY_TARGET;
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "kernels/target.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

HWY_EXPORT(compiled_for);

TEST(Target, TheForcedOneRuns) {
  for_each_simd_target([] {
    EXPECT_EQ(target_name(BORESIGHT_DISPATCH(compiled_for)()), active_simd_target());
    EXPECT_EQ(BORESIGHT_DISPATCH(compiled_for)(), active_target());
  });
}

TEST(Target, EveryUsableOneWasCompiledAndIsSupported) {
  std::int64_t mask = 0;
  for (const std::int64_t target : usable_targets()) mask |= target;
  EXPECT_EQ(mask, hwy::SupportedTargets() & HWY_TARGETS);
}

TEST(Target, ForcingDoesNotReachOtherUsersOfHighway) {
  const std::int64_t before = hwy::SupportedTargets();
  const std::int64_t others = HWY_DYNAMIC_DISPATCH(compiled_for)();
  for_each_simd_target([&] {
    EXPECT_EQ(hwy::SupportedTargets(), before);
    EXPECT_EQ(HWY_DYNAMIC_DISPATCH(compiled_for)(), others);
  });
}

}  // namespace
}  // namespace boresight::kernels
#endif  // HWY_ONCE
