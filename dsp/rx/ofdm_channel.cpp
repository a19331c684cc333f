#include "rx/ofdm_channel.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::rx {
namespace {

constexpr std::size_t repeats = frame::OfdmBurst::training_symbols;
// A channel's prior begins so much before where the first path was found.
constexpr double before_first_path = 3;
constexpr double narrowest_profile = 6;
// A noise of nothing says "unknown" to the combiner, not "perfect": 70 dB below the signal.
constexpr double least_noise = 1e-7;
// Vectors that a covariance is measured on, per antenna: keeps all but 0.3 dB of the SINR (Reed, Mallett and
// Brennan 1974).
constexpr std::size_t vectors_per_antenna = 16;
constexpr std::size_t least_vectors = 4;
// Subcarriers that may have a noise of their own in the channel's estimate: each costs rank^2 / 2 products.
constexpr std::size_t max_weighed = 64;
constexpr float stands_out = 4;

// All subcarriers that any symbol uses, as those of one map.
ofdm::Numerology with_all_used(const frame::OfdmBurst& burst) {
  ofdm::Numerology n = burst.numerology();
  n.later_maps.clear();
  std::fill(n.map.begin(), n.map.end(), ofdm::Carrier::null);
  for (const std::uint16_t k : burst.used_carriers()) n.map[k] = ofdm::Carrier::data;
  return n;
}

double delay_span(const frame::OfdmBurst& burst, const OfdmReceiver::Config& config) {
  const ofdm::Numerology& n = burst.numerology();
  const auto prefix = static_cast<double>(n.prefix_samples - n.taper_samples);
  if (config.max_delay_samples > 0) return config.max_delay_samples;
  return std::clamp(prefix, 1.0, 64.0);
}

}  // namespace

std::size_t OfdmChannel::advance(const ofdm::Numerology& n) {
  const std::size_t room = n.prefix_samples - n.taper_samples;
  return std::min<std::size_t>((room + 7) / 8, 8);
}

OfdmChannel::OfdmChannel(const frame::OfdmBurst& burst, const OfdmReceiver::Config& config)
    : burst_(&burst),
      method_(config.estimator),
      antennas_(config.antennas),
      known_(burst.used_carriers().size()),
      observed_(antennas_, burst.used_carriers().size()),
      difference_(antennas_, burst.used_carriers().size()),
      mean_noise_(antennas_),
      error_(antennas_),
      bias_(antennas_),
      freedom_(antennas_),
      trial_freedom_(antennas_),
      full_(burst.numerology().fft_size),
      full_noise_(burst.numerology().fft_size),
      noise_estimator_({.carriers = burst.used_carriers().size()}),
      power_(burst.used_carriers().size()),
      weighed_(burst.used_carriers().size()),
      sorted_(burst.used_carriers().size()) {
  const ofdm::Numerology& n = burst.numerology();
  const auto used = burst.used_carriers();
  lowest_ = n.signed_index(used.front());
  span_ = static_cast<std::size_t>(n.signed_index(used.back()) - lowest_) + 1;
  for (std::size_t i = 0; i < used.size(); ++i) {
    used_.push_back(place(used[i]));
    known_[i] = std::conj(burst.training()[used[i]]) / burst.amplitude();
  }
  choose_lags();
  channel_ = GridBuffer<cf32>(antennas_, span_);
  trial_ = GridBuffer<cf32>(antennas_, span_);
  before_ = GridBuffer<cf32>(antennas_, span_);
  more_ = GridBuffer<cf32>(antennas_, span_);
  more_count_.resize(antennas_ * span_);
  noise_ = GridBuffer<float>(antennas_, span_);
  ones_.resize(span_);
  snr_.resize(span_);

  const double width = delay_span(burst, config);
  if (method_ == OfdmEstimator::lmmse) {
    require(width <= widest_profile, "ofdm receiver: delays over " + std::to_string(width) +
                                         " samples are more than the 256 of the LMMSE estimator; use dft");
    const auto add = [&](double w) {
      auto lmmse = prior(burst, w);
      for (const std::uint16_t k : used) lmmse.pilots.push_back({0, k});
      lmmse_.emplace_back(lmmse);
    };
    for (double w = narrowest_profile; w < 0.7 * (width + before_first_path); w *= 2) {
      add(w - before_first_path);
    }
    add(width);
  }
  if (method_ == OfdmEstimator::dft) {
    const auto taps = static_cast<std::size_t>(std::ceil(2 * width));  // about the strongest path
    ofdm::ChannelEstimator::Config dft{.numerology = with_all_used(burst),
                                       .known = aligned_vector<cf32>(n.fft_size),
                                       .taps = std::min(std::max<std::size_t>(taps, 8), n.fft_size)};
    for (std::size_t i = 0; i < used.size(); ++i) dft.known[used[i]] = 1;
    dft_.emplace(dft);
    dft_bins_ = GridBuffer<cf32>(1, n.fft_size);
  }
  if (config.follow_symbols > 0) make_follower(config.follow_symbols, width);
  if (config.combining == OfdmCombining::interference_rejection) {
    require(used.size() >= least_vectors * antennas_,
            "ofdm receiver: interference rejection with " + std::to_string(antennas_) + " antennas on " +
                std::to_string(used.size()) + " subcarriers, fewer than 4 for each antenna");
    bands_ = std::max<std::size_t>(1, used.size() / (vectors_per_antenna * antennas_));
    rejection_.emplace(ofdm::InterferenceRejectionCombiner::Config{
        .antennas = antennas_, .carriers = span_, .bands = bands_});
    covariance_ = GridBuffer<cf64>(antennas_, antennas_);
  }
}

ofdm::LmmseEstimator::Config OfdmChannel::prior(const frame::OfdmBurst& burst, double width) {
  const double first = static_cast<double>(advance(burst.numerology())) - before_first_path;
  return {.numerology = with_all_used(burst),
          .profile = ofdm::uniform_profile(first, width + before_first_path)};
}

std::size_t OfdmChannel::place(std::uint16_t carrier) const {
  return static_cast<std::size_t>(burst_->numerology().signed_index(carrier) - lowest_);
}

void OfdmChannel::take_span(std::span<const cf32> bins, std::span<cf32> out) const noexcept {
  BORESIGHT_ASSERT(out.size() == span_);
  // Below the carrier first: the upper part of the FFT's order.
  const std::size_t below = lowest_ < 0 ? std::min(span_, static_cast<std::size_t>(-lowest_)) : 0;
  const std::size_t first =
      lowest_ < 0 ? bins.size() - static_cast<std::size_t>(-lowest_) : static_cast<std::size_t>(lowest_);
  const std::size_t head = lowest_ < 0 ? below : span_;
  std::copy_n(bins.begin() + static_cast<std::ptrdiff_t>(first), head, out.begin());
  std::copy_n(bins.begin(), span_ - head, out.begin() + static_cast<std::ptrdiff_t>(head));
}

void OfdmChannel::estimate(Grid<const cf32> training) noexcept {
  BORESIGHT_ASSERT(training.rows() == repeats * antennas_ && training.columns() == span_);
  for (std::size_t a = 0; a < antennas_; ++a) {
    double noise = 0;
    double power = 0;
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const cf32 one = training(repeats * a, used_[i]) * known_[i];
      const cf32 two = training(repeats * a + 1, used_[i]) * known_[i];
      observed_(a, i) = 0.5F * (one + two);
      difference_(a, i) = std::sqrt(0.5F) * (two - one);
      noise += static_cast<double>(std::norm(difference_(a, i)));
      power += static_cast<double>(std::norm(observed_(a, i)));
    }
    const auto count = static_cast<double>(used_.size());
    mean_noise_[a] = std::max(noise, least_noise * power) / count;
  }
  symbols_ = repeats;
  estimate_channel();
}

void OfdmChannel::estimate_channel() noexcept {
  if (method_ == OfdmEstimator::lmmse) {
    estimate_lmmse();
  } else if (method_ == OfdmEstimator::dft) {
    estimate_dft();
  } else {
    for (std::size_t a = 0; a < antennas_; ++a) {
      for (std::size_t i = 0; i < used_.size(); ++i) channel_(a, used_[i]) = observed_(a, i);
      error_[a] = mean_noise_[a] / symbols_;
      bias_[a] = -error_[a];
    }
  }
  measure_noise();
  if (rejection_) set_covariances();

  // The combiner's own variance for a received channel is the noise of a symbol.
  combine(std::as_const(channel_).view(), ones_, snr_);
  double bias = 0;  // what the estimates' errors add to |channel|^2 / noise
  for (std::size_t a = 0; a < antennas_; ++a) {
    if (mean_noise_[a] > 0) bias += bias_[a] / (mean_noise_[a] + error_[a]);
  }
  for (float& x : snr_) {  // holds the variance
    x = x < 0.5F * ofdm::erased_variance ? std::max(1 / x + static_cast<float>(bias), 0.0F) : 0.0F;
  }
}

// The width of the prior is that which predicts best: the least of Mallows' C_p (Technometrics 15 (1973)
// 661), the squared residual plus twice the noise that the estimate took in, over all antennas.
void OfdmChannel::estimate_lmmse() noexcept {
  double least = 0;
  for (std::size_t w = 0; w < lmmse_.size(); ++w) {
    double loss = 0;
    // Of this trial.
    std::vector<double>& error = w == 0 ? error_ : bias_;
    std::vector<double>& freedom = w == 0 ? freedom_ : trial_freedom_;
    for (std::size_t a = 0; a < antennas_; ++a) {
      const double variance = mean_noise_[a] / symbols_;
      const auto result =
          lmmse_[w].process(observed_.row(a), variance, Grid<cf32>(full_.data(), 1, full_.size()));
      error[a] = result.error_variance;
      freedom[a] = result.freedom;
      const auto out = trial_.row(a);
      take_span(full_, out);
      double residual = 0;
      for (std::size_t i = 0; i < used_.size(); ++i) {
        residual += static_cast<double>(std::norm(observed_(a, i) - out[used_[i]]));
      }
      if (variance > 0) loss += residual / variance + 2 * result.freedom;
    }
    if (w == 0 || loss < least) {
      least = loss;
      std::swap(trial_, channel_);
      chosen_ = w;
      if (w > 0) {
        std::swap(error_, bias_);
        std::swap(freedom_, trial_freedom_);
      }
    }
  }
  bias_ = error_;  // a Wiener estimate is short of its error's power
}

void OfdmChannel::estimate_dft() noexcept {
  const auto used = burst_->used_carriers();
  for (std::size_t a = 0; a < antennas_; ++a) {
    for (std::size_t i = 0; i < used.size(); ++i) dft_bins_(0, used[i]) = observed_(a, i);
    dft_->process(std::as_const(dft_bins_).view(), full_, full_noise_);
    take_span(full_, channel_.row(a));
    double residual = 0;
    for (std::size_t i = 0; i < used_.size(); ++i) {
      residual += static_cast<double>(std::norm(observed_(a, i) - channel_(a, used_[i])));
    }
    // What the estimate differs from the observation by is noise that it did not take in, or channel that it
    // lost; the noise is known, so the rest of it is error.
    const double variance = mean_noise_[a] / symbols_;
    residual /= static_cast<double>(used_.size());
    error_[a] = std::max({variance - residual, residual - variance, 0.02 * variance});
    freedom_[a] = std::min(error_[a] / std::max(variance, 1e-300), 1.0) * static_cast<double>(used_.size());
    bias_[a] = -error_[a];
  }
}

// What the training symbols differ by, and what the channel does not explain of their mean: a carrier may be
// in phase in both symbols, but is no smooth channel.
void OfdmChannel::residuals(std::size_t a) noexcept {
  const double rest = 1 - freedom_[a] / static_cast<double>(used_.size());
  const bool smooth = method_ != OfdmEstimator::least_squares && rest > 0.1;
  const float scale = smooth ? static_cast<float>(0.5 * symbols_ / rest) : 0.0F;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const float of_both = std::norm(difference_(a, i));
    power_[i] =
        smooth ? 0.5F * of_both + scale * std::norm(observed_(a, i) - channel_(a, used_[i])) : of_both;
  }
  noise_estimator_.process(power_, power_);
}

// The channel again, with as little weight for subcarriers that stand out as their noise deserves.
void OfdmChannel::weigh(std::size_t a) noexcept {
  const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(sorted_.size() / 2);
  std::copy(power_.begin(), power_.end(), sorted_.begin());
  std::nth_element(sorted_.begin(), middle, sorted_.end());
  const float common = *middle;
  float limit = stands_out * common;
  if (sorted_.size() > 2 * max_weighed) {
    const auto last = sorted_.end() - static_cast<std::ptrdiff_t>(max_weighed);
    std::nth_element(middle, last, sorted_.end());
    limit = std::max(limit, *last);
  }
  bool any = false;
  for (std::size_t i = 0; i < power_.size(); ++i) {
    const bool out = power_[i] > limit;
    weighed_[i] = (out ? power_[i] : common) / static_cast<float>(symbols_);
    any = any || out;
  }
  if (!any || !(common > 0) || !std::isfinite(common)) return;
  const auto result =
      lmmse_[chosen_].process(observed_.row(a), weighed_, Grid<cf32>(full_.data(), 1, full_.size()));
  if (!(result.signal_power > 0)) return;
  take_span(full_, channel_.row(a));
  error_[a] = bias_[a] = result.error_variance;
  freedom_[a] = result.freedom;
  residuals(a);
}

void OfdmChannel::measure_noise() noexcept {
  for (std::size_t a = 0; a < antennas_; ++a) {
    residuals(a);
    if (!lmmse_.empty() && noise_estimator_.outliers() > 0) weigh(a);
    const auto least = static_cast<float>(least_noise * mean_noise_[a]);
    for (std::size_t i = 0; i < used_.size(); ++i) {
      noise_(a, used_[i]) = std::max(power_[i], least) + static_cast<float>(error_[a]);
    }
    // Without noise at all there is the floor alone; without signal either, nothing, and the antenna is out.
    if (!(mean_noise_[a] > 0)) std::fill(noise_.row(a).begin(), noise_.row(a).end(), 0.0F);
  }
}

void OfdmChannel::set_covariances() noexcept {
  std::size_t from = 0;
  for (std::size_t b = 0; b < bands_; ++b) {
    const std::size_t end = rejection_->first_carrier(b + 1);
    std::size_t to = from;
    while (to < used_.size() && used_[to] < end) ++to;
    for (std::size_t r = 0; r < antennas_; ++r) {
      for (std::size_t c = 0; c <= r; ++c) {
        cf64 sum = 0;
        for (std::size_t i = from; i < to; ++i) {
          sum += cf64(difference_(r, i)) * std::conj(cf64(difference_(c, i)));
        }
        // The estimate's error is noise that went into it, and points where the noise does: a jammer's must
        // not fill the null on it.
        const double errors = mean_noise_[r] > 0 && mean_noise_[c] > 0
                                  ? std::sqrt(error_[r] / mean_noise_[r] * (error_[c] / mean_noise_[c]))
                                  : 0.0;
        covariance_(r, c) = to > from ? (1 + errors) * sum / static_cast<double>(to - from) : cf64(0);
      }
      covariance_(r, r) += least_noise * mean_noise_[r];
    }
    rejection_->set_covariance(b, std::as_const(covariance_).view());
    from = to;
  }
}

void OfdmChannel::combine(Grid<const cf32> received, std::span<cf32> symbols,
                          std::span<float> variance) const noexcept {
  if (rejection_) {
    rejection_->process(received, channel_.view(), symbols, variance);
  } else {
    ofdm::combine(received, channel_.view(), noise_.view(), symbols, variance);
  }
}

cf64 OfdmChannel::turn_over(std::size_t lag) const noexcept {
  cf64 sum = 0;
  for (std::size_t a = 0; a < antennas_; ++a) {
    if (!(mean_noise_[a] > 0)) continue;
    const auto h = channel_.row(a);
    cf64 products = 0;
    for (std::size_t i = 0; i + lag < span_; ++i) products += cf64(h[i + lag]) * std::conj(cf64(h[i]));
    sum += products / mean_noise_[a];
  }
  return sum;
}

// Half a period of the longer lag is known from the shorter one. Two thirds of the band are the best single
// lag, within 0.5 dB of all of them together. Where not all subcarriers are used, the nearest lag at which
// many pairs are.
void OfdmChannel::choose_lags() {
  std::vector<std::uint8_t> used(span_);
  for (const std::size_t place : used_) used[place] = 1;
  const auto pairs_at = [&](std::size_t lag) {
    std::size_t pairs = 0;
    for (std::size_t i = 0; i + lag < span_; ++i) pairs += used[i] & used[i + lag];
    return pairs;
  };
  const std::size_t wanted[] = {span_ / 16, span_ / 4, 2 * span_ / 3};
  for (std::size_t l = 0; l < lags_.size(); ++l) {
    const std::size_t first = std::max<std::size_t>(wanted[l], 1);
    const std::size_t enough = (span_ - std::min(first, span_ - 1)) * used_.size() / (2 * span_);
    std::size_t lag = first;
    while (lag + 1 < span_ && lag < first + first / 2 && pairs_at(lag) < enough) ++lag;
    lags_[l] = pairs_at(lag) > 0 ? lag : first;
  }
}

double OfdmChannel::delay() const noexcept {
  const auto n = static_cast<double>(burst_->numerology().fft_size);
  const auto early = static_cast<double>(advance(burst_->numerology()));
  // Rad per subcarrier. The shortest lag tells delays that lie 8 samples to both sides of what is expected.
  double slope = -2 * pi * early / n;
  for (const std::size_t lag : lags_) {
    const auto step = static_cast<double>(lag);
    slope += std::arg(turn_over(lag) * std::polar(1.0, -slope * step)) / step;
  }
  return -slope * n / (2 * pi) - early;
}

}  // namespace boresight::rx
