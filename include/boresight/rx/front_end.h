// The array end of the receive chain: device samples of all elements in, one beam out.
//
//                          elements()                calibrated()                beam()
//   samples ─▶ gather, clean ──┬──▶ CalibrationCorrector ──┬──▶ AdaptiveBeamformer ──┬──▶ handler
//                              └──────── or none ──────────┘    or SubbandBeamformer ┘
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "boresight/array/calibration_corrector.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/subband_beamformer.h"
#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::rx {

/// Gathers samples into blocks of one size, so that the weights do not depend on how a stream is cut;
/// converts and cleans them on the way in; takes the calibration away; beamforms each block.
///
/// Sample n of the beam belongs to sample n of the elements, whatever the stages' latencies are: their first
/// outputs, zeros, are left out, and flush() brings as many samples as are still in them. What has been
/// pushed and flushed comes out whole, so that a receiver behind it counts as the device does.
class FrontEnd {
 public:
  struct Config {
    /// One set of weights for the whole band. To be left as constructed when `subband` is given.
    beam::AdaptiveBeamformer::Config beamformer;
    /// In its place: weights per subband, for jammers as wide as the band and few elements.
    std::optional<beam::SubbandBeamformer::Config> subband = std::nullopt;
    /// What the channels do to a wave, taken away in front of the beamformer; channels that are not ok are
    /// silent. Whether it is fresh is array::require_fresh()'s question.
    std::optional<array::CalibrationCorrector::Config> calibration = std::nullopt;
    std::size_t block_samples = 8192;  ///< 64 .. 65536
  };
  struct Stats {
    std::uint64_t samples = 0;          ///< per element, taken in
    std::uint64_t samples_cleaned = 0;  ///< over all elements: NaN, infinite or absurd, replaced by zero
  };
  using BeamHandler = std::function<void(std::span<const cf32>)>;

  /// ConfigError names the value that cannot be: those of the stages, `beamformer` and `subband` both given,
  /// a calibration of another number of channels or, beside `subband`, at another sample rate.
  explicit FrontEnd(const Config& config);

  /// x [elements x any]. Calls `handler` with each piece of the beam: a full block, less the latency of the
  /// subbands at first. What the handler throws comes out here, and the rest of x is lost.
  void push(Grid<const cs16> x, const BeamHandler& handler);
  void push(Grid<const cs8> x, const BeamHandler& handler);
  void push(Grid<const cf32> x, const BeamHandler& handler);
  /// The rest of the beam, up to the last sample pushed: before a gap and at the end. What is pushed then
  /// begins anew, with the weights as they are.
  void flush(const BeamHandler& handler);

  /// Where the wanted source is: vector from array to source, array frame. From the next block on, which is
  /// up to block_samples and latency_samples() before the next sample pushed.
  void set_direction(Vec3 direction) noexcept;
  /// As AdaptiveBeamformer::set_steering, for arrays that array::Manifold describes; not with `subband`.
  void set_steering(std::span<const cf64> steering) noexcept;
  /// As AdaptiveBeamformer::set_nulls, Mode::lcmv; not with `subband`.
  void set_nulls(std::span<const Vec3> directions) noexcept;

  std::size_t channels() const { return elements_.rows(); }
  /// How many samples the stages hold back until flush(), beside the block that is being gathered.
  std::size_t latency_samples() const { return corrector_latency_ + subband_latency_; }
  const Stats& stats() const { return stats_; }
  /// Null with Config::subband, and the other way round.
  const beam::AdaptiveBeamformer* adaptive() const { return adaptive_ ? &*adaptive_ : nullptr; }
  const beam::SubbandBeamformer* subband() const { return subband_ ? &*subband_ : nullptr; }

  /// Probes: the last block as it came [elements x n], cleaned ...
  Grid<const cf32> elements() const { return elements_.view().columns(0, last_block_); }
  /// ... the last one that went into the beamformer [elements x n] (elements() without a calibration; with
  /// one it ends where a full block does and is behind it) ...
  Grid<const cf32> calibrated() const {
    return corrector_ ? calibrated_.view().columns(0, last_calibrated_) : elements();
  }
  /// ... and what came out of the beamformer last [n]: of the same samples; with subbands of those
  /// fft_size samples before them, and after flush() their very last.
  std::span<const cf32> beam() const { return std::span(beam_).subspan(beam_first_, beam_count_); }

 private:
  template <typename Sample>
  void gather(Grid<const Sample> x, const BeamHandler& handler);
  void process_block(const BeamHandler& handler);
  void calibrate(Grid<const cf32> x, const BeamHandler& handler);
  void beamform(Grid<const cf32> x, const BeamHandler& handler);
  void deliver(std::size_t count, const BeamHandler& handler);

  std::optional<array::CalibrationCorrector> corrector_;
  std::optional<beam::AdaptiveBeamformer> adaptive_;
  std::optional<beam::SubbandBeamformer> subband_;
  std::size_t corrector_latency_ = 0;
  std::size_t subband_latency_ = 0;
  GridBuffer<cf32> elements_;
  GridBuffer<cf32> zeros_;       // what flushes the corrector
  GridBuffer<cf32> calibrated_;  // no columns without a calibration
  aligned_vector<cf32> beam_;
  std::size_t fill_ = 0;
  std::size_t last_block_ = 0;
  std::size_t corrector_lead_ = 0;  // samples of the corrector's output that are still to be left out
  std::size_t calibrated_fill_ = 0;
  std::size_t last_calibrated_ = 0;
  std::size_t subband_lead_ = 0;
  std::size_t beam_first_ = 0;
  std::size_t beam_count_ = 0;
  Stats stats_;
};

}  // namespace boresight::rx
