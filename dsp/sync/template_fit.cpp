#include "boresight/sync/template_fit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/ku_preamble.h"
#include "fft/fft.h"
#include "kernels/preamble.h"

namespace boresight::sync {
namespace {

constexpr std::size_t tail = 16;    // samples of a band-limited template before and behind it that are kept
constexpr int fractions = 8;        // templates per sample
constexpr std::size_t blocks = 16;  // of the sum, which a carrier then turns against each other
constexpr double hopeless = 0.55;   // share of the threshold
constexpr std::size_t least_power_samples = 1024;
constexpr double click = 4;

// Both tails included, in whole blocks.
std::size_t template_samples(double rate_hz, double duration_s) {
  const auto samples = static_cast<std::size_t>(std::ceil(duration_s * rate_hz)) + 2 * tail;
  return (samples + blocks - 1) / blocks * blocks;
}

// The offset of the top of the parabola through three values, in steps; within +-1/2.
double top(double before, double at, double behind) {
  const double curvature = before - 2 * at + behind;
  return curvature < 0 ? std::clamp(0.5 * (before - behind) / curvature, -0.5, 0.5) : 0.0;
}

}  // namespace

struct TemplateFit::Workspace {
  double rate_hz = 0;
  double begin = 0;  // samples from the frame's start to the template's
  double carrier_grid_hz = 0;
  std::size_t samples = 0;     // of a template, both tails included
  double energy = 0;           // E_t
  double delay_rad_per_s = 0;  // standard deviations of the gradient
  double carrier_rad_per_hz = 0;
  aligned_vector<float> template_re, template_im;  // [fractions x samples]
  aligned_vector<float> re, im;                    // the samples looked at, carrier taken off
  aligned_vector<cf32> turns, turned;
  std::array<cf64, blocks> sums{};

  std::size_t block_samples() const { return samples / blocks; }

  // x times exp(-j 2 pi carrier m / rate): a table of one block's turns, and a phasor for each block.
  void take(std::span<const cf32> x, double carrier_hz) {
    const double step = -2 * pi * carrier_hz / rate_hz;
    const cf64 turn = std::polar(1.0, step);
    cf64 phasor = 1;
    for (cf32& t : turns) {
      t = cf32(phasor);
      phasor = {phasor.real() * turn.real() - phasor.imag() * turn.imag(),
                phasor.real() * turn.imag() + phasor.imag() * turn.real()};
    }
    for (std::size_t first = 0; first < x.size(); first += turns.size()) {
      const std::size_t count = std::min(turns.size(), x.size() - first);
      const std::span<cf32> out = std::span(turned).first(count);
      kernels::multiply(x.subspan(first, count), std::span(turns).first(count), out);
      const double angle = step * static_cast<double>(first);
      const auto c = static_cast<float>(std::cos(angle));
      const auto s = static_cast<float>(std::sin(angle));
      for (std::size_t i = 0; i < count; ++i) {
        re[first + i] = out[i].real() * c - out[i].imag() * s;
        im[first + i] = out[i].real() * s + out[i].imag() * c;
      }
    }
  }

  // Sums of x t* by blocks for a template that begins `shift` samples into what was taken.
  void correlate(std::size_t fraction, std::size_t shift) {
    const std::size_t n = block_samples();
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::size_t t = fraction * samples + b * n;
      sums[b] = cf64(kernels::dot_conjugate(
          std::span(re).subspan(shift + b * n, n), std::span(im).subspan(shift + b * n, n),
          std::span(template_re).subspan(t, n), std::span(template_im).subspan(t, n)));
    }
  }

  // |sum of the blocks|^2 with `rest_hz` more of carrier taken off.
  double power_at(double rest_hz) const {
    const cf64 turn = std::polar(1.0, -2 * pi * rest_hz * static_cast<double>(block_samples()) / rate_hz);
    cf64 sum = 0;
    for (std::size_t b = blocks; b-- > 0;) {
      sum = {sum.real() * turn.real() - sum.imag() * turn.imag() + sums[b].real(),
             sum.real() * turn.imag() + sum.imag() * turn.real() + sums[b].imag()};
    }
    return std::norm(sum);
  }
};

std::size_t TemplateFit::spectrum_bins(double sample_rate_hz, double duration_s) {
  require(sample_rate_hz >= 1e6 && sample_rate_hz <= 300e6,
          "template fit: sample rate " + std::to_string(sample_rate_hz) + " Hz is outside 1 .. 300 MHz");
  require(duration_s >= 1e-6 && duration_s <= 1 / ku_frame_rate_hz,
          "template fit: a template of " + std::to_string(duration_s) + " s does not fit into a frame");
  return std::bit_ceil(2 * template_samples(sample_rate_hz, duration_s));
}

TemplateFit::TemplateFit(const Config& config) : work_(std::make_unique<Workspace>()) {
  const double rate = config.sample_rate_hz;
  const std::size_t n = spectrum_bins(rate, config.duration_s);
  require(config.begin_s >= 0 && config.begin_s <= 1 / ku_frame_rate_hz,
          "template fit: a template that begins at " + std::to_string(config.begin_s) +
              " s does not fit into a frame");
  require(config.false_alarm >= 1e-12 && config.false_alarm <= 0.1,
          "template fit: false alarm " + std::to_string(config.false_alarm) + " is outside 1e-12 .. 0.1");
  require(config.max_carrier_offset_hz >= 0 && config.max_carrier_offset_hz <= 2e6,
          "template fit: carrier offsets up to " + std::to_string(config.max_carrier_offset_hz) +
              " Hz are outside 0 .. 2 MHz");
  require(config.spectrum.size() == n, "template fit: a spectrum of " +
                                           std::to_string(config.spectrum.size()) + " bins, not " +
                                           std::to_string(n));
  Workspace& w = *work_;
  w.rate_hz = rate;
  w.begin = config.begin_s * rate;
  w.carrier_grid_hz = 1 / (8 * config.duration_s);
  w.samples = template_samples(rate, config.duration_s);
  w.turns.resize(w.block_samples());
  w.turned.resize(w.block_samples());
  const std::size_t room = w.samples + 6;
  w.re.resize(room);
  w.im.resize(room);

  const std::vector<cf32>& centered = config.spectrum;  // the bins from -n/2 on
  const double bin_hz = rate / static_cast<double>(n);
  double power = 0;
  double first = 0;
  double second = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const double p = static_cast<double>(std::norm(centered[k]));
    const double omega = 2 * pi * bin_hz * (static_cast<double>(k) - static_cast<double>(n / 2));
    power += p;
    first += omega * p;
    second += omega * omega * p;
  }
  require(power > 0, "template fit: the slice holds nothing of the template");
  w.delay_rad_per_s = std::sqrt(std::max(0.0, second / power - (first / power) * (first / power)));

  w.template_re.resize(fractions * w.samples);
  w.template_im.resize(fractions * w.samples);
  const fft::Fft inverse(n, fft::Direction::inverse);
  aligned_vector<cf32> bins(n);
  for (std::size_t q = 0; q < fractions; ++q) {
    const double delay = static_cast<double>(q) / fractions;
    for (std::size_t k = 0; k < n; ++k) {
      const double turns = (static_cast<double>(k) / static_cast<double>(n) - 0.5) * delay;
      bins[(k + n / 2) % n] = centered[k] * cf32(std::polar(1.0 / static_cast<double>(n), -2 * pi * turns));
    }
    inverse.run(bins, bins);
    double mean = 0;
    double square = 0;
    double energy = 0;
    for (std::size_t m = 0; m < w.samples; ++m) {
      const cf32 t = bins[(m + n - tail) % n];
      w.template_re[q * w.samples + m] = t.real();
      w.template_im[q * w.samples + m] = t.imag();
      const double p = static_cast<double>(std::norm(t));
      const double omega = 2 * pi * static_cast<double>(m) / rate;
      energy += p;
      mean += omega * p;
      square += omega * omega * p;
    }
    if (q == 0) {
      w.energy = energy;
      w.carrier_rad_per_hz = std::sqrt(square / energy - (mean / energy) * (mean / energy));
    }
  }
  threshold_ = threshold_for(config.false_alarm, w.delay_rad_per_s, w.carrier_rad_per_hz,
                             1 / ku_frame_rate_hz, 2 * config.max_carrier_offset_hz);
}

TemplateFit::~TemplateFit() = default;
TemplateFit::TemplateFit(TemplateFit&&) noexcept = default;
TemplateFit& TemplateFit::operator=(TemplateFit&&) noexcept = default;

std::size_t TemplateFit::lead_samples() const {
  return tail + 3;
}
std::size_t TemplateFit::trail_samples() const {
  return static_cast<std::size_t>(std::ceil(work_->begin)) + work_->samples + 6;
}
double TemplateFit::threshold_near(double false_alarm, double delay_samples, double carrier_hz) const {
  const Workspace& w = *work_;
  return threshold_for(false_alarm, w.delay_rad_per_s, w.carrier_rad_per_hz, 2 * delay_samples / w.rate_hz,
                       2 * carrier_hz);
}
double TemplateFit::energy() const {
  return work_->energy;
}
double TemplateFit::start_sigma(double snr) const {
  const Workspace& w = *work_;
  return w.rate_hz / (w.delay_rad_per_s * std::sqrt(2 * w.energy * std::max(snr, 1e-9)));
}

double TemplateFit::threshold_for(double false_alarm, double delay_rad_per_s, double carrier_rad_per_hz,
                                  double period_s, double range_hz) {
  const double delay = delay_rad_per_s * period_s;
  const double carrier = carrier_rad_per_hz * range_hz;
  double u = 20;
  for (int i = 0; i < 100; ++i) {
    const double count = 1 + std::sqrt(u / pi) * (delay + carrier) + delay * carrier * (2 * u - 1) / (2 * pi);
    u = std::max(1.0, std::log(count / false_alarm));
  }
  return u;
}

std::optional<FrameEstimate> TemplateFit::process(std::span<const cf32> x, double start, double carrier_hz,
                                                  double carrier_range_hz, double power,
                                                  double least) noexcept {
  Workspace& w = *work_;
  if (!(start >= static_cast<double>(lead_samples())) ||
      !(start + static_cast<double>(trail_samples()) <= static_cast<double>(x.size())))
    return std::nullopt;
  if (!(std::abs(carrier_hz) < w.rate_hz)) return std::nullopt;
  if (!(carrier_range_hz >= 0 && carrier_range_hz <= w.rate_hz)) return std::nullopt;

  // Places in fractions of a sample; what is taken begins three samples early.
  const auto place = static_cast<std::ptrdiff_t>(std::lround((start + w.begin) * fractions));
  const std::ptrdiff_t first = (place / fractions) - static_cast<std::ptrdiff_t>(tail) - 3;
  w.take(x.subspan(static_cast<std::size_t>(first), w.samples + 6), carrier_hz);
  if (power <= 0) {
    const auto mean_power = [&](std::size_t count) {
      count = std::min(count, x.size());
      const std::size_t begin = std::min(static_cast<std::size_t>(first), x.size() - count);
      double sum = 0;
      for (const cf32 s : x.subspan(begin, count)) sum += static_cast<double>(std::norm(s));
      return sum / static_cast<double>(count);
    };
    power = mean_power(std::max(w.samples, least_power_samples));
    if (mean_power(w.samples) > click * power) return std::nullopt;
  }
  if (!(power > 0)) return std::nullopt;

  const auto correlate = [&](std::ptrdiff_t at) {
    const std::ptrdiff_t whole = at / fractions;
    const auto shift = static_cast<std::size_t>(whole - static_cast<std::ptrdiff_t>(tail) - first);
    w.correlate(static_cast<std::size_t>(at - whole * fractions), shift);
  };
  const auto best_carrier = [&](double middle, double range, double step) {
    double best = middle;
    double most = -1;
    const int count = static_cast<int>(std::ceil(range / step));
    for (int i = -count; i <= count; ++i) {
      const double p = w.power_at(middle + i * step);
      if (p > most) {
        most = p;
        best = middle + i * step;
      }
    }
    return best;
  };

  // The search looks at a sample and half a sample on.
  correlate(place);
  double rest = best_carrier(0, carrier_range_hz, w.carrier_grid_hz);
  double most = w.power_at(rest);
  std::ptrdiff_t best = place;
  correlate(place + fractions / 2);
  const double half_rest = best_carrier(0, carrier_range_hz, w.carrier_grid_hz);
  if (w.power_at(half_rest) > most) {
    rest = half_rest;
    most = w.power_at(rest);
    best = place + fractions / 2;
  }
  // A quarter sample beside the top 0.8 of the power is left; a place without that needs no closer look.
  if (!(most >= hopeless * (least > 0 ? least : threshold_) * w.energy * power)) return std::nullopt;
  const auto strength = [&](std::ptrdiff_t at) {
    correlate(at);
    return w.power_at(rest);
  };
  const auto try_places = [&](std::initializer_list<std::ptrdiff_t> offsets) {
    const std::ptrdiff_t middle = best;
    for (const std::ptrdiff_t offset : offsets) {
      const double p = strength(middle + offset);
      if (p > most) {
        most = p;
        best = middle + offset;
      }
    }
  };
  // Uphill by half samples and quarters, at most a sample and a half from where it began.
  for (int i = 0; i < 3; ++i) {
    const std::ptrdiff_t from = best;
    try_places({-4, 4});
    if (best == from) break;
  }
  try_places({-2, 2});
  try_places({-1, 1});
  const double before = strength(best - 1);
  const double behind = strength(best + 1);
  const double later = top(before, most, behind);
  correlate(best);
  const double fine = w.carrier_grid_hz / 2;
  rest = best_carrier(rest, fine, fine);
  const double left = w.power_at(rest - fine);
  const double right = w.power_at(rest + fine);
  rest += fine * top(left, w.power_at(rest), right);
  most = w.power_at(rest);

  FrameEstimate estimate;
  estimate.start = (static_cast<double>(best) + later) / fractions - w.begin;
  estimate.carrier_hz = carrier_hz + rest;
  estimate.statistic = most / (w.energy * power);
  const double share = std::clamp((estimate.statistic - 1) / w.energy, 1e-9, 1 - 1e-9);
  estimate.snr = share / (1 - share);
  estimate.carrier_sigma_hz = 1 / (w.carrier_rad_per_hz * std::sqrt(2 * w.energy * estimate.snr));
  return estimate;
}

TemplateFit::Config preamble_template(double sample_rate_hz, double center_hz) {
  TemplateFit::Config config;
  config.sample_rate_hz = sample_rate_hz;
  config.duration_s = 2 * ku_symbol_s;
  config.spectrum.resize(TemplateFit::spectrum_bins(sample_rate_hz, config.duration_s));
  ku_preamble_spectrum(PreamblePart::both, sample_rate_hz, center_hz - sample_rate_hz / 2,
                       sample_rate_hz / static_cast<double>(config.spectrum.size()), config.spectrum);
  return config;
}

}  // namespace boresight::sync
