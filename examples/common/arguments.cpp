#include "common/arguments.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <iostream>

#include "common/text.h"

namespace boresight::program {

void in_range(const char* option, std::optional<double> value, double low, double high, const char* unit) {
  if (!value) return;
  require(std::isfinite(*value) && *value >= low && *value <= high,
          std::string(option) + ": " + format_number(*value) + ": must be from " + format_number(low) +
              " to " + format_number(high) + " " + unit);
}

void check_duration(std::optional<double> duration_s) {
  require(!duration_s || (*duration_s > 0 && *duration_s <= 1e6),
          "--duration: " + format_number(duration_s.value_or(0)) + ": must be above 0 and at most 1e+06 s");
}

CLI::Option* add_file(CLI::App& app, const std::string& name, std::filesystem::path& path,
                      const std::string& help) {
  return app.add_option_function<std::string>(
      name, [&path](const std::string& text) { path = text; }, help);
}

std::uint64_t parse_count(const std::string& option, const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc{} && end == text.data() + text.size(),
          option + ": " + text + ": must be a whole number, not negative");
  return value;
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
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      require(!value.empty(), option->get_name() + ": needs a value, not an empty one");
    }
  }
  return true;
}

int end_in_one_line(const char* name, const std::function<int()>& body) {
  try {
    const int status = body();
    if (!std::cout.flush()) {
      throw IoError("standard output: " + std::string(std::strerror(errno)) + ": nothing more was written");
    }
    return status;
  } catch (const std::exception& error) {
    std::cerr << name << ": " << one_line(error.what()) << std::endl;
    return 1;
  }
}

}  // namespace boresight::program
