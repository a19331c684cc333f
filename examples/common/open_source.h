// Devices and recordings, with errors that name the option they came from.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "boresight/sdr/soapy_source.h"
#include "boresight/sdr/source.h"

namespace boresight::program {

/// ConfigError and IoError begin with "--device: ".
std::unique_ptr<sdr::Source> open_device(const sdr::SoapySourceConfig& config);
/// IoError begins with "--input: ".
std::unique_ptr<sdr::Source> open_recording(const std::filesystem::path& path);

/// What a recording is read from; of a device nothing.
std::vector<std::filesystem::path> files_of(const sdr::Source& source);

}  // namespace boresight::program
