#include "boresight/rx/wifi_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "boresight/core/error.h"
#include "rx/wifi_scene.h"
#include "support/allocation_counter.h"
#include "support/wifi_genie.h"

namespace boresight::rx {
namespace {

using frame::WifiRate;
using testing::append;
using testing::random_psdu;
using testing::receive;
using testing::Received;
using testing::send;

// 40 ppm at both ends at 5.8 GHz, in cycles per sample of 20 Msps.
constexpr double worst_carrier_offset = 80e-6 * 5.8e9 / 20e6;

TEST(WifiReceiver, EveryRateAndLengthAtEveryStart) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  Random random(1);
  for (std::size_t r = 0; r < frame::wifi_rate_count; ++r) {
    std::size_t start = 200 + 5 * r;
    for (const std::size_t length : {5U, 14U, 257U, 1500U, 4095U}) {
      const auto psdu = random_psdu(length, 10 * r + length);
      std::vector<cf32> x(start++);
      append(x, send(transmitter, static_cast<WifiRate>(r), psdu, static_cast<std::uint8_t>(1 + 15 * r)));
      x.resize(x.size() + 50);
      random.add_noise(x, 1e-3F);
      const auto got = receive(receiver, x);
      ASSERT_EQ(got.size(), 1U) << r << " " << length;
      EXPECT_TRUE(got[0].fcs_ok);
      EXPECT_EQ(got[0].psdu, psdu);
      EXPECT_EQ(got[0].start, start - 1);
      EXPECT_EQ(got[0].mbps, frame::wifi_rate(static_cast<WifiRate>(r)).mbps);
      EXPECT_NEAR(got[0].snr_db, 30.9, 1.5);  // 64/52 above the sample's; 52 estimates of the noise
      EXPECT_GT(got[0].mer_db, 27.0);         // the channel estimate adds half of the noise
    }
  }
}

TEST(WifiReceiver, NoiselessFramesAndFramesFromSampleZeroAreFrames) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  const auto psdu = random_psdu(100, 3);
  const auto x = send(transmitter, WifiRate::r54, psdu);
  for (int i = 0; i < 2; ++i) {  // the second after a flush that ended the first
    const auto got = receive(receiver, x);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].start, 0U);
    EXPECT_TRUE(got[0].fcs_ok);
  }
  // A recording that begins within the short training field.
  const auto late = receive(receiver, std::span(x).subspan(64));
  ASSERT_EQ(late.size(), 1U);
  EXPECT_TRUE(late[0].fcs_ok);
}

TEST(WifiReceiver, CarrierAndClockOffsetsOverLongFrames) {
  tx::WifiTransmitter transmitter({.oversampling = 8});
  WifiReceiver receiver({});
  Random random(4);
  for (const double ppm : {-40.0, 0.0, 40.0}) {
    for (const double sign : {-1.0, 1.0}) {
      const auto psdu = random_psdu(4095, 5);
      auto x = testing::resample_from_8(send(transmitter, WifiRate::r12, psdu), ppm, 0.37);
      testing::turn(x, sign * worst_carrier_offset);
      x.insert(x.begin(), 333, cf32(0));
      x.resize(x.size() + 100);
      random.add_noise(x, static_cast<float>(power_from_db(-12.0)));
      const auto got = receive(receiver, x);
      ASSERT_EQ(got.size(), 1U) << ppm << " " << sign;
      EXPECT_TRUE(got[0].fcs_ok) << ppm << " " << sign;
      EXPECT_NEAR(got[0].carrier_offset_hz, sign * worst_carrier_offset * 20e6, 200.0);
      EXPECT_NEAR(static_cast<double>(got[0].start), 333.0, 1.0);
    }
  }
}

TEST(WifiReceiver, TwoPathsWithinThePrefix) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  Random random(6);
  for (std::size_t delay = 1; delay <= 11; delay += 2) {
    for (const float level : {0.4F, 0.8F}) {
      const auto psdu = random_psdu(500, delay);
      const auto clean = send(transmitter, WifiRate::r24, psdu);
      std::vector<cf32> x(400 + clean.size() + 100);
      const cf32 second = level * cf32(std::polar(1.0, 2 * pi * random.uniform()));
      for (std::size_t i = 0; i < clean.size(); ++i) {
        x[400 + i] += clean[i];
        x[400 + i + delay] += second * clean[i];
      }
      testing::turn(x, 0.004);
      random.add_noise(x, static_cast<float>(power_from_db(-28.0)));
      const auto got = receive(receiver, x);
      ASSERT_EQ(got.size(), 1U) << delay << " " << level;
      EXPECT_TRUE(got[0].fcs_ok) << delay << " " << level;
      EXPECT_EQ(got[0].start, 400U) << delay << " " << level;
    }
  }
}

TEST(WifiReceiver, ScaleAndConstantDoNotMatter) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  for (const float scale : {1e-10F, 1e-4F, 1e6F}) {
    for (const cf32 dc : {cf32(0), cf32(0.3F, -0.4F)}) {
      for (const double frequency : {0.0, 0.0017, 0.0116}) {
        const auto psdu = random_psdu(200, 7);
        std::vector<cf32> x(300);
        append(x, send(transmitter, WifiRate::r24, psdu));
        x.resize(x.size() + 200);
        testing::turn(x, frequency);
        Random(8).add_noise(x, 1e-3F);
        for (cf32& s : x) s = scale * (s + dc);
        const auto got = receive(receiver, x);
        ASSERT_EQ(got.size(), 1U) << scale << dc << frequency;
        EXPECT_TRUE(got[0].fcs_ok) << scale << dc << frequency;
        EXPECT_EQ(got[0].start, 300U);
      }
    }
  }
}

// Frames of all rates with gaps from none to 90 samples, at 25 dB.
std::vector<cf32> train_of_frames(std::size_t count, std::vector<std::uint64_t>& starts) {
  tx::WifiTransmitter transmitter({});
  std::vector<cf32> x(77);
  for (std::size_t i = 0; i < count; ++i) {
    starts.push_back(x.size());
    auto frame = send(transmitter, static_cast<WifiRate>(i % 8), random_psdu(14 + 31 * i, i));
    testing::turn(frame, 0.001 * static_cast<double>(i % 9) - 0.004);
    append(x, frame);
    x.resize(x.size() + 9 * (i % 11));
  }
  x.resize(x.size() + 40);
  Random(9).add_noise(x, static_cast<float>(power_from_db(-25.0)));
  return x;
}

TEST(WifiReceiver, NoGapIsNeededAndTheCutDoesNotMatter) {
  std::vector<std::uint64_t> starts;
  const auto x = train_of_frames(40, starts);
  WifiReceiver whole({});
  const auto expected = receive(whole, x, x.size());
  ASSERT_EQ(expected.size(), starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(expected[i].start, starts[i]);
    EXPECT_TRUE(expected[i].fcs_ok) << i;
  }
  for (const std::size_t piece : {1U, 7U, 80U, 1000U, 16384U}) {
    WifiReceiver receiver({});
    EXPECT_EQ(receive(receiver, x, piece), expected) << piece;
  }
}

TEST(WifiReceiver, PushDoesNotAllocate) {
  std::vector<std::uint64_t> starts;
  const auto x = train_of_frames(20, starts);
  WifiReceiver receiver({});
  std::size_t frames = 0;
  const WifiReceiver::Handler count = [&frames](const WifiFrame&) { ++frames; };
  const AllocationCounter counter;
  for (std::size_t i = 0; i < x.size(); i += 1000) {
    receiver.push(std::span(x).subspan(i, std::min<std::size_t>(1000, x.size() - i)), count);
  }
  receiver.flush(count);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(frames, starts.size());
  { const std::vector<int> seen(10); }
  std::vector<int> counted(10);
  EXPECT_GT(counter.count(), 0U) << "the counter counts";
}

TEST(WifiReceiver, DamagedSignalFieldCostsOnlyItsOwnFrame) {
  tx::WifiTransmitter transmitter({});
  const auto psdu = random_psdu(60, 11);
  auto bad = send(transmitter, WifiRate::r6, psdu);
  // SIGNAL replaced by a symbol of data: garbage to its decoder. Only the preamble and it are sent, the next
  // frame follows at once.
  std::copy_n(bad.begin() + 480, 80, bad.begin() + 320);
  bad.resize(400);
  std::vector<cf32> x(100);
  append(x, bad);
  const std::uint64_t second = x.size();
  append(x, send(transmitter, WifiRate::r6, psdu));
  x.resize(x.size() + 30);
  Random(12).add_noise(x, 0.003F);
  WifiReceiver receiver({});
  const auto got = receive(receiver, x);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].start, second);
  EXPECT_TRUE(got[0].fcs_ok);
  EXPECT_EQ(receiver.stats().preambles, 2U);
  EXPECT_EQ(receiver.stats().signal_errors, 1U);
}

TEST(WifiReceiver, AFalseLengthDoesNotHideTheFramesBehind) {
  // A frame that announces 4095 bytes and stops after two symbols; ten true ones where its data should be.
  tx::WifiTransmitter transmitter({});
  const auto liar = send(transmitter, WifiRate::r6, random_psdu(4095, 13));
  for (const bool recording_ends : {true, false}) {
    std::vector<cf32> x(100);
    append(x, std::span(liar).first(560));
    std::vector<std::uint64_t> starts;
    for (std::size_t i = 0; i < 10; ++i) {
      starts.push_back(x.size());
      append(x, send(transmitter, WifiRate::r12, random_psdu(138, i)));
    }
    if (!recording_ends) x.resize(120'000);
    Random(14).add_noise(x, 0.003F);
    WifiReceiver receiver({});
    std::vector<std::uint64_t> good;
    for (const Received& f : receive(receiver, x)) {
      if (f.fcs_ok) good.push_back(f.start);
    }
    EXPECT_EQ(good, starts);
    EXPECT_EQ(receiver.stats().truncated, recording_ends ? 1U : 0U);
    EXPECT_EQ(receiver.stats().frames, recording_ends ? 10U : 11U);
  }
}

TEST(WifiReceiver, AFrameWithDamagedDataIsHandedOverAsBad) {
  tx::WifiTransmitter transmitter({});
  auto x = send(transmitter, WifiRate::r54, random_psdu(600, 15));
  Random(16).add_noise(std::span(x).subspan(600, 400), 4.0F);
  x.resize(x.size() + 500);
  WifiReceiver receiver({});
  const auto got = receive(receiver, x);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_FALSE(got[0].fcs_ok);
  EXPECT_EQ(got[0].psdu.size(), 600U);
  EXPECT_EQ(receiver.stats().fcs_ok, 0U);
}

TEST(WifiReceiver, FalseAlarmsIn10MillionSamplesOfNoiseAreThoseOfTheTheory) {
  WifiReceiver receiver({});
  Random random(17);
  std::vector<cf32> noise(100'000);
  std::size_t frames = 0;
  for (int i = 0; i < 100; ++i) {
    std::fill(noise.begin(), noise.end(), cf32(0));
    random.add_noise(noise, 1.0F);
    receiver.push(noise, [&frames](const WifiFrame&) { ++frames; });
  }
  EXPECT_EQ(receiver.stats().samples, 10'000'000U);
  // 625,000 evaluations at 3e-4 each; two neighbours that both pass (their windows overlap by 7/8) are one
  // detection, which makes them fewer, and the best of several is one of them.
  EXPECT_LT(receiver.stats().detections, 187U + 4 * 14);
  EXPECT_GT(receiver.stats().detections, 187U / 3);
  EXPECT_EQ(receiver.stats().preambles, 0U);  // 1e-6 for each detection
  EXPECT_EQ(frames, 0U);
}

TEST(WifiReceiver, HostileSamplesAreSurvived) {
  Random random(18);
  tx::WifiTransmitter transmitter({});
  const auto frame = send(transmitter, WifiRate::r6, random_psdu(100, 19));
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::vector<cf32> poison{{nan, 0}, {0, infinity}, {1e30F, 0}, {1e9F, -1e9F}, {-infinity, nan}};
  WifiReceiver receiver({});
  for (int i = 0; i < 50; ++i) {
    auto x = frame;
    for (std::size_t k = 0; k < 20; ++k) {
      x[random.below(static_cast<std::uint32_t>(x.size()))] = poison[random.below(5)];
    }
    receive(receiver, x, 333);
  }
  EXPECT_GT(receiver.stats().cleaned_samples, 0U);
  // A tone and a square wave correlate with themselves at every lag, and silence with nothing.
  std::vector<cf32> x(30'000);
  for (std::size_t i = 0; i < 10'000; ++i) x[i] = cf32(std::polar(1.0, 0.1 * static_cast<double>(i)));
  for (std::size_t i = 10'000; i < 20'000; ++i) x[i] = i / 8 % 2 == 0 ? cf32(1, 0) : cf32(-1, 0);
  EXPECT_TRUE(receive(receiver, x).empty());
  // And it still works.
  const auto got = receive(receiver, frame);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_TRUE(got[0].fcs_ok);
}

// Union bound on the frame error rate of the K = 7 code with BPSK on the white Gaussian channel; the first
// terms of its distance spectrum (Odenwalder 1970): 11, 38, 193, 1331, 7275 paths of weight 10, 12, ... 18.
double union_bound(double snr_db, double bits) {
  const double snr = power_from_db(snr_db);
  double event = 0;
  double weight = 10;
  for (const double paths : {11.0, 38.0, 193.0, 1331.0, 7275.0}) {
    event += paths * 0.5 * std::erfc(std::sqrt(snr * weight));  // Q(sqrt(2 d Es/N0))
    weight += 2;
  }
  return 1 - std::exp(-bits * event);
}

// At 6 Mbit/s and 0.65 dB one frame of 100 bytes in a hundred is lost. The best decoder of all that is known
// of SIGNAL would misread 4e-5 of them with a known channel (the union bound over the distances of the valid
// fields); this receiver loses 7e-5 in a million (docs/error-rates.md): 4 of 6000 with probability 9e-4.
TEST(WifiReceiver, HeadersAreLostFarLessOftenThanPayloads) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  const testing::WifiLink link{.rate = WifiRate::r6, .bytes = 60};
  constexpr std::uint64_t frames = 6000;
  const auto psdu = random_psdu(link.bytes, 1);
  const auto sent = link.send(transmitter, psdu, 0x5D);
  int lost = 0;
  for (std::uint64_t i = 0; i < frames; ++i) {
    std::vector<cf32> x(250 + i % 16 + sent.size() + 80);
    std::copy(sent.begin(), sent.end(), x.begin() + static_cast<std::ptrdiff_t>(250 + i % 16));
    testing::turn(x, worst_carrier_offset * (static_cast<double>(i % 21) - 10) / 10);
    Random(100 + i, 3).add_noise(x, link.noise(0.65));
    bool read = false;
    for (const Received& f : receive(receiver, x))
      read = read || (f.mbps == 6 && f.psdu.size() == link.bytes);
    lost += read ? 0 : 1;
  }
  EXPECT_LT(lost, 4);
}

TEST(WifiReceiver, FrameErrorRateIsThatOfTheCode) {
  tx::WifiTransmitter transmitter({});
  constexpr std::size_t bytes = 100;
  constexpr int frames = 800;
  // Against the bound: detection, SIGNAL, estimates, soft bits, all of it. 4000 frames each lie 0.1 to 0.25
  // dB from a genie between 0 and 1 dB (docs/error-rates.md).
  constexpr double loss_db = 0.3;
  for (const double snr_db : {0.5, 1.0, 2.0}) {  // per subcarrier
    WifiReceiver receiver({});
    const double sample_noise = 64.0 / 52.0 / power_from_db(snr_db);
    int good = 0;
    for (std::uint64_t i = 0; i < frames; ++i) {
      std::vector<cf32> x(250);
      append(x,
             send(transmitter, WifiRate::r6, random_psdu(bytes, i), static_cast<std::uint8_t>(1 + i % 127)));
      x.resize(x.size() + 60);
      testing::turn(x, worst_carrier_offset * (static_cast<double>(i % 21) - 10) / 10);
      Random(20 + i, 1).add_noise(x, static_cast<float>(sample_noise));
      for (const Received& f : receive(receiver, x)) good += f.fcs_ok ? 1 : 0;
    }
    const double error_rate = 1 - good / static_cast<double>(frames);
    const double bound = union_bound(snr_db - loss_db, 22 + 8.0 * bytes);
    const double spread = 3 * std::sqrt(std::max(bound, 0.003) / frames);
    RecordProperty("frame_error_rate_" + std::to_string(snr_db), std::to_string(error_rate));
    EXPECT_LT(error_rate, bound + spread) << snr_db;
    // No better than the code with a known channel: the SNR is what it claims to be.
    if (snr_db < 0.7) {
      EXPECT_GT(error_rate, 0.2 * union_bound(snr_db, 22 + 8.0 * bytes));
    }
  }
}

// Receiver and genie read the same noise, which is 0.3 dB stronger for the genie (0.6 dB where the channel
// fades, which takes carriers away from the pilots and makes the channel worth estimating).
TEST(WifiReceiver, LosesLittleToAGenie) {
  struct Case {
    testing::WifiLink link;
    double snr_db;
    double spread;  // 0: no echoes
  };
  const std::vector<Case> cases{
      {{.rate = WifiRate::r12}, 3.0, 0},
      {{.rate = WifiRate::r24}, 8.5, 0},
      {{.rate = WifiRate::r54}, 18.0, 0},
      {{.ht = true, .signal = {.mcs = 1, .length = 100}}, 3.2, 0},
      {{.ht = true, .signal = {.mcs = 7, .length = 100, .ldpc = true}}, 15.5, 0},
      {{.rate = WifiRate::r12}, 8.0, 2},
      {{.rate = WifiRate::r54}, 24.0, 3},
      {{.ht = true, .signal = {.mcs = 3, .length = 100, .ldpc = true}}, 13.0, 2},
  };
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  constexpr std::uint64_t frames = 600;
  for (const Case& c : cases) {
    testing::WifiGenie genie(c.link);
    const double allowed_db = c.spread > 0 ? 0.6 : 0.3;
    const float noise = c.link.noise(c.snr_db);
    const float genie_noise = c.link.noise(c.snr_db - allowed_db);
    int lost = 0;
    int genie_lost = 0;
    for (std::uint64_t i = 0; i < frames; ++i) {
      Random random(40 + i, 2);
      const auto psdu = random_psdu(c.link.bytes, i);
      const auto sent = c.link.send(transmitter, psdu, static_cast<std::uint8_t>(1 + i % 127));
      const auto h =
          c.spread > 0 ? testing::exponential_channel(c.spread, random) : std::vector<cf32>{cf32(1)};
      std::vector<cf32> clean(250 + i % 16 + sent.size() + 80);
      for (std::size_t t = 0; t < h.size(); ++t) {
        for (std::size_t n = 0; n < sent.size(); ++n) clean[250 + i % 16 + t + n] += h[t] * sent[n];
      }
      std::vector<cf32> white(clean.size());
      random.add_noise(white, 1.0F);
      auto x = clean;
      for (std::size_t n = 0; n < x.size(); ++n) x[n] += std::sqrt(genie_noise) * white[n];
      genie_lost += genie.receive(std::span(x).subspan(250 + i % 16), h, genie_noise) ? 0 : 1;
      for (std::size_t n = 0; n < x.size(); ++n) x[n] = clean[n] + std::sqrt(noise) * white[n];
      testing::turn(x, worst_carrier_offset * (static_cast<double>(i % 21) - 10) / 10);
      const auto got = receive(receiver, x);
      lost += got.size() == 1 && got[0].fcs_ok && got[0].psdu == psdu ? 0 : 1;
    }
    EXPECT_GT(genie_lost, 6) << c.snr_db << ": too easy to tell anything";
    // The difference of two counts of mostly the same frames: its deviation is below that of either.
    EXPECT_LE(lost, genie_lost + 2 * std::sqrt(genie_lost)) << c.snr_db << ' ' << c.link.ht << c.spread;
    RecordProperty("lost_" + std::to_string(c.snr_db),
                   std::to_string(lost) + " of genie " + std::to_string(genie_lost));
  }
}

TEST(WifiReceiver, ProbesShowTheLastFrame) {
  tx::WifiTransmitter transmitter({});
  auto x = send(transmitter, WifiRate::r12, random_psdu(138, 21));
  for (cf32& s : x) s *= 0.25F;
  Random(22).add_noise(x, 1e-5F);
  WifiReceiver receiver({});
  std::size_t calls = 0;
  receiver.push(x, [&](const WifiFrame&) {
    ++calls;
    const auto points = receiver.equalized();
    ASSERT_EQ(points.rows(), 24U);
    ASSERT_EQ(points.columns(), 48U);
    for (std::size_t s = 0; s < points.rows(); ++s) {
      for (const cf32 y : points.row(s)) ASSERT_NEAR(std::norm(y), 1.0, 0.3);
    }
    // 64/52 of unit power per subcarrier, a quarter of the amplitude.
    for (const std::size_t k : {1U, 10U, 26U, 38U, 63U}) {
      EXPECT_NEAR(std::abs(receiver.channel()[k]), 0.25 * std::sqrt(64.0 / 52.0), 0.01);
      EXPECT_NEAR(receiver.noise_variance()[k], 1e-5, 0.6e-5);
    }
    EXPECT_EQ(receiver.channel()[0], cf32(0));
  });
  EXPECT_EQ(calls, 1U);
}

TEST(WifiReceiver, ConfigIsChecked) {
  EXPECT_THROW(WifiReceiver({.sample_rate_hz = 0}), ConfigError);
  EXPECT_THROW(WifiReceiver({.sample_rate_hz = std::nan("")}), ConfigError);
  EXPECT_THROW(WifiReceiver({.short_training_false_alarm_rate = 0}), ConfigError);
  EXPECT_THROW(WifiReceiver({.long_training_false_alarm_rate = 1}), ConfigError);
  EXPECT_THROW(WifiReceiver({.signal_evidence_nats = -1}), ConfigError);
}

}  // namespace
}  // namespace boresight::rx
