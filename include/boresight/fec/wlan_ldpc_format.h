// How the data field of an 802.11n (HT) frame is spread over LDPC codewords: IEEE 802.11-2020, 19.3.11.7.5.
// 802.11ac (VHT, 21.3.10.5.4) pads the payload to whole symbols first, which this does not.
#pragma once

#include <cstddef>

#include "boresight/fec/wlan_ldpc.h"

namespace boresight::fec {

/// Lengths in bits. Codewords of one frame differ by at most one shortened, punctured or repeated bit. What
/// is transmitted of a codeword, in this order:
///
///   [ information_bits | parity_bits | repeated_bits ]
///
/// The information is followed by shortened_bits zeros that are encoded and not sent; the last punctured_bits
/// of the parity are not sent either. Repeated bits are the codeword's first transmitted ones, from the
/// beginning again and as often as it takes.
struct WlanLdpcShare {
  std::size_t information_bits = 0;
  std::size_t shortened_bits = 0;
  std::size_t parity_bits = 0;
  std::size_t punctured_bits = 0;
  std::size_t repeated_bits = 0;

  std::size_t transmitted_bits() const { return information_bits + parity_bits + repeated_bits; }
};

/// Everything that a transmitter and a receiver have to agree on; payload_bits zero means that there is none.
struct WlanLdpcFormat {
  WlanLdpcRate rate = WlanLdpcRate::half;
  std::size_t payload_bits = 0;    ///< N_pld: SERVICE field and PSDU
  std::size_t symbols = 0;         ///< N_SYM, OFDM symbols, the extra ones included
  std::size_t available_bits = 0;  ///< N_avbits, coded bits in those symbols
  bool extra_symbols = false;      ///< puncturing would have been too heavy: m_STBC symbols were added
  unsigned codeword_bits = 0;      ///< L_LDPC: 648, 1296 or 1944
  std::size_t codewords = 0;       ///< N_CW
  std::size_t shortened_bits = 0;  ///< N_shrt, of all codewords together, like the next two
  std::size_t punctured_bits = 0;  ///< N_punc
  std::size_t repeated_bits = 0;   ///< N_rep

  /// Of codeword `index`, 0 .. codewords - 1.
  WlanLdpcShare share(std::size_t index) const noexcept;
};

/// The longest PSDU of an HT frame: its length field has 16 bits.
inline constexpr std::size_t wlan_ldpc_max_psdu_bytes = 65535;

/// `coded_bits_per_symbol` is N_CBPS, up to 2^16, a multiple of the rate's denominator; with space-time block
/// coding frames have an even number of symbols. psdu_bytes 1 .. 65535. All of it may come from a header: a
/// value out of range gives a format without payload.
WlanLdpcFormat wlan_ldpc_format(std::size_t psdu_bytes, WlanLdpcRate rate, std::size_t coded_bits_per_symbol,
                                bool space_time_block_coding = false) noexcept;

}  // namespace boresight::fec
