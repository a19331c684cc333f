// The 5G NR LDPC code by itself: how many bits are wrong before and after the decoder, over the SNR.
//
//   bits ─▶ encode ─▶ rate match ─▶ 0 -> +1, 1 -> -1, noise ─▶ soft bits ─▶ recover ─▶ decode ─▶ count errors
#include <cmath>
#include <cstdio>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"

using namespace boresight;

int main() {
  // Base graph 1, lifting size 384: 8448 information bits, of which 8000 are used and 448 are filler, and
  // sent as 16,000.
  const fec::NrLdpcGraph graph(fec::BaseGraph::bg1, 384);
  const fec::NrRateMatching matching{.graph = fec::BaseGraph::bg1,
                                     .lifting_size = 384,
                                     .bits_per_block = 8000,
                                     .coded_bits = 16'000,
                                     .bits_per_symbol = 2};
  const std::size_t used_bits = matching.bits_per_block;

  fec::LdpcDecoder decoder({});
  Random random(1);
  std::vector<std::uint8_t> codeword(graph.codeword_bits()), sent(matching.coded_bits);
  std::vector<std::uint8_t> decided(graph.information_bits());
  const auto information = std::span(codeword).first(graph.information_bits());  // filler stays zero
  const auto parity = std::span(codeword).subspan(information.size());
  std::vector<modem::Llr> received(sent.size()), llr(codeword.size());
  std::size_t errors_at_the_end = 0;

  std::printf("NR LDPC, %zu information bits, rate 1/2\n", used_bits);
  std::printf("Eb/N0 dB   wrong before   wrong after   blocks lost   iterations\n");
  for (const double ebn0_db : {0.0, 0.5, 1.0, 1.5, 2.0}) {
    constexpr std::size_t blocks = 20;
    const double noise_variance = 1 / power_from_db(ebn0_db);  // 1 / (2 R Eb/N0)
    std::size_t wrong_before = 0, wrong_after = 0, blocks_lost = 0, iterations = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
      for (auto& bit : information.first(used_bits)) bit = static_cast<std::uint8_t>(random.below(2));
      fec::nr_ldpc_encode(graph, information, parity, graph.rows());
      fec::nr_rate_match(matching, codeword, sent);

      for (std::size_t i = 0; i < sent.size(); ++i) {  // a positive soft bit means that 0 is more likely
        const double y = (sent[i] == 0 ? 1.0 : -1.0) + std::sqrt(noise_variance) * random.normal();
        received[i] = modem::quantize_llr(static_cast<float>(2 * y / noise_variance));
        wrong_before += (y < 0) != (sent[i] == 1) ? 1 : 0;
      }

      fec::nr_begin_recovery(matching, llr);
      fec::nr_rate_recover(matching, received, llr);
      const auto result = decoder.decode(graph, llr, {.max_iterations = 20}, decided);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < used_bits; ++i) wrong += decided[i] != information[i] ? 1 : 0;
      wrong_after += wrong;
      blocks_lost += wrong > 0 ? 1 : 0;
      iterations += result.iterations;
    }
    std::printf("%8.1f %14zu %13zu %10zu/%zu %12.1f\n", ebn0_db, wrong_before, wrong_after, blocks_lost,
                blocks, static_cast<double>(iterations) / blocks);
    errors_at_the_end = wrong_after;
  }
  return errors_at_the_end == 0 ? 0 : 1;
}
