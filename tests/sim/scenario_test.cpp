#include "boresight/sim/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/units.h"

namespace boresight::sim {
namespace {

using ::testing::HasSubstr;

const std::string good = R"({
  "waveform": "ku20", "seed": 42,
  "array": {"type": "rectangle", "columns": 4, "rows": 2, "spacing_wavelengths": 0.5},
  "payload": {"file_bytes": 1000, "mcs": "qpsk_1_2"},
  "satellites": [{"snr_db": -3, "motion": {"type": "track", "azimuth_deg": 90, "elevation_deg": 45,
                                           "doppler_hz": 1000}}],
  "jammers": [{"type": "noise", "azimuth_deg": 10, "elevation_deg": 3, "above_satellite_db": 40}],
  "receiver": {"dead_elements": [1, 7], "adc": {"bits": 10}}
})";

std::string replaced(const std::string& what, const std::string& with) {
  std::string json = good;
  const std::size_t at = json.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return json.replace(at, what.size(), with);
}

std::string refusal(const std::string& json) {
  try {
    parse_scenario(json, "file.json");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Scenario, ReadsEveryValueIntoSiUnits) {
  const Scenario s = parse_scenario(good, "good");
  EXPECT_EQ(s.seed, 42U);
  EXPECT_EQ(s.sample_rate_hz, 20e6);
  EXPECT_NEAR(s.carrier_hz, 943.75e6, 1e-6);
  ASSERT_EQ(s.positions_wavelengths.size(), 8U);
  EXPECT_EQ(s.positions_wavelengths[0], (Vec3{-0.75, -0.25, 0}));
  EXPECT_NEAR(element_positions_m(s)[0].x, -0.75 * speed_of_light_m_s / 943.75e6, 1e-12);
  EXPECT_EQ(s.satellites[0].snr_db, -3);
  const Track& track = std::get<Track>(s.satellites[0].motion);
  EXPECT_DOUBLE_EQ(track.azimuth_rad, pi / 2);
  EXPECT_EQ(track.doppler_hz, 1000);
  EXPECT_EQ(track.reference_carrier_hz, 11.325e9);
  EXPECT_EQ(s.jammers[0].power_db, 37);
  EXPECT_EQ(s.receiver.dead_elements, (std::vector<std::size_t>{1, 7}));
  EXPECT_EQ(s.receiver.adc.bits, 10U);
  EXPECT_EQ(s.mcs, frame::Mcs::qpsk_1_2);
}

TEST(Scenario, ReadsEveryKindOfArrayMotionAndJammer) {
  const std::string rectangle =
      R"({"type": "rectangle", "columns": 4, "rows": 2, "spacing_wavelengths": 0.5})";
  const auto elements = [&](const std::string& array) {
    const Scenario s = parse_scenario(replaced(rectangle, array), "array");
    return element_positions_m(s);
  };
  const double wavelength = speed_of_light_m_s / 943.75e6;
  const auto line = elements(R"({"type": "line", "elements": 9, "spacing_wavelengths": 0.5})");
  EXPECT_NEAR(line[8].x - line[0].x, 4 * wavelength, 1e-12);
  const auto circle = elements(R"({"type": "circle", "elements": 8, "radius_wavelengths": 1.5})");
  for (const Vec3 r : circle) EXPECT_NEAR(norm(r), 1.5 * wavelength, 1e-12);
  const std::string eight = "[[0,0,0],[1,0,0],[2,0,0],[3,0,0],[4,0,0],[5,0,0],[6,0,0],[7,1,2]]";
  EXPECT_EQ(elements(R"({"type": "positions", "positions_m": )" + eight + "}")[7], (Vec3{7, 1, 2}));
  EXPECT_NEAR(elements(R"({"type": "positions", "positions_wavelengths": )" + eight + "}")[7].z,
              2 * wavelength, 1e-12);

  const std::string track = R"({"type": "track", "azimuth_deg": 90, "elevation_deg": 45,
                                           "doppler_hz": 1000})";
  const Scenario pass = parse_scenario(
      replaced(track, R"({"type": "leo_pass", "altitude_m": 480000, "culmination_azimuth_deg": 180,
                          "culmination_elevation_deg": 60, "start_time_s": -20})"),
      "pass");
  EXPECT_EQ(std::get<LeoPass>(pass.satellites[0].motion).altitude_m, 480e3);
  EXPECT_DOUBLE_EQ(std::get<LeoPass>(pass.satellites[0].motion).culmination_azimuth_rad, pi);

  const std::string noise =
      R"({"type": "noise", "azimuth_deg": 10, "elevation_deg": 3, "above_satellite_db": 40})";
  const std::string at = R"("azimuth_deg": 10, "elevation_deg": 3, "above_noise_db": 5})";
  const auto jammer = [&](const std::string& start) {
    return parse_scenario(replaced(noise, start + at), "jammer").jammers[0];
  };
  EXPECT_EQ(jammer(R"({"type": "cw", "offset_hz": -1e6, )").offset_hz, -1e6);
  EXPECT_EQ(jammer(R"({"type": "pulsed_noise", "period_s": 0.01, "duty": 0.2, )").duty, 0.2);
  const Jammer swept = jammer(R"({"type": "swept", "from_hz": -1e6, "to_hz": 2e6, "sweep_period_s": 0.02, )");
  EXPECT_EQ(swept.to_hz, 2e6);
  EXPECT_EQ(swept.period_s, 0.02);
  EXPECT_EQ(swept.power_db, 5);
}

// What is wrong and how the one line about it begins: source, path, value, limit.
TEST(Scenario, RefusesWithThePathTheValueAndTheLimit) {
  struct Case {
    std::string what, with, message;
  };
  const std::vector<Case> cases = {
      {"\"seed\": 42", "\"sead\": 42", "file.json: sead: 42: no such key here"},
      {"\"seed\": 42", "\"seed\": -1", "file.json: seed: -1: a whole number 0 .."},
      {"\"seed\": 42", "\"seed\": 1.5", "file.json: seed: 1.5: a whole number"},
      {"\"seed\": 42", "\"seed\": 42, \"seed\": 43", "file.json: seed: given twice: every key once"},
      {"\"waveform\": \"ku20\", ", "", "file.json: waveform: missing: a string"},
      {"\"ku20\"", "\"ku21\"", "file.json: waveform: \"ku21\": \"ku20\" or \"ku240\""},
      {"\"ku20\"", "20", "file.json: waveform: 20: a string"},
      {"\"columns\": 4", "\"columns\": -4", "file.json: array.columns: -4: a whole number 1 .. 256"},
      {"\"columns\": 4", "\"columns\": 0", "file.json: array.columns: 0: a whole number 1 .. 256"},
      {"\"columns\": 4", "\"columns\": 200", "file.json: array.rows: 2: columns x rows at most 256"},
      {"\"columns\": 4", "\"columns\": 1e30", "file.json: array.columns: 1e+30: a whole number"},
      {"0.5", "\"half\"", "file.json: array.spacing_wavelengths: \"half\": a number"},
      {"0.5", "0", "file.json: array.spacing_wavelengths: 0.0: 0.001 .. 1000"},
      {"0.5", "500", "file.json: array: metres from the origin: "},
      {"\"rectangle\"", "\"square\"",
       "file.json: array.type: \"square\": rectangle, line, circle or positions"},
      {"\"file_bytes\": 1000, ", "", "file.json: payload.file_bytes: missing: a whole number 1 .. 67108864"},
      {"1000, \"mcs\"", "67108865, \"mcs\"", "file.json: payload.file_bytes: 67108865: a whole number"},
      {"\"qpsk_1_2\"", "\"qam1024\"", "file.json: payload.mcs: \"qam1024\": a modulation"},
      {"\"snr_db\": -3", "\"snr_db\": 300", "file.json: satellites[0].snr_db: 300: -100 .. 100"},
      {"\"snr_db\": -3", "\"snr_db\": NaN", "file.json: snr_db: NaN: a finite number (line 5"},
      {"\"snr_db\": -3", "\"snr_db\": Infinity", "file.json: snr_db: Infinity: a finite number (line 5"},
      {"\"snr_db\": -3", "\"snr_db\": 1e999", "file.json: snr_db: a number"},
      {"\"snr_db\": -3", "\"snr_db\": -3, \"occupancy\": 1.5",
       "file.json: satellites[0].occupancy: 1.5: 0 .. 1"},
      {"\"track\"", "\"orbit\"", "file.json: satellites[0].motion.type: \"orbit\": leo_pass or track"},
      {"\"elevation_deg\": 45", "\"elevation_deg\": 95",
       "file.json: satellites[0].motion.elevation_deg: 95: -90 .. 90"},
      {"\"doppler_hz\": 1000", "\"doppler_hz\": 2e6",
       "file.json: satellites[0].motion.doppler_hz: 2000000: -1132500 .. 1132500"},
      {"\"doppler_hz\"", "\"doppler_khz\"",
       "file.json: satellites[0].motion.doppler_khz: 1000: no such key here"},
      {"\"above_satellite_db\": 40", "\"above_satellite_db\": 40, \"above_noise_db\": 40",
       "file.json: jammers[0].above_noise_db: 40: no such key here"},
      {", \"above_satellite_db\": 40", "", "file.json: jammers[0].above_noise_db: missing: a number"},
      {"\"above_satellite_db\": 40", "\"above_satellite_db\": 400",
       "file.json: jammers[0].above_noise_db: 397: "},
      {"\"type\": \"noise\"", "\"type\": \"cw\", \"offset_hz\": 11e6",
       "file.json: jammers[0].offset_hz: 11000000: -10000000 .. 10000000"},
      {"[1, 7]", "[1, 8]", "file.json: receiver.dead_elements: 8: 0 .. 7"},
      {"[1, 7]", "[1, -7]", "file.json: receiver.dead_elements[1]: -7: a whole number"},
      {"[1, 7]", "{}", "file.json: receiver.dead_elements: an object: a list"},
      {"\"bits\": 10", "\"bits\": 24", "file.json: receiver.adc.bits: 24: a whole number 2 .. 16"},
      {"\"bits\": 10", "\"bits\": 10, \"noise_floor_dbfs\": 3",
       "file.json: receiver.adc.noise_floor_dbfs: 3: "},
      {"{\"bits\": 10}", "[10]", "file.json: receiver.adc: a list: an object"},
      {"\"receiver\": {", "\"receiver\": {\"phase_noise_dbc_hz\": -90, ",
       "file.json: receiver.phase_noise_offset_hz: missing: a number"},
      {"\"receiver\": {", "\"receiver\": {\"phase_noise_dbc_hz\": 0, \"phase_noise_offset_hz\": 1e4, ",
       "file.json: receiver.phase_noise_dbc_hz: 0: -300 .. "},
      {"\"receiver\": {", "\"receiver\": {\"sample_clock_offset_ppm\": 1000, ",
       "file.json: receiver.sample_clock_offset_ppm: 1000: -200 .. 200"},
      {"\"receiver\": {", "\"receiver\": {\"\\u001b[31m\\n\": 1, ", "no such key here"},
  };
  for (const Case& c : cases) {
    const std::string message = refusal(replaced(c.what, c.with));
    EXPECT_THAT(message, HasSubstr(c.message)) << c.with;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_EQ(message.find('\x1b'), std::string::npos) << message;
  }
}

TEST(Scenario, RefusesTextThatIsNoScenario) {
  EXPECT_THAT(refusal(""), HasSubstr("file.json: $: line 1"));
  EXPECT_THAT(refusal("{"), HasSubstr("not JSON"));
  EXPECT_EQ(refusal("{\"waveform\": \"ku20\",\n \"snr_db\": NaN}"),
            "file.json: snr_db: NaN: a finite number (line 2, byte 33)");
  EXPECT_THAT(refusal("{\"gain_db\": -Infinity}"),
              HasSubstr("file.json: gain_db: -Infinity: a finite number"));
  EXPECT_EQ(refusal("{\"gain_db\": 1e999}"), "file.json: gain_db: a number: within the range of a double");
  EXPECT_THAT(refusal("[]"), HasSubstr("file.json: $: a list: an object"));
  EXPECT_THAT(refusal("null"), HasSubstr("an object"));
  EXPECT_THAT(refusal(good + "x"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("{\"waveform\": \"\xff\xfe\"}"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal(std::string(2 << 20, ' ')), HasSubstr("2097152 bytes: at most 1048576"));
  EXPECT_THAT(refusal(std::string(100'000, '[')), HasSubstr("at most 16 levels deep"));
  std::string deep;
  for (int i = 0; i < 50'000; ++i) deep += "{\"a\":";
  EXPECT_THAT(refusal(deep), HasSubstr("at most 16 levels deep"));
}

// Every cut of a good text is refused in an orderly way.
TEST(Scenario, EveryTruncationIsAConfigError) {
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(refusal(good.substr(0, length)), "accepted") << length;
  }
}

TEST(Scenario, StructsMadeByHandAreCheckedToo) {
  const Scenario fine = parse_scenario(good, "good");
  EXPECT_NO_THROW(validate(fine, "x"));
  const auto refused = [&](auto change) {
    Scenario s = fine;
    change(s);
    EXPECT_THROW(validate(s, "x"), ConfigError);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused([&](Scenario& s) { s.satellites[0].snr_db = nan; });
  refused([&](Scenario& s) { s.positions_wavelengths[3].y = nan; });
  refused([&](Scenario& s) { s.positions_m = {{0, 0, 0}}; });
  refused([&](Scenario& s) { s.positions_wavelengths.clear(); });
  refused([&](Scenario& s) { s.satellites.clear(); });
  refused([&](Scenario& s) { s.carrier_hz = std::numeric_limits<double>::infinity(); });
  refused([&](Scenario& s) { s.satellites[0].motion = LeoPass{.altitude_m = 1000}; });
  refused([&](Scenario& s) { s.attitude.yaw_rad = nan; });
  refused([&](Scenario& s) { s.jammers.resize(max_jammers + 1); });
}

TEST(Scenario, SetWaveformMovesRateAndCarrierTogether) {
  Scenario s = parse_scenario(good, "good");
  set_waveform(s, "ku240");
  EXPECT_EQ(s.waveform, "ku240");
  EXPECT_EQ(s.sample_rate_hz, 240e6);
  EXPECT_NEAR(s.carrier_hz, 11.325e9, 1e-3);
  EXPECT_THROW(set_waveform(s, "ku1"), ConfigError);
  s.jammers[0].type = JammerType::cw;
  s.jammers[0].offset_hz = 50e6;
  EXPECT_THROW(set_waveform(s, "ku20"), ConfigError);
  EXPECT_EQ(s.waveform, "ku240");
}

TEST(Scenario, EveryShippedScenarioParsesUnderItsName) {
  std::vector<std::string> names;
  for (const ShippedScenario& shipped : shipped_scenarios()) {
    const Scenario s = parse_scenario(shipped.json, shipped.name);
    EXPECT_EQ(s.name, shipped.name);
    EXPECT_FALSE(s.description.empty());
    EXPECT_EQ(s.waveform, "ku20");
    EXPECT_EQ(shipped_scenario(shipped.name), shipped.json);
    Scenario fast = s;
    EXPECT_NO_THROW(set_waveform(fast, "ku240"));
    names.emplace_back(shipped.name);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("clear_sky", "dead_elements", "rooftop_jammed", "two_jammers",
                                            "weak_pass"));
  EXPECT_THROW(shipped_scenario("nowhere"), ConfigError);
}

}  // namespace
}  // namespace boresight::sim
