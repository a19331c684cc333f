#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/wlan_ldpc_format.h"
#include "boresight/frame/wifi_codec.h"
#include "support/wifi_oracle.h"

namespace boresight::frame {
namespace {

std::vector<modem::Llr> soft(std::span<const std::uint8_t> bits, int strength) {
  std::vector<modem::Llr> llrs;
  for (const std::uint8_t bit : bits)
    llrs.push_back(static_cast<modem::Llr>(bit != 0 ? -strength : strength));
  return llrs;
}

std::size_t coded_bits(const HtSignal& s) {
  return ht_data_symbols(s) * ht_mcs(s.mcs).coded_bits_per_symbol;
}

const std::array<std::string, 8> code_rates{"1/2", "1/2", "3/4", "1/2", "3/4", "2/3", "3/4", "5/6"};

TEST(WifiHtCodec, ConvolutionalFramesAreThoseOfTheOracle) {
  WifiEncoder encoder;
  Random random(1);
  for (std::uint8_t m = 0; m < 8; ++m) {
    for (const std::uint16_t length : std::initializer_list<std::uint16_t>{1, 14, 257}) {
      const HtSignal signal{.mcs = m, .length = length};
      std::vector<std::uint8_t> psdu(length);
      random.fill(psdu);
      const auto state = static_cast<std::uint8_t>(1 + random.below(127));
      std::vector<std::uint8_t> got(coded_bits(signal));
      encoder.encode_ht_data(signal, psdu, state, got);

      const std::size_t per_symbol = ht_mcs(m).data_bits_per_symbol;
      oracle::Bits bits(16);
      for (const int bit : oracle::bits_of(psdu)) bits.push_back(bit);
      bits.resize((bits.size() + 6 + per_symbol - 1) / per_symbol * per_symbol);
      bits = oracle::scrambled(bits, state);
      for (std::size_t i = 0; i < 6; ++i) bits[16 + 8 * std::size_t{length} + i] = 0;
      const oracle::Bits coded = oracle::coded(bits, code_rates[m]);
      ASSERT_EQ(coded.size(), got.size());
      const std::size_t n = ht_mcs(m).coded_bits_per_symbol;
      for (std::size_t s = 0; s * n < coded.size(); ++s) {
        const oracle::Bits symbol(coded.begin() + static_cast<std::ptrdiff_t>(s * n),
                                  coded.begin() + static_cast<std::ptrdiff_t>((s + 1) * n));
        const oracle::Bits mixed = oracle::interleaved(symbol, n / 52, 13);
        ASSERT_TRUE(std::equal(mixed.begin(), mixed.end(), got.begin() + static_cast<std::ptrdiff_t>(s * n)))
            << int{m} << ' ' << s;
      }
    }
  }
}

TEST(WifiHtCodec, LdpcFramesAreCodewordsOfScrambledPayload) {
  WifiEncoder encoder;
  Random random(2);
  for (std::uint8_t m = 0; m < 8; ++m) {
    for (const std::uint16_t length : std::initializer_list<std::uint16_t>{1, 100, 1500}) {
      const HtSignal signal{.mcs = m, .length = length, .ldpc = true};
      std::vector<std::uint8_t> psdu(length);
      random.fill(psdu);
      std::vector<std::uint8_t> got(coded_bits(signal));
      encoder.encode_ht_data(signal, psdu, 0x2F, got);
      oracle::Bits bits(16);
      for (const int bit : oracle::bits_of(psdu)) bits.push_back(bit);
      bits = oracle::scrambled(bits, 0x2F);

      const HtMcs& mcs = ht_mcs(m);
      const auto format = fec::wlan_ldpc_format(length, mcs.ldpc_rate, mcs.coded_bits_per_symbol);
      ASSERT_EQ(format.available_bits, got.size());
      const fec::WlanLdpcGraph graph(format.codeword_bits, mcs.ldpc_rate);
      std::size_t at = 0;
      std::size_t bit = 0;
      for (std::size_t c = 0; c < format.codewords; ++c) {
        const auto share = format.share(c);
        std::vector<int> word(graph.codeword_bits(), -1);
        for (std::size_t i = 0; i < graph.information_bits(); ++i) word[i] = 0;
        for (std::size_t i = 0; i < share.information_bits; ++i) {
          ASSERT_EQ(got[at + i], bits[bit + i]);
          word[i] = bits[bit + i];
        }
        for (std::size_t i = 0; i < share.parity_bits; ++i) {
          word[graph.information_bits() + i] = got[at + share.information_bits + i];
        }
        // Repeated bits are the first ones again; checks on bits that were sent all hold.
        const std::size_t once = share.information_bits + share.parity_bits;
        for (std::size_t i = 0; i < share.repeated_bits; ++i) ASSERT_EQ(got[at + once + i], got[at + i]);
        const std::size_t z = graph.lifting_size();
        std::size_t checks = 0;
        for (unsigned row = 0; row < graph.rows(); ++row) {
          for (std::size_t i = 0; i < z; ++i) {
            int sum = 0;
            bool complete = true;
            for (const auto& edge : graph.row(row)) {
              const int value = word[edge.column * z + (i + edge.shift) % z];
              complete = complete && value >= 0;
              sum ^= value;
            }
            if (!complete) continue;
            ++checks;
            ASSERT_EQ(sum, 0);
          }
        }
        EXPECT_GT(checks, 0U);  // those on punctured bits cannot be made
        at += share.transmitted_bits();
        bit += share.information_bits;
      }
      EXPECT_EQ(at, got.size());
      EXPECT_EQ(bit, bits.size());
    }
  }
}

TEST(WifiHtCodec, DecodesAndEncodesAgain) {
  WifiEncoder encoder;
  WifiDecoder decoder({});
  Random random(3);
  for (const bool ldpc : {false, true}) {
    for (std::uint8_t m = 0; m < 8; ++m) {
      for (const std::uint16_t length : std::initializer_list<std::uint16_t>{1, 2, 39, 1500, 4000}) {
        const HtSignal signal{.mcs = m, .length = length, .ldpc = ldpc};
        std::vector<std::uint8_t> psdu(length);
        random.fill(psdu);
        std::vector<std::uint8_t> coded(coded_bits(signal));
        encoder.encode_ht_data(signal, psdu, static_cast<std::uint8_t>(1 + random.below(127)), coded);
        auto llrs = soft(coded, 20);
        for (std::size_t i = 5; i < llrs.size(); i += 40) llrs[i] = 0;
        std::vector<std::uint8_t> received(length);
        ASSERT_TRUE(decoder.decode_ht_data(signal, llrs, received));
        ASSERT_EQ(received, psdu) << ldpc << int{m} << ' ' << length;
        std::vector<std::uint8_t> again(coded.size());
        decoder.encode_again(again);
        ASSERT_EQ(again, coded) << ldpc << int{m} << ' ' << length;
        std::vector<std::uint8_t> once_only(coded.size(), 7);
        decoder.encode_again(once_only);
        ASSERT_EQ(once_only.front(), 7);
      }
    }
  }
  for (std::size_t r = 0; r < wifi_rate_count; ++r) {
    const auto rate = static_cast<WifiRate>(r);
    std::vector<std::uint8_t> psdu(333);
    random.fill(psdu);
    std::vector<std::uint8_t> coded(wifi_data_symbols(rate, 333) * wifi_rate(rate).coded_bits_per_symbol);
    encoder.encode_data(rate, psdu, 0x11, coded);
    std::vector<std::uint8_t> received(333);
    ASSERT_TRUE(decoder.decode_data(rate, soft(coded, 20), received));
    std::vector<std::uint8_t> again(coded.size());
    decoder.encode_again(again);
    ASSERT_EQ(again, coded) << r;
  }
}

TEST(WifiHtCodec, SignalWithFourWrongBitsIsRead) {
  WifiEncoder encoder;
  WifiDecoder decoder({});
  const HtSignal signal{.mcs = 7, .length = 1500, .aggregated = true};
  std::vector<std::uint8_t> coded(ht_signal_coded_bits);
  encoder.encode_ht_signal(signal, coded);
  for (std::size_t a = 0; a < coded.size(); ++a) {
    auto llrs = soft(coded, 8);
    for (const std::size_t step : {0U, 7U, 19U, 50U}) {
      auto& llr = llrs[(a + step) % llrs.size()];
      llr = static_cast<modem::Llr>(-llr);
    }
    ASSERT_EQ(decoder.decode_ht_signal(llrs), signal) << a;
  }
  // Of random soft bits the CRC lets one in 256 pass and the reserved bit half of them.
  Random random(4);
  int passed = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<modem::Llr> llrs(ht_signal_coded_bits);
    for (auto& llr : llrs) llr = modem::quantize_llr(static_cast<float>(4.0 * random.normal()));
    passed += decoder.decode_ht_signal(llrs) ? 1 : 0;
  }
  EXPECT_LT(passed, 20'000 / 512 + 40);
}

TEST(WifiHtCodec, SizesThatDoNotFitAreRefused) {
  WifiDecoder decoder({});
  std::vector<std::uint8_t> psdu(20, 1);
  EXPECT_FALSE(decoder.decode_ht_data({.mcs = 0, .length = 20}, std::vector<modem::Llr>(52), psdu));
  EXPECT_EQ(psdu, std::vector<std::uint8_t>(20, 0));
  EXPECT_FALSE(decoder.decode_ht_data({.mcs = 0, .length = 21}, std::vector<modem::Llr>(8 * 52), psdu));
  EXPECT_FALSE(decoder.decode_ht_data({.mcs = 9, .length = 20}, {}, psdu));
  std::vector<std::uint8_t> huge(65535);
  EXPECT_FALSE(
      decoder.decode_ht_data({.mcs = 0, .length = 65535}, std::vector<modem::Llr>(20166 * 52), huge));
}

}  // namespace
}  // namespace boresight::frame
