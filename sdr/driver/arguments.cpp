#include "arguments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "boresight/core/error.h"

namespace boresight::sdr {

namespace {

constexpr std::array identity_keys = {"scenario", "waveform", "seed", "channels", "realtime", "duration_s"};
// Keys that SoapySDR and its programs add, and that say nothing about the sky.
constexpr std::array foreign_keys = {"driver", "label", "serial", "type", "device_id"};
constexpr double longest_duration_s = 1e6;

bool is_known(const std::string& key) {
  const auto is_key = [&key](const char* known) { return key == known; };
  return key.starts_with("remote") || std::any_of(identity_keys.begin(), identity_keys.end(), is_key) ||
         std::any_of(foreign_keys.begin(), foreign_keys.end(), is_key);
}

std::string known_keys() {
  std::string keys;
  for (const char* key : identity_keys) {
    if (!keys.empty()) keys += ", ";
    keys += key;
  }
  return keys;
}

template <typename Number>
std::optional<Number> number_in(const std::string& text) {
  Number value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last) return std::nullopt;
  return value;
}

std::string named(const char* key, const std::string& value) {
  std::string text = key;
  text += "=" + value;
  return text;
}

std::string shipped_names() {
  std::string names;
  for (const sim::ShippedScenario& shipped : sim::shipped_scenarios()) {
    if (!names.empty()) names += ", ";
    names += shipped.name;
  }
  return names;
}

std::string read_scenario_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  // Only this is read: a pipe would wait for a writer for ever.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw IoError("scenario '" + path + "' is not a regular file");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(sim::max_scenario_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open()) {
    throw IoError("scenario '" + path + "' is neither a file nor one of: " + shipped_names());
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.empty())
    throw IoError("scenario '" + path + (file.bad() ? "' cannot be read" : "' is an empty file"));
  return text;
}

// FNV-1a, 32 bits: the same device has the same serial in every process.
std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

SoapySDR::Kwargs describe(const SoapySDR::Kwargs& args) {
  SoapySDR::Kwargs device{{"driver", "boresight"}};
  std::string identity;
  for (const char* key : identity_keys) {
    const auto given = args.find(key);
    if (given == args.end()) continue;
    device[key] = given->second;
    identity += named(key, given->second) + ";";
  }
  const auto value = [&device](const char* key, const char* otherwise) {
    const auto found = device.find(key);
    return found == device.end() ? std::string(otherwise) : found->second;
  };
  // make() refuses these. Without an echo SoapySDR would hand out the device without them, if there is one.
  for (const auto& [key, text] : args) {
    if (is_known(key)) continue;
    device[key] = text;
    identity += named(key.c_str(), text) + ";";
  }
  char serial[16];
  std::snprintf(serial, sizeof serial, "sky-%08x", hash_of(identity));
  device["serial"] = serial;
  device["label"] = "Boresight simulated sky: " + value("scenario", "clear_sky");
  return device;
}

}  // namespace

Arguments parse_arguments(const SoapySDR::Kwargs& args) {
  for (const auto& [key, text] : args) {
    require(is_known(key),
            named(key.c_str(), text) + ": not an argument of driver=boresight, which are " + known_keys());
  }
  Arguments arguments;
  const auto value = [&args](const char* key) {
    const auto found = args.find(key);
    return found == args.end() ? std::string() : found->second;
  };
  if (const std::string text = value("scenario"); !text.empty()) arguments.scenario = text;
  if (const std::string text = value("waveform"); !text.empty()) arguments.waveform = text;
  if (const std::string text = value("seed"); !text.empty()) {
    arguments.seed = number_in<std::uint64_t>(text);
    require(arguments.seed.has_value(), named("seed", text) + ": must be a whole number from 0 to 2^64 - 1");
  }
  if (const std::string text = value("channels"); !text.empty()) {
    arguments.channels = number_in<std::size_t>(text);
    require(arguments.channels && *arguments.channels >= 1 && *arguments.channels <= sim::max_elements,
            named("channels", text) + ": must be from 1 to " + std::to_string(sim::max_elements));
  }
  if (const std::string text = value("duration_s"); !text.empty()) {
    arguments.duration_s = number_in<double>(text);
    require(arguments.duration_s && *arguments.duration_s > 0 && *arguments.duration_s <= longest_duration_s,
            named("duration_s", text) + ": must be above 0 and at most 1e6");
  }
  if (const std::string text = value("realtime"); !text.empty()) {
    require(text == "0" || text == "1" || text == "false" || text == "true",
            named("realtime", text) + ": must be 0 or 1");
    arguments.real_time = text == "1" || text == "true";
  }
  return arguments;
}

sim::Scenario load_scenario(const Arguments& arguments) {
  std::string text;
  for (const sim::ShippedScenario& shipped : sim::shipped_scenarios()) {
    if (shipped.name == arguments.scenario) text = shipped.json;
  }
  if (text.empty()) text = read_scenario_file(arguments.scenario);
  sim::Scenario scenario = sim::parse_scenario(text, arguments.scenario);
  if (arguments.waveform) sim::set_waveform(scenario, *arguments.waveform);
  if (arguments.seed) scenario.seed = *arguments.seed;
  const std::size_t elements = sim::element_positions_m(scenario).size();
  require(!arguments.channels || *arguments.channels <= elements,
          named("channels", std::to_string(arguments.channels.value_or(0))) + ": the array of scenario '" +
              arguments.scenario + "' has " + std::to_string(elements) + " elements");
  return scenario;
}

SoapySDR::KwargsList find_sky(const SoapySDR::Kwargs& args) noexcept {
  try {
    const auto driver = args.find("driver");
    if (driver == args.end() || driver->second != "boresight") return {};
    const SoapySDR::Kwargs device = describe(args);
    const auto serial = args.find("serial");
    if (serial != args.end() && serial->second != device.at("serial")) return {};
    return {device};
  } catch (...) {  // out of memory; a search must not end the program that searches
    return {};
  }
}

}  // namespace boresight::sdr
