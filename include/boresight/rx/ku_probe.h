// What the stages of the ku receiver held, kept for tests, plots and Python.
//
//   search ──▶ begin: channel, noise ──▶ symbol, symbol, ... ──▶ finish
//     │                  │                    │
//     ▼                  ▼                    ▼
//   correlation()     frame().channel      frame().equalized, .llr
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/modem/llr.h"

namespace boresight::rx {

/// Copies what a KuReceiver works on (KuReceiver::set_probe) into buffers of its own, 10 MB. Nothing is
/// allocated after construction; a receiver without a probe pays one comparison per symbol.
class KuProbe {
 public:
  struct Frame {
    std::int64_t start_sample = 0;  ///< first sample of the PSS prefix, as found
    std::size_t symbols = 0;        ///< rows below that are filled, from symbol 2 on: 2 without a header, 300
    unsigned bits = 2;              ///< per data subcarrier of the last row; header rows have 2
    aligned_vector<cf32> channel;   ///< [1024] FFT order, from the SSS
    aligned_vector<float> noise_variance;  ///< [1024] the same
    GridBuffer<cf32> equalized;            ///< [300 x 969] data subcarriers of every symbol
    GridBuffer<modem::Llr> llr;  ///< [300 x 9690] bits of 969 subcarriers in front; scrambled as received
  };

  /// `positions`: as many as PssSearch::Config has; of more, correlation() shows the first ones.
  explicit KuProbe(std::size_t positions = 8192);

  /// The last frame that ended: read to the end, or its header could not be read.
  const Frame& frame() const { return frames_[1]; }
  /// The frame in progress; no symbols when there is none.
  const Frame& current() const { return frames_[0]; }
  /// Frames that ended so far.
  std::uint64_t frames() const { return count_; }

  /// The square of PssSearch's statistic over the last window in which the search found a candidate, one for
  /// every start position of the PSS body; empty before there was one. The tracking of a locked receiver does
  /// not search.
  std::span<const float> correlation() const { return std::span(correlation_).first(correlation_size_); }
  /// Sample number of its first position.
  std::int64_t correlation_start() const { return correlation_start_; }

  /// What the receiver calls.
  void found(std::int64_t start, std::span<const float> statistic_2) noexcept;
  void begin(std::int64_t start_sample, std::span<const cf32> channel,
             std::span<const float> noise_variance) noexcept;
  void symbol(std::size_t index, std::span<const cf32> equalized, std::span<const modem::Llr> llr) noexcept;
  void finish() noexcept;

 private:
  Frame frames_[2];  // in progress, ended
  std::uint64_t count_ = 0;
  aligned_vector<float> correlation_;
  std::size_t correlation_size_ = 0;
  std::int64_t correlation_start_ = 0;
};

}  // namespace boresight::rx
