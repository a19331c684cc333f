#include "boresight/fec/nr_base_graph.h"

#include <algorithm>
#include <string>

#include "boresight/core/error.h"
#include "fec/nr_base_graph_data.h"

namespace boresight::fec {
namespace {

std::span<const detail::BaseGraphEntry> entries(BaseGraph graph) {
  if (graph == BaseGraph::bg1) return detail::base_graph_1;
  return detail::base_graph_2;
}

constexpr unsigned no_set = 8;

struct Lifted {
  std::array<LdpcEntry, ldpc_max_edges> all;
  std::size_t count = 0;
  operator std::span<const LdpcEntry>() const { return std::span(all).first(count); }
};

Lifted lift(BaseGraph graph, unsigned lifting_size) {
  const unsigned set = nr_lifting_set(lifting_size);
  // The text is made only when it is needed: graphs are built inside calls that do not allocate.
  if (set == no_set) {
    throw ConfigError("NrLdpcGraph: lifting_size " + std::to_string(lifting_size) +
                      " is not one of the 51 of 38.212");
  }
  Lifted lifted;
  for (const auto& entry : entries(graph)) {
    const auto shift = static_cast<std::uint16_t>(entry.shift[set] % lifting_size);
    lifted.all[lifted.count++] = {entry.row, {entry.column, shift}};
  }
  return lifted;
}

}  // namespace

unsigned nr_lifting_set(unsigned lifting_size) noexcept {
  if (!std::binary_search(nr_lifting_sizes.begin(), nr_lifting_sizes.end(), lifting_size)) return no_set;
  // Table 5.3.2-1: Z = a 2^j with a = 2, 3, 5, 7, 9, 11, 13, 15 for the sets 0..7.
  unsigned odd = lifting_size;
  while (odd % 2 == 0) odd /= 2;
  return odd == 1 ? 0 : (odd - 1) / 2;
}

NrLdpcGraph::NrLdpcGraph(BaseGraph graph, unsigned lifting_size)
    : LdpcGraph(base_graph_rows(graph), base_graph_columns(graph), nr_core_rows, lifting_size,
                lift(graph, lifting_size)),
      graph_(graph) {}

}  // namespace boresight::fec
