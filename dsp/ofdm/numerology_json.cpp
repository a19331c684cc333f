#include "boresight/ofdm/numerology_json.h"

#include <optional>
#include <string>

#include "core/strict_json.h"

namespace boresight::ofdm {
namespace {

using strict_json::Json;
using strict_json::Object;

constexpr std::size_t largest_fft = 8192;

std::vector<int> read_indices(Object& object, const char* key) {
  std::vector<int> indices;
  const Json& list = object.list(key, largest_fft);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& value = list[i];
    const auto limit = static_cast<std::int64_t>(largest_fft / 2);
    const bool good = value.is_number_integer() &&
                      (!value.is_number_unsigned() || value.get<std::uint64_t>() < largest_fft) &&
                      value.get<std::int64_t>() >= -limit && value.get<std::int64_t>() < limit;
    if (!good) {
      object.refuse(object.path(key) + "[" + std::to_string(i) + "]", value,
                    "a whole number " + std::to_string(-limit) + " .. " + std::to_string(limit - 1));
    }
    indices.push_back(value.get<int>());
  }
  return indices;
}

PilotPattern read_pilots(Object pilots) {
  PilotPattern p;
  using Kind = PilotPattern::Kind;
  const std::string pattern = pilots.string("pattern");
  const auto first = [&] { p.first = pilots.has("first") ? pilots.whole("first", 0, largest_fft) : 0; };
  if (pattern == "comb" || pattern == "scattered") {
    p.kind = pattern == "comb" ? Kind::comb : Kind::scattered;
    p.spacing = pilots.whole("spacing", 1, largest_fft);
    first();
    if (p.kind == Kind::scattered) p.symbol_step = pilots.whole("symbol_step", 1, largest_fft);
  } else if (pattern == "block") {
    p.kind = Kind::block;
    p.spacing = pilots.whole("period_symbols", 1, 256);
    first();
  } else if (pattern == "edge") {
    p.kind = Kind::edge;
    p.spacing = pilots.whole("carriers_per_edge", 1, largest_fft);
  } else if (pattern == "list") {
    p.kind = Kind::list;
    p.carriers = read_indices(pilots, "carriers");
  } else if (pattern != "none") {
    pilots.refuse(pilots.path("pattern"), pattern, "none, comb, scattered, block, edge or list");
  }
  pilots.done();
  return p;
}

}  // namespace

Numerology numerology_from_json(std::string_view json, std::string_view source_name) {
  const Json parsed = strict_json::parse_text(json, source_name, max_numerology_bytes);
  Object top(parsed, "", source_name);
  NumerologyPlan plan;
  plan.name = top.string("name", "custom");
  plan.sample_rate_hz = top.number("sample_rate_hz");
  plan.fft_size = top.whole("fft_size", 64, largest_fft);
  plan.prefix_samples = top.whole("prefix_samples", 0, plan.fft_size);
  plan.taper_samples = top.has("taper_samples") ? top.whole("taper_samples", 0, plan.prefix_samples) : 0;
  if (top.has("guard_carriers")) {
    Object guard = top.object("guard_carriers");
    plan.lower_guard = guard.whole("lower", 0, plan.fft_size - 1);
    plan.upper_guard = guard.whole("upper", 0, plan.fft_size - 1 - plan.lower_guard);
    guard.done();
  }
  if (top.has("null_carriers")) plan.null_carriers = read_indices(top, "null_carriers");
  if (top.has("pilots")) plan.pilots = read_pilots(top.object("pilots"));
  top.done();
  if (plan.name.size() > 60)
    strict_json::fail(source_name, "name", std::to_string(plan.name.size()) + " bytes", "at most 60");
  try {
    return make_numerology(plan);
  } catch (const ConfigError& error) {
    throw ConfigError(std::string(source_name) + ": " + error.what());
  }
}

}  // namespace boresight::ofdm
