#include "boresight/array/calibration_estimator.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/overlap_bank.h"

namespace boresight::array {
namespace {

constexpr int most_rounds = 40;
constexpr double still = 1e-7;  // of a channel's response, when the fit stops
// Largest |cross spectrum sum|^2 over what noise alone makes of it: exponential, the largest of up to 8192
// trials (channels times delays); beyond this once in 60,000 calibrations without a source.
constexpr double least_evidence = 20;
constexpr double most_phase_rms_rad = 0.2;
constexpr double least_spread_bins = 5;  // rms, of a source that tells delays
constexpr std::size_t residual_cells = 16;

const CalibrationEstimator::Config& checked(const CalibrationEstimator::Config& c) {
  const std::string who = "calibration: ";
  require(c.channels >= 2 && c.channels <= 256,
          who + std::to_string(c.channels) + " channels, must be 2 to 256");
  require(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz > 0,
          who + "sample_rate_hz " + std::to_string(c.sample_rate_hz) + " must be positive and finite");
  require(c.fft_size >= 32 && c.fft_size <= 8192 && c.fft_size % 2 == 0,
          who + "fft_size " + std::to_string(c.fft_size) + " must be even and 32 to 8192");
  require(c.channels * c.channels * c.fft_size <= (std::size_t{1} << 24),
          who + std::to_string(c.channels) + " channels squared x fft_size " + std::to_string(c.fft_size) +
              " must be at most 2^24");
  require(c.band_hz >= 0 && c.band_hz <= c.sample_rate_hz,
          who + "band_hz " + std::to_string(c.band_hz) + " must be 0 to the sample rate");
  require(c.shape_points == 0 ||
              (c.shape_points >= 2 && c.shape_points <= max_shape_points && c.shape_points <= c.fft_size / 8),
          who + std::to_string(c.shape_points) + " shape_points, must be 0, or 2 to fft_size / 8 and 256");
  require(c.reference < c.channels, who + "reference " + std::to_string(c.reference) + " of " +
                                        std::to_string(c.channels) + " channels");
  require(c.dead_below_db >= 3 && c.dead_below_db <= 100,
          who + "dead_below_db " + std::to_string(c.dead_below_db) + " must be 3 to 100");
  require(c.max_delay_samples > 0 && c.max_delay_samples <= static_cast<double>(c.fft_size) / 16,
          who + "max_delay_samples " + std::to_string(c.max_delay_samples) +
              " must be above 0 and at most fft_size / 16");
  if (c.geometry.elements() != 0) {
    c.geometry.check();
    require(c.geometry.elements() == c.channels, who + std::to_string(c.geometry.elements()) +
                                                     " elements for " + std::to_string(c.channels) +
                                                     " channels");
    require(std::isfinite(c.carrier_hz) && c.carrier_hz > 0,
            who + "carrier_hz " + std::to_string(c.carrier_hz) + " must be positive and finite");
  }
  return c;
}

/// Whether a channel ever changes, and a hash of all it said.
struct Watch {
  bool seen = false;
  bool changed = false;
  cf32 first;
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a

  void look(std::span<const cf32> x) {
    for (const cf32 v : x) {
      if (!seen) first = v;
      seen = true;
      changed = changed || v != first;
      std::uint64_t bits;
      std::memcpy(&bits, &v, sizeof(bits));
      hash = (hash ^ bits) * 1099511628211U;
    }
  }
};

double wrapped(double rad) {
  return rad - 2 * pi * std::round(rad / (2 * pi));
}

}  // namespace

struct CalibrationEstimator::State {
  explicit State(const Config& c)
      : bank(c.channels, 0, c.fft_size),
        bins(c.channels, c.fft_size),
        sums(c.channels * (c.channels + 1) / 2, c.fft_size),
        watches(c.channels) {}

  fft::OverlapBank bank;
  GridBuffer<cf32> bins;
  GridBuffer<cf64> sums;  // [pair (i >= k) x bin] of x_i conj(x_k)
  std::vector<Watch> watches;
  std::uint64_t frames = 0;
  std::uint64_t samples = 0;
  bool first_of_stream = true;  // the first frame of a stream is half empty

  void accumulate(Grid<const cf32> x) {
    if (std::exchange(first_of_stream, false)) return;
    ++frames;
    std::size_t pair = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      const cf32* a = x.row(i).data();
      for (std::size_t k = 0; k <= i; ++k, ++pair) {
        const cf32* b = x.row(k).data();
        cf64* sum = sums.row(pair).data();
        for (std::size_t n = 0; n < x.columns(); ++n) {
          const double re = a[n].real();
          const double im = a[n].imag();
          sum[n] += cf64(re * b[n].real() + im * b[n].imag(), im * b[n].real() - re * b[n].imag());
        }
      }
    }
  }
};

CalibrationEstimator::CalibrationEstimator(const Config& config)
    : config_(checked(config)), state_(std::make_unique<State>(config)) {}
CalibrationEstimator::~CalibrationEstimator() = default;
CalibrationEstimator::CalibrationEstimator(CalibrationEstimator&&) noexcept = default;
CalibrationEstimator& CalibrationEstimator::operator=(CalibrationEstimator&&) noexcept = default;

std::uint64_t CalibrationEstimator::samples() const {
  return state_->samples;
}
std::uint64_t CalibrationEstimator::samples_zeroed() const {
  return state_->bank.samples_zeroed();
}

void CalibrationEstimator::add(Grid<const cf32> x) noexcept {
  State& state = *state_;
  for (std::size_t e = 0; e < x.rows(); ++e) state.watches[e].look(x.row(e));
  state.samples += x.columns();
  state.bank.analyze(x, [&state](Grid<const cf32> bins) { state.accumulate(bins); });
}

void CalibrationEstimator::add(Grid<const cf32> x, Vec3 direction) noexcept {
  State& state = *state_;
  const double length = norm(direction);
  if (config_.geometry.elements() == 0 || !(std::isfinite(length) && length > 0)) return;
  for (std::size_t e = 0; e < x.rows(); ++e) state.watches[e].look(x.row(e));
  state.samples += x.columns();
  const auto n = static_cast<double>(config_.fft_size);
  state.bank.analyze(x, [&](Grid<const cf32> bins) {
    for (std::size_t e = 0; e < bins.rows(); ++e) {
      const double lead_s = dot(config_.geometry.positions_m[e], direction) / length / speed_of_light_m_s;
      for (std::size_t k = 0; k < bins.columns(); ++k) {
        const double signed_k = static_cast<double>(k) - (k < config_.fft_size / 2 ? 0 : n);
        const double turns = (config_.carrier_hz + signed_k * config_.sample_rate_hz / n) * lead_s;
        state.bins(e, k) = bins(e, k) * cf32(std::polar(1.0, -2 * pi * (turns - std::round(turns))));
      }
    }
    state.accumulate(state.bins.view());
  });
}

void CalibrationEstimator::break_stream() noexcept {
  state_->bank.reset();
  state_->first_of_stream = true;
}

void CalibrationEstimator::reset() noexcept {
  break_stream();
  state_->frames = 0;
  state_->samples = 0;
  for (Watch& watch : state_->watches) watch = {};
  for (std::size_t p = 0; p < state_->sums.rows(); ++p) std::ranges::fill(state_->sums.row(p), cf64(0));
}

namespace {

/// The fit of one set of channels, see the class.
class Fit {
 public:
  Fit(Grid<const cf64> sums, double frames, const CalibrationEstimator::Config& config,
      std::vector<std::size_t> channels)
      : sums_(sums), frames_(frames), config_(config), channels_(std::move(channels)) {
    const std::size_t n = config.fft_size;
    const double band_hz = config.band_hz > 0 ? config.band_hz : 0.9 * config.sample_rate_hz;
    for (std::size_t i = 0; i < n; ++i) {
      const double offset_hz = (static_cast<double>(i) - 0.5 * static_cast<double>(n)) *
                               config.sample_rate_hz / static_cast<double>(n);
      if (2 * std::abs(offset_hz) > band_hz) continue;
      bins_.push_back((i + n / 2) % n);
      offsets_hz_.push_back(offset_hz);
    }
    h_.assign(count() * bins_.size(), 1);
    gain_.assign(count(), 1);
    delay_s_.assign(count(), 0);
    weight_.assign(bins_.size(), 1);
    power_.assign(bins_.size(), 0);
    z_.assign(bins_.size(), 0);
    d_.assign(bins_.size(), 0);
  }

  std::size_t count() const { return channels_.size(); }
  std::size_t bins() const { return bins_.size(); }

  /// False when there is no common source.
  bool run() {
    if (!start()) return false;
    std::vector<cf64> gains(count());
    for (int round = 0; round < most_rounds; ++round) {
      weigh();
      double size = 0;
      for (std::size_t e = 0; e < count(); ++e) {
        combine(e);
        double scale = 0;
        for (std::size_t k = 0; k < bins(); ++k) scale += weight_[k] * d_[k] * power_[k];
        if (!(scale > 0)) return false;
        if (delay_known_) delay_s_[e] = refine(delay_s_[e]);
        gains[e] = turned_sum(delay_s_[e]) / scale;
        size += std::norm(gains[e]) / static_cast<double>(count());
      }
      // All at once: with two channels the scale grows in every round, and each must see the same.
      double moved = 0;
      for (std::size_t e = 0; e < count(); ++e) {
        gains[e] /= std::sqrt(size);
        moved = std::max(moved, std::abs(gains[e] - gain_[e]));
        gain_[e] = gains[e];
        model(e);
      }
      if (moved < still) break;
    }
    weigh();
    return true;
  }

  cf64 r(std::size_t e, std::size_t j, std::size_t k) const {
    const std::size_t a = channels_[e];
    const std::size_t b = channels_[j];
    const cf64 sum =
        a >= b ? sums_(a * (a + 1) / 2 + b, bins_[k]) : std::conj(sums_(b * (b + 1) / 2 + a, bins_[k]));
    return sum / frames_;
  }

  /// Lets every channel differ from its model, by factors at `points` parts of the band with straight lines
  /// between their middles: what ratio() finds, again and again, as the others see each channel through it.
  /// Returns them relative to channel `reference`, [channel x points].
  std::vector<std::vector<cf64>> shapes(std::size_t points, std::size_t reference) {
    std::vector<std::vector<cf64>> found(count(), std::vector<cf64>(points, 1));
    for (int round = 0; round < most_rounds; ++round) {
      double moved = 0;
      std::vector<std::vector<cf64>> ratios(count(), std::vector<cf64>(points, 1));
      for (std::size_t e = 0; e < count(); ++e) {
        for (std::size_t p = 0; p < points; ++p) {
          double weight = 0;
          const cf64 own = ratio(e, p * bins() / points, (p + 1) * bins() / points, weight);
          const bool good = std::abs(own) > 0.1 && std::abs(own) < 10;
          if (good) ratios[e][p] = own;
          moved = std::max(moved, std::abs(ratios[e][p] - 1.0));
        }
      }
      for (std::size_t e = 0; e < count(); ++e) {
        for (std::size_t p = 0; p < points; ++p) found[e][p] *= ratios[e][p];
        model(e);
        for (std::size_t k = 0; k < bins(); ++k) {
          const double at = std::clamp((offsets_hz_[k] - middle_hz(0, points)) /
                                           (middle_hz(points - 1, points) - middle_hz(0, points)),
                                       0.0, 1.0) *
                            static_cast<double>(points - 1);
          const auto low = std::min(static_cast<std::size_t>(at), points - 2);
          const double share = at - static_cast<double>(low);
          h_[e * bins() + k] *= (1 - share) * found[e][low] + share * found[e][low + 1];
        }
      }
      weigh();
      if (moved < 1e-6) break;
    }
    for (std::size_t e = 0; e < count(); ++e) {
      for (std::size_t p = 0; p < points && e != reference; ++p) found[e][p] /= found[reference][p];
    }
    std::ranges::fill(found[reference], cf64(1));
    return found;
  }

  /// Of part p of the band.
  double middle_hz(std::size_t p, std::size_t points) const {
    return 0.5 * (offsets_hz_[p * bins() / points] + offsets_hz_[(p + 1) * bins() / points - 1]);
  }

  /// How channel e as the others tell it compares with its model, over the bins [first, last).
  cf64 ratio(std::size_t e, std::size_t first, std::size_t last, double& weight) {
    combine(e);
    cf64 sum = 0;
    weight = 0;
    for (std::size_t k = first; k < last; ++k) {
      const cf64 h = h_[e * bins() + k];
      sum += weight_[k] * z_[k] * std::conj(h);
      weight += weight_[k] * d_[k] * power_[k] * std::norm(h);
    }
    return weight > 0 ? sum / weight : cf64(1);
  }

  /// Mean signal-to-noise ratio per sample of the band.
  double snr(std::size_t e) const {
    double signal = 0;
    double total = 0;
    for (std::size_t k = 0; k < bins(); ++k) {
      signal += power_[k] * std::norm(h_[e * bins() + k]);
      total += r(e, e, k).real();
    }
    return signal > 0 ? signal / std::max(total - signal, 1e-12 * total) : 0;
  }

  /// Of a phase and a delay: (1 / s_e + 1 / s_r) times these is the bound's variance; s the SNRs above.
  void information(double snr_sum, double& phase, double& delay) const {
    double mean = 0;
    for (const double p : power_) mean += p / static_cast<double>(bins());
    double sum = 0;
    double first = 0;
    double second = 0;
    for (std::size_t k = 0; k < bins(); ++k) {
      const double p = power_[k] / mean;
      const double w = p * p * snr_sum / (1 + snr_sum * p);
      sum += w;
      first += w * 2 * pi * offsets_hz_[k];
      second += w * std::pow(2 * pi * offsets_hz_[k], 2);
    }
    // Half-overlapping frames: two per fft_size samples, as good together as the samples are.
    const double snapshots = 0.5 * (frames_ + 1);
    phase = 1 / (2 * snapshots * sum);
    delay = delay_known_ ? 1 / (2 * snapshots * (second - first * first / sum)) : 0;
  }

  cf64 gain(std::size_t e) const { return gain_[e]; }
  double delay_s(std::size_t e) const { return delay_s_[e]; }
  bool delay_known() const { return delay_known_; }
  double offset_hz(std::size_t k) const { return offsets_hz_[k]; }

 private:
  /// Delays and gains from the cross spectra with the channel that shares most with the others.
  bool start() {
    std::size_t pivot = 0;
    double most = -1;
    for (std::size_t e = 0; e < count(); ++e) {
      double shared = 0;
      for (std::size_t j = 0; j < count(); ++j) {
        for (std::size_t k = 0; k < bins() && j != e; ++k) shared += std::norm(r(e, j, k));
      }
      if (shared > most) {
        most = shared;
        pivot = e;
      }
    }
    if (!(most > 0)) return false;
    // How far the source spreads over the band: bins whose coherence is beyond that of noise.
    double sum = 0;
    double first = 0;
    double second = 0;
    const double snapshots = 0.5 * (frames_ + 1);
    for (std::size_t k = 0; k < bins(); ++k) {
      double coherence = 0;
      for (std::size_t e = 0; e < count(); ++e) {
        const double noise = r(e, e, k).real() * r(pivot, pivot, k).real();
        if (e != pivot && noise > 0) coherence += std::norm(r(e, pivot, k)) / noise;
      }
      const double excess = std::max(0.0, coherence / static_cast<double>(count() - 1) * snapshots - 2);
      const auto at = static_cast<double>(k);
      sum += excess * excess;
      first += excess * excess * at;
      second += excess * excess * at * at;
    }
    delay_known_ =
        sum > 0 && second / sum - (first / sum) * (first / sum) > least_spread_bins * least_spread_bins;

    double evidence = 0;
    std::vector<double> sizes;
    const auto steps = static_cast<int>(std::ceil(4 * config_.max_delay_samples));
    for (std::size_t e = 0; e < count(); ++e) {
      if (e == pivot) continue;
      double noise = 0;
      for (std::size_t k = 0; k < bins(); ++k) {
        z_[k] = r(e, pivot, k);
        noise += r(e, e, k).real() * r(pivot, pivot, k).real() / snapshots;
      }
      double best = -1;
      for (int step = delay_known_ ? -steps : 0; step <= (delay_known_ ? steps : 0); ++step) {
        const double delay_s = 0.25 * step / config_.sample_rate_hz;
        const double size = std::norm(turned_sum(delay_s));
        // Of equals, the smallest delay.
        if (size > best * (1 + 1e-9) ||
            (size > best * (1 - 1e-9) && std::abs(delay_s) < std::abs(delay_s_[e]))) {
          best = size;
          delay_s_[e] = delay_s;
        }
      }
      if (noise > 0) evidence = std::max(evidence, best / noise);
      gain_[e] = turned_sum(delay_s_[e]);
      sizes.push_back(std::abs(gain_[e]));
    }
    if (!(evidence > least_evidence)) return false;
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    const double typical = *middle;
    if (!(typical > 0)) return false;
    gain_[pivot] = typical;
    for (std::size_t e = 0; e < count(); ++e) {
      gain_[e] /= typical;
      model(e);
    }
    return true;
  }

  void model(std::size_t e) {
    for (std::size_t k = 0; k < bins(); ++k) {
      h_[e * bins() + k] = gain_[e] * std::polar(1.0, -2 * pi * offsets_hz_[k] * delay_s_[e]);
    }
  }

  /// z_k = sum over the other channels of R_ej h_j, d_k = sum of |h_j|^2: z / d estimates P h_e. Two channels
  /// say nothing about gains without their own powers; the noise of both is then taken for equal.
  void combine(std::size_t e) {
    const bool own = count() == 2;
    for (std::size_t k = 0; k < bins(); ++k) {
      z_[k] = 0;
      d_[k] = 0;
      for (std::size_t j = 0; j < count(); ++j) {
        if (j == e && !own) continue;
        z_[k] += r(e, j, k) * h_[j * bins() + k];
        d_[k] += std::norm(h_[j * bins() + k]);
      }
    }
  }

  /// Power of the source per bin, and the weights P / (P |h|^2 + noise) of the maximum-likelihood fit.
  void weigh() {
    double noise = 0;
    double all = 0;
    for (std::size_t k = 0; k < bins(); ++k) {
      double sum = 0;
      double scale = 0;
      double trace = 0;
      double size = 0;
      for (std::size_t e = 0; e < count(); ++e) {
        const cf64 h = h_[e * bins() + k];
        trace += r(e, e, k).real();
        size += std::norm(h);
        for (std::size_t j = 0; j < e; ++j) {
          const cf64 g = h_[j * bins() + k];
          sum += (std::conj(h) * r(e, j, k) * g).real();
          scale += std::norm(h) * std::norm(g);
        }
      }
      power_[k] = scale > 0 ? std::max(0.0, sum / scale) : 0;
      weight_[k] = size;
      noise += std::max(0.0, trace - power_[k] * size) / static_cast<double>(count() * bins());
      all += trace / static_cast<double>(count() * bins());
    }
    noise = std::max(noise, 1e-9 * all);
    for (std::size_t k = 0; k < bins(); ++k) weight_[k] = power_[k] / (power_[k] * weight_[k] + noise);
  }

  cf64 turned_sum(double delay_s) const {
    cf64 sum = 0;
    for (std::size_t k = 0; k < bins(); ++k) {
      sum += weight_[k] * z_[k] * std::polar(1.0, 2 * pi * offsets_hz_[k] * delay_s);
    }
    return sum;
  }

  /// The delay that makes |turned_sum| largest, near `delay_s`: Newton.
  double refine(double delay_s) const {
    for (int step = 0; step < 3; ++step) {
      cf64 s0 = 0;
      cf64 s1 = 0;
      cf64 s2 = 0;
      for (std::size_t k = 0; k < bins(); ++k) {
        const double omega = 2 * pi * offsets_hz_[k];
        const cf64 y = weight_[k] * z_[k] * std::polar(1.0, omega * delay_s);
        s0 += y;
        s1 += cf64(0, omega) * y;
        s2 -= omega * omega * y;
      }
      const double slope = 2 * (std::conj(s0) * s1).real();
      const double curve = 2 * (std::norm(s1) + (std::conj(s0) * s2).real());
      if (!(curve < 0)) break;
      const double most_s = 0.25 / config_.sample_rate_hz;
      delay_s -= std::clamp(slope / curve, -most_s, most_s);
    }
    const double limit_s = (config_.max_delay_samples + 0.5) / config_.sample_rate_hz;
    return std::clamp(delay_s, -limit_s, limit_s);
  }

  Grid<const cf64> sums_;
  double frames_;
  const CalibrationEstimator::Config& config_;
  std::vector<std::size_t> channels_;
  std::vector<std::size_t> bins_;
  std::vector<double> offsets_hz_;
  std::vector<cf64> h_;  // [channel][bin]
  std::vector<cf64> gain_;
  std::vector<double> delay_s_;
  std::vector<double> weight_;
  std::vector<double> power_;
  std::vector<cf64> z_;
  std::vector<double> d_;
  bool delay_known_ = false;
};

}  // namespace

CalibrationEstimator::Result CalibrationEstimator::solve(double frequency_hz, double gain_db,
                                                         double time_s) const {
  const State& state = *state_;
  const auto refuse = [](std::string reason) {
    Result result;
    result.reason = std::move(reason);
    return result;
  };
  if (state.frames < 2) {
    return refuse("calibration: " + std::to_string(state.samples) + " samples, " +
                  std::to_string(2 * config_.fft_size) + " are needed");
  }
  Calibration calibration{.frequency_hz = frequency_hz, .gain_db = gain_db, .time_s = time_s};
  calibration.channels.resize(config_.channels);
  std::vector<std::size_t> live;
  for (std::size_t e = 0; e < config_.channels; ++e) {
    ChannelState& found = calibration.channels[e].state;
    const Watch& watch = state.watches[e];
    if (!watch.changed) found = watch.first == cf32(0) ? ChannelState::dead : ChannelState::stuck;
    for (const std::size_t other : live) {
      if (found == ChannelState::ok && state.watches[other].hash == watch.hash)
        found = ChannelState::duplicate;
    }
    if (found == ChannelState::ok) live.push_back(e);
  }

  // Dead channels are those with little signal: found by a fit with them, left out of the next.
  while (true) {
    if (live.size() < 2) {
      return refuse("calibration: " + std::to_string(live.size()) + " live channels, 2 are needed");
    }
    Fit fit(state.sums.view(), static_cast<double>(state.frames), config_, live);
    if (!fit.run()) return refuse("calibration: the channels have no source in common");
    std::vector<double> gains;
    for (std::size_t i = 0; i < live.size(); ++i) gains.push_back(std::abs(fit.gain(i)));
    std::vector<double> sorted = gains;
    std::ranges::sort(sorted);
    const double limit = amplitude_from_db(-config_.dead_below_db) * sorted[sorted.size() / 2];
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < live.size(); ++i) {
      if (gains[i] >= limit) {
        kept.push_back(live[i]);
      } else {
        calibration.channels[live[i]].state = ChannelState::dead;
      }
    }
    if (kept.size() < live.size()) {
      live = kept;
      continue;
    }

    const auto found = std::ranges::find(live, config_.reference);
    const auto strongest = std::ranges::max_element(gains) - gains.begin();
    const std::size_t r = found != live.end() ? static_cast<std::size_t>(found - live.begin())
                                              : static_cast<std::size_t>(strongest);
    calibration.reference = live[r];
    calibration.delay_known = fit.delay_known();
    double snr_sum = 0;
    for (std::size_t i = 0; i < live.size(); ++i) snr_sum += fit.snr(i);
    double phase = 0;
    double delay = 0;
    fit.information(snr_sum, phase, delay);
    double inverse = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
      ChannelCalibration& c = calibration.channels[live[i]];
      const cf64 gain = fit.gain(i) / fit.gain(r);
      c.gain = std::abs(gain);
      c.phase_rad = wrapped(std::arg(gain));
      c.delay_s = fit.delay_s(i) - fit.delay_s(r);
      c.snr_db = std::clamp(db_from_power(fit.snr(i)), -400.0, 400.0);
      if (i != r) inverse += (1 / fit.snr(i) + 1 / fit.snr(r)) / static_cast<double>(live.size() - 1);
    }
    Result result;
    const double phase_rms_rad = std::sqrt(inverse * phase);
    if (!(phase_rms_rad <= most_phase_rms_rad)) {
      return refuse("calibration: the source is too weak: phases to " +
                    std::to_string(deg_from_rad(phase_rms_rad)) + " degrees, 11.5 are wanted");
    }
    result.bound_deg_rms = deg_from_rad(phase_rms_rad);
    result.bound_delay_s_rms = std::sqrt(inverse * delay);

    // The shape, where the source covers the band; and what the model leaves, in finer parts.
    double weight = 0;
    if (config_.shape_points > 0 && fit.delay_known()) {
      const std::size_t points = config_.shape_points;
      const auto shapes = fit.shapes(points, r);
      for (std::size_t p = 0; p < points; ++p) calibration.offsets_hz.push_back(fit.middle_hz(p, points));
      for (std::size_t i = 0; i < live.size(); ++i) calibration.channels[live[i]].shape = shapes[i];
    }
    const std::size_t cells = std::min(fit.bins(), std::max(residual_cells, 2 * config_.shape_points));
    double heaviest = 0;
    for (std::size_t cell = 0; cell < cells; ++cell) {
      fit.ratio(r, cell * fit.bins() / cells, (cell + 1) * fit.bins() / cells, weight);
      heaviest = std::max(heaviest, weight);
    }
    double square_db = 0;
    double square_deg = 0;
    std::size_t parts = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
      for (std::size_t cell = 0; cell < cells && i != r; ++cell) {
        const std::size_t first = cell * fit.bins() / cells;
        const std::size_t last = (cell + 1) * fit.bins() / cells;
        double reference_weight = 0;
        const cf64 left = fit.ratio(i, first, last, weight) / fit.ratio(r, first, last, reference_weight);
        if (!(reference_weight > 0.1 * heaviest)) continue;
        square_db += std::pow(std::clamp(2 * db_from_power(std::abs(left)), -400.0, 400.0), 2);
        square_deg += std::pow(deg_from_rad(std::arg(left)), 2);
        ++parts;
      }
    }
    if (parts > 0) {
      calibration.residual_db_rms = std::sqrt(square_db / static_cast<double>(parts));
      calibration.residual_deg_rms = std::sqrt(square_deg / static_cast<double>(parts));
    }
    for (ChannelCalibration& c : calibration.channels) {
      if (c.state != ChannelState::ok) c = {.state = c.state};
    }
    try {
      calibration.check("calibration");
    } catch (const ConfigError& error) {
      return refuse(error.what());
    }
    result.ok = true;
    result.calibration = std::move(calibration);
    return result;
  }
}

std::vector<CalibrationBound> calibration_bound(std::span<const double> snr, std::size_t reference,
                                                double samples, double bandwidth_hz) {
  BORESIGHT_ASSERT(reference < snr.size());
  double sum = 0;
  for (const double s : snr) sum += s;
  const double omega_rms = 2 * pi * bandwidth_hz / std::sqrt(12.0);
  std::vector<CalibrationBound> bounds(snr.size());
  for (std::size_t e = 0; e < snr.size(); ++e) {
    if (e == reference) continue;
    const double variance = (1 + sum) / (2 * samples * sum) * (1 / snr[e] + 1 / snr[reference]);
    bounds[e].phase_rad_rms = std::sqrt(variance);
    bounds[e].gain_db_rms = 20 / std::log(10.0) * std::sqrt(variance);
    bounds[e].delay_s_rms = std::sqrt(variance) / omega_rms;
  }
  return bounds;
}

}  // namespace boresight::array
