#include "spectrum.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "boresight/core/units.h"

namespace boresight::receive {

Spectrum::Spectrum() : window_(bins), twiddle_(bins / 2), work_(bins), sum_(bins) {
  double power = 0;
  for (std::size_t i = 0; i < bins; ++i) {
    window_[i] = 0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / bins);
    power += window_[i] * window_[i];
  }
  for (double& w : window_) w /= std::sqrt(power);
  for (std::size_t k = 0; k < bins / 2; ++k) {
    twiddle_[k] = std::polar(1.0, -2 * pi * static_cast<double>(k) / bins);
  }
}

void Spectrum::add(std::span<const cf32> x) {
  if (x.size() < bins) return;
  for (std::size_t i = 0; i < bins; ++i) work_[i] = window_[i] * cf64(x[i]);
  // Radix 2, decimation in frequency: the bins come out in bit-reversed order.
  for (std::size_t half = bins / 2, step = 1; half >= 1; half /= 2, step *= 2) {
    for (std::size_t first = 0; first < bins; first += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        const cf64 a = work_[first + k];
        const cf64 b = work_[first + k + half];
        work_[first + k] = a + b;
        work_[first + k + half] = (a - b) * twiddle_[k * step];
      }
    }
  }
  if (!std::isfinite(std::norm(work_[0]))) return;
  for (std::size_t i = 0; i < bins; ++i) {
    std::size_t reversed = 0;
    for (std::size_t bit = 1, other = bins / 2; bit < bins; bit *= 2, other /= 2) {
      if ((i & bit) != 0) reversed |= other;
    }
    sum_[(reversed + bins / 2) % bins] += std::norm(work_[i]);
  }
  ++segments_;
}

std::vector<double> Spectrum::power_db() const {
  if (segments_ == 0) return {};
  std::vector<double> db(bins);
  std::transform(sum_.begin(), sum_.end(), db.begin(), [this](double sum) {
    return std::max(-200.0, db_from_power(sum / static_cast<double>(segments_)));
  });
  return db;
}

}  // namespace boresight::receive
