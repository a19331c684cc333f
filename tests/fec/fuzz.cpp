// Hostile soft bits, formats and sizes for everything in fec/, for as long as asked: fuzz_fec SECONDS [SEED].
// What must not happen: a crash, a sanitizer's report, an allocation without end, or noise that passes its
// checks more often than they let it. Run it under the asan preset for minutes (docs/error-rates.md); the
// test suite runs it for a second.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/convolutional.h"
#include "boresight/fec/crc.h"
#include "boresight/fec/interleaver.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/fec/scrambler.h"
#include "boresight/fec/wlan_ldpc.h"
#include "boresight/fec/wlan_ldpc_format.h"

namespace {

using namespace boresight;
using namespace boresight::fec;

// What must hold, in every build.
void expect(bool condition, const char* what) {
  if (condition) return;
  std::printf("failed: %s\n", what);
  std::exit(1);
}

// Anything, one value everywhere, only the extremes, mostly silence, or little.
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

// Random signs: certain zeros everywhere are a codeword with valid CRCs.
void flip(Random& random, std::span<modem::Llr> llr) {
  for (auto& x : llr) x = static_cast<modem::Llr>(random.below(2) != 0 ? x : -std::max<int>(x, -127));
}

std::vector<std::uint8_t> any_bytes(Random& random, std::size_t n) {
  std::vector<std::uint8_t> bytes(n);
  random.fill(bytes);
  return bytes;
}

std::size_t below(Random& random, std::size_t bound) {
  return random.below(static_cast<std::uint32_t>(bound));
}

// Sizes are mostly those that fit.
std::size_t about(Random& random, std::size_t n) {
  return random.below(8) != 0 ? n : below(random, 2 * n + 2);
}

// Returns how many blocks of noise passed a CRC of 24 bits.
int ldpc(Random& random, LdpcDecoder& decoder, const LdpcGraph& graph) {
  const std::size_t blocks = 1 + random.below(5);
  std::vector<modem::Llr> llr(about(random, blocks * graph.codeword_bits()));
  hostile(random, llr);
  const bool noise = random.below(2) != 0;
  if (noise) flip(random, llr);
  std::vector<std::uint8_t> bits(about(random, blocks * graph.information_bits()));
  std::vector<LdpcDecoder::Result> results(blocks);
  const LdpcDecoder::Options options{
      .max_iterations = random.below(12),
      .stop = random.below(2) != 0 ? LdpcDecoder::Stop::parity : LdpcDecoder::Stop::never,
      .crc = random.below(2) != 0 ? Crc::crc24b : Crc::none,
      .crc_bits = random.below(2) * below(random, graph.information_bits() + 2)};
  decoder.decode_batch(graph, llr, options, bits, results);
  int passed = 0;
  for (const auto& result : results) {
    expect(result.decided || (!result.parity_ok && !result.crc_ok), "undecided bits are not right");
    expect(result.iterations <= options.max_iterations, "the iteration limit holds");
    passed += noise && result.crc_ok;
  }
  return passed;
}

// Entries that are nearly always wrong somewhere: refused by name, or decoded.
void graph_of_ones_own(Random& random, LdpcDecoder& decoder, LdpcReferenceDecoder& reference) {
  const unsigned rows = 1 + random.below(8);
  const unsigned columns = rows + random.below(20);
  const unsigned core_rows = random.below(rows + 1);
  const unsigned z = random.below(32);
  std::vector<LdpcEntry> entries;
  for (std::uint16_t row = 0; row < rows; ++row) {
    for (std::uint16_t column = 0; column < columns; ++column) {
      const bool own = row >= core_rows && column == columns - rows + row;
      const bool core = column < columns - rows + core_rows;
      if (!own && (!core || random.below(2) != 0) && random.below(300) != 0) continue;
      entries.push_back({row, {column, static_cast<std::uint16_t>(own ? 0 : random.below(z + z / 16))}});
    }
  }
  try {
    const LdpcGraph graph(rows, columns, core_rows, z, entries);
    ldpc(random, decoder, graph);
    std::vector<float> nats(graph.codeword_bits());
    for (auto& x : nats) x = static_cast<float>(static_cast<int>(random.below(256)) - 128);
    std::vector<std::uint8_t> bits(graph.information_bits());
    reference.decode(graph, nats, random.below(4), bits);
  } catch (const ConfigError&) {
  }
}

// Of maxima up to 2000 bytes, encoder, decoder and soft buffer; limited buffers too. True if noise passed.
bool transport(Random& random) {
  const std::size_t most = 1 + random.below(random.below(4) != 0 ? 150 : 2000);
  NrTransportEncoder encoder({.max_payload_bytes = most, .max_coded_bits = 50'000});
  NrTransportDecoder decoder({.max_payload_bytes = most, .max_coded_bits = 50'000, .max_iterations = 4});
  NrSoftBuffer soft_buffer({.max_payload_bytes = most});
  bool passed = false;
  for (int call = 0; call < 4; ++call) {
    static constexpr unsigned orders[] = {1, 2, 4, 6, 8, 3, 0};
    TransportFormat format{.payload_bytes = random.below(2) != 0 ? most : below(random, most + 2),
                           .coded_bits = random.below(random.below(2) != 0 ? 60'000 : 2000),
                           .bits_per_symbol = orders[random.below(7)],
                           .code_rate = 0.05 * random.below(22),
                           .redundancy_version = random.below(5),
                           .limited_buffer_bits = random.below(2) * random.below(30'000)};
    if (random.below(8) != 0 && format.bits_per_symbol != 0) {
      format.coded_bits -= format.coded_bits % format.bits_per_symbol;
    }
    if (is_valid_addition(format) && format.payload_bytes <= most && format.coded_bits <= 50'000) {
      std::vector<std::uint8_t> coded(format.coded_bits);
      encoder.encode(format, any_bytes(random, format.payload_bytes), coded);
    }
    std::vector<modem::Llr> llr(about(random, format.coded_bits));
    hostile(random, llr);
    flip(random, llr);
    std::vector<std::uint8_t> payload(about(random, format.payload_bytes));
    if (random.below(4) == 0) soft_buffer.clear();
    passed |= decoder.decode(format, llr, payload).crc_ok;
    passed |= decoder.decode(format, llr, soft_buffer, payload).crc_ok;
  }
  return passed;
}

void encoders_and_rate_matching(Random& random, const NrLdpcGraph& graph) {
  const std::size_t z = graph.lifting_size();
  const std::size_t k = graph.information_bits();
  const unsigned rows = 4 + random.below(graph.rows() - 3);
  const auto information = any_bytes(random, k);
  std::vector<std::uint8_t> parity(rows * z);
  nr_ldpc_encode(graph, information, parity, rows);

  const unsigned qm = 1 + random.below(8);
  const NrRateMatching matching{.graph = graph.base_graph(),
                                .lifting_size = graph.lifting_size(),
                                .bits_per_block = 2 * z + below(random, k - 2 * z + 1),
                                .coded_bits = qm * (1 + below(random, 4 * k / qm + 1)),
                                .bits_per_symbol = qm,
                                .redundancy_version = random.below(4),
                                .limited_buffer_bits = random.below(2) != 0 ? 0 : k + below(random, 4 * k)};
  const auto codeword = any_bytes(random, k + matching.rows_needed() * z);
  std::vector<std::uint8_t> sent(matching.coded_bits);
  nr_rate_match(matching, codeword, sent);
  std::vector<modem::Llr> received(matching.coded_bits);
  hostile(random, received);
  std::vector<modem::Llr> sums(graph.codeword_bits());
  nr_begin_recovery(matching, sums);
  nr_rate_recover(matching, received, sums);
  nr_rate_recover(matching, received, sums);
  expect(std::find(sums.begin(), sums.end(), -128) == sums.end(), "sums saturate at -127");
}

void wlan_format(Random& random) {
  const auto format = wlan_ldpc_format(
      random.below(random.below(3) != 0 ? 400 : 70'000), static_cast<WlanLdpcRate>(random.below(6)),
      random.below(2) != 0 ? random.below(70'000) : 60 * random.below(40), random.below(2) != 0);
  std::size_t information = 0;
  std::size_t transmitted = 0;
  for (std::size_t i = 0; i < format.codewords; ++i) {
    const WlanLdpcShare share = format.share(i);
    expect(share.parity_bits <= 1944 && share.information_bits <= 1944, "a share is within its codeword");
    information += share.information_bits;
    transmitted += share.transmitted_bits();
  }
  expect(information == format.payload_bits && transmitted == format.available_bits,
         "the shares make up the whole");
}

void convolutional(Random& random, ViterbiDecoder& decoder) {
  std::vector<std::uint8_t> bits(random.below(random.below(3) != 0 ? 40 : 600));
  std::vector<modem::Llr> llr(about(random, 2 * (bits.size() + random.below(2) * convolutional_tail_bits)));
  hostile(random, llr);
  decoder.decode(llr, bits, static_cast<ViterbiDecoder::Termination>(random.below(3)));

  const auto information = any_bytes(random, bits.size());
  std::vector<std::uint8_t> coded(2 * bits.size());
  convolutional_encode(information, coded);
  convolutional_encode_tail_biting(information, coded);
  coded.resize(below(random, coded.size() + 1));
  const auto rate = static_cast<PuncturedRate>(random.below(4));
  std::vector<std::uint8_t> sent(punctured_bits(coded.size(), rate));
  puncture(coded, rate, sent);
  std::vector<modem::Llr> received(sent.size());
  hostile(random, received);
  std::vector<modem::Llr> mother(coded.size());
  depuncture(received, rate, mother);
}

// Of any bytes: CRCs of bytes and of bits, scramblers there and back, interleavers there and back.
void bits_and_bytes(Random& random) {
  const auto bytes = any_bytes(random, random.below(300));
  std::vector<std::uint8_t> bits(8 * bytes.size());
  unpack_msb_first(bytes, bits);
  expect(crc24a_of_bytes(bytes) == crc24a_of_bits(bits) && crc24b_of_bytes(bytes) == crc24b_of_bits(bits) &&
             crc24c_of_bytes(bytes) == crc24c_of_bits(bits) && crc16_of_bytes(bytes) == crc16_of_bits(bits),
         "CRCs of bits are those of bytes");
  unpack_lsb_first(bytes, bits);
  expect(crc32_of_bytes(bytes) == crc32_of_bits(bits), "so is CRC-32");
  for (unsigned crc = 0; crc < 12; ++crc)
    crc_holds(static_cast<Crc>(crc), any_bytes(random, random.below(90)));

  const auto lanes = any_bytes(random, random.below(700));
  std::vector<modem::Llr> llrs(lanes.begin(), lanes.end());
  std::replace(llrs.begin(), llrs.end(), modem::Llr{-128}, modem::Llr{-127});
  auto scrambled = lanes;
  auto scrambled_llrs = llrs;
  const auto taps = static_cast<std::uint32_t>(random.next());
  const auto seed = static_cast<std::uint32_t>(random.next());
  for (int pass = 0; pass < 2; ++pass) {
    AdditiveScrambler(taps, seed).apply(scrambled);
    AdditiveScrambler(taps, seed).apply(scrambled_llrs);
    WlanScrambler(static_cast<std::uint8_t>(seed)).apply(scrambled);
    GoldSequence(seed).apply(scrambled);
    GoldSequence(seed).apply(scrambled_llrs);
  }
  expect(scrambled == lanes && scrambled_llrs == llrs, "scrambling twice is nothing");

  const RowColumnInterleaver interleaver(1 + random.below(300));
  std::vector<std::uint8_t> there(lanes.size());
  std::vector<std::uint8_t> back(lanes.size());
  interleaver.interleave(std::span(lanes), std::span(there));
  interleaver.deinterleave(std::span<const std::uint8_t>(there), std::span(back));
  expect(back == lanes, "an interleaver's inverse");
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  const auto targets = simd_targets();
  LdpcDecoder ldpc_decoder({});
  LdpcDecoder small_decoder({.max_lifting_size = 30});
  LdpcReferenceDecoder reference({.max_lifting_size = 36});
  ViterbiDecoder viterbi({.max_information_bits = 500});
  std::uint64_t rounds = 0;
  int passed = 0;
  int passed_24 = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
    const std::string& target = targets[below(random, targets.size())];
    if (target == "SCALAR" && random.below(20) != 0) continue;
    force_simd_target(target);
    const NrLdpcGraph graph(random.below(2) != 0 ? BaseGraph::bg1 : BaseGraph::bg2,
                            nr_lifting_sizes[random.below(51)]);
    const WlanLdpcGraph wlan(648 * (1 + random.below(3)), static_cast<WlanLdpcRate>(random.below(4)));
    passed_24 += ldpc(random, ldpc_decoder, graph);
    passed_24 += ldpc(random, ldpc_decoder, wlan);
    graph_of_ones_own(random, small_decoder, reference);
    passed += transport(random) ? 1 : 0;
    encoders_and_rate_matching(random, graph);
    std::vector<std::uint8_t> parity(wlan.rows() * wlan.lifting_size());
    wlan_ldpc_encode(wlan, any_bytes(random, wlan.information_bits()), parity);
    wlan_format(random);
    convolutional(random, viterbi);
    bits_and_bytes(random);
    ++rounds;
  }
  std::printf("%llu rounds, %d payloads and %d blocks with a CRC of 24 bits passed\n",
              static_cast<unsigned long long>(rounds), passed, passed_24);
  // A judged block of noise passes 24 bits once in 2^24: a hundred thousand rounds make that 0.05.
  return passed == 0 && passed_24 <= 1 ? 0 : 1;
}
