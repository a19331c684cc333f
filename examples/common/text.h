// Numbers for people, the same under every locale.
#pragma once

#include <cstdint>
#include <string>

namespace boresight::program {

/// At most six significant digits, as %g writes them.
std::string format_number(double value);
/// So many digits after the point; "-" for NaN and infinities.
std::string format_fixed(double value, int digits);
/// "1 234 567".
std::string format_count(std::uint64_t value);
/// The text with everything that would break its line replaced by spaces.
std::string one_line(std::string text);

}  // namespace boresight::program
