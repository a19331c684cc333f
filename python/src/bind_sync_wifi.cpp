// What the receivers of bursts and of Wi-Fi frames find and follow a signal with.
#include "bindings.h"
#include "boresight/sync/first_path.h"
#include "boresight/sync/repetition_search.h"
#include "boresight/sync/wifi_long_training.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "boresight/sync/wifi_short_training.h"

namespace boresight::python {
namespace {

using namespace boresight::sync;  // NOLINT(google-build-using-namespace)

void bind_repetition_search(py::module_& module) {
  using Search = Configured<RepetitionSearch>;
  using Detection = RepetitionSearch::Detection;
  py::class_<Search> search(module, "RepetitionSearch",
                            "Finds repeated parts on several antennas at once, every period / 16 samples.");
  using Config = RepetitionSearch::Config;
  Struct<Config>(search, "Config", "Of the search.")
      .field("antennas", &Config::antennas, "1 to 64.")
      .field("period", &Config::period, "Samples of a part, a multiple of 64, to 65536.")
      .field("signs", &Config::signs, "+1 or -1 per part, 3 to 64 of them.")
      .field("false_alarm_rate", &Config::false_alarm_rate, "Per metric in white noise, 1e-15 to 0.1.");
  Result<Detection>(search, "Detection", "A signal that was found.")
      .field("start", &Detection::start, "Of the first part, samples from construction or reset.")
      .field("frequency", &Detection::frequency, "Carrier offset, cycles per sample, within 0.5 / period.")
      .field("metric", &Detection::metric, "The largest.");
  init_from_config(search, "Of a Config or its fields.");
  search
      .def(
          "process",
          [](Search& self, const In<cf32>& x) {
            Grid<const cf32> in = row_or_rows(x, "x");
            require(in.rows() == self.config.antennas,
                    "x: must have " + std::to_string(self.config.antennas) + " rows");
            std::vector<Detection> found;
            Detection one;
            const LongCall call(&self);
            for (;;) {
              const Progress progress = self.process(in, std::span(&one, 1));
              if (progress.produced == 0) return found;
              found.push_back(one);
              in = in.columns(progress.consumed, in.columns() - progress.consumed);
            }
          },
          "x"_a,
          "The next samples, complex64 (antennas, n), of one antenna also (n,): Detections. A NaN hides its "
          "windows.")
      .def_property_readonly("metric", &Search::metric, "The last one computed.")
      .def_property_readonly("threshold", &Search::threshold, "On the metric.")
      .def_property_readonly("window_samples", &Search::window_samples, "Of all parts.")
      .def_property_readonly("stride_samples", &Search::stride_samples, "From metric to metric.")
      .def(
          "reset",
          [](Search& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed.");
}

void bind_short_training(py::module_& module) {
  using Detector = ShortTrainingDetector;
  py::class_<Detector> detector(module, "ShortTrainingDetector",
                                "The short training field of 802.11 frames by its period of 16 samples.");
  Struct<Detector::Config>(detector, "Config", "Of the detector.")
      .field("false_alarm_rate", &Detector::Config::false_alarm_rate,
             "Per evaluation on white noise, 1e-15 to 0.1.");
  Result<Detector::Peak>(detector, "Peak", "A short training field.")
      .field("end", &Detector::Peak::end, "One past the last sample of the best window.")
      .field("frequency", &Detector::Peak::frequency, "Carrier offset, cycles per sample, within 1/32.")
      .field("correlation_2", &Detector::Peak::correlation_2, "|rho|^2 there.");
  init_from_config(detector, "Of a Config or its fields.");
  detector
      .def(
          "process",
          [](Detector& self, const In<cf32>& samples, std::uint64_t end) {
            return self.process(vector(samples, 2 * Detector::group_samples, "samples"), end);
          },
          "samples"_a, "end"_a,
          "The group before and the group of 16 samples that ends at sample end, complex64 (32,): a Peak "
          "once "
          "the correlation has stopped growing, or None.")
      .def("restart", &Detector::restart, "Forgets all samples.")
      .def_property_readonly("threshold", &Detector::threshold, "On |rho|^2.")
      .def_property_readonly("correlation_2", &Detector::correlation_2, "|rho|^2 of the last group.");
}

void bind_long_training(py::module_& module) {
  using Search = LongTrainingSearch;
  py::class_<Search> search(module, "LongTrainingSearch",
                            "Places the two long training symbols of an 802.11 frame to the sample.");
  Struct<Search::Config>(search, "Config", "Of the search.")
      .field("false_alarm_rate", &Search::Config::false_alarm_rate,
             "Per search on white noise, 1e-15 to 0.1.")
      .field("positions", &Search::Config::positions, "1 to 4096.");
  Result<Search::Found>(search, "Found", "Where the symbols are.")
      .field("position", &Search::Found::position, "First sample of the first symbol, prefix excluded.")
      .field("frequency", &Search::Found::frequency, "Carrier offset, cycles per sample.")
      .field("dc", &Search::Found::dc, "The receiver's constant; 0 where it is not seen for certain.")
      .field("quality", &Search::Found::quality, "q of the header there.");
  init_from_config(search, "Of a Config or its fields.");
  search
      .def(
          "find",
          [](Search& self, const In<cf32>& samples, double coarse_frequency, const Out<float>& amplitudes) {
            const auto in = vector(samples, self.input_samples(), "samples");
            require(std::isfinite(coarse_frequency), "coarse_frequency: must be finite");
            if (!amplitudes.object || amplitudes.object.is_none()) return self.find(in, coarse_frequency);
            auto out = output(amplitudes, {self.positions()}, in.data(), in.size_bytes());
            return self.find(in, coarse_frequency, writable(out));
          },
          "samples"_a, "coarse_frequency"_a, "amplitudes"_a = Out<float>{},
          "Found in complex64 (input_samples,), of which 32 are before the first position, or None; the "
          "coarse "
          "frequency within 1/128 of the truth. amplitudes: float32 (positions,), written: what the place is "
          "chosen by.")
      .def_property_readonly("positions", &Search::positions, "That are searched.")
      .def_property_readonly("input_samples", &Search::input_samples, "Of find().")
      .def_property_readonly("threshold", &Search::threshold, "On q.");
}

void bind_pilot_tracker(py::module_& module) {
  using Tracker = PilotTracker;
  py::class_<Tracker> tracker(module, "PilotTracker",
                              "Carrier phase and sampling clock from the pilots of every symbol.");
  using Config = Tracker::Config;
  Struct<Config>(tracker, "Config", "Of the tracker.")
      .field("fft_size", &Config::fft_size, "N.")
      .field("symbol_samples", &Config::symbol_samples, "With the prefix.")
      .field("phase_noise_rad", &Config::phase_noise_rad, "Rms walk per symbol.")
      .field("frequency_walk_rad", &Config::frequency_walk_rad, "Rms walk of the change per symbol.")
      .field("clock_offset_limit", &Config::clock_offset_limit, "Rms before anything is known.")
      .field("delay_walk_samples", &Config::delay_walk_samples, "Rms walk per symbol.");
  Result<Tracker::State>(tracker, "State", "What holds for a symbol.")
      .field("phase_rad", &Tracker::State::phase_rad, "Of all subcarriers.")
      .field("delay_samples", &Tracker::State::delay_samples, "Positive: the signal is late.");
  init_from_config(tracker, "Of a Config or its fields.");
  tracker
      .def(
          "start", py::overload_cast<double, double, double, double>(&Tracker::start), "snr"_a,
          "frequency_rad"_a, "frequency_variance"_a, "symbols_ahead"_a,
          "The training is over: SNR per subcarrier (power ratio), phase change per symbol and its variance; "
          "the first symbol follows so many symbols behind the training's middle.")
      .def("start", py::overload_cast<double>(&Tracker::start), "snr"_a,
           "The same for two repeated symbols of fft_size samples and nothing else.")
      .def("restart", &Tracker::restart, "snr"_a, "symbol_samples"_a, "The channel was estimated anew.")
      .def("predict", &Tracker::predict, "One symbol further: the State that will hold for it.")
      .def(
          "correct",
          [](Tracker& self, const In<float>& carriers, const In<cf32>& matched, const In<float>& gain,
             double noise_variance) {
            const auto k = vector(carriers, "carriers");
            return self.correct(k, vector(matched, k.size(), "matched"), vector(gain, k.size(), "gain"),
                                noise_variance);
          },
          "carriers"_a, "matched"_a, "gain"_a, "noise_variance"_a,
          "The symbol turned back by predict(): signed indices float32 (n,), received x conj(P H) complex64 "
          "(n,), |P H|^2 float32 (n,). The State of this symbol; of zeros and NaN the prediction.")
      .def_property_readonly("frequency_rad", &Tracker::frequency_rad, "Phase change per symbol.")
      .def_property_readonly("drift_samples", &Tracker::drift_samples, "Delay change per symbol.");
}

}  // namespace

void bind_sync_wifi(py::module_& module) {
  bind_repetition_search(module);
  bind_short_training(module);
  bind_long_training(module);
  bind_pilot_tracker(module);
  module.def(
      "best_window",
      [](const In<float>& power, std::size_t span, std::int64_t earliest, std::int64_t latest) {
        const auto in = vector(power, "power");
        const auto half = static_cast<std::int64_t>(in.size() / 2);
        require(earliest >= -half && latest <= half, "earliest: with latest within half of power's size");
        return best_window(in, span, earliest, latest);
      },
      "power"_a, "span"_a, "earliest"_a, "latest"_a,
      "Where a window of span taps holds most of |tap|^2 over circular delay, float32 (n,); NaN gives 0.");
}

}  // namespace boresight::python
