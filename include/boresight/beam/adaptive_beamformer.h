// The beamformer of the receive chain: elements in, one beam out, weights renewed from the samples
// themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/beam/beamformer.h"
#include "boresight/beam/weights.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/doa/covariance.h"

namespace boresight::beam {

/// Sample-matrix-inversion MVDR over a stream of blocks (Reed, Mallett and Brennan 1974; Capon 1969), with
/// the plain beamformers beside it for comparison.
///
/// Per block: the block joins the covariance; if an update is due, the weights it leads to take effect within
/// this very block, faded in linearly from the old ones over its samples, so that the output never steps. The
/// first block is beamformed with its own weights throughout. The output is a function of the sequence of
/// blocks and directions alone: no clock, no thread.
class AdaptiveBeamformer {
 public:
  enum class Mode {
    mvdr,          ///< unit gain towards the direction, least power from everywhere else
    conventional,  ///< unit gain towards the direction, phases only
    single,        ///< element 0 as it is, for comparison; a dead element 0 is silence
  };

  struct Config {
    array::Geometry geometry;
    double carrier_hz = 0;
    Mode mode = Mode::mvdr;
    /// Weights are renewed with the first block that completes this many samples since the last renewal.
    std::size_t update_interval_samples = 65536;
    /// What the past counts for after each renewal, in (0, 1]: the covariance looks back over about
    /// update_interval_samples / (1 - forgetting) samples.
    double forgetting = 0.5;
    /// Diagonal loading over the noise floor, see MvdrSolver; -60 to 60.
    double loading_over_noise_db = 10;
    /// The covariance takes one run of 128 samples in so many, counted from the start of each block: 1 takes
    /// all samples. 4 leaves 16384 snapshots per default interval, a hundred times what 16 elements need, at
    /// a quarter of the work. A jammer that pulses in step with the gaps is the price.
    std::size_t covariance_decimation = 4;
    /// Longest block that process() will be given.
    std::size_t max_block_samples = 65536;
  };

  /// What the last renewal found. Only Mode::mvdr measures; the others leave powers at 0, and Mode::single
  /// never renews.
  struct Stats {
    double noise_power = 0;            ///< per element and sample; full scale is 1
    double power_over_noise_db = 0;    ///< all that rises above the noise, wanted or not, mean per
                                       ///< element; -100 to 200
    std::uint64_t updates = 0;         ///< renewals of the weights
    std::uint64_t rejected = 0;        ///< renewals given up because the samples held NaN or Inf
    std::uint64_t bad_directions = 0;  ///< directions that were zero or not finite
  };

  /// Throws ConfigError for a bad geometry, a carrier that is not positive and finite, a forgetting or
  /// loading out of range, and for an interval, decimation or block length of 0. Looks at the boresight until
  /// told otherwise.
  explicit AdaptiveBeamformer(const Config& config);

  /// Where to look: a vector from the array to the source, array frame, made a unit vector here. The next
  /// block fades over to it. Zero or not finite: the last direction stays and Stats::bad_directions counts.
  void set_direction(Vec3 direction) noexcept;

  /// @param in   [elements x n], n <= max_block_samples; NaN and Inf are to be cleaned by the caller. Should
  ///             one come all the same, it spoils its own output samples, the weights stay as they are, and
  ///             the covariance starts over.
  /// @param out  [n]
  void process(Grid<const cf32> in, std::span<cf32> out) noexcept;

  const Stats& stats() const { return stats_; }
  std::size_t elements() const { return steering_.size(); }
  std::size_t max_block_samples() const { return config_.max_block_samples; }

  /// The weights [elements] in effect at the end of the last block; zero before the first.
  std::span<const cf64> weights() const { return weights_; }
  /// The steering vector [elements] of the present direction.
  std::span<const cf64> steering() const { return steering_; }

  /// As constructed, but the direction stays.
  void reset() noexcept;

 private:
  void train(Grid<const cf32> in) noexcept;
  bool renew_weights() noexcept;
  void load_weights(Beamformer& beamformer) noexcept;

  Config config_;
  doa::SampleCovariance covariance_;
  MvdrSolver solver_;
  Beamformer current_;
  Beamformer next_;
  GridBuffer<cf64> covariance_matrix_;
  GridBuffer<cf32> single_precision_;  // [1 x elements], weights on their way into a beamformer
  GridBuffer<cf32> faded_in_;          // [1 x max_block_samples], output of the next weights
  std::vector<cf64> steering_;
  std::vector<cf64> weights_;
  std::size_t samples_since_renewal_ = 0;
  bool started_ = false;
  bool direction_changed_ = false;
  Stats stats_;
};

}  // namespace boresight::beam
