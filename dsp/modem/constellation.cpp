#include "boresight/modem/constellation.h"

#include <cmath>
#include <numbers>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::modem {

Constellation::Constellation(Modulation modulation, BitMap map) : modulation_(modulation), map_(map) {
  require(map != BitMap::axis || modulation == Modulation::qpsk,
          "constellation: only qpsk has its points on the axes");
  i_bits_ = modulation == Modulation::bpsk ? 1 : bits() / 2;

  // With s = +1 for a bit 0 and -1 for a bit 1, one axis with three bits is
  //   TS 38.211 5.1.5:                 s0 (4 - s1 (2 - s2))
  //   IEEE 802.11-2020 table 17-16:   -s0 (4 + s1 (2 + s2))
  // With fewer bits the outer terms are missing, with more there are further ones; the points of one map are
  // those of the other with all bits inverted.
  const std::size_t count = std::size_t{1} << i_bits_;
  const float inner = map == BitMap::wifi ? 1.0F : -1.0F;
  float power = 0;
  for (std::size_t value = 0; value < count; ++value) {
    float level = 1;
    for (unsigned b = i_bits_; b-- > 0;) {  // last bit first
      const bool bit = (value >> (i_bits_ - 1 - b)) & 1U;
      const float sign = bit ? -1.0F : 1.0F;
      const auto above = static_cast<float>(1U << (i_bits_ - b));
      level = b == 0 ? sign * level : above + inner * sign * level;
    }
    levels_[value] = map == BitMap::wifi ? -level : level;
    power += level * level;
  }
  const bool one_axis = modulation == Modulation::bpsk && map == BitMap::wifi;
  half_distance_ = 1.0F / std::sqrt((one_axis ? 1.0F : 2.0F) * power / static_cast<float>(count));
  for (std::size_t value = 0; value < count; ++value) levels_[value] *= half_distance_;
}

cf32 Constellation::point(unsigned value) const noexcept {
  unsigned i = 0;
  unsigned q = 0;
  const auto bit = [&](unsigned position) { return (value >> (bits() - 1 - position)) & 1U; };
  for (unsigned b = 0; b < i_bits_; ++b) i = 2 * i + bit(bit_position(0, b));
  for (unsigned b = 0; b < q_bits(); ++b) q = 2 * q + bit(bit_position(1, b));
  if (modulation_ == Modulation::bpsk) {
    return {levels_[i], map_ == BitMap::nr ? levels_[i] : 0.0F};
  }
  if (map_ == BitMap::axis) {  // times e^{-j pi/4}; the halves are exact
    constexpr float scale = std::numbers::sqrt2_v<float> / 2;
    const float re = std::round((levels_[i] + levels_[q]) * scale);
    const float im = std::round((levels_[q] - levels_[i]) * scale);
    return {re, im};
  }
  return {levels_[i], levels_[q]};
}

void Constellation::map(std::span<const std::uint8_t> bits_in, std::span<cf32> symbols) const noexcept {
  BORESIGHT_ASSERT(bits_in.size() == symbols.size() * bits());
  const bool plain = modulation_ != Modulation::bpsk && map_ != BitMap::axis;
  for (std::size_t n = 0; n < symbols.size(); ++n) {
    const std::uint8_t* symbol_bits = bits_in.data() + n * bits();
    if (!plain) {
      unsigned value = 0;
      for (unsigned b = 0; b < bits(); ++b) value = 2 * value + symbol_bits[b];
      symbols[n] = point(value);
      continue;
    }
    unsigned i = 0;
    unsigned q = 0;
    for (unsigned b = 0; b < i_bits_; ++b) i = 2 * i + symbol_bits[bit_position(0, b)];
    for (unsigned b = 0; b < q_bits(); ++b) q = 2 * q + symbol_bits[bit_position(1, b)];
    symbols[n] = {levels_[i], levels_[q]};
  }
}

}  // namespace boresight::modem
