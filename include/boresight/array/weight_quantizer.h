// What phase shifters and attenuators with a few bits make of a set of weights.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"

namespace boresight::array {

/// Rounds phases to multiples of 2 pi / 2^bits and amplitudes to steps in dB below the largest.
///
/// What it costs (Mailloux, Phased Array Antenna Handbook, section 7.3): phase errors uniform over a step
/// have an rms of 360 / 2^bits / sqrt(12) degrees and take 20 log10 sinc(2^-bits) of the gain; the errors
/// raise the side lobes by an average of (sigma_phase^2 + sigma_amplitude^2) / E below the peak, at any
/// pattern. With few elements the errors repeat and gather in quantization lobes of up to 2^-2bits.
class WeightQuantizer {
 public:
  struct Config {
    unsigned phase_bits = 6;            ///< 1 to 16; 0: phases as they are
    double attenuator_step_db = 0;      ///< 0 to 20; 0: amplitudes as they are
    double attenuator_range_db = 31.5;  ///< at least one step, at most 200; looked at only with a step
  };

  /// What the last process() did, over the elements whose weight is not zero.
  struct Report {
    double rms_phase_rad = 0;
    double rms_amplitude = 0;  ///< relative: of |out| / |in| - 1
    double gain = 1;           ///< |in^H out|^2 / (|in|^2 |out|^2): what is left of the gain, linear
    std::size_t limited = 0;   ///< elements that wanted less than the attenuator can
    std::size_t refused = 0;   ///< weights with NaN or Inf: they became zero
  };

  /// Throws ConfigError for a value out of range.
  explicit WeightQuantizer(const Config& config);

  /// The largest amplitude stays as it is. A zero weight stays zero: the element is switched off. `out` may
  /// be `in`.
  Report process(std::span<const cf64> in, std::span<cf64> out) const noexcept;

 private:
  Config config_;
  double phase_step_rad_ = 0;
};

}  // namespace boresight::array
