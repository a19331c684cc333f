// The arithmetic of LdpcDecoder one check at a time, with ints and no layout: what every SIMD target has to
// give to the bit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_graph.h"

namespace boresight::fec {

struct LdpcInt8Oracle {
  std::vector<std::uint8_t> bits;
  LdpcDecoder::Result result;
};

inline LdpcInt8Oracle ldpc_int8_oracle(const LdpcGraph& graph, std::span<const modem::Llr> llr,
                                       const LdpcDecoder::Options& options) {
  const unsigned z = graph.lifting_size();
  std::vector<int> total(llr.size());
  for (std::size_t i = 0; i < llr.size(); ++i) {
    const int x = std::max<int>(llr[i], -127);
    total[i] = x < 0 ? -((1 - x) / 2) : (x + 1) / 2;
  }
  std::vector<bool> in_use(graph.rows(), true);
  for (unsigned row = graph.core_rows(); row < graph.rows(); ++row) {
    const auto own = llr.subspan(std::size_t{graph.own_column(row)} * z, z);
    in_use[row] = std::any_of(own.begin(), own.end(), [](modem::Llr x) { return x != 0; });
  }
  std::vector<int> message(std::size_t{graph.row_begin(graph.rows())} * z, 0);
  const auto saturate = [](int x) { return std::clamp(x, -128, 127); };
  const auto bit_of = [&](LdpcEdge edge, unsigned r) { return edge.column * z + (r + edge.shift) % z; };

  LdpcInt8Oracle oracle;
  oracle.bits.assign(graph.information_bits(), 0);
  const auto judge = [&] {
    auto& result = oracle.result;
    result.parity_ok = true;
    for (unsigned row = 0; row < graph.core_rows(); ++row) {
      for (unsigned r = 0; r < z; ++r) {
        bool odd = false;
        for (const LdpcEdge edge : graph.row(row)) odd ^= total[bit_of(edge, r)] < 0;
        result.parity_ok = result.parity_ok && !odd;
      }
    }
    result.decided = true;
    for (std::size_t i = 0; i < oracle.bits.size(); ++i) {
      oracle.bits[i] = total[i] < 0 ? 1 : 0;
      result.decided = result.decided && total[i] != 0;
    }
    result.parity_ok = result.parity_ok && result.decided;
    const std::size_t crc_bits = options.crc_bits != 0 ? options.crc_bits : oracle.bits.size();
    result.crc_ok = result.decided && crc_holds(options.crc, std::span(oracle.bits).first(crc_bits));
    return options.stop == LdpcDecoder::Stop::parity && result.parity_ok && result.decided &&
           (result.crc_ok || options.crc == Crc::none);
  };

  for (bool done = false; !done && oracle.result.iterations < options.max_iterations;) {
    for (unsigned row = 0; row < graph.rows(); ++row) {
      if (!in_use[row]) continue;
      const auto edges = graph.row(row);
      const std::size_t updated = edges.size() - (graph.is_extension(row) ? 1 : 0);
      for (unsigned r = 0; r < z; ++r) {
        std::vector<int> t(edges.size());
        for (std::size_t e = 0; e < edges.size(); ++e) {
          const int old = message[(graph.row_begin(row) + e) * z + r];
          t[e] = e < updated ? saturate(total[bit_of(edges[e], r)] - old) : total[bit_of(edges[e], r)];
        }
        for (std::size_t e = 0; e < updated; ++e) {
          int magnitude = 31;
          bool negative = false;
          for (std::size_t other = 0; other < edges.size(); ++other) {
            if (other == e) continue;
            magnitude = std::min(magnitude, std::abs(t[other]));
            negative ^= t[other] < 0;
          }
          magnitude = std::max(magnitude - 1, 0);
          const int answer = negative ? -magnitude : magnitude;
          message[(graph.row_begin(row) + e) * z + r] = answer;
          total[bit_of(edges[e], r)] = saturate(t[e] + answer);
        }
      }
    }
    ++oracle.result.iterations;
    done = judge();
  }
  if (options.max_iterations == 0) judge();
  return oracle;
}

}  // namespace boresight::fec
