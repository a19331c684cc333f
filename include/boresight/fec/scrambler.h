// Additive scramblers: the 127-bit one of IEEE 802.11 and the length-31 Gold sequence of 3GPP NR.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/modem/llr.h"

namespace boresight::fec {

/// IEEE 802.11-2020 17.3.5.5: S(x) = x^7 + x^4 + 1. Scrambling and descrambling are the same operation.
/// Bit k-1 of a state is the register x_k, so the standard's example state 1011101 is 0x5D.
class WlanScrambler {
 public:
  /// `state` in 1..127 (the low seven bits count). 0 is no legal transmitter state; it scrambles nothing.
  explicit WlanScrambler(std::uint8_t state) noexcept : state_(state & 0x7FU) {}

  /// The next bit of the sequence.
  std::uint8_t next() noexcept {
    const unsigned bit = ((state_ >> 6) ^ (state_ >> 3)) & 1U;
    state_ = static_cast<std::uint8_t>(((state_ << 1) | bit) & 0x7FU);
    return static_cast<std::uint8_t>(bit);
  }

  /// Flips bit lanes where the sequence is one, and goes on where it stopped.
  void apply(std::span<std::uint8_t> bits) noexcept;
  /// Flips the signs of soft bits where the sequence is one.
  void apply(std::span<modem::Llr> llrs) noexcept;

  std::uint8_t state() const noexcept { return state_; }

  /// The state the transmitter started from, given the first seven received (still scrambled) bits of the
  /// SERVICE field, which are zeros before scrambling (17.3.5.2). All-zero bits give 0: no transmitter made
  /// them, so the frame is damaged.
  static std::uint8_t recover_initial_state(std::span<const std::uint8_t, 7> service_bits) noexcept;

 private:
  std::uint8_t state_;
};

/// The pseudo-random sequence c(n) of 3GPP TS 38.211 5.2.1 (N_C = 1600). Every c_init is legal; bits above
/// the 31st are ignored.
class GoldSequence {
 public:
  explicit GoldSequence(std::uint32_t c_init) noexcept;

  /// The next bit c(n).
  std::uint8_t next() noexcept;
  /// Flips bit lanes where c(n) is one, and goes on where it stopped.
  void apply(std::span<std::uint8_t> bits) noexcept;
  /// Flips the signs of soft bits where c(n) is one (-128, which no demapper makes, becomes +127).
  void apply(std::span<modem::Llr> llrs) noexcept;

 private:
  std::uint32_t advance(unsigned steps) noexcept;

  std::uint32_t x1_ = 1;
  std::uint32_t x2_;
};

}  // namespace boresight::fec
