// Numbers of samples far into a stream. Private.
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>

namespace boresight::rx {

/// Where numbers saturate: 600 years at 240 Msps, and as much again is left to count on from there.
inline constexpr std::int64_t last_sample_number = std::int64_t{1} << 62;

/// now + by, not beyond last_sample_number.
inline std::int64_t later(std::int64_t now, std::uint64_t by) noexcept {
  if (now >= last_sample_number) return last_sample_number;
  const auto room = static_cast<std::uint64_t>(last_sample_number - now);
  return by < room ? now + static_cast<std::int64_t>(by) : last_sample_number;
}

/// origin + offset as a whole number and its fraction, 0 <= fraction < 1. |offset| is below 2^53.
inline std::pair<std::int64_t, double> split(std::int64_t origin, double offset) noexcept {
  const double whole = std::floor(offset);
  return {origin + static_cast<std::int64_t>(whole), offset - whole};
}

}  // namespace boresight::rx
