// What root-MUSIC and ESPRIT share: checks, and angles from phases.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/doa/root_music.h"

namespace boresight::doa {

inline void check(const LineArray& line) {
  require(line.elements >= 2 && line.elements <= 64,
          "line: " + std::to_string(line.elements) + " elements, must be 2 to 64");
  require(line.spacing_wavelengths > 0 && line.spacing_wavelengths <= 0.5 + 1e-9,
          "line: spacing_wavelengths " + std::to_string(line.spacing_wavelengths) +
              " must be above 0 and at most 0.5");
}

inline void check(const LineArray& line, Grid<const cf64> covariance, std::size_t sources,
                  std::size_t most_sources) {
  check(line);
  require(covariance.rows() == line.elements && covariance.columns() == line.elements,
          "line: a covariance of " + std::to_string(covariance.rows()) + " x " +
              std::to_string(covariance.columns()) + " with " + std::to_string(line.elements) + " elements");
  require(sources >= 1 && sources <= most_sources,
          "line: " + std::to_string(sources) + " sources, must be 1 to " + std::to_string(most_sources));
}

/// Adds the angle whose phase from one element to the next is `phase_rad`, or counts it as missing.
inline void add_phase(const LineArray& line, double phase_rad, LineAngles& out) {
  const double sine = phase_rad / (2 * pi * line.spacing_wavelengths);
  // Noise pushes a source at the end of the line over the edge: by a hundredth is still the end.
  if (std::isfinite(sine) && std::abs(sine) <= 1.01) {
    out.angles_rad.push_back(std::asin(std::clamp(sine, -1.0, 1.0)));
  } else {
    ++out.missing;
  }
}

}  // namespace boresight::doa
