// Subbands, nulls that are asked for, and calibrations: what they change, and when they are refused.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>

#include "boresight/array/calibration.h"
#include "boresight/core/units.h"
#include "examples/process.h"

namespace boresight::receive {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using Arguments = std::vector<std::string>;

double now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void expect_refusal(Arguments arguments, const std::string& named) {
  const Ended run = receive(arguments);
  EXPECT_EQ(run.status, 1) << named;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, testing::StartsWith("boresight-receive: "));
  EXPECT_THAT(run.err, HasSubstr(named));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

Arguments join(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(ReceiveBeamformer, SubbandsReadUnderAJammerAndTheReportSaysWhichOneItShows) {
  TemporaryFolder folder;
  const std::string report = (folder / "report.html").string();
  const Arguments arguments = {
      "--device",     device_of(folder, {.columns = 2, .rows = 2, .snr_db = 8, .jammer_db = 30}),
      "--beamformer", "subband",
      "--duration",   "0.06"};
  const Ended run = receive(join(arguments, {"--json", "-", "--report", report}));
  EXPECT_EQ(run.status, 0);
  const json r = run.json();
  // The preamble of the first frame is over before there is anything to learn nulls from, its header soon
  // after.
  EXPECT_GE(r["frames_ok"], 2);
  EXPECT_LE(r["headers_failed"], 1);
  EXPECT_EQ(r["payloads_failed"], 0);
  EXPECT_EQ(r["beamformer"], "subband");
  EXPECT_EQ(r["subbands"], 64);
  EXPECT_NEAR(r["jammer_to_noise_db"], 30.0, 1.0);
  for (const json& frame : r["frames"]) {
    EXPECT_NEAR(frame["start_sample"], frame_start(frame["sequence"].get<std::size_t>()), 2.0);
  }
  EXPECT_THAT(run.err, HasSubstr("subband (64 subbands)"));
  const std::string html = contents(report);
  EXPECT_THAT(html,
              HasSubstr("Gain of the last weights of the middle subband, number 32 of 0 to 63, 0.117 MHz"));
  EXPECT_THAT(html, HasSubstr("beam (subband (64 subbands))"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  // Null depth over all subbands: both numbers are far below the satellite's 0 dB.
  const std::size_t at = html.find("Jammer over all subbands: mean ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stod(html.substr(at + 31)), -20);
  EXPECT_EQ(receive(join(arguments, {"--subbands", "16", "--json", "-", "--quiet"})).json()["subbands"], 16);
}

TEST(ReceiveBeamformer, NullsAreWhereTheyWereAskedFor) {
  TemporaryFolder folder;
  const std::string report = (folder / "report.html").string();
  const std::string device = device_of(folder, {.columns = 2, .rows = 2, .snr_db = 8, .jammer_db = 30});
  const Arguments arguments = {"--device", device, "--beamformer", "lcmv", "--duration", "0.06",
                               "--json",   "-",    "--quiet"};
  const Ended run = receive(join(arguments, {"--null", "250,20", "--null", "-30,40", "--report", report}));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_GE(run.json()["frames_ok"], 2);
  EXPECT_EQ(run.json()["nulls"].size(), 2U);
  EXPECT_EQ(run.json()["nulls"][1]["elevation_deg"], 40.0);
  EXPECT_EQ(run.json()["nulls_dropped"], 0);
  EXPECT_THAT(contents(report), HasSubstr("<td>Nulls asked for / dropped</td><td>2 / 0</td>"));
  // On the satellite it cannot be had, and the beam is that of mvdr.
  const Ended on_satellite =
      receive(join(arguments, {"--null", "140,55", "--azimuth", "140", "--elevation", "55"}));
  EXPECT_EQ(on_satellite.status, 0) << on_satellite.err;
  EXPECT_GT(on_satellite.json()["nulls_dropped"], 0);
}

TEST(ReceiveBeamformer, OptionsThatMeanNothingAreRefused) {
  TemporaryFolder folder;
  const Arguments device = {"--device", device_of(folder, {.columns = 2, .rows = 2})};
  expect_refusal(join(device, {"--subbands", "32"}),
                 "--subbands: 32: only with --beamformer subband, not mvdr");
  expect_refusal(join(device, {"--null", "250,20"}), "--null: 250,20: only with --beamformer lcmv, not mvdr");
  expect_refusal(join(device, {"--beamformer", "lcmv"}), "--beamformer: lcmv: needs at least one --null");
  for (const char* count : {"0", "3", "512", "many", "-4"}) {
    expect_refusal(join(device, {"--beamformer", "subband", "--subbands", count}),
                   "--subbands: " + std::string(count));
  }
  for (const char* null : {"250", "250,", "250,91", "nan,0", "1000,0", "250,20,3", "north,20", ""}) {
    expect_refusal(join(device, {"--beamformer", "lcmv", "--null", null}), "--null: " + std::string(null));
  }
  Arguments four = join(device, {"--beamformer", "lcmv"});
  for (const char* null : {"0,20", "90,20", "180,20", "270,20"}) four = join(four, {"--null", null});
  expect_refusal(four, "--null: 4 of them: at most 3 with 4 elements");
}

class ReceiveCalibration : public testing::Test {
 protected:
  std::string file() const { return (folder / "array.json").string(); }
  /// Of the four channels of the scene, at its carrier, made now at 0 dB.
  array::Calibration fresh() const {
    array::Calibration calibration{.frequency_hz = carrier_hz, .time_s = now_s()};
    calibration.channels.resize(4);
    return calibration;
  }
  void save(const array::Calibration& calibration) const { put(file(), array::to_json(calibration)); }
  Ended run(const Arguments& more) const {
    return receive(
        join({"--device", device, "--gain", "0", "--frames", "2", "--json", "-", "--quiet"}, more));
  }

  TemporaryFolder folder;
  std::string device = device_of(folder, {.columns = 2, .rows = 2});
  double carrier_hz =
      receive({"--device", device, "--frames", "1", "--json", "-", "--quiet"}).json()["carrier_hz"];
};

// The elements of the scene are perfect. A calibration that says one of four is turned by half a turn turns
// it, so that (3 - 1) / 4 of the amplitude are left, 6.0 dB less; one that calls it dead leaves 3 of 4 in
// signal and noise, 1.2 dB.
TEST_F(ReceiveCalibration, IsTakenAway) {
  const Arguments use = {"--beamformer", "conventional", "--calibration", file()};
  array::Calibration calibration = fresh();
  save(calibration);
  const json right = run(use).json();
  EXPECT_EQ(right["calibration"], file());
  EXPECT_NEAR(right["snr_db"], 21.0, 0.7);
  EXPECT_EQ(right["frames"][1]["sequence"], 1);
  EXPECT_NEAR(right["frames"][1]["start_sample"], frame_start(1), 2.0) << "its latency moves no frame";
  calibration.channels[2].phase_rad = pi;
  save(calibration);
  EXPECT_NEAR(run(use).json()["snr_db"].get<double>(), right["snr_db"].get<double>() - 6.0, 0.3);
  calibration = fresh();
  calibration.channels[2].state = array::ChannelState::dead;
  save(calibration);
  EXPECT_NEAR(run(use).json()["snr_db"].get<double>(), right["snr_db"].get<double>() - 1.2, 0.3);
  const Ended wide = run({"--beamformer", "subband", "--calibration", file()});
  EXPECT_EQ(wide.json()["frames_ok"], 2);
  EXPECT_THAT(receive({"--device", device, "--gain", "0", "--frames", "1", "--calibration", file()}).out,
              HasSubstr("mvdr, calibrated"));
}

// Gains taken away make the noise of equal receivers uneven, 20 % more in the mean than in its quieter half:
// no jammer. The satellite is weak, so that it would show as one (-3 dB).
TEST_F(ReceiveCalibration, UnevenNoiseIsNoJammer) {
  const std::string weak = device_of(folder, {.columns = 4, .rows = 2, .snr_db = -5});
  array::Calibration calibration{.frequency_hz = carrier_hz, .time_s = now_s()};
  calibration.channels.resize(8);
  for (std::size_t e = 1; e < 8; ++e) calibration.channels[e].gain = e % 2 == 0 ? 0.75 : 1.25;
  save(calibration);
  const json found = receive({"--device", weak, "--gain", "0", "--frames", "2", "--json", "-", "--quiet",
                              "--calibration", file()})
                         .json();
  EXPECT_EQ(found["frames_ok"], 2);
  EXPECT_TRUE(found["jammer_to_noise_db"].is_null()) << found["jammer_to_noise_db"];
}

TEST_F(ReceiveCalibration, IsRefusedWhenItDoesNotFit) {
  const Arguments use = {"--device", device, "--gain", "0", "--calibration", file()};
  expect_refusal(use, "--calibration: cannot open " + file());
  put(file(), "{ not json");
  expect_refusal(use, "--calibration: " + file());
  const auto with = [&](auto&& change) {
    array::Calibration calibration = fresh();
    change(calibration);
    save(calibration);
    return use;
  };
  expect_refusal(with([](auto& c) { c.channels.resize(3); }), "calibration of 3 channels, 4 are wanted");
  expect_refusal(with([](auto& c) { c.frequency_hz += 1e6; }), "Hz is stale at");
  expect_refusal(with([](auto& c) { c.gain_db = 10; }), "at a gain of 10.000000 dB is stale at 0.000000 dB");
  expect_refusal(with([](auto& c) { c.time_s -= 2 * 86400; }), "s old: must be -60 to 86400");
  expect_refusal(with([](auto& c) { c.time_s += 3600; }), "s old: must be -60 to 86400");
  save(fresh());
  expect_refusal({"--device", device, "--calibration", file()}, "needs --gain");
  expect_refusal({"--device", device, "--gain", "0", "--calibration", ""}, "--calibration: needs the name");
  expect_refusal(join(use, {"--beamformer", "single"}), "not with --beamformer single");
  const std::string before = contents(file());
  for (const char* option : {"--json", "--report", "--output"}) {
    expect_refusal(join(use, {option, file(), "--quiet"}),
                   option + (": " + file() + ": is the file of --calibration too"));
    EXPECT_EQ(contents(file()), before);
  }
}

// Compared with the time of the recording, and with the gain that its user says.
TEST_F(ReceiveCalibration, HoldsForARecordingOfItsTime) {
  const std::string meta = (folder / "sky.sigmf-meta").string();
  ASSERT_EQ(receive({"--device", device, "--record", meta, "--duration", "0.04", "--quiet"}).status, 0);
  save(fresh());
  const Arguments play = {"--input", meta, "--calibration", file(), "--gain", "0", "--json", "-", "--quiet"};
  EXPECT_EQ(receive(play).json()["frames_ok"], 2);
  json description = json::parse(contents(meta));
  description["captures"][0]["core:datetime"] = "2020-01-01T00:00:00Z";
  put(meta, description.dump());
  expect_refusal(play, "s old: must be -60 to 86400");
  description["captures"][0].erase("core:datetime");
  put(meta, description.dump());
  expect_refusal(play, "tells no time (core:datetime)");
}

}  // namespace
}  // namespace boresight::receive
