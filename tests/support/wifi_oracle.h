// Bits and samples of 802.11 frames straight from the clauses, slowly and in double precision; shares nothing
// with the library but the types. IEEE 802.11-2020 clauses 17 and 19 (one stream, 20 MHz, K = 7 code).
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>
#include <vector>

namespace boresight::oracle {

using Bits = std::vector<int>;

/// Least significant bit of each byte first.
inline Bits bits_of(std::span<const std::uint8_t> bytes) {
  Bits bits;
  for (const unsigned byte : bytes) {
    for (unsigned i = 0; i < 8; ++i) bits.push_back(static_cast<int>((byte >> i) & 1U));
  }
  return bits;
}

/// 17.3.5.5: x7 + x4 + 1; bit i of `state` is x_(i + 1).
inline Bits scrambled(const Bits& bits, unsigned state) {
  std::array<int, 8> x{};
  for (unsigned i = 1; i <= 7; ++i) x[i] = static_cast<int>((state >> (i - 1)) & 1U);
  Bits out;
  for (const int bit : bits) {
    const int feedback = x[7] ^ x[4];
    for (unsigned i = 7; i > 1; --i) x[i] = x[i - 1];
    x[1] = feedback;
    out.push_back(bit ^ feedback);
  }
  return out;
}

/// 17.3.5.6: g0 = 1011011, g1 = 1111001 from the newest bit on. Puncturing: figures 17-9, 17-10 and 19-11.
inline Bits coded(const Bits& bits, std::string_view rate) {
  constexpr std::string_view g0 = "1011011";
  constexpr std::string_view g1 = "1111001";
  std::string_view keep_a = "1";
  std::string_view keep_b = "1";
  if (rate == "2/3") keep_a = "11", keep_b = "10";
  if (rate == "3/4") keep_a = "110", keep_b = "101";
  if (rate == "5/6") keep_a = "11010", keep_b = "10101";
  Bits out;
  for (std::size_t n = 0; n < bits.size(); ++n) {
    int a = 0;
    int b = 0;
    for (std::size_t d = 0; d < 7 && d <= n; ++d) {
      a ^= bits[n - d] & (g0[d] - '0');
      b ^= bits[n - d] & (g1[d] - '0');
    }
    if (keep_a[n % keep_a.size()] == '1') out.push_back(a);
    if (keep_b[n % keep_b.size()] == '1') out.push_back(b);
  }
  return out;
}

/// 17.3.5.7 (columns 16) and 19.3.11.8 (columns 13), one symbol.
inline Bits interleaved(const Bits& in, std::size_t per_carrier, std::size_t columns) {
  const std::size_t n = in.size();
  const std::size_t s = per_carrier > 1 ? per_carrier / 2 : 1;
  Bits out(n);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = (n / columns) * (k % columns) + k / columns;
    const std::size_t j = s * (i / s) + (i + n - columns * i / n) % s;
    out[j] = in[k];
  }
  return out;
}

/// Tables 17-13 to 17-16: first bit of an axis first.
inline std::complex<double> point(std::span<const int> b) {
  const auto axis = [](std::span<const int> bits) {
    switch (bits.size()) {
      case 1:
        return bits[0] != 0 ? 1.0 : -1.0;
      case 2: {
        constexpr std::array<double, 4> levels{-3, -1, 3, 1};
        return levels[static_cast<std::size_t>(2 * bits[0] + bits[1])];
      }
      default: {
        constexpr std::array<double, 8> levels{-7, -5, -1, -3, 7, 5, 1, 3};
        return levels[static_cast<std::size_t>(4 * bits[0] + 2 * bits[1] + bits[2])];
      }
    }
  };
  switch (b.size()) {
    case 1:
      return axis(b);
    case 2:
      return std::complex(axis(b.first(1)), axis(b.last(1))) / std::sqrt(2.0);
    case 4:
      return std::complex(axis(b.first(2)), axis(b.last(2))) / std::sqrt(10.0);
    default:
      return std::complex(axis(b.first(3)), axis(b.last(3))) / std::sqrt(42.0);
  }
}

/// HT-SIG with its CRC, equation of 19.3.9.4.4 as a division of polynomials.
inline Bits ht_signal_bits(unsigned mcs, unsigned length, bool aggregated, bool ldpc, bool short_guard) {
  Bits bits;
  const auto put = [&bits](unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) bits.push_back(static_cast<int>((value >> i) & 1U));
  };
  put(mcs, 7);
  put(0, 1);
  put(length, 16);
  put(0b111, 3);  // smoothing, not sounding, reserved
  put(aggregated ? 1 : 0, 1);
  put(0, 2);
  put(ldpc ? 1 : 0, 1);
  put(short_guard ? 1 : 0, 1);
  put(0, 2);
  Bits division = bits;
  for (int i = 0; i < 8; ++i) division[static_cast<std::size_t>(i)] ^= 1;  // the register starts with ones
  division.resize(bits.size() + 8);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (division[i] == 0) continue;
    for (const std::size_t power : {8U, 2U, 1U, 0U}) division[i + 8 - power] ^= 1;
  }
  for (std::size_t i = 34; i < 42; ++i) bits.push_back(division[i] ^ 1);
  bits.resize(48);
  return bits;
}

/// Spectrum of one symbol to `guard` + 64 samples, of unit power when `used` subcarriers have unit power.
inline void add_symbol(std::vector<std::complex<double>>& out,
                       const std::vector<std::complex<double>>& spectrum, int guard, int samples,
                       double used) {
  // spectrum[k + 32] is subcarrier k.
  for (int n = -guard; n < samples; ++n) {
    std::complex<double> sum = 0;
    for (int k = -32; k < 32; ++k) {
      sum +=
          spectrum[static_cast<std::size_t>(k + 32)] * std::polar(1.0, 2 * std::numbers::pi * k * n / 64.0);
    }
    out.push_back(sum / std::sqrt(used));
  }
}

}  // namespace boresight::oracle
