// Frames of 802.11n through the receiver.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "boresight/frame/wifi_codec.h"
#include "rx/wifi_scene.h"
#include "support/allocation_counter.h"

namespace boresight::rx {
namespace {

using frame::HtSignal;
using testing::append;
using testing::random_psdu;
using testing::send;

struct HtReceived {
  std::uint64_t start, end;
  HtSignal signal;
  double mbps;
  bool fcs_ok;
  std::vector<std::uint8_t> psdu;
  std::vector<bool> mpdus;
  double offset_hz, mer_db;
};

std::vector<HtReceived> receive_ht(WifiReceiver& receiver, std::span<const cf32> x,
                                   std::size_t piece = 4096) {
  std::vector<HtReceived> list;
  const auto handler = [&list](const WifiFrame& f) {
    EXPECT_EQ(f.format, WifiFormat::ht);
    HtReceived r{
        f.start_sample,      f.end_sample, f.ht, f.rate_mbps, f.fcs_ok, {f.psdu.begin(), f.psdu.end()}, {},
        f.carrier_offset_hz, f.mer_db};
    for (const auto& m : f.mpdus) r.mpdus.push_back(m.fcs_ok);
    list.push_back(r);
  };
  for (std::size_t i = 0; i < x.size(); i += piece)
    receiver.push(x.subspan(i, std::min(piece, x.size() - i)), handler);
  receiver.flush(handler);
  return list;
}

std::vector<cf32> send_ht(tx::WifiTransmitter& transmitter, HtSignal signal,
                          std::span<const std::uint8_t> psdu) {
  signal.length = static_cast<std::uint16_t>(psdu.size());
  std::vector<cf32> out(transmitter.frame_samples(signal));
  transmitter.transmit(signal, psdu, 0x5D, out);
  return out;
}

TEST(WifiHtReceiver, EverySchemeGuardIntervalCodeAndLength) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  Random random(1);
  std::size_t start = 200;
  for (const bool ldpc : {false, true}) {
    for (const bool short_guard : {false, true}) {
      for (std::uint8_t mcs = 0; mcs < 8; ++mcs) {
        for (const std::size_t length : {5U, 138U, 1500U, 4095U}) {
          const auto psdu = random_psdu(length, 10 * mcs + length);
          const HtSignal signal{.mcs = mcs,
                                .length = static_cast<std::uint16_t>(length),
                                .ldpc = ldpc,
                                .short_guard = short_guard};
          std::vector<cf32> x(start++);
          append(x, send_ht(transmitter, signal, psdu));
          const std::size_t end = x.size();
          x.resize(x.size() + 50);
          testing::turn(x, 0.0004 * static_cast<double>(start % 13));
          random.add_noise(x, 1e-3F);
          const auto got = receive_ht(receiver, x);
          ASSERT_EQ(got.size(), 1U) << ldpc << short_guard << int{mcs} << ' ' << length;
          EXPECT_TRUE(got[0].fcs_ok);
          EXPECT_EQ(got[0].psdu, psdu);
          EXPECT_EQ(got[0].signal, signal);
          EXPECT_EQ(got[0].start, start - 1);
          EXPECT_EQ(got[0].end, end);
          EXPECT_EQ(got[0].mpdus, std::vector<bool>{true});
          EXPECT_GT(got[0].mer_db, 27.0);  // 30 dB, a subcarrier 0.6 dB better, less the estimates
        }
      }
    }
  }
  EXPECT_EQ(receiver.stats().second_looks, 0U);
}

TEST(WifiHtReceiver, CarrierAndClockOffsetsOverTheLongestFrames) {
  tx::WifiTransmitter transmitter({.oversampling = 8});
  WifiReceiver receiver({});
  Random random(2);
  for (const double ppm : {-40.0, 40.0}) {
    for (const bool short_guard : {false, true}) {
      const auto psdu = random_psdu(8000, 3);
      const HtSignal signal{.mcs = 1, .short_guard = short_guard};
      auto x = testing::resample_from_8(send_ht(transmitter, signal, psdu), ppm, 0.37);
      testing::turn(x, ppm > 0 ? 0.0232 : -0.0232);  // 80 ppm of 5.8 GHz
      x.insert(x.begin(), 333, cf32(0));
      x.resize(x.size() + 100);
      random.add_noise(x, static_cast<float>(power_from_db(-13.0)));
      const auto got = receive_ht(receiver, x);
      ASSERT_EQ(got.size(), 1U) << ppm << ' ' << short_guard;
      EXPECT_TRUE(got[0].fcs_ok) << ppm << ' ' << short_guard;
      EXPECT_NEAR(got[0].offset_hz, (ppm > 0 ? 1 : -1) * 464e3, 200.0);
    }
  }
}

TEST(WifiHtReceiver, TwoPathsWithinTheGuardInterval) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  Random random(4);
  for (std::size_t delay = 1; delay <= 9; delay += 2) {
    for (const bool short_guard : {false, true}) {
      // The window begins 4 samples early: what is left of the prefix.
      if (delay > (short_guard ? 3U : 11U)) continue;
      for (const bool ldpc : {false, true}) {
        const auto psdu = random_psdu(500, delay);
        const auto clean = send_ht(transmitter, {.mcs = 3, .ldpc = ldpc, .short_guard = short_guard}, psdu);
        std::vector<cf32> x(400 + clean.size() + 100);
        const cf32 second = 0.6F * cf32(std::polar(1.0, 2 * pi * random.uniform()));
        for (std::size_t i = 0; i < clean.size(); ++i) {
          x[400 + i] += clean[i];
          x[400 + i + delay] += second * clean[i];
        }
        random.add_noise(x, static_cast<float>(power_from_db(-27.0)));
        const auto got = receive_ht(receiver, x);
        ASSERT_EQ(got.size(), 1U) << delay << short_guard << ldpc;
        EXPECT_TRUE(got[0].fcs_ok) << delay << short_guard << ldpc;
        EXPECT_EQ(got[0].start, 400U);
      }
    }
  }
}

TEST(WifiHtReceiver, AggregatesComeApartAndDamageCostsOneMpdu) {
  tx::WifiTransmitter transmitter({});
  WifiReceiver receiver({});
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < 20; ++i) lengths.push_back(1000 + 31 * i);
  std::vector<std::uint8_t> psdu(frame::ampdu_bytes(lengths));
  std::size_t used = 0;
  std::vector<std::vector<std::uint8_t>> mpdus;
  for (const std::size_t length : lengths) {
    mpdus.push_back(random_psdu(length, length));
    used = frame::append_mpdu(psdu, used, mpdus.back());
  }
  ASSERT_EQ(used, psdu.size());
  auto x = send_ht(transmitter, {.mcs = 7, .aggregated = true, .short_guard = true}, psdu);
  Random(5).add_noise(x, 1e-3F);
  // Noise over two symbols in the middle: one MPDU, or two at their border.
  Random(6).add_noise(std::span(x).subspan(x.size() / 2, 100), 3.0F);
  x.resize(x.size() + 50);
  std::size_t calls = 0;
  receiver.push(x, [&](const WifiFrame& f) {
    ++calls;
    EXPECT_FALSE(f.fcs_ok);
    EXPECT_TRUE(f.ht.aggregated);
    std::size_t good = 0;
    for (const auto& m : f.mpdus) {
      if (!m.fcs_ok) continue;
      ++good;
      EXPECT_TRUE(std::any_of(mpdus.begin(), mpdus.end(), [&](const auto& sent) {
        return std::equal(sent.begin(), sent.end(), m.bytes.begin(), m.bytes.end());
      }));
    }
    EXPECT_GE(good, 18U);
    EXPECT_LT(good, 20U);
  });
  EXPECT_EQ(calls, 1U);
}

TEST(WifiHtReceiver, MixedWithLegacyFramesWithoutGapsAndTheCutDoesNotMatter) {
  tx::WifiTransmitter transmitter({});
  std::vector<cf32> x(99);
  std::vector<std::uint64_t> starts;
  for (std::size_t i = 0; i < 40; ++i) {
    starts.push_back(x.size());
    const auto psdu = random_psdu(14 + 29 * i, i);
    auto frame =
        i % 3 == 0
            ? send(transmitter, static_cast<frame::WifiRate>(i % 8), psdu)
            : send_ht(
                  transmitter,
                  {.mcs = static_cast<std::uint8_t>(i % 8), .ldpc = i % 5 == 1, .short_guard = i % 2 == 0},
                  psdu);
    testing::turn(frame, 0.001 * static_cast<double>(i % 9) - 0.004);
    append(x, frame);
    x.resize(x.size() + 6 * (i % 7));
  }
  x.resize(x.size() + 40);
  Random(7).add_noise(x, static_cast<float>(power_from_db(-26.0)));
  WifiReceiver whole({});
  const auto expected = testing::receive(whole, x, x.size());
  ASSERT_EQ(expected.size(), starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    EXPECT_TRUE(expected[i].fcs_ok) << i;
    EXPECT_EQ(expected[i].start, starts[i]) << i;
  }
  for (const std::size_t piece : {1U, 7U, 1000U, 16384U}) {
    WifiReceiver receiver({});
    EXPECT_EQ(testing::receive(receiver, x, piece), expected) << piece;
  }
  // Nor is anything allocated on the way.
  WifiReceiver receiver({});
  std::size_t frames = 0;
  const WifiReceiver::Handler count = [&frames](const WifiFrame&) { ++frames; };
  const AllocationCounter counter;
  receiver.push(x, count);
  receiver.flush(count);
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(frames, starts.size());
}

// A header that says anything is either refused or bounds its frame by the L-SIG in front of it.
TEST(WifiHtReceiver, HeadersOfAnyValue) {
  tx::WifiTransmitter transmitter({});
  frame::WifiEncoder encoder;
  WifiReceiver receiver({});
  Random random(8);
  const auto psdu = random_psdu(60, 9);
  const auto honest = send_ht(transmitter, {.mcs = 2}, psdu);
  const auto next = send(transmitter, frame::WifiRate::r12, psdu);
  // Subcarriers of an HT-SIG symbol from the transmitter's own: a frame whose header is replaced.
  for (int i = 0; i < 300; ++i) {
    HtSignal lie{.mcs = static_cast<std::uint8_t>(random.below(i % 2 == 0 ? 8 : 128)),
                 .wide = random.below(8) == 0,
                 .length = static_cast<std::uint16_t>(random.below(65536)),
                 .aggregated = random.below(2) != 0,
                 .stbc = static_cast<std::uint8_t>(random.below(8) == 0 ? random.below(4) : 0),
                 .ldpc = random.below(2) != 0,
                 .short_guard = random.below(2) != 0,
                 .extension_streams = static_cast<std::uint8_t>(random.below(8) == 0 ? random.below(4) : 0)};
    std::vector<std::uint8_t> bits(frame::ht_signal_coded_bits);
    encoder.encode_ht_signal(lie, bits);
    auto x = honest;
    for (std::size_t s = 0; s < 2; ++s) {
      std::vector<cf64> spectrum(64);
      std::size_t at = 0;
      for (int k = -26; k <= 26; ++k) {
        if (k == 0 || std::abs(k) == 7 || std::abs(k) == 21) continue;
        spectrum[static_cast<std::size_t>((k + 64) % 64)] = {0, bits[48 * s + at++] != 0 ? 1.0 : -1.0};
      }
      for (std::size_t p = 0; p < 4; ++p) {
        spectrum[static_cast<std::size_t>((frame::wifi_pilot_carriers[p] + 64) % 64)] =
            double{frame::wifi_pilot_values[p]};
      }
      for (int n = -16; n < 64; ++n) {
        cf64 sum = 0;
        for (int k = 0; k < 64; ++k)
          sum += spectrum[static_cast<std::size_t>(k)] * std::polar(1.0, 2 * pi * k * n / 64.0);
        x[400 + 80 * s + static_cast<std::size_t>(n + 16)] = cf32(sum / std::sqrt(52.0));
      }
    }
    append(x, next);
    x.resize(x.size() + 60);
    random.add_noise(x, 1e-3F);
    const WifiStats before = receiver.stats();
    std::size_t good = 0;
    const auto handler = [&good](const WifiFrame& f) { good += f.fcs_ok ? 1 : 0; };
    receiver.push(x, handler);
    receiver.flush(handler);
    EXPECT_EQ(good, 1U) << i;  // the frame behind the liar
    EXPECT_LT(receiver.stats().transformed_symbols - before.transformed_symbols, 5 * x.size() / 72 + 30);
  }
  EXPECT_GT(receiver.stats().unsupported, 50U);
}

TEST(WifiHtReceiver, NarrowChannelsAreTheSameSamplesMoreSlowly) {
  tx::WifiTransmitter transmitter({});
  for (const double rate_hz : {10e6, 5e6}) {
    WifiReceiver receiver({.sample_rate_hz = rate_hz});
    for (std::size_t r = 0; r < frame::wifi_rate_count; ++r) {
      const auto rate = static_cast<frame::WifiRate>(r);
      const auto psdu = random_psdu(300, r);
      std::vector<cf32> x(250);
      append(x, send(transmitter, rate, psdu));
      x.resize(x.size() + 80);
      // 20 ppm at both ends at 5.9 GHz in 10 MHz, 10 ppm in 5 MHz (17.3.9.5).
      const double offset_hz = rate_hz == 10e6 ? 40e-6 * 5.9e9 : 20e-6 * 5.9e9;
      testing::turn(x, offset_hz / rate_hz);
      Random(r).add_noise(x, 1e-3F);
      const auto got = testing::receive(receiver, x);
      ASSERT_EQ(got.size(), 1U) << rate_hz << ' ' << r;
      EXPECT_TRUE(got[0].fcs_ok);
      EXPECT_EQ(got[0].psdu, psdu);
      EXPECT_NEAR(got[0].mbps, frame::wifi_rate(rate).mbps * rate_hz / 20e6, 1e-9);
      EXPECT_NEAR(got[0].carrier_offset_hz, offset_hz, 300.0);
    }
  }
}

}  // namespace
}  // namespace boresight::rx
