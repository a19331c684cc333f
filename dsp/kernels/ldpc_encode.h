// Systematic encoding of the LDPC codes whose core parity is a double diagonal beside one column of weight
// three (5G NR); what it computes is told in boresight/fec/nr_ldpc_encoder.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::kernels {

inline constexpr unsigned ldpc_encode_max_rows = 46;
inline constexpr unsigned ldpc_encode_max_edges = 316;
inline constexpr unsigned ldpc_encode_max_lifting_size = 384;
inline constexpr unsigned ldpc_encode_core_rows = 4;
/// Information columns and the four of the core.
inline constexpr unsigned ldpc_encode_max_columns = 26;
/// Bits from one block column to the next, see LdpcEncodePlan::edges.
inline constexpr unsigned ldpc_encode_column_bits = 1024;

/// One circulant: ldpc_encode_column_bits x column + shift.
using LdpcEncodeEdge = std::uint32_t;

struct LdpcEncodePlan {
  /// Edges of a row that are summed: not those of its own parity column and, in the core rows, only those of
  /// information columns.
  struct Row {
    std::uint16_t begin;
    std::uint16_t end;
  };

  unsigned lifting_size = 0;         ///< Z, 2 .. 384
  unsigned information_columns = 0;  ///< at most 22
  unsigned row_count = 0;            ///< block rows of parity, the four of the core first
  std::array<Row, ldpc_encode_max_rows> rows;
  std::array<LdpcEncodeEdge, ldpc_encode_max_edges> edges;
  /// Shifts of the first core parity column in the core rows; below 0: the row does not use it.
  std::array<int, ldpc_encode_core_rows> first_core_shifts;
  /// The shift that remains of them in the sum of the core rows.
  unsigned remaining_shift = 0;
};

/// `information` holds information_columns x Z bit lanes, `parity` row_count x Z.
void ldpc_encode(const LdpcEncodePlan& plan, std::span<const std::uint8_t> information,
                 std::span<std::uint8_t> parity) noexcept;

}  // namespace boresight::kernels
