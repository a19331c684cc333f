#include "boresight/sync/ku_acquisition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/ku_sequences.h"
#include "fft/fft.h"
#include "kernels/pss.h"
#include "sync/ku_refine.h"

namespace boresight::sync {
namespace {

constexpr std::size_t segment = pss_segment_samples;
constexpr std::size_t body = segment * pss_segments;
constexpr std::size_t look_ahead = pss_samples;  // over which the largest statistic is sought

// Energies are sums of this many blocks, which hold the body wherever in the first one it begins.
constexpr std::size_t energy_blocks = body / kernels::pss_block + 1;
// Per sample. Beyond these the square of a statistic's numerator is no float.
constexpr float least_power = 1e-33F;
constexpr float most_power = 1e27F;

// The carrier offset that turns the differential statistic, cycles per sample.
double carrier(cf64 differential) {
  return std::arg(differential) / (2 * pi * static_cast<double>(segment));
}

// What noise may add to the measured carrier of a signal that is in range, subcarriers: four standard
// deviations where it is just found (sqrt(a^2 + 3.5) / 7 a^2 radians per segment at 7 a^2 = 27).
constexpr double carrier_margin = 0.4;

// Keeps the last `count` of x, at its front.
template <typename T>
void keep_last(std::span<T> x, std::size_t count) {
  std::copy(x.end() - static_cast<std::ptrdiff_t>(count), x.end(), x.begin());
}

}  // namespace

struct PssSearch::Workspace {
  aligned_vector<cf32> turned;       // x[n] (-j)^n
  aligned_vector<cf32> patterns;     // scratch of the matched filter
  aligned_vector<cf32> matched;      // c[n] but for a turn that products do not see
  aligned_vector<float> product_re;  // c[n + 128] c*[n]
  aligned_vector<float> product_im;
  aligned_vector<float> block_energy;           // of 16 samples each
  std::array<aligned_vector<float>, 2> energy;  // of 2, 4, 8, ... blocks from each block on
  aligned_vector<float> scale;                  // one over the noise level
  aligned_vector<float> statistic_2;
  std::size_t first_passing = 0;  // no position before it passes the threshold
  bool last_passing = false;      // among the last `look_ahead` positions some may

  void set_scale() noexcept;
  cf64 differential(std::size_t n) const {  // D[n]
    cf64 d = 0;
    for (std::size_t m = 1; m < pss_segments; ++m) {
      const std::size_t i = n + segment * (m - 1);
      d += static_cast<double>(pss_signs[m] * pss_signs[m - 1]) * cf64(product_re[i], product_im[i]);
    }
    return d;
  }
};

void PssSearch::Workspace::set_scale() noexcept {
  // 64 blocks by doubling, one more: sums of what is not negative, with nothing taken away.
  static_assert(energy_blocks == 65);
  std::span<const float> in = block_energy;
  std::span<float> out = energy[0];
  for (std::size_t step = 1; step < 64; step *= 2) {
    out = energy[step % 3 == 1 ? 0 : 1];  // 1, 4, 16 and 2, 8, 32
    const std::size_t count = in.size() - step;
    for (std::size_t i = 0; i < count; ++i) out[i] = in[i] + in[i + step];
    in = out = out.first(count);
  }
  constexpr auto samples = static_cast<float>(energy_blocks * kernels::pss_block);
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const float power = (out[i] + block_energy[i + 64]) / samples;
    const bool usable = power > least_power && power < most_power;  // NaN is not
    scale[i] = usable ? 1 / (static_cast<float>(segment) * power) : 0.0F;
  }
}

double PssSearch::threshold_for(double false_alarm_rate) {
  return differential_threshold(pss_segments, false_alarm_rate);
}

PssSearch::PssSearch(const Config& config)
    : config_(config), threshold_(0), work_(std::make_unique<Workspace>()) {
  require(config.false_alarm_rate > 0 && config.false_alarm_rate <= 0.1,
          "PSS search: false-alarm rate " + std::to_string(config.false_alarm_rate) + " is outside (0, 0.1]");
  require(config.max_carrier_offset > 0 && config.max_carrier_offset <= 3.9,
          "PSS search: carrier offset of " + std::to_string(config.max_carrier_offset) +
              " subcarriers is outside (0, 3.9]");
  require(config.positions >= 1024 && config.positions <= (1U << 20) &&
              config.positions % kernels::pss_block == 0,
          "PSS search: " + std::to_string(config.positions) +
              " positions are outside 1024 .. 1048576 or no multiple of 16");
  threshold_ = threshold_for(config.false_alarm_rate);
  Workspace& w = *work_;
  const std::size_t starts = config.positions + look_ahead;
  w.turned.resize(window_samples() + kernels::pss_block);
  w.patterns.resize(kernels::pss_scratch);
  w.matched.resize(starts + body - segment);
  w.product_re.resize(starts + body - 2 * segment);
  w.product_im.resize(w.product_re.size());
  w.block_energy.resize(window_samples() / kernels::pss_block);
  for (auto& energy : w.energy) energy.resize(w.block_energy.size());
  w.scale.resize(starts / kernels::pss_block);
  w.statistic_2.resize(starts);
}

PssSearch::~PssSearch() = default;
PssSearch::PssSearch(PssSearch&&) noexcept = default;
PssSearch& PssSearch::operator=(PssSearch&&) noexcept = default;

std::size_t PssSearch::window_samples() const {
  return config_.positions + look_ahead + body;
}

std::span<const float> PssSearch::statistic_2() const {
  return work_->statistic_2;
}

std::optional<PssSearch::Candidate> PssSearch::process(std::span<const cf32> window, bool follows) noexcept {
  BORESIGHT_ASSERT(window.size() == window_samples());
  Workspace& w = *work_;
  // What is there already of each array.
  const auto kept = [&](std::size_t size) { return follows ? size - config_.positions : 0; };
  const std::size_t matched = kept(w.matched.size());
  const std::size_t products = kept(w.product_re.size());
  const std::size_t statistics = kept(w.statistic_2.size());
  if (follows) {
    keep_last(std::span(w.matched), matched);
    keep_last(std::span(w.product_re), products);
    keep_last(std::span(w.product_im), products);
    keep_last(std::span(w.statistic_2), statistics);
    keep_last(std::span(w.block_energy), w.block_energy.size() - config_.positions / kernels::pss_block);
  }

  // The last segment of the window before is turned again: its samples are matched but its positions are not.
  const std::size_t turned = matched / kernels::pss_block;
  kernels::quarter_turns(window.subspan(matched), w.turned, std::span(w.block_energy).subspan(turned));
  kernels::correlate_segment(w.turned, w.patterns, std::span(w.matched).subspan(matched));
  kernels::segment_products(std::span(w.matched).subspan(products), std::span(w.product_re).subspan(products),
                            std::span(w.product_im).subspan(products));
  w.set_scale();
  constexpr std::size_t stretch = 1024;
  const auto threshold_2 = static_cast<float>(threshold_ * threshold_);
  w.first_passing = statistics > 0 && w.last_passing ? 0 : w.statistic_2.size();
  w.last_passing = false;
  for (std::size_t first = statistics; first < w.statistic_2.size(); first += stretch) {
    const auto statistic =
        std::span(w.statistic_2).subspan(first, std::min(stretch, w.statistic_2.size() - first));
    const float largest =
        kernels::pss_statistic(std::span(w.product_re).subspan(first), std::span(w.product_im).subspan(first),
                               std::span(w.scale).subspan(first / kernels::pss_block), statistic);
    if (largest < threshold_2) continue;
    w.first_passing = std::min(w.first_passing, first);
    w.last_passing = w.last_passing || first + stretch > config_.positions;
    for (std::size_t n = 0; n < statistic.size(); ++n) {
      if (statistic[n] < threshold_2) continue;
      const double offset = carrier(w.differential(first + n)) * static_cast<double>(body);
      if (!(std::abs(offset) <= config_.max_carrier_offset + carrier_margin)) statistic[n] = 0;
    }
  }
  return next(0);
}

std::optional<PssSearch::Candidate> PssSearch::next(std::size_t position) const noexcept {
  const Workspace& w = *work_;
  const auto threshold_2 = static_cast<float>(threshold_ * threshold_);
  for (std::size_t n = std::max(position, w.first_passing); n < config_.positions; ++n) {
    if (w.statistic_2[n] < threshold_2) continue;
    const auto first = w.statistic_2.begin() + static_cast<std::ptrdiff_t>(n);
    const auto best = std::max_element(first, first + look_ahead);
    const auto found = static_cast<std::size_t>(best - w.statistic_2.begin());
    return Candidate{found, carrier(w.differential(found)), std::sqrt(static_cast<double>(*best))};
  }
  return std::nullopt;
}

struct KuSync::Workspace {
  ofdm::Demodulator demodulator{ofdm::ku20()};  // the sample rate plays no part in it
  fft::Fft inverse{1024, fft::Direction::inverse};
  aligned_vector<cf32> bins = aligned_vector<cf32>(1024);
  KuRefine refine;
};

KuSync::KuSync(const Config& config) : threshold_(0), work_(std::make_unique<Workspace>()) {
  require(config.false_alarm_probability > 0 && config.false_alarm_probability <= 0.1,
          "ku synchronizer: false-alarm probability " + std::to_string(config.false_alarm_probability) +
              " is outside (0, 0.1]");
  // In noise the share of one tap is Beta(1, 1019): P(share > t) = (1 - t)^1019; 1024 taps are looked at.
  threshold_ = 1 - std::pow(config.false_alarm_probability / 1024.0, 1.0 / 1019.0);
}

KuSync::~KuSync() = default;
KuSync::KuSync(KuSync&&) noexcept = default;
KuSync& KuSync::operator=(KuSync&&) noexcept = default;

KuSync::Delay KuSync::sss_delay(std::span<const cf32> samples, std::size_t start, double frequency) noexcept {
  Workspace& w = *work_;
  const std::size_t offset = symbol_samples + pss_prefix_samples - window_advance;
  w.demodulator.process(samples.subspan(start + offset, 1024), frequency,
                        frequency * static_cast<double>(offset), w.bins);
  double energy = 0;
  for (std::size_t k = 0; k < 1024; ++k) {
    w.bins[k] *= std::conj(sss()[k]);
    energy += static_cast<double>(std::norm(w.bins[k]));
  }
  w.inverse.run(w.bins, w.bins);
  const auto best = std::max_element(w.bins.begin(), w.bins.end(),
                                     [](cf32 a, cf32 b) { return std::norm(a) < std::norm(b); });
  int tap = static_cast<int>(best - w.bins.begin());
  if (tap >= 512) tap -= 1024;
  const double share = energy > 0 ? static_cast<double>(std::norm(*best)) / (1020.0 * energy) : 0.0;
  // The window opens early, so a frame that starts where it was looked for shows at tap `window_advance`.
  return {tap - static_cast<int>(window_advance), share};
}

std::optional<KuTiming> KuSync::process(std::span<const cf32> samples, std::size_t start,
                                        double frequency) noexcept {
  BORESIGHT_ASSERT(start >= allowance && samples.size() >= start + 2 * symbol_samples + allowance);
  Delay delay = sss_delay(samples, start, frequency);
  if (!(delay.share >= threshold_)) return std::nullopt;  // NaN is no frame
  if (std::abs(delay.tap) > static_cast<int>(allowance)) return std::nullopt;
  if (delay.tap != 0) {
    // Look again where it is: a window off by more than the prefix holds two symbols.
    const std::ptrdiff_t moved = static_cast<std::ptrdiff_t>(start) + delay.tap;
    start = static_cast<std::size_t>(moved);
    delay = sss_delay(samples, start, frequency);
    if (!(delay.share >= threshold_) || std::abs(delay.tap) > 1) return std::nullopt;
  }

  const auto fine = work_->refine.process(samples.subspan(start, 2 * symbol_samples), frequency);
  return KuTiming{.start = static_cast<std::ptrdiff_t>(start),
                  .frequency = fine.frequency,
                  .statistic = delay.share,
                  .delay = fine.delay};
}

}  // namespace boresight::sync
