// The K = 7 convolutional code of IEEE 802.11 (and of CCSDS, with its outputs swapped): encoder, puncturing,
// soft-decision Viterbi decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/modem/llr.h"

namespace boresight::fec {

/// Zero bits that bring the encoder back to its zero state.
inline constexpr std::size_t convolutional_tail_bits = 6;

/// Rate 1/2 encoder of IEEE 802.11-2020 17.3.5.6, generators g0 = 133 and g1 = 171 (octal), from the zero
/// state. coded[2 n] is output A (g0) and coded[2 n + 1] output B (g1) of bits[n]; coded.size() =
/// 2 bits.size(). The caller's bits include the tail.
void convolutional_encode(std::span<const std::uint8_t> bits, std::span<std::uint8_t> coded) noexcept;

/// The same without a tail: the encoder starts in the state in which it will end, its six last bits, so that
/// the code is cyclic. With fewer than six bits they repeat.
void convolutional_encode_tail_biting(std::span<const std::uint8_t> bits,
                                      std::span<std::uint8_t> coded) noexcept;

/// Rates made by leaving out coded bits (17.3.5.6, figures 17-9 and 17-10; five_sixths: figure 19-11).
enum class PuncturedRate : std::uint8_t { half, two_thirds, three_quarters, five_sixths };

/// How many of `mother_bits` coded bits of the rate 1/2 code are transmitted; works for any number.
std::size_t punctured_bits(std::size_t mother_bits, PuncturedRate rate) noexcept;

/// out.size() = punctured_bits(coded.size(), rate).
void puncture(std::span<const std::uint8_t> coded, PuncturedRate rate, std::span<std::uint8_t> out) noexcept;

/// Puts zeros (unknown) where bits were left out; in.size() = punctured_bits(out.size(), rate).
void depuncture(std::span<const modem::Llr> in, PuncturedRate rate, std::span<modem::Llr> out) noexcept;

/// Maximum-likelihood sequence decoder over whole blocks: int16 path metrics without any loss over the whole
/// int8 range, all survivors kept, one traceback (Viterbi, IEEE Trans. Inf. Theory 13 (1967) 260; no
/// truncation, so no loss from it). Of two paths that tie where they merge, the one survives whose oldest bit
/// in the encoder is 0: the same soft bits give the same bits with every instruction set.
class ViterbiDecoder {
 public:
  struct Config {
    std::size_t max_information_bits = 0;  ///< longest `bits` of a decode; costs 11 bytes each
    std::size_t max_rounds = 4;            ///< most passes over a tail-biting block
  };

  /// Where the encoder was when the block began and when it ended.
  enum class Termination : std::uint8_t {
    zero,        ///< zero state, and there again after six tail bits that `bits` does not hold
    open,        ///< zero state, then anywhere; the last few bits are less reliable
    tail_biting  ///< in one unknown state at both ends: convolutional_encode_tail_biting
  };

  /// ConfigError if max_information_bits is 0 or above 2^26, or max_rounds 0.
  explicit ViterbiDecoder(const Config& config);

  /// `llrs` are the soft bits of the rate 1/2 code in the encoder's order, 0 where erased:
  /// llrs.size() = 2 (bits.size() + 6) for Termination::zero, else 2 bits.size(). Returns false, and leaves
  /// `bits` alone, if the sizes do not fit each other or exceed the maximum. All-zero soft bits decode to
  /// some codeword: the caller's CRC has to tell.
  ///
  /// A tail-biting block is gone round (Shao, Lin, Fossorier, IEEE Trans. Commun. 51 (2003) 1658) until the
  /// best tail-biting path is found and known to be the best, which mostly takes one or two rounds, or
  /// max_rounds are over; then `bits` is the best tail-biting path seen so far or, if there was none, the
  /// best path with different states at its ends. 67 rounds are always enough; four cost about 0.01 dB at 24
  /// to 40 bits and nothing from 100 bits on, and bound the time that noise can take.
  bool decode(std::span<const modem::Llr> llrs, std::span<std::uint8_t> bits,
              Termination termination = Termination::zero) noexcept;

  /// Of the last decode: rounds taken, and whether `bits` is known to be a maximum-likelihood decision.
  std::size_t last_rounds() const noexcept { return last_rounds_; }
  bool last_is_best() const noexcept { return last_is_best_; }

 private:
  void trace(std::size_t rows, unsigned place) noexcept;
  void decode_tail_biting(std::span<const modem::Llr> llrs, std::span<std::uint8_t> bits) noexcept;

  std::size_t max_steps_ = 0;
  std::size_t max_rounds_ = 0;
  std::size_t last_rounds_ = 0;
  bool last_is_best_ = false;
  aligned_vector<std::uint8_t> rows_;  ///< survivors, as kernels/viterbi.h defines them
  std::vector<std::uint8_t> path_;     ///< the place before the first row, then that after each row
};

}  // namespace boresight::fec
