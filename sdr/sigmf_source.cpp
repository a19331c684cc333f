#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <locale>
#include <sstream>

#include "boresight/core/digest.h"
#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"
#include "posix_file.h"
#include "sigmf_files.h"

namespace boresight::sdr {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20;

// Samples that lie in the file one after the other and belong together in time.
struct Segment {
  std::uint64_t first = 0;  // frame of the recording
  std::uint64_t frames = 0;
  std::uint64_t byte = 0;  // in the data file
  std::uint64_t lost_samples = 0;
  bool gap = false;
  std::optional<std::int64_t> utc_ns;
  bool operator==(const Segment&) const = default;
};

struct Recording {
  fs::path meta_path, data_path;
  SigmfMeta meta;
  PosixFile data;
  std::uint64_t frames = 0;
  std::vector<Segment> segments;
};

std::string text_of(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    throw IoError("cannot read " + path.string() + ": not a regular file");  // a pipe would wait for ever
  }
  return PosixFile::open_for_reading(path).read_text(SigmfLimits::meta_bytes);
}

PosixFile open_data(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    throw IoError("cannot read " + path.string() + ": not a regular file");
  }
  return PosixFile::open_for_reading(path);
}

std::uint64_t count_frames(const Recording& recording) {
  const std::uint64_t size = recording.data.size();
  const std::uint64_t frame_bytes = bytes_per_sample(recording.meta.format) * recording.meta.channels;
  std::uint64_t other = recording.meta.trailing_bytes;
  for (const SigmfCapture& capture : recording.meta.captures) {
    other += std::min(capture.header_bytes, size + 1);  // enough to be too many, without overflow
  }
  const std::string file = recording.data.path().string();
  if (other > size) {
    throw IoError(file + ": " + std::to_string(size) + " bytes, fewer than the " + std::to_string(other) +
                  " header and trailing bytes in its metadata");
  }
  if ((size - other) % frame_bytes != 0) {
    throw IoError(file + ": " + std::to_string(size) + " bytes, which is not a multiple of the " +
                  std::to_string(frame_bytes) + " bytes of one sample on " +
                  std::to_string(recording.meta.channels) + " channels" +
                  (other > 0 ? " plus " + std::to_string(other) + " header and trailing bytes" : "") +
                  ": truncated");
  }
  const std::uint64_t frames = (size - other) / frame_bytes;
  const std::optional<std::uint64_t> announced = recording.meta.samples;
  if (announced && *announced != frames) {
    throw IoError(file + ": " + std::to_string(frames) + " samples, but its metadata announces " +
                  std::to_string(*announced) + (frames < *announced ? ": truncated" : ""));
  }
  if (frames == 0) throw IoError(file + ": 0 samples: the recording is empty");
  return frames;
}

// Third-party recordings announce no number of samples; what begins after the last one gives a cut one away.
void require_annotations_inside(const Recording& recording) {
  const SigmfMeta& meta = recording.meta;
  for (std::size_t i = 0; i < meta.annotations.size(); ++i) {
    const std::uint64_t start = meta.annotations[i].sample_start;
    if (start < meta.offset || start - meta.offset < recording.frames) continue;
    throw IoError(recording.meta_path.string() + ": annotations[" + std::to_string(i) +
                  "] begins at sample " + std::to_string(start - meta.offset) + " of a dataset that has " +
                  std::to_string(recording.frames));
  }
}

std::vector<Segment> find_segments(const Recording& recording) {
  const SigmfMeta& meta = recording.meta;
  const std::uint64_t frame_bytes = bytes_per_sample(meta.format) * meta.channels;
  std::vector<Segment> segments;
  std::uint64_t header_bytes = 0;
  // Samples before the first capture have no description but are samples of the recording.
  if (meta.captures.empty() || meta.captures.front().sample_start > meta.offset) segments.push_back({});
  for (std::size_t i = 0; i < meta.captures.size(); ++i) {
    const SigmfCapture& capture = meta.captures[i];
    Segment segment;
    segment.first = capture.sample_start - meta.offset;
    if (segment.first >= recording.frames) {
      throw IoError(recording.meta_path.string() + ": captures[" + std::to_string(i) + "] begins at sample " +
                    std::to_string(segment.first) + " of a dataset that has " +
                    std::to_string(recording.frames));
    }
    header_bytes += capture.header_bytes;
    segment.byte = header_bytes + segment.first * frame_bytes;
    segment.utc_ns = capture.utc_ns;
    segment.gap = i > 0 && capture.unknown_gap;
    if (i > 0 && capture.global_index && meta.captures[i - 1].global_index) {
      const SigmfCapture& before = meta.captures[i - 1];
      segment.lost_samples =
          *capture.global_index - *before.global_index - (capture.sample_start - before.sample_start);
      segment.gap = segment.gap || segment.lost_samples > 0;
    }
    const bool continues = i > 0 && !segment.gap && capture.header_bytes == 0;
    if (!continues) segments.push_back(segment);
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::uint64_t end = i + 1 < segments.size() ? segments[i + 1].first : recording.frames;
    segments[i].frames = end - segments[i].first;
  }
  return segments;
}

double one_frequency(const Recording& recording) {
  std::optional<double> frequency_hz;
  for (const SigmfCapture& capture : recording.meta.captures) {
    if (!capture.frequency_hz) continue;
    if (frequency_hz && *frequency_hz != *capture.frequency_hz) {
      throw IoError(recording.meta_path.string() + ": captures at " + std::to_string(*frequency_hz) +
                    " and " + std::to_string(*capture.frequency_hz) +
                    " Hz: only one frequency can be played");
    }
    frequency_hz = capture.frequency_hz;
  }
  return frequency_hz.value_or(0.0);
}

Recording open_recording(const fs::path& meta_path, const std::string& text) {
  Recording recording;
  recording.meta_path = meta_path;
  recording.meta = parse_sigmf_meta(text, meta_path.string());
  recording.data_path = recording.meta.dataset.empty() ? with_extension(sigmf_base(meta_path), ".sigmf-data")
                                                       : meta_path.parent_path() / recording.meta.dataset;
  recording.data = open_data(recording.data_path);
  recording.frames = count_frames(recording);
  recording.segments = find_segments(recording);
  require_annotations_inside(recording);
  return recording;
}

void require_alike(const Recording& a, const Recording& b) {
  const auto differ = [&](const std::string& what, const std::string& in_a, const std::string& in_b) {
    throw IoError(b.meta_path.string() + ": " + what + " " + in_b + ", but " + in_a + " in " +
                  a.meta_path.string());
  };
  if (a.meta.format != b.meta.format) {
    differ("format", std::string(to_string(a.meta.format)), std::string(to_string(b.meta.format)));
  }
  if (a.meta.sample_rate_hz != b.meta.sample_rate_hz) {
    differ("sample rate", std::to_string(a.meta.sample_rate_hz), std::to_string(b.meta.sample_rate_hz));
  }
  if (one_frequency(a) != one_frequency(b)) {
    differ("frequency", std::to_string(one_frequency(a)), std::to_string(one_frequency(b)));
  }
  if (a.frames != b.frames) differ("samples", std::to_string(a.frames), std::to_string(b.frames));
  const auto same_place = [](const Segment& x, const Segment& y) {
    return x.first == y.first && x.lost_samples == y.lost_samples && x.gap == y.gap;
  };
  if (!std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(), same_place)) {
    differ("gaps", std::to_string(a.segments.size()) + " segments",
           std::to_string(b.segments.size()) + " segments, elsewhere");
  }
}

std::vector<Recording> open_collection(const fs::path& path) {
  std::vector<Recording> recordings;
  for (const SigmfStream& stream : parse_sigmf_collection(text_of(path), path.string())) {
    const fs::path meta_path = with_extension(path.parent_path() / stream.name, ".sigmf-meta");
    const std::string text = text_of(meta_path);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    if (!stream.hash.empty() && sha512_hex({bytes, text.size()}) != stream.hash) {
      throw IoError(meta_path.string() + ": its SHA-512 is not the one in " + path.string());
    }
    recordings.push_back(open_recording(meta_path, text));
    if (recordings.back().meta.channels != 1) {
      throw IoError(meta_path.string() + ": " + std::to_string(recordings.back().meta.channels) +
                    " channels: a recording of a collection has 1");
    }
    require_alike(recordings.front(), recordings.back());
  }
  return recordings;
}

// `collection`: becomes its path when it is one.
std::vector<Recording> open_any(const fs::path& path, fs::path& collection) {
  if (path.extension() == ".sigmf") throw IoError(path.string() + ": an archive; unpack it with tar first");
  const fs::path base = sigmf_base(path);
  const fs::path meta_path = with_extension(base, ".sigmf-meta");
  const fs::path collection_path = with_extension(base, ".sigmf-collection");
  std::error_code error;
  const bool only_collection = !fs::exists(meta_path, error) && fs::exists(collection_path, error);
  if (path.extension() == ".sigmf-collection" || (path == base && only_collection)) {
    collection = collection_path;
    return open_collection(collection_path);
  }
  std::vector<Recording> recordings;
  recordings.push_back(open_recording(meta_path, text_of(meta_path)));
  return recordings;
}

// Azimuths go the short way around.
SigmfPointing interpolate(const SigmfPointing& a, const SigmfPointing& b, std::uint64_t sample) {
  const double share =
      static_cast<double>(sample - a.sample_start) / static_cast<double>(b.sample_start - a.sample_start);
  const double turn_deg = std::remainder(b.azimuth_deg - a.azimuth_deg, 360.0);
  double azimuth_deg = std::fmod(a.azimuth_deg + share * turn_deg, 360.0);
  if (azimuth_deg < 0) azimuth_deg += 360.0;
  return {sample, azimuth_deg, a.elevation_deg + share * (b.elevation_deg - a.elevation_deg)};
}

// from [samples x rows.size()] -> rows, a few samples of every row at a time so that both sides stay in
// cache. Word is as large as one sample.
template <typename Word>
void deinterleave(const std::uint8_t* from, std::size_t samples, std::span<void* const> rows) {
  constexpr std::size_t tile = 64;
  for (std::size_t begin = 0; begin < samples; begin += tile) {
    const std::size_t end = std::min(begin + tile, samples);
    for (std::size_t c = 0; c < rows.size(); ++c) {
      auto* const to = static_cast<std::uint8_t*>(rows[c]);
      for (std::size_t i = begin; i < end; ++i) {
        std::memcpy(to + i * sizeof(Word), from + (i * rows.size() + c) * sizeof(Word), sizeof(Word));
      }
    }
  }
}

std::string number(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(15);
  text << value;
  return text.str();
}

}  // namespace

struct SigmfSource::Impl {
  std::vector<Recording> recordings;
  fs::path collection;  // empty: a recording alone
  SourceInfo info;
  std::size_t sample_bytes = 0;
  std::vector<std::uint8_t> piece;
  std::size_t segment = 0;
  std::uint64_t in_segment = 0;
  std::atomic<std::uint64_t> played{0};  // absolute sample of the next one
  std::atomic<std::uint64_t> lost{0}, known_gaps{0}, unknown_gaps{0};
  std::string failure;

  const Recording& first() const { return recordings.front(); }
  void describe(const fs::path& path);
  void rewind();
  void read_pieces(std::span<void* const> buffers, std::size_t samples);
  std::optional<SigmfPointing> pointing() const;
};

void SigmfSource::Impl::describe(const fs::path& path) {
  const SigmfMeta& meta = first().meta;
  info.channels = recordings.size() > 1 ? recordings.size() : meta.channels;
  info.sample_rate_hz = meta.sample_rate_hz;
  info.center_frequency_hz = one_frequency(first());
  info.format = meta.format;
  info.full_scale = meta.full_scale;
  info.real_time = false;
  for (const Recording& recording : recordings) {
    const std::vector<Vec3>& positions = recording.meta.element_positions_m;
    info.element_positions_m.insert(info.element_positions_m.end(), positions.begin(), positions.end());
  }
  if (info.element_positions_m.size() != info.channels) info.element_positions_m.clear();
  info.description = path.filename().string() + (meta.description.empty() ? "" : ": " + meta.description);
  std::replace(info.description.begin(), info.description.end(), '\n', ' ');
  sample_bytes = bytes_per_sample(info.format);
  const std::size_t frame_bytes = sample_bytes * meta.channels;
  piece.resize(std::max<std::size_t>(1, piece_bytes / frame_bytes) * frame_bytes);
}

void SigmfSource::Impl::rewind() {
  segment = 0;
  in_segment = 0;
  played = first().meta.offset;
  lost = known_gaps = unknown_gaps = 0;
  failure.clear();
}

void SigmfSource::Impl::read_pieces(std::span<void* const> buffers, std::size_t samples) {
  std::size_t buffer = 0;
  for (const Recording& recording : recordings) {
    const std::size_t channels = recording.meta.channels;
    const std::size_t frame_bytes = sample_bytes * channels;
    const std::uint64_t byte = recording.segments[segment].byte + in_segment * frame_bytes;
    if (channels == 1) {
      recording.data.read_all(static_cast<std::uint8_t*>(buffers[buffer]), samples * sample_bytes, byte);
      ++buffer;
      continue;
    }
    recording.data.read_all(piece.data(), samples * frame_bytes, byte);
    const auto rows = buffers.subspan(buffer, channels);
    switch (info.format) {
      case SampleFormat::cs8:
        deinterleave<std::uint16_t>(piece.data(), samples, rows);
        break;
      case SampleFormat::cs16:
        deinterleave<std::uint32_t>(piece.data(), samples, rows);
        break;
      case SampleFormat::cf32:
        deinterleave<std::uint64_t>(piece.data(), samples, rows);
        break;
    }
    buffer += channels;
  }
}

std::optional<SigmfPointing> SigmfSource::Impl::pointing() const {
  const std::vector<SigmfPointing>& track = first().meta.pointing;
  if (track.empty()) return std::nullopt;
  const std::uint64_t sample = played.load();
  const auto after =
      std::upper_bound(track.begin(), track.end(), sample,
                       [](std::uint64_t s, const SigmfPointing& p) { return s < p.sample_start; });
  if (after == track.begin()) return track.front();
  if (after == track.end()) return track.back();
  return interpolate(*(after - 1), *after, sample);
}

SigmfSource::SigmfSource(const fs::path& path) : impl_(std::make_unique<Impl>()) {
  impl_->recordings = open_any(path, impl_->collection);
  impl_->describe(path);
  impl_->rewind();
}
SigmfSource::~SigmfSource() = default;

const SourceInfo& SigmfSource::info() const {
  return impl_->info;
}
void SigmfSource::start() {
  impl_->rewind();
}
std::uint64_t SigmfSource::total_samples() const {
  return impl_->first().frames;
}
const SigmfMeta& SigmfSource::meta() const {
  return impl_->first().meta;
}
std::vector<fs::path> SigmfSource::files() const {
  std::vector<fs::path> files;
  if (!impl_->collection.empty()) files.push_back(impl_->collection);
  for (const Recording& recording : impl_->recordings) {
    files.push_back(recording.meta_path);
    files.push_back(recording.data_path);
  }
  return files;
}
std::string SigmfSource::error() const {
  return impl_->failure;
}

SourceStats SigmfSource::stats() const {
  SourceStats stats;
  stats.lost_samples = impl_->lost;
  stats.known_gaps = impl_->known_gaps;
  stats.unknown_gaps = impl_->unknown_gaps;
  return stats;
}

Read SigmfSource::read(std::span<void* const> channel_buffers, std::size_t max_samples,
                       std::chrono::microseconds) {
  Impl& impl = *impl_;
  if (!impl.failure.empty()) return {.status = Read::Status::failed};
  const std::vector<Segment>& segments = impl.first().segments;
  while (impl.segment < segments.size() && impl.in_segment == segments[impl.segment].frames) {
    ++impl.segment;
    impl.in_segment = 0;
  }
  if (impl.segment == segments.size()) return {.status = Read::Status::end};

  const Segment& segment = segments[impl.segment];
  const std::size_t fits = impl.piece.size() / (impl.sample_bytes * impl.first().meta.channels);
  Read read;
  read.status = Read::Status::ok;
  read.samples = static_cast<std::size_t>(
      std::min<std::uint64_t>(std::min(max_samples, fits), segment.frames - impl.in_segment));
  try {
    impl.read_pieces(channel_buffers, read.samples);
  } catch (const IoError& error) {
    impl.failure = error.what();
    return {.status = Read::Status::failed};
  }
  if (segment.utc_ns) {
    const double since_ns = static_cast<double>(impl.in_segment) * 1e9 / impl.info.sample_rate_hz;
    if (since_ns < 1e18) read.time_ns = *segment.utc_ns + std::llround(since_ns);
  }
  if (impl.in_segment == 0 && segment.gap) {
    read.gap = true;
    read.lost_samples = segment.lost_samples;
    impl.lost += segment.lost_samples;
    ++(segment.lost_samples > 0 ? impl.known_gaps : impl.unknown_gaps);
  }
  impl.in_segment += read.samples;
  impl.played += read.samples;
  return read;
}

std::optional<std::string> SigmfSource::sensor_text(std::string_view key) {
  if (key == "azimuth_deg" || key == "elevation_deg") {
    const std::optional<SigmfPointing> pointing = impl_->pointing();
    if (!pointing) return std::nullopt;
    return number(key == "azimuth_deg" ? pointing->azimuth_deg : pointing->elevation_deg);
  }
  if (key == "array_positions_m" && !impl_->info.element_positions_m.empty()) {
    std::string text;
    for (const Vec3& p : impl_->info.element_positions_m) {
      text += (text.empty() ? "" : "; ") + number(p.x) + " " + number(p.y) + " " + number(p.z);
    }
    return text;
  }
  return std::nullopt;
}

}  // namespace boresight::sdr
