#include "acquire/findings.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "common/text.h"

namespace boresight::acquire {
namespace {

using program::format_fixed;
using program::format_number;

constexpr std::size_t most_tracks = 100'000;
constexpr std::size_t tracks_shown = 12;

}  // namespace

std::string to_json_line(const rx::KuDetection& d, double sample_rate_hz, const char* kind) {
  // JSON knows no NaN and no infinity.
  const auto number = [](double value) -> nlohmann::ordered_json {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json json;
  json["sample_index"] = d.sample_index;
  json["sample_fraction"] = number(std::floor(d.sample_fraction * 1000) / 1000);
  json["time_s"] = number(d.start_samples() / sample_rate_hz);
  json["doppler_hz"] = number(d.doppler_hz);
  json["doppler_sigma_hz"] = number(d.doppler_sigma_hz);
  json["doppler_from"] = d.doppler_from_drift ? "drift" : "carrier";
  json["carrier_hz"] = number(d.carrier_hz);
  json["snr_db"] = number(d.snr_db);
  json["statistic"] = number(d.statistic);
  json["frames"] = d.frames;
  json["track"] = d.track;
  json["kind"] = kind;
  return json.dump() + "\n";
}

void Findings::add(const rx::KuDetection& detection, const char* kind) {
  ++count_;
  last_ = detection;
  if (lines_ != nullptr) *lines_ << to_json_line(detection, setup_.sample_rate_hz, kind) << std::flush;
  if (!tracks_.contains(detection.track) && tracks_.size() >= most_tracks) {
    ++tracks_left_out_;
    return;
  }
  Track& track = tracks_[detection.track];
  const double time_s = detection.start_samples() / setup_.sample_rate_hz;
  if (track.frames == 0) {
    track.first_s = time_s;
    track.first_doppler_hz = detection.doppler_hz;
  }
  ++track.frames;
  track.last_s = time_s;
  track.last_doppler_hz = detection.doppler_hz;
  track.snr_db_sum += detection.snr_db;
}

std::string Findings::status(double duration_s) const {
  std::string text = format_fixed(duration_s, 2) + " s  found " + std::to_string(count_);
  if (count_ == 0) return text;
  text += "  last at " + format_fixed(last_.start_samples() / setup_.sample_rate_hz, 3) + " s  SNR " +
          format_fixed(last_.snr_db, 1) + " dB  Doppler " + format_fixed(last_.doppler_hz, 0) + " Hz +-" +
          format_fixed(last_.doppler_sigma_hz, 0);
  return text;
}

std::string Findings::summary(double duration_s, double run_time_s) const {
  std::string out;
  const auto line = [&out](const std::string& name, const std::string& value) {
    out += name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + value + "\n";
  };
  line("searched", format_fixed(duration_s, 3) + " s of samples in " + format_fixed(run_time_s, 1) + " s, " +
                       std::to_string(static_cast<std::uint64_t>(duration_s * 750)) + " frame periods, " +
                       to_string(setup_.mode));
  line("band",
       format_number(setup_.sample_rate_hz * 1e-6) + " MHz around " +
           format_fixed(setup_.tuned_hz * 1e-6, 3) + " MHz, " + format_fixed(setup_.center_hz() * 1e-6, 3) +
           " MHz from the center of " +
           (setup_.channel > 0 ? "channel " + std::to_string(setup_.channel) : std::string("--carrier")));
  line("found", std::to_string(count_));
  std::vector<std::pair<std::uint32_t, Track>> longest(tracks_.begin(), tracks_.end());
  std::sort(longest.begin(), longest.end(),
            [](const auto& a, const auto& b) { return a.second.frames > b.second.frames; });
  for (std::size_t i = 0; i < std::min(longest.size(), tracks_shown); ++i) {
    const auto& [number, t] = longest[i];
    line(number == 0 ? "alone" : "track " + std::to_string(number),
         std::to_string(t.frames) + (t.frames == 1 ? " line, " : " lines, ") + format_fixed(t.first_s, 3) +
             " to " + format_fixed(t.last_s, 3) + " s, Doppler " + format_fixed(t.first_doppler_hz, 0) +
             " to " + format_fixed(t.last_doppler_hz, 0) + " Hz, SNR " +
             format_fixed(t.snr_db_sum / static_cast<double>(t.frames), 1) + " dB in 240 MHz");
  }
  if (longest.size() > tracks_shown)
    line("", "and " + std::to_string(longest.size() - tracks_shown + tracks_left_out_) + " shorter tracks");
  return out;
}

}  // namespace boresight::acquire
