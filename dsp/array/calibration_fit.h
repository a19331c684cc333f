// The fit behind CalibrationEstimator: gains, phases, delays and shapes of channels from their cross spectra.
// Private.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/calibration_estimator.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::array {

/// The fit of one set of channels: CalibrationEstimator says how.
class CalibrationFit {
 public:
  CalibrationFit(Grid<const cf64> sums, double frames, const CalibrationEstimator::Config& config,
                 std::vector<std::size_t> channels);

  std::size_t count() const { return channels_.size(); }
  std::size_t bins() const { return bins_.size(); }

  /// False when there is no common source.
  bool run();

  cf64 r(std::size_t e, std::size_t j, std::size_t k) const;

  /// Lets every channel differ from its model, by factors at `points` parts of the band with straight lines
  /// between their middles: what ratio() finds, again and again, as the others see each channel through it.
  /// Returns them relative to channel `reference`, [channel x points].
  std::vector<std::vector<cf64>> shapes(std::size_t points, std::size_t reference);

  /// Of part p of the band.
  double middle_hz(std::size_t p, std::size_t points) const {
    return 0.5 * (offsets_hz_[p * bins() / points] + offsets_hz_[(p + 1) * bins() / points - 1]);
  }

  /// How channel e as the others tell it compares with its model, over the bins [first, last).
  cf64 ratio(std::size_t e, std::size_t first, std::size_t last, double& weight);

  /// Mean signal-to-noise ratio per sample of the band.
  double snr(std::size_t e) const;

  double source_offset_hz() const;

  struct SecondSource {
    double share = 0;  // mean square of the cross spectra that no single source explains, over the source's
    double deviations = 0;  // of that, of what noise leaves
  };
  /// One source makes cross spectra of rank one. In each of a few parts of the band the channels may differ
  /// from their model, so that filters with ripple are not taken for a second source.
  SecondSource second_source();

  /// Of a phase and a delay: (1 / s_e + 1 / s_r) times these is the bound's variance; s the SNRs above.
  void information(double snr_sum, double& phase, double& delay) const;

  cf64 gain(std::size_t e) const { return gain_[e]; }
  double delay_s(std::size_t e) const { return delay_s_[e]; }
  bool delay_known() const { return delay_known_; }
  bool narrow() const { return narrow_; }
  double offset_hz(std::size_t k) const { return offsets_hz_[k]; }

 private:
  /// Delays and gains from the cross spectra with the channel that shares most with the others.
  bool start();

  /// Whether the coherence around a bin is beyond that of the rest of the band and of chance.
  bool stands_out(std::span<const double> coherences, double middle_bin) const;

  void model(std::size_t e);

  /// z_k = sum over the other channels of R_ej h_j / n_j, d_k = sum of |h_j|^2 / n_j: z / d estimates P h_e;
  /// n the noise. Two channels say nothing about gains without their own powers; the noise of both is then
  /// taken for equal.
  void combine(std::size_t e);

  /// Power of the source per bin, noise per channel, and the weights P / (P sum of |h|^2 / n + 1) of the
  /// maximum-likelihood fit.
  void weigh();
  void set_noise(std::vector<double> left, double mean_power);

  cf64 turned_sum(double delay_s) const;

  /// The delay that makes |turned_sum| largest, near `delay_s`: Newton.
  double refine(double delay_s) const;

  Grid<const cf64> sums_;
  double frames_;
  const CalibrationEstimator::Config& config_;
  std::vector<std::size_t> channels_;
  std::vector<std::size_t> bins_;
  std::vector<double> offsets_hz_;
  std::vector<cf64> h_;  // [channel][bin]
  std::vector<cf64> gain_;
  std::vector<double> delay_s_;
  std::vector<double> noise_;  // [channel]
  std::vector<double> weight_;
  std::vector<double> power_;
  std::vector<cf64> z_;
  std::vector<double> d_;
  bool delay_known_ = false;
  bool narrow_ = false;
};

}  // namespace boresight::array
