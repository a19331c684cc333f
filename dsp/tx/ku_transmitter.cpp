#include "boresight/tx/ku_transmitter.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/grid.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/ku_sequences.h"
#include "fft/fft.h"

namespace boresight::tx {
namespace {

/// The PSS at `oversampling` times the rate: band-limited interpolation of its 1056 samples.
aligned_vector<cf32> oversampled_pss(std::size_t oversampling) {
  const auto pss = sync::pss();
  aligned_vector<cf32> spectrum(pss.begin(), pss.end());
  fft::Fft(spectrum.size(), fft::Direction::forward).run(spectrum, spectrum);
  aligned_vector<cf32> wide(spectrum.size() * oversampling);
  const std::size_t half = spectrum.size() / 2;
  for (std::size_t k = 0; k < half; ++k) wide[k] = spectrum[k];
  for (std::size_t k = half; k < spectrum.size(); ++k) wide[wide.size() - spectrum.size() + k] = spectrum[k];
  fft::Fft(wide.size(), fft::Direction::inverse).run(wide, wide);
  for (cf32& x : wide) x /= static_cast<float>(spectrum.size());
  return wide;
}

}  // namespace

struct KuTransmitter::Chain {
  explicit Chain(const Config& config)
      : oversampling(config.oversampling),
        numerology(ofdm::ku20()),  // frames are counted in samples: the rate plays no part
        modulator(numerology, config.oversampling),
        pss(oversampled_pss(config.oversampling)),
        pilot_values(frame::ku_pilot_values()),
        data_carriers(numerology.carriers(ofdm::Carrier::data)),
        pilot_carriers(numerology.carriers(ofdm::Carrier::pilot)),
        symbols(frame::ku_payload_carriers),
        subcarriers(numerology.fft_size) {}

  void send(std::size_t symbol, std::span<const cf32> data, std::span<cf32> frame_out) {
    const auto pilots = pilot_values.row(symbol);
    for (std::size_t i = 0; i < pilot_carriers.size(); ++i) subcarriers[pilot_carriers[i]] = pilots[i];
    for (std::size_t i = 0; i < data_carriers.size(); ++i) subcarriers[data_carriers[i]] = data[i];
    modulator.process(subcarriers, place(symbol, frame_out));
  }

  std::span<cf32> place(std::size_t symbol, std::span<cf32> frame_out) const {
    const std::size_t samples = modulator.symbol_samples();
    return frame_out.subspan(symbol * samples, samples);
  }

  std::size_t oversampling;
  ofdm::Numerology numerology;
  ofdm::Modulator modulator;
  aligned_vector<cf32> pss;
  GridBuffer<cf32> pilot_values;
  std::vector<std::uint16_t> data_carriers;
  std::vector<std::uint16_t> pilot_carriers;
  frame::Framer framer;
  aligned_vector<cf32> symbols;
  aligned_vector<cf32> subcarriers;
};

KuTransmitter::KuTransmitter(const Config& config) : chain_(std::make_unique<Chain>(config)) {}
KuTransmitter::~KuTransmitter() = default;
KuTransmitter::KuTransmitter(KuTransmitter&&) noexcept = default;
KuTransmitter& KuTransmitter::operator=(KuTransmitter&&) noexcept = default;

std::size_t KuTransmitter::frame_samples() const {
  return frame::ku_frame_samples * chain_->oversampling;
}

void KuTransmitter::transmit(frame::Mcs mcs, std::uint32_t sequence, std::span<const std::uint8_t> payload,
                             std::span<cf32> out) {
  BORESIGHT_ASSERT(out.size() == frame_samples());
  Chain& c = *chain_;
  const frame::Header header{mcs, static_cast<std::uint32_t>(payload.size()), sequence};

  std::copy(c.pss.begin(), c.pss.end(), c.place(0, out).begin());
  c.modulator.process(sync::sss(), c.place(1, out));

  c.framer.header(header, std::span(c.symbols).first(frame::ku_header_symbols * frame::ku_data_carriers));
  for (std::size_t s = 0; s < frame::ku_header_symbols; ++s) {
    c.send(frame::ku_first_header_symbol + s,
           std::span(c.symbols).subspan(s * frame::ku_data_carriers, frame::ku_data_carriers), out);
  }
  c.framer.payload(header, payload, c.symbols);
  for (std::size_t s = 0; s < frame::ku_data_symbols; ++s) {
    c.send(frame::ku_first_data_symbol + s,
           std::span(c.symbols).subspan(s * frame::ku_data_carriers, frame::ku_data_carriers), out);
  }
  const auto silent = out.subspan(frame::ku_symbols * c.modulator.symbol_samples());
  std::fill(silent.begin(), silent.end(), cf32(0));
}

}  // namespace boresight::tx
