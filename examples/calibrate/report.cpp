#include "calibrate/report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "boresight/core/units.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

using program::format_count;
using program::format_fixed;
using Json = nlohmann::ordered_json;

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

double gain_db(const array::ChannelCalibration& c) {
  return db_from_power(c.gain * c.gain);
}

// JSON knows no NaN and no infinity.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string channel_lines(const Measurement& m, const std::optional<Comparison>& comparison) {
  const array::Calibration& calibration = m.result.calibration;
  std::string out = "channel  verdict    gain dB  phase deg  delay ns  SNR dB  residual deg     dB";
  if (comparison) out += "  drift deg     dB     ns";
  out += "\n";
  for (std::size_t e = 0; e < calibration.channels.size(); ++e) {
    const array::ChannelCalibration& c = calibration.channels[e];
    const bool ok = c.state == array::ChannelState::ok;
    const auto value = [&](bool known, double v, int digits, std::size_t width) {
      out += right(known ? format_fixed(v, digits) : "-", width);
    };
    out += right(std::to_string(e), 7) + "  " + left(to_string(c.state), 10);
    value(ok, gain_db(c), 2, 8);
    value(ok, deg_from_rad(c.phase_rad), 2, 11);
    value(ok && calibration.delay_known, 1e9 * c.delay_s, 3, 10);
    value(ok, c.snr_db, 1, 8);
    const bool reference = e == calibration.reference;
    value(ok && !reference, m.result.residual_deg_rms[e], 2, 14);
    value(ok && !reference, m.result.residual_db_rms[e], 2, 7);
    if (comparison) {
      const ChannelDrift& d = comparison->drift.channels[e];
      value(d.compared, d.phase_deg, 2, 11);
      value(d.compared, d.gain_db, 2, 7);
      value(d.compared && calibration.delay_known && comparison->before.delay_known, d.delay_ns, 2, 7);
    }
    if (ok && reference) out += "  reference";
    out += "\n";
  }
  return out;
}

}  // namespace

const char* to_string(array::ChannelState state) {
  constexpr const char* names[] = {"ok", "dead", "stuck", "duplicate", "noisy"};
  return names[static_cast<std::size_t>(state)];
}

std::string table(const Options& options, const Setup& setup, const Measurement& m,
                  const std::optional<Comparison>& comparison) {
  const array::CalibrationEstimator::Result& r = m.result;
  std::string out;
  const auto line = [&out](const std::string& name, const std::string& value) {
    out += left(name, 12) + value + "\n";
  };
  if (r.ok) out += channel_lines(m, comparison);
  line("measured", "from " + options.from + " at " + format_fixed(setup.frequency_hz * 1e-6, 6) +
                       " MHz, gain " + format_fixed(setup.gain_db, 2) + " dB, " +
                       format_fixed(setup.estimator.sample_rate_hz * 1e-6, 3) + " Msps");
  line("samples", format_count(m.samples) + ", " + format_count(m.lost_samples) + " lost, " +
                      format_count(m.cleaned_samples) + " cleaned, " +
                      format_fixed(100 * m.clipped_share, 2) + " % clipped in the worst channel");
  if (r.ok) {
    if (!r.calibration.delay_known) {
      line(r.narrow ? "tone" : "signal",
           r.narrow ? format_fixed(r.source_offset_hz * 1e-6, 3) +
                          " MHz from the middle; it says nothing about delays"
                    : std::string("too weak to be seen over frequency; it says nothing about delays"));
    }
    line("residual", format_fixed(r.calibration.residual_deg_rms, 2) + " degrees, " +
                         format_fixed(r.calibration.residual_db_rms, 3) + " dB rms");
    line("bound",
         format_fixed(r.bound_deg_rms, 3) + " degrees" +
             (r.calibration.delay_known ? ", " + format_fixed(1e9 * r.bound_delay_s_rms, 4) + " ns rms"
                                        : std::string(" rms")));
  }
  if (comparison && r.ok) {
    line("drift", format_fixed(comparison->drift.deg_rms, 2) + " degrees, " +
                      format_fixed(comparison->drift.db_rms, 3) + " dB rms in " +
                      format_fixed(r.calibration.time_s - comparison->before.time_s, 0) + " s");
  }
  line("verdict", !m.not_good.empty()                         ? "not good"
                  : comparison && !comparison->beyond.empty() ? "drifted"
                  : comparison                                ? "within the limits"
                               : "good, written to " + options.output.string());
  return out;
}

std::string to_json(const Options& options, const Setup& setup, const Measurement& m,
                    const std::optional<Comparison>& comparison, bool written) {
  const array::CalibrationEstimator::Result& r = m.result;
  Json json;
  json["source"] = options.source.text();
  json["from"] = options.from;
  json["frequency_hz"] = setup.frequency_hz;
  json["gain_db"] = setup.gain_db;
  json["sample_rate_hz"] = setup.estimator.sample_rate_hz;
  json["samples"] = m.samples;
  json["samples_lost"] = m.lost_samples;
  json["samples_cleaned"] = m.cleaned_samples;
  json["clipped_share"] = m.clipped_share;
  json["good"] = m.not_good.empty();
  json["reason"] = m.not_good;
  json["written"] = written;
  if (r.ok) {
    const array::Calibration& c = r.calibration;
    json["time_s"] = c.time_s;
    json["reference"] = c.reference;
    json["delay_known"] = c.delay_known;
    json["source_offset_hz"] = number(r.source_offset_hz);
    json["residual_deg_rms"] = c.residual_deg_rms;
    json["residual_db_rms"] = c.residual_db_rms;
    json["bound_deg_rms"] = number(r.bound_deg_rms);
    json["bound_delay_ns_rms"] = number(1e9 * r.bound_delay_s_rms);
    json["channels"] = Json::array();
    for (std::size_t e = 0; e < c.channels.size(); ++e) {
      const array::ChannelCalibration& channel = c.channels[e];
      Json entry = {{"verdict", to_string(channel.state)}};
      if (channel.state == array::ChannelState::ok) {
        entry["gain_db"] = gain_db(channel);
        entry["phase_deg"] = deg_from_rad(channel.phase_rad);
        entry["delay_ns"] = 1e9 * channel.delay_s;
        entry["snr_db"] = channel.snr_db;
        entry["residual_deg_rms"] = r.residual_deg_rms[e];
        entry["residual_db_rms"] = r.residual_db_rms[e];
      }
      if (comparison && comparison->drift.channels[e].compared) {
        const ChannelDrift& d = comparison->drift.channels[e];
        entry["drift_db"] = number(d.gain_db);
        entry["drift_deg"] = number(d.phase_deg);
        entry["drift_ns"] = number(d.delay_ns);
      }
      json["channels"].push_back(entry);
    }
    if (comparison) {
      json["check"] = {{"file", options.check.string()},
                       {"age_s", c.time_s - comparison->before.time_s},
                       {"drift_deg_rms", number(comparison->drift.deg_rms)},
                       {"drift_db_rms", number(comparison->drift.db_rms)},
                       {"within_limits", comparison->beyond.empty()},
                       {"reason", comparison->beyond}};
    }
  }
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace boresight::calibrate
