// The wideband beamformer of the receive chain: samples of all elements in, samples of one beam out.
//
//   [E x n] ─▶ filter bank ─▶ bins ─┬──────────▶ w_k^H x_k ─▶ filter bank back ─▶ [n]
//                                   └▶ covariance per subband ─▶ MVDR ─▲
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/array/geometry.h"
#include "boresight/beam/subband_weights.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::beam {

/// AdaptiveBeamformer for bands in which a jammer is not narrow: weights per subband (SubbandWeights) on
/// half-overlapping frames with sine windows. Any receiver of samples can stand behind it. A bin of the bank
/// is as wide as an ideal subband of 1.7 bins.
///
/// A function of the sequence of samples and directions alone, however the calls are cut.
class SubbandBeamformer {
 public:
  struct Config {
    array::Geometry geometry;  ///< 1 to 64 elements
    double carrier_hz = 0;
    double sample_rate_hz = 0;
    std::size_t fft_size = 256;  ///< bins of the bank, even, 8 to 8192
    std::size_t subbands = 64;   ///< divides fft_size
    double band_hz = 0;          ///< see SubbandWeights::Config
    SubbandWeights::Mode mode = SubbandWeights::Mode::mvdr;
    SubbandWeights::Between between = SubbandWeights::Between::linear;
    double loading_over_noise_db = 3;
    /// Weights are renewed every so many samples; before that when 4 E frames have been seen and each time
    /// that number doubles. Until the first renewal the beam is conventional.
    std::size_t update_interval_samples = 65536;
    /// What the past counts for after each renewal, in (0, 1].
    double forgetting = 0.5;
    /// One frame in so many joins the covariance, all of them until the first full interval.
    std::size_t covariance_decimation = 4;
    /// New weights are faded in over so many samples (rounded up to frames), so that the output never steps.
    std::size_t fade_samples = 1024;
    /// A frame whose output is this much stronger than usual (PowerWatch) renews the weights at once, and
    /// again 2, 4, 8, ... frames after it; 3 to 60 dB, 0 switches it off. A jammer that comes on does not
    /// wait for the next update. Frames of fewer than 32 bins are not watched.
    double jump_db = 6;
  };

  /// ConfigError names the value and the limit. Looks at the boresight until told otherwise.
  explicit SubbandBeamformer(const Config& config);
  ~SubbandBeamformer();
  SubbandBeamformer(SubbandBeamformer&&) noexcept;
  SubbandBeamformer& operator=(SubbandBeamformer&&) noexcept;

  /// As SubbandWeights::set_direction; weights follow with the next frame.
  void set_direction(Vec3 direction) noexcept;
  /// As SubbandWeights::set_responses.
  void set_responses(Grid<const cf64> responses) noexcept;

  /// @param in   [E x n], any n. NaN, infinity and values beyond 1e15 become zero and are counted.
  /// @param out  [n]: the beam, latency_samples() late; zeros first
  void process(Grid<const cf32> in, std::span<cf32> out) noexcept;
  /// The end of a stream or of what lies before a gap: the rest of the beam, as process() would give it for
  /// zeros, but these teach nothing. Then process() begins anew, zeros first, with the weights as they are
  /// and the watch on the power as it was: a jammer that came on in the gap is a jump.
  ///
  /// @param out  [latency_samples()]
  void drain(std::span<cf32> out) noexcept;

  /// fft_size: how many samples the output is late.
  std::size_t latency_samples() const { return config_.fft_size; }
  std::uint64_t samples_zeroed() const;
  /// Early renewals because the output's power jumped.
  std::uint64_t jumps() const;
  const SubbandWeights& weights() const;

  /// As constructed, but direction and responses stay.
  void reset() noexcept;

 private:
  struct State;

  void learn(Grid<const cf32> bins) noexcept;
  void learn_anew(Grid<const cf32> bins) noexcept;
  void frame(Grid<const cf32> bins, std::span<cf32> out) noexcept;

  Config config_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::beam
