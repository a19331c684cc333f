// A payload becomes samples, the samples meet noise and a carrier offset, and become a payload again.
//
//   KuTransmitter ─▶ carrier offset, noise ─▶ KuReceiver ─▶ frames
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/tx/ku_transmitter.h"

using namespace boresight;

int main() {
  constexpr double rate_hz = 20e6;
  constexpr double doppler_hz = 19'200;
  constexpr double snr_db = 6;
  constexpr std::size_t frames = 4;
  constexpr frame::Mcs mcs = frame::Mcs::qpsk_1_2;

  tx::KuTransmitter transmitter({});
  const std::size_t frame_samples = transmitter.frame_samples();
  Random random(1);
  std::vector<std::vector<std::uint8_t>> payloads(frames);
  // The receiver joins at some time: a stretch of silence first, and some after the last frame.
  constexpr std::size_t silence = 12'345;
  std::vector<cf32> samples(silence + frames * frame_samples + 4096);
  for (std::size_t f = 0; f < frames; ++f) {
    payloads[f].resize(frame::max_payload_bytes(mcs));
    random.fill(payloads[f]);
    const auto out = std::span(samples).subspan(silence + f * frame_samples, frame_samples);
    transmitter.transmit(mcs, static_cast<std::uint32_t>(f), payloads[f], out);
  }

  for (std::size_t n = 0; n < samples.size(); ++n) {
    const double turns = doppler_hz / rate_hz * static_cast<double>(n);
    samples[n] *= cf32(std::polar(1.0, 2 * pi * (turns - std::floor(turns))));
  }
  random.add_noise(samples, static_cast<float>(power_from_db(-snr_db)));

  std::size_t good = 0;
  rx::KuReceiver receiver({.sample_rate_hz = rate_hz});
  const auto on_frame = [&](const rx::KuFrame& frame) {
    const std::uint32_t number = frame.header.sequence;
    const bool same = frame.ok && number < frames && std::ranges::equal(frame.payload, payloads[number]);
    good += same ? 1 : 0;
    std::printf("frame %u at sample %8lld: %s, %zu bytes, SNR %.1f dB, MER %.1f dB, carrier %+.0f Hz\n",
                number, static_cast<long long>(frame.start_sample), same ? "received" : "damaged",
                frame.payload.size(), frame.snr_db, frame.mer_db, frame.carrier_offset_hz);
  };
  // As a radio would deliver them: piece by piece.
  for (std::size_t at = 0; at < samples.size(); at += 10'000) {
    receiver.push(std::span(samples).subspan(at, std::min<std::size_t>(10'000, samples.size() - at)),
                  on_frame);
  }
  std::printf("%zu of %zu payloads are the ones that were sent\n", good, frames);
  return good == frames ? 0 : 1;
}
