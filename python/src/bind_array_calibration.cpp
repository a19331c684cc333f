// Calibration: estimated, applied, stored.
#include "bindings.h"
#include "boresight/array/calibration.h"
#include "boresight/array/calibration_bound.h"
#include "boresight/array/calibration_corrector.h"
#include "boresight/array/calibration_estimator.h"
#include "boresight/array/calibration_from_symbols.h"
#include "boresight/array/self_calibration.h"

namespace boresight::python {
namespace {

using namespace boresight::array;  // NOLINT(google-build-using-namespace)

void bind_calibration(py::module_& module) {
  Enum<ChannelState>(module, "ChannelState", "What became of a channel.")
      .value("ok", ChannelState::ok)
      .value("dead", ChannelState::dead, "Far less of the common signal than the others.")
      .value("stuck", ChannelState::stuck, "The same number all the time.")
      .value("duplicate", ChannelState::duplicate, "What an earlier channel gives.")
      .value("noisy", ChannelState::noisy, "Drowned in noise that the others do not have.");
  Struct<ChannelCalibration>(module, "ChannelCalibration", "Gain, phase, delay of a channel.")
      .field("state", &ChannelCalibration::state, "ok or why not.")
      .field("gain", &ChannelCalibration::gain, "Of amplitudes, linear.")
      .field("phase_rad", &ChannelCalibration::phase_rad, "At the tuned frequency.")
      .field("delay_s", &ChannelCalibration::delay_s, "Positive: late.")
      .field("snr_db", &ChannelCalibration::snr_db, "Of the calibration signal, per sample.")
      .field("shape", &ChannelCalibration::shape, "complex128, one per Calibration.offsets_hz.");
  Struct<Calibration>(module, "Calibration", "What the receive channels do to a wave.")
      .field("frequency_hz", &Calibration::frequency_hz, "Tuned frequency.")
      .field("gain_db", &Calibration::gain_db, "Gain setting.")
      .field("time_s", &Calibration::time_s, "Seconds since 1970, UTC.")
      .field("reference", &Calibration::reference, "Channel with gain 1, phase 0, delay 0.")
      .field("delay_known", &Calibration::delay_known, "A tone says nothing about delays.")
      .field("residual_db_rms", &Calibration::residual_db_rms, "Of the model, with noise.")
      .field("residual_deg_rms", &Calibration::residual_deg_rms, "Of the model, with noise.")
      .field("offsets_hz", &Calibration::offsets_hz, "Of the shapes.")
      .field("channels", &Calibration::channels, "One ChannelCalibration each.")
      .field("device_channels", &Calibration::device_channels, "Their numbers at the device; empty: unknown.")
      .def(
          "responses",
          [](const Calibration& self, const std::vector<double>& offsets_hz) {
            self.check("calibration");
            auto out = new_grid<cf64>(offsets_hz.size(), self.channels.size());
            self.responses(offsets_hz, writable_grid(out));
            return out;
          },
          "offsets_hz"_a, "complex128 (offsets, channels).")
      .def(
          "check", [](const Calibration& self) { self.check("calibration"); },
          "ConfigError for a calibration that cannot be.")
      .def(
          "to_json", [](const Calibration& self) { return to_json(self); }, "As JSON text.");
  module.def("parse_calibration", &parse_calibration, "json"_a, "source_name"_a = "calibration",
             "A Calibration from JSON text; source_name begins the error message.");
  Struct<CalibrationUse>(module, "CalibrationUse", "What a calibration is wanted for.")
      .field("frequency_hz", &CalibrationUse::frequency_hz, "Tuned to.")
      .field("frequency_tolerance_hz", &CalibrationUse::frequency_tolerance_hz, "How far off it may be.")
      .field("gain_db", &CalibrationUse::gain_db, "Gain setting.")
      .field("gain_tolerance_db", &CalibrationUse::gain_tolerance_db, "How far off it may be.")
      .field("now_s", &CalibrationUse::now_s, "Seconds since 1970, UTC.")
      .field("max_age_s", &CalibrationUse::max_age_s, "Older ones are stale.")
      .field("channels", &CalibrationUse::channels, "0: any number.")
      .field("device_channels", &CalibrationUse::device_channels, "Compared when both know them.");
  module.def("stale_reason", &stale_reason, "calibration"_a, "use"_a,
             "Empty when the calibration may be used, or why not.");
  module.def(
      "stuck_elements",
      [](const In<cf64>& commanded, const In<cf64>& measured) {
        const auto c = grid(commanded, "commanded");
        const auto m = grid(measured, c.rows(), c.columns(), "measured");
        return unlocked([&] { return stuck_elements(c, m); });
      },
      "commanded"_a, "measured"_a, "complex128 (settings, elements) each; True per element that is stuck.");
}

void bind_from_symbols(py::module_& module) {
  using Config = CalibrationFromSymbols::Config;
  using Estimator = Configured<CalibrationFromSymbols>;
  py::class_<Estimator> estimator(module, "CalibrationFromSymbols",
                                  "Measures a calibration from known symbols, jammer or not.");
  Struct<Config>(estimator, "Config", "Of the estimator.")
      .field("channels", &Config::channels, "2 to 256.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "Of the samples.")
      .field("most_samples", &Config::most_samples, "Of one call, 32 to 65536.")
      .field("reference", &Config::reference, "Channel.")
      .field("dead_below_db", &Config::dead_below_db, "As CalibrationEstimator.")
      .field("noisy_below_db", &Config::noisy_below_db, "As CalibrationEstimator.")
      .field("max_delay_samples", &Config::max_delay_samples, "Of a channel against the symbols, both ways.")
      .field("geometry", &Config::geometry, "For add() with a direction.")
      .field("carrier_hz", &Config::carrier_hz, "For add() with a direction.");
  init_from_config(estimator, "Of a Config or its fields.");
  estimator
      .def(
          "add",
          [](Estimator& self, const In<cf32>& x, const In<cf32>& symbols,
             const std::optional<Vec3>& direction) {
            const auto in = grid(x, self.config.channels, "x");
            const auto sent = vector(symbols, in.columns(), "symbols");
            const LongCall call(&self);
            if (direction) {
              self.add(in, sent, *direction);
            } else {
              self.add(in, sent);
            }
          },
          "x"_a, "symbols"_a, "direction"_a = py::none(),
          "What the channels made of one sequence, complex64 (channels, n) and (n,), n 32 to most_samples, "
          "else "
          "it is left out; with a direction of a plane wave. NaN and Inf become zero and are counted.")
      .def(
          "solve",
          [](Estimator& self, double frequency_hz, double gain_db, double time_s) {
            const LongCall call(&self);
            return self.solve(frequency_hz, gain_db, time_s);
          },
          "frequency_hz"_a, "gain_db"_a, "time_s"_a,
          "A CalibrationEstimator.Result: the fit, with the stamp it will be judged by.")
      .def_property_readonly("calls", &CalibrationFromSymbols::calls, "That were added.")
      .def_property_readonly("samples", &CalibrationFromSymbols::samples, "Per channel, so far.")
      .def_property_readonly("samples_zeroed", &CalibrationFromSymbols::samples_zeroed, "NaN and Inf.")
      .def(
          "reset",
          [](Estimator& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets all samples.");
}

void bind_estimator(py::module_& module) {
  using Config = CalibrationEstimator::Config;
  using Estimator = Configured<CalibrationEstimator>;
  py::class_<Estimator> estimator(module, "CalibrationEstimator",
                                  "Measures a calibration from samples of a common source.");
  Struct<Config>(estimator, "Config", "Of the estimator.")
      .field("channels", &Config::channels, "2 to 256.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "Of the samples.")
      .field("fft_size", &Config::fft_size, "Even, 32 to 8192.")
      .field("band_hz", &Config::band_hz, "Two-sided part that is used; 0: nine tenths.")
      .field("notch_hz", &Config::notch_hz, "Two-sided part around the tuned frequency that is not used.")
      .field("shape_points", &Config::shape_points, "0, or 2 to fft_size / 8.")
      .field("reference", &Config::reference, "Channel.")
      .field("dead_below_db", &Config::dead_below_db, "3 to 100.")
      .field("noisy_below_db", &Config::noisy_below_db, "3 to 100.")
      .field("max_delay_samples", &Config::max_delay_samples, "Between channels.")
      .field("geometry", &Config::geometry, "For add() with a direction.")
      .field("carrier_hz", &Config::carrier_hz, "For add() with a direction.");
  Result<CalibrationEstimator::Result>(estimator, "Result", "Of solve().")
      .field("ok", &CalibrationEstimator::Result::ok, "Whether there is a calibration.")
      .field("reason", &CalibrationEstimator::Result::reason, "Why not.")
      .field("calibration", &CalibrationEstimator::Result::calibration, "The calibration.")
      .field("bound_deg_rms", &CalibrationEstimator::Result::bound_deg_rms, "Cramer-Rao, of the phases.")
      .field("bound_delay_s_rms", &CalibrationEstimator::Result::bound_delay_s_rms, "Of the delays.")
      .field("residual_db_rms", &CalibrationEstimator::Result::residual_db_rms,
             "Of each channel, (channels,).")
      .field("residual_deg_rms", &CalibrationEstimator::Result::residual_deg_rms,
             "Of each channel, (channels,).")
      .field("source_offset_hz", &CalibrationEstimator::Result::source_offset_hz,
             "Middle of the source's spectrum from the tuned frequency.")
      .field("narrow", &CalibrationEstimator::Result::narrow, "Delays are unknown because it is a tone.");
  init_from_config(estimator, "Of a Config or its fields.");
  estimator
      .def(
          "add",
          [](Estimator& self, const In<cf32>& x, const std::optional<Vec3>& direction) {
            const auto in = grid(x, self.config.channels, "x");
            const LongCall call(&self);
            if (direction) {
              self.add(in, *direction);
            } else {
              self.add(in);
            }
          },
          "x"_a, "direction"_a = py::none(),
          "Samples complex64 (channels, n) of a source common to all channels, or of a plane wave from a "
          "direction in the array frame. NaN and Inf are taken for zero.")
      .def(
          "break_stream",
          [](Estimator& self) {
            require_idle(&self);
            self.break_stream();
          },
          "After a gap.")
      .def(
          "solve",
          [](const Estimator& self, double frequency_hz, double gain_db, double time_s) {
            const LongCall call(&self);
            return self.solve(frequency_hz, gain_db, time_s);
          },
          "frequency_hz"_a, "gain_db"_a, "time_s"_a, "The fit, with the stamp it will be judged by.")
      .def_property_readonly("samples", &CalibrationEstimator::samples, "Per channel, so far.")
      .def_property_readonly("samples_zeroed", &CalibrationEstimator::samples_zeroed, "NaN and Inf.")
      .def(
          "reset",
          [](Estimator& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets all samples.");
  Result<CalibrationBound>(module, "CalibrationBound", "Cramer-Rao bound of a channel.")
      .field("phase_rad_rms", &CalibrationBound::phase_rad_rms, "Radians.")
      .field("gain_db_rms", &CalibrationBound::gain_db_rms, "dB.")
      .field("delay_s_rms", &CalibrationBound::delay_s_rms, "Seconds.");
  module.def(
      "calibration_bound",
      [](const std::vector<double>& snr, std::size_t reference, double samples, double bandwidth_hz) {
        require(reference < snr.size(), "reference: beyond the last channel");
        return calibration_bound(snr, reference, samples, bandwidth_hz);
      },
      "snr"_a, "reference"_a, "samples"_a, "bandwidth_hz"_a,
      "Bound per channel for linear SNRs (channels,) per sample.");
}

void bind_corrector(py::module_& module) {
  using Config = CalibrationCorrector::Config;
  using Corrector = Configured<CalibrationCorrector>;
  py::class_<Corrector> corrector(module, "CalibrationCorrector",
                                  "Takes a calibration away from the samples.");
  Struct<Config>(corrector, "Config", "Of the corrector.")
      .field("calibration", &Config::calibration, "What to take away.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "Of the samples.")
      .field("fft_size", &Config::fft_size, "Even, 32 to 8192.");
  init_from_config(corrector, "Of a Config or its fields.");
  corrector
      .def(
          "process",
          [](Corrector& self, const In<cf32>& x) {
            const auto in = grid(x, self.config.calibration.channels.size(), "x");
            auto out = new_grid<cf32>(in.rows(), in.columns());
            const Grid<cf32> to = writable_grid(out);
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return out;
          },
          "x"_a, "complex64 (channels, n) to the same, latency_samples late. NaN and Inf become zero.")
      .def(
          "reset",
          [](Corrector& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed.")
      .def_property_readonly("latency_samples", &CalibrationCorrector::latency_samples,
                             "How late all channels come out.")
      .def_property_readonly("samples_zeroed", &CalibrationCorrector::samples_zeroed, "NaN and Inf.");
}

void bind_self_calibration(py::module_& module) {
  Struct<CalibrationWave>(module, "CalibrationWave", "One wave that the array heard.")
      .field("response", &CalibrationWave::response, "complex128 (elements,), any common factor.")
      .field("direction", &CalibrationWave::direction, "Unit vector (3,); a guess unless known.")
      .field("known", &CalibrationWave::known, "Whether the direction is known.");
  Struct<SelfCalibrationConfig>(module, "SelfCalibrationConfig", "Of self_calibrate().")
      .field("geometry", &SelfCalibrationConfig::geometry, "2 to 64 elements in a plane.")
      .field("frequency_hz", &SelfCalibrationConfig::frequency_hz, "Of the waves.")
      .field("coupling_distances_m", &SelfCalibrationConfig::coupling_distances_m, "One number per distance.")
      .field("distance_tolerance_m", &SelfCalibrationConfig::distance_tolerance_m, "Of these.")
      .field("max_iterations", &SelfCalibrationConfig::max_iterations, "1 to 10000.");
  Result<SelfCalibration>(module, "SelfCalibration", "Of self_calibrate().")
      .field("ok", &SelfCalibration::ok, "Whether it is solved.")
      .field("reason", &SelfCalibration::reason, "Why not.")
      .field("identifiable", &SelfCalibration::identifiable, "Whether the waves tell everything.")
      .field("unknowns", &SelfCalibration::unknowns, "Real unknowns.")
      .field("equations", &SelfCalibration::equations, "Real equations.")
      .field("rank", &SelfCalibration::rank, "Of the equations at the solution.")
      .field("gains", &SelfCalibration::gains, "complex128 (elements,), element 0 is 1.")
      .field("coupling", &SelfCalibration::coupling, "complex128, one per distance.")
      .field("directions", &SelfCalibration::directions, "(waves, 3), refined where not known.")
      .field("residual_db", &SelfCalibration::residual_db, "Of the model.")
      .field("iterations", &SelfCalibration::iterations, "Used.");
  module.def(
      "self_calibrate",
      [](SelfCalibrationConfig config, const std::vector<CalibrationWave>& waves) {
        const GilRelease release;
        return self_calibrate(config, waves);
      },
      "config"_a, "waves"_a, "Gains, phases and coupling from waves out of known and unknown directions.");
}

}  // namespace

void bind_array_calibration(py::module_& module) {
  bind_calibration(module);
  bind_estimator(module);
  bind_from_symbols(module);
  bind_corrector(module);
  bind_self_calibration(module);
}

}  // namespace boresight::python
