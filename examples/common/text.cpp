#include "common/text.h"

#include <charconv>
#include <cmath>

namespace boresight::program {

std::string format_number(double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6);
  return {text, end.ptr};
}

std::string format_fixed(double value, int digits) {
  if (!std::isfinite(value) || std::abs(value) > 1e15) return "-";
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
  const std::string out(text, end.ptr);
  const bool negative_zero = out.starts_with('-') && out.find_first_not_of("-0.") == std::string::npos;
  return negative_zero ? out.substr(1) : out;
}

std::string format_count(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ' ');
  return digits;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace boresight::program
