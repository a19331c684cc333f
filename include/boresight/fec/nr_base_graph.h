// The two base graphs of the 5G NR LDPC code and their lifted forms, 3GPP TS 38.212 5.3.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "boresight/fec/ldpc_graph.h"

namespace boresight::fec {

enum class BaseGraph : std::uint8_t { bg1 = 1, bg2 = 2 };

/// Block rows of the parity check matrix: 46 or 42.
constexpr unsigned base_graph_rows(BaseGraph graph) {
  return graph == BaseGraph::bg1 ? 46 : 42;
}
/// Block columns: 68 or 52. The first two are never transmitted.
constexpr unsigned base_graph_columns(BaseGraph graph) {
  return graph == BaseGraph::bg1 ? 68 : 52;
}
/// Block columns that carry information: 22 or 10.
constexpr unsigned base_graph_information_columns(BaseGraph graph) {
  return graph == BaseGraph::bg1 ? 22 : 10;
}

/// Block rows 0..3 and the four parity columns that belong to them form the core; every further row adds
/// one parity column that no other row uses.
inline constexpr unsigned nr_core_rows = 4;
inline constexpr unsigned nr_punctured_columns = 2;
inline constexpr unsigned nr_max_lifting_size = 384;

/// All lifting sizes Z of table 5.3.2-1, ascending.
inline constexpr std::array<std::uint16_t, 51> nr_lifting_sizes{
    2,  3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  18,  20,
    22, 24,  26,  28,  30,  32,  36,  40,  44,  48,  52,  56,  60,  64,  72,  80,  88,
    96, 104, 112, 120, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384};

/// The set index i_LS (0..7) of a lifting size; 8 if `lifting_size` is not in the table.
unsigned nr_lifting_set(unsigned lifting_size) noexcept;

/// A base graph lifted by Z; building one takes a microsecond.
class NrLdpcGraph : public LdpcGraph {
 public:
  /// ConfigError if `lifting_size` is not in table 5.3.2-1.
  NrLdpcGraph(BaseGraph graph, unsigned lifting_size);

  BaseGraph base_graph() const { return graph_; }

 private:
  BaseGraph graph_;
};

}  // namespace boresight::fec
