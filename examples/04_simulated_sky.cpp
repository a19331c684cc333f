// The whole chain without a device: a scene of the simulated sky, 16 elements wide, into the receiver.
//
//   Scenario ─▶ Sky ─▶ [16 x n] ─▶ Receiver: beamform, synchronize, demodulate, decode ─▶ frames
#include <cstdio>

#include "boresight/array/direction.h"
#include "boresight/core/grid.h"
#include "boresight/core/units.h"
#include "boresight/rx/receiver.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/sky.h"

using namespace boresight;

int main() {
  // A jammer 40 dB above the satellite; "clear_sky" and a file of your own work as well.
  const sim::Scenario scenario =
      sim::parse_scenario(sim::shipped_scenario("rooftop_jammed"), "rooftop_jammed");
  sim::Sky sky(scenario);
  const array::Attitude attitude(scenario.attitude);

  rx::Receiver::Config config;
  config.front_end.beamformer.geometry = array::Geometry::from_positions(sky.positions_m());
  config.front_end.beamformer.carrier_hz = sky.carrier_hz();
  config.front_end.beamformer.mode = beam::AdaptiveBeamformer::Mode::mvdr;
  config.ku.sample_rate_hz = sky.sample_rate_hz();
  rx::Receiver receiver(config);

  const auto on_frame = [](const rx::KuFrame& frame) {
    std::printf("frame %u: %s, SNR %.1f dB, carrier %+.0f Hz\n", frame.header.sequence,
                frame.ok ? "received" : "damaged", frame.snr_db, frame.carrier_offset_hz);
  };
  // A tenth of a second, 5 ms at a time. Where the satellite is comes from the orbit in real life.
  const auto block_samples = static_cast<std::size_t>(sky.sample_rate_hz() * 0.005);
  GridBuffer<cf32> block(sky.channels(), block_samples);
  for (int i = 0; i < 20; ++i) {
    const sim::Truth truth = sky.truth();
    receiver.set_direction(attitude.array_from_sky({truth.azimuth_rad, truth.elevation_rad}));
    sky.generate(block.view());
    receiver.push<cf32>(block.view(), on_frame);
  }
  receiver.flush(on_frame);

  const sim::Truth truth = sky.truth();
  const beam::AdaptiveBeamformer::Stats& beam = receiver.front_end().adaptive()->stats();
  const rx::KuReceiver::Stats& frames = receiver.ku().stats();
  std::printf("over the noise, per element: %.1f dB measured, the jammer's true power %.1f dB\n",
              beam.power_over_noise_db, truth.jammer_to_noise_db);
  // A frame that the end of the stream cut off is detected and neither good nor failed.
  std::printf("Doppler at the carrier: true %+.0f Hz; %llu frames good, %llu failed\n", truth.doppler_hz,
              static_cast<unsigned long long>(frames.frames_ok),
              static_cast<unsigned long long>(frames.headers_failed + frames.payloads_failed));
  return frames.frames_ok >= 5 ? 0 : 1;
}
