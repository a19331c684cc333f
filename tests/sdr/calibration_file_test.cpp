#include "boresight/sdr/calibration_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "boresight/core/error.h"
#include "sdr/temporary_folder.h"

namespace boresight::sdr {
namespace {

array::Calibration example() {
  array::Calibration c{.frequency_hz = 1e9, .gain_db = 20, .time_s = 1'795'000'000};
  c.channels.resize(2);
  c.channels[1].phase_rad = 0.5;
  return c;
}

TEST(CalibrationFile, KeepsWhatWasSavedAndRefusesWhatIsStale) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "array.json";
  save_calibration(path, example());
  EXPECT_NEAR(load_calibration(path).channels[1].phase_rad, 0.5, 1e-15);
  array::CalibrationUse use{.frequency_hz = 1e9, .gain_db = 20, .now_s = 1'795'000'100, .max_age_s = 3600};
  EXPECT_EQ(load_calibration(path, use).channels.size(), 2U);
  use.now_s += 4000;
  try {
    load_calibration(path, use);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.what(),
              path.string() + ": calibration is 4100.000000 s old: must be -60 to 3600.000000 s");
  }
}

TEST(CalibrationFile, RefusesFilesThatAreCutOffOrNotThere) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "array.json";
  EXPECT_THROW(load_calibration(path), IoError);
  save_calibration(path, example());
  std::string text;
  {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    text = all.str();
  }
  std::ofstream(path) << text.substr(0, text.size() / 2);
  EXPECT_THROW(load_calibration(path), ConfigError);
  std::ofstream(path) << "";
  EXPECT_THROW(load_calibration(path), ConfigError);
  std::ofstream(path) << std::string(array::max_calibration_bytes + 1, ' ');
  EXPECT_THROW(load_calibration(path), IoError);
  // A calibration that cannot be leaves the file as it was.
  save_calibration(path, example());
  EXPECT_THROW(save_calibration(path, array::Calibration{}), ConfigError);
  EXPECT_EQ(load_calibration(path).channels.size(), 2U);
}

}  // namespace
}  // namespace boresight::sdr
