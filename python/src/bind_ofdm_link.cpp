// The burst link on any numerology: frame/ofdm_burst.h, tx/ofdm_transmitter.h, rx/ofdm_receiver.h.
#include "bindings.h"
#include "boresight/frame/ofdm_burst.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/rx/ofdm_probe.h"
#include "boresight/rx/ofdm_receiver.h"
#include "boresight/tx/ofdm_transmitter.h"

namespace boresight::python {
namespace {

using frame::Header;
using frame::OfdmBurst;
using rx::OfdmReceiver;
using tx::OfdmTransmitter;

// An OfdmReception that owns its payload.
struct Reception : rx::OfdmReception {
  Reception() = default;
  explicit Reception(const rx::OfdmReception& r)
      : rx::OfdmReception(r), bytes(r.payload.begin(), r.payload.end()) {
    payload = {};
  }
  std::vector<std::uint8_t> bytes;
};

// What frames a burst, with the burst.
template <typename T>
struct WithBurst {
  template <typename Options>
  WithBurst(const OfdmBurst& layout, const Options& options) : burst(layout), framer(burst, options) {}
  WithBurst(const WithBurst&) = delete;
  WithBurst& operator=(const WithBurst&) = delete;
  OfdmBurst burst;
  T framer;
};

void require_header(const Header& header) {
  require(header.payload_bytes <= frame::ofdm_burst_max_payload_bytes,
          "header: payload of " + std::to_string(header.payload_bytes) + " bytes, at most " +
              std::to_string(frame::ofdm_burst_max_payload_bytes));
}

void bind_framer(py::module_& module) {
  using Framer = WithBurst<frame::OfdmFramer>;
  py::class_<Framer>(module, "OfdmFramer", "Header and payload of a burst to constellation points.")
      .def(py::init<const OfdmBurst&, std::size_t>(), "burst"_a, "max_payload_bytes"_a = std::size_t{4096},
           "max_payload_bytes: 1 to 16384.")
      .def(
          "header",
          [](Framer& self, const Header& header) {
            require_idle(&self);
            require_header(header);
            auto out = new_vector<cf32>(self.burst.header_coded_bits() / 2);
            self.framer.header(header, writable(out));
            return out;
          },
          "header"_a, "Points of the header's data subcarriers, complex64 (header_coded_bits / 2,).")
      .def(
          "payload",
          [](Framer& self, Header header, const Bytes& payload) {
            require_header(header);
            auto out = new_vector<cf32>(self.burst.payload_carriers(header));
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.framer.payload(header, payload.span(), to);
            }
            return out;
          },
          "header"_a, "payload"_a, "Points of the payload's, complex64 (payload_carriers(header),).");
}

void bind_deframer(py::module_& module) {
  using frame::Deframer;
  using Config = frame::OfdmDeframer::Config;
  struct BurstDeframer : WithBurst<frame::OfdmDeframer> {
    BurstDeframer(const OfdmBurst& layout, const Config& c) : WithBurst(layout, c), config(c) {}
    Config config;
  };
  py::class_<BurstDeframer> deframer(module, "OfdmDeframer", "Soft bits of a burst to header and payload.");
  Struct<Config>(deframer, "Config", "Of the decoder.")
      .field("max_payload_bytes", &Config::max_payload_bytes, "1 to 16384.")
      .field("max_iterations", &Config::max_iterations, "Per code block, 1 to 1000.");
  deframer
      .def(py::init<const OfdmBurst&, const Config&>(), "burst"_a,
           py::arg_v("config", Config{}, "OfdmDeframer.Config()"), "ConfigError for values out of range.")
      .def_property_readonly(
          "max_coded_bits", [](const BurstDeframer& self) { return self.framer.max_coded_bits(); },
          "The most soft bits that payload() takes.")
      .def(
          "header",
          [](BurstDeframer& self, const In<modem::Llr>& llr) {
            const auto in = vector(llr, self.burst.header_coded_bits(), "llr");
            std::vector<modem::Llr> scratch(in.begin(), in.end());
            const LongCall call(&self);
            return self.framer.header(scratch);
          },
          "llr"_a, "A Header of soft bits int8 (header_coded_bits,), or None. The input stays as it is.")
      .def(
          "payload",
          [](BurstDeframer& self, Header header, const In<modem::Llr>& llr) {
            require(header.payload_bytes <= self.config.max_payload_bytes,
                    "header: payload of " + std::to_string(header.payload_bytes) + " bytes, at most " +
                        std::to_string(self.config.max_payload_bytes));
            const unsigned bits = frame::mcs_info(header.mcs).bits_per_symbol;
            const auto in = vector(llr, self.burst.payload_carriers(header) * bits, "llr");
            std::vector<modem::Llr> scratch(in.begin(), in.end());
            std::vector<std::uint8_t> payload(header.payload_bytes);
            Deframer::Payload result;
            {
              const LongCall call(&self);
              result = self.framer.payload(header, scratch, payload);
            }
            return std::make_pair(to_bytes(payload), result);
          },
          "header"_a, "llr"_a,
          "(bytes, right or wrong, and a Deframer.Payload) of soft bits int8 (payload_carriers(header) * "
          "bits "
          "per symbol,). The input stays as it is.");
}

// Not while a receiver writes there: sizes and contents would not fit each other.
const auto& burst_of(const rx::OfdmProbe& probe) {
  require_idle(&probe);
  return probe.burst();
}

void bind_probe(py::module_& module) {
  using rx::OfdmProbe;
  py::class_<OfdmProbe> probe(
      module, "OfdmProbe",
      "What the stages of a burst receiver held, of the burst that ended last: read, damaged or cut. Views "
      "are valid until the burst after the next push begins; copy() keeps them.");
  init_from_config<OfdmProbe, OfdmReceiver::Config>(
      probe, "Of the receiver's Config or its fields: buffers of two of the longest bursts.");
  probe.def_property_readonly("bursts", &OfdmProbe::bursts, "That ended so far.")
      .def_property_readonly(
          "start_sample", [](const OfdmProbe& self) { return burst_of(self).start_sample; },
          "Of the first part, as the training placed it.")
      .def_property_readonly(
          "symbols", [](const OfdmProbe& self) { return burst_of(self).symbols; },
          "Of header and payload that were read.")
      .def_property_readonly(
          "metric_start", [](const OfdmProbe& self) { return burst_of(self).metric_start; },
          "Sample at which the parts begin that the first of metric is of.")
      .def_property_readonly(
          "metric_stride", [](const OfdmProbe& self) { return burst_of(self).metric_stride; },
          "Samples from one of metric to the next.")
      .def_property_readonly(
          "channel",
          [](const py::object& self) {
            const auto& b = burst_of(self.cast<const OfdmProbe&>());
            const std::size_t span = b.antennas > 0 ? b.channel.size() / b.antennas : 0;
            return view(Grid<const cf32>(b.channel.data(), b.antennas, span), self);
          },
          "As last estimated, complex64 (antennas, span of used subcarriers), lowest frequency first; "
          "windows "
          "open (prefix - taper) / 8 samples early (rounded up, 8 at most); a view.");
  view_property(
      probe, "metric", [](const OfdmProbe& self) { return std::span<const float>(self.burst().metric); },
      "Of the repetition search up to the detection, float32 (n,), a view.");
  view_property(
      probe, "snr", [](const OfdmProbe& self) { return std::span<const float>(self.burst().snr); },
      "After combining, linear, float32 (span,), a view.");
  view_property(
      probe, "header_equalized",
      [](const OfdmProbe& self) { return std::span<const cf32>(self.burst().header_equalized); },
      "The header's data subcarriers, symbol after symbol, complex64 (n,), a view.");
  view_property(
      probe, "header_llr",
      [](const OfdmProbe& self) { return std::span<const modem::Llr>(self.burst().header_llr); },
      "Their soft bits as received (scrambled), int8 (2 n,), a view.");
  view_property(
      probe, "equalized", [](const OfdmProbe& self) { return std::span<const cf32>(self.burst().equalized); },
      "The payload's data subcarriers, symbol after symbol, complex64 (n,), a view.");
  view_property(
      probe, "llr", [](const OfdmProbe& self) { return std::span<const modem::Llr>(self.burst().llr); },
      "Their soft bits as received (scrambled), int8 (n * bits,), a view.");
}

}  // namespace

void bind_frame_ofdm(py::module_& module) {
  module.attr("ofdm_burst_max_payload_bytes") = frame::ofdm_burst_max_payload_bytes;
  py::class_<OfdmBurst> burst(module, "OfdmBurst", "What stands where in a burst on any numerology.");
  burst
      .def(py::init<const ofdm::Numerology&>(), "numerology"_a,
           "ConfigError for one that is too small, too narrow or without data subcarriers.")
      .def_property_readonly("numerology", &OfdmBurst::numerology, "Of its symbols.")
      .def_property_readonly("part_samples", &OfdmBurst::part_samples, "Of one part of the repetition.")
      .def_property_readonly("repetition_samples", &OfdmBurst::repetition_samples, "Of all parts.")
      .def_property_readonly("preamble_samples", &OfdmBurst::preamble_samples, "Repetition and training.")
      .def_property_readonly("header_symbols", &OfdmBurst::header_symbols, "How many.")
      .def_property_readonly("header_coded_bits", &OfdmBurst::header_coded_bits, "On their data subcarriers.")
      .def_property_readonly("amplitude", &OfdmBurst::amplitude, "Of points and pilots on the air.")
      .def(
          "data_carriers",
          [](const OfdmBurst& self, std::size_t symbol) { return copied(self.data_carriers(symbol)); },
          "symbol"_a,
          "Indices uint16 (n,), FFT order, from the most negative frequency on; the header's first "
          "symbol is 0.")
      .def(
          "pilot_carriers",
          [](const OfdmBurst& self, std::size_t symbol) { return copied(self.pilot_carriers(symbol)); },
          "symbol"_a, "Indices uint16 (n,).")
      .def(
          "pilot_values",
          [](const OfdmBurst& self, std::size_t symbol) {
            auto out = new_vector<cf32>(self.pilot_carriers(symbol).size());
            self.pilot_values(symbol, writable(out));
            return out;
          },
          "symbol"_a, "Of modulus 1, complex64 (n,).")
      .def("payload_symbols", &OfdmBurst::payload_symbols, "header"_a, "Behind the header.")
      .def("payload_carriers", &OfdmBurst::payload_carriers, "header"_a, "Their data subcarriers.")
      .def("samples", &OfdmBurst::samples, "header"_a, "Of the whole burst.");
  view_property(burst, "part", &OfdmBurst::part,
                "A's spectrum, complex64 (part_samples,), FFT order, a view.");
  view_property(burst, "training", &OfdmBurst::training, "T's subcarriers, complex64 (fft_size,), a view.");
  view_property(burst, "used_carriers", &OfdmBurst::used_carriers, "By any symbol, uint16 (n,), a view.");
  bind_framer(module);
  bind_deframer(module);
}

void bind_tx_ofdm(py::module_& module) {
  py::class_<OfdmTransmitter> transmitter(module, "OfdmTransmitter",
                                          "A payload becomes one burst of samples.");
  Struct<OfdmTransmitter::Config>(transmitter, "Config", "Of the transmitter.")
      .field("numerology", &OfdmTransmitter::Config::numerology, "Of the burst.")
      .field("max_payload_bytes", &OfdmTransmitter::Config::max_payload_bytes, "1 to 16384.")
      .field("oversampling", &OfdmTransmitter::Config::oversampling, "1 to 16.");
  init_from_config(transmitter, "Of a Config or its fields.");
  transmitter
      .def(
          "transmit",
          [](OfdmTransmitter& self, frame::Mcs mcs, std::uint32_t sequence, const Bytes& payload) {
            auto out = new_vector<cf32>(self.burst_samples(mcs, payload.span().size()));
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.transmit(mcs, sequence, payload.span(), to);
            }
            return out;
          },
          "mcs"_a, "sequence"_a, "payload"_a, "One burst of unit mean power, complex64 (burst_samples,).")
      .def("burst_samples", &OfdmTransmitter::burst_samples, "mcs"_a, "payload_bytes"_a, "Of one burst.")
      .def_property_readonly("burst", &OfdmTransmitter::burst, "A frame.OfdmBurst.");
}

void bind_rx_ofdm(py::module_& module) {
  Enum<rx::OfdmEstimator>(module, "OfdmEstimator", "How the channel comes from what is known.")
      .value("least_squares", rx::OfdmEstimator::least_squares)
      .value("dft", rx::OfdmEstimator::dft)
      .value("lmmse", rx::OfdmEstimator::lmmse);
  Enum<rx::OfdmCombining>(module, "OfdmCombining", "How antennas become one.")
      .value("maximum_ratio", rx::OfdmCombining::maximum_ratio)
      .value("interference_rejection", rx::OfdmCombining::interference_rejection);
  using R = rx::OfdmReception;
  Result<Reception>(module, "OfdmReception", "One burst whose header was read.")
      .field("start_sample", &R::start_sample, "Of the first part, from the first sample pushed.")
      .field("start_fraction", &R::start_fraction, "To be added, -0.5 to 0.5.")
      .field("header", &R::header, "A frame.Header.")
      .field("ok", &R::ok, "The payload passed its CRCs.")
      .property(
          "payload", [](const Reception& self) { return to_bytes(self.bytes); },
          [](Reception& self, py::handle bytes) { self.bytes = from_bytes(bytes); },
          "bytes, empty unless ok.")
      .field("carrier_offset_hz", &R::carrier_offset_hz, "As followed to the last symbol.")
      .field("clock_offset_ppm", &R::clock_offset_ppm, "Positive: the signal's clock is slow.")
      .field("snr_db", &R::snr_db, "Per subcarrier, after combining.")
      .field("effective_snr_db", &R::effective_snr_db, "Of a flat channel of the same capacity.")
      .field("mer_db", &R::mer_db, "Of the equalized pilots.")
      .field("bridged_symbols", &R::bridged_symbols, "In which the pilots were not seen.")
      .field("code_blocks", &R::code_blocks, "How many.")
      .field("code_blocks_failed", &R::code_blocks_failed, "Of them.")
      .field("ldpc_iterations", &R::ldpc_iterations, "Over all code blocks.");
  using Stats = rx::OfdmReceiverStats;
  Result<Stats>(module, "OfdmReceiverStats", "Counters.")
      .field("samples", &Stats::samples, "Per antenna.")
      .field("cleaned_samples", &Stats::cleaned_samples, "Not finite or absurd: zero.")
      .field("detections", &Stats::detections, "Repetitions.")
      .field("preambles", &Stats::preambles, "Followed by the training.")
      .field("headers_failed", &Stats::headers_failed, "Headers.")
      .field("too_long", &Stats::too_long, "Payloads beyond the maximum.")
      .field("bursts_ok", &Stats::bursts_ok, "Payloads read.")
      .field("payloads_failed", &Stats::payloads_failed, "Payloads lost.")
      .field("truncated", &Stats::truncated, "Cut by the end.")
      .field("transformed_symbols", &Stats::transformed_symbols, "FFTs of all antennas.");
  using Config = OfdmReceiver::Config;
  using Rx = Probed<Configured<OfdmReceiver>, rx::OfdmProbe>;
  py::class_<Rx> receiver(module, "OfdmReceiver", "Streams of one or several antennas in, payloads out.");
  Struct<Config>(receiver, "Config", "Of the receiver.")
      .field("numerology", &Config::numerology, "Of the bursts.")
      .field("antennas", &Config::antennas, "1 to 16.")
      .field("max_payload_bytes", &Config::max_payload_bytes, "1 to 16384.")
      .field("false_alarm_rate", &Config::false_alarm_rate, "Per metric of the repetition search.")
      .field("training_false_alarm_probability", &Config::training_false_alarm_probability, "1e-12 to 0.1.")
      .field("max_offset_carriers", &Config::max_offset_carriers, "Subcarriers, 0 to 64.")
      .field("estimator", &Config::estimator, "Of the channel.")
      .field("max_delay_samples", &Config::max_delay_samples, "0: the prefix, at most 64.")
      .field("follow_symbols", &Config::follow_symbols, "0: the channel's shape stays.")
      .field("combining", &Config::combining, "Of the antennas.")
      .field("tone_canceller", &Config::tone_canceller, "sync.ToneCanceller.Config, of each antenna.")
      .field("phase_walk_variance", &Config::phase_walk_variance, "rad^2 per symbol.")
      .field("rate_walk_variance", &Config::rate_walk_variance, "(rad per symbol)^2.")
      .field("gain_walk_variance", &Config::gain_walk_variance, "Per symbol.")
      .field("max_clock_offset_ppm", &Config::max_clock_offset_ppm, "0 to 500.")
      .field("max_iterations", &Config::max_iterations, "Per code block.");
  bind_probe(module);
  init_from_config<Rx, Config>(receiver, "Of a Config or its fields.");
  bind_set_probe(
      receiver,
      "An OfdmProbe of the same Config, or None. The receiver keeps it alive until it has another.");
  receiver
      .def(
          "push",
          [](Rx& self, const In<cf32>& samples) {
            const auto in = row_or_rows(samples, "samples");
            require(in.rows() == self.config.antennas,
                    "samples: must have " + std::to_string(self.config.antennas) + " rows");
            std::vector<Reception> bursts;
            const LongCall call{&self, self.probe};
            self.push(in, [&](const rx::OfdmReception& burst) { bursts.emplace_back(burst); });
            return bursts;
          },
          "samples"_a,
          "complex64 (antennas, n), of one antenna also (n,), any n: the OfdmReceptions that ended. A NaN "
          "costs at "
          "most its symbols.")
      .def(
          "flush",
          [](Rx& self) {
            std::vector<Reception> bursts;
            const LongCall call{&self, self.probe};
            self.flush([&](const rx::OfdmReception& burst) { bursts.emplace_back(burst); });
            return bursts;
          },
          "The stream ends here; the next sample is number 0.")
      .def_property_readonly(
          "burst", [](const Rx& self) { return OfdmBurst(self.burst()); }, "A frame.OfdmBurst.")
      .def_property_readonly(
          "stats", [](const Rx& self) { return Stats(self.stats()); }, "A copy.")
      .def_property_readonly(
          "equalized",
          [](const Rx& self) {
            require_idle(&self);
            return copied(self.equalized());
          },
          "Probe: data subcarriers of the last symbol, complex64 (n,), a copy.")
      .def_property_readonly(
          "snr",
          [](const Rx& self) {
            require_idle(&self);
            return copied(self.snr());
          },
          "Probe: linear, over the span of used subcarriers, float32 (n,), a copy.")
      .def_property_readonly(
          "channel",
          [](const Rx& self) {
            require_idle(&self);
            return copied(self.channel());
          },
          "Probe: over that span, complex64 (antennas, n), a copy.");
}

}  // namespace boresight::python
