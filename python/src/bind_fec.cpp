// Bits, CRCs, scramblers, interleavers, the convolutional code.
#include "bindings.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/convolutional.h"
#include "boresight/fec/crc.h"
#include "boresight/fec/interleaver.h"
#include "boresight/fec/scrambler.h"

namespace boresight::python {
namespace {

using namespace boresight::fec;  // NOLINT(google-build-using-namespace)
using modem::Llr;
using Bits = In<std::uint8_t>;
using SoftBits = In<Llr>;

using Unpack = void (*)(std::span<const std::uint8_t>, std::span<std::uint8_t>) noexcept;

void bind_bits(py::module_& module) {
  const auto unpack = [&](const char* name, Unpack f, const char* doc) {
    module.def(
        name,
        [f](const Bytes& bytes) {
          auto bits = new_vector<std::uint8_t>(8 * bytes.span().size());
          unlocked([&] { f(bytes.span(), writable(bits)); });
          return bits;
        },
        "bytes"_a, doc);
  };
  const auto pack = [&](const char* name, Unpack f, const char* doc) {
    module.def(
        name,
        [f](const Bits& bits) {
          const auto in = vector(bits, "bits");
          require(in.size() % 8 == 0, "bits: " + std::to_string(in.size()) + " are no whole bytes");
          std::vector<std::uint8_t> bytes(in.size() / 8);
          unlocked([&] { f(in, bytes); });
          return to_bytes(bytes);
        },
        "bits"_a, doc);
  };
  unpack("unpack_msb_first", &unpack_msb_first, "Bytes to bits, uint8 (8 n,), the most significant first.");
  unpack("unpack_lsb_first", &unpack_lsb_first, "Bytes to bits, uint8 (8 n,), the least significant first.");
  pack("pack_msb_first", &pack_msb_first, "Bits uint8 (8 n,) to bytes; the lowest bit of each counts.");
  pack("pack_lsb_first", &pack_lsb_first, "Bits uint8 (8 n,) to bytes; the lowest bit of each counts.");
}

using CrcOf = std::uint32_t (*)(std::span<const std::uint8_t>) noexcept;

void bind_crc(py::module_& module) {
  const auto of_bytes = [&](const char* name, CrcOf f, const char* doc) {
    module.def(
        name, [f](const Bytes& bytes) { return unlocked([&] { return f(bytes.span()); }); }, "bytes"_a, doc);
  };
  const auto of_bits = [&](const char* name, CrcOf f, const char* doc) {
    module.def(
        name,
        [f](const Bits& bits) {
          const auto in = vector(bits, "bits");
          return unlocked([&] { return f(in); });
        },
        "bits"_a, doc);
  };
  of_bytes("crc24a_of_bytes", &crc24a_of_bytes, "3GPP CRC-24A.");
  of_bytes("crc24b_of_bytes", &crc24b_of_bytes, "3GPP CRC-24B.");
  of_bytes("crc24c_of_bytes", &crc24c_of_bytes, "3GPP CRC-24C.");
  of_bytes("crc16_of_bytes", &crc16_of_bytes, "3GPP CRC-16.");
  of_bytes("crc32_of_bytes", &crc32_of_bytes, "The frame check sequence of IEEE 802.3 and 802.11.");
  of_bits("crc24a_of_bits", &crc24a_of_bits, "3GPP CRC-24A of bits uint8 (n,).");
  of_bits("crc24b_of_bits", &crc24b_of_bits, "3GPP CRC-24B of bits uint8 (n,).");
  of_bits("crc24c_of_bits", &crc24c_of_bits, "3GPP CRC-24C of bits uint8 (n,).");
  of_bits("crc16_of_bits", &crc16_of_bits, "3GPP CRC-16 of bits uint8 (n,).");
  of_bits("crc11_of_bits", &crc11_of_bits, "3GPP CRC-11 of bits uint8 (n,).");
  of_bits("crc6_of_bits", &crc6_of_bits, "3GPP CRC-6 of bits uint8 (n,).");
  of_bits("crc8_of_bits", &crc8_of_bits, "CRC-8 of HT-SIG, of bits uint8 (n,).");
  of_bits("crc32_of_bits", &crc32_of_bits, "CRC-32 of bits uint8 (n,) in order of transmission.");
  Enum<Crc>(module, "Crc", "Which CRC ends a block.")
      .value("none", Crc::none)
      .value("crc16", Crc::crc16)
      .value("crc24a", Crc::crc24a)
      .value("crc24b", Crc::crc24b)
      .value("crc24c", Crc::crc24c)
      .value("crc6", Crc::crc6)
      .value("crc8", Crc::crc8)
      .value("crc11", Crc::crc11)
      .value("crc32", Crc::crc32);
  module.def(
      "crc_holds",
      [](Crc crc, const Bits& bits) {
        const auto in = vector(bits, "bits");
        return unlocked([&] { return crc_holds(crc, in); });
      },
      "crc"_a, "bits"_a, "Whether the last of bits uint8 (n,) are the CRC of those before them.");
}

// Flips bits (uint8) or the signs of soft bits (int8), a copy.
template <typename S>
py::array scrambled(S& self, const py::object& values) {
  const auto run = [&](auto in) {
    auto out = copied(in);
    const auto to = writable(out);
    {
      const LongCall call(&self);
      self.apply(to);
    }
    return py::array(out);
  };
  if (py::isinstance<py::array_t<Llr>>(values)) return run(vector(SoftBits{values}, "values"));
  return run(vector(Bits{values}, "values"));
}

template <typename S>
void bind_apply(py::class_<S>& scrambler) {
  scrambler
      .def("apply", &scrambled<S>, "values"_a,
           "Bits uint8 (n,) flipped, or the signs of soft bits int8 (n,), where the sequence is one: a copy. "
           "Goes on where it stopped.")
      .def(
          "next",
          [](S& self) {
            require_idle(&self);
            return self.next();
          },
          "The next bit of the sequence.");
}

void bind_scramblers(py::module_& module) {
  py::class_<AdditiveScrambler> additive(module, "AdditiveScrambler",
                                         "The sequence of a linear feedback shift register.");
  additive
      .def(py::init<std::uint32_t, std::uint32_t>(), "taps"_a, "history"_a,
           "Bit k - 1 of taps: s(n) takes in s(n - k); of history: s(-k).")
      .def_static("ccsds", &AdditiveScrambler::ccsds, "CCSDS 131.0-B.")
      .def_static("dvb", &AdditiveScrambler::dvb, "EN 300 421 and EN 302 307-1.")
      .def_property_readonly("history", &AdditiveScrambler::history, "The bits that passed last.");
  bind_apply(additive);
  py::class_<WlanScrambler> wlan(module, "WlanScrambler", "IEEE 802.11: x^7 + x^4 + 1.");
  wlan.def(py::init<std::uint8_t>(), "state"_a, "1 to 127.")
      .def_property_readonly("state", &WlanScrambler::state, "Of the register.")
      .def_static(
          "recover_initial_state",
          [](const Bits& service_bits) {
            const auto bits = vector(service_bits, 7, "service_bits");
            return WlanScrambler::recover_initial_state(std::span<const std::uint8_t, 7>(bits.data(), 7));
          },
          "service_bits"_a, "From the first seven received bits, uint8 (7,); 0: damaged.");
  bind_apply(wlan);
  py::class_<GoldSequence> gold(module, "GoldSequence", "c(n) of 3GPP TS 38.211 5.2.1.");
  gold.def(py::init<std::uint32_t>(), "c_init"_a, "Every value is legal.");
  bind_apply(gold);
}

template <typename I>
py::array interleaved(const I& self, const py::object& values, bool forward) {
  const auto run = [&](auto in) {
    using T = std::remove_const_t<typename decltype(in)::element_type>;
    auto out = new_vector<T>(in.size());
    unlocked([&, to = writable(out)] {
      if (forward) {
        self.interleave(in, to);
      } else {
        self.deinterleave(in, to);
      }
    });
    return py::array(out);
  };
  if (py::isinstance<py::array_t<Llr>>(values)) return run(vector(SoftBits{values}, "values"));
  return run(vector(Bits{values}, "values"));
}

void bind_interleavers(py::module_& module) {
  py::class_<RowColumnInterleaver>(module, "RowColumnInterleaver", "Rows written, columns read.")
      .def(py::init<std::size_t>(), "columns"_a, "1 to 2^31.")
      .def_property_readonly("columns", &RowColumnInterleaver::columns, "Of the matrix.")
      .def(
          "interleave",
          [](const RowColumnInterleaver& self, const py::object& values) {
            return interleaved(self, values, true);
          },
          "values"_a, "uint8 or int8 (n,) to the same.")
      .def(
          "deinterleave",
          [](const RowColumnInterleaver& self, const py::object& values) {
            return interleaved(self, values, false);
          },
          "values"_a, "The inverse.");
  const auto checked = [](const WlanInterleaver& self, const py::object& values, bool forward) {
    const auto size = static_cast<std::size_t>(py::len(values));
    require(size % self.coded_bits_per_symbol() == 0, "values: " + std::to_string(size) +
                                                          " are no whole symbols of " +
                                                          std::to_string(self.coded_bits_per_symbol()));
    return interleaved(self, values, forward);
  };
  py::class_<WlanInterleaver> wlan(module, "WlanInterleaver", "The per-symbol interleaver of IEEE 802.11.");
  wlan.def(py::init<std::size_t, unsigned, unsigned>(), "coded_bits_per_symbol"_a, "bits_per_subcarrier"_a,
           "columns"_a = 16U, "N_CBPS, N_BPSC, N_COL.")
      .def_property_readonly("coded_bits_per_symbol", &WlanInterleaver::coded_bits_per_symbol, "N_CBPS.")
      .def(
          "interleave",
          [checked](const WlanInterleaver& self, const py::object& v) { return checked(self, v, true); },
          "values"_a, "uint8 or int8, whole symbols, to the same.")
      .def(
          "deinterleave",
          [checked](const WlanInterleaver& self, const py::object& v) { return checked(self, v, false); },
          "values"_a, "The inverse.");
  view_property(wlan, "position", &WlanInterleaver::position,
                "Where coded bit k is transmitted, uint16 (coded_bits_per_symbol,), a view.");
}

void bind_convolutional(py::module_& module) {
  Enum<PuncturedRate>(module, "PuncturedRate", "Information bits per coded bit.")
      .value("half", PuncturedRate::half)
      .value("two_thirds", PuncturedRate::two_thirds)
      .value("three_quarters", PuncturedRate::three_quarters)
      .value("five_sixths", PuncturedRate::five_sixths);
  module.attr("convolutional_tail_bits") = convolutional_tail_bits;
  module.def(
      "convolutional_encode",
      [](const Bits& bits, bool tail_biting) {
        const auto in = vector(bits, "bits");
        auto out = new_vector<std::uint8_t>(2 * in.size());
        unlocked([&, to = writable(out)] {
          if (tail_biting) {
            convolutional_encode_tail_biting(in, to);
          } else {
            convolutional_encode(in, to);
          }
        });
        return out;
      },
      "bits"_a, "tail_biting"_a = false,
      "K = 7, generators 133 and 171: uint8 (n,) to (2 n,). The caller's bits include the tail.");
  module.def("punctured_bits", &punctured_bits, "mother_bits"_a, "rate"_a, "How many are transmitted.");
  module.def(
      "puncture",
      [](const Bits& coded, PuncturedRate rate) {
        const auto in = vector(coded, "coded");
        auto out = new_vector<std::uint8_t>(punctured_bits(in.size(), rate));
        unlocked([&, to = writable(out)] { puncture(in, rate, to); });
        return out;
      },
      "coded"_a, "rate"_a, "uint8 (n,) to (punctured_bits(n),).");
  module.def(
      "depuncture",
      [](const SoftBits& soft, std::size_t mother_bits, PuncturedRate rate) {
        const auto in = vector(soft, punctured_bits(mother_bits, rate), "soft_bits");
        auto out = new_vector<Llr>(mother_bits);
        unlocked([&, to = writable(out)] { depuncture(in, rate, to); });
        return out;
      },
      "soft_bits"_a, "mother_bits"_a, "rate"_a, "int8, zeros (unknown) where bits were left out.");
  using Viterbi = ViterbiDecoder;
  py::class_<Viterbi> viterbi(module, "ViterbiDecoder", "Maximum-likelihood sequence decoder.");
  Enum<Viterbi::Termination>(viterbi, "Termination", "Where the encoder began and ended.")
      .value("zero", Viterbi::Termination::zero)
      .value("open", Viterbi::Termination::open)
      .value("tail_biting", Viterbi::Termination::tail_biting);
  Struct<Viterbi::Config>(viterbi, "Config", "Sizes.")
      .field("max_information_bits", &Viterbi::Config::max_information_bits, "Longest block.")
      .field("max_rounds", &Viterbi::Config::max_rounds, "Over a tail-biting block.");
  init_from_config(viterbi, "Of a Config or its fields.");
  viterbi
      .def(
          "decode",
          [](Viterbi& self, const SoftBits& llrs, Viterbi::Termination termination) {
            const auto in = vector(llrs, "llrs");
            const std::size_t tail = termination == Viterbi::Termination::zero ? convolutional_tail_bits : 0;
            require(in.size() % 2 == 0 && in.size() / 2 >= tail,
                    "llrs: must be two for each bit and its tail");
            auto bits = new_vector<std::uint8_t>(in.size() / 2 - tail);
            const auto to = writable(bits);
            bool fits = false;
            {
              const LongCall call(&self);
              fits = self.decode(in, to, termination);
            }
            require(fits, "llrs: longer than max_information_bits allows, or empty");
            return bits;
          },
          "llrs"_a, "termination"_a = Viterbi::Termination::zero,
          "int8 (2 (n + 6),) (other terminations: (2 n,)) to bits uint8 (n,).")
      .def_property_readonly("last_rounds", &Viterbi::last_rounds, "Of the last decode.")
      .def_property_readonly("last_is_best", &Viterbi::last_is_best, "Known to be maximum likelihood.");
}

}  // namespace

void bind_fec(py::module_& module) {
  bind_bits(module);
  bind_crc(module);
  bind_scramblers(module);
  bind_interleavers(module);
  bind_convolutional(module);
}

}  // namespace boresight::python
