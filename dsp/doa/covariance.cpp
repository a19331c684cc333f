#include "boresight/doa/covariance.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::doa {
namespace {

constexpr std::size_t max_elements = 1024;
// 16 elements of split floats are then 16 KiB: the run stays in the first-level cache while all pairs go over
// it.
constexpr std::size_t run_snapshots = 128;
// Snapshots are taken eight at a time, one per partial sum; a short run ends in silent ones.
constexpr std::size_t lanes = 8;

/// Sum over t of p[t] q[t]* for one pair of elements.
struct Product {
  float re = 0;
  float im = 0;
};

/// The four products of elements (a, b) with (c, d): eight sums for eight streams read, which is what keeps
/// the multipliers rather than the cache busy. The pragma lets the compiler split each sum over the lanes of
/// a vector.
void products_2x2(const float* const re[4], const float* const im[4], std::size_t n,
                  Product out[4]) noexcept {
  const float* __restrict a_re = re[0], * __restrict a_im = im[0], * __restrict b_re = re[1], * __restrict b_im = im[1], * __restrict c_re = re[2], * __restrict c_im = im[2], * __restrict d_re = re[3], * __restrict d_im = im[3];
  float ac_re = 0, ac_im = 0, ad_re = 0, ad_im = 0, bc_re = 0, bc_im = 0, bd_re = 0, bd_im = 0;
#pragma omp simd reduction(+ : ac_re, ac_im, ad_re, ad_im, bc_re, bc_im, bd_re, bd_im)
  for (std::size_t t = 0; t < n; ++t) {
    ac_re += a_re[t] * c_re[t] + a_im[t] * c_im[t];
    ac_im += a_im[t] * c_re[t] - a_re[t] * c_im[t];
    ad_re += a_re[t] * d_re[t] + a_im[t] * d_im[t];
    ad_im += a_im[t] * d_re[t] - a_re[t] * d_im[t];
    bc_re += b_re[t] * c_re[t] + b_im[t] * c_im[t];
    bc_im += b_im[t] * c_re[t] - b_re[t] * c_im[t];
    bd_re += b_re[t] * d_re[t] + b_im[t] * d_im[t];
    bd_im += b_im[t] * d_re[t] - b_re[t] * d_im[t];
  }
  out[0] = {ac_re, ac_im};
  out[1] = {ad_re, ad_im};
  out[2] = {bc_re, bc_im};
  out[3] = {bd_re, bd_im};
}

}  // namespace

SampleCovariance::SampleCovariance(const Config& config)
    : elements_(config.elements), forgetting_(config.forgetting) {
  require(
      elements_ >= 1 && elements_ <= max_elements,
      "covariance: " + std::to_string(elements_) + " elements, must be 1 to " + std::to_string(max_elements));
  require(forgetting_ > 0 && forgetting_ <= 1,
          "covariance: forgetting " + std::to_string(forgetting_) + " must be in (0, 1]");
  const std::size_t even = elements_ + elements_ % 2;
  run_re_ = GridBuffer<float>(even, run_snapshots);
  run_im_ = GridBuffer<float>(even, run_snapshots);
  sum_re_ = GridBuffer<double>(even, even);
  sum_im_ = GridBuffer<double>(even, even);
}

void SampleCovariance::forget(double factor) noexcept {
  BORESIGHT_ASSERT(factor > 0 && factor <= 1);
  if (factor == 1) return;
  for (std::size_t r = 0; r < elements_; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      sum_re_(r, c) *= factor;
      sum_im_(r, c) *= factor;
    }
  }
  snapshots_ *= factor;
}

void SampleCovariance::update(Grid<const cf32> x) noexcept {
  BORESIGHT_ASSERT(x.rows() == elements_);
  if (x.columns() == 0) return;
  forget(forgetting_);
  for (std::size_t first = 0; first < x.columns(); first += run_snapshots) {
    add_run(x.columns(first, std::min(run_snapshots, x.columns() - first)));
  }
  snapshots_ += static_cast<double>(x.columns());
}

void SampleCovariance::add_run(Grid<const cf32> run) noexcept {
  const std::size_t n = (run.columns() + lanes - 1) / lanes * lanes;
  for (std::size_t e = 0; e < elements_; ++e) {
    const cf32* x = run.row(e).data();
    float* re = run_re_.row(e).data();
    float* im = run_im_.row(e).data();
    for (std::size_t t = 0; t < run.columns(); ++t) {
      re[t] = x[t].real();
      im[t] = x[t].imag();
    }
    std::fill(re + run.columns(), re + n, 0.0F);
    std::fill(im + run.columns(), im + n, 0.0F);
  }
  for (std::size_t r = 0; r < elements_; r += 2) {
    for (std::size_t c = 0; c <= r; c += 2) {
      const float* const re[4] = {run_re_.row(r).data(), run_re_.row(r + 1).data(), run_re_.row(c).data(),
                                  run_re_.row(c + 1).data()};
      const float* const im[4] = {run_im_.row(r).data(), run_im_.row(r + 1).data(), run_im_.row(c).data(),
                                  run_im_.row(c + 1).data()};
      Product product[4];
      products_2x2(re, im, n, product);
      for (std::size_t k = 0; k < 4; ++k) {
        sum_re_(r + k / 2, c + k % 2) += static_cast<double>(product[k].re);
        sum_im_(r + k / 2, c + k % 2) += static_cast<double>(product[k].im);
      }
    }
  }
}

void SampleCovariance::matrix(Grid<cf64> out) const noexcept {
  BORESIGHT_ASSERT(out.rows() == elements_ && out.columns() == elements_);
  const double scale = snapshots_ > 0 ? 1 / snapshots_ : 0;
  for (std::size_t r = 0; r < elements_; ++r) {
    for (std::size_t c = 0; c < r; ++c) {
      out(r, c) = {scale * sum_re_(r, c), scale * sum_im_(r, c)};
      out(c, r) = std::conj(out(r, c));
    }
    out(r, r) = scale * sum_re_(r, r);
  }
}

void SampleCovariance::reset() noexcept {
  for (std::size_t r = 0; r < sum_re_.rows(); ++r) {
    std::ranges::fill(sum_re_.row(r), 0.0);
    std::ranges::fill(sum_im_.row(r), 0.0);
  }
  snapshots_ = 0;
}

}  // namespace boresight::doa
