#include "boresight/rx/ku_demodulator.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/equalizer.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"

namespace boresight::rx {
namespace {

constexpr std::size_t fft_size = 1024;
constexpr auto symbol_samples = static_cast<std::ptrdiff_t>(frame::ku_symbol_samples);
constexpr auto window_offset =
    static_cast<std::ptrdiff_t>(sync::pss_prefix_samples - sync::KuSync::window_advance);
// 120 ppm over a frame: beyond it the delay is not followed but lost, and the window stays where data is.
constexpr double max_slip = 40;
constexpr double rad_per_delay = 2 * pi / fft_size;  // phase slope per subcarrier of a delay of one sample

ofdm::ChannelEstimator::Config estimator_config(std::size_t taps) {
  return {.numerology = ofdm::ku20(), .known = {sync::sss().begin(), sync::sss().end()}, .taps = taps};
}

std::vector<int> signed_indices(const ofdm::Numerology& numerology, std::span<const std::uint16_t> carriers) {
  std::vector<int> indices;
  for (const std::uint16_t k : carriers) indices.push_back(numerology.signed_index(k));
  return indices;
}

}  // namespace

KuDemodulator::KuDemodulator(const Config& config)
    : demodulator_(ofdm::ku20()),
      estimator_(estimator_config(config.channel_taps)),
      pilot_values_(frame::ku_pilot_values()),
      data_carriers_(ofdm::ku20().carriers(ofdm::Carrier::data)),
      pilot_carriers_(ofdm::ku20().carriers(ofdm::Carrier::pilot)),
      pilot_index_(signed_indices(ofdm::ku20(), pilot_carriers_)),
      data_index_(signed_indices(ofdm::ku20(), data_carriers_)),
      phase_({config.phase_walk_variance, config.rate_walk_variance}),
      delay_({config.delay_walk_variance, config.drift_walk_variance}),
      gain_({config.gain_walk_variance, 0}),
      channel_taps_(static_cast<double>(config.channel_taps)),
      bins_(1, fft_size),
      channel_(fft_size),
      rotated_(fft_size),
      noise_(fft_size),
      symbol_noise_(fft_size),
      equalized_(data_carriers_.size()),
      variance_(data_carriers_.size()) {
  for (const double variance :
       {config.phase_walk_variance, config.rate_walk_variance, config.delay_walk_variance,
        config.drift_walk_variance, config.gain_walk_variance}) {
    require(std::isfinite(variance) && variance >= 0,
            "ku demodulator: walk variance " + std::to_string(variance) + " is negative or not finite");
  }
  require(config.channel_taps >= 1 && config.channel_taps <= 512,
          "ku demodulator: " + std::to_string(config.channel_taps) + " channel taps are outside 1 .. 512");
}

std::ptrdiff_t KuDemodulator::window_start(std::size_t symbol) const {
  return static_cast<std::ptrdiff_t>(symbol) * symbol_samples + window_offset + slip_;
}

void KuDemodulator::begin(std::span<const cf32> window, double frequency, double rate_variance, double drift,
                          double drift_variance) noexcept {
  frequency_ = frequency;
  slip_ = 0;
  demodulator_.process(window, frequency_, frequency_ * static_cast<double>(window_start(1)), bins_.row(0));
  estimator_.process(bins_.view(), channel_, noise_);
  double signal = 0;
  double noise = 0;
  for (std::size_t k = 0; k < fft_size; ++k) {
    signal += static_cast<double>(std::norm(channel_[k]));
    noise += static_cast<double>(noise_[k]);
  }
  // The estimate holds taps / 1020 of the noise.
  snr_ = noise > 0 ? std::max(0.0, signal / noise - channel_taps_ / 1020.0) : 0.0;
  error_power_ = 0;
  pilots_seen_ = 0;
  // The phase of this symbol's channel is the origin; its own error (half the noise-to-signal ratio over all
  // taps) is common to the symbols that follow and does not matter to them.
  phase_.reset(0, 0, 0, rate_variance);
  delay_.reset(0, 0, drift, drift_variance);
  gain_.reset(1, 0, 0, 0);
}

void KuDemodulator::symbol(std::size_t index, std::span<const cf32> window,
                           const modem::Constellation& constellation, std::span<modem::Llr> llr) noexcept {
  BORESIGHT_ASSERT(index >= frame::ku_first_header_symbol && index < frame::ku_symbols);
  demodulator_.process(window, frequency_, frequency_ * static_cast<double>(window_start(index)),
                       bins_.row(0));
  track(index);
  ofdm::equalize(bins_.row(0), rotated_, symbol_noise_, data_carriers_, equalized_, variance_);
  modem::soft_demap(constellation, equalized_, variance_, llr);
  // Follow the delay with the window of the next symbol.
  slip_ = std::lround(std::clamp(delay_.value() + delay_.rate(), -max_slip, max_slip));
}

void KuDemodulator::track(std::size_t index) noexcept {
  phase_.predict();
  delay_.predict();
  gain_.predict();
  const auto pilots = pilot_values_.row(index);
  const auto bins = bins_.row(0);

  // What is left of the pilots when the predicted channel is taken out, weighted by the channel's power.
  const auto residual = [&](std::size_t i) {
    const std::uint16_t k = pilot_carriers_[i];
    const double phase =
        phase_.value() - rad_per_delay * pilot_index_[i] * (delay_.value() - static_cast<double>(slip_));
    return cf64(bins[k] * std::conj(channel_[k] * pilots[i])) * std::polar(1.0, -phase);
  };
  cf64 sum = 0;
  double total = 0;   // of the pilots as received
  double power = 0;   // of the channel at the pilots
  double spread = 0;  // sum of k^2 |H|^2: what a slope is measured against
  double noise = 0;   // sum of |H|^2 times the noise: variance of the residuals' quadrature part, times two
  for (std::size_t i = 0; i < pilot_carriers_.size(); ++i) {
    const std::uint16_t k = pilot_carriers_[i];
    const auto gain = static_cast<double>(std::norm(channel_[k]));
    sum += residual(i);
    total += static_cast<double>(std::norm(bins[k]));
    power += gain;
    spread += gain * pilot_index_[i] * pilot_index_[i];
    noise += gain * static_cast<double>(noise_[k]);
  }
  const double phase_error = std::arg(sum);
  double slope = 0;
  for (std::size_t i = 0; i < pilot_carriers_.size(); ++i) {
    slope += pilot_index_[i] * (residual(i) * std::polar(1.0, -phase_error)).imag();
  }
  // How far to believe this symbol: its own scatter about the fit if that is more than the SSS's noise
  // (a pulse), and the pilots' coherent power as it is, not as the channel promises (a fade, a gap).
  const double coherent = power > 0 ? std::norm(sum) / power : 0.0;
  const double mean_noise = power > 0 ? noise / power : 0.0;
  const double scatter = (total - coherent) / static_cast<double>(pilot_carriers_.size() - 1);
  const double believed = std::max(mean_noise, scatter);
  phase_.correct(phase_error, believed / (2 * coherent));
  const double amplitude = power > 0 ? std::abs(sum) / power : 0.0;
  delay_.correct(-slope / (amplitude * spread) / rad_per_delay,
                 believed / (2 * coherent * spread / power) / (rad_per_delay * rad_per_delay));
  gain_.correct(amplitude - gain_.value(), believed / (2 * power));
  rotate_channel();

  // Noise of this symbol against the SSS's: pulses come and go. The prior weighs as much as the pilots.
  double seen = 0;
  double expected = 0;
  for (std::size_t i = 0; i < pilot_carriers_.size(); ++i) {
    const std::uint16_t k = pilot_carriers_[i];
    const double error = static_cast<double>(std::norm(bins[k] - rotated_[k] * pilots[i]));
    seen += error;
    expected += static_cast<double>(noise_[k]);
    const auto gain = static_cast<double>(std::norm(rotated_[k]));
    if (gain > 0) {
      error_power_ += error / gain;
      ++pilots_seen_;
    }
  }
  const float scale = expected > 0 ? static_cast<float>(0.5 + 0.5 * seen / expected) : 1.0F;
  for (std::size_t k = 0; k < fft_size; ++k) symbol_noise_[k] = scale * noise_[k];
}

void KuDemodulator::rotate_channel() noexcept {
  const double slope = -rad_per_delay * (delay_.value() - static_cast<double>(slip_));
  const auto rotate = [&](std::span<const std::uint16_t> carriers, std::span<const int> indices) {
    // Recursion over neighbours, restarted every 32 subcarriers so that rounding does not build up.
    const cf32 step(std::polar(1.0, slope));
    cf32 turn = 0;
    int previous = 0;
    for (std::size_t i = 0; i < carriers.size(); ++i) {
      const bool restart = i % 32 == 0 || indices[i] - previous > 2;
      if (restart) {
        turn = static_cast<float>(gain_.value()) * cf32(std::polar(1.0, phase_.value() + slope * indices[i]));
      } else {
        for (int s = previous; s < indices[i]; ++s) turn *= step;
      }
      previous = indices[i];
      rotated_[carriers[i]] = channel_[carriers[i]] * turn;
    }
  };
  rotate(data_carriers_, data_index_);
  rotate(pilot_carriers_, pilot_index_);
}

double KuDemodulator::frequency() const {
  return frequency_ + phase_.rate() / (2 * pi * static_cast<double>(symbol_samples));
}

KuDemodulator::Quality KuDemodulator::quality() const {
  const double mer = error_power_ > 0 ? static_cast<double>(pilots_seen_) / error_power_ : 0.0;
  return {.snr_db = db_from_power(snr_), .mer_db = db_from_power(mer)};
}

}  // namespace boresight::rx
