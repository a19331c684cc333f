#include "common/open_source.h"

#include <string>

#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"

namespace boresight::program {

std::unique_ptr<sdr::Source> open_device(const sdr::SoapySourceConfig& config) {
  try {
    return std::make_unique<sdr::SoapySource>(config);
  } catch (const ConfigError& error) {
    throw ConfigError(std::string("--device: ") + error.what());
  } catch (const IoError& error) {
    throw IoError(std::string("--device: ") + error.what());
  }
}

std::unique_ptr<sdr::Source> open_recording(const std::filesystem::path& path) {
  try {
    return std::make_unique<sdr::SigmfSource>(path);
  } catch (const IoError& error) {
    throw IoError(std::string("--input: ") + error.what());
  }
}

std::vector<std::filesystem::path> files_of(const sdr::Source& source) {
  const auto* recording = dynamic_cast<const sdr::SigmfSource*>(&source);
  return recording != nullptr ? recording->files() : std::vector<std::filesystem::path>{};
}

}  // namespace boresight::program
