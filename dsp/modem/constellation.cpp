#include "boresight/modem/constellation.h"

#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::modem {

Constellation::Constellation(Modulation modulation, BitMap map) : modulation_(modulation), map_(map) {
  require(!(modulation == Modulation::bpsk && map == BitMap::nr), "constellation: bpsk has no nr map");
  i_bits_ = modulation == Modulation::bpsk ? 1 : bits() / 2;

  // With s = +1 for a bit 0 and -1 for a bit 1, one axis with three bits is
  //   TS 38.211 5.1.5:                 s0 (4 - s1 (2 - s2))
  //   IEEE 802.11-2020 table 17-16:   -s0 (4 + s1 (2 + s2))
  // and the alphabets with two bits and one bit are the same without the outer terms.
  const std::size_t count = std::size_t{1} << i_bits_;
  const float inner = map == BitMap::nr ? -1.0F : 1.0F;
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
  const float axes = modulation == Modulation::bpsk ? 1.0F : 2.0F;
  const float scale = 1.0F / std::sqrt(axes * power / static_cast<float>(count));
  for (std::size_t value = 0; value < count; ++value) levels_[value] *= scale;
}

void Constellation::map(std::span<const std::uint8_t> bits_in, std::span<cf32> symbols) const noexcept {
  BORESIGHT_ASSERT(bits_in.size() == symbols.size() * bits());
  for (std::size_t n = 0; n < symbols.size(); ++n) {
    const std::uint8_t* symbol_bits = bits_in.data() + n * bits();
    unsigned i = 0;
    unsigned q = 0;
    for (unsigned b = 0; b < i_bits_; ++b) i = 2 * i + symbol_bits[bit_position(0, b)];
    for (unsigned b = 0; b < q_bits(); ++b) q = 2 * q + symbol_bits[bit_position(1, b)];
    symbols[n] = {levels_[i], q_bits() > 0 ? levels_[q] : 0.0F};
  }
}

}  // namespace boresight::modem
