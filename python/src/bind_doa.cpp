#include "bindings.h"
#include "boresight/doa/covariance.h"

namespace boresight::python {

using namespace py::literals;
using doa::SampleCovariance;

void bind_doa(py::module_& module) {
  py::class_<SampleCovariance>(module, "SampleCovariance", "R = (1/K) sum x x^H with exponential forgetting.")
      .def(py::init([](std::size_t elements, double forgetting) {
             return SampleCovariance({.elements = elements, .forgetting = forgetting});
           }),
           "elements"_a, "forgetting"_a = 1.0)
      .def(
          "update",
          [](SampleCovariance& self, const Array<cf32>& x) {
            const Grid<const cf32> view = grid(x, self.elements(), "x");
            py::gil_scoped_release release;
            self.update(view);
          },
          py::arg("x").noconvert(), "Adds the snapshots x, complex64 (elements, n).")
      .def(
          "matrix",
          [](const SampleCovariance& self) {
            Array<cf64> out = new_grid<cf64>(self.elements(), self.elements());
            self.matrix(writable_grid(out));
            return out;
          },
          "R, complex128 (elements, elements).")
      .def_property_readonly("snapshots", &SampleCovariance::snapshots)
      .def_property_readonly("elements", &SampleCovariance::elements)
      .def("reset", &SampleCovariance::reset);
}

}  // namespace boresight::python
