#include "boresight/array/weight_quantizer.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

bool finite(cf64 value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

}  // namespace

WeightQuantizer::WeightQuantizer(const Config& config) : config_(config) {
  require(config.phase_bits <= 16,
          "weight quantizer: phase_bits " + std::to_string(config.phase_bits) + ", must be 0 to 16");
  require(config.attenuator_step_db >= 0 && config.attenuator_step_db <= 20,
          "weight quantizer: attenuator_step_db " + std::to_string(config.attenuator_step_db) +
              ", must be 0 to 20");
  require(config.attenuator_step_db == 0 ||
              (config.attenuator_range_db >= config.attenuator_step_db && config.attenuator_range_db <= 200),
          "weight quantizer: attenuator_range_db " + std::to_string(config.attenuator_range_db) +
              ", must be " + std::to_string(config.attenuator_step_db) + " to 200");
  if (config.phase_bits > 0) phase_step_rad_ = 2 * pi / static_cast<double>(1U << config.phase_bits);
}

WeightQuantizer::Report WeightQuantizer::process(std::span<const cf64> in,
                                                 std::span<cf64> out) const noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  Report report;
  double largest = 0;
  for (const cf64 w : in) {
    if (finite(w)) largest = std::max(largest, std::abs(w));
  }
  const double step_db = config_.attenuator_step_db;
  const double most_db = step_db > 0 ? step_db * std::floor(config_.attenuator_range_db / step_db + 1e-9) : 0;

  double phase_power = 0;
  double amplitude_power = 0;
  double in_power = 0;
  double out_power = 0;
  cf64 match;
  std::size_t live = 0;
  for (std::size_t e = 0; e < in.size(); ++e) {
    const cf64 wanted = in[e];
    if (!finite(wanted) || wanted == cf64()) {
      report.refused += finite(wanted) ? 0 : 1;
      out[e] = 0;
      continue;
    }
    // Relative to the largest, so that no square overflows.
    const double wanted_amplitude = std::abs(wanted) / largest;
    double amplitude = wanted_amplitude;
    double phase_rad = std::arg(wanted);
    const cf64 exact = std::polar(amplitude, phase_rad);
    if (step_db > 0) {
      const double wanted_db = std::min(-20 * std::log10(amplitude), 2 * most_db + step_db);
      report.limited += wanted_db > most_db + 0.5 * step_db ? 1 : 0;
      amplitude = amplitude_from_db(-std::min(most_db, step_db * std::round(wanted_db / step_db)));
    }
    if (phase_step_rad_ > 0) {
      const double rounded_rad = phase_step_rad_ * std::round(phase_rad / phase_step_rad_);
      phase_power += (rounded_rad - phase_rad) * (rounded_rad - phase_rad);
      phase_rad = rounded_rad;
    }
    const cf64 made = std::polar(amplitude, phase_rad);
    const double relative = amplitude / wanted_amplitude - 1;
    amplitude_power += relative * relative;
    in_power += std::norm(exact);
    out_power += std::norm(made);
    match += std::conj(exact) * made;
    ++live;
    out[e] = largest * made;
  }
  if (live == 0) return report;
  report.rms_phase_rad = std::sqrt(phase_power / static_cast<double>(live));
  report.rms_amplitude = std::sqrt(amplitude_power / static_cast<double>(live));
  report.gain = std::norm(match) / (in_power * out_power);
  return report;
}

}  // namespace boresight::array
