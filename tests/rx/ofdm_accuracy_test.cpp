// What the burst receiver measures and loses, against bounds and closed forms.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "boresight/rx/ofdm_receiver.h"
#include "boresight/sync/detection_theory.h"
#include "rx/ofdm_genie.h"
#include "rx/ofdm_scene.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using Kind = ofdm::PilotPattern::Kind;
using frame::Mcs;

struct Lost {
  std::size_t genie = 0;
  std::size_t receiver = 0;
};

// `trials` bursts on antennas of equal gain, whose SNRs per subcarrier add up to snr_db.
class AwgnLink {
 public:
  AwgnLink(const ofdm::Numerology& n, std::size_t antennas, OfdmEstimator estimator = OfdmEstimator::lmmse)
      : n_(n),
        antennas_(antennas),
        transmitter_({.numerology = n}),
        receiver_({.numerology = n, .antennas = antennas, .estimator = estimator}),
        genie_(transmitter_.burst()) {}

  Lost run(double snr_db, std::size_t trials, std::uint64_t seed, bool with_genie) {
    Lost lost;
    const double frequency = 0.37 / static_cast<double>(n_.fft_size);
    std::vector<cf32> channels;
    for (std::size_t a = 0; a < antennas_; ++a) {
      channels.push_back(cf32(std::polar(1.0, 0.3 + 2.0 * static_cast<double>(a))));
    }
    for (std::size_t trial = 0; trial < trials; ++trial) {
      const auto payload = random_bytes(500, seed + trial);
      const auto number = static_cast<std::uint32_t>(trial);
      const auto burst = send(transmitter_, Mcs::qpsk_1_2, number, payload);
      GridBuffer<cf32> x(antennas_, burst.size() + 1400);
      for (std::size_t a = 0; a < antennas_; ++a) add(x.row(a), 600, burst, channels[a], frequency);
      const double noise = static_cast<double>(antennas_) * noise_power(transmitter_.burst(), snr_db);
      add_noise(x, noise, seed + trial);
      if (with_genie) {
        lost.genie +=
            !genie_.receive(x, 600, frequency, channels, noise, {Mcs::qpsk_1_2, 500, number}, payload);
        continue;
      }
      const auto received = receive(receiver_, x);
      lost.receiver += received.size() != 1 || !received[0].ok || received[0].payload != payload;
    }
    return lost;
  }

 private:
  ofdm::Numerology n_;
  std::size_t antennas_;
  tx::OfdmTransmitter transmitter_;
  OfdmReceiver receiver_;
  OfdmGenie genie_;
};

// Everything estimated at 0.3 dB more SNR loses no more bursts than the genie, at some percent of loss: the
// receiver's upper and the genie's lower bound (each wrong once in 1,000) may overlap, no more.
TEST(OfdmAccuracy, LosesThreeTenthsOfADecibelToTheGenie) {
  const std::pair<ofdm::Numerology, double> cases[] = {
      {lab5(), 0.9},
      {ofdm::wifi20(), 1.0},
      {plain_numerology(256, {.kind = Kind::block, .spacing = 8}), 0.9},
      {plain_numerology(256, {.kind = Kind::edge, .spacing = 4}), 0.75},
      {plain_numerology(256, {}), 0.9}};
  constexpr std::size_t trials = 250;
  for (const auto& [n, snr_db] : cases) {
    AwgnLink link(n, 1);
    const std::size_t genie = link.run(snr_db, trials, 1, true).genie;
    const std::size_t receiver = link.run(snr_db + 0.3, trials, 1, false).receiver;
    EXPECT_GE(genie, trials / 100);
    EXPECT_LE(genie, trials / 4);
    EXPECT_LE(sync::clopper_pearson(receiver, trials, 1e-3).low,
              sync::clopper_pearson(genie, trials, 1e-3).high);
    EXPECT_LE(receiver, genie + 3 * static_cast<std::size_t>(std::sqrt(static_cast<double>(genie)) + 1))
        << n.name << n.period();
  }
}

// The SNR at which half of the bursts are lost, between two steps by the straight line: the slope there is
// 0.1 dB for 15 % of 120 bursts (4.5 % deviation), so 0.03 dB.
double half_lost_db(std::size_t antennas) {
  AwgnLink link(lab5(), antennas);
  constexpr std::size_t trials = 120;
  double before = 1;
  for (double snr_db = 0.4;; snr_db += 0.15) {
    const double lost = static_cast<double>(link.run(snr_db, trials, 100, false).receiver) / trials;
    if (lost < 0.5) return snr_db - 0.15 * (0.5 - lost) / std::max(before - lost, 1e-6);
    before = lost;
  }
}

// The sum of SNRs that is needed stays the same: two antennas gain 3.0 dB, four 6.0, to 0.3 dB, although each
// measures its channel at an SNR as much lower.
TEST(OfdmAccuracy, MaximumRatioGainsThreeAndSixDecibels) {
  const double one = half_lost_db(1);
  EXPECT_NEAR(half_lost_db(2), one, 0.3);
  EXPECT_NEAR(half_lost_db(4), one, 0.3);
}

// Independent Rayleigh antennas, standing still during a burst: what is lost is the outage, P(gamma of L <
// L-fold threshold over mean), within bounds of 1e-3 each for thresholds +-0.4 dB about that of white noise.
TEST(OfdmAccuracy, RayleighLossHasTheOrderOfTheAntennas) {
  const auto n = lab5();
  tx::OfdmTransmitter transmitter({.numerology = n});
  const double threshold_db = half_lost_db(1);
  const auto outage = [](std::size_t order, double x) {
    double term = 1;
    double sum = 1;
    for (std::size_t i = 1; i < order; ++i) sum += term *= x / static_cast<double>(i);
    return 1 - sum * std::exp(-x);
  };
  const std::pair<std::size_t, double> cases[] = {{1, 8.0}, {2, 4.0}, {4, 0.0}};  // mean over threshold, dB
  for (const auto& [antennas, over_db] : cases) {
    OfdmReceiver receiver({.numerology = n, .antennas = antennas});
    Random random(11, antennas);
    constexpr std::size_t trials = 400;
    std::size_t lost = 0;
    for (std::size_t trial = 0; trial < trials; ++trial) {
      const auto payload = random_bytes(500, trial);
      const auto burst = send(transmitter, Mcs::qpsk_1_2, 0, payload);
      GridBuffer<cf32> x(antennas, burst.size() + 1400);
      for (std::size_t a = 0; a < antennas; ++a) add(x.row(a), 600, burst, random.complex_normal(), 1e-3);
      add_noise(x, noise_power(transmitter.burst(), threshold_db + over_db), trial + 1);
      const auto received = receive(receiver, x);
      lost += received.size() != 1 || !received[0].ok;
    }
    const auto interval = sync::clopper_pearson(lost, trials, 1e-3);
    EXPECT_LT(interval.low, outage(antennas, power_from_db(0.4 - over_db))) << antennas << ": " << lost;
    EXPECT_GT(interval.high, outage(antennas, power_from_db(-0.4 - over_db))) << antennas << ": " << lost;
  }
}

// SNR, carrier and delay of bursts of nothing but preamble and header.
//
// Bounds: of the carrier, that of L parts of a waveform that nobody knows (of a tone: the phases of L parts
// of P snr each) and that of H + 2 symbols whose channel nobody knows (the phases of as many symbols):
//   snr P L (L^2 - 1) / 6 P^2 + 2 snr N sum of (t - mean)^2,  t = 0 .. H + 1 times N + prefix,
// in (2 pi cycles per sample)^-2, snr per sample. Noise times noise, which these leave out, is what makes a
// threshold. Of the delay, the same symbols known: 2 (H + 2) snr sum of (2 pi (k - mean) / N)^2.
TEST(OfdmAccuracy, CarrierAndDelayAreWithinADecibelOfTheirBounds) {
  for (const auto& n : {lab5(), ofdm::wifi20(), plain_numerology(1024, comb(10))}) {
    tx::OfdmTransmitter transmitter({.numerology = n, .oversampling = 4});
    OfdmReceiver receiver({.numerology = n, .phase_walk_variance = 1e-8, .max_clock_offset_ppm = 0.01});
    const auto& burst = transmitter.burst();
    for (const double snr_db : {3.0, 10.0}) {
      Random random(5);
      const auto fine = send(transmitter, Mcs::qpsk_1_2, 0, {});
      double carrier = 0;
      double delay = 0;
      double snr = 0;
      constexpr std::size_t trials = 400;
      for (std::size_t trial = 0; trial < trials; ++trial) {
        const std::size_t quarter = random.below(4);
        std::vector<cf32> samples;
        for (std::size_t i = quarter; i < fine.size(); i += 4) samples.push_back(fine[i]);
        const double frequency = (random.uniform() - 0.5) / static_cast<double>(n.fft_size);
        GridBuffer<cf32> x(1, samples.size() + 1800);
        add(x.row(0), 700, samples, 1, frequency);
        add_noise(x, noise_power(burst, snr_db), trial + 1);
        const auto received = receive(receiver, x);
        ASSERT_EQ(received.size(), 1U) << n.name << trial;
        carrier += std::pow(received[0].carrier_offset_hz / n.sample_rate_hz - frequency, 2);
        const double start = 700 - 0.25 * static_cast<double>(quarter);
        delay += std::pow(static_cast<double>(received[0].start) - start + received[0].fraction, 2);
        snr += power_from_db(received[0].snr_db);
      }
      const double per_carrier = power_from_db(snr_db);
      EXPECT_NEAR(db_from_power(snr / trials), snr_db, 0.25) << n.name;
      const double per_sample = per_carrier / static_cast<double>(burst.amplitude() * burst.amplitude());
      const auto p = static_cast<double>(burst.part_samples());
      const auto l = static_cast<double>(burst.signs().size());
      const auto size = static_cast<double>(n.fft_size);
      const auto symbol = static_cast<double>(n.symbol_samples());
      const auto known = static_cast<double>(2 + burst.header_symbols());
      const double times = known * (known * known - 1) / 12 * symbol * symbol;
      const double information =
          per_sample * 4 * pi * pi * (p * l * (l * l - 1) / 6 * p * p + 2 * size * times);
      EXPECT_LT(db_from_power(carrier / trials * information), 1.0) << n.name << snr_db;
      double spread = 0;
      double mean = 0;
      for (const auto k : burst.used_carriers()) mean += n.signed_index(k);
      mean /= static_cast<double>(burst.used_carriers().size());
      for (const auto k : burst.used_carriers())
        spread += std::pow(2 * pi * (n.signed_index(k) - mean) / size, 2);
      const double delay_information = 2 * known * per_carrier * spread;
      EXPECT_LT(db_from_power(delay / trials * delay_information), 1.0) << n.name << snr_db;
    }
  }
}

// White noise alone: the repetition search keeps the rate that it was given, all metrics counted, and hardly
// anything passes the training behind it.
TEST(OfdmAccuracy, FalseAlarmsAreAsSet) {
  for (const std::size_t antennas : {1U, 2U}) {
    const auto n = ofdm::wifi20();
    OfdmReceiver receiver({.numerology = n,
                           .antennas = antennas,
                           .false_alarm_rate = 1e-2,
                           .training_false_alarm_probability = 0.02});
    Random random(21);
    GridBuffer<cf32> x(antennas, 100'000);
    const OfdmReceiver::Handler none = [](const OfdmReception&) { ADD_FAILURE(); };
    constexpr std::size_t rounds = 30;
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t a = 0; a < antennas; ++a) {
        std::fill(x.row(a).begin(), x.row(a).end(), cf32(0));
        random.add_noise(x.row(a), a == 0 ? 1.0F : 100.0F);
      }
      receiver.push(x.view(), none);
    }
    // Metrics overlap: alarms come in clusters of which one is told, so there are fewer than metrics passing,
    // by not more than the metrics of one part.
    const double metrics = 100'000.0 * rounds / (static_cast<double>(receiver.burst().part_samples()) / 16);
    const auto interval = sync::clopper_pearson(receiver.stats().detections, 3'000'000, 1e-3);
    EXPECT_LT(interval.low * 3e6, 1.1e-2 * metrics);
    EXPECT_GT(interval.high * 3e6, 1e-2 * metrics / 16);
    EXPECT_GT(receiver.stats().detections, 300U);
    const auto passed = sync::clopper_pearson(receiver.stats().preambles,
                                              std::max<std::uint64_t>(receiver.stats().detections, 1), 1e-3);
    EXPECT_LT(passed.low, 0.02);
    EXPECT_GT(passed.high, 0.02 / 8);  // neighboring delays are not independent tests
    EXPECT_EQ(receiver.stats().bursts_ok, 0U);
  }
}

}  // namespace
}  // namespace boresight::rx
