// Channels and arrays as people type them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "boresight/array/geometry.h"

namespace boresight::program {

/// "4": the first four; "0,2,5": these. ConfigError, of --channels, if that is not a list of different
/// channels.
std::vector<std::size_t> parse_channels(const std::string& text);

/// "4x4:0.5" at `wavelength_m`. ConfigError, of --array, if it cannot be read.
array::Geometry parse_array(const std::string& text, double wavelength_m);

}  // namespace boresight::program
