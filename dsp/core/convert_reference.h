// The slow, obvious sample conversion: what the kernels must agree with to the bit. Only tests and benchmarks
// use it. Contracts: boresight/core/convert.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::reference {

template <typename Sample>
std::size_t scale_up(std::span<const Sample> in, float full_scale, std::span<cf32> out) {
  const float scale = 1.0F / full_scale;
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = {scale * static_cast<float>(in[i].re), scale * static_cast<float>(in[i].im)};
  }
  return 0;
}

template <typename Sample, typename Rail>
void scale_down(std::span<const cf32> in, float full_scale, std::span<Sample> out) {
  const auto rail = [full_scale](float x) {
    const float scaled = x * full_scale;
    if (!(scaled == scaled)) return Rail{0};
    return static_cast<Rail>(std::lrint(std::clamp(scaled, -full_scale, full_scale - 1.0F)));
  };
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = {rail(in[i].real()), rail(in[i].imag())};
}

inline std::size_t to_cf32(std::span<const cs16> in, std::span<cf32> out) {
  return scale_up(in, 32768.0F, out);
}
inline std::size_t to_cf32(std::span<const cs8> in, std::span<cf32> out) {
  return scale_up(in, 128.0F, out);
}

inline std::size_t to_cf32(std::span<const cf32> in, std::span<cf32> out) {
  constexpr float limit = 65536.0F;
  std::size_t cleaned = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const cf32 x = in[i];
    const bool good = std::abs(x.real()) <= limit && std::abs(x.imag()) <= limit;  // false for NaN
    out[i] = good ? x : cf32(0);
    cleaned += !good;
  }
  return cleaned;
}

inline void from_cf32(std::span<const cf32> in, std::span<cs16> out) {
  scale_down<cs16, std::int16_t>(in, 32768.0F, out);
}
inline void from_cf32(std::span<const cf32> in, std::span<cs8> out) {
  scale_down<cs8, std::int8_t>(in, 128.0F, out);
}

}  // namespace boresight::reference
