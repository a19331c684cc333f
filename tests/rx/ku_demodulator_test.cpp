#include "boresight/rx/ku_demodulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/tx/ku_transmitter.h"
#include "support/ku_link.h"

namespace boresight::rx {
namespace {

// One frame at known timing: the demodulator follows phase and delay, and the tracked values are the truth.
TEST(KuDemodulator, FollowsCarrierAndDelay) {
  const double offset = 0.3 / 1024;
  const auto link =
      test::run({.frames = 1, .snr_db = 10, .lead_samples = 500, .carrier_offset = offset, .clock_ppm = 40});
  KuDemodulator demodulator({});
  const auto window = [&](std::size_t symbol) {
    return std::span(link.samples)
        .subspan(static_cast<std::size_t>(500 + demodulator.window_start(symbol)), 1024);
  };
  const double error = 20.0 / 20e6;  // the acquisition's error: 20 Hz
  demodulator.begin(window(1), offset + error, std::pow(2 * pi * 1056 * error, 2), 0, std::pow(0.03, 2));
  const modem::Constellation qpsk(modem::Modulation::qpsk, modem::BitMap::nr);
  std::vector<modem::Llr> llr(2 * frame::ku_data_carriers);
  for (std::size_t symbol = 2; symbol < frame::ku_symbols; ++symbol) {
    demodulator.symbol(symbol, window(symbol), qpsk, llr);
  }
  EXPECT_NEAR(demodulator.frequency() * 20e6, offset * 20e6, 4.0);
  EXPECT_NEAR(demodulator.delay(), 40e-6 * 300 * 1056, 0.1);
  EXPECT_NEAR(demodulator.drift() / 1056 * 1e6, 40, 1.0);
  EXPECT_NEAR(demodulator.quality().snr_db, 10.0, 0.4);
  EXPECT_NEAR(demodulator.quality().mer_db, 10.0, 0.4);
}

// Genie against estimate: with everything estimated, the modulation error ratio of the data is within 0.4 dB
// of the channel's SNR (0.11 dB from its estimate, the rest from phase and delay).
TEST(KuDemodulator, LosesLittleToEstimation) {
  tx::KuTransmitter transmitter({});
  std::vector<std::uint8_t> payload(1000);
  std::vector<cf32> x(transmitter.frame_samples());
  transmitter.transmit(frame::Mcs::qpsk_1_2, 0, payload, x);
  auto noisy = x;
  Random(4).add_noise(noisy, static_cast<float>(power_from_db(-6.0)));
  KuDemodulator clean({});
  KuDemodulator real({});
  const auto window = [](const KuDemodulator& d, const std::vector<cf32>& s, std::size_t symbol) {
    return std::span(s).subspan(static_cast<std::size_t>(d.window_start(symbol)), 1024);
  };
  clean.begin(window(clean, x, 1), 0, 1e-9, 0, 1e-9);
  real.begin(window(real, noisy, 1), 0, 1e-4, 0, 1e-3);
  const modem::Constellation qpsk(modem::Modulation::qpsk, modem::BitMap::nr);
  std::vector<modem::Llr> llr(2 * frame::ku_data_carriers);
  double error = 0;
  std::size_t count = 0;
  for (std::size_t symbol = 2; symbol < frame::ku_symbols; ++symbol) {
    clean.symbol(symbol, window(clean, x, symbol), qpsk, llr);
    real.symbol(symbol, window(real, noisy, symbol), qpsk, llr);
    for (std::size_t i = 0; i < frame::ku_data_carriers; ++i, ++count) {
      error += static_cast<double>(std::norm(real.equalized()[i] - clean.equalized()[i]));
    }
  }
  EXPECT_NEAR(db_from_power(static_cast<double>(count) / error), 6.0, 0.4);
}

// A gap of 60 symbols and a fade of 20, with a carrier and a clock that move on: the tracking predicts, says
// for how many symbols, gives no bits for them, and the first symbols behind are right.
TEST(KuDemodulator, BridgesGapsAndFades) {
  const double offset = 0.3 / 1024;
  auto link =
      test::run({.frames = 1, .snr_db = 15, .lead_samples = 500, .carrier_offset = offset, .clock_ppm = 40});
  const auto at = [](std::size_t symbol) { return static_cast<std::ptrdiff_t>(500 + symbol * 1056); };
  const auto begin = link.samples.begin();
  std::fill(begin + at(100), begin + at(160), cf32(0));
  std::for_each(begin + at(220), begin + at(240), [](cf32& x) { x *= 0.001F; });
  Random(9).add_noise(std::span(link.samples).subspan(static_cast<std::size_t>(at(220)), 20 * 1056),
                      static_cast<float>(power_from_db(-15.0)));
  KuDemodulator demodulator({});
  const auto window = [&](std::size_t symbol) {
    return std::span(link.samples)
        .subspan(static_cast<std::size_t>(500 + demodulator.window_start(symbol)), 1024);
  };
  const double error = 20.0 / 20e6;
  demodulator.begin(window(1), offset + error, std::pow(2 * pi * 1056 * error, 2), 0, std::pow(0.03, 2));
  const modem::Constellation qpsk(modem::Modulation::qpsk, modem::BitMap::nr);
  std::vector<modem::Llr> llr(2 * frame::ku_data_carriers);
  for (std::size_t symbol = 2; symbol < frame::ku_symbols; ++symbol) {
    demodulator.symbol(symbol, window(symbol), qpsk, llr);
    // The clock offset moves symbols by up to 13 samples: the gaps' own edges are neither here nor there.
    const bool lost = (symbol > 100 && symbol < 159) || (symbol > 220 && symbol < 239);
    const bool there = symbol < 99 || (symbol > 160 && symbol < 219) || symbol > 240;
    const bool silent = std::all_of(llr.begin(), llr.end(), [](modem::Llr l) { return l == 0; });
    if (lost) {
      EXPECT_TRUE(silent) << symbol;
    }
    if (there) {
      EXPECT_FALSE(silent) << symbol;
      // Distance to the nearest point: noise of -15 dB, and what phase and delay drifted by while nobody
      // looked.
      double distance = 0;
      for (const cf32 y : demodulator.equalized()) {
        const cf32 point(std::copysign(std::sqrt(0.5F), y.real()), std::copysign(std::sqrt(0.5F), y.imag()));
        distance += static_cast<double>(std::norm(y - point));
      }
      EXPECT_LT(distance / frame::ku_data_carriers, 1.5 * power_from_db(-15.0)) << symbol;
    }
  }
  const auto quality = demodulator.quality();
  EXPECT_GE(quality.bridged_symbols, 58U + 18U);
  EXPECT_LE(quality.bridged_symbols, 62U + 22U);
  EXPECT_NEAR(demodulator.frequency() * 20e6, offset * 20e6, 4.0);
  EXPECT_NEAR(demodulator.drift() / 1056 * 1e6, 40, 1.0);
  EXPECT_NEAR(quality.mer_db, 15.0, 0.5);
}

// In a frame without gaps, at -4 dB where headers are still read, hardly a symbol is taken for lost.
TEST(KuDemodulator, BridgesHardlyAnythingAtTheLowestSnr) {
  const auto link = test::run({.frames = 1, .snr_db = -4, .lead_samples = 0});
  KuDemodulator demodulator({});
  const modem::Constellation qpsk(modem::Modulation::qpsk, modem::BitMap::nr);
  std::vector<modem::Llr> llr(2 * frame::ku_data_carriers);
  const auto window = [&](std::size_t symbol) {
    return std::span(link.samples).subspan(static_cast<std::size_t>(demodulator.window_start(symbol)), 1024);
  };
  demodulator.begin(window(1), 0, 1e-4, 0, 1e-4);
  for (std::size_t symbol = 2; symbol < frame::ku_symbols; ++symbol) {
    demodulator.symbol(symbol, window(symbol), qpsk, llr);
  }
  // Once in 500 by the theory, 0.6 of 300: more than 5 once in 10^4 seeds.
  EXPECT_LE(demodulator.quality().bridged_symbols, 5U);
}

// The error vector's power over all data of a frame at known timing, against the frame without noise.
double error_power(const std::vector<cf32>& clean, const std::vector<cf32>& noisy,
                   const std::vector<std::size_t>& left_out = {}) {
  KuDemodulator truth({});
  KuDemodulator demodulator({});
  const modem::Constellation qpsk(modem::Modulation::qpsk, modem::BitMap::nr);
  std::vector<modem::Llr> llr(2 * frame::ku_data_carriers);
  const auto window = [](const KuDemodulator& d, const std::vector<cf32>& s, std::size_t symbol) {
    return std::span(s).subspan(static_cast<std::size_t>(d.window_start(symbol)), 1024);
  };
  truth.begin(window(truth, clean, 1), 0, 1e-9, 0, 1e-9);
  demodulator.begin(window(demodulator, noisy, 1), 0, 1e-4, 0, 1e-3);
  double error = 0;
  std::size_t count = 0;
  for (std::size_t symbol = 2; symbol < frame::ku_symbols; ++symbol) {
    truth.symbol(symbol, window(truth, clean, symbol), qpsk, llr);
    demodulator.symbol(symbol, window(demodulator, noisy, symbol), qpsk, llr);
    for (std::size_t i = 0; i < frame::ku_data_carriers; ++i) {
      if (std::find(left_out.begin(), left_out.end(), i) != left_out.end()) continue;
      error += static_cast<double>(std::norm(demodulator.equalized()[i] - truth.equalized()[i]));
      ++count;
    }
  }
  return error / static_cast<double>(count);
}

std::vector<cf32> one_frame() {
  tx::KuTransmitter transmitter({});
  std::vector<std::uint8_t> payload(1000);
  Random(1).fill(payload);
  std::vector<cf32> x(transmitter.frame_samples());
  transmitter.transmit(frame::Mcs::qpsk_1_2, 0, payload, x);
  return x;
}

// Carriers on four subcarriers, 40 dB over the noise there, cost those subcarriers and not their neighbors:
// the others are within 0.2 dB of what they are without (7 dB off if the channel's estimate takes the
// carriers for signal), and the noise on the four is told to the demapper.
TEST(KuDemodulator, CarriersCostTheirOwnSubcarriers) {
  const auto clean = one_frame();
  auto noisy = clean;
  Random(4).add_noise(noisy, static_cast<float>(power_from_db(-6.0)));
  const double without = error_power(clean, noisy);
  const std::vector<std::size_t> jammed{100, 101, 444, 800};
  const auto carriers = ofdm::ku20().carriers(ofdm::Carrier::data);
  for (const std::size_t i : jammed) {
    const double amplitude = std::sqrt(power_from_db(40.0 - 6.0) / 1024);
    for (std::size_t n = 0; n < noisy.size(); ++n) {
      const double turns = static_cast<double>(n * carriers[i] % 1024) / 1024;
      noisy[n] += cf32(std::polar(amplitude, 2 * pi * turns + static_cast<double>(i)));
    }
  }
  EXPECT_NEAR(db_from_power(error_power(clean, noisy, jammed) / without), 0.0, 0.2);
  KuDemodulator demodulator({});
  demodulator.begin(std::span(noisy).subspan(static_cast<std::size_t>(demodulator.window_start(1)), 1024), 0,
                    1e-4, 0, 1e-3);
  EXPECT_NEAR(demodulator.quality().snr_db, -db_from_power(power_from_db(-6.0) * (1 + 4e4 / 1020)), 0.7);
  for (const std::size_t i : jammed) {
    EXPECT_GT(demodulator.noise_variance()[carriers[i]], 0.5F * static_cast<float>(power_from_db(34.0)));
  }
  for (const std::size_t i : {std::size_t{90}, std::size_t{110}, std::size_t{454}}) {
    EXPECT_LT(demodulator.noise_variance()[carriers[i]], 2 * static_cast<float>(power_from_db(-6.0)));
  }
}

// A path 5 samples before the one that the timing is of, 10 dB weaker, is part of the channel: without it the
// errors would stand at -10 dB.
TEST(KuDemodulator, HearsPathsBeforeTheMiddle) {
  const auto x = one_frame();
  auto clean = x;
  for (std::size_t n = 0; n + 5 < x.size(); ++n) clean[n] += 0.316F * cf32(0, 1) * x[n + 5];
  auto noisy = clean;
  Random(4).add_noise(noisy, static_cast<float>(power_from_db(-20.0)));
  EXPECT_LT(db_from_power(error_power(clean, noisy)), -18.5);
}

}  // namespace
}  // namespace boresight::rx
