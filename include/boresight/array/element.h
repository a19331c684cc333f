// What one element hears of a direction: its pattern, in its own frame.
//
//              z normal
//              |     / u, theta from the normal
//              |    /
//      --------+--------- x   port x is polarized along x, port y is the same port turned a quarter about z
//             / \  phi from x towards y
//            y
#pragma once

#include <variant>
#include <vector>

#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// Unit amplitude everywhere, ahead and behind.
struct IsotropicElement {};

/// Amplitude cos(theta)^exponent ahead, nothing behind: directivity 2 (2 exponent + 1). 0.5 is the ideal
/// element of a dense array (its gain falls with the projected area), 1 to 1.5 fit printed elements.
struct CosineElement {
  double exponent = 0.5;  ///< 0 to 100
};

/// Rectangular patch by the cavity model with two slots on an infinite ground plane (Balanis, Antenna Theory,
/// section 14.2.2; thin substrate, no mutual coupling):
///   sinc(W uy) cos(pi L ux) (cos(phi) theta - cos(theta) sin(phi) phi)   for the port along x.
/// What an infinite ground hides: diffraction at the edge of a real panel, which halves the field at the
/// horizon of the E plane (6 dB) and ripples the rest of it by 1 to 2 dB, the less the larger the panel.
struct PatchElement {
  /// L, resonant, along x: about 0.49 / sqrt(permittivity of the substrate). 0 to 2; 0 is a single slot.
  double length_wavelengths = 0.36;
  /// W, along y. 0 to 2.
  double width_wavelengths = 0.45;
};

/// Measured or simulated. Linear interpolation of the complex amplitude between the nodes: with a step of 5
/// degrees and a pattern like cos(theta) wrong by at most 0.008 dB, four times that with twice the step.
struct TabulatedElement {
  /// From the normal; increasing, in [0, pi], 1 to 3,601 of them. Outside their range the floor applies.
  std::vector<double> thetas_rad;
  /// Increasing, in [0, 2 pi), 1 to 7,201 of them; the last goes on to the first. One: the same for all phi.
  std::vector<double> phis_rad;
  std::vector<cf64> co;     ///< port x along e_x (array/polarization.h): [theta][phi], phi contiguous
  std::vector<cf64> cross;  ///< port x along e_y; empty: none
};

using ElementModel = std::variant<IsotropicElement, CosineElement, PatchElement, TabulatedElement>;

/// What the two ports of an element receive of the two components of a wave: v = J (wave.x, wave.y).
struct JonesMatrix {
  cf64 xx = 1, xy = 0;
  cf64 yx = 0, yy = 1;
};

class ElementPattern {
 public:
  struct Config {
    ElementModel model = IsotropicElement{};
    /// Nowhere is an element deafer than this relative to amplitude 1 (not for isotropic): behind its ground
    /// plane, below its horizon, outside its table it still scatters. It keeps steering vectors from being
    /// zero, which no beam can look at. -200 to 0 dB.
    double floor_db = -40;
  };

  /// Isotropic.
  ElementPattern() = default;

  /// Throws ConfigError for a value out of the ranges above, for a table with NaN or of the wrong size.
  explicit ElementPattern(const Config& config);

  /// Towards a unit vector in the element's frame. Amplitude 1 at the normal for all models but tables, which
  /// are taken as they are. NaN gives the floor.
  JonesMatrix response(Vec3 u) const;

  /// |amplitude| of port x for a wave of the polarization that it receives best, with the sign and phase of
  /// its co-polarization: the element of arrays that do not speak of polarization.
  cf64 scalar(Vec3 u) const;

  /// Whether the model, not the floor, speaks for the direction: ahead of the normal, inside the table.
  bool covers(Vec3 u) const;

  const ElementModel& model() const { return model_; }
  double floor_db() const { return floor_db_; }
  bool isotropic() const { return std::holds_alternative<IsotropicElement>(model_); }

  /// |scalar|^2 over its mean over the sphere: gain over an isotropic antenna without losses, linear. The
  /// mean by quadrature (64 x 64 nodes per half), better than 0.001 dB for the built-in models at the default
  /// floor.
  double directivity(Vec3 u) const;

 private:
  ElementModel model_;
  double floor_db_ = Config{}.floor_db;
  double floor_ = 0;
};

}  // namespace boresight::array
