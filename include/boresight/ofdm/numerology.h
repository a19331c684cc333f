// The numbers that make an OFDM signal: sizes, sample rate and what every subcarrier carries.
//
// Conventions, stated here once for modulator and demodulator:
//  * Subcarrier k of an N-point symbol stands in FFT order: k < N/2 is at +k F, k >= N/2 at (k - N) F, with
//    F = sample rate / N. `signed_index` gives the number that multiplies F.
//  * Power: a subcarrier value X_k of unit mean power gives unit mean sample power when all N are used. The
//    modulator computes x[n] = N^-1/2 sum_k X_k exp(+j 2 pi k n / N), the demodulator the conjugate with
//    N^-1/2 again. White noise of power s per sample therefore is noise of power s per subcarrier.
//  * One symbol in time: | cyclic prefix | N samples |, the prefix being a copy of the last samples. With a
//    taper of T samples the symbol also goes on for T samples beyond its end, periodically; its first T
//    samples rise as w(t) = (1 - cos(pi (t + 1/2) / T)) / 2, those beyond the end fall as 1 - w(t), and fall
//    together with the rise of the next symbol (overlap-add). Symbols still follow every prefix + N samples:
//
//        symbol 0    /‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾\                              an FFT window that begins T to
//        symbol 1   :  T :                      /‾‾\‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾\   prefix samples after a symbol's
//                   |prefix|        N           |prefix|       N        |   start sees that symbol alone
//
//  * Symbols are counted from 0; the subcarrier map may repeat with a period of several symbols.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace boresight::ofdm {

enum class Carrier : std::uint8_t { null, data, pilot };

struct Numerology {
  std::string name;
  double sample_rate_hz = 0;
  std::size_t fft_size = 0;
  std::size_t prefix_samples = 0;
  std::vector<Carrier> map;  ///< [fft_size], FFT order
  /// Maps of the symbols 1 .. period - 1, where they differ from that of symbol 0: scattered and block
  /// pilots.
  std::vector<std::vector<Carrier>> later_maps = {};
  std::size_t taper_samples = 0;  ///< T above

  std::size_t symbol_samples() const { return fft_size + prefix_samples; }
  /// Symbols after which the map repeats, 1 or more.
  std::size_t period() const { return 1 + later_maps.size(); }
  const std::vector<Carrier>& map_of(std::size_t symbol) const {
    const std::size_t i = symbol % period();
    return i == 0 ? map : later_maps[i - 1];
  }
  /// Where the receiver's FFT window begins after the start of a symbol: in the middle of what the prefix
  /// leaves beside the taper, so that a timing error either way and echoes find the same room.
  std::size_t window_offset() const { return taper_samples + (prefix_samples - taper_samples) / 2; }
  double subcarrier_spacing_hz() const { return sample_rate_hz / static_cast<double>(fft_size); }
  int signed_index(std::size_t k) const {
    return k < (fft_size + 1) / 2 ? static_cast<int>(k) : static_cast<int>(k) - static_cast<int>(fft_size);
  }

  /// Indices (FFT order) of the subcarriers of one kind, from the most negative frequency to the most
  /// positive, in one symbol.
  std::vector<std::uint16_t> carriers(Carrier kind, std::size_t symbol = 0) const;
  /// Data and pilots together, in the same order.
  std::vector<std::uint16_t> used_carriers(std::size_t symbol = 0) const;
};

/// Throws ConfigError unless 8 <= fft_size <= 8192, taper <= prefix <= fft_size, the rate is finite and
/// positive, every map has fft_size entries of which at least one is used, and the period is at most 256.
void check(const Numerology& numerology);

/// Where the pilots stand among the used subcarriers, which are numbered from 0 at the lowest frequency.
struct PilotPattern {
  enum class Kind : std::uint8_t {
    none,
    comb,       ///< in every symbol: first, first + spacing, ..
    scattered,  ///< the same, moved up by symbol_step (modulo spacing) from symbol to symbol
    block,      ///< all used subcarriers of every spacing-th symbol, from symbol `first` on
    edge,       ///< in every symbol: the `spacing` lowest and the `spacing` highest
    list,       ///< in every symbol: `carriers`
  };
  Kind kind = Kind::none;
  std::size_t spacing = 0;
  std::size_t first = 0;
  std::size_t symbol_step = 0;
  std::vector<int> carriers = {};  ///< signed indices
};

/// A numerology in the words in which people give one.
struct NumerologyPlan {
  std::string name;
  double sample_rate_hz = 0;
  std::size_t fft_size = 0;
  std::size_t prefix_samples = 0;
  std::size_t taper_samples = 0;
  std::size_t lower_guard = 0;           ///< unused subcarriers at the lower edge of the band
  std::size_t upper_guard = 0;           ///< and at the upper edge
  std::vector<int> null_carriers = {0};  ///< signed indices that are unused besides: the carrier itself
  PilotPattern pilots;
};

/// The maps of a plan, checked. ConfigError names what cannot be: besides check(), guards that leave nothing,
/// indices outside the band, a spacing of 0 or beyond the used subcarriers (block: beyond 256 symbols), first
/// or symbol_step not below spacing.
Numerology make_numerology(const NumerologyPlan& plan);

/// The Ku-band downlink's grid (1024 subcarriers, 32 samples of prefix, gutter k = -2..+1 empty) at any
/// sample rate from 1 kHz to 1 GHz; every 20th of the 1020 active subcarriers, -502 to 502, is a pilot of
/// Boresight's own.
Numerology ku(double sample_rate_hz);
Numerology ku240();  ///< 240 Msps, F = 234,375 Hz: the real thing
Numerology ku20();   ///< 20 Msps, F = 19,531.25 Hz: the same signal, twelve times slower

/// IEEE 802.11-2020 clause 17, 20 MHz: 64 subcarriers, 16 samples of prefix, 48 data, pilots at -21, -7,
/// 7, 21.
Numerology wifi20();

/// ku240, ku20 or wifi20 by its name. ConfigError for another, with the list.
Numerology numerology_preset(std::string_view name);

/// The carrier at which a ku numerology has the same relative Doppler as the real one at 11.325 GHz.
double nominal_ku_carrier_hz(const Numerology& numerology);

}  // namespace boresight::ofdm
