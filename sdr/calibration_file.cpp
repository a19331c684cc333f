#include "boresight/sdr/calibration_file.h"

#include "boresight/sdr/atomic_file.h"
#include "posix_file.h"

namespace boresight::sdr {

void save_calibration(const std::filesystem::path& path, const array::Calibration& calibration) {
  const std::string text = array::to_json(calibration);
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

array::Calibration load_calibration(const std::filesystem::path& path) {
  const PosixFile file = PosixFile::open_for_reading(path);
  return array::parse_calibration(file.read_text(array::max_calibration_bytes), path.string());
}

array::Calibration load_calibration(const std::filesystem::path& path, const array::CalibrationUse& use) {
  array::Calibration calibration = load_calibration(path);
  array::require_fresh(calibration, use, path.string());
  return calibration;
}

}  // namespace boresight::sdr
