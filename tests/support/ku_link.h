// A small ku link for tests: frames through a channel with delay, clock offset, carrier offset and its rate,
// phase noise and white noise. Independent of the simulated sky.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/frame/header.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/tx/ku_transmitter.h"

namespace boresight::test {

struct KuLink {
  frame::Mcs mcs = frame::Mcs::qpsk_1_2;
  std::size_t frames = 2;
  std::size_t payload_bytes = 3000;
  double snr_db = 20;
  double lead_samples = 1000;      ///< noise before the first frame; any fraction
  double tail_samples = 1500;      ///< noise after the last frame
  double carrier_offset = 0;       ///< cycles per sample
  double carrier_rate = 0;         ///< cycles per sample per sample
  double clock_ppm = 0;            ///< receiver's clock fast: the signal looks longer
  double phase_walk_variance = 0;  ///< rad^2 per sample
  std::uint64_t seed = 1;
};

struct KuLinkOutput {
  std::vector<cf32> samples;
  std::vector<std::vector<std::uint8_t>> payloads;
};

inline KuLinkOutput run(const KuLink& link) {
  constexpr unsigned q = 4;
  tx::KuTransmitter transmitter({.oversampling = q});
  Random random(link.seed);
  KuLinkOutput out;
  std::vector<cf32> sent(transmitter.frame_samples() * link.frames);
  for (std::size_t f = 0; f < link.frames; ++f) {
    std::vector<std::uint8_t> payload(link.payload_bytes);
    random.fill(payload);
    transmitter.transmit(
        link.mcs, static_cast<std::uint32_t>(f), payload,
        std::span(sent).subspan(f * transmitter.frame_samples(), transmitter.frame_samples()));
    out.payloads.push_back(std::move(payload));
  }

  const double stretch = 1 + link.clock_ppm * 1e-6;  // receiver samples per transmitter sample
  const double signal = static_cast<double>(frame::ku_frame_samples * link.frames) * stretch;
  const auto total = static_cast<std::size_t>(link.lead_samples + signal + link.tail_samples);
  out.samples.assign(total, cf32(0));
  double walk = 0;
  for (std::size_t n = 0; n < total; ++n) {
    const auto t = static_cast<double>(n);
    walk += link.phase_walk_variance > 0 ? std::sqrt(link.phase_walk_variance) * random.normal() : 0.0;
    const double at = q * (t - link.lead_samples) / stretch;
    const auto whole = static_cast<std::ptrdiff_t>(std::floor(at));
    if (whole < 1 || whole + 2 >= static_cast<std::ptrdiff_t>(sent.size())) continue;
    // Cubic Lagrange over fourfold oversampling: below -50 dB at the band's edge.
    const auto x = static_cast<float>(at - static_cast<double>(whole));
    const cf32* s = &sent[static_cast<std::size_t>(whole)];
    const cf32 value = -x * (x - 1) * (x - 2) / 6.0F * s[-1] + (x + 1) * (x - 1) * (x - 2) / 2.0F * s[0] -
                       (x + 1) * x * (x - 2) / 2.0F * s[1] + (x + 1) * x * (x - 1) / 6.0F * s[2];
    const double turns = link.carrier_offset * t + 0.5 * link.carrier_rate * t * t;
    out.samples[n] = value * cf32(std::polar(1.0, 2 * pi * (turns - std::floor(turns)) + walk));
  }
  random.add_noise(out.samples, static_cast<float>(power_from_db(-link.snr_db)));
  return out;
}

}  // namespace boresight::test
