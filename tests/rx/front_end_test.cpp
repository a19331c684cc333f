#include "boresight/rx/front_end.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::rx {
namespace {

FrontEnd::Config config_of(std::size_t elements) {
  FrontEnd::Config config;
  config.beamformer.geometry = array::Geometry::line(elements, 0.1);
  config.beamformer.carrier_hz = 1e9;
  config.block_samples = 256;
  return config;
}

template <typename Sample>
GridBuffer<Sample> random_samples(std::size_t elements, std::size_t count) {
  GridBuffer<Sample> x(elements, count);
  Random random(1);
  for (std::size_t e = 0; e < elements; ++e) {
    for (Sample& s : x.row(e)) {
      s = {static_cast<decltype(Sample::re)>(random.next()),
           static_cast<decltype(Sample::re)>(random.next())};
    }
  }
  return x;
}

template <typename Sample>
std::vector<cf32> beam_of(Grid<const Sample> x, std::size_t piece) {
  FrontEnd front_end(config_of(x.rows()));
  std::vector<cf32> beam;
  const FrontEnd::BeamHandler handler = [&](std::span<const cf32> b) {
    beam.insert(beam.end(), b.begin(), b.end());
  };
  for (std::size_t i = 0; i < x.columns(); i += piece) {
    front_end.push(x.columns(i, std::min(piece, x.columns() - i)), handler);
  }
  front_end.flush(handler);
  EXPECT_EQ(front_end.stats().samples, x.columns());
  return beam;
}

// Native formats give the same beam as their own conversion, to the bit, in any pieces; nothing is lost.
TEST(FrontEnd, FormatsAndPiecesGiveTheSameBeam) {
  const auto x16 = random_samples<cs16>(3, 1000);
  const auto x8 = random_samples<cs8>(3, 1000);
  GridBuffer<cf32> f16(3, 1000);
  GridBuffer<cf32> f8(3, 1000);
  for (std::size_t e = 0; e < 3; ++e) {
    to_cf32(x16.row(e), f16.row(e));
    to_cf32(x8.row(e), f8.row(e));
  }
  const auto beam16 = beam_of<cf32>(f16.view(), 1000);
  const auto beam8 = beam_of<cf32>(f8.view(), 1000);
  ASSERT_EQ(beam16.size(), 1000U);
  for (const std::size_t piece : {1U, 7U, 256U, 999U}) {
    EXPECT_EQ(beam_of<cs16>(x16.view(), piece), beam16) << piece;
    EXPECT_EQ(beam_of<cs8>(x8.view(), piece), beam8) << piece;
  }
}

TEST(FrontEnd, CleansWhatIsNoNumberAndCountsIt) {
  GridBuffer<cf32> x(2, 512);
  for (std::size_t e = 0; e < 2; ++e) {
    for (cf32& s : x.row(e)) s = cf32(0.1F, -0.2F);
  }
  x(0, 3) = {std::numeric_limits<float>::quiet_NaN(), 0};
  x(1, 300) = {0, -std::numeric_limits<float>::infinity()};
  x(1, 301) = {1e30F, 0};
  FrontEnd front_end(config_of(2));
  bool finite = true;
  front_end.push(Grid<const cf32>(x.view()), [&](std::span<const cf32> beam) {
    for (const cf32 s : beam) finite = finite && std::isfinite(s.real()) && std::isfinite(s.imag());
  });
  EXPECT_TRUE(finite);
  EXPECT_EQ(front_end.stats().samples_cleaned, 3U);
}

TEST(FrontEnd, RefusesABlockThatCannotBe) {
  auto config = config_of(2);
  config.block_samples = 10;
  EXPECT_THROW(FrontEnd{config}, ConfigError);
}

}  // namespace
}  // namespace boresight::rx
