#include "boresight/fec/bits.h"

#include "boresight/core/assert.h"
#include "kernels/bits.h"

namespace boresight::fec {

void unpack_msb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  kernels::unpack_msb_first(bytes, bits);
}

void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  kernels::pack_msb_first(bits, bytes);
}

void unpack_lsb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  kernels::unpack_lsb_first(bytes, bits);
}

void pack_lsb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  kernels::pack_lsb_first(bits, bytes);
}

}  // namespace boresight::fec
