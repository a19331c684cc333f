// Constellations on two axes, with the Gray maps of 3GPP and of IEEE 802.11.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/types.h"

namespace boresight::modem {

enum class Modulation : std::uint8_t { bpsk, qpsk, qam16, qam64, qam256, qam1024 };
inline constexpr std::size_t modulation_count = 6;

/// nr: TS 38.211 5.1.2 to 5.1.7. Bits alternate between the axes, bit 0 is the positive side; bpsk lies on
///   the diagonal, (1 + j) / sqrt(2) for a 0.
/// wifi: IEEE 802.11-2020 17.3.5.8 (to 64-QAM) and 21.3.10.9 (256-QAM), IEEE 802.11ax-2021 27.3.12.9
///   (1024-QAM). The first half of the bits on I, the second on Q, bit 1 is the positive side; bpsk on I.
/// axis: qpsk only, nr's points turned back by 45 degrees onto the axes as in the SSS of the Ku-band downlink
///   (sync/ku_sequences.h): 0, 1, 2, 3 quarter turns are the bits 00, 10, 11, 01.
enum class BitMap : std::uint8_t { nr, wifi, axis };

constexpr unsigned bits_per_symbol(Modulation modulation) {
  constexpr std::array<unsigned, modulation_count> bits{1, 2, 4, 6, 8, 10};
  return bits[static_cast<std::size_t>(modulation)];
}

/// Unit mean power. But for nr's bpsk and the axis map, which are turned, a point is one level on I and one
/// on Q: a PAM alphabet `levels` indexed by that axis's bits, first bit highest.
class Constellation {
 public:
  /// ConfigError for the axis map with anything but qpsk.
  Constellation(Modulation modulation, BitMap map);

  unsigned bits() const { return bits_per_symbol(modulation_); }
  Modulation modulation() const { return modulation_; }
  BitMap bit_map() const { return map_; }

  /// Bits of a symbol that lie on the I and on the Q axis (bpsk: 1 and 0).
  unsigned i_bits() const { return i_bits_; }
  unsigned q_bits() const { return bits() - i_bits_; }
  /// levels()[value of the axis's bits], 2^i_bits entries.
  std::span<const float> levels() const { return {levels_.data(), std::size_t{1} << i_bits_}; }
  /// Half the distance between neighbors on an axis.
  float half_distance() const { return half_distance_; }
  /// The position within a symbol of bit `b` of an axis (0: I, 1: Q).
  unsigned bit_position(unsigned axis, unsigned b) const {
    return map_ == BitMap::wifi ? axis * i_bits_ + b : 2 * b + axis;
  }

  /// The point of `bits()` bits, the first bit being the highest of `value`. 0 .. 2^bits - 1.
  cf32 point(unsigned value) const noexcept;

  /// bits [n * bits()], one 0/1 per element -> symbols [n].
  void map(std::span<const std::uint8_t> bits, std::span<cf32> symbols) const noexcept;

 private:
  Modulation modulation_;
  BitMap map_;
  unsigned i_bits_;
  float half_distance_;
  std::array<float, 32> levels_{};
};

}  // namespace boresight::modem
