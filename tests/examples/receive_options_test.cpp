// Options that only print, and those that choose channels and directions.
#include <gmock/gmock.h>

#include "examples/process.h"

namespace boresight::receive {
namespace {

using testing::HasSubstr;

TEST(ReceiveOptions, HelpNamesEveryOptionAndTheExitStatus) {
  const Ended run = receive({"--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  for (const char* option :
       {"--device",   "--input",       "--waveform",   "--frequency",      "--rate",         "--gain",
        "--antenna",  "--channels",    "--beamformer", "--array",          "--azimuth",      "--elevation",
        "--attitude", "--duration",    "--frames",     "--until-complete", "--output",       "--record",
        "--json",     "--report",      "--quiet",      "--version",        "--list-devices", "--subbands",
        "--null",     "--calibration", "Exit status",  "Examples"}) {
    EXPECT_THAT(run.out, HasSubstr(option));
  }
}

TEST(ReceiveOptions, VersionAndDevices) {
  const Ended version = receive({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, testing::MatchesRegex("boresight-receive [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const Ended devices = receive({"--list-devices", "--device", "driver=boresight"});
  EXPECT_EQ(devices.status, 0);
  EXPECT_THAT(devices.out, HasSubstr("driver=boresight"));
}

TEST(ReceiveOptions, ChannelsAndDirectionsAreChosen) {
  TemporaryFolder folder;
  const std::string device = device_of(folder, {.columns = 2, .rows = 2});
  const auto with = [&device](std::vector<std::string> more) {
    more.insert(more.end(), {"--device", device, "--frames", "1", "--json", "-", "--quiet"});
    return receive(more);
  };
  EXPECT_EQ(with({"--channels", "3"}).json()["channels"], 3);
  EXPECT_EQ(with({"--channels", "0,2"}).json()["channels"], 2);
  EXPECT_EQ(with({"--channels", "2,"}).json()["channels"], 1);
  EXPECT_TRUE(with({"--beamformer", "conventional"}).json()["warnings"].empty());
  const nlohmann::json fixed = with({"--azimuth", "-220", "--elevation", "55"}).json();
  EXPECT_EQ(fixed["pointing"], "fixed");
  EXPECT_EQ(fixed["azimuth_deg"], -220.0);
  EXPECT_NEAR(fixed["snr_db"], 21.0, 0.7) << "-220 degrees is where the satellite is";
  // A panel turned by 180 degrees that does not know it looks the wrong way: the satellite is off the beam.
  const nlohmann::json turned = with({"--attitude", "180,0,0", "--beamformer", "conventional"}).json();
  EXPECT_LT(turned["snr_db"], 17.0);
  const nlohmann::json array = with({"--array", "2x2:0.5"}).json();
  EXPECT_NEAR(array["snr_db"], 21.0, 0.7) << "the same positions, said by hand";
}

// In the frame of the panel: +z is its boresight, 90 degrees from it its own plane.
TEST(ReceiveOptions, DirectionsBehindTheArrayAreRefusedAndUnusualOnesAreSaid) {
  TemporaryFolder folder;
  const std::string device = device_of(folder, {.columns = 2, .rows = 2});
  const auto with = [&device](std::vector<std::string> more) {
    more.insert(more.end(), {"--device", device, "--duration", "0.001", "--json", "-", "--quiet"});
    return receive(more);
  };
  const Ended behind = with({"--azimuth", "140", "--elevation", "-20"});
  EXPECT_EQ(behind.status, 1);
  EXPECT_EQ(behind.err,
            "boresight-receive: --elevation: -20: with --azimuth 140 it is 110 degrees off boresight, behind "
            "the array: at most 90 (how the panel stands: --attitude)\n");
  // Its own plane is not behind it, and one element has no behind.
  EXPECT_EQ(with({"--azimuth", "140", "--elevation", "0"}).err, "");
  EXPECT_EQ(with({"--azimuth", "140", "--elevation", "-0.01"}).status, 1);
  EXPECT_EQ(with({"--azimuth", "140", "--elevation", "-20", "--channels", "1", "--waveform", "wifi20"}).err,
            "");
  // Tilted by 60 degrees towards the direction its boresight is 50 degrees off: below the horizon, but ahead.
  // Tilted the other way the direction is 170 degrees off.
  const Ended tilted = with({"--azimuth", "140", "--elevation", "-20", "--attitude", "140,60,0"});
  EXPECT_EQ(tilted.status, 2);
  EXPECT_EQ(tilted.err,
            "boresight-receive: warning: --elevation: -20: below the horizon, 0 degrees, where satellites "
            "hardly are\n");
  EXPECT_EQ(tilted.json()["warnings"].size(), 1U);
  EXPECT_THAT(with({"--azimuth", "140", "--elevation", "-20", "--attitude", "-40,60,0"}).err,
              HasSubstr("it is 170 degrees off boresight"));
  // A jammer may stand below the panel: a plane array nulls it, and its mirror image with it.
  const std::vector<std::string> look = {"--azimuth", "140", "--elevation", "55", "--beamformer", "lcmv"};
  const auto null = [&](const char* where, const char* attitude) {
    std::vector<std::string> more = look;
    more.insert(more.end(), {"--null", where, "--attitude", attitude});
    return with(more);
  };
  EXPECT_EQ(
      null("250,-20", "0,0,0").err,
      "boresight-receive: warning: --null: 250,-20: 110 degrees off boresight, behind the array: the null "
      "is at its mirror image 250,20 as well\n");
  EXPECT_EQ(null("250,-20", "250,60,0").err, "");
}

}  // namespace
}  // namespace boresight::receive
