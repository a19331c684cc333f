#include "boresight/core/digest.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace boresight {

Sha256 sha256(std::span<const std::uint8_t> bytes) {
  Sha256 digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 is not available in this build of OpenSSL");
  }
  return digest;
}

std::string sha512_hex(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 64> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha512(), nullptr) != 1) {
    throw std::runtime_error("SHA-512 is not available in this build of OpenSSL");
  }
  return to_hex(digest);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

}  // namespace boresight
