// Jammers that come on behind the wideband beamformer. Through the modem: rx/jammer_onset_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "boresight/beam/subband_beamformer.h"
#include "roof.h"
#include "wideband.h"

namespace boresight::beam {
namespace {

using namespace wideband;

/// Eight elements, a satellite of 0 dB per element over the whole band, and jammers 50 dB above it from
/// sample `onset` on; SubbandBeamformer as configured by default.
struct SubbandOnset {
  static constexpr std::size_t samples = 1 << 18;
  static constexpr std::size_t elements = 8;
  SubbandBeamformer::Config config{.geometry = array::Geometry::line(elements, wavelength_m / 2),
                                   .carrier_hz = carrier_hz,
                                   .sample_rate_hz = rate_hz};
  GridBuffer<cf32> quiet = sky(config.geometry, {{5, 0}}, samples, 1);
  GridBuffer<cf32> signal = sky(array::Geometry::from_positions({{0, 0, 0}}), {{5, 0}}, samples, 1, false);
  GridBuffer<cf32> jammers;

  explicit SubbandOnset(const std::vector<double>& angles_deg) {
    std::vector<Wave> waves;
    for (const double angle_deg : angles_deg) waves.push_back({angle_deg, 50});
    jammers = sky(config.geometry, waves, samples, 2, false);
  }

  /// Samples from the onset on, in runs of 64, with an SINR below 3 dB. 9 dB less the nulling is the optimum.
  std::size_t lost(std::size_t onset, double jump_db, std::uint64_t& jumps) const {
    GridBuffer<cf32> x(elements, samples);
    for (std::size_t e = 0; e < elements; ++e) {
      std::ranges::copy(quiet.row(e), x.row(e).begin());
      for (std::size_t t = onset; t < samples; ++t) x(e, t) += jammers(e, t);
    }
    SubbandBeamformer::Config c = config;
    c.jump_db = jump_db;
    SubbandBeamformer beam(c);
    beam.set_direction(off(5));
    std::vector<cf32> y(samples);
    beam.process(x.view(), y);
    jumps = beam.jumps();
    const std::size_t late = beam.latency_samples();
    std::size_t count = 0;
    for (std::size_t t = onset; t + late + 64 <= samples; t += 64) {
      const auto wanted = signal.row(0).subspan(t, 64);
      if (measured_sinr_db(std::span(y).subspan(t + late, 64), wanted) < 3) count += 64;
    }
    return count;
  }
};

// The first frame with a jammer teaches four products per subband (256 bins, 64 subbands). As long as r
// jammers are learned from K products, weights that follow their waveforms cancel about r / K of the wanted
// signal as well: up to 75 % after the first frame, 10 % after the eighth. Frames are 128 samples apart.
// Without the watch the update comes 43,008 samples after the first onset, and the fade takes 1024 more.
TEST(SubbandOnset, CostsFewFramesOfTheBank) {
  for (const std::vector<double>& angles : {std::vector<double>{60}, {60, -35}, {60, -35, -60}}) {
    const SubbandOnset scene(angles);
    std::uint64_t jumps = 0;
    for (const std::size_t offset : {0, 1, 40, 64, 100, 127}) {
      EXPECT_LE(scene.lost(1200 * 128 + offset, 6, jumps), 256 * angles.size()) << offset;
      EXPECT_EQ(jumps, 1U) << offset;
    }
    EXPECT_GT(scene.lost(1200 * 128, 0, jumps), 43000U);
    EXPECT_EQ(jumps, 0U);
  }
}

TEST(SubbandOnset, NoFalseAlarmsAndNothingLostWhenTheWantedSignalComesUp) {
  SubbandOnset scene({60});
  std::uint64_t jumps = 1;
  EXPECT_EQ(scene.lost(SubbandOnset::samples, 3, jumps), 0U);
  EXPECT_EQ(jumps, 0U);
  // The satellite 9 dB above the beam's noise, from one sample to the next: the part of a "jammer" is taken
  // by what is wanted, in the place of the steady satellite.
  constexpr std::size_t onset = 1200 * 128 + 50;
  scene.jammers = sky(scene.config.geometry, {{5, 0}}, SubbandOnset::samples, 1, false);
  scene.quiet = sky(scene.config.geometry, {}, SubbandOnset::samples, 3);
  EXPECT_EQ(scene.lost(onset, 6, jumps), 0U);
  EXPECT_EQ(jumps, 1U);
}

// Pulses from two sides in turn, a new one whenever the watch has just looked: no more than one start in 33
// frames, and what has been learned holds.
TEST(SubbandOnset, PulsesDoNotRaiseTheWorkWithoutLimit) {
  const SubbandOnset scene({});
  const GridBuffer<cf32> east = sky(scene.config.geometry, {{60, 50}}, SubbandOnset::samples, 4, false);
  const GridBuffer<cf32> west = sky(scene.config.geometry, {{-35, 50}}, SubbandOnset::samples, 5, false);
  GridBuffer<cf32> x = scene.quiet;
  constexpr std::size_t frames = SubbandOnset::samples / 128;
  for (std::size_t frame = 600; frame < frames; frame += 34) {
    const GridBuffer<cf32>& pulse = frame / 34 % 2 == 0 ? east : west;
    for (std::size_t e = 0; e < SubbandOnset::elements; ++e) {
      for (std::size_t t = 128 * frame; t < 128 * (frame + 2) && t < x.columns(); ++t) x(e, t) += pulse(e, t);
    }
  }
  SubbandBeamformer beam(scene.config);
  beam.set_direction(off(5));
  std::vector<cf32> y(x.columns());
  beam.process(x.view(), y);
  EXPECT_GE(beam.jumps(), 1U);
  EXPECT_LE(beam.jumps(), frames / 33);
  const std::size_t late = SubbandOnset::samples / 2;
  EXPECT_GT(measured_sinr_db(std::span(y).subspan(late + beam.latency_samples(), late - 512),
                             scene.signal.row(0).subspan(late, late - 512)),
            6);
}

// A gap: the weights stay, its zeros are no jump and teach nothing; a jammer that came on in it is one.
TEST(SubbandOnset, AGapTeachesNothingAndAJammerInItIsAJump) {
  const SubbandOnset scene({60});
  constexpr std::size_t half = SubbandOnset::samples / 2;
  for (const bool jammed : {false, true}) {
    SubbandBeamformer beam(scene.config);
    beam.set_direction(off(5));
    std::vector<cf32> y(SubbandOnset::samples);
    beam.process(scene.quiet.view().columns(0, half), std::span(y).first(half));
    const double snapshots = beam.weights().snapshots();
    const std::vector<cf64> before(beam.weights().weights().row(7).begin(),
                                   beam.weights().weights().row(7).end());
    std::vector<cf32> rest(beam.latency_samples());
    beam.drain(rest);
    EXPECT_EQ(beam.weights().snapshots(), snapshots);
    GridBuffer<cf32> x(SubbandOnset::elements, half);
    for (std::size_t e = 0; e < SubbandOnset::elements; ++e) {
      for (std::size_t t = 0; t < half; ++t) {
        x(e, t) = scene.quiet(e, half + t) + (jammed ? scene.jammers(e, half + t) : cf32(0));
      }
    }
    beam.process(x.view().columns(0, 1024), std::span(y).first(1024));
    EXPECT_EQ(beam.jumps(), jammed ? 1U : 0U);
    EXPECT_EQ(std::ranges::equal(before, beam.weights().weights().row(7)), !jammed);
    beam.process(x.view().columns(1024, half - 1024), std::span(y).subspan(1024, half - 1024));
    EXPECT_EQ(beam.jumps(), jammed ? 1U : 0U);
    // In step again, and clean from 512 samples behind the gap on.
    const auto wanted = scene.signal.row(0).subspan(half, half);
    EXPECT_GT(measured_sinr_db(std::span(y).subspan(256 + 512, 8192), wanted.subspan(512, 8192)), 6);
  }
}

}  // namespace
}  // namespace boresight::beam
