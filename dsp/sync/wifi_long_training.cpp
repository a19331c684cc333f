#include "boresight/sync/wifi_long_training.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_phy.h"
#include "boresight/ofdm/demodulator.h"
#include "fft/fft.h"
#include "kernels/products.h"

namespace boresight::sync {
namespace {

constexpr std::size_t n = frame::wifi_fft_size;
constexpr std::size_t half = n / 2;
static_assert(LongTrainingSearch::prefix_samples == half);
constexpr std::size_t frequency_lead = 16;

// std::norm of an std::complex is this, but std::abs guards against overflow, at a price.
float power_of(cf32 a) {
  return a.real() * a.real() + a.imag() * a.imag();
}

double false_alarm(double t) {
  return std::pow(1.0 - t, 126) + 126.0 * t * std::pow(1.0 - t, 125);
}

// The level that noise passes with probability `rate`, by bisection: the tail falls from 1 to 0.
double level_of(double rate) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (false_alarm(middle) > rate ? low : high) = middle;
  }
  return high;
}

// The constant in two symbols of which b = a exp(j 2 pi f n), but for noise and c (1 - exp(j 2 pi f n)).
// Where the carrier does not turn, c cannot be told, and need not: it falls on the empty subcarrier 0. A c
// that is not clearly above its own noise is left alone: taking noise away as if it were a constant would
// put it on the subcarriers next to it, 64 samples of it in one place.
cf32 constant_of(std::span<const cf32> a, std::span<const cf32> b, double frequency) {
  // Noise alone passes once in e^14 = 1.2e6 frames. Where the carrier turns little, a false constant would be
  // much larger than the noise that it was made of, and the frame lost.
  constexpr double significance = 14.0;
  constexpr double regularization = 0.01;
  const cf64 rotation = std::polar(1.0, 2.0 * pi * frequency * double{n});
  cf64 sum = 0;
  double power = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const cf64 rest = cf64(b[i]) - rotation * cf64(a[i]);
    sum += rest;
    power += std::norm(rest);
  }
  const double of_mean = std::norm(sum) / double{n};
  const double of_noise = (power - of_mean) / (double{n} - 1.0);
  if (!(of_mean > significance * of_noise)) return 0;
  const cf64 g = 1.0 - rotation;
  return cf32(sum / double{n} * std::conj(g) / (std::norm(g) + regularization));
}

}  // namespace

LongTrainingSearch::LongTrainingSearch(const Config& config) : config_(config) {
  require(config.false_alarm_rate >= 1e-15 && config.false_alarm_rate <= 0.1,
          "LongTrainingSearch: false_alarm_rate " + std::to_string(config.false_alarm_rate) +
              " is outside 1e-15 .. 0.1");
  require(config.positions >= 1 && config.positions <= 4096,
          "LongTrainingSearch: positions " + std::to_string(config.positions) + " is outside 1 .. 4096");
  threshold_ = level_of(config.false_alarm_rate / static_cast<double>(config.positions));

  reference_.resize(n);
  const frame::WifiSpectrum& spectrum = frame::wifi_long_training();
  fft::Fft(n, fft::Direction::inverse).run(spectrum, reference_);
  const float unit_power = 1.0F / std::sqrt(52.0F);
  for (cf32& x : reference_) x *= unit_power;

  derotated_.resize(input_samples());
  in_re_.resize(input_samples());
  in_im_.resize(input_samples());
  // First halves begin at every position of both symbols, second ones at those and a symbol earlier.
  for (auto* part : {&first_half_.re, &first_half_.im}) part->resize(config.positions + n);
  for (auto* part : {&second_half_.re, &second_half_.im}) part->resize(config.positions + 2 * n);
}

// Half of the reference from `tap` on, at every place from `first` on.
void LongTrainingSearch::correlate(std::size_t tap, std::size_t first, Correlation& out) const noexcept {
  kernels::correlate(std::span(in_re_).subspan(first), std::span(in_im_).subspan(first),
                     std::span(reference_).subspan(tap, half), out.re, out.im);
}

std::optional<LongTrainingSearch::Found> LongTrainingSearch::find(std::span<const cf32> samples,
                                                                  double coarse_frequency,
                                                                  std::span<float> amplitudes) noexcept {
  BORESIGHT_ASSERT(samples.size() == input_samples());
  BORESIGHT_ASSERT(amplitudes.empty() || amplitudes.size() == config_.positions);
  ofdm::remove_carrier(samples, coarse_frequency, 0.0, derotated_);
  for (std::size_t i = 0; i < derotated_.size(); ++i) {
    in_re_[i] = derotated_[i].real();
    in_im_[i] = derotated_[i].imag();
  }
  correlate(0, prefix_samples, first_half_);
  correlate(half, 0, second_half_);

  // The prefix is the second half of a symbol: one half begins n before the second half of the first symbol.
  float best = 0;
  double symbols_power = 0;
  std::size_t found = 0;
  for (std::size_t d = 0; d < config_.positions; ++d) {
    const float prefix = power_of(second_half_.at(d));
    const float first = power_of(first_half_.at(d) + second_half_.at(d + n));
    const float second = power_of(first_half_.at(d + n) + second_half_.at(d + 2 * n));
    const float all = std::sqrt(prefix) + std::sqrt(first) + std::sqrt(second);
    if (!amplitudes.empty()) amplitudes[d] = all;
    if (all > best) {
      best = all;
      symbols_power = double{first} + double{second};
      found = d;
    }
  }
  const std::size_t position = found + prefix_samples;

  const std::span<const cf32> a = samples.subspan(position, n);
  const std::span<const cf32> b = samples.subspan(position + n, n);
  cf64 sum_a = 0;
  cf64 sum_b = 0;
  cf64 product = 0;
  double power = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sum_a += cf64(a[i]);
    sum_b += cf64(b[i]);
    product += cf64(b[i]) * std::conj(cf64(a[i]));
    power += std::norm(cf64(a[i])) + std::norm(cf64(b[i]));
  }
  const double energy = power - std::norm(sum_a + sum_b) / (2.0 * n);
  const double quality = energy > 1e-5 * power ? symbols_power / (n * energy) : 0.0;
  if (!(quality > threshold_)) return std::nullopt;

  // The prefix repeats as well: half of it, the other half being left to late paths, makes 80 pairs of 64.
  // The means are taken out before the angle is measured. What the signal itself has at zero frequency turns
  // by the same angle, so that taking it out does not bend the result.
  constexpr std::size_t lead = frequency_lead;
  cf64 lead_a = sum_a;
  cf64 lead_b = sum_b;
  for (std::size_t i = 0; i < lead; ++i) {
    const cf64 early(samples[position - lead + i]);
    const cf64 late(samples[position - lead + i + n]);
    lead_a += early;
    lead_b += late;
    product += late * std::conj(early);
  }
  const cf64 turn = (product - lead_b * std::conj(lead_a) / static_cast<double>(n + lead)) *
                    std::polar(1.0, -2.0 * pi * coarse_frequency * double{n});
  const double frequency = coarse_frequency + std::arg(turn) / (2.0 * pi * double{n});
  return Found{position, frequency, constant_of(a, b, frequency), quality};
}

}  // namespace boresight::sync
