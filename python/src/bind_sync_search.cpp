// The ku waveform's sequences and acquisition; the searches for the real downlink.
#include "bindings.h"
#include "boresight/sync/delay_track.h"
#include "boresight/sync/drift_accumulator.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_edge_pilots.h"
#include "boresight/sync/ku_preamble.h"
#include "boresight/sync/ku_sequences.h"
#include "boresight/sync/pilot_search.h"
#include "boresight/sync/preamble_search.h"
#include "boresight/sync/template_fit.h"
#include "boresight/sync/tone_search.h"

namespace boresight::python {
namespace {

using namespace boresight::sync;  // NOLINT(google-build-using-namespace)

void bind_sequences(py::module_& module) {
  module.def(
      "pss", [] { return copied(std::span<const cf32>(pss())); }, "The PSS with prefix, complex64 (1056,).");
  module.def(
      "pss_segment", [] { return copied(std::span<const cf32>(pss_segment())); }, "p, complex64 (128,).");
  module.def(
      "sss", [] { return copied(std::span<const cf32>(sss())); },
      "Subcarriers of the SSS, complex64 (1024,), FFT order.");
  Enum<PreamblePart>(module, "PreamblePart", "Of the preamble.")
      .value("pss", PreamblePart::pss)
      .value("both", PreamblePart::both);
  module.def("ku_preamble", &ku_preamble, "part"_a = PreamblePart::both,
             "At 240 Msps, complex64 (1056,) or (2112,), unit mean power.");
  module.def(
      "ku_preamble_spectrum",
      [](PreamblePart part, double rate_hz, double first_hz, double step_hz, std::size_t count) {
        require(rate_hz > 0 && std::isfinite(rate_hz), "rate_hz: must be positive");
        require(std::isfinite(first_hz) && std::isfinite(step_hz), "first_hz: with step_hz must be finite");
        require(count <= (std::size_t{1} << 24), "count: at most 2^24");
        auto out = new_vector<cf32>(count);
        const auto to = writable(out);
        const py::gil_scoped_release release;
        ku_preamble_spectrum(part, rate_hz, first_hz, step_hz, to);
        return out;
      },
      "part"_a, "rate_hz"_a, "first_hz"_a, "step_hz"_a, "count"_a,
      "Fourier sum of ku_preamble() at first_hz + i step_hz from the channel's center times sqrt(rate / 240 "
      "MHz), zero beyond 120 MHz, complex64 (count,).");
  module.def("ku_channel_center_hz", &ku_channel_center_hz, "channel"_a, "Of channel 1 to 8.");
  Enum<ChannelEdge>(module, "ChannelEdge", "Of the channel.")
      .value("lower", ChannelEdge::lower)
      .value("upper", ChannelEdge::upper);
  module.def(
      "edge_pilots",
      [] {
        auto out = new_grid<cf32>(edge_pilot_symbols, edge_pilot_subcarriers.size());
        const Grid<cf32> to = writable_grid(out);
        for (std::size_t s = 0; s < to.rows(); ++s) {
          for (std::size_t k = 0; k < to.columns(); ++k) to(s, k) = edge_pilot(s, k);
        }
        return out;
      },
      "Of symbols 2 to 301 on edge_pilot_subcarriers, complex64 (300, 16). Single-chain: see the header.");
  module.attr("edge_pilot_subcarriers") =
      py::tuple(py::cast(std::vector<int>(edge_pilot_subcarriers.begin(), edge_pilot_subcarriers.end())));
  module.def("edge_pilot_center_hz", &edge_pilot_center_hz, "edge"_a, "Above the channel's center.");
}

void bind_acquisition(py::module_& module) {
  py::class_<PssSearch> search(module, "PssSearch", "The PSS at every sample, on any carrier.");
  Struct<PssSearch::Config>(search, "Config", "Of the search.")
      .field("false_alarm_rate", &PssSearch::Config::false_alarm_rate, "Per sample.")
      .field("max_carrier_offset", &PssSearch::Config::max_carrier_offset, "Subcarriers, at most 3.9.")
      .field("positions", &PssSearch::Config::positions, "Tested by one call.");
  Result<PssSearch::Candidate>(search, "Candidate", "A place that passed.")
      .field("position", &PssSearch::Candidate::position, "First sample of the PSS body in the window.")
      .field("frequency", &PssSearch::Candidate::frequency, "Cycles per sample.")
      .field("statistic", &PssSearch::Candidate::statistic, "Over the noise level.");
  init_from_config(search, "Of a Config or its fields.");
  search
      .def(
          "process",
          [](PssSearch& self, const In<cf32>& window, bool follows) {
            const auto in = vector(window, self.window_samples(), "window");
            const LongCall call(&self);
            return self.process(in, follows);
          },
          "window"_a, "follows"_a = false,
          "complex64 (window_samples,): the first Candidate, or None. follows: this window begins positions "
          "samples after the last.")
      .def(
          "next",
          [](const PssSearch& self, std::size_t position) {
            require_idle(&self);
            return self.next(position);
          },
          "position"_a, "The next Candidate of the same window at or behind it.")
      .def_property_readonly("window_samples", &PssSearch::window_samples, "Looked at by one call.")
      .def_property_readonly("positions", &PssSearch::positions, "Tested by one call.")
      .def_property_readonly("threshold", &PssSearch::threshold, "On the statistic.")
      .def_static(
          "threshold_for",
          [](double false_alarm_rate) {
            require(false_alarm_rate > 0 && false_alarm_rate <= 0.1, "false_alarm_rate: must be in (0, 0.1]");
            return PssSearch::threshold_for(false_alarm_rate);
          },
          "false_alarm_rate"_a, "The threshold of a rate, in (0, 0.1].");
  view_property(
      search, "statistic_2", &PssSearch::statistic_2,
      "The statistic's square at every position of the last window and one symbol on, float32, a view.");
  Result<KuTiming>(module, "KuTiming", "Where a frame is.")
      .field("start", &KuTiming::start, "First sample of the PSS prefix in the samples.")
      .field("frequency", &KuTiming::frequency, "Cycles per sample.")
      .field("statistic", &KuTiming::statistic, "Share of the SSS's energy in its strongest tap.")
      .field("delay", &KuTiming::delay, "Samples behind start.");
  py::class_<KuSync> sync(module, "KuSync", "Confirms a candidate on the SSS and measures it.");
  Struct<KuSync::Config>(sync, "Config", "Of the test.")
      .field("false_alarm_probability", &KuSync::Config::false_alarm_probability, "Of one call.");
  init_from_config(sync, "Of a Config or its fields.");
  sync.def(
          "process",
          [](KuSync& self, const In<cf32>& samples, std::size_t start, double frequency) {
            const auto in = vector(samples, "samples");
            const std::size_t needed = 2 * KuSync::symbol_samples + KuSync::allowance;
            require(start >= KuSync::allowance && in.size() >= needed && start <= in.size() - needed,
                    "samples: must reach 512 samples beyond start and the two symbols behind it");
            require(std::isfinite(frequency), "frequency: must be finite");
            const LongCall call(&self);
            return self.process(in, start, frequency);
          },
          "samples"_a, "start"_a, "frequency"_a, "complex64 (n,): a KuTiming, or None if there is no SSS.")
      .def_property_readonly("threshold", &KuSync::threshold, "On the statistic.");
}

void bind_downlink(py::module_& module) {
  using Preamble = PreambleSearch;
  py::class_<Preamble> preamble(module, "PreambleSearch", "PSS and SSS at every sample and carrier.");
  Struct<Preamble::Config>(preamble, "Config", "Of the search.")
      .field("sample_rate_hz", &Preamble::Config::sample_rate_hz, "1 MHz to 300 MHz.")
      .field("center_hz", &Preamble::Config::center_hz, "Of the slice above the channel's center.")
      .field("carrier_offset_hz", &Preamble::Config::carrier_offset_hz, "Middle of the range.")
      .field("max_carrier_offset_hz", &Preamble::Config::max_carrier_offset_hz, "To either side.")
      .field("carrier_step_hz", &Preamble::Config::carrier_step_hz, "At most.");
  init_from_config(preamble, "Of a Config or its fields.");
  preamble
      .def(
          "process",
          [](Preamble& self, const In<cf32>& x, double fraction, double power) {
            const auto in = vector(x, self.window_samples(), "x");
            require(fraction >= 0 && fraction < 1, "fraction: must be in [0, 1)");
            auto levels = new_grid<std::uint8_t>(self.carriers(), self.positions());
            const Grid<std::uint8_t> to = writable_grid(levels);
            {
              const LongCall call(&self);
              self.process(in, fraction, power, to);
            }
            return levels;
          },
          "x"_a, "fraction"_a, "power"_a,
          "White samples complex64 (window_samples,) to levels uint8 (carriers, positions).")
      .def(
          "carrier_hz",
          [](const Preamble& self, std::size_t index) {
            require(index < self.carriers(), "index: beyond the last carrier");
            return self.carrier_hz(index);
          },
          "index"_a, "Of a row of levels.")
      .def_static("statistic_of", &Preamble::statistic_of, "level"_a, "The U in the middle of a level.")
      .def_property_readonly("period_samples", &Preamble::period_samples, "Of a frame.")
      .def_property_readonly("positions", &Preamble::positions, "Of a frame period.")
      .def_property_readonly("carriers", &Preamble::carriers, "How many.")
      .def_property_readonly("step_hz", &Preamble::step_hz, "Between carriers.")
      .def_property_readonly("energy", &Preamble::energy, "Of what is looked for.")
      .def_property_readonly("lead_samples", &Preamble::lead_samples, "Before the first position.")
      .def_property_readonly("window_samples", &Preamble::window_samples, "In all.");
  Result<FrameEstimate>(module, "FrameEstimate", "A frame that was found.")
      .field("start", &FrameEstimate::start, "First sample of the frame.")
      .field("carrier_hz", &FrameEstimate::carrier_hz, "Carrier offset.")
      .field("carrier_sigma_hz", &FrameEstimate::carrier_sigma_hz, "Cramer-Rao bound.")
      .field("statistic", &FrameEstimate::statistic, "U.")
      .field("snr", &FrameEstimate::snr, "Per sample of 240 MHz, linear.");
  using Fit = TemplateFit;
  py::class_<Fit> fit(module, "TemplateFit", "The second look at a place that a search found.");
  Struct<Fit::Config>(fit, "Config", "Of the fit.")
      .field("sample_rate_hz", &Fit::Config::sample_rate_hz, "1 MHz to 300 MHz.")
      .field("duration_s", &Fit::Config::duration_s, "Of the template.")
      .field("begin_s", &Fit::Config::begin_s, "In the frame.")
      .field("spectrum", &Fit::Config::spectrum, "complex64 (spectrum_bins,).")
      .field("max_carrier_offset_hz", &Fit::Config::max_carrier_offset_hz, "Searched.")
      .field("false_alarm", &Fit::Config::false_alarm, "Per frame period.");
  init_from_config(fit, "Of a Config or its fields.");
  fit.def(
         "process",
         [](Fit& self, const In<cf32>& x, double start, double carrier_hz, double carrier_range_hz,
            double power, double least) {
           const auto in = vector(x, "x");
           require(std::isfinite(start) && std::isfinite(carrier_hz), "start: must be finite");
           require(carrier_range_hz >= 0 && carrier_range_hz <= 300e6,
                   "carrier_range_hz: must be 0 to 300e6");
           const LongCall call(&self);
           return self.process(in, start, carrier_hz, carrier_range_hz, power, least);
         },
         "x"_a, "start"_a, "carrier_hz"_a, "carrier_range_hz"_a, "power"_a = 0.0, "least"_a = 0.0,
         "complex64 (n,): a FrameEstimate near start, or None.")
      .def_static("spectrum_bins", &Fit::spectrum_bins, "sample_rate_hz"_a, "duration_s"_a,
                  "Size of Config.spectrum.")
      .def_property_readonly("threshold", &Fit::threshold, "On the statistic.")
      .def_property_readonly("lead_samples", &Fit::lead_samples, "Needed before the start.")
      .def_property_readonly("trail_samples", &Fit::trail_samples, "Needed behind it.")
      .def_property_readonly("energy", &Fit::energy, "Of the template.");
  module.def("preamble_template", &preamble_template, "sample_rate_hz"_a, "center_hz"_a, Unlocked(),
             "TemplateFit.Config of PSS and SSS in a slice.");

  using Track = DelayTrack;
  py::class_<Track> track(module, "DelayTrack", "From where frames begin to a satellite's Doppler.");
  Struct<Track::Config>(track, "Config", "Of the track.")
      .field("period_samples", &Track::Config::period_samples, "Of a frame without Doppler.")
      .field("carrier_hz", &Track::Config::carrier_hz, "f.")
      .field("window", &Track::Config::window, "Frames kept, 4 to 1024.");
  init_from_config(track, "Of a Config or its fields.");
  track.def("add", &Track::add, "start"_a, "sigma"_a, "A frame that begins at start (samples).")
      .def("reset", &Track::reset, "Forgets all frames.")
      .def("predict", &Track::predict, "near"_a, "Where the frame nearest to near should begin.")
      .def_property_readonly("frames", &Track::frames, "Kept.")
      .def_property_readonly("doppler_hz", &Track::doppler_hz, "At the last frame.")
      .def_property_readonly("doppler_sigma_hz", &Track::doppler_sigma_hz, "Standard deviation.");

  using Tones = ToneSearch;
  py::class_<Tones> tones(module, "ToneSearch", "The nine tones in the gutter of a channel.");
  Struct<Tones::Config>(tones, "Config", "Of the search.")
      .field("sample_rate_hz", &Tones::Config::sample_rate_hz, "1 MHz to 60 MHz.")
      .field("center_hz", &Tones::Config::center_hz, "Above the channel's center.")
      .field("carrier_offset_hz", &Tones::Config::carrier_offset_hz, "Middle of the range.")
      .field("max_carrier_offset_hz", &Tones::Config::max_carrier_offset_hz, "To either side.")
      .field("false_alarm", &Tones::Config::false_alarm, "Of one window.");
  Result<Tones::Found>(tones, "Found", "A comb.")
      .field("carrier_hz", &Tones::Found::carrier_hz, "Of the middle tone.")
      .field("carrier_sigma_hz", &Tones::Found::carrier_sigma_hz, "Twice the bound.")
      .field("statistic", &Tones::Found::statistic, "C.")
      .field("cn0_db_hz", &Tones::Found::cn0_db_hz, "Of all tones together.");
  init_from_config(tones, "Of a Config or its fields.");
  tones
      .def(
          "process",
          [](Tones& self, const In<cf32>& x) {
            const auto in = vector(x, self.window_samples(), "x");
            const LongCall call(&self);
            const auto found = self.process(in);
            return std::vector<Tones::Found>(found.begin(), found.end());
          },
          "x"_a, "complex64 (window_samples,): the combs in it, the strongest first.")
      .def_property_readonly("window_samples", &Tones::window_samples, "Of a call.")
      .def_property_readonly("threshold", &Tones::threshold, "On the statistic.")
      .def_property_readonly("bin_hz", &Tones::bin_hz, "Width of a bin.")
      .def(
          "reset",
          [](Tones& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets the noise floor.");

  using Pilots = PilotSearch;
  py::class_<Pilots> pilots(module, "PilotSearch", "The edge pilots of one whole frame, coherently.");
  Struct<Pilots::Config>(pilots, "Config", "Of the search.")
      .field("sample_rate_hz", &Pilots::Config::sample_rate_hz, "1.9 MHz to 300 MHz.")
      .field("center_hz", &Pilots::Config::center_hz, "Above the channel's center.")
      .field("edge", &Pilots::Config::edge, "Of the channel.")
      .field("carrier_offset_hz", &Pilots::Config::carrier_offset_hz, "Middle of the range.")
      .field("max_carrier_offset_hz", &Pilots::Config::max_carrier_offset_hz, "To either side.")
      .field("false_alarm", &Pilots::Config::false_alarm, "Of one search.");
  init_from_config(pilots, "Of a Config or its fields.");
  pilots
      .def(
          "search",
          [](Pilots& self, const In<cf32>& x) {
            const auto in = vector(x, self.window_samples(), "x");
            const LongCall call(&self);
            self.take(in);
            const auto found = self.search();
            return std::vector<FrameEstimate>(found.begin(), found.end());
          },
          "x"_a,
          "take() and search(): white samples complex64 (window_samples,) to FrameEstimates, at most 16.")
      .def_property_readonly("window_samples", &Pilots::window_samples, "Of a call.")
      .def_property_readonly("lead_samples", &Pilots::lead_samples, "Before the first start.")
      .def_property_readonly("band_rate_hz", &Pilots::band_rate_hz, "Of the band cut out.");
}

void bind_accumulator(py::module_& module) {
  using Accumulator = Configured<DriftAccumulator>;
  py::class_<Accumulator> accumulator(
      module, "DriftAccumulator",
      "Frames too weak to be seen one by one, added up along every line on which a satellite's can lie.");
  using Config = DriftAccumulator::Config;
  Struct<Config>(accumulator, "Config", "Of a block.")
      .field("frames", &Config::frames, "Periods, a power of two from 8 to 256.")
      .field("positions", &Config::positions, "In a period.")
      .field("slopes", &Config::slopes, "Of every carrier, samples per frame, (carriers,).")
      .field("slope_range", &Config::slope_range, "To either side, 0.01 to 100.")
      .field("false_alarm", &Config::false_alarm, "In one block.")
      .field("exclusion", &Config::exclusion, "Samples: of closer findings only the strongest stays.")
      .field("most_findings", &Config::most_findings, "In a block.");
  using Finding = DriftAccumulator::Finding;
  Result<Finding>(accumulator, "Finding", "A line that passed.")
      .field("position", &Finding::position, "In the first period.")
      .field("slope", &Finding::slope, "Samples per frame.")
      .field("carrier", &Finding::carrier, "Row of the levels.")
      .field("excess", &Finding::excess, "Mean statistic of its frames above that of noise.")
      .field("deviations", &Finding::deviations, "Of the sum above noise, in its standard deviations.");
  init_from_config(accumulator, "Of a Config or its fields.");
  accumulator
      .def(
          "add",
          [](Accumulator& self, const In<std::uint8_t>& levels) {
            const auto in = grid(levels, self.config.slopes.size(), self.config.positions, "levels");
            const LongCall call(&self);
            return self.add(in);
          },
          "levels"_a,
          "One period of PreambleSearch's levels, uint8 (carriers, positions). True: the block is full and "
          "findings are its.")
      .def_property_readonly(
          "findings",
          [](const Accumulator& self) {
            require_idle(&self);
            return std::vector<Finding>(self.findings().begin(), self.findings().end());
          },
          "Findings of the last full block.")
      .def_property_readonly("sums", &Accumulator::sums, "In a block.")
      .def_property_readonly("threshold", &Accumulator::threshold,
                             "As a mean statistic of a frame; of the last full block.")
      .def(
          "reset",
          [](Accumulator& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed.");
}

}  // namespace

void bind_sync_search(py::module_& module) {
  bind_sequences(module);
  bind_acquisition(module);
  bind_downlink(module);
  bind_accumulator(module);
}

}  // namespace boresight::python
