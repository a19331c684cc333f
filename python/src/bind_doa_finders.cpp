// Direction finders without a grid, bounds, monopulse.
#include "bindings.h"
#include "boresight/array/manifold.h"
#include "boresight/doa/cramer_rao.h"
#include "boresight/doa/direction_finder.h"
#include "boresight/doa/esprit.h"
#include "boresight/doa/maximum_likelihood.h"
#include "boresight/doa/monopulse.h"
#include "boresight/doa/root_music.h"

namespace boresight::python {
namespace {

using namespace boresight::doa;  // NOLINT(google-build-using-namespace)

void bind_lines(py::module_& module) {
  Struct<LineArray>(module, "LineArray", "A uniform line along x.")
      .field("elements", &LineArray::elements, "2 to 64.")
      .field("spacing_wavelengths", &LineArray::spacing_wavelengths, "Above 0, up to 0.5.");
  Enum<Averaging>(module, "Averaging", "What root_music() does to a covariance first.")
      .value("forward_backward", Averaging::forward_backward)
      .value("none", Averaging::none);
  Result<LineAngles>(module, "LineAngles", "What an estimator for lines found.")
      .field("angles_rad", &LineAngles::angles_rad, "From boresight towards +x, ascending.")
      .field("missing", &LineAngles::missing, "Roots that belong to no direction.");
  module.def(
      "root_music",
      [](LineArray line, const In<cf64>& covariance, std::size_t sources, Averaging averaging) {
        const auto r = grid(covariance, "covariance");
        const GilRelease release;
        return root_music(line, r, sources, averaging);
      },
      "line"_a, "covariance"_a, "sources"_a, "averaging"_a = Averaging::forward_backward,
      "LineAngles; R complex128 (elements, elements).");
  Struct<RectangleArray>(module, "RectangleArray", "A uniform rectangle.")
      .field("columns", &RectangleArray::columns, "Along x, at least 2.")
      .field("rows", &RectangleArray::rows, "Along y, at least 2.")
      .field("dx_wavelengths", &RectangleArray::dx_wavelengths, "Above 0, up to 0.5.")
      .field("dy_wavelengths", &RectangleArray::dy_wavelengths, "Above 0, up to 0.5.");
  Result<PlaneDirections>(module, "PlaneDirections", "What an estimator for rectangles found.")
      .field("directions", &PlaneDirections::directions, "Unit vectors (n, 3), z >= 0.")
      .field("missing", &PlaneDirections::missing, "Phases that belong to no direction.");
  module.def(
      "unitary_esprit",
      [](const std::variant<LineArray, RectangleArray>& array, const In<cf64>& covariance,
         std::size_t sources) {
        const auto r = grid(covariance, "covariance");
        const GilRelease release;
        return std::visit(
            [&](const auto& a) {
              return std::variant<LineAngles, PlaneDirections>(unitary_esprit(a, r, sources));
            },
            array);
      },
      "array"_a, "covariance"_a, "sources"_a,
      "LineAngles of a LineArray, PlaneDirections of a RectangleArray; R complex128 (elements, elements).");
}

/// Isotropic elements, or what an array hears of waves of a polarization.
using Array = std::variant<array::Geometry, array::Manifold>;

/// fit(geometry) or fit(manifold, wave).
template <typename Fit>
DirectionFit fitted(const Array& array, const array::Jones& wave, Fit&& fit) {
  const GilRelease release;
  if (const auto* geometry = std::get_if<array::Geometry>(&array)) return fit(*geometry);
  return fit(std::get<array::Manifold>(array), wave);
}

void bind_likelihood(py::module_& module) {
  Result<DirectionFit>(module, "DirectionFit", "Directions at a minimum.")
      .field("directions", &DirectionFit::directions, "Unit vectors (n, 3), in the order of the start.")
      .field("cost", &DirectionFit::cost, "At the end.")
      .field("converged", &DirectionFit::converged, "Whether at a minimum.")
      .field("iterations", &DirectionFit::iterations, "Used.");
  const char* doc =
      "A DirectionFit from start (n, 3), unit vectors with z > 0; R complex128 (elements, elements). NaN "
      "gives the start, not converged. geometry: a Geometry, or a Manifold, which hears waves of a "
      "polarization.";
  const py::arg_v default_wave("wave", array::Jones::rhcp(), "Jones.rhcp()");
  module.def(
      "deterministic_ml",
      [](const Array& geometry, double frequency_hz, const In<cf64>& covariance,
         const std::vector<Vec3>& start, const array::Jones& wave) {
        const auto r = grid(covariance, "covariance");
        return fitted(geometry, wave, [&](const auto& array, auto... of) {
          return deterministic_ml(array, frequency_hz, r, start, of...);
        });
      },
      "geometry"_a, "frequency_hz"_a, "covariance"_a, "start"_a, default_wave, doc);
  module.def(
      "weighted_subspace_fit",
      [](const Array& geometry, double frequency_hz, const In<cf64>& covariance, std::size_t signal_dimension,
         const std::vector<Vec3>& start, const array::Jones& wave) {
        const auto r = grid(covariance, "covariance");
        return fitted(geometry, wave, [&](const auto& array, auto... of) {
          return weighted_subspace_fit(array, frequency_hz, r, signal_dimension, start, of...);
        });
      },
      "geometry"_a, "frequency_hz"_a, "covariance"_a, "signal_dimension"_a, "start"_a, default_wave, doc);
  module.def(
      "stochastic_ml",
      [](const Array& geometry, double frequency_hz, const In<cf64>& covariance,
         const std::vector<Vec3>& start, const array::Jones& wave) {
        const auto r = grid(covariance, "covariance");
        return fitted(geometry, wave, [&](const auto& array, auto... of) {
          return stochastic_ml(array, frequency_hz, r, start, of...);
        });
      },
      "geometry"_a, "frequency_hz"_a, "covariance"_a, "start"_a, default_wave, doc);
}

void bind_bounds(py::module_& module) {
  using Bound = GridBuffer<double> (*)(const BoundScene&);
  const auto bind_bound = [&](const char* name, Bound bound, const char* doc) {
    module.def(
        name,
        [bound](const Array& geometry, double frequency_hz, const std::vector<Vec3>& directions,
                const In<cf64>& powers, double noise_power, double snapshots, const array::Jones& wave) {
          const auto* isotropic = std::get_if<array::Geometry>(&geometry);
          const auto* manifold = std::get_if<array::Manifold>(&geometry);
          const BoundScene scene{.geometry = isotropic ? *isotropic : array::Geometry{},
                                 .frequency_hz = frequency_hz,
                                 .directions = directions,
                                 .powers = grid(powers, "powers"),
                                 .noise_power = noise_power,
                                 .snapshots = snapshots,
                                 .manifold = manifold ? std::optional(manifold->config()) : std::nullopt,
                                 .wave = wave};
          const GridBuffer<double> result = unlocked([&] { return bound(scene); });
          return copied(result.view());
        },
        "geometry"_a, "frequency_hz"_a, "directions"_a, "powers"_a, "noise_power"_a, "snapshots"_a,
        py::arg_v("wave", array::Jones::rhcp(), "Jones.rhcp()"), doc);
  };
  bind_bound(
      "stochastic_bound", &stochastic_bound,
      "Cramer-Rao bound, rad^2 (a k, a k), a = angles_per_direction(); directions (k, 3), powers "
      "complex128 (k, k). Sources are Gaussian. geometry: a Geometry, or a Manifold, powers then where its "
      "amplitude is 1.");
  bind_bound("deterministic_bound", &deterministic_bound,
             "The same for waveforms that are unknown but fixed. Never above the stochastic bound.");
  module.def("angles_per_direction", &angles_per_direction, "geometry"_a,
             "1 for a line across boresight, else 2.");
}

void bind_finder(py::module_& module) {
  Enum<Verdict>(module, "Verdict", "What a DirectionFinder says.")
      .value("resolved", Verdict::resolved)
      .value("no_source", Verdict::no_source)
      .value("unresolved", Verdict::unresolved)
      .value("bad_covariance", Verdict::bad_covariance);
  Enum<Doubt>(module, "Doubt", "Which test failed.")
      .value("none", Doubt::none)
      .value("signal", Doubt::signal)
      .value("model", Doubt::model)
      .value("unique", Doubt::unique);
  Result<FoundSource>(module, "FoundSource", "A source that was found.")
      .field("direction", &FoundSource::direction, "Unit vector (3,) in the array frame, z > 0.")
      .field("deviation_rad", &FoundSource::deviation_rad, "Standard deviation, worse axis.")
      .field("power", &FoundSource::power, "On one element, in the units of R.");
  Result<DirectionResult>(module, "DirectionResult", "What a DirectionFinder found.")
      .field("verdict", &DirectionResult::verdict, "Whether to believe it.")
      .field("doubt", &DirectionResult::doubt, "Which test failed.")
      .field("sources", &DirectionResult::sources, "Empty unless resolved.")
      .field("guess", &DirectionResult::guess, "What was not believed, (n, 3).")
      .field("signal_dimension", &DirectionResult::signal_dimension, "Signal eigenvalues.")
      .field("noise_power", &DirectionResult::noise_power, "Of one element.")
      .field("misfit", &DirectionResult::misfit, "2 K V / s of the fit.")
      .field("misfit_limit", &DirectionResult::misfit_limit, "Of the model test.");
  using Config = DirectionFinder::Config;
  using Finder = Configured<DirectionFinder>;
  py::class_<Finder> finder(module, "DirectionFinder", "Directions that can be relied on, or why not.");
  Struct<Config>(finder, "Config", "Of the finder.")
      .field("geometry", &Config::geometry, "3 to 64 elements.")
      .field("frequency_hz", &Config::frequency_hz, "Of the sources.")
      .field("sources", &Config::sources, "Plane waves; 0: as few as explain the data.")
      .field("coherent", &Config::coherent, "Whether they may be echoes of each other.")
      .field("tolerance_rad", &Config::tolerance_rad, "Further off is an error.")
      .field("false_accept_rate", &Config::false_accept_rate, "1e-12 to 0.1.")
      .field("false_reject_rate", &Config::false_reject_rate, "1e-12 to 0.1.")
      .field("calibration_error", &Config::calibration_error, "rms relative error of an element, 0 to 1.")
      .field("manifold", &Config::manifold,
             "Instead of geometry: array.Manifold.Config, what the elements hear.")
      .field("wave", &Config::wave, "Polarization of the sources, of a manifold with ports.");
  init_from_config(finder, "Of a Config or its fields.");
  finder.def_property_readonly("channels", &Finder::channels, "Rows of R.");
  finder.def(
      "find",
      [](const Finder& self, const In<cf64>& covariance, double snapshots) {
        const std::size_t e = self.channels();
        const auto r = grid(covariance, e, e, "covariance");
        const LongCall call(&self);
        return self.find(r, snapshots);
      },
      "covariance"_a, "snapshots"_a,
      "A DirectionResult; R complex128 (elements, elements) of independent snapshots. Never NaN.");
}

void bind_monopulse(py::module_& module) {
  Enum<MonopulseKind>(module, "MonopulseKind", "How the error is sensed.")
      .value("phase", MonopulseKind::phase)
      .value("amplitude", MonopulseKind::amplitude);
  Result<MonopulseError>(module, "MonopulseError", "Direction error in direction cosines.")
      .field("ux", &MonopulseError::ux, "Of the source less that of the look direction.")
      .field("uy", &MonopulseError::uy, "0 with infinite variance for a line.")
      .field("variance_x", &MonopulseError::variance_x, "Of ux.")
      .field("variance_y", &MonopulseError::variance_y, "Of uy.")
      .field("snr", &MonopulseError::snr, "On an element, linear.");
  using Sensor = Configured<Monopulse>;
  py::class_<Sensor> sensor(module, "Monopulse", "The error sensor.");
  Struct<Monopulse::Config>(sensor, "Config", "Of the sensor.")
      .field("geometry", &Monopulse::Config::geometry, "4 to 1024 elements.")
      .field("frequency_hz", &Monopulse::Config::frequency_hz, "Of the source.")
      .field("kind", &Monopulse::Config::kind, "phase or amplitude.");
  init_from_config(sensor, "Of a Config or its fields.");
  sensor
      .def(
          "measure",
          [](Sensor& self, const In<cf64>& covariance, double snapshots, const Vec3& look) {
            const std::size_t e = self.config.geometry.elements();
            const auto r = grid(covariance, e, e, "covariance");
            const LongCall call(&self);
            return self.measure(r, snapshots, look);
          },
          "covariance"_a, "snapshots"_a, "look"_a,
          "The MonopulseError of one source near look, (3,); R complex128 (elements, elements).")
      .def_property_readonly("two_axes", &Sensor::two_axes, "Whether the array is spread along y too.");
  using Config = MonopulseTracker::Config;
  using Tracker = Configured<MonopulseTracker>;
  py::class_<Tracker> tracker(module, "MonopulseTracker", "Follows a satellite on two axes.");
  Struct<Config>(tracker, "Config", "Of the tracker.")
      .field("monopulse", &Config::monopulse, "Of the sensor.")
      .field("rate_walk", &Config::rate_walk, "Of a direction cosine's rate per update.")
      .field("least_snr_db", &Config::least_snr_db, "Below it a measurement is not used.")
      .field("hold_updates", &Config::hold_updates, "Without a measurement until it is not locked.");
  init_from_config(tracker, "Of a Config or its fields.");
  tracker
      .def(
          "reset",
          [](Tracker& self, const Vec3& direction, double deviation, double rate_x, double rate_y,
             double rate_deviation) {
            require_idle(&self);
            self.reset(direction, deviation, rate_x, rate_y, rate_deviation);
          },
          "direction"_a, "deviation"_a, "rate_x"_a = 0.0, "rate_y"_a = 0.0, "rate_deviation"_a = 1e-3,
          "Starts from a direction, its deviation and rate in direction cosines (per update).")
      .def(
          "update",
          [](Tracker& self, const In<cf64>& covariance, double snapshots) {
            const std::size_t e = self.config.monopulse.geometry.elements();
            const auto r = grid(covariance, e, e, "covariance");
            const LongCall call(&self);
            return self.update(r, snapshots);
          },
          "covariance"_a, "snapshots"_a,
          "One step with R complex128 (elements, elements); whether the measurement was used.")
      .def("predicted", &Tracker::predicted, "updates"_a, "Unit vector (3,) so many updates later.")
      .def_property_readonly("direction", &Tracker::direction, "Unit vector (3,).")
      .def_property_readonly("deviation", &Tracker::deviation, "Of direction cosines.")
      .def_property_readonly("snr", &Tracker::snr, "On an element, linear.")
      .def_property_readonly("locked", &Tracker::locked, "Whether it follows.");
}

}  // namespace

void bind_doa_finders(py::module_& module) {
  bind_lines(module);
  bind_likelihood(module);
  bind_bounds(module);
  bind_finder(module);
  bind_monopulse(module);
}

}  // namespace boresight::python
