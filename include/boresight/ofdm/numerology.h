// The numbers that make an OFDM signal: sizes, sample rate and what every subcarrier carries.
//
// Conventions, stated here once for modulator and demodulator:
//  * Subcarrier k of an N-point symbol stands in FFT order: k < N/2 is at +k F, k >= N/2 at (k - N) F, with
//    F = sample rate / N. `signed_index` gives the number that multiplies F.
//  * Power: a subcarrier value X_k of unit mean power gives unit mean sample power when all N are used. The
//    modulator computes x[n] = N^-1/2 sum_k X_k exp(+j 2 pi k n / N), the demodulator the conjugate with
//    N^-1/2 again. White noise of power s per sample therefore is noise of power s per subcarrier.
//  * One symbol in time: | cyclic prefix | N samples |, the prefix being a copy of the last samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace boresight::ofdm {

enum class Carrier : std::uint8_t { null, data, pilot };

struct Numerology {
  std::string name;
  double sample_rate_hz = 0;
  std::size_t fft_size = 0;
  std::size_t prefix_samples = 0;
  std::vector<Carrier> map;  ///< [fft_size], FFT order

  std::size_t symbol_samples() const { return fft_size + prefix_samples; }
  double subcarrier_spacing_hz() const { return sample_rate_hz / static_cast<double>(fft_size); }
  int signed_index(std::size_t k) const {
    return k < (fft_size + 1) / 2 ? static_cast<int>(k) : static_cast<int>(k) - static_cast<int>(fft_size);
  }

  /// Indices (FFT order) of the subcarriers of one kind, from the most negative frequency to the most
  /// positive.
  std::vector<std::uint16_t> carriers(Carrier kind) const;
  /// Data and pilots together, in the same order.
  std::vector<std::uint16_t> used_carriers() const;
};

/// Throws ConfigError unless 8 <= fft_size <= 8192, prefix <= fft_size, the rate is finite and positive, the
/// map has fft_size entries and at least one is used.
void check(const Numerology& numerology);

/// The Ku-band downlink's grid (1024 subcarriers, 32 samples of prefix, gutter k = -2..+1 empty) at any
/// sample rate from 1 kHz to 1 GHz; every 20th of the 1020 active subcarriers, -502 to 502, is a pilot of
/// Boresight's own.
Numerology ku(double sample_rate_hz);
Numerology ku240();  ///< 240 Msps, F = 234,375 Hz: the real thing
Numerology ku20();   ///< 20 Msps, F = 19,531.25 Hz: the same signal, twelve times slower

/// IEEE 802.11-2020 clause 17, 20 MHz: 64 subcarriers, 16 samples of prefix, 48 data, pilots at -21, -7,
/// 7, 21.
Numerology wifi20();

/// The carrier at which a ku numerology has the same relative Doppler as the real one at 11.325 GHz.
double nominal_ku_carrier_hz(const Numerology& numerology);

}  // namespace boresight::ofdm
