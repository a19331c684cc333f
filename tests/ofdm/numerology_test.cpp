#include "boresight/ofdm/numerology.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "boresight/core/error.h"

namespace boresight::ofdm {
namespace {

TEST(Numerology, Ku240HasThePublishedNumbers) {
  const Numerology n = ku240();
  EXPECT_DOUBLE_EQ(n.subcarrier_spacing_hz(), 234'375.0);
  EXPECT_EQ(n.symbol_samples(), 1056U);
  EXPECT_EQ(n.used_carriers().size(), 1020U);
  for (const int k : {0, 1, 1022, 1023}) EXPECT_EQ(n.map[k], Carrier::null);
  EXPECT_EQ(n.carriers(Carrier::pilot).size(), 51U);
  EXPECT_EQ(n.carriers(Carrier::data).size(), 969U);
}

TEST(Numerology, CarriersComeInOrderOfFrequency) {
  for (const Numerology& n : {ku20(), wifi20()}) {
    const auto used = n.used_carriers();
    for (std::size_t i = 1; i < used.size(); ++i) {
      EXPECT_LT(n.signed_index(used[i - 1]), n.signed_index(used[i]));
    }
  }
  EXPECT_EQ(wifi20().signed_index(wifi20().used_carriers().front()), -26);
}

TEST(Numerology, Wifi20HasThePublishedNumbers) {
  const Numerology n = wifi20();
  EXPECT_DOUBLE_EQ(n.subcarrier_spacing_hz(), 312'500.0);
  EXPECT_EQ(n.carriers(Carrier::data).size(), 48U);
  EXPECT_EQ(n.carriers(Carrier::pilot), (std::vector<std::uint16_t>{43, 57, 7, 21}));
}

TEST(Numerology, Ku20StandsAtATwelfthOfTheCarrier) {
  EXPECT_DOUBLE_EQ(nominal_ku_carrier_hz(ku20()), 943.75e6);
  EXPECT_DOUBLE_EQ(nominal_ku_carrier_hz(ku240()), 11.325e9);
}

TEST(Numerology, RefusesWhatCannotBe) {
  EXPECT_THROW(ku(0), ConfigError);
  EXPECT_THROW(ku(std::numeric_limits<double>::quiet_NaN()), ConfigError);
  Numerology n = wifi20();
  n.map.pop_back();
  EXPECT_THROW(check(n), ConfigError);
  n = wifi20();
  n.prefix_samples = 65;
  EXPECT_THROW(check(n), ConfigError);
  n = wifi20();
  n.fft_size = 4;
  EXPECT_THROW(check(n), ConfigError);
}

TEST(Numerology, WindowLiesInTheMiddleOfWhatThePrefixLeaves) {
  EXPECT_EQ(ku20().window_offset(), 16U);
  Numerology n = wifi20();
  n.taper_samples = 4;
  EXPECT_EQ(n.window_offset(), 10U);
  n.taper_samples = 17;
  EXPECT_THROW(check(n), ConfigError);
}

TEST(Numerology, PresetsHaveNames) {
  for (const char* name : {"ku240", "ku20", "wifi20"}) EXPECT_EQ(numerology_preset(name).name, name);
  EXPECT_THROW(numerology_preset("ku"), ConfigError);
}

NumerologyPlan small_plan(PilotPattern pilots) {
  return {.name = "t",
          .sample_rate_hz = 1e6,
          .fft_size = 64,
          .prefix_samples = 16,
          .lower_guard = 6,
          .upper_guard = 5,
          .pilots = std::move(pilots)};
}

std::vector<int> pilots_of(const Numerology& n, std::size_t symbol) {
  std::vector<int> indices;
  for (const auto k : n.carriers(Carrier::pilot, symbol)) indices.push_back(n.signed_index(k));
  return indices;
}

// 64 subcarriers, 6 and 5 of them guards: -26 .. 26 without 0, 52 used ones, of which number 26 is +1.
TEST(MakeNumerology, PutsPilotsWhereThePatternSays) {
  using Kind = PilotPattern::Kind;
  const auto list = make_numerology(small_plan({.kind = Kind::list, .carriers = {-21, -7, 7, 21}}));
  EXPECT_EQ(list.map, wifi20().map);
  EXPECT_EQ(list.period(), 1U);

  const auto comb = make_numerology(small_plan({.kind = Kind::comb, .spacing = 13, .first = 6}));
  EXPECT_EQ(pilots_of(comb, 5), (std::vector<int>{-20, -7, 7, 20}));

  const auto scattered =
      make_numerology(small_plan({.kind = Kind::scattered, .spacing = 26, .first = 0, .symbol_step = 10}));
  EXPECT_EQ(scattered.period(), 13U);  // 26 / gcd(26, 10)
  EXPECT_EQ(pilots_of(scattered, 0), (std::vector<int>{-26, 1}));
  EXPECT_EQ(pilots_of(scattered, 1), (std::vector<int>{-16, 11}));
  EXPECT_EQ(pilots_of(scattered, 3), (std::vector<int>{-22, 5}));  // 30 modulo 26
  EXPECT_EQ(pilots_of(scattered, 13), pilots_of(scattered, 0));

  const auto block = make_numerology(small_plan({.kind = Kind::block, .spacing = 4, .first = 1}));
  EXPECT_EQ(block.period(), 4U);
  EXPECT_EQ(pilots_of(block, 0).size(), 0U);
  EXPECT_EQ(pilots_of(block, 5).size(), 52U);
  EXPECT_EQ(block.carriers(Carrier::data, 2).size(), 52U);

  const auto edge = make_numerology(small_plan({.kind = Kind::edge, .spacing = 2}));
  EXPECT_EQ(pilots_of(edge, 0), (std::vector<int>{-26, -25, 25, 26}));

  EXPECT_EQ(make_numerology(small_plan({})).carriers(Carrier::data).size(), 52U);
}

// The ku maps in the words of a plan: the same to the last subcarrier.
TEST(MakeNumerology, SaysKuToo) {
  NumerologyPlan plan{.name = "ku",
                      .sample_rate_hz = 20e6,
                      .fft_size = 1024,
                      .prefix_samples = 32,
                      .null_carriers = {-2, -1, 0, 1}};
  plan.pilots.kind = PilotPattern::Kind::list;
  for (int k = 2; k <= 502; k += 20) plan.pilots.carriers.insert(plan.pilots.carriers.end(), {k, k - 504});
  plan.pilots.carriers.erase(std::remove(plan.pilots.carriers.begin(), plan.pilots.carriers.end(), -2),
                             plan.pilots.carriers.end());
  EXPECT_EQ(make_numerology(plan).map, ku20().map);
}

TEST(MakeNumerology, RefusesWhatCannotBe) {
  using Kind = PilotPattern::Kind;
  const auto refuses = [](const PilotPattern& pilots) {
    EXPECT_THROW(make_numerology(small_plan(pilots)), ConfigError);
  };
  refuses({.kind = Kind::comb, .spacing = 0});
  refuses({.kind = Kind::comb, .spacing = 53});
  refuses({.kind = Kind::comb, .spacing = 4, .first = 4});
  refuses({.kind = Kind::scattered, .spacing = 4, .symbol_step = 4});
  refuses({.kind = Kind::block, .spacing = 257});
  refuses({.kind = Kind::edge, .spacing = 27});
  refuses({.kind = Kind::list, .carriers = {0}});   // unused
  refuses({.kind = Kind::list, .carriers = {27}});  // a guard
  refuses({.kind = Kind::list, .carriers = {32}});  // no such subcarrier
  refuses({.kind = Kind::list, .carriers = {-33}});
  for (const std::size_t size : {0U, 7U, 8193U, 1U << 30}) {
    NumerologyPlan plan = small_plan({});
    plan.fft_size = size;
    EXPECT_THROW(make_numerology(plan), ConfigError);
  }
  NumerologyPlan plan = small_plan({});
  plan.lower_guard = plan.upper_guard = 32;
  EXPECT_THROW(make_numerology(plan), ConfigError);
  plan = small_plan({});
  plan.lower_guard = std::numeric_limits<std::size_t>::max();
  EXPECT_THROW(make_numerology(plan), ConfigError);
}

}  // namespace
}  // namespace boresight::ofdm
