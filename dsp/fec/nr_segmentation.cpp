#include "boresight/fec/nr_segmentation.h"

#include <algorithm>

namespace boresight::fec {
namespace {

constexpr std::size_t max_payload_bits = std::size_t{1} << 31;

// K_b of 5.2.2: how many of the information columns are used, which sets Z; the rest is filler.
unsigned used_columns(BaseGraph graph, std::size_t transport_bits_with_crc) {
  if (graph == BaseGraph::bg1) return 22;
  if (transport_bits_with_crc > 640) return 10;
  if (transport_bits_with_crc > 560) return 9;
  if (transport_bits_with_crc > 192) return 8;
  return 6;
}

}  // namespace

BaseGraph nr_choose_base_graph(std::size_t payload_bits, double code_rate) noexcept {
  const bool bg2 = payload_bits <= 292 || (payload_bits <= 3824 && code_rate <= 0.67) || code_rate <= 0.25;
  return bg2 ? BaseGraph::bg2 : BaseGraph::bg1;
}

NrSegmentation nr_segment(std::size_t payload_bits, BaseGraph graph) noexcept {
  if (payload_bits == 0 || payload_bits > max_payload_bits) return {};
  NrSegmentation s;
  s.graph = graph;
  s.transport_crc_bits = payload_bits > 3824 ? 24 : 16;
  const std::size_t b = payload_bits + s.transport_crc_bits;
  const std::size_t k_cb = graph == BaseGraph::bg1 ? 8448 : 3840;
  if (b <= k_cb) {
    s.code_blocks = 1;
    s.bits_per_block = b;
  } else {
    s.code_block_crc_bits = 24;
    const std::size_t room = k_cb - s.code_block_crc_bits;
    s.code_blocks = static_cast<unsigned>((b + room - 1) / room);
    const std::size_t share = (b + s.code_blocks - 1) / s.code_blocks;
    s.padding_bits = share * s.code_blocks - b;
    s.bits_per_block = share + s.code_block_crc_bits;
  }
  const unsigned k_b = used_columns(graph, b);
  s.lifting_size =
      *std::lower_bound(nr_lifting_sizes.begin(), nr_lifting_sizes.end(), (s.bits_per_block + k_b - 1) / k_b);
  s.information_bits = std::size_t{base_graph_information_columns(graph)} * s.lifting_size;
  return s;
}

}  // namespace boresight::fec
