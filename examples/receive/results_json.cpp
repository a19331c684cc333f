#include "results_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "boresight/core/version.h"
#include "options.h"

namespace boresight::receive {
namespace {

using Json = nlohmann::ordered_json;

// JSON knows no NaN and no infinity.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}
Json number(std::optional<double> value) {
  return value ? number(*value) : Json(nullptr);
}
Json text(const std::string& value) {
  return value.empty() ? Json(nullptr) : Json(value);
}

Json ku_frame(const FrameRecord& frame) {
  return {{"start_sample", frame.start_sample},
          {"sequence", frame.sequence},
          {"ok", frame.ok},
          {"snr_db", number(frame.snr_db)},
          {"mer_db", number(frame.mer_db)},
          {"carrier_offset_hz", number(frame.carrier_offset_hz)}};
}

Json ht_fields(const FrameRecord::Ht& ht) {
  Json mpdus = Json::array();
  for (const FrameRecord::Mpdu& mpdu : ht.mpdus) {
    mpdus.push_back({{"length", mpdu.length}, {"fcs_ok", mpdu.fcs_ok}, {"sha256", mpdu.sha256}});
  }
  return {{"mcs", ht.mcs},
          {"guard_interval_ns", number(ht.guard_interval_ns)},
          {"coding", ht.ldpc ? "ldpc" : "bcc"},
          {"aggregated", ht.aggregated},
          {"mpdus", ht.aggregated ? std::move(mpdus) : Json(nullptr)}};
}

Json wifi_frame(const FrameRecord& frame) {
  return {{"start_sample", frame.start_sample},
          {"format", frame.ht ? "ht" : "legacy"},
          {"rate_mbps", number(frame.rate_mbps)},
          {"ht", frame.ht ? ht_fields(*frame.ht) : Json(nullptr)},
          {"psdu_length", frame.psdu_length},
          {"fcs_ok", frame.ok},
          {"sha256", frame.sha256},
          {"snr_db", number(frame.snr_db)},
          {"mer_db", number(frame.mer_db)},
          {"carrier_offset_hz", number(frame.carrier_offset_hz)}};
}

}  // namespace

std::string to_json(const Results& r) {
  Json json;
  json["program"] = std::string("boresight-receive ") + version;
  json["source"] = r.source;
  json["waveform"] = r.waveform;
  json["beamformer"] = r.beamformer;
  json["subbands"] = r.subbands > 0 ? Json(r.subbands) : Json(nullptr);
  Json nulls = Json::array();
  for (const auto& [azimuth_deg, elevation_deg] : r.nulls_deg) {
    nulls.push_back({{"azimuth_deg", number(azimuth_deg)}, {"elevation_deg", number(elevation_deg)}});
  }
  json["nulls"] = std::move(nulls);
  json["nulls_dropped"] = r.nulls_dropped;
  json["calibration"] = text(r.calibration);
  json["warnings"] = r.warnings;
  json["channels"] = r.channels;
  json["sample_rate_hz"] = number(r.sample_rate_hz);
  json["carrier_hz"] = number(r.carrier_hz);
  json["pointing"] = r.pointing;
  json["azimuth_deg"] = number(r.azimuth_deg);
  json["elevation_deg"] = number(r.elevation_deg);
  json["duration_s"] = number(r.duration_s());
  json["run_time_s"] = number(r.run_time_s);
  json["interrupted"] = r.interrupted;
  json["source_failure"] = text(r.source_failure);

  json["frames_detected"] = r.frames_detected;
  json["frames_ok"] = r.frames_ok;
  json["frame_error_rate"] = number(r.frame_error_rate());
  json["headers_failed"] = r.headers_failed;
  json["payloads_failed"] = r.payloads_failed;
  json["frames_missed"] = r.frames_missed;
  json["first_frame_ok_s"] = number(r.first_frame_ok_s);
  json["last_frame_failed_s"] = number(r.last_frame_failed_s);
  json["snr_db"] = number(r.snr_db.value());
  json["mer_db"] = number(r.mer_db.value());
  json["doppler_hz"] = number(r.doppler_hz);
  json["jammer_to_noise_db"] = number(r.jammer_to_noise_db);

  json["samples"] = r.samples;
  json["samples_lost"] = r.samples_lost;
  json["samples_cleaned"] = r.samples_cleaned;
  json["gaps"] = r.gaps;

  json["payload_complete"] = r.payload_complete;
  json["payload_sha256"] = text(r.payload_sha256);
  json["payload_sha256_announced"] = text(r.announced_sha256);
  json["payload_bytes"] = r.payload_started ? Json(r.payload_bytes) : Json(nullptr);
  json["payload_blocks"] = r.blocks_received;
  json["payload_blocks_expected"] = r.blocks_expected;
  json["payload_complete_at_s"] = number(r.complete_at_s);

  json["truth"] = {{"payload_sha256", text(r.true_payload_sha256.value_or(""))},
                   {"snr_db", number(r.true_snr_db)},
                   {"doppler_hz", number(r.true_doppler_hz)},
                   {"jammer_to_noise_db", number(r.true_jammer_to_noise_db)}};
  json["source_counters"] = {{"overflows", r.source_stats.overflows},
                             {"timeouts", r.source_stats.timeouts},
                             {"stream_errors", r.source_stats.stream_errors},
                             {"restarts", r.source_stats.restarts},
                             {"lost_samples", r.source_stats.lost_samples},
                             {"known_gaps", r.source_stats.known_gaps},
                             {"unknown_gaps", r.source_stats.unknown_gaps},
                             {"bad_timestamps", r.source_stats.bad_timestamps},
                             {"dropped_samples", r.stream_stats.dropped_samples}};
  Json frames = Json::array();
  for (const FrameRecord& frame : r.frames) {
    frames.push_back(wifi_rate_hz(r.waveform) ? wifi_frame(frame) : ku_frame(frame));
  }
  json["frames"] = std::move(frames);
  // File and device names may hold any bytes; JSON is UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace boresight::receive
