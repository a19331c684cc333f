// Rate matching of the 5G NR LDPC code: from codewords to the number of bits the channel has, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/fec/nr_base_graph.h"
#include "boresight/modem/llr.h"

namespace boresight::fec {

/// One code block's passage through 3GPP TS 38.212 5.4.2. All functions need a lifting size of the table and
/// a bits_per_symbol of 1 or more.
struct NrRateMatching {
  BaseGraph graph = BaseGraph::bg1;
  unsigned lifting_size = 0;        ///< Z_c
  std::size_t bits_per_block = 0;   ///< K': the bits up to K are filler and never sent; at least 2 Z_c
  std::size_t coded_bits = 0;       ///< E, a multiple of bits_per_symbol
  unsigned bits_per_symbol = 2;     ///< Q_m, for the bit interleaver of 5.4.2.2
  unsigned redundancy_version = 0;  ///< rv_id, 0..3
  /// N_ref of the limited buffer (I_LBRM = 1), at least the K of the block; 0: the whole codeword.
  std::size_t limited_buffer_bits = 0;

  /// N_cb: the length of the circular buffer.
  std::size_t buffer_bits() const noexcept;
  /// Where reading starts in the circular buffer (table 5.4.2.1-2).
  std::size_t start() const noexcept;
  /// Block rows of parity that reading reaches: what the encoder has to compute, at least 4.
  unsigned rows_needed() const noexcept;
};

/// E_r of 5.4.2.1 for code block `block` of `code_blocks`, `coded_bits` (G) in all, one layer.
/// coded_bits is a multiple of bits_per_symbol.
std::size_t nr_coded_bits_of_block(std::size_t coded_bits, unsigned bits_per_symbol, unsigned code_blocks,
                                   unsigned block) noexcept;

/// Selects and interleaves. `codeword` holds all block columns up to rows_needed() (information with filler,
/// then parity), out.size() = E.
void nr_rate_match(const NrRateMatching& matching, std::span<const std::uint8_t> codeword,
                   std::span<std::uint8_t> out) noexcept;

/// Before the first transmission of a block: `codeword` (all block columns) becomes what a receiver of
/// nothing knows. Filler bits, from bits_per_block to K, are zeros for certain (llr_max), all others unknown
/// (0); the decoder loses blocks whose filler is left unknown. Only graph, lifting_size and bits_per_block
/// count.
void nr_begin_recovery(const NrRateMatching& matching, std::span<modem::Llr> codeword) noexcept;

/// The receiver's direction: adds the E soft bits to `codeword` (all block columns, nr_begin_recovery first),
/// where repeated bits add up and saturate at +-llr_max; filler is not touched. Calls with several redundancy
/// versions combine them (incremental redundancy).
void nr_rate_recover(const NrRateMatching& matching, std::span<const modem::Llr> llrs,
                     std::span<modem::Llr> codeword) noexcept;

}  // namespace boresight::fec
