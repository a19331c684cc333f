#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/tx/wifi_transmitter.h"
#include "support/wifi_oracle.h"

namespace boresight::tx {
namespace {

using frame::HtSignal;
using Spectrum = std::vector<cf64>;  // [64], subcarrier k at k + 32

constexpr std::array<int, 4> pilot_at{-21, -7, 7, 21};
constexpr std::array<double, 4> pilot_value{1, 1, 1, -1};
// Equation 17-25, its beginning.
constexpr std::array<double, 20> polarity{1,  1,  1, 1, -1, -1, -1, 1,  -1, -1,
                                          -1, -1, 1, 1, -1, 1,  -1, -1, 1,  1};

std::vector<int> data_carriers(int last) {
  std::vector<int> list;
  for (int k = -last; k <= last; ++k) {
    if (k != 0 && std::abs(k) != 7 && std::abs(k) != 21) list.push_back(k);
  }
  return list;
}

void set_data(Spectrum& spectrum, int last, std::span<const int> bits, std::size_t per_carrier, cf64 turn) {
  std::size_t at = 0;
  for (const int k : data_carriers(last)) {
    spectrum[static_cast<std::size_t>(k + 32)] = turn * oracle::point(bits.subspan(at, per_carrier));
    at += per_carrier;
  }
}

// The whole mixed-format frame from the clauses.
std::vector<cf64> frame_of_the_clauses(const HtSignal& signal, std::span<const std::uint8_t> psdu,
                                       unsigned state, std::size_t per_carrier, const std::string& rate,
                                       std::size_t data_bits) {
  std::vector<cf64> out;
  const auto training = [&](const std::string& signs, double scale, cf64 unit, int guard, int samples,
                            double used) {
    Spectrum s(64);
    const int last = static_cast<int>(signs.size() / 2);
    for (int k = -last; k <= last; ++k) {
      const char c = signs[static_cast<std::size_t>(k + last)];
      s[static_cast<std::size_t>(k + 32)] = c == '0' ? 0.0 : unit * (c == '+' ? scale : -scale);
    }
    oracle::add_symbol(out, s, guard, samples, used);
  };
  const std::string stf = "00+000-000+000-000-000+0000000-000-000+000+000+000+00";  // equation 17-6
  const std::string ltf = "++--++-+-++++++--++-+-++++0+--++-+-+-----++--+-+-++++";
  const double root = std::sqrt(13.0 / 6.0);
  training(stf, root, {1, 1}, 0, 160, 52);
  training(ltf, 1, 1, 32, 128, 52);

  const auto legacy_symbol = [&](const oracle::Bits& bits, std::size_t index, cf64 turn) {
    Spectrum s(64);
    set_data(s, 26, oracle::interleaved(bits, 1, 16), 1, turn);
    for (std::size_t i = 0; i < 4; ++i)
      s[static_cast<std::size_t>(pilot_at[i] + 32)] = pilot_value[i] * polarity[index];
    oracle::add_symbol(out, s, 16, 64, 52);
  };
  // L-SIG: 6 Mbit/s (1101), the length in the time that is left, parity.
  const std::size_t bit_count = 16 + 8 * psdu.size() + 6;
  const std::size_t symbols = (bit_count + data_bits - 1) / data_bits;
  const double us = 8 + 4 + 4 + static_cast<double>(symbols) * (signal.short_guard ? 3.6 : 4.0);
  const auto length = static_cast<unsigned>(std::ceil(us / 4.0 - 1e-9)) * 3 - 3;
  oracle::Bits sig{1, 1, 0, 1, 0};
  for (unsigned i = 0; i < 12; ++i) sig.push_back(static_cast<int>((length >> i) & 1U));
  int parity = 0;
  for (const int bit : sig) parity ^= bit;
  sig.push_back(parity);
  sig.resize(24);
  legacy_symbol(oracle::coded(sig, "1/2"), 0, 1);
  const auto ht_sig = oracle::coded(
      oracle::ht_signal_bits(signal.mcs, signal.length, signal.aggregated, false, signal.short_guard), "1/2");
  legacy_symbol({ht_sig.begin(), ht_sig.begin() + 48}, 1, {0, 1});
  legacy_symbol({ht_sig.begin() + 48, ht_sig.end()}, 2, {0, 1});
  training(stf, root, {1, 1}, 16, 64, 52);
  training("++" + ltf + "--", 1, 1, 16, 64, 56);

  oracle::Bits bits(16);
  for (const int bit : oracle::bits_of(psdu)) bits.push_back(bit);
  bits.resize(symbols * data_bits);
  bits = oracle::scrambled(bits, state);
  for (std::size_t i = 0; i < 6; ++i) bits[bit_count - 6 + i] = 0;
  const oracle::Bits coded = oracle::coded(bits, rate);
  const std::size_t n = 52 * per_carrier;
  for (std::size_t s = 0; s < symbols; ++s) {
    Spectrum spectrum(64);
    const auto begin = coded.begin() + static_cast<std::ptrdiff_t>(s * n);
    set_data(spectrum, 28,
             oracle::interleaved({begin, begin + static_cast<std::ptrdiff_t>(n)}, per_carrier, 13),
             per_carrier, 1);
    for (std::size_t i = 0; i < 4; ++i) {
      spectrum[static_cast<std::size_t>(pilot_at[i] + 32)] = pilot_value[(i + s) % 4] * polarity[s + 3];
    }
    oracle::add_symbol(out, spectrum, signal.short_guard ? 8 : 16, 64, 56);
  }
  return out;
}

TEST(WifiHtTransmitter, EverySampleIsThatOfTheClauses) {
  WifiTransmitter transmitter({});
  Random random(1);
  constexpr std::array<std::size_t, 8> per_carrier{1, 2, 2, 4, 4, 6, 6, 6};
  constexpr std::array<std::size_t, 8> data_bits{26, 52, 78, 104, 156, 208, 234, 260};
  const std::array<std::string, 8> rates{"1/2", "1/2", "3/4", "1/2", "3/4", "2/3", "3/4", "5/6"};
  for (std::uint8_t m = 0; m < 8; ++m) {
    for (const bool short_guard : {false, true}) {
      std::vector<std::uint8_t> psdu(3 * data_bits[m] / 8);  // a few symbols
      random.fill(psdu);
      const HtSignal signal{.mcs = m,
                            .length = static_cast<std::uint16_t>(psdu.size()),
                            .aggregated = m % 2 == 0,
                            .short_guard = short_guard};
      std::vector<cf32> got(transmitter.frame_samples(signal));
      transmitter.transmit(signal, psdu, 0x35, got);
      const auto expected = frame_of_the_clauses(signal, psdu, 0x35, per_carrier[m], rates[m], data_bits[m]);
      ASSERT_EQ(got.size(), expected.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(std::abs(cf64(got[i]) - expected[i]), 0.0, 1e-5) << int{m} << ' ' << i;
      }
    }
  }
}

TEST(WifiHtTransmitter, RefusesWhatCannotBeSent) {
  WifiTransmitter transmitter({});
  const std::vector<std::uint8_t> psdu(10);
  const HtSignal signal{.mcs = 3, .length = 10};
  std::vector<cf32> out(transmitter.frame_samples(signal));
  EXPECT_NO_THROW(transmitter.transmit(signal, psdu, 1, out));
  EXPECT_THROW(transmitter.transmit(signal, {}, 1, out), ConfigError);
  EXPECT_THROW(transmitter.transmit(signal, psdu, 0, out), ConfigError);
  EXPECT_THROW(transmitter.transmit(signal, psdu, 1, std::span(out).first(72)), ConfigError);
  EXPECT_THROW(transmitter.transmit({.mcs = 8}, psdu, 1, out), ConfigError);
  EXPECT_THROW(transmitter.transmit({.mcs = 0, .wide = true}, psdu, 1, out), ConfigError);
  EXPECT_THROW(transmitter.transmit({.mcs = 0}, std::vector<std::uint8_t>(4424), 1, out), ConfigError);
  EXPECT_THROW(transmitter.transmit({.mcs = 7}, std::vector<std::uint8_t>(65536), 1, out), ConfigError);
}

}  // namespace
}  // namespace boresight::tx
