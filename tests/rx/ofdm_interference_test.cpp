// What else is in the band: jammers, carriers, DC, other scales.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/rx/ofdm_receiver.h"
#include "rx/ofdm_scene.h"

namespace boresight::rx {
namespace {

using namespace boresight::testing::burst;
using frame::Mcs;

struct Link {
  explicit Link(const OfdmReceiver::Config& config)
      : transmitter({.numerology = config.numerology}), receiver(config), antennas(config.antennas) {}

  // Bursts read of `trials`; disturb(x, trial) adds what it likes to [antennas x n] with noise already in it.
  template <typename Disturb>
  std::size_t run(Mcs mcs, double snr_db, std::size_t trials, std::size_t lead, const Disturb& disturb) {
    std::size_t good = 0;
    for (std::size_t trial = 0; trial < trials; ++trial) {
      const auto payload = random_bytes(300, trial);
      const auto burst = send(transmitter, mcs, 0, payload);
      GridBuffer<cf32> x(antennas, burst.size() + lead + 1000);
      for (std::size_t a = 0; a < antennas; ++a) {
        add(x.row(a), lead, burst, cf32(std::polar(1.0, 1.3 * static_cast<double>(a * (trial + 1)))), 2e-3);
      }
      add_noise(x, noise_power(transmitter.burst(), snr_db), trial + 1);
      disturb(x, trial);
      for (const auto& r : receive(receiver, x)) good += r.ok && r.payload == payload;
    }
    return good;
  }

  tx::OfdmTransmitter transmitter;
  OfdmReceiver receiver;
  std::size_t antennas;
};

// A jammer of white noise, 3 dB stronger than the signal on each of four antennas and 0.9 rad from antenna to
// antenna beside it: |a^H b|^2 = 5.0 of 16 for the two directions. Maximum-ratio combining has 16 over (2
// times 5.0 and noise), 2 dB of SINR, too little for 16-QAM 3/4 (10.4 dB). Interference rejection puts a null
// on it and keeps 4 - 5.0 / 4 antennas' worth of signal, 19 dB.
TEST(OfdmInterference, RejectionNullsAJammer) {
  const auto jam = [](GridBuffer<cf32>& x, std::size_t trial) {
    std::vector<cf32> jammer(x.columns());
    Random(1000 + trial).add_noise(jammer, 2.0F);
    for (std::size_t a = 0; a < x.rows(); ++a) {
      const auto step = 1.3 * static_cast<double>(trial + 1) + 0.9;
      add(x.row(a), 0, jammer, cf32(std::polar(1.0, 0.7 + step * static_cast<double>(a))));
    }
  };
  constexpr std::size_t trials = 40;
  Link rejecting({.numerology = lab5(), .antennas = 4, .combining = OfdmCombining::interference_rejection});
  EXPECT_GE(rejecting.run(Mcs::qam16_3_4, 15, trials, 2000, jam), trials - 1);
  Link plain({.numerology = lab5(), .antennas = 4});
  EXPECT_EQ(plain.run(Mcs::qam16_3_4, 15, trials, 2000, jam), 0U);
  // Without one it costs the error of the covariance, no more than 0.5 dB.
  Link alone({.numerology = lab5(), .antennas = 4, .combining = OfdmCombining::interference_rejection});
  EXPECT_GE(alone.run(Mcs::qam16_3_4, 10.4 - 6 + 1, trials, 2000, [](auto&, std::size_t) {}), trials - 2);
}

// A carrier 20 dB above the signal, from before the first burst on: the canceller takes an interval (65,536
// samples) or two to see it.
TEST(OfdmInterference, ReceivesUnderACarrier) {
  for (const double frequency : {0.0, 0.0813, -0.3}) {
    Link link({.numerology = lab5()});
    const std::size_t good = link.run(Mcs::qpsk_3_4, 12, 4, 140'000, [&](GridBuffer<cf32>& x, std::size_t) {
      for (std::size_t i = 0; i < x.columns(); ++i) {
        x(0, i) += cf32(std::polar(10.0, 2 * pi * frequency * static_cast<double>(i)));
      }
    });
    EXPECT_EQ(good, 4U) << frequency;
  }
}

// A weaker one that the canceller has not seen yet spoils the subcarriers that it falls on, and their noise
// says so: 9 dB of SNR for what needs 2.
TEST(OfdmInterference, AFreshCarrierCostsItsSubcarriers) {
  Link link({.numerology = lab5()});
  const std::size_t good = link.run(Mcs::qpsk_1_2, 9, 20, 1000, [](GridBuffer<cf32>& x, std::size_t trial) {
    const double frequency = -0.3 + 0.03 * static_cast<double>(trial);
    for (std::size_t i = 0; i < x.columns(); ++i) {
      x(0, i) += cf32(std::polar(0.7, 2 * pi * frequency * static_cast<double>(i)));
    }
  });
  EXPECT_EQ(good, 20U);
}

// DC of the signal's own power, which falls beside the empty subcarrier where there is a carrier offset; any
// scale within single precision's squares.
TEST(OfdmInterference, DcAndScaleDoNotMatter) {
  Link link({.numerology = lab5()});
  const std::size_t with_dc = link.run(Mcs::qpsk_1_2, 12, 10, 140'000, [](GridBuffer<cf32>& x, std::size_t) {
    for (cf32& s : x.row(0)) s += cf32(0.7F, -0.7F);
  });
  EXPECT_EQ(with_dc, 10U);
  for (const double scale : {1e-9, 1e-4, 1.0, 1e4}) {
    const std::size_t scaled = link.run(Mcs::qam64_2_3, 20, 4, 1000, [&](GridBuffer<cf32>& x, std::size_t) {
      for (cf32& s : x.row(0)) s *= static_cast<float>(scale);
    });
    EXPECT_EQ(scaled, 4U) << scale;
  }
}

// Of four antennas one is dead, one delivers a constant, one has 30 dB more gain than the others.
TEST(OfdmInterference, DeadAndLoudAntennasDoNoHarm) {
  for (const auto combining : {OfdmCombining::maximum_ratio, OfdmCombining::interference_rejection}) {
    Link link({.numerology = lab5(), .antennas = 4, .combining = combining});
    const std::size_t good = link.run(Mcs::qam16_1_2, 8, 20, 1000, [](GridBuffer<cf32>& x, std::size_t) {
      std::fill(x.row(0).begin(), x.row(0).end(), cf32(0));
      std::fill(x.row(1).begin(), x.row(1).end(), cf32(0.3F, 0.1F));
      for (cf32& s : x.row(3)) s *= 31.6F;
    });
    EXPECT_EQ(good, 20U) << static_cast<int>(combining);
  }
}

}  // namespace
}  // namespace boresight::rx
