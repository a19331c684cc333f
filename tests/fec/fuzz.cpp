// Hostile soft bits, formats and sizes for the decoders, for as long as asked: fuzz_fec SECONDS [SEED]. What
// must not happen: a crash, a sanitizer's report, an allocation without end, or a payload that passes its
// checks although nothing was sent. Run it under the asan preset for minutes; the test suite runs it for a
// second.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/fec/convolutional.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/fec/wlan_ldpc.h"

namespace {

using namespace boresight;
using namespace boresight::fec;

// Anything, one value everywhere, only the extremes, or mostly silence.
void hostile(Random& random, std::span<modem::Llr> llr) {
  const unsigned kind = random.below(5);
  const auto constant = static_cast<modem::Llr>(static_cast<int>(random.below(256)) - 128);
  for (auto& x : llr) {
    const int any = static_cast<int>(random.below(256)) - 128;
    x = kind == 0   ? static_cast<modem::Llr>(any)
        : kind == 1 ? constant
        : kind == 2 ? static_cast<modem::Llr>(any < 0 ? -128 : 127)
        : kind == 3 ? static_cast<modem::Llr>(random.below(50) == 0 ? any : 0)
                    : static_cast<modem::Llr>(any / 16);
  }
}

// Sizes are mostly those that fit.
std::size_t about(Random& random, std::size_t n) {
  return random.below(8) != 0 ? n : random.below(static_cast<std::uint32_t>(2 * n + 2));
}

std::uint64_t ldpc(Random& random, LdpcDecoder& decoder, const LdpcGraph& graph) {
  const std::size_t blocks = 1 + random.below(5);
  std::vector<modem::Llr> llr(about(random, blocks * graph.codeword_bits()));
  hostile(random, llr);
  std::vector<std::uint8_t> bits(about(random, blocks * graph.information_bits()));
  std::vector<LdpcDecoder::Result> results(blocks);
  const LdpcDecoder::Options options{
      .max_iterations = random.below(12),
      .stop = random.below(2) != 0 ? LdpcDecoder::Stop::parity : LdpcDecoder::Stop::never,
      .crc = random.below(2) != 0 ? Crc::crc24b : Crc::none,
      .crc_bits = random.below(static_cast<std::uint32_t>(graph.information_bits() + 2))};
  decoder.decode_batch(graph, llr, options, bits, results);
  return results.front().iterations;
}

bool transport(Random& random, NrTransportDecoder& decoder, NrSoftBuffer& soft_buffer) {
  static constexpr unsigned orders[] = {1, 2, 4, 6, 8, 3, 0};
  const TransportFormat format{.payload_bytes = random.below(2100),
                               .coded_bits = random.below(60'000),
                               .bits_per_symbol = orders[random.below(7)],
                               .code_rate = 0.05 * random.below(22),
                               .redundancy_version = random.below(5),
                               .limited_buffer_bits = random.below(2) * random.below(30'000)};
  std::vector<modem::Llr> llr(about(random, format.coded_bits));
  hostile(random, llr);
  // Random signs: certain zeros everywhere are a codeword with valid CRCs.
  for (auto& x : llr) x = static_cast<modem::Llr>(random.below(2) != 0 ? x : -std::max<int>(x, -127));
  std::vector<std::uint8_t> payload(about(random, format.payload_bytes));
  if (random.below(4) == 0) soft_buffer.clear();
  return random.below(2) != 0 ? decoder.decode(format, llr, payload).crc_ok
                              : decoder.decode(format, llr, soft_buffer, payload).crc_ok;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const auto targets = simd_targets();
  LdpcDecoder ldpc_decoder({});
  NrTransportDecoder transport_decoder(
      {.max_payload_bytes = 2000, .max_coded_bits = 50'000, .max_iterations = 8});
  NrSoftBuffer soft_buffer({.max_payload_bytes = 2000});
  ViterbiDecoder viterbi({.max_information_bits = 500});
  std::uint64_t rounds = 0;
  std::uint64_t passed = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
    const std::string& target = targets[random.below(static_cast<std::uint32_t>(targets.size()))];
    if (target == "SCALAR" && random.below(20) != 0) continue;
    force_simd_target(target);
    const auto base = random.below(2) != 0 ? BaseGraph::bg1 : BaseGraph::bg2;
    ldpc(random, ldpc_decoder, NrLdpcGraph(base, nr_lifting_sizes[random.below(51)]));
    ldpc(random, ldpc_decoder,
         WlanLdpcGraph(648 * (1 + random.below(3)), static_cast<WlanLdpcRate>(random.below(4))));
    passed += transport(random, transport_decoder, soft_buffer) ? 1 : 0;
    std::vector<std::uint8_t> bits(random.below(600));
    std::vector<modem::Llr> llr(about(random, 2 * (bits.size() + convolutional_tail_bits)));
    hostile(random, llr);
    viterbi.decode(llr, bits);
    ++rounds;
  }
  std::printf("%llu rounds, %llu payloads passed\n", static_cast<unsigned long long>(rounds),
              static_cast<unsigned long long>(passed));
  return passed == 0 ? 0 : 1;
}
