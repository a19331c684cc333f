// Finds a known sequence at every sample of a stream: a matched filter in segments, so that a carrier offset
// costs little, with a threshold that follows from a rate of false alarms.
//
//   c_m[n] = sum_i x[n + m S + i] p*[m S + i] / |p_m|,   m = 0 .. M - 1: segments of S samples
//
//   differential    |sum_{m>=1} c_m c*_{m-1}| / s       its phase is the carrier offset times S samples
//   noncoherent     sum_m |c_m|^2 / s                   for phases that change from segment to segment
//
// s = mean power of the M S samples. In white Gaussian noise of power s
//   P(differential > t) = differential_tail(M, t),   P(noncoherent > t) = exp(-t) sum_{m<M} t^m / m!
// (detection_theory.h); over the measured power both fall faster and alarms are rarer, by exp(-t^2 / 2 M S).
// One segment is the coherent matched filter. The match loses sinc^2(S f): 0.9 dB at a quarter turn per
// segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

class SequenceSearch {
 public:
  enum class Combining : std::uint8_t { differential, noncoherent };
  struct Config {
    std::vector<cf32> sequence;  ///< M S samples of any amplitude, at most 65536
    std::size_t segments = 8;    ///< M, 1 .. 64 (differential: at least 2), a divisor of the length
    Combining combining = Combining::differential;
    double false_alarm_rate = 1e-10;  ///< per sample, 1e-15 .. 0.1
  };
  struct Detection {
    std::uint64_t start = 0;  ///< of the sequence, counted from the first sample after construction or reset
    double frequency = 0;     ///< cycles per sample, within half of 1 / S; noncoherent: not measured, 0
    double statistic = 0;     ///< the largest until one length of it has brought no larger one
  };

  /// ConfigError names the value and its limit; every segment must have energy.
  explicit SequenceSearch(const Config& config);
  ~SequenceSearch();
  SequenceSearch(SequenceSearch&&) noexcept;
  SequenceSearch& operator=(SequenceSearch&&) noexcept;

  /// in [n] -> out, until either ends. Overlap-save in blocks counted from the first sample, M + 1 FFTs each:
  /// the result does not depend on how the stream is cut, and comes up to latency_samples() late. All-zero
  /// input gives none. A NaN or Inf hides the blocks it is in.
  Progress process(std::span<const cf32> in, std::span<Detection> out) noexcept;

  double threshold() const { return threshold_; }
  std::size_t latency_samples() const;
  void reset();

 private:
  struct State;
  void block() noexcept;

  Config config_;
  double threshold_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::sync
