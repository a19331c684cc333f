#include "boresight/array/calibration.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "boresight/array/geometry.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double most_future_s = 60;
constexpr std::size_t most_device_channel = 65535;
constexpr double stuck_odds = 1000;
constexpr double least_stuck_ratio = 2;

void require_range(std::string_view source, const std::string& name, double value, double low, double high) {
  require(value >= low && value <= high, std::string(source) + ": " + name + ": " + std::to_string(value) +
                                             ": must be " + std::to_string(low) + " to " +
                                             std::to_string(high));
}

std::string list(const std::vector<std::size_t>& numbers) {
  std::string text;
  for (const std::size_t number : numbers) {
    if (!text.empty()) text += ',';
    text += std::to_string(number);
  }
  return text;
}

}  // namespace

cf64 Calibration::response(std::size_t channel, double offset_hz) const {
  const ChannelCalibration& c = channels[channel];
  if (c.state != ChannelState::ok) return 0;
  cf64 shape = 1;
  if (!c.shape.empty()) {
    const auto above = std::upper_bound(offsets_hz.begin(), offsets_hz.end(), offset_hz);
    const auto i = static_cast<std::size_t>(above - offsets_hz.begin());
    if (i == 0) {
      shape = c.shape.front();
    } else if (i == c.shape.size()) {
      shape = c.shape.back();
    } else {
      const double share = (offset_hz - offsets_hz[i - 1]) / (offsets_hz[i] - offsets_hz[i - 1]);
      shape = (1 - share) * c.shape[i - 1] + share * c.shape[i];
    }
  }
  return shape * std::polar(c.gain, c.phase_rad - 2 * pi * offset_hz * c.delay_s);
}

void Calibration::responses(std::span<const double> offsets, Grid<cf64> out) const {
  BORESIGHT_ASSERT(out.rows() == offsets.size() && out.columns() == channels.size());
  for (std::size_t k = 0; k < offsets.size(); ++k) {
    for (std::size_t e = 0; e < channels.size(); ++e) out(k, e) = response(e, offsets[k]);
  }
}

void Calibration::check(std::string_view source) const {
  const std::string name(source);
  require(!channels.empty() && channels.size() <= max_elements,
          name + ": " + std::to_string(channels.size()) + " channels: must be 1 to 1024");
  require_range(source, "frequency_hz", frequency_hz, 0, 1e12);
  require_range(source, "gain_db", gain_db, -200, 200);
  require_range(source, "time_s", time_s, 0, 1e11);
  require_range(source, "residual_db_rms", residual_db_rms, 0, 1e3);
  require_range(source, "residual_deg_rms", residual_deg_rms, 0, 360);
  require(offsets_hz.size() <= max_shape_points, name + ": " + std::to_string(offsets_hz.size()) +
                                                     " offsets_hz: must be at most " +
                                                     std::to_string(max_shape_points));
  for (std::size_t i = 0; i < offsets_hz.size(); ++i) {
    require_range(source, "offsets_hz", offsets_hz[i], -1e12, 1e12);
    require(i == 0 || offsets_hz[i] > offsets_hz[i - 1],
            name + ": offsets_hz: " + std::to_string(offsets_hz[i]) + ": must be above the one before");
  }
  for (std::size_t e = 0; e < channels.size(); ++e) {
    const ChannelCalibration& c = channels[e];
    const std::string at = "channels[" + std::to_string(e) + "].";
    require_range(source, at + "gain", c.gain, 1e-6, 1e6);
    require_range(source, at + "phase_rad", c.phase_rad, -1e3, 1e3);
    require_range(source, at + "delay_s", c.delay_s, -1e-3, 1e-3);
    require_range(source, at + "snr_db", c.snr_db, -400, 400);
    require(c.shape.empty() || c.shape.size() == offsets_hz.size(),
            name + ": " + at + "shape: " + std::to_string(c.shape.size()) + " points for " +
                std::to_string(offsets_hz.size()) + " offsets");
    for (const cf64 s : c.shape) require_range(source, at + "shape", std::abs(s), 1e-6, 1e6);
  }
  require(device_channels.empty() || device_channels.size() == channels.size(),
          name + ": device_channels: " + std::to_string(device_channels.size()) + " of them for " +
              std::to_string(channels.size()) + " channels");
  for (std::size_t e = 0; e < device_channels.size(); ++e) {
    const auto here = device_channels.begin() + static_cast<std::ptrdiff_t>(e);
    require(*here <= most_device_channel && std::find(device_channels.begin(), here, *here) == here,
            name + ": device_channels: " + std::to_string(*here) + ": must be at most " +
                std::to_string(most_device_channel) + " and there once");
  }
  require(reference < channels.size() && channels[reference].state == ChannelState::ok,
          name + ": reference: " + std::to_string(reference) + ": must be a channel that is ok");
}

std::string stale_reason(const Calibration& calibration, const CalibrationUse& use) {
  const double age_s = use.now_s - calibration.time_s;
  if (use.channels != 0 && calibration.channels.size() != use.channels) {
    return "calibration of " + std::to_string(calibration.channels.size()) + " channels, " +
           std::to_string(use.channels) + " are wanted";
  }
  if (!calibration.device_channels.empty() && !use.device_channels.empty() &&
      calibration.device_channels != use.device_channels) {
    return "calibration of the channels " + list(calibration.device_channels) + ", " +
           list(use.device_channels) + " are wanted";
  }
  if (!(std::abs(calibration.frequency_hz - use.frequency_hz) <= use.frequency_tolerance_hz)) {
    return "calibration at " + std::to_string(calibration.frequency_hz) + " Hz is stale at " +
           std::to_string(use.frequency_hz) + " Hz: at most " + std::to_string(use.frequency_tolerance_hz) +
           " Hz apart";
  }
  if (!(std::abs(calibration.gain_db - use.gain_db) <= use.gain_tolerance_db)) {
    return "calibration at a gain of " + std::to_string(calibration.gain_db) + " dB is stale at " +
           std::to_string(use.gain_db) + " dB: at most " + std::to_string(use.gain_tolerance_db) +
           " dB apart";
  }
  if (!(age_s <= use.max_age_s && age_s >= -most_future_s)) {
    return "calibration is " + std::to_string(age_s) + " s old: must be -60 to " +
           std::to_string(use.max_age_s) + " s";
  }
  return {};
}

void require_fresh(const Calibration& calibration, const CalibrationUse& use, std::string_view source_name) {
  const std::string reason = stale_reason(calibration, use);
  if (!reason.empty()) throw ConfigError(std::string(source_name) + ": " + reason);
}

std::vector<bool> stuck_elements(Grid<const cf64> commanded, Grid<const cf64> measured) {
  BORESIGHT_ASSERT(commanded.rows() == measured.rows() && commanded.columns() == measured.columns());
  const std::size_t elements = measured.columns();
  std::vector<std::size_t> rows;
  for (std::size_t m = 0; m < measured.rows(); ++m) {
    bool finite = true;
    for (std::size_t e = 0; e < elements; ++e) {
      for (const cf64 v : {commanded(m, e), measured(m, e)}) {
        finite = finite && std::isfinite(v.real()) && std::isfinite(v.imag());
      }
    }
    if (finite) rows.push_back(m);
  }
  std::vector<bool> stuck(elements, false);
  if (rows.size() < 2) return stuck;

  // How much of `y` no multiple of `x` explains, the share of |y|^2.
  std::vector<cf64> common(rows.size());
  const auto unexplained = [&](std::size_t e, bool follows) {
    cf64 cross = 0;
    double xx = 0;
    double yy = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const cf64 x = common[i] * (follows ? commanded(rows[i], e) : cf64(1));
      const cf64 y = measured(rows[i], e);
      cross += std::conj(x) * y;
      xx += std::norm(x);
      yy += std::norm(y);
    }
    return yy > 0 && xx > 0 ? 1 - std::norm(cross) / (xx * yy) : 1.0;
  };
  // Each element in turn is taken for one that follows; the right one leaves the others explained best.
  std::size_t best = 0;
  double least = 0;
  for (std::size_t r = 0; r < elements; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const cf64 c = commanded(rows[i], r);
      common[i] = std::norm(c) > 0 ? measured(rows[i], r) / c : cf64(0);
    }
    for (std::size_t e = 0; e < elements; ++e) sum += std::min(unexplained(e, true), 0.1);
    if (r == 0 || sum < least) {
      least = sum;
      best = r;
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const cf64 c = commanded(rows[i], best);
    common[i] = std::norm(c) > 0 ? measured(rows[i], best) / c : cf64(0);
  }
  const double ratio =
      std::max(least_stuck_ratio, std::pow(stuck_odds, 1 / static_cast<double>(rows.size() - 1)));
  for (std::size_t e = 0; e < elements; ++e) {
    bool changed = false;
    for (const std::size_t m : rows) changed = changed || commanded(m, e) != commanded(rows[0], e);
    stuck[e] = changed && e != best && ratio * unexplained(e, false) < unexplained(e, true);
  }
  return stuck;
}

}  // namespace boresight::array
