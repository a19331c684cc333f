// The receiver that knows everything but the payload: start, carrier, channel and noise of a burst. The bound
// for rx::OfdmReceiver, with the same deframer.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "boresight/frame/ofdm_framer.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/demodulator.h"
#include "rx/ofdm_scene.h"

namespace boresight::testing::burst {

class OfdmGenie {
 public:
  explicit OfdmGenie(const frame::OfdmBurst& burst, std::size_t max_payload_bytes = 4096)
      : burst_(burst),
        demodulator_(burst.numerology()),
        deframer_(burst, {.max_payload_bytes = max_payload_bytes}),
        bins_(burst.numerology().fft_size) {}

  /// x [antennas x n]; the burst begins at column `start` with flat channels, one per antenna, and turns by
  /// `frequency` cycles per sample from column 0 on. noise: per sample. True if the payload was read right.
  bool receive(const GridBuffer<cf32>& x, std::size_t start, double frequency, std::span<const cf32> channels,
               double noise, const frame::Header& header, std::span<const std::uint8_t> payload) {
    const ofdm::Numerology& n = burst_.numerology();
    const modem::Constellation map(frame::modulation_of(header.mcs), modem::BitMap::nr);
    std::vector<modem::Llr> llr;
    double gain = 0;
    for (const cf32 h : channels) gain += static_cast<double>(std::norm(h * burst_.amplitude()));
    for (std::size_t s = 0; s < burst_.payload_symbols(header); ++s) {
      const std::size_t index = burst_.header_symbols() + s;
      const std::size_t first =
          start + burst_.preamble_samples() + index * n.symbol_samples() + n.prefix_samples;
      const auto carriers = burst_.data_carriers(index);
      std::vector<cf32> points(carriers.size());
      for (std::size_t a = 0; a < channels.size(); ++a) {
        const double turns = frequency * static_cast<double>(first);
        demodulator_.process(x.row(a).subspan(first, n.fft_size), frequency, turns - std::floor(turns),
                             bins_);
        const cf32 matched = std::conj(channels[a] * burst_.amplitude()) / static_cast<float>(gain);
        for (std::size_t i = 0; i < carriers.size(); ++i) points[i] += bins_[carriers[i]] * matched;
      }
      const std::vector<float> variance(carriers.size(), static_cast<float>(noise / gain));
      llr.resize(llr.size() + carriers.size() * map.bits());
      modem::soft_demap(map, points, variance, std::span(llr).last(carriers.size() * map.bits()));
    }
    Bytes bytes(payload.size());
    return deframer_.payload(header, llr, bytes).ok && std::ranges::equal(bytes, payload);
  }

 private:
  const frame::OfdmBurst& burst_;
  ofdm::Demodulator demodulator_;
  frame::OfdmDeframer deframer_;
  aligned_vector<cf32> bins_;
};

}  // namespace boresight::testing::burst
