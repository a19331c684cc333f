#include "boresight/rx/wifi_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <vector>

#include "boresight/rx/wifi_receiver.h"
#include "rx/wifi_scene.h"
#include "support/allocation_counter.h"

namespace boresight::rx {
namespace {

using frame::WifiRate;
using testing::random_psdu;
using testing::receive;
using testing::send;

constexpr std::size_t start = 1000;
constexpr double noise_power = 1e-4;

// Subcarrier `k` of the 64 samples from `first` on, by the sum.
cf64 subcarrier(std::span<const cf32> x, std::size_t first, int k) {
  cf64 sum = 0;
  for (std::size_t n = 0; n < 64; ++n) {
    sum += cf64(x[first + n]) * std::polar(1.0, -2 * pi * k * static_cast<double>(n) / 64);
  }
  return sum / 8.0;
}

// What was sent on the data subcarriers -last .. last, at unit mean power.
std::vector<cf32> points_of(std::span<const cf32> sent, std::size_t first, int last) {
  std::vector<cf32> points;
  const double scale = std::sqrt(2.0 * (last) / 64.0);  // used subcarriers
  for (int k = -last; k <= last; ++k) {
    if (k == 0 || std::abs(k) == 7 || std::abs(k) == 21) continue;
    points.emplace_back(subcarrier(sent, first, k) * scale);
  }
  return points;
}

double error_db(std::span<const cf32> got, std::span<const cf32> expected) {
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) error += static_cast<double>(std::norm(got[i] - expected[i]));
  return 10 * std::log10(error / static_cast<double>(got.size()));
}

// Two paths and noise.
std::vector<cf32> channel(std::span<const cf32> sent) {
  std::vector<cf32> x(start + sent.size() + 500);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    x[start + i] += sent[i];
    x[start + i + 3] += cf32(0, 0.4F) * sent[i];
  }
  Random(8).add_noise(x, static_cast<float>(noise_power));
  return x;
}

// Of the frame that `sent` is, whose data symbols begin at `first` and are `spacing` samples apart: the
// channel, every symbol and every soft bit's sign (17.3.5.8: a bit is 1 where I or Q is positive, the second
// of 16-QAM where it is small).
void expect_frame(const WifiProbe::Frame& f, std::span<const cf32> sent, std::size_t first,
                  std::size_t spacing, int last, unsigned bits) {
  const std::size_t carriers = 2 * static_cast<std::size_t>(last) - 4;
  ASSERT_EQ(f.carriers, carriers);
  ASSERT_GT(f.symbols, 4U);
  ASSERT_EQ(f.equalized.size(), f.symbols * carriers);
  ASSERT_EQ(f.llr.size(), f.symbols * carriers * bits);
  const double early = 4 + static_cast<double>(start) - static_cast<double>(f.start_sample);
  std::vector<cf32> truth;
  std::vector<cf32> got;
  const double amplitude = std::sqrt(64.0 / (2.0 * last));
  for (int k = -last; k <= last; ++k) {
    const std::size_t bin = static_cast<std::size_t>(k + 64) % 64;
    if (k == 0) {
      EXPECT_EQ(f.channel[bin], cf32(0));
      continue;
    }
    const cf64 paths = 1.0 + cf64(0, 0.4) * std::polar(1.0, -2 * pi * 3 * k / 64);
    truth.emplace_back(amplitude * paths * std::polar(1.0, -2 * pi * early * k / 64));
    got.push_back(f.channel[bin]);
    EXPECT_NEAR(f.noise_variance[bin], noise_power, 0.5 * noise_power);
  }
  // Two long training symbols halve the noise, their smoothing does the rest.
  EXPECT_LT(error_db(got, truth), -40 - 3);

  // The noise on a subcarrier over its gain, in the mean over subcarriers.
  double expected = 0;
  for (const cf32 h : truth) expected += noise_power / static_cast<double>(std::norm(h)) / (2.0 * last);
  const float middle = 2 / std::sqrt(10.0F);
  double error = 0;
  std::size_t wrong = 0;
  for (std::size_t s = 0; s < f.symbols; ++s) {
    const auto points = points_of(sent, first + s * spacing + spacing - 64, last);
    const auto row = std::span(f.equalized).subspan(s * carriers, carriers);
    error += std::pow(10, error_db(row, points) / 10);
    for (std::size_t i = 0; i < carriers; ++i) {
      std::vector<bool> sent_bits;
      for (const float axis : {points[i].real(), points[i].imag()}) {
        sent_bits.push_back(axis > 0);
        if (bits == 4) sent_bits.push_back(std::abs(axis) < middle);
      }
      for (unsigned b = 0; b < bits; ++b) {
        wrong += (f.llr[(s * carriers + i) * bits + b] > 0) == sent_bits[b] ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_NEAR(10 * std::log10(error / static_cast<double>(f.symbols) / expected), 0.2, 0.5);
}

// The windows that see nothing but the short training begin within its first 32 samples; the place of the
// long training is 192 samples behind its beginning.
void expect_search(const WifiProbe::Frame& f) {
  const auto peak = std::max_element(f.correlation_2.begin(), f.correlation_2.end());
  const auto place = f.correlation_start + 16 * (peak - f.correlation_2.begin());
  EXPECT_NEAR(static_cast<double>(place), start + 16, 17);
  EXPECT_GT(*peak, 0.9F);
  EXPECT_LT(*std::min_element(f.correlation_2.begin(), f.correlation_2.end()), 0.2F);
  const auto largest = std::max_element(f.amplitudes.begin(), f.amplitudes.end());
  EXPECT_EQ(f.amplitudes_start + (largest - f.amplitudes.begin()), static_cast<std::int64_t>(start + 192));
}

TEST(WifiProbe, ShowsEveryStageOfAFrameAndChangesNothing) {
  tx::WifiTransmitter transmitter({});
  const auto sent = send(transmitter, WifiRate::r24, random_psdu(400, 4));
  const auto x = channel(sent);
  WifiReceiver plain({});
  WifiReceiver probed({});
  WifiProbe probe;
  probed.set_probe(&probe);
  EXPECT_EQ(probe.frames(), 0U);
  const auto told = receive(probed, x, 333);
  EXPECT_EQ(told, receive(plain, x));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].fcs_ok);
  EXPECT_EQ(probe.frames(), 1U);
  const WifiProbe::Frame& f = probe.frame();
  EXPECT_EQ(f.start_sample, static_cast<std::int64_t>(told[0].start));
  EXPECT_NEAR(static_cast<double>(f.start_sample), start, 1);
  expect_search(f);
  expect_frame(f, sent, 400, 80, 26, 4);
  ASSERT_EQ(f.header_symbols, 1U);
  const auto signal = points_of(sent, 336, 26);
  EXPECT_LT(error_db(f.header_equalized, signal), -30);
  for (std::size_t i = 0; i < signal.size(); ++i) EXPECT_EQ(f.header_llr[i]<0, signal[i].real()> 0);
}

TEST(WifiProbe, ShowsAnHtFrame) {
  tx::WifiTransmitter transmitter({});
  for (const bool short_guard : {false, true}) {
    const auto psdu = random_psdu(300, 6);
    frame::HtSignal ht{.mcs = 3, .length = static_cast<std::uint16_t>(psdu.size())};
    ht.short_guard = short_guard;
    std::vector<cf32> sent(transmitter.frame_samples(ht));
    transmitter.transmit(ht, psdu, 0x5D, sent);
    WifiReceiver receiver({});
    WifiProbe probe;
    receiver.set_probe(&probe);
    ASSERT_EQ(receive(receiver, channel(sent)).size(), 1U);
    const WifiProbe::Frame& f = probe.frame();
    expect_search(f);
    // Preamble, SIGNAL, HT-SIG (2), HT-STF, HT-LTF.
    expect_frame(f, sent, 320 + 5 * 80, short_guard ? 72 : 80, 28, 4);
    ASSERT_EQ(f.header_symbols, 3U);
    for (std::size_t s = 0; s < 3; ++s) {
      const auto points = points_of(sent, 320 + s * 80 + 16, 26);
      for (std::size_t i = 0; i < 48; ++i) {
        const float axis = s == 0 ? points[i].real() : points[i].imag();
        EXPECT_EQ(f.header_llr[s * 48 + i]<0, axis> 0);
      }
    }
  }
}

TEST(WifiProbe, HoldsAFrameWhoseHeaderIsDamagedOrCut) {
  tx::WifiTransmitter transmitter({});
  const auto x = channel(send(transmitter, WifiRate::r24, random_psdu(400, 4)));
  auto damaged = x;
  Random(5).add_noise(std::span(damaged).subspan(start + 320), 30.0F);
  WifiReceiver receiver({});
  WifiProbe probe;
  receiver.set_probe(&probe);
  EXPECT_TRUE(receive(receiver, damaged).empty());
  EXPECT_EQ(receiver.stats().signal_errors, 1U);
  EXPECT_EQ(probe.frames(), 1U);
  EXPECT_EQ(probe.frame().header_symbols, 1U);
  EXPECT_EQ(probe.frame().symbols, 0U);
  EXPECT_TRUE(probe.frame().llr.empty());

  EXPECT_TRUE(receive(receiver, std::span(x).first(start + 400 + 3 * 80 + 40)).empty());
  EXPECT_EQ(receiver.stats().truncated, 1U);
  EXPECT_EQ(probe.frames(), 2U);
  EXPECT_EQ(probe.frame().symbols, 3U);
  EXPECT_EQ(probe.frame().llr.size(), 3U * 192U);
}

TEST(WifiProbe, CostsNoAllocation) {
  tx::WifiTransmitter transmitter({});
  const auto x = channel(send(transmitter, WifiRate::r6, random_psdu(2000, 4)));
  WifiReceiver receiver({});
  WifiProbe probe;
  receiver.set_probe(&probe);
  std::size_t frames = 0;
  const AllocationCounter counter;
  receiver.push(x, [&](const WifiFrame&) { ++frames; });
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(frames, 1U);
}

}  // namespace
}  // namespace boresight::rx
