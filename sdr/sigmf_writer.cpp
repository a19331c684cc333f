#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/core/version.h"
#include "boresight/sdr/atomic_file.h"
#include "boresight/sdr/sigmf.h"
#include "posix_file.h"
#include "sigmf_files.h"

namespace boresight::sdr {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;
// So many of each, at some 150 to 400 bytes, stay below SigmfLimits::meta_bytes.
constexpr std::size_t most_segments = 15'000;
constexpr std::size_t most_pointings = 10'000;

std::int64_t utc_now_ns() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch).count();
}

}  // namespace

struct SigmfWriter::Impl {
  ~Impl();

  fs::path base;
  fs::path part;  // what is to become .sigmf-data; empty: nothing to remove
  SigmfMeta meta;
  double center_frequency_hz = 0;
  std::int64_t start_utc_ns = 0;
  std::size_t sample_bytes = 0;
  PosixFile data;
  std::vector<std::uint8_t> piece;  // interleaved, on its way to the file
  std::uint64_t samples = 0;
  std::uint64_t pending_lost = 0;  // announced without samples after it
  bool pending_gap = false;
  std::uint64_t pointings = 0;        // given, at different samples
  std::uint64_t pointing_stride = 1;  // every so many are kept
  std::uint64_t global_index = 0;     // of the next sample; after an unknown gap the least it can be
  bool time_known = true;
  bool over = false;  // closed, or a write failed

  void open(bool overwrite);
  void put_in_place();
  void require_open() const;
  void begin_segment(bool unknown_gap);
  void interleave_and_write(std::span<const void* const> buffers, std::size_t first, std::size_t count);
};

SigmfWriter::Impl::~Impl() {
  if (part.empty()) return;
  std::error_code ignored;
  fs::remove(part, ignored);
}

void SigmfWriter::Impl::open(bool overwrite) {
  const fs::path meta_path = with_extension(base, ".sigmf-meta");
  const fs::path data_path = with_extension(base, ".sigmf-data");
  for (const fs::path& path : {meta_path, data_path}) {
    std::error_code error;
    if (!overwrite && fs::exists(path, error)) {
      throw IoError("cannot write " + path.string() + ": a recording of that name is there already");
    }
  }
  const fs::path wanted = with_extension(base, ".sigmf-data.part");
  data = PosixFile::open_for_writing_alone(wanted, data_path);
  part = wanted;
}

void SigmfWriter::Impl::put_in_place() {
  const fs::path meta_path = with_extension(base, ".sigmf-meta");
  const fs::path data_path = with_extension(base, ".sigmf-data");
  data.sync();
  // First the old description goes, so that at no time it stands beside new data.
  std::error_code error;
  fs::remove(meta_path, error);
  if (error) throw IoError("cannot replace " + meta_path.string() + ": " + error.message());
  AtomicFile file(meta_path);
  file.write(to_json(meta));
  fs::rename(part, data_path, error);
  if (error) throw IoError("cannot put " + data_path.string() + " in place: " + error.message());
  part = data_path;  // goes too when the description fails
  data.close();
  file.commit();
  part.clear();
}

void SigmfWriter::Impl::require_open() const {
  if (over)
    throw IoError("cannot write " + data.path().string() + ": the recording is over or was cut short");
}

void SigmfWriter::Impl::begin_segment(bool unknown_gap) {
  if (meta.captures.size() >= most_segments) {
    throw IoError("cannot write " + data.path().string() + ": more than " + std::to_string(most_segments) +
                  " gaps");
  }
  if (unknown_gap) time_known = false;
  SigmfCapture capture;
  capture.sample_start = samples;
  capture.global_index = global_index;
  capture.frequency_hz = center_frequency_hz;
  capture.unknown_gap = unknown_gap;
  if (time_known) {
    const double since_start_ns = static_cast<double>(global_index) * 1e9 / meta.sample_rate_hz;
    if (since_start_ns < 1e18) capture.utc_ns = start_utc_ns + std::llround(since_start_ns);
  }
  meta.captures.push_back(capture);
  if (unknown_gap) {
    // For programs that do not know the flag.
    meta.annotations.push_back(
        {samples, std::nullopt, "gap", "an unknown number of samples is missing before"});
  }
}

void SigmfWriter::Impl::interleave_and_write(std::span<const void* const> buffers, std::size_t first,
                                             std::size_t count) {
  const std::size_t frame_bytes = sample_bytes * meta.channels;
  for (std::size_t c = 0; c < meta.channels; ++c) {
    const auto* from = static_cast<const std::uint8_t*>(buffers[c]) + first * sample_bytes;
    std::uint8_t* to = piece.data() + c * sample_bytes;
    for (std::size_t i = 0; i < count; ++i, from += sample_bytes, to += frame_bytes) {
      std::memcpy(to, from, sample_bytes);
    }
  }
  data.write_all(piece.data(), count * frame_bytes);
}

SigmfWriter::SigmfWriter(const SigmfWriterConfig& config) : impl_(std::make_unique<Impl>()) {
  const SourceInfo& source = config.source;
  require(source.channels >= 1 && source.channels <= SigmfLimits::channels,
          "a recording of " + std::to_string(source.channels) + " channels: must be 1 to " +
              std::to_string(SigmfLimits::channels));
  require(source.sample_rate_hz >= SigmfLimits::lowest_rate_hz &&
              source.sample_rate_hz <= SigmfLimits::highest_rate_hz,
          "a recording at " + std::to_string(source.sample_rate_hz) +
              " samples per second: must be from 1e3 to 1e9");
  require(source.center_frequency_hz >= 0 && source.center_frequency_hz <= SigmfLimits::highest_frequency_hz,
          "a recording at " + std::to_string(source.center_frequency_hz) + " Hz: must be from 0 to 1e12");
  for (const Vec3& p : source.element_positions_m) {
    for (const double coordinate_m : {p.x, p.y, p.z}) {
      require(std::abs(coordinate_m) <= SigmfLimits::farthest_element_m,
              "an element at " + std::to_string(coordinate_m) + " m: must be within 1e4 m of the origin");
    }
  }
  require(source.element_positions_m.empty() || source.element_positions_m.size() == source.channels,
          std::to_string(source.element_positions_m.size()) + " element positions for " +
              std::to_string(source.channels) + " channels");
  Impl& impl = *impl_;
  impl.base = sigmf_base(config.path);
  require(!impl.base.filename().empty(), "path '" + config.path.string() + "' names no recording");
  impl.meta.format = source.format;
  impl.meta.channels = source.channels;
  impl.meta.sample_rate_hz = source.sample_rate_hz;
  impl.meta.full_scale = source.full_scale;
  impl.meta.element_positions_m = source.element_positions_m;
  impl.meta.description = config.description.empty() ? source.description : config.description;
  impl.meta.author = config.author;
  impl.meta.hw = config.hw;
  impl.meta.recorder = "boresight ";
  impl.meta.recorder += version;
  impl.center_frequency_hz = source.center_frequency_hz;
  impl.start_utc_ns = config.start_utc_ns;
  impl.sample_bytes = bytes_per_sample(source.format);
  const std::size_t frame_bytes = impl.sample_bytes * source.channels;
  impl.piece.resize(std::max<std::size_t>(1, piece_bytes / frame_bytes) * frame_bytes);
  impl.open(config.overwrite);
}

SigmfWriter::SigmfWriter(SigmfWriter&&) noexcept = default;
SigmfWriter& SigmfWriter::operator=(SigmfWriter&&) noexcept = default;
SigmfWriter::~SigmfWriter() = default;

void SigmfWriter::write(std::span<const void* const> channel_buffers, std::size_t samples,
                        std::uint64_t lost_samples, bool gap) {
  Impl& impl = *impl_;
  impl.require_open();
  require(channel_buffers.size() == impl.meta.channels, std::to_string(channel_buffers.size()) +
                                                            " channel buffers for a recording of " +
                                                            std::to_string(impl.meta.channels) + " channels");
  if (samples == 0) {  // a segment needs a sample to begin with
    impl.pending_lost += lost_samples;
    impl.pending_gap = impl.pending_gap || (gap && lost_samples == 0);
    return;
  }
  const bool unknown_gap = std::exchange(impl.pending_gap, false) || (gap && lost_samples == 0);
  lost_samples += std::exchange(impl.pending_lost, 0);
  impl.over = true;  // stays so when something below throws
  const bool first = impl.meta.captures.empty();
  if (first && impl.start_utc_ns == 0) impl.start_utc_ns = utc_now_ns();
  impl.global_index += lost_samples;
  // A gap before the first sample is no gap in the recording.
  if (first || unknown_gap || lost_samples > 0) impl.begin_segment(!first && unknown_gap);

  const std::size_t most = impl.piece.size() / (impl.sample_bytes * impl.meta.channels);
  for (std::size_t done = 0; done < samples;) {
    const std::size_t count = std::min(most, samples - done);
    impl.interleave_and_write(channel_buffers, done, count);
    done += count;
  }
  impl.samples += samples;
  impl.global_index += samples;
  impl.over = false;
}

void SigmfWriter::point(double azimuth_deg, double elevation_deg) {
  Impl& impl = *impl_;
  impl.require_open();
  require(std::abs(azimuth_deg) <= 360 && std::abs(elevation_deg) <= 90,
          "pointing to azimuth " + std::to_string(azimuth_deg) + " deg, elevation " +
              std::to_string(elevation_deg) + " deg: must be within 360 and 90");
  std::vector<SigmfPointing>& track = impl.meta.pointing;
  if (!track.empty() && track.back().sample_start == impl.samples) {
    track.back() = {impl.samples, azimuth_deg, elevation_deg};
    return;
  }
  if (impl.pointings++ % impl.pointing_stride != 0) return;
  if (track.size() == most_pointings) {
    // Every other one goes, of those to come as well: the track stays evenly spaced, and is interpolated.
    for (std::size_t i = 0; i < most_pointings / 2; ++i) track[i] = track[2 * i];
    track.resize(most_pointings / 2);
    impl.pointing_stride *= 2;
  }
  track.push_back({impl.samples, azimuth_deg, elevation_deg});
}

void SigmfWriter::annotate(const SigmfAnnotation& annotation) {
  impl_->require_open();
  if (impl_->meta.annotations.size() < SigmfLimits::entries) impl_->meta.annotations.push_back(annotation);
}

void SigmfWriter::close() {
  Impl& impl = *impl_;
  impl.require_open();
  impl.over = true;
  impl.meta.samples = impl.samples;
  std::erase_if(impl.meta.annotations, [&impl](const auto& a) { return a.sample_start >= impl.samples; });
  // The specification wants annotations in the order of their first sample.
  std::stable_sort(impl.meta.annotations.begin(), impl.meta.annotations.end(),
                   [](const auto& a, const auto& b) { return a.sample_start < b.sample_start; });
  impl.put_in_place();
}

std::uint64_t SigmfWriter::samples_written() const {
  return impl_->samples;
}
fs::path SigmfWriter::meta_path() const {
  return with_extension(impl_->base, ".sigmf-meta");
}
fs::path SigmfWriter::data_path() const {
  return with_extension(impl_->base, ".sigmf-data");
}

}  // namespace boresight::sdr
