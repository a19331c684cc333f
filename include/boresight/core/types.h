// Sample types shared by the whole signal path.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>

namespace boresight {

using cf32 = std::complex<float>;   ///< Sample after the first arithmetic; full scale is |re|, |im| = 1.
using cf64 = std::complex<double>;  ///< Physics and oracles.

/// Interleaved 16-bit sample as devices deliver it; 32768 is full scale (1.0).
struct cs16 {
  std::int16_t re = 0;
  std::int16_t im = 0;
  bool operator==(const cs16&) const = default;
};

/// Interleaved 8-bit sample; 128 is full scale (1.0).
struct cs8 {
  std::int8_t re = 0;
  std::int8_t im = 0;
  bool operator==(const cs8&) const = default;
};

/// What a rate-changing object did with one call.
struct Progress {
  std::size_t consumed = 0;  ///< input items used
  std::size_t produced = 0;  ///< output items written
};

}  // namespace boresight
