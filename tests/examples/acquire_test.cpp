// boresight-acquire as people run it: recordings made by the independent generator, lines, exit status.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

#include "boresight/core/convert.h"
#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "examples/process.h"
#include "support/ku_downlink.h"

namespace boresight::receive {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double lnb_hz = 9.75e9;
constexpr double channel_3_hz = 11'325'117'187.5;

Ended acquire(const std::vector<std::string>& arguments) {
  Around around;
  around.program = BORESIGHT_ACQUIRE;
  return Process(arguments, around).wait();
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

struct Recording {
  double rate_hz = 10e6;
  double center_hz = 30e6;
  double snr_db = 0;
  double doppler_hz = 150e3;
  std::size_t frames = 30;
  bool bad_floats = false;  // as cf32, with NaN and infinities here and there

  test::KuDownlink downlink() const {
    return test::KuDownlink({.sample_rate_hz = rate_hz,
                             .center_hz = center_hz,
                             .tuned_hz = channel_3_hz + center_hz,
                             .doppler_hz = doppler_hz,
                             .start_s = 0.4e-3});
  }
  // Writes <folder>/sky.sigmf-*; the frequency is that behind the converter.
  std::string write(const TemporaryFolder& folder) const {
    test::KuDownlink source = downlink();
    std::vector<cf32> x(static_cast<std::size_t>(rate_hz / 750) * frames);
    if (snr_db > -100)
      source.add(x, static_cast<float>(amplitude_from_db(snr_db) * std::sqrt(240e6 / rate_hz)));
    Random(4).add_noise(x, 1);
    for (cf32& s : x) s *= 0.05F;
    std::string bytes;
    if (bad_floats) {
      for (std::size_t i = 0; i < x.size(); i += 1000)
        x[i] = i % 2000 == 0 ? cf32(std::numeric_limits<float>::quiet_NaN(), 0)
                             : cf32(0, std::numeric_limits<float>::infinity());
      bytes.assign(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(cf32));
    } else {
      std::vector<cs16> y(x.size());
      from_cf32(x, y);
      bytes.assign(reinterpret_cast<const char*>(y.data()), y.size() * sizeof(cs16));
    }
    put(folder / "sky.sigmf-data", bytes);
    const json meta = {
        {"global",
         {{"core:datatype", bad_floats ? "cf32_le" : "ci16_le"},
          {"core:sample_rate", rate_hz},
          {"core:version", "1.2.5"}}},
        {"captures", {{{"core:sample_start", 0}, {"core:frequency", channel_3_hz + center_hz - lnb_hz}}}},
        {"annotations", json::array()}};
    put(folder / "sky.sigmf-meta", meta.dump());
    return (folder / "sky.sigmf-meta").string();
  }
};

TEST(Acquire, WritesALineForEveryFrame) {
  for (const bool bad_floats : {false, true}) {
    const TemporaryFolder folder;
    const Recording recording{.snr_db = 3, .bad_floats = bad_floats};
    const std::string input = recording.write(folder);
    const std::string file = (folder / "frames.jsonl").string();
    const Ended run = acquire({"--input", input, "--lnb", "9.75e9", "--json", file});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("channel 3"));
    EXPECT_THAT(run.out, HasSubstr("track 1"));
    EXPECT_THAT(run.out, HasSubstr(bad_floats ? "400 cleaned" : "0 cleaned"));
    const auto lines = lines_of(contents(file));
    EXPECT_GE(lines.size(), 26U);
    const test::KuDownlink downlink = recording.downlink();
    for (const json& line : lines) {
      EXPECT_TRUE(line["sample_index"].is_number_integer());
      const double sample = line["sample_index"].get<double>() + line["sample_fraction"].get<double>();
      const double frame = std::round((sample / recording.rate_hz - 0.4e-3) * 750);
      EXPECT_NEAR(sample, downlink.frame_start(static_cast<std::int64_t>(frame)), 0.6);
      EXPECT_NEAR(line["time_s"].get<double>(), sample / recording.rate_hz, 1e-9);
      EXPECT_NEAR(line["doppler_hz"].get<double>(), 150e3, 5 * line["doppler_sigma_hz"].get<double>());
      EXPECT_NEAR(line["snr_db"].get<double>(), 3, 4.5);
      EXPECT_GT(line["statistic"].get<double>(), 15);
      EXPECT_EQ(line["frames"], 1);
      EXPECT_EQ(line["kind"], "preamble");
    }
  }
}

// A slice of 2.5 MHz at the upper edge goes to the pilots by itself.
TEST(Acquire, TakesThePilotsWhereTheyAre) {
  const TemporaryFolder folder;
  const Recording recording{.rate_hz = 2.5e6, .center_hz = 115.2e6, .snr_db = -13, .frames = 60};
  const Ended run = acquire(
      {"--input", recording.write(folder), "--rate", "2.5e6", "--lnb", "9.75e9", "--json", "-", "--quiet"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  // What only another mode looks at is not taken for granted.
  const auto with = [&](const std::vector<std::string>& more) {
    return acquire(join({"--input", (folder / "sky.sigmf-meta").string(), "--lnb", "9.75e9"}, more));
  };
  EXPECT_EQ(with({"--accumulate", "64"}).err,
            "boresight-acquire: --accumulate: 64: only with --mode preamble, not pilots, which auto chose\n");
  EXPECT_EQ(with({"--clock-ppm", "1", "--mode", "pilots"}).err,
            "boresight-acquire: --clock-ppm: 1: only with --mode preamble, not pilots\n");
  EXPECT_EQ(with({"--search-every", "8", "--mode", "preamble"}).err,
            "boresight-acquire: --search-every: 8: only with --mode pilots, not preamble\n");
  EXPECT_EQ(with({"--search-every", "8", "--quiet"}).status, 0);
  const auto lines = lines_of(run.out);
  EXPECT_GE(lines.size(), 50U);
  for (const json& line : lines) {
    EXPECT_EQ(line["kind"], "pilots");
    EXPECT_NEAR(line["doppler_hz"].get<double>(), 150e3, 200);
    EXPECT_NEAR(line["snr_db"].get<double>(), -13, 3);
  }
}

TEST(Acquire, NoiseEndsWithStatusTwo) {
  const TemporaryFolder folder;
  const Recording recording{.snr_db = -200};
  const std::string file = (folder / "frames.jsonl").string();
  const Ended run = acquire({"--input", recording.write(folder), "--lnb", "9.75e9", "--false-alarm", "1e-6",
                             "--accumulate", "8", "--json", file});
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_THAT(run.out, HasSubstr("found       0"));
  EXPECT_EQ(contents(file), "");
  EXPECT_EQ(acquire({"--input", (folder / "sky.sigmf-meta").string(), "--carrier", "11.35e9", "--lnb",
                     "9.75e9", "--mode", "tones", "--duration", "0.02", "--quiet"})
                .status,
            1)
      << "the tones are not in that slice";
}

TEST(Acquire, HelpSaysUnitsAndAnExample) {
  const Ended run = acquire({"--help"});
  EXPECT_EQ(run.status, 0);
  for (const char* text : {"HZ", "doppler_hz", "Exit status", "--lnb 9.75e9", "per sample of 240 MHz"})
    EXPECT_THAT(run.out, HasSubstr(text));
  EXPECT_EQ(acquire({"--version"}).status, 0);
}

TEST(Acquire, BadOptionsAndFilesEndInOneLine) {
  const TemporaryFolder folder;
  const Recording recording{.frames = 2};
  const std::string input = recording.write(folder);
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{}, "--device"},
      {{"--input", input, "--device", "driver=x"}, "--device"},
      {{"--input", (folder / "none").string()}, "--input"},
      {{"--input", input}, "120 MHz"},
      {{"--input", input, "--lnb", "9.75e9", "--channel", "9"}, "--channel"},
      {{"--input", input, "--lnb", "9.75e9", "--channel", "4"}, "120 MHz"},
      {{"--input", input, "--lnb", "9.75e9", "--false-alarm", "0"}, "--false-alarm"},
      {{"--input", input, "--lnb", "9.75e9", "--accumulate", "7"}, "--accumulate"},
      {{"--input", input, "--lnb", "9.75e9", "--mode", "psychic"}, "--mode"},
      {{"--input", input, "--lnb", "9.75e9", "--mode", "pilots"}, "pilots"},
      {{"--input", input, "--lnb", "nan"}, "--lnb"},
      {{"--input", input, "--lnb", "9.75e9", "--duration", "0"}, "--duration"},
      {{"--input", input, "--lnb", "9.75e9", "--rate", "1e6"}, "was recorded at 1e+07 Hz"},
      {{"--input", input, "--lnb", "9.75e9", "--antenna-channel", "-1"}, "--antenna-channel: -1"},
      {{"--input", input, "--lnb", "9.75e9", "--antenna-channel", "1"},
       "--antenna-channel: 1: the recording"},
      {{"--input", input, "--lnb", "9.75e9", "--gain", "3"}, "--gain: 3"},
      {{"--input", input, "--lnb", "9.75e9", "--search-every", "0"}, "--search-every: 0: must be from 1"},
      {{"--input", input, "--lnb", "9.75e9", "--json", ""}, "--json: needs a value"},
      {{"--input", input, "--lnb", "9.75e9", "--json", "/nowhere/at/all"}, "--json"},
  };
  for (const auto& [arguments, text] : cases) {
    const Ended run = acquire(arguments);
    EXPECT_EQ(run.status, 1) << text;
    EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

TEST(Acquire, TheRecordingIsNotWritten) {
  const TemporaryFolder folder;
  const std::string input = Recording{.frames = 2}.write(folder);
  for (const char* extension : {".sigmf-meta", ".sigmf-data"}) {
    const std::string path = std::filesystem::path(input).replace_extension(extension).string();
    const std::string before = contents(path);
    const Ended run = acquire({"--input", input, "--lnb", "9.75e9", "--json", path, "--quiet"});
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.err, "boresight-acquire: --json: " + path + ": is the file of --input too\n");
    EXPECT_EQ(contents(path), before);
  }
}

// The simulated sky is a device like any other, and its PSS and SSS are the real ones.
TEST(Acquire, SeesTheSimulatedSky) {
  const Ended run = acquire({"--device", "driver=boresight,scenario=clear_sky,waveform=ku240", "--carrier",
                             "11.325e9", "--duration", "0.01", "--json", "-", "--quiet"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_GE(lines_of(run.out).size(), 4U);
}

}  // namespace
}  // namespace boresight::receive
