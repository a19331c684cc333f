#include "boresight/sync/ku_acquisition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/ku_sequences.h"
#include "fft/fft.h"

namespace boresight::sync {
namespace {

constexpr std::size_t segment = pss_segment_samples;
constexpr std::size_t body = segment * pss_segments;
constexpr std::size_t look_ahead = pss_samples;  // over which the largest statistic is sought

// Overlap-save matched filter: each FFT gives this many outputs.
constexpr std::size_t fft_size = 1024;
constexpr std::size_t step = fft_size - segment + 1;

// The carrier offset that turns the differential statistic, cycles per sample.
double carrier(cf32 differential) {
  return std::arg(cf64(differential)) / (2 * pi * static_cast<double>(segment));
}

}  // namespace

struct PssSearch::Workspace {
  fft::Fft forward{fft_size, fft::Direction::forward};
  fft::Fft inverse{fft_size, fft::Direction::inverse};
  aligned_vector<cf32> filter;   // conjugate spectrum of the segment, with the 1/N of the FFT pair
  aligned_vector<cf32> block;    // one FFT
  aligned_vector<cf32> matched;  // c[n]
  aligned_vector<cf32> product;  // c[n + 128] c*[n]
  aligned_vector<float> statistic;

  cf32 differential(std::size_t n) const {  // D[n]
    cf32 d = 0;
    for (std::size_t m = 1; m < pss_segments; ++m) {
      d += pss_signs[m] * pss_signs[m - 1] * product[n + segment * (m - 1)];
    }
    return d;
  }
};

double PssSearch::threshold_for(double false_alarm_rate) {
  const double largest = std::cos(pi / 9);
  double c = 1;
  for (int k = 2; k <= 8; ++k) c /= 1 - std::cos(k * pi / 9) / largest;
  double t = 10;
  for (int i = 0; i < 50; ++i) t = largest * std::log(c * std::sqrt(2 * pi * t / largest) / false_alarm_rate);
  return t;
}

PssSearch::PssSearch(const Config& config)
    : config_(config), threshold_(0), work_(std::make_unique<Workspace>()) {
  require(config.false_alarm_rate > 0 && config.false_alarm_rate <= 0.1,
          "PSS search: false-alarm rate " + std::to_string(config.false_alarm_rate) + " is outside (0, 0.1]");
  require(config.max_carrier_offset > 0 && config.max_carrier_offset <= 3.9,
          "PSS search: carrier offset of " + std::to_string(config.max_carrier_offset) +
              " subcarriers is outside (0, 3.9]");
  require(config.positions >= 1024 && config.positions <= (1U << 20),
          "PSS search: " + std::to_string(config.positions) + " positions are outside 1024 .. 1048576");
  threshold_ = threshold_for(config.false_alarm_rate);
  Workspace& w = *work_;
  w.filter.resize(fft_size);
  std::copy(pss_segment().begin(), pss_segment().end(), w.filter.begin());
  w.forward.run(w.filter, w.filter);
  for (cf32& h : w.filter) h = std::conj(h) / static_cast<float>(fft_size);
  w.block.resize(fft_size);
  const std::size_t starts = config.positions + look_ahead;
  w.matched.resize(starts + body - segment);
  w.product.resize(starts + body - 2 * segment);
  w.statistic.resize(starts);
}

PssSearch::~PssSearch() = default;
PssSearch::PssSearch(PssSearch&&) noexcept = default;
PssSearch& PssSearch::operator=(PssSearch&&) noexcept = default;

std::size_t PssSearch::window_samples() const {
  return config_.positions + look_ahead + body;
}

std::optional<PssSearch::Candidate> PssSearch::process(std::span<const cf32> window) noexcept {
  BORESIGHT_ASSERT(window.size() == window_samples());
  Workspace& w = *work_;

  for (std::size_t first = 0; first < w.matched.size(); first += step) {
    const std::size_t in = std::min(fft_size, window.size() - first);
    std::copy_n(window.begin() + static_cast<std::ptrdiff_t>(first), in, w.block.begin());
    std::fill(w.block.begin() + static_cast<std::ptrdiff_t>(in), w.block.end(), cf32(0));
    w.forward.run(w.block, w.block);
    for (std::size_t k = 0; k < fft_size; ++k) {
      const cf32 x = w.block[k];
      const cf32 h = w.filter[k];
      w.block[k] = {x.real() * h.real() - x.imag() * h.imag(), x.real() * h.imag() + x.imag() * h.real()};
    }
    w.inverse.run(w.block, w.block);
    const std::size_t out = std::min(step, w.matched.size() - first);
    std::copy_n(w.block.begin(), out, w.matched.begin() + static_cast<std::ptrdiff_t>(first));
  }
  for (std::size_t n = 0; n < w.product.size(); ++n) {
    const cf32 a = w.matched[n + segment];
    const cf32 b = w.matched[n];
    w.product[n] = {a.real() * b.real() + a.imag() * b.imag(), a.imag() * b.real() - a.real() * b.imag()};
  }

  double energy = 0;  // of the body that starts at n
  for (std::size_t i = 0; i < body; ++i) energy += static_cast<double>(std::norm(window[i]));
  double largest = energy;
  for (std::size_t n = 0; n < w.statistic.size(); ++n) {
    // Against the largest energy so far the running sum is rounding, not signal, below 1e-12.
    largest = std::max(largest, energy);
    const double noise = static_cast<double>(segment) * energy / static_cast<double>(body);
    const cf32 d = w.differential(n);
    const double statistic =
        energy > 1e-12 * largest + 1e-30 ? static_cast<double>(std::abs(d)) / noise : 0.0;
    const bool in_range = statistic < threshold_ ||
                          std::abs(carrier(d)) * static_cast<double>(body) <= config_.max_carrier_offset;
    w.statistic[n] = in_range ? static_cast<float>(statistic) : 0.0F;
    energy += static_cast<double>(std::norm(window[n + body])) - static_cast<double>(std::norm(window[n]));
  }
  return next(0);
}

std::optional<PssSearch::Candidate> PssSearch::next(std::size_t position) const noexcept {
  const Workspace& w = *work_;
  for (std::size_t n = position; n < config_.positions; ++n) {
    if (w.statistic[n] < threshold_) continue;
    const auto first = w.statistic.begin() + static_cast<std::ptrdiff_t>(n);
    const auto best = std::max_element(first, first + look_ahead);
    const auto found = static_cast<std::size_t>(best - w.statistic.begin());
    return Candidate{found, carrier(w.differential(found)), static_cast<double>(*best)};
  }
  return std::nullopt;
}

struct KuSync::Workspace {
  ofdm::Demodulator demodulator{ofdm::ku20()};  // the sample rate plays no part in it
  fft::Fft inverse{1024, fft::Direction::inverse};
  aligned_vector<cf32> bins = aligned_vector<cf32>(1024);
  aligned_vector<cf32> turned = aligned_vector<cf32>(pss_samples);
};

KuSync::KuSync(const Config& config) : threshold_(0), work_(std::make_unique<Workspace>()) {
  require(config.false_alarm_probability > 0 && config.false_alarm_probability <= 0.1,
          "ku synchronizer: false-alarm probability " + std::to_string(config.false_alarm_probability) +
              " is outside (0, 0.1]");
  // In noise the share of one tap is Beta(1, 1019): P(share > t) = (1 - t)^1019; 1024 taps are looked at.
  threshold_ = 1 - std::pow(config.false_alarm_probability / 1024.0, 1.0 / 1019.0);
}

KuSync::~KuSync() = default;
KuSync::KuSync(KuSync&&) noexcept = default;
KuSync& KuSync::operator=(KuSync&&) noexcept = default;

KuSync::Delay KuSync::sss_delay(std::span<const cf32> samples, std::size_t start, double frequency) noexcept {
  Workspace& w = *work_;
  const std::size_t offset = symbol_samples + pss_prefix_samples - window_advance;
  w.demodulator.process(samples.subspan(start + offset, 1024), frequency,
                        frequency * static_cast<double>(offset), w.bins);
  double energy = 0;
  for (std::size_t k = 0; k < 1024; ++k) {
    w.bins[k] *= std::conj(sss()[k]);
    energy += static_cast<double>(std::norm(w.bins[k]));
  }
  w.inverse.run(w.bins, w.bins);
  const auto best = std::max_element(w.bins.begin(), w.bins.end(),
                                     [](cf32 a, cf32 b) { return std::norm(a) < std::norm(b); });
  int tap = static_cast<int>(best - w.bins.begin());
  if (tap >= 512) tap -= 1024;
  const double share = energy > 0 ? static_cast<double>(std::norm(*best)) / (1020.0 * energy) : 0.0;
  // The window opens early, so a frame that starts where it was looked for shows at tap `window_advance`.
  return {tap - static_cast<int>(window_advance), share, cf64(*best)};
}

std::optional<KuTiming> KuSync::process(std::span<const cf32> samples, std::size_t start,
                                        double frequency) noexcept {
  BORESIGHT_ASSERT(start >= allowance && samples.size() >= start + 2 * symbol_samples + allowance);
  Delay delay = sss_delay(samples, start, frequency);
  if (!(delay.share >= threshold_)) return std::nullopt;  // NaN is no frame
  if (std::abs(delay.tap) > static_cast<int>(allowance)) return std::nullopt;
  if (delay.tap != 0) {
    // Look again where it is: a window off by more than the prefix holds two symbols.
    const std::ptrdiff_t moved = static_cast<std::ptrdiff_t>(start) + delay.tap;
    start = static_cast<std::size_t>(moved);
    delay = sss_delay(samples, start, frequency);
    if (!(delay.share >= threshold_) || std::abs(delay.tap) > 1) return std::nullopt;
  }

  // The PSS at the same delay; the phase from it to the SSS is what is left of the carrier.
  ofdm::remove_carrier(samples.subspan(start, pss_samples), frequency, 0.0, work_->turned);
  cf64 match = 0;
  for (std::size_t i = 0; i < pss_samples; ++i) match += cf64(work_->turned[i] * std::conj(pss()[i]));
  const double rest =
      std::arg(delay.value * std::conj(match)) / (2 * pi * static_cast<double>(symbol_samples));
  return KuTiming{static_cast<std::ptrdiff_t>(start), frequency + rest, delay.share};
}

}  // namespace boresight::sync
