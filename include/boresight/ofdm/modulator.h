// Subcarriers to samples: inverse FFT and cyclic prefix.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::fft {
class Fft;
}

namespace boresight::ofdm {

/// x[n] = N^-1/2 sum_k X_k exp(+j 2 pi k n / N) with its prefix in front; with oversampling q the same
/// band-limited signal at q times the rate, by zero-padding the spectrum.
class Modulator {
 public:
  /// ConfigError if the numerology is invalid or oversampling is outside 1 .. 16.
  explicit Modulator(const Numerology& numerology, unsigned oversampling = 1);
  ~Modulator();
  Modulator(Modulator&&) noexcept;
  Modulator& operator=(Modulator&&) noexcept;

  std::size_t symbol_samples() const { return (fft_size_ + prefix_samples_) * oversampling_; }

  /// subcarriers [fft_size], FFT order -> samples [symbol_samples()]. Non-finite values spread over the
  /// symbol.
  void process(std::span<const cf32> subcarriers, std::span<cf32> samples) noexcept;

 private:
  std::size_t fft_size_;
  std::size_t prefix_samples_;
  std::size_t oversampling_;
  std::unique_ptr<fft::Fft> inverse_;
  aligned_vector<cf32> spectrum_;
};

}  // namespace boresight::ofdm
