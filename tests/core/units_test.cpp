#include "boresight/core/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace boresight {
namespace {

TEST(Units, DecibelsOfPowerAndAmplitude) {
  EXPECT_NEAR(power_from_db(3.0), 1.9953, 1e-4);
  EXPECT_NEAR(amplitude_from_db(6.0), 1.9953, 1e-4);
  for (const double db : {-120.0, -3.0, 0.0, 41.5}) EXPECT_NEAR(db_from_power(power_from_db(db)), db, 1e-9);
  EXPECT_EQ(db_from_power(0.0), -std::numeric_limits<double>::infinity());
}

TEST(Units, DegreesAndRadians) {
  EXPECT_DOUBLE_EQ(rad_from_deg(180), pi);
  EXPECT_DOUBLE_EQ(deg_from_rad(rad_from_deg(-37.5)), -37.5);
}

}  // namespace
}  // namespace boresight
