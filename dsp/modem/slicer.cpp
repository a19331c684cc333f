#include "boresight/modem/slicer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace boresight::modem {
namespace {

constexpr float half_root = std::numbers::sqrt2_v<float> / 2;

// Distance to the nearest of 2^bits levels in steps of half their distance: each folding
// (kernels/soft_demap.h) lays half of them upon the other half, until one is left at 1.
float offset_of(unsigned bits, float x) {
  for (unsigned b = bits; b-- > 0;) x = std::abs(x) - static_cast<float>(1U << b);
  return x;
}

float nearest_level(unsigned bits, float half_distance, float y) {
  if (!std::isfinite(y)) y = 0;
  const auto outermost = static_cast<float>((1U << bits) - 1);
  const float level = 2 * std::floor(y / (2 * half_distance)) + 1;
  return half_distance * std::clamp(level, -outermost, outermost);
}

}  // namespace

cf32 nearest_point(const Constellation& constellation, cf32 y) noexcept {
  const unsigned bits = constellation.i_bits();
  const float half = constellation.half_distance();
  if (constellation.modulation() == Modulation::bpsk) {
    if (constellation.bit_map() == BitMap::wifi) return {nearest_level(1, half, y.real()), 0.0F};
    const float level = nearest_level(1, half, y.real() + y.imag());
    return {level, level};
  }
  if (constellation.bit_map() == BitMap::axis) {
    const bool on_i = std::abs(y.real()) > std::abs(y.imag());
    return on_i ? cf32(std::copysign(1.0F, y.real()), 0) : cf32(0, std::copysign(1.0F, y.imag()));
  }
  return {nearest_level(bits, half, y.real()), nearest_level(bits, half, y.imag())};
}

double squared_error(const Constellation& constellation, std::span<const cf32> symbols) noexcept {
  const unsigned bits = constellation.i_bits();
  const float inverse = 1 / constellation.half_distance();
  const bool turned =
      constellation.bit_map() == BitMap::axis ||
      (constellation.modulation() == Modulation::bpsk && constellation.bit_map() == BitMap::nr);
  const bool one_axis = constellation.modulation() == Modulation::bpsk;
  double sum = 0;
  for (const cf32 y : symbols) {
    // Turned ones by an eighth: bpsk from the diagonal to I, axis qpsk to the diagonals.
    float i = y.real();
    float q = y.imag();
    if (turned && one_axis) {
      i = (y.real() + y.imag()) * half_root;
      q = (y.imag() - y.real()) * half_root;
    } else if (turned) {
      i = (y.real() - y.imag()) * half_root;
      q = (y.real() + y.imag()) * half_root;
    }
    const float scale = turned && one_axis ? 1.0F : inverse;  // on I the points are at +-1
    const float i_error = offset_of(bits, i * scale) / scale;
    const float q_error = one_axis ? q : offset_of(bits, q * scale) / scale;
    sum += static_cast<double>(i_error * i_error + q_error * q_error);
  }
  return sum;
}

}  // namespace boresight::modem
