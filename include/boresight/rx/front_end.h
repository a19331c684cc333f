// The array end of the receive chain: device samples of all elements in, one beam out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::rx {

/// Gathers samples into blocks of one size, so that the weights do not depend on how a stream is cut;
/// converts and cleans them on the way in; beamforms each block.
class FrontEnd {
 public:
  struct Config {
    beam::AdaptiveBeamformer::Config beamformer;
    std::size_t block_samples = 8192;  ///< 64 .. 65536
  };
  struct Stats {
    std::uint64_t samples = 0;          ///< per element, taken in
    std::uint64_t samples_cleaned = 0;  ///< over all elements: NaN, infinite or absurd, replaced by zero
  };
  using BeamHandler = std::function<void(std::span<const cf32>)>;

  /// ConfigError names the value that cannot be.
  explicit FrontEnd(const Config& config);

  /// x [elements x any]. Calls `handler` with each full block of the beam.
  void push(Grid<const cs16> x, const BeamHandler& handler);
  void push(Grid<const cs8> x, const BeamHandler& handler);
  void push(Grid<const cf32> x, const BeamHandler& handler);
  /// Beamforms what is left of a block: before a gap and at the end.
  void flush(const BeamHandler& handler);

  /// Where the wanted source is: vector from array to source, array frame. From the next block on.
  void set_direction(Vec3 direction) noexcept { beamformer_.set_direction(direction); }

  const Stats& stats() const { return stats_; }
  const beam::AdaptiveBeamformer& beamformer() const { return beamformer_; }
  /// Probes: the last block before the beamformer [elements x n] and after it [n].
  Grid<const cf32> elements() const { return elements_.view().columns(0, last_block_); }
  std::span<const cf32> beam() const { return std::span(beam_).first(last_block_); }

 private:
  template <typename Sample>
  void gather(Grid<const Sample> x, const BeamHandler& handler);
  void process_block(const BeamHandler& handler);

  beam::AdaptiveBeamformer beamformer_;
  GridBuffer<cf32> elements_;
  aligned_vector<cf32> beam_;
  std::size_t fill_ = 0;
  std::size_t last_block_ = 0;
  Stats stats_;
};

}  // namespace boresight::rx
