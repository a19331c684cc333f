#include "boresight/rx/ku_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/rx/ku_receiver.h"
#include "support/allocation_counter.h"
#include "support/ku_link.h"

namespace boresight::rx {
namespace {

// What the receiver told of its frames, without their payloads' addresses.
struct Told {
  std::vector<std::int64_t> starts;
  std::vector<std::vector<std::uint8_t>> payloads;
  bool operator==(const Told&) const = default;
};

Told receive(KuReceiver& receiver, std::span<const cf32> samples) {
  Told told;
  receiver.push(samples, [&](const KuFrame& frame) {
    told.starts.push_back(frame.start_sample);
    told.payloads.emplace_back(frame.payload.begin(), frame.payload.end());
  });
  return told;
}

TEST(KuProbe, ShowsEveryStageOfAFrameAndChangesNothing) {
  const auto link = test::run({.mcs = frame::Mcs::qam16_1_2, .snr_db = 22, .carrier_offset = 0.3 / 1024});
  KuReceiver plain({});
  KuReceiver probed({});
  KuProbe probe;
  probed.set_probe(&probe);
  EXPECT_EQ(probe.frame().symbols, 0U);
  EXPECT_TRUE(probe.correlation().empty());
  const Told told = receive(probed, link.samples);
  EXPECT_EQ(told, receive(plain, link.samples));
  ASSERT_EQ(told.payloads, link.payloads);

  // The first frame was found by the search, whose statistic peaks where the body of the PSS begins.
  const auto peak = std::max_element(probe.correlation().begin(), probe.correlation().end());
  EXPECT_EQ(probe.correlation_start() + (peak - probe.correlation().begin()), told.starts[0] + 32);

  // The rest belongs to the second frame. Its soft bits are those that the payload was read from, and its
  // symbols lie as far from the points sent as the noise is strong (22 dB; the channel's estimate adds 0.1).
  const KuProbe::Frame& f = probe.frame();
  EXPECT_EQ(probe.frames(), 2U);
  EXPECT_EQ(f.start_sample, told.starts[1]);
  ASSERT_EQ(f.symbols, 300U);
  EXPECT_EQ(f.bits, 4U);
  const frame::Header header{frame::Mcs::qam16_1_2, static_cast<std::uint32_t>(link.payloads[1].size()), 1};
  std::vector<modem::Llr> llr;
  for (std::size_t row = 2; row < f.symbols; ++row) {
    const auto soft = f.llr.row(row).first(frame::ku_data_carriers * f.bits);
    llr.insert(llr.end(), soft.begin(), soft.end());
  }
  std::vector<std::uint8_t> payload(header.payload_bytes);
  EXPECT_TRUE(frame::Deframer({}).payload(header, llr, payload).ok);
  EXPECT_EQ(payload, link.payloads[1]);
  std::vector<cf32> points(frame::ku_payload_carriers);
  frame::Framer().payload(header, link.payloads[1], points);
  double error = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    error += std::norm(f.equalized(2 + i / frame::ku_data_carriers, i % frame::ku_data_carriers) - points[i]);
  }
  EXPECT_NEAR(10 * std::log10(error / static_cast<double>(points.size())), -22, 0.5);
  EXPECT_TRUE(std::equal(f.channel.begin(), f.channel.end(), probed.demodulator().channel().begin()));
}

TEST(KuProbe, HoldsAFrameWhoseHeaderIsDamaged) {
  auto link = test::run({.frames = 1, .snr_db = 22, .lead_samples = 1000});
  // Noise in the place of the header and all behind it.
  Random random(5);
  const std::size_t header = 1000 + 2 * frame::ku_symbol_samples;
  for (std::size_t i = header; i < link.samples.size(); ++i) link.samples[i] = random.complex_normal();
  KuReceiver receiver({});
  KuProbe probe;
  receiver.set_probe(&probe);
  EXPECT_TRUE(receive(receiver, link.samples).starts.empty());
  EXPECT_EQ(receiver.stats().headers_failed, 1U);
  EXPECT_EQ(probe.frames(), 1U);
  EXPECT_EQ(probe.frame().symbols, 2U);
}

TEST(KuProbe, CostsNoAllocation) {
  const auto link = test::run({.frames = 1});
  KuReceiver receiver({});
  KuProbe probe;
  receiver.set_probe(&probe);
  std::size_t frames = 0;
  const AllocationCounter counter;
  receiver.push(link.samples, [&](const KuFrame&) { ++frames; });
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(frames, 1U);
}

}  // namespace
}  // namespace boresight::rx
