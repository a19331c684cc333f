#include "boresight/sync/sequence_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"
#include "boresight/sync/tone_canceller.h"

namespace boresight::sync {
namespace {

using Combining = SequenceSearch::Combining;
using Detections = std::vector<SequenceSearch::Detection>;

Detections run(SequenceSearch& search, std::span<const cf32> x, std::size_t piece = 100'000) {
  Detections all;
  while (!x.empty()) {
    auto in = x.first(std::min(piece, x.size()));
    x = x.subspan(in.size());
    SequenceSearch::Detection one[2];
    while (true) {
      const Progress p = search.process(in, one);
      all.insert(all.end(), one, one + p.produced);
      in = in.subspan(p.consumed);
      if (in.empty() && p.produced == 0) break;
    }
  }
  return all;
}

std::vector<cf32> sequence(std::size_t length) {
  Random random(100);
  std::vector<cf32> s(length);
  for (cf32& v : s) v = random.complex_normal();
  return s;
}

std::vector<cf32> scene(std::span<const cf32> sent, std::size_t total, std::size_t start, double frequency,
                        double snr_db, Random& random) {
  std::vector<cf32> x(total);
  for (std::size_t i = 0; i < sent.size(); ++i) x[start + i] = sent[i];
  for (std::size_t i = 0; i < total; ++i)
    x[i] *= cf32(std::polar(1.0, 0.4 + 2 * pi * frequency * static_cast<double>(i)));
  random.add_noise(x, static_cast<float>(power_from_db(-snr_db)));
  return x;
}

// Any length, segments down to one, both ways to combine, carrier offsets up to a third of a turn per
// segment.
TEST(SequenceSearch, FindsTheStartAndTheCarrier) {
  Random random(1);
  struct Case {
    std::size_t length, segments;
    Combining combining;
  };
  for (const Case& c : {Case{1024, 8, Combining::differential},
                        {1000, 5, Combining::differential},
                        {160, 2, Combining::differential},
                        {1024, 8, Combining::noncoherent},
                        {300, 1, Combining::noncoherent}}) {
    const auto sent = sequence(c.length);
    const auto s = static_cast<double>(c.length / c.segments);
    for (const double turns : {-0.3, 0.0, 0.2}) {
      SequenceSearch search({sent, c.segments, c.combining});
      const double frequency = turns / s;
      const double snr_db = 24 - 10 * std::log10(static_cast<double>(c.length)) + 5;
      const auto found = run(search, scene(sent, 30'000, 12'345, frequency, snr_db, random));
      ASSERT_EQ(found.size(), 1U) << c.length << " " << turns;
      EXPECT_EQ(found[0].start, 12'345U);
      if (c.combining == Combining::noncoherent) continue;
      // The two outer segments' phases, M - 1 segments apart, of 29 dB over M in each: five deviations.
      const auto m = static_cast<double>(c.segments);
      const double deviation = std::sqrt(m / power_from_db(28)) / (m - 1) / (2 * pi * s);
      EXPECT_NEAR(found[0].frequency, frequency, 5 * deviation) << c.length << " " << turns;
    }
  }
}

// On the ku PSS it is the dedicated search: same place, same statistic within what the window of the energy
// differs.
TEST(SequenceSearch, AgreesWithThePssSearch) {
  Random random(2);
  const auto body = std::vector<cf32>(pss().begin() + 32, pss().end());
  for (int trial = 0; trial < 20; ++trial) {
    PssSearch dedicated({});
    auto x = scene(pss(), dedicated.window_samples(), 3000, 1.1e-3, -8, random);
    const auto want = dedicated.process(x);
    ASSERT_TRUE(want);
    SequenceSearch search({.sequence = body, .segments = 8});
    x.resize(x.size() + 3 * search.latency_samples());
    const auto found = run(search, x);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].start, want->position);
    EXPECT_NEAR(found[0].frequency, want->frequency, 1e-7);
    EXPECT_NEAR(found[0].statistic, want->statistic, 0.03 * want->statistic);
  }
}

// Clumps of alarms count once here, as detections; statistics a segment apart share products and come in
// clumps of about two at these rates. 1e6 samples at 1e-4 per sample: between 0.3 and 1 of 100 alarms, and
// what the header says the measured power takes away (exp(-t^2 / 2 M S), 0.9).
TEST(SequenceSearch, AlarmsInNoiseAtTheRateAskedFor) {
  for (const auto combining : {Combining::differential, Combining::noncoherent}) {
    SequenceSearch search({sequence(512), 8, combining, 1e-4});
    Random random(3);
    std::size_t alarms = 0;
    std::vector<cf32> noise(100'000);
    for (int i = 0; i < 10; ++i) {
      for (cf32& s : noise) s = random.complex_normal(3.0F);
      alarms += run(search, noise).size();
    }
    EXPECT_GT(alarms, 40U);
    EXPECT_LT(alarms, 130U);
  }
}

// A carrier 20 dB above the signal, which is one itself to a detector of repetitions: to a sequence it is
// noise of a known place, and without the canceller too much of it.
TEST(SequenceSearch, FindsTheSequenceUnderACarrier) {
  Random random(4);
  const auto sent = sequence(1024);
  auto x = scene(sent, 200'000, 150'000, 1e-3, 0, random);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] += cf32(std::polar(10.0, 2 * pi * 0.2712345 * static_cast<double>(i)));
  SequenceSearch alone({.sequence = sent, .segments = 8});
  EXPECT_TRUE(run(alone, x).empty());
  ToneCanceller canceller({});
  canceller.process(x, x);
  SequenceSearch search({.sequence = sent, .segments = 8});
  const auto found = run(search, x);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].start, 150'000U);
}

TEST(SequenceSearch, NeitherScaleNorCutMatters) {
  Random random(5);
  const auto sent = sequence(400);
  const auto x = scene(sent, 20'000, 7000, 1e-4, 3, random);
  SequenceSearch whole({sent, 4});
  const auto want = run(whole, x);
  ASSERT_EQ(want.size(), 1U);
  for (const std::size_t piece : {1U, 7U, 1000U}) {
    SequenceSearch search({sent, 4});
    const auto got = run(search, x, piece);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].start, want[0].start);
    EXPECT_EQ(got[0].frequency, want[0].frequency);
    EXPECT_EQ(got[0].statistic, want[0].statistic);
  }
  for (const float scale : {1e-6F, 1e6F}) {
    auto y = x;
    for (cf32& s : y) s *= scale;
    SequenceSearch search({sent, 4});
    const auto got = run(search, y);
    ASSERT_EQ(got.size(), 1U) << scale;
    EXPECT_EQ(got[0].start, want[0].start);
  }
}

TEST(SequenceSearch, BadSamplesCostTheirBlocksAndSilenceIsNone) {
  Random random(6);
  const auto sent = sequence(400);
  auto x = scene(sent, 40'000, 30'000, 1e-4, 3, random);
  x[1000] = cf32(NAN, 0);
  x[9000] = cf32(std::numeric_limits<float>::infinity(), 0);
  x[15'000] = cf32(3e38F, 3e38F);
  SequenceSearch search({sent, 4});
  const auto found = run(search, x);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].start, 30'000U);
  search.reset();
  EXPECT_TRUE(run(search, std::vector<cf32>(20'000)).empty());
}

TEST(SequenceSearch, RefusesWhatCannotBe) {
  EXPECT_THROW(SequenceSearch({sequence(4), 2}), ConfigError);
  EXPECT_THROW(SequenceSearch({sequence(100), 7}), ConfigError);
  EXPECT_THROW(SequenceSearch({sequence(100), 1}), ConfigError);
  EXPECT_THROW(SequenceSearch({std::vector<cf32>(100), 2}), ConfigError);
  EXPECT_THROW(SequenceSearch({sequence(100), 2, Combining::differential, 0.0}), ConfigError);
}

}  // namespace
}  // namespace boresight::sync
