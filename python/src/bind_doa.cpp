// Covariance, eigenspace, source count, smoothing, spectra.
#include "bindings.h"
#include "boresight/doa/covariance.h"
#include "boresight/doa/eigenspace.h"
#include "boresight/doa/smoothing.h"
#include "boresight/doa/source_count.h"
#include "boresight/doa/spatial_spectrum.h"

namespace boresight::python {
namespace {

using namespace boresight::doa;  // NOLINT(google-build-using-namespace)

void bind_covariance(py::module_& module) {
  using Covariance = SampleCovariance;
  py::class_<Covariance> covariance(module, "SampleCovariance",
                                    "R = (1/K) sum x x^H with exponential forgetting.");
  Struct<Covariance::Config>(covariance, "Config", "Size and forgetting.")
      .field("elements", &Covariance::Config::elements, "1 to 1024.")
      .field("forgetting", &Covariance::Config::forgetting, "What update() multiplies the past by, (0, 1].");
  init_from_config(covariance, "Of a Config or its fields: elements, forgetting.");
  covariance
      .def(
          "update",
          [](Covariance& self, const Samples& x) {
            visit(x, self.elements(), "x", [&](auto in) {
              const LongCall call(&self);
              self.update(in);
            });
          },
          "x"_a,
          "Adds the snapshots x, complex64 (elements, n), or int16 or int8 (elements, n, 2). A NaN spoils R "
          "until reset().")
      .def(
          "add",
          [](Covariance& self, const Samples& x) {
            visit(x, self.elements(), "x", [&](auto in) {
              const LongCall call(&self);
              self.add(in);
            });
          },
          "x"_a, "As update(), but forgets nothing.")
      .def(
          "forget",
          [](Covariance& self, double factor) {
            require_idle(&self);
            require(factor > 0 && factor <= 1, "factor: must be in (0, 1]");
            self.forget(factor);
          },
          "factor"_a, "Multiplies the weight of the past, (0, 1].")
      .def(
          "matrix",
          [](const Covariance& self) {
            auto out = new_grid<cf64>(self.elements(), self.elements());
            const Grid<cf64> to = writable_grid(out);
            {
              const LongCall call(&self);
              self.matrix(to);
            }
            return out;
          },
          "R, complex128 (elements, elements); zero without snapshots.")
      .def_property_readonly("snapshots", &Covariance::snapshots, "The weight of the sum.")
      .def_property_readonly("elements", &Covariance::elements, "Number of elements.")
      .def(
          "reset",
          [](Covariance& self) {
            require_idle(&self);
            self.reset();
          },
          "Back to no snapshots.");
}

void bind_eigenspace(py::module_& module) {
  using Space = Configured<Eigenspace>;
  py::class_<Space> space(module, "Eigenspace", "The largest eigenvalues of a covariance and their vectors.");
  Struct<Eigenspace::Config>(space, "Config", "Sizes.")
      .field("elements", &Eigenspace::Config::elements, "1 to 1024.")
      .field("vectors", &Eigenspace::Config::vectors, "The largest ones, 1 to elements.");
  init_from_config(space, "Of a Config or its fields: elements, vectors.");
  space
      .def(
          "compute",
          [](Space& self, const In<cf64>& covariance) {
            const auto r = grid(covariance, self.elements(), self.elements(), "covariance");
            const LongCall call(&self);
            return self.compute(r);
          },
          "covariance"_a, "complex128 (elements, elements); False, and nothing changes, for NaN and Inf.")
      .def(
          "vector",
          [](const py::object& self, std::size_t i) -> py::array_t<cf64> {
            const auto& eigenspace = self.cast<const Space&>();
            require_idle(&eigenspace);
            require(i < eigenspace.config.vectors, "i: beyond the last vector");
            return view(eigenspace.vector(i), self);
          },
          "i"_a, "Of unit length, belonging to values[i], complex128 (elements,), a view.")
      .def_property_readonly("rest_mean", &Space::rest_mean, "Mean of the other eigenvalues.")
      .def_property_readonly("elements", &Space::elements, "Number of elements.");
  view_property(space, "values", &Space::values, "Descending, float64 (vectors,), a view.");
}

void bind_counting(py::module_& module) {
  Enum<CountCriterion>(module, "CountCriterion", "How sources are counted.")
      .value("aic", CountCriterion::aic, "Akaike.")
      .value("mdl", CountCriterion::mdl, "Rissanen.");
  module.def(
      "source_count",
      [](const std::vector<double>& eigenvalues, double snapshots, CountCriterion criterion) {
        require(eigenvalues.size() <= 1024, "eigenvalues: at most 1024");
        return source_count(eigenvalues, snapshots, criterion);
      },
      "eigenvalues"_a, "snapshots"_a, "criterion"_a = CountCriterion::mdl,
      "How many sources there are, from the eigenvalues (elements,) of a covariance; 0 for NaN.");
  module.def(
      "forward_backward",
      [](const In<cf64>& covariance, const array::Geometry* geometry) {
        const auto r = grid(covariance, "covariance");
        require(r.rows() == r.columns(), "covariance: must be square");
        require(geometry == nullptr || geometry->elements() == r.rows(),
                "geometry: must be of as many elements");
        auto out = copied(r);
        unlocked([&, to = writable_grid(out)] {
          if (geometry != nullptr) {
            forward_backward(to, mirror_elements(*geometry));
          } else {
            forward_backward(to);
          }
        });
        return out;
      },
      "covariance"_a, "geometry"_a = nullptr,
      "(R + J R* J) / 2 with each element exchanged for its mirror, complex128 (elements, elements), a copy; "
      "without a geometry for lines and rectangles. With one it stays as it is when an element is dead and "
      "its "
      "mirror is not.");
  module.def(
      "spatial_smoothing",
      [](const In<cf64>& covariance, std::size_t columns, std::size_t rows, std::size_t part_columns,
         std::size_t part_rows) {
        const auto r = grid(covariance, "covariance");
        require(part_columns >= 1 && part_columns <= 4096 && part_rows >= 1 && part_rows <= 4096 &&
                    part_columns * part_rows <= r.rows(),
                "part: must be 1 element to the whole array");
        auto out = new_grid<cf64>(part_columns * part_rows, part_columns * part_rows);
        unlocked([&, to = writable_grid(out)] {
          spatial_smoothing(r, columns, rows, part_columns, part_rows, to);
        });
        return out;
      },
      "covariance"_a, "columns"_a, "rows"_a, "part_columns"_a, "part_rows"_a,
      "Mean of the covariances of all parts of a rectangle, complex128 (part, part).");
}

void bind_spectrum(py::module_& module) {
  py::class_<SearchGrid>(module, "SearchGrid", "Directions in which a spectrum is evaluated.")
      .def_static("line", &SearchGrid::line, "first_rad"_a, "last_rad"_a, "count"_a,
                  "(sin t, 0, cos t), t evenly from first to last: for lines along x.")
      .def_static(
          "azimuth_elevation",
          [](const std::vector<double>& azimuths_rad, const std::vector<double>& elevations_rad,
             const array::Attitude& attitude) {
            return SearchGrid::azimuth_elevation(azimuths_rad, elevations_rad, attitude);
          },
          "azimuths_rad"_a, "elevations_rad"_a, py::arg_v("attitude", array::Attitude(), "Attitude()"),
          "Rows are elevations, columns azimuths of the sky.")
      .def_property_readonly(
          "directions",
          [](const py::object& self) -> py::array_t<double> {
            const auto& list = self.cast<const SearchGrid&>().directions;
            if (list.empty()) return new_grid<double>(0, 3);
            return view(Grid<const double>(&list.front().x, list.size(), 3), self);
          },
          "Unit vectors in the array frame, (rows * columns, 3), a view.")
      .def_readonly("rows", &SearchGrid::rows, "Number of rows.")
      .def_readonly("columns", &SearchGrid::columns, "Number of columns.")
      .def("__len__", &SearchGrid::size)
      .def("__repr__",
           [](const SearchGrid& self) {
             return "SearchGrid(" + std::to_string(self.rows) + " x " + std::to_string(self.columns) + ")";
           })
      .def(py::pickle(
          [](const SearchGrid& self) {
            return py::make_tuple(py::cast(self.directions), self.rows, self.columns);
          },
          [](const py::tuple& state) {
            SearchGrid grid{state[0].cast<std::vector<Vec3>>(), state[1].cast<std::size_t>(),
                            state[2].cast<std::size_t>()};
            require(grid.rows * grid.columns == grid.directions.size(), "grid: sizes that do not fit");
            return grid;
          }));
  compare_by_state(module.attr("SearchGrid"));
  Result<SpectrumPeak>(module, "SpectrumPeak", "A peak of a spectrum.")
      .field("direction", &SpectrumPeak::direction, "Unit vector in the array frame, (3,).")
      .field("value", &SpectrumPeak::value, "Of the spectrum there.");

  using Config = SpatialSpectrum::Config;
  using Spectrum = Configured<SpatialSpectrum>;
  py::class_<Spectrum> spectrum(module, "SpatialSpectrum", "Bartlett, Capon and MUSIC over a grid.");
  Struct<Config>(spectrum, "Config", "Of the spectra.")
      .field("geometry", &Config::geometry, "Of the array.")
      .field("frequency_hz", &Config::frequency_hz, "Of the sources.")
      .field("grid", &Config::grid, "Directions.")
      .field("sources", &Config::sources, "Of MUSIC, 1 to elements - 1.")
      .field("manifold", &Config::manifold,
             "Instead of geometry: array.Manifold.Config, what the elements hear.")
      .field("wave", &Config::wave, "Polarization of the sources, of a manifold with ports.");
  init_from_config(spectrum, "Of a Config or its fields.");
  const auto evaluate = [](Spectrum& self, const In<cf64>& covariance, auto&& kind) {
    const std::size_t e = self.channels();
    const auto r = grid(covariance, e, e, "covariance");
    auto out = new_grid<float>(self.grid().rows, self.grid().columns);
    const auto to = writable(out);
    {
      const LongCall call(&self);
      kind(self, r, to);
    }
    return out;
  };
  using R = Grid<const cf64>;
  using To = std::span<float>;
  spectrum
      .def(
          "bartlett",
          [evaluate](Spectrum& self, const In<cf64>& covariance) {
            return evaluate(self, covariance, [](Spectrum& s, R r, To to) { s.bartlett(r, to); });
          },
          "covariance"_a,
          "Power of a conventional beam, float32 (rows, columns) of the grid; zeros for NaN, Inf and zero.")
      .def(
          "capon",
          [evaluate](Spectrum& self, const In<cf64>& covariance, double loading) {
            return evaluate(self, covariance,
                            [loading](Spectrum& s, R r, To to) { s.capon(r, loading, to); });
          },
          "covariance"_a, "loading"_a = 0.0, "Power of an MVDR beam, float32 (rows, columns).")
      .def(
          "music",
          [evaluate](Spectrum& self, const In<cf64>& covariance) {
            return evaluate(self, covariance, [](Spectrum& s, R r, To to) { s.music(r, to); });
          },
          "covariance"_a, "E / (a^H (I - E_s E_s^H) a), float32 (rows, columns).")
      .def(
          "peaks",
          [](Spectrum& self, const In<float>& values, std::size_t count) {
            const auto in = grid(values, self.grid().rows, self.grid().columns, "spectrum");
            require(in.row_stride() == in.columns() || in.rows() <= 1, "spectrum: must be in C order");
            std::vector<SpectrumPeak> peaks(std::min<std::size_t>(count, 32));
            const LongCall call(&self);
            peaks.resize(self.peaks({in.data(), self.size()}, peaks));
            return peaks;
          },
          "spectrum"_a, "count"_a = std::size_t{32},
          "The highest peaks of the spectrum computed last, float32 (rows, columns), descending, at most 32.")
      .def_property_readonly("channels", &Spectrum::channels, "Rows of R.")
      .def("__len__", &Spectrum::size);
}

}  // namespace

void bind_doa(py::module_& module) {
  bind_covariance(module);
  bind_eigenspace(module);
  bind_counting(module);
  bind_spectrum(module);
}

}  // namespace boresight::python
