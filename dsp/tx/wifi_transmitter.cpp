#include "boresight/tx/wifi_transmitter.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/modem/constellation.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::tx {
namespace {

using frame::WifiRate;
using modem::BitMap;
using modem::Modulation;

}  // namespace

struct WifiTransmitter::Chain {
  explicit Chain(unsigned oversampling_factor)
      : numerology(ofdm::wifi20()),
        oversampling(oversampling_factor),
        modulator(numerology, oversampling_factor),
        constellations{{Modulation::bpsk, BitMap::wifi},
                       {Modulation::qpsk, BitMap::wifi},
                       {Modulation::qam16, BitMap::wifi},
                       {Modulation::qam64, BitMap::wifi}},
        data_carriers(numerology.carriers(ofdm::Carrier::data)),
        pilot_carriers(numerology.carriers(ofdm::Carrier::pilot)),
        coded(frame::wifi_max_coded_bits()),
        points(frame::wifi_data_carriers),
        spectrum(frame::wifi_fft_size),
        symbol(modulator.symbol_samples()) {}

  // 52 of 64 subcarriers are used.
  const float unit_power = std::sqrt(64.0F / 52.0F);

  void send_spectrum(std::span<cf32> out) noexcept {
    for (cf32& x : spectrum) x *= unit_power;
    modulator.process(spectrum, out);
  }

  // A training field: the body of one symbol repeated, entered `lead` samples before its start.
  void send_training(const frame::WifiSpectrum& values, std::size_t lead, std::span<cf32> out) noexcept {
    std::copy(values.begin(), values.end(), spectrum.begin());
    send_spectrum(symbol);
    const std::size_t n = frame::wifi_fft_size * oversampling;
    const std::size_t prefix = symbol.size() - n;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = symbol[prefix + (i + n - lead * oversampling) % n];
  }

  void send_symbol(Modulation modulation, std::span<const std::uint8_t> bits, std::size_t index,
                   std::span<cf32> out) noexcept {
    std::fill(spectrum.begin(), spectrum.end(), cf32(0));
    constellations[static_cast<std::size_t>(modulation)].map(bits, points);
    for (std::size_t i = 0; i < data_carriers.size(); ++i) spectrum[data_carriers[i]] = points[i];
    for (std::size_t i = 0; i < pilot_carriers.size(); ++i) {
      spectrum[pilot_carriers[i]] = frame::wifi_pilot_values[i] * frame::wifi_pilot_polarity(index);
    }
    send_spectrum(out);
  }

  ofdm::Numerology numerology;
  std::size_t oversampling;
  ofdm::Modulator modulator;
  frame::WifiEncoder encoder;
  std::vector<modem::Constellation> constellations;
  std::vector<std::uint16_t> data_carriers;
  std::vector<std::uint16_t> pilot_carriers;
  std::vector<std::uint8_t> coded;
  aligned_vector<cf32> points;
  aligned_vector<cf32> spectrum;
  aligned_vector<cf32> symbol;
};

WifiTransmitter::WifiTransmitter(const Config& config)
    : chain_(std::make_unique<Chain>(config.oversampling)) {}
WifiTransmitter::~WifiTransmitter() = default;
WifiTransmitter::WifiTransmitter(WifiTransmitter&&) noexcept = default;
WifiTransmitter& WifiTransmitter::operator=(WifiTransmitter&&) noexcept = default;

std::size_t WifiTransmitter::frame_samples(WifiRate rate, std::size_t psdu_bytes) const {
  return frame::wifi_frame_samples(rate, psdu_bytes) * chain_->oversampling;
}

void WifiTransmitter::transmit(WifiRate rate, std::span<const std::uint8_t> psdu,
                               std::uint8_t scrambler_state, std::span<cf32> out) {
  require(!psdu.empty() && psdu.size() <= frame::wifi_max_psdu_bytes,
          "wifi transmitter: PSDU of " + std::to_string(psdu.size()) + " bytes is outside 1 .. 4095");
  require(out.size() == frame_samples(rate, psdu.size()),
          "wifi transmitter: " + std::to_string(out.size()) + " samples for a frame of " +
              std::to_string(frame_samples(rate, psdu.size())));
  require(scrambler_state >= 1 && scrambler_state <= 127,
          "wifi transmitter: scrambler state " + std::to_string(scrambler_state) + " is outside 1 .. 127");

  Chain& c = *chain_;
  const std::size_t training = frame::wifi_short_training_samples * c.oversampling;
  c.send_training(frame::wifi_short_training(), 0, out.first(training));
  c.send_training(frame::wifi_long_training(), 32, out.subspan(training, training));

  const std::size_t length = c.modulator.symbol_samples();
  out = out.subspan(2 * training);
  const auto signal_bits = std::span(c.coded).first(frame::wifi_signal_coded_bits);
  c.encoder.encode_signal({rate, static_cast<std::uint16_t>(psdu.size())}, signal_bits);
  c.send_symbol(Modulation::bpsk, signal_bits, 0, out.first(length));

  const frame::WifiRateParameters& p = frame::wifi_rate(rate);
  const std::size_t symbols = frame::wifi_data_symbols(rate, psdu.size());
  const auto bits = std::span(c.coded).first(symbols * p.coded_bits_per_symbol);
  c.encoder.encode_data(rate, psdu, scrambler_state, bits);
  for (std::size_t s = 0; s < symbols; ++s) {
    c.send_symbol(p.modulation, bits.subspan(s * p.coded_bits_per_symbol, p.coded_bits_per_symbol), s + 1,
                  out.subspan((s + 1) * length, length));
  }
}

}  // namespace boresight::tx
