// The JSON form of a scenario. This file knows keys, types and units; ranges are validate()'s, except where a
// number sizes something here.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "boresight/array/geometry.h"
#include "boresight/core/units.h"
#include "boresight/sim/scenario.h"
#include "core/strict_json.h"

namespace boresight::sim {
namespace {

using strict_json::fail;
using strict_json::Json;
using strict_json::Object;

std::vector<Vec3> read_positions(Object& array, const char* key) {
  std::vector<Vec3> positions;
  const Json& list = array.list(key, max_elements);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& p = list[i];
    const bool good =
        p.is_array() && p.size() == 3 && p[0].is_number() && p[1].is_number() && p[2].is_number();
    if (!good) array.refuse(array.path(key) + "[" + std::to_string(i) + "]", p, "a list of 3 numbers");
    positions.push_back({p[0].get<double>(), p[1].get<double>(), p[2].get<double>()});
  }
  return positions;
}

void read_array(Object array, Scenario& scenario) {
  const std::string type = array.string("type");
  const auto spacing = [&](const char* key) {
    const double value = array.number(key);
    if (!(value >= 0.001 && value <= 1000)) array.refuse(array.path(key), value, "0.001 .. 1000");
    return value;
  };
  if (type == "rectangle") {
    const std::size_t columns = array.whole("columns", 1, max_elements);
    const std::size_t rows = array.whole("rows", 1, max_elements);
    if (columns * rows > max_elements) {
      array.refuse(array.path("rows"), rows, "columns x rows at most " + std::to_string(max_elements));
    }
    const double d = spacing("spacing_wavelengths");
    scenario.positions_wavelengths = array::Geometry::rectangle(columns, rows, d, d).positions_m;
  } else if (type == "line") {
    const std::size_t elements = array.whole("elements", 1, max_elements);
    scenario.positions_wavelengths =
        array::Geometry::line(elements, spacing("spacing_wavelengths")).positions_m;
  } else if (type == "circle") {
    const std::size_t elements = array.whole("elements", 1, max_elements);
    scenario.positions_wavelengths =
        array::Geometry::circle(elements, spacing("radius_wavelengths")).positions_m;
  } else if (type == "positions") {
    // Exactly one of the two: the other would be an unknown key.
    if (array.has("positions_m")) {
      scenario.positions_m = read_positions(array, "positions_m");
    } else {
      scenario.positions_wavelengths = read_positions(array, "positions_wavelengths");
    }
  } else {
    array.refuse(array.path("type"), type, "rectangle, line, circle or positions");
  }
  array.done();
}

Motion read_motion(Object motion) {
  const std::string type = motion.string("type");
  Motion result;
  if (type == "leo_pass") {
    result = LeoPass{.altitude_m = motion.number("altitude_m"),
                     .culmination_azimuth_rad = motion.angle("culmination_azimuth_deg"),
                     .culmination_elevation_rad = motion.angle("culmination_elevation_deg"),
                     .start_time_s = motion.number("start_time_s")};
  } else if (type == "track") {
    result =
        Track{.azimuth_rad = motion.angle("azimuth_deg"),
              .elevation_rad = motion.angle("elevation_deg"),
              .azimuth_rate_rad_s = motion.angle("azimuth_rate_deg_per_s", 0),
              .elevation_rate_rad_s = motion.angle("elevation_rate_deg_per_s", 0),
              .doppler_hz = motion.number("doppler_hz", 0),
              .doppler_rate_hz_s = motion.number("doppler_rate_hz_per_s", 0),
              .reference_carrier_hz = motion.number("reference_carrier_hz", Track{}.reference_carrier_hz)};
  } else {
    motion.refuse(motion.path("type"), type, "leo_pass or track");
  }
  motion.done();
  return result;
}

Satellite read_satellite(Object satellite) {
  Satellite result;
  result.snr_db = satellite.number("snr_db");
  result.occupancy = satellite.number("occupancy", 1);
  result.frame_offset = satellite.number("frame_offset", 0);
  result.motion = read_motion(satellite.object("motion"));
  satellite.done();
  return result;
}

Jammer read_jammer(Object jammer, double satellite_snr_db) {
  Jammer result;
  const std::string type = jammer.string("type");
  if (type == "cw") {
    result.type = JammerType::cw;
    result.offset_hz = jammer.number("offset_hz");
  } else if (type == "noise") {
    result.type = JammerType::noise;
  } else if (type == "pulsed_noise") {
    result.type = JammerType::pulsed_noise;
    result.period_s = jammer.number("period_s");
    result.duty = jammer.number("duty");
  } else if (type == "swept") {
    result.type = JammerType::swept;
    result.from_hz = jammer.number("from_hz");
    result.to_hz = jammer.number("to_hz");
    result.period_s = jammer.number("sweep_period_s");
  } else {
    jammer.refuse(jammer.path("type"), type, "cw, noise, pulsed_noise or swept");
  }
  result.azimuth_rad = jammer.angle("azimuth_deg");
  result.elevation_rad = jammer.angle("elevation_deg");
  // Exactly one of the two: the other would be an unknown key.
  result.power_db = jammer.has("above_satellite_db") ? satellite_snr_db + jammer.number("above_satellite_db")
                                                     : jammer.number("above_noise_db");
  jammer.done();
  return result;
}

Receiver read_receiver(Object receiver) {
  Receiver result;
  result.element_gain_error_db_rms = receiver.number("element_gain_error_db_rms", 0);
  result.element_phase_error_rad_rms = receiver.angle("element_phase_error_deg_rms", 0);
  result.sample_clock_offset_ppm = receiver.number("sample_clock_offset_ppm", 0);
  result.lo_offset_hz = receiver.number("lo_offset_hz", 0);
  if (receiver.has("dead_elements")) {
    const Json& list = receiver.list("dead_elements", max_elements);
    for (std::size_t i = 0; i < list.size(); ++i) {
      result.dead_elements.push_back(receiver.whole_of(
          list[i], receiver.path("dead_elements") + "[" + std::to_string(i) + "]", 0, max_elements - 1));
    }
  }
  result.phase_noise = receiver.has("phase_noise_dbc_hz") || receiver.has("phase_noise_offset_hz");
  if (result.phase_noise) {
    result.phase_noise_dbc_hz = receiver.number("phase_noise_dbc_hz");
    result.phase_noise_offset_hz = receiver.number("phase_noise_offset_hz");
  }
  if (receiver.has("adc")) {
    Object adc = receiver.object("adc");
    if (adc.has("bits")) result.adc.bits = static_cast<unsigned>(adc.whole("bits", 2, 16));
    result.adc.noise_floor_dbfs = adc.number("noise_floor_dbfs", result.adc.noise_floor_dbfs);
    result.adc.gain_db = adc.number("gain_db", result.adc.gain_db);
    adc.done();
  }
  receiver.done();
  return result;
}

}  // namespace

Scenario parse_scenario(std::string_view json, std::string_view source_name) {
  const Json parsed = strict_json::parse_text(json, source_name, max_scenario_bytes);
  Object top(parsed, "", source_name);
  Scenario scenario;
  scenario.name = top.string("name", "");
  scenario.description = top.string("description", "");
  const std::string waveform = top.string("waveform");
  if (waveform != "ku20" && waveform != "ku240") {
    top.refuse("waveform", waveform, "\"ku20\" or \"ku240\"");
  }
  scenario.waveform = waveform;
  scenario.sample_rate_hz = waveform == "ku20" ? 20e6 : 240e6;
  scenario.carrier_hz = top.number("carrier_hz", 11.325e9 * (scenario.sample_rate_hz / 240e6));
  scenario.seed = top.has("seed") ? top.whole("seed", 0, ~std::uint64_t{0}) : 1;
  read_array(top.object("array"), scenario);
  if (top.has("attitude")) {
    Object attitude = top.object("attitude");
    scenario.attitude = {.yaw_rad = attitude.angle("yaw_deg", 0),
                         .pitch_rad = attitude.angle("pitch_deg", 0),
                         .roll_rad = attitude.angle("roll_deg", 0)};
    attitude.done();
  }
  Object payload = top.object("payload");
  scenario.payload_file_bytes = payload.whole("file_bytes", 1, 64U << 20);
  const std::string mcs = payload.string("mcs");
  if (const auto known = frame::mcs_from_name(mcs)) {
    scenario.mcs = *known;
  } else {
    payload.refuse(payload.path("mcs"), mcs, "a modulation and coding scheme, like qpsk_1_2");
  }
  payload.done();

  const Json& satellites = top.list("satellites", max_satellites);
  for (std::size_t i = 0; i < satellites.size(); ++i) {
    scenario.satellites.push_back(read_satellite(top.entry("satellites", satellites[i], i)));
  }
  if (top.has("jammers")) {
    const double snr_db = scenario.satellites.empty() ? 0 : scenario.satellites[0].snr_db;
    const Json& jammers = top.list("jammers", max_jammers);
    for (std::size_t i = 0; i < jammers.size(); ++i) {
      scenario.jammers.push_back(read_jammer(top.entry("jammers", jammers[i], i), snr_db));
    }
  }
  if (top.has("receiver")) scenario.receiver = read_receiver(top.object("receiver"));
  top.done();
  validate(scenario, source_name);
  return scenario;
}

}  // namespace boresight::sim
