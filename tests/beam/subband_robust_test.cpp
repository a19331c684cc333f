// Strong wanted signals behind the wideband beamformer: what the robust mode holds and MVDR nulls. Against
// known covariances, and against robust_capon() in each subband.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <complex>
#include <span>
#include <vector>

#include "boresight/array/steering.h"
#include "boresight/beam/robust_capon.h"
#include "boresight/beam/subband_beamformer.h"
#include "roof.h"
#include "support/allocation_counter.h"
#include "wideband.h"

namespace boresight::beam {
namespace {

using namespace wideband;
using SubbandMode = SubbandWeights::Mode;

constexpr std::size_t elements = 8;
constexpr std::size_t subbands = 16;
constexpr std::size_t width = 16;  // bins of a subband
constexpr std::size_t ffts = 64;
constexpr double products = width * ffts;  // per subband

/// Bins of FFTs in which each wave is a plane wave in its subband exactly, on elements of 0.5 dB and 5
/// degrees (rms) that the steering vectors know nothing of.
struct Bins {
  array::Geometry geometry = array::Geometry::line(elements, wavelength_m / 2);
  std::vector<cf64> errors = std::vector<cf64>(elements);
  std::vector<GridBuffer<cf32>> blocks;
  GridBuffer<cf64> wanted{subbands, elements};  // the true steering vectors, lowest frequency first
  std::vector<Eigen::MatrixXcd> nuisance;       // jammers and noise, in truth
  std::vector<Eigen::MatrixXcd> measured;       // of all blocks

  SubbandWeights::Config config(SubbandMode mode) const {
    return {.geometry = geometry,
            .carrier_hz = carrier_hz,
            .sample_rate_hz = rate_hz,
            .bins = subbands * width,
            .subbands = subbands,
            .mode = mode};
  }

  Bins(double wanted_deg, double snr_db, const std::vector<double>& jammers_deg, bool exact,
       std::uint64_t seed) {
    Random random(seed);
    for (cf64& error : errors) {
      error = exact ? cf64(1)
                    : std::polar(amplitude_from_db(0.5 * random.normal()), rad_from_deg(5 * random.normal()));
    }
    const SubbandWeights plan(config(SubbandMode::conventional));
    nuisance.assign(subbands, Eigen::MatrixXcd::Identity(elements, elements));
    measured.assign(subbands, Eigen::MatrixXcd::Zero(elements, elements));
    std::vector<std::vector<cf64>> waves;  // [subband]: all of its waves, one after the other
    for (std::size_t s = 0; s < subbands; ++s) {
      std::vector<cf64>& of = waves.emplace_back();
      const auto wave = [&](double angle_deg, double power_db) {
        std::vector<cf64> a(elements);
        array::steering_vector(geometry, off(angle_deg), carrier_hz + plan.subband_hz(s), a);
        for (std::size_t e = 0; e < elements; ++e) a[e] *= errors[e];
        for (const cf64 v : a) of.push_back(amplitude_from_db(power_db) * v);
        return a;
      };
      std::ranges::copy(wave(wanted_deg, snr_db), wanted.row(s).begin());
      for (const double angle_deg : jammers_deg) {
        wave(angle_deg, snr_db + 50);
        const Eigen::Map<const Eigen::VectorXcd> j(of.data() + of.size() - elements, elements);
        nuisance[s] += j * j.adjoint();
      }
    }
    const std::size_t bins = subbands * width;
    for (std::size_t t = 0; t < ffts; ++t) {
      GridBuffer<cf32>& block = blocks.emplace_back(elements, bins);
      for (std::size_t i = 0; i < bins; ++i) {
        const std::size_t k = (i + bins / 2) % bins;  // in FFT order the upper half is below the carrier
        const std::vector<cf64>& of = waves[i / width];
        Eigen::VectorXcd x(elements);
        for (cf64& v : std::span(x.data(), elements)) v = cf64(random.complex_normal());
        for (std::size_t w = 0; w < of.size(); w += elements) {
          x += cf64(random.complex_normal()) * Eigen::Map<const Eigen::VectorXcd>(of.data() + w, elements);
        }
        for (std::size_t e = 0; e < elements; ++e) block(e, k) = cf32(x(static_cast<Eigen::Index>(e)));
        measured[i / width] += x * x.adjoint() / products;
      }
    }
  }

  /// Mean over the subbands of SINR over the optimum, dB.
  double of_optimum_db(Grid<const cf64> weights) const {
    double sum = 0;
    for (std::size_t s = 0; s < subbands; ++s) {
      const Eigen::Map<const Eigen::VectorXcd> w(weights.row(s).data(), elements);
      const Eigen::Map<const Eigen::VectorXcd> a(wanted.view().row(s).data(), elements);
      const double optimum = a.dot(nuisance[s].llt().solve(a)).real();
      sum += std::norm(w.dot(a)) / w.dot(nuisance[s] * w).real() / optimum / subbands;
    }
    return db_from_power(sum);
  }

  void teach(SubbandWeights& weights) const {
    for (const GridBuffer<cf32>& block : blocks) weights.train(block.view());
    weights.renew();
  }
};

// Clear sky: at any power within 0.3 dB of the optimum, which is what errors of 0.011 E, an uncertainty of
// 0.3 E and 1024 products can cost (1 + 0.011 / 0.3 is 0.16 dB). Jammers: what any weights from samples that
// hold the signal pay, 1 + M SINR / K for M of them and K products; with the errors and the last degrees of
// freedom of the noise not far below it. MVDR takes the signal for a jammer from 10 dB on.
TEST(SubbandRobust, HoldsASignalOfAnyPower) {
  for (const std::vector<double>& jammers : {std::vector<double>{}, {60, -35, -60}}) {
    for (const double snr_db : {-7.0, 0.0, 10.0, 20.0, 30.0}) {
      SCOPED_TRACE(snr_db);
      const Bins bins(5, snr_db, jammers, false, 31);
      SubbandWeights robust(bins.config(SubbandMode::robust_capon));
      SubbandWeights mvdr(bins.config(SubbandMode::mvdr));
      for (SubbandWeights* weights : {&robust, &mvdr}) {
        weights->set_direction(off(5));
        bins.teach(*weights);
        EXPECT_EQ(weights->stats().rejected, 0U);
      }
      const double got_db = bins.of_optimum_db(robust.weights());
      const double sinr = elements * power_from_db(snr_db);
      const double sampled_db = db_from_power(1 + static_cast<double>(jammers.size()) * sinr / products);
      EXPECT_GT(got_db, -0.3 - sampled_db);
      EXPECT_GT(got_db, bins.of_optimum_db(mvdr.weights()) - 0.1);
      if (snr_db >= 10) {
        EXPECT_LT(bins.of_optimum_db(mvdr.weights()), got_db - 5);
      }
    }
  }
}

// Every subband is robust_capon() of its own covariance. The loading may differ by what 1 % of the share
// make; Newton's last step ends far inside of that, and products are summed in float.
TEST(SubbandRobust, IsRobustCaponInEverySubband) {
  for (const double snr_db : {0.0, 20.0}) {
    const Bins bins(5, snr_db, {60, -35}, false, 32);
    SubbandWeights weights(bins.config(SubbandMode::robust_capon));
    weights.set_direction(off(5));
    bins.teach(weights);
    GridBuffer<cf64> slow(subbands, elements);
    for (std::size_t s = 0; s < subbands; ++s) {
      // Hermitian: by columns is the conjugate by rows.
      const Eigen::MatrixXcd by_rows = bins.measured[s].transpose();
      robust_capon({by_rows.data(), elements, elements}, weights.steering().row(s), 0.3 * elements,
                   slow.row(s));
      cf64 gain = 0;
      double error = 0;
      double size = 0;
      for (std::size_t e = 0; e < elements; ++e) {
        gain += std::conj(weights.weights()(s, e)) * weights.steering()(s, e);
        error += std::norm(weights.weights()(s, e) - slow(s, e));
        size += std::norm(slow(s, e));
      }
      EXPECT_NEAR(std::abs(gain - 1.0), 0, 1e-9);
      EXPECT_LT(std::sqrt(error / size), 1e-3) << s;
    }
    EXPECT_NEAR(bins.of_optimum_db(weights.weights()), bins.of_optimum_db(slow.view()), 1e-3);
  }
}

// The price: a jammer that leaves less than `uncertainty` of ||a||^2 outside of its null is within the set.
// Behind 8 elements one at 8 degrees, 3 from the satellite, leaves 0.14, one at 11 degrees 0.45.
TEST(SubbandRobust, ANullThatCostsMoreThanTheSetIsNotMade) {
  for (const double jammer_deg : {8.0, 11.0}) {
    const Bins bins(5, -7, {jammer_deg}, true, 37);
    for (const SubbandMode mode : {SubbandMode::robust_capon, SubbandMode::mvdr}) {
      SubbandWeights weights(bins.config(mode));
      weights.set_direction(off(5));
      bins.teach(weights);
      const double got_db = bins.of_optimum_db(weights.weights());
      if (mode == SubbandMode::robust_capon && jammer_deg < 10) {
        EXPECT_LT(got_db, -20);
      } else {
        EXPECT_GT(got_db, -0.3) << jammer_deg;
      }
    }
  }
}

// The set is relative to the steering vector: elements of half the gain (a pattern of cos(theta) 60 degrees
// off) have the same one, 3e-8 or 1e6 as well. A signal of 20 dB 2 degrees (0.16 of a beamwidth) beside where
// it is thought to be is 0.063 of ||a||^2 away, and costs 1 + 0.063 / 0.3, 0.8 dB, and the pointing itself.
TEST(SubbandRobust, TheSetFollowsTheGainOfTheElements) {
  const Bins bins(7, 20, {}, true, 33);
  std::vector<double> got_db;
  for (const double gain : {1.0, 0.5, 3e-8, 1e6}) {
    SubbandWeights weights(bins.config(SubbandMode::robust_capon));
    weights.set_direction(off(5));
    GridBuffer<cf64> responses(subbands, elements);
    for (std::size_t s = 0; s < subbands; ++s) std::ranges::fill(responses.row(s), cf64(gain));
    weights.set_responses(responses.view());
    bins.teach(weights);
    got_db.push_back(bins.of_optimum_db(weights.weights()));
    EXPECT_GT(got_db.back(), -1.5) << gain;
    EXPECT_NEAR(got_db.back(), got_db.front(), 1e-6) << gain;
  }
}

// What no channel has is no channel: weights stay finite, and what is left of the array is used.
TEST(SubbandRobust, ResponsesOfNoPossibleGainAreDead) {
  const Bins bins(5, 10, {60}, true, 34);
  for (const SubbandMode mode : {SubbandMode::robust_capon, SubbandMode::mvdr, SubbandMode::conventional}) {
    SubbandWeights weights(bins.config(mode));
    weights.set_direction(off(5));
    GridBuffer<cf64> responses(subbands, elements);
    for (std::size_t s = 0; s < subbands; ++s) {
      std::ranges::fill(responses.row(s), cf64(1));
      responses(s, 0) = 1e-160;
      responses(s, 1) = 1e160;
      if (s == 3) std::ranges::fill(responses.row(s), cf64(1e-30));  // all of them: no weight at all
    }
    weights.set_responses(responses.view());
    bins.teach(weights);
    for (std::size_t s = 0; s < subbands; ++s) {
      cf64 gain = 0;
      for (std::size_t e = 0; e < elements; ++e) {
        gain += std::conj(weights.weights()(s, e)) * weights.steering()(s, e);
      }
      EXPECT_NEAR(std::abs(gain - (s == 3 ? 0.0 : 1.0)), 0, 1e-9);
      EXPECT_EQ(weights.weights()(s, 0), cf64(0));
      EXPECT_EQ(weights.weights()(s, 1), cf64(0));
    }
    std::vector<cf32> y(subbands * width);
    weights.apply(bins.blocks[0].view(), y);
    for (const cf32 v : y) ASSERT_TRUE(std::isfinite(std::abs(v)));
  }
}

// The loading of folded subbands follows that of the one next to them, unless that one has none, its
// responses being zero: a strong satellite is held all the same.
TEST(SubbandRobust, AnEdgeBesideNothingHoldsItsSignal) {
  const Bins bins(5, 30, {}, false, 39);
  SubbandWeights weights(bins.config(SubbandMode::robust_capon));
  weights.set_direction(off(5));
  GridBuffer<cf64> responses(subbands, elements);
  for (std::size_t s = 0; s < subbands; ++s) std::ranges::fill(responses.row(s), cf64(s == 1 ? 0 : 1));
  weights.set_responses(responses.view());
  bins.teach(weights);
  for (const std::size_t s : {std::size_t{0}, std::size_t{2}, subbands - 1}) {
    const Eigen::Map<const Eigen::VectorXcd> w(weights.weights().row(s).data(), elements);
    const Eigen::Map<const Eigen::VectorXcd> a(bins.wanted.view().row(s).data(), elements);
    EXPECT_GT(db_from_power(std::norm(w.dot(a)) / w.squaredNorm() / a.squaredNorm()), -0.3) << s;
  }
}

// In the outermost subbands both edges of the band are folded together, and a jammer 8 degrees from the
// satellite takes two nulls there, which leave less than the set. With the loading of the subbands next to
// them the beam of a weak satellite is that of MVDR within what a null 1.7 dB deep into the main lobe makes
// of more loading.
TEST(SubbandRobust, FoldedEdgesDoNotLetAJammerThrough) {
  constexpr std::size_t count = 1 << 17;
  SubbandBeamformer::Config c{.geometry = array::Geometry::line(elements, wavelength_m / 2),
                              .carrier_hz = carrier_hz,
                              .sample_rate_hz = rate_hz};
  const GridBuffer<cf32> x = sky(c.geometry, {{5, 0}, {13, 50}}, count, 38);
  const GridBuffer<cf32> at_origin =
      sky(array::Geometry::from_positions({{0, 0, 0}}), {{5, 0}}, count, 38, false);
  const auto sinr_db = [&](SubbandMode mode) {
    c.mode = mode;
    SubbandBeamformer beam(c);
    beam.set_direction(off(5));
    std::vector<cf32> y(count);
    beam.process(x.view(), y);
    const std::size_t late = beam.latency_samples();
    const std::size_t half = count / 2;
    return measured_sinr_db(std::span(y).subspan(half, half), at_origin.row(0).subspan(half - late, half));
  };
  EXPECT_GT(sinr_db(SubbandMode::robust_capon), sinr_db(SubbandMode::mvdr) - 1);
}

// From samples, as configured by default: the beam of a strong satellite on elements with errors is as good
// as the conventional one, which is next to the optimum without jammers. MVDR loses it.
TEST(SubbandRobust, TheDefaultBeamKeepsAStrongSatellite) {
  constexpr std::size_t count = 1 << 17;
  constexpr double snr_db = 10;
  SubbandBeamformer::Config c{.geometry = array::Geometry::line(elements, wavelength_m / 2),
                              .carrier_hz = carrier_hz,
                              .sample_rate_hz = rate_hz};
  EXPECT_EQ(c.mode, SubbandMode::robust_capon);
  GridBuffer<cf32> x = sky(c.geometry, {{5, snr_db}}, count, 35, false);
  const GridBuffer<cf32> at_origin =
      sky(array::Geometry::from_positions({{0, 0, 0}}), {{5, snr_db}}, count, 35, false);
  Random random(36);
  for (std::size_t e = 0; e < elements; ++e) {
    const cf32 error(std::polar(amplitude_from_db(0.5 * random.normal()), rad_from_deg(5 * random.normal())));
    for (cf32& v : x.row(e)) v *= error;
    random.add_noise(x.row(e), 1);
  }
  const auto sinr_db = [&](SubbandMode mode) {
    c.mode = mode;
    SubbandBeamformer beam(c);
    beam.set_direction(off(5));
    std::vector<cf32> y(count);
    const AllocationCounter counter;
    beam.process(x.view(), y);
    EXPECT_EQ(counter.count(), 0U);
    const std::size_t late = beam.latency_samples();
    const std::size_t half = count / 2;
    return measured_sinr_db(std::span(y).subspan(half, half), at_origin.row(0).subspan(half - late, half));
  };
  const double conventional_db = sinr_db(SubbandMode::conventional);
  EXPECT_GT(sinr_db(SubbandMode::robust_capon), conventional_db - 0.3);
  EXPECT_LT(sinr_db(SubbandMode::mvdr), conventional_db - 6);
}

}  // namespace
}  // namespace boresight::beam
