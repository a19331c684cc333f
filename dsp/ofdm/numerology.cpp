#include "boresight/ofdm/numerology.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "boresight/core/error.h"

namespace boresight::ofdm {

namespace {

template <typename Wanted>
std::vector<std::uint16_t> list(const std::vector<Carrier>& map, const Wanted& wanted) {
  std::vector<std::uint16_t> found;
  const std::size_t half = (map.size() + 1) / 2;
  for (std::size_t i = 0; i < map.size(); ++i) {
    const std::size_t k = (i + half) % map.size();  // most negative frequency first
    if (wanted(map[k])) found.push_back(static_cast<std::uint16_t>(k));
  }
  return found;
}

constexpr std::size_t longest_period = 256;

void check_map(const Numerology& n, std::size_t symbol) {
  const auto& map = n.map_of(symbol);
  const std::string which = n.period() > 1 ? " of symbol " + std::to_string(symbol) : "";
  require(map.size() == n.fft_size, "numerology " + n.name + ": subcarrier map" + which + " has " +
                                        std::to_string(map.size()) + " entries, FFT size is " +
                                        std::to_string(n.fft_size));
  require(!n.used_carriers(symbol).empty(), "numerology " + n.name + ": no subcarrier" + which + " is used");
}

}  // namespace

std::vector<std::uint16_t> Numerology::carriers(Carrier kind, std::size_t symbol) const {
  return list(map_of(symbol), [kind](Carrier c) { return c == kind; });
}

std::vector<std::uint16_t> Numerology::used_carriers(std::size_t symbol) const {
  return list(map_of(symbol), [](Carrier c) { return c != Carrier::null; });
}

void check(const Numerology& n) {
  require(n.fft_size >= 8 && n.fft_size <= 8192,
          "numerology " + n.name + ": FFT size " + std::to_string(n.fft_size) + " is outside 8 .. 8192");
  require(n.prefix_samples <= n.fft_size, "numerology " + n.name + ": prefix of " +
                                              std::to_string(n.prefix_samples) +
                                              " samples exceeds the FFT size");
  require(n.taper_samples <= n.prefix_samples,
          "numerology " + n.name + ": taper of " + std::to_string(n.taper_samples) +
              " samples exceeds the prefix of " + std::to_string(n.prefix_samples));
  require(
      std::isfinite(n.sample_rate_hz) && n.sample_rate_hz > 0,
      "numerology " + n.name + ": sample rate " + std::to_string(n.sample_rate_hz) + " Hz is not positive");
  require(n.period() <= longest_period, "numerology " + n.name + ": period of " + std::to_string(n.period()) +
                                            " symbols is beyond " + std::to_string(longest_period));
  for (std::size_t symbol = 0; symbol < n.period(); ++symbol) check_map(n, symbol);
}

namespace {

[[noreturn]] void refuse(const NumerologyPlan& plan, const std::string& what) {
  throw ConfigError("numerology " + plan.name + ": " + what);
}

std::size_t index_of(const NumerologyPlan& plan, int signed_index) {
  const auto n = static_cast<int>(plan.fft_size);
  if (signed_index < -(n / 2) || signed_index > (n - 1) / 2) {
    refuse(plan, "subcarrier " + std::to_string(signed_index) + " is outside " + std::to_string(-(n / 2)) +
                     " .. " + std::to_string((n - 1) / 2));
  }
  return static_cast<std::size_t>(signed_index < 0 ? signed_index + n : signed_index);
}

void check_pattern(const NumerologyPlan& plan, std::size_t used) {
  const PilotPattern& p = plan.pilots;
  using Kind = PilotPattern::Kind;
  if (p.kind == Kind::none || p.kind == Kind::list) return;
  const std::size_t most = p.kind == Kind::block ? longest_period : p.kind == Kind::edge ? used / 2 : used;
  if (p.spacing < 1 || p.spacing > most) {
    refuse(plan, "pilot spacing " + std::to_string(p.spacing) + " is outside 1 .. " + std::to_string(most));
  }
  if (p.kind == Kind::edge) return;
  if (p.first >= p.spacing) {
    refuse(plan, "first pilot " + std::to_string(p.first) + " is not below the spacing of " +
                     std::to_string(p.spacing));
  }
  if (p.symbol_step >= p.spacing) {
    refuse(plan, "pilot step " + std::to_string(p.symbol_step) + " is not below the spacing of " +
                     std::to_string(p.spacing));
  }
}

bool is_pilot(const PilotPattern& p, std::size_t symbol, std::size_t i, std::size_t used) {
  switch (p.kind) {
    case PilotPattern::Kind::comb:
      return i % p.spacing == p.first;
    case PilotPattern::Kind::scattered:
      return i % p.spacing == (p.first + symbol * p.symbol_step) % p.spacing;
    case PilotPattern::Kind::block:
      return symbol % p.spacing == p.first;
    case PilotPattern::Kind::edge:
      return i < p.spacing || i + p.spacing >= used;
    default:
      return false;
  }
}

std::size_t period_of(const PilotPattern& p) {
  if (p.kind == PilotPattern::Kind::block) return p.spacing;
  if (p.kind != PilotPattern::Kind::scattered) return 1;
  return p.spacing / std::gcd(p.spacing, p.symbol_step);
}

}  // namespace

Numerology make_numerology(const NumerologyPlan& plan) {
  Numerology n{plan.name, plan.sample_rate_hz, plan.fft_size, plan.prefix_samples, {Carrier::data},
               {},        plan.taper_samples};
  // The sizes first: what follows allocates by them.
  if (plan.fft_size >= 8 && plan.fft_size <= 8192) n.map.assign(plan.fft_size, Carrier::data);
  check(n);
  if (plan.lower_guard >= plan.fft_size || plan.upper_guard >= plan.fft_size - plan.lower_guard) {
    refuse(plan, "guards of " + std::to_string(plan.lower_guard) + " and " +
                     std::to_string(plan.upper_guard) + " subcarriers leave none of " +
                     std::to_string(plan.fft_size));
  }
  const auto all = n.used_carriers();
  for (std::size_t i = 0; i < plan.lower_guard; ++i) n.map[all[i]] = Carrier::null;
  for (std::size_t i = 0; i < plan.upper_guard; ++i) n.map[all[all.size() - 1 - i]] = Carrier::null;
  for (const int k : plan.null_carriers) n.map[index_of(plan, k)] = Carrier::null;

  const auto used = n.used_carriers();
  check_pattern(plan, used.size());
  const std::vector<Carrier> plain = n.map;
  for (std::size_t symbol = 0; symbol < period_of(plan.pilots); ++symbol) {
    std::vector<Carrier> map = plain;
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (is_pilot(plan.pilots, symbol, i, used.size())) map[used[i]] = Carrier::pilot;
    }
    if (symbol == 0) {
      n.map = std::move(map);
    } else {
      n.later_maps.push_back(std::move(map));
    }
  }
  if (plan.pilots.kind == PilotPattern::Kind::list) {
    for (const int k : plan.pilots.carriers) {
      Carrier& carrier = n.map[index_of(plan, k)];
      if (carrier == Carrier::null)
        refuse(plan, "pilot " + std::to_string(k) + " is on an unused subcarrier");
      carrier = Carrier::pilot;
    }
  }
  check(n);
  return n;
}

Numerology ku(double sample_rate_hz) {
  require(std::isfinite(sample_rate_hz) && sample_rate_hz >= 1e3 && sample_rate_hz <= 1e9,
          "ku waveform: sample rate " + std::to_string(sample_rate_hz) + " Hz is outside 1e3 .. 1e9");
  Numerology n{"ku", sample_rate_hz, 1024, 32, std::vector<Carrier>(1024, Carrier::data)};
  for (const std::size_t gutter : {0, 1, 1022, 1023}) n.map[gutter] = Carrier::null;
  // Active subcarriers are k = 2 .. 1021; every 20th of them from the first: signed indices -502, -482, ..
  // -22 and 2, 22, .. 502. Both band edges lie 10 away and the mean index is 0, so that phase and slope
  // decouple.
  for (std::size_t active = 0; active < 1020; active += 20) n.map[active + 2] = Carrier::pilot;
  return n;
}

Numerology ku240() {
  Numerology n = ku(240e6);
  n.name = "ku240";
  return n;
}

Numerology ku20() {
  Numerology n = ku(20e6);
  n.name = "ku20";
  return n;
}

Numerology wifi20() {
  Numerology n{"wifi20", 20e6, 64, 16, std::vector<Carrier>(64, Carrier::null)};
  for (std::size_t k = 1; k <= 26; ++k) n.map[k] = n.map[64 - k] = Carrier::data;
  for (const std::size_t k : {7, 21}) n.map[k] = n.map[64 - k] = Carrier::pilot;
  return n;
}

Numerology numerology_preset(std::string_view name) {
  if (name == "ku240") return ku240();
  if (name == "ku20") return ku20();
  if (name == "wifi20") return wifi20();
  throw ConfigError("numerology \"" + std::string(name.substr(0, 60)) + "\" is none of ku240, ku20, wifi20");
}

double nominal_ku_carrier_hz(const Numerology& numerology) {
  return 11.325e9 * numerology.sample_rate_hz / 240e6;
}

}  // namespace boresight::ofdm
