#include "boresight/ofdm/numerology_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "boresight/core/error.h"

namespace boresight::ofdm {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string example() {
  std::ifstream file(BORESIGHT_SOURCE_DIR "/examples/numerologies/lab5_scattered.json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(const std::string& what, const std::string& with) {
  std::string json = example();
  const std::size_t at = json.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return json.replace(at, what.size(), with);
}

std::string refusal(const std::string& json) {
  try {
    numerology_from_json(json, "file.json");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(NumerologyJson, ReadsTheExample) {
  const Numerology n = numerology_from_json(example(), "example");
  EXPECT_EQ(n.name, "lab5");
  EXPECT_EQ(n.sample_rate_hz, 5e6);
  EXPECT_EQ(n.fft_size, 256U);
  EXPECT_EQ(n.prefix_samples, 32U);
  EXPECT_EQ(n.taper_samples, 8U);
  EXPECT_EQ(n.period(), 4U);
  EXPECT_EQ(n.used_carriers().size(), 256U - 20 - 19 - 1);
  EXPECT_EQ(n.map[0], Carrier::null);
  // Used subcarriers begin at -108: the first pilot there, three further on with every symbol.
  for (std::size_t symbol = 0; symbol < 9; ++symbol) {
    const auto pilots = n.carriers(Carrier::pilot, symbol);
    EXPECT_EQ(n.signed_index(pilots.front()), -108 + 3 * static_cast<int>(symbol % 4));
    EXPECT_EQ(pilots.size() + n.carriers(Carrier::data, symbol).size(), 216U);
  }
}

TEST(NumerologyJson, ReadsEveryPattern) {
  const std::string pilots = R"({"pattern": "scattered", "spacing": 12, "first": 0, "symbol_step": 3})";
  const auto count = [&](const std::string& with) {
    return numerology_from_json(replaced(pilots, with), "x").carriers(Carrier::pilot).size();
  };
  EXPECT_EQ(count(R"({"pattern": "none"})"), 0U);
  EXPECT_EQ(count(R"({"pattern": "comb", "spacing": 9})"), 24U);
  EXPECT_EQ(count(R"({"pattern": "block", "period_symbols": 8})"), 216U);
  EXPECT_EQ(count(R"({"pattern": "edge", "carriers_per_edge": 4})"), 8U);
  EXPECT_EQ(count(R"({"pattern": "list", "carriers": [-21, -7, 7, 21]})"), 4U);
}

TEST(NumerologyJson, RefusalsNameKeyValueAndLimit) {
  EXPECT_EQ(refusal(replaced("\"fft_size\": 256", "\"fft_size\": 63")),
            "file.json: fft_size: 63: a whole number 64 .. 8192");
  EXPECT_EQ(refusal(replaced("\"fft_size\": 256", "\"fft_size\": 1e9")),
            "file.json: fft_size: 1000000000.0: a whole number 64 .. 8192");
  EXPECT_EQ(refusal(replaced("\"taper_samples\": 8", "\"taper_samples\": 33")),
            "file.json: taper_samples: 33: a whole number 0 .. 32");
  EXPECT_EQ(refusal(replaced("\"prefix_samples\": 32,", "")),
            "file.json: prefix_samples: missing: a whole number 0 .. 256");
  EXPECT_THAT(refusal(replaced("5e6", "-5e6")), HasSubstr("sample rate -5000000"));
  EXPECT_THAT(refusal(replaced("\"upper\": 19", "\"upper\": 236")),
              StartsWith("file.json: guard_carriers.upper: 236: a whole number 0 .. 235"));
  EXPECT_THAT(refusal(replaced("\"lower\"", "\"low\"")), HasSubstr("lower"));
  EXPECT_THAT(refusal(replaced("\"spacing\": 12", "\"spacing\": 500")),
              HasSubstr("pilot spacing 500 is outside 1 .. 216"));
  EXPECT_THAT(refusal(replaced("\"first\": 0", "\"first\": 12")), HasSubstr("first pilot 12 is not below"));
  EXPECT_THAT(refusal(replaced("scattered", "random")),
              StartsWith("file.json: pilots.pattern: \"random\": none, comb"));
  EXPECT_THAT(refusal(replaced("[0]", "[0, 128]")), HasSubstr("subcarrier 128 is outside -128 .. 127"));
  EXPECT_THAT(refusal(replaced("[0]", "[0.5]")),
              StartsWith("file.json: null_carriers[0]: 0.5: a whole number"));
  EXPECT_THAT(refusal(replaced("[0]", "[18446744073709551615]")), StartsWith("file.json: null_carriers[0]"));
  EXPECT_THAT(refusal(replaced("\"name\"", "\"nome\"")), HasSubstr("no such key here"));
  EXPECT_THAT(refusal(replaced("\"name\"", "\"fft_size\": 64, \"name\"")), HasSubstr("given twice"));
  EXPECT_THAT(refusal("{" + std::string(100'000, ' ') + "}"), HasSubstr("at most 65536"));
  EXPECT_THAT(refusal(std::string(40, '[')), HasSubstr("levels deep"));
  EXPECT_THAT(refusal("[]"), HasSubstr("an object"));
  EXPECT_THAT(refusal("{"), HasSubstr("not JSON"));
}

}  // namespace
}  // namespace boresight::ofdm
