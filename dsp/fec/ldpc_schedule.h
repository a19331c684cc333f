// Where every vector of a layered decoder's iteration is read and written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "boresight/fec/ldpc_graph.h"
#include "kernels/ldpc.h"

namespace boresight::fec {

// Each column that a check updates has two buffers. A check reads the column from one, from a start that
// makes up for the difference between its circulant's shift and the last one's, and writes it to the other,
// so stores are aligned and a column stands rotated by the shift of the check that wrote it last:
//
//   buffer A   [ rotated by 17 | wrap ]   read from (40 - 17) mod n   ─▶   buffer B   [ rotated by 40 | wrap
//   ]
//
// After an iteration every column stands rotated by the shift of its last check, in buffer A or B by turns:
// the offsets of all even iterations are the same, and those of all odd ones. An extension row's own column
// is only read.
class LdpcSchedule {
 public:
  /// Allocates for every graph with Z * frames up to `max_lanes`.
  explicit LdpcSchedule(unsigned max_lanes);

  /// Bytes of totals and of messages that any schedule can use, for vectors of any width.
  std::size_t totals_bytes() const { return totals_bytes_; }
  std::size_t messages_bytes() const { return messages_bytes_; }

  /// Bit i of `rows_in_use`: block row i takes part. Does nothing if that is what was made last. Block
  /// columns hold `frames` codewords lane by lane: lane z * frames + f is bit z of codeword f.
  void make(const LdpcGraph& graph, std::uint64_t rows_in_use, unsigned frames, std::size_t vector_lanes);

  const kernels::LdpcLayout& layout() const { return layout_; }
  std::span<const kernels::LdpcRow> rows() const { return {rows_.data(), row_count_}; }

  /// Offsets of the iteration with this number, counted from 0.
  const std::uint16_t* sources(unsigned iteration) const { return phases_[iteration % 2].sources.data(); }
  const std::uint16_t* destinations(unsigned iteration) const {
    return phases_[iteration % 2].destinations.data();
  }

  /// Where a block column stands before the iteration with this number.
  struct Place {
    std::uint32_t offset;    ///< of its first lane
    std::uint32_t rotation;  ///< its first lane is lane `rotation` of the codeword's column
  };
  Place place(unsigned column, unsigned iteration) const {
    const Column& c = columns_[column];
    return {c.offset + (iteration * c.uses) % 2 * c.to_other_buffer, c.rotation};
  }

  /// Read offsets, chunks x degree, of the core rows' parity before the iteration with this number.
  struct Parity {
    const std::uint16_t* sources;
    std::size_t degree;
  };
  std::size_t core_rows() const { return core_rows_; }
  Parity parity(unsigned core_row, unsigned iteration) const {
    const Phase& phase = phases_[iteration % 2];
    return {phase.parity_sources.data() + parity_begin_[core_row] * layout_.chunks,
            parity_begin_[core_row + 1] - parity_begin_[core_row]};
  }

 private:
  struct Column {
    std::uint32_t offset;
    std::uint32_t to_other_buffer;
    std::uint32_t uses;
    std::uint32_t rotation;
  };
  struct Phase {
    std::vector<std::uint16_t> sources;
    std::vector<std::uint16_t> destinations;
    std::vector<std::uint16_t> parity_sources;
  };
  /// What the offsets were made for, edge by edge.
  struct Key {
    LdpcGraph graph;
    unsigned frames;
    std::uint64_t rows_in_use;
    std::size_t vector_lanes;
  };

  void place_columns(const LdpcGraph& graph, std::uint64_t rows_in_use, unsigned frames, std::size_t lanes);
  void make_phase(unsigned phase, const LdpcGraph& graph, std::uint64_t rows_in_use, unsigned frames,
                  std::size_t lanes);

  std::size_t totals_bytes_;
  std::size_t messages_bytes_;
  std::optional<Key> key_;
  kernels::LdpcLayout layout_{};
  std::size_t row_count_ = 0;
  std::size_t core_rows_ = 0;
  std::array<kernels::LdpcRow, ldpc_max_rows> rows_{};
  std::array<Column, ldpc_max_columns> columns_{};
  std::array<std::size_t, ldpc_max_rows + 1> parity_begin_{};
  std::array<Phase, 2> phases_;
};

}  // namespace boresight::fec
