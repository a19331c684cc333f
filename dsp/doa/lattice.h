// Hermitian forms of steering vectors on a lattice of elements, r = r_0 + m p + n q.
#pragma once

#include <Eigen/Core>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/vec3.h"
#include "doa/steering_model.h"
#include "kernels/spectrum.h"

namespace boresight::doa {

class Lattice {
 public:
  /// Finds the lattice, if the elements stand on one in order (index = n columns + m), and makes phasors.
  Lattice(const SteeringModel& model, std::span<const Vec3> directions);

  bool exists() const { return columns_ > 0; }

  /// a^H Q a for all directions. Only when the lattice exists.
  void spectrum(const Eigen::MatrixXcd& form, kernels::SpectrumScale scale, std::span<float> out) noexcept;

 private:
  std::size_t columns_ = 0;
  std::size_t rows_ = 0;
  aligned_vector<double> lags_;         // [rows][2 columns - 1] of re, im
  aligned_vector<float> coefficients_;  // the same
  aligned_vector<float> phasors_;       // x_re, x_im, y_re, y_im, first_re, first_im
  std::size_t stride_ = 0;
};

}  // namespace boresight::doa
