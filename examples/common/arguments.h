// What the programs' command lines have in common.
#pragma once

#include <optional>

namespace CLI {
class App;
}

namespace boresight::program {

/// ConfigError naming option, value and limits; nothing for no value. `unit` is said behind the limits.
void in_range(const char* option, std::optional<double> value, double low, double high, const char* unit);

/// Reads the command line; false when it asked for help or the version, which has then been printed.
/// ConfigError for what cannot be read.
bool parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace boresight::program
