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

namespace boresight::sim {
namespace {

using Json = nlohmann::json;

constexpr int max_depth = 16;
constexpr std::size_t longest_quoted = 60;

// A value as an error quotes it: one line of printable ASCII, not too long.
std::string quoted(const Json& value) {
  std::string s = value.is_structured() ? (value.is_array() ? "a list" : "an object")
                                        : value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (s.size() > longest_quoted) s = s.substr(0, longest_quoted) + "...";
  return s;
}

std::string quoted_key(const std::string& key) {
  const bool plain =
      !key.empty() && key.size() <= longest_quoted && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      });
  return plain ? key : quoted(Json(key));
}

[[noreturn]] void fail(std::string_view source, const std::string& path, const std::string& value,
                       const std::string& limit) {
  throw ConfigError(std::string(source) + ": " + path + ": " + value + ": " + limit);
}

// Deep nesting would exhaust the stack of a recursive parser: counted before it sees the text.
void check_depth(std::string_view json, std::string_view source) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) {
        fail(source, "$", "byte " + std::to_string(i),
             "at most " + std::to_string(max_depth) + " levels deep");
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

// The word that stands at `byte`: NaN, Infinity, a missing quote.
std::string word_at(std::string_view json, std::size_t byte) {
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' || c == '.';
  };
  std::size_t first = std::min(byte > 0 ? byte - 1 : 0, json.empty() ? 0 : json.size() - 1);
  while (first > 0 && first < json.size() && part(json[first - 1])) --first;
  std::size_t last = first;
  while (last < json.size() && part(json[last]) && last - first < longest_quoted) ++last;
  return std::string(json.substr(first, last - first));
}

Json parse_text(std::string_view json, std::string_view source) {
  if (json.size() > max_scenario_bytes) {
    fail(source, "$", std::to_string(json.size()) + " bytes",
         "at most " + std::to_string(max_scenario_bytes));
  }
  check_depth(json, source);
  std::vector<std::set<std::string>> keys;
  std::string last_key = "$";
  const auto refuse_duplicates = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      last_key = quoted_key(parsed.get<std::string>());
      if (!keys.back().insert(parsed.get<std::string>()).second)
        fail(source, last_key, "given twice", "every key once");
    }
    return true;
  };
  try {
    return Json::parse(json.begin(), json.end(), refuse_duplicates);
  } catch (const Json::parse_error& error) {
    const std::string_view before = json.substr(0, std::min(error.byte, json.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::string where = "line " + std::to_string(line) + ", byte " + std::to_string(error.byte);
    const std::string word = word_at(json, error.byte);
    const bool number = word == "NaN" || word == "nan" || word.ends_with("Infinity") || word.ends_with("inf");
    if (number) fail(source, last_key, word, "a finite number (" + where + ")");
    fail(source, last_key, where, "not JSON");
  } catch (const Json::exception&) {  // a number beyond the range of double
    fail(source, last_key, "a number", "within the range of a double");
  }
}

// Reads one object key by key; done() refuses what was not asked for.
class Object {
 public:
  Object(const Json& json, std::string path, std::string_view source)
      : json_(json), path_(std::move(path)), source_(source) {
    if (!json.is_object()) refuse(path_.empty() ? "$" : path_, json, "an object");
  }

  bool has(const char* key) const { return json_.contains(key); }
  std::string path(const char* key) const { return path_.empty() ? key : path_ + "." + key; }
  [[noreturn]] void refuse(const std::string& path, const Json& value, const std::string& limit) const {
    fail(source_, path, quoted(value), limit);
  }

  const Json& get(const char* key, const char* wanted) {
    used_.insert(key);
    const auto found = json_.find(key);
    if (found == json_.end()) {
      refuse_other_unit(key);
      fail(source_, path(key), "missing", wanted);
    }
    return *found;
  }

  double number(const char* key) {
    const Json& value = get(key, "a number");
    if (!value.is_number()) refuse(path(key), value, "a number");
    return value.get<double>();
  }
  double number(const char* key, double otherwise) {
    used_.insert(key);
    return has(key) ? number(key) : otherwise;
  }
  double angle(const char* key) { return rad_from_deg(number(key)); }
  double angle(const char* key, double otherwise_deg) { return rad_from_deg(number(key, otherwise_deg)); }

  std::uint64_t whole(const char* key, std::uint64_t low, std::uint64_t high) {
    const std::string limit = "a whole number " + std::to_string(low) + " .. " + std::to_string(high);
    return whole_of(get(key, limit.c_str()), path(key), low, high);
  }
  std::uint64_t whole_of(const Json& value, const std::string& where, std::uint64_t low,
                         std::uint64_t high) const {
    const std::string limit = "a whole number " + std::to_string(low) + " .. " + std::to_string(high);
    if (!value.is_number_unsigned()) refuse(where, value, limit);
    const auto n = value.get<std::uint64_t>();
    if (n < low || n > high) refuse(where, value, limit);
    return n;
  }

  std::string string(const char* key) {
    const Json& value = get(key, "a string");
    if (!value.is_string()) refuse(path(key), value, "a string");
    return value.get<std::string>();
  }
  std::string string(const char* key, const char* otherwise) {
    used_.insert(key);
    return has(key) ? string(key) : otherwise;
  }

  Object object(const char* key) { return {get(key, "an object"), path(key), source_}; }
  const Json& list(const char* key, std::size_t most) {
    const Json& value = get(key, "a list");
    if (!value.is_array()) refuse(path(key), value, "a list");
    if (value.size() > most) {
      fail(source_, path(key), std::to_string(value.size()) + " entries", "at most " + std::to_string(most));
    }
    return value;
  }
  Object entry(const char* key, const Json& value, std::size_t i) const {
    return {value, path(key) + "[" + std::to_string(i) + "]", source_};
  }

  void done() const {
    for (const auto& [key, value] : json_.items()) {
      if (!used_.contains(key)) {
        const std::string k = quoted_key(key);
        refuse(path_.empty() ? k : path_ + "." + k, value, "no such key here");
      }
    }
  }

 private:
  // altitude_km where altitude_m is wanted: name the one that is there.
  void refuse_other_unit(const std::string& wanted) const {
    const auto stem = [](const std::string& key) { return key.substr(0, key.rfind('_')); };
    for (const auto& [key, value] : json_.items()) {
      if (!used_.contains(key) && (stem(key) == stem(wanted) || key == stem(wanted))) {
        const std::string k = quoted_key(key);
        refuse(path_.empty() ? k : path_ + "." + k, value, "no such key here, " + wanted + " is wanted");
      }
    }
  }

  const Json& json_;
  std::string path_;
  std::string_view source_;
  std::set<std::string> used_;
};

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
  const Json parsed = parse_text(json, source_name);
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
