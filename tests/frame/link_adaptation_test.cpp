#include "boresight/frame/link_adaptation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::frame {
namespace {

using Config = LinkAdaptation::Config;

double threshold(Mcs mcs) {
  return mcs_info(mcs).threshold_snr_db;
}
double rate(Mcs mcs) {
  return mcs_info(mcs).bits_per_symbol * mcs_info(mcs).code_rate;
}

// A link whose frames are lost as the table says: 1e-2 at the threshold, ten times as many 0.1 dB below (the
// measured curves fall by that much in 0.05 to 0.1 dB).
struct Link {
  std::function<double(std::size_t)> snr_db;  // true, of frame n
  double measurement_error_db = 0.2;          // standard deviation: SNR from the 1020 subcarriers of an SSS
  double implementation_loss_db = 0;          // of a receiver that the table does not know
  std::size_t delay = 2;                      // frames until a report is back
};

struct Trace {
  std::vector<Mcs> sent;
  std::vector<bool> ok;
  double delivered = 0;  // bits per subcarrier, summed
  double possible = 0;   // by a choice that knows the SNR
  std::size_t lost(std::size_t from, std::size_t to) const {
    return static_cast<std::size_t>(std::count(ok.begin() + static_cast<std::ptrdiff_t>(from),
                                               ok.begin() + static_cast<std::ptrdiff_t>(to), false));
  }
  std::size_t changes(std::size_t from, std::size_t to) const {
    std::size_t n = 0;
    for (std::size_t i = from + 1; i < to; ++i) n += sent[i] != sent[i - 1];
    return n;
  }
};

Trace run(const Link& link, LinkAdaptation& adaptation, std::size_t frames, std::uint64_t seed) {
  Random random(seed);
  Trace out;
  std::vector<FrameReport> reports;
  for (std::size_t n = 0; n < frames; ++n) {
    if (n >= link.delay) adaptation.update(reports[n - link.delay]);
    const Mcs mcs = adaptation.mcs();
    const double snr = link.snr_db(n);
    const double spare = snr - link.implementation_loss_db - threshold(mcs);
    const bool ok = random.uniform() >= std::min(1.0, 0.01 * std::pow(10.0, -spare / 0.1));
    reports.push_back({mcs, snr + link.measurement_error_db * random.normal(), ok});
    out.sent.push_back(mcs);
    out.ok.push_back(ok);
    out.delivered += ok ? rate(mcs) : 0;
    double best = 0;
    for (std::size_t m = 0; m < mcs_count; ++m) {
      if (snr - link.implementation_loss_db >= threshold(static_cast<Mcs>(m))) {
        best = rate(static_cast<Mcs>(m));
      }
    }
    out.possible += best;
  }
  return out;
}

// Wherever the SNR stands, the choice comes to rest: on borders too. 0.2 dB is a fifth of the hysteresis.
TEST(LinkAdaptation, NoPingPongAtAnySnr) {
  for (double snr = -2; snr < 34; snr += 0.13) {
    LinkAdaptation adaptation({});
    const Trace r = run({.snr_db = [&](std::size_t) { return snr; }}, adaptation, 4000, 1);
    EXPECT_LE(r.changes(1500, 4000), 1U) << snr;
    if (snr > threshold(Mcs::qpsk_1_3) + 0.3) {
      EXPECT_EQ(r.lost(1500, 4000), 0U) << snr;
    }
    // At rest within margin, hysteresis and the error of measurement of what the SNR carries.
    const Mcs last = r.sent.back();
    if (last != Mcs::qam1024_3_4) {
      EXPECT_LT(snr, threshold(static_cast<Mcs>(static_cast<int>(last) + 1)) + 2.5) << snr;
    }
  }
}

// A satellite that goes down: 32 dB to -1 dB in 4000 frames. Each report is two frames old, 0.02 dB.
TEST(LinkAdaptation, FallingPass) {
  LinkAdaptation adaptation({});
  const auto falling = [](std::size_t n) {
    return n < 1000 ? 32.0 : 32.0 - 33.0 * static_cast<double>(n - 1000) / 4000;
  };
  const Trace r = run({.snr_db = falling}, adaptation, 5000, 2);
  std::size_t end = 5000;  // where not even the lowest works
  while (end > 0 && falling(end - 1) < threshold(Mcs::qpsk_1_3)) --end;
  EXPECT_LE(r.lost(1000, end), (end - 1000) / 200);
  EXPECT_GE(r.delivered, 0.80 * r.possible);
  // Downwards it goes only down, but for the odd step back that the error of measurement takes.
  std::size_t rises = 0;
  for (std::size_t n = 1001; n < end; ++n) rises += r.sent[n] > r.sent[n - 1];
  EXPECT_LE(rises, 1U);
}

// Down at once, as far as needed: the frames already on their way are lost, and no other. Up one by one.
TEST(LinkAdaptation, Steps) {
  const Config config;
  LinkAdaptation adaptation(config);
  const double high = threshold(Mcs::qam64_5_6) + 2.6;
  const double low = threshold(Mcs::qpsk_1_2) + 1.5;
  const auto step = [&](std::size_t n) { return n < 1500 || n >= 2000 ? high : low; };
  const Trace r = run({.snr_db = step, .measurement_error_db = 0.05}, adaptation, 4000, 3);
  EXPECT_GE(r.sent[1499], Mcs::qam64_5_6);
  EXPECT_EQ(r.lost(1000, 1500), 0U);
  EXPECT_EQ(r.lost(1500, 1502), 2U);
  EXPECT_EQ(r.lost(1502, 4000), 0U);
  EXPECT_LE(r.sent[1502], Mcs::qpsk_1_2);
  for (std::size_t n = 1; n < r.sent.size(); ++n) {
    EXPECT_LE(static_cast<int>(r.sent[n]) - static_cast<int>(r.sent[n - 1]), 1) << n;
  }
  std::size_t back = 2000;
  while (back < 4000 && r.sent[back] < r.sent[1499]) ++back;
  const auto steps = static_cast<std::size_t>(r.sent[1499]) - static_cast<std::size_t>(r.sent[1999]);
  EXPECT_GE(back - 2000, steps * config.frames_to_raise);
  EXPECT_LE(back - 2000, (steps + 2) * config.frames_to_raise + 60);  // the average takes its time
}

// A receiver 3 dB worse than the table says, at an SNR that promises 64-QAM and does not keep it: the outer
// loop finds that out, tries again now and then, and loses no more frames than it aims for. It does not mind
// a receiver as good as the table.
TEST(LinkAdaptation, OuterLoopSettlesAtItsErrorRate) {
  for (const double loss_db : {0.0, 3.0}) {
    LinkAdaptation adaptation({});
    const double snr = threshold(Mcs::qam64_2_3) + 2.2;
    const Trace r = run({.snr_db = [&](std::size_t) { return snr; }, .implementation_loss_db = loss_db},
                        adaptation, 40'000, 4);
    const std::size_t lost = r.lost(2000, 40'000);
    EXPECT_LE(lost, 570U) << loss_db;  // 1.5 %
    EXPECT_GE(r.delivered, 0.9 * r.possible) << loss_db;
    if (loss_db > 0) {
      EXPECT_GE(lost, 10U);
    } else {
      EXPECT_EQ(lost, 0U);
    }
  }
}

// An SNR that wavers by more than the hysteresis: patience makes the changes rare.
TEST(LinkAdaptation, PatienceMakesChangesRare) {
  const double snr = threshold(Mcs::qam64_2_3) + 2.2;
  const Link link{.snr_db = [&](std::size_t) { return snr; }, .measurement_error_db = 0.9};
  LinkAdaptation patient({});
  LinkAdaptation hasty({.max_patience = 1});
  const std::size_t rare = run(link, patient, 20'000, 5).changes(4000, 20'000);
  const std::size_t often = run(link, hasty, 20'000, 5).changes(4000, 20'000);
  EXPECT_GE(often, 40U);  // the case is one
  EXPECT_LE(rare, often / 4);
}

TEST(LinkAdaptation, MissedFramesLeadToTheLowest) {
  LinkAdaptation adaptation({.lowest = Mcs::qpsk_1_2});
  for (int n = 0; n < 1000; ++n) adaptation.update({adaptation.mcs(), 30.0, true});
  EXPECT_GE(adaptation.mcs(), Mcs::qam64_5_6);
  const Mcs before = adaptation.mcs();
  for (int n = 0; n < 3; ++n) EXPECT_EQ(adaptation.missed(), before);
  EXPECT_EQ(adaptation.missed(), Mcs::qpsk_1_2);
  EXPECT_FALSE(adaptation.average_snr_db().has_value());
  // A frame that is there ends the row.
  for (int n = 0; n < 1000; ++n) {
    adaptation.missed();
    adaptation.missed();
    adaptation.update({adaptation.mcs(), 30.0, true});
  }
  EXPECT_GE(adaptation.mcs(), Mcs::qpsk_1_2);
}

// Reports come from the air: nothing in them leads out of the table or makes the state anything but finite.
TEST(LinkAdaptation, AnyReportIsBorne) {
  Random random(6);
  LinkAdaptation adaptation({.lowest = Mcs::qpsk_3_4, .highest = Mcs::qam256_3_4});
  const double inf = std::numeric_limits<double>::infinity();
  const double values[] = {
      std::numeric_limits<double>::quiet_NaN(), inf, -inf, 1e308, -1e308, 0.0, 15.0, 40.0};
  for (int n = 0; n < 100'000; ++n) {
    const auto mcs = static_cast<Mcs>(random.below(256));
    const double snr = random.below(2) ? values[random.below(8)] : 60 * random.uniform() - 10;
    const Mcs next = adaptation.update({mcs, snr, random.below(2) != 0});
    ASSERT_GE(next, Mcs::qpsk_3_4);
    ASSERT_LE(next, Mcs::qam256_3_4);
    ASSERT_TRUE(std::isfinite(adaptation.offset_db()));
    ASSERT_GE(adaptation.offset_db(), 0.0);
    ASSERT_LE(adaptation.offset_db(), 21.0);
  }
  // And it still works.
  for (int n = 0; n < 60'000; ++n) adaptation.update({adaptation.mcs(), 45.0, true});
  EXPECT_EQ(adaptation.mcs(), Mcs::qam256_3_4);
}

TEST(LinkAdaptation, ConfigIsChecked) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NO_THROW(LinkAdaptation({.lowest = Mcs::qpsk_1_2, .highest = Mcs::qpsk_1_2}));
  EXPECT_THROW(LinkAdaptation({.lowest = Mcs::qam16_1_2, .highest = Mcs::qpsk_1_2}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.highest = static_cast<Mcs>(mcs_count)}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.margin_db = -1}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.hysteresis_db = nan}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.frames_to_raise = 0}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.averaging_frames = 0.5}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.target_error_rate = 0}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.error_step_db = 11}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.max_correction_db = 61}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.missed_to_lowest = 0}), ConfigError);
  EXPECT_THROW(LinkAdaptation({.max_patience = 0}), ConfigError);
}

}  // namespace
}  // namespace boresight::frame
