#include "boresight/fec/ldpc_graph.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "boresight/core/error.h"

namespace boresight::fec {
namespace {

// Graphs are built inside calls that do not allocate: the text is made only when it is needed.
void require_range(const char* what, std::size_t value, std::size_t low, std::size_t high) {
  if (value >= low && value <= high) return;
  throw ConfigError("LdpcGraph: " + std::string(what) + ' ' + std::to_string(value) + " is not in " +
                    std::to_string(low) + " .. " + std::to_string(high));
}

[[noreturn]] void refuse(const LdpcEntry& entry, const char* why) {
  throw ConfigError("LdpcGraph: edge of row " + std::to_string(entry.row) + " to column " +
                    std::to_string(entry.edge.column) + ", shift " + std::to_string(entry.edge.shift) + ": " +
                    why);
}

}  // namespace

LdpcGraph::LdpcGraph(unsigned rows, unsigned columns, unsigned core_rows, unsigned lifting_size,
                     std::span<const LdpcEntry> entries)
    : rows_(rows), columns_(columns), core_rows_(core_rows), lifting_size_(lifting_size) {
  require_range("lifting_size", lifting_size, 2, ldpc_max_lifting_size);
  require_range("rows", rows, 1, ldpc_max_rows);
  require_range("columns", columns, rows + 1, ldpc_max_columns);
  require_range("core_rows", core_rows, 1, rows);
  require_range("columns and those before the extension", columns + information_columns() + core_rows, 0,
                ldpc_max_column_buffers);
  require_range("edges", entries.size(), 0, ldpc_max_edges);

  std::uint16_t count = 0;
  auto entry = entries.begin();
  for (unsigned row = 0; row < rows; ++row) {
    row_begin_[row] = count;
    for (; entry != entries.end() && entry->row == row; ++entry, ++count) {
      check_entry(*entry, count - row_begin_[row]);
      edges_[count] = entry->edge;
    }
    require_range("edges of a row", count - row_begin_[row], 2, ldpc_max_row_degree);
    if (is_extension(row) && edges_[count - 1U].column != own_column(row)) {
      refuse(*(entry - 1), "an extension row ends with its own column");
    }
    row_begin_[row + 1] = count;
  }
  if (entry != entries.end()) refuse(*entry, "rows do not ascend");
  require_range("edges of the core", row_begin_[core_rows], 0, ldpc_max_core_edges);
}

void LdpcGraph::check_entry(const LdpcEntry& entry, std::size_t before_in_row) const {
  const unsigned column = entry.edge.column;
  if (before_in_row > 0 && edges_[row_begin_[entry.row] + before_in_row - 1].column >= column) {
    refuse(entry, "columns do not ascend");
  }
  if (column >= columns_) refuse(entry, "there is no such column");
  if (entry.edge.shift >= lifting_size_) refuse(entry, "the shift is not below the lifting size");
  if (column < information_columns() + core_rows_) return;
  if (!is_extension(entry.row) || column != own_column(entry.row)) {
    refuse(entry, "that is another row's own column");
  }
  if (entry.edge.shift != 0) refuse(entry, "an own column is not shifted");
}

bool LdpcGraph::operator==(const LdpcGraph& other) const noexcept {
  // A decoder compares with every call: in one go.
  static_assert(sizeof(LdpcEdge) == 2 * sizeof(std::uint16_t), "no padding");
  return rows_ == other.rows_ && columns_ == other.columns_ && core_rows_ == other.core_rows_ &&
         lifting_size_ == other.lifting_size_ && row_begin_ == other.row_begin_ &&
         std::memcmp(edges_.data(), other.edges_.data(), row_begin_[rows_] * sizeof(LdpcEdge)) == 0;
}

}  // namespace boresight::fec
