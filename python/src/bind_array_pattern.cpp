// Patterns, their metrics, tapers, quantized and failed weights, subarrays.
#include "bindings.h"
#include "boresight/array/element_faults.h"
#include "boresight/array/pattern.h"
#include "boresight/array/pattern_metrics.h"
#include "boresight/array/subarrays.h"
#include "boresight/array/taper.h"
#include "boresight/array/weight_quantizer.h"

namespace boresight::python {
namespace {

using namespace boresight::array;  // NOLINT(google-build-using-namespace)

PatternScale scale_of(bool normalized) {
  return normalized ? PatternScale::normalized : PatternScale::absolute;
}

py::array_t<double> array_of(const std::vector<double>& values) {
  return copied<double>(values);
}

void bind_pattern(py::module_& module) {
  py::class_<Pattern>(module, "Pattern", "Beam power |w^H a|^2 over direction at one carrier.")
      .def(py::init([](const Geometry& geometry, double frequency_hz, const In<cf64>& weights,
                       const Attitude& attitude) {
             const auto w = vector(weights, "weights");
             return unlocked([&] { return std::make_unique<Pattern>(geometry, frequency_hz, w, attitude); });
           }),
           "geometry"_a, "frequency_hz"_a, "weights"_a, py::arg_v("attitude", Attitude(), "Attitude()"),
           "Isotropic elements; weights complex128 (elements,).")
      .def(py::init([](const Manifold& manifold, double frequency_hz, const In<cf64>& weights,
                       const Attitude& attitude, const Jones& wave) {
             const auto w = vector(weights, "weights");
             return unlocked(
                 [&] { return std::make_unique<Pattern>(manifold, frequency_hz, w, attitude, wave); });
           }),
           "manifold"_a, "frequency_hz"_a, "weights"_a, py::arg_v("attitude", Attitude(), "Attitude()"),
           py::arg_v("wave", Jones::rhcp(), "Jones.rhcp()"),
           "Everything that a manifold knows of its elements; weights complex128 (channels,).")
      .def(
          "power", [](const Pattern& self, const Vec3& u) { return self.power(u); }, "u"_a,
          "|w^H a(u)|^2, linear; u in the array frame.")
      .def(
          "sky_db",
          [](const Pattern& self, const std::vector<double>& azimuths_rad,
             const std::vector<double>& elevations_rad, bool normalized) {
            auto out = new_grid<double>(elevations_rad.size(), azimuths_rad.size());
            const Grid<double> to = writable_grid(out);
            unlocked([&] { self.sky_db(azimuths_rad, elevations_rad, to, scale_of(normalized)); });
            return out;
          },
          "azimuths_rad"_a, "elevations_rad"_a, "normalized"_a = false, "dB, shape (elevations, azimuths).")
      .def(
          "azimuth_cut_db",
          [](const Pattern& self, const std::vector<double>& azimuths_rad, double elevation_rad,
             bool normalized) {
            return array_of(unlocked(
                [&] { return self.azimuth_cut_db(azimuths_rad, elevation_rad, scale_of(normalized)); }));
          },
          "azimuths_rad"_a, "elevation_rad"_a, "normalized"_a = false, "dB over azimuth, (azimuths,).")
      .def(
          "elevation_cut_db",
          [](const Pattern& self, const std::vector<double>& elevations_rad, double azimuth_rad,
             bool normalized) {
            return array_of(unlocked(
                [&] { return self.elevation_cut_db(elevations_rad, azimuth_rad, scale_of(normalized)); }));
          },
          "elevations_rad"_a, "azimuth_rad"_a, "normalized"_a = false,
          "dB over elevation, (elevations,); beyond pi/2 over the zenith and down the other side.")
      .def(
          "great_circle_cut_db",
          [](const Pattern& self, const Vec3& center, const Vec3& towards,
             const std::vector<double>& angles_rad, bool normalized) {
            return array_of(unlocked(
                [&] { return self.great_circle_cut_db(center, towards, angles_rad, scale_of(normalized)); }));
          },
          "center"_a, "towards"_a, "angles_rad"_a, "normalized"_a = false,
          "dB along the great circle through center (array frame) towards towards, (angles,).")
      .def_property_readonly("frequency_hz", &Pattern::frequency_hz, "The carrier.")
      .def_property_readonly("manifold", &Pattern::manifold, "The array.");
  module.attr("pattern_floor_db") = pattern_floor_db;
}

void bind_metrics(py::module_& module) {
  Result<CutMetrics>(module, "CutMetrics", "Of a cut; levels relative to its peak.")
      .field("peak_db", &CutMetrics::peak_db, "As in the cut.")
      .field("peak_rad", &CutMetrics::peak_rad, "Where.")
      .field("half_power_beamwidth_rad", &CutMetrics::half_power_beamwidth_rad,
             "inf when the cut ends first.")
      .field("left_null_rad", &CutMetrics::left_null_rad, "Where the main lobe ends.")
      .field("right_null_rad", &CutMetrics::right_null_rad, "Where the main lobe ends.")
      .field("left_null_db", &CutMetrics::left_null_db, "How deep.")
      .field("right_null_db", &CutMetrics::right_null_db, "How deep.")
      .field("peak_sidelobe_db", &CutMetrics::peak_sidelobe_db, "Beyond the nulls.")
      .field("peak_sidelobe_rad", &CutMetrics::peak_sidelobe_rad, "Where.")
      .field("rms_sidelobe_db", &CutMetrics::rms_sidelobe_db, "Mean power over angle beyond the nulls.");
  Result<HemisphereMetrics>(module, "HemisphereMetrics", "Over all directions ahead of the array.")
      .field("peak", &HemisphereMetrics::peak, "Unit vector (3,).")
      .field("peak_db", &HemisphereMetrics::peak_db, "10 log10 |w^H a|^2")
      .field("peak_sidelobe", &HemisphereMetrics::peak_sidelobe, "Unit vector (3,); grating lobes count.")
      .field("peak_sidelobe_db", &HemisphereMetrics::peak_sidelobe_db, "Relative to the peak.")
      .field("rms_sidelobe_db", &HemisphereMetrics::rms_sidelobe_db, "Mean power outside the main lobe.");
  module.def(
      "directivity",
      [](const Pattern& pattern, const Vec3& u) {
        const py::gil_scoped_release release;
        return directivity(pattern, u);
      },
      "pattern"_a, "u"_a, "Power towards u over its mean over the sphere, linear.");
  module.def("find_peak", &find_peak, "pattern"_a, "start"_a, Unlocked(),
             "Climbs to the local maximum from a direction in the array frame, (3,).");
  module.def("squint_rad", &squint_rad, "pattern"_a, "other"_a, "start"_a, Unlocked(),
             "Angle between two peaks.");
  module.def("null_depth_db", &null_depth_db, "pattern"_a, "null"_a, "peak"_a,
             "Power towards null below that towards peak, positive dB.");
  module.def(
      "measure_cut",
      [](const std::vector<double>& angles_rad, const std::vector<double>& cut_db) {
        return unlocked([&] { return measure_cut(angles_rad, cut_db); });
      },
      "angles_rad"_a, "cut_db"_a, "Beam width and side lobes of a cut (n,), angles increasing.");
  module.def(
      "measure_hemisphere",
      [](const Pattern& pattern, std::size_t samples) {
        const py::gil_scoped_release release;
        return measure_hemisphere(pattern, samples);
      },
      "pattern"_a, "samples"_a = std::size_t{0},
      "Samples direction cosines on a grid of samples x samples; 0: 8 per width of the main lobe.");
}

void bind_taper(py::module_& module) {
  py::class_<UniformTaper>(module, "UniformTaper", "All equal.").def(py::init<>(), "Has no parameters.");
  Struct<ChebyshevTaper>(module, "ChebyshevTaper", "All side lobes equal (Dolph).")
      .field("sidelobe_db", &ChebyshevTaper::sidelobe_db, "Below the peak, 1 to 200.");
  Struct<TaylorTaper>(module, "TaylorTaper", "Side lobes that fall from the nbar-th null on (Taylor).")
      .field("sidelobe_db", &TaylorTaper::sidelobe_db, "Below the peak, 15 to 100.")
      .field("nbar", &TaylorTaper::nbar, "Above A^2 + 1/4, A = acosh(10^(sidelobe_db / 20)) / pi.");
  Struct<HammingTaper>(module, "HammingTaper", "pedestal + (1 - pedestal) cos(2 pi x).")
      .field("pedestal", &HammingTaper::pedestal, "0.5 (Hann) to 1 (uniform).");
  Struct<KaiserTaper>(module, "KaiserTaper", "I0(beta sqrt(1 - 4 x^2)) / I0(beta).")
      .field("beta", &KaiserTaper::beta, "0 to 50.");
  Struct<UserTaper>(module, "UserTaper", "The user's own.")
      .field("values", &UserTaper::values, "One per element, or samples along a radius.");
  module.def(
      "line_taper",
      [](const Taper& taper, std::size_t count) {
        return array_of(unlocked([&] { return line_taper(taper, count); }));
      },
      "taper"_a, "count"_a, "For an evenly spaced line, float64 (count,); the largest is 1.");
  module.def(
      "rectangle_taper",
      [](const Taper& along_x, std::size_t columns, const Taper& along_y, std::size_t rows) {
        return array_of(unlocked([&] { return rectangle_taper(along_x, columns, along_y, rows); }));
      },
      "along_x"_a, "columns"_a, "along_y"_a, "rows"_a, "Product of two, float64 (rows * columns,).");
  module.def(
      "radial_taper",
      [](const Taper& taper, const Geometry& geometry, double radius_m) {
        return array_of(unlocked([&] { return radial_taper(taper, geometry, radius_m); }));
      },
      "taper"_a, "geometry"_a, "radius_m"_a = 0.0, "By distance from the z axis, float64 (elements,).");
  module.def(
      "taper_efficiency", [](const std::vector<double>& taper) { return taper_efficiency(taper); }, "taper"_a,
      "|sum w|^2 / (E sum |w|^2), 1 for uniform.");
}

void bind_hardware(py::module_& module) {
  py::class_<WeightQuantizer> quantizer(
      module, "WeightQuantizer", "What phase shifters and attenuators with a few bits make of weights.");
  Struct<WeightQuantizer::Config>(quantizer, "Config", "Bits and steps.")
      .field("phase_bits", &WeightQuantizer::Config::phase_bits, "1 to 16; 0: phases as they are.")
      .field("attenuator_step_db", &WeightQuantizer::Config::attenuator_step_db, "0: amplitudes as they are.")
      .field("attenuator_range_db", &WeightQuantizer::Config::attenuator_range_db, "At most 200.");
  Result<WeightQuantizer::Report>(quantizer, "Report", "What one call did.")
      .field("rms_phase_rad", &WeightQuantizer::Report::rms_phase_rad, "Of the phase errors.")
      .field("rms_amplitude", &WeightQuantizer::Report::rms_amplitude, "Relative.")
      .field("gain", &WeightQuantizer::Report::gain, "What is left of the gain, linear.")
      .field("limited", &WeightQuantizer::Report::limited, "Elements beyond the attenuator's range.")
      .field("refused", &WeightQuantizer::Report::refused, "NaN and Inf: they became zero.");
  init_from_config(quantizer, "ConfigError for a value out of range.");
  quantizer.def(
      "process",
      [](const WeightQuantizer& self, const In<cf64>& weights) {
        const auto in = vector(weights, "weights");
        auto out = new_vector<cf64>(in.size());
        const auto report = unlocked([&, to = writable(out)] { return self.process(in, to); });
        return std::make_pair(out, report);
      },
      "weights"_a, "complex128 (elements,) to the same, rounded, and a Report.");

  Struct<ElementFault>(module, "ElementFault", "An element that does not obey.")
      .field("element", &ElementFault::element, "Which.")
      .field("stuck_at", &ElementFault::stuck_at, "The weight it has whatever is asked for; 0: dead.");
  module.def(
      "apply_faults",
      [](const std::vector<ElementFault>& faults, const In<cf64>& weights) {
        auto out = copied(vector(weights, "weights"));
        check_faults(faults, static_cast<std::size_t>(out.size()));
        apply_faults(faults, writable(out));
        return out;
      },
      "faults"_a, "weights"_a, "A copy of the weights, complex128 (elements,), with the faults in it.");

  py::class_<Subarrays>(module, "Subarrays", "Elements weighted and summed in analog groups.")
      .def(py::init<std::vector<std::uint32_t>>(), "group_of_element"_a, "Which group each element is in.")
      .def_static("blocks", &Subarrays::blocks, "columns"_a, "rows"_a, "block_columns"_a, "block_rows"_a,
                  "Blocks of a Geometry.rectangle().")
      .def_static("interleaved", &Subarrays::interleaved, "elements"_a, "groups"_a,
                  "Element e of a line in group e mod groups.")
      .def_property_readonly("elements", &Subarrays::elements, "Number of elements.")
      .def_property_readonly("groups", &Subarrays::groups, "Number of groups.")
      .def(
          "group",
          [](const Subarrays& self, std::size_t element) {
            require(element < self.elements(), "element: beyond the last");
            return self.group(element);
          },
          "element"_a, "The group of an element.")
      .def(
          "effective_weights",
          [](const Subarrays& self, const In<cf64>& analog, const In<cf64>& digital) {
            auto out = new_vector<cf64>(self.elements());
            self.effective_weights(vector(analog, self.elements(), "analog"),
                                   vector(digital, self.groups(), "digital"), writable(out));
            return out;
          },
          "analog"_a, "digital"_a, "w_e = a_e d_s(e), complex128 (elements,).")
      .def(
          "to_digital",
          [](const Subarrays& self, const In<cf64>& analog, const In<cf64>& steering) {
            auto out = new_vector<cf64>(self.groups());
            self.to_digital(vector(analog, self.elements(), "analog"),
                            vector(steering, self.elements(), "steering"), writable(out));
            return out;
          },
          "analog"_a, "steering"_a, "Steering vector of the digital channels, complex128 (groups,).")
      .def(
          "covariance_to_digital",
          [](const Subarrays& self, const In<cf64>& analog, const In<cf64>& covariance) {
            auto out = new_grid<cf64>(self.groups(), self.groups());
            const auto a = vector(analog, self.elements(), "analog");
            const auto r = grid(covariance, self.elements(), self.elements(), "covariance");
            unlocked([&, to = writable_grid(out)] { self.covariance_to_digital(a, r, to); });
            return out;
          },
          "analog"_a, "covariance"_a, "T^H R T, complex128 (groups, groups).")
      .def(
          "nearest_digital",
          [](const Subarrays& self, const In<cf64>& analog, const In<cf64>& wanted) {
            auto out = new_vector<cf64>(self.groups());
            self.nearest_digital(vector(analog, self.elements(), "analog"),
                                 vector(wanted, self.elements(), "wanted"), writable(out));
            return out;
          },
          "analog"_a, "wanted"_a, "Least-squares digital weights, complex128 (groups,).");
}

}  // namespace

void bind_array_pattern(py::module_& module) {
  bind_pattern(module);
  bind_metrics(module);
  bind_taper(module);
  bind_hardware(module);
}

}  // namespace boresight::python
