// Calibrations that the receiver takes away: what they change, what they cost, and when they are refused.
#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <complex>

#include "boresight/array/calibration.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "examples/process.h"

namespace boresight::receive {
namespace {

using nlohmann::json;
using testing::HasSubstr;

double now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
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
  const auto with = [&](auto&& change) -> const Arguments& {
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
  // 4096 samples are 205 us at 20 Msps.
  expect_refusal(with([](auto& c) { c.channels[1].delay_s = 250e-6; }),
                 "--calibration: " + file() +
                     ": calibration corrector: delays differ by 5000.000000 samples: must be at most 4096 at "
                     "2e+07 Hz: start the channels by one clock and measure it again, or lower --rate");
  save(fresh());
  expect_refusal({"--device", device, "--calibration", file()}, "needs --gain");
  expect_refusal({"--device", device, "--gain", "0", "--calibration", ""}, "--calibration: needs a value");
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
  // Years later the calibration of that day is as good as it was.
  array::Calibration that_day = fresh();
  that_day.time_s = 1577836800 - 3600;  // 2019-12-31T23:00:00Z
  save(that_day);
  EXPECT_EQ(receive(play).json()["frames_ok"], 2);
  expect_refusal(join(play, {"--time", "2020-01-01T00:00:00Z"}),
                 "--time: 2020-01-01T00:00:00Z: the recording");
  description["captures"][0].erase("core:datetime");
  put(meta, description.dump());
  expect_refusal(play,
                 "--input: " + meta + ": does not tell when it was made (core:datetime); it needs --time");
  EXPECT_EQ(receive(join(play, {"--time", "2020-01-01T00:00:00Z"})).json()["frames_ok"], 2);
  expect_refusal(join(play, {"--time", "2020-01-02T00:00:00Z"}), "s old: must be -60 to 86400");
  expect_refusal(join(play, {"--time", "yesterday"}), "--time: yesterday: must be a time such as");
  expect_refusal({"--input", meta, "--time", "2020-01-01T00:00:00Z"}, "only with --calibration");
  expect_refusal({"--device", device, "--time", "2020-01-01T00:00:00Z"}, "a device is now");
}

// The two figures against what such errors do to a beam of four channels, and to a null that its phases (+ +
// - -) make, in 400,000 draws: means good to 0.2 % of the beam and 0.5 % of the null, 0.02 dB. As printed:
// 0.01 and 0.1 dB.
TEST_F(ReceiveCalibration, ResidualIsSaidWithWhatItCosts) {
  const Arguments use = {"--calibration", file()};
  array::Calibration calibration = fresh();
  calibration.residual_deg_rms = 10;
  calibration.residual_db_rms = 1.5;
  save(calibration);
  EXPECT_EQ(run(use).err, "") << "that much is usual";
  calibration.residual_deg_rms = 25;
  calibration.residual_db_rms = 2;
  save(calibration);
  const Ended warned = run(use);
  EXPECT_EQ(warned.status, 0);
  EXPECT_EQ(std::count(warned.err.begin(), warned.err.end(), '\n'), 1) << warned.err;
  EXPECT_THAT(warned.err, testing::StartsWith("boresight-receive: warning: --calibration: " + file() +
                                              ": residual 25.0 degrees, 2.00 dB rms: takes up to "));
  ASSERT_EQ(warned.json()["warnings"].size(), 1U);
  const std::string line = warned.json()["warnings"][0];
  const auto number_after = [&line](const std::string& text) {
    const std::size_t at = line.find(text);
    return at == std::string::npos ? 1e9 : std::stod(line.substr(at + text.size()));
  };

  Random random(5);
  double signal = 0;
  double noise = 0;
  double null = 0;
  for (int draw = 0; draw < 400'000; ++draw) {
    cf64 beam = 0;
    cf64 through = 0;
    for (int e = 0; e < 4; ++e) {
      const cf64 error =
          std::polar(amplitude_from_db(2 * random.normal()), rad_from_deg(25 * random.normal()));
      beam += error / 4.0;
      through += (e < 2 ? error : -error) / 4.0;
      noise += std::norm(error) / 4;
    }
    signal += std::norm(beam);
    null += std::norm(through);
  }
  EXPECT_NEAR(number_after("takes up to "), db_from_power(noise / signal), 0.03);
  EXPECT_NEAR(number_after("leaves nulls by direction "), db_from_power(null / signal), 0.1);

  // Gains alone; a dead channel makes it worse.
  calibration.residual_deg_rms = 1;
  save(calibration);
  EXPECT_THAT(run(use).err, HasSubstr("residual 1.0 degrees, 2.00 dB rms"));
  const double four_db = number_after("leaves nulls by direction ");
  calibration.residual_deg_rms = 25;
  calibration.channels[3].state = array::ChannelState::dead;
  save(calibration);
  const std::string three = run(use).json()["warnings"][0];
  EXPECT_NEAR(std::stod(three.substr(three.find("direction ") + 10)), four_db + db_from_power(4.0 / 3), 0.2);
}

}  // namespace
}  // namespace boresight::receive
