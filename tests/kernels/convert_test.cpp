// The kernels against core/convert_reference.h, to the bit, on every target of the machine.
#include "kernels/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/random.h"
#include "core/convert_reference.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

constexpr std::size_t lengths[] = {0, 1, 2, 3, 7, 8, 15, 32, 33, 128, 1023, 131071};
// In samples: the smallest steps that the sample types' own alignment allows.
constexpr std::size_t starts[] = {0, 1, 3, 6};

bool same_bits(cf32 a, cf32 b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);  // -0 is not 0
}
bool same_bits(cs16 a, cs16 b) {
  return a == b;
}
bool same_bits(cs8 a, cs8 b) {
  return a == b;
}

// Runs both conversions on every length and start, into buffers with a guard behind (and before) the block.
template <typename Out, typename In, typename Kernel, typename Reference>
void expect_same(const std::vector<In>& data, Out guard, const Kernel& kernel, const Reference& reference) {
  for (const std::size_t length : lengths) {
    for (const std::size_t in_start : starts) {
      for (const std::size_t out_start : starts) {
        if (length > 2000 && in_start + out_start > 1) continue;  // time: the long block is for the main loop
        const auto in = std::span<const In>(data).subspan(in_start, length);
        std::vector<Out> got(out_start + length + 40, guard);
        std::vector<Out> want(got);
        const std::size_t got_count = kernel(in, std::span(got).subspan(out_start, length));
        const std::size_t want_count = reference(in, std::span(want).subspan(out_start, length));
        ASSERT_EQ(got_count, want_count) << length << " samples";
        const auto differs =
            std::mismatch(got.begin(), got.end(), want.begin(), [](Out a, Out b) { return same_bits(a, b); });
        ASSERT_TRUE(differs.first == got.end())
            << "sample " << (differs.first - got.begin()) - static_cast<std::ptrdiff_t>(out_start) << " of "
            << length << ", starts " << in_start << " and " << out_start;
      }
    }
  }
}

// Floats in which the hard ones are common: halves and their neighbors, limits, numbers that are none.
std::vector<cf32> hard_samples(float full_scale) {
  Random random(7);
  const float inf = std::numeric_limits<float>::infinity();
  const float special[] = {0.0F,
                           -0.0F,
                           inf,
                           -inf,
                           std::numeric_limits<float>::quiet_NaN(),
                           std::bit_cast<float>(0xFFC12345U),  // NaN with a sign and a payload
                           std::bit_cast<float>(0x7F800001U),  // signaling NaN
                           std::numeric_limits<float>::denorm_min(),
                           std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::lowest(),
                           65536.0F,
                           -65536.0F,
                           std::nextafter(65536.0F, inf),
                           -std::nextafter(65536.0F, inf),
                           1.0F,
                           -1.0F,
                           std::nextafter(-1.0F, -inf),
                           (full_scale - 1) / full_scale,
                           (full_scale - 0.5F) / full_scale,
                           (-full_scale - 0.5F) / full_scale};
  const auto rail = [&]() -> float {
    const auto steps = static_cast<std::uint32_t>(2 * full_scale) + 4;
    const float integer = static_cast<float>(random.below(steps)) - full_scale - 2;
    switch (random.below(8)) {
      case 0:
        return special[random.below(std::size(special))];
      case 1:
        return (integer + 0.5F) / full_scale;
      case 2:
        return std::nextafter((integer + 0.5F) / full_scale, inf);
      case 3:
        return std::nextafter((integer + 0.5F) / full_scale, -inf);
      case 4:
        return std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));  // any float
      case 5:
        return std::nextafter(0.5F, -inf) * (random.below(2) ? 1.0F : -1.0F) / full_scale;
      default:
        return static_cast<float>(random.uniform() * 2.2 - 1.1);
    }
  };
  std::vector<cf32> x(131071 + 8);
  for (cf32& sample : x) sample = {rail(), rail()};
  return x;
}

template <typename Sample>
std::vector<Sample> integer_samples() {
  Random random(8);
  std::vector<Sample> x(131071 + 8);
  for (std::size_t i = 0; i < x.size(); ++i) {  // every value of re, and a random im
    x[i].re = static_cast<decltype(x[i].re)>(i);
    x[i].im = static_cast<decltype(x[i].im)>(random.next());
  }
  return x;
}

const auto to_floats = [](auto in, std::span<cf32> out) -> std::size_t {
  to_cf32(in, out);
  return 0;
};
const auto to_floats_reference = [](auto in, std::span<cf32> out) { return reference::to_cf32(in, out); };
const auto from_floats = [](std::span<const cf32> in, auto out) -> std::size_t {
  from_cf32(in, out);
  return 0;
};
const auto from_floats_reference = [](std::span<const cf32> in, auto out) -> std::size_t {
  reference::from_cf32(in, out);
  return 0;
};

TEST(ConvertKernel, Cs16ToCf32) {
  const auto data = integer_samples<cs16>();
  for_each_simd_target([&] { expect_same(data, cf32(9, 9), to_floats, to_floats_reference); });
}

TEST(ConvertKernel, Cs8ToCf32) {
  const auto data = integer_samples<cs8>();
  for_each_simd_target([&] { expect_same(data, cf32(9, 9), to_floats, to_floats_reference); });
}

TEST(ConvertKernel, Cf32ToCs16) {
  const auto data = hard_samples(32768);
  for_each_simd_target([&] { expect_same(data, cs16{99, 99}, from_floats, from_floats_reference); });
}

TEST(ConvertKernel, Cf32ToCs8) {
  const auto data = hard_samples(128);
  for_each_simd_target([&] { expect_same(data, cs8{99, 99}, from_floats, from_floats_reference); });
}

TEST(ConvertKernel, Cf32IsCleanedAndCounted) {
  const auto data = hard_samples(32768);
  const auto kernel = [](std::span<const cf32> in, std::span<cf32> out) { return to_cf32(in, out); };
  for_each_simd_target([&] {
    expect_same(data, cf32(9, 9), kernel, to_floats_reference);
    std::vector<cf32> in_place(data);
    std::vector<cf32> want(data.size());
    EXPECT_EQ(to_cf32(std::span<const cf32>(in_place), in_place),
              reference::to_cf32(std::span<const cf32>(data), want));
    EXPECT_TRUE(std::equal(in_place.begin(), in_place.end(), want.begin(),
                           [](cf32 a, cf32 b) { return same_bits(a, b); }));
  });
}

// The oracle is checked too, on values that a person can check.
TEST(ConvertKernel, RoundsHalfToEven) {
  const std::vector<float> steps{0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, 126.5F, -127.5F, -128.5F, 127.5F};
  const std::vector<int> want{0, 2, 2, 0, -2, -2, 126, -128, -128, 127};
  std::vector<cf32> in;
  for (const float x : steps) in.emplace_back(x / 128, -x / 128);
  std::vector<cs8> out(in.size());
  reference::from_cf32(in, out);
  for (std::size_t i = 0; i < in.size(); ++i) EXPECT_EQ(out[i].re, want[i]) << steps[i];
  for_each_simd_target([&] {
    from_cf32(in, out);
    for (std::size_t i = 0; i < in.size(); ++i) EXPECT_EQ(out[i].re, want[i]) << steps[i];
  });
}

}  // namespace
}  // namespace boresight::kernels
