#include "boresight/fec/nr_transport.h"

#include <algorithm>
#include <string>

#include "boresight/core/error.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/crc.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"

namespace boresight::fec {
namespace {

constexpr std::size_t payload_bytes_limit = std::size_t{1} << 24;
constexpr std::size_t coded_bits_limit = std::size_t{1} << 28;

NrSegmentation segmentation(const TransportFormat& format) {
  const std::size_t bits = 8 * format.payload_bytes;
  return nr_segment(bits, nr_choose_base_graph(bits, format.code_rate));
}

void check_maxima(const std::string& who, std::size_t payload_bytes, std::size_t coded_bits) {
  require(payload_bytes >= 1 && payload_bytes <= payload_bytes_limit,
          who + ": max_payload_bytes " + std::to_string(payload_bytes) + " is not in 1 .. 16777216");
  require(coded_bits >= 1 && coded_bits <= coded_bits_limit,
          who + ": max_coded_bits " + std::to_string(coded_bits) + " is not in 1 .. 268435456");
}

// Code blocks of the longest payload with the base graph that makes more of them.
std::size_t most_code_blocks(std::size_t max_payload_bytes) {
  return nr_segment(8 * max_payload_bytes, BaseGraph::bg2).code_blocks;
}

// Lanes for payload, padding (less than there are code blocks) and transport CRC.
std::size_t transport_lanes(std::size_t max_payload_bytes) {
  return 8 * max_payload_bytes + most_code_blocks(max_payload_bytes) + crc24_bits;
}

// An upper limit of Z over all payloads up to the maximum: no segmentation uses fewer than six columns.
unsigned max_lifting_size(std::size_t max_payload_bytes) {
  const std::size_t z = (8 * max_payload_bytes + 24 + 5) / 6;
  if (z >= nr_max_lifting_size) return nr_max_lifting_size;
  return *std::lower_bound(nr_lifting_sizes.begin(), nr_lifting_sizes.end(), z);
}

void write_crc(std::uint32_t crc, std::span<std::uint8_t> bits) {
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = (crc >> (bits.size() - 1 - i)) & 1U;
}

std::uint32_t transport_crc(const NrSegmentation& s, std::span<const std::uint8_t> bits) {
  return s.transport_crc_bits == crc24_bits ? crc24a_of_bits(bits) : crc16_of_bits(bits);
}

// Bits of all code blocks' codewords, of the payload up to the maximum that takes the most. Z, and so the
// codeword, gets longer with a block, but not from base graph 1 to 2 and not where base graph 2 starts to use
// more columns: a payload of one block is looked for. Of several blocks, all have the largest Z before one
// more is needed, and after that Z falls again.
std::size_t most_codeword_bits(std::size_t max_payload_bytes) {
  std::size_t most = 0;
  for (const auto graph : {BaseGraph::bg1, BaseGraph::bg2}) {
    const auto codeword_bits = [&](std::size_t blocks, std::size_t z) {
      return blocks * base_graph_columns(graph) * z;
    };
    for (std::size_t n = 1; n <= max_payload_bytes; ++n) {
      const NrSegmentation s = nr_segment(8 * n, graph);
      if (s.code_blocks > 1) break;
      most = std::max(most, codeword_bits(1, s.lifting_size));
    }
    const NrSegmentation last = nr_segment(8 * max_payload_bytes, graph);
    most = std::max(most, codeword_bits(last.code_blocks, last.lifting_size));
    if (last.code_blocks > 2) most = std::max(most, codeword_bits(last.code_blocks - 1, nr_max_lifting_size));
  }
  return most;
}

std::span<std::uint8_t> transport_lanes_of(std::span<std::uint8_t> lanes, const TransportFormat& format,
                                           const NrSegmentation& s) {
  return lanes.first(8 * format.payload_bytes + s.padding_bits + s.transport_crc_bits);
}

// Sixteen bits of CRC alone let one wrong word in 65,536 pass: short blocks must be codewords too.
bool is_right(const NrSegmentation& s, const LdpcDecoder::Result& decoded) {
  return decoded.crc_ok && (s.transport_crc_bits != crc16_bits || decoded.parity_ok);
}

// The verdict on the whole, and the payload's bytes.
void finish(const NrSegmentation& s, std::span<const std::uint8_t> transport, std::span<std::uint8_t> payload,
            NrTransportDecoder::Result& result) {
  const bool transport_holds = transport_crc(s, transport) == 0;
  if (s.code_blocks == 1 && !transport_holds) result.code_blocks_failed = 1;
  result.crc_ok = transport_holds && result.code_blocks_failed == 0;
  pack_msb_first(transport.first(8 * payload.size()), payload);
}

// Goes through the code blocks: visit(block's matching, its first transport bit, its first coded bit).
template <typename Visit>
void for_each_block(const TransportFormat& format, const NrSegmentation& s, Visit visit) {
  NrRateMatching matching{.graph = s.graph,
                          .lifting_size = s.lifting_size,
                          .bits_per_block = s.bits_per_block,
                          .coded_bits = 0,
                          .bits_per_symbol = format.bits_per_symbol,
                          .redundancy_version = format.redundancy_version,
                          .limited_buffer_bits = format.limited_buffer_bits};
  const std::size_t share = s.bits_per_block - s.code_block_crc_bits;
  std::size_t coded_begin = 0;
  for (unsigned block = 0; block < s.code_blocks; ++block) {
    matching.coded_bits =
        nr_coded_bits_of_block(format.coded_bits, format.bits_per_symbol, s.code_blocks, block);
    visit(matching, block * share, coded_begin);
    coded_begin += matching.coded_bits;
  }
}

// The shortest code block's coded bits; 0 if a value of the format is out of its range.
std::size_t fewest_coded_bits(const TransportFormat& format, const NrSegmentation& s) {
  if (format.limited_buffer_bits != 0 && format.limited_buffer_bits < s.information_bits) return 0;
  return nr_coded_bits_of_block(format.coded_bits, format.bits_per_symbol, s.code_blocks, 0);
}

bool ranges_hold(const TransportFormat& format) {
  const unsigned qm = format.bits_per_symbol;
  if (qm != 1 && qm != 2 && qm != 4 && qm != 6 && qm != 8 && qm != 10) return false;
  if (format.redundancy_version > 3) return false;
  if (!(format.code_rate > 0 && format.code_rate <= 1)) return false;
  if (format.payload_bytes == 0 || format.payload_bytes > payload_bytes_limit) return false;
  if (format.coded_bits == 0 || format.coded_bits > coded_bits_limit || format.coded_bits % qm != 0) {
    return false;
  }
  return true;
}

}  // namespace

bool is_valid(const TransportFormat& format) noexcept {
  if (!ranges_hold(format)) return false;
  const NrSegmentation s = segmentation(format);
  return fewest_coded_bits(format, s) >= s.bits_per_block;
}

bool is_valid_addition(const TransportFormat& format) noexcept {
  return ranges_hold(format) && fewest_coded_bits(format, segmentation(format)) > 0;
}

NrTransportEncoder::NrTransportEncoder(const Config& config) : config_(config) {
  check_maxima("NrTransportEncoder", config.max_payload_bytes, config.max_coded_bits);
  transport_bits_.resize(transport_lanes(config.max_payload_bytes));
  codeword_.resize(std::size_t{ldpc_max_columns} * max_lifting_size(config.max_payload_bytes));
}

void NrTransportEncoder::encode(const TransportFormat& format, std::span<const std::uint8_t> payload,
                                std::span<std::uint8_t> coded_bits) {
  // The texts are made only when something is wrong, so that a good call does not allocate.
  if (!is_valid_addition(format)) {
    throw ConfigError("NrTransportEncoder: no transport format has " + std::to_string(format.payload_bytes) +
                      " payload bytes in " + std::to_string(format.coded_bits) + " coded bits of " +
                      std::to_string(format.bits_per_symbol) + " per symbol at rate " +
                      std::to_string(format.code_rate) + ", redundancy version " +
                      std::to_string(format.redundancy_version) + ", buffer limited to " +
                      std::to_string(format.limited_buffer_bits));
  }
  if (format.payload_bytes > config_.max_payload_bytes || format.coded_bits > config_.max_coded_bits) {
    throw ConfigError("NrTransportEncoder: " + std::to_string(format.payload_bytes) + " payload bytes in " +
                      std::to_string(format.coded_bits) + " coded bits exceed the maxima of " +
                      std::to_string(config_.max_payload_bytes) + " and " +
                      std::to_string(config_.max_coded_bits));
  }
  if (payload.size() != format.payload_bytes || coded_bits.size() != format.coded_bits) {
    throw ConfigError("NrTransportEncoder: spans of " + std::to_string(payload.size()) + " bytes and " +
                      std::to_string(coded_bits.size()) + " bits do not fit a format of " +
                      std::to_string(format.payload_bytes) + " and " + std::to_string(format.coded_bits));
  }

  const NrSegmentation s = segmentation(format);
  const std::size_t a = 8 * payload.size() + s.padding_bits;
  const auto transport = std::span(transport_bits_).first(a + s.transport_crc_bits);
  unpack_msb_first(payload, transport.first(8 * payload.size()));
  std::fill_n(transport.begin() + 8 * payload.size(), s.padding_bits, std::uint8_t{0});
  write_crc(transport_crc(s, transport.first(a)), transport.last(s.transport_crc_bits));

  const NrLdpcGraph graph(s.graph, s.lifting_size);
  for_each_block(
      format, s, [&](const NrRateMatching& matching, std::size_t first_bit, std::size_t coded_begin) {
        const auto information = std::span(codeword_).first(s.information_bits);
        const std::size_t share = s.bits_per_block - s.code_block_crc_bits;
        std::copy_n(transport.begin() + first_bit, share, information.begin());
        if (s.code_block_crc_bits != 0) {
          write_crc(crc24b_of_bits(information.first(share)),
                    information.subspan(share, s.code_block_crc_bits));
        }
        std::fill(information.begin() + s.bits_per_block, information.end(), std::uint8_t{0});
        const unsigned rows = matching.rows_needed();
        const auto codeword = std::span(codeword_).first(information.size() + rows * s.lifting_size);
        nr_ldpc_encode(graph, information, codeword.subspan(information.size()), rows);
        nr_rate_match(matching, codeword, coded_bits.subspan(coded_begin, matching.coded_bits));
      });
}

NrSoftBuffer::NrSoftBuffer(const Config& config) : max_payload_bytes_(config.max_payload_bytes) {
  check_maxima("NrSoftBuffer", config.max_payload_bytes, 1);
  codewords_.resize(most_codeword_bits(config.max_payload_bytes));
  transport_bits_.resize(transport_lanes(config.max_payload_bytes));
  block_ok_.resize(most_code_blocks(config.max_payload_bytes));
}

NrTransportDecoder::NrTransportDecoder(const Config& config)
    : config_(config), ldpc_({.max_lifting_size = max_lifting_size(config.max_payload_bytes)}) {
  check_maxima("NrTransportDecoder", config.max_payload_bytes, config.max_coded_bits);
  require(
      config.max_iterations >= 1 && config.max_iterations <= 1000,
      "NrTransportDecoder: max_iterations " + std::to_string(config.max_iterations) + " is not in 1 .. 1000");
  const unsigned z = max_lifting_size(config.max_payload_bytes);
  transport_bits_.resize(transport_lanes(config.max_payload_bytes));
  information_.resize(std::size_t{base_graph_information_columns(BaseGraph::bg1)} * z);
  codeword_.resize(std::size_t{ldpc_max_columns} * z);
  if (config.reference) {
    reference_.emplace(LdpcReferenceDecoder::Config{.max_lifting_size = z, .rule = *config.reference});
    codeword_nats_.resize(codeword_.size());
  }
}

bool NrTransportDecoder::fits(const TransportFormat& format, std::size_t llrs,
                              std::size_t payload_bytes) const noexcept {
  return format.payload_bytes <= config_.max_payload_bytes && format.coded_bits <= config_.max_coded_bits &&
         payload_bytes == format.payload_bytes && llrs == format.coded_bits;
}

NrTransportDecoder::Result NrTransportDecoder::decode(const TransportFormat& format,
                                                      std::span<const modem::Llr> llr,
                                                      std::span<std::uint8_t> payload) noexcept {
  Result result;
  if (!is_valid(format) || !fits(format, llr.size(), payload.size())) return result;
  const NrSegmentation s = segmentation(format);
  const auto transport = transport_lanes_of(transport_bits_, format, s);
  const NrLdpcGraph graph(s.graph, s.lifting_size);
  const auto codeword = std::span(codeword_).first(graph.codeword_bits());
  result.code_blocks = s.code_blocks;
  for_each_block(format, s,
                 [&](const NrRateMatching& matching, std::size_t first_bit, std::size_t coded_begin) {
                   nr_begin_recovery(matching, codeword);
                   nr_rate_recover(matching, llr.subspan(coded_begin, matching.coded_bits), codeword);
                   const auto decoded = decode_block(graph, s, codeword);
                   result.iterations += decoded.iterations;
                   result.code_blocks_failed += is_right(s, decoded) ? 0 : 1;
                   std::copy_n(information_.begin(), s.bits_per_block - s.code_block_crc_bits,
                               transport.begin() + first_bit);
                 });
  finish(s, transport, payload, result);
  return result;
}

NrTransportDecoder::Result NrTransportDecoder::decode(const TransportFormat& format,
                                                      std::span<const modem::Llr> llr,
                                                      NrSoftBuffer& soft_buffer,
                                                      std::span<std::uint8_t> payload) noexcept {
  Result result;
  NrSoftBuffer& soft = soft_buffer;
  if (!is_valid_addition(format) || !fits(format, llr.size(), payload.size()) ||
      format.payload_bytes > soft.max_payload_bytes_)
    return result;
  const NrSegmentation s = segmentation(format);
  const NrLdpcGraph graph(s.graph, s.lifting_size);
  const auto codeword_of = [&](unsigned block) {
    return std::span(soft.codewords_).subspan(block * graph.codeword_bits(), graph.codeword_bits());
  };
  if (soft.transmissions_ == 0) {
    soft.payload_bytes_ = format.payload_bytes;
    soft.graph_ = s.graph;
    soft.limited_buffer_bits_ = format.limited_buffer_bits;
    std::fill(soft.block_ok_.begin(), soft.block_ok_.end(), std::uint8_t{0});
    for (unsigned block = 0; block < s.code_blocks; ++block) {
      nr_begin_recovery(
          {.graph = s.graph, .lifting_size = s.lifting_size, .bits_per_block = s.bits_per_block},
          codeword_of(block));
    }
  } else if (soft.payload_bytes_ != format.payload_bytes || soft.graph_ != s.graph ||
             soft.limited_buffer_bits_ != format.limited_buffer_bits) {
    return result;
  }
  ++soft.transmissions_;
  const auto transport = transport_lanes_of(soft.transport_bits_, format, s);
  result.code_blocks = s.code_blocks;
  unsigned block = 0;
  for_each_block(format, s,
                 [&](const NrRateMatching& matching, std::size_t first_bit, std::size_t coded_begin) {
                   const unsigned b = block++;
                   if (soft.block_ok_[b] != 0) return;
                   nr_rate_recover(matching, llr.subspan(coded_begin, matching.coded_bits), codeword_of(b));
                   const auto decoded = decode_block(graph, s, codeword_of(b));
                   result.iterations += decoded.iterations;
                   soft.block_ok_[b] = is_right(s, decoded) ? 1 : 0;
                   result.code_blocks_failed += soft.block_ok_[b] != 0 ? 0 : 1;
                   std::copy_n(information_.begin(), s.bits_per_block - s.code_block_crc_bits,
                               transport.begin() + first_bit);
                 });
  finish(s, transport, payload, result);
  // Blocks that passed by chance must not lock out the right ones.
  if (!result.crc_ok && result.code_blocks_failed == 0) {
    std::fill(soft.block_ok_.begin(), soft.block_ok_.end(), std::uint8_t{0});
  }
  return result;
}

LdpcDecoder::Result NrTransportDecoder::decode_block(const NrLdpcGraph& graph, const NrSegmentation& s,
                                                     std::span<const modem::Llr> codeword) noexcept {
  const auto information = std::span(information_).first(s.information_bits);
  const Crc crc = s.code_block_crc_bits != 0           ? Crc::crc24b
                  : s.transport_crc_bits == crc24_bits ? Crc::crc24a
                                                       : Crc::crc16;
  if (!reference_) {
    return ldpc_.decode(graph, codeword,
                        {.max_iterations = config_.max_iterations, .crc = crc, .crc_bits = s.bits_per_block},
                        information);
  }
  const auto nats = std::span(codeword_nats_).first(codeword.size());
  for (std::size_t i = 0; i < nats.size(); ++i) nats[i] = static_cast<float>(codeword[i]) / modem::llr_scale;
  std::fill_n(nats.begin() + s.bits_per_block, s.filler_bits(), LdpcReferenceDecoder::known_zero_llr_nats);
  const auto decoded = reference_->decode(graph, nats, config_.max_iterations, information);
  return {.parity_ok = decoded.parity_ok,
          .decided = decoded.decided,
          .crc_ok = decoded.decided && crc_holds(crc, information.first(s.bits_per_block)),
          .iterations = decoded.iterations};
}

}  // namespace boresight::fec
