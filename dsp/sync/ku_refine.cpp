#include "sync/ku_refine.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/units.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"

namespace boresight::sync {
namespace {

constexpr std::size_t symbol = KuSync::symbol_samples;
constexpr std::size_t fft_size = 1024;
constexpr std::size_t segments = 8;
constexpr std::size_t segment = 2 * symbol / segments;
constexpr std::size_t bands = 16;
constexpr std::size_t band = fft_size / bands;

// The slope of the phases of equally spaced values, radians per step: first from neighbors, which is
// unambiguous, then by Newton's steps to the maximum of |sum c_i exp(-j slope i)|.
double phase_slope(std::span<const cf64> c) {
  cf64 neighbors = 0;
  for (std::size_t i = 1; i < c.size(); ++i) neighbors += c[i] * std::conj(c[i - 1]);
  double slope = std::arg(neighbors);
  const double middle = static_cast<double>(c.size() - 1) / 2;
  for (int step = 0; step < 3; ++step) {
    cf64 sum = 0;
    cf64 first = 0;
    double second = 0;
    for (std::size_t i = 0; i < c.size(); ++i)
      sum += c[i] * std::polar(1.0, -slope * (static_cast<double>(i) - middle));
    for (std::size_t i = 0; i < c.size(); ++i) {
      const double t = static_cast<double>(i) - middle;
      const cf64 aligned = c[i] * std::polar(1.0, -slope * t) * std::conj(sum);
      first += t * aligned;
      second += t * t * aligned.real();
    }
    if (!(second > 0)) break;
    slope += first.imag() / second;
  }
  return slope;
}

}  // namespace

KuRefine::KuRefine()
    : demodulator_(ofdm::ku20()),
      modulator_(ofdm::ku20()),
      known_(2 * symbol),
      shifted_(2 * symbol),
      pss_spectrum_(fft_size),
      turned_(2 * symbol),
      bins_{aligned_vector<cf32>(fft_size), aligned_vector<cf32>(fft_size)} {
  std::copy(pss().begin(), pss().end(), known_.begin());
  modulator_.process(sss(), std::span(known_).subspan(symbol));
  demodulator_.process(std::span<const cf32>(known_).subspan(pss_prefix_samples, fft_size), 0, 0,
                       pss_spectrum_);
}

// The whole of both symbols is one known sequence. In eight segments its phase's slope loses 1 / 64 of the
// information (0.07 dB).
double KuRefine::carrier(std::span<const cf32> samples, std::span<const cf32> known,
                         double frequency) noexcept {
  ofdm::remove_carrier(samples, frequency, 0.0, turned_);
  std::array<cf64, segments> c{};
  for (std::size_t s = 0; s < segments; ++s) {
    for (std::size_t i = s * segment; i < (s + 1) * segment; ++i) {
      const cf32 x = turned_[i];
      const cf32 p = known[i];
      c[s] += cf64(x.real() * p.real() + x.imag() * p.imag(), x.imag() * p.real() - x.real() * p.imag());
    }
  }
  return frequency + phase_slope(c) / (2 * pi * static_cast<double>(segment));
}

// The slope over the subcarriers of what both symbols say of the channel: 2048 of 2112 samples, in sixteen
// bands.
double KuRefine::delay(std::span<const cf32> samples, double frequency) noexcept {
  // The SSS's window begins within its prefix. The PSS's begins with the body: its prefix is not the body's
  // end but the negative of it.
  constexpr std::size_t offsets[] = {pss_prefix_samples,
                                     symbol + pss_prefix_samples - KuSync::window_advance};
  for (std::size_t i = 0; i < 2; ++i) {
    demodulator_.process(samples.subspan(offsets[i], fft_size), frequency,
                         frequency * static_cast<double>(offsets[i]), bins_[i]);
  }
  std::array<cf64, bands> c{};
  const double turn = 2 * pi * static_cast<double>(KuSync::window_advance) / static_cast<double>(fft_size);
  const cf64 next = std::polar(1.0, turn);
  for (std::size_t b = 0; b < bands; ++b) {
    cf64 step = std::polar(1.0, turn * (static_cast<double>(b * band) - fft_size / 2.0));
    for (std::size_t i = b * band; i < (b + 1) * band; ++i, step *= next) {
      const std::size_t k = (i + fft_size / 2) % fft_size;
      c[b] +=
          cf64(bins_[0][k] * std::conj(pss_spectrum_[k])) + cf64(bins_[1][k] * std::conj(sss()[k])) * step;
    }
  }
  return -phase_slope(c) * static_cast<double>(fft_size) / (2 * pi * static_cast<double>(band));
}

void KuRefine::shift_known(double delay) noexcept {
  const double turn = -2 * pi * delay / static_cast<double>(fft_size);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::span<const cf32> spectrum = i == 0 ? std::span<const cf32>(pss_spectrum_) : sss();
    cf64 step = std::polar(1.0, -turn * fft_size / 2.0);
    const cf64 next = std::polar(1.0, turn);
    for (std::size_t j = 0; j < fft_size; ++j, step *= next) {
      const std::size_t k = (j + fft_size / 2) % fft_size;
      bins_[i][k] = spectrum[k] * cf32(step);
    }
    modulator_.process(bins_[i], std::span(shifted_).subspan(i * symbol, symbol));
  }
  for (std::size_t i = 0; i < pss_prefix_samples; ++i) shifted_[i] = -shifted_[i];
}

KuRefine::Result KuRefine::process(std::span<const cf32> samples, double frequency) noexcept {
  // A sequence that is half a sample off matches 4 dB worse, and what does not match is noise to it. So the
  // carrier is measured roughly, then the delay, then the carrier on a sequence that lies where the signal
  // does.
  const double rough = carrier(samples, known_, frequency);
  const double late = delay(samples, rough);
  if (!(std::abs(late) < 8)) return {rough, 0};
  shift_known(late);
  return {carrier(samples, shifted_, rough), late};
}

}  // namespace boresight::sync
