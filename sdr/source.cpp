#include "boresight/sdr/source.h"

#include <charconv>
#include <cmath>

#include "boresight/core/types.h"

namespace boresight::sdr {

std::size_t bytes_per_sample(SampleFormat format) {
  switch (format) {
    case SampleFormat::cs8:
      return sizeof(cs8);
    case SampleFormat::cs16:
      return sizeof(cs16);
    case SampleFormat::cf32:
      return sizeof(cf32);
  }
  return 0;
}

double default_full_scale(SampleFormat format) {
  switch (format) {
    case SampleFormat::cs8:
      return 128.0;
    case SampleFormat::cs16:
      return 32768.0;
    case SampleFormat::cf32:
      return 1.0;
  }
  return 1.0;
}

std::string_view to_string(SampleFormat format) {
  switch (format) {
    case SampleFormat::cs8:
      return "cs8";
    case SampleFormat::cs16:
      return "cs16";
    case SampleFormat::cf32:
      return "cf32";
  }
  return "?";
}

std::optional<std::string> Source::sensor_text(std::string_view) {
  return std::nullopt;
}

std::optional<double> Source::sensor(std::string_view key) {
  const std::optional<std::string> text = sensor_text(key);
  if (!text) return std::nullopt;
  double value = 0;
  const char* const last = text->data() + text->size();
  // from_chars, not strtod: a sensor reads the same under every locale.
  const auto [end, error] = std::from_chars(text->data(), last, value);
  if (error != std::errc{} || end != last || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace boresight::sdr
