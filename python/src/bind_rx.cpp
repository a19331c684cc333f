// The ku receiver with its probes, the one-shot oracle.
#include <variant>

#include "bindings.h"
#include "boresight/rx/oneshot_receiver.h"
#include "boresight/rx/receiver.h"

namespace boresight::python {
namespace {

using namespace boresight::rx;  // NOLINT(google-build-using-namespace)
using modem::Llr;

// A KuFrame that owns its payload.
struct Frame : KuFrame {
  Frame() = default;
  explicit Frame(const KuFrame& frame) : KuFrame(frame), bytes(frame.payload.begin(), frame.payload.end()) {
    payload = {};
  }
  std::vector<std::uint8_t> bytes;
};

// The frames that a call on a receiver brings.
template <typename R, typename F>
std::vector<Frame> frames_of(const Probed<R, KuProbe>& receiver, F&& call) {
  std::vector<Frame> frames;
  const LongCall running{&receiver, receiver.probe};
  call([&](const KuFrame& frame) { frames.emplace_back(frame); });
  return frames;
}

void bind_frame_class(py::module_& module) {
  Result<Frame>(module, "KuFrame", "One frame whose header was read.")
      .field("start_sample", &KuFrame::start_sample, "First sample of the PSS prefix, from the first pushed.")
      .field("header", &KuFrame::header, "A frame.Header.")
      .field("ok", &KuFrame::ok, "The payload passed its CRCs.")
      .property(
          "payload", [](const Frame& self) { return to_bytes(self.bytes); },
          [](Frame& self, py::handle bytes) { self.bytes = from_bytes(bytes); }, "bytes, empty unless ok.")
      .field("carrier_offset_hz", &KuFrame::carrier_offset_hz, "Doppler and oscillator error.")
      .field("clock_offset_ppm", &KuFrame::clock_offset_ppm, "Clock error and Doppler stretch.")
      .field("snr_db", &KuFrame::snr_db, "Per subcarrier, from the SSS.")
      .field("mer_db", &KuFrame::mer_db, "Of the equalized pilots.")
      .field("code_blocks", &KuFrame::code_blocks, "How many.")
      .field("code_blocks_failed", &KuFrame::code_blocks_failed, "Of them.")
      .field("ldpc_iterations", &KuFrame::ldpc_iterations, "Over all code blocks.")
      .field("bridged_symbols", &KuFrame::bridged_symbols, "Of 300, in which no pilots were seen.");
}

// Grids of `rows` rows and `columns` columns of what the probe holds of the frame that ended last.
template <typename T>
py::array_t<T> rows_view(const GridBuffer<T>& buffer, std::size_t first, std::size_t rows,
                         std::size_t columns, const py::object& owner) {
  const Grid<const T> all = buffer.view();
  return view(Grid<const T>(all.data() + first * all.row_stride(), rows, columns, all.row_stride()), owner);
}

// Not while a receiver writes there: sizes and contents would not fit each other.
const auto& frame_of(const KuProbe& probe) {
  require_idle(&probe);
  return probe.frame();
}

void bind_probe(py::module_& module) {
  py::class_<KuProbe> probe(
      module, "KuProbe",
      "What the stages of a ku receiver held, of the frame that ended last. Views are valid until the frame "
      "after the next push begins; copy() keeps them.");
  probe
      .def(py::init([](std::size_t positions) {
             require(positions <= (std::size_t{1} << 20), "positions: at most 2^20");
             return KuProbe(positions);
           }),
           "positions"_a = std::size_t{8192},
           "10 MB of buffers; attach it with set_probe(). positions: as the search's Config has.")
      .def_property_readonly("frames", &KuProbe::frames, "That ended so far.")
      .def_property_readonly(
          "start_sample", [](const KuProbe& self) { return frame_of(self).start_sample; }, "Of the frame.")
      .def_property_readonly(
          "symbols", [](const KuProbe& self) { return frame_of(self).symbols; },
          "Rows of equalized: 300, or 2 when the header could not be read.")
      .def_property_readonly(
          "equalized",
          [](const py::object& self) {
            const auto& frame = frame_of(self.cast<const KuProbe&>());
            return rows_view(frame.equalized, 0, frame.symbols, frame.equalized.columns(), self);
          },
          "Data subcarriers of header and data symbols, complex64 (symbols, 969), lowest frequency first, a "
          "view.")
      .def_property_readonly(
          "header_llr",
          [](const py::object& self) {
            const auto& frame = frame_of(self.cast<const KuProbe&>());
            const std::size_t rows = std::min<std::size_t>(frame.symbols, 2);
            return rows_view(frame.llr, 0, rows, 2 * frame.equalized.columns(), self);
          },
          "Soft bits of the header as received, int8 (2, 1938), a view.")
      .def_property_readonly(
          "llr",
          [](const py::object& self) {
            const auto& frame = frame_of(self.cast<const KuProbe&>());
            const std::size_t rows = frame.symbols > 2 ? frame.symbols - 2 : 0;
            return rows_view(frame.llr, 2, rows, frame.bits * frame.equalized.columns(), self);
          },
          "Soft bits of the data symbols as received (scrambled), int8 (298, 969 * bits), a view.")
      .def_property_readonly("correlation_start", &KuProbe::correlation_start,
                             "Sample number of the first of correlation.");
  view_property(
      probe, "correlation", &KuProbe::correlation,
      "The PSS statistic's square at every position of the last window in which a candidate was found, "
      "float32, a view.");
  view_property(
      probe, "channel", [](const KuProbe& self) { return std::span<const cf32>(self.frame().channel); },
      "From the SSS, complex64 (1024,), FFT order, a view.");
  view_property(
      probe, "noise_variance",
      [](const KuProbe& self) { return std::span<const float>(self.frame().noise_variance); },
      "Per subcarrier, float32 (1024,), FFT order, a view.");
}

void bind_ku(py::module_& module) {
  py::class_<KuDemodulator> demodulator(module, "KuDemodulator",
                                        "One ku frame, symbol by symbol (see KuReceiver).");
  using DemodulatorConfig = KuDemodulator::Config;
  Struct<DemodulatorConfig>(demodulator, "Config", "What is expected to change from symbol to symbol.")
      .field("phase_walk_variance", &DemodulatorConfig::phase_walk_variance, "rad^2.")
      .field("rate_walk_variance", &DemodulatorConfig::rate_walk_variance, "(rad per symbol)^2.")
      .field("delay_walk_variance", &DemodulatorConfig::delay_walk_variance, "samples^2.")
      .field("drift_walk_variance", &DemodulatorConfig::drift_walk_variance, "(samples per symbol)^2.")
      .field("gain_walk_variance", &DemodulatorConfig::gain_walk_variance, "Of the gain.");
  using Receiver = Probed<KuReceiver, KuProbe>;
  py::class_<Receiver> receiver(module, "KuReceiver", "One stream of samples in, frames out.");
  using Config = KuReceiver::Config;
  Struct<Config>(receiver, "Config", "Of the receiver.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "For the units of the results.")
      .field("tone_canceller", &Config::tone_canceller, "sync.ToneCanceller.Config.")
      .field("search", &Config::search, "sync.PssSearch.Config.")
      .field("sync", &Config::sync, "sync.KuSync.Config.")
      .field("demodulator", &Config::demodulator, "KuDemodulator.Config.")
      .field("deframer", &Config::deframer, "frame.Deframer.Config.")
      .field("max_missed_frames", &Config::max_missed_frames, "Over which it freewheels.")
      .field("max_clock_offset_ppm", &Config::max_clock_offset_ppm, "0 to 120.");
  using State = KuReceiver::TrackingState;
  Enum<State>(receiver, "TrackingState", "What it knows.")
      .value("searching", State::searching)
      .value("locked", State::locked)
      .value("freewheeling", State::freewheeling);
  using Stats = KuReceiver::Stats;
  Result<Stats>(receiver, "Stats", "Counters.")
      .field("candidates", &Stats::candidates, "Of the search.")
      .field("frames_detected", &Stats::frames_detected, "SSS confirmed.")
      .field("headers_failed", &Stats::headers_failed, "Headers.")
      .field("frames_ok", &Stats::frames_ok, "Payloads read.")
      .field("payloads_failed", &Stats::payloads_failed, "Payloads lost.")
      .field("frames_missed", &Stats::frames_missed, "Slots without an SSS.")
      .field("acquisitions", &Stats::acquisitions, "Frames found by the search.");
  init_from_config<Receiver, Config>(receiver, "Of a Config or its fields.");
  bind_set_probe(receiver, "A KuProbe, or None. The receiver keeps it alive until it has another.");
  receiver
      .def(
          "push",
          [](Receiver& self, const In<cf32>& samples) {
            const auto in = vector(samples, "samples");
            return frames_of(self, [&](const auto& handler) { self.push(in, handler); });
          },
          "samples"_a,
          "Any number of samples, complex64 (n,): the KuFrames that ended in them. A NaN costs its frame.")
      .def(
          "skip",
          [](Receiver& self, std::uint64_t count) {
            return frames_of(self, [&](const auto& handler) { self.skip(count, handler); });
          },
          "count"_a, "So many samples were lost.")
      .def(
          "reset",
          [](Receiver& self, std::int64_t next_sample) {
            require_idle(&self);
            self.reset(next_sample);
          },
          "next_sample"_a = 0, "Forgets everything but the statistics.")
      .def_property_readonly("tracking_state", &KuReceiver::tracking_state, "What it knows.")
      .def_property_readonly("locked", &KuReceiver::locked, "Locked or freewheeling.")
      .def_property_readonly(
          "stats", [](const Receiver& self) { return Stats(self.stats()); }, "A copy.");
  view_property(
      receiver, "equalized", [](const KuReceiver& self) { return self.demodulator().equalized(); },
      "Data subcarriers of the last symbol, complex64 (969,), a view.");
  view_property(
      receiver, "channel", [](const KuReceiver& self) { return self.demodulator().channel(); },
      "Of the frame in progress, complex64 (1024,), FFT order, a view.");
  view_property(
      receiver, "noise_variance", [](const KuReceiver& self) { return self.demodulator().noise_variance(); },
      "Of the frame in progress, float32 (1024,), FFT order, a view.");
}

void bind_receiver(py::module_& module) {
  py::class_<FrontEnd> front_end(module, "FrontEnd", "Device samples of all elements in, one beam out.");
  Struct<FrontEnd::Config>(front_end, "Config", "Of the array end.")
      .field("beamformer", &FrontEnd::Config::beamformer, "beam.AdaptiveBeamformer.Config.")
      .field("block_samples", &FrontEnd::Config::block_samples, "64 to 65536.")
      .field("subband", &FrontEnd::Config::subband,
             "beam.SubbandBeamformer.Config in place of beamformer, or None. A copy: set it whole.")
      .field("calibration", &FrontEnd::Config::calibration,
             "array.CalibrationCorrector.Config, in front of the beamformer, or None. A copy: set it whole.");
  Result<FrontEnd::Stats>(front_end, "Stats", "Counters.")
      .field("samples", &FrontEnd::Stats::samples, "Per element.")
      .field("samples_cleaned", &FrontEnd::Stats::samples_cleaned, "NaN, infinite or absurd: zero.");
  using Receiver = Probed<rx::Receiver, KuProbe>;
  py::class_<Receiver> receiver(module, "Receiver", "The whole receive chain: elements in, payloads out.");
  Struct<Receiver::Config>(receiver, "Config", "Of the chain.")
      .field("front_end", &Receiver::Config::front_end, "FrontEnd.Config.")
      .field("ku", &Receiver::Config::ku, "KuReceiver.Config.");
  init_from_config<Receiver, Receiver::Config>(receiver, "Of a Config or its fields.");
  bind_set_probe(receiver, "A KuProbe, or None. The receiver keeps it alive until it has another.");
  receiver
      .def(
          "push",
          [](Receiver& self, const Samples& x) {
            return visit(x, self.front_end().channels(), "x", [&](auto in) {
              return frames_of(self, [&](const auto& handler) { self.push(in, handler); });
            });
          },
          "x"_a,
          "complex64 (elements, n), or int16 or int8 (elements, n, 2), any n: the KuFrames that ended. NaN "
          "and "
          "Inf become zero and are counted.")
      .def(
          "skip",
          [](Receiver& self, std::uint64_t count) {
            return frames_of(self, [&](const auto& handler) { self.skip(count, handler); });
          },
          "count"_a, "So many samples were lost; 0: nobody knows how many.")
      .def(
          "flush",
          [](Receiver& self) { return frames_of(self, [&](const auto& handler) { self.flush(handler); }); },
          "The end of the stream.")
      .def(
          "set_direction",
          [](Receiver& self, const Vec3& direction) {
            require_idle(&self);
            self.set_direction(direction);
          },
          "direction"_a, "From the array to the satellite, array frame; from the next block on.")
      .def_property_readonly(
          "tracking_state", [](const Receiver& self) { return self.ku().tracking_state(); }, "What it knows.")
      .def_property_readonly(
          "stats", [](const Receiver& self) { return KuReceiver::Stats(self.ku().stats()); },
          "Of the ku receiver, a copy.")
      .def_property_readonly(
          "front_end_stats", [](const Receiver& self) { return FrontEnd::Stats(self.front_end().stats()); },
          "A copy.")
      .def_property_readonly(
          "beamformer_stats",
          [](const Receiver& self)
              -> std::variant<beam::AdaptiveBeamformer::Stats, beam::SubbandWeights::Stats> {
            const FrontEnd& end = self.front_end();
            if (end.subband() != nullptr) return end.subband()->weights().stats();
            return end.adaptive()->stats();
          },
          "A copy: beam.AdaptiveBeamformer.Stats, or beam.SubbandWeights.Stats.")
      .def_property_readonly(
          "weights",
          [](const py::object& self) {
            const auto& chain = self.cast<const Receiver&>();
            require_idle(&chain);
            const FrontEnd& end = chain.front_end();
            return end.subband() != nullptr ? view(end.subband()->weights().weights(), self)
                                            : view(end.adaptive()->weights(), self);
          },
          "Probe: the weights at the end of the last block, complex128 (elements,), or (subbands, elements), "
          "a view.")
      .def_property_readonly(
          "steering",
          [](const py::object& self) {
            const auto& chain = self.cast<const Receiver&>();
            require_idle(&chain);
            const FrontEnd& end = chain.front_end();
            return end.subband() != nullptr ? view(end.subband()->weights().steering(), self)
                                            : view(end.adaptive()->steering(), self);
          },
          "Probe: the steering vector of the direction, complex128 (elements,), or (subbands, elements), a "
          "view.");
  view_property(
      receiver, "elements", [](const Receiver& self) { return self.front_end().elements(); },
      "Probe: the last block as it came, cleaned, complex64 (elements, n), a view.");
  view_property(
      receiver, "calibrated", [](const Receiver& self) { return self.front_end().calibrated(); },
      "Probe: the last block in front of the beamformer, complex64 (elements, n), a view; elements without a "
      "calibration.");
  view_property(
      receiver, "beam", [](const Receiver& self) { return self.front_end().beam(); },
      "Probe: the last block behind the beamformer, complex64 (n,), a view.");
}

void bind_oneshot(py::module_& module) {
  Result<OneShotFrame>(module, "OneShotFrame", "A frame of receive_oneshot().")
      .field("start_sample", &OneShotFrame::start_sample, "First sample of the PSS prefix.")
      .field("header", &OneShotFrame::header, "A frame.Header.")
      .field("ok", &OneShotFrame::ok, "The payload passed its CRCs.")
      .property(
          "payload", [](const OneShotFrame& self) { return to_bytes(self.payload); },
          [](OneShotFrame& self, py::handle bytes) { self.payload = from_bytes(bytes); }, "bytes.")
      .field("carrier_offset_hz", &OneShotFrame::carrier_offset_hz, "Doppler and oscillator error.")
      .field("clock_offset_ppm", &OneShotFrame::clock_offset_ppm, "Clock error and Doppler stretch.")
      .field("snr_db", &OneShotFrame::snr_db, "Per subcarrier.")
      .field("mer_db", &OneShotFrame::mer_db, "Of the pilots.");
  module.def(
      "receive_oneshot",
      [](const In<cf64>& samples, double sample_rate_hz) {
        const auto in = vector(samples, "samples");
        const py::gil_scoped_release release;
        return receive_oneshot(in, sample_rate_hz);
      },
      "samples"_a, "sample_rate_hz"_a,
      "Every whole ku frame in complex128 (n,) samples, which must be finite, the slow way: a second each.");
}

}  // namespace

void bind_rx(py::module_& module) {
  bind_frame_class(module);
  bind_probe(module);
  bind_ku(module);
  bind_receiver(module);
  bind_oneshot(module);
}

}  // namespace boresight::python
