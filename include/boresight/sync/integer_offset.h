// How many whole subcarriers a known OFDM symbol is off, after the fraction has been taken away.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

/// With Y the demodulated symbol and X the known one, for every shift q within +-max_offset
///   Z_k = Y_{k+q} X*_k,   S_q = sum_k Z_k Z*_{k-1} over neighbors that are both known, E_q = sum_k |Z_k|^2,
/// and the largest |S_q| / E_q is taken if it passes the threshold. Neighbors are compared and so neither a
/// channel that is flat over two subcarriers nor a wrong timing within the prefix matters: the timing is the
/// phase of S_q. In noise |S| / E has the tail of detection_theory.h's differential_ratio_tail, one copy of
/// as many segments as subcarriers are known; 2 max_offset + 1 shifts are tried. (The differential detection
/// of Schmidl and Cox, 1997, eq. 30, with frequency in the place of two symbols.) |X| should be the same on
/// all subcarriers.
class IntegerOffset {
 public:
  struct Config {
    std::vector<cf32> known;                ///< [N], FFT order; 0 where nothing is sent
    std::size_t max_offset = 8;             ///< subcarriers, below N / 2
    double false_alarm_probability = 1e-6;  ///< of a call in white Gaussian noise, 1e-15 .. 0.1
  };
  struct Result {
    int offset = 0;        ///< subcarriers: the signal stands this much above where it should
    double delay = 0;      ///< samples by which the FFT window began early, -N/2 .. N/2
    double statistic = 0;  ///< |S_q| / E_q, 0 .. 1
  };

  /// ConfigError unless at least 16 subcarriers are known, max_offset < N / 2 and all values are finite.
  explicit IntegerOffset(const Config& config);

  double threshold() const { return threshold_; }

  /// subcarriers [N], FFT order. Nothing without the symbol, of all zeros, of NaN. Does not depend on the
  /// scale.
  std::optional<Result> process(std::span<const cf32> subcarriers) const noexcept;

 private:
  Config config_;
  double threshold_;
  std::vector<std::size_t> order_;  // known subcarriers by frequency
};

}  // namespace boresight::sync
