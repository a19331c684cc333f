// The compiled part of the Python package: one submodule per C++ folder.
#include "bindings.h"
#include "boresight/core/version.h"

PYBIND11_MODULE(_core, module) {
  namespace py = pybind11;
  using namespace boresight;
  module.attr("__version__") = version;
  py::register_exception<ConfigError>(module, "ConfigError", PyExc_ValueError);

  py::module_ array = module.def_submodule("array");
  py::module_ doa = module.def_submodule("doa");
  py::module_ beam = module.def_submodule("beam");
  python::bind_array(array);
  python::bind_doa(doa);
  python::bind_beam(beam);
}
