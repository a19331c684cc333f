#include "sim/ku_satellite.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "boresight/frame/carousel.h"
#include "boresight/sim/sky.h"
#include "boresight/tx/ku_transmitter.h"
#include "sim/test_signals.h"

namespace boresight::sim {
namespace {

Scenario shipped(std::string_view name) {
  return parse_scenario(shipped_scenario(name), name);
}

TEST(KuSatellite, TheFileIsTheSeedsAndAsLongAsAsked) {
  Scenario s = shipped("rooftop_jammed");
  const std::vector<std::uint8_t> file = payload_file(s);
  EXPECT_EQ(file.size(), 1'000'000U);
  EXPECT_EQ(file, payload_file(s));
  ++s.seed;
  EXPECT_NE(file, payload_file(s));
}

// Frame for frame what the transmitter makes of the carousel's blocks.
TEST(KuSatellite, FramesCarryTheCarousel) {
  Scenario s = shipped("clear_sky");
  s.payload_file_bytes = 20'000;
  s.satellites.push_back(s.satellites[0]);
  const std::vector<std::uint8_t> file = payload_file(s);
  const std::vector<Signal> signals = ku_signals(s, file);
  ASSERT_EQ(signals.size(), 2U);
  const std::size_t payload_bytes = frame::max_payload_bytes(s.mcs);
  const frame::CarouselSender carousel(file, payload_bytes);
  tx::KuTransmitter transmitter({.oversampling = signal_oversampling});
  ASSERT_EQ(signals[0].frame_samples, transmitter.frame_samples());
  std::vector<cf32> expected(transmitter.frame_samples());
  std::vector<cf32> sent(transmitter.frame_samples());
  std::vector<std::uint8_t> payload(payload_bytes);
  for (std::size_t satellite = 0; satellite < 2; ++satellite) {
    for (std::uint64_t number = 0; number < 2; ++number) {
      const std::uint64_t block = carousel.blocks() * satellite / 2 + number;
      const std::size_t bytes = carousel.block(block, payload);
      transmitter.transmit(s.mcs, static_cast<std::uint32_t>(number), std::span(payload).first(bytes),
                           expected);
      signals[satellite].fill_frame(number, sent);
      ASSERT_EQ(sent, expected);
    }
  }
}

// Frames have unit power while they are on the air, which is 302 symbols of 1056 samples of 320,000.
TEST(KuSatellite, EveryShippedScenarioRunsAtItsLevels) {
  for (const ShippedScenario& shipped_one : shipped_scenarios()) {
    const Scenario s = shipped(shipped_one.name);
    Sky sky(s);
    EXPECT_EQ(sky.payload_file().size(), s.payload_file_bytes);
    constexpr std::size_t samples = 60'000;
    GridBuffer<cf32> x(sky.channels(), samples);
    sky.generate(x.view());
    const Truth truth = sky.truth();
    const double total = 1 + power_from_db(truth.snr_db) + power_from_db(truth.jammer_to_noise_db);
    const double expected = total * power_from_db(s.receiver.adc.noise_floor_dbfs + s.receiver.adc.gain_db);
    double power = 0;
    double weight = 0;
    for (std::size_t e = 0; e < sky.channels(); ++e) {
      if (sky.element_gains()[e] == cf64{}) continue;
      power += testing::mean_power(x.row(e));
      // Element errors scale what comes from the sky.
      weight += (1 + (total - 1) * std::norm(sky.element_gains()[e])) / total;
    }
    EXPECT_NEAR(power / (weight * expected), 1.0, 0.05) << shipped_one.name;
    // The converter is neither starved nor overrun: rms 8 to 18 dB under full scale, rarely clipped.
    EXPECT_LT(db_from_power(expected), -8) << shipped_one.name;
    EXPECT_GT(db_from_power(expected), -25) << shipped_one.name;
    const double rails = 2.0 * samples * static_cast<double>(sky.channels());
    EXPECT_LT(static_cast<double>(sky.rails_clipped()) / rails, 1e-4) << shipped_one.name;
  }
}

}  // namespace
}  // namespace boresight::sim
