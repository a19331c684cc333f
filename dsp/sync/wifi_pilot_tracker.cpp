#include "boresight/sync/wifi_pilot_tracker.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

double square(double x) {
  return x * x;
}

}  // namespace

PilotTracker::PilotTracker(const Config& config)
    : config_(config),
      phase_({.value_walk_variance = square(config.phase_noise_rad),
              .rate_walk_variance = square(config.frequency_walk_rad)}),
      delay_({.value_walk_variance = square(config.delay_walk_samples),
              .rate_walk_variance = square(1e-3 * config.delay_walk_samples)}) {
  const auto positive = [](double value, const char* name) {
    require(std::isfinite(value) && value > 0,
            std::string("PilotTracker: ") + name + " " + std::to_string(value) + " is not positive");
  };
  positive(config.fft_size, "fft_size");
  positive(config.symbol_samples, "symbol_samples");
  positive(config.phase_noise_rad, "phase_noise_rad");
  positive(config.frequency_walk_rad, "frequency_walk_rad");
  positive(config.clock_offset_limit, "clock_offset_limit");
  positive(config.delay_walk_samples, "delay_walk_samples");
  start(1.0);
}

void PilotTracker::start(double snr) noexcept {
  const double s = snr > 1e-3 ? std::min(snr, 1e9) : 1e-3;  // NaN gives the lower limit
  // Angle between two symbols of N samples at a signal-to-noise ratio s: variance 1 / (N s) (Moose 1994).
  const double symbols_per_lag = config_.symbol_samples / config_.fft_size;
  start(snr, 0.0, symbols_per_lag * symbols_per_lag / (config_.fft_size * s), 1.5);
}

void PilotTracker::start(double snr, double frequency_rad, double frequency_variance,
                         double symbols_ahead) noexcept {
  const double s = snr > 1e-3 ? std::min(snr, 1e9) : 1e-3;
  const bool known = std::isfinite(frequency_rad) && frequency_variance >= 0;
  // The first prediction adds one symbol.
  const double ahead = symbols_ahead - 1.0;
  const double rate = known ? frequency_rad : 0.0;
  const double rate_variance = (known ? std::min(frequency_variance, 1.0) : 1.0) + 1e-6;
  phase_.reset(ahead * rate, 0.25 / (config_.fft_size * s) + ahead * ahead * rate_variance, rate,
               rate_variance, ahead * rate_variance);
  const double drift = config_.clock_offset_limit * config_.symbol_samples;
  delay_.reset(0, drift * drift, 0, drift * drift);
}

void PilotTracker::restart(double snr, double symbol_samples) noexcept {
  const double s = snr > 1e-3 ? std::min(snr, 1e9) : 1e-3;
  const double ratio = symbol_samples / config_.symbol_samples;
  const auto again = [ratio](TrackingFilter& filter, double value_variance) {
    filter.reset(0, value_variance, ratio * filter.rate(), ratio * ratio * filter.rate_variance());
  };
  again(phase_, 0.5 / (config_.fft_size * s));
  again(delay_, config_.delay_walk_samples * config_.delay_walk_samples);
}

PilotTracker::State PilotTracker::predict() noexcept {
  phase_.predict();
  delay_.predict();
  return {phase_.value(), delay_.value()};
}

PilotTracker::State PilotTracker::correct(std::span<const float> carriers, std::span<const cf32> matched,
                                          std::span<const float> gain, double noise_variance) noexcept {
  BORESIGHT_ASSERT(matched.size() == carriers.size() && gain.size() == carriers.size());
  // Sums that give both the common phase and the slope: sum, and sum weighted with the carrier.
  float re = 0, im = 0, k_re = 0, k_im = 0;
  float g = 0, k_g = 0, kk_g = 0;
  for (std::size_t i = 0; i < carriers.size(); ++i) {
    const float k = carriers[i];
    re += matched[i].real();
    im += matched[i].imag();
    k_re += k * matched[i].real();
    k_im += k * matched[i].imag();
    g += gain[i];
    k_g += k * gain[i];
    kk_g += k * k * gain[i];
  }
  const double weight = double{g};
  const cf64 sum(re, im);
  const bool usable = weight > 0 && noise_variance >= 0 && std::isfinite(double{kk_g}) &&
                      std::isfinite(noise_variance) && std::isfinite(std::norm(sum)) && std::norm(sum) > 0 &&
                      std::isfinite(double{k_re}) && std::isfinite(double{k_im});
  if (!usable) return {phase_.value(), delay_.value()};
  const double turn_per_sample = 2.0 * pi / config_.fft_size;  // times k: phase per sample of delay
  const double center = double{k_g} / weight;
  const double spread = double{kk_g} - center * double{k_g};

  // The phase at the weighted mean of the carriers, then the line through it: uncorrelated errors.
  const double common = std::arg(sum);
  const double floor = 1e-9;  // rad^2; keeps a noiseless signal from dividing by zero
  if (spread > 1e-4 * weight) {
    const double slope = std::imag((cf64(k_re, k_im) - center * sum) * std::polar(1.0, -common)) / spread;
    const double slope_variance = 0.5 * noise_variance / spread + floor;
    const double previous = delay_.value();
    delay_.correct(-slope / turn_per_sample, slope_variance / (turn_per_sample * turn_per_sample));
    // Refer the phase to subcarrier 0 with the line that is believed now.
    phase_.correct(common + turn_per_sample * center * (delay_.value() - previous),
                   0.5 * noise_variance / weight + floor);
  } else {
    phase_.correct(common, 0.5 * noise_variance / weight + floor);
  }
  return {phase_.value(), delay_.value()};
}

}  // namespace boresight::sync
