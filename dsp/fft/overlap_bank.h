// Streams into bins and back: the short-time Fourier transform with half-overlapping sine windows, whose
// squares add up to one, so that bins left alone give the samples back (Crochiere 1980, weighted
// overlap-add). Private: beam/ and array/ use it.
//
//   samples ──────────────────────────────▶
//             └─── frame 0 ───┘
//                     └─── frame 1 ───┘          size samples each, a new one every size / 2
//                             └─── frame 2 ───┘
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "fft/fft.h"

namespace boresight::fft {

/// Bins are in FFT order; white noise of power s per sample is noise of power s in each bin. A bin answers to
/// frequencies like the spectrum of the sine window: 1.64 bins wide at -6 dB, 0.5 bins rms, side lobes from
/// -23 dB, falling by 12 dB per octave.
class OverlapBank {
 public:
  /// @param size  8 to 8192, even; ConfigError otherwise
  OverlapBank(std::size_t inputs, std::size_t outputs, std::size_t size);

  std::size_t size() const { return size_; }
  std::size_t hop() const { return size_ / 2; }
  /// Samples that were NaN, infinite or beyond +-1e15 and became zero.
  std::uint64_t samples_zeroed() const { return zeroed_; }

  /// @param in    [inputs x n], any n
  /// @param out   [outputs x n], `size` samples late: the first ones are zero. May be `in`.
  /// @param work  work(Grid<const cf32> bins [inputs x size], Grid<cf32> bins [outputs x size]), called once
  ///              per frame; what it leaves in the second is transformed back. No allocation.
  template <typename Work>
  void process(Grid<const cf32> in, Grid<cf32> out, Work&& work) {
    BORESIGHT_ASSERT(out.rows() == products_.rows() && out.columns() == in.columns());
    for (std::size_t t = 0; t < in.columns();) {
      const std::size_t count = std::min(hop() - fill_, in.columns() - t);
      take(in.columns(t, count));
      for (std::size_t b = 0; b < out.rows(); ++b) {
        std::ranges::copy(std::as_const(ready_).row(b).subspan(fill_, count),
                          out.row(b).subspan(t, count).begin());
      }
      fill_ += count;
      t += count;
      if (fill_ < hop()) continue;
      analyze();
      work(Grid<const cf32>(bins_.view()), products_.view());
      synthesize();
      fill_ = 0;
    }
  }

  /// Only the way in: work(bins) per frame. For a bank with 0 outputs.
  template <typename Work>
  void analyze(Grid<const cf32> in, Work&& work) {
    process(in, Grid<cf32>(nullptr, 0, in.columns()), [&](Grid<const cf32> bins, Grid<cf32>) { work(bins); });
  }

  /// Forgets all samples.
  void reset() noexcept;

 private:
  void take(Grid<const cf32> in) noexcept;
  void analyze() noexcept;
  void synthesize() noexcept;

  std::size_t size_;
  std::size_t fill_ = 0;
  std::uint64_t zeroed_ = 0;
  Fft forward_;
  Fft inverse_;
  aligned_vector<float> window_;  // scaled for the way in
  aligned_vector<cf32> work_;
  GridBuffer<cf32> history_;   // [inputs x size]
  GridBuffer<cf32> bins_;      // [inputs x size]
  GridBuffer<cf32> products_;  // [outputs x size]
  GridBuffer<cf32> tail_;      // [outputs x hop], second half of the last frame
  GridBuffer<cf32> ready_;     // [outputs x hop]
};

}  // namespace boresight::fft
