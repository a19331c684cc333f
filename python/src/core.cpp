// The compiled part of the Python package: one submodule per C++ folder. Classes say that they live in
// boresight.<folder>, where people import them from.
#include <string_view>

#include "bindings.h"
#include "boresight/core/simd.h"
#include "boresight/core/version.h"

namespace {

namespace py = pybind11;
using namespace boresight;  // NOLINT(google-build-using-namespace)

// An exception of C++ as one of Python. Its text may hold a path, which need not be UTF-8.
template <typename Error>
void register_error(py::module_& module, const char* name, PyObject* base, const char* doc) {
  static py::handle type = py::exception<Error>(module, name, base).release();  // outlives the interpreter
  type.doc() = doc;
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (const Error& error) {
      const std::string_view text = error.what();
      const auto decoded = py::reinterpret_steal<py::object>(
          PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "surrogateescape"));
      if (decoded) PyErr_SetObject(type.ptr(), decoded.ptr());
    }
  });
}

template <typename... Binders>
void folder(py::module_& core, const char* name, Binders... binders) {
  py::module_ module = core.def_submodule(name);
  module.attr("__name__") = std::string("boresight.") + name;
  (binders(module), ...);
}

}  // namespace

// pybind11 waits for ever when its module is imported in a subinterpreter: PyInit__core() below is asked
// first.
#define PyInit__core boresight_init_core
PYBIND11_MODULE(_core, module) {
  using namespace py::literals;  // NOLINT(google-build-using-namespace)
  module.doc() = "The compiled part of boresight; use boresight.array, boresight.beam and so on.";
  module.attr("__version__") = version;
  const py::object name = module.attr("__name__");
  module.attr("__name__") = "boresight";  // where these are seen
  register_error<ConfigError>(
      module, "ConfigError", PyExc_ValueError,
      "A configuration, value or shape that cannot be; the text names it and the limit.");
  register_error<IoError>(module, "IoError", PyExc_OSError,
                          "A file, stream or device that does not do what was asked. Of Source.receive(): "
                          "samples is what came before, after what came behind a gap.");
  module.def(
      "active_simd_target", [] { return std::string(active_simd_target()); },
      "Instruction set that the next kernel call will use, as Google Highway calls it.");
  module.def("simd_targets", &simd_targets, "Those that this processor has, best first.");
  module.def("force_simd_target", &force_simd_target, "name"_a,
             "Every later kernel call uses it; an empty name gives the choice back.");
  module.attr("__name__") = name;

  // In the order in which they name each other's classes.
  using namespace python;  // NOLINT(google-build-using-namespace)
  folder(module, "array", bind_array, bind_array_pattern, bind_array_calibration);
  folder(module, "doa", bind_doa, bind_doa_finders);
  folder(module, "beam", bind_beam_weights, bind_beam_filters, bind_beam_streams, bind_beam_wideband);
  folder(module, "modem", bind_modem);
  folder(module, "fec", bind_fec, bind_fec_ldpc);
  folder(module, "ofdm", bind_ofdm, bind_ofdm_estimators);
  folder(module, "sync", bind_sync, bind_sync_search, bind_sync_wifi);
  folder(module, "frame", bind_frame, bind_frame_wifi, bind_frame_ofdm);
  folder(module, "rx", bind_rx, bind_rx_wifi, bind_rx_downlink, bind_rx_ofdm);
  folder(module, "tx", bind_tx, bind_tx_ofdm);
  folder(module, "sim", bind_sim);
  folder(module, "sdr", bind_sdr, bind_sdr_stream, bind_sdr_sigmf);
  for (const char* member : {"samples", "after"}) module.attr("IoError").attr(member) = py::none();
  py::module_::import("os").attr("register_at_fork")("after_in_child"_a =
                                                         py::cpp_function(&lose_objects_in_calls));
  // Asks PyInit__core() of every interpreter instead of copying the module that the first one made.
  PyModule_GetDef(module.ptr())->m_size = 0;
}
#undef PyInit__core

extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  static PyObject* made = nullptr;
  if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
    PyErr_SetString(PyExc_ImportError, "boresight: cannot be imported in a subinterpreter");
    return nullptr;
  }
  if (made == nullptr) made = boresight_init_core();
  Py_XINCREF(made);
  return made;
}
