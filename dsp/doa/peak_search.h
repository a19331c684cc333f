// From the highest points of a spectrum on a grid to its peaks.
#pragma once

#include <Eigen/Core>
#include <array>
#include <span>

#include "boresight/doa/search_grid.h"
#include "boresight/doa/spatial_spectrum.h"
#include "doa/steering_model.h"

namespace boresight::doa {

class PeakSearch {
 public:
  explicit PeakSearch(const SteeringModel& model);

  /// The contract of SpatialSpectrum::peaks for scale q, or scale / q, of q = a^H Q a.
  std::size_t run(const SearchGrid& grid, std::span<const float> spectrum, const Eigen::MatrixXcd& form,
                  bool reciprocal, double scale, std::span<SpectrumPeak> out) noexcept;

 private:
  struct Derivatives {
    double q = 0;
    double gradient[2] = {};
    double hessian[3] = {};  // 11, 12, 22
  };
  Derivatives at(const Eigen::MatrixXcd& form, Vec3 u) noexcept;
  Derivatives by_differences(const Eigen::MatrixXcd& form, Vec3 u) noexcept;
  Vec3 exact(const Eigen::MatrixXcd& form, Vec3 u, bool maximum, double& q) noexcept;

  const SteeringModel* model_;
  Eigen::VectorXcd a_, qa_, d1_, d2_, qd_;
};

}  // namespace boresight::doa
