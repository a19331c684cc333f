#include "boresight/sync/preamble_search.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/ku_preamble.h"
#include "fft/fft.h"
#include "sync/preamble_engines.h"

namespace boresight::sync {

PreambleSearch::PreambleSearch(const Config& config) : config_(config) {
  const auto number = [](double value) { return std::to_string(value); };
  require(config.sample_rate_hz >= 1e6 && config.sample_rate_hz <= 300e6,
          "preamble search: sample rate " + number(config.sample_rate_hz) + " Hz is outside 1 .. 300 MHz");
  require(std::abs(config.center_hz) < ku_channel_rate_hz / 2,
          "preamble search: a slice " + number(config.center_hz) +
              " Hz from the center of the channel is outside +-120 MHz");
  require(config.max_carrier_offset_hz >= 0 && config.max_carrier_offset_hz <= 2e6,
          "preamble search: carrier offsets up to " + number(config.max_carrier_offset_hz) +
              " Hz are outside 0 .. 2 MHz");
  require(std::abs(config.carrier_offset_hz) <= 5e6,
          "preamble search: carrier offset " + number(config.carrier_offset_hz) + " Hz is outside +-5 MHz");
  require(config.carrier_step_hz >= 5e3 && config.carrier_step_hz <= 100e3,
          "preamble search: carrier step " + number(config.carrier_step_hz) + " Hz is outside 5 .. 100 kHz");
  period_ = config.sample_rate_hz / ku_frame_rate_hz;
  positions_ = static_cast<std::size_t>(std::ceil(period_));
  const bool channel = config.sample_rate_hz == ku_channel_rate_hz && std::abs(config.center_hz) <= 1e3 &&
                       std::abs(config.carrier_offset_hz) + config.max_carrier_offset_hz <= 800e3;
  if (channel) {
    channel_ = std::make_unique<Channel>(config_, positions_);
    first_hz_ = channel_->first_hz;
    step_hz_ = channel_->step_hz;
    carriers_ = channel_->carriers;
    lead_ = channel_->lead;
    window_ = channel_->window;
    energy_ = channel_->energy;
  } else {
    slice_ = std::make_unique<Slice>(config_, positions_);
    first_hz_ = slice_->first_hz;
    step_hz_ = slice_->step_hz;
    carriers_ = slice_->carriers;
    lead_ = slice_->lead;
    window_ = slice_->window;
    energy_ = slice_->energy;
  }
}

PreambleSearch::~PreambleSearch() = default;
PreambleSearch::PreambleSearch(PreambleSearch&&) noexcept = default;
PreambleSearch& PreambleSearch::operator=(PreambleSearch&&) noexcept = default;

double PreambleSearch::carrier_hz(std::size_t index) const {
  return first_hz_ + step_hz_ * static_cast<double>(index);
}

void PreambleSearch::process(std::span<const cf32> x, double fraction, double power,
                             Grid<std::uint8_t> levels) noexcept {
  BORESIGHT_ASSERT(x.size() == window_ && levels.rows() == carriers_ && levels.columns() == positions_);
  if (!(power > 0)) {
    for (std::size_t d = 0; d < carriers_; ++d) std::ranges::fill(levels.row(d), std::uint8_t{0});
    return;
  }
  if (channel_) {
    channel_->process(x, fraction, power, levels);
  } else {
    slice_->process(x, fraction, power, levels);
  }
}

}  // namespace boresight::sync
