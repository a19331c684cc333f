// Subcarriers to samples: inverse FFT and cyclic prefix.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::fft {
class Fft;
}

namespace boresight::ofdm {

/// x[n] = N^-1/2 sum_k X_k exp(+j 2 pi k n / N) with its prefix in front; with oversampling q the same
/// band-limited signal at q times the rate, by zero-padding the spectrum. A numerology with a taper makes the
/// symbols overlap (ofdm/numerology.h has the drawing): then each call also adds what the last one left.
class Modulator {
 public:
  /// ConfigError if the numerology is invalid or oversampling is outside 1 .. 16.
  explicit Modulator(const Numerology& numerology, unsigned oversampling = 1);
  ~Modulator();
  Modulator(Modulator&&) noexcept;
  Modulator& operator=(Modulator&&) noexcept;

  std::size_t symbol_samples() const { return (fft_size_ + prefix_samples_) * oversampling_; }

  std::size_t taper_samples() const { return rise_.size(); }

  /// subcarriers [fft_size], FFT order -> samples [symbol_samples()]. Non-finite values spread over the
  /// symbol, and with a taper into the first samples of the next.
  void process(std::span<const cf32> subcarriers, std::span<cf32> samples) noexcept;

  /// What is left of the last symbol -> samples [taper_samples()]; the next symbol then begins out of
  /// silence.
  void flush(std::span<cf32> samples) noexcept;

 private:
  std::size_t fft_size_;
  std::size_t prefix_samples_;
  std::size_t oversampling_;
  std::unique_ptr<fft::Fft> inverse_;
  aligned_vector<cf32> spectrum_;
  std::vector<float> rise_;
  aligned_vector<cf32> tail_;  // of the last symbol, falling
};

}  // namespace boresight::ofdm
