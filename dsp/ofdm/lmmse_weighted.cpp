// The LMMSE estimator where every observation has a noise of its own.
#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "kernels/projection.h"

namespace boresight::ofdm {
namespace {

// As in lmmse_estimator.cpp.
constexpr double max_noise_to_signal = 1000;

bool finite(cf32 x) {
  return std::isfinite(x.real()) && std::isfinite(x.imag());
}

}  // namespace

LmmseEstimator::Result LmmseEstimator::process(std::span<const cf32> observed,
                                               std::span<const float> noise_variance,
                                               Grid<cf32> channel) noexcept {
  BORESIGHT_ASSERT(observed.size() == pilots_ && noise_variance.size() == pilots_ &&
                   channel.rows() == symbols_.size() && channel.columns() == numerology_.fft_size);
  // Weights against the median noise: the normal equations are (L + N / S - U^H (1 - W) U) c = U^H W y, and
  // only observations whose weight is not 1 need work.
  const auto usable = [&](std::size_t p) {
    return noise_variance[p] > 0 && std::isfinite(noise_variance[p]) && finite(observed[p]);
  };
  std::size_t count = 0;
  for (std::size_t p = 0; p < pilots_; ++p) {
    if (usable(p)) observed_re_[count++] = noise_variance[p];
  }
  double common = 0;
  double total = 0;
  double weights = 0;
  if (count > 0) {
    const auto median = observed_re_.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(observed_re_.begin(), median, observed_re_.begin() + static_cast<std::ptrdiff_t>(count));
    common = static_cast<double>(*median);
    for (std::size_t p = 0; p < pilots_; ++p) {
      if (!usable(p)) continue;
      const double weight = common / static_cast<double>(noise_variance[p]);
      total += weight * static_cast<double>(std::norm(observed[p]));
      weights += weight;
    }
  }
  if (!(total > 0) || !std::isfinite(total)) {
    for (std::size_t s = 0; s < channel.rows(); ++s) {
      std::fill_n(channel.row(s).data(), channel.columns(), cf32(0));
    }
    return {};
  }
  const double signal = (total - common * static_cast<double>(count)) / weights;
  Result result{.signal_power = std::max(signal, common / max_noise_to_signal), .noise_variance = common};
  const double ratio = common / result.signal_power;

  const std::size_t n = rank();
  std::fill(system_.begin(), system_.end(), cf64(0));
  for (std::size_t i = 0; i < n; ++i) system_[i * n + i] = eigenvalues_[i] + ratio;
  for (std::size_t p = 0; p < pilots_; ++p) {
    const double weight = usable(p) ? common / static_cast<double>(noise_variance[p]) : 0.0;
    const cf32 y = usable(p) ? static_cast<float>(weight) * observed[p] : cf32(0);
    observed_re_[p] = y.real();
    observed_im_[p] = y.imag();
    if (weight == 1.0) continue;
    for (std::size_t i = 0; i < n; ++i) row_[i] = cf64(pilot_re_(i, p), pilot_im_(i, p));
    for (std::size_t i = 0; i < n; ++i) {
      const cf64 factor = (1 - weight) * std::conj(row_[i]);
      for (std::size_t j = 0; j <= i; ++j) system_[i * n + j] -= factor * row_[j];
    }
  }
  kernels::project(pilot_re_.view(), pilot_im_.view(), observed_re_, observed_im_, coefficients_);
  // Cholesky: the matrix is at least `ratio` times the identity.
  for (std::size_t j = 0; j < n; ++j) {
    cf64* row_j = &system_[j * n];
    double diagonal = row_j[j].real();
    for (std::size_t k = 0; k < j; ++k) diagonal -= std::norm(row_j[k]);
    diagonal = std::sqrt(std::max(diagonal, 1e-3 * ratio));
    row_j[j] = diagonal;
    for (std::size_t i = j + 1; i < n; ++i) {
      cf64* row_i = &system_[i * n];
      cf64 sum = row_i[j];
      for (std::size_t k = 0; k < j; ++k) sum -= row_i[k] * std::conj(row_j[k]);
      row_i[j] = sum / diagonal;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    cf64 sum = cf64(coefficients_[i]);
    for (std::size_t k = 0; k < i; ++k) sum -= system_[i * n + k] * solution_[k];
    solution_[i] = sum / system_[i * n + i].real();
  }
  for (std::size_t i = n; i-- > 0;) {
    cf64 sum = solution_[i];
    for (std::size_t k = i + 1; k < n; ++k) sum -= std::conj(system_[k * n + i]) * solution_[k];
    solution_[i] = sum / system_[i * n + i].real();
    coefficients_[i] = cf32(solution_[i]);
  }
  // The error as if the noise were `common` everywhere.
  result.error_variance = result.signal_power * error_of(ratio);
  result.freedom = freedom_of(ratio);
  expand(channel);
  return result;
}

}  // namespace boresight::ofdm
