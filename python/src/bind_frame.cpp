// The ku frame: header, modulation and coding, framer, file carousel, link adaptation.

#include "bindings.h"
#include "boresight/frame/carousel.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/header.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/frame/link_adaptation.h"

namespace boresight::python {
namespace {

using namespace boresight::frame;  // NOLINT(google-build-using-namespace)
using modem::Llr;

void bind_header(py::module_& module) {
  Enum<Mcs>(module, "Mcs", "Modulation and coding of a payload.")
      .value("qpsk_1_3", Mcs::qpsk_1_3)
      .value("qpsk_1_2", Mcs::qpsk_1_2)
      .value("qpsk_3_4", Mcs::qpsk_3_4)
      .value("qam16_1_2", Mcs::qam16_1_2)
      .value("qam16_3_4", Mcs::qam16_3_4)
      .value("qam64_2_3", Mcs::qam64_2_3)
      .value("qam64_5_6", Mcs::qam64_5_6)
      .value("qam256_3_4", Mcs::qam256_3_4)
      .value("qam256_5_6", Mcs::qam256_5_6)
      .value("qam1024_3_4", Mcs::qam1024_3_4);
  Result<McsInfo>(module, "McsInfo", "What is known of an Mcs.")
      .property(
          "name", [](const McsInfo& self) { return std::string(self.name); },
          [](McsInfo& self, py::handle name) {
            self = mcs_info(mcs_from_name(name.cast<std::string>()).value());
          },
          "qpsk_1_2, for example.")
      .field("bits_per_symbol", &McsInfo::bits_per_symbol, "2 to 10.")
      .field("code_rate", &McsInfo::code_rate, "Of a full frame.")
      .field("threshold_snr_db", &McsInfo::threshold_snr_db, "Es/N0 at which one full frame of 100 is lost.");
  module.def("mcs_info", &mcs_info, "mcs"_a, py::return_value_policy::copy, "McsInfo of the table.");
  module.def("mcs_from_name", &mcs_from_name, "name"_a, "The Mcs of that name, or None.");
  module.def("max_payload_bytes", &max_payload_bytes, "mcs"_a, "The longest payload of one frame.");
  Struct<Header>(module, "Header", "Header fields as they travel.")
      .field("mcs", &Header::mcs, "Of the payload.")
      .field("payload_bytes", &Header::payload_bytes, "0 to max_payload_bytes(mcs).")
      .field("sequence", &Header::sequence, "Counts frames, modulo 2^32.");
  module.def(
      "pack", [](const Header& header) { return to_bytes(pack(header)); }, "header"_a,
      "10 bytes on the air.");
  module.def(
      "unpack",
      [](const Bytes& bytes) -> std::optional<Header> {
        require(bytes.span().size() == header_bytes, "bytes: must be 10");
        return unpack(std::span<const std::uint8_t, header_bytes>(bytes.span().data(), header_bytes));
      },
      "bytes"_a, "A Header, or None if the CRC fails or a field is out of range.");
  module.attr("ku_frame_samples") = ku_frame_samples;
  module.attr("ku_symbols") = ku_symbols;
  module.attr("ku_symbol_samples") = ku_symbol_samples;
  module.attr("ku_data_carriers") = ku_data_carriers;
  module.attr("ku_pilots") = ku_pilots;
  module.attr("ku_header_coded_bits") = ku_header_coded_bits;
  module.attr("ku_payload_carriers") = ku_payload_carriers;
  module.def(
      "ku_pilot_values",
      [] {
        const GridBuffer<cf32> values = ku_pilot_values();
        return copied(values.view());
      },
      "Of every symbol, complex64 (302, 51); rows 0 and 1 are unused.");
}

void bind_framer(py::module_& module) {
  module.def("header_format", &header_format, "How a header is coded: a fec.TransportFormat.");
  module.def(
      "payload_format", [](const Header& header) { return payload_format(header); }, "header"_a,
      "How a payload is coded: a fec.TransportFormat.");
  module.def("modulation_of", &modulation_of, "mcs"_a, "The constellation of a payload.");
  const auto check = [](const Header& header) {
    require(header.payload_bytes <= max_payload_bytes(header.mcs),
            "header: payload_bytes above " + std::to_string(max_payload_bytes(header.mcs)));
  };
  py::class_<Framer>(module, "Framer", "Header and payload to constellation points.")
      .def(py::init<>(), "Allocates.")
      .def(
          "header",
          [](Framer& self, const Header& header) {
            require_idle(&self);
            auto out = new_vector<cf32>(ku_header_symbols * ku_data_carriers);
            self.header(header, writable(out));
            return out;
          },
          "header"_a, "Points of the two header symbols, complex64 (1938,).")
      .def(
          "payload",
          [](Framer& self, Header header, const Bytes& payload) {
            auto out = new_vector<cf32>(ku_payload_carriers);
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.payload(header, payload.span(), to);
            }
            return out;
          },
          "header"_a, "payload"_a, "Points of the data symbols, complex64 (288762,).");
  py::class_<Deframer> deframer(module, "Deframer", "Soft bits to header and payload.");
  Struct<Deframer::Config>(deframer, "Config", "Of the decoder.")
      .field("max_iterations", &Deframer::Config::max_iterations, "Per code block.")
      .field("reference", &Deframer::Config::reference, "A fec.CheckRule: the slow decoder with it.");
  init_from_config(deframer, "Of a Config or its fields.");
  Result<Deframer::Payload>(deframer, "Payload", "What became of a payload.")
      .field("ok", &Deframer::Payload::ok, "It passed its CRCs.")
      .field("code_blocks", &Deframer::Payload::code_blocks, "How many.")
      .field("code_blocks_failed", &Deframer::Payload::code_blocks_failed, "Of them.")
      .field("iterations", &Deframer::Payload::iterations, "Over all code blocks.");
  deframer
      .def(
          "header",
          [](Deframer& self, const In<Llr>& llr) {
            const auto in = vector(llr, ku_header_coded_bits, "llr");
            std::vector<Llr> scratch(in.begin(), in.end());
            const LongCall call(&self);
            return self.header(scratch);
          },
          "llr"_a, "A Header of soft bits int8 (3876,), or None. The input stays as it is.")
      .def(
          "payload",
          [check](Deframer& self, Header header, const In<Llr>& llr) {
            check(header);
            const auto in = vector(llr, ku_payload_carriers * mcs_info(header.mcs).bits_per_symbol, "llr");
            std::vector<Llr> scratch(in.begin(), in.end());
            std::vector<std::uint8_t> payload(header.payload_bytes);
            Deframer::Payload result;
            {
              const LongCall call(&self);
              result = self.payload(header, scratch, payload);
            }
            return std::make_pair(to_bytes(payload), result);
          },
          "header"_a, "llr"_a,
          "(bytes, right or wrong, and a Payload) of soft bits int8 (288762 * bits per symbol,).");
}

void bind_carousel(py::module_& module) {
  py::class_<CarouselSender> sender(module, "CarouselSender", "Cuts a file into the payloads of a carousel.");
  sender
      .def(py::init([](const Bytes& file, std::size_t payload_bytes) {
             return unlocked([&] {
               return std::make_unique<CarouselSender>(
                   std::vector<std::uint8_t>{file.span().begin(), file.span().end()}, payload_bytes);
             });
           }),
           "file"_a, "payload_bytes"_a, "payload_bytes: of each frame, header included.")
      .def_property_readonly("blocks", &CarouselSender::blocks, "How many.")
      .def_property_readonly(
          "digest", [](const CarouselSender& self) { return to_bytes(self.digest()); },
          "SHA-256 of the file.")
      .def(
          "block",
          [](const CarouselSender& self, std::uint64_t number) {
            std::vector<std::uint8_t> out(carousel_header_bytes + self.file().size());
            unlocked([&] { out.resize(self.block(number, out)); });
            return to_bytes(out);
          },
          "number"_a, "The payload of block number modulo blocks.");
  py::class_<CarouselReceiver> receiver(module, "CarouselReceiver", "Puts the blocks together again.");
  Struct<CarouselReceiver::Config>(receiver, "Config", "Limits.")
      .field("max_file_bytes", &CarouselReceiver::Config::max_file_bytes, "A larger file is refused.")
      .field("blocks_to_change_file", &CarouselReceiver::Config::blocks_to_change_file, "Of another file.");
  Result<CarouselReceiver::Stats>(receiver, "Stats", "Counters.")
      .field("blocks_accepted", &CarouselReceiver::Stats::blocks_accepted, "New blocks.")
      .field("blocks_repeated", &CarouselReceiver::Stats::blocks_repeated, "Known ones.")
      .field("blocks_refused", &CarouselReceiver::Stats::blocks_refused, "Not of this file.")
      .field("files_corrupt", &CarouselReceiver::Stats::files_corrupt, "Digest did not fit.")
      .field("files_changed", &CarouselReceiver::Stats::files_changed, "The sender went over.");
  init_from_config(receiver, "Of a Config or its fields.");
  receiver
      .def(
          "push",
          [](CarouselReceiver& self, const Bytes& payload) {
            const LongCall call(&self);  // the last block brings the file's SHA-256
            return self.push(payload.span());
          },
          "payload"_a, "Whether the frame payload brought something new.")
      .def_property_readonly("started", &CarouselReceiver::started, "A block has come.")
      .def_property_readonly("complete", &CarouselReceiver::complete, "All blocks, and the SHA-256 is right.")
      .def_property_readonly("file_bytes", &CarouselReceiver::file_bytes, "Of the file.")
      .def_property_readonly("blocks_expected", &CarouselReceiver::blocks_expected, "Of the file.")
      .def_property_readonly(
          "file",
          [](const CarouselReceiver& self) {
            require_idle(&self);
            return to_bytes(self.file());
          },
          "A copy, so far.")
      .def_property_readonly(
          "announced_digest", [](const CarouselReceiver& self) { return to_bytes(self.announced_digest()); },
          "SHA-256.")
      .def_property_readonly(
          "stats", [](const CarouselReceiver& self) { return CarouselReceiver::Stats(self.stats()); },
          "A copy.");
}

void bind_link_adaptation(py::module_& module) {
  Struct<FrameReport>(module, "FrameReport", "What is known of one frame.")
      .field("mcs", &FrameReport::mcs, "It was sent with.")
      .field("snr_db", &FrameReport::snr_db, "Per subcarrier; NaN: not measured.")
      .field("ok", &FrameReport::ok, "The payload passed its checks.");
  using Config = LinkAdaptation::Config;
  py::class_<LinkAdaptation> adaptation(module, "LinkAdaptation", "The choice of modulation and coding.");
  Struct<Config>(adaptation, "Config", "Of the choice.")
      .field("lowest", &Config::lowest, "Mcs.")
      .field("highest", &Config::highest, "Mcs.")
      .field("margin_db", &Config::margin_db, "0 to 20.")
      .field("hysteresis_db", &Config::hysteresis_db, "0 to 20.")
      .field("frames_to_raise", &Config::frames_to_raise, "In a row.")
      .field("averaging_frames", &Config::averaging_frames, "Time constant.")
      .field("target_error_rate", &Config::target_error_rate, "Of the outer loop.")
      .field("error_step_db", &Config::error_step_db, "0: no outer loop.")
      .field("max_correction_db", &Config::max_correction_db, "0 to 60.")
      .field("missed_to_lowest", &Config::missed_to_lowest, "In a row.")
      .field("max_patience", &Config::max_patience, "1 to 1024.");
  init_from_config(adaptation, "Of a Config or its fields. Begins at the lowest.");
  adaptation.def("update", &LinkAdaptation::update, "report"_a, "Takes a FrameReport, returns the next Mcs.")
      .def("missed", &LinkAdaptation::missed, "A frame was not even seen; returns the next Mcs.")
      .def("required_snr_db", &LinkAdaptation::required_snr_db, "mcs"_a, "Now.")
      .def_property_readonly("mcs", &LinkAdaptation::mcs, "Now.")
      .def_property_readonly("offset_db", &LinkAdaptation::offset_db, "Over the threshold of the table.")
      .def_property_readonly("average_snr_db", &LinkAdaptation::average_snr_db,
                             "None before the first report.")
      .def_property_readonly("raised", &LinkAdaptation::raised, "Times.")
      .def_property_readonly("lowered", &LinkAdaptation::lowered, "Times.");
}

}  // namespace

void bind_frame(py::module_& module) {
  bind_header(module);
  bind_framer(module);
  bind_carousel(module);
  bind_link_adaptation(module);
}

}  // namespace boresight::python
