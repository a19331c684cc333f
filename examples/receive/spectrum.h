// Power spectral density of a stream, from a few hundred segments of it (Welch's method).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::receive {

/// Mean periodogram of Hann-windowed segments (Welch 1967, without overlap).
class Spectrum {
 public:
  static constexpr std::size_t bins = 512;

  Spectrum();

  /// Adds the first `bins` samples of `x`; shorter pieces and ones that are not finite are left out.
  void add(std::span<const cf32> x);
  std::size_t segments() const { return segments_; }
  /// [bins], from -rate/2 on: dB of power per sample and bin, so that white noise of power 1 stands at 0 dB.
  /// Empty without segments; silence ends at -200 dB.
  std::vector<double> power_db() const;

 private:
  std::vector<double> window_;
  std::vector<cf64> twiddle_;
  std::vector<cf64> work_;
  std::vector<double> sum_;
  std::size_t segments_ = 0;
};

}  // namespace boresight::receive
