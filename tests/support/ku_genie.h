// One ku frame at a random place, carrier and clock in white noise, and a receiver that is told timing,
// carrier, channel and noise: what the real one is measured against, on the same samples.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/rx/ku_receiver.h"
#include "support/ku_link.h"

namespace boresight::test {

/// Frames with the longest payload. A few are made and resampled once, each with a payload, a fraction of a
/// sample and a clock of its own (within +-20 ppm); every draw takes one of them, a start within 8192
/// samples, a carrier within +-250 kHz of 240 MHz (+-1.07 subcarriers), its rate within +-375 Hz/s at 20
/// Msps (the pass's largest), a phase, and noise.
class KuTrial {
 public:
  struct Base {
    KuLink link;
    KuLinkOutput clean;  // noise 400 dB down
    frame::Header header;
    aligned_vector<cf32> points;  // of the payload, as sent
    std::vector<std::uint8_t> bits;
  };
  /// Noise from two long records at random places and phases instead of new numbers for each sample, which
  /// cost more than the receiver. Two frames that share a stretch of one record do not share the other's.
  enum class Noise { fresh, recorded };

  KuTrial(frame::Mcs mcs, std::size_t bases, std::uint64_t seed, Noise noise = Noise::fresh)
      : constellation(frame::modulation_of(mcs), modem::BitMap::nr), seed_(seed) {
    frame::Framer framer;
    for (std::size_t b = 0; b < bases; ++b) {
      Random random(seed, b);
      Base base;
      base.link = {.mcs = mcs,
                   .frames = 1,
                   .payload_bytes = frame::max_payload_bytes(mcs),
                   .snr_db = 400,
                   .lead_samples = 8 + random.uniform(),
                   .clock_ppm = 40 * random.uniform() - 20,
                   .seed = random.next()};
      base.clean = run(base.link);
      base.header = {mcs, static_cast<std::uint32_t>(base.link.payload_bytes), 0};
      base.points.resize(frame::ku_payload_carriers);
      framer.payload(base.header, base.clean.payloads[0], base.points);
      base.bits = decide(base.points);
      bases_.push_back(std::move(base));
    }
    if (noise == Noise::recorded) {
      for (std::size_t r = 0; r < 2; ++r) {
        records_[r].assign(record_samples + max_samples, cf32(0));
        Random(seed, (std::uint64_t{1} << 62) + r).add_noise(records_[r], 0.5F);
      }
    }
  }

  /// What frame `number` is depends on the seed and on nothing else.
  void draw(std::uint64_t number) {
    base_ = &bases_[number % bases_.size()];
    Random random(seed_, (std::uint64_t{1} << 32) + number);
    const std::size_t offset = random.below(8192);
    lead = static_cast<double>(offset) + base_->link.lead_samples;
    stretch = 1 + base_->link.clock_ppm * 1e-6;
    frequency = (2 * random.uniform() - 1) * 250e3 / 240e6;
    rate = (2 * random.uniform() - 1) * 375 / 20e6 / 20e6;
    phase_turns = random.uniform();
    const auto& clean = base_->clean.samples;
    clean_.assign(offset + clean.size(), cf32(0));
    // The carrier in pieces whose phase is exact and within which its rate turns it by nothing (2e-9 turns).
    constexpr std::size_t piece = 64;
    for (std::size_t n = 0; n < clean.size(); n += piece) {
      const std::size_t count = std::min(piece, clean.size() - n);
      const auto at = static_cast<double>(offset + n);
      const auto out = std::span(clean_).subspan(offset + n, count);
      ofdm::remove_carrier(std::span(clean).subspan(n, count),
                           -(frequency + rate * (at + 0.5 * static_cast<double>(piece))), -turns(at), out);
    }
    noise_.assign(clean_.size(), cf32(0));
    if (records_[0].empty()) {
      random.add_noise(noise_, 1.0F);
    } else {
      const cf32* a = &records_[0][random.below(record_samples)];
      const cf32* b = &records_[1][random.below(record_samples)];
      const cf32 turn(std::polar(1.0, 2 * pi * random.uniform()));
      for (std::size_t n = 0; n < noise_.size(); ++n) {
        noise_[n] = {a[n].real() + turn.real() * b[n].real() - turn.imag() * b[n].imag(),
                     a[n].imag() + turn.real() * b[n].imag() + turn.imag() * b[n].real()};
      }
    }
  }

  /// The samples at an SNR per subcarrier; the same noise but for its power at every SNR.
  std::span<const cf32> samples(double snr_db) {
    noise_variance = power_from_db(-snr_db);
    const auto level = static_cast<float>(std::sqrt(noise_variance));
    samples_.resize(clean_.size());
    for (std::size_t n = 0; n < samples_.size(); ++n) samples_[n] = clean_[n] + level * noise_[n];
    return samples_;
  }

  std::span<const cf32> samples() const { return samples_; }
  const Base& base() const { return *base_; }
  std::span<const std::uint8_t> payload() const { return base_->clean.payloads[0]; }
  /// The carrier's phase at sample n, turns.
  double turns(double n) const { return phase_turns + frequency * n + 0.5 * rate * n * n; }

  /// Wrong bits among the points of payload symbol `symbol`, decided one by one; an LLR of 0 is half wrong.
  double bit_errors(std::size_t symbol, std::span<const cf32> points) {
    const auto bits = decide(points);
    const std::size_t first = symbol * frame::ku_data_carriers * constellation.bits();
    double errors = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
      errors += bits[i] == 2 ? 0.5 : bits[i] != base_->bits[first + i] ? 1 : 0;
    }
    return errors;
  }

  modem::Constellation constellation;
  double lead = 0;     // of the frame's first sample
  double stretch = 1;  // received samples per sample sent
  double frequency = 0, rate = 0, phase_turns = 0;
  double noise_variance = 0;  // per sample, and per subcarrier, whose values have unit modulus

 private:
  static constexpr std::size_t record_samples = std::size_t{1} << 21;
  static constexpr std::size_t max_samples = 340'000;

  // 0, 1, or 2 where it cannot be told.
  std::vector<std::uint8_t> decide(std::span<const cf32> points) {
    variance_.assign(points.size(), 0.02F);
    llr_.resize(points.size() * constellation.bits());
    modem::soft_demap(constellation, points, variance_, llr_);
    std::vector<std::uint8_t> bits(llr_.size());
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = llr_[i] == 0 ? 2 : llr_[i] < 0 ? 1 : 0;
    return bits;
  }

  std::uint64_t seed_;
  std::vector<Base> bases_;
  const Base* base_ = nullptr;
  std::array<std::vector<cf32>, 2> records_;
  std::vector<cf32> clean_, noise_, samples_;
  std::vector<float> variance_;
  std::vector<modem::Llr> llr_;
};

class KuGenie {
 public:
  struct Outcome {
    bool decoded = false;
    double bit_errors = 0;  ///< before the decoder, from payload symbol `first_counted` on
  };

  KuGenie()
      : carriers_(ofdm::ku20().carriers(ofdm::Carrier::data)),
        demodulator_(ofdm::ku20()),
        deframer_({}),
        bins_(1024),
        ramp_(1024),
        points_(carriers_.size()),
        variance_(carriers_.size()) {}

  Outcome receive(KuTrial& trial, bool decode, std::size_t first_counted = frame::ku_data_symbols) {
    const unsigned bits = trial.constellation.bits();
    llr_.resize(frame::ku_payload_carriers * bits);
    const double middle = trial.lead + 160'000;
    const double frequency = trial.frequency + trial.rate * middle;
    Outcome out;
    for (std::size_t s = 0; s < frame::ku_data_symbols; ++s) {
      // The window opens 16 samples early, as the receiver's; delay: of the symbol's body behind it, in the
      // middle of the window.
      const auto body =
          static_cast<double>((s + frame::ku_first_data_symbol) * frame::ku_symbol_samples + 32);
      const double start = std::round(trial.lead + trial.stretch * (body - 16));
      const double delay = body + 512 - (start + 512 - trial.lead) / trial.stretch;
      const double turns = trial.turns(start + 512) - 512 * frequency;
      demodulator_.process(trial.samples().subspan(static_cast<std::size_t>(start), 1024), frequency,
                           turns - std::floor(turns), bins_);
      // exp(+j 2 pi k delay / 1024) over the signed index k, one step after the other (1e-13 over them all).
      const cf64 step = std::polar(1.0, 2 * pi * delay / 1024);
      cf64 turn = std::polar(1.0, -pi * delay);
      for (std::size_t k = 0; k < 1024; ++k) {
        ramp_[(k + 512) % 1024] = cf32(turn);
        turn = {turn.real() * step.real() - turn.imag() * step.imag(),
                turn.real() * step.imag() + turn.imag() * step.real()};
      }
      for (std::size_t i = 0; i < carriers_.size(); ++i) {
        points_[i] = bins_[carriers_[i]] * ramp_[carriers_[i]];
      }
      std::fill(variance_.begin(), variance_.end(), static_cast<float>(trial.noise_variance));
      if (decode) {
        const std::size_t count = points_.size() * bits;
        modem::soft_demap(trial.constellation, points_, variance_, std::span(llr_).subspan(s * count, count));
      }
      if (s >= first_counted) out.bit_errors += trial.bit_errors(s, points_);
    }
    if (decode) {
      payload_.resize(trial.payload().size());
      out.decoded = deframer_.payload(trial.base().header, llr_, payload_).ok &&
                    std::equal(payload_.begin(), payload_.end(), trial.payload().begin());
    }
    return out;
  }

 private:
  std::vector<std::uint16_t> carriers_;
  ofdm::Demodulator demodulator_;
  frame::Deframer deframer_;
  aligned_vector<cf32> bins_;
  std::vector<cf32> ramp_;  // the channel's inverse
  std::vector<cf32> points_;
  std::vector<float> variance_;
  std::vector<modem::Llr> llr_;
  std::vector<std::uint8_t> payload_;
};

/// The receiver under test on the same samples.
class KuUnderTest {
 public:
  struct Outcome {
    bool header = false;
    bool decoded = false;
    double bit_errors = 0;  ///< from payload symbol `first_counted` on
  };
  /// By payload symbol 20 the search of up to two windows (16,384 samples) is over: from there on every push
  /// of a symbol gives one.
  static constexpr std::size_t first_counted = 20;

  Outcome receive(KuTrial& trial) {
    Outcome out;
    receiver_.reset();
    receiver_.push(trial.samples(), handler(trial, out));
    return out;
  }

  /// The same in pieces that end behind each symbol, whose points are compared with what was sent.
  Outcome receive_and_count(KuTrial& trial) {
    Outcome out;
    receiver_.reset();
    std::size_t pushed = 0;
    for (std::size_t s = first_counted - 1; s < frame::ku_data_symbols; ++s) {
      const auto body =
          static_cast<double>((s + frame::ku_first_data_symbol) * frame::ku_symbol_samples + 32);
      // Six samples more than it needs, for the slack of its timing, and 1050 fewer than the next one does.
      const auto end = static_cast<std::size_t>(trial.lead + trial.stretch * (body - 16) + 1024 + 6);
      receiver_.push(trial.samples().subspan(pushed, end - pushed), handler(trial, out));
      pushed = end;
      if (s < first_counted) continue;
      out.bit_errors += receiver_.locked()
                            ? trial.bit_errors(s, receiver_.demodulator().equalized())
                            : 0.5 * static_cast<double>(frame::ku_data_carriers * trial.constellation.bits());
    }
    receiver_.push(trial.samples().subspan(pushed), handler(trial, out));
    return out;
  }

  const rx::KuReceiver& receiver() const { return receiver_; }

 private:
  static rx::KuReceiver::Handler handler(const KuTrial& trial, Outcome& out) {
    return [&trial, &out](const rx::KuFrame& f) {
      out.header = true;
      out.decoded = out.decoded || (f.ok && std::equal(f.payload.begin(), f.payload.end(),
                                                       trial.payload().begin(), trial.payload().end()));
    };
  }

  rx::KuReceiver receiver_{{}};
};

}  // namespace boresight::test
