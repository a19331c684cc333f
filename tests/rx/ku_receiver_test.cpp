#include "boresight/rx/ku_receiver.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "support/ku_link.h"

namespace boresight::rx {
namespace {

struct Received {
  std::vector<KuFrame> frames;  // payload spans are not valid any more
  std::vector<std::vector<std::uint8_t>> payloads;
  KuReceiver::Stats stats;
};

Received receive(std::span<const cf32> samples, std::size_t piece = 50'000, KuReceiver::Config config = {}) {
  KuReceiver receiver(config);
  Received out;
  const auto handler = [&](const KuFrame& frame) {
    out.frames.push_back(frame);
    out.payloads.emplace_back(frame.payload.begin(), frame.payload.end());
  };
  for (std::size_t i = 0; i < samples.size(); i += piece) {
    receiver.push(samples.subspan(i, std::min(piece, samples.size() - i)), handler);
  }
  out.stats = receiver.stats();
  return out;
}

// Each modulation and coding at 2 dB above where it begins to work.
TEST(KuReceiver, DecodesEveryMcs) {
  const double snr_db[frame::mcs_count] = {2.0, 4.0, 7.0, 9.5, 14.0, 18.0, 22.0, 25.0, 27.5, 31.0};
  for (std::size_t m = 0; m < frame::mcs_count; ++m) {
    const auto mcs = static_cast<frame::Mcs>(m);
    const auto link = test::run({.mcs = mcs,
                                 .frames = 2,
                                 .payload_bytes = frame::max_payload_bytes(mcs),
                                 .snr_db = snr_db[m],
                                 .lead_samples = 3210.4,
                                 .carrier_offset = 0.7 / 1024});
    const auto received = receive(link.samples);
    ASSERT_EQ(received.frames.size(), 2U) << frame::mcs_info(mcs).name;
    EXPECT_EQ(received.payloads, link.payloads) << frame::mcs_info(mcs).name;
    for (const KuFrame& f : received.frames) {
      EXPECT_NEAR(f.snr_db, snr_db[m], 0.5);
      EXPECT_NEAR(f.mer_db, snr_db[m], 0.7);
      EXPECT_NEAR(f.carrier_offset_hz, 0.7 * 19531.25, 10.0);
    }
  }
}

// Integer and fractional offsets to +-2.4 subcarriers, and any start, fractions of a sample too.
TEST(KuReceiver, AcquiresAnyStartAndCarrier) {
  std::uint64_t seed = 1;
  for (const double subcarriers : {-2.4, -1.5, -1.0, -0.37, 0.5, 1.0, 1.73, 2.4}) {
    const auto link = test::run({.frames = 1,
                                 .snr_db = 6,
                                 .lead_samples = 37 + 1733.25 * static_cast<double>(seed),
                                 .carrier_offset = subcarriers / 1024,
                                 .seed = seed});
    const auto received = receive(link.samples);
    ASSERT_EQ(received.frames.size(), 1U) << subcarriers;
    EXPECT_EQ(received.payloads, link.payloads);
    EXPECT_NEAR(static_cast<double>(received.frames[0].start_sample),
                37 + 1733.25 * static_cast<double>(seed), 1.0);
    ++seed;
  }
}

TEST(KuReceiver, AcquiresAFrameThatStartsWithTheStream) {
  const auto link = test::run({.frames = 1, .lead_samples = 0});
  EXPECT_EQ(receive(link.samples).payloads, link.payloads);
}

// The worst that ku20 meets: 45 kHz/s / 12 of Doppler rate is ten times the pass's 375 Hz/s, 25 ppm of clock
// with 20 ppm of Doppler stretch on top, and an oscillator of 3 Hz linewidth.
TEST(KuReceiver, TracksDopplerRateClockOffsetAndPhaseNoise) {
  const double fs = 20e6;
  for (const double sign : {-1.0, 1.0}) {
    const auto link = test::run({.frames = 8,
                                 .payload_bytes = frame::max_payload_bytes(frame::Mcs::qpsk_1_2),
                                 .snr_db = 5,
                                 .carrier_offset = sign * 1.2 / 1024,
                                 .carrier_rate = -sign * 3750 / fs / fs,
                                 .clock_ppm = sign * 45,
                                 .phase_walk_variance = 2 * pi * 3.0 / fs});
    const auto received = receive(link.samples);
    ASSERT_EQ(received.frames.size(), 8U);
    EXPECT_EQ(received.payloads, link.payloads);
    EXPECT_NEAR(received.frames.back().clock_offset_ppm, sign * 45, 1.0);
    EXPECT_EQ(received.stats.headers_failed, 0U);
    EXPECT_EQ(received.stats.frames_missed, 0U);
  }
}

// The header must be read 3 dB below the most robust payload, which begins to fail at about 0 dB.
TEST(KuReceiver, ReadsHeadersThreeDecibelsBelowTheMostRobustPayload) {
  const auto link = test::run({.mcs = frame::Mcs::qpsk_1_3,
                               .frames = 12,
                               .payload_bytes = frame::max_payload_bytes(frame::Mcs::qpsk_1_3),
                               .snr_db = -4,
                               .carrier_offset = 1.1 / 1024,
                               .clock_ppm = -20});
  const auto received = receive(link.samples);
  EXPECT_EQ(received.frames.size(), 12U);
  EXPECT_EQ(received.stats.frames_ok, 0U);
  for (std::size_t f = 0; f < received.frames.size(); ++f) {
    EXPECT_EQ(received.frames[f].header.sequence, f);
    EXPECT_TRUE(received.payloads[f].empty());  // nothing that failed its CRC is handed out
  }
}

TEST(KuReceiver, ResultsDoNotDependOnHowTheStreamIsCut) {
  const auto link = test::run({.frames = 2, .snr_db = 3, .carrier_offset = 0.9 / 1024, .clock_ppm = 20});
  const auto whole = receive(link.samples, link.samples.size());
  ASSERT_EQ(whole.frames.size(), 2U);
  for (const std::size_t piece : {1U, 7U, 1000U, 100'000U}) {
    const auto cut = receive(link.samples, piece);
    ASSERT_EQ(cut.frames.size(), whole.frames.size()) << piece;
    EXPECT_EQ(cut.payloads, whole.payloads);
    for (std::size_t f = 0; f < whole.frames.size(); ++f) {
      EXPECT_EQ(cut.frames[f].start_sample, whole.frames[f].start_sample);
      EXPECT_EQ(cut.frames[f].carrier_offset_hz, whole.frames[f].carrier_offset_hz);
      EXPECT_EQ(cut.frames[f].mer_db, whole.frames[f].mer_db);
    }
  }
}

TEST(KuReceiver, NoiseGivesNothing) {
  std::vector<cf32> noise(2'000'000);
  Random(9).add_noise(noise, 0.1F);
  const auto received = receive(noise);
  EXPECT_EQ(received.frames.size(), 0U);
  EXPECT_EQ(received.stats.frames_detected, 0U);
}

// 100,000 samples lost in the second of three frames, told by skip(): that frame alone is lost.
TEST(KuReceiver, AKnownGapCostsTheFrameItFallsIn) {
  const auto link = test::run({.frames = 3, .payload_bytes = frame::max_payload_bytes(frame::Mcs::qpsk_1_2)});
  KuReceiver receiver({});
  std::vector<std::uint32_t> good;
  const auto handler = [&](const KuFrame& f) {
    if (f.ok) good.push_back(f.header.sequence);
  };
  const std::span<const cf32> all(link.samples);
  receiver.push(all.first(500'000), handler);
  receiver.skip(100'000, handler);
  receiver.push(all.subspan(600'000), handler);
  EXPECT_EQ(good, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_TRUE(receiver.locked());
}

TEST(KuReceiver, ALongGapStartsTheSearchAnew) {
  const auto link = test::run({.frames = 2});
  KuReceiver receiver({});
  std::vector<std::int64_t> starts;
  const auto handler = [&](const KuFrame& f) {
    if (f.ok) starts.push_back(f.start_sample);
  };
  receiver.push(link.samples, handler);
  receiver.skip(1'000'000'000'000, handler);
  receiver.push(link.samples, handler);
  ASSERT_EQ(starts.size(), 4U);
  EXPECT_EQ(starts[2] - starts[0], static_cast<std::int64_t>(1'000'000'000'000 + link.samples.size()));
}

TEST(KuReceiver, NumbersOfSamplesSaturate) {
  const auto link = test::run({.frames = 1});
  KuReceiver receiver({});
  std::vector<std::int64_t> starts;
  const auto handler = [&](const KuFrame& f) { starts.push_back(f.start_sample); };
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t lost : {most, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1, most}) {
    receiver.skip(lost, handler);
    receiver.push(link.samples, handler);
  }
  ASSERT_EQ(starts.size(), 4U);
  for (const std::int64_t start : starts) {
    EXPECT_GE(start, std::int64_t{1} << 62);
    EXPECT_LT(start, (std::int64_t{1} << 62) + static_cast<std::int64_t>(link.samples.size()));
  }
}

// A gap of 200,000 samples under a carrier 20 dB above the signal: the canceller goes on behind it as before,
// and the frame behind the gap, at a modulation that needs its absence, is read.
TEST(KuReceiver, AKnownGapUnderACarrierCostsTheFrameItFallsIn) {
  auto link = test::run({.mcs = frame::Mcs::qam16_1_2,
                         .frames = 3,
                         .payload_bytes = frame::max_payload_bytes(frame::Mcs::qam16_1_2),
                         .snr_db = 20,
                         .lead_samples = 200'000});
  for (std::size_t i = 0; i < link.samples.size(); ++i) {
    const double turns = 0.1234567 * static_cast<double>(i);
    link.samples[i] += cf32(std::polar(10.0, 2 * pi * (turns - std::floor(turns))));
  }
  KuReceiver receiver({});
  std::vector<std::uint32_t> good;
  const auto handler = [&](const KuFrame& f) {
    if (f.ok) good.push_back(f.header.sequence);
  };
  const std::span<const cf32> all(link.samples);
  receiver.push(all.first(636'000), handler);
  receiver.skip(200'000, handler);  // to 4,000 samples before the third frame
  receiver.push(all.subspan(836'000), handler);
  EXPECT_EQ(good, (std::vector<std::uint32_t>{0, 2}));
}

// A fade of a whole frame: the receiver stays locked to the raster and takes the next frame at once.
TEST(KuReceiver, FreewheelsThroughAFade) {
  auto link = test::run({.frames = 3, .clock_ppm = 30});
  Random random(3);
  for (std::size_t i = 320'000; i < 640'500; ++i) link.samples[i] = random.complex_normal(0.01F);
  const auto received = receive(link.samples);
  ASSERT_EQ(received.frames.size(), 2U);
  EXPECT_EQ(received.frames[1].header.sequence, 2U);
  EXPECT_EQ(received.stats.frames_missed, 1U);
}

// The slot's SSS is there, its header is not (a stranger on the same raster), and the satellite's frame clock
// has jumped by 100,000 samples: the frame that lies between this slot and the next is found.
TEST(KuReceiver, AnUnreadableHeaderDoesNotEndTheSearchBetweenSlots) {
  const auto link = test::run({.frames = 2, .snr_db = 10, .lead_samples = 20'000, .tail_samples = 40'000});
  constexpr std::size_t slot = 340'000;
  std::vector<cf32> samples(link.samples.begin(), link.samples.begin() + slot + 2112);
  Random random(7);
  while (samples.size() < slot + 100'000) samples.push_back(random.complex_normal());
  samples.insert(samples.end(), link.samples.begin() + slot, link.samples.end());
  const auto received = receive(samples);
  EXPECT_EQ(received.stats.headers_failed, 1U);
  EXPECT_EQ(received.payloads, link.payloads);
}

// Damage of every kind: wrong payloads never, and the receiver goes on.
TEST(KuReceiver, SurvivesDamagedSamples) {
  const auto link = test::run({.frames = 4});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int kind = 0; kind < 4; ++kind) {
    auto samples = link.samples;
    for (std::size_t i = 400'000; i < 401'000; ++i) {
      samples[i] = kind == 0   ? cf32(nan, 0)
                   : kind == 1 ? cf32(1e30F, 1e30F)
                   : kind == 2 ? cf32(0)
                               : cf32(1, 1);
    }
    const auto received = receive(samples);
    std::size_t good = 0;
    for (std::size_t f = 0; f < received.frames.size(); ++f) {
      if (!received.frames[f].ok) continue;
      ++good;
      EXPECT_EQ(received.payloads[f], link.payloads[received.frames[f].header.sequence]) << kind;
    }
    EXPECT_GE(good, 3U) << kind;
  }
}

// PSS and SSS of a stranger: headers that cannot be read, at every way to cut the stream. Then a frame of
// ours.
TEST(KuReceiver, PassesStrangersFramesAndReadsTheNext) {
  auto link = test::run({.frames = 2, .snr_db = 10, .lead_samples = 20'000, .tail_samples = 40'000});
  Random random(5);
  for (std::size_t i = 20'000 + 2112; i < 335'000; ++i) link.samples[i] = random.complex_normal();
  const auto whole = receive(link.samples, link.samples.size());
  EXPECT_EQ(whole.stats.headers_failed, 1U);
  ASSERT_EQ(whole.frames.size(), 1U);
  EXPECT_EQ(whole.payloads[0], link.payloads[1]);
  for (const std::size_t piece : {1U, 64U, 560U, 1000U, 4096U, 8192U}) {
    const auto cut = receive(link.samples, piece);
    ASSERT_EQ(cut.frames.size(), 1U) << piece;
    EXPECT_EQ(cut.payloads, whole.payloads);
    EXPECT_EQ(cut.stats.candidates, whole.stats.candidates) << piece;
  }
}

// Damage at every place of the first symbols of a frame: never a wrong payload, and the frame behind is read.
TEST(KuReceiver, SurvivesDamageAtEverySyncSymbol) {
  const auto link = test::run({.frames = 2, .snr_db = 15, .lead_samples = 3000});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const cf32 damage[] = {{nan, nan}, {1e30F, -1e30F}, {0, 0}, {3, 3}};
  for (std::size_t from = 0; from < 4300; from += 430) {
    auto samples = link.samples;
    for (std::size_t i = 0; i < 430; ++i) samples[3000 + from + i] = damage[from / 430 % 4];
    for (const std::size_t piece : {100U, 8192U}) {
      const auto received = receive(samples, piece);
      ASSERT_FALSE(received.frames.empty()) << from;
      for (std::size_t f = 0; f < received.frames.size(); ++f) {
        if (!received.frames[f].ok) continue;
        EXPECT_EQ(received.payloads[f], link.payloads[received.frames[f].header.sequence]);
      }
      EXPECT_EQ(received.frames.back().header.sequence, 1U) << from;
      EXPECT_TRUE(received.frames.back().ok) << from;
    }
  }
}

// Any waveform that repeats every 128 samples looks like a PSS to the search; each look-alike costs one
// confirmation, no position is searched twice, and nothing comes of it.
TEST(KuReceiver, ARepeatingSignalCostsLittleAndGivesNothing) {
  std::vector<cf32> samples(1'000'000);
  Random random(6);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = i < 128 ? random.complex_normal() : samples[i - 128];
  random.add_noise(samples, 0.01F);
  const auto received = receive(samples);
  EXPECT_EQ(received.stats.frames_detected, 0U);
  EXPECT_GT(received.stats.candidates, 0U);
  EXPECT_LE(received.stats.candidates, samples.size() / 128);
}

// The configured clock offset is one that works.
TEST(KuReceiver, FollowsTheLargestClockOffset) {
  const auto link = test::run({.frames = 3, .payload_bytes = 30'000, .snr_db = 10, .clock_ppm = 115});
  KuReceiver::Config config;
  config.max_clock_offset_ppm = 120;
  EXPECT_EQ(receive(link.samples, 50'000, config).payloads, link.payloads);
}

// A gain that steps by 1 dB within a frame, as new weights may make it, costs 64-QAM nothing.
TEST(KuReceiver, FollowsTheGain) {
  auto link = test::run({.mcs = frame::Mcs::qam64_2_3,
                         .frames = 1,
                         .payload_bytes = frame::max_payload_bytes(frame::Mcs::qam64_2_3),
                         .snr_db = 18});
  for (std::size_t i = 150'000; i < link.samples.size(); ++i) link.samples[i] *= 1.12F;
  EXPECT_EQ(receive(link.samples).payloads, link.payloads);
}

TEST(KuReceiver, RefusesWhatCannotBe) {
  EXPECT_THROW(KuReceiver({.sample_rate_hz = 0}), ConfigError);
  EXPECT_THROW(KuReceiver({.sample_rate_hz = std::numeric_limits<double>::quiet_NaN()}), ConfigError);
  EXPECT_THROW(KuReceiver({.max_clock_offset_ppm = -1}), ConfigError);
  EXPECT_THROW(KuReceiver({.max_clock_offset_ppm = 121}), ConfigError);
  EXPECT_THROW(KuReceiver({.demodulator = {.phase_walk_variance = std::numeric_limits<double>::quiet_NaN()}}),
               ConfigError);
  EXPECT_THROW(KuReceiver({.demodulator = {.drift_walk_variance = -1}}), ConfigError);
}

}  // namespace
}  // namespace boresight::rx
