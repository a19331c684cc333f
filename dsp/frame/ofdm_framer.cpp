#include "boresight/frame/ofdm_framer.h"

#include <algorithm>
#include <array>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/fec/scrambler.h"

namespace boresight::frame {
namespace {

constexpr std::uint32_t header_seed = 0x48445200;

// Every sequence number gets another scrambling, none of them the header's.
std::uint32_t payload_seed(std::uint32_t sequence) {
  return sequence & 0x3FFFFFFFU;
}

fec::TransportFormat burst_header_format(const OfdmBurst& burst) {
  return {.payload_bytes = header_bytes,
          .coded_bits = burst.header_coded_bits(),
          .bits_per_symbol = 2,
          .code_rate = 0.2};
}

// Coded bits do not grow with the code rate, but with the symbol that is filled up.
std::size_t most_coded_bits(const OfdmBurst& burst, std::size_t max_payload_bytes) {
  require(max_payload_bytes >= 1 && max_payload_bytes <= ofdm_burst_max_payload_bytes,
          "burst: payload of " + std::to_string(max_payload_bytes) + " bytes is outside 1 .. " +
              std::to_string(ofdm_burst_max_payload_bytes));
  std::size_t most = 0;
  for (std::size_t m = 0; m < mcs_count; ++m) {
    const Header longest{static_cast<Mcs>(m), static_cast<std::uint32_t>(max_payload_bytes), 0};
    // What fills the last symbol may differ with the length by one symbol's subcarriers.
    const std::size_t symbol = burst.used_carriers().size();
    most = std::max(most, (burst.payload_carriers(longest) + symbol) * mcs_info(longest.mcs).bits_per_symbol);
  }
  return most;
}

}  // namespace

fec::TransportFormat payload_format(const OfdmBurst& burst, const Header& header) noexcept {
  const McsInfo& info = mcs_info(header.mcs);
  return {.payload_bytes = header.payload_bytes,
          .coded_bits = burst.payload_carriers(header) * info.bits_per_symbol,
          .bits_per_symbol = info.bits_per_symbol,
          .code_rate = info.code_rate};
}

OfdmFramer::OfdmFramer(const OfdmBurst& burst, std::size_t max_payload_bytes)
    : burst_(&burst),
      max_payload_bytes_(max_payload_bytes),
      encoder_({.max_payload_bytes = std::max(max_payload_bytes, header_bytes),
                .max_coded_bits =
                    std::max(most_coded_bits(burst, max_payload_bytes), burst.header_coded_bits())}) {
  bits_.reserve(std::max(most_coded_bits(burst, max_payload_bytes), burst.header_coded_bits()));
}

void OfdmFramer::header(const Header& header, std::span<cf32> points) {
  bits_.resize(burst_->header_coded_bits());
  encoder_.encode(burst_header_format(*burst_), pack(header), bits_);
  map(modem::Modulation::qpsk, header_seed, points);
}

void OfdmFramer::payload(const Header& header, std::span<const std::uint8_t> payload,
                         std::span<cf32> points) {
  if (payload.size() != header.payload_bytes || payload.size() > max_payload_bytes_) {
    throw ConfigError("burst: payload of " + std::to_string(payload.size()) + " bytes, header of " +
                      std::to_string(header.payload_bytes) + ", at most " +
                      std::to_string(max_payload_bytes_));
  }
  if (payload.empty()) return;
  const fec::TransportFormat format = payload_format(*burst_, header);
  bits_.resize(format.coded_bits);
  encoder_.encode(format, payload, bits_);
  map(modulation_of(header.mcs), payload_seed(header.sequence), points);
}

void OfdmFramer::map(modem::Modulation modulation, std::uint32_t scrambler_seed, std::span<cf32> points) {
  fec::GoldSequence(scrambler_seed).apply(std::span(bits_));
  modem::Constellation(modulation, modem::BitMap::nr).map(bits_, points);
}

OfdmDeframer::OfdmDeframer(const OfdmBurst& burst, const Config& config)
    : burst_(&burst),
      max_coded_bits_(most_coded_bits(burst, config.max_payload_bytes)),
      header_decoder_({.max_payload_bytes = header_bytes,
                       .max_coded_bits = burst.header_coded_bits(),
                       .max_iterations = config.max_iterations}),
      payload_decoder_({.max_payload_bytes = config.max_payload_bytes,
                        .max_coded_bits = max_coded_bits_,
                        .max_iterations = config.max_iterations}) {}

std::optional<Header> OfdmDeframer::header(std::span<modem::Llr> llr) noexcept {
  BORESIGHT_ASSERT(llr.size() == burst_->header_coded_bits());
  fec::GoldSequence(header_seed).apply(llr);
  std::array<std::uint8_t, header_bytes> bytes{};
  if (!header_decoder_.decode(burst_header_format(*burst_), llr, bytes).crc_ok) return std::nullopt;
  return unpack(bytes);
}

Deframer::Payload OfdmDeframer::payload(const Header& header, std::span<modem::Llr> llr,
                                        std::span<std::uint8_t> payload) noexcept {
  BORESIGHT_ASSERT(payload.size() == header.payload_bytes);
  if (payload.empty()) return {.ok = true};  // the header's CRC is all there is to check
  const fec::TransportFormat format = payload_format(*burst_, header);
  BORESIGHT_ASSERT(llr.size() == format.coded_bits);
  fec::GoldSequence(payload_seed(header.sequence)).apply(llr);
  const auto result = payload_decoder_.decode(format, llr, payload);
  return {result.crc_ok, result.code_blocks, result.code_blocks_failed, result.iterations};
}

}  // namespace boresight::frame
