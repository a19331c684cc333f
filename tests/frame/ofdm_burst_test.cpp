#include "boresight/frame/ofdm_burst.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/modem/soft_demapper.h"

namespace boresight::frame {
namespace {

using Kind = ofdm::PilotPattern::Kind;

ofdm::Numerology numerology(std::size_t n, ofdm::PilotPattern pilots, std::size_t guard = 4) {
  return ofdm::make_numerology({.name = "test",
                                .sample_rate_hz = 1e6,
                                .fft_size = n,
                                .prefix_samples = n / 8,
                                .lower_guard = guard,
                                .upper_guard = guard,
                                .pilots = std::move(pilots)});
}

std::vector<ofdm::Numerology> various() {
  return {ofdm::wifi20(),
          ofdm::ku20(),
          numerology(96, {.kind = Kind::comb, .spacing = 8}),
          numerology(81, {}),
          numerology(256, {.kind = Kind::scattered, .spacing = 12, .symbol_step = 5}),
          numerology(1536, {.kind = Kind::block, .spacing = 7, .first = 2}),
          numerology(8192, {.kind = Kind::edge, .spacing = 20})};
}

TEST(OfdmBurst, RepetitionIsFlatAndItsSignsCancelACarrier) {
  for (const auto& n : various()) {
    const OfdmBurst burst(n);
    const std::size_t period = burst.part_samples();
    EXPECT_EQ(period % 64, 0U);
    EXPECT_GE((burst.signs().size() - 1) * period, 512U);
    int sum = 0;
    for (std::size_t m = 1; m < burst.signs().size(); ++m) sum += burst.signs()[m] * burst.signs()[m - 1];
    EXPECT_EQ(sum, 0);
    double power = 0;
    std::set<float> levels;
    for (std::size_t j = 0; j < period; ++j) {
      const float p = std::norm(burst.part()[j]);
      power += static_cast<double>(p);
      if (p == 0) continue;
      levels.insert(std::round(p * 1000));
      // Where it stands on the numerology's grid both neighbors are used.
      const double f =
          j < period / 2 ? static_cast<double>(j) : static_cast<double>(j) - static_cast<double>(period);
      const double place = f * static_cast<double>(n.fft_size) / static_cast<double>(period);
      for (const double k : {std::floor(place), std::ceil(place)}) {
        const auto bin = static_cast<std::size_t>(k < 0 ? k + static_cast<double>(n.fft_size) : k);
        EXPECT_NE(burst.training()[bin], cf32(0)) << n.name << n.fft_size << ", " << j;
      }
    }
    EXPECT_EQ(levels.size(), 1U);
    EXPECT_NEAR(power / static_cast<double>(period), 1, 1e-4);
  }
}

TEST(OfdmBurst, CountsSymbolsByTheMapOfEach) {
  for (const auto& n : various()) {
    const OfdmBurst burst(n);
    std::size_t bits = 0;
    for (std::size_t s = 0; s < burst.header_symbols(); ++s) bits += 2 * burst.data_carriers(s).size();
    EXPECT_EQ(bits, burst.header_coded_bits());
    EXPECT_GE(bits, OfdmBurst::least_header_bits);
    EXPECT_LT(bits - 2 * burst.data_carriers(burst.header_symbols() - 1).size(),
              OfdmBurst::least_header_bits);
    for (const std::size_t bytes : {0U, 1U, 40U, 1000U, 4000U, 16384U}) {
      for (std::size_t m = 0; m < mcs_count; ++m) {
        const Header header{static_cast<Mcs>(m), static_cast<std::uint32_t>(bytes), 7};
        std::size_t carriers = 0;
        std::size_t symbols = 0;
        const double needed =
            bytes == 0 ? 0 : (8.0 * static_cast<double>(bytes) + 24) / mcs_info(header.mcs).code_rate;
        const std::size_t last_enough = burst.payload_symbols(header);
        for (; symbols < last_enough; ++symbols)
          carriers += burst.data_carriers(burst.header_symbols() + symbols).size();
        EXPECT_EQ(carriers, burst.payload_carriers(header));
        EXPECT_GE(static_cast<double>(carriers * mcs_info(header.mcs).bits_per_symbol), needed);
        // One more code block's CRC at most is too much, and the last symbol.
        if (bytes > 0) {
          EXPECT_TRUE(fec::is_valid(payload_format(burst, header))) << m << ", " << bytes;
          std::size_t before = last_enough;
          do {
            --before;
          } while (burst.data_carriers(burst.header_symbols() + before).empty());
          const std::size_t spare = burst.data_carriers(burst.header_symbols() + before).size();
          EXPECT_LT(static_cast<double>((carriers - spare) * mcs_info(header.mcs).bits_per_symbol),
                    needed + 24 * (needed / 4000 + 2) / mcs_info(header.mcs).code_rate);
        }
        EXPECT_EQ(burst.samples(header), burst.preamble_samples() + n.taper_samples +
                                             (burst.header_symbols() + symbols) * n.symbol_samples());
      }
    }
  }
}

TEST(OfdmBurst, PilotsAreOfModulusOneAndDifferBySymbol) {
  const OfdmBurst burst(ofdm::ku20());
  std::vector<cf32> one(burst.pilot_carriers(0).size());
  std::vector<cf32> two(one.size());
  burst.pilot_values(3, one);
  burst.pilot_values(4, two);
  std::size_t same = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_NEAR(std::abs(one[i]), 1.0F, 1e-6F);
    same += one[i] == two[i];
  }
  EXPECT_LT(same, one.size() / 2);
}

TEST(OfdmFramer, BringsHeadersAndPayloadsBack) {
  Random random(1);
  for (const auto& n : various()) {
    const OfdmBurst burst(n);
    OfdmFramer framer(burst, 2000);
    OfdmDeframer deframer(burst, {.max_payload_bytes = 2000});
    for (const std::size_t bytes : {0U, 1U, 37U, 2000U}) {
      for (const Mcs mcs : {Mcs::qpsk_1_3, Mcs::qam64_2_3, Mcs::qam1024_3_4}) {
        const Header header{mcs, static_cast<std::uint32_t>(bytes),
                            static_cast<std::uint32_t>(random.next())};
        std::vector<std::uint8_t> payload(bytes);
        random.fill(payload);
        std::vector<cf32> head(burst.header_coded_bits() / 2);
        std::vector<cf32> points(burst.payload_carriers(header));
        framer.header(header, head);
        framer.payload(header, payload, points);
        const auto soft = [](std::span<const cf32> x, modem::Modulation m) {
          const modem::Constellation map(m, modem::BitMap::nr);
          std::vector<modem::Llr> llr(x.size() * map.bits());
          modem::soft_demap(map, x, std::vector<float>(x.size(), 1e-3F), llr);
          return llr;
        };
        auto header_llr = soft(head, modem::Modulation::qpsk);
        const auto found = deframer.header(header_llr);
        ASSERT_TRUE(found.has_value());
        EXPECT_EQ(*found, header);
        auto llr = soft(points, modulation_of(mcs));
        ASSERT_LE(llr.size(), deframer.max_coded_bits());
        std::vector<std::uint8_t> out(bytes);
        EXPECT_TRUE(deframer.payload(header, llr, out).ok);
        EXPECT_EQ(out, payload);
      }
    }
    EXPECT_THROW(framer.payload({Mcs::qpsk_1_2, 2001, 0}, std::vector<std::uint8_t>(2001), {}), ConfigError);
    EXPECT_THROW(framer.payload({Mcs::qpsk_1_2, 5, 0}, std::vector<std::uint8_t>(6), {}), ConfigError);
  }
}

// 32 bits of CRC stand before a header: 3,000 random ones, and soft bits of nothing.
TEST(OfdmFramer, TakesNothingForAHeader) {
  Random random(2);
  const OfdmBurst burst(ofdm::wifi20());
  OfdmDeframer deframer(burst, {.max_iterations = 4});
  std::vector<modem::Llr> llr(burst.header_coded_bits());
  for (int trial = 0; trial < 3000; ++trial) {
    for (auto& x : llr) x = static_cast<modem::Llr>(static_cast<int>(random.below(256)) - 128);
    EXPECT_FALSE(deframer.header(llr).has_value());
  }
  for (const int level : {0, 1, -1, 127, -128}) {
    std::fill(llr.begin(), llr.end(), static_cast<modem::Llr>(level));
    EXPECT_FALSE(deframer.header(llr).has_value()) << level;
  }
}

// A header that says more is damaged to unpack(), so no entry may allow less.
TEST(OfdmBurst, HeadersAllowTheLongestPayload) {
  for (std::size_t m = 0; m < mcs_count; ++m) {
    EXPECT_GE(max_payload_bytes(static_cast<Mcs>(m)), ofdm_burst_max_payload_bytes);
  }
}

TEST(OfdmBurst, ConfigIsChecked) {
  ofdm::Numerology small = ofdm::wifi20();
  small.fft_size = 32;
  EXPECT_THROW(OfdmBurst{small}, ConfigError);
  auto pilots_only = numerology(256, {.kind = Kind::block, .spacing = 1});
  EXPECT_THROW(OfdmBurst{pilots_only}, ConfigError);
  EXPECT_THROW(OfdmBurst{numerology(1024, {}, 508)}, ConfigError);  // seven subcarriers
  const OfdmBurst burst(ofdm::wifi20());
  EXPECT_THROW(OfdmFramer(burst, 0), ConfigError);
  EXPECT_THROW(OfdmFramer(burst, ofdm_burst_max_payload_bytes + 1), ConfigError);
  EXPECT_THROW(OfdmDeframer(burst, {.max_payload_bytes = 0}), ConfigError);
  EXPECT_THROW(OfdmDeframer(burst, {.max_iterations = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::frame
