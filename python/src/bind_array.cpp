#include <utility>

#include "bindings.h"
#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/array/pattern.h"
#include "boresight/array/steering.h"

namespace boresight::python {
namespace {

using namespace py::literals;
using array::Attitude;
using array::Geometry;
using array::Pattern;
using array::PatternScale;

// Angles may come as lists or as arrays of any real type.
using Angles = py::array_t<double, py::array::c_style | py::array::forcecast>;

PatternScale scale_of(bool normalized) {
  return normalized ? PatternScale::normalized : PatternScale::absolute;
}

std::span<const double> angles(const Angles& values, const char* name) {
  require(values.ndim() == 1, std::string(name) + ": must have one dimension");
  return {values.data(), static_cast<std::size_t>(values.size())};
}

void bind_geometry(py::module_& module) {
  py::class_<Geometry>(module, "Geometry", "Element positions in the array frame; boresight on +z.")
      .def_static("line", &Geometry::line, "count"_a, "spacing_m"_a, "Along x, centered on the origin.")
      .def_static("rectangle", &Geometry::rectangle, "columns"_a, "rows"_a, "dx_m"_a, "dy_m"_a,
                  "Element index = row * columns + column; columns along x, rows along y.")
      .def_static("circle", &Geometry::circle, "count"_a, "radius_m"_a,
                  "Element 0 on +x, then counterclockwise.")
      .def_static(
          "from_positions",
          [](const py::array_t<double, py::array::c_style | py::array::forcecast>& positions_m) {
            require(positions_m.ndim() == 2 && positions_m.shape(1) == 3,
                    "positions_m: must have shape (elements, 3)");
            std::vector<Vec3> list;
            for (py::ssize_t e = 0; e < positions_m.shape(0); ++e) {
              const double* r = positions_m.data(e, 0);
              list.push_back({r[0], r[1], r[2]});
            }
            return Geometry::from_positions(std::move(list));
          },
          "positions_m"_a, "Positions (elements, 3) as given; their origin is the phase reference.")
      .def_property_readonly(
          "positions_m",
          [](const Geometry& self) {
            py::array_t<double> out({static_cast<py::ssize_t>(self.elements()), py::ssize_t{3}});
            auto r = out.mutable_unchecked<2>();
            for (py::ssize_t e = 0; e < r.shape(0); ++e) {
              const Vec3 position = self.positions_m[static_cast<std::size_t>(e)];
              r(e, 0) = position.x;
              r(e, 1) = position.y;
              r(e, 2) = position.z;
            }
            return out;
          })
      .def_property_readonly("elements", &Geometry::elements);
}

void bind_direction(py::module_& module) {
  module.def(
      "enu_from_sky",
      [](double azimuth_rad, double elevation_rad) {
        return from_vec3(array::enu_from_sky({azimuth_rad, elevation_rad}));
      },
      "azimuth_rad"_a, "elevation_rad"_a,
      "Unit vector (east, north, up); azimuth clockwise from true north.");
  module.def(
      "sky_from_enu",
      [](const VectorArgument& enu) {
        const array::SkyDirection direction = array::sky_from_enu(vec3(enu, "enu"));
        return py::make_tuple(direction.azimuth_rad, direction.elevation_rad);
      },
      "enu"_a, "(azimuth_rad, elevation_rad) of a vector of any length.");
  py::class_<Attitude>(module, "Attitude", "How the panel stands: the rotation between sky and array frame.")
      .def(py::init([](double yaw_rad, double pitch_rad, double roll_rad) {
             return Attitude({.yaw_rad = yaw_rad, .pitch_rad = pitch_rad, .roll_rad = roll_rad});
           }),
           "yaw_rad"_a = 0.0, "pitch_rad"_a = 0.0, "roll_rad"_a = 0.0,
           "yaw: azimuth of the +y axis; pitch: tilt of the boresight from the zenith towards it; roll: "
           "about it.")
      .def(
          "array_from_enu",
          [](const Attitude& self, const VectorArgument& enu) {
            return from_vec3(self.array_from_enu(vec3(enu, "enu")));
          },
          "enu"_a)
      .def(
          "array_from_sky",
          [](const Attitude& self, double azimuth_rad, double elevation_rad) {
            return from_vec3(self.array_from_sky({azimuth_rad, elevation_rad}));
          },
          "azimuth_rad"_a, "elevation_rad"_a)
      .def(
          "enu_from_array",
          [](const Attitude& self, const VectorArgument& v) {
            return from_vec3(self.enu_from_array(vec3(v, "v")));
          },
          "v"_a);
}

void bind_pattern(py::module_& module) {
  py::class_<Pattern>(module, "Pattern", "Array factor power |w^H a|^2 of isotropic elements at one carrier.")
      .def(py::init([](const Geometry& geometry, double frequency_hz, const Array<cf64>& weights,
                       const Attitude& attitude) {
             return Pattern(geometry, frequency_hz, vector(weights, "weights"), attitude);
           }),
           "geometry"_a, "frequency_hz"_a, py::arg("weights").noconvert(), "attitude"_a = Attitude())
      .def(
          "sky_db",
          [](const Pattern& self, const Angles& azimuths_rad, const Angles& elevations_rad, bool normalized) {
            const auto azimuths = angles(azimuths_rad, "azimuths_rad");
            const auto elevations = angles(elevations_rad, "elevations_rad");
            Array<double> out = new_grid<double>(elevations.size(), azimuths.size());
            const Grid<double> view = writable_grid(out);
            {
              py::gil_scoped_release release;
              self.sky_db(azimuths, elevations, view, scale_of(normalized));
            }
            return out;
          },
          "azimuths_rad"_a, "elevations_rad"_a, "normalized"_a = false, "dB, shape (elevations, azimuths).")
      .def(
          "azimuth_cut_db",
          [](const Pattern& self, const Angles& azimuths_rad, double elevation_rad, bool normalized) {
            return copied<double>(self.azimuth_cut_db(angles(azimuths_rad, "azimuths_rad"), elevation_rad,
                                                      scale_of(normalized)));
          },
          "azimuths_rad"_a, "elevation_rad"_a, "normalized"_a = false)
      .def(
          "elevation_cut_db",
          [](const Pattern& self, const Angles& elevations_rad, double azimuth_rad, bool normalized) {
            return copied<double>(self.elevation_cut_db(angles(elevations_rad, "elevations_rad"), azimuth_rad,
                                                        scale_of(normalized)));
          },
          "elevations_rad"_a, "azimuth_rad"_a, "normalized"_a = false);
}

}  // namespace

void bind_array(py::module_& module) {
  bind_geometry(module);
  bind_direction(module);
  module.def(
      "steering_vector",
      [](const Geometry& geometry, const VectorArgument& u, double frequency_hz) {
        Array<cf64> out = new_vector<cf64>(geometry.elements());
        array::steering_vector(geometry, vec3(u, "u"), frequency_hz, writable(out));
        return out;
      },
      "geometry"_a, "u"_a, "frequency_hz"_a,
      "a(u) = exp(+j 2 pi f r . u / c), shape (elements,); u is the unit vector from the array to the "
      "source.");
  bind_pattern(module);
}

}  // namespace boresight::python
