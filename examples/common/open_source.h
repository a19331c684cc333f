// Devices and recordings, with errors that name the option they came from.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boresight/sdr/soapy_source.h"
#include "boresight/sdr/source.h"

namespace boresight::program {

/// ConfigError and IoError begin with "--device: ".
std::unique_ptr<sdr::Source> open_device(const sdr::SoapySourceConfig& config);
/// IoError begins with "--input: ".
std::unique_ptr<sdr::Source> open_recording(const std::filesystem::path& path);

/// The gain setting that the source tells, which is what it made of the one that was asked for; else
/// `said_db`.
std::optional<double> gain_setting_db(sdr::Source& source, std::optional<double> said_db);
/// Numbers of the channels of a device, or of those of a recording that were asked for (`text` as typed).
/// Empty: a whole recording, which does not tell which channels of a device it was made with.
std::vector<std::size_t> numbers_of_channels(const sdr::Source& source, const std::string& text);
/// What a recording is read from; of a device nothing.
std::vector<std::filesystem::path> files_of(const sdr::Source& source);

}  // namespace boresight::program
