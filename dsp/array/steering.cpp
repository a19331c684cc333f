#include "boresight/array/steering.h"

#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

template <typename Real>
void steer(const Geometry& geometry, Vec3 u, double frequency_hz, std::span<std::complex<Real>> out) {
  BORESIGHT_ASSERT(out.size() == geometry.elements());
  const double wavenumber_rad_m = 2 * pi * frequency_hz / speed_of_light_m_s;
  for (std::size_t e = 0; e < out.size(); ++e) {
    const double phase_rad = wavenumber_rad_m * dot(geometry.positions_m[e], u);
    out[e] = {static_cast<Real>(std::cos(phase_rad)), static_cast<Real>(std::sin(phase_rad))};
  }
}

}  // namespace

void steering_vector(const Geometry& geometry, Vec3 u, double frequency_hz, std::span<cf64> out) {
  steer(geometry, u, frequency_hz, out);
}

void steering_vector(const Geometry& geometry, Vec3 u, double frequency_hz, std::span<cf32> out) {
  steer(geometry, u, frequency_hz, out);
}

}  // namespace boresight::array
