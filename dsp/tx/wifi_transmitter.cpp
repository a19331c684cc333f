#include "boresight/tx/wifi_transmitter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/fec/wlan_ldpc_format.h"
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
        coded(std::max(frame::wifi_max_coded_bits(), frame::ht_max_coded_bits)),
        points(frame::ht_data_carriers),
        spectrum(frame::wifi_fft_size),
        symbol(modulator.symbol_samples()) {
    ht_data_carriers = data_carriers;
    ht_data_carriers.insert(ht_data_carriers.begin(), {64 - 28, 64 - 27});
    ht_data_carriers.insert(ht_data_carriers.end(), {27, 28});
  }

  void send_spectrum(std::size_t used_carriers, std::span<cf32> out) noexcept {
    const float unit_power = std::sqrt(64.0F / static_cast<float>(used_carriers));
    for (cf32& x : spectrum) x *= unit_power;
    modulator.process(spectrum, out);
  }

  // A training field: the body of one symbol repeated, entered `lead` samples before its start.
  void send_training(const frame::WifiSpectrum& values, std::size_t used_carriers, std::size_t lead,
                     std::span<cf32> out) noexcept {
    std::copy(values.begin(), values.end(), spectrum.begin());
    send_spectrum(used_carriers, symbol);
    const std::size_t n = frame::wifi_fft_size * oversampling;
    const std::size_t prefix = symbol.size() - n;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = symbol[prefix + (i + n - lead * oversampling) % n];
  }

  // The preamble of both clauses, through the SIGNAL field; returns what is left of `out`.
  std::span<cf32> send_preamble(frame::WifiSignal signal, std::span<cf32> out) noexcept {
    const std::size_t training = frame::wifi_short_training_samples * oversampling;
    send_training(frame::wifi_short_training(), legacy_carriers, 0, out.first(training));
    send_training(frame::wifi_long_training(), legacy_carriers, 32, out.subspan(training, training));
    const auto bits = std::span(coded).first(frame::wifi_signal_coded_bits);
    encoder.encode_signal(signal, bits);
    send_symbol(Modulation::bpsk, bits, 0, symbol);
    std::copy(symbol.begin(), symbol.end(), out.begin() + static_cast<std::ptrdiff_t>(2 * training));
    return out.subspan(2 * training + symbol.size());
  }

  // `turn` multiplies the data, not the pilots (19.3.9.4.3).
  void send_symbol(Modulation modulation, std::span<const std::uint8_t> bits, std::size_t index,
                   std::span<cf32> out, cf32 turn = 1.0F) noexcept {
    set_data(modulation, bits, data_carriers, turn);
    for (std::size_t i = 0; i < pilot_carriers.size(); ++i) {
      spectrum[pilot_carriers[i]] = frame::wifi_pilot_values[i] * frame::wifi_pilot_polarity(index);
    }
    send_spectrum(legacy_carriers, out);
  }

  void send_ht_symbol(Modulation modulation, std::span<const std::uint8_t> bits, std::size_t index,
                      std::span<cf32> out) noexcept {
    set_data(modulation, bits, ht_data_carriers, 1.0F);
    for (std::size_t i = 0; i < pilot_carriers.size(); ++i) {
      spectrum[pilot_carriers[i]] = frame::ht_pilot(index, i);
    }
    send_spectrum(frame::ht_used_carriers, symbol);
    std::copy(symbol.end() - static_cast<std::ptrdiff_t>(out.size()), symbol.end(), out.begin());
  }

  void set_data(Modulation modulation, std::span<const std::uint8_t> bits,
                std::span<const std::uint16_t> carriers, cf32 turn) noexcept {
    std::fill(spectrum.begin(), spectrum.end(), cf32(0));
    const auto values = std::span(points).first(carriers.size());
    constellations[static_cast<std::size_t>(modulation)].map(bits, values);
    for (std::size_t i = 0; i < carriers.size(); ++i) spectrum[carriers[i]] = values[i] * turn;
  }

  static constexpr std::size_t legacy_carriers = frame::wifi_data_carriers + frame::wifi_pilots;

  ofdm::Numerology numerology;
  std::size_t oversampling;
  ofdm::Modulator modulator;
  frame::WifiEncoder encoder;
  std::vector<modem::Constellation> constellations;
  std::vector<std::uint16_t> data_carriers;
  std::vector<std::uint16_t> ht_data_carriers;
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

std::size_t WifiTransmitter::frame_samples(const frame::HtSignal& signal) const {
  return frame::ht_frame_samples(signal) * chain_->oversampling;
}

namespace {

void check_sizes(std::size_t out, std::size_t expected, std::uint8_t scrambler_state) {
  require(out == expected,
          "wifi transmitter: " + std::to_string(out) + " samples for a frame of " + std::to_string(expected));
  require(scrambler_state >= 1 && scrambler_state <= 127,
          "wifi transmitter: scrambler state " + std::to_string(scrambler_state) + " is outside 1 .. 127");
}

}  // namespace

void WifiTransmitter::transmit(WifiRate rate, std::span<const std::uint8_t> psdu,
                               std::uint8_t scrambler_state, std::span<cf32> out) {
  require(!psdu.empty() && psdu.size() <= frame::wifi_max_psdu_bytes,
          "wifi transmitter: PSDU of " + std::to_string(psdu.size()) + " bytes is outside 1 .. 4095");
  check_sizes(out.size(), frame_samples(rate, psdu.size()), scrambler_state);

  Chain& c = *chain_;
  out = c.send_preamble({rate, static_cast<std::uint16_t>(psdu.size())}, out);
  const frame::WifiRateParameters& p = frame::wifi_rate(rate);
  const std::size_t symbols = frame::wifi_data_symbols(rate, psdu.size());
  const auto bits = std::span(c.coded).first(symbols * p.coded_bits_per_symbol);
  c.encoder.encode_data(rate, psdu, scrambler_state, bits);
  const std::size_t length = c.modulator.symbol_samples();
  for (std::size_t s = 0; s < symbols; ++s) {
    c.send_symbol(p.modulation, bits.subspan(s * p.coded_bits_per_symbol, p.coded_bits_per_symbol), s + 1,
                  out.subspan(s * length, length));
  }
}

void WifiTransmitter::transmit(frame::HtSignal signal, std::span<const std::uint8_t> psdu,
                               std::uint8_t scrambler_state, std::span<cf32> out) {
  require(!psdu.empty() && psdu.size() <= fec::wlan_ldpc_max_psdu_bytes,
          "wifi transmitter: PSDU of " + std::to_string(psdu.size()) + " bytes is outside 1 .. 65535");
  signal.length = static_cast<std::uint16_t>(psdu.size());
  require(frame::ht_is_single_stream(signal),
          "wifi transmitter: MCS " + std::to_string(signal.mcs) + " is not one stream in 20 MHz");
  const auto legacy_length = frame::ht_legacy_length(signal);
  require(legacy_length.has_value(), "wifi transmitter: PSDU of " + std::to_string(psdu.size()) +
                                         " bytes at MCS " + std::to_string(signal.mcs) +
                                         " takes longer than 5.484 ms");
  check_sizes(out.size(), frame_samples(signal), scrambler_state);

  Chain& c = *chain_;
  out = c.send_preamble({WifiRate::r6, *legacy_length}, out);
  std::array<std::uint8_t, frame::ht_signal_coded_bits> header;
  c.encoder.encode_ht_signal(signal, header);
  const std::size_t length = c.modulator.symbol_samples();
  for (std::size_t s = 0; s < 2; ++s) {
    c.send_symbol(Modulation::bpsk,
                  std::span(header).subspan(s * frame::wifi_data_carriers, frame::wifi_data_carriers), s + 1,
                  out.subspan(s * length, length), cf32(0, 1));
  }
  c.send_training(frame::wifi_short_training(), Chain::legacy_carriers, 0, out.subspan(2 * length, length));
  c.send_training(frame::ht_long_training(), frame::ht_used_carriers, 16, out.subspan(3 * length, length));
  out = out.subspan(frame::ht_preamble_symbols * length);

  const frame::HtMcs& mcs = frame::ht_mcs(signal.mcs);
  const std::size_t symbols = frame::ht_data_symbols(signal);
  const auto bits = std::span(c.coded).first(symbols * mcs.coded_bits_per_symbol);
  c.encoder.encode_ht_data(signal, psdu, scrambler_state, bits);
  const std::size_t data_length = frame::ht_symbol_samples(signal) * c.oversampling;
  for (std::size_t s = 0; s < symbols; ++s) {
    c.send_ht_symbol(mcs.modulation, bits.subspan(s * mcs.coded_bits_per_symbol, mcs.coded_bits_per_symbol),
                     s, out.subspan(s * data_length, data_length));
  }
}

}  // namespace boresight::tx
