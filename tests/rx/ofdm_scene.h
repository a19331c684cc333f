// Bursts of a numerology with everything that happens to them on the way to several antennas.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/ofdm/numerology_json.h"
#include "boresight/rx/ofdm_receiver.h"
#include "boresight/tx/ofdm_transmitter.h"

namespace boresight::testing::burst {

using Bytes = std::vector<std::uint8_t>;

/// A numerology in which only some numbers matter: a tenth of the band as guards, DC empty.
inline ofdm::Numerology plain_numerology(std::size_t fft_size, ofdm::PilotPattern pilots,
                                         std::size_t prefix = 0, std::size_t taper = 0) {
  return ofdm::make_numerology({.name = "test",
                                .sample_rate_hz = 1e6,
                                .fft_size = fft_size,
                                .prefix_samples = prefix > 0 ? prefix : fft_size / 8,
                                .taper_samples = taper,
                                .lower_guard = fft_size / 20,
                                .upper_guard = fft_size / 20,
                                .pilots = std::move(pilots)});
}

inline ofdm::PilotPattern comb(std::size_t spacing) {
  return {.kind = ofdm::PilotPattern::Kind::comb, .spacing = spacing, .first = spacing / 2};
}

/// examples/numerologies/lab5_scattered.json in its own words.
inline ofdm::Numerology lab5() {
  return ofdm::make_numerology(
      {.name = "lab5",
       .sample_rate_hz = 5e6,
       .fft_size = 256,
       .prefix_samples = 32,
       .taper_samples = 8,
       .lower_guard = 20,
       .upper_guard = 19,
       .pilots = {.kind = ofdm::PilotPattern::Kind::scattered, .spacing = 12, .first = 0, .symbol_step = 3}});
}

struct Received {
  std::uint64_t start;
  double fraction;
  frame::Mcs mcs;
  std::uint32_t sequence;
  bool ok;
  Bytes payload;
  double carrier_offset_hz;
  double clock_offset_ppm;
  double snr_db;
  double effective_snr_db;
  double mer_db;
  bool operator==(const Received&) const = default;
};

inline rx::OfdmReceiver::Handler keep_in(std::vector<Received>& list) {
  return [&list](const rx::OfdmReception& r) {
    list.push_back({r.start_sample, r.start_fraction, r.header.mcs, r.header.sequence, r.ok,
                    Bytes(r.payload.begin(), r.payload.end()), r.carrier_offset_hz, r.clock_offset_ppm,
                    r.snr_db, r.effective_snr_db, r.mer_db});
  };
}

inline std::vector<Received> receive(rx::OfdmReceiver& receiver, const GridBuffer<cf32>& x,
                                     std::size_t piece = 10'000) {
  std::vector<Received> list;
  const auto handler = keep_in(list);
  for (std::size_t i = 0; i < x.columns(); i += piece) {
    receiver.push(x.view().columns(i, std::min(piece, x.columns() - i)), handler);
  }
  receiver.flush(handler);
  return list;
}

inline Bytes random_bytes(std::size_t length, std::uint64_t seed) {
  Bytes bytes(length);
  Random(seed).fill(bytes);
  return bytes;
}

inline std::vector<cf32> send(tx::OfdmTransmitter& transmitter, frame::Mcs mcs, std::uint32_t sequence,
                              std::span<const std::uint8_t> payload) {
  std::vector<cf32> out(transmitter.burst_samples(mcs, payload.size()));
  transmitter.transmit(mcs, sequence, payload, out);
  return out;
}

/// Noise per sample that gives this SNR per subcarrier, where all that may be used are.
inline double noise_power(const frame::OfdmBurst& burst, double snr_db) {
  return static_cast<double>(burst.amplitude()) * static_cast<double>(burst.amplitude()) /
         power_from_db(snr_db);
}

inline void add_noise(GridBuffer<cf32>& x, double power, std::uint64_t seed) {
  for (std::size_t a = 0; a < x.rows(); ++a) {
    Random(seed, a).add_noise(x.row(a), static_cast<float>(power));
  }
}

/// gain * x from column `at` on, turning by `frequency` cycles per sample from column 0 on.
inline void add(std::span<cf32> out, std::size_t at, std::span<const cf32> x, cf32 gain,
                double frequency = 0) {
  for (std::size_t i = 0; i < x.size() && at + i < out.size(); ++i) {
    const double turns = frequency * static_cast<double>(at + i);
    out[at + i] += x[i] * gain * cf32(std::polar(1.0, 2 * pi * (turns - std::floor(turns))));
  }
}

}  // namespace boresight::testing::burst
