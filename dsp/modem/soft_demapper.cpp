#include "boresight/modem/soft_demapper.h"

#include <cmath>
#include <limits>

#include "boresight/core/assert.h"

namespace boresight::modem {
namespace {

// LLRs of the `bits` bits of one axis, in nats times `precision` = 1 / variance.
inline void demap_axis(std::span<const float> levels, unsigned bits, float y, float precision, float* nats) {
  if (bits == 1) {  // the levels are opposite: the difference of squares is linear
    nats[0] = 4.0F * levels[0] * y * precision;
    return;
  }
  constexpr float far = std::numeric_limits<float>::max();
  float best0[3] = {far, far, far};
  float best1[3] = {far, far, far};
  for (std::size_t value = 0; value < levels.size(); ++value) {
    const float distance = (y - levels[value]) * (y - levels[value]);
    for (unsigned b = 0; b < bits; ++b) {
      float& best = (value >> (bits - 1 - b)) & 1U ? best1[b] : best0[b];
      best = distance < best ? distance : best;
    }
  }
  for (unsigned b = 0; b < bits; ++b) nats[b] = (best1[b] - best0[b]) * precision;
}

}  // namespace

void soft_demap(const Constellation& constellation, std::span<const cf32> symbols,
                std::span<const float> variance, std::span<Llr> llr) noexcept {
  const unsigned bits = constellation.bits();
  BORESIGHT_ASSERT(variance.size() == symbols.size() && llr.size() == symbols.size() * bits);
  const unsigned i_bits = constellation.i_bits();
  const unsigned q_bits = constellation.q_bits();
  for (std::size_t n = 0; n < symbols.size(); ++n) {
    const float inverse = 1.0F / variance[n];
    const float precision = inverse > 0 && std::isfinite(inverse) ? inverse : 0.0F;
    Llr* out = llr.data() + n * bits;
    float nats[3];
    demap_axis(constellation.levels(), i_bits, symbols[n].real(), precision, nats);
    for (unsigned b = 0; b < i_bits; ++b) out[constellation.bit_position(0, b)] = quantize_llr(nats[b]);
    if (q_bits == 0) continue;
    demap_axis(constellation.levels(), q_bits, symbols[n].imag(), precision, nats);
    for (unsigned b = 0; b < q_bits; ++b) out[constellation.bit_position(1, b)] = quantize_llr(nats[b]);
  }
}

}  // namespace boresight::modem
