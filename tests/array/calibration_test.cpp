#include "boresight/array/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

Calibration example() {
  Calibration c{.frequency_hz = 11.325e9,
                .gain_db = 32.5,
                .time_s = 1'795'000'000.25,
                .reference = 1,
                .delay_known = true,
                .residual_db_rms = 0.123456789,
                .residual_deg_rms = 1.5,
                .offsets_hz = {-5e6, 0, 7e6},
                .channels = {},
                .device_channels = {4, 0, 7}};
  c.channels.resize(3);
  c.channels[0] = {.gain = 1.25,
                   .phase_rad = -2.5,
                   .delay_s = 3.3e-9,
                   .snr_db = 20.5,
                   .shape = {{1, 0}, {0.9, 0.1}, {1.1, -0.2}}};
  c.channels[2].state = ChannelState::stuck;
  return c;
}

std::string refusal(const std::string& text) {
  try {
    parse_calibration(text, "file.json");
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_TRUE(std::string(error.what()).starts_with("file.json: ")) << error.what();
    return error.what();
  }
  return "";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Calibration, SurvivesJson) {
  const Calibration c = example();
  const Calibration back = parse_calibration(to_json(c), "file.json");
  EXPECT_EQ(back.frequency_hz, c.frequency_hz);
  EXPECT_EQ(back.gain_db, c.gain_db);
  EXPECT_EQ(back.time_s, c.time_s);
  EXPECT_EQ(back.reference, c.reference);
  EXPECT_EQ(back.delay_known, c.delay_known);
  EXPECT_EQ(back.residual_db_rms, c.residual_db_rms);
  EXPECT_EQ(back.residual_deg_rms, c.residual_deg_rms);
  EXPECT_EQ(back.offsets_hz, c.offsets_hz);
  EXPECT_EQ(back.device_channels, c.device_channels);
  ASSERT_EQ(back.channels.size(), 3U);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_EQ(back.channels[e].state, c.channels[e].state);
    EXPECT_EQ(back.channels[e].gain, c.channels[e].gain);
    EXPECT_NEAR(back.channels[e].phase_rad, c.channels[e].phase_rad, 1e-15);
    EXPECT_EQ(back.channels[e].delay_s, c.channels[e].delay_s);
    EXPECT_EQ(back.channels[e].snr_db, c.channels[e].snr_db);
    EXPECT_EQ(back.channels[e].shape, c.channels[e].shape);
  }
}

// A file that does not say which channels it is of, as those of before, is one of any.
TEST(Calibration, IsOfItsChannelsOnly) {
  Calibration c = example();
  CalibrationUse use{.frequency_hz = c.frequency_hz,
                     .gain_db = c.gain_db,
                     .now_s = c.time_s,
                     .channels = 3,
                     .device_channels = {4, 0, 7}};
  EXPECT_EQ(stale_reason(c, use), "");
  use.device_channels = {0, 4, 7};
  EXPECT_EQ(stale_reason(c, use), "calibration of the channels 4,0,7, 0,4,7 are wanted");
  use.device_channels.clear();
  EXPECT_EQ(stale_reason(c, use), "");
  use.device_channels = {0, 4, 7};
  c.device_channels.clear();
  const std::string old = to_json(c);
  EXPECT_EQ(old.find("device_channels"), std::string::npos);
  EXPECT_EQ(stale_reason(parse_calibration(old, "file.json"), use), "");
  for (const std::vector<std::size_t>& wrong :
       {std::vector<std::size_t>{1, 2}, std::vector<std::size_t>{1, 2, 1},
        std::vector<std::size_t>{1, 2, 70000}}) {
    c.device_channels = wrong;
    EXPECT_THROW(c.check("calibration"), ConfigError);
  }
}

TEST(Calibration, RefusesBadTextInOneLine) {
  const std::string good = to_json(example());
  // Cut off anywhere.
  for (std::size_t bytes = 0; bytes + 2 < good.size(); ++bytes) {
    ASSERT_FALSE(refusal(good.substr(0, bytes)).empty()) << bytes;
  }
  EXPECT_NE(refusal(with(good, "\"gain_db\": 32.5", "\"gain_db\": NaN")).find("not JSON"), std::string::npos);
  EXPECT_FALSE(refusal(with(good, "\"gain_db\": 32.5", "\"gain_db\": 1e999")).empty());
  EXPECT_NE(refusal(with(good, "\"gain_db\": 32.5", "\"gain_db\": \"x\"")).find("gain_db: must be a number"),
            std::string::npos);
  EXPECT_NE(refusal(with(good, "\"gain_db\": 32.5", "\"gain_db\": 300")).find("gain_db: 300"),
            std::string::npos);
  EXPECT_NE(refusal(with(good, "\"gain_db\": 32.5", "\"gain_db\": 1, \"gain_db\": 2")).find("given twice"),
            std::string::npos);
  EXPECT_NE(refusal(with(good, "\"gain_db\": 32.5,", "")).find("gain_db: missing"), std::string::npos);
  EXPECT_NE(refusal(with(good, "\"gain_db\": 32.5", "\"gain_db\": 1, \"gain\": 2")).find("no such key"),
            std::string::npos);
  EXPECT_NE(refusal(with(good, "\"stuck\"", "\"lost\"")).find("channels[2].state"), std::string::npos);
  EXPECT_NE(refusal(with(good, "\"reference\": 1", "\"reference\": 2")).find("reference: 2"),
            std::string::npos);
  EXPECT_NE(refusal(with(good, "\"reference\": 1", "\"reference\": -1")).find("whole number"),
            std::string::npos);
  EXPECT_NE(
      refusal(with(good, "\"boresight_calibration\": 1", "\"boresight_calibration\": 2")).find("must be 1"),
      std::string::npos);
  EXPECT_FALSE(refusal("[]").empty());
  EXPECT_FALSE(refusal(std::string(100000, '[')).empty());
  EXPECT_FALSE(refusal(std::string(max_calibration_bytes + 1, ' ')).empty());
  Calibration none;
  EXPECT_THROW(to_json(none), ConfigError);
}

TEST(Calibration, CheckNamesWhatCannotBe) {
  const auto refuse = [](auto change) {
    Calibration c = example();
    change(c);
    EXPECT_THROW(c.check("x"), ConfigError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NO_THROW(example().check("x"));
  refuse([&](auto& c) { c.frequency_hz = nan; });
  refuse([&](auto& c) { c.channels[0].gain = nan; });
  refuse([](auto& c) { c.channels[0].gain = 0; });
  refuse([&](auto& c) { c.channels[0].delay_s = nan; });
  refuse([&](auto& c) { c.channels[0].shape[1] = nan; });
  refuse([](auto& c) { c.channels[0].shape.pop_back(); });
  refuse([](auto& c) { c.offsets_hz[2] = c.offsets_hz[1]; });
  refuse([](auto& c) { c.reference = 3; });
  refuse([](auto& c) { c.channels.clear(); });
  refuse([](auto& c) { c.channels.resize(1025); });
}

TEST(Calibration, ResponseIsTheModel) {
  const Calibration c = example();
  const auto expected = [&](double f, cf64 shape) {
    return shape * std::polar(1.25, -2.5 - 2 * pi * f * 3.3e-9);
  };
  EXPECT_NEAR(std::abs(c.response(0, -9e6) - expected(-9e6, {1, 0})), 0, 1e-12);
  EXPECT_NEAR(std::abs(c.response(0, -2.5e6) - expected(-2.5e6, {0.95, 0.05})), 0, 1e-12);
  EXPECT_NEAR(std::abs(c.response(0, 0) - expected(0, {0.9, 0.1})), 0, 1e-12);
  EXPECT_NEAR(std::abs(c.response(0, 7e6) - expected(7e6, {1.1, -0.2})), 0, 1e-12);
  EXPECT_EQ(c.response(1, 3e6), cf64(1));
  EXPECT_EQ(c.response(2, 3e6), cf64(0));
  const double offsets[] = {-1e6, 2e6};
  GridBuffer<cf64> out(2, 3);
  c.responses(offsets, out.view());
  EXPECT_EQ(out(1, 0), c.response(0, 2e6));
}

TEST(Calibration, IsStaleAtAnotherFrequencyGainOrTime) {
  const Calibration c = example();
  const CalibrationUse use{.frequency_hz = 11.325e9, .gain_db = 32.5, .now_s = c.time_s + 100, .channels = 3};
  EXPECT_EQ(stale_reason(c, use), "");
  EXPECT_NO_THROW(require_fresh(c, use, "file.json"));
  const auto reason = [&](auto change) {
    CalibrationUse other = use;
    change(other);
    EXPECT_THROW(require_fresh(c, other, "file.json"), ConfigError);
    return stale_reason(c, other);
  };
  EXPECT_EQ(
      reason([](auto& u) { u.frequency_hz = 11.326e9; }),
      "calibration at 11325000000.000000 Hz is stale at 11326000000.000000 Hz: at most 1.000000 Hz apart");
  EXPECT_EQ(reason([](auto& u) { u.gain_db = 30; }),
            "calibration at a gain of 32.500000 dB is stale at 30.000000 dB: at most 0.010000 dB apart");
  EXPECT_EQ(reason([](auto& u) { u.now_s += 86400; }),
            "calibration is 86500.000000 s old: must be -60 to 86400.000000 s");
  EXPECT_FALSE(reason([](auto& u) { u.now_s -= 161; }).empty());
  EXPECT_FALSE(reason([](auto& u) { u.channels = 4; }).empty());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(reason([&](auto& u) { u.frequency_hz = nan; }).empty());
  EXPECT_FALSE(reason([&](auto& u) { u.gain_db = nan; }).empty());
  EXPECT_FALSE(reason([&](auto& u) { u.now_s = nan; }).empty());
  EXPECT_FALSE(reason([&](auto& u) { u.max_age_s = nan; }).empty());
}

TEST(StuckElements, AreThoseThatDoNotFollow) {
  constexpr std::size_t elements = 8;
  constexpr std::size_t settings = 6;
  Random random(1);
  GridBuffer<cf64> commanded(settings, elements);
  GridBuffer<cf64> measured(settings, elements);
  std::vector<cf64> channel(elements);
  for (cf64& c : channel) c = std::polar(1 + 0.3 * random.uniform(), 2 * pi * random.uniform());
  for (std::size_t m = 0; m < settings; ++m) {
    const cf64 common = std::polar(2.0, 2 * pi * random.uniform());
    for (std::size_t e = 0; e < elements; ++e) {
      commanded(m, e) = std::polar(1.0, 2 * pi * random.uniform());
      if (e == 6) commanded(m, e) = 1;  // never told to move: nothing is known
      const cf64 setting = e == 0 || e == 3 ? std::polar(1.0, 0.7) : commanded(m, e);
      measured(m, e) = common * channel[e] * setting + 0.05 * cf64(random.complex_normal());
      if (e == 5) measured(m, e) = 0.05 * cf64(random.complex_normal());  // dead: neither
    }
  }
  const std::vector<bool> expected = {true, false, false, true, false, false, false, false};
  EXPECT_EQ(stuck_elements(commanded.view(), measured.view()), expected);
  measured(2, 4) = std::numeric_limits<double>::quiet_NaN();  // that row is left out
  EXPECT_EQ(stuck_elements(commanded.view(), measured.view()), expected);
  for (std::size_t m = 0; m < settings; ++m) measured(m, 0) = std::numeric_limits<double>::infinity();
  EXPECT_EQ(stuck_elements(commanded.view(), measured.view()), std::vector<bool>(elements, false));
  EXPECT_TRUE(stuck_elements(Grid<const cf64>(), Grid<const cf64>()).empty());
}

// What a dead element says is noise: nothing that a constant explains, however few the settings. Elements
// quantized to a few levels, as by a 4-bit converter, among them.
TEST(StuckElements, DeadAndNoisyElementsAreNot) {
  constexpr std::size_t elements = 8;
  constexpr int trials = 2000;
  for (const std::size_t settings : {2U, 3U, 4U, 6U, 12U}) {
    Random random(settings);
    int called_stuck = 0;
    int stuck_found = 0;
    int followers = 0;
    for (int trial = 0; trial < trials; ++trial) {
      GridBuffer<cf64> commanded(settings, elements);
      GridBuffer<cf64> measured(settings, elements);
      for (std::size_t m = 0; m < settings; ++m) {
        const cf64 common = std::polar(1.0, 2 * pi * random.uniform());
        for (std::size_t e = 0; e < elements; ++e) {
          commanded(m, e) = std::polar(1.0, 2 * pi * random.uniform());
          const cf64 noise(random.complex_normal());
          measured(m, e) = common * (e == 7 ? cf64(0.6, 0.8) : commanded(m, e)) + 0.003 * noise;
          if (e == 5) measured(m, e) = noise;
          if (e == 6) measured(m, e) = cf64(std::round(8 * noise.real()), std::round(8 * noise.imag())) / 8.0;
        }
      }
      const std::vector<bool> stuck = stuck_elements(commanded.view(), measured.view());
      called_stuck += stuck[5] + stuck[6];
      stuck_found += stuck[7];
      for (std::size_t e = 0; e < 5; ++e) followers += stuck[e];
    }
    // 4000 times one in 1000 at most: 4 expected, more than 14 once in 30,000 runs.
    EXPECT_LE(called_stuck, 14) << settings;
    EXPECT_EQ(followers, 0) << settings;
    // Random commands of two settings hardly differ at times: sin^2 of half the difference must be above 1000
    // times the noise, 1e-5, which it is in 94 % of them.
    EXPECT_GT(stuck_found, settings == 2 ? 0.9 * trials : 0.995 * trials) << settings;
  }
}

}  // namespace
}  // namespace boresight::array
