#include "boresight/core/convert.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"

namespace boresight {
namespace {

template <typename Sample>
std::size_t scale_up(std::span<const Sample> in, float full_scale, std::span<cf32> out) {
  BORESIGHT_ASSERT(in.size() == out.size());
  const float scale = 1.0F / full_scale;
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = {scale * static_cast<float>(in[i].re), scale * static_cast<float>(in[i].im)};
  }
  return 0;
}

template <typename Sample, typename Rail>
void scale_down(std::span<const cf32> in, float full_scale, std::span<Sample> out) {
  BORESIGHT_ASSERT(in.size() == out.size());
  const auto rail = [full_scale](float x) {
    const float scaled = x * full_scale;
    if (!(scaled == scaled)) return Rail{0};
    return static_cast<Rail>(std::lrint(std::clamp(scaled, -full_scale, full_scale - 1.0F)));
  };
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = {rail(in[i].real()), rail(in[i].imag())};
}

}  // namespace

std::size_t to_cf32(std::span<const cs16> in, std::span<cf32> out) noexcept {
  return scale_up(in, 32768.0F, out);
}
std::size_t to_cf32(std::span<const cs8> in, std::span<cf32> out) noexcept {
  return scale_up(in, 128.0F, out);
}

std::size_t to_cf32(std::span<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  // Full scale is 1; even samples that were left in units of a 16-bit converter stay below 65536. What lies
  // beyond is no signal, and one such sample would hide everything else from the covariance for a while.
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

void from_cf32(std::span<const cf32> in, std::span<cs16> out) noexcept {
  scale_down<cs16, std::int16_t>(in, 32768.0F, out);
}
void from_cf32(std::span<const cf32> in, std::span<cs8> out) noexcept {
  scale_down<cs8, std::int8_t>(in, 128.0F, out);
}

}  // namespace boresight
