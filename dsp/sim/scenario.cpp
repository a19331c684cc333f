#include "boresight/sim/scenario.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "boresight/array/geometry.h"
#include "boresight/core/units.h"
#include "sim/oscillator.h"
#include "sim/time_base.h"

namespace boresight::sim {
namespace {

struct Waveform {
  std::string_view name;
  double sample_rate_hz;
};
constexpr std::array waveforms = {Waveform{"ku20", 20e6}, Waveform{"ku240", 240e6}};

std::string text(double value) {
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.10g", value);
  return buffer.data();
}

// Checks values one by one; every failure names the same path as the JSON form, in its units.
class Checker {
 public:
  explicit Checker(std::string_view source) : source_(source) {}

  void range(const std::string& path, double value, double low, double high) const {
    // Written so that NaN fails.
    if (!(value >= low && value <= high)) fail(path, text(value), text(low) + " .. " + text(high));
  }
  [[noreturn]] void fail(const std::string& path, const std::string& value, const std::string& limit) const {
    throw ConfigError(std::string(source_) + ": " + path + ": " + value + ": " + limit);
  }

 private:
  std::string_view source_;
};

void check_positions(const Scenario& s, const Checker& check) {
  if (s.positions_m.empty() == s.positions_wavelengths.empty()) {
    check.fail("array", s.positions_m.empty() ? "no elements" : "positions in metres and in wavelengths",
               "one list of positions");
  }
  const std::size_t elements = std::max(s.positions_m.size(), s.positions_wavelengths.size());
  check.range("array: elements", static_cast<double>(elements), 1, max_elements);
  // Beyond this the guard of the sky's blocks no longer holds the delays between elements.
  const double reach_m = 16 * speed_of_light_m_s / s.sample_rate_hz;
  for (const Vec3& r : element_positions_m(s))
    check.range("array: metres from the origin", norm(r), 0, reach_m);
  for (const std::size_t dead : s.receiver.dead_elements) {
    check.range("receiver.dead_elements", static_cast<double>(dead), 0, static_cast<double>(elements - 1));
  }
}

void check_motion(const LeoPass& pass, const std::string& at, const Checker& check) {
  check.range(at + "altitude_m", pass.altitude_m, 160e3, 50e6);
  check.range(at + "culmination_azimuth_deg", deg_from_rad(pass.culmination_azimuth_rad), -360, 360);
  check.range(at + "culmination_elevation_deg", deg_from_rad(pass.culmination_elevation_rad), 0, 90);
  check.range(at + "start_time_s", pass.start_time_s, -86400, 86400);
}

void check_motion(const Track& track, const std::string& at, const Checker& check) {
  check.range(at + "azimuth_deg", deg_from_rad(track.azimuth_rad), -360, 360);
  check.range(at + "elevation_deg", deg_from_rad(track.elevation_rad), -90, 90);
  check.range(at + "azimuth_rate_deg_per_s", deg_from_rad(track.azimuth_rate_rad_s), -10, 10);
  check.range(at + "elevation_rate_deg_per_s", deg_from_rad(track.elevation_rate_rad_s), -10, 10);
  check.range(at + "reference_carrier_hz", track.reference_carrier_hz, 1e6, 100e9);
  const double most_hz = max_relative_doppler * track.reference_carrier_hz;
  check.range(at + "doppler_hz", track.doppler_hz, -most_hz, most_hz);
  check.range(at + "doppler_rate_hz_per_s", track.doppler_rate_hz_s, -most_hz, most_hz);
}

void check_jammer(const Jammer& jammer, const std::string& at, double sample_rate_hz, const Checker& check) {
  check.range(at + "azimuth_deg", deg_from_rad(jammer.azimuth_rad), -360, 360);
  check.range(at + "elevation_deg", deg_from_rad(jammer.elevation_rad), -90, 90);
  check.range(at + "above_noise_db", jammer.power_db, -100, 120);
  const double edge_hz = 0.5 * sample_rate_hz;
  switch (jammer.type) {
    case JammerType::cw:
      check.range(at + "offset_hz", jammer.offset_hz, -edge_hz, edge_hz);
      break;
    case JammerType::noise:
      break;
    case JammerType::pulsed_noise:
      check.range(at + "period_s", jammer.period_s, 1e-6, 3600);
      check.range(at + "duty", jammer.duty, 0, 1);
      break;
    case JammerType::swept:
      check.range(at + "from_hz", jammer.from_hz, -edge_hz, edge_hz);
      check.range(at + "to_hz", jammer.to_hz, -edge_hz, edge_hz);
      check.range(at + "sweep_period_s", jammer.period_s, 1e-6, 3600);
      break;
  }
}

void check_receiver(const Receiver& receiver, double sample_rate_hz, const Checker& check) {
  check.range("receiver.element_gain_error_db_rms", receiver.element_gain_error_db_rms, 0, 20);
  check.range("receiver.element_phase_error_deg_rms", deg_from_rad(receiver.element_phase_error_rad_rms), 0,
              180);
  check.range("receiver.sample_clock_offset_ppm", receiver.sample_clock_offset_ppm, -200, 200);
  check.range("receiver.lo_offset_hz", receiver.lo_offset_hz, -0.5 * sample_rate_hz, 0.5 * sample_rate_hz);
  check.range("receiver.adc.bits", receiver.adc.bits, 2, 16);
  check.range("receiver.adc.noise_floor_dbfs", receiver.adc.noise_floor_dbfs, -120, 0);
  check.range("receiver.adc.gain_db", receiver.adc.gain_db, -120, 120);
  if (!receiver.phase_noise) return;
  check.range("receiver.phase_noise_offset_hz", receiver.phase_noise_offset_hz, 1, 1e9);
  // At the limit the phase moves 0.05 rad (standard deviation) from one sample of the fine grid to the next.
  const double most_db = db_from_power(0.05 * 0.05 * signal_oversampling * sample_rate_hz /
                                       wiener_rate_rad2_s(0, receiver.phase_noise_offset_hz));
  check.range("receiver.phase_noise_dbc_hz", receiver.phase_noise_dbc_hz, -300, most_db);
}

}  // namespace

std::vector<Vec3> element_positions_m(const Scenario& scenario) {
  if (!scenario.positions_m.empty()) return scenario.positions_m;
  std::vector<Vec3> positions = scenario.positions_wavelengths;
  for (Vec3& r : positions) r = (speed_of_light_m_s / scenario.carrier_hz) * r;
  return positions;
}

void validate(const Scenario& s, std::string_view source_name) {
  const Checker check(source_name);
  const bool known = std::any_of(waveforms.begin(), waveforms.end(),
                                 [&](const Waveform& w) { return w.name == s.waveform; });
  if (!known) check.fail("waveform", '"' + s.waveform + '"', "\"ku20\" or \"ku240\"");
  check.range("sample_rate_hz", s.sample_rate_hz, 1e6, 1e9);
  check.range("carrier_hz", s.carrier_hz, s.sample_rate_hz, 100e9);
  for (const double angle : {s.attitude.yaw_rad, s.attitude.pitch_rad, s.attitude.roll_rad}) {
    check.range("attitude", deg_from_rad(angle), -360, 360);
  }
  check_positions(s, check);
  check.range("payload.file_bytes", static_cast<double>(s.payload_file_bytes), 1, 64 << 20);
  check.range("satellites: count", static_cast<double>(s.satellites.size()), 1, max_satellites);
  for (std::size_t i = 0; i < s.satellites.size(); ++i) {
    const Satellite& satellite = s.satellites[i];
    const std::string at = "satellites[" + std::to_string(i) + "].";
    check.range(at + "snr_db", satellite.snr_db, -100, 100);
    check.range(at + "occupancy", satellite.occupancy, 0, 1);
    check.range(at + "frame_offset", satellite.frame_offset, 0, 0.999999);
    std::visit([&](const auto& motion) { check_motion(motion, at + "motion.", check); }, satellite.motion);
  }
  check.range("jammers: count", static_cast<double>(s.jammers.size()), 0, max_jammers);
  for (std::size_t i = 0; i < s.jammers.size(); ++i) {
    check_jammer(s.jammers[i], "jammers[" + std::to_string(i) + "].", s.sample_rate_hz, check);
  }
  check_receiver(s.receiver, s.sample_rate_hz, check);
}

std::string_view shipped_scenario(std::string_view name) {
  std::string names;
  for (const ShippedScenario& shipped : shipped_scenarios()) {
    if (shipped.name == name) return shipped.json;
    names += (names.empty() ? "" : ", ") + std::string(shipped.name);
  }
  throw ConfigError("scenario: \"" + std::string(name) + "\": one of " + names);
}

void set_waveform(Scenario& scenario, std::string_view preset) {
  const auto found =
      std::find_if(waveforms.begin(), waveforms.end(), [&](const Waveform& w) { return w.name == preset; });
  require(found != waveforms.end(), "waveform: \"" + std::string(preset) + "\": \"ku20\" or \"ku240\"");
  Scenario changed = scenario;
  changed.waveform = preset;
  changed.carrier_hz *= found->sample_rate_hz / scenario.sample_rate_hz;
  changed.sample_rate_hz = found->sample_rate_hz;
  validate(changed, "waveform " + std::string(preset));
  scenario = std::move(changed);
}

}  // namespace boresight::sim
