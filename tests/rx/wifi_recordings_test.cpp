// Every frame of recordings from the air: IEEE 802.11a stations, conducted, interleaved int16 at 20 Msps,
// with the idle time between frames cut down to 12 to 310 samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "rx/wifi_scene.h"

namespace boresight::rx {
namespace {

struct Expected {
  double start;
  double mbps;
  std::size_t length;
  double carrier_offset_hz;
  std::string sha256;
};

std::vector<Expected> expected_frames(const std::string& recording) {
  std::ifstream file(std::string(BORESIGHT_WIFI_DATA_DIR) + "/expected_frames.csv");
  std::vector<Expected> frames;
  std::string line;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::stringstream cut(line);
    for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
    // set,file,frame_idx,stf_start_sample,end_sample,phy,...: cfo_hz is 9, psdu_len 11, sha256_mpdu 16.
    if (cells.size() < 17 || cells[1] != recording) continue;
    frames.push_back({std::stod(cells[3]), std::stod(cells[5].substr(2)), std::stoul(cells[11]),
                      std::stod(cells[9]), cells[16]});
  }
  return frames;
}

std::vector<cf32> samples_of(const std::string& recording) {
  std::ifstream file(std::string(BORESIGHT_WIFI_DATA_DIR) + "/" + recording, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<cf32> x(bytes.size() / 4);
  const auto value = [&](std::size_t i) {
    const unsigned low = static_cast<unsigned char>(bytes[2 * i]);
    const unsigned high = static_cast<unsigned char>(bytes[2 * i + 1]);
    return static_cast<float>(static_cast<std::int16_t>(low | (high << 8))) / 32768.0F;
  };
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = {value(2 * i), value(2 * i + 1)};
  return x;
}

class WifiRecordings : public ::testing::TestWithParam<const char*> {};

TEST_P(WifiRecordings, EveryFrameIsReceived) {
  const auto expected = expected_frames(GetParam());
  const auto x = samples_of(GetParam());
  ASSERT_GE(expected.size(), 17U);
  ASSERT_FALSE(x.empty());
  WifiReceiver receiver({});
  const auto got = boresight::testing::receive(receiver, x, x.size());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(got[i].fcs_ok) << i;
    EXPECT_EQ(got[i].mbps, expected[i].mbps) << i;
    EXPECT_EQ(got[i].psdu.size(), expected[i].length) << i;
    EXPECT_EQ(to_hex(sha256(got[i].psdu)), expected[i].sha256) << i;  // with the FCS
    EXPECT_NEAR(static_cast<double>(got[i].start), expected[i].start, 2.0) << i;
    // Two estimators, of which the list's is from the training symbols alone.
    EXPECT_NEAR(got[i].carrier_offset_hz, expected[i].carrier_offset_hz, 1500.0) << i;
    EXPECT_GT(got[i].mer_db, 25.0) << i;
  }
  EXPECT_EQ(receiver.stats().signal_errors, 0U);
}

TEST_P(WifiRecordings, TheCutDoesNotMatter) {
  const auto x = samples_of(GetParam());
  WifiReceiver whole({});
  const auto expected = boresight::testing::receive(whole, x, x.size());
  ASSERT_FALSE(expected.empty());
  for (const std::size_t piece : {1U, 7U, 1000U, 100'000U}) {
    WifiReceiver receiver({});
    EXPECT_EQ(boresight::testing::receive(receiver, x, piece), expected) << piece;
  }
}

// --- the same recordings, worse ---------------------------------------------------------------------------

double mean_power(std::span<const cf32> x) {
  double sum = 0;
  for (const cf32 s : x) sum += std::norm(cf64(s));
  return sum / static_cast<double>(x.size());
}

// What a receiver with a clock faster by `ppm` samples: a sinc under a Blackman-Harris window, 48 samples to
// either side, whose images are below -90 dB in the 8.3 MHz that the signal has of 10.
std::vector<cf32> resampled(std::span<const cf32> x, double ppm) {
  constexpr std::ptrdiff_t half = 48;
  std::vector<cf32> out;
  for (std::size_t n = 0;; ++n) {
    const double t = static_cast<double>(n) / (1 + 1e-6 * ppm);
    if (t > static_cast<double>(x.size() - 1)) return out;
    const auto middle = static_cast<std::ptrdiff_t>(t);
    const double part = t - static_cast<double>(middle);
    if (part < 1e-9) {
      out.push_back(x[static_cast<std::size_t>(middle)]);
      continue;
    }
    // sin(pi (part - k)) differs from sin(pi part) by its sign only.
    const double sine = std::sin(pi * part) / pi;
    cf64 sum = 0;
    for (std::ptrdiff_t k = std::max(1 - half, -middle);
         k <= half && middle + k < static_cast<std::ptrdiff_t>(x.size()); ++k) {
      const double d = part - static_cast<double>(k);
      const double c = std::cos(pi * d / half);
      const double window = 0.35875 + 0.48829 * c + 0.14128 * (2 * c * c - 1) + 0.01168 * c * (4 * c * c - 3);
      sum += (k % 2 == 0 ? sine : -sine) / d * window * cf64(x[static_cast<std::size_t>(middle + k)]);
    }
    out.push_back(cf32(sum));
  }
}

// All frames, whole and in order; `scale` turns places of the list into those of `x`.
void expect_all(std::span<const cf32> x, const std::vector<Expected>& expected, const std::string& what,
                double scale = 1.0, double tolerance = 2.0) {
  WifiReceiver receiver({});
  std::vector<boresight::testing::Received> good;
  for (const auto& f : boresight::testing::receive(receiver, x, 5000)) {
    if (f.fcs_ok) good.push_back(f);
  }
  ASSERT_EQ(good.size(), expected.size()) << what;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(to_hex(sha256(good[i].psdu)), expected[i].sha256) << what << ' ' << i;
    EXPECT_NEAR(static_cast<double>(good[i].start), expected[i].start * scale, tolerance) << what << ' ' << i;
  }
}

double snr_that_must_do(const std::string& recording) {
  return recording.find("_6m") != std::string::npos || recording.find("_12m") != std::string::npos ? 12.0
                                                                                                   : 24.0;
}

TEST_P(WifiRecordings, NoiseCarrierAndClockOffsetsAloneAndTogether) {
  const auto expected = expected_frames(GetParam());
  const auto recorded = samples_of(GetParam());
  const auto noise = static_cast<float>(mean_power(recorded) / power_from_db(snr_that_must_do(GetParam())));
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto x = recorded;
    Random(seed).add_noise(x, noise);
    expect_all(x, expected, "noise " + std::to_string(seed));
  }
  for (const double sign : {-1.0, 1.0}) {
    auto x = recorded;
    boresight::testing::turn(x, sign * 100e3 / 20e6);
    expect_all(x, expected, "carrier");
    const double scale = 1 + sign * 40e-6;
    const auto clocked = resampled(recorded, sign * 40);
    expect_all(clocked, expected, "clock", scale);
    for (const double other : {-1.0, 1.0}) {
      x = clocked;
      boresight::testing::turn(x, other * 100e3 / 20e6);
      Random(6).add_noise(x, noise);
      expect_all(x, expected, "together", scale);
    }
  }
}

TEST_P(WifiRecordings, TheCutDoesNotMatterInNoiseEither) {
  auto x = resampled(samples_of(GetParam()), 40);
  boresight::testing::turn(x, -100e3 / 20e6);
  Random(7).add_noise(x, static_cast<float>(mean_power(x) / power_from_db(snr_that_must_do(GetParam()))));
  WifiReceiver whole({});
  const auto expected = boresight::testing::receive(whole, x, x.size());
  ASSERT_EQ(expected.size(), expected_frames(GetParam()).size());
  for (const std::size_t piece : {1U, 7U, 333U, 1000U, 100'000U}) {
    WifiReceiver receiver({});
    EXPECT_EQ(boresight::testing::receive(receiver, x, piece), expected) << piece;
  }
}

// What cheaper receivers do to a signal.
TEST_P(WifiRecordings, ReceiverFaults) {
  const auto expected = expected_frames(GetParam());
  const auto recorded = samples_of(GetParam());
  const double rms = std::sqrt(mean_power(recorded));

  auto x = recorded;  // a constant as strong as the signal
  for (cf32& s : x) s += static_cast<float>(rms) * cf32(0.6F, -0.8F);
  expect_all(x, expected, "constant");

  x = recorded;  // 0.5 dB and 3 degrees between I and Q: an image at -29 dB
  const auto gain = static_cast<float>(amplitude_from_db(0.5));
  const float skew = std::sin(3.0F * static_cast<float>(pi) / 180.0F);
  for (cf32& s : x) s = {s.real() * gain, s.imag() + skew * s.real()};
  expect_all(x, expected, "imbalance");

  x = recorded;  // clipped 10 dB above the mean of an axis: frames with high peaks are left with 27 dB
  const auto limit = static_cast<float>(rms * std::sqrt(0.5) * amplitude_from_db(10.0));
  for (cf32& s : x) s = {std::clamp(s.real(), -limit, limit), std::clamp(s.imag(), -limit, limit)};
  expect_all(x, expected, "clipped");

  x = recorded;  // 6 bits
  const auto step = static_cast<float>(rms / 8);
  for (cf32& s : x) s = {step * std::round(s.real() / step), step * std::round(s.imag() / step)};
  expect_all(x, expected, "coarse");

  x = recorded;  // every frame 20 dB stronger or weaker than the one before, the step 4 us into its beginning
  for (std::size_t i = 1; i < expected.size(); i += 2) {
    const auto from = static_cast<std::size_t>(expected[i].start) + 80;
    const auto to = i + 1 < expected.size() ? static_cast<std::size_t>(expected[i + 1].start) + 80 : x.size();
    for (std::size_t n = from; n < to; ++n) x[n] *= 0.1F;
  }
  expect_all(x, expected, "gain steps");

  // A recording that begins 2 us late, within the first short training field.
  auto late = expected;
  const auto cut = static_cast<std::size_t>(expected[0].start) + 40;
  for (Expected& e : late) e.start = std::max(e.start - static_cast<double>(cut), 0.0);
  expect_all(std::span(recorded).subspan(cut), late, "late");
}

// Frames of others in between and over the gaps, from none to weak ones over whole frames.
TEST_P(WifiRecordings, OthersOnTheAir) {
  const auto expected = expected_frames(GetParam());
  const auto recorded = samples_of(GetParam());
  const double power = mean_power(recorded);
  tx::WifiTransmitter transmitter({});

  // Each frame is followed at once by an HT frame of another station, 10 dB weaker.
  std::vector<cf32> x;
  auto moved = expected;
  std::size_t from = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t to =
        i + 1 < expected.size() ? static_cast<std::size_t>(expected[i + 1].start) : recorded.size();
    moved[i].start = expected[i].start + static_cast<double>(x.size()) - static_cast<double>(from);
    boresight::testing::append(x, std::span(recorded).subspan(from, to - from));
    from = to;
    const frame::HtSignal signal{.mcs = static_cast<std::uint8_t>(i % 8),
                                 .length = 200,
                                 .ldpc = i % 4 == 1,
                                 .short_guard = i % 2 == 0};
    std::vector<cf32> other(transmitter.frame_samples(signal));
    transmitter.transmit(signal, boresight::testing::random_psdu(200, i), 0x5D, other);
    boresight::testing::turn(other, 0.002);
    for (cf32& s : other) s *= static_cast<float>(std::sqrt(0.1 * power));
    boresight::testing::append(x, other);
  }
  WifiReceiver receiver({});
  std::size_t ours = 0;
  std::size_t theirs = 0;
  for (const auto& f : boresight::testing::receive(receiver, x, 5000)) {
    if (!f.fcs_ok) continue;
    if (ours < moved.size() && to_hex(sha256(f.psdu)) == moved[ours].sha256) {
      EXPECT_NEAR(static_cast<double>(f.start), moved[ours].start, 2.0);
      ++ours;
    } else {
      ++theirs;
    }
  }
  EXPECT_EQ(ours, expected.size());
  EXPECT_EQ(theirs, expected.size());

  // A long frame 25 dB (6 and 12 Mbit/s: 15 dB) weaker lies over everything.
  auto under = recorded;
  const auto level =
      static_cast<float>(std::sqrt(power * power_from_db(snr_that_must_do(GetParam()) > 20 ? -25.0 : -15.0)));
  for (std::size_t at = 500; at < under.size();) {
    const auto other =
        boresight::testing::send(transmitter, frame::WifiRate::r6, boresight::testing::random_psdu(1500, at));
    for (std::size_t n = 0; n < other.size() && at + n < under.size(); ++n) under[at + n] += level * other[n];
    at += other.size() + 300;
  }
  // Its own training under that of a frame is an echo to all appearances, and may be taken for a first path.
  expect_all(under, expected, "under", 1.0, 12.0);
}

INSTANTIATE_TEST_SUITE_P(Dot11a, WifiRecordings,
                         ::testing::Values("dot11a_6mbps.cs16", "dot11a_12mbps.cs16", "dot11a_24mbps.cs16",
                                           "dot11a_48mbps.cs16"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name.substr(7, name.find('.') - 7);
                         });

}  // namespace
}  // namespace boresight::rx
