#include "timeline.h"

#include <cmath>

namespace boresight::sdr {

namespace {

// Drivers round ticks to nanoseconds, and some are off by one sample per block with two channels.
constexpr double tolerance_samples = 1.5;
// Samples can wait in buffers of the driver, the kernel and the network for about so long.
constexpr double buffering_s = 2.0;
constexpr int rivals_that_convince = 8;
// Beyond this (146 years) sums could overflow, and no clock is honest.
constexpr std::int64_t plausible_ns = std::int64_t{1} << 62;

}  // namespace

std::int64_t Timeline::expected_ns(const Anchor& anchor) const {
  return anchor.time_ns + std::llround(static_cast<double>(anchor.samples) * 1e9 / rate_hz_);
}

double Timeline::samples_between(std::int64_t later_ns, std::int64_t earlier_ns) const {
  return (static_cast<double>(later_ns) - static_cast<double>(earlier_ns)) * rate_hz_ * 1e-9;
}

bool Timeline::loss_is_possible(double missing, Clock::time_point now) const {
  const double passed_s = std::chrono::duration<double>(now - last_read_).count();
  return missing / rate_hz_ <= passed_s + buffering_s;
}

bool Timeline::agrees_with_rivals(std::int64_t stamp_ns) {
  const bool agrees =
      rival_ && std::abs(samples_between(stamp_ns, expected_ns(*rival_))) <= tolerance_samples;
  rivals_in_a_row_ = agrees ? rivals_in_a_row_ + 1 : 1;
  rival_ = Anchor{stamp_ns, 0};
  return rivals_in_a_row_ >= rivals_that_convince;
}

Timeline::Placement Timeline::place(std::optional<std::int64_t> stamp_ns, std::size_t samples,
                                    Clock::time_point now) {
  Placement placement;
  if (stamp_ns && (*stamp_ns >= plausible_ns || *stamp_ns <= -plausible_ns)) {
    placement.bad_timestamp = true;
    stamp_ns.reset();
  }

  if (stamp_ns && anchor_) {
    const double missing = samples_between(*stamp_ns, expected_ns(*anchor_));
    if (anchor_is_early_ && missing >= -tolerance_samples && loss_is_possible(missing, now)) {
      // The gap before was reported when it happened, its size unknown; this only sets the clock again.
      placement.gap = loss_possible_;
      anchor_ = Anchor{*stamp_ns, 0};
      anchor_is_early_ = false;
      rival_.reset();
    } else if (!anchor_is_early_ && std::abs(missing) <= tolerance_samples) {
      anchor_ = Anchor{*stamp_ns, 0};
      rival_.reset();
    } else if (!anchor_is_early_ && missing > 0 && loss_is_possible(missing, now)) {
      placement.gap = true;
      placement.lost_samples = static_cast<std::uint64_t>(std::llround(missing));
      anchor_ = Anchor{*stamp_ns, 0};
      rival_.reset();
    } else if (agrees_with_rivals(*stamp_ns)) {
      placement.gap = true;  // the device's clock was set, or something was lost: nobody can tell
      anchor_ = Anchor{*stamp_ns, 0};
      anchor_is_early_ = false;
      rival_.reset();
    } else {
      placement.bad_timestamp = true;
      stamp_ns.reset();
    }
  } else if (stamp_ns) {
    placement.gap = loss_possible_;
    anchor_ = Anchor{*stamp_ns, 0};
  }

  if (!stamp_ns && loss_possible_) {
    placement.gap = true;
    anchor_is_early_ = anchor_.has_value();
  }
  loss_possible_ = false;
  if (anchor_ && !anchor_is_early_) placement.time_ns = expected_ns(*anchor_);
  if (anchor_) anchor_->samples += samples;
  if (rival_) rival_->samples += samples;
  last_read_ = now;
  return placement;
}

}  // namespace boresight::sdr
