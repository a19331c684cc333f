// Header and payload of a burst (frame/ofdm_burst.h) to constellation points, and back from soft bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/types.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/header.h"
#include "boresight/frame/ofdm_burst.h"
#include "boresight/modem/llr.h"

namespace boresight::frame {

/// How a burst's payload is coded; invalid for an empty one.
fec::TransportFormat payload_format(const OfdmBurst& burst, const Header& header) noexcept;

/// Transmit side. `burst` has to outlive it.
class OfdmFramer {
 public:
  /// max_payload_bytes 1 .. ofdm_burst_max_payload_bytes, or ConfigError.
  OfdmFramer(const OfdmBurst& burst, std::size_t max_payload_bytes);

  /// Points of the header's data subcarriers, [header_coded_bits() / 2].
  void header(const Header& header, std::span<cf32> points);
  /// Points of the payload's, [payload_carriers(header)]. ConfigError if payload.size() is not
  /// header.payload_bytes or beyond the maximum.
  void payload(const Header& header, std::span<const std::uint8_t> payload, std::span<cf32> points);

 private:
  void map(modem::Modulation modulation, std::uint32_t scrambler_seed, std::span<cf32> points);

  const OfdmBurst* burst_;
  std::size_t max_payload_bytes_;
  fec::NrTransportEncoder encoder_;
  std::vector<std::uint8_t> bits_;
};

/// Receive side. What it delivers has passed its CRCs. `burst` has to outlive it.
class OfdmDeframer {
 public:
  struct Config {
    std::size_t max_payload_bytes = 4096;  ///< 1 .. ofdm_burst_max_payload_bytes
    unsigned max_iterations = 20;          ///< of the LDPC decoder, per code block, 1 .. 1000
  };

  /// ConfigError if a value is out of its range.
  OfdmDeframer(const OfdmBurst& burst, const Config& config);

  /// The most soft bits that payload() takes.
  std::size_t max_coded_bits() const { return max_coded_bits_; }

  /// llr [header_coded_bits()] is descrambled in place. Nothing if a CRC fails or a field is out of range.
  std::optional<Header> header(std::span<modem::Llr> llr) noexcept;
  /// llr [payload_carriers(header) * bits per symbol] is descrambled in place; payload
  /// [header.payload_bytes], at most the maximum, holds the decisions even where ok is false.
  Deframer::Payload payload(const Header& header, std::span<modem::Llr> llr,
                            std::span<std::uint8_t> payload) noexcept;

 private:
  const OfdmBurst* burst_;
  std::size_t max_coded_bits_;
  fec::NrTransportDecoder header_decoder_;
  fec::NrTransportDecoder payload_decoder_;
};

}  // namespace boresight::frame
