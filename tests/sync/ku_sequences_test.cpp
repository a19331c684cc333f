#include "boresight/sync/ku_sequences.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/core/units.h"

namespace boresight::sync {
namespace {

std::string digest_of(std::span<const std::uint8_t> values) {
  return to_hex(sha256(values));
}

// The hashes were computed from independent transcriptions of the sequences; one byte per value.
TEST(KuSequences, PssSegmentHasThePublishedHash) {
  EXPECT_EQ(digest_of(pss_segment_quarters()),
            "508380382c86986b0c8cfc038629f81e5a55f35126579a06f39f98e28effdd87");
}

TEST(KuSequences, WholePssHasThePublishedHash) {
  std::vector<std::uint8_t> quarters;
  for (const cf32 x : pss()) {
    const double turns = std::arg(cf64(x)) / (pi / 2) - 0.5;
    quarters.push_back(static_cast<std::uint8_t>((std::lround(turns) + 4) % 4));
    EXPECT_NEAR(std::abs(x), 1.0F, 1e-6);
  }
  EXPECT_EQ(digest_of(quarters), "64e751d52e14d4ae5a1d76fd3ee17bf51794cf2abc268da7343a2d9b0590d5a3");
}

TEST(KuSequences, SssHasThePublishedHash) {
  EXPECT_EQ(digest_of(sss_quarters()), "2213d37f763f66d4c1bb597dd9dfb269b8b140f8c24b5657c61bc6b5668386a4");
}

TEST(KuSequences, SssValuesLieOnTheAxesAndLeaveTheGutterEmpty) {
  for (const int k : {0, 1, 1022, 1023}) EXPECT_EQ(sss()[k], cf32(0));
  for (int k = 2; k < 1022; ++k) {
    EXPECT_NEAR(std::arg(cf64(sss()[k]) * std::polar(1.0, -pi / 2 * sss_quarters()[k - 2])), 0.0, 1e-6);
  }
}

// Measured properties of the published PSS: the ridge of the repeated segments.
TEST(KuSequences, PssAutocorrelationHasItsRidge) {
  const double expected[] = {1056, 672, 480, 352, 224, 96, -32, -160, -32};
  for (int m = 0; m <= 8; ++m) {
    cf64 sum = 0;
    for (std::size_t i = 0; i + 128 * m < pss_samples; ++i)
      sum += cf64(pss()[i + 128 * m] * std::conj(pss()[i]));
    EXPECT_NEAR(sum.real(), expected[m], 1e-2) << m;
    EXPECT_NEAR(sum.imag(), 0.0, 1e-2) << m;
  }
}

}  // namespace
}  // namespace boresight::sync
