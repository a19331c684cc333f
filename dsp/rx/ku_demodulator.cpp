#include "boresight/rx/ku_demodulator.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"
#include "kernels/equalize.h"
#include "kernels/products.h"

namespace boresight::rx {
namespace {

constexpr std::size_t fft_size = 1024;
constexpr auto symbol_samples = static_cast<std::ptrdiff_t>(frame::ku_symbol_samples);
constexpr auto window_offset =
    static_cast<std::ptrdiff_t>(sync::pss_prefix_samples - sync::KuSync::window_advance);
// 120 ppm over a frame: beyond it the delay is not followed but lost, and the window stays where data is.
constexpr double max_slip = 40;
constexpr double rad_per_delay = 2 * pi / fft_size;  // phase slope per subcarrier of a delay of one sample

// Where paths are looked for, in samples after the start of the FFT window (the header says why).
constexpr double first_path = static_cast<double>(sync::KuSync::window_advance) - 8;
constexpr double path_span = 24;

// Subcarriers of the SSS that may have a noise of their own: each costs rank^2 / 2 products.
constexpr std::size_t max_weighed = 128;
constexpr float stands_out = 4;

std::vector<std::uint16_t> by_frequency(const ofdm::Numerology& numerology) {
  auto carriers = numerology.used_carriers();
  std::sort(carriers.begin(), carriers.end(), [&](std::uint16_t a, std::uint16_t b) {
    return numerology.signed_index(a) < numerology.signed_index(b);
  });
  return carriers;
}

ofdm::LmmseEstimator::Config estimator_config(std::span<const std::uint16_t> carriers) {
  ofdm::LmmseEstimator::Config config{.numerology = ofdm::ku20(),
                                      .profile = ofdm::uniform_profile(first_path, path_span)};
  for (const std::uint16_t k : carriers) config.pilots.push_back({0, k});
  return config;
}

// Coherent power of the pilots, in units of what noise alone gives on average, below which they are not
// there.
constexpr double least_coherence = 6;

}  // namespace

KuDemodulator::Pilots::Pilots(std::size_t count) : re((count + 15) / 16 * 16), im(re.size()) {}

KuDemodulator::KuDemodulator(const Config& config)
    : demodulator_(ofdm::ku20()),
      carriers_(by_frequency(ofdm::ku20())),
      below_(
          static_cast<std::size_t>(std::min_element(carriers_.begin(), carriers_.end()) - carriers_.begin())),
      known_(carriers_.size()),
      estimator_(estimator_config(carriers_)),
      noise_estimator_({.carriers = carriers_.size()}),
      equalizer_(ofdm::ku20()),
      pilot_carriers_(ofdm::ku20().carriers(ofdm::Carrier::pilot)),
      pilot_values_(frame::ku_symbols, Pilots(frame::ku_pilots)),
      pilot_channel_(frame::ku_pilots),
      pilots_(frame::ku_pilots),
      pilot_index_(pilots_.re.size()),
      pilot_precision_(pilots_.re.size()),
      phase_({config.phase_walk_variance, config.rate_walk_variance}),
      delay_({config.delay_walk_variance, config.drift_walk_variance}),
      gain_({config.gain_walk_variance, 0}),
      bins_(1, fft_size),
      observed_(carriers_.size()),
      variance_(carriers_.size()),
      weighed_(carriers_.size()),
      sorted_(carriers_.size()),
      channel_(fft_size),
      noise_(fft_size),
      equalized_(equalizer_.data_carriers()) {
  for (const double variance :
       {config.phase_walk_variance, config.rate_walk_variance, config.delay_walk_variance,
        config.drift_walk_variance, config.gain_walk_variance}) {
    require(std::isfinite(variance) && variance >= 0,
            "ku demodulator: walk variance " + std::to_string(variance) + " is negative or not finite");
  }
  for (std::size_t i = 0; i < carriers_.size(); ++i) known_[i] = sync::sss()[carriers_[i]];
  const auto values = frame::ku_pilot_values();
  for (std::size_t symbol = 0; symbol < frame::ku_symbols; ++symbol) {
    for (std::size_t i = 0; i < frame::ku_pilots; ++i) {
      pilot_values_[symbol].re[i] = values(symbol, i).real();
      pilot_values_[symbol].im[i] = values(symbol, i).imag();
    }
  }
  for (std::size_t i = 0; i < frame::ku_pilots; ++i) {
    pilot_index_[i] = static_cast<float>(ofdm::ku20().signed_index(pilot_carriers_[i]));
  }
}

std::ptrdiff_t KuDemodulator::window_start(std::size_t symbol) const {
  return static_cast<std::ptrdiff_t>(symbol) * symbol_samples + window_offset + slip_;
}

void KuDemodulator::begin(std::span<const cf32> window, double frequency, double rate_variance, double drift,
                          double drift_variance) noexcept {
  frequency_ = frequency;
  slip_ = 0;
  demodulator_.process(window, frequency_, frequency_ * static_cast<double>(window_start(1)), bins_.row(0));
  estimate();
  equalizer_.set_channel(channel_, noise_);
  pilot_power_ = pilot_spread_ = pilot_weighted_noise_ = pilot_noise_ = 0;
  pilots_usable_ = 0;
  for (std::size_t i = 0; i < pilot_carriers_.size(); ++i) {
    const std::uint16_t k = pilot_carriers_[i];
    const auto gain = static_cast<double>(std::norm(channel_[k]));
    const auto index = static_cast<double>(pilot_index_[i]);
    pilot_channel_.re[i] = channel_[k].real();
    pilot_channel_.im[i] = channel_[k].imag();
    pilot_precision_[i] = gain > 0 ? static_cast<float>(1 / gain) : 0.0F;
    pilots_usable_ += gain > 0;
    pilot_power_ += gain;
    pilot_spread_ += gain * index * index;
    pilot_weighted_noise_ += gain * static_cast<double>(noise_[k]);
    pilot_noise_ += static_cast<double>(noise_[k]);
  }
  error_power_ = 0;
  pilots_seen_ = 0;
  bridged_symbols_ = 0;
  // The phase of this symbol's channel is the origin; its own error (half the noise-to-signal ratio over all
  // taps) is common to the symbols that follow and does not matter to them.
  phase_.reset(0, 0, 0, rate_variance);
  delay_.reset(0, 0, drift, drift_variance);
  gain_.reset(1, 0, 0, 0);
}

void KuDemodulator::estimate() noexcept {
  const auto bins = std::as_const(bins_).row(0);
  std::fill(observed_.begin(), observed_.end(), cf32(0));
  const std::span known(known_);
  const std::span observed(observed_);
  for (const auto& [first, count] :
       {std::pair(std::size_t{0}, below_), std::pair(below_, known.size() - below_)}) {
    kernels::add_conjugate_products(bins.subspan(carriers_[first], count), known.subspan(first, count),
                                    observed.subspan(first, count));
  }
  const Grid<cf32> channel(channel_.data(), 1, fft_size);
  auto result = estimator_.process(observed_, 0, channel);
  measure_noise(result);
  // The first time for the strongest interference alone: what it left on its neighbors is not theirs.
  for (int pass = 0; pass < 2 && noise_estimator_.outliers() > 0 && weigh(); ++pass) {
    result = estimator_.process(observed_, weighed_, channel);
    measure_noise(result);
  }

  double signal = 0;
  double noise = 0;
  std::fill(noise_.begin(), noise_.end(), 0.0F);
  for (std::size_t i = 0; i < carriers_.size(); ++i) {
    const std::uint16_t k = carriers_[i];
    signal += static_cast<double>(std::norm(channel_[k])) + result.error_variance;
    noise += static_cast<double>(variance_[i]);
    noise_[k] = variance_[i] + static_cast<float>(result.error_variance);
  }
  snr_ = noise > 0 && std::isfinite(noise) ? signal / noise : 0.0;
}

void KuDemodulator::measure_noise(const ofdm::LmmseEstimator::Result& result) noexcept {
  const auto count = static_cast<double>(carriers_.size());
  const auto unbias = static_cast<float>(1 / (1 - result.freedom / count));
  for (std::size_t i = 0; i < carriers_.size(); ++i) {
    variance_[i] = unbias * std::norm(observed_[i] - channel_[carriers_[i]]);
  }
  noise_estimator_.process(variance_, variance_);
}

// Whether any subcarrier deserves less weight than the others.
bool KuDemodulator::weigh() noexcept {
  std::copy(variance_.begin(), variance_.end(), sorted_.begin());
  const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(sorted_.size() / 2);
  std::nth_element(sorted_.begin(), middle, sorted_.end());
  const float common = *middle;
  const auto last = sorted_.end() - static_cast<std::ptrdiff_t>(max_weighed);
  std::nth_element(middle, last, sorted_.end());
  const float largest = *std::max_element(last, sorted_.end());
  // An estimate that a carrier of power J went into has up to 7e-4 J of it on the neighbors.
  const float limit = std::max({stands_out * common, *last, 3e-3F * largest});
  bool any = false;
  for (std::size_t i = 0; i < variance_.size(); ++i) {
    const bool out = variance_[i] > limit;
    weighed_[i] = out ? variance_[i] : common;
    any = any || out;
  }
  return any && std::isfinite(common);
}

void KuDemodulator::symbol(std::size_t index, std::span<const cf32> window,
                           const modem::Constellation& constellation, std::span<modem::Llr> llr) noexcept {
  BORESIGHT_ASSERT(index >= frame::ku_first_header_symbol && index < frame::ku_symbols);
  // The carrier's phase at the window's start is common to all subcarriers: it goes into the ramp.
  demodulator_.process(window, frequency_, 0, bins_.row(0));
  const auto bins = std::as_const(bins_).row(0);
  for (std::size_t i = 0; i < pilot_carriers_.size(); ++i) {
    const cf32 y = bins[pilot_carriers_[i]];
    pilots_.re[i] = y.real();
    pilots_.im[i] = y.imag();
  }
  carrier_turns_ = frequency_ * static_cast<double>(window_start(index));
  // The next window may come from beyond the second-level cache. Every fourth line: the neighbors follow, and
  // all of them would cost as much as they save.
  const auto next = reinterpret_cast<std::uintptr_t>(window.data()) + frame::ku_symbol_samples * sizeof(cf32);
  for (std::size_t i = 0; i < window.size_bytes(); i += 256) {
    __builtin_prefetch(reinterpret_cast<const void*>(next + i));  // NOLINT(performance-no-int-to-ptr)
  }
  const bool seen = track(index);
  const float factor = equalizer_.process(bins_.row(0), ramp_, noise_scale_, equalized_);
  if (seen) {
    modem::soft_demap_weighted(constellation, equalized_, equalizer_.weight(), llr, factor);
  } else {
    std::fill(llr.begin(), llr.end(), modem::Llr{0});
  }
  // Follow the delay with the window of the next symbol.
  slip_ = std::lround(std::clamp(delay_.value() + delay_.rate(), -max_slip, max_slip));
}

bool KuDemodulator::track(std::size_t index) noexcept {
  phase_.predict();
  delay_.predict();
  gain_.predict();
  const Pilots& values = pilot_values_[index];
  const kernels::PilotSet set{pilots_.re.data(),        pilots_.im.data(), pilot_channel_.re.data(),
                              pilot_channel_.im.data(), values.re.data(),  values.im.data(),
                              pilot_index_.data(),      pilots_.re.size()};

  // What is left of the pilots when the predicted channel is taken out, weighted by the channel's power.
  ramp_ = ramp();
  const auto sums = kernels::correlate_pilots(set, ramp_.phase_rad, ramp_.slope_rad);
  const cf64 sum(sums.residual);
  const auto total = static_cast<double>(sums.power);
  // How far to believe this symbol: its own scatter about the fit if that is more than the SSS's noise
  // (a pulse), and the pilots' coherent power as it is, not as the channel promises (a fade).
  const double power = pilot_power_;
  const double coherent = power > 0 ? std::norm(sum) / power : 0.0;
  const double mean_noise = power > 0 ? pilot_weighted_noise_ / power : 0.0;
  const double scatter = (total - coherent) / static_cast<double>(pilot_carriers_.size() - 1);
  const double believed = std::max(mean_noise, scatter);
  if (!(coherent > least_coherence * believed)) {  // NaN is not seen either
    noise_scale_ = 1;
    ++bridged_symbols_;
    return false;
  }
  const double magnitude = std::sqrt(std::norm(sum));
  const double amplitude = magnitude / power;
  const cf64 moment(sums.moment);
  const double slope = (moment.imag() * sum.real() - moment.real() * sum.imag()) / magnitude;
  phase_.correct(std::arg(sum), believed / (2 * coherent));
  delay_.correct(-slope / (amplitude * pilot_spread_) / rad_per_delay,
                 believed / (2 * coherent * pilot_spread_ / power) / (rad_per_delay * rad_per_delay));
  gain_.correct(amplitude - gain_.value(), believed / (2 * power));

  // Noise of this symbol against the SSS's: pulses come and go. The prior weighs as much as the pilots.
  ramp_ = ramp();
  const auto errors = kernels::pilot_errors(set, pilot_precision_.data(), ramp_.phase_rad, ramp_.slope_rad,
                                            static_cast<float>(ramp_.gain));
  noise_scale_ = pilot_noise_ > 0
                     ? static_cast<float>(0.5 + 0.5 * static_cast<double>(errors.power) / pilot_noise_)
                     : 1.0F;
  error_power_ += static_cast<double>(errors.relative) / (ramp_.gain * ramp_.gain);
  pilots_seen_ += pilots_usable_;
  return true;
}

ofdm::RampEqualizer::Ramp KuDemodulator::ramp() const noexcept {
  const double turns = carrier_turns_ + phase_.value() / (2 * pi);
  return {.phase_rad = 2 * pi * (turns - std::floor(turns + 0.5)),
          .slope_rad = -rad_per_delay * (delay_.value() - static_cast<double>(slip_)),
          .gain = gain_.value()};
}

double KuDemodulator::frequency() const {
  return frequency_ + phase_.rate() / (2 * pi * static_cast<double>(symbol_samples));
}

KuDemodulator::Quality KuDemodulator::quality() const {
  const double mer = error_power_ > 0 ? static_cast<double>(pilots_seen_) / error_power_ : 0.0;
  return {.snr_db = db_from_power(snr_), .mer_db = db_from_power(mer), .bridged_symbols = bridged_symbols_};
}

}  // namespace boresight::rx
