// The simulated sky and channels.
#include "bindings.h"
#include "boresight/sim/motion.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/sky.h"
#include "boresight/sim/tdl.h"

namespace boresight::python {
namespace {

using namespace boresight::sim;  // NOLINT(google-build-using-namespace)

void bind_motion(py::module_& module) {
  Struct<LeoPass>(module, "LeoPass", "A circular orbit that passes over the terminal.")
      .field("altitude_m", &LeoPass::altitude_m, "Above the sphere.")
      .field("culmination_azimuth_rad", &LeoPass::culmination_azimuth_rad, "Where it is highest.")
      .field("culmination_elevation_rad", &LeoPass::culmination_elevation_rad, "How high.")
      .field("start_time_s", &LeoPass::start_time_s, "Time 0 lies this long after culmination.");
  Struct<Track>(module, "Track", "A direction and a Doppler as straight lines over time.")
      .field("azimuth_rad", &Track::azimuth_rad, "At time 0.")
      .field("elevation_rad", &Track::elevation_rad, "At time 0.")
      .field("azimuth_rate_rad_s", &Track::azimuth_rate_rad_s, "rad/s.")
      .field("elevation_rate_rad_s", &Track::elevation_rate_rad_s, "rad/s.")
      .field("doppler_hz", &Track::doppler_hz, "At the reference carrier.")
      .field("doppler_rate_hz_s", &Track::doppler_rate_hz_s, "Hz/s.")
      .field("reference_carrier_hz", &Track::reference_carrier_hz, "Of the Doppler.");
  Result<MotionState>(module, "MotionState", "State of a motion at one instant.")
      .field("direction", &MotionState::direction, "Unit vector (east, north, up), (3,).")
      .field("delay_s", &MotionState::delay_s, "Slant range / c.")
      .field("delay_rate", &MotionState::delay_rate, "The Doppler is -carrier_hz * delay_rate.");
  module.def("state_at", &state_at, "motion"_a, "time_s"_a, "MotionState of a LeoPass or Track.");
}

void bind_scenario(py::module_& module) {
  Struct<Satellite>(module, "Satellite", "A satellite of a scene.")
      .field("snr_db", &Satellite::snr_db, "Per element, while a frame is on the air.")
      .field("occupancy", &Satellite::occupancy, "Share of frame slots that carry a frame.")
      .field("frame_offset", &Satellite::frame_offset, "Share of the first frame already gone.")
      .field("motion", &Satellite::motion, "LeoPass or Track.");
  Enum<JammerType>(module, "JammerType", "What it sends.")
      .value("cw", JammerType::cw)
      .value("noise", JammerType::noise)
      .value("pulsed_noise", JammerType::pulsed_noise)
      .value("swept", JammerType::swept);
  Struct<Jammer>(module, "Jammer", "A jammer of a scene.")
      .field("type", &Jammer::type, "What it sends.")
      .field("azimuth_rad", &Jammer::azimuth_rad, "Clockwise from north.")
      .field("elevation_rad", &Jammer::elevation_rad, "Above the horizon.")
      .field("power_db", &Jammer::power_db, "Per element, over thermal noise.")
      .field("offset_hz", &Jammer::offset_hz, "cw.")
      .field("period_s", &Jammer::period_s, "pulsed_noise and swept.")
      .field("duty", &Jammer::duty, "pulsed_noise.")
      .field("from_hz", &Jammer::from_hz, "swept.")
      .field("to_hz", &Jammer::to_hz, "swept.");
  Struct<Adc>(module, "Adc", "Converter.")
      .field("bits", &Adc::bits, "2 to 16.")
      .field("noise_floor_dbfs", &Adc::noise_floor_dbfs, "At gain 0.")
      .field("gain_db", &Adc::gain_db, "In front of it.");
  using Front = sim::Receiver;
  Struct<Front>(module, "Receiver", "What the receive channels do wrong.")
      .field("element_gain_error_db_rms", &Front::element_gain_error_db_rms, "Normal.")
      .field("element_phase_error_rad_rms", &Front::element_phase_error_rad_rms, "Normal.")
      .field("dead_elements", &Front::dead_elements, "Only receiver noise.")
      .field("sample_clock_offset_ppm", &Front::sample_clock_offset_ppm, "Positive: fast.")
      .field("lo_offset_hz", &Front::lo_offset_hz, "Positive: high.")
      .field("phase_noise", &Front::phase_noise, "Whether there is any.")
      .field("phase_noise_dbc_hz", &Front::phase_noise_dbc_hz, "At the offset.")
      .field("phase_noise_offset_hz", &Front::phase_noise_offset_hz, "Falls with 1 / f^2.")
      .field("adc", &Front::adc, "Converter.");
  Struct<array::Attitude::Config>(module, "AttitudeConfig", "array::Attitude::Config: radians.")
      .field("yaw_rad", &array::Attitude::Config::yaw_rad, "Azimuth of the +y axis.")
      .field("pitch_rad", &array::Attitude::Config::pitch_rad, "Tilt from the zenith.")
      .field("roll_rad", &array::Attitude::Config::roll_rad, "About the boresight.");
  Struct<Scenario>(module, "Scenario", "A scene of the simulated sky.")
      .field("name", &Scenario::name, "For people.")
      .field("description", &Scenario::description, "For people.")
      .field("waveform", &Scenario::waveform, "ku20 or ku240.")
      .field("sample_rate_hz", &Scenario::sample_rate_hz, "Of the receiver.")
      .field("carrier_hz", &Scenario::carrier_hz, "Tuned to.")
      .field("seed", &Scenario::seed, "The same seed, the same samples.")
      .field("positions_wavelengths", &Scenario::positions_wavelengths, "(elements, 3), or none.")
      .field("positions_m", &Scenario::positions_m, "(elements, 3), or none.")
      .field("attitude", &Scenario::attitude, "AttitudeConfig.")
      .field("payload_file_bytes", &Scenario::payload_file_bytes, "Of the carousel.")
      .field("mcs", &Scenario::mcs, "Of the payload.")
      .field("satellites", &Scenario::satellites, "Satellites; assign a new list to change it.")
      .field("jammers", &Scenario::jammers, "Jammers; assign a new list to change it.")
      .field("receiver", &Scenario::receiver, "Receiver.");
  module.def("element_positions_m", &element_positions_m, "scenario"_a, "Meters, (elements, 3).");
  module.def("parse_scenario", &parse_scenario, "json"_a, "source_name"_a = "scenario",
             "A Scenario from JSON text; source_name begins the error message.");
  module.def(
      "validate", [](const Scenario& scenario) { validate(scenario, "scenario"); }, "scenario"_a,
      "ConfigError if a field is out of range.");
  module.def(
      "shipped_scenario",
      [](const std::string& name) { return parse_scenario(shipped_scenario(name), name); }, "name"_a,
      "A shipped Scenario by its name; ConfigError lists the names.");
  module.def(
      "shipped_scenarios",
      [] {
        py::list names;
        for (const ShippedScenario& scenario : shipped_scenarios()) names.append(std::string(scenario.name));
        return names;
      },
      "Their names.");
  module.def(
      "set_waveform",
      [](const Scenario& scenario, const std::string& preset) {
        Scenario changed = scenario;
        set_waveform(changed, preset);
        return changed;
      },
      "scenario"_a, "preset"_a, "A copy with ku240 or ku20, the carrier scaled by the same ratio.");
}

// A list of frames that are sent over and over.
Signal signal_of(const In<cf32>& frames) {
  const auto in = grid(frames, "signals");
  require(in.rows() >= 1 && in.columns() >= 1, "signals: must have at least one frame of one sample");
  auto samples = std::make_shared<std::vector<cf32>>();
  const py::gil_scoped_release release;
  for (std::size_t r = 0; r < in.rows(); ++r)
    samples->insert(samples->end(), in.row(r).begin(), in.row(r).end());
  for (const cf32 x : *samples) {
    require(std::isfinite(x.real()) && std::isfinite(x.imag()), "signals: must be finite");
  }
  return {.frame_samples = in.columns(),
          .fill_frame = [samples, rows = in.rows()](std::uint64_t number, std::span<cf32> out) {
            const auto first = samples->begin() + static_cast<std::ptrdiff_t>(number % rows * out.size());
            std::copy_n(first, out.size(), out.begin());
          }};
}

void bind_sky(py::module_& module) {
  Result<Truth>(module, "Truth", "What the receiver should find, at the next sample.")
      .field("time_s", &Truth::time_s, "Since the first sample.")
      .field("doppler_hz", &Truth::doppler_hz, "Of satellite 0.")
      .field("snr_db", &Truth::snr_db, "Of satellite 0 per element.")
      .field("jammer_to_noise_db", &Truth::jammer_to_noise_db, "All that are on.")
      .field("azimuth_rad", &Truth::azimuth_rad, "Of satellite 0.")
      .field("elevation_rad", &Truth::elevation_rad, "Of satellite 0.")
      .field("carrier_hz", &Truth::carrier_hz, "Tuned to.");
  module.attr("signal_oversampling") = signal_oversampling;
  py::class_<Sky>(module, "Sky", "What the coherent receive channels of a phased array would record.")
      .def(py::init([](Scenario scenario, const std::optional<std::vector<In<cf32>>>& signals) {
             if (!signals) {
               const py::gil_scoped_release release;
               return std::make_unique<Sky>(scenario);
             }
             std::vector<Signal> list;
             for (const auto& frames : *signals) list.push_back(signal_of(frames));
             const py::gil_scoped_release release;
             return std::make_unique<Sky>(scenario, std::move(list));
           }),
           "scenario"_a, "signals"_a = py::none(),
           "Satellites send the ku waveform with a carousel of payload_file; or signals, one complex64 "
           "(frames, "
           "n) for each satellite at signal_oversampling times the sample rate, of unit mean power, within "
           "+-0.26 of that rate, sent over and over. They are copied.")
      .def(
          "generate",
          [](Sky& self, std::size_t samples) {
            auto out = new_grid<cf32>(self.channels(), samples);
            const Grid<cf32> to = writable_grid(out);
            {
              const LongCall call(&self);
              self.generate(to);
            }
            return out;
          },
          "samples"_a, "The next samples of every channel, complex64 (channels, samples), after the ADC.")
      .def_property_readonly("channels", &Sky::channels, "Elements.")
      .def_property_readonly("sample_rate_hz", &Sky::sample_rate_hz, "Of the receiver.")
      .def_property_readonly("carrier_hz", &Sky::carrier_hz, "Tuned to.")
      .def_property_readonly(
          "positions_m", [](const Sky& self) { return self.positions_m(); }, "Array frame, (channels, 3).")
      .def_property_readonly(
          "element_gains", [](const Sky& self) { return self.element_gains(); },
          "Gain and phase errors, complex128 (channels,), 0 for dead elements.")
      .def_property_readonly("samples_generated", &Sky::samples_generated, "So far.")
      .def_property_readonly("rails_clipped", &Sky::rails_clipped, "At the ADC's limits.")
      .def("truth", &Sky::truth, "At the next sample.")
      .def_property(
          "gain_db", &Sky::gain_db,
          [](Sky& self, double gain_db) {
            require_idle(&self);
            self.set_gain_db(gain_db);
          },
          "Before the ADC, clamped to +-120 dB.")
      .def_property_readonly(
          "payload_file", [](const Sky& self) { return to_bytes(self.payload_file()); },
          "The file the satellites send.");
}

void bind_tdl(py::module_& module) {
  Struct<TdlTap>(module, "TdlTap", "One path.")
      .field("delay_s", &TdlTap::delay_s, "Seconds.")
      .field("power", &TdlTap::power, "Mean |gain|^2.")
      .field("k_factor", &TdlTap::k_factor, "Specular over scattered power.");
  Enum<NtnTdl>(module, "NtnTdl", "3GPP TR 38.811, tables 6.9.2.")
      .value("a", NtnTdl::a)
      .value("b", NtnTdl::b)
      .value("c", NtnTdl::c)
      .value("d", NtnTdl::d);
  module.def("ntn_tdl", &ntn_tdl, "profile"_a, "delay_spread_s"_a, "TdlTaps, powers summing to 1.");
  py::class_<TappedDelayLine> line(module, "TappedDelayLine", "A channel of several paths that fade.");
  using Config = TappedDelayLine::Config;
  Struct<Config>(line, "Config", "Of the channel.")
      .field("taps", &Config::taps, "TdlTaps, at most 64.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "Of process().")
      .field("doppler_hz", &Config::doppler_hz, "The largest.")
      .field("specular_doppler_hz", &Config::specular_doppler_hz, "Of the specular parts.")
      .field("sinusoids", &Config::sinusoids, "8 to 1024.")
      .field("seed", &Config::seed, "The same seed, the same gains.")
      .field("realization", &Config::realization, "Another stream of the same seed.");
  init_from_config(line, "Of a Config or its fields.");
  line.def(
          "gains",
          [](const TappedDelayLine& self, double time_s) {
            require(std::abs(time_s) < 1e6, "time_s: must be within +-1e6");
            auto out = new_vector<cf64>(self.taps());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.gains(time_s, to);
            }
            return out;
          },
          "time_s"_a, "complex128 (taps,) at a time.")
      .def(
          "response",
          [](const TappedDelayLine& self, double time_s, double first_hz, double spacing_hz,
             std::size_t count) {
            require(std::abs(time_s) < 1e6, "time_s: must be within +-1e6");
            auto out = new_vector<cf64>(count);
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.response(time_s, first_hz, spacing_hz, to);
            }
            return out;
          },
          "time_s"_a, "first_hz"_a, "spacing_hz"_a, "count"_a, "Over frequency, complex128 (count,).")
      .def(
          "process",
          [](TappedDelayLine& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            auto out = new_vector<cf32>(in.size());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return out;
          },
          "x"_a, "complex64 (n,) to the same, latency_samples late.")
      .def_property_readonly("taps", &TappedDelayLine::taps, "How many.");
  line.attr("latency_samples") = TappedDelayLine::latency_samples;
}

}  // namespace

void bind_sim(py::module_& module) {
  bind_motion(module);
  bind_scenario(module);
  bind_sky(module);
  bind_tdl(module);
}

}  // namespace boresight::python
