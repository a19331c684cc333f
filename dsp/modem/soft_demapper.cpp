#include "boresight/modem/soft_demapper.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "boresight/core/assert.h"
#include "kernels/soft_demap.h"

namespace boresight::modem {
namespace {

using Kind = kernels::SoftDemapInput::Kind;

void demap(const Constellation& constellation, Kind kind, std::span<const cf32> symbols,
           std::span<const float> scale, float factor, std::span<Llr> llr) noexcept {
  BORESIGHT_ASSERT(scale.size() == symbols.size() && llr.size() == symbols.size() * constellation.bits());
  const kernels::SoftDemapInput input{kind, reinterpret_cast<const float*>(symbols.data()), scale.data(),
                                      symbols.size(), factor};
  const bool wifi = constellation.bit_map() == BitMap::wifi;
  if (constellation.modulation() == Modulation::bpsk) {
    const auto line = wifi ? kernels::SoftDemapLine::real : kernels::SoftDemapLine::diagonal;
    kernels::soft_demap_bpsk(input, line, llr.data());
  } else if (constellation.bit_map() == BitMap::axis) {
    kernels::soft_demap_axis_qpsk(input, llr.data());
  } else {
    const auto order = wifi ? kernels::SoftDemapOrder::by_axis : kernels::SoftDemapOrder::alternating;
    kernels::soft_demap_square(input, constellation.i_bits(), order, constellation.half_distance(),
                               llr.data());
  }
}

}  // namespace

void soft_demap(const Constellation& constellation, std::span<const cf32> symbols,
                std::span<const float> variance, std::span<Llr> llr) noexcept {
  demap(constellation, Kind::variance, symbols, variance, 1, llr);
}

void soft_demap_weighted(const Constellation& constellation, std::span<const cf32> symbols,
                         std::span<const float> weight, std::span<Llr> llr, float factor) noexcept {
  demap(constellation, Kind::weight, symbols, weight, factor, llr);
}

void soft_demap_matched(const Constellation& constellation, std::span<const cf32> matched,
                        std::span<const float> weight, std::span<Llr> llr) noexcept {
  demap(constellation, Kind::matched, matched, weight, 1, llr);
}

void soft_demap_exact(const Constellation& constellation, std::span<const cf32> symbols,
                      std::span<const float> variance, std::span<double> nats) noexcept {
  const unsigned bits = constellation.bits();
  BORESIGHT_ASSERT(variance.size() == symbols.size() && nats.size() == symbols.size() * bits);
  constexpr unsigned most_bits = bits_per_symbol(Modulation::qam1024);
  std::array<cf64, 1U << most_bits> points;
  const unsigned count = 1U << bits;
  for (unsigned value = 0; value < count; ++value) points[value] = cf64(constellation.point(value));
  for (std::size_t n = 0; n < symbols.size(); ++n) {
    double* out = nats.data() + n * bits;
    const cf64 y(symbols[n]);
    const auto noise = static_cast<double>(variance[n]);
    if (!(noise > 0 && std::isfinite(noise) && std::isfinite(y.real()) && std::isfinite(y.imag()))) {
      std::fill_n(out, bits, 0.0);
      continue;
    }
    std::array<double, 1U << most_bits> metric;
    for (unsigned value = 0; value < count; ++value) metric[value] = -std::norm(y - points[value]) / noise;
    for (unsigned b = 0; b < bits; ++b) {
      // ln sum exp, from the largest term so that one of them is 1.
      std::array<double, 2> best{-std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity()};
      const auto side = [&](unsigned value) { return (value >> (bits - 1 - b)) & 1U; };
      for (unsigned value = 0; value < count; ++value) {
        best[side(value)] = std::max(best[side(value)], metric[value]);
      }
      std::array<double, 2> sum{};
      for (unsigned value = 0; value < count; ++value) {
        sum[side(value)] += std::exp(metric[value] - best[side(value)]);
      }
      out[b] = best[0] - best[1] + std::log(sum[0]) - std::log(sum[1]);
    }
  }
}

}  // namespace boresight::modem
