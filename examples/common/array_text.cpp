#include "common/array_text.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "boresight/core/error.h"

namespace boresight::program {

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

}  // namespace boresight::program
