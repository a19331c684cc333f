// Geometry, directions, elements, polarization, manifold, steering.
#include "bindings.h"
#include "boresight/array/coupling.h"
#include "boresight/array/direction.h"
#include "boresight/array/element.h"
#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/array/steering.h"
#include "boresight/array/vehicle_motion.h"

namespace boresight::python {
namespace {

using namespace boresight::array;  // NOLINT(google-build-using-namespace)

void bind_geometry(py::module_& module) {
  py::class_<Geometry> geometry(
      module, "Geometry",
      "Element positions in the array frame (boresight on +z), meters. Made by the factories; cannot be "
      "changed.");
  geometry
      .def_static("line", &Geometry::line, "count"_a, "spacing_m"_a,
                  "count elements along x, centered on the origin.")
      .def_static("rectangle", &Geometry::rectangle, "columns"_a, "rows"_a, "dx_m"_a, "dy_m"_a,
                  "Element index = row * columns + column; columns along x, rows along y.")
      .def_static("circle", &Geometry::circle, "count"_a, "radius_m"_a,
                  "Element 0 on +x, then counterclockwise.")
      .def_static("triangular", &Geometry::triangular, "columns"_a, "rows"_a, "dx_m"_a, "dy_m"_a,
                  "Rows along x, every other one shifted by dx_m / 2; dy = dx sqrt(3) / 2 is equilateral.")
      .def_static("hexagon", &Geometry::hexagon, "rings"_a, "spacing_m"_a,
                  "rings rings around a center element on the equilateral lattice.")
      .def_static("cylinder", &Geometry::cylinder, "columns"_a, "rows"_a, "arc_spacing_m"_a, "dy_m"_a,
                  "radius_m"_a, "Around a cylinder whose axis is parallel to y, with its normals.")
      .def_static("sphere_cap", &Geometry::sphere_cap, "rings"_a, "spacing_m"_a, "radius_m"_a,
                  "On top of a sphere, with its normals.")
      .def_static(
          "from_positions", &Geometry::from_positions, "positions_m"_a, "normals"_a = std::vector<Vec3>{},
          "Positions (elements, 3) as given; their origin is the phase reference. normals: where each "
          "element looks, (elements, 3); none: +z.")
      .def_property_readonly(
          "positions_m",
          [](const py::object& self) -> py::array_t<double> {
            const auto& list = self.cast<const Geometry&>().positions_m;
            if (list.empty()) return new_grid<double>(0, 3);
            static_assert(sizeof(Vec3) == 3 * sizeof(double));
            return view(Grid<const double>(&list.front().x, list.size(), 3), self);
          },
          "Element positions, meters, (elements, 3), a read-only view.")
      .def_property_readonly(
          "normals",
          [](const Geometry& self) {
            std::vector<Vec3> all;
            for (std::size_t e = 0; e < self.elements(); ++e) all.push_back(self.normal(e));
            return all;
          },
          "Where each element looks: unit vectors (elements, 3).")
      .def_property_readonly("elements", &Geometry::elements, "Number of elements.")
      .def("__len__", &Geometry::elements)
      .def("__repr__",
           [](const Geometry& self) { return "Geometry(" + std::to_string(self.elements()) + " elements)"; })
      .def(py::pickle(
          [](const Geometry& self) {
            return py::make_tuple(py::cast(self.positions_m), py::cast(self.normals));
          },
          [](const py::tuple& state) {
            Geometry restored{state[0].cast<std::vector<Vec3>>(), state[1].cast<std::vector<Vec3>>()};
            if (!restored.positions_m.empty()) restored.check();
            return restored;
          }));
  compare_by_state(geometry);
}

void bind_direction(py::module_& module) {
  module.def(
      "enu_from_sky",
      [](double azimuth_rad, double elevation_rad) {
        return enu_from_sky({azimuth_rad, elevation_rad});
      },
      "azimuth_rad"_a, "elevation_rad"_a,
      "Unit vector (east, north, up); azimuth clockwise from true north.");
  module.def(
      "sky_from_enu",
      [](const Vec3& enu) {
        const SkyDirection direction = sky_from_enu(enu);
        return std::make_pair(direction.azimuth_rad, direction.elevation_rad);
      },
      "enu"_a, "(azimuth_rad, elevation_rad) of a vector of any length; (0, 0) of zero and of NaN.");
  py::class_<Attitude>(module, "Attitude", "How the panel stands: the rotation between sky and array frame.")
      .def(py::init([](double yaw_rad, double pitch_rad, double roll_rad) {
             return Attitude({.yaw_rad = yaw_rad, .pitch_rad = pitch_rad, .roll_rad = roll_rad});
           }),
           "yaw_rad"_a = 0.0, "pitch_rad"_a = 0.0, "roll_rad"_a = 0.0,
           "yaw: azimuth of the +y axis; pitch: tilt of the boresight from the zenith towards it; roll: "
           "about it. Radians.")
      .def("__repr__",
           [](const Attitude& self) {
             const Vec3 x = self.enu_from_array({1, 0, 0}), z = self.enu_from_array({0, 0, 1});
             return "Attitude(x to " + py::repr(py::cast(x)).cast<std::string>() + ", boresight to " +
                    py::repr(py::cast(z)).cast<std::string>() + ")";
           })
      .def(py::pickle(
          [](const Attitude& self) {
            return py::make_tuple(self.enu_from_array({1, 0, 0}), self.enu_from_array({0, 1, 0}),
                                  self.enu_from_array({0, 0, 1}));
          },
          [](const py::tuple& axes) {
            return Attitude::from_axes(axes[0].cast<Vec3>(), axes[1].cast<Vec3>(), axes[2].cast<Vec3>());
          }))
      .def("__reduce_ex__", &reduce_ex)
      .def_static(
          "vehicle",
          [](double heading_rad, double pitch_rad, double roll_rad) {
            return Attitude::vehicle({heading_rad, pitch_rad, roll_rad});
          },
          "heading_rad"_a = 0.0, "pitch_rad"_a = 0.0, "roll_rad"_a = 0.0,
          "The frame of a vehicle (x right, y forward, z up): heading clockwise from north, nose up, right "
          "side down.")
      .def_static("from_axes", &Attitude::from_axes, "x"_a, "y"_a, "z"_a,
                  "From the axes of the frame in ENU; right-handed and orthonormal within 1e-6.")
      .def_static("mounted", &Attitude::mounted, "mounting"_a, "vehicle"_a,
                  "An array on a vehicle: its attitude in the vehicle's frame, and the vehicle's.")
      .def("array_from_enu", &Attitude::array_from_enu, "enu"_a, "The same vector in the array frame, (3,).")
      .def(
          "array_from_sky",
          [](const Attitude& self, double azimuth_rad, double elevation_rad) {
            return self.array_from_sky({azimuth_rad, elevation_rad});
          },
          "azimuth_rad"_a, "elevation_rad"_a, "Unit vector in the array frame, (3,).")
      .def("enu_from_array", &Attitude::enu_from_array, "v"_a, "The same vector in the sky frame, (3,).")
      .def(
          "sky_from_array",
          [](const Attitude& self, const Vec3& v) {
            const SkyDirection direction = self.sky_from_array(v);
            return std::make_pair(direction.azimuth_rad, direction.elevation_rad);
          },
          "v"_a, "(azimuth_rad, elevation_rad) of a vector in the array frame.");

  py::class_<VehicleMotion>(module, "VehicleMotion",
                            "Attitude of an array on something that moves, interpolated between reports.")
      .def(py::init([](const std::vector<double>& times_s, const py::object& angles_rad,
                       const Attitude& mounting) {
             const auto angles = real_array(angles_rad, "angles_rad");
             require(angles.ndim() == 2 && angles.shape(1) == 3 &&
                         static_cast<std::size_t>(angles.shape(0)) == times_s.size(),
                     "angles_rad: must have shape (len(times_s), 3)");
             VehicleMotion::Config config{.reports = {}, .mounting = mounting};
             for (std::size_t i = 0; i < times_s.size(); ++i) {
               const double* a = angles.data(static_cast<py::ssize_t>(i), 0);
               config.reports.push_back({times_s[i], {a[0], a[1], a[2]}});
             }
             return VehicleMotion(config);
           }),
           "times_s"_a, "angles_rad"_a, py::arg_v("mounting", Attitude(), "Attitude()"),
           "Reports (n,) and (n, 3): heading, pitch and roll of the vehicle; mounting of the array on it.")
      .def("attitude_at", &VehicleMotion::attitude_at, "time_s"_a, "Attitude of the array.")
      .def("vehicle_at", &VehicleMotion::vehicle_at, "time_s"_a, "Attitude of the vehicle.")
      .def("turn_rate_rad_s", &VehicleMotion::turn_rate_rad_s, "time_s"_a, "About whichever axis, rad/s.");
}

void bind_polarization(py::module_& module) {
  py::class_<Jones>(module, "Jones",
                    "Components of a wave along e_x and e_y (Ludwig 3), or the wave that a port receives in "
                    "full.")
      .def(py::init([](cf64 x, cf64 y) {
             return Jones{x, y};
           }),
           "x"_a = cf64(1), "y"_a = cf64(0), "Complex amplitudes.")
      .def_static("linear", &Jones::linear, "tilt_rad"_a, "Linear, turned from x towards y.")
      .def_static("rhcp", &Jones::rhcp, "(1, +j) / sqrt 2")
      .def_static("lhcp", &Jones::lhcp, "(1, -j) / sqrt 2")
      .def_readonly("x", &Jones::x, "Along e_x.")
      .def_readonly("y", &Jones::y, "Along e_y.")
      .def(py::pickle([](const Jones& self) { return py::make_tuple(self.x, self.y); },
                      [](const py::tuple& both) {
                        return Jones{both[0].cast<cf64>(), both[1].cast<cf64>()};
                      }))
      .def("__reduce_ex__", &reduce_ex)
      .def("__repr__", [](const Jones& self) {
        return "Jones(" + py::repr(py::cast(self.x)).cast<std::string>() + ", " +
               py::repr(py::cast(self.y)).cast<std::string>() + ")";
      });
  compare_by_state(module.attr("Jones"));
  module.def("received", &received, "port"_a, "wave"_a, "port^H wave.");
  module.def("polarization_match", &polarization_match, "port"_a, "wave"_a,
             "|port^H wave|^2 / (|port|^2 |wave|^2), 0 to 1.");
  module.def(
      "sky_to_array",
      [](const Attitude& attitude, double azimuth_rad, double elevation_rad, const Jones& sky) {
        return sky_to_array(attitude, {azimuth_rad, elevation_rad}, sky);
      },
      "attitude"_a, "azimuth_rad"_a, "elevation_rad"_a, "sky"_a,
      "A wave given in the sky frame (horizontal, vertical) as the array sees it.");
}

void bind_element(py::module_& module) {
  Struct<IsotropicElement>(module, "IsotropicElement", "Unit amplitude everywhere; has no parameters.");
  Struct<CosineElement>(module, "CosineElement", "Amplitude cos(theta)^exponent ahead, nothing behind.")
      .field("exponent", &CosineElement::exponent, "0 to 100; directivity 2 (2 exponent + 1).");
  Struct<PatchElement>(module, "PatchElement", "Rectangular patch, cavity model with two slots.")
      .field("length_wavelengths", &PatchElement::length_wavelengths, "Resonant, along x; 0 to 2.")
      .field("width_wavelengths", &PatchElement::width_wavelengths, "Along y; 0 to 2.");
  Struct<TabulatedElement>(module, "TabulatedElement", "Measured or simulated pattern.")
      .field("thetas_rad", &TabulatedElement::thetas_rad, "From the normal, increasing, in [0, pi].")
      .field("phis_rad", &TabulatedElement::phis_rad, "Increasing, in [0, 2 pi).")
      .matrix_field("co", &TabulatedElement::co,
                    "complex128 (thetas * phis,) or (thetas, phis), port x along e_x.")
      .matrix_field("cross", &TabulatedElement::cross, "The same along e_y; empty: none.");
  py::class_<ElementPattern> pattern(module, "ElementPattern",
                                     "What one element hears of a direction, in its frame.");
  pattern
      .def(py::init([](const ElementModel& model, double floor_db) {
             return ElementPattern({.model = model, .floor_db = floor_db});
           }),
           py::arg_v("model", ElementModel{IsotropicElement{}}, "IsotropicElement()"), "floor_db"_a = -40.0,
           "Nowhere is an element deafer than floor_db relative to amplitude 1 (-200 to 0).")
      .def(
          "response",
          [](const ElementPattern& self, const Vec3& u) {
            const JonesMatrix j = self.response(u);
            auto out = new_grid<cf64>(2, 2);
            const Grid<cf64> to = writable_grid(out);
            to(0, 0) = j.xx;
            to(0, 1) = j.xy;
            to(1, 0) = j.yx;
            to(1, 1) = j.yy;
            return out;
          },
          "u"_a, "Jones matrix, complex128 (2, 2): rows are ports x and y, columns the wave's components.")
      .def("scalar", &ElementPattern::scalar, "u"_a, "Amplitude for the polarization received best.")
      .def("covers", &ElementPattern::covers, "u"_a, "Whether the model, not the floor, speaks for u.")
      .def("directivity", &ElementPattern::directivity, "u"_a, "Over an isotropic antenna, linear.")
      .def_property_readonly("isotropic", &ElementPattern::isotropic,
                             "Whether it hears all directions alike.")
      .def_property_readonly(
          "model", [](const ElementPattern& self) { return Frozen<ElementModel>{self.model()}; },
          "As given, a copy.")
      .def_property_readonly("floor_db", &ElementPattern::floor_db, "As given.")
      .def("__repr__",
           [](const ElementPattern& self) {
             return "ElementPattern(" + py::repr(py::cast(self.model())).cast<std::string>() + ", " +
                    py::repr(py::float_(self.floor_db())).cast<std::string>() + ")";
           })
      .def("__copy__", [](const ElementPattern& self) { return ElementPattern(self); })
      .def("__deepcopy__", [](const ElementPattern& self, const py::dict&) { return ElementPattern(self); })
      .def(py::pickle(
          [](const ElementPattern& self) { return py::make_tuple(py::cast(self.model()), self.floor_db()); },
          [](const py::tuple& state) {
            return ElementPattern({state[0].cast<ElementModel>(), state[1].cast<double>()});
          }));
  compare_by_state(pattern);
}

void bind_manifold(py::module_& module) {
  module.def(
      "steering_vector",
      [](const Geometry& geometry, const Vec3& u, double frequency_hz) {
        auto out = new_vector<cf64>(geometry.elements());
        unlocked([&, to = writable(out)] { steering_vector(geometry, u, frequency_hz, to); });
        return out;
      },
      "geometry"_a, "u"_a, "frequency_hz"_a,
      "a(u) = exp(+j 2 pi f r . u / c), complex128 (elements,); u is the unit vector from the array to the "
      "source.");
  py::class_<Manifold> manifold(
      module, "Manifold", "Geometry, element patterns, polarization and coupling in one steering vector.");
  Struct<Manifold::Config>(manifold, "Config", "What an array is made of.")
      .field("geometry", &Manifold::Config::geometry, "Where the elements are.")
      .field("element", &Manifold::Config::element, "What each hears.")
      .field("ports", &Manifold::Config::ports, "None: no polarization; one or two Jones otherwise.")
      .field("rotations_rad", &Manifold::Config::rotations_rad, "Of each element about its normal; none: 0.")
      .matrix_field("coupling", &Manifold::Config::coupling,
                    "complex128 (channels, channels) or (elements, elements), row-major; none: no coupling.");
  manifold.def(py::init<Geometry>(), "geometry"_a, "Isotropic, scalar, uncoupled.")
      .def(py::init([](Manifold::Config config) {
             return unlocked([&] { return std::make_unique<Manifold>(std::move(config)); });
           }),
           "config"_a, "Of a Config.")
      .def_property_readonly("geometry", &Manifold::geometry, "Where the elements are.")
      .def_property_readonly("channels", &Manifold::channels, "Elements times ports (or one without ports).")
      .def_property_readonly("polarized", &Manifold::polarized, "Whether it has ports.")
      .def_property_readonly("isotropic", &Manifold::isotropic, "Neither patterns nor polarization.")
      .def(
          "steering",
          [](const Manifold& self, const Vec3& u, double frequency_hz, const Jones& wave) {
            auto out = new_vector<cf64>(self.channels());
            unlocked([&, to = writable(out)] { self.steering(u, frequency_hz, wave, to); });
            return out;
          },
          "u"_a, "frequency_hz"_a, py::arg_v("wave", Jones::rhcp(), "Jones.rhcp()"),
          "a(u), complex128 (channels,), for a unit vector u in the array frame.")
      .def("elements_in_view", &Manifold::elements_in_view, "u"_a,
           "How many elements have the direction inside their pattern.");
}

void bind_coupling(py::module_& module) {
  const auto square = [](const std::vector<cf64>& values, std::size_t elements) {
    return copied(Grid<const cf64>(values.data(), elements, elements));
  };
  module.def("half_wave_dipole_impedance", &half_wave_dipole_impedance, "across_wavelengths"_a,
             "along_wavelengths"_a, "Mutual impedance of two parallel half-wave dipoles, ohm.");
  module.def(
      "dipole_coupling",
      [square](const Geometry& geometry, double frequency_hz, cf64 load_ohm) {
        return square(unlocked([&] { return dipole_coupling(geometry, frequency_hz, load_ohm); }),
                      geometry.elements());
      },
      "geometry"_a, "frequency_hz"_a, "load_ohm"_a = cf64(50),
      "Coupling of half-wave dipoles parallel to y, complex128 (elements, elements).");
  module.def(
      "exponential_coupling",
      [square](const Geometry& geometry, double frequency_hz, double nearest_db,
               double decay_db_per_wavelength) {
        return square(
            unlocked([&] {
              return exponential_coupling(geometry, frequency_hz, {nearest_db, decay_db_per_wavelength});
            }),
            geometry.elements());
      },
      "geometry"_a, "frequency_hz"_a, "nearest_db"_a = -20.0, "decay_db_per_wavelength"_a = 12.0,
      "Coupling that falls exponentially over distance, complex128 (elements, elements).");
}

}  // namespace

void bind_array(py::module_& module) {
  bind_geometry(module);
  bind_direction(module);
  bind_polarization(module);
  bind_element(module);
  bind_manifold(module);
  bind_coupling(module);
}

}  // namespace boresight::python
