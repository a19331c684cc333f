#include "common/arguments.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <string>

#include "boresight/core/error.h"
#include "common/text.h"

namespace boresight::program {

void in_range(const char* option, std::optional<double> value, double low, double high, const char* unit) {
  if (!value) return;
  require(std::isfinite(*value) && *value >= low && *value <= high,
          std::string(option) + ": " + format_number(*value) + ": must be from " + format_number(low) +
              " to " + format_number(high) + " " + unit);
}

bool parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success, std::cout, std::cerr);
    return false;
  } catch (const CLI::ParseError& error) {
    throw ConfigError(error.what());
  }
  return true;
}

}  // namespace boresight::program
