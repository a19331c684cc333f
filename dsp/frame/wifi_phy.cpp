#include "boresight/frame/wifi_phy.h"

#include <cmath>

#include "boresight/fec/crc.h"
#include "boresight/fec/scrambler.h"

namespace boresight::frame {
namespace {

using fec::PuncturedRate;
using modem::Modulation;

constexpr std::array<WifiRateParameters, wifi_rate_count> rates{{
    {6, 0b1101, Modulation::bpsk, PuncturedRate::half, 48, 24},
    {9, 0b1111, Modulation::bpsk, PuncturedRate::three_quarters, 48, 36},
    {12, 0b0101, Modulation::qpsk, PuncturedRate::half, 96, 48},
    {18, 0b0111, Modulation::qpsk, PuncturedRate::three_quarters, 96, 72},
    {24, 0b1001, Modulation::qam16, PuncturedRate::half, 192, 96},
    {36, 0b1011, Modulation::qam16, PuncturedRate::three_quarters, 192, 144},
    {48, 0b0001, Modulation::qam64, PuncturedRate::two_thirds, 288, 192},
    {54, 0b0011, Modulation::qam64, PuncturedRate::three_quarters, 288, 216},
}};

constexpr std::size_t bin(int carrier) {
  return static_cast<std::size_t>(carrier + static_cast<int>(wifi_fft_size)) % wifi_fft_size;
}

WifiSpectrum make_short_training() {
  // The signs of 1 + j on every fourth subcarrier, -24 to 24 without 0.
  constexpr std::array<int, 12> carriers{-24, -20, -16, -12, -8, -4, 4, 8, 12, 16, 20, 24};
  constexpr std::array<float, 12> signs{1, -1, 1, -1, -1, 1, -1, -1, 1, 1, 1, 1};
  WifiSpectrum s{};
  const float a = std::sqrt(13.0F / 6.0F);
  for (std::size_t i = 0; i < carriers.size(); ++i) s[bin(carriers[i])] = cf32(a * signs[i], a * signs[i]);
  return s;
}

WifiSpectrum make_long_training() {
  constexpr std::array<float, 53> values{1,  1,  -1, -1, 1,  1, -1, 1,  -1, 1, 1,  1,  1,  1, 1,  -1, -1, 1,
                                         1,  -1, 1,  -1, 1,  1, 1,  1,  0,  1, -1, -1, 1,  1, -1, 1,  -1, 1,
                                         -1, -1, -1, -1, -1, 1, 1,  -1, -1, 1, -1, 1,  -1, 1, 1,  1,  1};
  WifiSpectrum s{};
  for (int k = -26; k <= 26; ++k) s[bin(k)] = values[static_cast<std::size_t>(k + 26)];
  return s;
}

std::array<float, 127> make_polarity() {
  // 17.3.5.10: the scrambler's sequence from the all-ones state, 1 sent as -1.
  fec::WlanScrambler sequence(0x7F);
  std::array<float, 127> p{};
  for (float& v : p) v = sequence.next() != 0 ? -1.0F : 1.0F;
  return p;
}

}  // namespace

const WifiRateParameters& wifi_rate(WifiRate rate) noexcept {
  const auto i = static_cast<std::size_t>(rate);
  return rates[i < rates.size() ? i : 0];
}

std::size_t wifi_data_symbols(WifiRate rate, std::size_t psdu_bytes) noexcept {
  const std::size_t bits = wifi_service_bits + 8 * psdu_bytes + fec::convolutional_tail_bits;
  const std::size_t per_symbol = wifi_rate(rate).data_bits_per_symbol;
  return (bits + per_symbol - 1) / per_symbol;
}

std::size_t wifi_frame_samples(WifiRate rate, std::size_t psdu_bytes) noexcept {
  return wifi_preamble_samples + wifi_symbol_samples * (1 + wifi_data_symbols(rate, psdu_bytes));
}

std::array<std::uint8_t, wifi_signal_bits> encode_signal_field(WifiSignal signal) noexcept {
  std::array<std::uint8_t, wifi_signal_bits> bits{};
  const unsigned field = wifi_rate(signal.rate).rate_field;
  for (unsigned i = 0; i < 4; ++i) bits[i] = (field >> (3 - i)) & 1U;
  for (unsigned i = 0; i < 12; ++i) bits[5 + i] = (signal.length >> i) & 1U;
  unsigned parity = 0;
  for (unsigned i = 0; i < 17; ++i) parity ^= bits[i];
  bits[17] = static_cast<std::uint8_t>(parity);
  return bits;
}

std::optional<WifiSignal> parse_signal_field(std::span<const std::uint8_t, wifi_signal_bits> bits) noexcept {
  unsigned parity = 0;
  for (unsigned i = 0; i < 18; ++i) parity ^= bits[i] & 1U;
  unsigned tail = 0;
  for (unsigned i = 18; i < wifi_signal_bits; ++i) tail |= bits[i] & 1U;
  const bool reserved = (bits[4] & 1U) != 0;
  if (parity != 0 || tail != 0 || reserved) return std::nullopt;

  unsigned field = 0;
  for (unsigned i = 0; i < 4; ++i) field = (field << 1) | (bits[i] & 1U);
  unsigned length = 0;
  for (unsigned i = 0; i < 12; ++i) length |= (bits[5 + i] & 1U) << i;
  if (length == 0) return std::nullopt;
  for (std::size_t r = 0; r < rates.size(); ++r) {
    if (rates[r].rate_field == field)
      return WifiSignal{static_cast<WifiRate>(r), static_cast<std::uint16_t>(length)};
  }
  return std::nullopt;
}

const WifiSpectrum& wifi_short_training() noexcept {
  static const WifiSpectrum s = make_short_training();
  return s;
}

const WifiSpectrum& wifi_long_training() noexcept {
  static const WifiSpectrum s = make_long_training();
  return s;
}

float wifi_pilot_polarity(std::size_t n) noexcept {
  static const std::array<float, 127> p = make_polarity();
  return p[n % p.size()];
}

void write_fcs(std::span<std::uint8_t> psdu) noexcept {
  if (psdu.size() < wifi_fcs_bytes) return;
  const std::size_t body = psdu.size() - wifi_fcs_bytes;
  const std::uint32_t fcs = fec::crc32_of_bytes(psdu.first(body));
  for (unsigned i = 0; i < wifi_fcs_bytes; ++i) psdu[body + i] = static_cast<std::uint8_t>(fcs >> (8 * i));
}

bool fcs_is_good(std::span<const std::uint8_t> psdu) noexcept {
  if (psdu.size() <= wifi_fcs_bytes) return false;
  const std::size_t body = psdu.size() - wifi_fcs_bytes;
  std::uint32_t fcs = 0;
  for (unsigned i = 0; i < wifi_fcs_bytes; ++i) fcs |= std::uint32_t{psdu[body + i]} << (8 * i);
  return fcs == fec::crc32_of_bytes(psdu.first(body));
}

}  // namespace boresight::frame
