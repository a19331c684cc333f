#include "boresight/rx/tone_receiver.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "rx/sample_number.h"

namespace boresight::rx {
namespace {

constexpr double gate_bins = 3;
constexpr double largest_rate_hz_s = 10e3;  // of Doppler, while the track's own is not known
constexpr double carrier_gain = 0.3;
constexpr double rate_gain = 0.05;

struct Track {
  double carrier_hz = 0;
  double rate_hz_s = 0;
  std::int64_t at = 0;  // sample of the last update
  std::uint32_t updates = 0;
  std::uint32_t number = 0;  // 0: not in use
};

// Half windows come every 5 to 11 ms; so much of the false alarms of 1/750 s is theirs.
sync::ToneSearch::Config per_window(sync::ToneSearch::Config c) {
  const sync::ToneSearch probe(c);
  const double frames = 750 * 0.5 * static_cast<double>(probe.window_samples()) / c.sample_rate_hz;
  c.false_alarm = std::min(0.1, c.false_alarm * frames);
  return c;
}

}  // namespace

struct ToneReceiver::Impl {
  explicit Impl(const Config& c) : config(c), search(per_window(c.search)), buffer(search.window_samples()) {
    require(c.track_timeout_s > 0 && c.track_timeout_s <= 60,
            "tone receiver: a timeout of " + std::to_string(c.track_timeout_s) + " s is outside (0, 60]");
  }

  Config config;
  sync::ToneSearch search;
  aligned_vector<cf32> buffer;
  std::size_t filled = 0;
  std::int64_t base = 0;  // number of buffer[0]
  std::array<Track, most_tracks> tracks{};
  std::uint32_t next_track = 1;
  Stats stats;

  void one_window(const Handler& handler) {
    const double rate = config.search.sample_rate_hz;
    const std::int64_t middle = base + static_cast<std::int64_t>(buffer.size() / 2);
    ++stats.windows;
    for (Track& track : tracks) {
      // Numbers that have saturated do not grow.
      const bool old = static_cast<double>(middle - track.at) > config.track_timeout_s * rate;
      if (old || middle <= track.at) track.number = 0;
    }
    for (const sync::ToneSearch::Found& found : search.process(buffer)) {
      Track& track = track_of(found.carrier_hz, middle);
      KuDetection detection;
      detection.sample_index = middle;
      detection.carrier_hz = found.carrier_hz;
      detection.doppler_hz = found.carrier_hz - config.search.carrier_offset_hz;
      detection.doppler_sigma_hz = found.carrier_sigma_hz;
      detection.snr_db = found.cn0_db_hz - db_from_power(240e6);
      detection.statistic = found.statistic;
      detection.frames = 0;
      detection.track = track.number;
      ++stats.detections;
      handler(detection);
    }
  }

  Track& track_of(double carrier_hz, std::int64_t middle) {
    const double rate = config.search.sample_rate_hz;
    Track* best = nullptr;
    double best_apart = 1;
    for (Track& track : tracks) {
      if (track.number == 0 || track.at == middle) continue;
      const double since_s = static_cast<double>(middle - track.at) / rate;
      const double slack_hz_s = track.updates < 20 ? largest_rate_hz_s : 0.1 * largest_rate_hz_s;
      const double gate = gate_bins * search.bin_hz() + slack_hz_s * since_s;
      const double apart = std::abs(carrier_hz - track.carrier_hz - track.rate_hz_s * since_s) / gate;
      if (apart < best_apart) {
        best = &track;
        best_apart = apart;
      }
    }
    if (best == nullptr) {
      best = &*std::min_element(tracks.begin(), tracks.end(), [](const Track& a, const Track& b) {
        return (a.number == 0 ? -1 : a.at) < (b.number == 0 ? -1 : b.at);
      });
      *best = {.carrier_hz = carrier_hz, .at = middle, .updates = 1, .number = next_track++};
      return *best;
    }
    const double since_s = static_cast<double>(middle - best->at) / rate;
    const double predicted = best->carrier_hz + best->rate_hz_s * since_s;
    const double apart = carrier_hz - predicted;
    best->carrier_hz = predicted + carrier_gain * apart;
    best->rate_hz_s += rate_gain * apart / since_s;
    best->at = middle;
    ++best->updates;
    return *best;
  }
};

ToneReceiver::ToneReceiver(const Config& config) : impl_(std::make_unique<Impl>(config)) {}
ToneReceiver::~ToneReceiver() = default;
ToneReceiver::ToneReceiver(ToneReceiver&&) noexcept = default;
ToneReceiver& ToneReceiver::operator=(ToneReceiver&&) noexcept = default;

void ToneReceiver::push(std::span<const cf32> x, const Handler& handler) {
  Impl& i = *impl_;
  const std::size_t half = i.buffer.size() / 2;
  while (!x.empty()) {
    const std::size_t count = std::min(x.size(), i.buffer.size() - i.filled);
    i.stats.cleaned_samples += to_cf32(x.first(count), std::span(i.buffer).subspan(i.filled, count));
    i.filled += count;
    x = x.subspan(count);
    if (i.filled < i.buffer.size()) return;
    try {
      i.one_window(handler);
    } catch (...) {
      skip(x.size());
      throw;
    }
    std::copy(i.buffer.begin() + static_cast<std::ptrdiff_t>(half), i.buffer.end(), i.buffer.begin());
    i.filled -= half;
    i.base += static_cast<std::int64_t>(half);
  }
}

void ToneReceiver::skip(std::uint64_t lost) {
  Impl& i = *impl_;
  i.base = later(i.base + static_cast<std::int64_t>(i.filled), lost);
  i.filled = 0;
}

const ToneReceiver::Stats& ToneReceiver::stats() const {
  return impl_->stats;
}
const sync::ToneSearch& ToneReceiver::search() const {
  return impl_->search;
}

}  // namespace boresight::rx
