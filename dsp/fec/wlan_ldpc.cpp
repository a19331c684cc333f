#include "boresight/fec/wlan_ldpc.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "fec/wlan_ldpc_data.h"

namespace boresight::fec {
namespace {

unsigned rows_of(WlanLdpcRate rate) {
  const auto [numerator, denominator] = wlan_ldpc_ratio(rate);
  return wlan_ldpc_columns * (denominator - numerator) / denominator;
}

// Annex F's order: for each length, for each rate.
unsigned first_table_row(unsigned codeword_bits, WlanLdpcRate rate) {
  unsigned row = 0;
  for (const unsigned length : wlan_ldpc_codeword_bits) {
    for (const auto r : {WlanLdpcRate::half, WlanLdpcRate::two_thirds, WlanLdpcRate::three_quarters,
                         WlanLdpcRate::five_sixths}) {
      if (length == codeword_bits && rows_of(r) == rows_of(rate)) return row;
      row += rows_of(r);
    }
  }
  // The text is made only when it is needed: graphs may be built inside calls that do not allocate.
  throw ConfigError("WlanLdpcGraph: codeword_bits " + std::to_string(codeword_bits) +
                    " is not 648, 1296 or 1944");
}

struct Table {
  std::array<LdpcEntry, ldpc_max_core_edges> all;
  std::size_t count = 0;
  operator std::span<const LdpcEntry>() const { return std::span(all).first(count); }
};

Table table(unsigned codeword_bits, WlanLdpcRate rate) {
  const unsigned first = first_table_row(codeword_bits, rate);
  Table edges;
  for (std::uint16_t i = 0; i < rows_of(rate); ++i) {
    const auto& shifts = detail::wlan_ldpc_rows[first + i];
    for (std::uint16_t j = 0; j < shifts.size(); ++j) {
      if (shifts[j] >= 0) edges.all[edges.count++] = {i, {j, static_cast<std::uint16_t>(shifts[j])}};
    }
  }
  return edges;
}

void xor_run(const std::uint8_t* __restrict in, std::uint8_t* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] = static_cast<std::uint8_t>(sum[i] ^ in[i]);
}

// sum[z] ^= in[(z + shift) mod Z]
void add_rotated(const std::uint8_t* in, std::size_t shift, std::uint8_t* sum, std::size_t z) {
  xor_run(in + shift, sum, z - shift);
  xor_run(in, sum + (z - shift), shift);
}

}  // namespace

WlanLdpcGraph::WlanLdpcGraph(unsigned codeword_bits, WlanLdpcRate rate)
    : LdpcGraph(rows_of(rate), wlan_ldpc_columns, rows_of(rate), codeword_bits / wlan_ldpc_columns,
                table(codeword_bits, rate)),
      rate_(rate) {}

void wlan_ldpc_encode(const WlanLdpcGraph& graph, std::span<const std::uint8_t> information,
                      std::span<std::uint8_t> parity) noexcept {
  const std::size_t z = graph.lifting_size();
  const unsigned kb = graph.information_columns();
  BORESIGHT_ASSERT(information.size() == graph.information_bits());
  BORESIGHT_ASSERT(parity.size() == graph.rows() * z);

  // What the information adds to check row i goes where parity column i + 1 will stand, since the double
  // diagonal makes it their difference; the last row's goes nowhere but into the sum of all rows. There the
  // double diagonal cancels, and so do two of the three circulants of column kb (shifts 1, 0, 1): that column
  // is the sum itself.
  const auto p = [&](unsigned i) { return parity.data() + i * z; };
  std::fill(parity.begin(), parity.end(), std::uint8_t{0});
  for (unsigned i = 0; i < graph.rows(); ++i) {
    std::uint8_t* sum = i + 1 < graph.rows() ? p(i + 1) : p(0);
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column < kb) add_rotated(information.data() + edge.column * z, edge.shift, sum, z);
    }
  }
  for (unsigned i = 1; i < graph.rows(); ++i) xor_run(p(i), p(0), z);

  for (unsigned i = 0; i + 1 < graph.rows(); ++i) {
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column == kb) add_rotated(p(0), edge.shift, p(i + 1), z);
    }
    if (i > 0) xor_run(p(i), p(i + 1), z);
  }
}

}  // namespace boresight::fec
