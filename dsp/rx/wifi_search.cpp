#include "rx/wifi_search.h"

#include "boresight/frame/wifi_phy.h"

namespace boresight::rx {
namespace {

using sync::LongTrainingSearch;
using sync::ShortTrainingDetector;

constexpr std::size_t group = ShortTrainingDetector::group_samples;
constexpr std::size_t window_samples = ShortTrainingDetector::window_groups * group;
static_assert(wifi_lead_in_samples % group == 0 &&
              wifi_lead_in_samples >= ShortTrainingDetector::history_samples);

// The short training peak ends 0 to 16 samples before the field does, the long symbol begins 32 after it; in
// noise the neighbouring windows win now and then. Of a field whose beginning is lost the correlation stays
// where it is until the rest leaves the window, and any of these windows may win.
constexpr std::uint64_t search_before_peak_end = 80;
constexpr std::size_t search_positions = 241;
// Where the search ends within the training (behind a false alarm ahead of a frame), its best place may be
// one symbol early, half a symbol being missed. So a place with less than a symbol behind it is not believed
// yet; the search goes on from there.
constexpr std::size_t trusted_positions = search_positions - frame::wifi_fft_size;
constexpr unsigned most_searches = 3;

// History that the search around a peak that was followed for long reaches back to.
constexpr std::uint64_t kept_samples = 640;

// Counted from the first sample pushed; the lead-in is negative.
std::int64_t pushed_sample(std::uint64_t position) {
  return static_cast<std::int64_t>(position) - static_cast<std::int64_t>(wifi_lead_in_samples);
}

}  // namespace

WifiSearch::WifiSearch(const WifiReceiver::Config& config, const WifiStream& stream, WifiStats& stats)
    : stream_(stream),
      stats_(stats),
      detector_({.false_alarm_rate = config.short_training_false_alarm_rate}),
      long_training_(
          {.false_alarm_rate = config.long_training_false_alarm_rate, .positions = search_positions}) {}

void WifiSearch::restart(std::uint64_t position) noexcept {
  timing_ = false;
  if (probe_ != nullptr) probe_->search_begins();
  detector_.restart();
  next_group_ = position / group * group - (ShortTrainingDetector::history_samples - group);
}

void WifiSearch::set_probe(WifiProbe* probe) noexcept {
  probe_ = probe;
  if (probe != nullptr) probe->search_begins();
}

std::uint64_t WifiSearch::first_needed() const noexcept {
  return next_group_ > kept_samples ? next_group_ - kept_samples : 0;
}

WifiSearch::Step WifiSearch::step() noexcept {
  return timing_ ? find_long_training() : find_short_training();
}

WifiSearch::Step WifiSearch::find_short_training() noexcept {
  while (next_group_ + group <= stream_.end()) {
    const auto peak = detector_.process(stream_.at(next_group_ - group, 2 * group), next_group_ + group);
    next_group_ += group;
    if (probe_ != nullptr) probe_->short_training(detector_.correlation_2());
    if (peak) {
      ++stats_.detections;
      if (probe_ != nullptr) probe_->found_short(pushed_sample(next_group_ - window_samples));
      peak_ = *peak;
      searches_left_ = most_searches;
      timing_ = true;
      return Step::continues;
    }
  }
  return Step::waits;
}

WifiSearch::Step WifiSearch::find_long_training() noexcept {
  const std::uint64_t first = peak_.end - search_before_peak_end - LongTrainingSearch::prefix_samples;
  if (first + long_training_.input_samples() > stream_.end()) return Step::waits;
  std::span<float> amplitudes;
  if (probe_ != nullptr) {
    amplitudes = probe_->long_training(pushed_sample(first + LongTrainingSearch::prefix_samples),
                                       long_training_.positions());
  }
  const auto place =
      long_training_.find(stream_.at(first, long_training_.input_samples()), peak_.frequency, amplitudes);
  if (place && searches_left_ > 0 &&
      place->position >= LongTrainingSearch::prefix_samples + trusted_positions) {
    --searches_left_;
    peak_.end += frame::wifi_fft_size;
    return Step::continues;
  }
  timing_ = false;
  if (!place) return Step::continues;  // with the next group
  found_ = {first + place->position, place->frequency, place->dc};
  return Step::found;
}

}  // namespace boresight::rx
