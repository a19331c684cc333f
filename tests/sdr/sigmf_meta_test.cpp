// The parsers of .sigmf-meta and .sigmf-collection against text that means no good.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"
#include "sdr/temporary_folder.h"

namespace boresight::sdr {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

json plain() {
  return {{"global", {{"core:datatype", "ci16_le"}, {"core:version", "1.2.5"}, {"core:sample_rate", 1e6}}},
          {"captures", json::array({{{"core:sample_start", 0}}})},
          {"annotations", json::array()}};
}

SigmfMeta parse(const json& tree) {
  return parse_sigmf_meta(tree.dump(), "x.sigmf-meta");
}

TEST(SigmfMeta, ReadsWhatItWrites) {
  SigmfMeta meta;
  meta.format = SampleFormat::cs8;
  meta.channels = 2;
  meta.sample_rate_hz = 12'345'678.9;
  meta.full_scale = 100;
  meta.samples = 123'456'789'012;
  meta.offset = 7;
  meta.trailing_bytes = 3;
  meta.dataset = "other.bin";
  meta.description = "sky \xC3\xA9 \" \\ \n";
  meta.author = "a";
  meta.hw = "h";
  meta.recorder = "r";
  meta.license = "MIT";
  meta.captures = {
      {.sample_start = 7, .frequency_hz = 11.325e9},
      {.sample_start = 9, .global_index = 12, .utc_ns = 1'790'000'000'123'456'789, .header_bytes = 5},
      {.sample_start = 20, .global_index = 23, .unknown_gap = true}};
  meta.annotations = {{8, 2, "beacon", "a comment"}, {9, std::nullopt, "", ""}};
  meta.element_positions_m = {{0.1, -0.2, 0}, {1e-3, 3, 1.0 / 3.0}};
  meta.pointing = {{7, 359.5, 45}, {19, 0.25, -1}};

  const SigmfMeta back = parse_sigmf_meta(to_json(meta), "x");
  EXPECT_EQ(back.format, meta.format);
  EXPECT_EQ(back.channels, meta.channels);
  EXPECT_EQ(back.sample_rate_hz, meta.sample_rate_hz);
  EXPECT_EQ(back.full_scale, meta.full_scale);
  EXPECT_EQ(back.samples, meta.samples);
  EXPECT_EQ(back.offset, meta.offset);
  EXPECT_EQ(back.trailing_bytes, meta.trailing_bytes);
  EXPECT_EQ(back.dataset, meta.dataset);
  EXPECT_EQ(back.description, meta.description);
  EXPECT_EQ(back.author + back.hw + back.recorder + back.license, "ahrMIT");
  EXPECT_EQ(back.captures, meta.captures);
  EXPECT_EQ(back.annotations, meta.annotations);
  EXPECT_EQ(back.element_positions_m, meta.element_positions_m);
  EXPECT_EQ(back.pointing, meta.pointing);
}

TEST(SigmfMeta, WritesWhatTheSpecificationAsksFor) {
  SigmfMeta meta;
  meta.sample_rate_hz = 1e6;
  const json tree = json::parse(to_json(meta));
  EXPECT_EQ(tree.size(), 3U);
  EXPECT_EQ(tree["global"]["core:version"], "1.2.5");
  EXPECT_EQ(tree["global"]["core:extensions"][0],
            (json{{"name", "boresight"}, {"version", "1.0.0"}, {"optional", true}}));
  EXPECT_TRUE(tree["captures"].is_array());
  EXPECT_TRUE(tree["annotations"].is_array());
}

TEST(SigmfMeta, IgnoresUnknownNamespacesAndOptionalExtensions) {
  json tree = plain();
  tree["global"]["antenna:gain"] = "a lot";
  tree["global"]["core:extensions"] = {{{"name", "antenna"}, {"version", "1"}, {"optional", true}}};
  tree["captures"][0]["spatial:bearing"] = {{"azimuth", 1}};
  EXPECT_EQ(parse(tree).channels, 1U);
}

struct Bad {
  const char* pointer;  // what is replaced in a good file
  const char* value;    // by this; empty: removed
  const char* expected;
};

// In the names of the tests, instead of addresses.
void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.pointer << " = " << (*bad.value != '\0' ? bad.value : "nothing");
}

class SigmfHostile : public testing::TestWithParam<Bad> {};

TEST_P(SigmfHostile, IsRefusedInOneLine) {
  json tree = plain();
  const json::json_pointer pointer(GetParam().pointer);
  if (std::string_view(GetParam().value).empty()) {
    tree[pointer.parent_pointer()].erase(pointer.back());
  } else {
    tree[pointer] = json::parse(GetParam().value);
  }
  const std::string message = message_of<IoError>([&] { parse(tree); });
  EXPECT_THAT(message, StartsWith("x.sigmf-meta: "));
  EXPECT_THAT(message, HasSubstr(GetParam().expected));
  EXPECT_LT(message.size(), 220U);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, SigmfHostile,
    testing::Values(
        Bad{"/global", "", "global: missing"}, Bad{"/global", "[]", "global: []"},
        Bad{"/global", "null", "global: null"}, Bad{"/captures", "", "captures: missing"},
        Bad{"/captures", "{}", "captures: {}"}, Bad{"/captures/0", "7", "captures[0]: 7"},
        Bad{"/annotations", "3", "annotations: 3"},
        Bad{"/global/core:datatype", "", "core:datatype: missing"},
        Bad{"/global/core:datatype", "\"ci16_be\"", "must be cf32_le, ci16_le or ci8"},
        Bad{"/global/core:datatype", "\"rf32_le\"", "must be cf32_le"},
        Bad{"/global/core:datatype", "16", "must be a text"},
        Bad{"/global/core:version", "\"2.0\"", "only SigMF 1.x"},
        Bad{"/global/core:sample_rate", "", "core:sample_rate: missing"},
        Bad{"/global/core:sample_rate", "0", "core:sample_rate: 0"},
        Bad{"/global/core:sample_rate", "-1e6", "core:sample_rate: -1000000.0"},
        Bad{"/global/core:sample_rate", "1e300", "core:sample_rate: 1e+300"},
        Bad{"/global/core:sample_rate", "999", "must be from 1000.0 to 1000000000.0"},
        Bad{"/global/core:sample_rate", "1.1e9", "must be from 1000.0 to 1000000000.0"},
        Bad{"/global/core:sample_rate", "\"fast\"", "must be a number"},
        Bad{"/global/core:num_channels", "0", "must be at least 1"},
        Bad{"/global/core:num_channels", "-1", "core:num_channels: -1"},
        Bad{"/global/core:num_channels", "1.5", "core:num_channels: 1.5"},
        Bad{"/global/core:num_channels", "18446744073709551615", "from 0 to 1024"},
        Bad{"/global/core:num_channels", "1025", "from 0 to 1024"},
        Bad{"/global/boresight:samples", "-1", "boresight:samples: -1"},
        Bad{"/global/core:offset", "-1", "core:offset: -1"},
        Bad{"/global/core:offset", "9223372036854775808", "core:offset"},
        Bad{"/global/core:trailing_bytes", "-8", "core:trailing_bytes: -8"},
        Bad{"/global/core:dataset", "\"../../etc/passwd\"", "in the same folder"},
        Bad{"/global/core:dataset", "\"/etc/passwd\"", "in the same folder"},
        Bad{"/global/core:dataset", "\"a\\\\b\"", "in the same folder"},
        Bad{"/global/core:dataset", "\"a\\u0000b\"", "in the same folder"},
        Bad{"/global/core:dataset", "\"..\"", "in the same folder"},
        Bad{"/global/core:dataset", "\"\"", "in the same folder"},
        Bad{"/global/core:metadata_only", "true", "has no samples"},
        Bad{"/global/core:extensions", R"([{"name":"x","version":"1","optional":false}])",
            "required extension"},
        Bad{"/global/core:extensions", R"([{"name":"x","version":"1"}])", "required extension"},
        Bad{"/global/boresight:full_scale", "0", "boresight:full_scale: 0"},
        Bad{"/global/boresight:element_positions_m", "[[0,0,0],[1,0,0]]", "one entry per channel"},
        Bad{"/global/boresight:element_positions_m", "[[0,0]]", "must be [x, y, z]"},
        Bad{"/global/boresight:element_positions_m", "[[0,0,10001]]", "element_positions_m[0][2]"},
        Bad{"/global/boresight:pointing_track", R"([{"sample_start":0,"azimuth_deg":361,"elevation_deg":0}])",
            "azimuth_deg: 361"},
        Bad{"/global/boresight:pointing_track", R"([{"sample_start":0,"azimuth_deg":1}])",
            "elevation_deg: missing"},
        Bad{"/global/boresight:pointing_track",
            R"([{"sample_start":5,"azimuth_deg":1,"elevation_deg":1},{"sample_start":4,"azimuth_deg":1,"elevation_deg":1}])",
            "[1].sample_start: 4"},
        Bad{"/captures/0/core:sample_start", "", "captures[0].core:sample_start: missing"},
        Bad{"/captures/0/core:sample_start", "-5", "core:sample_start: -5"},
        Bad{"/captures/0/core:sample_start", "1e3", "core:sample_start: 1000.0"},
        Bad{"/captures/0/core:sample_start", "99999999999999999999999", "core:sample_start"},
        Bad{"/captures/0/core:header_bytes", "-1", "core:header_bytes: -1"},
        Bad{"/captures/0/core:frequency", "-1", "core:frequency: -1: must be from 0.0"},
        Bad{"/captures/0/core:frequency", "1e13", "core:frequency: 10000000000000.0"},
        Bad{"/captures/0/core:datetime", "\"yesterday\"", "UTC time"},
        Bad{"/captures/0/core:datetime", "7", "must be a text"},
        Bad{"/captures", R"([{"core:sample_start":10},{"core:sample_start":9}])",
            "captures[1].core:sample_start: 9"},
        Bad{"/captures",
            R"([{"core:sample_start":0,"core:global_index":100},{"core:sample_start":10,"core:global_index":105}])",
            "captures[1].core:global_index: 105"},
        Bad{"/global/core:offset", "5", "captures[0].core:sample_start: 0"},
        Bad{"/annotations", R"([{"core:sample_start":0,"core:label":[]}])", "core:label: []"}));

TEST(SigmfHostileText, IsRefusedWithoutFollowingIt) {
  const auto message = [](const std::string& text) {
    return message_of<IoError>([&] { parse_sigmf_meta(text, "x"); });
  };
  EXPECT_THAT(message(""), HasSubstr("not JSON"));
  EXPECT_THAT(message("{"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(message("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(message("\xff\xfe"), HasSubstr("not JSON"));
  EXPECT_THAT(message(R"({"global":{"core:version":1e999}})"), HasSubstr("not JSON"));
  EXPECT_THAT(message(std::string(SigmfLimits::meta_bytes, '[')), HasSubstr("nests deeper than 32"));
  EXPECT_THAT(message(std::string(SigmfLimits::meta_bytes + 1, ' ')), HasSubstr("at most"));
  // Few bytes of text that would be much memory.
  std::string many = "[7";
  while (many.size() < 2 * SigmfLimits::values) many += ",7";
  EXPECT_THAT(message(many + "]"), HasSubstr("more than 400000 JSON values"));
  // Brackets in a text do not nest.
  json tree = plain();
  tree["global"]["core:description"] = std::string(1000, '[') + "\\\"";
  EXPECT_EQ(parse(tree).description.size(), 1002U);
}

TEST(SigmfHostileText, MutilatedFilesNeverDoAnythingButThrow) {
  SigmfMeta meta;
  meta.sample_rate_hz = 1e6;
  meta.captures = {{.sample_start = 0, .global_index = 1, .utc_ns = 5}};
  meta.pointing = {{0, 1, 2}};
  const std::string good = to_json(meta);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'\0', '"', '9', '-', '[', '}', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      for (const std::string& text : {bad, bad.substr(0, i)}) {
        try {
          parse_sigmf_meta(text, "x");
        } catch (const IoError&) {
          ++refused;
        }
      }
    }
  }
  // Every shortened file and most of the others.
  EXPECT_GT(refused, 7 * good.size());
}

TEST(SigmfCollection, KeepsTheOrderAndRefusesPaths) {
  const std::string head = R"({"collection":{"core:version":"1.2.5","core:streams":)";
  const auto streams =
      parse_sigmf_collection(head + R"([{"name":"b","hash":"AB"},{"name":"a","hash":""}]}})", "x");
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0].name, "b");
  EXPECT_EQ(streams[0].hash, "ab");
  for (const char* bad :
       {R"([])", R"({})", R"([{"hash":"x"}])", R"([{"name":"../x","hash":"x"}])", R"([7])"}) {
    EXPECT_THROW(parse_sigmf_collection(head + bad + "}}", "x"), IoError) << bad;
  }
  EXPECT_THROW(parse_sigmf_collection("{}", "x"), IoError);
}

TEST(SigmfTime, ReadsAndWritesRfc3339) {
  EXPECT_EQ(parse_utc("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_utc("2001-09-09T01:46:40.5Z"), 1'000'000'000'500'000'000);
  EXPECT_EQ(parse_utc("1969-12-31T23:59:59.999999999Z"), -1);
  EXPECT_EQ(parse_utc("2016-12-31T23:59:60Z"), parse_utc("2017-01-01T00:00:00Z"));
  EXPECT_EQ(format_utc(1'000'000'000'500'000'000), "2001-09-09T01:46:40.500000000Z");
  EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59.999999999Z");
  for (const char* bad : {"", "2026", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
                          "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00.Z", "2026-01-01 00:00:00Z",
                          "9999-01-01T00:00:00Z", "2026-01-01T00:00:00Zx", "-026-01-01T00:00:00Z"}) {
    EXPECT_THROW(parse_utc(bad), IoError) << bad;
  }
}

}  // namespace
}  // namespace boresight::sdr
