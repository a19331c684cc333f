#include "boresight/tx/ofdm_transmitter.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/ofdm/modulator.h"
#include "fft/fft.h"

namespace boresight::tx {
namespace {

std::size_t most_carriers(const frame::OfdmBurst& burst, std::size_t max_payload_bytes) {
  std::size_t most = 0;
  for (std::size_t m = 0; m < frame::mcs_count; ++m) {
    most = std::max(most, burst.payload_carriers({static_cast<frame::Mcs>(m),
                                                  static_cast<std::uint32_t>(max_payload_bytes), 0}));
  }
  return burst.header_coded_bits() / 2 + most + burst.used_carriers().size();
}

}  // namespace

struct OfdmTransmitter::Chain {
  explicit Chain(const Config& config)
      : burst(config.numerology),
        framer(burst, config.max_payload_bytes),
        oversampling(config.oversampling),
        modulator(config.numerology, config.oversampling),
        spectrum(config.numerology.fft_size),
        symbol(modulator.symbol_samples()),
        points(most_carriers(burst, config.max_payload_bytes)),
        pilots(burst.used_carriers().size()) {
    // One part, oversampled by zero-padding its spectrum.
    const std::size_t period = burst.part_samples();
    part.resize(period * oversampling);
    for (std::size_t j = 0; j < period; ++j) {
      const std::size_t place = j < period / 2 ? j : j + part.size() - period;
      part[place] = burst.part()[j] / std::sqrt(static_cast<float>(period));
    }
    fft::Fft(part.size(), fft::Direction::inverse).run(part, part);
    // The signs change over the taper, or over a quarter of a part where that is shorter.
    rise.resize(std::min(config.numerology.taper_samples, period / 4) * oversampling);
    for (std::size_t i = 0; i < rise.size(); ++i) {
      const double turn = pi * (static_cast<double>(i) + 0.5) / static_cast<double>(rise.size());
      rise[i] = static_cast<float>(0.5 - 0.5 * std::cos(turn));
    }
  }

  // Adds all parts; the last one falls into what follows.
  void add_repetition(std::span<cf32> out) const noexcept {
    const auto signs = burst.signs();
    for (std::size_t m = 0; m <= signs.size(); ++m) {
      const auto now = m < signs.size() ? static_cast<float>(signs[m]) : 0.0F;
      const auto before = m > 0 ? static_cast<float>(signs[m - 1]) : 0.0F;
      const std::size_t count = m < signs.size() ? part.size() : rise.size();
      for (std::size_t i = 0; i < count; ++i) {
        const float w = i < rise.size() ? rise[i] : 1.0F;
        out[m * part.size() + i] += (now * w + before * (1 - w)) * part[i];
      }
    }
  }

  void add_symbol(std::span<cf32> out) noexcept {
    modulator.process(spectrum, symbol);
    for (std::size_t i = 0; i < symbol.size(); ++i) out[i] += symbol[i];
  }

  // Symbol `index` of header and payload with the next of `values`; returns how many it took.
  std::size_t fill(std::size_t index, std::span<const cf32> values) noexcept {
    std::fill(spectrum.begin(), spectrum.end(), cf32(0));
    const auto data = burst.data_carriers(index);
    for (std::size_t i = 0; i < data.size(); ++i) spectrum[data[i]] = burst.amplitude() * values[i];
    const auto carriers = burst.pilot_carriers(index);
    burst.pilot_values(index, std::span(pilots).first(carriers.size()));
    for (std::size_t i = 0; i < carriers.size(); ++i) {
      spectrum[carriers[i]] = burst.amplitude() * pilots[i];
    }
    return data.size();
  }

  frame::OfdmBurst burst;
  frame::OfdmFramer framer;
  std::size_t oversampling;
  ofdm::Modulator modulator;
  aligned_vector<cf32> part;
  std::vector<float> rise;
  aligned_vector<cf32> spectrum;
  aligned_vector<cf32> symbol;
  std::vector<cf32> points;
  std::vector<cf32> pilots;
};

OfdmTransmitter::OfdmTransmitter(const Config& config) : chain_(std::make_unique<Chain>(config)) {}
OfdmTransmitter::~OfdmTransmitter() = default;
OfdmTransmitter::OfdmTransmitter(OfdmTransmitter&&) noexcept = default;
OfdmTransmitter& OfdmTransmitter::operator=(OfdmTransmitter&&) noexcept = default;

const frame::OfdmBurst& OfdmTransmitter::burst() const {
  return chain_->burst;
}

namespace {

// Not require(), which would put its text together for every burst.
void check_payload(std::size_t bytes) {
  if (bytes > frame::ofdm_burst_max_payload_bytes) {
    throw ConfigError("burst: payload of " + std::to_string(bytes) + " bytes exceeds " +
                      std::to_string(frame::ofdm_burst_max_payload_bytes));
  }
}

}  // namespace

std::size_t OfdmTransmitter::burst_samples(frame::Mcs mcs, std::size_t payload_bytes) const {
  check_payload(payload_bytes);
  const frame::Header header{mcs, static_cast<std::uint32_t>(payload_bytes), 0};
  return chain_->burst.samples(header) * chain_->oversampling;
}

void OfdmTransmitter::transmit(frame::Mcs mcs, std::uint32_t sequence, std::span<const std::uint8_t> payload,
                               std::span<cf32> out) {
  Chain& c = *chain_;
  const frame::Header header{mcs, static_cast<std::uint32_t>(payload.size()), sequence};
  check_payload(payload.size());
  if (out.size() != burst_samples(mcs, payload.size())) {
    throw ConfigError("burst: " + std::to_string(out.size()) + " samples for a burst of " +
                      std::to_string(burst_samples(mcs, payload.size())));
  }
  // Before anything is written: it may throw.
  const std::size_t header_points = c.burst.header_coded_bits() / 2;
  const std::span<cf32> payload_points = std::span(c.points).subspan(header_points);
  c.framer.payload(header, payload,
                   payload_points.first(std::min(c.burst.payload_carriers(header), payload_points.size())));
  c.framer.header(header, std::span(c.points).first(header_points));

  std::fill(out.begin(), out.end(), cf32(0));
  c.add_repetition(out);
  const std::size_t step = c.symbol.size();
  std::span<cf32> at = out.subspan(c.burst.repetition_samples() * c.oversampling);
  for (std::size_t i = 0; i < frame::OfdmBurst::training_symbols; ++i, at = at.subspan(step)) {
    std::copy(c.burst.training().begin(), c.burst.training().end(), c.spectrum.begin());
    c.add_symbol(at);
  }
  const std::size_t symbols = c.burst.header_symbols() + c.burst.payload_symbols(header);
  std::span<const cf32> points = c.points;
  for (std::size_t s = 0; s < symbols; ++s, at = at.subspan(step)) {
    points = points.subspan(c.fill(s, points));
    c.add_symbol(at);
  }
  c.modulator.flush(at);
}

}  // namespace boresight::tx
