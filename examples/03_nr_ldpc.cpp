// The 5G NR LDPC code by itself: how many bits are wrong before and after the decoder, over the SNR.
//
//   bits ─▶ encode ─▶ 0 -> +1, 1 -> -1, noise ─▶ soft bits ─▶ decode ─▶ count errors
#include <cmath>
#include <cstdio>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_encoder.h"

using namespace boresight;

int main() {
  // Base graph 1, lifting size 384: 8448 information bits. 24 parity columns of the 46 give rate 1/2, since
  // the first two information columns are never transmitted: 22 / (22 - 2 + 24).
  constexpr unsigned parity_columns = 24;
  const fec::NrLdpcGraph graph(fec::BaseGraph::bg1, 384);
  const std::size_t information_bits = graph.information_bits();
  const std::size_t punctured_bits = std::size_t{fec::nr_punctured_columns} * graph.lifting_size();
  const std::size_t parity_bits = std::size_t{parity_columns} * graph.lifting_size();
  const double rate = static_cast<double>(information_bits) /
                      static_cast<double>(information_bits - punctured_bits + parity_bits);

  fec::LdpcDecoder decoder({});
  Random random(1);
  std::vector<std::uint8_t> information(information_bits), parity(parity_bits), decided(information_bits);
  std::vector<modem::Llr> llr(graph.codeword_bits());
  std::size_t errors_at_the_end = 0;

  std::printf("NR LDPC, %zu information bits, rate %.2f\n", information_bits, rate);
  std::printf("Eb/N0 dB   wrong before   wrong after   blocks lost   iterations\n");
  for (const double ebn0_db : {0.0, 0.5, 1.0, 1.5, 2.0}) {
    constexpr std::size_t blocks = 20;
    const double noise_variance = 1 / (2 * rate * power_from_db(ebn0_db));
    std::size_t wrong_before = 0, wrong_after = 0, blocks_lost = 0, iterations = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
      for (std::uint8_t& bit : information) bit = static_cast<std::uint8_t>(random.below(2));
      fec::nr_ldpc_encode(graph, information, parity, parity_columns);

      // What is not transmitted is not known: a soft bit of zero. Positive means that 0 is more likely.
      std::fill(llr.begin(), llr.end(), modem::Llr{0});
      for (std::size_t i = punctured_bits; i < information_bits + parity_bits; ++i) {
        const unsigned bit = i < information_bits ? information[i] : parity[i - information_bits];
        const double received = (bit == 0 ? 1.0 : -1.0) + std::sqrt(noise_variance) * random.normal();
        llr[i] = modem::quantize_llr(static_cast<float>(2 * received / noise_variance));
        wrong_before += (received < 0) != (bit == 1) ? 1 : 0;
      }

      const auto result = decoder.decode(graph, llr, {.max_iterations = 20}, decided);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < information_bits; ++i) wrong += decided[i] != information[i] ? 1 : 0;
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
