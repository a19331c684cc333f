#include "boresight/core/digest.h"

#include <gtest/gtest.h>

#include <string_view>

namespace boresight {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// FIPS 180-4 examples.
TEST(Digest, Sha256OfAbc) {
  EXPECT_EQ(to_hex(sha256(bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, Sha256OfNothing) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, Sha512OfAbc) {
  EXPECT_EQ(sha512_hex(bytes("abc")).substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

}  // namespace
}  // namespace boresight
