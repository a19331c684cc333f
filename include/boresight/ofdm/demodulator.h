// Samples to subcarriers: carrier offset removal, prefix removal and FFT of one symbol.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::fft {
class MixedFft;
}

namespace boresight::ofdm {

/// Y_k = N^-1/2 sum_n x[n] exp(-j 2 pi (f n + phase)) exp(-j 2 pi k n / N) over the N samples of a window.
class Demodulator {
 public:
  explicit Demodulator(const Numerology& numerology);
  ~Demodulator();
  Demodulator(Demodulator&&) noexcept;
  Demodulator& operator=(Demodulator&&) noexcept;

  std::size_t fft_size() const { return fft_size_; }

  /// window [fft_size] -> subcarriers [fft_size], FFT order. `frequency` (cycles per sample) and
  /// `phase_turns` (at the window's first sample) describe the carrier offset to take away; both must be
  /// finite. A frequency other than the last call's costs a few FFTs more: keep it over the symbols of a
  /// frame. Carrier and scale are accurate to 1e-6 of the window's rms. NaN and Inf spread to every bin.
  void process(std::span<const cf32> window, double frequency, double phase_turns,
               std::span<cf32> subcarriers) noexcept;

 private:
  std::size_t fft_size_;
  std::unique_ptr<fft::MixedFft> transform_;
};

/// out[n] = in[n] exp(-j 2 pi (frequency n + phase_turns)): the numerically controlled oscillator of the
/// receive chain. in and out may be the same span. Accurate to 1e-6 over any length.
void remove_carrier(std::span<const cf32> in, double frequency, double phase_turns,
                    std::span<cf32> out) noexcept;

}  // namespace boresight::ofdm
