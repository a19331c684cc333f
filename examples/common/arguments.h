// What the programs' command lines have in common, and how every one of them ends.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "boresight/core/error.h"

namespace boresight::program {

/// ConfigError naming option, value and limits; nothing for no value. `unit` is said behind the limits.
void in_range(const char* option, std::optional<double> value, double low, double high, const char* unit);
/// --duration: above 0, at most 1e6 s.
void check_duration(std::optional<double> duration_s);

/// What `body` returns; its ConfigError and IoError begin with the option.
template <typename Body>
auto with_option(const std::string& option, Body&& body) {
  try {
    return body();
  } catch (const ConfigError& error) {
    throw ConfigError(option + ": " + error.what());
  } catch (const IoError& error) {
    throw IoError(option + ": " + error.what());
  }
}

/// An option whose value is the name of a file.
CLI::Option* add_file(CLI::App& app, const std::string& name, std::filesystem::path& path,
                      const std::string& help);

/// A whole number, not negative: CLI11 takes -1 for the largest number there is.
/// ConfigError, of `option`, if it cannot be read.
std::uint64_t parse_count(const std::string& option, const std::string& text);
template <typename T>
CLI::Option* add_count(CLI::App& app, const std::string& name, T& value, const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&value, name](const std::string& text) { value = parse_count(name, text); }, help);
}

/// Reads the command line; false when it asked for help or the version, which has then been printed.
/// ConfigError for what cannot be read, and for values that are empty: a shell's variable that is not set is
/// not an option that was not given.
bool parse(CLI::App& app, int argc, const char* const* argv);

/// What main() returns: the status of `body`, or 1 for an exception and for output that nobody took, with
/// one line on standard error that begins with `name`.
int end_in_one_line(const char* name, const std::function<int()>& body);

}  // namespace boresight::program
