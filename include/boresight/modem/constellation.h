// Constellations as two independent axes, with the Gray maps of 3GPP and of IEEE 802.11.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::modem {

enum class Modulation : std::uint8_t { bpsk, qpsk, qam16, qam64 };

/// nr: TS 38.211 5.1 (bits alternate between the axes, bit 0 is the positive side; bpsk is not defined here
/// as an axis pair and is refused). wifi: IEEE 802.11-2020 17.3.5.8 (first half of the bits on I, the second
/// on Q, bit 1 is the positive side).
enum class BitMap : std::uint8_t { nr, wifi };

constexpr unsigned bits_per_symbol(Modulation modulation) {
  constexpr std::array<unsigned, 4> bits{1, 2, 4, 6};
  return bits[static_cast<std::size_t>(modulation)];
}

/// Unit mean power. One axis is a PAM alphabet `levels` indexed by that axis's bits, first bit highest.
class Constellation {
 public:
  /// ConfigError for bpsk with the nr map.
  Constellation(Modulation modulation, BitMap map);

  unsigned bits() const { return bits_per_symbol(modulation_); }
  Modulation modulation() const { return modulation_; }

  /// Bits of a symbol that lie on the I and on the Q axis (bpsk: 1 and 0).
  unsigned i_bits() const { return i_bits_; }
  unsigned q_bits() const { return bits() - i_bits_; }
  /// levels()[value of the axis's bits], 2^i_bits entries.
  std::span<const float> levels() const { return {levels_.data(), std::size_t{1} << i_bits_}; }
  /// The position within a symbol of bit `b` of an axis (0: I, 1: Q).
  unsigned bit_position(unsigned axis, unsigned b) const {
    return map_ == BitMap::nr ? 2 * b + axis : axis * i_bits_ + b;
  }

  /// bits [n * bits()], one 0/1 per element -> symbols [n].
  void map(std::span<const std::uint8_t> bits, std::span<cf32> symbols) const noexcept;

 private:
  Modulation modulation_;
  BitMap map_;
  unsigned i_bits_;
  std::array<float, 8> levels_{};
};

}  // namespace boresight::modem
