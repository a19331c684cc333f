// A short coded frame of the ku grid through a fading channel, in the time domain, and read back with one
// channel estimator or another on the same channel, bits and noise.
//
//   symbol   0         1       2  ...  33      34  ...  41
//        ┌────────┬───────┬───────────────┬───────────────┐
//        │ filler │  SSS  │ others' data, │ data, pilots  │    data: one NR LDPC block, rate 1/2, QPSK on
//        │        │       │ pilots        │               │    8 x 969 subcarriers; pilots: the 51 of every
//        └────────┴───────┴───────────────┴───────────────┘    ku symbol
//
// Timing and carrier are known: what is measured is the estimate of the channel. The FFT window opens
// `advance` samples before the end of the prefix of the first path.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/combiner.h"
#include "boresight/ofdm/delay_profile_estimator.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/sim/tdl.h"
#include "boresight/sync/ku_sequences.h"

namespace boresight::test {

class FadingLink {
 public:
  static constexpr std::size_t data_symbols = 8;
  static constexpr std::size_t first_data = 34;
  static constexpr std::size_t symbols = first_data + data_symbols;
  static constexpr std::size_t fft_size = 1024;
  static constexpr std::size_t advance = 4;

  enum class Estimator {
    genie,          ///< channel and noise known
    least_squares,  ///< of the SSS; the noise known
    dft_32,         ///< ofdm::ChannelEstimator with 32 taps on the SSS
    lmmse_block,    ///< ofdm::LmmseEstimator on the SSS
    lmmse_frame,    ///< the same on the SSS and all 40 x 51 pilots behind it
  };
  static constexpr Estimator estimators[] = {Estimator::genie, Estimator::least_squares, Estimator::dft_32,
                                             Estimator::lmmse_block, Estimator::lmmse_frame};
  static constexpr const char* names[] = {"genie", "least_squares", "dft_32", "lmmse_block", "lmmse_frame"};

  struct Config {
    ofdm::Numerology numerology = ofdm::ku240();
    std::vector<sim::TdlTap> taps{{.power = 1}};
    double doppler_hz = 0;
    /// From the first path's delay on; the window's advance is added. None: learned from the SSS of
    /// `training_frames` other frames at `training_snr_db`.
    std::vector<ofdm::DelayTap> prior;
    std::size_t training_frames = 100;
    double training_snr_db = 5;
    std::uint64_t seed = 1;
  };
  struct Outcome {
    bool decoded = false;
    std::size_t bit_errors = 0;  ///< before the decoder
    double channel_error = 0;    ///< mean |H^ - H|^2 over the data
  };
  static constexpr std::size_t coded_bits = data_symbols * frame::ku_data_carriers * 2;

  explicit FadingLink(const Config& config)
      : config_(config),
        data_(config.numerology.carriers(ofdm::Carrier::data)),
        pilots_(config.numerology.carriers(ofdm::Carrier::pilot)),
        used_(config.numerology.used_carriers()),
        pilot_values_(frame::ku_pilot_values()),
        modulator_(config.numerology, 2),
        demodulator_(config.numerology),
        encoder_({.max_payload_bytes = payload_bytes, .max_coded_bits = coded_bits}),
        decoder_({.max_payload_bytes = payload_bytes, .max_coded_bits = coded_bits}),
        dft_(
            {.numerology = config.numerology, .known = {sync::sss().begin(), sync::sss().end()}, .taps = 32}),
        clean_(symbols, fft_size),
        truth_(symbols, fft_size),
        noise_(symbols, fft_size),
        received_(symbols, fft_size),
        channel_(data_symbols, fft_size) {
    for (auto& tap : config_.prior) tap.delay_samples += advance;
    if (config_.prior.empty()) learn();
    ofdm::LmmseEstimator::Config lmmse{
        .numerology = config.numerology, .profile = config_.prior, .max_snr_db = 30};
    for (const auto k : used_) lmmse.pilots.push_back({0, k});
    block_.emplace(lmmse);
    lmmse.symbols.clear();
    for (std::uint16_t s = 2; s < symbols; ++s) {
      for (const auto k : pilots_) lmmse.pilots.push_back({static_cast<std::uint16_t>(s - 1), k});
      if (s >= first_data) lmmse.symbols.push_back(static_cast<std::uint16_t>(s - 1));
    }
    lmmse.doppler = config.doppler_hz * static_cast<double>(config.numerology.symbol_samples()) /
                    config.numerology.sample_rate_hz;
    frame_.emplace(lmmse);
  }

  /// Draws frame `number`: its bits, channel and noise depend on nothing else.
  void transmit(std::uint64_t number) {
    Random random(config_.seed, 2 * number);
    payload_.resize(payload_bytes);
    random.fill(payload_);
    bits_.resize(coded_bits);
    encoder_.encode(format, payload_, bits_);
    std::vector<cf32> points(coded_bits / 2);
    qpsk_.map(bits_, points);

    std::vector<cf32> subcarriers(fft_size);
    samples_.clear();
    std::vector<cf32> one(modulator_.symbol_samples());
    for (std::size_t s = 0; s < symbols; ++s) {
      std::fill(subcarriers.begin(), subcarriers.end(), cf32(0));
      if (s == 0) {
        for (const auto k : used_) subcarriers[k] = cf32(std::polar(1.0, pi / 2 * random.below(4)));
      } else if (s == 1) {
        std::copy(sync::sss().begin(), sync::sss().end(), subcarriers.begin());
      } else {
        for (std::size_t i = 0; i < data_.size(); ++i) {
          subcarriers[data_[i]] = s < first_data ? cf32(std::polar(1.0, pi / 2 * random.below(4)))
                                                 : points[(s - first_data) * data_.size() + i];
        }
        for (std::size_t i = 0; i < pilots_.size(); ++i) subcarriers[pilots_[i]] = pilot_values_(s, i);
      }
      modulator_.process(subcarriers, one);
      samples_.insert(samples_.end(), one.begin(), one.end());
    }
    samples_.resize(samples_.size() + sim::TappedDelayLine::latency_samples);

    const double rate = config_.numerology.sample_rate_hz;
    sim::TappedDelayLine line({.taps = config_.taps,
                               .sample_rate_hz = 2 * rate,
                               .doppler_hz = config_.doppler_hz,
                               .seed = config_.seed,
                               .realization = 2 * number + 1});
    line.process(samples_, samples_);
    std::vector<cf32> window(fft_size);
    std::vector<cf64> response(fft_size);
    const std::size_t prefix = config_.numerology.prefix_samples;
    const double spacing = config_.numerology.subcarrier_spacing_hz();
    for (std::size_t s = 0; s < symbols; ++s) {
      const std::size_t start = s * (fft_size + prefix) + prefix - advance;
      for (std::size_t n = 0; n < fft_size; ++n) {
        window[n] = samples_[2 * (start + n) + sim::TappedDelayLine::latency_samples];
      }
      demodulator_.process(window, 0, 0, clean_.row(s));
      // As it stands in the middle of the window.
      line.response((static_cast<double>(start) + 0.5 * fft_size) / rate, -512 * spacing, spacing, response);
      for (const auto k : used_) {
        const int index = config_.numerology.signed_index(k);
        truth_(s, k) = cf32(response[static_cast<std::size_t>(index + 512)] *
                            std::polar(1.0, -2 * pi * index * static_cast<double>(advance) / fft_size));
      }
      for (cf32& n : noise_.row(s)) n = random.complex_normal();
    }
  }

  /// Reads the frame at an SNR per subcarrier, against the mean power 1 of the channel.
  Outcome receive(Estimator estimator, double snr_db) {
    const double noise = power_from_db(-snr_db);
    const auto level = static_cast<float>(std::sqrt(noise));
    for (std::size_t s = 1; s < symbols; ++s) {
      for (std::size_t k = 0; k < fft_size; ++k) received_(s, k) = clean_(s, k) + level * noise_(s, k);
    }
    variance_.assign(fft_size, static_cast<float>(noise));
    estimate(estimator);

    Outcome outcome;
    llr_.resize(coded_bits);
    symbols_.resize(fft_size);
    symbol_variance_.resize(fft_size);
    std::vector<cf32> points(data_.size());
    std::vector<float> point_variance(data_.size());
    for (std::size_t s = 0; s < data_symbols; ++s) {
      const std::size_t at = s + first_data;
      ofdm::combine(Grid<const cf32>(received_.row(at).data(), 1, fft_size),
                    Grid<const cf32>(channel_.row(s).data(), 1, fft_size),
                    Grid<const float>(variance_.data(), 1, fft_size), symbols_, symbol_variance_);
      for (std::size_t i = 0; i < data_.size(); ++i) {
        points[i] = symbols_[data_[i]];
        point_variance[i] = symbol_variance_[data_[i]];
        outcome.channel_error += static_cast<double>(std::norm(channel_(s, data_[i]) - truth_(at, data_[i])));
      }
      const auto llr = std::span(llr_).subspan(s * 2 * data_.size(), 2 * data_.size());
      modem::soft_demap(qpsk_, points, point_variance, llr);
      for (std::size_t i = 0; i < points.size(); ++i) {
        const std::size_t bit = 2 * (s * data_.size() + i);
        outcome.bit_errors += (points[i].real() < 0) != (bits_[bit] != 0) ? 1 : 0;
        outcome.bit_errors += (points[i].imag() < 0) != (bits_[bit + 1] != 0) ? 1 : 0;
      }
    }
    outcome.channel_error /= static_cast<double>(data_symbols * data_.size());
    decoded_.resize(payload_bytes);
    outcome.decoded = decoder_.decode(format, llr_, decoded_).crc_ok && decoded_ == payload_;
    return outcome;
  }

 private:
  static constexpr std::size_t payload_bytes = coded_bits / 16 - 3;  // and the CRC: rate 1/2, one code block
  static constexpr fec::TransportFormat format{
      .payload_bytes = payload_bytes, .coded_bits = coded_bits, .bits_per_symbol = 2, .code_rate = 0.5};

  void learn() {
    ofdm::DelayProfileEstimator estimator({.numerology = config_.numerology});
    const auto level = static_cast<float>(std::sqrt(power_from_db(-config_.training_snr_db)));
    for (std::size_t i = 0; i < config_.training_frames; ++i) {
      transmit((std::uint64_t{1} << 40) + i);
      observed_.clear();
      for (const auto k : used_) {
        observed_.push_back((clean_(1, k) + level * noise_(1, k)) * std::conj(sync::sss()[k]));
      }
      estimator.add(observed_);
    }
    config_.prior = estimator.profile();
  }

  void estimate(Estimator estimator) {
    const auto spread = [&](std::span<const cf32> row) {
      for (std::size_t s = 0; s < data_symbols; ++s)
        std::copy(row.begin(), row.end(), channel_.row(s).begin());
    };
    std::vector<cf32> row(fft_size);
    switch (estimator) {
      case Estimator::genie:
        for (std::size_t s = 0; s < data_symbols; ++s) {
          std::copy(truth_.row(s + first_data).begin(), truth_.row(s + first_data).end(),
                    channel_.row(s).begin());
        }
        return;
      case Estimator::least_squares:
        ofdm::least_squares(received_.row(1), sync::sss(), row);
        spread(row);
        return;
      case Estimator::dft_32:
        dft_.process(Grid<const cf32>(received_.row(1).data(), 1, fft_size), row, variance_);
        spread(row);
        return;
      default:
        break;
    }
    const bool whole = estimator == Estimator::lmmse_frame;
    observed_.clear();
    const auto observe = [&](std::size_t s, std::uint16_t k, cf32 known) {
      observed_.push_back(received_(s, k) * std::conj(known));  // all of modulus 1
    };
    for (const auto k : used_) observe(1, k, sync::sss()[k]);
    ofdm::LmmseEstimator::Result result;
    if (whole) {
      for (std::size_t s = 2; s < symbols; ++s) {
        for (std::size_t i = 0; i < pilots_.size(); ++i) observe(s, pilots_[i], pilot_values_(s, i));
      }
      result = frame_->process(observed_, 0, channel_.view());
    } else {
      result = block_->process(observed_, 0, Grid<cf32>(row.data(), 1, fft_size));
      spread(row);
    }
    // What the demapper has to know: the noise, and the error of the estimate on top of it.
    variance_.assign(fft_size, static_cast<float>(result.noise_variance + result.error_variance));
  }

  Config config_;
  std::vector<std::uint16_t> data_, pilots_, used_;
  GridBuffer<cf32> pilot_values_;
  modem::Constellation qpsk_{modem::Modulation::qpsk, modem::BitMap::nr};
  ofdm::Modulator modulator_;
  ofdm::Demodulator demodulator_;
  fec::NrTransportEncoder encoder_;
  fec::NrTransportDecoder decoder_;
  ofdm::ChannelEstimator dft_;
  std::optional<ofdm::LmmseEstimator> block_, frame_;
  std::vector<std::uint8_t> payload_, bits_, decoded_;
  std::vector<cf32> samples_, observed_, symbols_;
  GridBuffer<cf32> clean_, truth_, noise_, received_, channel_;
  std::vector<float> variance_, symbol_variance_;
  std::vector<modem::Llr> llr_;
};

}  // namespace boresight::test
