#include "boresight/sync/pilot_search.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/ku_preamble.h"
#include "fft/fft.h"
#include "kernels/preamble.h"

namespace boresight::sync {
namespace {

constexpr double level_scale = 5;
constexpr std::size_t band_lead = 24;  // samples of the band before the first place
constexpr std::size_t most_places = 4096;
constexpr std::size_t most_looks = 64;
constexpr std::size_t most_found = 16;
constexpr double first_threshold = 0.45;      // of the second look's: losses of the grid, and noise
constexpr double sidelobe_of_a_frame = 0.03;  // the largest correlation of two subcarriers is 0.13
constexpr double sidelobe_nearby = 0.3;       // of the frame's length in frequency, of the band in delay

// The next even number with no prime factor above five.
std::size_t good_size(std::size_t n) {
  for (n += n % 2;; n += 2) {
    std::size_t rest = n;
    for (const std::size_t p : {2, 3, 5}) {
      while (rest % p == 0) rest /= p;
    }
    if (rest == 1) return n;
  }
}

std::size_t window_for(const PilotSearch::Config& c) {
  require(c.sample_rate_hz >= 1.9e6 && c.sample_rate_hz <= 300e6,
          "pilot search: sample rate " + std::to_string(c.sample_rate_hz) + " Hz is outside 1.9 .. 300 MHz");
  const double room_s = 2 / ku_frame_rate_hz + 60e-6;  // of margins before and behind
  return good_size(static_cast<std::size_t>(std::ceil(room_s * c.sample_rate_hz)));
}

std::size_t bins_for(const PilotSearch::Config& c, std::size_t window) {
  require(c.max_carrier_offset_hz >= 0 && c.max_carrier_offset_hz <= 2e6,
          "pilot search: carrier offsets up to " + std::to_string(c.max_carrier_offset_hz) +
              " Hz are outside 0 .. 2 MHz");
  const double band_hz = edge_pilot_width_hz + 2 * c.max_carrier_offset_hz + 50e3;
  const double bin_hz = c.sample_rate_hz / static_cast<double>(window);
  return std::min(window, good_size(static_cast<std::size_t>(std::ceil(band_hz / bin_hz))));
}

}  // namespace

struct PilotSearch::Workspace {
  Workspace(const Config& c, std::size_t window)
      : samples(window),
        bins(bins_for(c, window)),
        bin_hz(c.sample_rate_hz / static_cast<double>(window)),
        forward(window, fft::Direction::forward),
        inverse(bins, fft::Direction::inverse),
        spectrum(window),
        band(bins),
        rolled(bins),
        product(bins),
        correlation(bins) {
    places.reserve(most_places);
    found.reserve(most_found);
  }

  std::size_t samples, bins;
  double bin_hz;
  std::ptrdiff_t first_bin = 0;  // of the window's FFT, that the band begins with
  std::ptrdiff_t most_shift = 0;
  std::size_t positions = 0;
  double power = 0;  // of a band sample
  double energy = 0;
  fft::Fft forward, inverse;
  aligned_vector<cf32> spectrum;         // of the window
  aligned_vector<cf32> band;             // its bins of the edge, from the lowest on
  aligned_vector<cf32> filter;           // conjugate spectrum of the pilots, from -most_shift bins on
  aligned_vector<cf32> samples_of_band;  // in time
  aligned_vector<cf32> rolled, product, correlation;
  std::vector<std::uint8_t> levels;
  std::vector<Place> places;
  std::vector<FrameEstimate> found;
  std::optional<TemplateFit> fit;
};

PilotSearch::PilotSearch(const Config& config) : config_(config), window_(window_for(config)) {
  work_ = std::make_unique<Workspace>(config, window_);
  Workspace& w = *work_;
  const double rate = config.sample_rate_hz;
  band_rate_hz_ = w.bin_hz * static_cast<double>(w.bins);
  lead_ = static_cast<std::size_t>(std::ceil(static_cast<double>(band_lead) * rate / band_rate_hz_));

  const double middle_hz = edge_pilot_center_hz(config.edge) + config.carrier_offset_hz - config.center_hz;
  require(std::abs(middle_hz) + edge_pilot_width_hz / 2 <= rate / 2,
          "pilot search: the edge pilots at " + std::to_string(middle_hz) + " Hz do not lie within " +
              std::to_string(rate) + " Hz of samples");
  const auto middle_bin = static_cast<std::ptrdiff_t>(std::lround(middle_hz / w.bin_hz));
  // The middle of what is cut out, above the middle of the pilots (with the known oscillator error).
  const double rest_hz = static_cast<double>(middle_bin) * w.bin_hz - middle_hz;
  w.first_bin = middle_bin - static_cast<std::ptrdiff_t>(w.bins / 2);
  w.most_shift = static_cast<std::ptrdiff_t>(std::ceil(config.max_carrier_offset_hz / w.bin_hz));
  w.positions = static_cast<std::size_t>(std::ceil(band_rate_hz_ / ku_frame_rate_hz));

  w.filter.resize(w.bins + 2 * static_cast<std::size_t>(w.most_shift));
  const double half_hz = 0.5 * band_rate_hz_;
  edge_pilot_spectrum(config.edge, band_rate_hz_,
                      rest_hz - half_hz - static_cast<double>(w.most_shift) * w.bin_hz, w.bin_hz, w.filter);
  for (std::size_t i = 0; i < w.bins; ++i)
    w.energy += static_cast<double>(std::norm(w.filter[i + static_cast<std::size_t>(w.most_shift)]));
  w.energy /= static_cast<double>(w.bins);
  // The filter's time begins with symbol 2; that of the frame is earlier.
  for (std::size_t i = 0; i < w.filter.size(); ++i) {
    const double f =
        rest_hz - half_hz + (static_cast<double>(i) - static_cast<double>(w.most_shift)) * w.bin_hz;
    w.filter[i] = std::conj(w.filter[i] * cf32(std::polar(1.0, -2 * pi * f * edge_pilot_begin_s)));
  }
  w.samples_of_band.resize(w.bins);
  w.levels.resize(w.positions);

  TemplateFit::Config fit;
  fit.sample_rate_hz = band_rate_hz_;
  fit.duration_s = edge_pilot_duration_s;
  fit.begin_s = edge_pilot_begin_s;
  fit.max_carrier_offset_hz = config.max_carrier_offset_hz;
  fit.false_alarm = config.false_alarm;
  fit.spectrum.resize(TemplateFit::spectrum_bins(band_rate_hz_, fit.duration_s));
  edge_pilot_spectrum(config.edge, band_rate_hz_, rest_hz - half_hz,
                      band_rate_hz_ / static_cast<double>(fit.spectrum.size()), fit.spectrum);
  w.fit.emplace(fit);
}

PilotSearch::~PilotSearch() = default;
PilotSearch::PilotSearch(PilotSearch&&) noexcept = default;
PilotSearch& PilotSearch::operator=(PilotSearch&&) noexcept = default;

const TemplateFit& PilotSearch::fit() const {
  return *work_->fit;
}

void PilotSearch::take(std::span<const cf32> x) noexcept {
  BORESIGHT_ASSERT(x.size() == window_);
  Workspace& w = *work_;
  w.forward.run(x, w.spectrum);
  const auto n = static_cast<std::ptrdiff_t>(window_);
  // White noise keeps its unit power: both transforms together scale by the window, the cut by bins / window.
  const auto scale =
      static_cast<float>(1 / std::sqrt(static_cast<double>(window_) * static_cast<double>(w.bins)));
  const std::size_t half = w.bins / 2;
  for (std::size_t i = 0; i < w.bins; ++i) {
    const std::ptrdiff_t k = ((w.first_bin + static_cast<std::ptrdiff_t>(i)) % n + n) % n;
    w.band[i] = scale * w.spectrum[static_cast<std::size_t>(k)];
    w.rolled[(i + w.bins - half) % w.bins] = w.band[i];
  }
  w.inverse.run(w.rolled, w.samples_of_band);
  w.power = 0;
  for (const cf32 s : w.samples_of_band) w.power += static_cast<double>(std::norm(s));
  w.power /= static_cast<double>(w.bins);
}

std::span<const FrameEstimate> PilotSearch::search() noexcept {
  Workspace& w = *work_;
  w.found.clear();
  w.places.clear();
  if (!(w.power > 0)) return w.found;
  auto limit = static_cast<std::uint8_t>(level_scale * std::sqrt(first_threshold * w.fit->threshold()));
  const auto scale = static_cast<float>(level_scale / std::sqrt(w.energy * w.power));
  const auto larger = [](const Place& a, const Place& b) { return a.level > b.level; };
  const std::span<const cf32> band = w.band;
  const std::size_t half = w.bins / 2;
  for (std::ptrdiff_t shift = -w.most_shift; shift <= w.most_shift; ++shift) {
    const std::span<const cf32> h =
        std::span<const cf32>(w.filter).subspan(static_cast<std::size_t>(w.most_shift - shift), w.bins);
    kernels::multiply(band.subspan(half), h.subspan(half), std::span(w.product).first(w.bins - half));
    kernels::multiply(band.first(half), h.first(half), std::span(w.product).subspan(w.bins - half));
    w.inverse.run(w.product, w.correlation);
    kernels::half_sample_levels(std::span(w.correlation).subspan(band_lead, w.positions + 1), scale,
                                w.levels);
    constexpr std::size_t chunk = 64;
    for (std::size_t n = 0; n < w.positions; n += chunk) {
      const std::size_t end = std::min(n + chunk, w.positions);
      std::uint8_t most = 0;
      for (std::size_t i = n; i < end; ++i) most = std::max(most, w.levels[i]);
      if (most < limit) continue;
      for (std::size_t i = n; i < end; ++i) {
        if (w.levels[i] < limit) continue;
        if (w.places.size() == most_places) {
          const auto middle = w.places.begin() + most_places / 2;
          std::nth_element(w.places.begin(), middle, w.places.end(), larger);
          w.places.resize(most_places / 2);
          limit = std::max(limit, w.places.back().level);
        }
        w.places.push_back({w.levels[i], static_cast<std::uint32_t>(i), static_cast<std::int32_t>(shift)});
      }
    }
  }
  std::sort(w.places.begin(), w.places.end(), larger);

  const double ratio = config_.sample_rate_hz / band_rate_hz_;
  const auto in_shadow = [&](double start, double carrier_hz, double statistic) {
    return std::any_of(w.found.begin(), w.found.end(), [&](const FrameEstimate& other) {
      const double apart = std::abs(start - other.start) / ratio;
      const double apart_hz = std::abs(carrier_hz - other.carrier_hz);
      if (apart <= 1.5 && apart_hz <= 1.5e3) return true;
      const bool nearby = apart <= 8 || apart_hz <= 20e3;
      return statistic < (nearby ? sidelobe_nearby : sidelobe_of_a_frame) * other.statistic;
    });
  };
  std::size_t looks = 0;
  for (const Place& place : w.places) {
    if (looks == most_looks || w.found.size() == most_found) break;
    const double start = static_cast<double>(band_lead + place.position);
    const double carrier = config_.carrier_offset_hz + place.shift * w.bin_hz;
    const double u = (place.level + 0.5) * (place.level + 0.5) / (level_scale * level_scale);
    if (in_shadow(start * ratio, carrier, u)) continue;
    ++looks;
    auto estimate = look(start * ratio, carrier, 1.5 * w.bin_hz);
    if (!estimate || !(estimate->statistic >= w.fit->threshold())) continue;
    if (in_shadow(estimate->start, estimate->carrier_hz, estimate->statistic)) continue;
    w.found.push_back(*estimate);
  }
  return w.found;
}

std::optional<FrameEstimate> PilotSearch::look(double start, double carrier_hz, double carrier_range_hz,
                                               double least) noexcept {
  Workspace& w = *work_;
  const double ratio = config_.sample_rate_hz / band_rate_hz_;
  auto estimate = w.fit->process(w.samples_of_band, start / ratio, carrier_hz - config_.carrier_offset_hz,
                                 carrier_range_hz, w.power, least);
  if (!estimate) return std::nullopt;
  estimate->start *= ratio;
  estimate->carrier_hz += config_.carrier_offset_hz;
  return estimate;
}

}  // namespace boresight::sync
