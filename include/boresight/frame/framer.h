// Header and payload to constellation points, and back from soft bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/types.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/frame/header.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"

namespace boresight::frame {

/// How a header and a payload of `payload_bytes` are coded (frame/ku_frame.h).
fec::TransportFormat header_format();
fec::TransportFormat payload_format(const Header& header);

/// The constellation of a payload (the header's is QPSK).
modem::Modulation modulation_of(Mcs mcs);

/// Transmit side.
class Framer {
 public:
  Framer();

  /// Points of the two header symbols, [ku_header_symbols * ku_data_carriers].
  void header(const Header& header, std::span<cf32> symbols);
  /// Points of the data symbols, [ku_payload_carriers]. An empty payload is sent as noise in
  /// the MCS's constellation (scrambled zeros). ConfigError if payload.size() is not header.payload_bytes or
  /// exceeds max_payload_bytes(mcs).
  void payload(const Header& header, std::span<const std::uint8_t> payload, std::span<cf32> symbols);

 private:
  void map(modem::Modulation modulation, std::uint32_t scrambler_seed, std::span<cf32> symbols);

  fec::NrTransportEncoder encoder_;
  std::vector<std::uint8_t> bits_;
};

/// Receive side. What it delivers has passed its CRCs; everything else is counted by the caller.
class Deframer {
 public:
  struct Config {
    unsigned max_iterations = 20;  ///< of the LDPC decoder, per code block
    /// The slow decoder with this rule, see NrTransportDecoder.
    std::optional<fec::CheckRule> reference = {};
  };
  struct Payload {
    bool ok = false;
    unsigned code_blocks = 0;
    unsigned code_blocks_failed = 0;
    unsigned iterations = 0;  ///< over all code blocks
  };

  explicit Deframer(const Config& config);

  /// llr [ku_header_coded_bits] is descrambled in place. Nothing if a CRC fails or a field is out of range.
  std::optional<Header> header(std::span<modem::Llr> llr) noexcept;
  /// llr [ku_payload_carriers * bits per symbol] is descrambled in place; payload [header.payload_bytes].
  /// `payload` holds what was decoded even where ok is false: do not deliver it then.
  Payload payload(const Header& header, std::span<modem::Llr> llr, std::span<std::uint8_t> payload) noexcept;

 private:
  fec::NrTransportDecoder header_decoder_;
  fec::NrTransportDecoder payload_decoder_;
};

}  // namespace boresight::frame
