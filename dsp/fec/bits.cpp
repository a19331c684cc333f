#include "boresight/fec/bits.h"

#include "boresight/core/assert.h"
#include "kernels/bits.h"

namespace boresight::fec {

void unpack_msb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned k = 0; k < 8; ++k) bits[8 * i + k] = (bytes[i] >> (7 - k)) & 1U;
  }
}

void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  kernels::pack_msb_first(bits, bytes);
}

void unpack_lsb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned k = 0; k < 8; ++k) bits[8 * i + k] = (bytes[i] >> k) & 1U;
  }
}

void pack_lsb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_ASSERT(bits.size() == 8 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    unsigned byte = 0;
    for (unsigned k = 0; k < 8; ++k) byte |= (bits[8 * i + k] & 1U) << k;
    bytes[i] = static_cast<std::uint8_t>(byte);
  }
}

}  // namespace boresight::fec
