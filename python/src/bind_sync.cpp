// Detection theory, repetition and sequence detectors, carriers taken away, tracking.
#include "bindings.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/first_path.h"
#include "boresight/sync/integer_offset.h"
#include "boresight/sync/repetition_detector.h"
#include "boresight/sync/sequence_search.h"
#include "boresight/sync/tone_canceller.h"
#include "boresight/sync/tracking_filter.h"
#include "boresight/sync/whitener.h"

namespace boresight::python {
namespace {

using namespace boresight::sync;  // NOLINT(google-build-using-namespace)

void bind_theory(py::module_& module) {
  module.def(
      "quadratic_form_tail",
      [](const std::vector<double>& weights, const std::vector<double>& powers, double x) {
        require(weights.size() == powers.size(), "powers: must be as many as weights");
        require(std::count_if(weights.begin(), weights.end(), [](double w) { return w != 0; }) >= 3,
                "weights: at least three must not be zero");
        return unlocked([&] { return quadratic_form_tail(weights, powers, x); });
      },
      "weights"_a, "powers"_a, "x"_a, "P(sum w |z + m|^2 > x), E|z|^2 = 1, powers |m|^2.");
  module.def(
      "differential_detection_probability",
      [](std::size_t segments, double power, double threshold) {
        require(segments >= 3 && segments <= 1024, "segments: must be 3 to 1024");
        require(power >= 0 && power <= 1e12, "power: must be 0 to 1e12");
        return unlocked([&] { return differential_detection_probability(segments, power, threshold); });
      },
      "segments"_a, "power"_a, "threshold"_a,
      "Of the differential statistic of 3 to 1024 equal segments. Too low by at most 0.02 where power "
      "sqrt(segments) >= 16, 0.03 from 8 on, 0.06 from 3.4 on; below that only a lower bound, for what is "
      "left "
      "out is as large: without signal use differential_tail().");
  const auto check_segments = [](std::size_t segments) {
    require(segments >= 2 && segments <= 65536, "segments: must be 2 to 65536");
  };
  const auto check_probability = [](double probability) {
    require(probability > 0 && probability <= 0.1, "probability: must be in (0, 0.1]");
  };
  const auto check_copies = [check_segments](std::size_t copies, std::size_t segments) {
    check_segments(segments);
    require(copies >= 1 && copies <= (std::size_t{1} << 32) && copies * segments >= 4,
            "copies: must be 1 to 2^32, copies * segments at least 4");
  };
  module.def(
      "differential_tail",
      [check_segments](std::size_t segments, double threshold) {
        check_segments(segments);
        return unlocked([&] { return differential_tail(segments, threshold); });
      },
      "segments"_a, "threshold"_a, "False-alarm probability of a threshold, 2 to 65536 segments.");
  module.def(
      "differential_threshold",
      [check_segments, check_probability](std::size_t segments, double probability) {
        check_segments(segments);
        check_probability(probability);
        return unlocked([&] { return differential_threshold(segments, probability); });
      },
      "segments"_a, "probability"_a, "Its inverse, for probabilities in (0, 0.1].");
  module.def(
      "differential_ratio_tail",
      [check_copies](std::size_t copies, std::size_t segments, double ratio) {
        check_copies(copies, segments);
        require(ratio > 0 && ratio < std::cos(3.14159265358979 / static_cast<double>(segments + 1)),
                "ratio: must be in (0, cos(pi / (segments + 1)))");
        return unlocked([&] { return differential_ratio_tail(copies, segments, ratio); });
      },
      "copies"_a, "segments"_a, "ratio"_a, "The same against the energy of all segments.");
  module.def(
      "differential_ratio_threshold",
      [check_copies, check_probability](std::size_t copies, std::size_t segments, double probability) {
        check_copies(copies, segments);
        require(segments <= 4096, "segments: must be 2 to 4096");
        check_probability(probability);
        return unlocked([&] { return differential_ratio_threshold(copies, segments, probability); });
      },
      "copies"_a, "segments"_a, "probability"_a, "Its inverse.");
  module.def(
      "clopper_pearson",
      [](std::size_t hits, std::size_t trials, double risk) {
        require(trials >= 1 && trials <= clopper_pearson_max_trials, "trials: must be 1 to 2^40");
        require(hits <= trials, "hits: must be 0 to trials");
        require(risk > 0 && risk < 0.5, "risk: must be in (0, 0.5)");
        const Interval interval = unlocked([&] { return clopper_pearson(hits, trials, risk); });
        return std::make_pair(interval.low, interval.high);
      },
      "hits"_a, "trials"_a, "risk"_a,
      "Of 1 to 2^40 trials: (low, high) of a probability; each wrong with probability risk.");
  module.def(
      "first_path",
      [](const In<cf32>& taps, std::size_t search, std::size_t span, double false_alarm_probability,
         double range_db) {
        const auto in = vector(taps, "taps");
        require(search <= in.size() && span <= in.size() && in.size() > search + span + 8,
                "taps: must be more than search + span + 8");
        require(false_alarm_probability > 0 && false_alarm_probability <= 0.1,
                "false_alarm_probability: must be in (0, 0.1]");
        return unlocked([&] { return first_path(in, {search, span, false_alarm_probability, range_db}); });
      },
      "taps"_a, "search"_a = std::size_t{32}, "span"_a = std::size_t{32}, "false_alarm_probability"_a = 1e-3,
      "range_db"_a = 20.0,
      "Index of the earliest path of a circular response complex64 (n,); NaN is no path.");
}

template <typename D>
void bind_detection(py::handle scope, const char* value_name, double D::*value) {
  Result<D>(scope, "Detection", "A signal that was found.")
      .field("start", &D::start, "Of the signal, samples from the first after construction or reset.")
      .field("frequency", &D::frequency, "Carrier offset, cycles per sample.")
      .field(value_name, value, "The largest.");
}

template <typename Detector>
std::vector<typename Detector::Detection> detect(Detector& self, std::span<const cf32> in) {
  std::vector<typename Detector::Detection> found;
  std::array<typename Detector::Detection, 64> some;
  for (;;) {
    const Progress progress = self.process(in, some);
    found.insert(found.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(progress.produced));
    in = in.subspan(progress.consumed);
    if (in.empty() && progress.produced < some.size()) return found;
    if (progress.consumed == 0 && progress.produced == 0) return found;
  }
}

void bind_detectors(py::module_& module) {
  Enum<RepetitionMetric>(module, "RepetitionMetric", "What is correlated with what.")
      .value("schmidl_cox", RepetitionMetric::schmidl_cox)
      .value("minn", RepetitionMetric::minn)
      .value("park", RepetitionMetric::park);
  using Repetition = RepetitionDetector;
  py::class_<Repetition> repetition(module, "RepetitionDetector", "Finds a signal by parts that repeat.");
  Struct<Repetition::Config>(repetition, "Config", "Of the detector.")
      .field("metric", &Repetition::Config::metric, "Which.")
      .field("period", &Repetition::Config::period, "Samples of a part, 4 to 65536.")
      .field("signs", &Repetition::Config::signs, "+1 or -1 per part.")
      .field("false_alarm_rate", &Repetition::Config::false_alarm_rate, "Per sample.");
  bind_detection<Repetition::Detection>(repetition, "metric", &Repetition::Detection::metric);
  init_from_config(repetition, "Of a Config or its fields.");
  repetition
      .def(
          "process",
          [](Repetition& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            const LongCall call(&self);
            return detect(self, in);
          },
          "x"_a, "The next samples, complex64 (n,): Detections. A NaN hides its windows.")
      .def_property_readonly("metric", &Repetition::metric, "Of the window that ends now.")
      .def_property_readonly("threshold", &Repetition::threshold, "On the metric.")
      .def_property_readonly("window_samples", &Repetition::window_samples, "Of all parts.")
      .def(
          "reset",
          [](Repetition& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets all samples.");
  using Search = SequenceSearch;
  py::class_<Search> search(module, "SequenceSearch", "Finds a known sequence at every sample.");
  Enum<Search::Combining>(search, "Combining", "How segments are combined.")
      .value("differential", Search::Combining::differential)
      .value("noncoherent", Search::Combining::noncoherent);
  Struct<Search::Config>(search, "Config", "Of the search.")
      .field("sequence", &Search::Config::sequence, "complex64, at most 65536.")
      .field("segments", &Search::Config::segments, "1 to 64, a divisor of the length.")
      .field("combining", &Search::Config::combining, "Of the segments.")
      .field("false_alarm_rate", &Search::Config::false_alarm_rate, "Per sample.");
  bind_detection<Search::Detection>(search, "statistic", &Search::Detection::statistic);
  init_from_config(search, "Of a Config or its fields.");
  search
      .def(
          "process",
          [](Search& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            const LongCall call(&self);
            return detect(self, in);
          },
          "x"_a, "The next samples, complex64 (n,): Detections, up to latency_samples late.")
      .def_property_readonly("threshold", &Search::threshold, "On the statistic.")
      .def_property_readonly("latency_samples", &Search::latency_samples, "How late detections come.")
      .def(
          "reset",
          [](Search& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets all samples.");
  using Offset = Configured<IntegerOffset>;
  py::class_<Offset> offset(module, "IntegerOffset", "How many whole subcarriers a known symbol is off.");
  Struct<IntegerOffset::Config>(offset, "Config", "Of the search.")
      .field("known", &IntegerOffset::Config::known, "complex64 (fft_size,), FFT order.")
      .field("max_offset", &IntegerOffset::Config::max_offset, "Subcarriers.")
      .field("false_alarm_probability", &IntegerOffset::Config::false_alarm_probability, "Of a call.");
  Result<IntegerOffset::Result>(offset, "Result", "Where the symbol is.")
      .field("offset", &IntegerOffset::Result::offset, "Subcarriers above where it should be.")
      .field("delay", &IntegerOffset::Result::delay, "Samples by which the window began early.")
      .field("statistic", &IntegerOffset::Result::statistic, "0 to 1.");
  init_from_config(offset, "Of a Config or its fields.");
  offset
      .def(
          "process",
          [](const Offset& self, const In<cf32>& subcarriers) {
            const auto in = vector(subcarriers, self.config.known.size(), "subcarriers");
            const LongCall call(&self);
            return self.process(in);
          },
          "subcarriers"_a, "complex64 (fft_size,), FFT order: a Result, or None.")
      .def_property_readonly("threshold", &Offset::threshold, "On the statistic.");
}

void bind_cleaning(py::module_& module) {
  using Canceller = ToneCanceller;
  py::class_<Canceller> canceller(module, "ToneCanceller", "Takes carriers out of a stream.");
  Struct<Canceller::Config>(canceller, "Config", "Of the canceller.")
      .field("max_tones", &Canceller::Config::max_tones, "0 to 16.")
      .field("false_alarm_probability", &Canceller::Config::false_alarm_probability, "Of a block.");
  Result<Canceller::Tone>(canceller, "Tone", "A carrier that is being cancelled.")
      .field("frequency", &Canceller::Tone::frequency, "Cycles per sample.")
      .field("power", &Canceller::Tone::power, "Linear.");
  init_from_config(canceller, "Of a Config or its fields.");
  canceller
      .def(
          "process",
          [](Canceller& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            auto out = new_vector<cf32>(in.size());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return out;
          },
          "x"_a, "complex64 (n,) to the same, without delay. NaN and Inf pass through.")
      .def(
          "advance",
          [](Canceller& self, std::uint64_t samples) {
            require_idle(&self);
            self.advance(samples);
          },
          "samples"_a, "So many are missing here.")
      .def_property_readonly(
          "tones",
          [](const Canceller& self) {
            require_idle(&self);
            return self.tones();
          },
          "Those being cancelled.")
      .def(
          "reset",
          [](Canceller& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets everything.");
  py::class_<Whitener> whitener(module, "Whitener", "Takes the shape off the noise of a receiver.");
  whitener.def(py::init<>(), "Nothing learned.")
      .def(
          "learn",
          [](Whitener& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            const LongCall call(&self);
            self.learn(in);
          },
          "x"_a, "Averages the spectrum of complex64 (n,) into what is known.")
      .def(
          "process",
          [](Whitener& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            require(in.size() >= 2 * Whitener::reach,
                    "x: must be at least " + std::to_string(2 * Whitener::reach) + " samples");
            auto out = new_vector<cf32>(in.size() - 2 * Whitener::reach);
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return out;
          },
          "x"_a, "complex64 (n,) to (n - 2 reach,); zeros before learn().")
      .def_property_readonly("learned", &Whitener::learned, "Whether it has a spectrum.")
      .def_property_readonly("usable_band", &Whitener::usable_band, "Share of the band, 0 to 1.")
      .def_property_readonly("line_bins", &Whitener::line_bins, "How many bins are lines.");
  whitener.attr("reach") = Whitener::reach;
  whitener.attr("bins") = Whitener::bins;
  py::class_<TrackingFilter> filter(module, "TrackingFilter", "Kalman filter for a quantity and its rate.");
  Struct<TrackingFilter::Config>(filter, "Config", "What both change by.")
      .field("value_walk_variance", &TrackingFilter::Config::value_walk_variance, "Per step.")
      .field("rate_walk_variance", &TrackingFilter::Config::rate_walk_variance, "Per step.");
  init_from_config(filter, "Of a Config or its fields.");
  filter
      .def("reset", &TrackingFilter::reset, "value"_a, "value_variance"_a, "rate"_a, "rate_variance"_a,
           "covariance"_a = 0.0, "Starts from an estimate, the variances of its errors and their covariance.")
      .def(
          "predict",
          [](TrackingFilter& self, double steps) {
            require(std::isfinite(steps) && steps >= 0, "steps: must be 0 or more");
            self.predict(steps);
          },
          "steps"_a = 1.0, "So many steps ahead, a part of one or several.")
      .def("correct", &TrackingFilter::correct, "error"_a, "variance"_a,
           "Takes a measurement of the filter's own error; not finite: ignored.")
      .def_property_readonly("value", &TrackingFilter::value, "Now.")
      .def_property_readonly("rate", &TrackingFilter::rate, "Per step.")
      .def_property_readonly("value_variance", &TrackingFilter::value_variance, "Of the value.")
      .def_property_readonly("rate_variance", &TrackingFilter::rate_variance, "Of the rate.");
}

}  // namespace

void bind_sync(py::module_& module) {
  bind_theory(module);
  bind_detectors(module);
  bind_cleaning(module);
}

}  // namespace boresight::python
