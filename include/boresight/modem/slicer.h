// The nearest point of a constellation, and how far away it is: hard decisions, MER and EVM.
#pragma once

#include <span>

#include "boresight/core/types.h"
#include "boresight/modem/constellation.h"

namespace boresight::modem {

/// The point next to y; on a boundary one of the two. A component that is not finite counts as 0.
cf32 nearest_point(const Constellation& constellation, cf32 y) noexcept;

/// Sum of |y - nearest point|^2 over the symbols: divided by their number the power of the error vector,
/// EVM^2, whose reciprocal is the MER (points have unit mean power). Decisions are taken as right: where many
/// are wrong the error is too small (uniform within the decision regions: half_distance^2 * 2 / 3 at most on
/// average for inner points). NaN and Inf in a symbol make the sum that.
double squared_error(const Constellation& constellation, std::span<const cf32> symbols) noexcept;

}  // namespace boresight::modem
