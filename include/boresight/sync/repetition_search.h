// Finds a signal by its repeated parts on several antennas at once and at the stream's rate: the fast sibling
// of repetition_detector.h, for receivers.
//
// Of every antenna a the metric's C_a and E_a as there (parts of P samples with signs, means of each part
// taken out), and of all together
//
//   metric = |sum over a of C_a / E_a| / A  L / (L - 1)
//
// The phase of C is that of the carrier offset, the same on all antennas, so they add up without anything
// known of their channels; dividing each by its own energy makes antennas of any gain count alike, where the
// noise is theirs. One antenna: minn's metric. The threshold is that of differential_ratio_tail with A sets
// of parts; it takes the mean of the E_a for each of them, which P L >= 500 samples make good (2 % at 1e-4 on
// four antennas).
//
// The metric is computed once in P / 16 samples, which is where the speed comes from. Beside its peak it
// falls by 2 / P of its height per sample at most, so that half a stride beside it costs 1/16 (0.3 dB of SNR)
// at worst; and a start is known to a few strides only. Whoever knows the signal's waveform finds the rest by
// that.
//
// A carrier whose products the signs cancel is not found, but where it starts, stops or jumps in phase.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::sync {

class RepetitionSearch {
 public:
  struct Config {
    std::size_t antennas = 1;                   ///< A, 1 .. 64
    std::size_t period = 128;                   ///< P, a multiple of 64, to 65536
    std::vector<int> signs = {1, 1, 1, -1, 1};  ///< +1 or -1 per part, 3 .. 64 of them
    double false_alarm_rate = 1e-7;             ///< per metric in white Gaussian noise, 1e-15 .. 0.1
  };
  struct Detection {
    std::uint64_t start =
        0;                 ///< of the first part, counted from the first sample after construction or reset
    double frequency = 0;  ///< carrier offset, cycles per sample, within half of 1 / P
    double metric = 0;     ///< the largest until one length of all parts has brought no larger one
  };

  /// ConfigError names the value and its limit.
  explicit RepetitionSearch(const Config& config);
  ~RepetitionSearch();
  RepetitionSearch(RepetitionSearch&&) noexcept;
  RepetitionSearch& operator=(RepetitionSearch&&) noexcept;

  /// in [antennas x n] -> out: detections in the order of their start, until either ends. The result does not
  /// depend on how the stream is cut. All-zero and constant antennas add nothing to the sum. A NaN or Inf
  /// hides the windows it is in. No allocation.
  Progress process(Grid<const cf32> in, std::span<Detection> out) noexcept;

  std::size_t stride_samples() const { return config_.period / 16; }
  std::size_t window_samples() const { return config_.period * config_.signs.size(); }
  double threshold() const { return threshold_; }
  /// The last one computed; 0 before there is one.
  double metric() const;
  void reset() noexcept;

 private:
  struct State;
  Config config_;
  double threshold_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::sync
