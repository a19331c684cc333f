#include "boresight/frame/framer.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/fec/scrambler.h"
#include "boresight/frame/ku_frame.h"

namespace boresight::frame {
namespace {

constexpr std::uint32_t header_seed = 0x4B550001;
constexpr std::size_t max_coded_bits = ku_payload_carriers * mcs_max_bits_per_symbol;

// Every sequence number gets another scrambling, none of them the header's.
std::uint32_t payload_seed(std::uint32_t sequence) {
  return sequence & 0x3FFFFFFFU;
}

std::size_t longest_payload() {
  std::size_t longest = 0;
  for (std::size_t m = 0; m < mcs_count; ++m)
    longest = std::max(longest, max_payload_bytes(static_cast<Mcs>(m)));
  return longest;
}

}  // namespace

fec::TransportFormat header_format() {
  return {.payload_bytes = header_bytes,
          .coded_bits = ku_header_coded_bits,
          .bits_per_symbol = 2,
          .code_rate = 0.2};
}

fec::TransportFormat payload_format(const Header& header) {
  const McsInfo& info = mcs_info(header.mcs);
  return {.payload_bytes = header.payload_bytes,
          .coded_bits = ku_payload_carriers * info.bits_per_symbol,
          .bits_per_symbol = info.bits_per_symbol,
          .code_rate = info.code_rate};
}

modem::Modulation modulation_of(Mcs mcs) {
  switch (mcs_info(mcs).bits_per_symbol) {
    case 2:
      return modem::Modulation::qpsk;
    case 4:
      return modem::Modulation::qam16;
    case 6:
      return modem::Modulation::qam64;
    case 8:
      return modem::Modulation::qam256;
    default:
      return modem::Modulation::qam1024;
  }
}

Framer::Framer() : encoder_({.max_payload_bytes = longest_payload(), .max_coded_bits = max_coded_bits}) {
  bits_.reserve(max_coded_bits);
}

void Framer::header(const Header& header, std::span<cf32> symbols) {
  bits_.resize(ku_header_coded_bits);
  encoder_.encode(header_format(), pack(header), bits_);
  map(modem::Modulation::qpsk, header_seed, symbols);
}

void Framer::payload(const Header& header, std::span<const std::uint8_t> payload, std::span<cf32> symbols) {
  if (payload.size() > max_payload_bytes(header.mcs)) {
    throw ConfigError("payload of " + std::to_string(payload.size()) + " bytes exceeds the " +
                      std::to_string(max_payload_bytes(header.mcs)) + " of " +
                      std::string(mcs_info(header.mcs).name));
  }
  if (payload.size() != header.payload_bytes) {
    throw ConfigError("payload of " + std::to_string(payload.size()) + " bytes under a header that says " +
                      std::to_string(header.payload_bytes));
  }
  const fec::TransportFormat format = payload_format(header);
  bits_.assign(format.coded_bits, 0);
  if (!payload.empty()) encoder_.encode(format, payload, bits_);
  map(modulation_of(header.mcs), payload_seed(header.sequence), symbols);
}

void Framer::map(modem::Modulation modulation, std::uint32_t scrambler_seed, std::span<cf32> symbols) {
  fec::GoldSequence(scrambler_seed).apply(std::span<std::uint8_t>(bits_));
  modem::Constellation(modulation, modem::BitMap::nr).map(bits_, symbols);
}

Deframer::Deframer(const Config& config)
    : header_decoder_({.max_payload_bytes = header_bytes,
                       .max_coded_bits = ku_header_coded_bits,
                       .max_iterations = config.max_iterations,
                       .reference = config.reference}),
      payload_decoder_({.max_payload_bytes = longest_payload(),
                        .max_coded_bits = max_coded_bits,
                        .max_iterations = config.max_iterations,
                        .reference = config.reference}) {}

std::optional<Header> Deframer::header(std::span<modem::Llr> llr) noexcept {
  BORESIGHT_ASSERT(llr.size() == ku_header_coded_bits);
  fec::GoldSequence(header_seed).apply(llr);
  std::array<std::uint8_t, header_bytes> bytes{};
  if (!header_decoder_.decode(header_format(), llr, bytes).crc_ok) return std::nullopt;
  return unpack(bytes);
}

Deframer::Payload Deframer::payload(const Header& header, std::span<modem::Llr> llr,
                                    std::span<std::uint8_t> payload) noexcept {
  const fec::TransportFormat format = payload_format(header);
  BORESIGHT_ASSERT(llr.size() == format.coded_bits && payload.size() == header.payload_bytes);
  if (payload.empty()) return {.ok = true};  // the header's CRC is all there is to check
  fec::GoldSequence(payload_seed(header.sequence)).apply(llr);
  const auto result = payload_decoder_.decode(format, llr, payload);
  return {result.crc_ok, result.code_blocks, result.code_blocks_failed, result.iterations};
}

}  // namespace boresight::frame
