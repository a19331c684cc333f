#include "boresight/ofdm/channel_estimator.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/fft.h"
#include "kernels/carrier.h"

namespace boresight::ofdm {
namespace {

/// x[k] exp(-j slope k) over all subcarriers, k their signed index; in place.
void take_slope_off(std::span<cf32> x, double slope_rad) noexcept {
  const std::size_t half = (x.size() + 1) / 2;
  const double turns = slope_rad / (2 * pi);
  const auto lowest = -static_cast<double>(x.size() - half);
  kernels::remove_carrier(x.first(half), turns, 0, 1, x.first(half));
  kernels::remove_carrier(x.subspan(half), turns, turns * lowest, 1, x.subspan(half));
}

// Spelled out: operator* of std::complex looks for infinities.
cf64 conjugate_product(cf32 a, cf32 b) noexcept {
  return {static_cast<double>(a.real() * b.real() + a.imag() * b.imag()),
          static_cast<double>(a.imag() * b.real() - a.real() * b.imag())};
}

}  // namespace

ChannelEstimator::ChannelEstimator(const Config& config) : config_(config) {
  check(config_.numerology);
  const std::size_t n = config_.numerology.fft_size;
  require(config_.known.size() == n, "channel estimator: " + std::to_string(config_.known.size()) +
                                         " known values for an FFT size of " + std::to_string(n));
  require(config_.taps <= n, "channel estimator: " + std::to_string(config_.taps) +
                                 " taps exceed the FFT size " + std::to_string(n));
  const std::size_t half = (n + 1) / 2;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = (i + half) % n;
    if (config_.known[k] != cf32(0)) used_.push_back(static_cast<std::uint16_t>(k));
  }
  require(!used_.empty(), "channel estimator: every known value is zero");
  forward_ = std::make_unique<fft::Fft>(n, fft::Direction::forward);
  inverse_ = std::make_unique<fft::Fft>(n, fft::Direction::inverse);
  flat_.resize(n);
  mean_.resize(n);
  residual_.resize(used_.size());
  noise_estimator_.emplace(NoiseEstimator::Config{.carriers = used_.size(), .window = config_.noise_window});
}

ChannelEstimator::~ChannelEstimator() = default;
ChannelEstimator::ChannelEstimator(ChannelEstimator&&) noexcept = default;
ChannelEstimator& ChannelEstimator::operator=(ChannelEstimator&&) noexcept = default;

void ChannelEstimator::process(Grid<const cf32> received, std::span<cf32> channel,
                               std::span<float> noise_variance) noexcept {
  BORESIGHT_ASSERT(received.rows() >= 1 && received.columns() == config_.numerology.fft_size &&
                   channel.size() == received.columns() && noise_variance.size() == received.columns());
  const auto repeats = static_cast<float>(received.rows());
  std::fill(channel.begin(), channel.end(), cf32(0));
  std::fill(noise_variance.begin(), noise_variance.end(), 0.0F);
  for (const std::uint16_t k : used_) {
    cf32 sum = 0;
    for (std::size_t r = 0; r < received.rows(); ++r) sum += received(r, k);
    mean_[k] = sum / repeats;
    channel[k] = mean_[k] * std::conj(config_.known[k]) / std::norm(config_.known[k]);
  }
  if (config_.taps > 0) smooth_channel(channel);

  // Unbiased: with repeats r the scatter about the mean has r - 1 degrees of freedom per subcarrier; with one
  // repeat the kept taps took taps / N of the noise with them.
  if (received.rows() > 1) {
    for (const std::uint16_t k : used_) {
      float scatter = 0;
      for (std::size_t r = 0; r < received.rows(); ++r) scatter += std::norm(received(r, k) - mean_[k]);
      noise_variance[k] = scatter / (repeats - 1.0F);
    }
    smooth_noise(noise_variance);
  } else if (config_.taps > 0 && config_.taps < used_.size()) {
    const float unbias = 1.0F / (1.0F - static_cast<float>(config_.taps) / static_cast<float>(used_.size()));
    for (const std::uint16_t k : used_) {
      noise_variance[k] = unbias * std::norm(mean_[k] - channel[k] * config_.known[k]);
    }
    smooth_noise(noise_variance);
  }
}

void ChannelEstimator::smooth_channel(std::span<cf32> channel) noexcept {
  const Numerology& numerology = config_.numerology;
  const std::size_t n = numerology.fft_size;
  // The delay of the strongest path: its tap to a whole sample, the rest from the phase over wide lags, where
  // half a sample is unambiguous.
  inverse_->run(channel, flat_);
  const auto strongest = std::max_element(flat_.begin(), flat_.end(),
                                          [](cf32 a, cf32 b) { return std::norm(a) < std::norm(b); });
  double slope = -2 * pi * static_cast<double>(strongest - flat_.begin()) / static_cast<double>(n);
  for (const std::size_t lag : {n / 16, n / 4}) {
    cf64 turn = 0;
    for (const std::uint16_t k : used_) {
      const std::size_t other =
          k + lag;  // stays on its own side of zero frequency: no wrap at the band's edge
      if (other >= n || (k < (n + 1) / 2) != (other < (n + 1) / 2)) continue;
      turn += conjugate_product(channel[other], channel[k]);
    }
    const auto step = static_cast<double>(std::max<std::size_t>(lag, 1));
    slope += std::arg(turn * std::polar(1.0, -slope * step)) / step;  // arg(0) is 0
  }

  std::copy(channel.begin(), channel.end(), flat_.begin());  // zero where nothing is sent
  take_slope_off(flat_, slope);
  // Subcarriers that are not sent (the gutter) get the line between their neighbours.
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const std::size_t left = used_[i];
    const std::size_t right = i + 1 < used_.size() ? used_[i + 1] : used_[0];
    const std::size_t gap = right > left ? right - left : right + n - left;
    for (std::size_t step = 1; step < gap; ++step) {
      const float t = static_cast<float>(step) / static_cast<float>(gap);
      flat_[(left + step) % n] = (1.0F - t) * flat_[left] + t * flat_[right];
    }
  }

  inverse_->run(flat_, flat_);
  const std::size_t after = (config_.taps + 1) / 2;  // taps 0 .. after - 1 and the rest before zero
  const std::size_t before = config_.taps - after;
  std::fill(flat_.begin() + static_cast<std::ptrdiff_t>(after),
            flat_.end() - static_cast<std::ptrdiff_t>(before), cf32(0));
  forward_->run(flat_, flat_);
  const float scale = 1.0F / static_cast<float>(n);
  take_slope_off(flat_, -slope);
  for (const std::uint16_t k : used_) channel[k] = scale * flat_[k];
}

void ChannelEstimator::smooth_noise(std::span<float> noise) noexcept {
  for (std::size_t i = 0; i < used_.size(); ++i) residual_[i] = noise[used_[i]];
  noise_estimator_->process(residual_, residual_);
  for (std::size_t i = 0; i < used_.size(); ++i) noise[used_[i]] = residual_[i];
}

}  // namespace boresight::ofdm
