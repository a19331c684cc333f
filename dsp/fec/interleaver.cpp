#include "boresight/fec/interleaver.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::fec {
namespace {

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

}  // namespace

WlanInterleaver::WlanInterleaver(std::size_t coded_bits_per_symbol, unsigned bits_per_subcarrier) {
  const std::size_t n = coded_bits_per_symbol;
  const unsigned bpsc = bits_per_subcarrier;
  require(bpsc == 1 || bpsc == 2 || bpsc == 4 || bpsc == 6 || bpsc == 8,
          "WlanInterleaver: bits_per_subcarrier " + std::to_string(bpsc) + " is not 1, 2, 4, 6 or 8");
  require(n > 0 && n % 16 == 0 && n % bpsc == 0 && n <= 65536,
          "WlanInterleaver: coded_bits_per_symbol " + std::to_string(n) +
              " is not a multiple of 16 and of bits_per_subcarrier, at most 65536");
  const std::size_t s = std::max(bpsc / 2, 1U);
  position_.resize(n);
  std::vector<bool> taken(n, false);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = (n / 16) * (k % 16) + k / 16;
    const std::size_t j = s * (i / s) + (i + n - 16 * i / n) % s;
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
