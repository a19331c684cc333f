#include "rx/wifi_channel.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::rx {
namespace {

constexpr std::array<std::pair<double, double>, 4> delay_ranges{{{-1, 1}, {-2, 4}, {-3, 8}, {-4, 12}}};
// Modes weaker than this part of the mean gain are left out: they would be estimated as zero.
constexpr double weakest_mode = 1e-5;
// Four of 56 subcarriers lack most of their observations; what is missing to the end is a hundredth after
// three rounds.
constexpr unsigned rounds_of_parts = 4;

}  // namespace

WifiChannelEstimator::WifiChannelEstimator(std::span<const float> carriers, double window_advance)
    : carriers_(carriers.size()), whole_(carriers.size()), estimate_(carriers.size()) {
  const auto n = static_cast<Eigen::Index>(carriers.size());
  for (const auto& [first, last] : delay_ranges) {
    Eigen::MatrixXd covariance(n, n);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index k = 0; k < n; ++k) {
        const double x =
            pi * (last - first) *
            double{carriers[static_cast<std::size_t>(i)] - carriers[static_cast<std::size_t>(k)]} /
            double{frame::wifi_fft_size};
        covariance(i, k) = i == k ? 1.0 : std::sin(x) / x;
      }
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
    Prior prior;
    for (Eigen::Index m = n; m-- > 0 && solver.eigenvalues()(m) > weakest_mode;) {
      prior.strength.push_back(static_cast<float>(solver.eigenvalues()(m)));
      for (Eigen::Index k = 0; k < n; ++k) {
        prior.vectors.push_back(static_cast<float>(solver.eigenvectors()(k, m)));
      }
    }
    prior.modes = prior.strength.size();
    const double delay = 0.5 * (first + last) + window_advance;
    for (const float k : carriers) {
      prior.ramp.emplace_back(std::polar(1.0, -2.0 * pi * double{k} * delay / double{frame::wifi_fft_size}));
    }
    prior.in_re.resize(carriers.size());
    prior.in_im.resize(carriers.size());
    prior.mode_re.resize(prior.modes);
    prior.mode_im.resize(prior.modes);
    priors_.push_back(std::move(prior));
  }
}

void WifiChannelEstimator::project(Prior& prior, std::span<const cf32> channel) const noexcept {
  for (std::size_t k = 0; k < carriers_; ++k) {
    const cf32 h = channel[k];
    const cf32 r = prior.ramp[k];
    prior.in_re[k] = h.real() * r.real() + h.imag() * r.imag();
    prior.in_im[k] = h.imag() * r.real() - h.real() * r.imag();
  }
  for (std::size_t m = 0; m < prior.modes; ++m) {
    const float* v = prior.vectors.data() + m * carriers_;
    float re = 0;
    float im = 0;
    for (std::size_t k = 0; k < carriers_; ++k) {
      re += v[k] * prior.in_re[k];
      im += v[k] * prior.in_im[k];
    }
    prior.mode_re[m] = re;
    prior.mode_im[m] = im;
  }
}

// The most likely of the priors; priors_.size() is none of them, all subcarriers independent.
std::size_t WifiChannelEstimator::choose(std::span<const cf32> channel, double power, double gain,
                                         double noise) noexcept {
  const auto count = static_cast<double>(carriers_);
  std::size_t choice = priors_.size();
  double best = -power / (gain + noise) - count * std::log(gain + noise);
  for (std::size_t p = 0; p < priors_.size(); ++p) {
    Prior& prior = priors_[p];
    project(prior, channel);
    double likelihood = 0;
    double explained = 0;
    for (std::size_t m = 0; m < prior.modes; ++m) {
      const double c =
          double{prior.mode_re[m]} * prior.mode_re[m] + double{prior.mode_im[m]} * prior.mode_im[m];
      const double total = gain * double{prior.strength[m]} + noise;
      likelihood -= c / total + std::log(total);
      explained += c;
    }
    likelihood -= std::max(power - explained, 0.0) / noise +
                  (count - static_cast<double>(prior.modes)) * std::log(noise);
    if (likelihood > best) {
      best = likelihood;
      choice = p;
    }
  }
  return choice;
}

// What has been projected, smoothed, into `out`. Returns the trace of the smoothing matrix.
float WifiChannelEstimator::smooth(Prior& prior, double gain, double noise,
                                   std::span<cf32> out) const noexcept {
  float trace = 0;
  std::fill(prior.in_re.begin(), prior.in_re.end(), 0.0F);
  std::fill(prior.in_im.begin(), prior.in_im.end(), 0.0F);
  for (std::size_t m = 0; m < prior.modes; ++m) {
    const double signal = gain * double{prior.strength[m]};
    const auto shrink = static_cast<float>(signal / (signal + noise));
    trace += shrink;
    const float re = shrink * prior.mode_re[m];
    const float im = shrink * prior.mode_im[m];
    const float* v = prior.vectors.data() + m * carriers_;
    for (std::size_t k = 0; k < carriers_; ++k) {
      prior.in_re[k] += v[k] * re;
      prior.in_im[k] += v[k] * im;
    }
  }
  for (std::size_t k = 0; k < carriers_; ++k) {
    const cf32 r = prior.ramp[k];
    out[k] = {prior.in_re[k] * r.real() - prior.in_im[k] * r.imag(),
              prior.in_re[k] * r.imag() + prior.in_im[k] * r.real()};
  }
  return trace;
}

WifiChannelEstimator::Fit WifiChannelEstimator::process(std::span<cf32> channel, float variance) noexcept {
  return process(channel, variance, {}, priors_.size() + 1);
}

WifiChannelEstimator::Fit WifiChannelEstimator::process(std::span<cf32> channel, float variance,
                                                        std::span<const float> part,
                                                        std::size_t choice) noexcept {
  BORESIGHT_ASSERT(channel.size() == carriers_ && (part.empty() || part.size() == carriers_));
  last_choice_ = priors_.size();
  double power = 0;
  double parts = 0;
  for (std::size_t k = 0; k < carriers_; ++k) {
    const double p = part.empty() ? 1.0 : double{part[k]};
    power +=
        p * (double{channel[k].real()} * channel[k].real() + double{channel[k].imag()} * channel[k].imag());
    parts += p;
  }
  const double noise = double{variance};
  if (!(noise > 0) || !std::isfinite(noise) || !std::isfinite(power) || !(parts > 0)) return {};
  const double count = part.empty() ? parts : static_cast<double>(carriers_);
  const double gain = std::max((power - count * noise) / parts, 1e-3 * noise);
  last_choice_ = choice <= priors_.size() ? choice : choose(channel, power, gain, noise);
  if (last_choice_ == priors_.size()) return {};

  Prior& prior = priors_[last_choice_];
  std::copy(channel.begin(), channel.end(), whole_.begin());
  float trace = 0;
  for (unsigned round = 0; round < (part.empty() ? 1 : rounds_of_parts); ++round) {
    project(prior, whole_);
    trace = smooth(prior, gain, noise, estimate_);
    if (part.empty()) break;
    for (std::size_t k = 0; k < carriers_; ++k)
      whole_[k] = estimate_[k] + part[k] * (channel[k] - estimate_[k]);
  }
  Fit fit{0, static_cast<float>(carriers_) - trace};
  for (std::size_t k = 0; k < carriers_; ++k) {
    fit.residual += (part.empty() ? 1.0F : part[k]) * std::norm(channel[k] - estimate_[k]);
    channel[k] = estimate_[k];
  }
  return fit;
}

}  // namespace boresight::rx
