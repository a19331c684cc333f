#include "boresight/frame/link_adaptation.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/error.h"

namespace boresight::frame {
namespace {

void check(const char* name, double value, double low, double high) {
  require(value >= low && value <= high, "link adaptation: " + std::string(name) + " " +
                                             std::to_string(value) + " is outside " + std::to_string(low) +
                                             " .. " + std::to_string(high));
}

constexpr std::uint64_t trial_waits = 4;

Mcs step_of(Mcs mcs, int by) {
  return static_cast<Mcs>(static_cast<int>(mcs) + by);
}

}  // namespace

LinkAdaptation::LinkAdaptation(const Config& config) : config_(config), current_(config.lowest) {
  check("highest", static_cast<double>(config.highest), 0, mcs_count - 1);
  check("lowest", static_cast<double>(config.lowest), 0, static_cast<double>(config.highest));
  check("margin_db", config.margin_db, 0, 20);
  check("hysteresis_db", config.hysteresis_db, 0, 20);
  check("frames_to_raise", config.frames_to_raise, 1, 1e6);
  check("averaging_frames", config.averaging_frames, 1, 1e6);
  check("target_error_rate", config.target_error_rate, 1e-6, 0.5);
  check("error_step_db", config.error_step_db, 0, 10);
  check("max_correction_db", config.max_correction_db, 0, 60);
  check("missed_to_lowest", config.missed_to_lowest, 1, 1e6);
  check("max_patience", config.max_patience, 1, 1024);
}

Mcs LinkAdaptation::carried_by(double snr_db) const noexcept {
  Mcs best = config_.lowest;
  while (best < config_.highest && snr_db >= required_snr_db(step_of(best, 1))) best = step_of(best, 1);
  return best;
}

void LinkAdaptation::lower_to(Mcs mcs) noexcept {
  enough_ = 0;
  if (mcs >= current_) return;
  if (on_trial_) patience_ = std::min(2 * patience_, config_.max_patience);
  on_trial_ = false;
  current_ = mcs;
  ++lowered_;
}

void LinkAdaptation::learn(const FrameReport& report) noexcept {
  const double step = config_.error_step_db;
  const double threshold = mcs_info(report.mcs).threshold_snr_db;
  // A frame lost at an SNR below its threshold says nothing that the SNR does not say. One that is read with
  // SNR to spare teaches something while there is a higher entry to try; at the highest it would only wear
  // down what was learned.
  const bool spare = current_ == config_.highest && report.snr_db > threshold + offset_db() + 3.0;
  if (!report.ok) {
    if (report.snr_db >= threshold) correction_db_ += step;
  } else if (!spare) {
    correction_db_ -= step * config_.target_error_rate / (1 - config_.target_error_rate);
  }
  correction_db_ = std::clamp(correction_db_, -config_.margin_db, config_.max_correction_db);
}

Mcs LinkAdaptation::update(const FrameReport& report) noexcept {
  if (static_cast<std::size_t>(report.mcs) >= mcs_count) return current_;
  if (!std::isfinite(report.snr_db)) return report.ok ? current_ : missed();
  missed_ = 0;
  const double snr_db = std::clamp(report.snr_db, -100.0, 100.0);  // no report moves the average for long
  learn(report);
  if (average_db_) {
    *average_db_ += (snr_db - *average_db_) / config_.averaging_frames;
  } else {
    average_db_ = snr_db;
  }

  if (on_trial_ && ++since_raise_ >= trial_waits * patience_ * config_.frames_to_raise) {
    on_trial_ = false;
    patience_ = std::max(patience_ / 2, 1U);
  }
  if (snr_db < required_snr_db(current_)) {
    average_db_ = std::min(*average_db_, snr_db);  // a rise has to be seen anew
    lower_to(carried_by(snr_db));
    return current_;
  }
  if (current_ == config_.highest) return current_;
  const double wanted = required_snr_db(step_of(current_, 1)) + config_.hysteresis_db;
  enough_ = *average_db_ >= wanted ? enough_ + 1 : 0;
  if (enough_ >= patience_ * config_.frames_to_raise) {
    current_ = step_of(current_, 1);
    ++raised_;
    enough_ = 0;
    since_raise_ = 0;
    on_trial_ = true;
  }
  return current_;
}

Mcs LinkAdaptation::missed() noexcept {
  enough_ = 0;
  if (missed_ < config_.missed_to_lowest) ++missed_;
  if (missed_ >= config_.missed_to_lowest) {
    lower_to(config_.lowest);
    average_db_.reset();
  }
  return current_;
}

}  // namespace boresight::frame
