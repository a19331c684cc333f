// Four ways to point a 4 x 4 array at a satellite while a jammer is on, and what each leaves of the signal.
//
//   sources ─▶ 16 elements ─▶ covariance ─▶ weights ─▶ y = w^H x ─▶ SINR
#include <complex>
#include <cstdio>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/array/steering.h"
#include "boresight/beam/weights.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/doa/covariance.h"

using namespace boresight;

namespace {

constexpr double carrier_hz = 11.325e9;
constexpr double satellite_power = 0.5;  // -3 dB over the noise of one element, which has power 1
constexpr double jammer_power = 5000.0;  // 40 dB above the satellite

// Signal over everything else behind the weights, from what is known of the scene.
double sinr_db(const std::vector<cf64>& weights, const std::vector<cf64>& satellite,
               const std::vector<cf64>& jammer) {
  cf64 to_satellite = 0;
  cf64 to_jammer = 0;
  double noise = 0;
  for (std::size_t e = 0; e < weights.size(); ++e) {
    to_satellite += std::conj(weights[e]) * satellite[e];
    to_jammer += std::conj(weights[e]) * jammer[e];
    noise += std::norm(weights[e]);
  }
  return db_from_power(satellite_power * std::norm(to_satellite) /
                       (jammer_power * std::norm(to_jammer) + noise));
}

}  // namespace

int main() {
  // The array lies flat on a roof, half a wavelength between elements.
  const double spacing_m = 0.5 * speed_of_light_m_s / carrier_hz;
  const array::Geometry geometry = array::Geometry::rectangle(4, 4, spacing_m, spacing_m);
  const std::size_t elements = geometry.elements();
  const array::Attitude attitude;

  const auto steering = [&](double azimuth_deg, double elevation_deg) {
    std::vector<cf64> a(elements);
    const array::SkyDirection direction{rad_from_deg(azimuth_deg), rad_from_deg(elevation_deg)};
    array::steering_vector(geometry, attitude.array_from_sky(direction), carrier_hz, a);
    return a;
  };
  const std::vector<cf64> satellite = steering(140, 55);
  const std::vector<cf64> jammer = steering(250, 10);

  // What the elements receive: both signals as noise, and noise of their own.
  constexpr std::size_t snapshots = 2000;
  GridBuffer<cf32> x(elements, snapshots);
  Random random(1);
  for (std::size_t t = 0; t < snapshots; ++t) {
    const cf64 s(random.complex_normal(static_cast<float>(satellite_power)));
    const cf64 j(random.complex_normal(static_cast<float>(jammer_power)));
    for (std::size_t e = 0; e < elements; ++e) {
      x(e, t) = cf32(s * satellite[e] + j * jammer[e]) + random.complex_normal();
    }
  }

  doa::SampleCovariance covariance({.elements = elements});
  covariance.update(x.view());
  GridBuffer<cf64> r(elements, elements);
  covariance.matrix(r.view());

  std::vector<cf64> single(elements), conventional(elements), nulled(elements), mvdr(elements);
  single[0] = 1.0;
  beam::conventional(satellite, conventional);
  beam::null_steering(satellite, Grid<const cf64>(jammer.data(), 1, elements), nulled);
  // Loading 10 dB above the noise keeps the satellite itself from being taken for a jammer.
  beam::mvdr(r.view(), satellite, 10.0, mvdr);

  std::printf("16 elements, satellite at -3 dB, jammer at +37 dB per element\n");
  std::printf("  one element            SINR %6.1f dB\n", sinr_db(single, satellite, jammer));
  std::printf("  conventional           SINR %6.1f dB\n", sinr_db(conventional, satellite, jammer));
  std::printf("  null where it is known SINR %6.1f dB\n", sinr_db(nulled, satellite, jammer));
  std::printf("  MVDR, told nothing     SINR %6.1f dB\n", sinr_db(mvdr, satellite, jammer));
  std::printf("  bound without jammer   SINR %6.1f dB\n",
              db_from_power(satellite_power * static_cast<double>(elements)));
  // MVDR from 2000 snapshots comes within 1 dB of the null that knows where the jammer is.
  return sinr_db(mvdr, satellite, jammer) > sinr_db(nulled, satellite, jammer) - 1.0 ? 0 : 1;
}
