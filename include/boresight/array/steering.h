// Steering vector: what a plane wave from a direction looks like across the elements.
#pragma once

#include <span>

#include "boresight/array/geometry.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::array {

/// a(u)[e] = exp(+j 2 pi f r_e . u / c)   (Van Trees, Optimum Array Processing, 2002, eq. 2.28, with u
/// pointing from the array to the source and baseband e^{+j 2 pi f t}: an element nearer to the source leads
/// in phase).
///
/// @param u             unit vector from the array to the source, array frame; its length is not checked
/// @param frequency_hz  carrier; narrowband: one phase per element stands for its delay
/// @param out           [geometry.elements()], magnitude 1. A NaN in any argument gives NaN.
void steering_vector(const Geometry& geometry, Vec3 u, double frequency_hz, std::span<cf64> out);

/// The same, computed in double and rounded once.
void steering_vector(const Geometry& geometry, Vec3 u, double frequency_hz, std::span<cf32> out);

}  // namespace boresight::array
