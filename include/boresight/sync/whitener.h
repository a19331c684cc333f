// Takes the shape off the noise of a receiver: filter roll-off, the DC spike, spurs.
//
// The power spectrum is measured (Welch: Hann windows of 512 samples, half overlapped) and split in two: its
// running median over 33 bins, S, is the shape of the noise floor; what stands out of that, e = P / S, is a
// line. The filter is of zero phase and has the gain
//     1 / sqrt(S)      where there is no line: white noise of unit power out. The receiver's own filter
//                      shaped signal and noise alike, so that flat templates match again;
//     1 / (sqrt(S) e)  on a line and three bins beside it: what a matched filter in colored noise gives it;
//     0                where S is 20 dB below its median: behind the edge of the receiver's filter.
// A line that fills n bins costs 3 n / 512 of the band. A satellite's own signal is flat and is not a line.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

class Whitener {
 public:
  static constexpr std::size_t bins = 512;
  /// Samples before and behind an output that reach it.
  static constexpr std::size_t reach = bins / 2;

  Whitener();
  ~Whitener();
  Whitener(Whitener&&) noexcept;
  Whitener& operator=(Whitener&&) noexcept;

  /// Averages the spectrum of x into what is known and designs the filter anew. At most 256 windows, spread
  /// over x, are looked at; older ones fade with a memory of `memory_windows`. Fewer than 512 samples change
  /// nothing, nor do windows that hold a NaN, an infinity or powers beyond single precision.
  void learn(std::span<const cf32> x) noexcept;
  bool learned() const { return windows_ > 0; }

  /// out[i] belongs to in[i + reach]; in.size() == out.size() + 2 * reach. Before learn(): zeros. A NaN or an
  /// infinity makes NaN of up to 2048 samples around it.
  void process(std::span<const cf32> in, std::span<cf32> out) noexcept;

  /// Share of the band that is neither behind the filter's edge nor a line, 0 to 1.
  double usable_band() const { return usable_; }
  /// How many bins are lines.
  std::size_t line_bins() const { return lines_; }

  static constexpr double memory_windows = 2048;

 private:
  void design() noexcept;

  struct Workspace;
  std::unique_ptr<Workspace> work_;
  double windows_ = 0;
  double usable_ = 0;
  std::size_t lines_ = 0;
};

}  // namespace boresight::sync
