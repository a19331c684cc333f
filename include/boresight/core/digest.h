// SHA-256 and SHA-512 of bytes (OpenSSL does the work).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace boresight {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::span<const std::uint8_t> bytes);

/// SHA-512 as lower-case hexadecimal digits, as SigMF stores it.
std::string sha512_hex(std::span<const std::uint8_t> bytes);

/// Lower-case hexadecimal digits.
std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace boresight
