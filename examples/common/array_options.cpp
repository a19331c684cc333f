#include "common/array_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "common/arguments.h"
#include "common/text.h"

namespace boresight::program {
namespace {

constexpr double most_uneven_wavelengths = 0.01;  // of a plane
constexpr double rim = 1e-9;                      // rounding of directions in the plane itself

// "4": the first four; "0,2,5": these.
std::vector<std::size_t> parse_channels(const std::string& text) {
  const auto refuse = [&text]() {
    throw ConfigError("--channels: " + text + ": must be a number from 1 to " +
                      std::to_string(array::max_elements) + " or a list of different channels such as 0,2,5");
  };
  std::vector<std::size_t> list;
  const char* at = text.data();
  const char* const last = at + text.size();
  while (true) {
    std::size_t value = 0;
    const auto [next, error] = std::from_chars(at, last, value);
    if (error != std::errc{} || value > array::max_elements || list.size() >= array::max_elements) refuse();
    if (std::find(list.begin(), list.end(), value) != list.end()) refuse();
    list.push_back(value);
    if (next == last) break;
    if (*next != ',') refuse();
    at = next + 1;
    if (at == last) return list;  // "3,": channel 3 alone
  }
  if (text.find(',') != std::string::npos) return list;
  if (list[0] == 0) refuse();
  std::vector<std::size_t> first(list[0]);
  std::iota(first.begin(), first.end(), std::size_t{0});
  return first;
}

// "4x4:0.5" at `wavelength_m`.
array::Geometry parse_array(const std::string& text, double wavelength_m) {
  std::size_t columns = 0;
  std::size_t rows = 0;
  double spacing = 0.5;
  const char* at = text.data();
  const char* const last = at + text.size();
  const auto number = [&](auto& value) {
    const auto [next, error] = std::from_chars(at, last, value);
    at = next;
    return error == std::errc{};
  };
  const auto sign = [&](char c) { return at != last && *at++ == c; };
  bool good = number(columns) && sign('x') && number(rows);
  if (good && at != last) good = sign(':') && number(spacing) && at == last;
  good = good && columns >= 1 && rows >= 1 && columns <= array::max_elements && rows <= array::max_elements &&
         columns * rows <= array::max_elements && spacing >= 0.01 && spacing <= 100;
  require(good, "--array: " + text + ": must be COLUMNSxROWS:SPACING such as 4x4:0.5, at most " +
                    std::to_string(array::max_elements) + " elements, 0.01 to 100 wavelengths apart");
  return array::Geometry::rectangle(columns, rows, spacing * wavelength_m, spacing * wavelength_m);
}

}  // namespace

array::Attitude ArrayOptions::attitude() const {
  if (attitude_deg.empty()) return {};
  return array::Attitude({.yaw_rad = rad_from_deg(attitude_deg[0]),
                          .pitch_rad = rad_from_deg(attitude_deg[1]),
                          .roll_rad = rad_from_deg(attitude_deg[2])});
}

std::optional<array::SkyDirection> ArrayOptions::direction() const {
  if (!azimuth_deg || !elevation_deg) return std::nullopt;
  return array::SkyDirection{rad_from_deg(*azimuth_deg), rad_from_deg(*elevation_deg)};
}

void add_array_options(CLI::App& app, ArrayOptions& options, const char* group, const char* azimuth_help) {
  app.add_option_function<std::string>(
         "--channels", [&options](const std::string& text) { options.channels = parse_channels(text); },
         "First N channels, or a list such as 0,2,5 [all]")
      ->type_name("N|LIST")
      ->group(source_group);
  app.add_option("--array,--geometry", options.array,
                 "Columns x rows : spacing in wavelengths, e.g. 4x4:0.5 [positions told by the device or "
                 "recording]")
      ->type_name("CxR:S")
      ->group(group);
  app.add_option("--azimuth", options.azimuth_deg, azimuth_help)->type_name("DEG")->group(group);
  app.add_option("--elevation", options.elevation_deg, "Degrees above the horizon")
      ->type_name("DEG")
      ->group(group);
  app.add_option("--attitude", options.attitude_deg,
                 "Yaw, pitch and roll of the panel in degrees, e.g. 30,10,0 [0,0,0: flat, top to north]")
      ->type_name("Y,P,R")
      ->delimiter(',')
      ->expected(3)
      ->group(group);
}

void check_array_options(const ArrayOptions& options) {
  in_range("--azimuth", options.azimuth_deg, -360, 360, "degrees");
  in_range("--elevation", options.elevation_deg, -90, 90, "degrees");
  require(options.azimuth_deg.has_value() == options.elevation_deg.has_value(),
          std::string(options.azimuth_deg ? "--azimuth" : "--elevation") + ": " +
              format_number(options.azimuth_deg ? *options.azimuth_deg : options.elevation_deg.value_or(0)) +
              ": --azimuth and --elevation are needed together");
  for (const double angle : options.attitude_deg) in_range("--attitude", angle, -360, 360, "degrees");
}

array::Geometry choose_geometry(const SourceOptions& source, const ArrayOptions& options,
                                const sdr::SourceInfo& info, double frequency_hz, const char* advice) {
  if (!options.array.empty()) {
    array::Geometry geometry = parse_array(options.array, speed_of_light_m_s / frequency_hz);
    require(geometry.elements() == info.channels,
            "--array: " + options.array + ": " + std::to_string(geometry.elements()) + " elements, but " +
                std::to_string(info.channels) + " channels");
    return geometry;
  }
  if (!info.element_positions_m.empty()) return array::Geometry::from_positions(info.element_positions_m);
  require(info.channels == 1, source.name() + ": " + std::to_string(info.channels) +
                                  " channels and no element positions; say " + advice);
  return array::Geometry::from_positions({Vec3{}});
}

std::optional<double> behind_deg(const array::Geometry& geometry, const array::Attitude& attitude,
                                 double frequency_hz, array::SkyDirection direction) {
  const auto [low, high] = std::ranges::minmax(geometry.positions_m, {}, &Vec3::z);
  const bool plane = (high.z - low.z) * frequency_hz < most_uneven_wavelengths * speed_of_light_m_s;
  const double ahead = attitude.array_from_sky(direction).z;
  if (geometry.elements() < 2 || !plane || ahead > -rim) return std::nullopt;
  return deg_from_rad(std::acos(std::max(ahead, -1.0)));
}

void check_ahead(const ArrayOptions& options, const array::Geometry& geometry, double frequency_hz) {
  const std::optional<array::SkyDirection> direction = options.direction();
  if (!direction) return;
  const auto behind = behind_deg(geometry, options.attitude(), frequency_hz, *direction);
  require(!behind, "--elevation: " + format_number(options.elevation_deg.value_or(0)) + ": with --azimuth " +
                       format_number(options.azimuth_deg.value_or(0)) + " it is " +
                       format_number(behind.value_or(0)) +
                       " degrees off boresight, behind the array: at most 90 (how the panel stands: "
                       "--attitude)");
}

std::vector<std::size_t> numbers_of_channels(const SourceOptions& source, const ArrayOptions& options,
                                             const sdr::SourceInfo& info) {
  if (!options.channels.empty() || source.recording()) return options.channels;
  std::vector<std::size_t> all(info.channels);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

}  // namespace boresight::program
