#include "boresight/tx/ofdm_transmitter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/numerology.h"
#include "support/allocation_counter.h"

namespace boresight::tx {
namespace {

ofdm::Numerology tapered(std::size_t taper) {
  return ofdm::make_numerology(
      {.name = "test",
       .sample_rate_hz = 5e6,
       .fft_size = 256,
       .prefix_samples = 32,
       .taper_samples = taper,
       .lower_guard = 20,
       .upper_guard = 19,
       .pilots = {.kind = ofdm::PilotPattern::Kind::scattered, .spacing = 12, .first = 0, .symbol_step = 3}});
}

struct Sent {
  std::vector<std::uint8_t> payload = std::vector<std::uint8_t>(600);
  std::vector<cf32> samples;
};

Sent send(OfdmTransmitter& transmitter, frame::Mcs mcs) {
  Sent sent;
  Random(1).fill(sent.payload);
  sent.samples.resize(transmitter.burst_samples(mcs, sent.payload.size()));
  transmitter.transmit(mcs, 9, sent.payload, sent.samples);
  return sent;
}

TEST(OfdmTransmitter, RepeatsPartsWithTheirSigns) {
  for (const std::size_t taper : {0U, 12U}) {
    OfdmTransmitter transmitter({.numerology = tapered(taper)});
    const auto& burst = transmitter.burst();
    const auto x = send(transmitter, frame::Mcs::qpsk_1_2).samples;
    const std::size_t period = burst.part_samples();
    for (std::size_t m = 1; m < burst.signs().size(); ++m) {
      const auto sign = static_cast<float>(burst.signs()[m] * burst.signs()[0]);
      for (std::size_t i = taper; i < period; ++i) {  // before, the sign changes
        EXPECT_LT(std::abs(x[m * period + i] - sign * x[i]), 1e-5F);
      }
    }
  }
}

// Every symbol, behind its taper and within its prefix, demodulates to what the layout says: training, pilots
// and the framer's points.
TEST(OfdmTransmitter, SymbolsAreWhatTheLayoutSays) {
  for (const std::size_t taper : {0U, 8U, 32U}) {
    OfdmTransmitter transmitter({.numerology = tapered(taper)});
    const auto& burst = transmitter.burst();
    const auto& n = burst.numerology();
    const auto sent = send(transmitter, frame::Mcs::qam16_3_4);
    const frame::Header header{frame::Mcs::qam16_3_4, 600, 9};
    std::vector<cf32> points(burst.header_coded_bits() / 2 + burst.payload_carriers(header));
    frame::OfdmFramer framer(burst, 4096);
    framer.header(header, std::span(points).first(burst.header_coded_bits() / 2));
    framer.payload(header, sent.payload, std::span(points).subspan(burst.header_coded_bits() / 2));
    ofdm::Demodulator demodulator(n);
    aligned_vector<cf32> bins(n.fft_size);
    const auto demodulate = [&](std::size_t symbol, std::size_t offset) {
      const std::size_t first = burst.repetition_samples() + symbol * n.symbol_samples() + offset;
      demodulator.process(std::span(sent.samples).subspan(first, n.fft_size), 0, 0, bins);
    };
    for (std::size_t i = 0; i < frame::OfdmBurst::training_symbols; ++i) {
      demodulate(i, n.prefix_samples);
      for (std::size_t k = 0; k < n.fft_size; ++k) EXPECT_LT(std::abs(bins[k] - burst.training()[k]), 1e-4F);
    }
    std::size_t point = 0;
    for (std::size_t s = 0; s < burst.header_symbols() + burst.payload_symbols(header); ++s) {
      demodulate(2 + s, n.prefix_samples);
      for (const auto k : burst.data_carriers(s)) {
        ASSERT_LT(std::abs(bins[k] / burst.amplitude() - points[point++]), 1e-4F) << s;
      }
      std::vector<cf32> values(burst.pilot_carriers(s).size());
      burst.pilot_values(s, values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_LT(std::abs(bins[burst.pilot_carriers(s)[i]] / burst.amplitude() - values[i]), 1e-4F) << s;
      }
    }
    EXPECT_EQ(point, points.size());
  }
}

double power_outside(std::span<const cf32> x, std::size_t oversampling, double from) {
  // A Hann-windowed periodogram of pieces of 1024: sidelobes of its own fall with the third power.
  const auto n =
      ofdm::make_numerology({.name = "probe", .sample_rate_hz = 1, .fft_size = 1024, .null_carriers = {}});
  ofdm::Demodulator demodulator(n);
  std::vector<cf32> piece(1024);
  aligned_vector<cf32> bins(1024);
  double outside = 0;
  double all = 0;
  for (std::size_t at = 0; at + 1024 <= x.size(); at += 512) {
    for (std::size_t i = 0; i < 1024; ++i) {
      piece[i] = x[at + i] *
                 static_cast<float>(0.5 - 0.5 * std::cos(2 * 3.14159265 * static_cast<double>(i) / 1024));
    }
    demodulator.process(piece, 0, 0, bins);
    for (std::size_t k = 0; k < 1024; ++k) {
      const double f = std::abs(n.signed_index(k)) / 1024.0 * static_cast<double>(oversampling);
      all += static_cast<double>(std::norm(bins[k]));
      if (f > from) outside += static_cast<double>(std::norm(bins[k]));
    }
  }
  return outside / all;
}

TEST(OfdmTransmitter, UnitPowerAndTheTaperKeepsToTheBand) {
  double before = 1;
  for (const std::size_t taper : {0U, 8U, 24U}) {
    OfdmTransmitter transmitter({.numerology = tapered(taper), .oversampling = 4});
    const auto x = send(transmitter, frame::Mcs::qpsk_3_4).samples;
    double power = 0;
    for (const cf32 s : x) power += static_cast<double>(std::norm(s));
    EXPECT_NEAR(power / static_cast<double>(x.size()), 1, 0.05) << taper;
    // 40 % of the rate off the carrier the band has ended; twice as far there is only what edges in time
    // make.
    const double outside = power_outside(x, 4, 0.8);
    EXPECT_LT(outside, 0.1 * before) << taper;  // at least 10 dB better each time
    before = outside;
  }
}

TEST(OfdmTransmitter, RefusesWhatCannotBe) {
  OfdmTransmitter transmitter({.numerology = tapered(8), .max_payload_bytes = 100});
  std::vector<cf32> out(transmitter.burst_samples(frame::Mcs::qpsk_1_2, 100));
  const std::vector<std::uint8_t> payload(101);
  EXPECT_NO_THROW(transmitter.transmit(frame::Mcs::qpsk_1_2, 0, std::span(payload).first(100), out));
  EXPECT_THROW(
      transmitter.transmit(frame::Mcs::qpsk_1_2, 0, std::span(payload).first(99), std::span(out).first(5)),
      ConfigError);
  std::vector<cf32> longer(transmitter.burst_samples(frame::Mcs::qpsk_1_2, 101));
  EXPECT_THROW(transmitter.transmit(frame::Mcs::qpsk_1_2, 0, payload, longer), ConfigError);
  EXPECT_THROW(transmitter.burst_samples(frame::Mcs::qpsk_1_2, std::size_t{1} << 60), ConfigError);
  EXPECT_THROW(OfdmTransmitter({.numerology = tapered(8), .oversampling = 0}), ConfigError);
  EXPECT_THROW(OfdmTransmitter({.numerology = tapered(8), .oversampling = 17}), ConfigError);
  EXPECT_THROW(OfdmTransmitter({.numerology = tapered(8), .max_payload_bytes = 0}), ConfigError);
}

TEST(OfdmTransmitter, DoesNotAllocate) {
  OfdmTransmitter transmitter({.numerology = tapered(8)});
  std::vector<std::uint8_t> payload(4096);
  std::vector<cf32> out(transmitter.burst_samples(frame::Mcs::qam64_5_6, payload.size()));
  const AllocationCounter counter;
  transmitter.transmit(frame::Mcs::qam64_5_6, 0, payload, out);
  EXPECT_EQ(counter.count(), 0U);
}

}  // namespace
}  // namespace boresight::tx
