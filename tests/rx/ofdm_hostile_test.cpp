// Signals made to break the burst receiver, to cost it time, or to make it believe something.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "boresight/rx/ofdm_receiver.h"
#include "rx/ofdm_scene.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using frame::Mcs;

// Every payload that is delivered is one of those that were sent.
std::size_t good_ones(const std::vector<Received>& received, const std::vector<Bytes>& sent) {
  std::size_t good = 0;
  for (const Received& r : received) {
    if (!r.ok) {
      EXPECT_TRUE(r.payload.empty());
      continue;
    }
    EXPECT_NE(std::find(sent.begin(), sent.end(), r.payload), sent.end());
    ++good;
  }
  return good;
}

TEST(OfdmHostile, TruncatedAnywhere) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  OfdmReceiver receiver({.numerology = lab5()});
  const std::vector<Bytes> sent{random_bytes(150, 1)};
  const auto burst = send(transmitter, Mcs::qpsk_3_4, 0, sent[0]);
  std::size_t truncated = 0;
  for (std::size_t length = 0; length < burst.size(); length += 61) {
    GridBuffer<cf32> early(1, 500 + length);
    add(early.row(0), 500, std::span(burst).first(length), 1);
    add_noise(early, 1e-3, length + 1);
    // Samples that windows before the prefix's end leave over, and a tail that is noise.
    EXPECT_EQ(good_ones(receive(receiver, early), sent), length + 20 > burst.size() ? 1U : 0U) << length;
    GridBuffer<cf32> late(1, burst.size() - length + 300);
    add(late.row(0), 0, std::span(burst).subspan(length), 1);
    add_noise(late, 1e-3, length + 1);
    const std::size_t good = good_ones(receive(receiver, late), sent);
    if (length == 0) {
      EXPECT_EQ(good, 1U);
    }
    if (length > receiver.burst().repetition_samples()) {
      EXPECT_EQ(good, 0U) << length;
    }
  }
  truncated = receiver.stats().truncated;
  EXPECT_GT(truncated, 10U);
}

TEST(OfdmHostile, AnotherBurstOnTop) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  OfdmReceiver receiver({.numerology = lab5()});
  const std::vector<Bytes> sent{random_bytes(800, 1), random_bytes(200, 2), random_bytes(100, 3)};
  const auto weak = send(transmitter, Mcs::qpsk_1_2, 0, sent[0]);
  const auto strong = send(transmitter, Mcs::qam16_1_2, 1, sent[1]);
  const auto later = send(transmitter, Mcs::qpsk_1_2, 2, sent[2]);
  // The strong one begins anywhere in the weak one, its preamble and header included; another follows.
  for (std::size_t at = 0; at < weak.size(); at += 401) {
    GridBuffer<cf32> x(1, weak.size() + strong.size() + later.size() + 3000);
    add(x.row(0), 1000, weak, 1, 1e-3);
    add(x.row(0), 1000 + at, strong, 10, -1e-3);
    add(x.row(0), 1500 + weak.size() + strong.size(), later, 3);
    add_noise(x, 1e-2, at + 1);
    const auto received = receive(receiver, x);
    EXPECT_GE(good_ones(received, sent), 2U) << at;
    EXPECT_EQ(std::count_if(received.begin(), received.end(),
                            [](const Received& r) { return r.ok && r.sequence == 1; }),
              1)
        << at;
  }
}

TEST(OfdmHostile, NumbersThatAreNone) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  OfdmReceiver receiver({.numerology = lab5(), .antennas = 2});
  const std::vector<Bytes> sent{random_bytes(300, 1), random_bytes(300, 2)};
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Random random(3);
  for (int trial = 0; trial < 30; ++trial) {
    const auto one = send(transmitter, Mcs::qpsk_1_2, 0, sent[0]);
    const auto two = send(transmitter, Mcs::qpsk_1_2, 1, sent[1]);
    GridBuffer<cf32> x(2, one.size() + two.size() + 3000);
    for (std::size_t a = 0; a < 2; ++a) {
      add(x.row(a), 1000, one, 1);
      add(x.row(a), 2000 + one.size(), two, 1);
    }
    add_noise(x, 1e-3, static_cast<std::uint64_t>(trial));
    for (int i = 0; i < 1 + 10 * trial; ++i) {
      const std::size_t at = random.below(static_cast<std::uint32_t>(one.size() + 900));
      const cf32 values[] = {{nan, 0}, {0, inf}, {-inf, nan}, {1e30F, -1e38F}};
      x(random.below(2), at) = values[random.below(4)];
    }
    EXPECT_GE(good_ones(receive(receiver, x), sent), 1U) << trial;  // the second has none
  }
  EXPECT_GT(receiver.stats().cleaned_samples, 1000U);
}

// Work per sample is counted: a stretch is demodulated five times at most, and each detection, of which there
// is one in half of the parts' length, costs a training's search.
double transforms_per_sample(OfdmReceiver& receiver, std::span<const cf32> x,
                             std::vector<Received>& received) {
  const auto before = receiver.stats().transformed_symbols;
  const auto handler = keep_in(received);
  for (std::size_t i = 0; i < x.size(); i += 5000) {
    receiver.push(x.subspan(i, std::min<std::size_t>(5000, x.size() - i)), handler);
  }
  receiver.flush(handler);
  return static_cast<double>(receiver.stats().transformed_symbols - before) / static_cast<double>(x.size());
}

TEST(OfdmHostile, WorkIsBounded) {
  for (const auto& n : {lab5(), ofdm::wifi20()}) {
    tx::OfdmTransmitter transmitter({.numerology = n});
    OfdmReceiver receiver({.numerology = n});
    const auto& burst = receiver.burst();
    const std::size_t candidates = 17;  // of the carrier offset at most
    const double bound =
        5.0 / static_cast<double>(n.symbol_samples()) +
        (4.0 * static_cast<double>(candidates) + 8 + 4.0 * static_cast<double>(burst.header_symbols())) /
            (0.5 * static_cast<double>(burst.repetition_samples()));
    Random random(5);
    const auto longest = send(transmitter, Mcs::qpsk_1_3, 0, random_bytes(4096, 1));
    constexpr std::size_t length = 100'000;
    const auto filled = [&](auto&& value) {
      std::vector<cf32> x(length);
      for (std::size_t i = 0; i < length; ++i) x[i] = value(i);
      random.add_noise(x, 1e-3F);
      return x;
    };
    const std::size_t head = burst.preamble_samples() + burst.header_symbols() * n.symbol_samples();
    const std::vector<cf32> signals[] = {
        std::vector<cf32>(length),
        std::vector<cf32>(length, cf32(0.7F, 0.1F)),
        filled([](std::size_t i) { return cf32(std::polar(1.0, 0.3 * static_cast<double>(i))); }),
        filled([&](std::size_t i) { return longest[i % burst.repetition_samples()]; }),
        filled([&](std::size_t i) { return longest[i % burst.preamble_samples()]; }),
        filled([&](std::size_t i) { return longest[i % head]; }),  // headers that announce what never comes
        filled([&](std::size_t i) { return longest[i % (head + 3 * n.symbol_samples())]; }),
        filled([&](std::size_t i) { return i / 64 % 2 == 0 ? cf32(1) : cf32(-1); }),
        filled([&](std::size_t i) { return longest[i % burst.part_samples()]; }),
    };
    for (const auto& x : signals) {
      std::vector<Received> received;
      EXPECT_LE(transforms_per_sample(receiver, x, received), bound) << &x - signals;
      EXPECT_EQ(good_ones(received, {}), 0U);
    }
  }
}

// Bursts whose header and payload are other bursts' or noise: what is delivered has been sent.
TEST(OfdmHostile, SplicedBurstsDeliverNothingWrong) {
  tx::OfdmTransmitter transmitter({.numerology = lab5()});
  OfdmReceiver receiver({.numerology = lab5()});
  std::vector<Bytes> sent;
  std::vector<std::vector<cf32>> bursts;
  for (std::size_t i = 0; i < 10; ++i) {
    sent.push_back(random_bytes(50 + 40 * i, i));
    bursts.push_back(send(transmitter, static_cast<Mcs>(i % 4), static_cast<std::uint32_t>(i), sent.back()));
  }
  Random random(6);
  std::size_t good = 0;
  for (int trial = 0; trial < 150; ++trial) {
    GridBuffer<cf32> x(1, 12'000);
    std::size_t at = 200;
    while (at < x.columns()) {
      const auto& from = bursts[random.below(10)];
      const std::size_t first =
          random.below(3) == 0 ? random.below(static_cast<std::uint32_t>(from.size())) : 0;
      const std::size_t count = 1 + random.below(static_cast<std::uint32_t>(from.size() - first));
      add(x.row(0), at, std::span(from).subspan(first, random.below(2) != 0 ? from.size() - first : count),
          random.complex_normal(4.0F), 1e-3 * random.uniform());
      at += count + random.below(300);
    }
    add_noise(x, 1e-2, static_cast<std::uint64_t>(trial));
    good += good_ones(receive(receiver, x), sent);
  }
  EXPECT_GT(good, 50U);  // the case is one
}

TEST(OfdmHostile, TooLongForThisReceiver) {
  tx::OfdmTransmitter transmitter({.numerology = lab5(), .max_payload_bytes = 1000});
  OfdmReceiver receiver({.numerology = lab5(), .max_payload_bytes = 100});
  const std::vector<Bytes> sent{random_bytes(1000, 1), random_bytes(100, 2)};
  GridBuffer<cf32> x(1, 60'000);
  add(x.row(0), 1000, send(transmitter, Mcs::qpsk_1_2, 0, sent[0]), 1);
  add(x.row(0), 50'000, send(transmitter, Mcs::qpsk_1_2, 0, sent[1]), 1);
  add_noise(x, 1e-2, 1);
  EXPECT_EQ(good_ones(receive(receiver, x), sent), 1U);
  EXPECT_EQ(receiver.stats().too_long, 1U);
}

// 4 10^6 samples in which only their statistics are a signal's: bursts of noise at levels over 200 dB, coarse
// quantization, colored.
TEST(OfdmHostile, RandomSamples) {
  Random random(8);
  OfdmReceiver receiver({.numerology = ofdm::wifi20()});
  std::vector<cf32> x(100'000);
  for (int round = 0; round < 40; ++round) {
    std::fill(x.begin(), x.end(), cf32(0));
    for (std::size_t at = 0; at < x.size();) {
      const std::size_t n = std::min<std::size_t>(1 + random.below(3000), x.size() - at);
      random.add_noise(std::span(x).subspan(at, n),
                       static_cast<float>(power_from_db(120 * random.uniform() - 60)));
      at += n;
    }
    const unsigned kind = random.below(4);
    if (kind == 1) {
      for (cf32& s : x) s = {s.real() > 0 ? 1.0F : -1.0F, s.imag() > 0 ? 1.0F : -1.0F};
    }
    if (kind == 2) {
      for (std::size_t i = 3; i < x.size(); ++i) x[i] += 1.7F * x[i - 1] - 0.9F * x[i - 2];
    }
    receiver.push(x, [](const OfdmReception&) { ADD_FAILURE(); });
  }
  EXPECT_EQ(receiver.stats().samples, 4'000'000U);
}

}  // namespace
}  // namespace boresight::rx
