// The constants of the IEEE 802.11n (HT) physical layer as far as one spatial stream in 20 MHz needs them
// (802.11-2020 clause 19, mixed format): modulation and coding schemes, HT-SIG, training, pilots, lengths.
//
//   8 us    8 us    4 us    4 us     4 us     4 us    4 us      4 or 3.6 us each
//  ┌───────┬───────┬───────┬────────┬────────┬───────┬─────────┬──────────┬────
//  │ L-STF │ L-LTF │ L-SIG │ HT-SIG │ HT-SIG │ HT-STF│ HT-LTF  │ data     │ ..
//  │       │       │ BPSK  │ 1, on Q│ 2, on Q│       │         │          │
//  └───────┴───────┴───────┴────────┴────────┴───────┴─────────┴──────────┴────
//   as in clause 17, 52 subcarriers           56 subcarriers
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/fec/convolutional.h"
#include "boresight/fec/wlan_ldpc.h"
#include "boresight/frame/wifi_phy.h"
#include "boresight/modem/constellation.h"

namespace boresight::frame {

/// HT-SIG (figure 19-6): what every receiver has to know of a frame.
struct HtSignal {
  std::uint8_t mcs = 0;                ///< 7 bits; 0..7 are one spatial stream
  bool wide = false;                   ///< 40 MHz
  std::uint16_t length = 0;            ///< bytes of the PSDU; 0 is a frame without data
  bool smoothing = true;               ///< the channel estimate may be smoothed over frequency
  bool sounding = false;               ///< the bit "not sounding", inverted
  bool aggregated = false;             ///< the PSDU is an A-MPDU
  std::uint8_t stbc = 0;               ///< space-time block coding, 2 bits
  bool ldpc = false;                   ///< else the K = 7 code
  bool short_guard = false;            ///< 0.4 us before each data symbol, else 0.8
  std::uint8_t extension_streams = 0;  ///< 2 bits
  bool operator==(const HtSignal&) const = default;
};

inline constexpr std::size_t ht_signal_bits = 48;        ///< HT-SIG 1 and 2, with CRC and tail
inline constexpr std::size_t ht_signal_coded_bits = 96;  ///< two symbols
inline constexpr std::size_t ht_mcs_count = 8;
inline constexpr std::size_t ht_data_carriers = 52;
inline constexpr std::size_t ht_used_carriers = 56;
inline constexpr std::size_t ht_short_symbol_samples = 72;
/// HT-SIG, HT-STF and HT-LTF: symbols between L-SIG and the data.
inline constexpr std::size_t ht_preamble_symbols = 4;

/// Fields in order of transmission, each least significant bit first; then the CRC-8 of 19.3.9.4.4 over the
/// 34 bits before it, then six zeros. Bits of a field that it has no room for are dropped.
std::array<std::uint8_t, ht_signal_bits> encode_ht_signal(const HtSignal& signal) noexcept;
/// Nothing if the CRC or the tail is wrong or the reserved bit is not one.
std::optional<HtSignal> parse_ht_signal(std::span<const std::uint8_t, ht_signal_bits> bits) noexcept;
/// One spatial stream in 20 MHz without space-time block coding or extension streams, and with data.
bool ht_is_single_stream(const HtSignal& signal) noexcept;

struct HtMcs {
  modem::Modulation modulation;
  fec::PuncturedRate code_rate;
  fec::WlanLdpcRate ldpc_rate;
  std::size_t coded_bits_per_symbol;  ///< N_CBPS
  std::size_t data_bits_per_symbol;   ///< N_DBPS
};

/// Table 19-27. Above 7 is taken as 0.
const HtMcs& ht_mcs(unsigned mcs) noexcept;

/// N_SYM of 19.3.11.3 (K = 7 code) or 19.3.11.7.5 (LDPC); 0 unless ht_is_single_stream.
std::size_t ht_data_symbols(const HtSignal& signal) noexcept;
/// 80, or 72 with the short guard interval.
std::size_t ht_symbol_samples(const HtSignal& signal) noexcept;
/// From the first sample of the L-STF to the last of the last data symbol.
std::size_t ht_frame_samples(const HtSignal& signal) noexcept;
/// LENGTH of the L-SIG, whose rate is 6 Mbit/s, so that others stay silent for as long (19.3.9.3.5).
/// Nothing if the frame is longer than 4095 can say (5.484 ms), or not of a single stream.
std::optional<std::uint16_t> ht_legacy_length(const HtSignal& signal) noexcept;
/// Mbit/s in 20 MHz.
double ht_mbps(const HtSignal& signal) noexcept;

/// Largest data symbols, coded bits and PSDU bytes of a frame that an L-SIG can announce.
inline constexpr std::size_t ht_max_data_symbols =
    (1366 - ht_preamble_symbols) * wifi_symbol_samples / ht_short_symbol_samples;
inline constexpr std::size_t ht_max_coded_bits = ht_max_data_symbols * ht_data_carriers * 6;
inline constexpr std::size_t ht_max_psdu_bytes = ht_max_data_symbols * 260 / 8;

/// HTLTF of 19.3.9.4.6, 20 MHz, FFT order.
const WifiSpectrum& ht_long_training() noexcept;
/// Value of pilot `i` (subcarriers -21, -7, 7, 21) in data symbol `n`, one stream: the four of 19.3.11.10 go
/// round by one place a symbol, times the polarity p_(n+3) of mixed format.
float ht_pilot(std::size_t n, std::size_t i) noexcept;

}  // namespace boresight::frame
