// Finds a signal by parts of it that repeat, whatever they are: coarse timing and fractional carrier offset
// for any numerology.
//
//   schmidl_cox    |  A  |  A  |                    two equal halves
//   minn           | ±A  | ±A  | ±A  | ±A  | ...    any number of equal parts with signs
//   park           |  A  | A mirrored, conjugated |
//
// C is the correlation of neighboring parts, E the energy, mean values of each part taken out of both, so
// that a DC offset is no signal. With parts x_m of P samples, m = 0 .. L - 1, and signs s_m:
//
//   C = sum_{m>=1} s_m s_{m-1} sum_i x_m[i] x*_{m-1}[i]      park: sum_i x_1[i] x_0[P - 1 - i]
//
//   schmidl_cox    |C| / sqrt(E_0 E_1)        Schmidl and Cox, IEEE Trans. Commun. 45 (1997) 1613
//   minn           |C| / E  L / (L - 1)       Minn, Bhargava and Letaief, IEEE Trans. Wireless Commun. 2
//                                             (2003) 822, eq. 10; signs make the peak one sample narrow
//   park           |C| / sqrt(E_0 E_1)        Park, Cheon, Kang and Hong, IEEE Commun. Lett. 7 (2003) 239
//
// (Schmidl and Cox, and Park, divide by E_1 alone, which alarms wherever the power falls, as at the end of a
// burst.) All are within 0 .. 1 and none depends on the scale. The threshold follows from the rate of false
// alarms in white Gaussian noise:
//   schmidl_cox, park   P(|C|^2 / E_0 E_1 > t^2) = (1 - t^2)^(P - 2), exact: a correlation coefficient
//   minn                differential_ratio_tail(P - 1, L, t (L - 1) / L), detection_theory.h
//
// A carrier (CW) repeats with any period and is found like a signal, but for signs whose products s_m s_{m-1}
// add to zero, in which it cancels out of C. Take it away before (tone_canceller.h), or let a known sequence
// decide (sequence_search.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

enum class RepetitionMetric : std::uint8_t { schmidl_cox, minn, park };

class RepetitionDetector {
 public:
  struct Config {
    RepetitionMetric metric = RepetitionMetric::minn;
    std::size_t period = 128;  ///< P, samples of a part, 4 .. 65536
    std::vector<int> signs = {-1, 1, 1,
                              1};    ///< +1 or -1 per part, 2 .. 64 of them (only minn: more than two)
    double false_alarm_rate = 1e-9;  ///< per sample in white Gaussian noise, 1e-15 .. 0.1
  };
  struct Detection {
    std::uint64_t start =
        0;                 ///< of the first part, counted from the first sample after construction or reset
    double frequency = 0;  ///< carrier offset, cycles per sample, within half of 1 / P; park: not measured, 0
    double metric = 0;     ///< the largest until one length of all parts has brought no larger one
  };

  /// ConfigError names the value and its limit.
  explicit RepetitionDetector(const Config& config);
  ~RepetitionDetector();
  RepetitionDetector(RepetitionDetector&&) noexcept;
  RepetitionDetector& operator=(RepetitionDetector&&) noexcept;

  /// in [n] -> out: detections in the order of their start, until either ends. The result does not depend on
  /// how the stream is cut. All-zero and constant input gives none. A NaN or Inf hides the windows it is in.
  /// The cost per sample does not depend on P, but for park, where it is P products.
  Progress process(std::span<const cf32> in, std::span<Detection> out) noexcept;

  /// The metric of the window that ends with the last sample taken; 0 before there is one.
  double metric() const;
  double threshold() const { return threshold_; }
  std::size_t window_samples() const { return config_.period * config_.signs.size(); }
  void reset();

 private:
  struct State;
  Config config_;
  double threshold_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::sync
