// Strict JSON: what the parsers of configurations share. Every refusal is a ConfigError of one line,
//   <source>: <key>: <value>: <limit>
// Text may be hostile: its size and depth are limited, keys may not repeat, and a key that nobody asked for
// is an error. Private to the library.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::strict_json {

using Json = nlohmann::json;

inline constexpr int max_depth = 16;
inline constexpr std::size_t longest_quoted = 60;

// A value as an error quotes it: one line of printable ASCII, not too long.
inline std::string quoted(const Json& value) {
  std::string s = value.is_structured() ? (value.is_array() ? "a list" : "an object")
                                        : value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (s.size() > longest_quoted) s = s.substr(0, longest_quoted) + "...";
  return s;
}

inline std::string quoted_key(const std::string& key) {
  const bool plain =
      !key.empty() && key.size() <= longest_quoted && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      });
  return plain ? key : quoted(Json(key));
}

[[noreturn]] inline void fail(std::string_view source, const std::string& path, const std::string& value,
                              const std::string& limit) {
  throw ConfigError(std::string(source) + ": " + path + ": " + value + ": " + limit);
}

// Deep nesting would exhaust the stack of a recursive parser: counted before it sees the text.
inline void check_depth(std::string_view json, std::string_view source) {
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
inline std::string word_at(std::string_view json, std::size_t byte) {
  const auto part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' || c == '.';
  };
  std::size_t first = std::min(byte > 0 ? byte - 1 : 0, json.empty() ? 0 : json.size() - 1);
  while (first > 0 && first < json.size() && part(json[first - 1])) --first;
  std::size_t last = first;
  while (last < json.size() && part(json[last]) && last - first < longest_quoted) ++last;
  return std::string(json.substr(first, last - first));
}

inline Json parse_text(std::string_view json, std::string_view source, std::size_t most_bytes) {
  if (json.size() > most_bytes) {
    fail(source, "$", std::to_string(json.size()) + " bytes", "at most " + std::to_string(most_bytes));
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

}  // namespace boresight::strict_json
