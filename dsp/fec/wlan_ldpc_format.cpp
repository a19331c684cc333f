#include "boresight/fec/wlan_ldpc_format.h"

namespace boresight::fec {
namespace {

constexpr std::size_t service_bits = 16;
constexpr std::size_t max_coded_bits_per_symbol = 65536;

constexpr std::size_t divide_up(std::size_t a, std::size_t b) {
  return (a + b - 1) / b;
}

constexpr std::size_t difference_or_zero(std::size_t a, std::size_t b) {
  return a > b ? a - b : 0;
}

// Equally, the remainder to the first ones.
constexpr std::size_t part(std::size_t total, std::size_t parts, std::size_t index) {
  return total / parts + (index < total % parts ? 1 : 0);
}

}  // namespace

WlanLdpcShare WlanLdpcFormat::share(std::size_t index) const noexcept {
  if (index >= codewords) return {};
  const auto [r, d] = wlan_ldpc_ratio(rate);
  const std::size_t information = codeword_bits / d * r;
  WlanLdpcShare s;
  s.shortened_bits = part(shortened_bits, codewords, index);
  s.information_bits = information - s.shortened_bits;
  s.punctured_bits = part(punctured_bits, codewords, index);
  s.parity_bits = codeword_bits - information - s.punctured_bits;
  s.repeated_bits = part(repeated_bits, codewords, index);
  return s;
}

WlanLdpcFormat wlan_ldpc_format(std::size_t psdu_bytes, WlanLdpcRate rate, std::size_t coded_bits_per_symbol,
                                bool space_time_block_coding) noexcept {
  const WlanLdpcRatio ratio = wlan_ldpc_ratio(rate);
  const std::size_t r = ratio.numerator;
  const std::size_t d = ratio.denominator;
  if (psdu_bytes == 0 || psdu_bytes > wlan_ldpc_max_psdu_bytes || coded_bits_per_symbol == 0 ||
      coded_bits_per_symbol > max_coded_bits_per_symbol || coded_bits_per_symbol % d != 0) {
    return {};
  }
  WlanLdpcFormat f;
  f.rate = rate;

  // a) Equations 19-35 and 19-36.
  const std::size_t symbols_at_once = space_time_block_coding ? 2 : 1;
  const std::size_t bits_at_once = coded_bits_per_symbol * symbols_at_once;
  f.payload_bits = 8 * psdu_bytes + service_bits;
  f.available_bits = bits_at_once * divide_up(f.payload_bits, bits_at_once / d * r);

  // b) Table 19-16. All products with 1 - R are whole numbers of bits.
  const auto room_for_parity_of = [&](std::size_t length) {
    return f.available_bits >= f.payload_bits + length / d * (d - r);
  };
  f.codewords = 1;
  if (f.available_bits <= 648) {
    f.codeword_bits = room_for_parity_of(912) ? 1296 : 648;
  } else if (f.available_bits <= 1296) {
    f.codeword_bits = room_for_parity_of(1464) ? 1944 : 1296;
  } else if (f.available_bits <= 1944) {
    f.codeword_bits = 1944;
  } else if (f.available_bits <= 2592) {
    f.codewords = 2;
    f.codeword_bits = room_for_parity_of(2916) ? 1944 : 1296;
  } else {
    f.codeword_bits = 1944;
    f.codewords = divide_up(f.payload_bits, 1944 / d * r);
  }
  const std::size_t coded = f.codewords * f.codeword_bits;
  const std::size_t parity = coded / d * (d - r);

  // c) Equation 19-37.
  f.shortened_bits = difference_or_zero(coded - parity, f.payload_bits);

  // d) Equations 19-38 to 19-40, in tenths of a bit; R / (1 - R) = r / (d - r).
  f.punctured_bits = difference_or_zero(coded, f.available_bits + f.shortened_bits);
  const bool heavy = 10 * f.punctured_bits > parity;
  const bool hardly_shortened = 10 * (d - r) * f.shortened_bits < 12 * r * f.punctured_bits;
  if ((heavy && hardly_shortened) || 10 * f.punctured_bits > 3 * parity) {
    f.extra_symbols = true;
    f.available_bits += bits_at_once;
    f.punctured_bits = difference_or_zero(coded, f.available_bits + f.shortened_bits);
  }
  f.symbols = f.available_bits / coded_bits_per_symbol;

  // e) Equation 19-42.
  f.repeated_bits = difference_or_zero(f.available_bits, parity + f.payload_bits);
  return f;
}

}  // namespace boresight::fec
