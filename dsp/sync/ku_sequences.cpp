#include "boresight/sync/ku_sequences.h"

#include <numbers>
#include <string_view>

namespace boresight::sync {
namespace {

constexpr std::string_view q_pss = "C1B5D191024D3DC3F8EC52FAA16F3958";

constexpr std::string_view q_sss =
    "BD565D5064E9B3A94958F28624DED560946199F5B40F0E4FB5EFCB473B4C24B2D1E0BD01A6A"
    "04D5017DE91A8ECC0DA09EBFE57F9F1B44C532F161C583A42490A5C09F2A117F9A28F9B2FD5"
    "47A74C44BABB4BE85DA6A62B1235E2AD084C00180142A8F7F357DEC4F31316BC58FA404909A"
    "3FCA7F88E421902B6A2580AE8030803F65809DB347F590DBC46F010EBE3A25C060D74429FC4"
    "6BDF9B63719279798D232C5ABA274122FF66AD7E449F44CB40C49C24A1E2629F5BFE82CE531"
    "FDC34F8C64A43A963F40D5B71BDE6FB2F13492D6F2E8544B21D449722C635180342CD0026A1"
    "E7F7E80E91B175E852F919767E5AF9B6E909AF362F5218E2B908DC005803";

constexpr unsigned hex_digit(char c) {
  return c <= '9' ? unsigned(c - '0') : unsigned(c - 'A') + 10U;
}

/// Digit number `i` from the least significant end.
constexpr unsigned digit(std::string_view hex, std::size_t i) {
  return hex_digit(hex[hex.size() - 1 - i]);
}

struct Sequences {
  std::array<std::uint8_t, pss_segment_samples> pss_quarters{};
  std::array<cf32, pss_segment_samples> segment{};
  std::array<cf32, pss_samples> pss{};
  std::array<std::uint8_t, 1020> sss_quarters{};
  std::array<cf32, 1024> sss{};

  Sequences() {
    // p_k = exp(j pi (-1/4 - 1/2 sum_{l <= k} b_l)), b_l = 2 q_l - 1, q_0 the least significant bit: every
    // step is a quarter turn. In quarters above 45 degrees that is m_k = -1 - sum b_l.
    constexpr float level = 1.0F / std::numbers::sqrt2_v<float>;
    constexpr std::array<cf32, 4> diagonal{
        cf32{level, level}, {-level, level}, {-level, -level}, {level, -level}};
    unsigned quarter = 3;
    for (std::size_t k = 0; k < pss_segment_samples; ++k) {
      const bool bit = (digit(q_pss, k / 4) >> (k % 4)) & 1U;
      quarter = (quarter + (bit ? 3U : 1U)) % 4;
      pss_quarters[k] = static_cast<std::uint8_t>(quarter);
      segment[k] = diagonal[quarter];
    }
    for (std::size_t i = 0; i < pss_samples; ++i) {
      const std::size_t k = (i + pss_segment_samples - pss_prefix_samples) % pss_segment_samples;
      const bool inverted = i < pss_prefix_samples + pss_segment_samples;  // the prefix continues segment 0
      pss[i] = inverted ? -segment[k] : segment[k];
    }

    constexpr std::array<cf32, 4> axis{cf32{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (std::size_t i = 0; i < sss_quarters.size(); ++i) {
      sss_quarters[i] = static_cast<std::uint8_t>((digit(q_sss, i / 2) >> (2 * (i % 2))) & 3U);
      sss[i + 2] = axis[sss_quarters[i]];
    }
  }
};

const Sequences& sequences() {
  static const Sequences instance;
  return instance;
}

}  // namespace

std::span<const std::uint8_t, pss_segment_samples> pss_segment_quarters() {
  return sequences().pss_quarters;
}
std::span<const cf32, pss_segment_samples> pss_segment() {
  return sequences().segment;
}
std::span<const cf32, pss_samples> pss() {
  return sequences().pss;
}
std::span<const std::uint8_t, 1020> sss_quarters() {
  return sequences().sss_quarters;
}
std::span<const cf32, 1024> sss() {
  return sequences().sss;
}

}  // namespace boresight::sync
