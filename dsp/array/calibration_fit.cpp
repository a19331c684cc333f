#include "calibration_fit.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <utility>

#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr int most_rounds = 40;
constexpr double still = 1e-7;  // of a channel's response, when the fit stops
// Largest |cross spectrum sum|^2 over what noise alone makes of it: exponential, the largest of up to 8192
// trials (channels times delays); beyond this once in 60,000 calibrations without a source.
constexpr double least_evidence = 20;
constexpr double least_noise = 0.25;     // of a channel, in units of the median's
constexpr double least_spread_bins = 5;  // rms, of a source that tells delays
// Coherence of a narrow source, all its bins together, in units of what noise makes of one. A tone that
// reaches least_evidence has as much; half of it is left when half of the channels do not hear it.
constexpr double least_narrow = 0.5 * least_evidence;

}  // namespace

CalibrationFit::CalibrationFit(Grid<const cf64> sums, double frames,
                               const CalibrationEstimator::Config& config, std::vector<std::size_t> channels)
    : sums_(sums), frames_(frames), config_(config), channels_(std::move(channels)) {
  const std::size_t n = config.fft_size;
  const double band_hz = config.band_hz > 0 ? config.band_hz : 0.9 * config.sample_rate_hz;
  for (std::size_t i = 0; i < n; ++i) {
    const double offset_hz = (static_cast<double>(i) - 0.5 * static_cast<double>(n)) * config.sample_rate_hz /
                             static_cast<double>(n);
    if (2 * std::abs(offset_hz) > band_hz) continue;
    if (config.notch_hz > 0 && 2 * std::abs(offset_hz) <= config.notch_hz) continue;
    bins_.push_back((i + n / 2) % n);
    offsets_hz_.push_back(offset_hz);
  }
  h_.assign(count() * bins_.size(), 1);
  gain_.assign(count(), 1);
  delay_s_.assign(count(), 0);
  noise_.assign(count(), 1);
  weight_.assign(bins_.size(), 1);
  power_.assign(bins_.size(), 0);
  z_.assign(bins_.size(), 0);
  d_.assign(bins_.size(), 0);
}

bool CalibrationFit::run() {
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

cf64 CalibrationFit::r(std::size_t e, std::size_t j, std::size_t k) const {
  const std::size_t a = channels_[e];
  const std::size_t b = channels_[j];
  const cf64 sum =
      a >= b ? sums_(a * (a + 1) / 2 + b, bins_[k]) : std::conj(sums_(b * (b + 1) / 2 + a, bins_[k]));
  return sum / frames_;
}

std::vector<std::vector<cf64>> CalibrationFit::shapes(std::size_t points, std::size_t reference) {
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

cf64 CalibrationFit::ratio(std::size_t e, std::size_t first, std::size_t last, double& weight) {
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

double CalibrationFit::snr(std::size_t e) const {
  double signal = 0;
  double total = 0;
  for (std::size_t k = 0; k < bins(); ++k) {
    signal += power_[k] * std::norm(h_[e * bins() + k]);
    total += r(e, e, k).real();
  }
  return signal > 0 ? signal / std::max(total - signal, 1e-12 * total) : 0;
}

double CalibrationFit::source_offset_hz() const {
  double sum = 0;
  double first = 0;
  for (std::size_t k = 0; k < bins(); ++k) {
    sum += power_[k] * power_[k];
    first += power_[k] * power_[k] * offsets_hz_[k];
  }
  return sum > 0 ? first / sum : 0;
}

CalibrationFit::SecondSource CalibrationFit::second_source() {
  if (count() < 3) return {};  // one cross spectrum fits any source
  const std::size_t cells = std::min<std::size_t>(bins(), 8);
  const double snapshots = 0.5 * (frames_ + 1);
  std::vector<cf64> own(count());
  double left = 0;
  double spread = 0;
  double explained = 0;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const std::size_t first = cell * bins() / cells;
    const std::size_t last = (cell + 1) * bins() / cells;
    for (std::size_t e = 0; e < count(); ++e) {
      double weight = 0;
      own[e] = ratio(e, first, last, weight);
      if (!(std::abs(own[e]) > 0.1 && std::abs(own[e]) < 10)) own[e] = 1;
    }
    for (std::size_t e = 0; e < count(); ++e) {
      for (std::size_t j = 0; j < e; ++j) {
        cf64 rest = 0;
        cf64 model = 0;
        double noise = 0;
        for (std::size_t k = first; k < last; ++k) {
          const cf64 one =
              power_[k] * h_[e * bins() + k] * std::conj(h_[j * bins() + k]) * own[e] * std::conj(own[j]);
          rest += r(e, j, k) - one;
          model += one;
          noise += r(e, e, k).real() * r(j, j, k).real() / snapshots;
        }
        left += std::norm(rest) - noise;
        spread += noise * noise;
        explained += std::norm(model);
      }
    }
  }
  if (!(explained > 0)) return {};
  return {left / explained, spread > 0 ? left / std::sqrt(spread) : 0.0};
}

void CalibrationFit::information(double snr_sum, double& phase, double& delay) const {
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

bool CalibrationFit::start() {
  std::size_t pivot = 0;
  double most = -1;
  std::vector<double> powers(count(), 0);
  for (std::size_t e = 0; e < count(); ++e) {
    for (std::size_t k = 0; k < bins(); ++k) powers[e] += r(e, e, k).real();
  }
  // Until more is known, all is noise.
  double mean_power = 0;
  for (const double p : powers) mean_power += p / static_cast<double>(count() * bins());
  if (!(mean_power > 0)) return false;
  for (std::size_t e = 0; e < count(); ++e) noise_[e] = powers[e] / static_cast<double>(bins());
  set_noise(noise_, mean_power);
  for (std::size_t e = 0; e < count(); ++e) {
    // Relative to their powers: a channel with much noise would else share most of all.
    double shared = 0;
    for (std::size_t j = 0; j < count(); ++j) {
      if (j == e || !(powers[e] * powers[j] > 0)) continue;
      for (std::size_t k = 0; k < bins(); ++k) shared += std::norm(r(e, j, k)) / (powers[e] * powers[j]);
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
  std::vector<double> coherences(bins());
  for (std::size_t k = 0; k < bins(); ++k) {
    double coherence = 0;
    for (std::size_t e = 0; e < count(); ++e) {
      const double noise = r(e, e, k).real() * r(pivot, pivot, k).real();
      if (e != pivot && noise > 0) coherence += std::norm(r(e, pivot, k)) / noise;
    }
    coherences[k] = coherence / static_cast<double>(count() - 1) * snapshots;
    const double excess = std::max(0.0, coherences[k] - 2);
    const auto at = static_cast<double>(k);
    sum += excess * excess;
    first += excess * excess * at;
    second += excess * excess * at * at;
  }
  delay_known_ =
      sum > 0 && second / sum - (first / sum) * (first / sum) > least_spread_bins * least_spread_bins;
  narrow_ = sum > 0 && !delay_known_ && stands_out(coherences, first / sum);

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

// A wide source that is too weak to be seen in any bin looks narrow, too, where noise lifts a few; but it
// lifts all others as well.
bool CalibrationFit::stands_out(std::span<const double> coherences, double middle_bin) const {
  double inside = 0;
  double outside = 0;
  double width = 0;
  for (std::size_t k = 0; k < coherences.size(); ++k) {
    const bool near = std::abs(static_cast<double>(k) - middle_bin) <= 2 * least_spread_bins;
    (near ? inside : outside) += coherences[k];
    width += near ? 1 : 0;
  }
  const auto all = static_cast<double>(coherences.size());
  if (!(all > width)) return true;
  const double by_chance = 3 * std::sqrt(width / static_cast<double>(count() - 1));
  return inside - width * outside / (all - width) > least_narrow + by_chance;
}

void CalibrationFit::model(std::size_t e) {
  for (std::size_t k = 0; k < bins(); ++k) {
    h_[e * bins() + k] = gain_[e] * std::polar(1.0, -2 * pi * offsets_hz_[k] * delay_s_[e]);
  }
}

void CalibrationFit::combine(std::size_t e) {
  const bool own = count() == 2;
  for (std::size_t k = 0; k < bins(); ++k) {
    z_[k] = 0;
    d_[k] = 0;
    for (std::size_t j = 0; j < count(); ++j) {
      if (j == e && !own) continue;
      z_[k] += r(e, j, k) * h_[j * bins() + k] / noise_[j];
      d_[k] += std::norm(h_[j * bins() + k]) / noise_[j];
    }
  }
}

void CalibrationFit::weigh() {
  std::vector<double> left(count(), 0);
  double all = 0;
  for (std::size_t k = 0; k < bins(); ++k) {
    double sum = 0;
    double scale = 0;
    for (std::size_t e = 0; e < count(); ++e) {
      const cf64 h = h_[e * bins() + k];
      for (std::size_t j = 0; j < e; ++j) {
        const cf64 g = h_[j * bins() + k];
        const double weight = 1 / (noise_[e] * noise_[j]);
        sum += weight * (std::conj(h) * r(e, j, k) * g).real();
        scale += weight * std::norm(h) * std::norm(g);
      }
    }
    power_[k] = scale > 0 ? std::max(0.0, sum / scale) : 0;
    for (std::size_t e = 0; e < count(); ++e) {
      const double own = r(e, e, k).real();
      left[e] += (own - power_[k] * std::norm(h_[e * bins() + k])) / static_cast<double>(bins());
      all += own / static_cast<double>(count() * bins());
    }
  }
  set_noise(std::move(left), all);
  for (std::size_t k = 0; k < bins(); ++k) {
    double size = 0;
    for (std::size_t e = 0; e < count(); ++e) size += std::norm(h_[e * bins() + k]) / noise_[e];
    weight_[k] = power_[k] / (power_[k] * size + 1);
  }
}

void CalibrationFit::set_noise(std::vector<double> left, double mean_power) {
  for (double& noise : left) noise = std::max(noise, 1e-9 * mean_power);
  if (count() == 2) {
    // Gains and noises cannot be told apart: it is the same for both.
    std::ranges::fill(noise_, 0.5 * (left[0] + left[1]));
    return;
  }
  noise_ = left;
  std::ranges::sort(left);
  // What the model explains by chance leaves little noise, and must not make the channel the only one that
  // counts.
  for (double& noise : noise_) noise = std::max(noise, least_noise * left[count() / 2]);
}

cf64 CalibrationFit::turned_sum(double delay_s) const {
  cf64 sum = 0;
  for (std::size_t k = 0; k < bins(); ++k) {
    sum += weight_[k] * z_[k] * std::polar(1.0, 2 * pi * offsets_hz_[k] * delay_s);
  }
  return sum;
}

double CalibrationFit::refine(double delay_s) const {
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

}  // namespace boresight::array
