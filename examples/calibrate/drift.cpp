#include "calibrate/drift.h"

#include <cmath>
#include <complex>

#include "boresight/core/units.h"
#include "common/text.h"

namespace boresight::calibrate {
namespace {

using program::format_number;

constexpr int band_points = 9;

/// Gains (dB) and phases (degrees) of now over before at one frequency, less their means; NaN where there is
/// no answer.
void compare(const array::Calibration& before, const array::Calibration& now, double offset_hz,
             const std::vector<ChannelDrift>& channels, std::vector<double>& db, std::vector<double>& deg) {
  cf64 common = 0;
  double mean_db = 0;
  double count = 0;
  std::vector<cf64> ratios(channels.size());
  for (std::size_t e = 0; e < channels.size(); ++e) {
    if (!channels[e].compared) continue;
    // Of a tone the phases are those at its frequency already.
    const array::ChannelCalibration& c = now.channels[e];
    const cf64 new_response = now.delay_known ? now.response(e, offset_hz) : std::polar(c.gain, c.phase_rad);
    ratios[e] = new_response / before.response(e, before.delay_known ? offset_hz : 0);
    common += ratios[e] / std::abs(ratios[e]);
    mean_db += db_from_power(std::norm(ratios[e]));
    ++count;
  }
  db.assign(channels.size(), 0);
  deg.assign(channels.size(), 0);
  for (std::size_t e = 0; e < channels.size(); ++e) {
    if (!channels[e].compared) continue;
    db[e] = db_from_power(std::norm(ratios[e])) - mean_db / count;
    deg[e] = deg_from_rad(std::arg(ratios[e] * std::conj(common)));
  }
}

}  // namespace

Drift drift_between(const array::Calibration& before, const array::Calibration& now, double offset_hz,
                    double sample_rate_hz) {
  Drift drift;
  drift.channels.resize(now.channels.size());
  double count = 0;
  double mean_delay_s = 0;
  for (std::size_t e = 0; e < now.channels.size(); ++e) {
    const bool was_ok = before.channels[e].state == array::ChannelState::ok;
    const bool is_ok = now.channels[e].state == array::ChannelState::ok;
    drift.channels[e].compared = was_ok && is_ok;
    if (was_ok != is_ok) drift.changed.push_back(e);
    if (!drift.channels[e].compared) continue;
    mean_delay_s += now.channels[e].delay_s - before.channels[e].delay_s;
    ++count;
  }
  if (count == 0) return drift;
  mean_delay_s /= count;

  const bool delays = before.delay_known && now.delay_known;
  std::vector<double> db, deg;
  const int points = delays ? band_points : 1;
  for (int p = 0; p < points; ++p) {
    const double at_hz = delays ? 0.9 * sample_rate_hz * (p / (band_points - 1.0) - 0.5) : offset_hz;
    compare(before, now, at_hz, drift.channels, db, deg);
    for (std::size_t e = 0; e < db.size(); ++e) {
      drift.db_rms += db[e] * db[e] / (count * points);
      drift.deg_rms += deg[e] * deg[e] / (count * points);
    }
  }
  drift.db_rms = std::sqrt(drift.db_rms);
  drift.deg_rms = std::sqrt(drift.deg_rms);
  compare(before, now, delays ? 0 : offset_hz, drift.channels, db, deg);
  for (std::size_t e = 0; e < db.size(); ++e) {
    ChannelDrift& c = drift.channels[e];
    if (!c.compared) continue;
    c.gain_db = db[e];
    c.phase_deg = deg[e];
    if (delays) c.delay_ns = 1e9 * (now.channels[e].delay_s - before.channels[e].delay_s - mean_delay_s);
  }
  return drift;
}

std::string beyond(const Drift& drift, double limit_deg, double limit_db) {
  if (!drift.changed.empty()) {
    return "channel " + std::to_string(drift.changed.front()) +
           " is not what it was: ok then or now, not both";
  }
  if (!(drift.deg_rms <= limit_deg)) {
    return "phases have drifted by " + format_number(drift.deg_rms) + " degrees rms: at most " +
           format_number(limit_deg) + " (--limit-deg)";
  }
  if (!(drift.db_rms <= limit_db)) {
    return "gains have drifted by " + format_number(drift.db_rms) + " dB rms: at most " +
           format_number(limit_db) + " (--limit-db)";
  }
  return {};
}

}  // namespace boresight::calibrate
