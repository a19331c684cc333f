#include "boresight/rx/ofdm_probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/frame/ofdm_framer.h"
#include "rx/ofdm_scene.h"
#include "support/allocation_counter.h"

namespace boresight::rx {
namespace {

using namespace testing::burst;  // NOLINT(google-build-using-namespace)

constexpr std::size_t start = 3000;
constexpr double snr_db = 30;

struct Scene {
  explicit Scene(std::size_t antennas = 1) {
    config.numerology = lab5();
    config.antennas = antennas;
    tx::OfdmTransmitter transmitter({.numerology = config.numerology});
    payload = random_bytes(600, 3);
    sent = send(transmitter, header.mcs, header.sequence, payload);
    x = GridBuffer<cf32>(antennas, start + sent.size() + 4000);
    add_noise(x, noise_power(transmitter.burst(), snr_db), 9);
    for (std::size_t a = 0; a < antennas; ++a) add(x.row(a), start, sent, gains[a]);
  }
  OfdmReceiver::Config config;
  frame::Header header{frame::Mcs::qam16_1_2, 600, 7};
  std::vector<cf32> gains{cf32(0.6F, 0.8F), cf32(0, -0.5F)};
  Bytes payload;
  std::vector<cf32> sent;
  GridBuffer<cf32> x;
};

// LLRs of 16-QAM and QPSK as TS 38.211 maps them: the first bit is 1 where I is negative, the second where Q
// is, the third where |I| is above 2 / sqrt(10), the fourth where |Q| is.
std::vector<bool> bits_of(std::span<const cf32> points, bool qam16) {
  const float middle = 2 / std::sqrt(10.0F);
  std::vector<bool> bits;
  for (const cf32 p : points) {
    bits.push_back(p.real() < 0);
    bits.push_back(p.imag() < 0);
    if (qam16) bits.push_back(std::abs(p.real()) > middle);
    if (qam16) bits.push_back(std::abs(p.imag()) > middle);
  }
  return bits;
}

std::size_t wrong_signs(std::span<const modem::Llr> llr, const std::vector<bool>& bits) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < llr.size(); ++i) wrong += (llr[i] < 0) == bits[i] ? 0 : 1;
  return wrong;
}

double error_db(std::span<const cf32> got, std::span<const cf32> expected) {
  double error = 0;
  for (std::size_t i = 0; i < got.size(); ++i) error += static_cast<double>(std::norm(got[i] - expected[i]));
  return 10 * std::log10(error / static_cast<double>(got.size()));
}

TEST(OfdmProbe, ShowsEveryStageOfABurstAndChangesNothing) {
  const Scene scene(2);
  OfdmReceiver plain(scene.config);
  OfdmReceiver probed(scene.config);
  OfdmProbe probe(scene.config);
  probed.set_probe(&probe);
  EXPECT_EQ(probe.burst().symbols, 0U);
  const auto told = receive(probed, scene.x, 777);
  EXPECT_EQ(told, receive(plain, scene.x));
  ASSERT_EQ(told.size(), 1U);
  ASSERT_EQ(told[0].payload, scene.payload);
  EXPECT_EQ(probe.bursts(), 1U);

  const OfdmProbe::Burst& b = probe.burst();
  const frame::OfdmBurst& layout = probed.burst();
  EXPECT_NEAR(static_cast<double>(b.start_sample), start, 1);
  // The metric is largest where the parts begin, to half a stride, and near 1 there.
  const auto peak = std::max_element(b.metric.begin(), b.metric.end());
  const auto place = b.metric_start + (peak - b.metric.begin()) * static_cast<std::int64_t>(b.metric_stride);
  EXPECT_NEAR(static_cast<double>(place), start, 0.5 * static_cast<double>(b.metric_stride) + 1);
  EXPECT_GT(*peak, 0.95F);
  EXPECT_LT(*std::min_element(b.metric.begin(), b.metric.end()), 0.1F);

  // Two antennas of gains 1 and 0.5 add up to 1 dB over one; the channel's estimate adds little.
  std::vector<cf32> header(layout.header_coded_bits() / 2);
  std::vector<cf32> points(layout.payload_carriers(scene.header));
  frame::OfdmFramer framer(layout, scene.payload.size());
  framer.header(scene.header, header);
  framer.payload(scene.header, scene.payload, points);
  EXPECT_EQ(b.symbols, layout.header_symbols() + layout.payload_symbols(scene.header));
  ASSERT_EQ(b.header_equalized.size(), header.size());
  ASSERT_EQ(b.equalized.size(), points.size());
  EXPECT_NEAR(error_db(b.equalized, points), -snr_db - 10 * std::log10(1.25), 0.6);
  EXPECT_LT(error_db(b.header_equalized, header), -snr_db + 1);
  ASSERT_EQ(b.header_llr.size(), 2 * header.size());
  ASSERT_EQ(b.llr.size(), 4 * points.size());
  EXPECT_EQ(wrong_signs(b.header_llr, bits_of(header, false)), 0U);
  EXPECT_EQ(wrong_signs(b.llr, bits_of(points, true)), 0U);

  // The truth: gain and amplitude, seen through a window that opens 3 of 32 - 8 samples early, and as much
  // earlier as the training was placed late. The estimate's error is below that of one of its symbols.
  const ofdm::Numerology& n = scene.config.numerology;
  const int lowest = n.signed_index(layout.used_carriers().front());
  const std::size_t span = b.snr.size();
  ASSERT_EQ(b.antennas, 2U);
  ASSERT_EQ(b.channel.size(), 2 * span);
  const double early = 3 + static_cast<double>(start) - static_cast<double>(b.start_sample);
  for (std::size_t a = 0; a < 2; ++a) {
    std::vector<cf32> truth;
    std::vector<cf32> got;
    for (const std::uint16_t k : layout.used_carriers()) {
      const int index = n.signed_index(k);
      const cf64 ramp = std::polar(1.0, -2 * pi * index * early / static_cast<double>(n.fft_size));
      truth.push_back(scene.gains[a] * layout.amplitude() * cf32(ramp));
      got.push_back(b.channel[a * span + static_cast<std::size_t>(index - lowest)]);
    }
    EXPECT_LT(error_db(got, truth), -snr_db - 6) << a;
  }
  const double expected_snr = snr_db + 10 * std::log10(1.25);
  EXPECT_NEAR(10 * std::log10(b.snr[static_cast<std::size_t>(10 - lowest)]), expected_snr, 1);
}

TEST(OfdmProbe, HoldsABurstWhoseHeaderIsDamagedOrCut) {
  Scene scene;
  OfdmReceiver receiver(scene.config);
  const frame::OfdmBurst& layout = receiver.burst();
  GridBuffer<cf32> damaged = scene.x;
  Random(5).add_noise(damaged.row(0).subspan(start + layout.preamble_samples()), 10.0F);
  OfdmProbe probe(scene.config);
  receiver.set_probe(&probe);
  EXPECT_TRUE(receive(receiver, damaged).empty());
  EXPECT_EQ(receiver.stats().headers_failed, 1U);
  EXPECT_EQ(probe.bursts(), 1U);
  EXPECT_EQ(probe.burst().symbols, layout.header_symbols());
  EXPECT_EQ(probe.burst().header_llr.size(), layout.header_coded_bits());
  EXPECT_TRUE(probe.burst().llr.empty());

  GridBuffer<cf32> cut(1, start + layout.preamble_samples() + (layout.header_symbols() + 3) * 288);
  std::copy_n(scene.x.row(0).begin(), cut.columns(), cut.row(0).begin());
  EXPECT_TRUE(receive(receiver, cut).empty());
  EXPECT_EQ(receiver.stats().truncated, 1U);
  EXPECT_EQ(probe.bursts(), 2U);
  EXPECT_GE(probe.burst().symbols, layout.header_symbols() + 2);
}

// Without the memory for it the probe shows less.
TEST(OfdmProbe, OfAnotherConfigIsHarmlessAndNoneAllocates) {
  const Scene scene(2);
  OfdmReceiver::Config other = scene.config;
  other.antennas = 1;
  other.max_payload_bytes = 10;
  OfdmReceiver receiver(scene.config);
  for (const auto& config : {other, scene.config}) {
    OfdmProbe probe(config);
    receiver.set_probe(&probe);
    std::size_t bursts = 0;
    const AllocationCounter counter;
    receiver.push(scene.x.view(), [&](const OfdmReception& r) { bursts += r.ok ? 1 : 0; });
    EXPECT_EQ(counter.count(), 0U);
    EXPECT_EQ(bursts, 1U);
    EXPECT_EQ(probe.burst().antennas, config.antennas == 2 ? 2U : 0U);
    receiver.flush({});
    receiver.set_probe(nullptr);
  }
  other.antennas = 17;
  EXPECT_THROW(OfdmProbe{other}, ConfigError);
  other.antennas = 1;
  other.max_payload_bytes = 0;
  EXPECT_THROW(OfdmProbe{other}, ConfigError);
}

}  // namespace
}  // namespace boresight::rx
