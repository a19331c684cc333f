// What the tests of the K = 7 decoder share: encoding, noise, and the decoder's definition.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/convolutional.h"

namespace boresight::fec::viterbi_test {

using Bits = std::vector<std::uint8_t>;
using Llrs = std::vector<modem::Llr>;
using Termination = ViterbiDecoder::Termination;

inline Bits random_bits(Random& random, std::size_t n) {
  Bits bits(n);
  for (auto& bit : bits) bit = random.next() & 1U;
  return bits;
}

inline Bits encode(Bits bits, Termination termination) {
  if (termination == Termination::zero) bits.resize(bits.size() + convolutional_tail_bits, 0);
  Bits coded(2 * bits.size());
  if (termination == Termination::tail_biting) {
    convolutional_encode_tail_biting(bits, coded);
  } else {
    convolutional_encode(bits, coded);
  }
  return coded;
}

inline Llrs to_llrs(const Bits& coded, int magnitude) {
  Llrs llrs;
  for (const auto bit : coded) llrs.push_back(static_cast<modem::Llr>(bit ? -magnitude : magnitude));
  return llrs;
}

inline Llrs noisy_llrs(Random& random, const Bits& coded, double es_n0) {
  const double sigma = std::sqrt(1 / (2 * es_n0));
  Llrs llrs;
  for (const auto bit : coded) {
    const double y = (bit ? -1.0 : 1.0) + sigma * random.normal();
    llrs.push_back(modem::quantize_llr(static_cast<float>(2 * y / (sigma * sigma))));
  }
  return llrs;
}

inline long correlation(const Llrs& llrs, const Bits& coded) {
  long sum = 0;
  for (std::size_t i = 0; i < coded.size(); ++i) sum += coded[i] ? -llrs[i] : llrs[i];
  return sum;
}

// The definition: add, compare, select, state by state; bit 0 of a state is its newest bit. Of two candidates
// that tie the one from the lower state survives, and of the states that tie at the end the lowest.
class Oracle {
 public:
  static constexpr std::size_t states = 64;

  explicit Oracle(unsigned start) { metrics_.fill(impossible), metrics_[start] = 0; }

  void run(const Llrs& llrs) {
    for (std::size_t n = 0; n < llrs.size() / 2; ++n) {
      const auto before = metrics_;
      survivors_.emplace_back();
      for (unsigned to = 0; to < states; ++to) {
        metrics_[to] = std::numeric_limits<long>::min();
        for (const unsigned from : {to >> 1U, (to >> 1U) + 32}) {
          const unsigned window = (from << 1U) | (to & 1U);
          const long metric =
              before[from] + sign(window, 0155) * llrs[2 * n] + sign(window, 0117) * llrs[2 * n + 1];
          if (metric > metrics_[to]) {
            metrics_[to] = metric;
            survivors_.back()[to] = from;
          }
        }
      }
    }
  }
  long metric(unsigned state) const { return metrics_[state]; }
  unsigned best_state() const {
    unsigned best = 0;
    for (unsigned s = 1; s < states; ++s) {
      if (metrics_[s] > metrics_[best]) best = s;
    }
    return best;
  }
  Bits bits_to(unsigned state) const {
    Bits bits(survivors_.size());
    for (std::size_t n = bits.size(); n-- > 0; state = survivors_[n][state]) bits[n] = state & 1U;
    return bits;
  }

 private:
  static constexpr long impossible = -1'000'000'000'000;
  // 133 and 171 with the newest bit lowest are 155 and 117.
  static int sign(unsigned window, unsigned taps) { return std::popcount(window & taps) % 2 == 0 ? 1 : -1; }

  std::array<long, states> metrics_{};
  std::vector<std::array<unsigned, states>> survivors_;
};

// Soft bits of every kind: many ties, usual, extreme, from both quantizers' ends.
inline Llrs hostile_llrs(Random& random, std::size_t n, int kind) {
  Llrs llrs(n);
  for (auto& l : llrs) {
    const int x = static_cast<int>(random.below(256)) - 128;
    switch (kind) {
      case 0:
        l = static_cast<modem::Llr>(x % 2);
        break;
      case 1:
        l = static_cast<modem::Llr>(x / 6);
        break;
      case 2:
        l = static_cast<modem::Llr>(x);
        break;
      case 3:
        l = x < 0 ? -128 : 127;
        break;
      case 4:
        l = x < -100 ? -128 : 0;
        break;
      case 5:
        l = 0;
        break;
      case 6:
        l = 127;
        break;
      case 7:
        l = -127;
        break;
      default:
        l = -128;
        break;
    }
  }
  return llrs;
}
inline constexpr int hostile_kinds = 9;

}  // namespace boresight::fec::viterbi_test
