#include "boresight/fec/nr_ldpc_encoder.h"

#include "boresight/core/assert.h"
#include "kernels/ldpc_encode.h"

namespace boresight::fec {

static_assert(kernels::ldpc_encode_core_rows == nr_core_rows);
static_assert(kernels::ldpc_encode_max_rows >= ldpc_max_rows);
static_assert(kernels::ldpc_encode_max_edges >= ldpc_max_edges);
static_assert(kernels::ldpc_encode_max_lifting_size >= nr_max_lifting_size);

void nr_ldpc_encode(const NrLdpcGraph& graph, std::span<const std::uint8_t> information,
                    std::span<std::uint8_t> parity, unsigned rows) noexcept {
  const unsigned kb = graph.information_columns();
  BORESIGHT_ASSERT(rows >= nr_core_rows && rows <= graph.rows());
  BORESIGHT_ASSERT(information.size() == graph.information_bits() &&
                   parity.size() == std::size_t{rows} * graph.lifting_size());

  kernels::LdpcEncodePlan plan;
  plan.lifting_size = graph.lifting_size();
  plan.information_columns = kb;
  plan.row_count = rows;
  plan.first_core_shifts.fill(-1);
  const LdpcEdge* edges = graph.row(0).data();
  for (unsigned e = 0; e < graph.row_begin(rows); ++e) {
    plan.edges[e] = edges[e].column * kernels::ldpc_encode_column_bits + edges[e].shift;
  }
  for (unsigned i = 0; i < rows; ++i) {
    unsigned end = graph.row_begin(i + 1) - 1;
    for (; i < nr_core_rows && edges[end].column >= kb; --end) {
      if (edges[end].column != kb) continue;
      plan.first_core_shifts[i] = edges[end].shift;
      plan.remaining_shift ^= edges[end].shift;  // two of the three are equal
    }
    plan.rows[i] = {.begin = static_cast<std::uint16_t>(graph.row_begin(i)),
                    .end = static_cast<std::uint16_t>(i < nr_core_rows ? end + 1 : end)};
  }
  kernels::ldpc_encode(plan, information, parity);
}

}  // namespace boresight::fec
