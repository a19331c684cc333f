#include "boresight/sync/sequence_search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"
#include "fft/fft.h"
#include "kernels/preamble.h"
#include "kernels/products.h"
#include "sync/window_sum.h"

namespace boresight::sync {
namespace {

// t with exp(-t) sum_{m < segments} t^m / m! = rate.
double gamma_threshold(std::size_t segments, double rate) {
  double low = 0;
  double high = 100 + 4 * static_cast<double>(segments);
  for (int i = 0; i < 100; ++i) {
    const double t = (low + high) / 2;
    double term = std::exp(-t);
    double tail = 0;
    for (std::size_t m = 0; m < segments; ++m) {
      tail += term;
      term *= t / static_cast<double>(m + 1);
    }
    (tail > rate ? low : high) = t;
  }
  return (low + high) / 2;
}

}  // namespace

struct SequenceSearch::State {
  State(std::size_t length, std::size_t segments)
      : size(std::bit_ceil(std::max<std::size_t>(4 * length, 256))),
        step(size - length + 1),
        forward(size, fft::Direction::forward),
        inverse(size, fft::Direction::inverse),
        filters(segments, aligned_vector<cf32>(size)),
        samples(size),
        spectrum(size),
        product(size),
        matched(size),
        last(size),
        sum(size),
        energy(length),
        energies(size) {
    found.reserve(step / length + 2);
  }

  std::size_t size;
  std::size_t step;
  fft::Fft forward;
  fft::Fft inverse;
  std::vector<aligned_vector<cf32>> filters;  // conjugate spectra, one over |p_m| and over the FFT's size
  aligned_vector<cf32> samples;
  aligned_vector<cf32> spectrum;
  aligned_vector<cf32> product;
  aligned_vector<cf32> matched;
  aligned_vector<cf32> last;
  aligned_vector<cf32> sum;  // differential; noncoherent: in the real part
  WindowSum<double> energy;
  std::vector<double> energies;  // of the sequence's length that ends with each sample
  std::size_t filled = 0;
  std::uint64_t first = 0;  // number of samples[0]

  bool passing = false;
  std::size_t left = 0;  // samples until the best is told, unless a better one comes
  std::size_t most = 0;  // and at most
  Detection best;
  std::vector<Detection> found;
  std::size_t told = 0;
};

SequenceSearch::SequenceSearch(const Config& config) : config_(config), threshold_(0) {
  const std::size_t length = config.sequence.size();
  const bool differential = config.combining == Combining::differential;
  require(length >= 8 && length <= 65536,
          "sequence search: " + std::to_string(length) + " samples are outside 8 .. 65536");
  require(
      config.segments >= (differential ? 2U : 1U) && config.segments <= 64 && length % config.segments == 0,
      "sequence search: " + std::to_string(config.segments) + " segments are outside " +
          (differential ? "2" : "1") + " .. 64 or do not divide " + std::to_string(length) + " samples");
  require(config.false_alarm_rate >= 1e-15 && config.false_alarm_rate <= 0.1,
          "sequence search: false-alarm rate " + std::to_string(config.false_alarm_rate) +
              " is outside 1e-15 .. 0.1");
  threshold_ = differential ? differential_threshold(config.segments, config.false_alarm_rate)
                            : gamma_threshold(config.segments, config.false_alarm_rate);
  state_ = std::make_unique<State>(length, config.segments);
  State& s = *state_;
  const std::size_t segment = length / config.segments;
  for (std::size_t m = 0; m < config.segments; ++m) {
    auto& filter = s.filters[m];
    double energy = 0;
    for (std::size_t i = m * segment; i < (m + 1) * segment; ++i) {
      filter[i] = config.sequence[i];
      energy += static_cast<double>(std::norm(config.sequence[i]));
    }
    require(energy > 0 && std::isfinite(energy),
            "sequence search: segment " + std::to_string(m) + " has no energy or is not finite");
    s.forward.run(filter, filter);
    const auto scale = static_cast<float>(1 / (std::sqrt(energy) * static_cast<double>(s.size)));
    for (cf32& h : filter) h = scale * std::conj(h);
  }
}

SequenceSearch::~SequenceSearch() = default;
SequenceSearch::SequenceSearch(SequenceSearch&&) noexcept = default;
SequenceSearch& SequenceSearch::operator=(SequenceSearch&&) noexcept = default;

std::size_t SequenceSearch::latency_samples() const {
  return state_->size + config_.sequence.size();
}

void SequenceSearch::reset() {
  State& s = *state_;
  s.energy.reset();
  s.filled = 0;
  s.first = 0;
  s.passing = false;
  s.found.clear();
  s.told = 0;
}

void SequenceSearch::block() noexcept {
  State& s = *state_;
  const std::size_t length = config_.sequence.size();
  const bool differential = config_.combining == Combining::differential;
  s.forward.run(s.samples, s.spectrum);
  std::fill(s.sum.begin(), s.sum.end(), cf32(0));
  for (std::size_t m = 0; m < config_.segments; ++m) {
    kernels::multiply(s.spectrum, s.filters[m], s.product);
    s.inverse.run(s.product, s.matched);
    const auto matched = std::span<const cf32>(s.matched).first(s.step);
    const auto before = differential ? std::span<const cf32>(s.last).first(s.step) : matched;
    if (!differential || m > 0)
      kernels::add_conjugate_products(matched, before, std::span(s.sum).first(s.step));
    std::swap(s.last, s.matched);
  }
  for (std::size_t n = 0; n < s.step; ++n) {
    const double power = s.energies[n + length - 1] / static_cast<double>(length);
    const auto re = static_cast<double>(s.sum[n].real());
    const auto im = static_cast<double>(s.sum[n].imag());
    const double square = re * re + im * im;
    // Roots only of what passes; what is no number does not.
    const bool passes =
        power > 1e-30 && square > threshold_ * threshold_ * power * power && std::isfinite(square);
    if (!s.passing && !passes) continue;
    const double statistic = passes ? std::sqrt(square) / power : 0.0;
    if (!s.passing) {
      s.passing = true;
      s.most = 8 * length;
      s.best = {};
    }
    if (statistic > s.best.statistic) {
      const auto segment = static_cast<double>(length / config_.segments);
      s.best = {s.first + n, differential ? std::arg(cf64(s.sum[n])) / (2 * pi * segment) : 0.0, statistic};
      s.left = length;
    }
    if (--s.left == 0 || --s.most == 0) {
      s.passing = false;
      s.found.push_back(s.best);
    }
  }
}

Progress SequenceSearch::process(std::span<const cf32> in, std::span<Detection> out) noexcept {
  State& s = *state_;
  const std::size_t length = config_.sequence.size();
  Progress progress;
  while (true) {
    while (s.told < s.found.size() && progress.produced < out.size())
      out[progress.produced++] = s.found[s.told++];
    if (s.told < s.found.size() || progress.consumed == in.size()) return progress;
    s.found.clear();
    s.told = 0;
    const std::size_t count = std::min(in.size() - progress.consumed, s.size - s.filled);
    for (std::size_t i = 0; i < count; ++i) {
      const cf32 x = in[progress.consumed + i];
      s.samples[s.filled + i] = x;
      s.energies[s.filled + i] =
          s.energy.push(static_cast<double>(x.real() * x.real() + x.imag() * x.imag()));
    }
    s.filled += count;
    progress.consumed += count;
    if (s.filled < s.size) continue;
    block();
    std::copy(s.samples.begin() + static_cast<std::ptrdiff_t>(s.step), s.samples.end(), s.samples.begin());
    std::copy(s.energies.begin() + static_cast<std::ptrdiff_t>(s.step), s.energies.end(), s.energies.begin());
    s.filled = length - 1;
    s.first += s.step;
  }
}

}  // namespace boresight::sync
