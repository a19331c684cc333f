// The text of .sigmf-meta and .sigmf-collection files. Everything in them is untrusted.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "boresight/core/error.h"
#include "boresight/sdr/sigmf.h"
#include "sigmf_files.h"

namespace boresight::sdr {

namespace {

using nlohmann::json;

constexpr std::uint64_t largest_count = std::uint64_t{1} << 62;  // sums of a few stay below 2^64
constexpr std::size_t longest_text = 1'000'000;

// A field of an object, together with what an error about it has to name.
class Field {
 public:
  Field(std::string_view file, std::string where, const json* value)
      : file_(file), where_(std::move(where)), value_(value) {}

  [[noreturn]] void refuse(const std::string& why) const {
    std::string shown = value_ == nullptr ? "missing" : value_->dump(-1, ' ', true);
    if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
    throw IoError(std::string(file_) + ": " + where_ + ": " + shown + ": " + why);
  }

  bool given() const { return value_ != nullptr; }

  Field operator[](const char* key) const {
    const auto found = value_->find(key);
    return {file_, where_ + "." + key, found == value_->end() ? nullptr : &*found};
  }
  Field at(std::size_t i) const { return {file_, where_ + "[" + std::to_string(i) + "]", &(*value_)[i]}; }

  const Field& object() const {
    if (!given() || !value_->is_object()) refuse("must be an object");
    return *this;
  }
  /// The number of entries; 0 when the field is not there.
  std::size_t array(std::size_t limit) const {
    if (!given()) return 0;
    if (!value_->is_array()) refuse("must be a list");
    if (value_->size() > limit) refuse("must have at most " + std::to_string(limit) + " entries");
    return value_->size();
  }
  std::uint64_t count(std::uint64_t limit = largest_count) const {
    if (!given() || !value_->is_number_unsigned() || value_->get<std::uint64_t>() > limit) {
      refuse("must be a whole number from 0 to " + std::to_string(limit));
    }
    return value_->get<std::uint64_t>();
  }
  double number(double lowest, double highest) const {
    if (!given() || !value_->is_number()) refuse("must be a number");
    const double x = value_->get<double>();
    if (!(x >= lowest && x <= highest)) {
      refuse("must be from " + json(lowest).dump() + " to " + json(highest).dump());
    }
    return x;
  }
  bool boolean() const {
    if (!given() || !value_->is_boolean()) refuse("must be true or false");
    return value_->get<bool>();
  }
  std::string text() const {
    if (!given() || !value_->is_string()) refuse("must be a text");
    if (value_->get_ref<const std::string&>().size() > longest_text) refuse("is too long");
    return value_->get<std::string>();
  }

  std::uint64_t count_or(std::uint64_t otherwise) const { return given() ? count() : otherwise; }
  std::string text_or_nothing() const { return given() ? text() : std::string(); }

 private:
  std::string_view file_;
  std::string where_;
  const json* value_;
};

// Counted before parsing: the parser itself would follow any depth.
bool nests_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > SigmfLimits::nesting) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

json parse_json(std::string_view text, std::string_view name) {
  const std::string file(name);
  if (text.size() > SigmfLimits::meta_bytes) {
    throw IoError(file + ": " + std::to_string(text.size()) + " bytes: at most " +
                  std::to_string(SigmfLimits::meta_bytes) + " are read");
  }
  if (nests_too_deep(text)) {
    throw IoError(file + ": nests deeper than " + std::to_string(SigmfLimits::nesting) + " levels");
  }
  try {
    std::size_t values = 0;
    return json::parse(text, [&](int, json::parse_event_t event, const json&) {
      using Event = json::parse_event_t;
      const bool begins =
          event == Event::value || event == Event::array_start || event == Event::object_start;
      if (begins && ++values > SigmfLimits::values) {
        throw IoError(file + ": more than " + std::to_string(SigmfLimits::values) + " JSON values");
      }
      return true;
    });
  } catch (const json::parse_error& error) {
    throw IoError(file + ": not JSON at byte " + std::to_string(error.byte));
  } catch (const json::exception&) {  // a number beyond every range
    throw IoError(file + ": not JSON that can be read");
  }
}

// A name that stays in the folder of the file it was read from.
void require_plain_name(const Field& field, const std::string& name) {
  const bool plain = !name.empty() && name != "." && name != ".." &&
                     name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
  if (!plain) field.refuse("must be the name of a file in the same folder");
}

SampleFormat parse_datatype(const Field& field) {
  const std::string name = field.text();
  if (name == "cf32_le") return SampleFormat::cf32;
  if (name == "ci16_le") return SampleFormat::cs16;
  if (name == "ci8") return SampleFormat::cs8;
  field.refuse("must be cf32_le, ci16_le or ci8");
}

const char* datatype(SampleFormat format) {
  switch (format) {
    case SampleFormat::cs8:
      return "ci8";
    case SampleFormat::cs16:
      return "ci16_le";
    case SampleFormat::cf32:
      return "cf32_le";
  }
  return "";
}

void check_version(const Field& field) {
  const std::string version = field.text();
  if (!version.starts_with("1.") && !version.starts_with("0.")) field.refuse("only SigMF 1.x is known");
}

// "optional": false means that the recording cannot be understood without the extension.
void check_extensions(const Field& extensions) {
  const std::size_t n = extensions.array(1000);
  for (std::size_t i = 0; i < n; ++i) {
    const Field entry = extensions.at(i).object();
    const bool optional = entry["optional"].given() && entry["optional"].boolean();
    if (!optional && entry["name"].text() != "boresight") {
      entry["name"].refuse("is a required extension that is not known");
    }
  }
}

std::vector<Vec3> parse_element_positions(const Field& field, std::size_t channels) {
  std::vector<Vec3> positions;
  const std::size_t n = field.array(SigmfLimits::channels);
  if (n != 0 && n != channels) field.refuse("must have one entry per channel, " + std::to_string(channels));
  for (std::size_t i = 0; i < n; ++i) {
    const Field entry = field.at(i);
    if (entry.array(3) != 3) entry.refuse("must be [x, y, z]");
    const auto coordinate = [&](std::size_t k) {
      return entry.at(k).number(-SigmfLimits::farthest_element_m, SigmfLimits::farthest_element_m);
    };
    positions.push_back({coordinate(0), coordinate(1), coordinate(2)});
  }
  return positions;
}

std::vector<SigmfPointing> parse_pointing(const Field& field) {
  std::vector<SigmfPointing> track;
  const std::size_t n = field.array(SigmfLimits::entries);
  for (std::size_t i = 0; i < n; ++i) {
    const Field entry = field.at(i).object();
    const SigmfPointing pointing{entry["sample_start"].count(), entry["azimuth_deg"].number(-360, 360),
                                 entry["elevation_deg"].number(-90, 90)};
    if (!track.empty() && pointing.sample_start < track.back().sample_start) {
      entry["sample_start"].refuse("must not be before that of the entry before");
    }
    track.push_back(pointing);
  }
  return track;
}

std::int64_t parse_datetime(const Field& field) {
  const std::string text = field.text();
  try {
    return parse_utc(text);
  } catch (const IoError&) {
    field.refuse("must be a UTC time like 2026-01-02T03:04:05.678Z");
  }
}

SigmfCapture parse_capture(const Field& entry) {
  SigmfCapture capture;
  capture.sample_start = entry["core:sample_start"].count();
  if (const Field f = entry["core:global_index"]; f.given()) capture.global_index = f.count();
  if (const Field f = entry["core:frequency"]; f.given())
    capture.frequency_hz = f.number(0, SigmfLimits::highest_frequency_hz);
  if (const Field f = entry["core:datetime"]; f.given()) capture.utc_ns = parse_datetime(f);
  if (const Field f = entry["core:header_bytes"]; f.given()) capture.header_bytes = f.count();
  if (const Field f = entry["boresight:unknown_gap"]; f.given()) capture.unknown_gap = f.boolean();
  return capture;
}

std::vector<SigmfCapture> parse_captures(const Field& field, std::uint64_t offset) {
  if (!field.given()) field.refuse("must be a list");
  std::vector<SigmfCapture> captures;
  const std::size_t n = field.array(SigmfLimits::entries);
  for (std::size_t i = 0; i < n; ++i) {
    const Field entry = field.at(i).object();
    const SigmfCapture capture = parse_capture(entry);
    const Field start = entry["core:sample_start"];
    if (capture.sample_start < offset) start.refuse("is before core:offset " + std::to_string(offset));
    if (!captures.empty()) {
      const SigmfCapture& before = captures.back();
      if (capture.sample_start < before.sample_start)
        start.refuse("must not be before that of the capture before");
      if (capture.global_index && before.global_index &&
          *capture.global_index < *before.global_index + (capture.sample_start - before.sample_start)) {
        entry["core:global_index"].refuse("samples cannot overlap those of the capture before");
      }
    }
    captures.push_back(capture);
  }
  return captures;
}

std::vector<SigmfAnnotation> parse_annotations(const Field& field) {
  std::vector<SigmfAnnotation> annotations;
  const std::size_t n = field.array(SigmfLimits::entries);
  for (std::size_t i = 0; i < n; ++i) {
    const Field entry = field.at(i).object();
    SigmfAnnotation annotation;
    annotation.sample_start = entry["core:sample_start"].count();
    if (const Field f = entry["core:sample_count"]; f.given()) annotation.sample_count = f.count();
    annotation.label = entry["core:label"].text_or_nothing();
    annotation.comment = entry["core:comment"].text_or_nothing();
    annotations.push_back(std::move(annotation));
  }
  return annotations;
}

}  // namespace

SigmfMeta parse_sigmf_meta(std::string_view text, std::string_view name) {
  const json tree = parse_json(text, name);
  const Field top(name, "", &tree);
  if (!tree.is_object()) throw IoError(std::string(name) + ": must be an object with global and captures");
  const Field global = Field(name, "global", tree.contains("global") ? &tree["global"] : nullptr).object();

  SigmfMeta meta;
  check_version(global["core:version"]);
  check_extensions(global["core:extensions"]);
  meta.format = parse_datatype(global["core:datatype"]);
  meta.full_scale = default_full_scale(meta.format);
  meta.sample_rate_hz =
      global["core:sample_rate"].number(SigmfLimits::lowest_rate_hz, SigmfLimits::highest_rate_hz);
  if (const Field f = global["core:num_channels"]; f.given()) {
    meta.channels = f.count(SigmfLimits::channels);
    if (meta.channels == 0) f.refuse("must be at least 1");
  }
  if (const Field f = global["core:metadata_only"]; f.given() && f.boolean()) f.refuse("has no samples");
  if (const Field f = global["boresight:samples"]; f.given()) meta.samples = f.count();
  meta.offset = global["core:offset"].count_or(0);
  meta.trailing_bytes = global["core:trailing_bytes"].count_or(0);
  if (const Field f = global["core:dataset"]; f.given()) {
    meta.dataset = f.text();
    require_plain_name(f, meta.dataset);
  }
  meta.description = global["core:description"].text_or_nothing();
  meta.author = global["core:author"].text_or_nothing();
  meta.hw = global["core:hw"].text_or_nothing();
  meta.recorder = global["core:recorder"].text_or_nothing();
  meta.license = global["core:license"].text_or_nothing();
  if (const Field f = global["boresight:full_scale"]; f.given()) meta.full_scale = f.number(1e-9, 1e9);
  meta.element_positions_m = parse_element_positions(global["boresight:element_positions_m"], meta.channels);
  meta.pointing = parse_pointing(global["boresight:pointing_track"]);
  meta.captures = parse_captures(
      Field(name, "captures", tree.contains("captures") ? &tree["captures"] : nullptr), meta.offset);
  meta.annotations = parse_annotations(
      Field(name, "annotations", tree.contains("annotations") ? &tree["annotations"] : nullptr));
  return meta;
}

std::vector<SigmfStream> parse_sigmf_collection(std::string_view text, std::string_view name) {
  const json tree = parse_json(text, name);
  if (!tree.is_object()) throw IoError(std::string(name) + ": must be an object with collection");
  const Field collection =
      Field(name, "collection", tree.contains("collection") ? &tree["collection"] : nullptr).object();
  check_version(collection["core:version"]);
  check_extensions(collection["core:extensions"]);
  const Field streams = collection["core:streams"];
  const std::size_t n = streams.array(SigmfLimits::channels);
  if (n == 0) streams.refuse("must name at least one recording");
  std::vector<SigmfStream> result;
  for (std::size_t i = 0; i < n; ++i) {
    const Field entry = streams.at(i).object();
    SigmfStream stream{entry["name"].text(), entry["hash"].text_or_nothing()};
    require_plain_name(entry["name"], stream.name);
    std::transform(stream.hash.begin(), stream.hash.end(), stream.hash.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    result.push_back(std::move(stream));
  }
  return result;
}

std::string to_json(const SigmfMeta& meta) {
  json global = {{"core:datatype", datatype(meta.format)},
                 {"core:version", "1.2.5"},
                 {"core:sample_rate", meta.sample_rate_hz},
                 {"core:num_channels", meta.channels},
                 {"core:extensions", {{{"name", "boresight"}, {"version", "1.0.0"}, {"optional", true}}}}};
  const auto put_text = [&global](const char* key, const std::string& value) {
    if (!value.empty()) global[key] = value;
  };
  put_text("core:description", meta.description);
  put_text("core:author", meta.author);
  put_text("core:hw", meta.hw);
  put_text("core:recorder", meta.recorder);
  put_text("core:license", meta.license);
  put_text("core:dataset", meta.dataset);
  if (meta.samples) global["boresight:samples"] = *meta.samples;
  if (meta.offset > 0) global["core:offset"] = meta.offset;
  if (meta.trailing_bytes > 0) global["core:trailing_bytes"] = meta.trailing_bytes;
  if (meta.full_scale != default_full_scale(meta.format)) global["boresight:full_scale"] = meta.full_scale;
  for (const Vec3& p : meta.element_positions_m) {
    global["boresight:element_positions_m"].push_back({p.x, p.y, p.z});
  }
  for (const SigmfPointing& p : meta.pointing) {
    global["boresight:pointing_track"].push_back({{"sample_start", p.sample_start},
                                                  {"azimuth_deg", p.azimuth_deg},
                                                  {"elevation_deg", p.elevation_deg}});
  }

  json captures = json::array();
  for (const SigmfCapture& c : meta.captures) {
    json entry = {{"core:sample_start", c.sample_start}};
    if (c.global_index) entry["core:global_index"] = *c.global_index;
    if (c.frequency_hz) entry["core:frequency"] = *c.frequency_hz;
    if (c.utc_ns) entry["core:datetime"] = format_utc(*c.utc_ns);
    if (c.header_bytes > 0) entry["core:header_bytes"] = c.header_bytes;
    if (c.unknown_gap) entry["boresight:unknown_gap"] = true;
    captures.push_back(std::move(entry));
  }
  json annotations = json::array();
  for (const SigmfAnnotation& a : meta.annotations) {
    json entry = {{"core:sample_start", a.sample_start}};
    if (a.sample_count) entry["core:sample_count"] = *a.sample_count;
    if (!a.label.empty()) entry["core:label"] = a.label;
    if (!a.comment.empty()) entry["core:comment"] = a.comment;
    annotations.push_back(std::move(entry));
  }
  const json tree = {{"global", global}, {"captures", captures}, {"annotations", annotations}};
  // A description in another encoding must not make a recording unreadable: its bytes are replaced.
  return tree.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::filesystem::path sigmf_base(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  const bool ours =
      extension == ".sigmf-meta" || extension == ".sigmf-data" || extension == ".sigmf-collection";
  return ours ? std::filesystem::path(path).replace_extension() : path;
}

std::filesystem::path with_extension(const std::filesystem::path& base, const char* extension) {
  return std::filesystem::path(base) += extension;
}

}  // namespace boresight::sdr
