// Sources of samples: radios and the simulated sky through SoapySDR.
#include <chrono>
#include <set>

#include "bindings.h"
#include "boresight/sdr/soapy_source.h"
#include "boresight/sdr/source.h"
#include "waiting.h"

namespace boresight::python {
namespace {

using namespace boresight::sdr;  // NOLINT(google-build-using-namespace)

// Sources that start() was called on and nothing was read from: a gap in front of their first sample lies
// between two recordings. Guarded by the GIL.
std::set<const void*>& just_started() {
  static auto* const sources = new std::set<const void*>;
  return *sources;
}

// What a read brought, in Python.
struct ReadResult {
  Read read;
  py::array samples;
};

template <typename Rail>
py::array_t<cf32> scaled(const py::array_t<Rail>& raw, double full_scale) {
  const auto rows = static_cast<std::size_t>(raw.shape(0)), columns = static_cast<std::size_t>(raw.shape(1));
  auto out = new_grid<cf32>(rows, columns);
  const Rail* from = raw.data();
  auto* to = reinterpret_cast<float*>(out.mutable_data());
  const std::size_t count = 2 * rows * columns;
  const float scale = static_cast<float>(1 / full_scale);
  {
    const GilRelease release;
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * scale;
  }
  return out;
}

// One read into new arrays (channels, n) or, of integers, (channels, n, 2).
template <typename Item>
ReadResult read_into(Source& source, std::size_t max_samples, std::chrono::microseconds timeout, bool pairs) {
  const auto channels = static_cast<py::ssize_t>(source.info().channels);
  const auto n = static_cast<py::ssize_t>(max_samples);
  std::vector<py::ssize_t> shape{channels, n};
  if (pairs) shape.push_back(2);
  py::array_t<Item> buffer(shape);
  std::vector<void*> rows;
  for (py::ssize_t c = 0; c < channels; ++c) {
    rows.push_back(buffer.mutable_data() + c * n * (pairs ? 2 : 1));
  }
  ReadResult result;
  {
    LongCall call(&source);
    result.read = wait_patiently(call, timeout, [&](std::chrono::microseconds slice) {
      return source.read(rows, max_samples, slice);
    });
  }
  if (result.read.status == Read::Status::ok) just_started().erase(&source);
  const auto got = static_cast<py::ssize_t>(result.read.samples);
  result.samples = got == n
                       ? py::array(buffer)
                       : py::array(buffer[py::make_tuple(py::slice(0, channels, 1), py::slice(0, got, 1))])
                             .attr("copy")()
                             .cast<py::array>();
  return result;
}

ReadResult read_source(Source& source, std::size_t max_samples, double timeout_s, bool raw) {
  require(max_samples >= 1 && max_samples <= (std::size_t{1} << 31), "max_samples: must be 1 to 2^31");
  const auto timeout = microseconds(timeout_s);
  const SourceInfo& info = source.info();
  ReadResult result;
  switch (info.format) {
    case SampleFormat::cs8:
      result = read_into<std::int8_t>(source, max_samples, timeout, true);
      if (!raw)
        result.samples = scaled<std::int8_t>(py::array_t<std::int8_t>(result.samples), info.full_scale);
      break;
    case SampleFormat::cs16:
      result = read_into<std::int16_t>(source, max_samples, timeout, true);
      if (!raw)
        result.samples = scaled<std::int16_t>(py::array_t<std::int16_t>(result.samples), info.full_scale);
      break;
    case SampleFormat::cf32:
      result = read_into<cf32>(source, max_samples, timeout, false);
      if (!raw && info.full_scale != 1.0) {
        result.samples = result.samples.attr("__mul__")(py::float_(1 / info.full_scale)).cast<py::array>();
      }
      break;
  }
  return result;
}

// The first `done` columns, a copy unless they are all.
py::array_t<cf32> first_columns(const py::array_t<cf32>& all, std::size_t done) {
  if (static_cast<py::ssize_t>(done) == all.shape(1)) return all;
  const auto rows = py::slice(0, all.shape(0), 1), columns = py::slice(0, static_cast<py::ssize_t>(done), 1);
  return py::array_t<cf32>(py::array(py::array(all)[py::make_tuple(rows, columns)]).attr("copy")());
}

// An IoError with what came before it and, of a gap, behind it.
[[noreturn]] void fail_receive(const std::string& text, const py::object& samples, const py::object& after) {
  const py::object type = py::module_::import("boresight._core").attr("IoError");
  const py::object error = type(text);
  error.attr("samples") = samples;
  error.attr("after") = after;
  PyErr_SetObject(type.ptr(), error.ptr());
  throw py::error_already_set();
}

// Reads until there are `samples` of every channel, or the source ends.
py::array_t<cf32> receive(Source& source, std::size_t samples, double timeout_s, bool across_gaps) {
  const std::size_t channels = source.info().channels;
  auto out = new_grid<cf32>(channels, samples);
  const Grid<cf32> to = writable_grid(out);
  std::size_t done = 0;
  constexpr std::size_t piece = 1U << 18;
  while (done < samples) {
    const bool first = just_started().contains(&source);
    const ReadResult got = read_source(source, std::min(piece, samples - done), timeout_s, false);
    if (got.read.status == Read::Status::end) break;
    if (got.read.status == Read::Status::failed) {
      fail_receive(source.error(), first_columns(out, done), py::none());
    }
    if (got.read.status == Read::Status::timeout) {
      fail_receive("no samples within " + std::to_string(timeout_s) + " s, after " + std::to_string(done) +
                       " of " + std::to_string(samples),
                   first_columns(out, done), py::none());
    }
    if (got.read.gap && !first && !across_gaps) {
      const std::uint64_t lost = got.read.lost_samples;
      fail_receive("a gap of " + (lost > 0 ? std::to_string(lost) : "unknown number of") + " samples after " +
                       std::to_string(done) + " of " + std::to_string(samples),
                   first_columns(out, done), got.samples);
    }
    const py::array_t<cf32> part(got.samples);
    unlocked([&] {
      for (std::size_t c = 0; c < channels; ++c) {
        std::copy_n(part.data() + c * got.read.samples, got.read.samples,
                    to.row(c).begin() + static_cast<std::ptrdiff_t>(done));
      }
    });
    done += got.read.samples;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  return first_columns(out, done);
}

void stop_source(Source& source) {
  const LongCall call(&source);
  source.stop();
}

void bind_source(py::module_& module) {
  Enum<SampleFormat>(module, "SampleFormat", "How a sample lies in memory.")
      .value("cs8", SampleFormat::cs8)
      .value("cs16", SampleFormat::cs16)
      .value("cf32", SampleFormat::cf32);
  Struct<SourceInfo>(module, "SourceInfo", "What a source delivers.")
      .field("channels", &SourceInfo::channels, "Coherent ones.")
      .field("sample_rate_hz", &SourceInfo::sample_rate_hz, "Samples per second.")
      .field("center_frequency_hz", &SourceInfo::center_frequency_hz, "Tuned to.")
      .field("format", &SourceInfo::format, "Of the samples.")
      .field("full_scale", &SourceInfo::full_scale, "Stands for 1.0.")
      .field("real_time", &SourceInfo::real_time, "A slow reader loses samples.")
      .field("element_positions_m", &SourceInfo::element_positions_m, "(channels, 3), or none.")
      .field("description", &SourceInfo::description, "For people.");
  Result<SourceStats>(module, "SourceStats", "Counters since the source was opened.")
      .field("overflows", &SourceStats::overflows, "The device lost samples.")
      .field("timeouts", &SourceStats::timeouts, "Waits of up to 0.1 s that gave nothing.")
      .field("stream_errors", &SourceStats::stream_errors, "Others.")
      .field("restarts", &SourceStats::restarts, "Of the stream.")
      .field("lost_samples", &SourceStats::lost_samples, "In gaps of known size.")
      .field("known_gaps", &SourceStats::known_gaps, "Of known size.")
      .field("unknown_gaps", &SourceStats::unknown_gaps, "Of unknown size.")
      .field("bad_timestamps", &SourceStats::bad_timestamps, "Ignored.");
  py::class_<ReadResult> read(module, "Read", "What one read() gave.");
  Enum<Read::Status>(read, "Status", "How it went.")
      .value("ok", Read::Status::ok)
      .value("timeout", Read::Status::timeout)
      .value("end", Read::Status::end)
      .value("failed", Read::Status::failed);
  read.def_property_readonly(
          "status", [](const ReadResult& self) { return self.read.status; }, "How it went.")
      .def_property_readonly(
          "samples", [](const ReadResult& self) { return self.samples; },
          "complex64 (channels, n), or as the device counts them.")
      .def_property_readonly(
          "time_ns", [](const ReadResult& self) { return self.read.time_ns; },
          "Of the first sample, the source's clock, or None.")
      .def_property_readonly(
          "lost_samples", [](const ReadResult& self) { return self.read.lost_samples; },
          "Right before these.")
      .def_property_readonly(
          "gap", [](const ReadResult& self) { return self.read.gap; }, "A discontinuity right before these.");
  py::class_<Source>(module, "Source", "A radio, a recording or the simulated sky.")
      .def_property_readonly(
          "info", [](const Source& self) { return SourceInfo(self.info()); }, "A copy.")
      .def(
          "start",
          [](Source& self) {
            {
              const LongCall call(&self);
              self.start();
            }
            just_started().insert(&self);
          },
          "Begins to stream.")
      .def("stop", &stop_source, "Ends streaming; start() may follow.")
      .def("read", &read_source, "max_samples"_a, "timeout_s"_a = 1.0, "raw"_a = false,
           "A Read of at most max_samples per channel, complex64 of full scale 1.0; raw: int16 or int8 "
           "(channels, "
           "n, 2) as the device counts them. A gap lies in front of the samples of a Read, never among them.")
      .def("receive", &receive, "samples"_a, "timeout_s"_a = 1.0, "across_gaps"_a = false,
           "Reads until there are so many samples of every channel, complex64 (channels, samples), without a "
           "gap among them or between them and what was read before; fewer only at the end of the source. "
           "IoError when the source fails, nothing comes for timeout_s or samples are missing; error.samples "
           "is what came before that, error.after what came behind a gap (or None), and receive() goes on "
           "behind it. across_gaps: they are put together as if nothing were missing.")
      .def_property_readonly(
          "stats", [](const Source& self) { return self.stats(); }, "A copy.")
      .def_property_readonly(
          "error",
          [](const Source& self) {
            require_idle(&self);
            return self.error();
          },
          "Why it failed.")
      .def(
          "sensor_text", [](Source& self, const std::string& key) { return self.sensor_text(key); }, "key"_a,
          "The text of a named sensor now, or None: azimuth_deg, elevation_deg, doppler_hz, snr_db, "
          "payload_sha256, ...")
      .def(
          "sensor", [](Source& self, const std::string& key) { return self.sensor(key); }, "key"_a,
          "The number in it, or None.")
      .def(
          "__enter__",
          [](const py::object& self) {
            self.attr("start")();
            return self;
          },
          "Starts it.")
      .def(
          "__exit__", [](Source& self, const py::args&) { stop_source(self); },
          "Stops it; RuntimeError while another thread or a SampleStream reads from it.");
}

void bind_soapy(py::module_& module) {
  py::class_<SoapySource, Source> soapy(module, "SoapySource", "Reads any SoapySDR device.");
  using Config = SoapySourceConfig;
  Struct<Config>(soapy, "Config", "Of the device.")
      .field("args", &Config::args, "driver=boresight,scenario=rooftop_jammed, for example.")
      .field("stream_args", &Config::stream_args, "Of the stream.")
      .field("channels", &Config::channels, "Device channels; empty: all.")
      .field("frequency_hz", &Config::frequency_hz, "None: as the device has it.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "None: as the device has it.")
      .field("bandwidth_hz", &Config::bandwidth_hz, "None: as the device has it.")
      .field("gain_db", &Config::gain_db, "None: as the device has it.")
      .field("antenna", &Config::antenna, "None: as the device has it.")
      .field("format", &Config::format, "None: what the device counts natively.")
      .field("start_delay_s", &Config::start_delay_s, "More than one channel: ahead of the clock.")
      .field("dead_after_overflow_s", &Config::dead_after_overflow_s, "Until a restart.")
      .field("dead_s", &Config::dead_s, "Until a restart.")
      .field("restart_backoff_s", &Config::restart_backoff_s, "Before a restart.")
      .field("restart_limit", &Config::restart_limit, "In a row.");
  init_from_config<SoapySource, Config>(soapy, "Of a Config or its fields: args first.");
  soapy.def_property_readonly("mtu", &SoapySource::mtu, "Samples per read the device likes best.");
  module.def(
      "list_devices",
      [](const std::string& args) {
        const GilRelease release;
        return list_devices(args);
      },
      "args"_a = "", "One line per device that args finds, each valid as SoapySource args.");
  module.def("load_bundled_driver", &load_bundled_driver, "Whether driver=boresight is registered now.");
}

}  // namespace

void bind_sdr(py::module_& module) {
  bind_source(module);
  bind_soapy(module);
}

}  // namespace boresight::python
