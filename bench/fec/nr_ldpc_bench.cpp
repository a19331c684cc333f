// Information bits per second of the NR LDPC code: BG1, Z = 384, K = 8448 unless said otherwise.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_transport.h"

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

// Arguments: lifting size, block rows, and the SIMD target's place in simd_targets(), best first.
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
  for (auto _ : state) {
    fec::nr_ldpc_encode(graph, information, parity, rows);
    benchmark::ClobberMemory();
  }
  force_simd_target({});
  state.SetLabel(target);
  set_rate(state, information.size());
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
