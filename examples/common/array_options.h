// Which channels the array has, where its elements stand and where it looks: the options and what is made of
// them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/sdr/source.h"
#include "common/source_options.h"

namespace CLI {
class App;
}

namespace boresight::program {

struct ArrayOptions {
  std::vector<std::size_t> channels;  ///< empty: all
  std::string array;                  ///< as typed; empty: what the source says
  std::optional<double> azimuth_deg;
  std::optional<double> elevation_deg;
  std::vector<double> attitude_deg;  ///< yaw, pitch, roll; empty: flat, top to north

  array::Attitude attitude() const;
  /// Of --azimuth and --elevation.
  std::optional<array::SkyDirection> direction() const;
};

/// `azimuth_help` says whose azimuth it is, and what holds without one. --channels goes to source_group, the
/// others to `group`.
void add_array_options(CLI::App& app, ArrayOptions& options, const char* group, const char* azimuth_help);
/// ConfigError, one line that names the option, its value and the limit.
void check_array_options(const ArrayOptions& options);

/// Of --array, else what the source tells; one channel needs neither. ConfigError with
/// `advice` where there is nothing.
array::Geometry choose_geometry(const SourceOptions& source, const ArrayOptions& options,
                                const sdr::SourceInfo& info, double frequency_hz, const char* advice);
/// How far a direction is from the boresight of a plane array (elements within a hundredth of a wavelength of
/// one plane z = constant) when it lies behind it, from 90 to 180 degrees: isotropic elements in a plane
/// cannot tell it from its mirror image in front. Nothing when it lies in front, and for one element or an
/// array that is no plane, which has no behind.
std::optional<double> behind_deg(const array::Geometry& geometry, const array::Attitude& attitude,
                                 double frequency_hz, array::SkyDirection direction);
/// ConfigError for --azimuth and --elevation behind the array.
void check_ahead(const ArrayOptions& options, const array::Geometry& geometry, double frequency_hz);

/// Numbers of the channels of a device, or of those of a recording that were asked for. Empty: a whole
/// recording, which does not tell which channels of a device it was made with.
std::vector<std::size_t> numbers_of_channels(const SourceOptions& source, const ArrayOptions& options,
                                             const sdr::SourceInfo& info);

}  // namespace boresight::program
