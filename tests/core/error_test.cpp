#include "boresight/core/error.h"

#include <gtest/gtest.h>

namespace boresight {
namespace {

TEST(Error, RequireThrowsItsTextAndOnlyWhenItMust) {
  EXPECT_NO_THROW(require(true, "never seen"));
  try {
    require(false, "taps 0 are outside 1 .. 512");
    FAIL() << "nothing was thrown";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "taps 0 are outside 1 .. 512");
  }
}

// Callers that know only the standard library can catch both kinds apart.
TEST(Error, KindsAreOfTheStandardLibrary) {
  EXPECT_THROW(throw ConfigError("x"), std::invalid_argument);
  EXPECT_THROW(throw IoError("x"), std::runtime_error);
}

}  // namespace
}  // namespace boresight
