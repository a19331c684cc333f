// LDPC codes of 5G NR and 802.11n, transport blocks.
#include "bindings.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/fec/wlan_ldpc.h"
#include "boresight/fec/wlan_ldpc_format.h"

namespace boresight::python {
namespace {

using namespace boresight::fec;  // NOLINT(google-build-using-namespace)
using modem::Llr;
using Bits = In<std::uint8_t>;
using SoftBits = In<Llr>;

void bind_graphs(py::module_& module) {
  Enum<BaseGraph>(module, "BaseGraph", "Of 5G NR.").value("bg1", BaseGraph::bg1).value("bg2", BaseGraph::bg2);
  Enum<WlanLdpcRate>(module, "WlanLdpcRate", "Of 802.11n.")
      .value("half", WlanLdpcRate::half)
      .value("two_thirds", WlanLdpcRate::two_thirds)
      .value("three_quarters", WlanLdpcRate::three_quarters)
      .value("five_sixths", WlanLdpcRate::five_sixths);
  py::class_<LdpcGraph>(module, "LdpcGraph", "A quasi-cyclic parity-check matrix.")
      .def(py::init([](unsigned rows, unsigned columns, unsigned core_rows, unsigned lifting_size,
                       const std::vector<std::tuple<std::uint16_t, std::uint16_t, std::uint16_t>>& entries) {
             std::vector<LdpcEntry> list;
             for (const auto& [row, column, shift] : entries) list.push_back({row, {column, shift}});
             return LdpcGraph(rows, columns, core_rows, lifting_size, list);
           }),
           "rows"_a, "columns"_a, "core_rows"_a, "lifting_size"_a, "entries"_a,
           "entries: (row, column, shift) of each circulant, rows and columns ascending.")
      .def_property_readonly("lifting_size", &LdpcGraph::lifting_size, "Z.")
      .def_property_readonly("rows", &LdpcGraph::rows, "Block rows.")
      .def_property_readonly("columns", &LdpcGraph::columns, "Block columns.")
      .def_property_readonly("core_rows", &LdpcGraph::core_rows, "Block rows of the core.")
      .def_property_readonly("information_bits", &LdpcGraph::information_bits, "Bits.")
      .def_property_readonly("codeword_bits", &LdpcGraph::codeword_bits, "Bits, never transmitted ones too.")
      .def(
          "entries",
          [](const LdpcGraph& self) {
            py::list list;
            for (unsigned r = 0; r < self.rows(); ++r) {
              for (const LdpcEdge& edge : self.row(r))
                list.append(py::make_tuple(r, edge.column, edge.shift));
            }
            return list;
          },
          "(row, column, shift) of each circulant: check z of the row uses bit (z + shift) mod Z.");
  py::class_<NrLdpcGraph, LdpcGraph>(module, "NrLdpcGraph", "A base graph of 5G NR, lifted.")
      .def(py::init<BaseGraph, unsigned>(), "graph"_a, "lifting_size"_a, "A size of table 5.3.2-1.")
      .def_property_readonly("base_graph", &NrLdpcGraph::base_graph, "Which.");
  py::class_<WlanLdpcGraph, LdpcGraph>(module, "WlanLdpcGraph", "One of the twelve codes of 802.11n.")
      .def(py::init<unsigned, WlanLdpcRate>(), "codeword_bits"_a, "rate"_a, "648, 1296 or 1944 bits.")
      .def_property_readonly("rate", &WlanLdpcGraph::rate, "Information bits per coded bit.");
  module.attr("nr_lifting_sizes") =
      py::tuple(py::cast(std::vector<int>(nr_lifting_sizes.begin(), nr_lifting_sizes.end())));
  module.def(
      "nr_ldpc_encode",
      [](const NrLdpcGraph& graph, const Bits& information, std::optional<unsigned> rows) {
        const unsigned count = rows.value_or(graph.rows());
        require(count >= nr_core_rows && count <= graph.rows(),
                "rows: must be " + std::to_string(nr_core_rows) + " to " + std::to_string(graph.rows()));
        const auto in = vector(information, graph.information_bits(), "information");
        auto parity = new_vector<std::uint8_t>(std::size_t{count} * graph.lifting_size());
        unlocked([&, to = writable(parity)] { nr_ldpc_encode(graph, in, to, count); });
        return parity;
      },
      "graph"_a, "information"_a, "rows"_a = py::none(),
      "Parity uint8 (rows * Z,) of information uint8 (information_bits,); rows: all.");
  module.def(
      "wlan_ldpc_encode",
      [](const WlanLdpcGraph& graph, const Bits& information) {
        const auto in = vector(information, graph.information_bits(), "information");
        auto parity = new_vector<std::uint8_t>(graph.codeword_bits() - graph.information_bits());
        unlocked([&, to = writable(parity)] { wlan_ldpc_encode(graph, in, to); });
        return parity;
      },
      "graph"_a, "information"_a, "Parity uint8 of information uint8 (information_bits,).");
  Result<WlanLdpcFormat>(module, "WlanLdpcFormat", "How an HT data field is spread over codewords.")
      .field("rate", &WlanLdpcFormat::rate, "Of the code.")
      .field("payload_bits", &WlanLdpcFormat::payload_bits, "SERVICE and PSDU; 0: none.")
      .field("symbols", &WlanLdpcFormat::symbols, "OFDM symbols.")
      .field("available_bits", &WlanLdpcFormat::available_bits, "Coded bits in them.")
      .field("extra_symbols", &WlanLdpcFormat::extra_symbols, "Added against heavy puncturing.")
      .field("codeword_bits", &WlanLdpcFormat::codeword_bits, "Of a codeword.")
      .field("codewords", &WlanLdpcFormat::codewords, "How many.")
      .field("shortened_bits", &WlanLdpcFormat::shortened_bits, "In all.")
      .field("punctured_bits", &WlanLdpcFormat::punctured_bits, "In all.")
      .field("repeated_bits", &WlanLdpcFormat::repeated_bits, "In all.");
  module.def("wlan_ldpc_format", &wlan_ldpc_format, "psdu_bytes"_a, "rate"_a, "coded_bits_per_symbol"_a,
             "space_time_block_coding"_a = false, "Of 19.3.11.7.5; out of range: without payload.");
}

template <typename R>
void bind_decoder_result(py::handle scope, bool crc) {
  Result<R> result(scope, "Result", "Of a block.");
  result.field("parity_ok", &R::parity_ok, "The checks hold and every information bit is decided.")
      .field("decided", &R::decided, "Every information bit is decided.")
      .field("iterations", &R::iterations, "Used.");
  if constexpr (requires { &R::crc_ok; }) {
    if (crc) result.field("crc_ok", &R::crc_ok, "The CRC is right and every bit decided.");
  }
}

void bind_decoders(py::module_& module) {
  using Decoder = Configured<LdpcDecoder>;
  py::class_<Decoder> decoder(module, "LdpcDecoder", "Layered offset min-sum on int8.");
  Struct<LdpcDecoder::Config>(decoder, "Config", "Sizes.")
      .field("max_lifting_size", &LdpcDecoder::Config::max_lifting_size, "2 to 384.");
  Enum<LdpcDecoder::Stop>(decoder, "Stop", "When a block is done.")
      .value("never", LdpcDecoder::Stop::never)
      .value("parity", LdpcDecoder::Stop::parity);
  Struct<LdpcDecoder::Options>(decoder, "Options", "Of a call.")
      .field("max_iterations", &LdpcDecoder::Options::max_iterations, "Limit.")
      .field("stop", &LdpcDecoder::Options::stop, "When a block is done before.")
      .field("crc", &LdpcDecoder::Options::crc, "That ends the first crc_bits.")
      .field("crc_bits", &LdpcDecoder::Options::crc_bits, "With the CRC's own; 0: all information bits.");
  bind_decoder_result<LdpcDecoder::Result>(decoder, true);
  init_from_config(decoder, "Of a Config or its fields.");
  const auto check = [](const Decoder& self, const LdpcGraph& graph, const LdpcDecoder::Options& options) {
    require(graph.lifting_size() <= self.config.max_lifting_size,
            "graph: lifting size " + std::to_string(graph.lifting_size()) + " is above max_lifting_size " +
                std::to_string(self.config.max_lifting_size));
    require(options.crc_bits <= graph.information_bits(), "options: crc_bits beyond the block");
  };
  decoder
      .def(
          "decode",
          [check](Decoder& self, const LdpcGraph& graph, const SoftBits& llr, LdpcDecoder::Options options) {
            check(self, graph, options);
            const auto in = vector(llr, graph.codeword_bits(), "llr");
            auto bits = new_vector<std::uint8_t>(graph.information_bits());
            const auto to = writable(bits);
            LdpcDecoder::Result result;
            {
              const LongCall call(&self);
              result = self.decode(graph, in, options, to);
            }
            return std::make_pair(bits, result);
          },
          "graph"_a, "llr"_a, py::arg_v("options", LdpcDecoder::Options{}, "LdpcDecoder.Options()"),
          "(bits uint8 (information_bits,), Result) of soft bits int8 (codeword_bits,): 0 not received, "
          "llr_max known zeros.")
      .def(
          "decode_batch",
          [check](Decoder& self, const LdpcGraph& graph, const SoftBits& llr, LdpcDecoder::Options options) {
            check(self, graph, options);
            const auto in = grid(llr, "llr");
            require(
                in.columns() == graph.codeword_bits() && (in.rows() <= 1 || in.row_stride() == in.columns()),
                "llr: must have shape (blocks, " + std::to_string(graph.codeword_bits()) + ") without gaps");
            auto bits = new_grid<std::uint8_t>(in.rows(), graph.information_bits());
            const auto to = writable(bits);
            std::vector<LdpcDecoder::Result> results(in.rows());
            {
              const LongCall call(&self);
              self.decode_batch(graph, {in.data(), in.rows() * in.columns()}, options, to, results);
            }
            return std::make_pair(bits, results);
          },
          "graph"_a, "llr"_a, py::arg_v("options", LdpcDecoder::Options{}, "LdpcDecoder.Options()"),
          "The same of several blocks, int8 (blocks, codeword_bits), with a list of Results.");

  using Reference = Configured<LdpcReferenceDecoder>;
  Enum<CheckRule>(module, "CheckRule", "How a check combines what its bits say.")
      .value("sum_product", CheckRule::sum_product)
      .value("min_sum", CheckRule::min_sum)
      .value("offset_min_sum", CheckRule::offset_min_sum);
  py::class_<Reference> reference(module, "LdpcReferenceDecoder", "Belief propagation in floating point.");
  Struct<LdpcReferenceDecoder::Config>(reference, "Config", "Of the decoder.")
      .field("max_lifting_size", &LdpcReferenceDecoder::Config::max_lifting_size, "2 to 384.")
      .field("rule", &LdpcReferenceDecoder::Config::rule, "Of the checks.")
      .field("min_sum_scale", &LdpcReferenceDecoder::Config::min_sum_scale, "In (0, 1].")
      .field("offset_min_sum_offset_nats", &LdpcReferenceDecoder::Config::offset_min_sum_offset_nats,
             ">= 0.");
  bind_decoder_result<LdpcReferenceDecoder::Result>(reference, false);
  init_from_config(reference, "Of a Config or its fields.");
  reference.def(
      "decode",
      [](Reference& self, const LdpcGraph& graph, const In<float>& llr_nats, unsigned max_iterations) {
        require(graph.lifting_size() <= self.config.max_lifting_size, "graph: above max_lifting_size");
        const auto in = vector(llr_nats, graph.codeword_bits(), "llr_nats");
        auto bits = new_vector<std::uint8_t>(graph.information_bits());
        const auto to = writable(bits);
        LdpcReferenceDecoder::Result result;
        {
          const LongCall call(&self);
          result = self.decode(graph, in, max_iterations, to);
        }
        return std::make_pair(bits, result);
      },
      "graph"_a, "llr_nats"_a, "max_iterations"_a = 50U,
      "(bits, Result) of float32 (codeword_bits,) in nats; 0 not received, 1e6 known zeros; NaN is zero.");
}

void bind_nr(py::module_& module) {
  Struct<NrRateMatching>(module, "NrRateMatching", "One code block's passage through 5.4.2.")
      .field("graph", &NrRateMatching::graph, "Base graph.")
      .field("lifting_size", &NrRateMatching::lifting_size, "Z_c.")
      .field("bits_per_block", &NrRateMatching::bits_per_block, "K'.")
      .field("coded_bits", &NrRateMatching::coded_bits, "E.")
      .field("bits_per_symbol", &NrRateMatching::bits_per_symbol, "Q_m.")
      .field("redundancy_version", &NrRateMatching::redundancy_version, "0 to 3.")
      .field("limited_buffer_bits", &NrRateMatching::limited_buffer_bits, "N_ref; 0: whole.");
  const auto check = [](const NrRateMatching& m) {
    require(nr_lifting_set(m.lifting_size) < 8, "matching: lifting_size must be one of table 5.3.2-1");
    const std::size_t information = std::size_t{base_graph_information_columns(m.graph)} * m.lifting_size;
    require(m.bits_per_block >= 2 * m.lifting_size && m.bits_per_block <= information,
            "matching: bits_per_block must be 2 Z to " + std::to_string(information));
    require(m.bits_per_symbol >= 1 && m.coded_bits % m.bits_per_symbol == 0,
            "matching: coded_bits must be a multiple of bits_per_symbol");
    require(m.redundancy_version <= 3, "matching: redundancy_version must be 0 to 3");
    require(m.limited_buffer_bits == 0 || m.limited_buffer_bits >= information,
            "matching: limited_buffer_bits must be 0 or at least " + std::to_string(information));
  };
  const auto codeword_bits = [](const NrRateMatching& m) {
    return std::size_t{base_graph_columns(m.graph)} * m.lifting_size;
  };
  module.def(
      "nr_rate_match",
      [check, codeword_bits](NrRateMatching matching, const Bits& codeword) {
        check(matching);
        const auto in = vector(codeword, codeword_bits(matching), "codeword");
        auto out = new_vector<std::uint8_t>(matching.coded_bits);
        unlocked([&, to = writable(out)] { nr_rate_match(matching, in, to); });
        return out;
      },
      "matching"_a, "codeword"_a,
      "Coded bits uint8 (coded_bits,) of a whole codeword, information with filler and all parity, uint8.");
  module.def(
      "nr_begin_recovery",
      [check, codeword_bits](const NrRateMatching& matching) {
        check(matching);
        auto out = new_vector<Llr>(codeword_bits(matching));
        nr_begin_recovery(matching, writable(out));
        return out;
      },
      "matching"_a, "What a receiver of nothing knows, int8 (codeword bits,): filler certain, the rest 0.");
  module.def(
      "nr_rate_recover",
      [check, codeword_bits](NrRateMatching matching, const SoftBits& llrs, const SoftBits& codeword) {
        check(matching);
        auto out = copied(vector(codeword, codeword_bits(matching), "codeword"));
        const auto in = vector(llrs, matching.coded_bits, "llrs");
        unlocked([&, to = writable(out)] { nr_rate_recover(matching, in, to); });
        return out;
      },
      "matching"_a, "llrs"_a, "codeword"_a,
      "The codeword's soft bits int8, with the received ones int8 (coded_bits,) added: a copy.");
  Result<NrSegmentation>(module, "NrSegmentation", "How a transport block becomes code blocks.")
      .field("graph", &NrSegmentation::graph, "Base graph.")
      .field("padding_bits", &NrSegmentation::padding_bits, "Zeros appended to the payload.")
      .field("transport_crc_bits", &NrSegmentation::transport_crc_bits, "24 or 16.")
      .field("code_blocks", &NrSegmentation::code_blocks, "C.")
      .field("code_block_crc_bits", &NrSegmentation::code_block_crc_bits, "24 or 0.")
      .field("bits_per_block", &NrSegmentation::bits_per_block, "K'.")
      .field("lifting_size", &NrSegmentation::lifting_size, "Z_c.")
      .field("information_bits", &NrSegmentation::information_bits, "K.");
  module.def("nr_segment", &nr_segment, "payload_bits"_a, "graph"_a, "Of 5.2.2.");
  module.def("nr_choose_base_graph", &nr_choose_base_graph, "payload_bits"_a, "code_rate"_a, "Of 7.2.2.");

  Struct<TransportFormat>(module, "TransportFormat", "What both ends must agree on.")
      .field("payload_bytes", &TransportFormat::payload_bytes, "1 or more.")
      .field("coded_bits", &TransportFormat::coded_bits, "G.")
      .field("bits_per_symbol", &TransportFormat::bits_per_symbol, "Q_m.")
      .field("code_rate", &TransportFormat::code_rate, "Nominal: chooses the base graph.")
      .field("redundancy_version", &TransportFormat::redundancy_version, "0 to 3.")
      .field("limited_buffer_bits", &TransportFormat::limited_buffer_bits, "N_ref; 0: all.");
  module.def("is_valid", &is_valid, "format"_a, "Whether it can be decoded by itself.");
  module.def("is_valid_addition", &is_valid_addition, "format"_a, "Whether it can be combined with others.");
  using Encoder = NrTransportEncoder;
  py::class_<Encoder> encoder(module, "NrTransportEncoder", "A transport block to coded bits.");
  Struct<Encoder::Config>(encoder, "Config", "Sizes.")
      .field("max_payload_bytes", &Encoder::Config::max_payload_bytes, "1 to 2^24.")
      .field("max_coded_bits", &Encoder::Config::max_coded_bits, "1 to 2^28.");
  init_from_config(encoder, "Of a Config or its fields.");
  encoder.def(
      "encode",
      [](Encoder& self, TransportFormat format, const Bytes& payload) {
        require(is_valid_addition(format), "format: not valid");
        auto bits = new_vector<std::uint8_t>(format.coded_bits);
        const auto to = writable(bits);
        {
          const LongCall call(&self);
          self.encode(format, payload.span(), to);
        }
        return bits;
      },
      "format"_a, "payload"_a, "Coded bits uint8 (coded_bits,) of payload_bytes bytes.");
  using Decoder = NrTransportDecoder;
  py::class_<NrSoftBuffer> buffer(module, "NrSoftBuffer", "What a HARQ process remembers.");
  Struct<NrSoftBuffer::Config>(buffer, "Config", "Sizes.")
      .field("max_payload_bytes", &NrSoftBuffer::Config::max_payload_bytes, "1 to 2^24.");
  init_from_config(buffer, "Of a Config or its fields.");
  buffer
      .def(
          "clear",
          [](NrSoftBuffer& self) {
            require_idle(&self);
            self.clear();
          },
          "Before another payload.")
      .def_property_readonly("transmissions", &NrSoftBuffer::transmissions, "Combined since clear().");
  using TransportDecoder = Configured<Decoder>;
  py::class_<TransportDecoder> decoder(module, "NrTransportDecoder", "Soft bits to a transport block.");
  Struct<Decoder::Config>(decoder, "Config", "Of the decoder.")
      .field("max_payload_bytes", &Decoder::Config::max_payload_bytes, "1 to 2^24.")
      .field("max_coded_bits", &Decoder::Config::max_coded_bits, "1 to 2^28.")
      .field("max_iterations", &Decoder::Config::max_iterations, "Per code block.")
      .field("reference", &Decoder::Config::reference, "A CheckRule: the slow decoder with it.");
  Result<Decoder::Result>(decoder, "Result", "Of a transport block.")
      .field("crc_ok", &Decoder::Result::crc_ok, "Every CRC holds.")
      .field("code_blocks", &Decoder::Result::code_blocks, "How many.")
      .field("code_blocks_failed", &Decoder::Result::code_blocks_failed, "Of them.")
      .field("iterations", &Decoder::Result::iterations, "Over all code blocks.");
  init_from_config(decoder, "Of a Config or its fields.");
  decoder.def(
      "decode",
      [](TransportDecoder& self, TransportFormat format, const SoftBits& llr, NrSoftBuffer* combine) {
        require(combine != nullptr ? is_valid_addition(format) : is_valid(format), "format: not valid");
        require(format.payload_bytes <= self.config.max_payload_bytes &&
                    format.coded_bits <= self.config.max_coded_bits,
                "format: beyond the maxima of this decoder");
        const auto in = vector(llr, format.coded_bits, "llr");
        std::vector<std::uint8_t> payload(format.payload_bytes);
        Decoder::Result result;
        {
          const LongCall call{&self, combine};
          result = combine != nullptr ? self.decode(format, in, *combine, payload)
                                      : self.decode(format, in, payload);
        }
        return std::make_pair(to_bytes(payload), result);
      },
      "format"_a, "llr"_a, "soft_buffer"_a = nullptr,
      "(payload bytes, right or wrong, and a Result) of soft bits int8 (coded_bits,); with a soft buffer, of "
      "all transmissions combined in it.");
}

}  // namespace

void bind_fec_ldpc(py::module_& module) {
  bind_graphs(module);
  bind_decoders(module);
  bind_nr(module);
}

}  // namespace boresight::python
