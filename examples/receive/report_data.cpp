#include "report_data.h"

#include <algorithm>

namespace boresight::receive {
namespace {

constexpr std::size_t covariance_snapshots = 1024;
constexpr std::size_t segments_per_look = 8;
constexpr double first_interval_s = 2e-3;

}  // namespace

// Half of the weight is on the last dozen looks: the pattern at the end of the run is compared with it.
ReportData::ReportData(std::size_t elements) : covariance_({.elements = elements, .forgetting = 0.95}) {}

void ReportData::look(const Chain& chain, const Results& results) {
  if (results.samples < next_sample_) return;
  // 200 looks in the first 0.4 s; after that each look is 0.5 % of the run later than the one before.
  const double interval =
      std::max(first_interval_s * results.sample_rate_hz, static_cast<double>(results.samples) * 0.005);
  const Grid<const cf32> elements = chain.front_end().elements();
  const Grid<const cf32> calibrated = chain.front_end().calibrated();
  const std::span<const cf32> beam = chain.front_end().beam();
  if (std::min({elements.columns(), calibrated.columns(), beam.size()}) < Spectrum::bins) return;
  next_sample_ = results.samples + static_cast<std::uint64_t>(interval);
  const auto part = [](std::size_t i, std::size_t samples) {
    return i * (samples - Spectrum::bins) / segments_per_look;
  };
  for (std::size_t i = 0; i < segments_per_look; ++i) {
    element_.add(elements.row(0).subspan(part(i, elements.columns())));
    beam_.add(beam.subspan(part(i, beam.size())));
  }
  covariance_.update(calibrated.columns(0, std::min(calibrated.columns(), covariance_snapshots)));
}

}  // namespace boresight::receive
