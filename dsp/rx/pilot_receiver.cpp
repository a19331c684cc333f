#include "boresight/rx/pilot_receiver.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/whitener.h"
#include "rx/period_buffer.h"
#include "rx/sample_number.h"

namespace boresight::rx {
namespace {

constexpr std::size_t reach = sync::Whitener::reach;
constexpr std::size_t learn_at_least = 65'536;
constexpr std::int64_t origin_step = std::int64_t{1} << 32;  // a double has steps of 5e-7 samples there
constexpr double look_hz = 300;                              // to either side of the carrier that is due
constexpr double look_band_samples = 0.6;                    // and of the place
constexpr std::uint32_t most_misses = 150;                   // frames in a row: a fifth of a second
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
  double last_start = 0;  // of the frame found last
  double last_carrier_hz = 0;
  std::uint32_t frames = 0;
  std::uint32_t misses = 0;
  std::uint32_t number = 0;  // 0: not in use
};

}  // namespace

struct PilotReceiver::Impl {
  explicit Impl(const Config& c)
      : config(c),
        search(c.search),
        period(c.search.sample_rate_hz / 750),
        buffer(period, reach + search.lead_samples(),
               std::max(search.window_samples() + 2 * reach, learn_at_least)),
        white(search.window_samples()) {
    require(c.tuned_hz >= 1e6 && std::isfinite(c.tuned_hz),
            "pilot receiver: tuned to " + std::to_string(c.tuned_hz) + " Hz, below 1 MHz");
    require(c.search_every >= 1 && c.search_every <= 100'000, "pilot receiver: a search every " +
                                                                  std::to_string(c.search_every) +
                                                                  " frame periods is outside 1 .. 100000");
    tracks.reserve(most_tracks);
    pilots_hz = c.tuned_hz + sync::edge_pilot_center_hz(c.search.edge) - c.search.center_hz;
    near_threshold = search.fit().threshold_near(c.search.false_alarm, look_band_samples, look_hz);
  }

  Config config;
  sync::PilotSearch search;
  sync::Whitener whitener;
  double period;
  double pilots_hz = 0;  // radio frequency of the pilots, where their carrier is measured
  double near_threshold = 0;
  PeriodBuffer buffer;
  std::int64_t origin = 0;  // sample that places in double precision are counted from
  aligned_vector<cf32> white;
  std::vector<Track> tracks;  // the oldest first
  std::uint32_t next_track = 1;
  Stats stats;

  std::size_t needed() const { return white.size() + 2 * reach; }

  // Behind `lost` missing samples.
  void skip(std::uint64_t lost) {
    buffer.skip(lost);
    tracks.clear();
    stats.tracks = 0;
  }

  void run(const Handler& handler) {
    while (const auto now = buffer.next(whitener.learned() ? needed() : std::max(needed(), learn_at_least))) {
      if (now->number == 0 || now->start - origin > origin_step) move_origin(now->start);
      if (now->number < 32 || now->number % 8 == 0) whitener.learn(now->samples);
      whitener.process(now->samples.first(needed()), white);
      search.take(white);
      one_period(*now, handler);
    }
  }

  void move_origin(std::int64_t to) {
    for (Track& track : tracks) {
      track.start -= static_cast<double>(to - origin);
      track.last_start -= static_cast<double>(to - origin);
    }
    origin = to;
  }

  // `offset`: the place of the first sample of `white`.
  void one_period(const PeriodBuffer::Period& now, const Handler& handler) {
    ++stats.periods;
    const auto start = static_cast<double>(now.start - origin);
    const double offset = start - static_cast<double>(search.lead_samples());
    const double end = start + now.fraction + period;
    for (Track& track : tracks) {
      while (track.number != 0 && track.start < end) follow(track, offset, handler);
    }
    std::erase_if(tracks, [](const Track& track) { return track.number == 0; });
    if (now.number % config.search_every == 0) {
      ++stats.searches;
      for (const sync::FrameEstimate& found : search.search()) begin(found, offset, handler);
    }
    stats.tracks = tracks.size();
  }

  void follow(Track& track, double offset, const Handler& handler) {
    const auto found = search.look(track.start - offset, track.carrier_hz, look_hz, near_threshold);
    const double reach_of_look =
        1.5 * look_band_samples * config.search.sample_rate_hz / search.band_rate_hz();
    if (found && found->statistic >= near_threshold &&
        std::abs(found->start + offset - track.start) <= reach_of_look) {
      if (older_has(track, *found, offset)) {
        track.number = 0;
        return;
      }
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

  // The frame that an older track has just reported: two that came to look at the same place both find it.
  bool older_has(const Track& track, const sync::FrameEstimate& found, double offset) const {
    const double close = look_band_samples * config.search.sample_rate_hz / search.band_rate_hz();
    return std::any_of(tracks.begin(), tracks.end(), [&](const Track& other) {
      return other.number != 0 && other.number < track.number &&
             std::abs(found.start + offset - other.last_start) <= close &&
             std::abs(found.carrier_hz - other.last_carrier_hz) <= look_hz;
    });
  }

  void advance(Track& track) const {
    const double doppler = track.carrier_hz - config.search.carrier_offset_hz;
    track.start += period * (1 - doppler / pilots_hz) + track.place_rate;
    track.carrier_hz += track.carrier_rate;
  }

  void begin(const sync::FrameEstimate& found, double offset, const Handler& handler) {
    const double start = found.start + offset;
    for (const Track& track : tracks) {
      // Tracks stand one frame on.
      const double apart = std::remainder(start - track.start, period);
      if (std::abs(apart) <= 3 * config.search.sample_rate_hz / search.band_rate_hz() &&
          std::abs(found.carrier_hz - track.carrier_hz) <= 2e3)
        return;
    }
    if (tracks.size() == most_tracks) return;
    tracks.push_back({.start = start, .carrier_hz = found.carrier_hz, .frames = 1, .number = next_track++});
    report(tracks.back(), found, offset, handler);
    advance(tracks.back());
  }

  void report(Track& track, const sync::FrameEstimate& found, double offset, const Handler& handler) {
    KuDetection detection;
    track.last_start = found.start + offset;
    track.last_carrier_hz = found.carrier_hz;
    std::tie(detection.sample_index, detection.sample_fraction) = split(origin, track.last_start);
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

PilotReceiver::PilotReceiver(const Config& config) : impl_(std::make_unique<Impl>(config)) {}
PilotReceiver::~PilotReceiver() = default;
PilotReceiver::PilotReceiver(PilotReceiver&&) noexcept = default;
PilotReceiver& PilotReceiver::operator=(PilotReceiver&&) noexcept = default;

void PilotReceiver::push(std::span<const cf32> x, const Handler& handler) {
  Impl& i = *impl_;
  while (!x.empty()) {
    x = x.subspan(i.buffer.append(x, i.stats.cleaned_samples));
    try {
      i.run(handler);
    } catch (...) {
      i.skip(x.size());
      throw;
    }
  }
}

void PilotReceiver::skip(std::uint64_t lost) {
  impl_->skip(lost);
}

const PilotReceiver::Stats& PilotReceiver::stats() const {
  return impl_->stats;
}
double PilotReceiver::threshold() const {
  return impl_->search.fit().threshold();
}

}  // namespace boresight::rx
