// A scene of the simulated sky, and its JSON form.
//
// The JSON form is strict: a key it does not know, a key given twice, a missing key, a wrong type or a value
// out of its range is a ConfigError whose one line reads "<source>: <json path>: <value>: <limit>". Every key
// ends in its unit. The files in dsp/sim/scenarios are examples. Values in parentheses are defaults.
//
//   {
//     "name": "...", "description": "...",                                      both ("")
//     "waveform": "ku20" | "ku240",
//     "carrier_hz": (11.325e9, scaled by sample rate / 240e6), "seed": (1),
//     "array": {"type": "rectangle", "columns", "rows", "spacing_wavelengths"}
//            | {"type": "line", "elements", "spacing_wavelengths"}
//            | {"type": "circle", "elements", "radius_wavelengths"}
//            | {"type": "positions", "positions_m" | "positions_wavelengths": [[x, y, z], ...]},
//     "attitude": {"yaw_deg": (0), "pitch_deg": (0), "roll_deg": (0)},          (flat, +y to north)
//     "payload": {"file_bytes", "mcs": "qpsk_1_2"},
//     "satellites": [{"snr_db", "occupancy": (1), "frame_offset": (0), "motion": <motion>}, ...],
//     "jammers": [<jammer>, ...],                                               (none)
//     "receiver": {"element_gain_error_db_rms": (0), "element_phase_error_deg_rms": (0),
//                  "dead_elements": ([]), "sample_clock_offset_ppm": (0), "lo_offset_hz": (0),
//                  "phase_noise_dbc_hz" and "phase_noise_offset_hz": (no phase noise),
//                  "adc": {"bits": (12), "noise_floor_dbfs": (-40), "gain_db": (0)}}
//   }
//   <motion>: {"type": "leo_pass", "altitude_m", "culmination_azimuth_deg", "culmination_elevation_deg",
//              "start_time_s"}
//           | {"type": "track", "azimuth_deg", "elevation_deg", "azimuth_rate_deg_per_s": (0),
//              "elevation_rate_deg_per_s": (0), "doppler_hz": (0), "doppler_rate_hz_per_s": (0),
//              "reference_carrier_hz": (11.325e9)}
//   <jammer>: {"type": "cw", "offset_hz"} | {"type": "noise"} | {"type": "pulsed_noise", "period_s", "duty"}
//           | {"type": "swept", "from_hz", "to_hz", "sweep_period_s"},
//             each with "azimuth_deg", "elevation_deg" and one of "above_noise_db", "above_satellite_db"
//             (per element, relative to thermal noise or to satellites[0]).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/core/error.h"
#include "boresight/core/vec3.h"
#include "boresight/frame/header.h"
#include "boresight/sim/motion.h"

namespace boresight::sim {

inline constexpr std::size_t max_scenario_bytes = 1U << 20;
inline constexpr std::size_t max_elements = 256;
inline constexpr std::size_t max_satellites = 16;
inline constexpr std::size_t max_jammers = 16;

struct Satellite {
  double snr_db = 10;       ///< per element, in the sample bandwidth, while a frame is on the air
  double occupancy = 1.0;   ///< share of frame slots that carry a frame, 0..1; the others are silent
  double frame_offset = 0;  ///< share of the first frame already gone at time 0, 0 <= x < 1
  Motion motion = Track{};
};

enum class JammerType : std::uint8_t { cw, noise, pulsed_noise, swept };

struct Jammer {
  JammerType type = JammerType::noise;
  double azimuth_rad = 0;
  double elevation_rad = 0;
  double power_db = 0;   ///< per element relative to thermal noise, while it is on
  double offset_hz = 0;  ///< cw: frequency relative to the carrier
  double period_s = 0;   ///< pulsed_noise and swept
  double duty = 1;       ///< pulsed_noise: on during the first share of each period
  double from_hz = 0;    ///< swept: runs linearly from ... to, then jumps back
  double to_hz = 0;
};

struct Adc {
  unsigned bits = 12;             ///< 2..16
  double noise_floor_dbfs = -40;  ///< thermal noise at gain 0; 0 dBFS is a mean power of 1
  double gain_db = 0;
};

struct Receiver {
  double element_gain_error_db_rms = 0;  ///< normal, one draw per element, on signals, not on receiver noise
  double element_phase_error_rad_rms = 0;
  std::vector<std::size_t> dead_elements = {};  ///< only receiver noise
  double sample_clock_offset_ppm = 0;  ///< positive: the receiver's clock is fast (more samples per second)
  double lo_offset_hz = 0;             ///< positive: oscillator high, everything appears lower by this much
  bool phase_noise = false;
  double phase_noise_dbc_hz = -100;  ///< L(f) at the offset below; falls with 1/f^2 (Wiener phase)
  double phase_noise_offset_hz = 10e3;
  Adc adc = {};
};

struct Scenario {
  std::string name;
  std::string description;
  std::string waveform = "ku20";
  double sample_rate_hz = 20e6;
  double carrier_hz = 943.75e6;
  std::uint64_t seed = 1;
  std::vector<Vec3> positions_wavelengths;  ///< array frame; empty when positions_m is given
  std::vector<Vec3> positions_m;            ///< array frame; empty when positions_wavelengths is given
  array::Attitude::Config attitude;
  std::uint64_t payload_file_bytes = 100'000;
  frame::Mcs mcs = frame::Mcs::qpsk_1_2;
  std::vector<Satellite> satellites;
  std::vector<Jammer> jammers;
  Receiver receiver;
};

/// Element positions in metres, whichever way the scenario gives them.
std::vector<Vec3> element_positions_m(const Scenario& scenario);

/// Reads the JSON form. `source_name` is how the error calls the text: a file's or a shipped scenario's name.
/// Untrusted text: at most max_scenario_bytes and 16 levels deep. ConfigError as described above.
Scenario parse_scenario(std::string_view json, std::string_view source_name);

/// ConfigError if a field is out of range; parse_scenario and Sky call it.
void validate(const Scenario& scenario, std::string_view source_name);

struct ShippedScenario {
  std::string_view name;
  std::string_view json;
};

/// The files of dsp/sim/scenarios, embedded at build time, by name.
std::span<const ShippedScenario> shipped_scenarios();

/// The JSON text of the shipped scenario `name`; ConfigError listing the names if there is none.
std::string_view shipped_scenario(std::string_view name);

/// Replaces the waveform: "ku240" (240 MS/s) or "ku20" (20 MS/s). The carrier is scaled by the same ratio, so
/// 11.325 GHz becomes 943.75 MHz, and positions in wavelengths, relative Doppler and beams stay the same.
/// Frequencies and times of jammers and of the receiver stay what they are. ConfigError for another name, or
/// if a jammer's frequency is outside the new band.
void set_waveform(Scenario& scenario, std::string_view preset);

}  // namespace boresight::sim
