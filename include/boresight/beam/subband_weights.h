// Space-frequency nulling: a beamformer of its own in every part of the band, on the bins of an FFT.
//
// A jammer of 240 MHz does not fit into one null of a narrowband beamformer: over the aperture its delay
// turns its phase by other amounts at one edge of the band than at the other, and it takes a second and a
// third degree of freedom. In 16 to 64 parts of the band it takes one in each, which for four elements
// against three jammers 60 dB above the noise is worth 18 dB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::beam {

/// Adaptive weights per subband, measured on the bins [E x K] of FFTs and applied to them: of OFDM symbols,
/// or of a filter bank (SubbandBeamformer).
///
/// The bins of an FFT without a window, as of OFDM symbols, see a jammer with delay T across the aperture as
/// two: the parts of the window that overlap, and a share 2 T / (symbol time) that does not. 1024 bins are
/// therefore as good as about 40 ideal subbands, not 1024; a window makes it better.
class SubbandWeights {
 public:
  enum class Mode {
    mvdr,          ///< unit gain towards the direction, least power from everywhere else, per subband
    robust_capon,  ///< the same for a signal that is strong, and not quite where it is thought to be
    conventional,  ///< unit gain towards the direction; with as many subbands as bins: true time delay
  };
  enum class Between {
    constant,  ///< all bins of a subband have its weights
    linear,    ///< weights go straight from the middle of one subband to that of the next
  };

  struct Config {
    array::Geometry geometry;  ///< 1 to 64 elements
    double carrier_hz = 0;
    double sample_rate_hz = 0;  ///< bins are sample_rate / bins apart
    std::size_t bins = 1024;    ///< K, in FFT order: 0 is the carrier, the upper half below it; 1 to 65536
    std::size_t subbands = 64;  ///< divides `bins`
    /// Two-sided width around the carrier in which weights are not zero; 0: everywhere. Where the sample rate
    /// is no larger than the band, the outermost bins hold both edges folded together, twice the jammers.
    double band_hz = 0;
    Mode mode = Mode::robust_capon;
    Between between = Between::constant;
    /// Diagonal loading over the noise floor, -60 to 60; with Mode::robust_capon the least one. The floor is
    /// that of CovarianceFactor, the median of it over up to eight subbands.
    double loading_over_noise_db = 3;
    /// Mode::robust_capon: squared length of the steering vector's error over its own, in (0, 1), which is
    /// the error per element where elements are isotropic; see robust_capon(). Each subband finds its own
    /// loading (BatchedMvdr::solve_robust()). Jammers whose nulls leave less than this share of the steering
    /// vector (known covariances: that cost 5.2 dB at 0.3) are within the set and are not nulled. Subbands
    /// with the four outermost bins of the sampled band on either side, where a jammer is folded and takes
    /// two nulls, have at most 1.25 times the loading of the subband next to them.
    /// Other modes refuse any other value.
    double uncertainty = 0.3;
    /// New weights take over in so many equal steps, one per apply(); 1: at once. The first ones do at once.
    std::size_t fade_steps = 1;
  };

  struct Stats {
    double noise_power = 0;             ///< per element and bin, of the last renewal
    std::uint64_t updates = 0;          ///< renewals
    std::uint64_t rejected = 0;         ///< subbands that got conventional weights: nothing to solve
    std::uint64_t bins_not_finite = 0;  ///< train() calls that were left out
    std::uint64_t bad_directions = 0;   ///< directions that were zero or not finite
  };

  /// ConfigError names the value and the limit. Weights are conventional, towards the boresight.
  explicit SubbandWeights(const Config& config);
  ~SubbandWeights();
  SubbandWeights(SubbandWeights&&) noexcept;
  SubbandWeights& operator=(SubbandWeights&&) noexcept;

  /// Where to look from the next renew() on: a vector from the array to the source, array frame. Zero or not
  /// finite: the last direction stays and Stats::bad_directions counts.
  void set_direction(Vec3 direction) noexcept;

  /// What the receive channels do to a wave, [subbands x E], lowest frequency first, relative to the ideal
  /// (array::Calibration::responses); zero for a dead element, which then gets no weight. Not finite, or of a
  /// magnitude outside 1e-15 to 1e15, which is nobody's gain: taken for zero. Valid from the next renew() on.
  void set_responses(Grid<const cf64> responses) noexcept;

  /// Adds one FFT's bins [E x K] to the covariances. Bins that are not all finite are left out and counted.
  void train(Grid<const cf32> bins) noexcept;
  /// FFTs that the covariances stand on, the forgotten ones counted less.
  double snapshots() const;
  /// Multiplies the weight of the past by `factor` in [0, 1].
  void forget(double factor) noexcept;

  /// New weights from what train() saw. With fewer than 2 E bins per subband, or where it is silent,
  /// conventional ones.
  void renew() noexcept { renew(config_.fade_steps); }
  /// The same, but these take over in `fade_steps` steps, at least 1: at once.
  void renew(std::size_t fade_steps) noexcept;
  /// Whether the next apply() still changes the weights.
  bool fading() const;

  /// out[k] = w_k^H x_k. @param bins [E x K] @param out [K]. Advances a fade by one step. No allocation.
  void apply(Grid<const cf32> bins, std::span<cf32> out) noexcept;

  /// The weights that the last renew() found, [subbands x E], lowest frequency first.
  Grid<const cf64> weights() const;
  /// The steering vectors with responses, [subbands x E].
  Grid<const cf64> steering() const;
  /// Middle of a subband relative to the carrier.
  double subband_hz(std::size_t subband) const;
  const Stats& stats() const { return stats_; }
  const Config& config() const { return config_; }

  /// As constructed, but direction and responses stay.
  void reset() noexcept;

 private:
  struct State;

  void steer() noexcept;
  void silence(std::size_t subband) noexcept;
  double noise_floor() noexcept;
  void limit_edge(std::size_t first, std::size_t inner) noexcept;
  void spread() noexcept;

  Config config_;
  Stats stats_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::beam
