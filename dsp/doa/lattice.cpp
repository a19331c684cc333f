#include "doa/lattice.h"

#include <algorithm>

namespace boresight::doa {
namespace {

// Longer sums in float would lose more than spatial_spectrum.h says.
constexpr std::size_t most_columns = 64;

}  // namespace

Lattice::Lattice(const SteeringModel& model, std::span<const Vec3> directions) {
  const std::vector<Vec3>& r = model.geometry().positions_m;
  const double tolerance_m = 1e-6 / model.wavenumber_rad_m();
  if (r.size() < 2 || !model.isotropic()) return;
  const Vec3 p = r[1] - r[0];
  std::size_t columns = 1;
  while (columns < r.size() && norm(r[columns] - r[0] - static_cast<double>(columns) * p) < tolerance_m) {
    ++columns;
  }
  if (r.size() % columns != 0) return;
  const std::size_t rows = r.size() / columns;
  if (columns > most_columns || rows > most_columns) return;
  const Vec3 q = rows > 1 ? r[columns] - r[0] : Vec3{};
  for (std::size_t e = 0; e < r.size(); ++e) {
    const Vec3 expected = r[0] + static_cast<double>(e % columns) * p + static_cast<double>(e / columns) * q;
    if (norm(r[e] - expected) > tolerance_m) return;
  }
  columns_ = columns;
  rows_ = rows;
  lags_.resize(2 * rows * (2 * columns - 1));
  coefficients_.resize(lags_.size());
  stride_ = (directions.size() + kernels::spectrum_padding + 15) / 16 * 16;
  phasors_.resize(6 * stride_);
  for (std::size_t g = 0; g < directions.size(); ++g) {
    const double x = model.wavenumber_rad_m() * dot(p, directions[g]);
    const double y = model.wavenumber_rad_m() * dot(q, directions[g]);
    const double first = -static_cast<double>(columns - 1) * x;
    const double phases[] = {x, y, first};
    for (std::size_t i = 0; i < 3; ++i) {
      phasors_[2 * i * stride_ + g] = static_cast<float>(std::cos(phases[i]));
      phasors_[(2 * i + 1) * stride_ + g] = static_cast<float>(std::sin(phases[i]));
    }
  }
}

void Lattice::spectrum(const Eigen::MatrixXcd& form, kernels::SpectrumScale scale,
                       std::span<float> out) noexcept {
  const std::size_t width = 2 * columns_ - 1;
  std::ranges::fill(lags_, 0.0);
  // Q(i, j) a_i* a_j turns with the position of j less that of i; the lower half of the lags is the
  // conjugate of the upper.
  for (std::size_t n_j = 0; n_j < rows_; ++n_j) {
    for (std::size_t m_j = 0; m_j < columns_; ++m_j) {
      const cf64* column = form.data() + (n_j * columns_ + m_j) * rows_ * columns_;
      for (std::size_t n_i = 0; n_i <= n_j; ++n_i) {
        double* lag = lags_.data() + 2 * ((n_j - n_i) * width + columns_ - 1 + m_j);
        const cf64* q = column + n_i * columns_;
        for (std::size_t m_i = 0; m_i < columns_; ++m_i, lag -= 2) {
          lag[0] += q[m_i].real();
          lag[1] += q[m_i].imag();
        }
      }
    }
  }
  std::ranges::transform(lags_, coefficients_.begin(), [](double x) { return static_cast<float>(x); });
  const float* phasor = phasors_.data();
  kernels::lag_spectrum({.columns = columns_,
                         .rows = rows_,
                         .coefficients = coefficients_.data(),
                         .x_re = phasor,
                         .x_im = phasor + stride_,
                         .y_re = phasor + 2 * stride_,
                         .y_im = phasor + 3 * stride_,
                         .first_re = phasor + 4 * stride_,
                         .first_im = phasor + 5 * stride_},
                        scale, out);
}

}  // namespace boresight::doa
