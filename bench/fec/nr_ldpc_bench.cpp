// Information bits per second of the NR LDPC code: BG1, Z = 384, K = 8448 unless said otherwise.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_transport.h"
#include "support/core_clock.h"

namespace {

using namespace boresight;
using fec::BaseGraph;
using fec::CheckRule;

void set_rate(benchmark::State& state, std::size_t bits) {
  state.counters["bits/s"] = benchmark::Counter(
      static_cast<double>(bits) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// All-zero codeword over AWGN; the decoder is symmetric.
std::vector<float> noisy_zeros(const fec::NrLdpcGraph& graph, unsigned sent_columns, double eb_n0_db) {
  Random random(1);
  std::vector<float> llr(graph.codeword_bits(), 0.0F);
  const double rate = static_cast<double>(graph.information_columns()) / (sent_columns - 2);
  const double variance = 1 / (2 * rate * std::pow(10, eb_n0_db / 10));
  for (std::size_t i = std::size_t{2} * graph.lifting_size();
       i < std::size_t{sent_columns} * graph.lifting_size(); ++i) {
    llr[i] = static_cast<float>(2 * (1 + std::sqrt(variance) * random.normal()) / variance);
  }
  return llr;
}

// Arguments: sent block columns, Eb/N0 in hundredths of a dB, iteration limit, CheckRule. Far below the
// threshold all iterations are used; far above, parity stops it.
void LdpcDecodeBg1(benchmark::State& state) {
  const fec::NrLdpcGraph graph(BaseGraph::bg1, 384);
  fec::LdpcReferenceDecoder decoder({.rule = static_cast<CheckRule>(state.range(3))});
  const auto llr =
      noisy_zeros(graph, static_cast<unsigned>(state.range(0)), 0.01 * static_cast<double>(state.range(1)));
  std::vector<std::uint8_t> bits(graph.information_bits());
  unsigned iterations = 0;
  for (auto _ : state) {
    iterations = decoder.decode(graph, llr, static_cast<unsigned>(state.range(2)), bits).iterations;
    benchmark::ClobberMemory();
  }
  state.counters["iterations"] = iterations;
  set_rate(state, bits.size());
}
constexpr auto sum_product = static_cast<long>(CheckRule::sum_product);
constexpr auto min_sum = static_cast<long>(CheckRule::min_sum);
BENCHMARK(LdpcDecodeBg1)
    ->ArgNames({"columns", "ebn0_cdb", "limit", "rule"})
    ->Args({46, 0, 5, min_sum})     // R = 1/2, five iterations
    ->Args({46, 0, 10, min_sum})    // R = 1/2, ten iterations
    ->Args({46, 250, 20, min_sum})  // R = 1/2, early stop
    ->Args({46, 800, 20, min_sum})  // R = 1/2, clean
    ->Args({28, 200, 5, min_sum})   // R = 22/26
    ->Args({46, 0, 5, sum_product});

// Cycles for a block's loads: two to each circulant and vector, of which one starts in a cycle if it crosses
// a cache line, else two do. A vector of 64 bytes at any place crosses one, of 32 every second does, of 16
// every fourth.
double bound_cycles(const fec::NrLdpcGraph& graph, unsigned rows, const std::string& target) {
  unsigned circulants = 0;
  for (unsigned row = 0; row < rows; ++row) {
    const unsigned columns = graph.information_columns() + (graph.is_extension(row) ? graph.core_rows() : 0);
    for (const fec::LdpcEdge edge : graph.row(row)) circulants += edge.column < columns ? 1 : 0;
  }
  const unsigned bytes = target.starts_with("AVX3") ? 64 : target == "AVX2" ? 32 : 16;
  const unsigned vectors = (graph.lifting_size() + 8 * bytes - 1) / (8 * bytes);
  return 2.0 * circulants * vectors * (0.5 + 0.5 * bytes / 64);
}

// Arguments: lifting size, block rows, and the SIMD target's place in simd_targets(), best first. times_bound
// is of the fastest of all rounds.
void LdpcEncodeBg1(benchmark::State& state) {
  const auto targets = simd_targets();
  if (static_cast<std::size_t>(state.range(2)) >= targets.size())
    return state.SkipWithError("no such target");
  const std::string& target = targets[static_cast<std::size_t>(state.range(2))];
  const fec::NrLdpcGraph graph(BaseGraph::bg1, static_cast<unsigned>(state.range(0)));
  const auto rows = static_cast<unsigned>(state.range(1));
  Random random(2);
  aligned_vector<std::uint8_t> information(graph.information_bits());
  for (auto& bit : information) bit = random.next() & 1U;
  aligned_vector<std::uint8_t> parity(std::size_t{rows} * graph.lifting_size());
  force_simd_target(target);
  constexpr int blocks = 16;
  double best_s = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < blocks; ++i) {
      fec::nr_ldpc_encode(graph, information, parity, rows);
      benchmark::ClobberMemory();
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best_s = std::min(best_s, time.count() / blocks);
  }
  force_simd_target({});
  state.SetLabel(target);
  state.counters["Gbit/s_best"] = static_cast<double>(information.size()) / best_s * 1e-9;
  if (target != "SCALAR") {
    state.counters["times_bound"] = best_s * core_clock_hz() / bound_cycles(graph, rows, target);
  }
  set_rate(state, blocks * information.size());
}
BENCHMARK(LdpcEncodeBg1)
    ->ArgNames({"Z", "rows", "target"})
    ->ArgsProduct({{384}, {46}, {0, 1, 2, 3, 4}})
    ->Args({384, 24, 0})  // R = 1/2
    ->Args({384, 4, 0})
    ->Args({96, 46, 0})
    ->Args({20, 46, 0});

// The whole transport path at 16-QAM, R = 1/2, clean soft bits: CRCs, rate recovery, one or two iterations.
void TransportDecode(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const fec::TransportFormat format{bytes, bytes * 16 / 4 * 4 + 400, 4, 0.5};
  fec::NrTransportEncoder encoder({.max_payload_bytes = bytes, .max_coded_bits = format.coded_bits});
  fec::NrTransportDecoder decoder({.max_payload_bytes = bytes, .max_coded_bits = format.coded_bits});
  Random random(3);
  std::vector<std::uint8_t> payload(bytes);
  random.fill(payload);
  std::vector<std::uint8_t> coded(format.coded_bits);
  encoder.encode(format, payload, coded);
  std::vector<modem::Llr> llrs(coded.size());
  for (std::size_t i = 0; i < llrs.size(); ++i) llrs[i] = coded[i] ? -40 : 40;
  bool ok = true;
  for (auto _ : state) ok = decoder.decode(format, llrs, payload).crc_ok && ok;
  if (!ok) state.SkipWithError("CRC failed");
  set_rate(state, 8 * bytes);
}
BENCHMARK(TransportDecode)->Arg(10)->Arg(1'000)->Arg(100'000);

}  // namespace
