// What the measurements of a calibration ask of their Configs alike. Private.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>

#include "boresight/array/geometry.h"
#include "boresight/core/error.h"

namespace boresight::array {

/// ConfigError, beginning with `who`, unless plane waves can be told with this geometry.
inline void check_plane_waves(const std::string& who, std::size_t channels, const Geometry& geometry,
                              double carrier_hz) {
  geometry.check();
  require(geometry.elements() == channels, who + std::to_string(geometry.elements()) + " elements for " +
                                               std::to_string(channels) + " channels");
  require(std::isfinite(carrier_hz) && carrier_hz > 0,
          who + "carrier_hz " + std::to_string(carrier_hz) + " must be positive and finite");
}

}  // namespace boresight::array
