// A transport block from bytes to coded bits and back: the shared-channel coding of 5G NR.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_segmentation.h"
#include "boresight/modem/llr.h"

namespace boresight::fec {

// 3GPP TS 38.212 7.2: transport CRC, base graph, segmentation with code block CRCs, LDPC, rate matching,
// bit interleaving, concatenation. Payload bytes are read most significant bit first.
//
// An all-zero payload is an all-zero codeword (the CRCs start at zero), so a channel that says "zero" with
// confidence everywhere decodes to zeros with valid CRCs. That is harmless only behind a scrambler, which a
// user of these classes has to put around them (GoldSequence). A channel that says nothing (soft bits of
// zero) is reported as a failure.

/// What both ends must agree on. It may come from a frame header: every value is checked, none is trusted.
struct TransportFormat {
  std::size_t payload_bytes = 0;    ///< 1 or more; an empty payload is an invalid format
  std::size_t coded_bits = 0;       ///< G: a multiple of bits_per_symbol; any amount of repetition is fine
  unsigned bits_per_symbol = 2;     ///< Q_m: 1, 2, 4, 6, 8 or 10
  double code_rate = 0.5;           ///< nominal, in (0, 1]: only chooses the base graph
  unsigned redundancy_version = 0;  ///< 0..3
  /// N_ref, coded bits that the receiver's soft buffer keeps of a code block (I_LBRM = 1; 5.4.2.1): not below
  /// the block's K, and to be of use at least K + Z. 0: all of them.
  std::size_t limited_buffer_bits = 0;
};

/// Valid means: the ranges above hold and no code block gets fewer coded bits than it has information bits.
/// That is necessary for a transmission to be decoded by itself, not sufficient. What a block (K' without
/// filler) needs in a channel without noise, in coded bits:
///
///   redundancy version     0          1          2          3
///   base graph 1       1.05 K'    2.36 K'    1.82 K'    1.14 K'      version 1 and 2 begin behind most of
///   the base graph 2       1.10 K'    3.80 K'    2.60 K'    1.50 K'      information, or all of it
///
/// and, in noise, what the code's rate needs beyond. With limited_buffer_bits of less than K + Z the two
/// block columns that are never transmitted cannot be found, however much is repeated.
bool is_valid(const TransportFormat& format) noexcept;
/// The same but for the last condition: each code block gets at least one symbol. Enough for a transmission
/// that is combined with others (NrSoftBuffer).
bool is_valid_addition(const TransportFormat& format) noexcept;

class NrTransportEncoder {
 public:
  struct Config {
    std::size_t max_payload_bytes = 0;  ///< 1 .. 2^24
    std::size_t max_coded_bits = 0;     ///< 1 .. 2^28
  };

  /// ConfigError if a maximum is out of its range.
  explicit NrTransportEncoder(const Config& config);

  /// Writes format.coded_bits bit lanes. ConfigError if the format is no valid addition or beyond the maxima,
  /// or a span has another size than the format says. No allocation otherwise.
  void encode(const TransportFormat& format, std::span<const std::uint8_t> payload,
              std::span<std::uint8_t> coded_bits);

 private:
  Config config_;
  aligned_vector<std::uint8_t> transport_bits_;  ///< payload, padding, CRC as lanes
  aligned_vector<std::uint8_t> codeword_;
};

/// What one HARQ process remembers between the transmissions of a payload: the sum of the soft bits of each
/// code block, and the blocks that are already right. With room for the codewords of either base graph it
/// takes 53 kB for each 8448 bits of max_payload_bytes, 850 MB at the limit.
class NrSoftBuffer {
 public:
  struct Config {
    std::size_t max_payload_bytes = 0;  ///< 1 .. 2^24
  };

  /// ConfigError if max_payload_bytes is out of its range.
  explicit NrSoftBuffer(const Config& config);

  /// Before the first transmission of another payload.
  void clear() noexcept { transmissions_ = 0; }
  /// Combined since clear().
  unsigned transmissions() const { return transmissions_; }

 private:
  friend class NrTransportDecoder;

  std::size_t max_payload_bytes_;
  unsigned transmissions_ = 0;
  std::size_t payload_bytes_ = 0;
  BaseGraph graph_ = BaseGraph::bg1;
  std::size_t limited_buffer_bits_ = 0;
  aligned_vector<modem::Llr> codewords_;         ///< [block][all block columns]
  aligned_vector<std::uint8_t> transport_bits_;  ///< payload, padding, CRC as lanes
  aligned_vector<std::uint8_t> block_ok_;
};

class NrTransportDecoder {
 public:
  struct Config {
    std::size_t max_payload_bytes = 0;  ///< 1 .. 2^24
    std::size_t max_coded_bits = 0;     ///< 1 .. 2^28
    unsigned max_iterations = 20;       ///< per code block, 1 .. 1000
    /// Decodes with LdpcReferenceDecoder and this rule: the slow oracle in place of LdpcDecoder.
    std::optional<CheckRule> reference = {};
  };

  struct Result {
    bool crc_ok = false;  ///< transport CRC and every code block CRC hold, and every bit was decided
    unsigned code_blocks = 0;
    unsigned code_blocks_failed = 0;  ///< own CRC wrong (one block: transport CRC), or undecided bits
    unsigned iterations = 0;          ///< sum over the code blocks
  };

  /// ConfigError if a value is out of its range.
  explicit NrTransportDecoder(const Config& config);

  /// One transmission by itself. An invalid format, one beyond the maxima, or spans of other sizes than the
  /// format says, give a Result of zeros and leave `payload` alone. Otherwise `payload` gets the decisions,
  /// right or wrong.
  Result decode(const TransportFormat& format, std::span<const modem::Llr> llr,
                std::span<std::uint8_t> payload) noexcept;

  /// Adds one more transmission of the same payload to `soft_buffer` and decodes what came together so far.
  /// The format need only be a valid addition: a few bits of another redundancy version are worth adding.
  /// Redundancy version, coded_bits and bits_per_symbol may differ from those before; a payload_bytes, a base
  /// graph (code_rate) or a limited buffer other than at the first one is answered like an invalid format.
  /// Blocks that are right already are not decoded again.
  Result decode(const TransportFormat& format, std::span<const modem::Llr> llr, NrSoftBuffer& soft_buffer,
                std::span<std::uint8_t> payload) noexcept;

 private:
  /// Of a valid format (or addition): it and the spans are within the maxima and of one size.
  bool fits(const TransportFormat& format, std::size_t llrs, std::size_t payload_bytes) const noexcept;
  LdpcDecoder::Result decode_block(const NrLdpcGraph& graph, const NrSegmentation& segmentation,
                                   std::span<const modem::Llr> codeword) noexcept;

  Config config_;
  LdpcDecoder ldpc_;
  std::optional<LdpcReferenceDecoder> reference_;
  aligned_vector<std::uint8_t> transport_bits_;  ///< payload, padding, CRC as lanes
  aligned_vector<std::uint8_t> information_;     ///< one code block, K lanes
  aligned_vector<modem::Llr> codeword_;
  aligned_vector<float> codeword_nats_;  ///< for the reference only
};

}  // namespace boresight::fec
