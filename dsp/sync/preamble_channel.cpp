#include <algorithm>
#include <cmath>

#include "boresight/core/units.h"
#include "boresight/sync/ku_preamble.h"
#include "boresight/sync/ku_sequences.h"
#include "kernels/preamble.h"
#include "sync/preamble_engines.h"

namespace boresight::sync {
namespace {

constexpr std::size_t segment = pss_segment_samples;
constexpr std::size_t body = segment * pss_segments;
constexpr std::size_t fft_size = 2048;
constexpr std::size_t step = fft_size - segment;  // matches that one FFT gives
constexpr std::size_t blocks_per_tile = 8;  // a tile and its half samples stay in the second-level cache
constexpr std::size_t tile_matches = blocks_per_tile * step;
constexpr std::size_t tile = tile_matches - (body - segment) - 1;  // positions
constexpr double largest_step_hz = 50e3;

}  // namespace

PreambleSearch::Channel::Channel(const Config& config, std::size_t positions)
    : forward(fft_size, fft::Direction::forward),
      inverse(fft_size, fft::Direction::inverse),
      filter(fft_size),
      spectrum(fft_size),
      block(fft_size),
      re(tile_matches),
      im(tile_matches),
      half_re(tile_matches),
      half_im(tile_matches) {
  // The carriers are the middles of equal parts of the range: a multiple of four of them.
  const double range_hz = 2 * std::max(config.max_carrier_offset_hz, 1.0);
  const double wanted_hz = std::min(config.carrier_step_hz, largest_step_hz);
  carriers = 4 * static_cast<std::size_t>(std::ceil(range_hz / (4 * wanted_hz)));
  step_hz = range_hz / static_cast<double>(carriers);
  first_hz = config.carrier_offset_hz - range_hz / 2 + step_hz / 2;
  window = positions + pss_prefix_samples + body + 1;

  std::copy(pss_segment().begin(), pss_segment().end(), filter.begin());
  forward.run(filter, filter);
  for (cf32& h : filter) h = std::conj(h) / static_cast<float>(fft_size);
  const auto add_phasors = [&](std::size_t joined, std::size_t samples) {
    for (std::size_t d = 0; d < carriers; d += joined) {
      const double middle = static_cast<double>(d) + 0.5 * static_cast<double>(joined - 1);
      const double turns = (first_hz + middle * step_hz) * static_cast<double>(samples) / ku_channel_rate_hz;
      phasors.push_back(static_cast<float>(std::cos(2 * pi * turns)));
      phasors.push_back(static_cast<float>(std::sin(2 * pi * turns)));
    }
  };
  add_phasors(4, segment);
  add_phasors(2, 2 * segment);
  add_phasors(1, 4 * segment);
}

// 320,000 samples are a frame period to the last digit: the fraction of its start is always zero.
void PreambleSearch::Channel::process(std::span<const cf32> x, double /*fraction*/, double power,
                                      Grid<std::uint8_t> levels) noexcept {
  const std::span<const cf32> from_body = x.subspan(pss_prefix_samples);
  const auto scale = static_cast<float>(level_scale / std::sqrt(static_cast<double>(body) * power));
  for (std::size_t first = 0; first < levels.columns(); first += tile) {
    const std::size_t count = std::min(tile, levels.columns() - first);
    const std::size_t matches = count + (body - segment) + 1;
    for (std::size_t m = 0; m < matches; m += step) {
      // The last block may reach beyond the window: what lies there is not wanted.
      const std::size_t have = std::min(fft_size, from_body.size() - first - m);
      std::span<const cf32> in = from_body.subspan(first + m, have);
      if (have < fft_size) {
        std::fill(std::ranges::copy(in, block.begin()).out, block.end(), cf32(0));
        in = block;
      }
      forward.run(in, spectrum);
      kernels::multiply(spectrum, filter, spectrum);
      inverse.run(spectrum, block);
      const std::size_t out = std::min(step, matches - m);
      kernels::split(std::span(block).first(out), std::span(re).subspan(m, out),
                     std::span(im).subspan(m, out));
    }
    // Half a sample on: neighbors are uncorrelated in white noise, so their sum has twice their power.
    constexpr float level = 0.70710678F;
    for (std::size_t i = 0; i + 1 < matches; ++i) {
      half_re[i] = level * (re[i] + re[i + 1]);
      half_im[i] = level * (im[i] + im[i + 1]);
    }
    const Grid<std::uint8_t> part = levels.columns(first, count);
    kernels::pss_carriers(re, im, phasors, scale, false, part);
    kernels::pss_carriers(half_re, half_im, phasors, scale, true, part);
  }
}

}  // namespace boresight::sync
