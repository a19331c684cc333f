#include "boresight/ofdm/numerology.h"

#include <cmath>

#include "boresight/core/error.h"

namespace boresight::ofdm {

std::vector<std::uint16_t> Numerology::carriers(Carrier kind) const {
  std::vector<std::uint16_t> list;
  const std::size_t half = (fft_size + 1) / 2;
  for (std::size_t i = 0; i < fft_size; ++i) {
    const std::size_t k = (i + half) % fft_size;  // most negative frequency first
    if (map[k] == kind) list.push_back(static_cast<std::uint16_t>(k));
  }
  return list;
}

std::vector<std::uint16_t> Numerology::used_carriers() const {
  std::vector<std::uint16_t> list;
  const std::size_t half = (fft_size + 1) / 2;
  for (std::size_t i = 0; i < fft_size; ++i) {
    const std::size_t k = (i + half) % fft_size;
    if (map[k] != Carrier::null) list.push_back(static_cast<std::uint16_t>(k));
  }
  return list;
}

void check(const Numerology& n) {
  require(n.fft_size >= 8 && n.fft_size <= 8192,
          "numerology " + n.name + ": FFT size " + std::to_string(n.fft_size) + " is outside 8 .. 8192");
  require(n.prefix_samples <= n.fft_size, "numerology " + n.name + ": prefix of " +
                                              std::to_string(n.prefix_samples) +
                                              " samples exceeds the FFT size");
  require(
      std::isfinite(n.sample_rate_hz) && n.sample_rate_hz > 0,
      "numerology " + n.name + ": sample rate " + std::to_string(n.sample_rate_hz) + " Hz is not positive");
  require(n.map.size() == n.fft_size, "numerology " + n.name + ": subcarrier map has " +
                                          std::to_string(n.map.size()) + " entries, FFT size is " +
                                          std::to_string(n.fft_size));
  require(!n.used_carriers().empty(), "numerology " + n.name + ": no subcarrier is used");
}

Numerology ku(double sample_rate_hz) {
  require(std::isfinite(sample_rate_hz) && sample_rate_hz >= 1e3 && sample_rate_hz <= 1e9,
          "ku waveform: sample rate " + std::to_string(sample_rate_hz) + " Hz is outside 1e3 .. 1e9");
  Numerology n{"ku", sample_rate_hz, 1024, 32, std::vector<Carrier>(1024, Carrier::data)};
  for (const std::size_t gutter : {0, 1, 1022, 1023}) n.map[gutter] = Carrier::null;
  // Active subcarriers are k = 2 .. 1021; every 20th of them from the first: signed indices -502, -482, ..
  // -22 and 2, 22, .. 502. Both band edges lie 10 away and the mean index is 0, so that phase and slope
  // decouple.
  for (std::size_t active = 0; active < 1020; active += 20) n.map[active + 2] = Carrier::pilot;
  return n;
}

Numerology ku240() {
  Numerology n = ku(240e6);
  n.name = "ku240";
  return n;
}

Numerology ku20() {
  Numerology n = ku(20e6);
  n.name = "ku20";
  return n;
}

Numerology wifi20() {
  Numerology n{"wifi20", 20e6, 64, 16, std::vector<Carrier>(64, Carrier::null)};
  for (std::size_t k = 1; k <= 26; ++k) n.map[k] = n.map[64 - k] = Carrier::data;
  for (const std::size_t k : {7, 21}) n.map[k] = n.map[64 - k] = Carrier::pilot;
  return n;
}

double nominal_ku_carrier_hz(const Numerology& numerology) {
  return 11.325e9 * numerology.sample_rate_hz / 240e6;
}

}  // namespace boresight::ofdm
