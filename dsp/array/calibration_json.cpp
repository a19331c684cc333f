// The JSON form of a calibration. This file knows keys, types and units; ranges are Calibration::check()'s.
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "boresight/array/calibration.h"
#include "boresight/array/geometry.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

using Json = nlohmann::json;

constexpr int version = 1;
constexpr int max_depth = 4;
constexpr const char* states[] = {"ok", "dead", "stuck", "duplicate", "noisy"};

[[noreturn]] void fail(std::string_view source, const std::string& where, const std::string& limit) {
  throw ConfigError(std::string(source) + ": " + where + ": " + limit);
}

class Reader {
 public:
  Reader(const Json& json, std::string path, std::string_view source)
      : json_(json), path_(std::move(path)), source_(source) {
    if (!json.is_object()) fail(source_, path_.empty() ? "$" : path_, "must be an object");
  }

  const Json& get(const char* key) {
    used_.insert(key);
    const auto found = json_.find(key);
    if (found == json_.end()) fail(source_, path_ + key, "missing");
    return *found;
  }
  double number(const char* key) { return number(get(key), path_ + key); }
  std::size_t whole(const char* key) {
    const Json& value = get(key);
    if (!value.is_number_unsigned()) fail(source_, path_ + key, "must be a whole number");
    return value.get<std::size_t>();
  }
  bool boolean(const char* key) {
    const Json& value = get(key);
    if (!value.is_boolean()) fail(source_, path_ + key, "must be true or false");
    return value.get<bool>();
  }
  const Json& list(const char* key, std::size_t most) {
    const Json& value = get(key);
    if (!value.is_array()) fail(source_, path_ + key, "must be a list");
    if (value.size() > most) {
      fail(source_, path_ + key,
           std::to_string(value.size()) + " entries: must be at most " + std::to_string(most));
    }
    return value;
  }
  std::vector<double> numbers(const char* key) {
    std::vector<double> result;
    for (const Json& value : list(key, max_shape_points)) result.push_back(number(value, path_ + key));
    return result;
  }
  void done() const {
    for (const auto& [key, value] : json_.items()) {
      if (!used_.contains(key))
        fail(source_, path_ + Json(key.substr(0, 60)).dump(-1, ' ', true, Json::error_handler_t::replace),
             "no such key here");
    }
  }

 private:
  double number(const Json& value, const std::string& where) const {
    if (!value.is_number()) fail(source_, where, "must be a number");
    return value.get<double>();
  }

  const Json& json_;
  std::string path_;
  std::string_view source_;
  std::set<std::string> used_;
};

Json parse_text(std::string_view text, std::string_view source) {
  if (text.size() > max_calibration_bytes) {
    fail(source, std::to_string(text.size()) + " bytes",
         "must be at most " + std::to_string(max_calibration_bytes));
  }
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > max_depth) fail(source, "$", "must be at most 4 levels deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      fail(source,
           Json(parsed.get<std::string>().substr(0, 60)).dump(-1, ' ', true, Json::error_handler_t::replace),
           "given twice");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::parse_error& error) {
    fail(source, "byte " + std::to_string(error.byte), "not JSON, or cut off");
  } catch (const Json::exception&) {  // a number beyond the range of double
    fail(source, "a number", "must be within the range of a double");
  }
}

}  // namespace

std::string to_json(const Calibration& calibration) {
  calibration.check("calibration");
  Json channels = Json::array();
  for (const ChannelCalibration& c : calibration.channels) {
    Json shape_re = Json::array();
    Json shape_im = Json::array();
    for (const cf64 s : c.shape) {
      shape_re.push_back(s.real());
      shape_im.push_back(s.imag());
    }
    channels.push_back({{"state", states[static_cast<std::size_t>(c.state)]},
                        {"gain", c.gain},
                        {"phase_deg", deg_from_rad(c.phase_rad)},
                        {"delay_s", c.delay_s},
                        {"snr_db", c.snr_db},
                        {"shape_re", shape_re},
                        {"shape_im", shape_im}});
  }
  Json json = {{"boresight_calibration", version},
               {"frequency_hz", calibration.frequency_hz},
               {"gain_db", calibration.gain_db},
               {"time_s", calibration.time_s},
               {"reference", calibration.reference},
               {"delay_known", calibration.delay_known},
               {"residual_db_rms", calibration.residual_db_rms},
               {"residual_deg_rms", calibration.residual_deg_rms},
               {"offsets_hz", calibration.offsets_hz},
               {"channels", channels}};
  if (!calibration.device_channels.empty()) json["device_channels"] = calibration.device_channels;
  return json.dump(1) + "\n";
}

Calibration parse_calibration(std::string_view text, std::string_view source) {
  const Json json = parse_text(text, source);
  Reader top(json, "", source);
  const std::size_t found = top.whole("boresight_calibration");
  if (found != version) fail(source, "boresight_calibration", std::to_string(found) + ": must be 1");
  Calibration result;
  result.frequency_hz = top.number("frequency_hz");
  result.gain_db = top.number("gain_db");
  result.time_s = top.number("time_s");
  result.reference = top.whole("reference");
  result.delay_known = top.boolean("delay_known");
  result.residual_db_rms = top.number("residual_db_rms");
  result.residual_deg_rms = top.number("residual_deg_rms");
  result.offsets_hz = top.numbers("offsets_hz");
  // Files from before it was known have none.
  if (json.contains("device_channels")) {
    for (const Json& value : top.list("device_channels", max_elements)) {
      if (!value.is_number_unsigned()) fail(source, "device_channels", "must be whole numbers");
      result.device_channels.push_back(value.get<std::size_t>());
    }
  }
  const Json& channels = top.list("channels", max_elements);
  for (std::size_t e = 0; e < channels.size(); ++e) {
    const std::string path = "channels[" + std::to_string(e) + "].";
    Reader channel(channels[e], path, source);
    ChannelCalibration c;
    const Json& state = channel.get("state");
    std::size_t number = 0;
    while (number < std::size(states) && state != states[number]) ++number;
    if (number == std::size(states)) {
      fail(source, path + "state", "must be ok, dead, stuck, duplicate or noisy");
    }
    c.state = static_cast<ChannelState>(number);
    c.gain = channel.number("gain");
    c.phase_rad = rad_from_deg(channel.number("phase_deg"));
    c.delay_s = channel.number("delay_s");
    c.snr_db = channel.number("snr_db");
    const std::vector<double> re = channel.numbers("shape_re");
    const std::vector<double> im = channel.numbers("shape_im");
    if (re.size() != im.size()) fail(source, path + "shape_im", "must be as long as shape_re");
    for (std::size_t i = 0; i < re.size(); ++i) c.shape.emplace_back(re[i], im[i]);
    channel.done();
    result.channels.push_back(std::move(c));
  }
  top.done();
  result.check(source);
  return result;
}

}  // namespace boresight::array
