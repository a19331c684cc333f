// The K = 7 convolutional code of IEEE 802.11 (and of CCSDS, with its outputs swapped): encoder, puncturing,
// soft-decision Viterbi decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/modem/llr.h"

namespace boresight::fec {

/// Zero bits that bring the encoder back to its zero state.
inline constexpr std::size_t convolutional_tail_bits = 6;

/// Rate 1/2 encoder of IEEE 802.11-2020 17.3.5.6, generators g0 = 133 and g1 = 171 (octal), from the zero
/// state. coded[2 n] is output A (g0) and coded[2 n + 1] output B (g1) of bits[n]; coded.size() =
/// 2 bits.size(). The caller's bits include the tail.
void convolutional_encode(std::span<const std::uint8_t> bits, std::span<std::uint8_t> coded) noexcept;

/// Rates made by leaving out coded bits (17.3.5.6, figures 17-9 and 17-10).
enum class PuncturedRate : std::uint8_t { half, two_thirds, three_quarters };

/// How many of `mother_bits` coded bits of the rate 1/2 code are transmitted; works for any number.
std::size_t punctured_bits(std::size_t mother_bits, PuncturedRate rate) noexcept;

/// out.size() = punctured_bits(coded.size(), rate).
void puncture(std::span<const std::uint8_t> coded, PuncturedRate rate, std::span<std::uint8_t> out) noexcept;

/// Puts zeros (unknown) where bits were left out; in.size() = punctured_bits(out.size(), rate).
void depuncture(std::span<const modem::Llr> in, PuncturedRate rate, std::span<modem::Llr> out) noexcept;

/// Maximum-likelihood sequence decoder over whole blocks: int16 path metrics, all survivors kept, one
/// traceback (Viterbi, IEEE Trans. Inf. Theory 13 (1967) 260; no truncation, so no loss from it).
class ViterbiDecoder {
 public:
  struct Config {
    std::size_t max_information_bits = 0;  ///< longest `bits` of a decode; costs 64 bytes each
  };

  /// Where the encoder was when the block ended.
  enum class Termination : std::uint8_t {
    zero,  ///< in the zero state, after six tail bits that `bits` does not hold
    open,  ///< anywhere; the last few bits are less reliable
  };

  /// ConfigError if max_information_bits is 0 or above 2^26.
  explicit ViterbiDecoder(const Config& config);

  /// `llrs` are the soft bits of the rate 1/2 code in the encoder's order, 0 where erased:
  /// llrs.size() = 2 (bits.size() + 6) for Termination::zero, 2 bits.size() for open. The encoder started in
  /// its zero state. Returns false, and leaves `bits` alone, if the sizes do not fit each other or exceed
  /// the maximum. All-zero soft bits decode to some codeword: the caller's CRC has to tell.
  bool decode(std::span<const modem::Llr> llrs, std::span<std::uint8_t> bits,
              Termination termination = Termination::zero) noexcept;

 private:
  std::size_t max_steps_;
  aligned_vector<std::uint8_t> decisions_;  ///< [step][64]
};

}  // namespace boresight::fec
