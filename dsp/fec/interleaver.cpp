#include "boresight/fec/interleaver.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::fec {
namespace {

constexpr std::size_t max_columns = std::size_t{1} << 31;

template <typename T>
void scatter(std::span<const std::uint16_t> position, std::span<const T> in, std::span<T> out) {
  const std::size_t n = position.size();
  BORESIGHT_ASSERT(in.size() == out.size() && in.size() % n == 0);
  for (std::size_t symbol = 0; symbol + n <= in.size(); symbol += n) {
    for (std::size_t k = 0; k < n; ++k) out[symbol + position[k]] = in[symbol + k];
  }
}

template <typename T>
void gather(std::span<const std::uint16_t> position, std::span<const T> in, std::span<T> out) {
  const std::size_t n = position.size();
  BORESIGHT_ASSERT(in.size() == out.size() && in.size() % n == 0);
  for (std::size_t symbol = 0; symbol + n <= in.size(); symbol += n) {
    for (std::size_t k = 0; k < n; ++k) out[symbol + k] = in[symbol + position[k]];
  }
}

// move(place in rows, place in columns) for every place of a matrix of `size` places.
template <typename Move>
void for_each_place(std::size_t size, std::size_t columns, Move move) {
  std::size_t read = 0;
  for (std::size_t column = 0; column < std::min(columns, size); ++column) {
    for (std::size_t written = column; written < size; written += columns) move(written, read++);
  }
}

template <typename T>
void read_columns(std::size_t columns, std::span<const T> in, std::span<T> out) {
  BORESIGHT_ASSERT(in.size() == out.size());
  const T* from = in.data();
  T* to = out.data();
  for_each_place(in.size(), columns, [=](std::size_t row_place, std::size_t column_place) {
    to[column_place] = from[row_place];
  });
}

template <typename T>
void read_rows(std::size_t columns, std::span<const T> in, std::span<T> out) {
  BORESIGHT_ASSERT(in.size() == out.size());
  const T* from = in.data();
  T* to = out.data();
  for_each_place(in.size(), columns, [=](std::size_t row_place, std::size_t column_place) {
    to[row_place] = from[column_place];
  });
}

}  // namespace

RowColumnInterleaver::RowColumnInterleaver(std::size_t columns) : columns_(columns) {
  require(columns >= 1 && columns <= max_columns,
          "RowColumnInterleaver: columns " + std::to_string(columns) + " is not in 1 .. 2147483648");
}

void RowColumnInterleaver::interleave(std::span<const std::uint8_t> bits,
                                      std::span<std::uint8_t> out) const noexcept {
  read_columns(columns_, bits, out);
}
void RowColumnInterleaver::deinterleave(std::span<const std::uint8_t> bits,
                                        std::span<std::uint8_t> out) const noexcept {
  read_rows(columns_, bits, out);
}
void RowColumnInterleaver::interleave(std::span<const modem::Llr> llrs,
                                      std::span<modem::Llr> out) const noexcept {
  read_columns(columns_, llrs, out);
}
void RowColumnInterleaver::deinterleave(std::span<const modem::Llr> llrs,
                                        std::span<modem::Llr> out) const noexcept {
  read_rows(columns_, llrs, out);
}

WlanInterleaver::WlanInterleaver(std::size_t coded_bits_per_symbol, unsigned bits_per_subcarrier,
                                 unsigned columns) {
  const std::size_t n = coded_bits_per_symbol;
  const unsigned bpsc = bits_per_subcarrier;
  require(bpsc == 1 || bpsc == 2 || bpsc == 4 || bpsc == 6 || bpsc == 8,
          "WlanInterleaver: bits_per_subcarrier " + std::to_string(bpsc) + " is not 1, 2, 4, 6 or 8");
  require(columns >= 1 && n > 0 && n % columns == 0 && n % bpsc == 0 && n <= 65536,
          "WlanInterleaver: coded_bits_per_symbol " + std::to_string(n) + " is not a multiple of " +
              std::to_string(columns) + " columns and of bits_per_subcarrier, at most 65536");
  const std::size_t s = std::max(bpsc / 2, 1U);
  position_.resize(n);
  std::vector<bool> taken(n, false);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = (n / columns) * (k % columns) + k / columns;
    const std::size_t j = s * (i / s) + (i + n - columns * i / n) % s;
    require(j < n && !taken[j], "WlanInterleaver: coded_bits_per_symbol " + std::to_string(n) +
                                    " with bits_per_subcarrier " + std::to_string(bpsc) +
                                    " gives no permutation");
    taken[j] = true;
    position_[k] = static_cast<std::uint16_t>(j);
  }
}

void WlanInterleaver::interleave(std::span<const std::uint8_t> bits,
                                 std::span<std::uint8_t> out) const noexcept {
  scatter<std::uint8_t>(position_, bits, out);
}
void WlanInterleaver::deinterleave(std::span<const std::uint8_t> bits,
                                   std::span<std::uint8_t> out) const noexcept {
  gather<std::uint8_t>(position_, bits, out);
}
void WlanInterleaver::interleave(std::span<const modem::Llr> llrs, std::span<modem::Llr> out) const noexcept {
  scatter<modem::Llr>(position_, llrs, out);
}
void WlanInterleaver::deinterleave(std::span<const modem::Llr> llrs,
                                   std::span<modem::Llr> out) const noexcept {
  gather<modem::Llr>(position_, llrs, out);
}

}  // namespace boresight::fec
