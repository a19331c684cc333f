#include "bin_covariance.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "boresight/core/assert.h"

namespace boresight::beam {
namespace {

std::uint32_t is_not_finite(float x) {
  return (std::bit_cast<std::uint32_t>(x) & 0x7F800000U) == 0x7F800000U ? 1 : 0;
}

}  // namespace

BinCovariance::BinCovariance(std::size_t elements, std::size_t bins)
    : re_(elements, bins),
      im_(elements, bins),
      sum_re_(elements * (elements + 1) / 2, bins),
      sum_im_(elements * (elements + 1) / 2, bins) {}

bool BinCovariance::add(Grid<const cf32> bins) noexcept {
  const std::size_t elements = re_.rows();
  const std::size_t n = re_.columns();
  BORESIGHT_ASSERT(bins.rows() == elements && bins.columns() == n);
  const std::size_t below = n / 2;      // bins at negative frequencies ...
  const std::size_t above = n - below;  // ... stand behind those at positive ones
  std::uint32_t not_finite = 0;
  for (std::size_t e = 0; e < elements; ++e) {
    const cf32* x = bins.row(e).data();
    float* re = re_.row(e).data();
    float* im = im_.row(e).data();
    for (std::size_t k = 0; k < n; ++k) {
      const cf32 value = x[k < below ? above + k : k - below];
      re[k] = value.real();
      im[k] = value.imag();
      not_finite |= is_not_finite(value.real()) | is_not_finite(value.imag());
    }
  }
  if (not_finite != 0) return false;
  std::size_t pair = 0;
  for (std::size_t i = 0; i < elements; ++i) {
    for (std::size_t k = 0; k <= i; ++k, ++pair) {
      const float* xr = re_.row(i).data();
      const float* xi = im_.row(i).data();
      const float* yr = re_.row(k).data();
      const float* yi = im_.row(k).data();
      double* sr = sum_re_.row(pair).data();
      double* si = sum_im_.row(pair).data();
      for (std::size_t b = 0; b < n; ++b) {
        sr[b] += static_cast<double>(xr[b] * yr[b] + xi[b] * yi[b]);
        si[b] += static_cast<double>(xi[b] * yr[b] - xr[b] * yi[b]);
      }
    }
  }
  snapshots_ += 1;
  return true;
}

void BinCovariance::forget(double factor) noexcept {
  BORESIGHT_ASSERT(factor >= 0 && factor <= 1);
  for (GridBuffer<double>* sum : {&sum_re_, &sum_im_}) {
    for (std::size_t pair = 0; pair < sum->rows(); ++pair) {
      for (double& value : sum->row(pair)) value *= factor;
    }
  }
  snapshots_ *= factor;
}

void BinCovariance::reset() noexcept {
  for (GridBuffer<double>* sum : {&sum_re_, &sum_im_}) {
    for (std::size_t pair = 0; pair < sum->rows(); ++pair) std::ranges::fill(sum->row(pair), 0.0);
  }
  snapshots_ = 0;
}

void BinCovariance::mean(Grid<cf64> out) const noexcept {
  const std::size_t elements = re_.rows();
  const std::size_t width = re_.columns() / out.rows();
  BORESIGHT_ASSERT(out.columns() == elements * elements && width * out.rows() == re_.columns());
  const double scale = 1 / (snapshots_ * static_cast<double>(width));
  std::size_t pair = 0;
  for (std::size_t i = 0; i < elements; ++i) {
    for (std::size_t k = 0; k <= i; ++k, ++pair) {
      for (std::size_t s = 0; s < out.rows(); ++s) {
        cf64 sum = 0;
        for (std::size_t b = s * width; b < (s + 1) * width; ++b) {
          sum += cf64(sum_re_(pair, b), sum_im_(pair, b));
        }
        out(s, i * elements + k) = scale * sum;
      }
    }
  }
}

}  // namespace boresight::beam
