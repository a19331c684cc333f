#include "boresight/core/convert.h"

#include "boresight/core/assert.h"
#include "kernels/convert.h"

namespace boresight {

std::size_t to_cf32(std::span<const cs16> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  kernels::to_cf32(in, out);
  return 0;
}
std::size_t to_cf32(std::span<const cs8> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  kernels::to_cf32(in, out);
  return 0;
}
std::size_t to_cf32(std::span<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  return kernels::to_cf32(in, out);
}

void from_cf32(std::span<const cf32> in, std::span<cs16> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  kernels::from_cf32(in, out);
}
void from_cf32(std::span<const cf32> in, std::span<cs8> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  kernels::from_cf32(in, out);
}

}  // namespace boresight
