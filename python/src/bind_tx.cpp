// Transmitters: payloads to samples.
#include "bindings.h"
#include "boresight/tx/ku_transmitter.h"
#include "boresight/tx/wifi_transmitter.h"

namespace boresight::python {

void bind_tx(py::module_& module) {
  using tx::KuTransmitter;
  using tx::WifiTransmitter;
  py::class_<KuTransmitter> ku(module, "KuTransmitter", "A payload becomes one ku frame of samples.");
  Struct<KuTransmitter::Config>(ku, "Config", "Of the transmitter.")
      .field("oversampling", &KuTransmitter::Config::oversampling,
             "Output samples per sample of the waveform; 4 where they will be resampled (another clock): at "
             "1 it "
             "fills its band.");
  init_from_config(ku, "Of a Config or its fields.");
  ku.def(
        "transmit",
        [](KuTransmitter& self, frame::Mcs mcs, std::uint32_t sequence, const Bytes& payload) {
          auto out = new_vector<cf32>(self.frame_samples());
          const auto to = writable(out);
          {
            const LongCall call(&self);
            self.transmit(mcs, sequence, payload.span(), to);
          }
          return out;
        },
        "mcs"_a, "sequence"_a, "payload"_a,
        "One frame of unit mean power over its non-silent part, complex64 (frame_samples,).")
      .def_property_readonly("frame_samples", &KuTransmitter::frame_samples, "320,000 x oversampling.");

  py::class_<WifiTransmitter> wifi(module, "WifiTransmitter", "A PSDU becomes an IEEE 802.11 OFDM frame.");
  Struct<WifiTransmitter::Config>(wifi, "Config", "Of the transmitter.")
      .field("oversampling", &WifiTransmitter::Config::oversampling, "1 to 16.");
  init_from_config(wifi, "Of a Config or its fields.");
  wifi.def(
          "transmit",
          [](WifiTransmitter& self, frame::WifiRate rate, const Bytes& psdu, std::uint8_t scrambler_state) {
            const std::size_t size = psdu.span().size();
            require(size >= 1 && size <= frame::wifi_max_psdu_bytes,
                    "psdu: " + std::to_string(size) + " bytes, must be 1 to 4095");
            auto out = new_vector<cf32>(self.frame_samples(rate, size));
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.transmit(rate, psdu.span(), scrambler_state, to);
            }
            return out;
          },
          "rate"_a, "psdu"_a, "scrambler_state"_a = 0x5D,
          "A legacy frame, complex64 (n,), of a PSDU that ends in its FCS (frame.write_fcs).")
      .def(
          "transmit_ht",
          [](WifiTransmitter& self, frame::HtSignal signal, const Bytes& psdu, std::uint8_t scrambler_state) {
            require(psdu.span().size() <= 65535, "psdu: at most 65535 bytes");
            signal.length = static_cast<std::uint16_t>(psdu.span().size());
            require(frame::ht_legacy_length(signal).has_value(),
                    "signal: not of a single stream, without data, or longer than its L-SIG can announce");
            auto out = new_vector<cf32>(self.frame_samples(signal));
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.transmit(signal, psdu.span(), scrambler_state, to);
            }
            return out;
          },
          "signal"_a, "psdu"_a, "scrambler_state"_a = 0x5D,
          "An HT frame, complex64 (n,); signal.length is set by psdu.");
}

}  // namespace boresight::python
