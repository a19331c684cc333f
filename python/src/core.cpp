// The compiled part of the Python package: one submodule per C++ folder. Classes say that they live in
// boresight.<folder>, where people import them from.
#include "bindings.h"
#include "boresight/core/simd.h"
#include "boresight/core/version.h"

namespace {

namespace py = pybind11;
using namespace boresight;  // NOLINT(google-build-using-namespace)

template <typename... Binders>
void folder(py::module_& core, const char* name, Binders... binders) {
  py::module_ module = core.def_submodule(name);
  module.attr("__name__") = std::string("boresight.") + name;
  (binders(module), ...);
}

}  // namespace

PYBIND11_MODULE(_core, module) {
  using namespace py::literals;  // NOLINT(google-build-using-namespace)
  module.doc() = "The compiled part of boresight; use boresight.array, boresight.beam and so on.";
  module.attr("__version__") = version;
  const py::object name = module.attr("__name__");
  module.attr("__name__") = "boresight";  // where these are seen
  py::register_exception<ConfigError>(module, "ConfigError", PyExc_ValueError).doc() =
      "A configuration, value or shape that cannot be; the text names it and the limit.";
  py::register_exception<IoError>(module, "IoError", PyExc_OSError).doc() =
      "A file, stream or device that does not do what was asked.";
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
  folder(module, "sdr", bind_sdr, bind_sdr_sigmf);
}
