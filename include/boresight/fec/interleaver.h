// Block interleavers: rows written, columns read; and the per-symbol one of IEEE 802.11 OFDM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/modem/llr.h"

namespace boresight::fec {

/// The block interleaver: written row by row into a matrix of `columns` columns, read column by column, the
/// first column first. A call is one matrix and may have any size, none included; if it is no multiple of
/// `columns`, the last row is shorter and the missing places are passed over. So neighbors in a row come out
/// size / columns apart, rounded up or down. deinterleave is the inverse: it writes columns and reads rows.
/// Input and output have the same size and do not overlap.
class RowColumnInterleaver {
 public:
  /// ConfigError if `columns` is not in 1 .. 2^31.
  explicit RowColumnInterleaver(std::size_t columns);

  std::size_t columns() const { return columns_; }

  void interleave(std::span<const std::uint8_t> bits, std::span<std::uint8_t> out) const noexcept;
  void deinterleave(std::span<const std::uint8_t> bits, std::span<std::uint8_t> out) const noexcept;
  void interleave(std::span<const modem::Llr> llrs, std::span<modem::Llr> out) const noexcept;
  void deinterleave(std::span<const modem::Llr> llrs, std::span<modem::Llr> out) const noexcept;

 private:
  std::size_t columns_;
};

/// IEEE 802.11-2020 17.3.5.7 and, with 13 columns for HT of 20 MHz (18 for 40 MHz), 19.3.11.8: two
/// permutations that spread neighbouring coded bits over subcarriers and over the strong and weak bits of a
/// constellation. A call may span several OFDM symbols; sizes are whole multiples of coded_bits_per_symbol,
/// input and output must not overlap.
class WlanInterleaver {
 public:
  /// `coded_bits_per_symbol` (N_CBPS): a multiple of `columns` (N_COL) and of `bits_per_subcarrier`.
  /// `bits_per_subcarrier` (N_BPSC): 1, 2, 4, 6 or 8. ConfigError otherwise, and where the clause's formula
  /// is no permutation for them.
  WlanInterleaver(std::size_t coded_bits_per_symbol, unsigned bits_per_subcarrier, unsigned columns = 16);

  std::size_t coded_bits_per_symbol() const { return position_.size(); }
  /// position()[k]: where coded bit k of a symbol is transmitted (j of the clause).
  std::span<const std::uint16_t> position() const { return position_; }

  void interleave(std::span<const std::uint8_t> bits, std::span<std::uint8_t> out) const noexcept;
  void deinterleave(std::span<const std::uint8_t> bits, std::span<std::uint8_t> out) const noexcept;
  void interleave(std::span<const modem::Llr> llrs, std::span<modem::Llr> out) const noexcept;
  void deinterleave(std::span<const modem::Llr> llrs, std::span<modem::Llr> out) const noexcept;

 private:
  std::vector<std::uint16_t> position_;
};

}  // namespace boresight::fec
