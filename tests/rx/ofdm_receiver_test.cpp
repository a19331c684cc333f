// The burst receiver on every kind of numerology: what is sent comes back, however the stream is cut.
#include "boresight/rx/ofdm_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/sim/tdl.h"
#include "rx/ofdm_scene.h"
#include "support/allocation_counter.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using Kind = ofdm::PilotPattern::Kind;
using frame::Mcs;

struct Case {
  std::string name;
  ofdm::Numerology numerology;
};

// In the names of the tests.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

ofdm::Numerology from_file() {
  std::ifstream file(BORESIGHT_SOURCE_DIR "/examples/numerologies/lab5_scattered.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ofdm::numerology_from_json(text, "lab5_scattered.json");
}

std::vector<Case> cases() {
  std::vector<Case> all{{"ku20", ofdm::ku20()},
                        {"ku240", ofdm::ku240()},
                        {"wifi20", ofdm::wifi20()},
                        {"lab5_json", from_file()}};
  const std::pair<const char*, ofdm::PilotPattern> patterns[] = {
      {"none", {}},
      {"comb", comb(10)},
      {"scattered", {.kind = Kind::scattered, .spacing = 12, .first = 1, .symbol_step = 5}},
      {"block", {.kind = Kind::block, .spacing = 6, .first = 0}},
      {"block_late", {.kind = Kind::block, .spacing = 5, .first = 3}},
      {"edge", {.kind = Kind::edge, .spacing = 3}},
      {"list", {.kind = Kind::list, .carriers = {-20, -7, 7, 20}}}};
  for (const auto& [name, pattern] : patterns) {
    for (const std::size_t taper : {0U, 8U, 24U}) {
      all.push_back(
          {std::string(name) + "_taper" + std::to_string(taper), plain_numerology(256, pattern, 32, taper)});
    }
  }
  for (const std::size_t n : {64U, 81U, 96U, 100U, 1024U, 1536U, 3000U, 8192U}) {
    all.push_back({"comb_fft" + std::to_string(n), plain_numerology(n, comb(8), n / 8, n / 32)});
  }
  all.push_back({"no_prefix", plain_numerology(512, comb(8))});
  all.back().numerology.prefix_samples = 0;
  all.push_back({"all_prefix", plain_numerology(128, comb(8), 128, 64)});
  auto one_sided = plain_numerology(512, comb(8));  // everything above the carrier
  for (std::size_t k = 256; k < 512; ++k) one_sided.map[k] = ofdm::Carrier::null;
  all.push_back({"one_sided", one_sided});
  auto changing = plain_numerology(128, comb(8));  // nulls that come and go
  changing.later_maps = {changing.map, changing.map};
  for (std::size_t k = 20; k < 40; ++k) changing.later_maps[0][k] = ofdm::Carrier::null;
  for (std::size_t k = 90; k < 100; ++k) changing.map[k] = ofdm::Carrier::null;
  all.push_back({"changing_nulls", changing});
  return all;
}

class OfdmReceiverOf : public ::testing::TestWithParam<Case> {};

// Bursts of several MCS with a carrier offset of 0.7, -1.3, .. subcarriers in 28 dB of SNR, back to back and
// with gaps: all of them come out, where they were sent.
TEST_P(OfdmReceiverOf, ReadsEveryBurst) {
  const auto& n = GetParam().numerology;
  tx::OfdmTransmitter transmitter({.numerology = n});
  OfdmReceiver receiver({.numerology = n});
  const double frequency = 0.7 / static_cast<double>(n.fft_size);
  std::vector<std::size_t> starts;
  std::vector<Bytes> payloads;
  std::vector<std::vector<cf32>> bursts;
  std::size_t at = 300;
  for (const auto& [mcs, bytes] : {std::pair{Mcs::qpsk_1_2, 200U},
                                   {Mcs::qam16_3_4, 1000U},
                                   {Mcs::qam64_5_6, 900U},
                                   {Mcs::qpsk_1_3, 0U},
                                   {Mcs::qam256_3_4, 1U}}) {
    payloads.push_back(random_bytes(bytes, payloads.size() + 1));
    bursts.push_back(
        send(transmitter, mcs, static_cast<std::uint32_t>(payloads.size() - 1), payloads.back()));
    starts.push_back(at);
    at += bursts.back().size() - n.taper_samples + (payloads.size() % 2) * (n.taper_samples + 777);
  }
  GridBuffer<cf32> x(1, at + 500);
  for (std::size_t i = 0; i < bursts.size(); ++i) add(x.row(0), starts[i], bursts[i], 1, frequency);
  add_noise(x, noise_power(transmitter.burst(), 28), 7);
  const auto received = receive(receiver, x);
  ASSERT_EQ(received.size(), bursts.size());
  for (std::size_t i = 0; i < received.size(); ++i) {
    const Received& r = received[i];
    EXPECT_EQ(r.sequence, i);
    EXPECT_TRUE(r.ok) << i;
    EXPECT_EQ(r.payload, payloads[i]);
    EXPECT_NEAR(static_cast<double>(r.start) + r.fraction, static_cast<double>(starts[i]), 0.25) << i;
    EXPECT_NEAR(r.carrier_offset_hz / n.subcarrier_spacing_hz(), 0.7, 0.01) << i;
    EXPECT_NEAR(r.snr_db, 28, 1.5) << i;
  }
  EXPECT_EQ(receiver.stats().bursts_ok, bursts.size());
  EXPECT_EQ(receiver.stats().headers_failed, 0U);
  EXPECT_EQ(receiver.stats().truncated, 0U);
}

INSTANTIATE_TEST_SUITE_P(Numerologies, OfdmReceiverOf, ::testing::ValuesIn(cases()),
                         [](const auto& which) { return which.param.name; });

GridBuffer<cf32> three_bursts(tx::OfdmTransmitter& transmitter, std::size_t antennas, double snr_db) {
  GridBuffer<cf32> x(antennas, 30'000);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto burst = send(transmitter, Mcs::qam16_1_2, i, random_bytes(300, i));
    for (std::size_t a = 0; a < antennas; ++a) {
      add(x.row(a), 1000 + 9000 * i, burst, cf32(std::polar(1.0, 1.0 + static_cast<double>(a))), 3e-3);
    }
  }
  add_noise(x, noise_power(transmitter.burst(), snr_db), 3);
  return x;
}

TEST(OfdmReceiver, DoesNotDependOnHowTheStreamIsCut) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  const auto x = three_bursts(transmitter, 2, 12);
  OfdmReceiver receiver({.numerology = lab5(), .antennas = 2});
  const auto expected = receive(receiver, x, x.columns());
  ASSERT_EQ(expected.size(), 3U);
  for (const std::size_t piece : {1U, 7U, 100U, 1000U, 12'345U}) {
    EXPECT_EQ(receive(receiver, x, piece), expected) << piece;  // to the bit
  }
}

TEST(OfdmReceiver, DoesNotAllocate) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  const auto x = three_bursts(transmitter, 2, 12);
  for (const auto estimator : {OfdmEstimator::least_squares, OfdmEstimator::dft, OfdmEstimator::lmmse}) {
    for (const auto combining : {OfdmCombining::maximum_ratio, OfdmCombining::interference_rejection}) {
      OfdmReceiver receiver(
          {.numerology = lab5(), .antennas = 2, .estimator = estimator, .combining = combining});
      std::size_t good = 0;
      const OfdmReceiver::Handler handler = [&good](const OfdmReception& r) { good += r.ok; };
      receiver.push(x.view(), handler);
      receiver.flush(handler);
      const AllocationCounter counter;
      receiver.push(x.view(), handler);
      receiver.flush(handler);
      EXPECT_EQ(counter.count(), 0U);
      EXPECT_EQ(good, 6U) << static_cast<int>(estimator) << static_cast<int>(combining);
    }
  }
}

// The whole range of carrier offsets, in steps that meet every fraction: the parts alone measure half of
// 1 / part_samples(), the training the rest.
TEST(OfdmReceiver, FindsAnyCarrierOffsetWithinItsRange) {
  for (const auto& n : {lab5(), ofdm::wifi20(), ofdm::ku20()}) {
    tx::OfdmTransmitter transmitter({.numerology = n});
    OfdmReceiver receiver({.numerology = n, .max_offset_carriers = 8});
    const auto burst = send(transmitter, Mcs::qpsk_1_2, 0, random_bytes(50, 1));
    for (double offset = -7.9; offset < 8; offset += 0.79) {
      GridBuffer<cf32> x(1, burst.size() + 2000);
      add(x.row(0), 900, burst, 1, offset / static_cast<double>(n.fft_size));
      add_noise(x, noise_power(transmitter.burst(), 8), 5);
      const auto received = receive(receiver, x);
      ASSERT_EQ(received.size(), 1U) << n.name << offset;
      EXPECT_TRUE(received[0].ok) << offset;
      EXPECT_NEAR(received[0].carrier_offset_hz / n.subcarrier_spacing_hz(), offset, 0.03);
    }
  }
}

// The band oversampled four times, read at the rate of another clock by cubic interpolation (error -50 dB at
// the band's edge).
std::vector<cf32> resampled(std::span<const cf32> x, double ppm) {
  std::vector<cf32> out;
  for (std::size_t n = 0;; ++n) {
    const double t = 4 * static_cast<double>(n) * (1 + 1e-6 * ppm);
    const auto i = static_cast<std::size_t>(t);
    if (i + 2 >= x.size()) return out;
    const auto d = static_cast<float>(t - static_cast<double>(i));
    const cf32 before = i > 0 ? x[i - 1] : cf32(0);
    out.push_back(before * (-d * (d - 1) * (d - 2) / 6) + x[i] * ((d + 1) * (d - 1) * (d - 2) / 2) +
                  x[i + 1] * (-(d + 1) * d * (d - 2) / 2) + x[i + 2] * ((d + 1) * d * (d - 1) / 6));
  }
}

// 40 ppm of clock and of carrier over bursts of 100 symbols and more: the delay goes through several samples.
TEST(OfdmReceiver, FollowsTheSamplingClock) {
  for (const auto& n :
       {lab5(), ofdm::wifi20(), plain_numerology(256, {.kind = Kind::block, .spacing = 8}),
        plain_numerology(256, {.kind = Kind::edge, .spacing = 6}), plain_numerology(1024, comb(10))}) {
    tx::OfdmTransmitter transmitter({.numerology = n, .max_payload_bytes = 16'000, .oversampling = 4});
    OfdmReceiver receiver({.numerology = n, .max_payload_bytes = 16'000});
    const auto payload = random_bytes(16'000, 2);
    const auto burst = send(transmitter, Mcs::qam16_1_2, 1, payload);
    for (const double ppm : {-40.0, 40.0}) {
      const auto moved = resampled(burst, ppm);
      GridBuffer<cf32> x(1, moved.size() + 2000);
      add(x.row(0), 1000, moved, 1, 1e-4);
      add_noise(x, noise_power(transmitter.burst(), 14), 6);
      const auto received = receive(receiver, x);
      ASSERT_EQ(received.size(), 1U) << n.name << n.fft_size << ", " << ppm;
      EXPECT_TRUE(received[0].ok) << n.fft_size << ", " << ppm;
      EXPECT_NEAR(received[0].clock_offset_ppm, -ppm, 4) << n.fft_size;
    }
  }
}

// Echoes as long as the prefix allows, fixed during a burst: NTN-TDL-B's powers stretched over it, and two
// equal paths at its ends. Every estimator reads what has the SNR for it.
TEST(OfdmReceiver, ReadsThroughEchoesWithinThePrefix) {
  const auto n = plain_numerology(256, comb(8), 32);
  tx::OfdmTransmitter transmitter({.numerology = n, .oversampling = 2});
  for (const auto estimator : {OfdmEstimator::least_squares, OfdmEstimator::dft, OfdmEstimator::lmmse}) {
    OfdmReceiver receiver({.numerology = n, .estimator = estimator});
    std::size_t good = 0;
    constexpr std::size_t trials = 60;
    for (std::uint64_t trial = 0; trial < trials; ++trial) {
      std::vector<sim::TdlTap> taps = sim::ntn_tdl(sim::NtnTdl::b, 5e-6);
      if (trial % 2 == 1)
        taps = {{.delay_s = 0, .power = 0.5, .k_factor = 1e6},
                {.delay_s = 24e-6, .power = 0.5, .k_factor = 1e6}};
      const auto payload = random_bytes(400, trial);
      auto burst = send(transmitter, Mcs::qpsk_1_2, 1, payload);
      burst.resize(burst.size() + 100);
      sim::TappedDelayLine line({.taps = taps, .sample_rate_hz = 2e6, .seed = trial + 1});
      line.process(burst, burst);
      std::vector<cf32> halved;
      for (std::size_t i = 0; i < burst.size(); i += 2) halved.push_back(burst[i]);
      GridBuffer<cf32> x(1, halved.size() + 1500);
      add(x.row(0), 700, halved, 1, 1.1e-3);
      add_noise(x, noise_power(transmitter.burst(), 25), trial);
      const auto received = receive(receiver, x);
      good += received.size() == 1 && received[0].ok && received[0].payload == payload;
    }
    // A fade of 20 dB of the whole channel, P = 0.01 for one Rayleigh path, is all that may cost one.
    EXPECT_GE(good, trials - 2) << static_cast<int>(estimator);
  }
}

// Where the burst begins, with an echo as strong as the first path: between the two. And in bands with holes,
// in which a path has high sidelobes.
TEST(OfdmReceiver, FindsTheStartUnderAnEcho) {
  auto hole = plain_numerology(1024, comb(8));
  auto clusters = hole;
  auto every_third = plain_numerology(512, {});
  for (std::size_t k = 0; k < 1024; ++k) {
    const int index = hole.signed_index(k);
    if (std::abs(index) < 150) hole.map[k] = ofdm::Carrier::null;
    if (std::abs(index + 400) >= 40 && std::abs(index - 330) >= 40) clusters.map[k] = ofdm::Carrier::null;
    if (k < 512 && every_third.signed_index(k) % 3 != 0) every_third.map[k] = ofdm::Carrier::null;
  }
  for (const auto& [n, echoes] :
       {std::pair(plain_numerology(1024, comb(8)), std::vector{0, 1, 2, 3, 4, 6, 10}),
        std::pair(plain_numerology(512, comb(8)), std::vector{0, 2, 4, 6}),
        std::pair(hole, std::vector{0, 50}), std::pair(clusters, std::vector{0, 50}),
        std::pair(every_third, std::vector{0})}) {
    tx::OfdmTransmitter transmitter({.numerology = n});
    OfdmReceiver receiver({.numerology = n});
    const auto payload = random_bytes(300, 4);
    const auto burst = send(transmitter, Mcs::qam16_3_4, 1, payload);
    for (const int echo : echoes) {
      GridBuffer<cf32> x(1, burst.size() + 2500);
      add(x.row(0), 1000, burst, 1);
      if (echo > 0) add(x.row(0), 1000 + static_cast<std::size_t>(echo), burst, cf32(0, 0.9F));
      add_noise(x, noise_power(transmitter.burst(), 25), 7);
      const auto received = receive(receiver, x);
      ASSERT_EQ(received.size(), 1U) << n.fft_size << ", " << echo;
      EXPECT_TRUE(received[0].ok && received[0].payload == payload) << n.fft_size << ", " << echo;
      const double error = static_cast<double>(received[0].start) + received[0].fraction - 1000;
      EXPECT_GT(error, -5) << n.fft_size << ", " << echo;
      EXPECT_LT(error, echo + 1) << n.fft_size << ", " << echo;
    }
  }
}

// An exception of the handler ends the stream it belongs to and nothing else.
TEST(OfdmReceiver, GoesOnAfterAHandlerThatThrowsInFlush) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  OfdmReceiver receiver({.numerology = lab5()});
  const auto burst = send(transmitter, Mcs::qpsk_1_2, 0, random_bytes(200, 1));
  GridBuffer<cf32> x(1, burst.size() + 600);
  add(x.row(0), 500, burst, 1);
  add_noise(x, noise_power(transmitter.burst(), 20), 1);
  std::size_t count = 0;
  const OfdmReceiver::Handler throws = [&](const OfdmReception&) {
    ++count;
    throw std::runtime_error("full");
  };
  // Cut so that the last symbol is there in flush() only.
  receiver.push(x.view().columns(0, 500 + burst.size() - 1), [](const OfdmReception&) {});
  receiver.push(x.view().columns(0, 0), [](const OfdmReception&) {});
  receiver.flush([](const OfdmReception&) {});
  receiver.push(x.view().columns(0, 500 + burst.size() / 2), throws);
  EXPECT_NO_THROW(receiver.flush(throws));  // truncated: nothing is told
  try {
    receiver.push(x.view(), throws);
    receiver.flush(throws);
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(count, 1U);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(receive(receiver, x, 700).size(), 1U) << i;
}

TEST(OfdmReceiver, ConfigIsChecked) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto n = lab5();
  EXPECT_NO_THROW(OfdmReceiver({.numerology = n}));
  EXPECT_THROW(OfdmReceiver({.numerology = {}}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .antennas = 0}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .antennas = 17}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .max_payload_bytes = 0}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .max_payload_bytes = 16'385}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .false_alarm_rate = 0}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .training_false_alarm_probability = nan}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .max_offset_carriers = -1}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = ofdm::wifi20(), .max_offset_carriers = 17}), ConfigError);
  EXPECT_THROW(
      OfdmReceiver(
          {.numerology = ofdm::wifi20(), .antennas = 16, .combining = OfdmCombining::interference_rejection}),
      ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .max_delay_samples = 300}), ConfigError);
  EXPECT_NO_THROW(OfdmReceiver({.numerology = n, .estimator = OfdmEstimator::dft, .max_delay_samples = 100}));
  EXPECT_THROW(OfdmReceiver({.numerology = n, .phase_walk_variance = nan}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .max_clock_offset_ppm = 1000}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .follow_symbols = 257}), ConfigError);
  EXPECT_THROW(OfdmReceiver({.numerology = n, .max_iterations = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::rx
