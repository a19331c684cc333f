// The LDPC codes of IEEE 802.11n and its successors: IEEE Std 802.11-2020, 19.3.11.7 and annex F.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "boresight/fec/ldpc_graph.h"

namespace boresight::fec {

/// Information bits per coded bit, R.
enum class WlanLdpcRate : std::uint8_t { half, two_thirds, three_quarters, five_sixths };

/// R = numerator / denominator.
struct WlanLdpcRatio {
  unsigned numerator;
  unsigned denominator;
};
/// A value outside the enumeration is taken as half.
constexpr WlanLdpcRatio wlan_ldpc_ratio(WlanLdpcRate rate) {
  switch (rate) {
    case WlanLdpcRate::two_thirds:
      return {2, 3};
    case WlanLdpcRate::three_quarters:
      return {3, 4};
    case WlanLdpcRate::five_sixths:
      return {5, 6};
    case WlanLdpcRate::half:
      break;
  }
  return {1, 2};
}

/// Codeword lengths n in bits; Z = n / 24 is 27, 54 or 81.
inline constexpr std::array<unsigned, 3> wlan_ldpc_codeword_bits{648, 1296, 1944};
inline constexpr unsigned wlan_ldpc_columns = 24;
inline constexpr unsigned wlan_ldpc_max_lifting_size = 81;

/// One of the twelve codes. All bits are transmitted and all rows are core rows: 12, 8, 6 or 4 for R = 1/2,
/// 2/3, 3/4 and 5/6. Building one takes less than a microsecond.
class WlanLdpcGraph : public LdpcGraph {
 public:
  /// ConfigError if `codeword_bits` is not 648, 1296 or 1944.
  WlanLdpcGraph(unsigned codeword_bits, WlanLdpcRate rate);

  WlanLdpcRate rate() const { return rate_; }

 private:
  WlanLdpcRate rate_;
};

/// Writes the parity bits of 19.3.11.7.3 that make H [information parity]^T = 0. `information` holds
/// graph.information_bits() bit lanes (0 or 1; shortened bits are 0), `parity` the rest of the codeword,
/// graph.rows() x Z lanes. The parity columns are a double diagonal plus one column of weight three, which
/// makes them solvable by substitution.
void wlan_ldpc_encode(const WlanLdpcGraph& graph, std::span<const std::uint8_t> information,
                      std::span<std::uint8_t> parity) noexcept;

}  // namespace boresight::fec
