#include "boresight/rx/preamble_receiver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/grid.h"
#include "boresight/core/units.h"
#include "boresight/sync/drift_accumulator.h"
#include "boresight/sync/ku_preamble.h"
#include "boresight/sync/template_fit.h"
#include "boresight/sync/whitener.h"
#include "rx/period_buffer.h"
#include "rx/preamble_places.h"
#include "rx/preamble_tracks.h"
#include "rx/sample_number.h"

namespace boresight::rx {
namespace {

constexpr std::size_t reach = sync::Whitener::reach;
constexpr std::size_t most_looks = 400;      // second looks in a frame period
constexpr std::size_t most_detections = 32;  // in a frame period
constexpr double looks_of_noise = 20;        // second looks that noise alone causes are a few times this
constexpr double sidelobe = 0.33;            // amplitude beside a preamble: its own sidelobes reach 0.315
constexpr std::size_t learn_at_least = 65'536;
constexpr std::int64_t origin_step = std::int64_t{1} << 32;  // a double has steps of 5e-7 samples there

sync::TemplateFit::Config template_of(const PreambleReceiver::Config& c) {
  sync::TemplateFit::Config config = sync::preamble_template(c.search.sample_rate_hz, c.search.center_hz);
  config.max_carrier_offset_hz = c.search.max_carrier_offset_hz;
  config.false_alarm = c.false_alarm;
  return config;
}

}  // namespace

struct PreambleReceiver::Impl {
  Config config;
  sync::PreambleSearch search;
  sync::TemplateFit fit;
  sync::Whitener whitener;
  std::unique_ptr<sync::DriftAccumulator> accumulator;
  Stats stats;
  double period = 0;
  double preamble = 0;    // samples
  std::size_t lead = 0;   // white samples before a period's first position
  std::size_t trail = 0;  // and behind its last
  std::uint8_t level_threshold = 0;

  PeriodBuffer buffer;
  std::int64_t origin = 0;  // sample that places in double precision are counted from
  PeriodBuffer::Period now;
  std::pair<std::int64_t, double> block_start;  // of the accumulator's block
  aligned_vector<cf32> white;
  GridBuffer<std::uint8_t> levels;
  PreamblePlaces places;
  PreambleTracks tracks;
  std::vector<KuDetection> found, previous, held;

  explicit Impl(const Config& c)
      : config(c),
        search(c.search),
        fit(template_of(c)),
        period(search.period_samples()),
        preamble(2 * sync::ku_symbol_s * c.search.sample_rate_hz),
        lead(std::max(search.lead_samples(), fit.lead_samples() + 2)),
        trail(std::max(search.window_samples() - search.lead_samples() - search.positions(),
                       fit.trail_samples() + 2)),
        buffer(period, lead + reach, std::max(lead + search.positions() + trail + 2 * reach, learn_at_least)),
        white(lead + search.positions() + trail),
        levels(search.carriers(), search.positions()),
        tracks({.period_samples = period,
                .sample_rate_hz = c.search.sample_rate_hz,
                .tuned_hz = c.tuned_hz,
                .drift_tolerance = c.clock_tolerance + search.step_hz() / c.tuned_hz}) {
    require(c.tuned_hz >= 1e6 && std::isfinite(c.tuned_hz),
            "preamble receiver: tuned to " + std::to_string(c.tuned_hz) + " Hz, below 1 MHz");
    require(
        c.clock_tolerance >= 0 && c.clock_tolerance <= 1e-4,
        "preamble receiver: clock tolerance " + std::to_string(c.clock_tolerance) + " is outside 0 .. 1e-4");
    found.reserve(most_detections);
    previous.reserve(most_detections);
    held.reserve(most_detections);
    const double cells = static_cast<double>(search.carriers()) * static_cast<double>(search.positions());
    // A frame at the second look's threshold has to pass the first: less its losses, the PSS alone less 3 dB.
    const bool pss_alone = search.energy() < 0.6 * fit.energy();
    const double highest = (pss_alone ? 0.41 : 0.45) * fit.threshold();
    const double first_threshold = std::clamp(std::log(cells / looks_of_noise), 3.0, highest);
    level_threshold =
        static_cast<std::uint8_t>(sync::PreambleSearch::level_scale * std::sqrt(first_threshold));
    if (c.accumulate_frames > 0) {
      sync::DriftAccumulator::Config a;
      a.frames = c.accumulate_frames;
      a.positions = search.positions();
      // The carrier with the oscillator's error taken off is the Doppler.
      for (std::size_t d = 0; d < search.carriers(); ++d) {
        a.slopes.push_back(-period * (search.carrier_hz(d) - c.search.carrier_offset_hz) / c.tuned_hz);
      }
      a.slope_range = std::max(0.01, period * (0.5 * search.step_hz() / c.tuned_hz + c.clock_tolerance));
      a.false_alarm = std::min(0.5, c.false_alarm * static_cast<double>(c.accumulate_frames));
      a.exclusion = static_cast<std::size_t>(preamble) + 8;
      accumulator = std::make_unique<sync::DriftAccumulator>(a);
    }
  }

  double period_start() const { return static_cast<double>(now.start - origin) + now.fraction; }
  double place_of(const KuDetection& d) const {
    return static_cast<double>(d.sample_index - origin) + d.sample_fraction;
  }
  void put(KuDetection& d, double place) const {
    std::tie(d.sample_index, d.sample_fraction) = split(origin, place);
  }

  // Behind `lost` missing samples.
  void skip(std::uint64_t lost) {
    buffer.skip(lost);
    tracks.clear();
    previous.clear();
    held.clear();
    if (accumulator) accumulator->reset();
  }

  std::size_t needed() const { return white.size() + 2 * reach; }

  void run(const Handler& handler) {
    while (const auto next =
               buffer.next(whitener.learned() ? needed() : std::max(needed(), learn_at_least))) {
      now = *next;
      if (now.number == 0 || now.start - origin > origin_step) move_origin();
      // The accumulator is empty where a block begins.
      if (config.accumulate_frames > 0 && now.number % config.accumulate_frames == 0)
        block_start = {now.start, now.fraction};
      // The receiver's noise changes slowly; at first it is not known well.
      if (now.number < 32 || now.number % 8 == 0) whitener.learn(now.samples);
      search_period(now.samples.first(needed()), handler);
    }
  }

  void move_origin() {
    tracks.move_origin(static_cast<double>(now.start - origin));
    origin = now.start;
  }

  void search_period(std::span<const cf32> x, const Handler& handler) {
    whitener.process(x, white);
    double power = 0;
    for (const cf32 s : white) power += static_cast<double>(std::norm(s));
    power /= static_cast<double>(white.size());
    const double start = period_start();
    search.process(
        std::span<const cf32>(white).subspan(lead - search.lead_samples(), search.window_samples()),
        now.fraction, power, levels.view());
    ++stats.periods;
    stats.usable_band = whitener.usable_band();
    stats.line_bins = whitener.line_bins();

    places.collect(std::as_const(levels).view(), level_threshold);
    // place = start of the period, whole, - lead + index in `white`
    second_looks(static_cast<double>(now.start - origin) - static_cast<double>(lead),
                 static_cast<double>(lead) + now.fraction);
    std::sort(found.begin(), found.end(),
              [this](const KuDetection& a, const KuDetection& b) { return place_of(a) < place_of(b); });
    // What lies at the very end of a period may be a sidelobe of a frame at the beginning of the next.
    for (KuDetection& detection : held) {
      const bool hidden = std::any_of(found.begin(), found.end(), [&](const KuDetection& other) {
        return hides(other, place_of(detection), detection.statistic);
      });
      if (!hidden) report(detection, handler);
    }
    held.clear();
    for (KuDetection& detection : found) {
      // At the very beginning of a stream: of one that nobody has seen.
      if (now.number == 0 && place_of(detection) < start + preamble + 8) continue;
      if (place_of(detection) > start + period - preamble - 8) {
        held.push_back(detection);
      } else {
        report(detection, handler);
      }
    }
    previous.swap(found);
    if (accumulator) accumulate(handler);
  }

  void report(KuDetection& detection, const Handler& handler) {
    tracks.follow(detection, place_of(detection), fit.start_sigma(power_from_db(detection.snr_db)));
    ++stats.detections;
    handler(detection);
  }

  void second_looks(double index_offset, double white_offset) {
    found.clear();
    std::size_t looks = 0;
    std::array<PreamblePlaces::Place, most_looks> looked{};
    for (const PreamblePlaces::Place& place : places.largest_first()) {
      if (looks == most_looks || found.size() == most_detections) break;
      // Next to a place that was larger and has been looked at: the same maximum.
      const bool seen = std::any_of(looked.begin(), looked.begin() + static_cast<std::ptrdiff_t>(looks),
                                    [&](const PreamblePlaces::Place& other) {
                                      return std::abs(double(place.position) - double(other.position)) <= 1 &&
                                             std::abs(int(place.carrier) - int(other.carrier)) <= 1;
                                    });
      if (seen) continue;
      const double at = white_offset + place.position;
      const double statistic = sync::PreambleSearch::statistic_of(place.level);
      if (far_below(index_offset + at, statistic)) continue;
      looked[looks++] = place;
      ++stats.candidates;
      const auto estimate = fit.process(white, at, search.carrier_hz(place.carrier), 1.5 * search.step_hz());
      if (!estimate || !(estimate->statistic >= fit.threshold())) continue;
      const double index = index_offset + estimate->start;
      if (in_shadow(index, estimate->statistic)) continue;
      KuDetection detection;
      put(detection, index);
      detection.carrier_hz = estimate->carrier_hz;
      detection.doppler_hz = estimate->carrier_hz - config.search.carrier_offset_hz;
      detection.doppler_sigma_hz = estimate->carrier_sigma_hz;
      detection.snr_db = db_from_power(estimate->snr);
      detection.statistic = estimate->statistic;
      // A stronger one hides the weaker next to it, whichever was found first.
      std::erase_if(found, [&](const KuDetection& other) {
        return hides(detection, place_of(other), other.statistic);
      });
      found.push_back(detection);
    }
  }

  // What noise on top of the largest sidelobe of a preamble passes as rarely as noise alone passes the
  // threshold.
  double beside(double statistic) const {
    const double amplitude = sidelobe * std::sqrt(statistic) + std::sqrt(fit.threshold());
    return amplitude * amplitude;
  }
  // The same preamble seen twice, or a sidelobe of a stronger one.
  bool hides(const KuDetection& other, double index, double statistic) const {
    const double apart = std::abs(place_of(other) - index);
    if (apart <= 2) return statistic <= other.statistic;
    return apart <= preamble + 8 && statistic < other.statistic && statistic < beside(other.statistic);
  }
  // Of a place by its level alone, which may be 3 dB (the PSS) and 1.3 dB low.
  bool far_below(double index, double statistic) const {
    return std::any_of(found.begin(), found.end(), [&](const KuDetection& other) {
      const double apart = std::abs(place_of(other) - index);
      return apart > 2 && apart <= preamble + 8 && 3 * statistic < beside(other.statistic);
    });
  }
  bool in_shadow(double index, double statistic) const {
    const auto hide = [&](const KuDetection& other) { return hides(other, index, statistic); };
    // What the period before has reported is not reported again, even if it looks stronger from here.
    const auto seen = [&](const KuDetection& other) { return std::abs(place_of(other) - index) <= 2; };
    return std::any_of(found.begin(), found.end(), hide) ||
           std::any_of(previous.begin(), previous.end(), hide) ||
           std::any_of(previous.begin(), previous.end(), seen);
  }

  void accumulate(const Handler& handler) {
    if (!accumulator->add(std::as_const(levels).view())) return;
    const double first = static_cast<double>(block_start.first - origin) + block_start.second;
    for (const sync::DriftAccumulator::Finding& finding : accumulator->findings()) {
      KuDetection detection;
      detection.frames = config.accumulate_frames;
      put(detection, first + finding.position);
      detection.carrier_hz = search.carrier_hz(finding.carrier);
      detection.doppler_hz = -finding.slope / period * config.tuned_hz;
      detection.doppler_from_drift = true;
      // Slopes are a sample apart over the block, as are those that one can be mistaken for; carriers a step.
      detection.doppler_sigma_hz =
          config.tuned_hz / period / static_cast<double>(config.accumulate_frames - 1);
      const double carrier_sigma_hz = search.step_hz() / std::sqrt(12.0);
      if (carrier_sigma_hz < detection.doppler_sigma_hz) {
        detection.doppler_hz = detection.carrier_hz - config.search.carrier_offset_hz;
        detection.doppler_sigma_hz = carrier_sigma_hz;
        detection.doppler_from_drift = false;
      }
      const double share = std::clamp(finding.excess / (search.energy() * search_efficiency), 1e-9, 0.999);
      detection.snr_db = db_from_power(share / (1 - share));
      detection.statistic = finding.deviations;
      ++stats.detections;
      handler(detection);
    }
  }
  // Mean loss of a frame that lies anywhere between the places looked at: see sync/preamble_search.h.
  static constexpr double search_efficiency = 0.75;
};

PreambleReceiver::PreambleReceiver(const Config& config) : impl_(std::make_unique<Impl>(config)) {}
PreambleReceiver::~PreambleReceiver() = default;
PreambleReceiver::PreambleReceiver(PreambleReceiver&&) noexcept = default;
PreambleReceiver& PreambleReceiver::operator=(PreambleReceiver&&) noexcept = default;

void PreambleReceiver::push(std::span<const cf32> x, const Handler& handler) {
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

void PreambleReceiver::skip(std::uint64_t lost) {
  impl_->skip(lost);
}

const PreambleReceiver::Stats& PreambleReceiver::stats() const {
  return impl_->stats;
}
double PreambleReceiver::threshold() const {
  return impl_->fit.threshold();
}
const sync::PreambleSearch& PreambleReceiver::search() const {
  return impl_->search;
}

}  // namespace boresight::rx
