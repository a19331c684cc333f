// The int8 LDPC decoder on every SIMD target: BG1, Z = 384, K = 8448, soft bits in to hard bits out with CRC.
//
// cycles_per_edge: core cycles per 64 lanes of one edge of the parity-check matrix in one iteration,
// everything included. Minimum of all calls, because the machine is shared. times_bound: against what the
// execution ports of Intel's cores allow, 5.9 with AVX-512 (docs/performance.md).
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/wlan_ldpc.h"
#include "support/core_clock.h"

namespace {

using namespace boresight;

struct Rate {
  const char* name;
  std::size_t sent_bits;
};
constexpr Rate rates[] = {{"1/3", 25344}, {"1/2", 16896}, {"2/3", 12672}, {"3/4", 11264}, {"5/6", 10138}};

// The all-zero codeword at Eb/N0 8 dB; the decoder is symmetric and the number of iterations fixed.
std::vector<modem::Llr> noisy_zeros(const fec::LdpcGraph& graph, std::size_t sent_bits) {
  Random random(1);
  std::vector<modem::Llr> llr(graph.codeword_bits(), 0);
  const double rate = static_cast<double>(graph.information_bits()) / static_cast<double>(sent_bits);
  const double variance = 1 / (2 * rate * std::pow(10, 0.8));
  const std::size_t begin = std::size_t{fec::nr_punctured_columns} * graph.lifting_size();
  for (std::size_t i = begin; i < begin + sent_bits; ++i) {
    llr[i] =
        modem::quantize_llr(static_cast<float>(2 * (1 + std::sqrt(variance) * random.normal()) / variance));
  }
  return llr;
}

// Cycles per 64 lanes of an edge: six operations for which there is one port of 512 bits, or two of 256 or
// 128. (Other processors have more of them.)
double bound_cycles(const std::string& target) {
  return target == "AVX2" || target.starts_with("AVX3") ? 5.9 : 2 * 5.9;
}

void decode(benchmark::State& state, const std::string& target, Rate rate) {
  force_simd_target(target);
  const fec::NrLdpcGraph graph(fec::BaseGraph::bg1, 384);
  const auto llr = noisy_zeros(graph, rate.sent_bits);
  fec::LdpcDecoder decoder({});
  std::vector<std::uint8_t> bits(graph.information_bits());
  const auto iterations = static_cast<unsigned>(state.range(0));
  const fec::LdpcDecoder::Options options{.max_iterations = iterations,
                                          .stop = fec::LdpcDecoder::Stop::never,
                                          .crc = fec::Crc::crc24b,
                                          .crc_bits = bits.size()};
  constexpr int blocks = 64;
  double best_s = std::numeric_limits<double>::infinity();
  double clock_hz = 0;
  bool ok = true;
  int runs = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < blocks; ++i) ok = decoder.decode(graph, llr, options, bits).crc_ok && ok;
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best_s = std::min(best_s, time.count() / blocks);
    if (runs++ % 64 == 0) {
      state.PauseTiming();
      clock_hz = std::max(clock_hz, core_clock_hz());
      state.ResumeTiming();
    }
  }
  if (!ok) state.SkipWithError("a clean block failed");
  const std::size_t columns = (rate.sent_bits + graph.lifting_size() - 1) / graph.lifting_size();
  const unsigned rows =
      static_cast<unsigned>(columns) + fec::nr_punctured_columns - graph.information_columns();
  const double edge_updates = graph.row_begin(rows) * 6.0 * iterations;
  state.counters["Mbit/s_best"] = static_cast<double>(bits.size()) / best_s * 1e-6;
  const double cycles = best_s * clock_hz / edge_updates;
  state.counters["cycles_per_edge"] = cycles;
  state.counters["times_bound"] = cycles / bound_cycles(target);
  state.counters["GHz"] = clock_hz * 1e-9;
  force_simd_target({});
}

// 24 blocks of IEEE 802.11n, length 1944: three of them share the lanes.
void decode_wlan(benchmark::State& state, const std::string& target, fec::WlanLdpcRate rate) {
  force_simd_target(target);
  constexpr std::size_t blocks = 24;
  const fec::WlanLdpcGraph graph(1944, rate);
  std::vector<modem::Llr> llr;
  Random random(2);
  for (std::size_t i = 0; i < blocks * graph.codeword_bits(); ++i) {
    llr.push_back(modem::quantize_llr(static_cast<float>(8 + 4 * random.normal())));
  }
  fec::LdpcDecoder decoder({});
  std::vector<std::uint8_t> bits(blocks * graph.information_bits());
  std::vector<fec::LdpcDecoder::Result> results(blocks);
  const fec::LdpcDecoder::Options options{.max_iterations = static_cast<unsigned>(state.range(0)),
                                          .stop = fec::LdpcDecoder::Stop::never};
  double best_s = std::numeric_limits<double>::infinity();
  double clock_hz = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    decoder.decode_batch(graph, llr, options, bits, results);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best_s = std::min(best_s, time.count());
  }
  clock_hz = core_clock_hz();
  const double lane_updates = static_cast<double>(blocks) * graph.lifting_size() *
                              graph.row_begin(graph.rows()) * static_cast<double>(state.range(0));
  const double cycles = best_s * clock_hz / (lane_updates / 64);
  state.counters["cycles_per_edge"] = cycles;
  state.counters["times_bound"] = cycles / bound_cycles(target);
  state.counters["Mbit/s_best"] = static_cast<double>(bits.size()) / best_s * 1e-6;
  state.counters["GHz"] = clock_hz * 1e-9;
  force_simd_target({});
}

const bool registered = [] {
  for (const std::string& target : simd_targets()) {
    if (target == "SCALAR") continue;
    for (const Rate rate : rates) {
      benchmark::RegisterBenchmark(("LdpcDecodeInt8/" + target + "/" + rate.name).c_str(),
                                   [=](benchmark::State& state) { decode(state, target, rate); })
          ->ArgName("iterations")
          ->Arg(6);
    }
    constexpr std::pair<const char*, fec::WlanLdpcRate> wlan[] = {{"1/2", fec::WlanLdpcRate::half},
                                                                  {"2/3", fec::WlanLdpcRate::two_thirds},
                                                                  {"3/4", fec::WlanLdpcRate::three_quarters},
                                                                  {"5/6", fec::WlanLdpcRate::five_sixths}};
    for (const auto& [name, rate] : wlan) {
      benchmark::RegisterBenchmark(("LdpcDecodeWlan1944/" + target + "/" + name).c_str(),
                                   [=, r = rate](benchmark::State& state) { decode_wlan(state, target, r); })
          ->ArgName("iterations")
          ->Arg(8);
    }
  }
  return true;
}();

}  // namespace
