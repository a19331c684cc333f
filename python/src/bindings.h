// Included by all binding files: one for each folder of C++, split where a folder has much.
#pragma once

#include "arrays.h"
#include "enums.h"
#include "structs.h"

namespace boresight::python {

using namespace py::literals;  // NOLINT(google-build-using-namespace): only binding files include this

void bind_array(py::module_& module);
void bind_array_pattern(py::module_& module);
void bind_array_calibration(py::module_& module);
void bind_beam_weights(py::module_& module);
void bind_beam_filters(py::module_& module);
void bind_beam_streams(py::module_& module);
void bind_beam_wideband(py::module_& module);
void bind_doa(py::module_& module);
void bind_doa_finders(py::module_& module);
void bind_sync(py::module_& module);
void bind_sync_search(py::module_& module);
void bind_sync_wifi(py::module_& module);
void bind_ofdm(py::module_& module);
void bind_ofdm_estimators(py::module_& module);
void bind_modem(py::module_& module);
void bind_fec(py::module_& module);
void bind_fec_ldpc(py::module_& module);
void bind_frame(py::module_& module);
void bind_frame_wifi(py::module_& module);
void bind_frame_ofdm(py::module_& module);
void bind_rx_ofdm(py::module_& module);
void bind_tx_ofdm(py::module_& module);
void bind_rx(py::module_& module);
void bind_rx_downlink(py::module_& module);
void bind_rx_wifi(py::module_& module);
void bind_tx(py::module_& module);
void bind_sim(py::module_& module);
void bind_sdr(py::module_& module);
void bind_sdr_sigmf(py::module_& module);
void bind_sdr_stream(py::module_& module);

}  // namespace boresight::python
