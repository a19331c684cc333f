// The search behind DirectionFinder: how many signals there are, the directions that fit best, and whether
// others would fit as well. Private.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "boresight/doa/direction_finder.h"
#include "boresight/doa/eigenspace.h"
#include "boresight/doa/root_music.h"
#include "doa/steering_model.h"
#include "doa/subspace_fit.h"

namespace boresight::doa {

struct DirectionFinder::Search {
  explicit Search(const Config& c);

  std::size_t dimension(const Eigenspace& space, double snapshots) const;
  std::optional<LineArray> uniform_line() const;
  std::vector<Vec3> best_fit(const SubspaceFit& fit, Grid<const cf64> covariance, std::size_t sources,
                             double& cost) const;
  bool nothing_beside(const std::vector<Vec3>& directions, const Eigen::MatrixXcd& factor,
                      double signal_power, double snapshots) const;
  bool unique(const SubspaceFit& fit, std::vector<Vec3>& directions, double& cost, double threshold) const;
  std::vector<std::array<double, 2>> at_tolerance(const SubspaceFit& fit, const std::vector<Vec3>& directions,
                                                  std::size_t i) const;
  bool single(const SubspaceFit& fit, const std::vector<Vec3>& directions, double cost, double threshold,
              const Eigen::MatrixXcd& factor, double noise_power, double snapshots) const;
  bool pair_is_refuted(const Eigen::MatrixXcd& factor, const Eigen::MatrixXcd& a, std::size_t i, Vec3 one,
                       Vec3 other, double noise_power, double snapshots) const;

  Config config;
  SteeringModel model;
  Extent extent;
  std::optional<LineArray> line;
  std::vector<Vec3> sky;          // candidates
  Eigen::MatrixXcd sky_steering;  // theirs
};

}  // namespace boresight::doa
