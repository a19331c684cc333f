// How a transport block becomes code blocks, 3GPP TS 38.212 5.2.2, 6.2.1/6.2.2 and 7.2.1/7.2.2.
#pragma once

#include <cstddef>

#include "boresight/fec/nr_base_graph.h"

namespace boresight::fec {

/// The base graph of 6.2.2/7.2.2 for a payload of `payload_bits` (A) at the nominal `code_rate` (R): BG2 if
/// A <= 292, or A <= 3824 and R <= 0.67, or R <= 0.25; else BG1.
BaseGraph nr_choose_base_graph(std::size_t payload_bits, double code_rate) noexcept;

/// All lengths in bits. transport_bits + padding_bits is A of the clause.
struct NrSegmentation {
  BaseGraph graph = BaseGraph::bg1;
  std::size_t padding_bits = 0;      ///< zeros appended to the payload, see nr_segment
  unsigned transport_crc_bits = 0;   ///< 24 (CRC-24A) or 16
  unsigned code_blocks = 0;          ///< C
  unsigned code_block_crc_bits = 0;  ///< 24 (CRC-24B) if C > 1, else 0
  std::size_t bits_per_block = 0;    ///< K': payload, CRCs, no filler
  unsigned lifting_size = 0;         ///< Z_c
  std::size_t information_bits = 0;  ///< K = 22 Z_c or 10 Z_c; K - K' filler bits

  std::size_t filler_bits() const { return information_bits - bits_per_block; }
};

/// Divides `payload_bits` (1 .. 2^31, else all fields zero) for the given base graph.
///
/// 5.2.2 takes for granted that the code blocks come out equal, which the transport block sizes of 38.214 see
/// to. Here any payload is allowed, so it is first extended with `padding_bits` zeros, fewer than there are
/// code blocks, to the next length that divides. They are covered by the transport CRC like payload.
NrSegmentation nr_segment(std::size_t payload_bits, BaseGraph graph) noexcept;

}  // namespace boresight::fec
