// Additive scramblers: that of IEEE 802.11, the Gold sequence of 3GPP NR, and any shift register of one's
// own.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/modem/llr.h"

namespace boresight::fec {

// Scrambling and descrambling are the same operation: each apply() flips bit lanes, or the signs of soft
// bits, where the sequence is one, and goes on where it stopped. The soft bit -128, which no demapper makes,
// becomes +127 or -127. The results do not depend on the instruction set.

/// The sequence of a linear feedback shift register, s(n) = sum over the taps k of s(n - k) (mod 2).
///
///   auto randomizer = AdditiveScrambler::ccsds();
///   randomizer.apply(bits);
///
/// A polynomial written in delays (IEEE 802.11: S(x) = x^7 + x^4 + 1; DVB: 1 + X^14 + X^15) has a tap for
/// each of its powers but the zeroth. Where the powers are the positions of the register from the output on
/// (CCSDS: h(x) = x^8 + x^7 + x^5 + x^3 + 1), power p of degree d is tap d - p.
class AdditiveScrambler {
 public:
  /// Bit k - 1 of `taps` (k = 1 .. 32) is set if s(n) takes in s(n - k); bit k - 1 of `history` is s(-k), as
  /// far as the largest tap reaches. Nothing is illegal: without taps, or with zeros as history, the sequence
  /// is zero.
  AdditiveScrambler(std::uint32_t taps, std::uint32_t history) noexcept;

  /// The pseudo-randomizer of CCSDS 131.0-B (TM synchronization and channel coding), from its first bit on:
  /// FF 48 0E C0 .., most significant bit first, period 255.
  static AdditiveScrambler ccsds() noexcept { return {0b1001'0101, 0b0101'1000}; }
  /// The energy dispersal of DVB (ETSI EN 300 421 4.4.1, and EN 302 307-1 5.2.2 for BBFRAMEs), loaded with
  /// 100101010000000: 03 F6 08 34 .., most significant bit first.
  static AdditiveScrambler dvb() noexcept { return {0b110'0000'0000'0000, 0b000'0000'1010'1001}; }

  /// The next bit of the sequence.
  std::uint8_t next() noexcept;
  void apply(std::span<std::uint8_t> bits) noexcept;
  void apply(std::span<modem::Llr> llrs) noexcept;

  /// The bits that passed last, as in the constructor: bit k - 1 is s(n - k) if s(n) comes next.
  std::uint32_t history() const noexcept;

 private:
  std::uint64_t advance(std::uint64_t& past, unsigned steps) const noexcept;
  template <typename T>
  void apply_to(std::span<T> values) noexcept;

  std::uint64_t past_ = 0;  ///< bit 63 - i is s(n - 1 - i)
  std::uint64_t shifts_ = 0;
  unsigned steps_ = 1;
};

/// IEEE 802.11-2020 17.3.5.5: S(x) = x^7 + x^4 + 1. Bit k-1 of a state is the register x_k, so the standard's
/// example state 1011101 is 0x5D.
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

  void apply(std::span<std::uint8_t> bits) noexcept;
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
  void apply(std::span<std::uint8_t> bits) noexcept;
  void apply(std::span<modem::Llr> llrs) noexcept;

 private:
  template <typename T>
  void apply_to(std::span<T> values) noexcept;

  // Bit i is x(n + i), 62 bits.
  std::uint64_t x1_;
  std::uint64_t x2_;
};

}  // namespace boresight::fec
