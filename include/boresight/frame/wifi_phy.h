// The constants of the IEEE 802.11 OFDM physical layer (802.11-2020 clause 17, 20 MHz): rates, SIGNAL field,
// training sequences, pilots.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/core/types.h"
#include "boresight/fec/convolutional.h"
#include "boresight/modem/constellation.h"

namespace boresight::frame {

/// The eight rates of table 17-4, named by their Mbit/s at 20 MHz.
enum class WifiRate : std::uint8_t { r6, r9, r12, r18, r24, r36, r48, r54 };
inline constexpr std::size_t wifi_rate_count = 8;

struct WifiRateParameters {
  double mbps;
  std::uint8_t rate_field;  ///< R1..R4 of table 17-6; R1, sent first, is the highest of the four bits
  modem::Modulation modulation;
  fec::PuncturedRate code_rate;
  std::size_t coded_bits_per_symbol;  ///< N_CBPS
  std::size_t data_bits_per_symbol;   ///< N_DBPS
};

/// A value outside the enumeration is taken as r6.
const WifiRateParameters& wifi_rate(WifiRate rate) noexcept;

inline constexpr std::size_t wifi_max_psdu_bytes = 4095;  ///< LENGTH has 12 bits
inline constexpr std::size_t wifi_service_bits = 16;
inline constexpr std::size_t wifi_fcs_bytes = 4;
inline constexpr std::size_t wifi_signal_bits = 24;
inline constexpr std::size_t wifi_signal_coded_bits = 48;
inline constexpr std::size_t wifi_fft_size = 64;
inline constexpr std::size_t wifi_symbol_samples = 80;
inline constexpr std::size_t wifi_short_training_samples = 160;  ///< ten periods of 16
inline constexpr std::size_t wifi_long_training_samples = 160;   ///< prefix of 32 and two symbols of 64
inline constexpr std::size_t wifi_preamble_samples = 320;
inline constexpr std::size_t wifi_pilots = 4;
inline constexpr std::size_t wifi_data_carriers = 48;

/// N_SYM of 17.3.5.4: symbols that hold SERVICE, the PSDU and the tail.
std::size_t wifi_data_symbols(WifiRate rate, std::size_t psdu_bytes) noexcept;
/// Preamble, SIGNAL and data.
std::size_t wifi_frame_samples(WifiRate rate, std::size_t psdu_bytes) noexcept;

struct WifiSignal {
  WifiRate rate = WifiRate::r6;
  std::uint16_t length = 0;  ///< PSDU bytes, 1..4095
  bool operator==(const WifiSignal&) const = default;
};

/// 17.3.4: RATE, reserved 0, LENGTH least significant bit first, even parity, six zeros. Only the low twelve
/// bits of the length count.
std::array<std::uint8_t, wifi_signal_bits> encode_signal_field(WifiSignal signal) noexcept;
/// Nothing if the parity is odd, the reserved bit or a tail bit is one, the rate is unknown or the length 0.
std::optional<WifiSignal> parse_signal_field(std::span<const std::uint8_t, wifi_signal_bits> bits) noexcept;

using WifiSpectrum = std::array<cf32, wifi_fft_size>;  ///< FFT order
/// S of equation 17-6 (without the factor of windowing) and L of equation 17-8.
const WifiSpectrum& wifi_short_training() noexcept;
const WifiSpectrum& wifi_long_training() noexcept;

/// Signed subcarriers of the pilots and their values P_-21, P_-7, P_7, P_21 (equation 17-24).
inline constexpr std::array<int, wifi_pilots> wifi_pilot_carriers{-21, -7, 7, 21};
inline constexpr std::array<float, wifi_pilots> wifi_pilot_values{1.0F, 1.0F, 1.0F, -1.0F};
/// p_n of equation 17-25 (period 127), +1 or -1; n = 0 is the SIGNAL symbol.
float wifi_pilot_polarity(std::size_t n) noexcept;

/// Writes the frame check sequence of all bytes but the last four into the last four (9.2.4.8); spans
/// shorter than that are left alone.
void write_fcs(std::span<std::uint8_t> psdu) noexcept;
/// False for four bytes and fewer: that of nothing is zero, which silence looks like.
bool fcs_is_good(std::span<const std::uint8_t> psdu) noexcept;

}  // namespace boresight::frame
