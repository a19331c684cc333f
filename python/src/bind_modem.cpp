// Constellations, slicer, soft demapper.
#include "bindings.h"
#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"
#include "boresight/modem/slicer.h"
#include "boresight/modem/soft_demapper.h"

namespace boresight::python {
namespace {

using namespace boresight::modem;  // NOLINT(google-build-using-namespace)

using Demap = void (*)(const Constellation&, std::span<const cf32>, std::span<const float>,
                       std::span<Llr>) noexcept;

void bind_demap(py::module_& module, const char* name, Demap demap, const char* first, const char* second,
                const char* doc) {
  module.def(
      name,
      [demap, first, second](const Constellation& constellation, const In<cf32>& symbols,
                             const In<float>& noise) {
        const auto y = vector(symbols, first);
        const auto v = vector(noise, y.size(), second);
        auto llr = new_vector<Llr>(y.size() * constellation.bits());
        const auto to = writable(llr);
        {
          const GilRelease release;
          demap(constellation, y, v, to);
        }
        return llr;
      },
      "constellation"_a, py::arg(first), py::arg(second), doc);
}

}  // namespace

void bind_modem(py::module_& module) {
  Enum<Modulation>(module, "Modulation", "Points per symbol.")
      .value("bpsk", Modulation::bpsk)
      .value("qpsk", Modulation::qpsk)
      .value("qam16", Modulation::qam16)
      .value("qam64", Modulation::qam64)
      .value("qam256", Modulation::qam256)
      .value("qam1024", Modulation::qam1024);
  Enum<BitMap>(module, "BitMap", "Which bits a point stands for.")
      .value("nr", BitMap::nr, "TS 38.211 5.1.")
      .value("wifi", BitMap::wifi, "IEEE 802.11.")
      .value("axis", BitMap::axis, "QPSK on the axes.");
  module.def("bits_per_symbol", &bits_per_symbol, "modulation"_a, "1, 2, 4, 6, 8 or 10.");
  module.attr("llr_scale") = llr_scale;
  module.attr("llr_max") = llr_max;
  module.def(
      "quantize_llr",
      [](const In<float>& nats) {
        const auto in = vector(nats, "nats");
        auto out = new_vector<Llr>(in.size());
        const auto to = writable(out);
        unlocked([&] { std::transform(in.begin(), in.end(), to.begin(), quantize_llr); });
        return out;
      },
      "nats"_a, "ln P(0)/P(1), float32 (n,), to int8 in quarters of a nat, saturated at +-127; NaN: 0.");

  py::class_<Constellation>(module, "Constellation", "Points of unit mean power with a Gray map.")
      .def(py::init([](Modulation modulation, BitMap map) { return Constellation(modulation, map); }),
           "modulation"_a, "bit_map"_a = BitMap::nr, "ConfigError for the axis map with anything but qpsk.")
      .def(py::pickle(
          [](const Constellation& self) { return py::make_tuple(self.modulation(), self.bit_map()); },
          [](const py::tuple& both) {
            return Constellation(both[0].cast<Modulation>(), both[1].cast<BitMap>());
          }))
      .def("__reduce_ex__", &reduce_ex)
      .def("__repr__",
           [](const Constellation& self) {
             return "Constellation(" + py::str(py::cast(self.modulation())).cast<std::string>() + ", " +
                    py::str(py::cast(self.bit_map())).cast<std::string>() + ")";
           })
      .def_property_readonly("bits", &Constellation::bits, "Per symbol.")
      .def_property_readonly("modulation", &Constellation::modulation, "Which.")
      .def_property_readonly("bit_map", &Constellation::bit_map, "Which.")
      .def_property_readonly("half_distance", &Constellation::half_distance, "Between neighbors on an axis.")
      .def(
          "points",
          [](const Constellation& self) {
            auto out = new_vector<cf32>(std::size_t{1} << self.bits());
            const auto to = writable(out);
            for (unsigned i = 0; i < to.size(); ++i) to[i] = self.point(i);
            return out;
          },
          "All of them, complex64 (2^bits,); the index is the bits, the first one highest.")
      .def(
          "map",
          [](const Constellation& self, const In<std::uint8_t>& bits) {
            const auto in = vector(bits, "bits");
            require(in.size() % self.bits() == 0, "bits: " + std::to_string(in.size()) +
                                                      " are no whole number of symbols of " +
                                                      std::to_string(self.bits()));
            auto out = new_vector<cf32>(in.size() / self.bits());
            const auto to = writable(out);
            {
              const GilRelease release;
              require(std::all_of(in.begin(), in.end(), [](auto bit) { return bit <= 1; }),
                      "bits: must be 0 or 1");
              self.map(in, to);
            }
            return out;
          },
          "bits"_a, "uint8 (n * bits,) of 0 and 1 to symbols complex64 (n,).")
      .def(
          "nearest_points",
          [](const Constellation& self, const In<cf32>& symbols) {
            const auto in = vector(symbols, "symbols");
            auto out = new_vector<cf32>(in.size());
            const auto to = writable(out);
            unlocked([&] {
              for (std::size_t i = 0; i < in.size(); ++i) to[i] = nearest_point(self, in[i]);
            });
            return out;
          },
          "symbols"_a, "Hard decisions, complex64 (n,); what is not finite counts as 0.")
      .def(
          "squared_error",
          [](const Constellation& self, const In<cf32>& symbols) {
            const auto in = vector(symbols, "symbols");
            return unlocked([&] { return squared_error(self, in); });
          },
          "symbols"_a, "Sum of |y - nearest point|^2 over complex64 (n,); NaN and Inf make it that.");
  bind_demap(
      module, "soft_demap", &soft_demap, "symbols", "variance",
      "Max-log LLR int8 (n * bits,) of y = r / H, complex64 (n,), with variance sigma^2 / |H|^2, float32 "
      "(n,). What cannot be a measurement (NaN, no positive variance) gives 0.");
  module.def(
      "soft_demap_weighted",
      [](const Constellation& constellation, const In<cf32>& symbols, const In<float>& weight, float factor) {
        const auto y = vector(symbols, "symbols");
        const auto w = vector(weight, y.size(), "weight");
        auto llr = new_vector<Llr>(y.size() * constellation.bits());
        const auto to = writable(llr);
        {
          const GilRelease release;
          soft_demap_weighted(constellation, y, w, to, factor);
        }
        return llr;
      },
      "constellation"_a, "symbols"_a, "weight"_a, "factor"_a = 1.0F,
      "The same with weight * factor = 1 / variance, weight float32 (n,).");
  bind_demap(module, "soft_demap_matched", &soft_demap_matched, "matched", "weight",
             "The same with matched = y * weight: sums over antennas.");
  module.def(
      "soft_demap_exact",
      [](const Constellation& constellation, const In<cf32>& symbols, const In<float>& variance) {
        const auto y = vector(symbols, "symbols");
        const auto v = vector(variance, y.size(), "variance");
        auto nats = new_vector<double>(y.size() * constellation.bits());
        const auto to = writable(nats);
        {
          const GilRelease release;
          soft_demap_exact(constellation, y, v, to);
        }
        return nats;
      },
      "constellation"_a, "symbols"_a, "variance"_a, "Log-MAP LLR in nats, float64 (n * bits,), slow.");
}

}  // namespace boresight::python
