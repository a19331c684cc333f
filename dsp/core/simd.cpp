#include "boresight/core/simd.h"

#include "boresight/core/error.h"
#include "kernels/target.h"

namespace boresight {

std::string_view active_simd_target() noexcept {
  return kernels::target_name(kernels::active_target());
}

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : kernels::usable_targets())
    names.emplace_back(kernels::target_name(target));
  return names;
}

void force_simd_target(std::string_view name) {
  if (name.empty()) return kernels::choose_target(kernels::best_target());
  std::string message = "SIMD target \"";
  message.append(name).append("\" is none of those usable here:");
  for (const std::int64_t target : kernels::usable_targets()) {
    if (kernels::target_name(target) == name) return kernels::choose_target(target);
    message.append(" ").append(kernels::target_name(target));
  }
  throw ConfigError(message);
}

}  // namespace boresight
