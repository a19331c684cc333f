// The LDPC decoders on the 802.11n code n = 648, R = 5/6 beside published error rates.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/wlan_ldpc.h"

namespace boresight::fec {
namespace {

struct CurvePoint {
  double eb_n0_db;
  double frame_error_rate;
};

// The error rate references of the aff3ct project, BPSK over AWGN, 100 to 130 frame errors a point:
// BP_HORIZONTAL_LAYERED, SPA with 40 and 10 iterations, and NMS with factor 1.0 and 10 iterations. A frame is
// wrong if one of its information bits is.
constexpr std::array<CurvePoint, 4> sum_product_40{
    {{3.50, 6.53e-2}, {3.75, 1.96e-2}, {4.00, 4.39e-3}, {4.25, 7.16e-4}}};
constexpr std::array<CurvePoint, 3> sum_product_10{{{3.75, 3.32e-2}, {4.00, 8.95e-3}, {4.25, 2.62e-3}}};
constexpr std::array<CurvePoint, 4> min_sum_10{
    {{3.90, 4.61e-2}, {4.00, 3.63e-2}, {4.20, 1.09e-2}, {4.50, 1.84e-3}}};

// decode(llr_nats, bits) for every frame.
template <typename Decode>
int frame_errors(double eb_n0_db, int frames, const Decode& decode) {
  Random random(60);
  const WlanLdpcGraph graph(648, WlanLdpcRate::five_sixths);
  const double variance = 1 / (2 * 5.0 / 6.0 * std::pow(10, eb_n0_db / 10));
  std::vector<std::uint8_t> codeword(graph.codeword_bits()), bits(graph.information_bits());
  std::vector<float> llr_nats(graph.codeword_bits());
  const auto information = std::span(codeword).first(bits.size());
  int errors = 0;
  for (int n = 0; n < frames; ++n) {
    for (auto& bit : information) bit = random.next() & 1U;
    wlan_ldpc_encode(graph, information, std::span(codeword).subspan(bits.size()));
    for (std::size_t i = 0; i < codeword.size(); ++i) {
      const double y = (codeword[i] != 0 ? -1.0 : 1.0) + std::sqrt(variance) * random.normal();
      llr_nats[i] = static_cast<float>(2 * y / variance);
    }
    decode(graph, llr_nats, bits);
    errors += std::equal(bits.begin(), bits.end(), codeword.begin()) ? 0 : 1;
  }
  return errors;
}

// Expects the rate of frame errors at curve[i] between those of the curve 0.05 dB to the right and to the
// left, its logarithm being taken as linear from point to point. That is a factor of 1.2 to 1.4 either way:
// two standard deviations or more of the count here.
void expect_on_curve(const LdpcReferenceDecoder::Config& config, unsigned iterations,
                     std::span<const CurvePoint> curve, std::size_t i, int frames) {
  LdpcReferenceDecoder decoder(config);
  const int errors = frame_errors(curve[i].eb_n0_db, frames, [&](auto& graph, auto& llr_nats, auto& bits) {
    decoder.decode(graph, llr_nats, iterations, bits);
  });
  const auto rate_towards = [&](std::size_t to) {
    const double share = 0.05 / std::fabs(curve[to].eb_n0_db - curve[i].eb_n0_db);
    return curve[i].frame_error_rate *
           std::pow(curve[to].frame_error_rate / curve[i].frame_error_rate, share);
  };
  EXPECT_GE(errors, 100);
  EXPECT_GT(errors, frames * rate_towards(i + 1)) << curve[i].eb_n0_db;
  EXPECT_LT(errors, frames * rate_towards(i - 1)) << curve[i].eb_n0_db;
}

TEST(WlanLdpcErrorRate, SumProductIsOnThePublishedCurve) {
  const LdpcReferenceDecoder::Config config{.max_lifting_size = 27, .rule = CheckRule::sum_product};
  expect_on_curve(config, 40, sum_product_40, 1, 10'000);
  expect_on_curve(config, 40, sum_product_40, 2, 26'000);
}

TEST(WlanLdpcErrorRate, MinSumIsOnThePublishedCurve) {
  const LdpcReferenceDecoder::Config config{.max_lifting_size = 27, .min_sum_scale = 1.0F};
  expect_on_curve(config, 10, min_sum_10, 1, 10'000);
  expect_on_curve(config, 10, min_sum_10, 2, 20'000);
}

// The offset makes up for more than eight bits cost: as many iterations lose fewer frames than min-sum
// without a correction does in floating point, 0.1 dB further left (a factor of 1.8).
TEST(WlanLdpcErrorRate, FastDecoderIsBetterThanPlainMinSum) {
  LdpcDecoder decoder({.max_lifting_size = 27});
  std::vector<modem::Llr> llr(648);
  const CurvePoint point = min_sum_10[2];
  constexpr int frames = 40'000;
  const int errors = frame_errors(point.eb_n0_db - 0.1, frames, [&](auto& graph, auto& llr_nats, auto& bits) {
    std::transform(llr_nats.begin(), llr_nats.end(), llr.begin(), modem::quantize_llr);
    decoder.decode(graph, llr, {.max_iterations = 10}, bits);
  });
  EXPECT_GE(errors, 100);
  EXPECT_LT(errors, frames * point.frame_error_rate);
}

// With as many iterations of the exact rule in floating point the published curve is 0.04 to 0.05 dB away
// (docs/error-rates.md); 0.08 dB leaves room for two standard deviations of the count (7 %, 0.013 dB each).
TEST(WlanLdpcErrorRate, FastDecoderIsCloseToSumProduct) {
  LdpcDecoder decoder({.max_lifting_size = 27});
  std::vector<modem::Llr> llr(648);
  const CurvePoint& point = sum_product_10[1];
  constexpr int frames = 20'000;
  const int errors = frame_errors(point.eb_n0_db, frames, [&](auto& graph, auto& llr_nats, auto& bits) {
    std::transform(llr_nats.begin(), llr_nats.end(), llr.begin(), modem::quantize_llr);
    decoder.decode(graph, llr, {.max_iterations = 10}, bits);
  });
  const double decades = std::log10(sum_product_10[0].frame_error_rate / point.frame_error_rate);
  const double a_little_worse = point.frame_error_rate * std::pow(10, decades * 0.08 / 0.25);
  EXPECT_GE(errors, 100);
  EXPECT_LT(errors, frames * a_little_worse);
}

}  // namespace
}  // namespace boresight::fec
