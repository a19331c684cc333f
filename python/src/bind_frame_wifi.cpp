// IEEE 802.11: rates, headers, the bit side of a frame, aggregation.

#include "bindings.h"
#include "boresight/frame/wifi_ampdu.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/frame/wifi_ht.h"
#include "boresight/frame/wifi_phy.h"

namespace boresight::python {
namespace {

using namespace boresight::frame;  // NOLINT(google-build-using-namespace)
using modem::Llr;
using Bits = In<std::uint8_t>;

void bind_legacy(py::module_& module) {
  Enum<WifiRate>(module, "WifiRate", "Named by their Mbit/s at 20 MHz.")
      .value("r6", WifiRate::r6)
      .value("r9", WifiRate::r9)
      .value("r12", WifiRate::r12)
      .value("r18", WifiRate::r18)
      .value("r24", WifiRate::r24)
      .value("r36", WifiRate::r36)
      .value("r48", WifiRate::r48)
      .value("r54", WifiRate::r54);
  Result<WifiRateParameters>(module, "WifiRateParameters", "Table 17-4.")
      .field("mbps", &WifiRateParameters::mbps, "Mbit/s.")
      .field("modulation", &WifiRateParameters::modulation, "Of the subcarriers.")
      .field("code_rate", &WifiRateParameters::code_rate, "Punctured.")
      .field("coded_bits_per_symbol", &WifiRateParameters::coded_bits_per_symbol, "N_CBPS.")
      .field("data_bits_per_symbol", &WifiRateParameters::data_bits_per_symbol, "N_DBPS.");
  module.def("wifi_rate", &wifi_rate, "rate"_a, py::return_value_policy::copy, "Of the table.");
  module.def("wifi_data_symbols", &wifi_data_symbols, "rate"_a, "psdu_bytes"_a, "N_SYM.");
  module.def("wifi_frame_samples", &wifi_frame_samples, "rate"_a, "psdu_bytes"_a,
             "Preamble, SIGNAL and data.");
  module.def(
      "wifi_short_training", [] { return copied(std::span<const cf32>(wifi_short_training())); },
      "S of equation 17-6, complex64 (64,), FFT order.");
  module.def(
      "wifi_long_training", [] { return copied(std::span<const cf32>(wifi_long_training())); },
      "L of equation 17-8, complex64 (64,), FFT order.");
  module.def(
      "ht_long_training", [] { return copied(std::span<const cf32>(ht_long_training())); },
      "HTLTF of 19.3.9.4.6, 20 MHz, complex64 (64,), FFT order.");
  module.def("wifi_pilot_polarity", &wifi_pilot_polarity, "n"_a,
             "p_n of equation 17-25, +1 or -1, period 127; 0 is the SIGNAL symbol.");
  Struct<WifiSignal>(module, "WifiSignal", "The SIGNAL field.")
      .field("rate", &WifiSignal::rate, "Of the data.")
      .field("length", &WifiSignal::length, "PSDU bytes, 1 to 4095.");
  module.def(
      "encode_signal_field",
      [](const WifiSignal& signal) {
        return copied(std::span<const std::uint8_t>(encode_signal_field(signal)));
      },
      "signal"_a, "Bits uint8 (24,) of 17.3.4.");
  module.def(
      "parse_signal_field",
      [](const Bits& bits) {
        const auto in = vector(bits, wifi_signal_bits, "bits");
        return parse_signal_field(std::span<const std::uint8_t, wifi_signal_bits>(in.data(), in.size()));
      },
      "bits"_a, "A WifiSignal of uint8 (24,), or None.");
  module.def(
      "write_fcs",
      [](const Bytes& bytes) {
        std::vector<std::uint8_t> psdu(bytes.span().begin(), bytes.span().end());
        psdu.resize(psdu.size() + wifi_fcs_bytes);
        unlocked([&] { write_fcs(psdu); });
        return to_bytes(psdu);
      },
      "bytes"_a, "The bytes with their frame check sequence behind them.");
  module.def(
      "fcs_is_good", [](const Bytes& psdu) { return unlocked([&] { return fcs_is_good(psdu.span()); }); },
      "psdu"_a, "Whether the last four bytes are the FCS of those before.");
}

void bind_ht(py::module_& module) {
  Struct<HtSignal>(module, "HtSignal", "The HT-SIG field.")
      .field("mcs", &HtSignal::mcs, "0 to 7 are one stream.")
      .field("wide", &HtSignal::wide, "40 MHz.")
      .field("length", &HtSignal::length, "PSDU bytes.")
      .field("smoothing", &HtSignal::smoothing, "The channel may be smoothed.")
      .field("sounding", &HtSignal::sounding, "Sounding frame.")
      .field("aggregated", &HtSignal::aggregated, "The PSDU is an A-MPDU.")
      .field("stbc", &HtSignal::stbc, "Space-time block coding.")
      .field("ldpc", &HtSignal::ldpc, "Else the K = 7 code.")
      .field("short_guard", &HtSignal::short_guard, "0.4 us.")
      .field("extension_streams", &HtSignal::extension_streams, "0 to 3.");
  module.def(
      "encode_ht_signal",
      [](const HtSignal& signal) { return copied(std::span<const std::uint8_t>(encode_ht_signal(signal))); },
      "signal"_a, "Bits uint8 (48,) of HT-SIG 1 and 2.");
  module.def(
      "parse_ht_signal",
      [](const Bits& bits) {
        const auto in = vector(bits, ht_signal_bits, "bits");
        return parse_ht_signal(std::span<const std::uint8_t, ht_signal_bits>(in.data(), in.size()));
      },
      "bits"_a, "An HtSignal of uint8 (48,), or None.");
  Result<HtMcs>(module, "HtMcs", "Table 19-27.")
      .field("modulation", &HtMcs::modulation, "Of the subcarriers.")
      .field("code_rate", &HtMcs::code_rate, "Punctured.")
      .field("ldpc_rate", &HtMcs::ldpc_rate, "Of the LDPC code.")
      .field("coded_bits_per_symbol", &HtMcs::coded_bits_per_symbol, "N_CBPS.")
      .field("data_bits_per_symbol", &HtMcs::data_bits_per_symbol, "N_DBPS.");
  module.def("ht_mcs", &ht_mcs, "mcs"_a, py::return_value_policy::copy, "Of the table.");
  module.def("ht_is_single_stream", &ht_is_single_stream, "signal"_a, "What is received.");
  module.def("ht_data_symbols", &ht_data_symbols, "signal"_a, "N_SYM.");
  module.def("ht_frame_samples", &ht_frame_samples, "signal"_a, "Of the whole frame.");
  module.def("ht_legacy_length", &ht_legacy_length, "signal"_a, "LENGTH of the L-SIG, or None.");
  module.def("ht_mbps", &ht_mbps, "signal"_a, "Mbit/s in 20 MHz.");
}

void bind_ampdu(py::module_& module) {
  module.def(
      "join_ampdu",
      [](const std::vector<Bytes>& mpdus) {
        std::vector<std::size_t> lengths;
        for (const Bytes& mpdu : mpdus) {
          const std::size_t size = mpdu.span().size();
          require(size >= 1 && size <= ampdu_max_mpdu_bytes,
                  "mpdus: of " + std::to_string(size) + " bytes, must be 1 to 4095");
          lengths.push_back(size);
        }
        std::vector<std::uint8_t> psdu(ampdu_bytes(lengths));
        std::size_t used = 0;
        unlocked([&] {
          for (const Bytes& mpdu : mpdus) used = append_mpdu(psdu, used, mpdu.span());
        });
        return to_bytes(psdu);
      },
      "mpdus"_a, "append_mpdu of all: a PSDU of MPDUs (bytes with their FCS).");
  module.def(
      "split_ampdu",
      [](const Bytes& psdu) {
        std::vector<WifiMpdu> mpdus(psdu.span().size() / 8 + 1);
        unlocked([&] { mpdus.resize(split_ampdu(psdu.span(), mpdus)); });
        py::list out;
        for (const WifiMpdu& mpdu : mpdus) out.append(py::make_tuple(to_bytes(mpdu.bytes), mpdu.fcs_ok));
        return out;
      },
      "psdu"_a, "(bytes, fcs_ok) of the MPDUs of a PSDU that may hold anything.");
}

void bind_codec(py::module_& module) {
  py::class_<WifiEncoder>(module, "WifiEncoder", "Bits as they go to the subcarriers.")
      .def(py::init<>(), "Allocates.")
      .def(
          "encode_signal",
          [](WifiEncoder& self, const WifiSignal& signal) {
            require_idle(&self);
            auto out = new_vector<std::uint8_t>(wifi_signal_coded_bits);
            self.encode_signal(signal, writable(out));
            return out;
          },
          "signal"_a, "uint8 (48,).")
      .def(
          "encode_data",
          [](WifiEncoder& self, WifiRate rate, const Bytes& psdu, std::uint8_t scrambler_state) {
            const std::size_t size = psdu.span().size();
            require(size >= 1 && size <= wifi_max_psdu_bytes, "psdu: must be 1 to 4095 bytes");
            require(scrambler_state >= 1 && scrambler_state <= 127, "scrambler_state: must be 1 to 127");
            auto out = new_vector<std::uint8_t>(wifi_data_symbols(rate, size) *
                                                wifi_rate(rate).coded_bits_per_symbol);
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.encode_data(rate, psdu.span(), scrambler_state, to);
            }
            return out;
          },
          "rate"_a, "psdu"_a, "scrambler_state"_a = 0x5D, "uint8 (symbols * N_CBPS,).")
      .def(
          "encode_ht_data",
          [](WifiEncoder& self, HtSignal signal, const Bytes& psdu, std::uint8_t scrambler_state) {
            require(psdu.span().size() <= 65535, "psdu: at most 65535 bytes");
            require(scrambler_state >= 1 && scrambler_state <= 127, "scrambler_state: must be 1 to 127");
            signal.length = static_cast<std::uint16_t>(psdu.span().size());
            require(ht_legacy_length(signal).has_value(), "signal: not of a single stream, or too long");
            auto out =
                new_vector<std::uint8_t>(ht_data_symbols(signal) * ht_mcs(signal.mcs).coded_bits_per_symbol);
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.encode_ht_data(signal, psdu.span(), scrambler_state, to);
            }
            return out;
          },
          "signal"_a, "psdu"_a, "scrambler_state"_a = 0x5D,
          "uint8 (symbols * N_CBPS,); length is set by psdu.");
  py::class_<WifiDecoder> decoder(module, "WifiDecoder", "Soft bits as they come from the subcarriers.");
  Struct<WifiDecoder::Config>(decoder, "Config", "Of the decoder.")
      .field("signal_evidence_nats", &WifiDecoder::Config::signal_evidence_nats, "0 to 33.");
  init_from_config(decoder, "Of a Config or its fields.");
  decoder
      .def(
          "decode_signal",
          [](WifiDecoder& self, const In<Llr>& llrs) {
            require_idle(&self);
            return self.decode_signal(vector(llrs, wifi_signal_coded_bits, "llrs"));
          },
          "llrs"_a, "A WifiSignal of int8 (48,), or None.")
      .def(
          "decode_data",
          [](WifiDecoder& self, WifiRate rate, const In<Llr>& llrs, std::size_t psdu_bytes) {
            require(psdu_bytes >= 1 && psdu_bytes <= wifi_max_psdu_bytes, "psdu_bytes: must be 1 to 4095");
            const auto in = vector(
                llrs, wifi_data_symbols(rate, psdu_bytes) * wifi_rate(rate).coded_bits_per_symbol, "llrs");
            std::vector<std::uint8_t> psdu(psdu_bytes);
            {
              const LongCall call(&self);
              self.decode_data(rate, in, psdu);
            }
            return to_bytes(psdu);
          },
          "rate"_a, "llrs"_a, "psdu_bytes"_a,
          "The PSDU of int8 (symbols * N_CBPS,). Whether it is right only the FCS can tell.")
      .def(
          "decode_ht_data",
          [](WifiDecoder& self, HtSignal signal, const In<Llr>& llrs) {
            require(ht_legacy_length(signal).has_value(), "signal: not of a single stream, or too long");
            const auto in =
                vector(llrs, ht_data_symbols(signal) * ht_mcs(signal.mcs).coded_bits_per_symbol, "llrs");
            std::vector<std::uint8_t> psdu(signal.length);
            {
              const LongCall call(&self);
              self.decode_ht_data(signal, in, psdu);
            }
            return to_bytes(psdu);
          },
          "signal"_a, "llrs"_a, "The PSDU of int8 (symbols * N_CBPS,).");
}

}  // namespace

void bind_frame_wifi(py::module_& module) {
  bind_legacy(module);
  bind_ht(module);
  bind_ampdu(module);
  bind_codec(module);
}

}  // namespace boresight::python
