// SigMF recordings in and out, and calibration files.
#include <pybind11/stl/filesystem.h>

#include "bindings.h"
#include "boresight/sdr/calibration_file.h"
#include "boresight/sdr/sigmf.h"
#include "boresight/sdr/source.h"

namespace boresight::python {

using namespace boresight::sdr;  // NOLINT(google-build-using-namespace)

void bind_sdr_sigmf(py::module_& module) {
  Struct<SigmfPointing>(module, "SigmfPointing", "Where the antenna looked.")
      .field("sample_start", &SigmfPointing::sample_start, "From this sample on.")
      .field("azimuth_deg", &SigmfPointing::azimuth_deg, "Clockwise from true north.")
      .field("elevation_deg", &SigmfPointing::elevation_deg, "Above the horizon.");
  Struct<SigmfCapture>(module, "SigmfCapture", "A segment of a recording.")
      .field("sample_start", &SigmfCapture::sample_start, "Its first sample.")
      .field("global_index", &SigmfCapture::global_index, "With the samples that are missing, or None.")
      .field("frequency_hz", &SigmfCapture::frequency_hz, "Tuned to, or None.")
      .field("utc_ns", &SigmfCapture::utc_ns, "Nanoseconds since 1970, or None.")
      .field("header_bytes", &SigmfCapture::header_bytes, "Before its samples.")
      .field("unknown_gap", &SigmfCapture::unknown_gap, "Samples of unknown number are missing.");
  Struct<SigmfAnnotation>(module, "SigmfAnnotation", "A mark on samples.")
      .field("sample_start", &SigmfAnnotation::sample_start, "Its first sample.")
      .field("sample_count", &SigmfAnnotation::sample_count, "How many, or None.")
      .field("label", &SigmfAnnotation::label, "Short.")
      .field("comment", &SigmfAnnotation::comment, "Long.");
  Result<SigmfMeta>(module, "SigmfMeta", "Metadata of a recording.")
      .field("format", &SigmfMeta::format, "Of the samples.")
      .field("channels", &SigmfMeta::channels, "Interleaved.")
      .field("sample_rate_hz", &SigmfMeta::sample_rate_hz, "Samples per second.")
      .field("full_scale", &SigmfMeta::full_scale, "Stands for 1.0.")
      .field("samples", &SigmfMeta::samples, "Per channel, or None.")
      .field("offset", &SigmfMeta::offset, "core:offset.")
      .field("dataset", &SigmfMeta::dataset, "core:dataset.")
      .field("description", &SigmfMeta::description, "For people.")
      .field("author", &SigmfMeta::author, "For people.")
      .field("hw", &SigmfMeta::hw, "For people.")
      .field("recorder", &SigmfMeta::recorder, "For people.")
      .field("license", &SigmfMeta::license, "For people.")
      .field("captures", &SigmfMeta::captures, "SigmfCaptures.")
      .field("annotations", &SigmfMeta::annotations, "SigmfAnnotations.")
      .field("element_positions_m", &SigmfMeta::element_positions_m, "(channels, 3), or none.")
      .field("pointing", &SigmfMeta::pointing, "SigmfPointings.");
  module.def("parse_sigmf_meta", &parse_sigmf_meta, "json"_a, "name"_a = "recording",
             "SigmfMeta of the text of a .sigmf-meta file; IoError names the field.");
  py::class_<SigmfSource, Source>(module, "SigmfSource", "Plays a SigMF recording.")
      .def(py::init<const std::filesystem::path&>(), "path"_a, Unlocked(),
           ".sigmf-meta, .sigmf-data, .sigmf-collection, or the name without extension.")
      .def_property_readonly("total_samples", &SigmfSource::total_samples, "Per channel.")
      .def_property_readonly(
          "meta", [](const SigmfSource& self) { return SigmfMeta(self.meta()); }, "A copy.");
  using Config = SigmfWriterConfig;
  struct Writer : SigmfWriter {
    explicit Writer(const SigmfWriterConfig& c) : SigmfWriter(c), info(c.source) {}
    SourceInfo info;
  };
  py::class_<Writer> writer(module, "SigmfWriter", "Writes a SigMF recording, whole or not at all.");
  Struct<Config>(writer, "Config", "Of the recording.")
      .field("path", &Config::path, "<name> or <name>.sigmf-meta.")
      .field("source", &Config::source, "SourceInfo: channels, rate, frequency, format, positions.")
      .field("description", &Config::description, "For people.")
      .field("author", &Config::author, "For people.")
      .field("hw", &Config::hw, "For people.")
      .field("start_utc_ns", &Config::start_utc_ns, "0: the time of the first write.")
      .field("overwrite", &Config::overwrite, "Else a recording that is there is an IoError.");
  init_from_config<Writer, Config>(writer, "Of a Config or its fields.");
  writer
      .def(
          "write",
          [](Writer& self, const Samples& samples, std::uint64_t lost_samples, bool gap) {
            visit(samples, self.info.channels, "samples", [&]<typename S>(Grid<const S> in) {
              const SampleFormat format = std::is_same_v<S, cf32>   ? SampleFormat::cf32
                                          : std::is_same_v<S, cs16> ? SampleFormat::cs16
                                                                    : SampleFormat::cs8;
              if (format != self.info.format) {
                throw py::type_error("samples: must be of the recording's format, " +
                                     std::string(to_string(self.info.format)));
              }
              std::vector<const void*> rows;
              for (std::size_t c = 0; c < in.rows(); ++c) rows.push_back(in.row(c).data());
              const LongCall call(&self);
              self.write(rows, in.columns(), lost_samples, gap);
            });
          },
          "samples"_a, "lost_samples"_a = std::uint64_t{0}, "gap"_a = false,
          "complex64 (channels, n), or int16 or int8 (channels, n, 2), as the recording's format says.")
      .def(
          "point",
          [](Writer& self, double azimuth_deg, double elevation_deg) {
            require_idle(&self);
            self.point(azimuth_deg, elevation_deg);
          },
          "azimuth_deg"_a, "elevation_deg"_a, "From the next sample on.")
      .def(
          "annotate",
          [](Writer& self, const SigmfAnnotation& annotation) {
            require_idle(&self);
            self.annotate(annotation);
          },
          "annotation"_a, "A SigmfAnnotation.")
      .def(
          "close",
          [](Writer& self) {
            const LongCall call(&self);
            self.close();
          },
          "Puts the recording in place.")
      .def_property_readonly("samples_written", &Writer::samples_written, "Per channel.")
      .def_property_readonly("meta_path", &Writer::meta_path, "Of the .sigmf-meta file.")
      .def_property_readonly("data_path", &Writer::data_path, "Of the .sigmf-data file.")
      .def(
          "__enter__", [](const py::object& self) { return self; }, "Itself.")
      .def(
          "__exit__",
          [](Writer& self, const py::object& type, const py::object&, const py::object&) {
            if (!type.is_none()) return;
            const LongCall call(&self);
            self.close();
          },
          "Closes it unless an exception came.");
  module.def(
      "save_calibration",
      [](const std::filesystem::path& path, array::Calibration calibration) {
        unlocked([&] { save_calibration(path, calibration); });
      },
      "path"_a, "calibration"_a, "An array.Calibration as JSON, whole or not at all.");
  module.def(
      "load_calibration",
      [](const std::filesystem::path& path, const std::optional<array::CalibrationUse>& use) {
        const py::gil_scoped_release release;
        return use ? load_calibration(path, *use) : load_calibration(path);
      },
      "path"_a, "use"_a = py::none(), "An array.Calibration; ConfigError when use says that it is stale.");
}

}  // namespace boresight::python
