#include "boresight/rx/front_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/manifold.h"
#include "boresight/array/steering.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "support/allocation_counter.h"

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

constexpr double rate_hz = 20e6;

/// Gains, phases and delays of parts of a sample and of whole ones; the last channel is dead if asked for.
array::CalibrationCorrector::Config calibration_of(std::size_t elements, bool last_dead = false) {
  array::CalibrationCorrector::Config config{.sample_rate_hz = rate_hz};
  config.calibration.channels.resize(elements);
  for (std::size_t e = 1; e < elements; ++e) {
    const auto i = static_cast<double>(e);
    config.calibration.channels[e] = {
        .gain = 1 - 0.1 * i, .phase_rad = 0.7 * i, .delay_s = (2.4 * i - 3) / rate_hz};
  }
  if (last_dead) config.calibration.channels.back().state = array::ChannelState::dead;
  return config;
}

beam::SubbandBeamformer::Config subbands_of(std::size_t elements) {
  return {.geometry = array::Geometry::line(elements, 0.1),
          .carrier_hz = 1e9,
          .sample_rate_hz = rate_hz,
          .fft_size = 64,
          .subbands = 16,
          .update_interval_samples = 2000};
}

/// Member by member: GCC 12 takes what a designated initializer leaves out for uninitialized.
FrontEnd::Config wide_of(const beam::SubbandBeamformer::Config& subband,
                         const array::CalibrationCorrector::Config& calibration) {
  FrontEnd::Config config;
  config.subband = subband;
  config.calibration = calibration;
  return config;
}

GridBuffer<cf32> noise_of(std::size_t elements, std::size_t count, bool same = false) {
  GridBuffer<cf32> x(elements, count);
  Random random(2);
  for (std::size_t e = 0; e < elements; ++e) {
    if (same && e > 0) {
      std::ranges::copy(x.row(0), x.row(e).begin());
    } else {
      random.add_noise(x.row(e), 1);
    }
  }
  return x;
}

/// The beam of consecutive segments with a flush behind each.
std::vector<cf32> flushed_beam(FrontEnd& front_end, Grid<const cf32> x, std::vector<std::size_t> segments,
                               std::size_t piece) {
  std::vector<cf32> beam;
  const FrontEnd::BeamHandler handler = [&](std::span<const cf32> b) {
    beam.insert(beam.end(), b.begin(), b.end());
  };
  std::size_t first = 0;
  for (const std::size_t segment : segments) {
    for (std::size_t i = 0; i < segment; i += piece) {
      front_end.push(x.columns(first + i, std::min(piece, segment - i)), handler);
    }
    front_end.flush(handler);
    first += segment;
    EXPECT_EQ(beam.size(), first);
  }
  return beam;
}

double error_db(std::span<const cf32> a, std::span<const cf32> b) {
  double error = 0;
  double power = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::norm(a[i] - b[i]);
    power += std::norm(b[i]);
  }
  return db_from_power(std::max(error, 1e-30) / power);
}

// To the bit, in any pieces: the beam, and the block in front of the beamformer.
TEST(FrontEnd, CalibratedSubbandsEqualTheStagesCalledByHand) {
  constexpr std::size_t count = 10'000;
  const GridBuffer<cf32> x = noise_of(4, count);
  const Vec3 direction{0.5, 0, 0.866};
  array::CalibrationCorrector corrector(calibration_of(4));
  const std::size_t late = corrector.latency_samples();
  GridBuffer<cf32> corrected(4, count + late);
  for (std::size_t e = 0; e < 4; ++e) std::ranges::copy(x.row(e), corrected.row(e).begin());
  corrector.process(corrected.view(), corrected.view());
  const Grid<const cf32> calibrated = Grid<const cf32>(corrected.view()).columns(late, count);
  beam::SubbandBeamformer subband(subbands_of(4));
  subband.set_direction(direction);
  std::vector<cf32> expected(count + subband.latency_samples());
  subband.process(calibrated, std::span(expected).first(count));
  subband.drain(std::span(expected).last(subband.latency_samples()));
  expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(subband.latency_samples()));

  FrontEnd::Config config = wide_of(subbands_of(4), calibration_of(4));
  config.block_samples = 256;
  for (const std::size_t piece : {1U, 7U, 256U, 9999U}) {
    FrontEnd front_end(config);
    front_end.set_direction(direction);
    EXPECT_EQ(front_end.latency_samples(), late + 64);
    EXPECT_EQ(flushed_beam(front_end, x.view(), {count}, piece), expected) << piece;
    // 39 blocks of 256 and 16 samples.
    ASSERT_EQ(front_end.calibrated().columns(), 16U);
    ASSERT_EQ(front_end.elements().columns(), 16U);
    for (std::size_t e = 0; e < 4; ++e) {
      EXPECT_TRUE(std::ranges::equal(front_end.calibrated().row(e), calibrated.row(e).last(16)));
      EXPECT_TRUE(std::ranges::equal(front_end.elements().row(e), x.row(e).last(16)));
    }
    EXPECT_EQ(front_end.adaptive(), nullptr);
    EXPECT_EQ(front_end.subband()->weights().stats().updates, subband.weights().stats().updates);
  }
}

// Sample n of the beam is sample n of the elements, in every part of a stream with gaps, also in parts that
// are shorter than the latency: a beam towards the boresight, of elements that all hear the same, is what
// they hear. The filter banks are exact to the rounding of float.
TEST(FrontEnd, KeepsPositionsOverGapsAndLosesNothing) {
  const std::vector<std::size_t> segments = {5000, 777, 256, 100, 1, 3000};
  constexpr std::size_t count = 5000 + 777 + 256 + 100 + 1 + 3000;
  const GridBuffer<cf32> x = noise_of(3, count, true);
  for (const bool calibrated : {false, true}) {
    for (const bool wide : {false, true}) {
      SCOPED_TRACE(std::to_string(calibrated) + std::to_string(wide));
      FrontEnd::Config config = config_of(3);
      config.beamformer.mode = beam::AdaptiveBeamformer::Mode::conventional;
      if (wide) {
        config.beamformer = {};
        config.subband = subbands_of(3);
        config.subband->mode = beam::SubbandWeights::Mode::conventional;
      }
      GridBuffer<cf32> y = x;
      if (calibrated) {
        // Whole samples, which are undone exactly; the last channel is late by 40 of them.
        config.calibration = calibration_of(3);
        for (auto& channel : config.calibration->calibration.channels) channel.delay_s = 0;
        for (std::size_t e = 1; e < 3; ++e) {
          const auto& channel = config.calibration->calibration.channels[e];
          for (cf32& s : y.row(e)) s *= cf32(std::polar(channel.gain, channel.phase_rad));
        }
        config.calibration->calibration.channels[2].delay_s = 40 / rate_hz;
        std::size_t first = 0;
        for (const std::size_t segment : segments) {
          const auto row = y.row(2).subspan(first, segment);
          const std::size_t gone = std::min<std::size_t>(40, segment);
          std::shift_right(row.begin(), row.end(), static_cast<std::ptrdiff_t>(gone));
          std::ranges::fill(row.first(gone), cf32(0));
          first += segment;
        }
      }
      FrontEnd front_end(config);
      const std::vector<cf32> beam = flushed_beam(front_end, y.view(), segments, 333);
      std::size_t first = 0;
      for (const std::size_t segment : segments) {
        // What the late channel had not yet heard is lost to it alone.
        const std::size_t heard = calibrated ? (segment > 40 ? segment - 40 : 0) : segment;
        if (heard > 0) {
          EXPECT_LT(error_db(std::span(beam).subspan(first, heard), x.row(0).subspan(first, heard)), -100)
              << segment;
        }
        first += segment;
      }
    }
  }
}

// Blocks are the same samples with and without a calibration, so that adaptive weights are, too.
TEST(FrontEnd, ACalibrationOfPerfectChannelsChangesNothing) {
  constexpr std::size_t count = 20'000;
  const GridBuffer<cf32> x = noise_of(3, count);
  FrontEnd::Config config = config_of(3);
  config.beamformer.update_interval_samples = 1000;
  FrontEnd plain(config);
  config.calibration.emplace();
  config.calibration->sample_rate_hz = rate_hz;
  config.calibration->calibration.channels.resize(3);
  FrontEnd calibrated(config);
  const auto expected = flushed_beam(plain, x.view(), {12'345, 7655}, 1000);
  EXPECT_LT(error_db(flushed_beam(calibrated, x.view(), {12'345, 7655}, 1000), expected), -90);
  EXPECT_EQ(plain.adaptive()->stats().updates, calibrated.adaptive()->stats().updates);
}

// A channel that the calibration calls dead reaches no beam, whatever it says, and the others keep unit gain.
TEST(FrontEnd, DeadChannelsAreSilent) {
  constexpr std::size_t count = 20'000;
  GridBuffer<cf32> x = noise_of(4, count, true);
  Random random(7);
  random.add_noise(x.row(3), 1e4F);
  for (const auto mode : {beam::SubbandWeights::Mode::mvdr, beam::SubbandWeights::Mode::conventional}) {
    FrontEnd::Config config = wide_of(subbands_of(4), calibration_of(4, true));
    config.subband->mode = mode;
    for (std::size_t e = 1; e < 3; ++e) config.calibration->calibration.channels[e] = {};
    FrontEnd front_end(config);
    EXPECT_LT(error_db(flushed_beam(front_end, x.view(), {count}, count), x.row(0)), -60);
  }
}

TEST(FrontEnd, SteersByAManifoldAndPutsNulls) {
  FrontEnd::Config config = config_of(4);
  config.beamformer.mode = beam::AdaptiveBeamformer::Mode::lcmv;
  config.beamformer.max_nulls = 1;
  FrontEnd front_end(config);
  array::Manifold::Config described{.geometry = config.beamformer.geometry};
  described.coupling.assign(16, cf64(0.1, 0.05));
  for (std::size_t e = 0; e < 4; ++e) described.coupling[5 * e] = 1;
  std::vector<cf64> steering(4);
  std::vector<cf64> null(4);
  array::Manifold(described).steering({0.3, 0, std::sqrt(0.91)}, 1e9, steering);
  const Vec3 jammer{-0.6, 0, 0.8};
  array::steering_vector(config.beamformer.geometry, jammer, 1e9, null);
  front_end.set_steering(steering);
  front_end.set_nulls(std::span(&jammer, 1));
  const GridBuffer<cf32> x = noise_of(4, 1000);
  flushed_beam(front_end, x.view(), {1000}, 1000);
  cf64 gain = 0;
  cf64 through = 0;
  for (std::size_t e = 0; e < 4; ++e) {
    gain += std::conj(front_end.adaptive()->weights()[e]) * steering[e];
    through += std::conj(front_end.adaptive()->weights()[e]) * null[e];
  }
  EXPECT_NEAR(std::abs(gain - 1.0), 0, 1e-9);
  EXPECT_NEAR(std::abs(through), 0, 1e-9);
}

// Rows that are no isotropic elements, such as the two polarizations of each: the same beam as with a
// geometry that is steered to the same vector, with a calibration of so many channels and without.
TEST(FrontEnd, TakesChannelsInPlaceOfAGeometry) {
  const GridBuffer<cf32> x = noise_of(4, 1000);
  std::vector<cf64> steering(4);
  array::steering_vector(config_of(4).beamformer.geometry, {0.3, 0, std::sqrt(0.91)}, 1e9, steering);
  for (const bool calibrated : {false, true}) {
    FrontEnd::Config with_geometry = config_of(4);
    if (calibrated) {
      with_geometry.calibration.emplace();
      with_geometry.calibration->calibration.channels.resize(4);
      with_geometry.calibration->sample_rate_hz = 1e6;
    }
    FrontEnd::Config with_channels = with_geometry;
    with_channels.beamformer.geometry = {};
    with_channels.beamformer.channels = 4;
    FrontEnd a(with_geometry);
    FrontEnd b(with_channels);
    EXPECT_EQ(b.channels(), 4U);
    a.set_steering(steering);
    b.set_steering(steering);
    EXPECT_EQ(flushed_beam(a, x.view(), {100}, 1000), flushed_beam(b, x.view(), {100}, 1000));
  }
}

TEST(FrontEnd, DoesNotAllocate) {
  const GridBuffer<cf32> x = noise_of(4, 5000);
  FrontEnd front_end(wide_of(subbands_of(4), calibration_of(4)));
  std::size_t samples = 0;
  const FrontEnd::BeamHandler handler = [&](std::span<const cf32> b) { samples += b.size(); };
  const AllocationCounter counter;
  for (int i = 0; i < 4; ++i) {
    front_end.push(Grid<const cf32>(x.view()), handler);
    front_end.set_direction({0.1, 0, 1});
    if (i % 2 == 1) front_end.flush(handler);
  }
  EXPECT_EQ(counter.count(), 0U);
  EXPECT_EQ(samples, 20'000U);
}

void expect_refusal(const FrontEnd::Config& config, const std::string& text) {
  try {
    FrontEnd front_end(config);
    ADD_FAILURE() << text;
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
  }
}

TEST(FrontEnd, RefusesWhatCannotBe) {
  auto config = config_of(2);
  config.block_samples = 10;
  expect_refusal(config, "block of 10 samples is outside 64 .. 65536");
  config = config_of(4);
  config.subband = subbands_of(4);
  expect_refusal(config, "beamformer and subband are both given");
  config.beamformer = {};
  config.beamformer.loading_over_noise_db = 5;  // would be ignored
  expect_refusal(config, "beamformer and subband are both given");
  config.beamformer = {};
  config.calibration = calibration_of(3);
  expect_refusal(config, "calibration of 3 channels, must be 4");
  config.calibration = calibration_of(4);
  config.calibration->sample_rate_hz = 10e6;
  expect_refusal(config,
                 "calibration.sample_rate_hz 10000000.000000 must be that of the subbands, 20000000.000000");
  config.calibration->sample_rate_hz = 0;
  config.subband.reset();
  config.beamformer = config_of(4).beamformer;
  expect_refusal(config, "sample_rate_hz 0.000000 must be positive");
}

}  // namespace
}  // namespace boresight::rx
