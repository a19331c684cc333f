// Wi-Fi frames with everything that happens to them on the way.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/rx/wifi_receiver.h"
#include "boresight/tx/wifi_transmitter.h"

namespace boresight::testing {

struct Received {
  std::uint64_t start;
  double mbps;
  bool fcs_ok;
  std::vector<std::uint8_t> psdu;
  double carrier_offset_hz;
  double snr_db;
  double mer_db;
  bool operator==(const Received&) const = default;
};

inline rx::WifiReceiver::Handler keep_in(std::vector<Received>& list) {
  return [&list](const rx::WifiFrame& f) {
    list.push_back({f.start_sample,
                    f.rate_mbps,
                    f.fcs_ok,
                    {f.psdu.begin(), f.psdu.end()},
                    f.carrier_offset_hz,
                    f.snr_db,
                    f.mer_db});
  };
}

inline std::vector<Received> receive(rx::WifiReceiver& receiver, std::span<const cf32> x,
                                     std::size_t piece = 4096) {
  std::vector<Received> list;
  const auto handler = keep_in(list);
  for (std::size_t i = 0; i < x.size(); i += piece) {
    receiver.push(x.subspan(i, std::min(piece, x.size() - i)), handler);
  }
  receiver.flush(handler);
  return list;
}

inline std::vector<std::uint8_t> random_psdu(std::size_t length, std::uint64_t seed) {
  std::vector<std::uint8_t> psdu(length);
  Random(seed).fill(psdu);
  frame::write_fcs(psdu);
  return psdu;
}

inline std::vector<cf32> send(tx::WifiTransmitter& transmitter, frame::WifiRate rate,
                              std::span<const std::uint8_t> psdu, std::uint8_t state = 0x5D) {
  std::vector<cf32> out(transmitter.frame_samples(rate, psdu.size()));
  transmitter.transmit(rate, psdu, state, out);
  return out;
}

inline void append(std::vector<cf32>& x, std::span<const cf32> more) {
  x.insert(x.end(), more.begin(), more.end());
}

inline void turn(std::span<cf32> x, double cycles_per_sample) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] *= cf32(std::polar(1.0, 2 * pi * cycles_per_sample * static_cast<double>(i)));
  }
}

/// x, oversampled eightfold, read at every (1 + ppm 1e-6)-th 50 ns: cubic Lagrange interpolation, whose error
/// at eight times the rate is below -60 dB.
inline std::vector<cf32> resample_from_8(std::span<const cf32> x, double ppm, double start_samples) {
  std::vector<cf32> out;
  for (std::size_t n = 0;; ++n) {
    const double t = 8 * (start_samples + static_cast<double>(n) * (1 + 1e-6 * ppm));
    const auto i = static_cast<std::size_t>(t);
    if (i + 2 >= x.size()) return out;
    const auto d = static_cast<float>(t - static_cast<double>(i));
    const cf32 before = i > 0 ? x[i - 1] : cf32(0);
    out.push_back(before * (-d * (d - 1) * (d - 2) / 6) + x[i] * ((d + 1) * (d - 1) * (d - 2) / 2) +
                  x[i + 1] * (-(d + 1) * d * (d - 2) / 2) + x[i + 2] * ((d + 1) * d * (d - 1) / 6));
  }
}

}  // namespace boresight::testing
