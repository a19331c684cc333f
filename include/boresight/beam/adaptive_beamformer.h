// The beamformer of the receive chain: elements in, one or several beams out, weights renewed from the
// samples themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/beam/beamformer.h"
#include "boresight/beam/constraints.h"
#include "boresight/beam/covariance_factor.h"
#include "boresight/beam/lcmv.h"
#include "boresight/beam/power_watch.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/doa/covariance.h"

namespace boresight::beam {

/// Weights from the sample covariance (Reed, Mallett and Brennan 1974; Capon 1969) over a stream of blocks,
/// with the plain beamformers beside them for comparison. All beams share one covariance and its
/// factorization.
///
/// Per block: the block joins the covariance; if an update is due, the weights it leads to take effect within
/// this very block, faded in linearly from the old ones over its samples, so that the output never steps. A
/// fade takes 128 samples at least and goes on through the next blocks where they are shorter; newer weights
/// that come before it ends start a fade of their own from what it has come to. The first block is beamformed
/// with its own weights throughout. The output is a function of the sequence of blocks and directions alone:
/// no clock, no thread.
///
/// A jammer that comes on does not wait for the next update. It shows as a jump of a beam's output power over
/// the block before; the samples from there on then count more than the past, and the new weights hold from
/// the first run of 128 samples that the jammer is in:
///
///     input    ────────────────────────┬───────────── jammer
///     weights  old ─────────────╲ fade ├─ new ───────
///                               128    first run with the jump
///
/// so that a jammer costs none of the wanted signal, except where it comes on in the last few samples of a
/// block: those are gone before there is anything to learn from. At the very start of a block the new weights
/// hold at once, the one step that there is; while a fade goes on from the block before, they take 128
/// samples like any others. Blocks of fewer than 32 samples have no jumps.
class AdaptiveBeamformer {
 public:
  enum class Mode {
    mvdr,             ///< unit gain towards the direction, least power from everywhere else
    robust_capon,     ///< the same, steering vectors wrong by `uncertainty`: strong wanted signals
    lcmv,             ///< mvdr with exact nulls on top: set_nulls(), other beams, a flat top
    subspace,         ///< mvdr within the signals' subspace, see subspace_projection()
    power_inversion,  ///< no direction: least power with weight 1 on element 0; one beam
    conventional,     ///< unit gain towards the direction, phases only
    single,           ///< element 0 as it is, for comparison; a dead element 0 is silence; one beam
  };

  struct Config {
    array::Geometry geometry;
    double carrier_hz = 0;  ///< positive; with `channels` it may stay 0
    /// In place of a geometry: how many rows of samples there are, of an array that isotropic elements do not
    /// describe, such as two polarizations (array::Manifold::channels()); at most 1024. Beams are then
    /// steered by set_steering() alone and until then look along (1, 0, ..., 0): channel 0 in full. Whatever
    /// needs to know where elements stand is refused: set_direction() and set_nulls() (they count),
    /// max_nulls, flat_top, forward_backward. 0: the geometry's elements are the channels.
    std::size_t channels = 0;
    Mode mode = Mode::mvdr;
    std::size_t beams = 1;  ///< 1 to 64, each with a direction of its own
    /// Weights are renewed with the first block that completes this many samples since the last renewal.
    std::size_t update_interval_samples = 65536;
    /// What the past counts for after each renewal, in (0, 1]: the covariance looks back over about
    /// update_interval_samples / (1 - forgetting) samples.
    double forgetting = 0.5;
    /// Diagonal loading over the noise floor, see MvdrSolver; -60 to 60.
    double loading_over_noise_db = 10;
    /// The covariance takes one run of 128 samples in so many: 1 takes all samples. 4 leaves 16384 snapshots
    /// per default interval, a hundred times what 16 elements need, at a quarter of the work. Which of the
    /// runs it is changes from block to block in golden-ratio order, so that a jammer that pulses in step
    /// with the blocks is met wherever in them it is: within 5 blocks for 4, in general within twice as many
    /// blocks as this says. The first block's runs are the first of so many. 1 to 2^24.
    std::size_t covariance_decimation = 4;
    /// Longest block that process() will be given, 1 to 2^24; buffers of that size are allocated.
    std::size_t max_block_samples = 65536;
    /// A run of 128 output samples this much stronger than the last block's mean renews the weights at once,
    /// 3 to 60 dB; 0 switches it off. A wanted signal that comes in bursts triggers it too, which costs time
    /// and does no harm.
    double jump_db = 6;
    /// Forward-backward averaging: doubles what few snapshots are worth, for calibrated point-symmetric
    /// arrays. Left out while an element is dead and the one opposite to it is not.
    bool forward_backward = false;
    // The values of single modes are a ConfigError in any other, unless left as they are here.

    /// Mode::robust_capon: squared length of the steering vector's error over its own, in (0, 1), which is
    /// the error per element where elements are isotropic; see robust_capon().
    double uncertainty = 0.3;
    /// Mode::lcmv: the beam is flat on top (both first derivatives zero), at two degrees of freedom.
    bool flat_top = false;
    /// Mode::lcmv: every beam has a null on the directions of all other beams.
    bool null_other_beams = false;
    /// Mode::lcmv: how many directions set_nulls() takes, at most elements - 1.
    std::size_t max_nulls = 0;

    bool operator==(const Config&) const = default;
  };

  /// What the last renewal found. Modes conventional and single measure nothing and leave powers at 0; single
  /// never renews.
  struct Stats {
    double noise_power = 0;            ///< per element and sample; full scale is 1
    double power_over_noise_db = 0;    ///< all that rises above the noise, wanted or not, mean per
                                       ///< element; -100 to 200
    std::uint64_t updates = 0;         ///< renewals of the weights
    std::uint64_t jumps = 0;           ///< of which early ones, because the output power jumped
    std::uint64_t rejected = 0;        ///< renewals given up because the samples held NaN or Inf
    std::uint64_t bad_directions = 0;  ///< directions and nulls that were zero, not finite or too many, or
                                       ///< given without a geometry
    std::uint64_t dropped_nulls = 0;   ///< constraints that could not be met, for one beam at one renewal
    std::uint64_t fallbacks = 0;       ///< beams for which the mode had no answer and mvdr stood in
  };

  /// Throws ConfigError for a bad geometry, a carrier that is not positive and finite, a geometry beside
  /// `channels` or what needs one, a value out of range, several beams in a mode of one, a value that the
  /// mode does not look at, and forward-backward averaging on an array without point symmetry. All beams look
  /// at the boresight until told otherwise.
  explicit AdaptiveBeamformer(const Config& config);

  /// Where to look: a vector from the array to the source, array frame, made a unit vector here. The next
  /// block fades over to it. Zero or not finite: the last direction stays and Stats::bad_directions counts.
  /// Isotropic elements; behind a plane array (z < 0) it is the same as its mirror image in front. With
  /// `channels` every direction counts as bad.
  void set_direction(Vec3 direction, std::size_t beam = 0) noexcept;

  /// The same with the steering vector [elements] of any array: element patterns and coupling
  /// (array::Manifold::steering), two polarizations (the same, with Config::channels), or channels that are
  /// not calibrated (times array::Calibration::responses). Not finite, all zero, or of a squared length
  /// outside 1e-30 to 1e30, which is nobody's gain: the last one stays and Stats::bad_directions counts.
  /// Entries below 1e-7 of the largest count as zero. Without the flat top, whose derivatives it does not
  /// tell.
  void set_steering(std::span<const cf64> steering, std::size_t beam = 0) noexcept;

  /// Mode::lcmv: directions that no beam may hear, in place of the ones before; from the next block on. A
  /// null on a beam's own direction, or one more than there are elements for, is left out for that beam and
  /// counted; one that is said twice counts once. In other modes there is room for none:
  /// Stats::bad_directions counts them all.
  void set_nulls(std::span<const Vec3> directions) noexcept;

  /// @param in   [elements x n], n <= max_block_samples; NaN and Inf are to be cleaned by the caller. Should
  ///             one come all the same, it spoils its own output samples, the weights stay as they are, and
  ///             the covariance starts over.
  /// @param out  [beams x n], must not overlap `in`
  void process(Grid<const cf32> in, Grid<cf32> out) noexcept;
  /// The same for one beam, out [n].
  void process(Grid<const cf32> in, std::span<cf32> out) noexcept {
    process(in, Grid<cf32>(out.data(), 1, out.size()));
  }

  const Stats& stats() const { return stats_; }
  /// Of the geometry, or `channels`.
  std::size_t elements() const { return steering_.columns(); }
  std::size_t beams() const { return steering_.rows(); }
  std::size_t max_block_samples() const { return config_.max_block_samples; }

  /// The newest weights [elements]: in effect at the end of the last block, or what its fade goes on to where
  /// blocks are shorter than 128 samples; zero before the first.
  std::span<const cf64> weights(std::size_t beam = 0) const { return weights_.row(beam); }
  /// The steering vector [elements] of the present direction.
  std::span<const cf64> steering(std::size_t beam = 0) const { return steering_.row(beam); }

  /// As constructed, but directions and nulls stay.
  void reset() noexcept;

 private:
  void train(Grid<const cf32> in) noexcept;
  void train_from_jump(Grid<const cf32> in) noexcept;
  bool renew_weights() noexcept;
  bool adapt_beam(std::size_t beam) noexcept;
  bool constrained_beam(std::size_t beam) noexcept;
  void start(Grid<const cf32> in, Grid<cf32> out) noexcept;
  void hold_fade() noexcept;
  void fade(Grid<const cf32> in, Grid<cf32> out, std::size_t first) noexcept;
  void load_weights(Grid<cf32> out) const noexcept;

  Config config_;
  bool adapts_;
  PowerWatch watch_;
  doa::SampleCovariance covariance_;
  CovarianceFactor factor_;
  ConstraintSet constraints_;
  LcmvSolver lcmv_;
  Beamformer current_;
  Beamformer next_;
  std::vector<std::size_t> mirror_;  // empty without forward-backward averaging
  GridBuffer<cf64> covariance_matrix_;
  GridBuffer<cf32> single_precision_;  // [beams x elements], weights on their way into a beamformer
  GridBuffer<cf32> fade_from_;         // [beams x elements], those of current_ while a fade runs
  GridBuffer<cf32> faded_in_;          // [beams x max_block_samples], output of the next weights
  GridBuffer<cf64> steering_;          // [beams x elements]
  GridBuffer<cf64> derivatives_;       // [2 beams x elements], for a flat top
  GridBuffer<cf64> nulls_;             // [max_nulls x elements]
  GridBuffer<cf64> weights_;           // [beams x elements]
  std::size_t null_count_ = 0;
  std::size_t samples_since_renewal_ = 0;
  std::size_t fade_samples_ = 0;  // length of the fade from current_ to next_, 0: none runs
  std::size_t fade_done_ = 0;
  std::uint64_t turn_ = 0;  // in 2^-64 of a turn: which of the runs joins the covariance
  bool started_ = false;
  bool direction_changed_ = false;
  Stats stats_;
};

}  // namespace boresight::beam
