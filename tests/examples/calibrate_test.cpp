// boresight-calibrate as people run it: what it finds is compared with what the simulated sky did to the
// channels.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <complex>

#include "array/calibration_scene.h"
#include "boresight/core/convert.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/sdr/calibration_file.h"
#include "boresight/sim/sky.h"
#include "examples/process.h"

namespace boresight::receive {
namespace {

using array::ChannelState;
using nlohmann::json;
using testing::HasSubstr;

Ended calibrate(const std::vector<std::string>& arguments) {
  Around around;
  around.program = BORESIGHT_CALIBRATE;
  return Process(arguments, around).wait();
}

/// A flat array: what comes from the zenith is the same in all elements, as if it were injected.
json injected(json sources) {
  for (json& source : sources) {
    if (!source.contains("elevation_deg")) source["elevation_deg"] = 90;
    if (!source.contains("azimuth_deg")) source["azimuth_deg"] = 0;
  }
  json scene = json::parse(to_json(SmallScene{.columns = 4, .rows = 2, .snr_db = -80}));
  scene["jammers"] = sources;
  scene["receiver"]["element_gain_error_db_rms"] = 1.5;
  scene["receiver"]["element_phase_error_deg_rms"] = 60;
  return scene;
}
const json noise_20_db = {{{"type", "noise"}, {"above_noise_db", 20}}};

class Calibrate : public testing::Test {
 protected:
  std::string device(const json& scene) const {
    put(folder / "scene.json", scene.dump());
    return "driver=boresight,scenario=" + (folder / "scene.json").string();
  }
  static std::vector<cf64> truth(const json& scene) {
    return sim::Sky(sim::parse_scenario(scene.dump(), "scene")).element_gains();
  }
  /// Errors against the truth: of all ok channels, less what is common, which no calibration knows.
  void expect_truth(const array::Calibration& found, const std::vector<cf64>& gains, double deg, double db) {
    ASSERT_EQ(found.channels.size(), gains.size());
    for (std::size_t e = 0; e < gains.size(); ++e) {
      const array::ChannelCalibration& c = found.channels[e];
      if (c.state != ChannelState::ok) continue;
      const cf64 left = std::polar(c.gain, c.phase_rad) / (gains[e] / gains[found.reference]);
      EXPECT_NEAR(deg_from_rad(std::arg(left)), 0, deg) << e;
      EXPECT_NEAR(db_from_power(std::norm(left)), 0, db) << e;
    }
  }

  TemporaryFolder folder;
  const std::string file = (folder / "array.json").string();
};

TEST_F(Calibrate, FromNoiseFindsWhatTheSkyDid) {
  json scene = injected(noise_20_db);
  scene["receiver"]["dead_elements"] = {5};
  const Ended run = calibrate({"--device", device(scene), "--from", "noise", "--output", file, "--samples",
                               "65536", "--json", (folder / "r.json").string()});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  for (const char* text :
       {"phase deg", "dead", "residual", "good, written to", "reference", "943.750000 MHz"})
    EXPECT_THAT(run.out, HasSubstr(text));
  const array::Calibration found = sdr::load_calibration(file);
  EXPECT_EQ(found.frequency_hz, 943.75e6);
  EXPECT_EQ(found.gain_db, 0) << "the device's own";
  EXPECT_GT(found.time_s, 1.7e9);
  EXPECT_TRUE(found.delay_known);
  EXPECT_EQ(found.channels[5].state, ChannelState::dead);
  // The bound is 0.024 degrees and 0.004 dB; eight times that.
  expect_truth(found, truth(scene), 0.2, 0.03);
  for (const auto& c : found.channels) EXPECT_NEAR(c.delay_s, 0, 0.1e-9);

  const json r = json::parse(contents(folder / "r.json"));
  EXPECT_EQ(r["good"], true);
  EXPECT_EQ(r["written"], true);
  EXPECT_EQ(r["channels"][5]["verdict"], "dead");
  EXPECT_NEAR(r["channels"][3]["gain_db"].get<double>(), 20 * std::log10(found.channels[3].gain), 1e-9);
  EXPECT_NEAR(r["channels"][3]["snr_db"].get<double>(), 20 + db_from_power(std::norm(truth(scene)[3])), 0.5);
  EXPECT_LT(r["residual_deg_rms"].get<double>(), 1);
  EXPECT_NEAR(r["bound_deg_rms"].get<double>(), 0.024, 0.012);
}

TEST_F(Calibrate, FromAToneFindsPhasesAndSaysThatDelaysAreUnknown) {
  const json scene = injected({{{"type", "cw"}, {"offset_hz", 2.345e6}, {"above_noise_db", 0}}});
  const std::string sky = device(scene);
  const Ended run = calibrate({"--device", sky, "--from", "tone", "--output", file, "--gain", "6",
                               "--samples", "65536", "--json", "-", "--quiet"});
  EXPECT_EQ(run.status, 0) << run.err;
  const array::Calibration found = sdr::load_calibration(file);
  EXPECT_FALSE(found.delay_known);
  EXPECT_EQ(found.gain_db, 6);
  expect_truth(found, truth(scene), 1.5, 0.25);  // the bound: 0.3 degrees, 0.05 dB
  EXPECT_NEAR(run.json()["source_offset_hz"].get<double>(), 2.345e6, 5e3);
  // For noise it is too narrow.
  std::filesystem::remove(file);
  const Ended narrow =
      calibrate({"--device", sky, "--from", "noise", "--output", file, "--samples", "65536", "--quiet"});
  EXPECT_EQ(narrow.status, 2);
  EXPECT_THAT(narrow.err, HasSubstr("--from tone"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

// The satellite itself, from where it stands: told, or by the device's sensors.
TEST_F(Calibrate, FromADirectionCalibratesOnTheSatellite) {
  json scene = json::parse(to_json(SmallScene{.columns = 4, .rows = 2, .snr_db = 5}));
  scene["receiver"]["element_gain_error_db_rms"] = 1;
  scene["receiver"]["element_phase_error_deg_rms"] = 40;
  scene["attitude"] = {{"yaw_deg", 30}, {"pitch_deg", 10}};
  const std::string sky = device(scene);
  for (const bool told : {false, true}) {
    std::vector<std::string> arguments = {"--device",   sky,       "--from",    "direction", "--output", file,
                                          "--attitude", "30,10,0", "--samples", "1e5",       "--quiet"};
    if (told) {
      const std::vector<std::string> where = {"--azimuth", "140",        "--elevation",
                                              "55",        "--geometry", "4x2:0.5"};
      arguments.insert(arguments.end(), where.begin(), where.end());
    }
    const Ended run = calibrate(arguments);
    EXPECT_EQ(run.status, 0) << run.err;
    expect_truth(sdr::load_calibration(file), truth(scene), 1.5, 0.3);  // the bound: 0.25 degrees, 0.04 dB
  }
}

// Too weak to be seen over frequency, it is no tone; and a tone says nothing of a direction's delays.
TEST_F(Calibrate, AWeakSatelliteWantsMoreSamplesAndNoTone) {
  json scene = json::parse(to_json(SmallScene{.columns = 4, .rows = 4, .snr_db = -15}));
  scene["receiver"]["element_phase_error_deg_rms"] = 3;
  scene["receiver"]["dead_elements"] = {2, 5};
  const auto with = [&](const json& sky, const std::string& from, const char* samples) {
    return calibrate({"--device", device(sky), "--from", from, "--output", file, "--samples", samples});
  };
  const Ended weak = with(scene, "direction", "262144");
  EXPECT_EQ(weak.status, 2);
  EXPECT_THAT(weak.err, HasSubstr("too weak for delays: more --samples than 262144 are wanted"));
  EXPECT_THAT(weak.out, HasSubstr("signal      too weak"));
  EXPECT_EQ(with(scene, "direction", "1e6").status, 0);

  const json tone = injected({{{"type", "cw"}, {"offset_hz", 2.345e6}, {"above_noise_db", 10}}});
  const Ended narrow = with(tone, "direction", "65536");
  EXPECT_EQ(narrow.status, 2);
  EXPECT_THAT(narrow.err, HasSubstr("a wider one is wanted"));
}

// Of the channels it is of, at the gain that the radio made of --gain; as boresight-receive sees it, too.
TEST_F(Calibrate, FitsTheChannelsAndTheGainThatTheRadioHas) {
  json scene = json::parse(to_json(SmallScene{.columns = 4, .rows = 2, .snr_db = 5}));
  scene["receiver"]["element_phase_error_deg_rms"] = 20;
  const std::string sky = device(scene);
  const auto with = [&](const char* channels, std::vector<std::string> more) {
    more.insert(more.end(), {"--device", sky, "--channels", channels, "--gain", "6.1", "--from", "direction",
                             "--samples", "65536", "--quiet"});
    return calibrate(more);
  };
  const Ended made = with("0,1,2,3", {"--output", file});
  ASSERT_EQ(made.status, 0) << made.err;
  const array::Calibration found = sdr::load_calibration(file);
  EXPECT_EQ(found.gain_db, 6) << "the simulated radio has steps of 0.25 dB";
  EXPECT_EQ(found.device_channels, (std::vector<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(with("0,1,2,3", {"--check", file}).status, 0);
  const Ended others = with("4,5,6,7", {"--check", file});
  EXPECT_EQ(others.status, 1);
  EXPECT_THAT(others.err, HasSubstr("calibration of the channels 0,1,2,3, 4,5,6,7 are wanted"));
  for (const bool right : {true, false}) {
    const Ended run = receive({"--device", sky, "--channels", right ? "0,1,2,3" : "4,5,6,7", "--gain", "6.1",
                               "--calibration", file, "--frames", "1", "--quiet"});
    EXPECT_EQ(run.status, right ? 0 : 1) << run.err;
    EXPECT_THAT(run.err, HasSubstr(right ? "" : "calibration of the channels 0,1,2,3, 4,5,6,7 are wanted"));
  }
}

// Under a jammer the jammer is what calibrates; phases that lean over the array give it away.
TEST_F(Calibrate, RefusesAWaveFromElsewhere) {
  for (const std::string scenario : {"rooftop_jammed", "dead_elements", "weak_pass"}) {
    const Ended run =
        calibrate({"--device", "driver=boresight,scenario=" + scenario, "--from", "direction", "--output",
                   file, "--samples", "32768", "--limit-deg", "6", "--limit-db", "1", "--quiet"});
    if (scenario == "weak_pass") {  // no jammer
      EXPECT_EQ(run.status, 0) << run.err;
      continue;
    }
    EXPECT_EQ(run.status, 2) << scenario;
    EXPECT_THAT(run.err, HasSubstr("beside the direction stated"));
    EXPECT_FALSE(std::filesystem::exists(file));
  }
}

TEST_F(Calibrate, RefusesWhatIsNotGoodAndWritesNothing) {
  json clipped = injected(noise_20_db);
  clipped["receiver"]["adc"]["gain_db"] = 30;
  json two = injected({{{"type", "noise"}, {"above_noise_db", 20}},
                       {{"type", "noise"}, {"above_noise_db", 17}, {"elevation_deg", 20}}});
  json ruined = injected(noise_20_db);
  ruined["receiver"]["dead_elements"] = {0, 1, 2, 4, 5};
  const json silent = injected(json::array());
  const json weak = injected({{{"type", "noise"}, {"above_noise_db", -12}}});
  const std::pair<json, const char*> cases[] = {{silent, "no source in common"},
                                                {clipped, "clipped"},
                                                {two, "more than one source"},
                                                {ruined, "too weak"},
                                                {weak, "a residual of"}};
  for (const auto& [scene, reason] : cases) {
    const Ended run = calibrate({"--device", device(scene), "--from", "noise", "--output", file, "--samples",
                                 "32768", "--json", "-", "--limit-deg", "1"});
    EXPECT_EQ(run.status, 2) << reason;
    EXPECT_THAT(run.err, HasSubstr("boresight-calibrate: not good, nothing written: "));
    EXPECT_THAT(run.err, HasSubstr(reason));
    EXPECT_THAT(run.err, HasSubstr("not good"));
    EXPECT_EQ(run.json()["good"], false);
    EXPECT_THAT(run.json()["reason"].get<std::string>(), HasSubstr(reason));
    EXPECT_FALSE(std::filesystem::exists(file)) << reason;
  }
  // What stood there before stays.
  put(file, "old");
  EXPECT_EQ(calibrate({"--device", device(silent), "--from", "noise", "--output", file, "--quiet"}).status,
            2);
  EXPECT_EQ(contents(file), "old");
}

TEST_F(Calibrate, CheckSaysHowFarChannelsHaveDrifted) {
  json scene = injected(noise_20_db);
  const std::vector<std::string> how = {"--from", "noise", "--samples", "65536"};
  const auto run_with = [&](const json& sky, std::vector<std::string> more) {
    more.insert(more.end(), how.begin(), how.end());
    more.insert(more.end(), {"--device", device(sky)});
    return calibrate(more);
  };
  ASSERT_EQ(run_with(scene, {"--output", file}).status, 0);
  const std::string written = contents(file);
  const Ended same = run_with(scene, {"--check", file, "--json", (folder / "r.json").string()});
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("within the limits"));
  EXPECT_LT(json::parse(contents(folder / "r.json"))["check"]["drift_deg_rms"].get<double>(), 0.5);

  // Another day: the same errors, a tenth as large. Drifts are known: nine tenths of each.
  const std::vector<cf64> before = truth(scene);
  json moved = scene;
  moved["receiver"]["element_gain_error_db_rms"] = 0.15;
  moved["receiver"]["element_phase_error_deg_rms"] = 54;
  const std::vector<cf64> now = truth(moved);
  cf64 common = 0;
  double mean_db = 0;
  for (std::size_t e = 0; e < 8; ++e) {
    common += std::polar(1.0, std::arg(now[e] / before[e]));
    mean_db += db_from_power(std::norm(now[e] / before[e])) / 8;
  }
  double deg = 0;
  double db = 0;
  for (std::size_t e = 0; e < 8; ++e) {
    deg += std::pow(deg_from_rad(std::arg(now[e] / before[e] * std::conj(common))), 2) / 8;
    db += std::pow(db_from_power(std::norm(now[e] / before[e])) - mean_db, 2) / 8;
  }
  const Ended drifted = run_with(moved, {"--check", file, "--json", "-"});
  EXPECT_EQ(drifted.status, 3);
  EXPECT_THAT(drifted.err, HasSubstr("have drifted by"));
  const json check = drifted.json()["check"];
  EXPECT_NEAR(check["drift_deg_rms"].get<double>(), std::sqrt(deg), 0.2);
  EXPECT_NEAR(check["drift_db_rms"].get<double>(), std::sqrt(db), 0.05);
  EXPECT_EQ(run_with(moved, {"--check", file, "--limit-deg", "20", "--limit-db", "5"}).status, 0);

  json dead = scene;
  dead["receiver"]["dead_elements"] = {3};
  const Ended lost = run_with(dead, {"--check", file});
  EXPECT_EQ(lost.status, 3);
  EXPECT_THAT(lost.err, HasSubstr("channel 3"));
  EXPECT_EQ(contents(file), written) << "a check writes nothing";
  // Made for another gain, or no calibration at all: not comparable.
  EXPECT_EQ(run_with(scene, {"--check", file, "--gain", "3"}).status, 1);
  put(file, "{}");
  EXPECT_EQ(run_with(scene, {"--check", file}).status, 1);
}

/// Writes channels with known faults as a recording; cs16, no positions, a time.
std::string record(const TemporaryFolder& folder, const GridBuffer<cf32>& x, bool with_time) {
  std::vector<cs16> interleaved;
  std::vector<cs16> row(x.columns());
  GridBuffer<cs16> rows(x.rows(), x.columns());
  for (std::size_t e = 0; e < x.rows(); ++e) from_cf32(x.row(e), rows.row(e));
  for (std::size_t t = 0; t < x.columns(); ++t) {
    for (std::size_t e = 0; e < x.rows(); ++e) interleaved.push_back(rows(e, t));
  }
  put(folder / "sky.sigmf-data",
      std::string(reinterpret_cast<const char*>(interleaved.data()), interleaved.size() * sizeof(cs16)));
  json capture = {{"core:sample_start", 0}, {"core:frequency", 1.2e9}};
  if (with_time) capture["core:datetime"] = "2026-01-02T03:04:05Z";
  const json meta = {{"global",
                      {{"core:datatype", "ci16_le"},
                       {"core:sample_rate", array::scene_rate_hz},
                       {"core:num_channels", x.rows()},
                       {"core:version", "1.2.5"}}},
                     {"captures", {capture}},
                     {"annotations", json::array()}};
  put(folder / "sky.sigmf-meta", meta.dump());
  return (folder / "sky.sigmf-meta").string();
}

// Delays, a ripple, a stuck and a noisy channel, which the sky has not.
TEST_F(Calibrate, RecordingWithDelaysAndBrokenChannels) {
  auto channels = array::faults(7, 31);
  channels[4].noise_power = 2000;
  channels[6].shape = [](double f) {
    return std::polar(1.0, rad_from_deg(15) * std::sin(2 * pi * 1.5 * f / array::scene_rate_hz));
  };
  auto x = array::scene(channels, 30, 1U << 16, 7);
  for (std::size_t e = 0; e < 7; ++e) {
    for (cf32& v : x.row(e)) v *= 0.003F;
  }
  std::ranges::fill(x.row(2), cf32(0.1F, 0.2F));
  const std::string input = record(folder, x, true);
  const std::vector<std::string> common = {"--input", input,      "--from", "noise",  "--samples",
                                           "65536",   "--output", file,     "--quiet"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), common.begin(), common.end());
    return calibrate(more);
  };
  Ended run = with({});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--gain"));
  // Without points for the shape its ripple is a residual.
  run = with({"--gain", "40", "--limit-deg", "1"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("a residual of"));
  run = with({"--gain", "40", "--rate", "20e6", "--limit-deg", "1", "--shape", "24"});
  ASSERT_EQ(run.status, 0) << run.err;
  const array::Calibration found = sdr::load_calibration(file);
  EXPECT_EQ(found.gain_db, 40);
  EXPECT_EQ(found.frequency_hz, 1.2e9);
  EXPECT_EQ(found.time_s, 1767323045) << "2026-01-02T03:04:05Z";
  EXPECT_EQ(found.channels[2].state, ChannelState::stuck);
  EXPECT_EQ(found.channels[4].state, ChannelState::noisy);
  for (const std::size_t e : {1, 3, 5, 6}) {
    for (const double f : {-7e6, -2e6, 3e6, 8e6}) {
      const auto h = [&](std::size_t c) {
        return std::polar(channels[c].gain, channels[c].phase_rad - 2 * pi * f * channels[c].delay_s) *
               (channels[c].shape ? channels[c].shape(f) : cf64(1));
      };
      // A part of the band has a 24th of the samples: 0.4 degrees; straight lines between them 0.5.
      EXPECT_NEAR(std::abs(found.response(e, f) / (h(e) / h(0)) - 1.0), 0, 0.03) << e << " at " << f;
    }
  }
  // A recording that does not tell when.
  record(folder, x, false);
  EXPECT_THAT(with({"--gain", "40", "--shape", "24"}).err, HasSubstr("--time"));
  EXPECT_EQ(with({"--gain", "40", "--shape", "24", "--time", "2026-01-02T03:04:06Z"}).status, 0);
  EXPECT_EQ(sdr::load_calibration(file).time_s, 1767323046);
  // Some of its channels; and more samples than there are.
  EXPECT_EQ(with({"--gain", "40", "--channels", "3,1,0", "--time", "2026-01-02T03:04:06Z"}).status, 0);
  const array::Calibration three = sdr::load_calibration(file);
  ASSERT_EQ(three.channels.size(), 3U);
  EXPECT_NEAR((three.channels[2].delay_s - channels[0].delay_s + channels[3].delay_s) * 1e9, 0, 0.5);
  const Ended longer = calibrate({"--input", input, "--from", "noise", "--gain", "1", "--time",
                                  "2026-01-02T03:04:06Z", "--output", file});
  EXPECT_EQ(longer.status, 1);
  EXPECT_THAT(longer.err, HasSubstr("--samples: 262144"));
}

// Not by any spelling of their names, there or not.
TEST_F(Calibrate, FilesThatAreReadAreNotWritten) {
  auto x = array::scene(array::faults(4, 31), 30, 1U << 14, 7);
  for (std::size_t e = 0; e < 4; ++e) {
    for (cf32& v : x.row(e)) v *= 0.003F;
  }
  const std::string input = record(folder, x, true);
  const std::string data = (folder / "sky.sigmf-data").string();
  const std::string before[] = {contents(input), contents(data)};
  const std::string name = std::filesystem::path(folder / "").parent_path().filename().string();
  const std::string around = (folder / "").string() + "../" + name + "/";
  std::filesystem::create_symlink(folder / "sky.sigmf-data", folder / "link");
  std::filesystem::create_hard_link(folder / "sky.sigmf-meta", folder / "hard");
  const auto refused = [&](const std::vector<std::string>& more, const std::string& line) {
    std::vector<std::string> arguments = {"--input", input,       "--gain", "40",     "--from",
                                          "noise",   "--samples", "16384",  "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended run = calibrate(arguments);
    EXPECT_EQ(run.status, 1) << line;
    EXPECT_EQ(run.err, "boresight-calibrate: " + line + "\n");
    EXPECT_EQ(contents(input), before[0]);
    EXPECT_EQ(contents(data), before[1]);
    EXPECT_FALSE(std::filesystem::exists(file));
  };
  for (const std::string& path :
       {input, data, around + "sky.sigmf-data", (folder / "link").string(), (folder / "hard").string()}) {
    refused({"--output", path}, "--output: " + path + ": is the file of --input too");
    refused({"--output", file, "--json", path}, "--json: " + path + ": is the file of --input too");
  }
  // Another name for what is not there yet, relative to where the program runs, too.
  refused({"--output", file, "--json", around + "array.json"},
          "--json: " + around + "array.json: is the file of --output too");
  refused({"--output", "no-such-file.json", "--json", "./no-such-file.json"},
          "--json: ./no-such-file.json: is the file of --output too");
  const std::string whole = (std::filesystem::current_path() / "no-such-file.json").string();
  refused({"--output", "no-such-file.json", "--json", whole},
          "--json: " + whole + ": is the file of --output too");
  EXPECT_FALSE(std::filesystem::exists("no-such-file.json"));
  refused({"--output", "-"}, "--output: -: only --json - is standard output; a file of that name is ./-");

  // The samples may be in a file of any name.
  json meta = json::parse(contents(input));
  meta["global"]["core:dataset"] = "samples.bin";
  put(folder / "other.sigmf-meta", meta.dump());
  std::filesystem::copy(data, folder / "samples.bin");
  const std::string samples = (folder / "samples.bin").string();
  const Ended run =
      calibrate({"--input", (folder / "other.sigmf-meta").string(), "--gain", "40", "--from", "noise",
                 "--samples", "16384", "--quiet", "--output", file, "--json", samples});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--json: " + samples + ": is the file of --input too"));
  EXPECT_EQ(contents(samples), before[1]);
}

TEST_F(Calibrate, HelpSaysUnitsAndAnExample) {
  const Ended run = calibrate({"--help"});
  EXPECT_EQ(run.status, 0);
  for (const char* text : {"HZ", "DEG", "degrees rms", "Exit status", "couplers", "--check array.json"})
    EXPECT_THAT(run.out, HasSubstr(text));
  EXPECT_EQ(calibrate({"--version"}).status, 0);
}

TEST_F(Calibrate, BadOptionsAndFilesEndInOneLine) {
  const std::string sky = device(injected(noise_20_db));
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases = {
      {{}, "--device"},
      {{"--device", sky, "--input", "a"}, "--input a"},
      {{"--device", sky, "--output", file}, "--from: none"},
      {{"--device", sky, "--from", "prayer", "--output", file}, "--from: prayer"},
      {{"--device", sky, "--from", "noise"}, "--output: none"},
      {{"--device", sky, "--from", "noise", "--output", file, "--check", file}, "--output"},
      {{"--device", sky, "--from", "noise", "--output", "/no/such/folder/a.json"}, "--output"},
      {{"--device", sky, "--from", "noise", "--check", (folder / "none").string()}, "--check"},
      {{"--device", sky, "--from", "noise", "--output", file, "--json", file}, "--json"},
      {{"--device", sky, "--from", "noise", "--check", file, "--json", file}, "--json"},
      {{"--device", sky, "--from", "noise", "--output", file, "--azimuth", "1"}, "--azimuth"},
      {{"--device", sky, "--from", "noise", "--output", file, "--array", "4x2"}, "--array"},
      {{"--device", sky, "--from", "direction", "--output", file, "--array", "3x2"}, "--array: 3x2"},
      {{"--device", sky, "--from", "direction", "--output", file, "--azimuth", "0", "--elevation", "-5"},
       "--elevation: -5: with --azimuth 0 it is 95 degrees off boresight, behind the array: at most 90"},
      {{"--device", sky, "--from", "noise", "--output", file, "--samples", "-1"}, "--samples"},
      {{"--device", sky, "--from", "noise", "--output", file, "--samples", "10"}, "--samples"},
      {{"--device", sky, "--from", "noise", "--output", file, "--shape", "-1"}, "--shape: -1"},
      {{"--device", sky, "--from", "noise", "--output", ""}, "--output: needs a value"},
      {{"--device", sky, "--from", "noise", "--output", file, "--limit-deg", "nan"}, "--limit-deg"},
      {{"--device", sky, "--from", "noise", "--output", file, "--limit-db", "0"}, "--limit-db"},
      {{"--device", sky, "--from", "noise", "--output", file, "--shape", "1"}, "--shape"},
      {{"--device", sky, "--from", "noise", "--output", file, "--notch", "19e6"}, "--notch"},
      {{"--device", sky, "--from", "noise", "--output", file, "--channels", "1"}, "2 to 256"},
      {{"--device", sky, "--from", "noise", "--output", file, "--time", "now"}, "--time"},
      {{"--input", (folder / "none").string(), "--from", "noise", "--output", file}, "--input"},
      {{"--device", "driver=nope", "--from", "noise", "--output", file}, "driver=nope"},
  };
  for (const auto& [arguments, text] : cases) {
    const Ended run = calibrate(arguments);
    EXPECT_EQ(run.status, 1) << text;
    EXPECT_THAT(run.err, HasSubstr(text));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_FALSE(std::filesystem::exists(file));
  }
}

}  // namespace
}  // namespace boresight::receive
