// Subbands and nulls that are asked for: what they change, and when they are refused.
#include <gmock/gmock.h>

#include "examples/process.h"

namespace boresight::receive {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

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

}  // namespace
}  // namespace boresight::receive
