// Failed elements: what a set of weights becomes when some of them do not obey.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"

namespace boresight::array {

/// Of N equal elements with k dead, the gain falls by (N - k) / N in white noise (the dead ones' noise is
/// gone, too), the field by (N - k) / N, and the average side lobe rises to k / (N (N - k)) below the peak.
struct ElementFault {
  std::size_t element = 0;
  cf64 stuck_at = 0;  ///< the weight it has whatever is asked for; 0: dead
};

/// Throws ConfigError for an element that is not there, one named twice, or a value that is not finite.
void check_faults(std::span<const ElementFault> faults, std::size_t elements);

/// weights[fault.element] = fault.stuck_at; for steering vectors, of dead elements, the same. Elements that
/// are not there are passed over.
void apply_faults(std::span<const ElementFault> faults, std::span<cf64> weights) noexcept;

}  // namespace boresight::array
