#include "boresight/fec/nr_ldpc_encoder.h"

#include <algorithm>
#include <array>

#include "boresight/core/assert.h"

namespace boresight::fec {
namespace {

using Block = std::array<std::uint8_t, nr_max_lifting_size>;

void xor_run(const std::uint8_t* __restrict in, std::uint8_t* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] = static_cast<std::uint8_t>(sum[i] ^ in[i]);
}

// sum[z] ^= in[(z + shift) mod Z]
void add_rotated(const std::uint8_t* in, std::size_t shift, std::uint8_t* sum, std::size_t z) {
  xor_run(in + shift, sum, z - shift);
  xor_run(in, sum + (z - shift), shift);
}

}  // namespace

void nr_ldpc_encode(const NrLdpcGraph& graph, std::span<const std::uint8_t> information,
                    std::span<std::uint8_t> parity, unsigned rows) noexcept {
  const std::size_t z = graph.lifting_size();
  const unsigned kb = graph.information_columns();
  BORESIGHT_ASSERT(rows >= nr_core_rows && rows <= graph.rows());
  BORESIGHT_ASSERT(information.size() == graph.information_bits() && parity.size() == rows * z);

  // What the information adds to each core check, and the circulants of the weight-three column kb. Summing
  // all core rows cancels the double diagonal and the two equal circulants of column kb, which leaves one.
  std::array<Block, nr_core_rows> sums;
  Block total{};
  std::array<int, nr_core_rows> shift_of_kb{-1, -1, -1, -1};
  std::size_t odd_shift = 0;
  for (unsigned i = 0; i < nr_core_rows; ++i) {
    sums[i].fill(0);
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column < kb) add_rotated(information.data() + edge.column * z, edge.shift, sums[i].data(), z);
      if (edge.column == kb) {
        shift_of_kb[i] = edge.shift;
        odd_shift ^= edge.shift;
      }
    }
    xor_run(sums[i].data(), total.data(), z);
  }
  std::uint8_t* p0 = parity.data();
  std::copy_n(total.data(), z - odd_shift, p0 + odd_shift);
  std::copy_n(total.data() + (z - odd_shift), odd_shift, p0);

  for (unsigned i = 0; i + 1 < nr_core_rows; ++i) {
    std::uint8_t* next = parity.data() + (i + 1) * z;
    std::copy_n(sums[i].data(), z, next);
    if (shift_of_kb[i] >= 0) add_rotated(p0, static_cast<std::size_t>(shift_of_kb[i]), next, z);
    if (i > 0) xor_run(parity.data() + i * z, next, z);
  }

  for (unsigned i = nr_core_rows; i < rows; ++i) {
    std::uint8_t* own = parity.data() + i * z;
    std::fill_n(own, z, std::uint8_t{0});
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column == kb + i) continue;
      const std::uint8_t* in =
          edge.column < kb ? information.data() + edge.column * z : parity.data() + (edge.column - kb) * z;
      add_rotated(in, edge.shift, own, z);
    }
  }
}

}  // namespace boresight::fec
