// Numerology, modulator, demodulator, equalizer, combiner.
#include "bindings.h"
#include "boresight/ofdm/combiner.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/equalizer.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/ofdm/numerology_json.h"

namespace boresight::python {
namespace {

using namespace boresight::ofdm;  // NOLINT(google-build-using-namespace)

void bind_numerology(py::module_& module) {
  Enum<Carrier>(module, "Carrier", "What a subcarrier carries.")
      .value("null", Carrier::null)
      .value("data", Carrier::data)
      .value("pilot", Carrier::pilot);
  py::class_<Numerology>(module, "Numerology", "The numbers that make an OFDM signal; cannot be changed.")
      .def_readonly("name", &Numerology::name, "For people.")
      .def_readonly("sample_rate_hz", &Numerology::sample_rate_hz, "Of the samples.")
      .def_readonly("fft_size", &Numerology::fft_size, "Subcarriers, used or not.")
      .def_readonly("prefix_samples", &Numerology::prefix_samples, "Cyclic prefix.")
      .def_readonly("taper_samples", &Numerology::taper_samples, "Over which symbols overlap.")
      .def_property_readonly("symbol_samples", &Numerology::symbol_samples, "Prefix included.")
      .def_property_readonly("period", &Numerology::period, "Symbols after which the map repeats.")
      .def_property_readonly("window_offset", &Numerology::window_offset,
                             "Where the FFT window begins after the start of a symbol.")
      .def_property_readonly("subcarrier_spacing_hz", &Numerology::subcarrier_spacing_hz, "F.")
      .def(
          "map",
          [](const Numerology& self, std::size_t symbol) {
            const auto& map = self.map_of(symbol);
            auto out = new_vector<std::uint8_t>(map.size());
            std::transform(map.begin(), map.end(), writable(out).begin(),
                           [](Carrier c) { return static_cast<std::uint8_t>(c); });
            return out;
          },
          "symbol"_a = std::size_t{0}, "Carrier values, uint8 (fft_size,), FFT order.")
      .def("carriers", &Numerology::carriers, "kind"_a, "symbol"_a = std::size_t{0},
           "Indices in FFT order, uint16, from the most negative frequency to the most positive.")
      .def("used_carriers", &Numerology::used_carriers, "symbol"_a = std::size_t{0},
           "Data and pilots together, uint16 (n,), in the same order.")
      .def(
          "signed_index",
          [](const Numerology& self, std::size_t k) {
            require(k < self.fft_size, "k: beyond the last subcarrier");
            return self.signed_index(k);
          },
          "k"_a, "What multiplies the spacing.")
      .def("__repr__",
           [](const Numerology& self) {
             return "Numerology(" + self.name + ", " + std::to_string(self.fft_size) + " + " +
                    std::to_string(self.prefix_samples) + " samples)";
           })
      .def(py::pickle(
          [](const Numerology& self) {
            return py::make_tuple(self.name, self.sample_rate_hz, self.fft_size, self.prefix_samples,
                                  self.map, self.later_maps, self.taper_samples);
          },
          [](const py::tuple& state) {
            Numerology n{
                state[0].cast<std::string>(),          state[1].cast<double>(),
                state[2].cast<std::size_t>(),          state[3].cast<std::size_t>(),
                state[4].cast<std::vector<Carrier>>(), state[5].cast<std::vector<std::vector<Carrier>>>(),
                state[6].cast<std::size_t>()};
            if (n.fft_size != 0) check(n);
            return n;
          }));
  compare_by_state(module.attr("Numerology"));
  Struct<PilotPattern> pattern(module, "PilotPattern", "Where the pilots stand among the used subcarriers.");
  Enum<PilotPattern::Kind>(pattern, "Kind", "How pilots stand.")
      .value("none", PilotPattern::Kind::none)
      .value("comb", PilotPattern::Kind::comb)
      .value("scattered", PilotPattern::Kind::scattered)
      .value("block", PilotPattern::Kind::block)
      .value("edge", PilotPattern::Kind::edge)
      .value("list", PilotPattern::Kind::list);
  pattern.field("kind", &PilotPattern::kind, "How they stand.")
      .field("spacing", &PilotPattern::spacing, "Between pilots.")
      .field("first", &PilotPattern::first, "Of them.")
      .field("symbol_step", &PilotPattern::symbol_step, "scattered: from symbol to symbol.")
      .field("carriers", &PilotPattern::carriers, "list: signed indices.");
  Struct<NumerologyPlan>(module, "NumerologyPlan", "A numerology in the words in which people give one.")
      .field("name", &NumerologyPlan::name, "For people.")
      .field("sample_rate_hz", &NumerologyPlan::sample_rate_hz, "Of the samples.")
      .field("fft_size", &NumerologyPlan::fft_size, "8 to 8192.")
      .field("prefix_samples", &NumerologyPlan::prefix_samples, "Cyclic prefix.")
      .field("taper_samples", &NumerologyPlan::taper_samples, "At most the prefix.")
      .field("lower_guard", &NumerologyPlan::lower_guard, "Unused at the lower edge.")
      .field("upper_guard", &NumerologyPlan::upper_guard, "Unused at the upper edge.")
      .field("null_carriers", &NumerologyPlan::null_carriers, "Signed indices unused besides.")
      .field("pilots", &NumerologyPlan::pilots, "A PilotPattern.");
  module.def("make_numerology", &make_numerology, "plan"_a, "The maps of a plan, checked.");
  module.def("ku", &ku, "sample_rate_hz"_a, "The Ku-band downlink's grid at any sample rate.");
  module.def("ku240", &ku240, "At 240 Msps.");
  module.def("ku20", &ku20, "At 20 Msps.");
  module.def("wifi20", &wifi20, "IEEE 802.11 clause 17, 20 MHz.");
  module.def("numerology_preset", &numerology_preset, "name"_a, "ku240, ku20 or wifi20.");
  module.def("numerology_from_json", &numerology_from_json, "json"_a, "source_name"_a = "numerology",
             "From JSON text; source_name begins the error message.");
  module.def("nominal_ku_carrier_hz", &nominal_ku_carrier_hz, "numerology"_a,
             "With the same relative Doppler as the real one at 11.325 GHz.");
}

void bind_modulation(py::module_& module) {
  using Mod = Modulator;
  struct Modem : Mod {
    Modem(const Numerology& numerology, unsigned oversampling)
        : Mod(numerology, oversampling), fft_size(numerology.fft_size) {}
    std::size_t fft_size;
  };
  py::class_<Modem>(module, "Modulator", "Subcarriers to samples: inverse FFT, cyclic prefix, taper.")
      .def(py::init<const Numerology&, unsigned>(), "numerology"_a, "oversampling"_a = 1U,
           "oversampling 1 to 16.")
      .def_property_readonly("symbol_samples", &Modem::symbol_samples, "Per symbol.")
      .def_property_readonly("taper_samples", &Modem::taper_samples, "What flush() gives.")
      .def(
          "process",
          [](Modem& self, const In<cf32>& subcarriers) {
            const auto in = row_or_rows(subcarriers, "subcarriers");
            require(in.columns() == self.fft_size,
                    "subcarriers: must have " + std::to_string(self.fft_size) + " columns");
            auto out = new_vector<cf32>(in.rows() * self.symbol_samples());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              for (std::size_t s = 0; s < in.rows(); ++s) {
                self.process(in.row(s), to.subspan(s * self.symbol_samples(), self.symbol_samples()));
              }
            }
            return out;
          },
          "subcarriers"_a,
          "complex64 (fft_size,) or (symbols, fft_size), FFT order, to samples (symbols * symbol_samples,).")
      .def(
          "flush",
          [](Modem& self) {
            require_idle(&self);
            auto out = new_vector<cf32>(self.taper_samples());
            self.flush(writable(out));
            return out;
          },
          "What is left of the last symbol, complex64 (taper_samples,).");
  py::class_<Demodulator>(module, "Demodulator", "Samples to subcarriers: carrier removal and FFT.")
      .def(py::init<const Numerology&>(), "numerology"_a, "Of these sizes.")
      .def_property_readonly("fft_size", &Demodulator::fft_size, "Of a window.")
      .def(
          "process",
          [](Demodulator& self, const In<cf32>& window, double frequency, double phase_turns) {
            require(std::isfinite(frequency) && std::isfinite(phase_turns), "frequency: must be finite");
            const auto in = vector(window, self.fft_size(), "window");
            auto out = new_vector<cf32>(self.fft_size());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.process(in, frequency, phase_turns, to);
            }
            return out;
          },
          "window"_a, "frequency"_a = 0.0, "phase_turns"_a = 0.0,
          "complex64 (fft_size,) to subcarriers (fft_size,), FFT order; the carrier offset taken away in "
          "cycles "
          "per sample and turns at the first sample. NaN and Inf spread to every bin.");
  module.def(
      "remove_carrier",
      [](const In<cf32>& x, double frequency, double phase_turns) {
        require(std::isfinite(frequency) && std::isfinite(phase_turns), "frequency: must be finite");
        const auto in = vector(x, "x");
        auto out = new_vector<cf32>(in.size());
        const auto to = writable(out);
        {
          const py::gil_scoped_release release;
          remove_carrier(in, frequency, phase_turns, to);
        }
        return out;
      },
      "x"_a, "frequency"_a, "phase_turns"_a = 0.0,
      "x[n] exp(-j 2 pi (frequency n + phase_turns)), complex64 (n,); cycles per sample.");
}

void bind_equalizer(py::module_& module) {
  module.attr("erased_variance") = erased_variance;
  module.def(
      "equalize",
      [](const In<cf32>& received, const In<cf32>& channel, const In<float>& noise_variance,
         const In<std::uint16_t>& carriers) {
        const auto y = vector(received, "received");
        const auto h = vector(channel, y.size(), "channel");
        const auto n = vector(noise_variance, y.size(), "noise_variance");
        const auto k = vector(carriers, "carriers");
        for (const auto carrier : k)
          require(carrier < y.size(), "carriers: index beyond the last subcarrier");
        auto symbols = new_vector<cf32>(k.size());
        auto variance = new_vector<float>(k.size());
        unlocked([&, to = writable(symbols), v = writable(variance)] { equalize(y, h, n, k, to, v); });
        return std::make_pair(symbols, variance);
      },
      "received"_a, "channel"_a, "noise_variance"_a, "carriers"_a,
      "Zero forcing: symbols complex64 and variance float32 (n,) on the carriers uint16 (n,) of (fft_size,) "
      "arrays. Zero or not finite: symbol 0, erased_variance.");
  struct Equalizer : RampEqualizer {
    explicit Equalizer(const Numerology& numerology)
        : RampEqualizer(numerology), fft_size(numerology.fft_size) {}
    std::size_t fft_size;
  };
  py::class_<Equalizer> ramp(
      module, "RampEqualizer",
      "Zero forcing of the data subcarriers for a channel that turned, faded and moved since.");
  ramp.def(py::init<const Numerology&>(), "numerology"_a, "With data subcarriers.")
      .def_property_readonly("data_carriers", &Equalizer::data_carriers, "How many.")
      .def(
          "set_channel",
          [](Equalizer& self, const In<cf32>& channel, const In<float>& noise_variance) {
            self.set_channel(vector(channel, self.fft_size, "channel"),
                             vector(noise_variance, self.fft_size, "noise_variance"));
          },
          "channel"_a, "noise_variance"_a, "complex64 and float32 (fft_size,), FFT order.")
      .def(
          "process",
          [](const Equalizer& self, const In<cf32>& received, double phase_rad, double slope_rad, double gain,
             float noise_scale) {
            const auto y = vector(received, self.fft_size, "received");
            auto symbols = new_vector<cf32>(self.data_carriers());
            const float factor =
                self.process(y, {phase_rad, slope_rad, gain}, noise_scale, writable(symbols));
            return std::make_pair(symbols, factor);
          },
          "received"_a, "phase_rad"_a = 0.0, "slope_rad"_a = 0.0, "gain"_a = 1.0, "noise_scale"_a = 1.0F,
          "complex64 (fft_size,) to symbols complex64 (data_carriers,) and the factor that weight is to be "
          "taken "
          "with: weight * factor = 1 / variance.");
  view_property(ramp, "weight", &RampEqualizer::weight,
                "|H|^2 / noise of set_channel(), float32 (data_carriers,), 0 where erased, a view.");

  module.def(
      "combine",
      [](const In<cf32>& received, const In<cf32>& channel, const In<float>& noise_variance) {
        const auto y = grid(received, "received");
        const auto h = grid(channel, y.rows(), y.columns(), "channel");
        const auto n = grid(noise_variance, y.rows(), "noise_variance");
        require(n.columns() == 1 || n.columns() == y.columns(),
                "noise_variance: must have 1 column or as many");
        auto symbols = new_vector<cf32>(y.columns());
        auto variance = new_vector<float>(y.columns());
        unlocked([&, to = writable(symbols), v = writable(variance)] { combine(y, h, n, to, v); });
        return std::make_pair(symbols, variance);
      },
      "received"_a, "channel"_a, "noise_variance"_a,
      "Maximum-ratio combining of complex64 (antennas, carriers): symbols and float32 variance (carriers,). "
      "An antenna with NaN, or noise 0, takes no part.");
  module.def(
      "to_mmse",
      [](const In<cf32>& symbols, const In<float>& variance) {
        auto s = copied(vector(symbols, "symbols"));
        auto v = copied(vector(variance, static_cast<std::size_t>(s.size()), "variance"));
        unlocked([to = writable(s), variances = writable(v)] { to_mmse(to, variances); });
        return std::make_pair(s, v);
      },
      "symbols"_a, "variance"_a,
      "Unbiased symbols complex64 (n,) and variance float32 (n,) to estimates of least mean square error, "
      "copies.");
  using Irc = Configured<InterferenceRejectionCombiner>;
  py::class_<Irc> irc(module, "InterferenceRejectionCombiner", "Weights R^-1 h per band of subcarriers.");
  Struct<InterferenceRejectionCombiner::Config>(irc, "Config", "Sizes.")
      .field("antennas", &InterferenceRejectionCombiner::Config::antennas, "1 to 16.")
      .field("carriers", &InterferenceRejectionCombiner::Config::carriers, "1 to 65536.")
      .field("bands", &InterferenceRejectionCombiner::Config::bands, "1 to carriers.");
  init_from_config(irc, "Of a Config or its fields.");
  irc.def(
         "set_covariance",
         [](Irc& self, std::size_t band, const In<cf64>& covariance) {
           require(band < self.config.bands, "band: beyond the last");
           const auto r = grid(covariance, self.config.antennas, self.config.antennas, "covariance");
           require_idle(&self);
           self.set_covariance(band, r);
         },
         "band"_a, "covariance"_a, "complex128 (antennas, antennas) of noise and interference.")
      .def(
          "process",
          [](const Irc& self, const In<cf32>& received, const In<cf32>& channel) {
            const auto y = grid(received, self.config.antennas, self.config.carriers, "received");
            const auto h = grid(channel, self.config.antennas, self.config.carriers, "channel");
            auto symbols = new_vector<cf32>(self.config.carriers);
            auto variance = new_vector<float>(self.config.carriers);
            const auto to = writable(symbols);
            const auto v = writable(variance);
            {
              const LongCall call(&self);
              self.process(y, h, to, v);
            }
            return std::make_pair(symbols, variance);
          },
          "received"_a, "channel"_a,
          "complex64 (antennas, carriers) to symbols complex64 and variance float32 (carriers,).");
}

}  // namespace

void bind_ofdm(py::module_& module) {
  bind_numerology(module);
  bind_modulation(module);
  bind_equalizer(module);
}

}  // namespace boresight::python
