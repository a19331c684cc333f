#include "boresight/array/element_faults.h"

#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/error.h"

namespace boresight::array {

void check_faults(std::span<const ElementFault> faults, std::size_t elements) {
  std::vector<bool> named(elements, false);
  for (const ElementFault& fault : faults) {
    require(fault.element < elements, "fault of element " + std::to_string(fault.element) +
                                          ": must be below " + std::to_string(elements));
    require(!named[fault.element], "fault of element " + std::to_string(fault.element) + " is named twice");
    require(std::isfinite(fault.stuck_at.real()) && std::isfinite(fault.stuck_at.imag()),
            "fault of element " + std::to_string(fault.element) + ": stuck_at must be finite");
    named[fault.element] = true;
  }
}

void apply_faults(std::span<const ElementFault> faults, std::span<cf64> weights) noexcept {
  for (const ElementFault& fault : faults) {
    if (fault.element < weights.size()) weights[fault.element] = fault.stuck_at;
  }
}

}  // namespace boresight::array
