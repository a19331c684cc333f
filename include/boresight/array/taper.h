// Tapers: amplitudes across the aperture that trade beam width for side lobes.
//
//   uniform                 Taylor, Chebyshev
//   ____________              _--~~--_            Multiply weights by them: w_e = t_e a_e. They are real, the
//  |            |          _-~        ~-_         largest is 1 (an attenuator can only attenuate).
//  |            |         |              |
#pragma once

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/core/types.h"

namespace boresight::array {

struct UniformTaper {};

/// All side lobes equal, the narrowest beam for them (Dolph, Proc. IRE 34, 1946). Half-wave or wider spacing.
struct ChebyshevTaper {
  double sidelobe_db = 30;  ///< below the peak, 1 to 200
};

/// The side lobes next to the beam near `sidelobe_db`, from the nbar-th null on falling as 1 / u (Taylor, IRE
/// Trans. AP-3, 1955; on a circle AP-8, 1960). Made for a continuous aperture and sampled: the highest side
/// lobe of a line of 16 elements or more is within 0.7 dB of the design at 25 to 40 dB and the usual nbar,
/// that of 8 elements misses by 1 to 2 dB.
struct TaylorTaper {
  double sidelobe_db = 30;  ///< below the peak, 15 to 100
  unsigned nbar = 4;  ///< above A^2 + 1/4, A = acosh(10^(sidelobe_db / 20)) / pi; at most half of the line
};

/// pedestal + (1 - pedestal) cos(2 pi x), x from -1/2 to 1/2 at the outermost elements: 0.54 is Hamming's,
/// 0.5 Hann's (whose outermost elements are then off), 1 uniform.
struct HammingTaper {
  double pedestal = 0.54;  ///< 0.5 to 1
};

/// I0(beta sqrt(1 - 4 x^2)) / I0(beta) (Kaiser and Schafer, IEEE Trans. ASSP-28, 1980).
struct KaiserTaper {
  double beta = 4;  ///< 0 (uniform) to 50
};

/// The user's own, any finite values that are not all zero, kept as they are. On a line one per element; on a
/// circle samples along the radius, from the center to the rim, with straight lines between.
struct UserTaper {
  std::vector<double> values;
};

using Taper = std::variant<UniformTaper, ChebyshevTaper, TaylorTaper, HammingTaper, KaiserTaper, UserTaper>;

/// For an evenly spaced line of `count` elements.
/// Throws ConfigError for a count of 0 or more than `max_elements`, and for a value outside its range above.
std::vector<double> line_taper(const Taper& taper, std::size_t count);

/// The product of one taper along each side, in the order of Geometry::rectangle(). On the axes the pattern
/// is that of each line, everywhere else its side lobes are products of two.
std::vector<double> rectangle_taper(const Taper& along_x, std::size_t columns, const Taper& along_y,
                                    std::size_t rows);

/// By distance from the z axis, the rim of the aperture being at `radius_m`; 0 takes a rim half of the
/// smallest element spacing beyond the outermost element, which is where the aperture of a filled lattice
/// ends. x above is half the distance over the radius. TaylorTaper is that of a circular aperture: with a few
/// hundred elements or more its side lobes are those of the design within 1 dB, with few they are what the
/// lattice makes of them. Throws ConfigError also for a ChebyshevTaper (a circle has none) and for elements
/// outside the rim.
std::vector<double> radial_taper(const Taper& taper, const Geometry& geometry, double radius_m = 0);

/// |sum w|^2 / (E sum |w|^2): what is left of the gain in white noise, 1 for uniform. 0 for no or all zero
/// values; NaN gives NaN.
double taper_efficiency(std::span<const double> taper);

/// weights[e] *= taper[e].
void apply_taper(std::span<const double> taper, std::span<cf64> weights);

}  // namespace boresight::array
