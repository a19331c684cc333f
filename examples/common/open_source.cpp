#include "common/open_source.h"

#include <numeric>
#include <string>

#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"
#include "common/array_text.h"

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

std::optional<double> gain_setting_db(sdr::Source& source, std::optional<double> said_db) {
  const std::optional<double> told_db = source.sensor("gain_db");
  return told_db ? told_db : said_db;
}

std::vector<std::size_t> numbers_of_channels(const sdr::Source& source, const std::string& text) {
  if (!text.empty()) return parse_channels(text);
  if (dynamic_cast<const sdr::SigmfSource*>(&source) != nullptr) return {};
  std::vector<std::size_t> all(source.info().channels);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

std::vector<std::filesystem::path> files_of(const sdr::Source& source) {
  const auto* recording = dynamic_cast<const sdr::SigmfSource*>(&source);
  return recording != nullptr ? recording->files() : std::vector<std::filesystem::path>{};
}

}  // namespace boresight::program
