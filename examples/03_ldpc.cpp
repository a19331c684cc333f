// An error-correcting code in ten lines: encode, add noise, decode, count errors.
#include <cmath>
#include <cstdio>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/wlan_ldpc.h"

using namespace boresight;

int main() {
  const double variance = std::pow(10, -0.25);  // of the noise: Eb/N0 = 2.5 dB at rate 1/2
  Random random(1);
  const fec::WlanLdpcGraph graph(1944, fec::WlanLdpcRate::half);
  std::vector<std::uint8_t> codeword(1944), decided(972);
  const auto bits = std::span(codeword).first(972);
  for (auto& bit : bits) bit = random.next() & 1U;
  fec::wlan_ldpc_encode(graph, bits, std::span(codeword).subspan(972));

  std::vector<modem::Llr> llr;  // int8, ln P(0) / P(1) in quarters of a nat; 0 is sent as +1 and 1 as -1
  for (const auto bit : codeword) {
    const double received = (bit != 0 ? -1 : 1) + std::sqrt(variance) * random.normal();
    llr.push_back(modem::quantize_llr(static_cast<float>(2 * received / variance)));
  }

  const auto result = fec::LdpcDecoder({}).decode(graph, llr, {.max_iterations = 20}, decided);
  std::size_t before = 0, after = 0;
  for (std::size_t i = 0; i < llr.size(); ++i) before += (llr[i] < 0) != (codeword[i] != 0) ? 1 : 0;
  for (std::size_t i = 0; i < bits.size(); ++i) after += decided[i] != bits[i] ? 1 : 0;
  std::printf("%zu of 1944 bits wrong before, %zu of 972 after %u iterations\n", before, after,
              result.iterations);
  return result.parity_ok && after == 0 ? 0 : 1;
}
