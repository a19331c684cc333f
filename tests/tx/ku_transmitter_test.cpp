#include "boresight/tx/ku_transmitter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/sync/ku_sequences.h"
#include "support/allocation_counter.h"

namespace boresight::tx {
namespace {

std::vector<cf32> one_frame(unsigned oversampling) {
  KuTransmitter transmitter({.oversampling = oversampling});
  std::vector<std::uint8_t> payload(20'000);
  Random(1).fill(payload);
  std::vector<cf32> out(transmitter.frame_samples());
  transmitter.transmit(frame::Mcs::qam16_1_2, 3, payload, out);
  return out;
}

TEST(KuTransmitter, BeginsWithThePublishedSequences) {
  const auto out = one_frame(1);
  for (std::size_t i = 0; i < 1056; ++i) EXPECT_NEAR(std::abs(out[i] - sync::pss()[i]), 0.0F, 1e-5);
  ofdm::Demodulator demodulator(ofdm::ku20());
  std::vector<cf32> bins(1024);
  demodulator.process(std::span(out).subspan(1056 + 32, 1024), 0, 0, bins);
  for (std::size_t k = 0; k < 1024; ++k) EXPECT_NEAR(std::abs(bins[k] - sync::sss()[k]), 0.0F, 1e-5);
}

// Unit mean power over 302 symbols: 1020 of 1024 subcarriers of unit power, and random 16-QAM data.
TEST(KuTransmitter, HasUnitPowerAndASilentGuard) {
  for (const unsigned q : {1U, 2U}) {
    const auto out = one_frame(q);
    ASSERT_EQ(out.size(), 320'000U * q);
    double power = 0;
    const std::size_t sent = 302 * 1056 * q;
    for (std::size_t i = 0; i < sent; ++i) power += static_cast<double>(std::norm(out[i]));
    EXPECT_NEAR(power / static_cast<double>(sent), 1020.0 / 1024.0, 0.01);
    for (std::size_t i = sent; i < out.size(); ++i) EXPECT_EQ(out[i], cf32(0));
  }
}

// Every second sample of the oversampled frame is the frame.
TEST(KuTransmitter, OversamplingInterpolates) {
  const auto once = one_frame(1);
  const auto twice = one_frame(2);
  double error = 0;
  for (std::size_t i = 0; i < once.size(); ++i)
    error += static_cast<double>(std::norm(once[i] - twice[2 * i]));
  EXPECT_LT(error / static_cast<double>(once.size()), 1e-9);
}

TEST(KuTransmitter, DoesNotAllocate) {
  KuTransmitter transmitter({});
  const std::vector<std::uint8_t> payload(frame::max_payload_bytes(frame::Mcs::qam64_5_6));
  std::vector<cf32> out(transmitter.frame_samples());
  const AllocationCounter counter;
  transmitter.transmit(frame::Mcs::qam64_5_6, 1, payload, out);
  EXPECT_EQ(counter.count(), 0U);
}

TEST(KuTransmitter, RefusesAPayloadThatDoesNotFit) {
  KuTransmitter transmitter({});
  std::vector<cf32> out(transmitter.frame_samples());
  const std::vector<std::uint8_t> payload(frame::max_payload_bytes(frame::Mcs::qpsk_1_3) + 1);
  EXPECT_THROW(transmitter.transmit(frame::Mcs::qpsk_1_3, 0, payload, out), ConfigError);
}

}  // namespace
}  // namespace boresight::tx
