#include "boresight/sync/tone_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::sync {
namespace {

constexpr double shortest_window_s = 0.011;
constexpr double tie_break = 0.02;
constexpr double largest_share = 6;              // of one tone in C
constexpr double memory_windows = 32;            // of the noise floor
constexpr double gutter_middle_hz = -117'187.5;  // half a subcarrier below the channel's center
constexpr std::size_t floor_step = 32;           // bins between two values of the floor
constexpr std::size_t floor_bins = 257;          // that one is the median of
constexpr double median_of_exponential = 0.693147180559945;

}  // namespace

struct ToneSearch::Workspace {
  explicit Workspace(std::size_t n) : forward(n, fft::Direction::forward), window(n), spectrum(n) {}

  fft::Fft forward;
  aligned_vector<float> window;
  aligned_vector<cf32> spectrum;
  std::ptrdiff_t first_bin = 0;  // of the range that any tone can lie in, from the middle of the samples
  std::vector<float> power;      // on it; then over the floor
  std::vector<double> floor;     // every floor_step bins
  std::vector<float> around;     // to find a median in
  std::vector<float> comb;       // C, on the carriers looked at
  std::ptrdiff_t side = 0;       // carriers to either side, bins
  std::ptrdiff_t reach = 0;      // bins from the outermost carrier to its outermost tone
  double middle_rest = 0;        // bins from a bin's middle to where the middle tone should be
  double windows = 0;
  std::vector<Found> found;

  std::ptrdiff_t tone_bin(int m, double bin_hz) const {
    return static_cast<std::ptrdiff_t>(std::lround(m * spacing_hz / bin_hz));
  }
};

double ToneSearch::threshold_for(double probability) {
  // The distribution of one share on a grid, nine times folded with itself.
  constexpr double step = 0.02;
  const auto cells = static_cast<std::size_t>(largest_share / step);
  std::vector<double> one(cells + 1);
  for (std::size_t i = 0; i < cells; ++i) {
    const double from = static_cast<double>(i) * step;
    one[i] = std::exp(-from) - std::exp(-from - step);
  }
  one[cells] = std::exp(-largest_share);
  std::vector<double> sum{1};
  for (int m = 0; m < tones; ++m) {
    std::vector<double> next(sum.size() + cells);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      for (std::size_t k = 0; k <= cells; ++k) next[i + k] += sum[i] * one[k];
    }
    sum.swap(next);
  }
  double tail = 0;
  std::size_t at = sum.size();
  while (at > 0 && tail + sum[at - 1] < probability) tail += sum[--at];
  // Cells stand for their middles, but for the last.
  return static_cast<double>(at) * step + 0.5 * step * tones;
}

ToneSearch::ToneSearch(const Config& config) : config_(config) {
  const double rate = config.sample_rate_hz;
  require(rate >= 1e6 && rate <= 60e6,
          "tone search: sample rate " + std::to_string(rate) + " Hz is outside 1 .. 60 MHz");
  require(config.max_carrier_offset_hz >= 0 && config.max_carrier_offset_hz <= 2e6,
          "tone search: carrier offsets up to " + std::to_string(config.max_carrier_offset_hz) +
              " Hz are outside 0 .. 2 MHz");
  require(config.false_alarm >= 1e-12 && config.false_alarm <= 0.1,
          "tone search: false alarm " + std::to_string(config.false_alarm) + " is outside 1e-12 .. 0.1");
  const double middle_hz = gutter_middle_hz + config.carrier_offset_hz - config.center_hz;
  const double half_hz = config.max_carrier_offset_hz + spacing_hz * (tones / 2);
  require(std::abs(middle_hz) + half_hz < 0.5 * rate,
          "tone search: tones up to " + std::to_string(std::abs(middle_hz) + half_hz) +
              " Hz from the middle do not lie within " + std::to_string(rate) + " Hz of samples");
  window_ = std::bit_ceil(static_cast<std::size_t>(shortest_window_s * rate));
  work_ = std::make_unique<Workspace>(window_);
  Workspace& w = *work_;
  for (std::size_t i = 0; i < window_; ++i) {
    const double s = std::sin(pi * static_cast<double>(i) / static_cast<double>(window_));
    w.window[i] = static_cast<float>(s * s);
  }
  const double middle_bin = middle_hz / bin_hz();
  w.middle_rest = middle_bin - std::round(middle_bin);
  w.side = static_cast<std::ptrdiff_t>(std::ceil(config.max_carrier_offset_hz / bin_hz()));
  w.reach = w.tone_bin(tones / 2, bin_hz());
  w.first_bin = std::lround(middle_bin) - w.side - w.reach;
  w.power.resize(static_cast<std::size_t>(2 * (w.side + w.reach) + 1));
  w.comb.resize(static_cast<std::size_t>(2 * w.side + 1));
  w.floor.resize(w.power.size() / floor_step + 1);
  w.around.resize(floor_bins);
  w.found.reserve(most_found);
  threshold_ = threshold_for(config.false_alarm / static_cast<double>(w.comb.size()));
}

ToneSearch::~ToneSearch() = default;
ToneSearch::ToneSearch(ToneSearch&&) noexcept = default;
ToneSearch& ToneSearch::operator=(ToneSearch&&) noexcept = default;

void ToneSearch::reset() noexcept {
  work_->windows = 0;
  std::fill(work_->floor.begin(), work_->floor.end(), 0.0);
}

std::span<const ToneSearch::Found> ToneSearch::process(std::span<const cf32> x) noexcept {
  BORESIGHT_ASSERT(x.size() == window_);
  Workspace& w = *work_;
  w.found.clear();
  for (std::size_t i = 0; i < window_; ++i) w.spectrum[i] = x[i] * w.window[i];
  w.forward.run(w.spectrum, w.spectrum);
  const auto n = static_cast<std::ptrdiff_t>(window_);
  for (std::size_t i = 0; i < w.power.size(); ++i) {
    const std::ptrdiff_t k = ((w.first_bin + static_cast<std::ptrdiff_t>(i)) % n + n) % n;
    w.power[i] = std::norm(w.spectrum[static_cast<std::size_t>(k)]);
  }

  // A floor would keep what is no number for good.
  if (!std::isfinite(std::accumulate(w.power.begin(), w.power.end(), 0.0F))) return w.found;

  w.windows = std::min(w.windows + 1, memory_windows);
  for (std::size_t j = 0; j < w.floor.size(); ++j) {
    const std::size_t count = std::min(floor_bins, w.power.size());
    const std::size_t middle = j * floor_step;
    const std::size_t first = std::min(middle > count / 2 ? middle - count / 2 : 0, w.power.size() - count);
    std::copy_n(w.power.begin() + static_cast<std::ptrdiff_t>(first), count, w.around.begin());
    const auto half = w.around.begin() + static_cast<std::ptrdiff_t>(count / 2);
    std::nth_element(w.around.begin(), half, w.around.begin() + static_cast<std::ptrdiff_t>(count));
    w.floor[j] += (static_cast<double>(*half) / median_of_exponential - w.floor[j]) / w.windows;
  }
  if (w.windows < static_cast<double>(learning_windows)) return w.found;
  for (std::size_t i = 0; i < w.power.size(); ++i) {
    const double floor = w.floor[i / floor_step];
    w.power[i] = floor > 0 ? static_cast<float>(static_cast<double>(w.power[i]) / floor) : 0.0F;
  }
  std::fill(w.comb.begin(), w.comb.end(), 0.0F);
  for (int m = -(tones / 2); m <= tones / 2; ++m) {
    const float* p = w.power.data() + w.reach + w.tone_bin(m, bin_hz());
    constexpr auto most = static_cast<float>(largest_share);
    for (std::size_t i = 0; i < w.comb.size(); ++i) {
      w.comb[i] += std::min(p[i], most);
      // Strong combs would tie with their neighbors 43.95 kHz away.
      if (p[i] > most) w.comb[i] += static_cast<float>(tie_break) * std::log(p[i] / most);
    }
  }

  while (w.found.size() < most_found) {
    const auto top = std::max_element(w.comb.begin(), w.comb.end());
    if (!(static_cast<double>(*top) >= threshold_)) break;
    const auto at = static_cast<std::size_t>(top - w.comb.begin());
    // Frequency from the unlimited powers of all tones, less the noise: the center of gravity of a Hann
    // window's main lobe, which the Doppler's own movement within the window widens but does not shift.
    std::array<double, 5> sum{};
    for (int m = -(tones / 2); m <= tones / 2; ++m) {
      for (std::size_t i = 0; i < sum.size(); ++i) {
        const std::ptrdiff_t bin =
            static_cast<std::ptrdiff_t>(at + i) - 2 + w.reach + w.tone_bin(m, bin_hz());
        if (bin >= 0 && bin < static_cast<std::ptrdiff_t>(w.power.size()))
          sum[i] += static_cast<double>(w.power[static_cast<std::size_t>(bin)]);
      }
    }
    double total = 0;
    double moment = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      total += sum[i] - tones;
      moment += (sum[i] - tones) * (static_cast<double>(i) - 2);
    }
    const double rest = total > 0 ? std::clamp(moment / total, -1.0, 1.0) : 0.0;
    Found found;
    found.carrier_hz =
        config_.carrier_offset_hz +
        (static_cast<double>(at) - static_cast<double>(w.side) - w.middle_rest + rest) * bin_hz();
    found.statistic = static_cast<double>(*top);
    // A tone of power p over density d shows p T / d (1/2)^2 / (3/8) in its bin, and half as much beside it.
    const double energy = std::max(total, 1e-9);
    found.cn0_db_hz = db_from_power(energy * bin_hz());
    found.carrier_sigma_hz = 2 * std::sqrt(6 / energy) * bin_hz() / (2 * pi);
    w.found.push_back(found);
    // The comb itself, and where some of its tones fall on others of it.
    for (int m = -(tones - 1); m < tones; ++m) {
      const std::ptrdiff_t middle = static_cast<std::ptrdiff_t>(at) + w.tone_bin(m, bin_hz());
      for (std::ptrdiff_t i = middle - 4; i <= middle + 4; ++i) {
        if (i >= 0 && i < static_cast<std::ptrdiff_t>(w.comb.size())) w.comb[static_cast<std::size_t>(i)] = 0;
      }
    }
  }
  return w.found;
}

}  // namespace boresight::sync
