#include "boresight/doa/covariance.h"

#include <algorithm>
#include <complex>
#include <span>
#include <string>
#include <type_traits>

#include "boresight/core/assert.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "kernels/covariance.h"

namespace boresight::doa {
namespace {

constexpr std::size_t max_elements = 1024;

void widen(std::span<const cf32> in, std::span<cf32> out) noexcept {
  std::ranges::copy(in, out.begin());
}
template <typename Sample>
void widen(std::span<const Sample> in, std::span<cf32> out) noexcept {
  to_cf32(in, out);
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
  // Rows a cache line or more longer than a power of two.
  run_ = GridBuffer<cf32>(even, kernels::covariance_longest_run + 24);
  rows_.resize(even);
  sum_ = GridBuffer<cf64>(even, even + 4);
}

void SampleCovariance::forget(double factor) noexcept {
  BORESIGHT_ASSERT(factor > 0 && factor <= 1);
  if (factor == 1) return;
  for (std::size_t r = 0; r < elements_; ++r) {
    for (cf64& value : sum_.row(r).first(r + 1)) value *= factor;
  }
  snapshots_ *= factor;
}

template <typename Sample>
void SampleCovariance::add_runs(Grid<const Sample> x) noexcept {
  BORESIGHT_ASSERT(x.rows() == elements_);
  const std::size_t run = kernels::covariance_run();
  for (std::size_t first = 0; first < x.columns(); first += run) {
    const std::size_t n = std::min(run, x.columns() - first);
    add_run(x.columns(first, n), x.columns(first + n, std::min(run, x.columns() - first - n)));
  }
  snapshots_ += static_cast<double>(x.columns());
}

template <typename Sample>
void SampleCovariance::add_run(Grid<const Sample> run, Grid<const Sample> next) noexcept {
  constexpr std::size_t granule = kernels::covariance_granule;
  const std::size_t n = (run.columns() + granule - 1) / granule * granule;
  const bool in_place = std::is_same_v<Sample, cf32> && n == run.columns();
  for (std::size_t e = 0; e < rows_.size(); ++e) {
    const cf32* row = run_.row(e).data();
    if (e == elements_) {
      // silent since the beginning
    } else if (in_place) {
      if constexpr (std::is_same_v<Sample, cf32>) row = run.row(e).data();
    } else {
      const std::span<cf32> copy = run_.row(e).first(n);
      widen(run.row(e), copy.first(run.columns()));
      std::ranges::fill(copy.subspan(run.columns()), cf32(0));
    }
    // std::complex<T> is T[2] by the language's own rule ([complex.numbers]).
    rows_[e] = reinterpret_cast<const float*>(row);
  }
  kernels::add_products(rows_.data(), rows_.size(), 2 * n, reinterpret_cast<double*>(sum_.row(0).data()),
                        2 * sum_.view().row_stride(),
                        {.begin = reinterpret_cast<const unsigned char*>(next.data()),
                         .rows = in_place || next.columns() == 0 ? 0 : next.rows(),
                         .bytes = next.columns() * sizeof(Sample),
                         .stride = next.row_stride() * sizeof(Sample)});
}

void SampleCovariance::update(Grid<const cf32> x) noexcept {
  if (x.columns() != 0) forget(forgetting_);
  add_runs(x);
}
void SampleCovariance::add(Grid<const cf32> x) noexcept {
  add_runs(x);
}
void SampleCovariance::update(Grid<const cs16> x) noexcept {
  if (x.columns() != 0) forget(forgetting_);
  add_runs(x);
}
void SampleCovariance::add(Grid<const cs16> x) noexcept {
  add_runs(x);
}
void SampleCovariance::update(Grid<const cs8> x) noexcept {
  if (x.columns() != 0) forget(forgetting_);
  add_runs(x);
}
void SampleCovariance::add(Grid<const cs8> x) noexcept {
  add_runs(x);
}

void SampleCovariance::matrix(Grid<cf64> out) const noexcept {
  BORESIGHT_ASSERT(out.rows() == elements_ && out.columns() == elements_);
  const double scale = snapshots_ > 0 ? 1 / snapshots_ : 0;
  for (std::size_t r = 0; r < elements_; ++r) {
    for (std::size_t c = 0; c < r; ++c) {
      out(r, c) = scale * sum_(r, c);
      out(c, r) = std::conj(out(r, c));
    }
    out(r, r) = scale * sum_(r, r).real();
  }
}

void SampleCovariance::reset() noexcept {
  for (std::size_t r = 0; r < sum_.rows(); ++r) std::ranges::fill(sum_.row(r), cf64(0));
  snapshots_ = 0;
}

}  // namespace boresight::doa
