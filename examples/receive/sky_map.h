// Power over the hemisphere: what the array hears, and what its beam lets through.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::receive {

/// Conventional beamformer scan (Bartlett): P(u) = a(u)^H R a(u) / E^2, the power that comes from direction
/// u, sidelobes included.
class PowerScan {
 public:
  /// covariance [E x E], Hermitian.
  PowerScan(array::Geometry geometry, double carrier_hz, const array::Attitude& attitude,
            Grid<const cf64> covariance);

  double power_db(array::SkyDirection direction) const;

  /// Where the most power comes from, to 0.1 degrees; over the whole hemisphere.
  array::SkyDirection strongest() const;

 private:
  array::Geometry geometry_;
  double carrier_hz_;
  array::Attitude attitude_;
  std::vector<cf64> covariance_;
};

/// Degrees between two directions.
double angle_deg(array::SkyDirection a, array::SkyDirection b);

}  // namespace boresight::receive
