#include "boresight/rx/pilot_receiver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/whitener.h"

namespace boresight::rx {
namespace {

constexpr std::size_t reach = sync::Whitener::reach;
constexpr std::size_t learn_at_least = 65'536;
constexpr double look_hz = 300;             // to either side of the carrier that is due
constexpr double look_band_samples = 0.6;   // and of the place
constexpr std::uint32_t most_misses = 150;  // frames in a row: a fifth of a second
constexpr std::uint32_t misses_of_a_new_track = 8;
constexpr std::uint32_t frames_of_an_old_track = 8;

// Gains of the second-order filters: within ten frames for the carrier, thirty for the place.
constexpr double carrier_gain = 0.3;
constexpr double carrier_rate_gain = 0.05;
constexpr double place_gain = 0.2;
constexpr double place_rate_gain = 0.02;

struct Track {
  double start = 0;         // of the frame due next, samples
  double carrier_hz = 0;    // of the same
  double carrier_rate = 0;  // Hz per frame
  double place_rate =
      0;  // samples per frame beyond the period that the carrier says: the sample clock's error
  std::uint32_t frames = 0;
  std::uint32_t misses = 0;
  std::uint32_t number = 0;  // 0: not in use
};

}  // namespace

struct PilotReceiver::Impl {
  explicit Impl(const Config& c)
      : config(c), search(c.search), period(c.search.sample_rate_hz / 750), white(search.window_samples()) {
    require(c.tuned_hz >= 1e6 && std::isfinite(c.tuned_hz),
            "pilot receiver: tuned to " + std::to_string(c.tuned_hz) + " Hz, below 1 MHz");
    require(c.search_every >= 1 && c.search_every <= 100'000, "pilot receiver: a search every " +
                                                                  std::to_string(c.search_every) +
                                                                  " frame periods is outside 1 .. 100000");
    buffer.resize(2 * needed() + learn_at_least);
    pilots_hz = c.tuned_hz + sync::edge_pilot_center_hz(c.search.edge) - c.search.center_hz;
    near_threshold = search.fit().threshold_near(c.search.false_alarm, look_band_samples, look_hz);
  }

  Config config;
  sync::PilotSearch search;
  sync::Whitener whitener;
  double period;
  double pilots_hz = 0;  // radio frequency of the pilots, where their carrier is measured
  double near_threshold = 0;
  aligned_vector<cf32> white, buffer;
  std::size_t filled = 0;
  std::int64_t base = 0;    // number of buffer[0]
  std::int64_t origin = 0;  // from which periods are counted
  std::uint64_t period_number = 0;
  std::array<Track, most_tracks> tracks{};
  std::uint32_t next_track = 1;
  Stats stats;

  std::size_t needed() const { return white.size() + 2 * reach; }
  double period_start() const {
    return static_cast<double>(origin) + static_cast<double>(period_number) * period;
  }

  void restart(std::int64_t at) {
    filled = 0;
    base = at;
    origin = at + static_cast<std::int64_t>(reach + search.lead_samples());
    period_number = 0;
    for (Track& track : tracks) track.number = 0;
    stats.tracks = 0;
  }

  void run(const Handler& handler) {
    while (true) {
      const auto first = static_cast<std::int64_t>(std::floor(period_start()));
      const auto skip =
          static_cast<std::size_t>(first - static_cast<std::int64_t>(reach + search.lead_samples()) - base);
      const std::size_t learn = whitener.learned() ? 0 : learn_at_least;
      if (filled < skip + std::max(needed(), learn)) {
        // What is no longer needed makes room.
        const std::size_t gone = std::min(skip, filled);
        std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(gone),
                  buffer.begin() + static_cast<std::ptrdiff_t>(filled), buffer.begin());
        filled -= gone;
        base += static_cast<std::int64_t>(gone);
        return;
      }
      const std::span<const cf32> x = buffer;
      if (period_number < 32 || period_number % 8 == 0)
        whitener.learn(x.subspan(skip, std::max(needed(), learn)));
      whitener.process(x.subspan(skip, needed()), white);
      search.take(white);
      one_period(static_cast<double>(base) + static_cast<double>(skip + reach), handler);
      ++period_number;
    }
  }

  // `offset`: the number of the first sample of `white`.
  void one_period(double offset, const Handler& handler) {
    ++stats.periods;
    const double end = period_start() + period;
    for (Track& track : tracks) {
      while (track.number != 0 && track.start < end) follow(track, offset, handler);
    }
    if (period_number % config.search_every == 0) {
      ++stats.searches;
      for (const sync::FrameEstimate& found : search.search()) begin(found, offset, handler);
    }
    stats.tracks = static_cast<std::size_t>(
        std::count_if(tracks.begin(), tracks.end(), [](const Track& t) { return t.number != 0; }));
  }

  void follow(Track& track, double offset, const Handler& handler) {
    const auto found = search.look(track.start - offset, track.carrier_hz, look_hz, near_threshold);
    const double reach_of_look =
        1.5 * look_band_samples * config.search.sample_rate_hz / search.band_rate_hz();
    if (found && found->statistic >= near_threshold &&
        std::abs(found->start + offset - track.start) <= reach_of_look) {
      track.misses = 0;
      ++track.frames;
      report(track, *found, offset, handler);
      const double apart = found->start + offset - track.start;
      const double apart_hz = found->carrier_hz - track.carrier_hz;
      // The first frames are averages of themselves.
      const double early = 2.0 / (track.frames + 1.0);
      track.start += std::max(place_gain, early) * apart;
      track.place_rate += place_rate_gain * apart;
      track.carrier_hz += std::max(carrier_gain, early) * apart_hz;
      track.carrier_rate += carrier_rate_gain * apart_hz;
    } else {
      ++track.misses;
      const bool young = track.frames < frames_of_an_old_track;
      if (track.misses > (young ? misses_of_a_new_track : most_misses)) {
        track.number = 0;
        return;
      }
    }
    advance(track);
  }

  void advance(Track& track) const {
    const double doppler = track.carrier_hz - config.search.carrier_offset_hz;
    track.start += period * (1 - doppler / pilots_hz) + track.place_rate;
    track.carrier_hz += track.carrier_rate;
  }

  void begin(const sync::FrameEstimate& found, double offset, const Handler& handler) {
    const double start = found.start + offset;
    for (const Track& track : tracks) {
      if (track.number == 0) continue;
      // Tracks stand one frame on.
      const double apart = std::remainder(start - track.start, period);
      if (std::abs(apart) <= 3 * config.search.sample_rate_hz / search.band_rate_hz() &&
          std::abs(found.carrier_hz - track.carrier_hz) <= 2e3)
        return;
    }
    const auto free =
        std::find_if(tracks.begin(), tracks.end(), [](const Track& t) { return t.number == 0; });
    if (free == tracks.end()) return;
    *free = {.start = start, .carrier_hz = found.carrier_hz, .frames = 1, .number = next_track++};
    report(*free, found, offset, handler);
    advance(*free);
  }

  void report(const Track& track, const sync::FrameEstimate& found, double offset, const Handler& handler) {
    KuDetection detection;
    detection.sample_index = found.start + offset;
    detection.carrier_hz = found.carrier_hz;
    detection.doppler_hz = (found.carrier_hz - config.search.carrier_offset_hz) * config.tuned_hz / pilots_hz;
    detection.doppler_sigma_hz = found.carrier_sigma_hz;
    detection.snr_db = db_from_power(found.snr);
    detection.statistic = found.statistic;
    detection.track = track.number;
    ++stats.detections;
    handler(detection);
  }
};

PilotReceiver::PilotReceiver(const Config& config) : impl_(std::make_unique<Impl>(config)) {
  impl_->restart(0);
}
PilotReceiver::~PilotReceiver() = default;
PilotReceiver::PilotReceiver(PilotReceiver&&) noexcept = default;
PilotReceiver& PilotReceiver::operator=(PilotReceiver&&) noexcept = default;

void PilotReceiver::push(std::span<const cf32> x, const Handler& handler) {
  Impl& i = *impl_;
  while (!x.empty()) {
    const std::size_t count = std::min(x.size(), i.buffer.size() - i.filled);
    std::copy_n(x.begin(), count, i.buffer.begin() + static_cast<std::ptrdiff_t>(i.filled));
    i.filled += count;
    x = x.subspan(count);
    i.run(handler);
  }
}

void PilotReceiver::skip(std::uint64_t lost) {
  Impl& i = *impl_;
  i.restart(i.base + static_cast<std::int64_t>(i.filled + lost));
}

const PilotReceiver::Stats& PilotReceiver::stats() const {
  return impl_->stats;
}
double PilotReceiver::threshold() const {
  return impl_->search.fit().threshold();
}

}  // namespace boresight::rx
