// Monopulse: how far a source is from the direction in which the array looks, from one covariance, and a
// tracker that follows a moving satellite with it, on two axes.
//
//   phase                                  amplitude
//     left half   right half                 beams squinted to both sides
//     of the aperture, on each axis            \ | /
//     y1 = w1^H x, y2 = w2^H x                  \|/     P1 = w1^H R w1, P2 = w2^H R w2
//     phase of w2^H R w1: independent of        (P2 - P1) / (P2 + P1) over the slope of that beam
//     the noise of both halves                 difference at the middle
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/sync/tracking_filter.h"

namespace boresight::doa {

enum class MonopulseKind {
  phase,      ///< two halves of the aperture: 1.15 times the Cramer-Rao deviation on a line or rectangle
  amplitude,  ///< two squinted beams: about 1.05 times, 1.15 where noise drowns the signal in each element
};

/// Direction error on both axes of the array frame, in direction cosines.
struct MonopulseError {
  double ux = 0;  ///< of the source less that of the look direction
  double uy = 0;  ///< 0, with infinite variance, for a line along x
  double variance_x = 0;
  double variance_y = 0;
  /// Of the source on an element, linear, estimated; 0 when there is none. Of a beam of E elements towards
  /// the source as measured, b = w^H R w / E^2 = S + N / E, and an element, p = tr R / E = S + N:
  ///   S = (E b - p) / (E - 1),  snr = S / (p - S).
  /// (A beam towards `look` loses some of S, which p - S would take for noise.)
  double snr = 0;
};

/// The error sensor (Sherman and Barton 2011). Holds buffers for weights; no allocation after construction.
/// Elements are taken to be alike and alone. A pattern that all have does nothing; coupling turns the phases
/// that it compares, by as much as it pulls the peak of a spectrum (LineArray: half a degree for dipoles).
class Monopulse {
 public:
  struct Config {
    array::Geometry geometry;  ///< 4 to 1024 elements: a line along x, or spread along x and y
    double frequency_hz = 0;
    MonopulseKind kind = MonopulseKind::phase;
  };

  /// Throws ConfigError when a value is out of range.
  explicit Monopulse(const Config& config);
  ~Monopulse();
  Monopulse(Monopulse&&) noexcept;
  Monopulse& operator=(Monopulse&&) noexcept;

  /// The error of one source near `look` in white noise; other sources pull it towards them. It is linear in
  /// the error to 5 % within a tenth of a beam (wavelength / aperture), has the right sign within half of
  /// one, and no meaning beyond. NaN, infinity or no power in R: all zero, variances infinite.
  /// @param covariance  [E x E] of `snapshots` snapshots, Hermitian; both triangles are read
  MonopulseError measure(Grid<const cf64> covariance, double snapshots, Vec3 look) noexcept;

  bool two_axes() const;

 private:
  struct Workspace;
  std::unique_ptr<Workspace> work_;
};

/// Follows a satellite: measure, and a Kalman filter for direction cosine and rate on each axis
/// (sync/tracking_filter.h). The loop's bandwidth follows the SNR; through a fade it goes on at the last
/// rate.
class MonopulseTracker {
 public:
  struct Config {
    Monopulse::Config monopulse;
    /// Standard deviation of what a direction cosine's rate changes by from one update to the next, per
    /// update: for a low satellite at 10 updates a second about 1e-5. Too small a value follows late, and
    /// deviation() does not say so.
    double rate_walk = 1e-5;
    /// Below this estimated SNR per element a measurement is not used.
    double least_snr_db = -15;
    /// Updates in a row without a used measurement until locked() is false.
    std::size_t hold_updates = 50;
  };

  /// Throws ConfigError when a value is out of range.
  explicit MonopulseTracker(const Config& config);

  /// Starts from a direction known to about a quarter of a beam, and its rate in direction cosines per
  /// update.
  /// @param deviation       standard deviations of both in direction cosines, positive
  void reset(Vec3 direction, double deviation, double rate_x = 0, double rate_y = 0,
             double rate_deviation = 1e-3);

  /// One step ahead, then the measurement. Returns whether the measurement was used. No allocation.
  bool update(Grid<const cf64> covariance, double snapshots) noexcept;

  /// Unit vector in the array frame, z >= 0.
  Vec3 direction() const;
  /// Where it will be `updates` later: what the next weights are made for.
  Vec3 predicted(double updates) const;
  /// Standard deviation of direction cosines, as the filter sees it, the larger one.
  double deviation() const;
  double snr() const { return last_.snr; }
  bool locked() const { return locked_; }

 private:
  Monopulse monopulse_;
  double least_snr_;
  std::size_t hold_updates_;
  sync::TrackingFilter x_;
  sync::TrackingFilter y_;
  MonopulseError last_;
  std::size_t missed_ = 0;
  bool locked_ = false;
};

}  // namespace boresight::doa
