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

}  // namespace
}  // namespace boresight::receive
