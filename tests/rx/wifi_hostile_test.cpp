// Signals made to cost the Wi-Fi receiver time, or to make it believe something. Work is counted, not timed.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "boresight/frame/wifi_codec.h"
#include "rx/wifi_scene.h"

namespace boresight::rx {
namespace {

using frame::WifiRate;
using testing::append;
using testing::random_psdu;
using testing::send;

struct Work {
  double transforms, decoded_bits, detections;  // per sample
  std::uint64_t fcs_ok;
};

Work work_on(std::span<const cf32> x) {
  WifiReceiver receiver({});
  const auto ignore = [](const WifiFrame&) {};
  for (std::size_t i = 0; i < x.size(); i += 5000)
    receiver.push(x.subspan(i, std::min<std::size_t>(5000, x.size() - i)), ignore);
  receiver.flush(ignore);
  const auto n = static_cast<double>(x.size());
  const WifiStats& s = receiver.stats();
  return {static_cast<double>(s.transformed_symbols) / n, static_cast<double>(s.decoded_bits) / n,
          static_cast<double>(s.detections) / n, s.fcs_ok};
}

// What the header of WifiReceiver promises for the data, and eleven transforms for each preamble, which are
// at least 116 samples apart; a detection takes three groups of 16 samples.
void expect_bounded(std::span<const cf32> x, const char* what) {
  const Work work = work_on(x);
  EXPECT_LE(work.transforms, 5.0 / 72 + 11.0 / 116) << what;
  EXPECT_LE(work.decoded_bits, 5.0 * 2 * 260 / 72) << what;
  EXPECT_LE(work.detections, 1.0 / 48) << what;
  EXPECT_EQ(work.fcs_ok, 0U) << what;
}

std::vector<cf32> filled(std::size_t count, const std::function<cf32(std::size_t)>& value) {
  std::vector<cf32> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = value(i);
  return x;
}

constexpr std::size_t length = 250'000;

TEST(WifiHostile, ConstantsTonesAndPeriods) {
  Random random(1);
  expect_bounded(std::vector<cf32>(length), "zeros");
  expect_bounded(std::vector<cf32>(length, cf32(0.7F, -0.1F)), "constant");
  for (const double f : {0.0, 1e-5, 0.0123, 1.0 / 16, 0.25, 0.4999}) {
    auto tone = filled(
        length, [f](std::size_t i) { return cf32(std::polar(1.0, 2 * pi * f * static_cast<double>(i))); });
    expect_bounded(tone, "tone");
    random.add_noise(tone, 0.01F);
    expect_bounded(tone, "tone in noise");
  }
  tx::WifiTransmitter transmitter({});
  const auto frame = send(transmitter, WifiRate::r6, random_psdu(100, 2));
  const auto repeat = [&](std::size_t first, std::size_t period) {
    return filled(length, [&, first, period](std::size_t i) { return frame[first + i % period]; });
  };
  expect_bounded(repeat(0, 16), "short training without end");
  expect_bounded(repeat(192, 64), "long training without end");
  expect_bounded(repeat(0, 320), "preambles without end");
  expect_bounded(repeat(0, 400), "preambles and SIGNAL without end");
  expect_bounded(filled(length, [](std::size_t i) { return i / 8 % 2 == 0 ? cf32(1) : cf32(-1); }), "square");
}

TEST(WifiHostile, RecordingsThatBeginAndEndAnywhere) {
  tx::WifiTransmitter transmitter({});
  auto x = send(transmitter, WifiRate::r12, random_psdu(30, 9));
  x.resize(x.size() + 20);
  Random(10).add_noise(x, 1e-3F);
  WifiReceiver receiver({});
  for (std::size_t cut = 0; cut < x.size(); ++cut) {
    const auto late = testing::receive(receiver, std::span(x).subspan(cut));
    if (cut <= 90) {  // 70 samples of the short training field are left
      ASSERT_EQ(late.size(), 1U) << cut;
      EXPECT_TRUE(late[0].fcs_ok) << cut;
    }
    const auto early = testing::receive(receiver, std::span(x).first(cut));
    EXPECT_TRUE(early.empty() || cut + 30 > x.size()) << cut;
  }
}

// Every 400 samples a preamble that announces 4095 bytes at 6 Mbit/s: 1366 symbols each, one over the other.
TEST(WifiHostile, FramesThatNeverEndCostFivePasses) {
  tx::WifiTransmitter transmitter({});
  const auto longest = send(transmitter, WifiRate::r6, random_psdu(4095, 3));
  auto x = filled(length, [&](std::size_t i) { return longest[i % 480]; });
  Random(4).add_noise(x, 0.001F);
  expect_bounded(x, "4095 bytes every 480 samples");
  const Work work = work_on(x);
  EXPECT_GT(work.transforms, 2.0 / 80);  // it does look more than once
  // The same with HT, at its highest rate.
  frame::HtSignal signal{.mcs = 7, .ldpc = true, .short_guard = true};
  const auto psdu = random_psdu(45'000, 5);
  signal.length = 45'000;
  std::vector<cf32> ht(transmitter.frame_samples(signal));
  transmitter.transmit(signal, psdu, 1, ht);
  x = filled(length, [&](std::size_t i) { return ht[i % 864]; });
  Random(6).add_noise(x, 0.001F);
  expect_bounded(x, "HT every 864 samples");
}

TEST(WifiHostile, FramesOverFrames) {
  tx::WifiTransmitter transmitter({});
  Random random(7);
  std::vector<cf32> x(length);
  for (std::size_t at = 0; at < x.size(); at += 50 + random.below(300)) {
    const auto frame = send(transmitter, static_cast<WifiRate>(random.below(8)), random_psdu(500, at));
    const cf32 gain = random.complex_normal();
    for (std::size_t i = 0; i < frame.size() && at + i < x.size(); ++i) x[at + i] += gain * frame[i];
  }
  const Work work = work_on(x);  // now and then one is strong enough to be right
  EXPECT_LE(work.transforms, 5.0 / 72 + 11.0 / 116);
  EXPECT_LE(work.decoded_bits, 5.0 * 2 * 260 / 72);
}

// 10^7 samples in which only their statistics are a signal's: bursts, levels over 200 dB, coarse
// quantization.
TEST(WifiHostile, TenMillionRandomSamples) {
  Random random(8);
  WifiReceiver receiver({});
  std::vector<cf32> x(100'000);
  for (int round = 0; round < 100; ++round) {
    std::fill(x.begin(), x.end(), cf32(0));
    const unsigned kind = random.below(4);
    for (std::size_t at = 0; at < x.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random.below(3000), x.size() - at);
      random.add_noise(std::span(x).subspan(at, n),
                       static_cast<float>(power_from_db(200 * random.uniform() - 100)));
      at += n;
    }
    if (kind == 1)
      for (cf32& s : x) s = {s.real() > 0 ? 1.0F : -1.0F, s.imag() > 0 ? 1.0F : -1.0F};
    if (kind == 2)
      for (std::size_t i = 3; i < x.size(); ++i) x[i] += 1.7F * x[i - 1] - 0.9F * x[i - 2];  // narrow
    receiver.push(x, [](const WifiFrame&) {});
  }
  EXPECT_EQ(receiver.stats().samples, 10'000'000U);
  EXPECT_EQ(receiver.stats().fcs_ok, 0U);
  EXPECT_LT(receiver.stats().transformed_symbols, 100'000U);
}

}  // namespace
}  // namespace boresight::rx
