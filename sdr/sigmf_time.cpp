// RFC 3339 in UTC, the only form SigMF allows for core:datetime.
#include <chrono>
#include <cstdio>
#include <string>

#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"

namespace boresight::sdr {

namespace {

using std::chrono::nanoseconds;

[[noreturn]] void refuse(std::string_view text) {
  throw IoError("'" + std::string(text.substr(0, 40)) + "' is not a time like 2026-01-02T03:04:05.678Z");
}

// Takes `digits` digits and what must follow them.
int take(std::string_view text, std::size_t& at, std::size_t digits, char next) {
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') refuse(text);
    value = 10 * value + (text[at] - '0');
  }
  if (next == '\0') return value;
  if (at >= text.size() || text[at] != next) refuse(text);
  ++at;
  return value;
}

// Digits beyond the ninth are read and ignored.
std::int64_t take_fraction_ns(std::string_view text, std::size_t& at) {
  std::int64_t ns = 0;
  std::int64_t unit = 100'000'000;
  const std::size_t first = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
    ns += unit * (text[at] - '0');
  if (at == first) refuse(text);
  return ns;
}

}  // namespace

std::string format_utc(std::int64_t utc_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(utc_ns)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<long long>(clock.subseconds().count()));
  return text;
}

std::int64_t parse_utc(std::string_view text) {
  using namespace std::chrono;
  std::size_t at = 0;
  const int y = take(text, at, 4, '-');
  const int m = take(text, at, 2, '-');
  const int d = take(text, at, 2, 'T');
  const int hour = take(text, at, 2, ':');
  const int minute = take(text, at, 2, ':');
  const int second = take(text, at, 2, '\0');
  std::int64_t fraction_ns = 0;
  if (at < text.size() && text[at] == '.') fraction_ns = take_fraction_ns(text, ++at);
  if (text.substr(at) != "Z") refuse(text);
  const year_month_day date(year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d)));
  // What 64 bits of nanoseconds hold, with room; :60 is a leap second, the same instant as the next :00.
  if (!date.ok() || y < 1700 || y > 2250 || hour > 23 || minute > 59 || second > 60) refuse(text);
  const seconds whole = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second);
  return nanoseconds(whole).count() + fraction_ns;
}

}  // namespace boresight::sdr
