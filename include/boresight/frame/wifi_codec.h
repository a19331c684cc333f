// The bit side of an IEEE 802.11 OFDM frame: SERVICE, scrambler, K = 7 code, puncturing, interleaver
// (802.11-2020 17.3.5), and the same of a single HT stream in 20 MHz, with LDPC (19.3.11), in both
// directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "boresight/fec/convolutional.h"
#include "boresight/fec/interleaver.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/frame/wifi_ht.h"
#include "boresight/frame/wifi_phy.h"
#include "boresight/modem/llr.h"

namespace boresight::frame {

/// The interleavers of the four modulations, made once.
class WifiInterleavers {
 public:
  enum class Format : std::uint8_t { legacy, ht };
  explicit WifiInterleavers(Format format);
  const fec::WlanInterleaver& of(modem::Modulation modulation) const noexcept {
    return interleavers_[static_cast<std::size_t>(modulation)];
  }

 private:
  std::vector<fec::WlanInterleaver> interleavers_;
};

/// Bits as they go to the subcarriers. Allocates in the constructor only.
class WifiEncoder {
 public:
  WifiEncoder();

  /// out [wifi_signal_coded_bits].
  void encode_signal(WifiSignal signal, std::span<std::uint8_t> out) noexcept;
  /// psdu 1..wifi_max_psdu_bytes (with its FCS), out [wifi_data_symbols() * N_CBPS]; other sizes leave `out`
  /// alone. `scrambler_state` 1..127.
  void encode_data(WifiRate rate, std::span<const std::uint8_t> psdu, std::uint8_t scrambler_state,
                   std::span<std::uint8_t> out) noexcept;

  /// out [ht_signal_coded_bits]: both symbols, as BPSK before its turn by 90 degrees.
  void encode_ht_signal(const HtSignal& signal, std::span<std::uint8_t> out) noexcept;
  /// psdu [signal.length], out [ht_data_symbols() * N_CBPS]; other sizes, and frames that
  /// ht_legacy_length() refuses, leave `out` alone. `scrambler_state` 1..127.
  void encode_ht_data(const HtSignal& signal, std::span<const std::uint8_t> psdu,
                      std::uint8_t scrambler_state, std::span<std::uint8_t> out) noexcept;

 private:
  friend class WifiDecoder;  // which encodes again what it has decoded
  void encode_scrambled(std::size_t bit_count, fec::PuncturedRate rate,
                        const fec::WlanInterleaver& interleaver, std::span<std::uint8_t> out) noexcept;
  void encode_ldpc(const HtSignal& signal, std::span<const std::uint8_t> bits,
                   std::span<std::uint8_t> out) noexcept;

  WifiInterleavers interleavers_;
  WifiInterleavers ht_interleavers_;
  std::vector<std::uint8_t> bits_;
  std::vector<std::uint8_t> coded_;
  std::vector<std::uint8_t> punctured_;
};

/// Soft bits as they come from the subcarriers. Allocates in the constructor only.
class WifiDecoder {
 public:
  struct Config {
    /// How much likelier than random bits the codeword of a SIGNAL field has to be, in nats. The field has
    /// one parity bit, and a decoder makes a codeword of anything. Behind a preamble nearly all fields are
    /// true, and a false one costs no more than the work on a frame whose FCS fails: so this is there for
    /// fields that a stronger signal has destroyed. Measured at -1, 0, 1 and 3 dB, of random bits pass 0.21,
    /// 0.05, 9e-3 and 3e-4 at x = 2, and none of 40,000 at 6 dB; true fields of the same noise fail in 1.8e-3
    /// and 1.5e-4 at -1 and 0 dB. At x = 10.4 those were 5e-3 passed and 1e-2 failed at -1 dB. 33.3 is
    /// certainty.
    double signal_evidence_nats = 2;
  };

  /// ConfigError if the evidence is outside 0 .. 33.
  explicit WifiDecoder(const Config& config);

  /// llrs [wifi_signal_coded_bits], as transmitted. The most likely of the valid fields (known RATEs,
  /// reserved bit 0, even parity, zero tail); nothing if it is not likely enough, see the Config, or has
  /// LENGTH 0.
  std::optional<WifiSignal> decode_signal(std::span<const modem::Llr> llrs) noexcept;

  /// llrs [wifi_data_symbols() * N_CBPS] -> psdu [1..wifi_max_psdu_bytes]. Returns false, and zeros, if the
  /// sizes do not fit each other. Whether the bits are right only the FCS can tell.
  bool decode_data(WifiRate rate, std::span<const modem::Llr> llrs, std::span<std::uint8_t> psdu) noexcept;

  /// llrs [ht_signal_coded_bits] of both symbols, turned back. Nothing if parse_ht_signal refuses it.
  std::optional<HtSignal> decode_ht_signal(std::span<const modem::Llr> llrs) noexcept;
  /// llrs [ht_data_symbols() * N_CBPS] -> psdu [signal.length]. Returns false, and zeros, if the sizes do not
  /// fit each other or ht_legacy_length() refuses the frame.
  bool decode_ht_data(const HtSignal& signal, std::span<const modem::Llr> llrs,
                      std::span<std::uint8_t> psdu) noexcept;

  /// The coded bits, as transmitted, that the last decode_data or decode_ht_data has decided for: a receiver
  /// that has decoded a frame with few errors knows nearly all of what was sent. out: as many as `llrs` had;
  /// another size, or a call before any decode, leaves it alone. Once per decode.
  void encode_again(std::span<std::uint8_t> out) noexcept;
  /// The same of a header: out [wifi_signal_coded_bits] and [ht_signal_coded_bits].
  void encode_again(WifiSignal signal, std::span<std::uint8_t> out) noexcept {
    encoder_.encode_signal(signal, out);
  }
  void encode_again(const HtSignal& signal, std::span<std::uint8_t> out) noexcept {
    encoder_.encode_ht_signal(signal, out);
  }

 private:
  bool give_up(std::span<std::uint8_t> psdu) noexcept;
  void decode_convolutional(std::span<const modem::Llr> punctured, fec::PuncturedRate rate,
                            std::size_t information_bits) noexcept;
  void decode_ldpc(const HtSignal& signal, std::span<const modem::Llr> llrs) noexcept;
  void encode_ldpc_again(std::span<std::uint8_t> out) noexcept;
  void descramble(std::span<std::uint8_t> psdu) noexcept;

  Config config_;
  WifiEncoder encoder_;  // its bits_ are the decoded ones
  fec::ViterbiDecoder viterbi_;
  fec::LdpcDecoder ldpc_;
  std::vector<modem::Llr> punctured_;
  std::vector<modem::Llr> mother_;
  std::vector<std::uint8_t> unsound_;  // [codewords] of the last frame

  enum class Last : std::uint8_t { none, legacy, ht };
  Last last_ = Last::none;
  WifiRate last_rate_ = WifiRate::r6;
  HtSignal last_ht_;
  std::size_t last_bits_ = 0;  // SERVICE and PSDU
  std::uint8_t last_state_ = 0;
};

/// Largest N_SYM * N_CBPS and N_SYM * N_DBPS over all rates at 4095 bytes.
std::size_t wifi_max_coded_bits() noexcept;
std::size_t wifi_max_data_bits() noexcept;

}  // namespace boresight::frame
