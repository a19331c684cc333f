#include "boresight/frame/framer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"

namespace boresight::frame {
namespace {

std::vector<modem::Llr> soft_bits(modem::Modulation modulation, std::span<const cf32> symbols,
                                  float variance) {
  const modem::Constellation constellation(modulation, modem::BitMap::nr);
  std::vector<modem::Llr> llr(symbols.size() * constellation.bits());
  modem::soft_demap(constellation, symbols, std::vector<float>(symbols.size(), variance), llr);
  return llr;
}

TEST(Framer, EveryMcsAndLengthComesBack) {
  Framer framer;
  Deframer deframer({});
  Random random(1);
  std::vector<cf32> symbols(ku_payload_carriers);
  for (std::size_t m = 0; m < mcs_count; ++m) {
    const auto mcs = static_cast<Mcs>(m);
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{2000}, max_payload_bytes(mcs)}) {
      const Header header{mcs, static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(random.next())};
      std::vector<std::uint8_t> payload(length);
      random.fill(payload);
      framer.payload(header, payload, symbols);
      auto llr = soft_bits(modulation_of(mcs), symbols, 0.001F);
      std::vector<std::uint8_t> out(length);
      EXPECT_TRUE(deframer.payload(header, llr, out).ok) << mcs_info(mcs).name << " " << length;
      EXPECT_EQ(out, payload);
    }
  }
}

// The header must work 3 dB below the most robust payload (QPSK 1/3, about -1 dB): here at -6 dB, 5 dB below,
// known channel. 200 of 200 at a rate of 0.021 leave several decibels.
TEST(Framer, HeaderSurvivesFarBelowThePayload) {
  Framer framer;
  Deframer deframer({});
  Random random(2);
  const auto noise = static_cast<float>(power_from_db(6.0));
  std::vector<cf32> symbols(ku_header_symbols * ku_data_carriers);
  for (std::uint32_t trial = 0; trial < 200; ++trial) {
    const Header header{Mcs::qam64_5_6, 1000 + trial, static_cast<std::uint32_t>(random.next())};
    framer.header(header, symbols);
    random.add_noise(symbols, noise);
    auto llr = soft_bits(modem::Modulation::qpsk, symbols, noise);
    const auto received = deframer.header(llr);
    ASSERT_TRUE(received) << trial;
    EXPECT_EQ(*received, header);
  }
}

TEST(Framer, NoiseIsNoHeaderAndNoPayload) {
  Deframer deframer({});
  Random random(3);
  std::vector<cf32> symbols(ku_header_symbols * ku_data_carriers);
  for (int trial = 0; trial < 300; ++trial) {
    std::fill(symbols.begin(), symbols.end(), cf32(0));
    random.add_noise(symbols, 1.0F);
    auto llr = soft_bits(modem::Modulation::qpsk, symbols, 1.0F);
    EXPECT_FALSE(deframer.header(llr));
  }
  std::vector<modem::Llr> llr(ku_payload_carriers * 2);
  for (auto& l : llr) l = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
  std::vector<std::uint8_t> out(5000);
  EXPECT_FALSE(deframer.payload({Mcs::qpsk_1_2, 5000, 9}, llr, out).ok);
}

TEST(Framer, WrongSequenceNumberIsNoPayload) {
  Framer framer;
  Deframer deframer({});
  std::vector<cf32> symbols(ku_payload_carriers);
  const std::vector<std::uint8_t> payload(3000, 0);
  framer.payload({Mcs::qpsk_1_2, 3000, 5}, payload, symbols);
  auto llr = soft_bits(modem::Modulation::qpsk, symbols, 0.1F);
  std::vector<std::uint8_t> out(3000);
  EXPECT_FALSE(deframer.payload({Mcs::qpsk_1_2, 3000, 6}, llr, out).ok);
}

TEST(Framer, RefusesWhatDoesNotFit) {
  Framer framer;
  std::vector<cf32> symbols(ku_payload_carriers);
  const std::size_t longest = max_payload_bytes(Mcs::qpsk_1_3);
  const std::vector<std::uint8_t> payload(longest + 1);
  EXPECT_THROW(framer.payload({Mcs::qpsk_1_3, static_cast<std::uint32_t>(longest + 1), 0}, payload, symbols),
               ConfigError);
  EXPECT_THROW(framer.payload({Mcs::qpsk_1_3, 5, 0}, std::span(payload).first(6), symbols), ConfigError);
}

}  // namespace
}  // namespace boresight::frame
