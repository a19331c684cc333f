// Encoding, rate matching and transport blocks of 5G NR against a second path written from the text of 3GPP
// TS 38.212 alone, and against digests of what other implementations made of the same bits. This file shares
// only the numbers of the base graphs with the library.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"
#include "boresight/fec/nr_transport.h"
#include "fec/nr_base_graph_data.h"

namespace boresight::fec {
namespace {

using Bits = std::vector<std::uint8_t>;
using BitsOrNull = std::vector<int>;
constexpr int null = -1;

// Bits that are easily made elsewhere: the highest bits of Knuth's linear congruential generator (MMIX).
Bits lcg_bits(std::uint64_t seed, std::size_t n) {
  Bits bits(n);
  for (auto& bit : bits) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    bit = static_cast<std::uint8_t>(seed >> 63);
  }
  return bits;
}

// 5.1: the remainder of D^L a(D), where `generator` has D^L as its highest bit.
void append_crc(Bits& a, std::uint64_t generator, unsigned length) {
  std::uint64_t r = 0;
  Bits padded(a);
  padded.resize(a.size() + length, 0);
  for (const auto bit : padded) {
    r = (r << 1) | bit;
    if ((r >> length) != 0) r ^= generator;
  }
  for (unsigned i = 0; i < length; ++i) a.push_back((r >> (length - 1 - i)) & 1U);
}

// Table 5.3.2-1: i_LS is the first factor's place.
constexpr unsigned first_factors[] = {2, 3, 5, 7, 9, 11, 13, 15};

std::vector<unsigned> all_lifting_sizes() {
  std::vector<unsigned> all;
  for (const unsigned a : first_factors) {
    for (unsigned z = a; z <= 384; z *= 2) all.push_back(z);
  }
  std::sort(all.begin(), all.end());
  return all;
}

// One base graph lifted: the ones of H, row by row, with P_i,j = mod(V_i,j, Z_c).
struct DenseGraph {
  DenseGraph(BaseGraph graph, unsigned lifting_size) : z(lifting_size) {
    const bool bg1 = graph == BaseGraph::bg1;
    information_columns = bg1 ? 22 : 10;
    rows.resize((bg1 ? 46 : 42) * z);
    columns = (bg1 ? 68 : 52) * z;
    std::size_t set = 0;
    for (std::size_t s = 0; s < 8; ++s) {
      for (unsigned size = first_factors[s]; size <= 384; size *= 2) set = size == z ? s : set;
    }
    if (bg1) lift(detail::base_graph_1, set);
    if (!bg1) lift(detail::base_graph_2, set);
  }

  template <typename Table>
  void lift(const Table& table, std::size_t set) {
    for (const auto& entry : table) {
      const unsigned p = entry.shift[set] % z;
      // I(P) is the identity shifted to the right P times: row r has its one in column r + P.
      for (unsigned r = 0; r < z; ++r) rows[entry.row * z + r].push_back(entry.column * z + (r + p) % z);
    }
  }

  std::size_t information_bits() const { return information_columns * z; }

  unsigned z;
  unsigned information_columns;
  std::size_t columns;
  std::vector<std::vector<std::size_t>> rows;
};

// The codeword of H c = 0 that begins with `information`, by Gaussian elimination over the four core columns
// of parity; every further row has one unknown bit of its own. Empty if it were not unique.
Bits solve(const DenseGraph& h, const Bits& information) {
  const std::size_t k = h.information_bits();
  const std::size_t n = std::size_t{4} * h.z;
  const std::size_t words = n / 64 + 1;  // unknowns and, as bit n, the right-hand side
  std::vector<std::vector<std::uint64_t>> m(n, std::vector<std::uint64_t>(words, 0));
  const auto flip = [](std::vector<std::uint64_t>& row, std::size_t i) {
    row[i / 64] ^= std::uint64_t{1} << i % 64;
  };
  const auto at = [](const std::vector<std::uint64_t>& row, std::size_t i) {
    return (row[i / 64] >> i % 64) & 1U;
  };
  for (std::size_t i = 0; i < n; ++i) {
    for (const std::size_t column : h.rows[i]) {
      if (column >= k + n) return {};
      if (column >= k) flip(m[i], column - k);
      if (column < k && information[column]) flip(m[i], n);
    }
  }
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    while (pivot < n && !at(m[pivot], column)) ++pivot;
    if (pivot == n) return {};
    std::swap(m[pivot], m[column]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == column || !at(m[i], column)) continue;
      for (std::size_t w = column / 64; w < words; ++w) m[i][w] ^= m[column][w];
    }
  }
  Bits c(information);
  for (std::size_t i = 0; i < n; ++i) c.push_back(static_cast<std::uint8_t>(at(m[i], n)));
  for (std::size_t i = n; i < h.rows.size(); ++i) {
    unsigned sum = 0;
    for (const std::size_t column : h.rows[i]) {
      if (column > c.size()) return {};
      if (column < c.size()) sum += c[column];
    }
    c.push_back(sum % 2);
  }
  return c;
}

// 5.3.2: the bits d, of which those from K' to K are <NULL>.
BitsOrNull without_punctured(const DenseGraph& h, const Bits& codeword, std::size_t k_prime) {
  BitsOrNull d;
  for (std::size_t i = std::size_t{2} * h.z; i < codeword.size(); ++i) {
    d.push_back(i >= k_prime && i < h.information_bits() ? null : codeword[i]);
  }
  return d;
}

// 5.4.2.1 with table 5.4.2.1-2 and N_cb = N, then 5.4.2.2.
Bits rate_match(const DenseGraph& h, const BitsOrNull& d, std::size_t e_r, std::size_t q_m, unsigned rv) {
  const bool bg1 = h.information_columns == 22;
  const std::size_t n_cb = d.size();
  const std::size_t numerators[2][4] = {{0, 17, 33, 56}, {0, 13, 25, 43}};
  const std::size_t k_0 = numerators[bg1 ? 0 : 1][rv] * n_cb / ((bg1 ? 66 : 50) * h.z) * h.z;
  Bits e(e_r);
  for (std::size_t k = 0, j = 0; k < e_r; ++j) {
    const int bit = d[(k_0 + j) % n_cb];
    if (bit != null) e[k++] = static_cast<std::uint8_t>(bit);
  }
  Bits f(e_r);
  for (std::size_t j = 0; j < e_r / q_m; ++j) {
    for (std::size_t i = 0; i < q_m; ++i) f[i + j * q_m] = e[i * e_r / q_m + j];
  }
  return f;
}

void append(std::vector<std::uint8_t>& all, const Bits& bits) {
  all.insert(all.end(), bits.begin(), bits.end());
}

// Every lifting size: codewords of random information, and with Z + floor(Z / 3) filler bits all redundancy
// versions, modulations and one amount below and one above a whole pass of the buffer.
void check_graph(BaseGraph base, const std::string& codeword_digest, const std::string& matched_digest) {
  Bits all_codewords;
  Bits all_matched;
  for (const unsigned z : all_lifting_sizes()) {
    const DenseGraph h(base, z);
    const NrLdpcGraph graph(base, z);
    const std::size_t k = h.information_bits();
    Bits information = lcg_bits(z, k);
    Bits codeword(information);
    codeword.resize(h.columns);
    nr_ldpc_encode(graph, information, std::span(codeword).subspan(k), graph.rows());
    ASSERT_EQ(codeword, solve(h, information)) << z;
    append(all_codewords, codeword);

    const std::size_t filler = z + z / 3;
    std::fill(information.end() - static_cast<std::ptrdiff_t>(filler), information.end(), std::uint8_t{0});
    const BitsOrNull d = without_punctured(h, solve(h, information), k - filler);
    for (unsigned rv = 0; rv < 4; ++rv) {
      for (const unsigned q_m : {1U, 2U, 4U, 6U, 8U}) {
        for (const auto& [numerator, denominator] : {std::pair{3, 5}, std::pair{9, 4}}) {
          const std::size_t e_r =
              std::max<std::size_t>((d.size() - filler) * numerator / denominator / q_m, 1) * q_m;
          const NrRateMatching m{base, z, k - filler, e_r, q_m, rv};
          codeword.assign(information.begin(), information.end());
          codeword.resize(k + std::size_t{m.rows_needed()} * z);
          nr_ldpc_encode(graph, information, std::span(codeword).subspan(k), m.rows_needed());
          Bits f(e_r);
          nr_rate_match(m, codeword, f);
          ASSERT_EQ(f, rate_match(h, d, e_r, q_m, rv)) << z << ' ' << rv << ' ' << q_m;
          append(all_matched, f);
        }
      }
    }
  }
  EXPECT_EQ(to_hex(sha256(all_codewords)), codeword_digest);
  EXPECT_EQ(to_hex(sha256(all_matched)), matched_digest);
}

// The digests of the codewords are those of sionna-no-rt 1.2.2 (LDPC5GEncoder: its own tables, lifting and
// inverse of the core), those of the rate-matched bits of py3gpp 0.6.0 (nrRateMatchLDPC) applied to them.
TEST(NrConformance, EveryLiftingSizeAndRedundancyVersionOfBaseGraph1) {
  check_graph(BaseGraph::bg1, "68614ce1b39b56d7938e87f17e3cc7cb5c992499dc344e1590d62a47de469e3d",
              "6765158c72be92a186d65da6d74424e375c22621ae2aaaea2d92f70e4f2543a4");
}
TEST(NrConformance, EveryLiftingSizeAndRedundancyVersionOfBaseGraph2) {
  check_graph(BaseGraph::bg2, "0d385ea09c480e49819c132cacd71919209f05bd0a95e457cc8df81f6db3dac4",
              "8e554e5beefb542b1798d8e9f1c7e1916c2f78108acf28dbbc452781e3f39bed");
}

struct TransportCase {
  std::size_t payload_bits;  // A; B comes out as a multiple of C
  std::size_t coded_bits;    // G
  double rate;               // R
  unsigned q_m;
};

// 7.2 for one layer and everything scheduled.
Bits slow_transport(const TransportCase& t, const Bits& payload, unsigned rv) {
  Bits b(payload);
  t.payload_bits > 3824 ? append_crc(b, 0x1864CFB, 24) : append_crc(b, 0x11021, 16);
  const bool bg2 = t.payload_bits <= 292 || (t.payload_bits <= 3824 && t.rate <= 0.67) || t.rate <= 0.25;
  const std::size_t k_cb = bg2 ? 3840 : 8448;
  const std::size_t c = b.size() <= k_cb ? 1 : (b.size() + k_cb - 24 - 1) / (k_cb - 24);
  const std::size_t share = b.size() / c;
  EXPECT_EQ(share * c, b.size());
  const std::size_t k_prime = c == 1 ? share : share + 24;
  const std::size_t k_b = !bg2 ? 22 : b.size() > 640 ? 10 : b.size() > 560 ? 9 : b.size() > 192 ? 8 : 6;
  unsigned z = 0;
  for (const unsigned size : all_lifting_sizes()) {
    if (z == 0 && k_b * size >= k_prime) z = size;
  }
  const DenseGraph h(bg2 ? BaseGraph::bg2 : BaseGraph::bg1, z);
  Bits g;
  for (std::size_t r = 0; r < c; ++r) {
    Bits block(b.begin() + static_cast<std::ptrdiff_t>(r * share),
               b.begin() + static_cast<std::ptrdiff_t>((r + 1) * share));
    if (c > 1) append_crc(block, 0x1800063, 24);
    block.resize(h.information_bits(), 0);
    const auto symbols = t.coded_bits / t.q_m;
    const bool first_kind = static_cast<long>(r) <= static_cast<long>(c - symbols % c) - 1;
    const std::size_t e_r = t.q_m * (first_kind ? symbols / c : (symbols + c - 1) / c);
    append(g, rate_match(h, without_punctured(h, solve(h, block), k_prime), e_r, t.q_m, rv));
  }
  return g;
}

const TransportCase transport_cases[] = {
    {24, 120, 0.3, 2},       {64, 256, 0.35, 2},      {184, 600, 0.4, 2},       {208, 640, 0.4, 4},
    {320, 960, 0.4, 4},      {528, 1200, 0.5, 2},     {576, 1200, 0.5, 2},      {640, 1536, 0.5, 6},
    {1032, 2400, 0.5, 4},    {2024, 4096, 0.55, 4},   {3752, 7200, 0.55, 6},    {3752, 4000, 0.9, 4},
    {3840, 7680, 0.55, 4},   {3904, 5200, 0.8, 4},    {8456, 16000, 0.55, 2},   {8456, 12000, 0.72, 6},
    {7680, 32640, 0.235, 2}, {11528, 48004, 0.24, 4}, {11528, 48006, 0.24, 6},  {16896, 30000, 0.6, 6},
    {30216, 50000, 0.65, 8}, {30216, 50008, 0.65, 8}, {100392, 150000, 0.7, 6},
};

Bits fast_transport(const TransportCase& t, const Bits& payload, unsigned rv) {
  NrTransportEncoder encoder({.max_payload_bytes = t.payload_bits / 8, .max_coded_bits = t.coded_bits});
  std::vector<std::uint8_t> bytes(t.payload_bits / 8);
  pack_msb_first(payload, bytes);
  Bits coded(t.coded_bits);
  encoder.encode({t.payload_bits / 8, t.coded_bits, t.q_m, t.rate, rv}, bytes, coded);
  return coded;
}

TEST(NrConformance, TransportBlocksOfEveryRedundancyVersion) {
  for (const TransportCase& t : transport_cases) {
    if (t.payload_bits > 20'000) continue;  // the slow path's time grows with the blocks
    const Bits payload = lcg_bits(t.payload_bits + t.coded_bits, t.payload_bits);
    for (unsigned rv = 0; rv < 4; ++rv) {
      ASSERT_EQ(fast_transport(t, payload, rv), slow_transport(t, payload, rv))
          << t.payload_bits << ' ' << rv;
    }
  }
}

// All of them at redundancy version 0 as sionna-no-rt 1.2.2 (TBEncoder without its scrambler) makes them.
TEST(NrConformance, TransportBlocksAreThoseOfSionna) {
  Bits all;
  for (const TransportCase& t : transport_cases) {
    append(all, fast_transport(t, lcg_bits(t.payload_bits + t.coded_bits, t.payload_bits), 0));
  }
  EXPECT_EQ(to_hex(sha256(all)), "dd5e8346b18f0e85729877547242490696407bbe831a7831445e0dadccd47197");
}

}  // namespace
}  // namespace boresight::fec
