// Quasi-cyclic parity-check matrices: what all LDPC decoders of the library work on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::fec {

/// One circulant: the identity of size Z, shifted right by `shift` (in 0..Z-1). Check z of the block row uses
/// bit (z + shift) mod Z of the block column.
struct LdpcEdge {
  std::uint16_t column;
  std::uint16_t shift;
};

/// An edge and the block row that it belongs to.
struct LdpcEntry {
  std::uint16_t row;
  LdpcEdge edge;
};

// The largest of the codes in the library, for storage of a fixed size.
inline constexpr unsigned ldpc_max_rows = 46;
inline constexpr unsigned ldpc_max_columns = 68;
/// A column that more than one row can use is kept twice by LdpcDecoder: columns() and, again, those before
/// the extension's.
inline constexpr unsigned ldpc_max_column_buffers = 94;
inline constexpr unsigned ldpc_max_edges = 316;
inline constexpr unsigned ldpc_max_core_edges = 88;
inline constexpr unsigned ldpc_max_row_degree = 22;
inline constexpr unsigned ldpc_max_lifting_size = 384;

/// A parity-check matrix of Z x Z circulants. A value of some 1.5 kB without heap memory: NrLdpcGraph (5G NR)
/// and WlanLdpcGraph (IEEE 802.11n) make those of the standards, its constructor any that fits the limits
/// above.
///
///            information columns   core parity    extension parity
///          ┌──────────────────────┬────────────┬─────────────────────┐
///     core │  circulants          │ circulants │ 0                   │  core_rows()
///          ├──────────────────────┴────────────┼─────────────────────┤
///          │  circulants                       │ I  (one per row)    │  rows() - core_rows()
///          └───────────────────────────────────┴─────────────────────┘
///
/// An extension row is the only one that uses its own parity column, the last of its edges.
class LdpcGraph {
 public:
  /// `entries`: rows ascending, none without edges, and in a row columns ascending. ConfigError, naming the
  /// value and its limit, if the matrix is not as drawn: Z in 2 .. 384, rows from 1 to ldpc_max_rows and
  /// fewer than columns, columns to ldpc_max_columns, core_rows from 1 to rows, ldpc_max_column_buffers; 2 to
  /// ldpc_max_row_degree edges in a row, ldpc_max_edges in all, ldpc_max_core_edges in the core; shifts below
  /// Z; core rows without extension columns; extension rows with their own column (shift 0) and no other's.
  /// No allocation otherwise.
  LdpcGraph(unsigned rows, unsigned columns, unsigned core_rows, unsigned lifting_size,
            std::span<const LdpcEntry> entries);

  /// The same matrix.
  bool operator==(const LdpcGraph& other) const noexcept;

  unsigned lifting_size() const { return lifting_size_; }
  unsigned rows() const { return rows_; }
  unsigned columns() const { return columns_; }
  unsigned core_rows() const { return core_rows_; }
  unsigned information_columns() const { return columns_ - rows_; }
  std::size_t information_bits() const { return std::size_t{information_columns()} * lifting_size_; }
  /// All bits, those that are never transmitted included.
  std::size_t codeword_bits() const { return std::size_t{columns_} * lifting_size_; }

  /// Edges of block row `i`, columns ascending.
  std::span<const LdpcEdge> row(unsigned i) const {
    return {edges_.data() + row_begin_[i], edges_.data() + row_begin_[i + 1]};
  }
  /// Index of the first edge of block row `i` among all edges; row rows() gives their number.
  unsigned row_begin(unsigned i) const { return row_begin_[i]; }

  /// Block row `i` >= core_rows() and the parity column of its own.
  bool is_extension(unsigned i) const { return i >= core_rows_; }
  unsigned own_column(unsigned i) const { return information_columns() + i; }

 private:
  void check_entry(const LdpcEntry& entry, std::size_t before_in_row) const;

  unsigned rows_;
  unsigned columns_;
  unsigned core_rows_;
  unsigned lifting_size_;
  std::array<std::uint16_t, ldpc_max_rows + 1> row_begin_{};
  std::array<LdpcEdge, ldpc_max_edges> edges_{};
};

}  // namespace boresight::fec
