// Receivers of the real Ku-band downlink: frames and tones are found, nothing is decoded.
#include "bindings.h"
#include "boresight/rx/pilot_receiver.h"
#include "boresight/rx/preamble_receiver.h"
#include "boresight/rx/tone_receiver.h"

namespace boresight::python {
namespace {

using namespace boresight::rx;  // NOLINT(google-build-using-namespace)

template <typename R>
void bind_push(py::class_<R>& receiver) {
  receiver
      .def(
          "push",
          [](R& self, const In<cf32>& x) {
            const auto in = vector(x, "x");
            std::vector<KuDetection> found;
            const LongCall call(&self);
            self.push(in, [&](const KuDetection& detection) { found.push_back(detection); });
            return found;
          },
          "x"_a, "Any number of samples, complex64 (n,): KuDetections. NaN and Inf are taken as zeros.")
      .def(
          "skip",
          [](R& self, std::uint64_t lost) {
            require_idle(&self);
            self.skip(lost);
          },
          "lost"_a, "So many samples are missing here; 0: nobody knows how many.")
      .def_property_readonly(
          "stats", [](const R& self) { return typename R::Stats(self.stats()); }, "A copy.");
}

}  // namespace

void bind_rx_downlink(py::module_& module) {
  Result<KuDetection>(module, "KuDetection", "A frame, a block of frames, or the tones of a satellite.")
      .field("sample_index", &KuDetection::sample_index, "First sample of the PSS prefix.")
      .field("sample_fraction", &KuDetection::sample_fraction, "To be added, [0, 1).")
      .field("doppler_hz", &KuDetection::doppler_hz, "Positive when the satellite approaches.")
      .field("doppler_sigma_hz", &KuDetection::doppler_sigma_hz, "Standard deviation.")
      .field("doppler_from_drift", &KuDetection::doppler_from_drift, "Else from the carrier.")
      .field("carrier_hz", &KuDetection::carrier_hz, "Of this frame alone.")
      .field("snr_db", &KuDetection::snr_db, "Per sample of 240 MHz.")
      .field("statistic", &KuDetection::statistic, "Of the test.")
      .field("frames", &KuDetection::frames, "In the block.")
      .field("track", &KuDetection::track, "Frames of the same satellite share it.")
      .property("start_samples", &KuDetection::start_samples, "Index and fraction in one number.");
  py::class_<PreambleReceiver> preamble(module, "PreambleReceiver", "Frames found by their PSS and SSS.");
  using Preamble = PreambleReceiver::Config;
  Struct<Preamble>(preamble, "Config", "Of the receiver.")
      .field("search", &Preamble::search, "sync.PreambleSearch.Config.")
      .field("tuned_hz", &Preamble::tuned_hz, "Middle of the samples.")
      .field("false_alarm", &Preamble::false_alarm, "Per frame period.")
      .field("clock_tolerance", &Preamble::clock_tolerance, "Relative.")
      .field("accumulate_frames", &Preamble::accumulate_frames, "0, or a power of two from 8 to 256.");
  Result<PreambleReceiver::Stats>(preamble, "Stats", "Counters.")
      .field("periods", &PreambleReceiver::Stats::periods, "Searched.")
      .field("candidates", &PreambleReceiver::Stats::candidates, "Looked at twice.")
      .field("detections", &PreambleReceiver::Stats::detections, "Reported.")
      .field("cleaned_samples", &PreambleReceiver::Stats::cleaned_samples, "No numbers.")
      .field("usable_band", &PreambleReceiver::Stats::usable_band, "Share, 0 to 1.")
      .field("line_bins", &PreambleReceiver::Stats::line_bins, "Of 512.");
  init_from_config(preamble, "Of a Config or its fields.");
  bind_push(preamble);
  preamble.def_property_readonly("threshold", &PreambleReceiver::threshold, "On the statistic.");

  py::class_<PilotReceiver> pilot(module, "PilotReceiver", "Frames found by their edge pilots.");
  using Pilot = PilotReceiver::Config;
  Struct<Pilot>(pilot, "Config", "Of the receiver.")
      .field("search", &Pilot::search, "sync.PilotSearch.Config.")
      .field("tuned_hz", &Pilot::tuned_hz, "Middle of the samples.")
      .field("search_every", &Pilot::search_every, "Frame periods.");
  Result<PilotReceiver::Stats>(pilot, "Stats", "Counters.")
      .field("periods", &PilotReceiver::Stats::periods, "Gone through.")
      .field("searches", &PilotReceiver::Stats::searches, "Searched as a whole.")
      .field("detections", &PilotReceiver::Stats::detections, "Reported.")
      .field("cleaned_samples", &PilotReceiver::Stats::cleaned_samples, "No numbers.")
      .field("tracks", &PilotReceiver::Stats::tracks, "Now.");
  init_from_config(pilot, "Of a Config or its fields.");
  bind_push(pilot);
  pilot.def_property_readonly("threshold", &PilotReceiver::threshold, "On the statistic.");

  py::class_<ToneReceiver> tone(module, "ToneReceiver", "The tones of satellites, followed in time.");
  using Tone = ToneReceiver::Config;
  Struct<Tone>(tone, "Config", "Of the receiver.")
      .field("search", &Tone::search, "sync.ToneSearch.Config.")
      .field("track_timeout_s", &Tone::track_timeout_s, "Until a track ends.");
  Result<ToneReceiver::Stats>(tone, "Stats", "Counters.")
      .field("windows", &ToneReceiver::Stats::windows, "Half overlapped.")
      .field("detections", &ToneReceiver::Stats::detections, "Reported.")
      .field("cleaned_samples", &ToneReceiver::Stats::cleaned_samples, "No numbers.");
  init_from_config(tone, "Of a Config or its fields.");
  bind_push(tone);
}

}  // namespace boresight::python
