#include <string>

#include "bindings.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/beamformer.h"
#include "boresight/beam/weights.h"

namespace boresight::python {
namespace {

using namespace py::literals;
using beam::AdaptiveBeamformer;
using beam::Beamformer;
using beam::MvdrSolver;

void bind_weights(py::module_& module) {
  module.def(
      "conventional",
      [](const Array<cf64>& steering) {
        const auto a = vector(steering, "steering");
        Array<cf64> weights = new_vector<cf64>(a.size());
        beam::conventional(a, writable(weights));
        return weights;
      },
      py::arg("steering").noconvert(), "w = a / (a^H a).");
  module.def(
      "mvdr",
      [](const Array<cf64>& covariance, const Array<cf64>& steering, double loading) {
        const auto a = vector(steering, "steering");
        const auto r = grid(covariance, a.size(), a.size(), "covariance");
        Array<cf64> weights = new_vector<cf64>(a.size());
        beam::mvdr(r, a, loading, writable(weights));
        return weights;
      },
      py::arg("covariance").noconvert(), py::arg("steering").noconvert(), "loading"_a = 0.0,
      "w = (R + loading I)^-1 a / (a^H (R + loading I)^-1 a).");
  module.def(
      "null_steering",
      [](const Array<cf64>& steering, const Array<cf64>& nulls) {
        const auto a = vector(steering, "steering");
        const auto directions = grid(nulls, "nulls");
        require(directions.rows() == 0 || directions.columns() == a.size(),
                "nulls: must have " + std::to_string(a.size()) + " columns");
        Array<cf64> weights = new_vector<cf64>(a.size());
        beam::null_steering(a, directions, writable(weights));
        return weights;
      },
      py::arg("steering").noconvert(), py::arg("nulls").noconvert(),
      "Unit gain towards steering, exact nulls towards the rows of nulls (directions, elements), least "
      "norm.");
  py::class_<MvdrSolver>(module, "MvdrSolver", "MVDR with loading relative to the noise floor found in R.")
      .def(py::init([](std::size_t elements, double loading_over_noise_db) {
             return MvdrSolver({.elements = elements, .loading_over_noise_db = loading_over_noise_db});
           }),
           "elements"_a, "loading_over_noise_db"_a = MvdrSolver::Config{}.loading_over_noise_db)
      .def(
          "solve",
          [](MvdrSolver& self, const Array<cf64>& covariance, const Array<cf64>& steering) -> py::object {
            const std::size_t elements = self.eigenvalues().size();
            const auto r = grid(covariance, elements, elements, "covariance");
            const auto a = vector(steering, elements, "steering");
            Array<cf64> weights = new_vector<cf64>(elements);
            if (!self.solve(r, a, writable(weights))) return py::none();
            return weights;
          },
          py::arg("covariance").noconvert(), py::arg("steering").noconvert(),
          "The weights, or None when R or the steering vector is not finite.")
      .def_property_readonly("eigenvalues", [](const MvdrSolver& self) { return copied(self.eigenvalues()); })
      .def_property_readonly("noise_power", &MvdrSolver::noise_power)
      .def_property_readonly("loading", &MvdrSolver::loading)
      .def_property_readonly("interference_to_noise", &MvdrSolver::interference_to_noise)
      .def_property_readonly("rejected", &MvdrSolver::rejected);
}

void bind_beamformer(py::module_& module) {
  py::class_<Beamformer>(module, "Beamformer", "Narrowband beamformer y = w^H x.")
      .def(py::init([](std::size_t elements, std::size_t beams) {
             return Beamformer({.elements = elements, .beams = beams});
           }),
           "elements"_a, "beams"_a = std::size_t{1})
      .def(
          "set_weights",
          [](Beamformer& self, const Array<cf32>& weights) {
            self.set_weights(grid(weights, self.beams(), self.elements(), "weights"));
          },
          py::arg("weights").noconvert(), "complex64 (beams, elements).")
      .def(
          "process",
          [](Beamformer& self, const Array<cf32>& x) {
            const Grid<const cf32> in = grid(x, self.elements(), "x");
            Array<cf32> y = new_grid<cf32>(self.beams(), in.columns());
            const Grid<cf32> out = writable_grid(y);
            {
              py::gil_scoped_release release;
              self.process(in, out);
            }
            return y;
          },
          py::arg("x").noconvert(), "complex64 (elements, n) to (beams, n).");
}

void bind_adaptive_beamformer(py::module_& module) {
  using Config = AdaptiveBeamformer::Config;
  using Stats = AdaptiveBeamformer::Stats;
  py::class_<AdaptiveBeamformer> beamformer(module, "AdaptiveBeamformer",
                                            "One beam out, weights renewed from the samples themselves.");
  py::enum_<AdaptiveBeamformer::Mode>(beamformer, "Mode")
      .value("mvdr", AdaptiveBeamformer::Mode::mvdr)
      .value("conventional", AdaptiveBeamformer::Mode::conventional)
      .value("single", AdaptiveBeamformer::Mode::single);
  py::class_<Stats>(beamformer, "Stats")
      .def_readonly("noise_power", &Stats::noise_power)
      .def_readonly("power_over_noise_db", &Stats::power_over_noise_db)
      .def_readonly("updates", &Stats::updates)
      .def_readonly("rejected", &Stats::rejected)
      .def_readonly("bad_directions", &Stats::bad_directions);
  py::class_<Config>(beamformer, "Config")
      .def(py::init<>())
      .def_readwrite("geometry", &Config::geometry)
      .def_readwrite("carrier_hz", &Config::carrier_hz)
      .def_readwrite("mode", &Config::mode)
      .def_readwrite("update_interval_samples", &Config::update_interval_samples)
      .def_readwrite("forgetting", &Config::forgetting)
      .def_readwrite("loading_over_noise_db", &Config::loading_over_noise_db)
      .def_readwrite("covariance_decimation", &Config::covariance_decimation)
      .def_readwrite("max_block_samples", &Config::max_block_samples);
  beamformer.def(py::init<const Config&>(), "config"_a)
      .def(
          "set_direction",
          [](AdaptiveBeamformer& self, const VectorArgument& u) { self.set_direction(vec3(u, "direction")); },
          "direction"_a, "Vector from the array to the source, array frame.")
      .def(
          "process",
          [](AdaptiveBeamformer& self, const Array<cf32>& x) {
            const Grid<const cf32> in = grid(x, self.elements(), "x");
            require(in.columns() <= self.max_block_samples(),
                    "x: " + std::to_string(in.columns()) +
                        " samples, at most max_block_samples = " + std::to_string(self.max_block_samples()));
            Array<cf32> y = new_vector<cf32>(in.columns());
            const std::span<cf32> out = writable(y);
            {
              py::gil_scoped_release release;
              self.process(in, out);
            }
            return y;
          },
          py::arg("x").noconvert(), "complex64 (elements, n) to (n,).")
      .def_property_readonly("stats", [](const AdaptiveBeamformer& self) { return Stats(self.stats()); })
      .def_property_readonly("weights", [](const AdaptiveBeamformer& self) { return copied(self.weights()); })
      .def_property_readonly("steering",
                             [](const AdaptiveBeamformer& self) { return copied(self.steering()); })
      .def("reset", &AdaptiveBeamformer::reset);
}

}  // namespace

void bind_beam(py::module_& module) {
  bind_weights(module);
  bind_beamformer(module);
  bind_adaptive_beamformer(module);
}

}  // namespace boresight::python
