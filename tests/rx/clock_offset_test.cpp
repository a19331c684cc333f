// Receivers under a sampling clock that is off, on samples that no resampler made (support/exact_clock.h).
//
// What a clock error e leaves, however well it is followed: a subcarrier is seen off its place by k e, which
// is interference of (pi k e)^2 / 3 of its power on its neighbors.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/rx/ku_probe.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/rx/ofdm_probe.h"
#include "boresight/rx/ofdm_receiver.h"
#include "boresight/tx/ku_transmitter.h"
#include "rx/ofdm_scene.h"
#include "support/exact_clock.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using frame::Mcs;

double interference(std::span<const std::uint16_t> carriers, const ofdm::Numerology& n, double ppm) {
  double squares = 0;
  for (const std::uint16_t k : carriers) squares += std::pow(n.signed_index(k), 2);
  return std::pow(pi * 1e-6 * ppm, 2) / 3 * squares / static_cast<double>(carriers.size());
}

class KuFrames {
 public:
  static constexpr Mcs mcs = Mcs::qam64_2_3;

  explicit KuFrames(std::size_t frames) : sent_(frames * frame::ku_frame_samples), points_(frames) {
    tx::KuTransmitter transmitter({});
    frame::Framer framer;
    Random random(7);
    std::vector<std::uint8_t> payload(frame::max_payload_bytes(mcs));
    for (std::size_t f = 0; f < frames; ++f) {
      random.fill(payload);
      const auto number = static_cast<std::uint32_t>(f);
      const std::size_t first = f * frame::ku_frame_samples;
      transmitter.transmit(mcs, number, payload, std::span(sent_).subspan(first, frame::ku_frame_samples));
      points_[f].resize(frame::ku_payload_carriers);
      framer.payload({mcs, static_cast<std::uint32_t>(payload.size()), number}, payload, points_[f]);
      pss_.push_back({first, frame::ku_symbol_samples});
      for (std::size_t s = 1; s < frame::ku_symbols; ++s)
        symbols_.push_back({first + s * frame::ku_symbol_samples, frame::ku_symbol_samples});
    }
  }

  std::vector<cf32> sampled(double lead, double ppm) const {
    std::vector<cf32> x(sent_.size() + 2000);
    test::sample_pieces(sent_, pss_, frame::ku_symbol_samples, lead, ppm, x);
    test::sample_pieces(sent_, symbols_, 1024, lead, ppm, x);
    return x;
  }

  std::span<const cf32> sent() const { return sent_; }
  /// Error power of the points of data symbols [first, first + count) of a frame.
  double error(const KuProbe::Frame& received, std::size_t number, std::size_t first,
               std::size_t count) const {
    double sum = 0;
    for (std::size_t s = first; s < first + count; ++s) {
      const auto row = received.equalized.row(frame::ku_header_symbols + s);
      for (std::size_t i = 0; i < row.size(); ++i)
        sum += static_cast<double>(std::norm(row[i] - points_[number][s * row.size() + i]));
    }
    return sum / static_cast<double>(count * frame::ku_data_carriers);
  }

 private:
  std::vector<cf32> sent_;
  std::vector<aligned_vector<cf32>> points_;
  std::vector<test::Piece> pss_, symbols_;
};

// The series against the sum, at 120 ppm; float samples end at 1e-7.
TEST(ClockOffset, SamplesAreTheSumOfTheSubcarriers) {
  const KuFrames frames(1);
  const double lead = 1000.37;
  const double stretch = 1 + 120e-6;
  const auto x = frames.sampled(lead, 120);
  test::PeriodicPiece symbol(1024);
  for (const std::size_t s : {1U, 2U, 150U, 301U}) {
    const std::size_t body = s * frame::ku_symbol_samples + 32;
    symbol.take(frames.sent().subspan(body, 1024));
    for (const double place : {-31.0, 0.0, 500.0, 1023.0}) {
      const auto n = static_cast<std::size_t>(lead + stretch * (static_cast<double>(body) + place));
      const double at = (static_cast<double>(n) - lead) / stretch - static_cast<double>(body);
      EXPECT_LT(std::abs(symbol.value(at) - cf64(x[n])), 1e-6) << s << ", " << place;
    }
  }
}

// x at `at`: a sinc of 32 samples under a Hann window.
cf64 windowed_sinc(std::span<const cf32> x, double at) {
  constexpr std::ptrdiff_t half = 16;
  const auto whole = static_cast<std::ptrdiff_t>(at);
  cf64 sum = 0;
  for (std::ptrdiff_t i = whole + 1 - half; i <= whole + half; ++i) {
    const double d = at - static_cast<double>(i);
    const double sinc = d == 0 ? 1.0 : std::sin(pi * d) / (pi * d);
    sum += (0.5 + 0.5 * std::cos(pi * d / half)) * sinc * cf64(x[static_cast<std::size_t>(i)]);
  }
  return sum;
}

// Why no resampler: half way between samples of the waveform's own rate 32 taps leave -16 dB, because 4 of
// 1024 subcarriers lie between the band's two edges; half way between samples four times as dense -88 dB.
// Within the FFT windows of the receiver, which keep 16 samples from where symbols meet.
TEST(ClockOffset, FramesAreResampledOversampledOrNotAtAll) {
  struct Case {
    unsigned oversampling;
    double shift, low_db, high_db;
  };
  for (const auto& c : {Case{1, 15.5, -17, -16}, Case{4, 15.375, -95, -80}}) {
    tx::KuTransmitter transmitter({.oversampling = c.oversampling});
    std::vector<cf32> sent(transmitter.frame_samples());
    transmitter.transmit(KuFrames::mcs, 0, random_bytes(1000, 3), sent);
    std::vector<cf32> plain(frame::ku_frame_samples);
    for (std::size_t n = 0; n < plain.size(); ++n) plain[n] = sent[n * c.oversampling];
    test::PeriodicPiece symbol(1024);
    std::vector<cf32> exact(1024);
    double error = 0;
    double power = 0;
    for (std::size_t s = 1; s < frame::ku_symbols; s += 10) {
      const std::size_t body = s * frame::ku_symbol_samples + 32;
      symbol.take(std::span(plain).subspan(body, exact.size()));
      symbol.values(-c.shift, 0, exact);
      for (std::size_t n = 0; n < exact.size(); ++n) {
        const double at = static_cast<double>(body + n) - c.shift;
        error += std::norm(windowed_sinc(sent, c.oversampling * at) - cf64(exact[n]));
        power += std::norm(cf64(exact[n]));
      }
    }
    EXPECT_GT(db_from_power(error / power), c.low_db) << c.oversampling;
    EXPECT_LT(db_from_power(error / power), c.high_db) << c.oversampling;
  }
}

// The points of every frame, and of its first and last 20 symbols, at the noise and the interference that
// theory leaves. Above it: 0.11 dB of the channel's estimate, which the header names, and as much of the
// phase, gain and delay that are followed on 51 pilots; 0.15 dB are granted for the 19,380 points of 20
// symbols (four standard deviations of 0.03 dB). At 10 ppm a frame is 3.2 samples longer, so that ten begin
// at every fifth of a sample twice, with the carrier of 11.325 GHz off by as much: none is worse than
// another.
TEST(ClockOffset, KuFramesLoseNothingToIt) {
  struct Case {
    double ppm, snr_db;
    std::size_t frames;
  };
  const auto data = ofdm::ku20().carriers(ofdm::Carrier::data);
  for (const auto& c : {Case{10, 20, 10}, Case{-40, 30, 3}, Case{40, 30, 3}}) {
    const KuFrames frames(c.frames);
    const double lead = 1000.37;
    auto x = frames.sampled(lead, c.ppm);
    GridBuffer<cf32> turned(1, x.size());
    add(turned.row(0), 0, x, 1, -1e-6 * c.ppm * 11.325e9 / 240e6);
    add_noise(turned, power_from_db(-c.snr_db), 99);

    const double theory_db =
        -db_from_power(power_from_db(-c.snr_db) + interference(data, ofdm::ku20(), c.ppm));
    KuReceiver receiver({.sample_rate_hz = 240e6});
    KuProbe probe;
    receiver.set_probe(&probe);
    std::size_t number = 0;
    receiver.push(turned.row(0), [&](const KuFrame& f) {
      ASSERT_EQ(f.header.sequence, number);
      EXPECT_TRUE(f.ok);
      const double start = lead + (1 + 1e-6 * c.ppm) * static_cast<double>(number * frame::ku_frame_samples);
      EXPECT_NEAR(static_cast<double>(f.start_sample), start, 1) << number;
      EXPECT_NEAR(f.clock_offset_ppm, c.ppm, 0.1) << number;
      EXPECT_NEAR(f.mer_db, theory_db, 0.35) << number << " at " << c.ppm;
      for (const auto& [first, count] : {std::pair(0UL, frame::ku_data_symbols), std::pair(0UL, 20UL),
                                         std::pair(frame::ku_data_symbols - 20, 20UL)}) {
        const double found_db = -db_from_power(frames.error(probe.frame(), number, first, count));
        EXPECT_GT(found_db, theory_db - 0.22 - 0.15) << number << " from " << first << " at " << c.ppm;
        EXPECT_LT(found_db, theory_db + 0.15) << number << " from " << first << " at " << c.ppm;
      }
      ++number;
    });
    EXPECT_EQ(number, c.frames);
    EXPECT_EQ(receiver.stats().acquisitions, 1U);
    EXPECT_EQ(receiver.stats().frames_missed, 0U);
  }
}

// The same of bursts, whose delay is followed from the middle of the training on: of all points, and of the
// first ten symbols. The 0.3 dB granted are twice what the estimate of the channel and the tracking take
// without a clock offset, and of the clock ten deviations of a line through the delays of 20 symbols. A delay
// taken for that of half a symbol later costs 0.9 dB with 1024 subcarriers, and 3.7 dB with 4096.
TEST(ClockOffset, OfdmBurstsLoseNothingToIt) {
  constexpr double snr_db = 30;
  constexpr double lead = 1000.37;
  const frame::Header header{Mcs::qam16_1_2, 16'000, 1};
  const auto payload = random_bytes(header.payload_bytes, 2);
  for (const std::size_t size : {1024U, 4096U}) {
    const auto n = plain_numerology(size, comb(10));
    const OfdmReceiver::Config config{.numerology = n, .max_payload_bytes = header.payload_bytes};
    tx::OfdmTransmitter transmitter({.numerology = n, .max_payload_bytes = header.payload_bytes});
    const auto& burst = transmitter.burst();
    const auto sent = send(transmitter, header.mcs, header.sequence, payload);
    std::vector<cf32> points(burst.payload_carriers(header));
    frame::OfdmFramer(burst, payload.size()).payload(header, payload, points);
    std::vector<test::Piece> parts, symbols;
    for (std::size_t i = 0; i < burst.signs().size(); ++i)
      parts.push_back({i * burst.part_samples(), burst.part_samples()});
    for (std::size_t at = burst.repetition_samples(); at < sent.size(); at += n.symbol_samples())
      symbols.push_back({at, n.symbol_samples()});

    OfdmReceiver receiver(config);
    OfdmProbe probe(config);
    receiver.set_probe(&probe);
    for (const double ppm : {-40.0, 40.0}) {
      std::vector<cf32> sampled(sent.size() + 3000);
      test::sample_pieces(sent, parts, burst.part_samples(), lead, ppm, sampled);
      test::sample_pieces(sent, symbols, size, lead, ppm, sampled);
      GridBuffer<cf32> x(1, sampled.size());
      add(x.row(0), 0, sampled, 1, 1e-4);
      add_noise(x, noise_power(burst, snr_db), 6);
      const auto received = receive(receiver, x);
      ASSERT_EQ(received.size(), 1U);
      EXPECT_TRUE(received[0].ok);
      EXPECT_NEAR(received[0].clock_offset_ppm, ppm, 0.05) << size;

      const double theory_db =
          -db_from_power(power_from_db(-snr_db) + interference(burst.used_carriers(), n, ppm));
      for (const std::size_t count : {points.size(), 10 * burst.data_carriers(0).size()}) {
        double error = 0;
        for (std::size_t i = 0; i < count; ++i)
          error += static_cast<double>(std::norm(probe.burst().equalized[i] - points[i]));
        EXPECT_NEAR(-db_from_power(error / static_cast<double>(count)), theory_db, 0.3)
            << size << " at " << ppm << ", points: " << count;
      }
    }
  }
}

}  // namespace
}  // namespace boresight::rx
