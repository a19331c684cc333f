// Folds a message for a CRC by carry-less multiplication; fec/crc.cpp is its only user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace boresight::kernels {

/// x^192 and x^128 modulo the generator polynomial, of degree 32.
struct CrcFold {
  std::uint64_t x192;
  std::uint64_t x128;
};

/// Writes 16 bytes to `folded` that have the same remainder as the first bytes of `bytes` (first byte =
/// highest powers), `first` added to their four highest bytes; returns how many bytes that were: a multiple
/// of 16, or 0 where the target has no such multiplication or there are fewer than 32.
std::size_t crc_fold(std::span<const std::uint8_t> bytes, std::uint32_t first, CrcFold fold,
                     std::span<std::uint8_t, 16> folded) noexcept;

}  // namespace boresight::kernels
