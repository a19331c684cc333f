#include <algorithm>
#include <bit>
#include <cmath>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/ku_preamble.h"
#include "kernels/preamble.h"
#include "sync/preamble_engines.h"

namespace boresight::sync {
namespace {

constexpr double preamble_s = 2 * ku_symbol_s;
constexpr std::size_t tail = 16;  // samples of the band-limited preamble before and behind it that are kept

std::size_t preamble_samples(double rate_hz) {
  return static_cast<std::size_t>(std::ceil(preamble_s * rate_hz));
}

// The FFT of least cost per position: the larger, the smaller the share that is lost at its end.
std::size_t fft_size_for(double rate_hz) {
  return std::max<std::size_t>(512, std::bit_ceil(3 * (preamble_samples(rate_hz) + 2 * tail)));
}

}  // namespace

PreambleSearch::Slice::Slice(const Config& config, std::size_t positions)
    : fft_size(fft_size_for(config.sample_rate_hz)),
      step(fft_size - preamble_samples(config.sample_rate_hz) - 2 * tail - 1),  // and its half samples
      forward(fft_size, fft::Direction::forward),
      inverse(fft_size, fft::Direction::inverse),
      lead(tail),
      block(fft_size),
      spectrum(fft_size),
      product(fft_size),
      turn(fft_size) {
  const double bin_hz = config.sample_rate_hz / static_cast<double>(fft_size);
  shift = std::max<std::size_t>(1, static_cast<std::size_t>(config.carrier_step_hz / bin_hz));
  step_hz = bin_hz * static_cast<double>(shift);
  const auto side = static_cast<std::size_t>(std::ceil(config.max_carrier_offset_hz / step_hz - 0.5));
  carriers = 2 * side + 1;
  first_hz = config.carrier_offset_hz - static_cast<double>(side) * step_hz;
  window = positions + lead + preamble_samples(config.sample_rate_hz) + tail + 1;

  // Carrier d sees bin k of the stream, k = -L/2 .. L/2 - 1, at the preamble's frequency
  // center + k bin - first - d shift bin: entry k + L/2 + (carriers - 1 - d) shift of the filter.
  filter.resize(fft_size + (carriers - 1) * shift);
  const double last_hz = first_hz + static_cast<double>((carriers - 1) * shift) * bin_hz;
  ku_preamble_spectrum(PreamblePart::both, config.sample_rate_hz,
                       config.center_hz - static_cast<double>(fft_size / 2) * bin_hz - last_hz, bin_hz,
                       filter);
  for (std::size_t i = 0; i < filter.size(); ++i) filter[i] = std::conj(filter[i]);
  for (std::size_t d = 0; d < carriers; ++d) {
    double sum = 0;
    for (std::size_t i = 0; i < fft_size; ++i)
      sum += static_cast<double>(std::norm(filter[(carriers - 1 - d) * shift + i]));
    energies.push_back(std::max(sum / static_cast<double>(fft_size), 1e-3));
  }
  energy = energies[side];
  require(energy > 1, "preamble search: the slice holds nothing of the preamble");
}

void PreambleSearch::Slice::process(std::span<const cf32> x, double fraction, double power,
                                    Grid<std::uint8_t> levels) noexcept {
  const std::size_t half = fft_size / 2;
  if (fraction != 0) {
    for (std::size_t k = 0; k < fft_size; ++k) {
      const double f = static_cast<double>(k) / static_cast<double>(fft_size) - (k < half ? 0.0 : 1.0);
      turn[k] = cf32(std::polar(1.0, 2 * pi * fraction * f));
    }
  }
  const std::size_t positions = levels.columns();
  for (std::size_t first = 0; first < positions; first += step) {
    std::span<const cf32> in = x.subspan(first, std::min(fft_size, x.size() - first));
    if (in.size() < fft_size) {
      std::fill(std::ranges::copy(in, block.begin()).out, block.end(), cf32(0));
      in = block;
    }
    forward.run(in, spectrum);
    if (fraction != 0) kernels::multiply(spectrum, turn, spectrum);
    const std::size_t count = std::min(step, positions - first);
    const std::span<const cf32> bins = spectrum;
    for (std::size_t d = 0; d < carriers; ++d) {
      // Unnormalized transforms: L on the way there and back.
      const auto scale =
          static_cast<float>(level_scale / std::sqrt(energies[d] * power) / static_cast<double>(fft_size));
      const std::span<const cf32> h = std::span(filter).subspan((carriers - 1 - d) * shift, fft_size);
      kernels::multiply(bins.first(half), h.subspan(half), std::span(product).first(half));  // k >= 0
      kernels::multiply(bins.subspan(half), h.first(half), std::span(product).subspan(half));
      inverse.run(product, block);
      kernels::half_sample_levels(std::span(block).subspan(lead, count + 1), scale,
                                  levels.row(d).subspan(first, count));
    }
  }
}

}  // namespace boresight::sync
