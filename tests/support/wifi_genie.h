// A receiver of Wi-Fi frames that is told timing, carrier, channel and noise: what the real one is measured
// against.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/tx/wifi_transmitter.h"

namespace boresight::testing {

/// One kind of frame, legacy or HT.
struct WifiLink {
  bool ht = false;
  frame::WifiRate rate = frame::WifiRate::r6;
  frame::HtSignal signal;  ///< its length is `bytes`
  std::size_t bytes = 100;

  /// Noise per sample for an SNR per subcarrier, the transmitter having unit power.
  float noise(double snr_db) const {
    return static_cast<float>(64.0 / (ht ? 56.0 : 52.0) / power_from_db(snr_db));
  }
  std::vector<cf32> send(tx::WifiTransmitter& transmitter, std::span<const std::uint8_t> psdu,
                         std::uint8_t state) const {
    std::vector<cf32> out(ht ? transmitter.frame_samples(signal) : transmitter.frame_samples(rate, bytes));
    if (ht) {
      transmitter.transmit(signal, psdu, state, out);
    } else {
      transmitter.transmit(rate, psdu, state, out);
    }
    return out;
  }
};

/// Taps of unit mean power, one sample apart: Rayleigh with an exponential profile, cut at 12 samples.
inline std::vector<cf32> exponential_channel(double spread_samples, Random& random) {
  std::vector<cf32> h(13);
  double sum = 0;
  for (std::size_t i = 0; i < h.size(); ++i) sum += std::exp(-static_cast<double>(i) / spread_samples);
  for (std::size_t i = 0; i < h.size(); ++i) {
    h[i] =
        random.complex_normal(static_cast<float>(std::exp(-static_cast<double>(i) / spread_samples) / sum));
  }
  return h;
}

class WifiGenie {
 public:
  explicit WifiGenie(const WifiLink& link)
      : link_(link), demodulator_(ofdm::wifi20()), decoder_({}), bins_(64), channel_(64) {
    const int last = link.ht ? 28 : 26;
    for (int k = -last; k <= last; ++k) {
      if (k != 0 && std::abs(k) != 7 && std::abs(k) != 21)
        carriers_.push_back(static_cast<std::size_t>((k + 64) % 64));
    }
    points_.resize(carriers_.size());
    variance_.resize(carriers_.size());
  }

  /// `x` begins with the frame, which came through `h`; noise per sample. Whether the FCS is right.
  bool receive(std::span<const cf32> x, std::span<const cf32> h, float noise) {
    const float unit = std::sqrt(64.0F / (link_.ht ? 56.0F : 52.0F));
    for (std::size_t k = 0; k < 64; ++k) {
      cf64 sum = 0;
      for (std::size_t i = 0; i < h.size(); ++i)
        sum += cf64(h[i]) * std::polar(1.0, -2 * pi * static_cast<double>(k * i) / 64.0);
      channel_[k] = unit * cf32(sum);
    }
    const frame::HtMcs& mcs = frame::ht_mcs(link_.signal.mcs);
    const auto& rate = frame::wifi_rate(link_.rate);
    const modem::Constellation constellation(link_.ht ? mcs.modulation : rate.modulation,
                                             modem::BitMap::wifi);
    const std::size_t per_symbol = link_.ht ? mcs.coded_bits_per_symbol : rate.coded_bits_per_symbol;
    const std::size_t symbols =
        link_.ht ? frame::ht_data_symbols(link_.signal) : frame::wifi_data_symbols(link_.rate, link_.bytes);
    const std::size_t length = link_.ht ? frame::ht_symbol_samples(link_.signal) : 80;
    const std::size_t first = link_.ht ? 720 : 400;
    llrs_.resize(symbols * per_symbol);
    for (std::size_t s = 0; s < symbols; ++s) {
      demodulator_.process(x.subspan(first + (s + 1) * length - 64, 64), 0, 0, bins_);
      for (std::size_t i = 0; i < carriers_.size(); ++i) {
        points_[i] = bins_[carriers_[i]] / channel_[carriers_[i]];
        variance_[i] = noise / std::norm(channel_[carriers_[i]]);
      }
      modem::soft_demap(constellation, points_, variance_,
                        std::span(llrs_).subspan(s * per_symbol, per_symbol));
    }
    psdu_.resize(link_.bytes);
    if (link_.ht) {
      decoder_.decode_ht_data(link_.signal, llrs_, psdu_);
    } else {
      decoder_.decode_data(link_.rate, llrs_, psdu_);
    }
    return frame::fcs_is_good(psdu_);
  }

 private:
  WifiLink link_;
  ofdm::Demodulator demodulator_;
  frame::WifiDecoder decoder_;
  std::vector<std::size_t> carriers_;
  std::vector<cf32> bins_, channel_, points_;
  std::vector<float> variance_;
  std::vector<modem::Llr> llrs_;
  std::vector<std::uint8_t> psdu_;
};

}  // namespace boresight::testing
