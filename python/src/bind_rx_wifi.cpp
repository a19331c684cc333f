// The Wi-Fi receiver and its probe.
#include "bindings.h"
#include "boresight/rx/wifi_probe.h"
#include "boresight/rx/wifi_receiver.h"

namespace boresight::python {
namespace {

using namespace boresight::rx;  // NOLINT(google-build-using-namespace)
using modem::Llr;

// A list of values symbol after symbol as rows.
template <typename T, typename Vector>
py::array_t<T> rows_of_symbols(const Vector& values, std::size_t symbols, std::size_t columns,
                               const py::object& owner) {
  if (symbols > 0) columns = values.size() / symbols;
  return view(Grid<const T>(values.data(), symbols, columns), owner);
}

// Not while a receiver writes there: sizes and contents would not fit each other.
const auto& frame_of(const WifiProbe& probe) {
  require_idle(&probe);
  return probe.frame();
}

void bind_probe(py::module_& module) {
  py::class_<WifiProbe> probe(module, "WifiProbe",
                              "What the stages of a Wi-Fi receiver held, of the frame that ended last: read, "
                              "damaged or cut. Views are "
                              "valid until the frame after the next push begins; copy() keeps them.");
  probe.def(py::init<>(), "5 MB of buffers; attach it with set_probe().")
      .def_property_readonly("frames", &WifiProbe::frames, "That ended so far.")
      .def_property_readonly(
          "start_sample", [](const WifiProbe& self) { return frame_of(self).start_sample; },
          "First sample of the short training field.")
      .def_property_readonly(
          "correlation_start", [](const WifiProbe& self) { return frame_of(self).correlation_start; },
          "First sample of the window of the first of correlation_2; they are 16 samples apart.")
      .def_property_readonly(
          "amplitudes_start", [](const WifiProbe& self) { return frame_of(self).amplitudes_start; },
          "Sample of the first of amplitudes.")
      .def_property_readonly(
          "header_equalized",
          [](const py::object& self) {
            const auto& f = frame_of(self.cast<const WifiProbe&>());
            return rows_of_symbols<cf32>(f.header_equalized, f.header_symbols, frame::wifi_data_carriers,
                                         self);
          },
          "SIGNAL, and of HT frames HT-SIG's two symbols turned to the I axis, complex64 (1 or 3, 48), "
          "lowest "
          "frequency first, a view.")
      .def_property_readonly(
          "header_llr",
          [](const py::object& self) {
            const auto& f = frame_of(self.cast<const WifiProbe&>());
            return rows_of_symbols<Llr>(f.header_llr, f.header_symbols, frame::wifi_data_carriers, self);
          },
          "Their soft bits, interleaved as received, int8 (1 or 3, 48), a view.")
      .def_property_readonly(
          "equalized",
          [](const py::object& self) {
            const auto& f = frame_of(self.cast<const WifiProbe&>());
            return rows_of_symbols<cf32>(f.equalized, f.symbols, f.carriers, self);
          },
          "Data symbols, complex64 (symbols, 48; HT: 52), lowest frequency first, as last looked at; a view.")
      .def_property_readonly(
          "llr",
          [](const py::object& self) {
            const auto& f = frame_of(self.cast<const WifiProbe&>());
            return rows_of_symbols<Llr>(f.llr, f.symbols, f.carriers, self);
          },
          "Their soft bits, interleaved as received, int8 (symbols, coded bits), a view.");
  view_property(
      probe, "correlation_2",
      [](const WifiProbe& self) { return std::span<const float>(self.frame().correlation_2); },
      "|rho|^2 of the short training's windows up to the detection, one every 16 samples, float32 (n,), a "
      "view.");
  view_property(
      probe, "amplitudes",
      [](const WifiProbe& self) { return std::span<const float>(self.frame().amplitudes); },
      "What the place of the first long training symbol was chosen by, at every sample, float32 (n,), a "
      "view.");
  view_property(
      probe, "channel", [](const WifiProbe& self) { return std::span<const cf32>(self.frame().channel); },
      "That data are read through, complex64 (64,), FFT order; windows open 4 samples early; a view.");
  view_property(
      probe, "noise_variance",
      [](const WifiProbe& self) { return std::span<const float>(self.frame().noise_variance); },
      "Per subcarrier as received, float32 (64,), FFT order, a view.");
}

void bind_receiver(py::module_& module) {
  Enum<WifiFormat>(module, "WifiFormat", "Of a frame.")
      .value("legacy", WifiFormat::legacy)
      .value("ht", WifiFormat::ht);
  struct OwnedWifiFrame : WifiFrame {
    OwnedWifiFrame() = default;
    explicit OwnedWifiFrame(const WifiFrame& f) : WifiFrame(f), bytes(f.psdu.begin(), f.psdu.end()) {
      for (const frame::WifiMpdu& mpdu : f.mpdus) {
        parts.emplace_back(std::vector<std::uint8_t>(mpdu.bytes.begin(), mpdu.bytes.end()), mpdu.fcs_ok);
      }
      psdu = {};
      mpdus = {};
    }
    std::vector<std::uint8_t> bytes;
    std::vector<std::pair<std::vector<std::uint8_t>, bool>> parts;
  };
  Result<OwnedWifiFrame>(module, "WifiFrame", "One frame whose header was read.")
      .field("start_sample", &WifiFrame::start_sample, "First sample of the short training field.")
      .field("end_sample", &WifiFrame::end_sample, "One past the last data symbol.")
      .field("format", &WifiFrame::format, "legacy or ht.")
      .field("rate", &WifiFrame::rate, "Of legacy frames.")
      .field("ht", &WifiFrame::ht, "Of HT frames.")
      .field("rate_mbps", &WifiFrame::rate_mbps, "Mbit/s.")
      .field("psdu_length", &WifiFrame::psdu_length, "Bytes.")
      .field("fcs_ok", &WifiFrame::fcs_ok, "There is an MPDU and every FCS is right.")
      .property(
          "psdu", [](const OwnedWifiFrame& self) { return to_bytes(self.bytes); },
          [](OwnedWifiFrame& self, py::handle bytes) { self.bytes = from_bytes(bytes); }, "bytes.")
      .property(
          "mpdus",
          [](const OwnedWifiFrame& self) {
            py::list list;
            for (const auto& [bytes, ok] : self.parts) list.append(py::make_tuple(to_bytes(bytes), ok));
            return list;
          },
          [](OwnedWifiFrame& self, py::handle list) {
            for (const py::handle pair : list) {
              const auto both = py::reinterpret_borrow<py::tuple>(pair);
              self.parts.emplace_back(from_bytes(both[0]), both[1].cast<bool>());
            }
          },
          "(bytes, fcs_ok) of the PSDU itself, or of what its A-MPDU holds.")
      .field("carrier_offset_hz", &WifiFrame::carrier_offset_hz, "Of the carrier.")
      .field("snr_db", &WifiFrame::snr_db, "Per subcarrier.")
      .field("mer_db", &WifiFrame::mer_db, "Of all data symbols.");
  Result<WifiStats>(module, "WifiStats", "Counters.")
      .field("samples", &WifiStats::samples, "Pushed.")
      .field("cleaned_samples", &WifiStats::cleaned_samples, "Not finite: taken as zero.")
      .field("detections", &WifiStats::detections, "Short training fields.")
      .field("preambles", &WifiStats::preambles, "With a long one.")
      .field("signal_errors", &WifiStats::signal_errors, "Damaged headers.")
      .field("unsupported", &WifiStats::unsupported, "Sound headers of what is not received.")
      .field("frames", &WifiStats::frames, "Handed over.")
      .field("fcs_ok", &WifiStats::fcs_ok, "Of them.")
      .field("truncated", &WifiStats::truncated, "Cut by the end.")
      .field("second_looks", &WifiStats::second_looks, "Frames decoded again.")
      .field("transformed_symbols", &WifiStats::transformed_symbols, "FFTs of 64.")
      .field("decoded_bits", &WifiStats::decoded_bits, "Through a decoder.");
  using Receiver = Probed<WifiReceiver, WifiProbe>;
  py::class_<Receiver> receiver(module, "WifiReceiver", "IEEE 802.11 OFDM frames from a stream of samples.");
  using Config = WifiReceiver::Config;
  Struct<Config>(receiver, "Config", "Of the receiver.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "20e6, 10e6 or 5e6.")
      .field("short_training_false_alarm_rate", &Config::short_training_false_alarm_rate, "Per evaluation.")
      .field("long_training_false_alarm_rate", &Config::long_training_false_alarm_rate, "Per search.")
      .field("signal_evidence_nats", &Config::signal_evidence_nats, "See frame.WifiDecoder.");
  init_from_config<Receiver, Config>(receiver, "Of a Config or its fields.");
  bind_set_probe(receiver, "A WifiProbe, or None. The receiver keeps it alive until it has another.");
  receiver
      .def(
          "push",
          [](Receiver& self, const In<cf32>& samples) {
            const auto in = vector(samples, "samples");
            std::vector<OwnedWifiFrame> frames;
            const LongCall call{&self, self.probe};
            self.push(in, [&](const WifiFrame& frame) { frames.emplace_back(frame); });
            return frames;
          },
          "samples"_a, "Any number of samples, complex64 (n,): the WifiFrames that ended in them.")
      .def(
          "flush",
          [](Receiver& self) {
            std::vector<OwnedWifiFrame> frames;
            const LongCall call{&self, self.probe};
            self.flush([&](const WifiFrame& frame) { frames.emplace_back(frame); });
            return frames;
          },
          "The recording ends here; the next sample is number 0.")
      .def_property_readonly(
          "stats", [](const Receiver& self) { return WifiStats(self.stats()); }, "A copy.");
  receiver.def_property_readonly(
      "equalized",
      [](const Receiver& self) {
        require_idle(&self);
        return copied(self.equalized());
      },
      "Probe: the last frame, complex64 (data symbols, 48; HT: 52), a copy.");
  view_property(
      receiver, "channel", &WifiReceiver::channel,
      "Probe: of the last frame or preamble, complex64 (64,), FFT order; of HT data from HT-LTF; a view.");
  view_property(receiver, "noise_variance", &WifiReceiver::noise_variance, "Probe: float32 (64,), a view.");
}

}  // namespace

void bind_rx_wifi(py::module_& module) {
  bind_probe(module);
  bind_receiver(module);
}

}  // namespace boresight::python
