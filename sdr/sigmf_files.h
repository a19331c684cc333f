// How the files of one recording are called. Private to boresight::sdr.
#pragma once

#include <filesystem>

namespace boresight::sdr {

/// The path without .sigmf-meta, .sigmf-data or .sigmf-collection.
std::filesystem::path sigmf_base(const std::filesystem::path& path);

/// Appends: "pass.1" and ".sigmf-meta" make "pass.1.sigmf-meta".
std::filesystem::path with_extension(const std::filesystem::path& base, const char* extension);

}  // namespace boresight::sdr
