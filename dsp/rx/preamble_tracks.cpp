#include "rx/preamble_tracks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace boresight::rx {
namespace {

constexpr std::size_t most_tracks = 16;
constexpr double timeout_s = 0.25;

}  // namespace

PreambleTracks::PreambleTracks(const Config& config) : config_(config) {
  tracks_.reserve(most_tracks);
  for (std::size_t i = 0; i < most_tracks; ++i) {
    tracks_.push_back({.delay = sync::DelayTrack(
                           {.period_samples = config.period_samples, .carrier_hz = config.tuned_hz})});
  }
}

void PreambleTracks::follow(KuDetection& detection, double place, double place_sigma) noexcept {
  Track* const known = nearest(detection, place);
  Track& track = known != nullptr ? *known : begin(detection);
  track.carrier_hz += 0.1 * (detection.carrier_hz - track.carrier_hz);
  // Cramer-Rao, and what interpolation between templates leaves.
  track.delay.add(place, std::hypot(place_sigma, 0.005));
  detection.track = track.number;
  if (track.delay.frames() >= 4 && track.delay.doppler_sigma_hz() < detection.doppler_sigma_hz) {
    detection.doppler_hz = track.delay.doppler_hz();
    detection.doppler_sigma_hz = track.delay.doppler_sigma_hz();
    detection.doppler_from_drift = true;
  }
}

PreambleTracks::Track* PreambleTracks::nearest(const KuDetection& detection, double place) noexcept {
  Track* best = nullptr;
  double best_apart = 1;
  for (Track& track : tracks_) {
    if (track.number == 0) continue;
    const double since = place - track.delay.last_start();
    if (since > timeout_s * config_.sample_rate_hz) {
      track.number = 0;
      continue;
    }
    if (since < 0.5 * config_.period_samples) continue;
    const double gate = track.delay.gate(place, config_.drift_tolerance);
    const double apart = std::abs(place - track.delay.predict(place)) / gate;
    const bool same_carrier =
        std::abs(detection.carrier_hz - track.carrier_hz) < 5 * detection.doppler_sigma_hz + 2e3;
    if (apart < best_apart && same_carrier) {
      best = &track;
      best_apart = apart;
    }
  }
  return best;
}

PreambleTracks::Track& PreambleTracks::begin(const KuDetection& detection) noexcept {
  const auto last_seen = [](const Track& t) { return t.number == 0 ? -1e300 : t.delay.last_start(); };
  Track& track = *std::min_element(tracks_.begin(), tracks_.end(), [&](const Track& a, const Track& b) {
    return last_seen(a) < last_seen(b);
  });
  track.delay.reset();
  track.delay.set_first_doppler_hz(detection.doppler_hz);
  track.carrier_hz = detection.carrier_hz;
  track.number = next_++;
  return track;
}

void PreambleTracks::move_origin(double by) noexcept {
  for (Track& track : tracks_) track.delay.move_origin(by);
}

void PreambleTracks::clear() noexcept {
  for (Track& track : tracks_) track.number = 0;
}

}  // namespace boresight::rx
