// Takes a calibration away from the samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "boresight/array/calibration.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::array {

/// x_e(f) / h_e(f) for every channel: whole samples of delay by a ring of samples, the rest per bin of a
/// filter bank of half-overlapping sine windows. All channels come out in step with the reference,
/// `latency_samples()` late. Channels that are not ok are silent.
///
/// Where no channel has a delay or a ripple above -80 dB (a calibration from a tone), samples are multiplied
/// by one number each and nothing is late.
///
/// Error where h is gain, phase and delay: below -80 dB of the signal, with fft_size 256, but for the
/// outermost bin of the band (+-fs / 2 folded), where half a sample of delay has no answer. Where the weights
/// are per subband anyway, SubbandWeights::set_responses costs nothing and amplifies no noise.
class CalibrationCorrector {
 public:
  struct Config {
    Calibration calibration;
    double sample_rate_hz = 0;
    std::size_t fft_size = 256;  ///< even, 32 to 8192
  };

  /// ConfigError for a bad calibration or value, and for delays that differ by more than 4096 samples.
  explicit CalibrationCorrector(const Config& config);
  ~CalibrationCorrector();
  CalibrationCorrector(CalibrationCorrector&&) noexcept;
  CalibrationCorrector& operator=(CalibrationCorrector&&) noexcept;

  /// in [channels x n] -> out [channels x n], any n; may be the same. NaN and Inf become zero. No allocation.
  void process(Grid<const cf32> in, Grid<cf32> out) noexcept;

  std::size_t latency_samples() const;
  std::uint64_t samples_zeroed() const;
  void reset() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::array
