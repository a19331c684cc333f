// The PSS segment's signs in groups of four samples, known when the kernel is compiled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/pss.h"

namespace boresight::kernels::pss {

struct Group {
  std::uint8_t pattern;  // bit i - 1: sample i of the four has another sign than sample 0
  bool negative;         // the sign of sample 0
};

inline constexpr std::size_t pairs = pss_taps / 8;

inline constexpr std::array<Group, pss_taps / 4> groups = [] {
  std::array<Group, pss_taps / 4> all{};
  const auto signs = pss_signs_of_segment();
  for (std::size_t g = 0; g < all.size(); ++g) {
    unsigned pattern = 0;
    for (unsigned i = 1; i < 4; ++i) pattern |= (signs[4 * g + i] != signs[4 * g] ? 1U : 0U) << (i - 1);
    all[g] = {static_cast<std::uint8_t>(pattern), signs[4 * g] < 0};
  }
  return all;
}();

}  // namespace boresight::kernels::pss
