#include "boresight/sync/repetition_detector.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"
#include "sync/window_sum.h"

namespace boresight::sync {
namespace {

double threshold_of(const RepetitionDetector::Config& config) {
  const double rate = config.false_alarm_rate;
  if (config.metric == RepetitionMetric::minn) {
    const auto parts = static_cast<double>(config.signs.size());
    return differential_ratio_threshold(config.period - 1, config.signs.size(), rate) * parts / (parts - 1);
  }
  return std::sqrt(-std::expm1(std::log(rate) / static_cast<double>(config.period - 2)));
}

// Not operator*, which is slow for what it does about infinities.
cf64 times_conjugate(cf64 a, cf64 b) {
  return {a.real() * b.real() + a.imag() * b.imag(), a.imag() * b.real() - a.real() * b.imag()};
}

}  // namespace

struct RepetitionDetector::State {
  struct Sums {  // of one part, kept by the number of its last sample
    cf64 sum;
    cf64 product;  // with the part before
    double energy = 0;
  };

  explicit State(const Config& config)
      : window(config.period * config.signs.size()),
        sum(config.period),
        product(config.period),
        energy(config.period),
        sums(window),
        samples(window) {}

  std::size_t window;
  WindowSum<cf64> sum;
  WindowSum<cf64> product;
  WindowSum<double> energy;
  std::vector<Sums> sums;     // ring over the window
  std::vector<cf64> samples;  // likewise
  std::uint64_t taken = 0;
  std::size_t place = 0;  // of the next sample in the rings

  cf64 correlation;  // C of the last window
  double metric = 0;
  bool passing = false;  // a detection is being looked for its largest metric
  std::size_t left = 0;  // samples until it is told, unless a larger one comes
  std::size_t most = 0;  // and at most
  Detection best;

  void reset() {
    sum.reset();
    product.reset();
    energy.reset();
    std::fill(sums.begin(), sums.end(), Sums{});
    std::fill(samples.begin(), samples.end(), cf64(0));
    taken = 0;
    place = 0;
    metric = 0;
    passing = false;
  }

  std::size_t back(std::size_t samples_ago) const {
    return place >= samples_ago ? place - samples_ago : place + window - samples_ago;
  }

  // Takes a sample; the rings' newest entry is at back(1) afterwards.
  void push(cf32 sample, std::size_t period) {
    const cf64 x(sample);
    const cf64 before = samples[back(period)];
    samples[place] = x;
    sums[place] = {sum.push(x), product.push(times_conjugate(x, before)),
                   energy.push(x.real() * x.real() + x.imag() * x.imag())};
    place = place + 1 == window ? 0 : place + 1;
    ++taken;
  }

  void measure(const Config& config) {
    const auto p = static_cast<double>(config.period);
    const auto square = [](cf64 z) { return z.real() * z.real() + z.imag() * z.imag(); };
    const auto varying = [&](const Sums& s) { return s.energy - square(s.sum) / p; };
    const Sums& last = sums[back(1)];
    double whole = 0;  // with the means, to tell rounding from signal
    double norm = 0;
    correlation = 0;
    if (config.metric == RepetitionMetric::minn) {
      const std::size_t parts = config.signs.size();
      const Sums* before = nullptr;
      for (std::size_t m = 0; m < parts; ++m) {
        const Sums& part = sums[back(1 + (parts - 1 - m) * config.period)];
        whole += part.energy;
        norm += varying(part);
        if (before != nullptr) {
          correlation += static_cast<double>(config.signs[m] * config.signs[m - 1]) *
                         (part.product - times_conjugate(part.sum, before->sum) / p);
        }
        before = &part;
      }
      norm *= static_cast<double>(parts - 1) / static_cast<double>(parts);
    } else {
      const Sums& first = sums[back(1 + config.period)];
      whole = std::max(first.energy, last.energy);
      const double both = varying(first) * varying(last);
      norm = varying(first) > 1e-11 * whole && both > 0 ? std::sqrt(both) : 0.0;
      if (config.metric == RepetitionMetric::schmidl_cox) {
        const auto sign = static_cast<double>(config.signs[0] * config.signs[1]);
        correlation = sign * (last.product - times_conjugate(last.sum, first.sum) / p);
      } else {
        for (std::size_t i = 0; i < config.period; ++i) {
          const cf64 a = samples[back(config.period + 1 + i)];
          const cf64 b = samples[back(config.period - i)];
          correlation +=
              cf64(a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real());
        }
        correlation -= first.sum * last.sum / p;
      }
    }
    metric = norm > 1e-11 * whole ? std::sqrt(square(correlation)) / norm : 0.0;
    if (!std::isfinite(metric)) metric = 0;
  }
};

RepetitionDetector::RepetitionDetector(const Config& config) : config_(config), threshold_(0) {
  require(
      config.period >= 4 && config.period <= 65536,
      "repetition detector: period of " + std::to_string(config.period) + " samples is outside 4 .. 65536");
  require(config.signs.size() >= 2 && config.signs.size() <= 64,
          "repetition detector: " + std::to_string(config.signs.size()) + " parts are outside 2 .. 64");
  require(config.metric == RepetitionMetric::minn || config.signs.size() == 2,
          "repetition detector: " + std::to_string(config.signs.size()) +
              " parts; the Schmidl-Cox and Park metrics have two");
  for (const int sign : config.signs)
    require(sign == 1 || sign == -1,
            "repetition detector: sign " + std::to_string(sign) + " is neither 1 nor -1");
  require(config.false_alarm_rate >= 1e-15 && config.false_alarm_rate <= 0.1,
          "repetition detector: false-alarm rate " + std::to_string(config.false_alarm_rate) +
              " is outside 1e-15 .. 0.1");
  threshold_ = threshold_of(config);
  state_ = std::make_unique<State>(config);
}

RepetitionDetector::~RepetitionDetector() = default;
RepetitionDetector::RepetitionDetector(RepetitionDetector&&) noexcept = default;
RepetitionDetector& RepetitionDetector::operator=(RepetitionDetector&&) noexcept = default;

double RepetitionDetector::metric() const {
  return state_->metric;
}

void RepetitionDetector::reset() {
  state_->reset();
}

Progress RepetitionDetector::process(std::span<const cf32> in, std::span<Detection> out) noexcept {
  State& s = *state_;
  Progress progress;
  while (progress.consumed < in.size() && progress.produced < out.size()) {
    s.push(in[progress.consumed++], config_.period);
    if (s.taken < s.window) continue;
    s.measure(config_);
    if (!s.passing && s.metric > threshold_) {
      s.passing = true;
      s.most = 8 * s.window;
      s.best = {};
    }
    if (!s.passing) continue;
    if (s.metric > s.best.metric) {
      const bool measured = config_.metric != RepetitionMetric::park;
      s.best = {s.taken - s.window,
                measured ? std::arg(s.correlation) / (2 * pi * static_cast<double>(config_.period)) : 0.0,
                s.metric};
      s.left = s.window;
    }
    if (--s.left == 0 || --s.most == 0) {
      s.passing = false;
      out[progress.produced++] = s.best;
    }
  }
  return progress;
}

}  // namespace boresight::sync
