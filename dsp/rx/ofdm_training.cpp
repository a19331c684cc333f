#include "rx/ofdm_training.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "boresight/sync/first_path.h"

namespace boresight::rx {
namespace {

constexpr std::size_t repeats = frame::OfdmBurst::training_symbols;

// P(gamma of whole shape > x).
double gamma_tail(std::size_t shape, double x) {
  double term = 1;
  double sum = 1;
  for (std::size_t i = 1; i < shape; ++i) sum += term *= x / static_cast<double>(i);
  return sum * std::exp(-x);
}

double gamma_threshold(std::size_t shape, double probability) {
  double low = 0;
  double high = 200 + 4 * static_cast<double>(shape);
  for (int i = 0; i < 60; ++i) {
    const double x = 0.5 * (low + high);
    (gamma_tail(shape, x) > probability ? low : high) = x;
  }
  return high;
}

// Lags in samples, and the products of samples that are added up at them.
struct Lags {
  explicit Lags(const frame::OfdmBurst& burst)
      : parts((2 * burst.signs().size() + 1) / 3),
        repetition(static_cast<double>(parts * burst.part_samples())),
        training(static_cast<double>(burst.numerology().symbol_samples())),
        repetition_weight(static_cast<double>((burst.signs().size() - parts) * burst.part_samples()) *
                          repetition * repetition),
        training_weight(static_cast<double>(burst.numerology().fft_size) * training * training) {}
  std::size_t parts;
  double repetition, training;
  // Of a frequency, by 1 / variance: a phase's variance is as 1 / products.
  double repetition_weight, training_weight;
};

}  // namespace

double OfdmTraining::frequency_gain(const frame::OfdmBurst& burst) {
  const Lags lags(burst);
  return lags.training_weight / (lags.training_weight + lags.repetition_weight);
}

double OfdmTraining::frequency_with(Grid<const cf32> repetition) const noexcept {
  const Lags lags(*burst_);
  const std::size_t period = burst_->part_samples();
  const auto signs = burst_->signs();
  const std::size_t lag = lags.parts * period;
  const std::size_t missing = burst_->repetition_samples() - repetition.columns();
  cf64 sum = 0;
  for (std::size_t a = 0; a < config_.antennas; ++a) {
    if (!(energy_[repeats * a] > 0)) continue;
    const auto x = repetition.row(a);
    cf64 own = 0;
    for (std::size_t i = 0; i + lag < x.size(); ++i) {
      const std::size_t m = (i + missing) / period;
      const auto sign = static_cast<float>(signs[m] * signs[m + lags.parts]);
      const cf32 late = x[i + lag] * sign;
      own += cf64(static_cast<double>(late.real() * x[i].real() + late.imag() * x[i].imag()),
                  static_cast<double>(late.imag() * x[i].real() - late.real() * x[i].imag()));
    }
    sum += own / energy_[repeats * a];
  }
  // Both as errors of the frequency that was resolved.
  const double turn = std::arg(sum * std::polar(1.0, -2 * pi * resolved_ * lags.repetition));
  const double from_parts = turn / (2 * pi * lags.repetition);
  const double from_training = training_turn_ / (2 * pi * lags.training);
  return resolved_ + (lags.repetition_weight * from_parts + lags.training_weight * from_training) /
                         (lags.repetition_weight + lags.training_weight);
}

OfdmTraining::OfdmTraining(const frame::OfdmBurst& burst, const Config& config)
    : burst_(&burst),
      config_(config),
      threshold_(0),
      demodulator_(burst.numerology()),
      inverse_(burst.numerology().fft_size, fft::Direction::inverse),
      hann_(burst.numerology().fft_size),
      bins_(repeats * config.antennas, burst.numerology().fft_size),
      energy_(repeats * config.antennas),
      response_(burst.numerology().fft_size),
      power_(burst.numerology().fft_size),
      magnitude_(burst.numerology().fft_size) {
  const ofdm::Numerology& n = burst.numerology();
  // The fraction is within half a step, and noise may take it to the other side; every whole step that leads
  // into the range with any fraction.
  const double step = 1 / static_cast<double>(burst.part_samples());
  const double range = config.max_offset / static_cast<double>(n.fft_size);
  const auto steps = static_cast<int>(std::ceil(range / step + 0.6)) - 1;
  for (int m = -steps; m <= steps; ++m) offsets_.push_back(m * step);
  const double tests = static_cast<double>(2 * max_delay_error() + 1) * static_cast<double>(offsets_.size());
  threshold_ = gamma_threshold(repeats * config.antennas, config.false_alarm_probability / tests);

  const auto used = burst.used_carriers();
  const double lowest = n.signed_index(used.front());
  const double width = n.signed_index(used.back()) - lowest + 2;
  for (const std::uint16_t k : used) {
    hann_[k] = static_cast<float>(0.5 - 0.5 * std::cos(2 * pi * (n.signed_index(k) - lowest + 1) / width));
    response_[k] = hann_[k];
  }
  // What one path shows within reach of it: with a hole in the band more than first_path reckons with.
  inverse_.run(response_, response_);
  const auto spread = static_cast<std::size_t>(std::ceil(2.0 * static_cast<double>(n.fft_size) / width));
  for (std::size_t t = spread + 1; t <= room(); ++t) {
    sidelobe_ = std::max(sidelobe_, std::min(std::abs(response_[t]) / std::abs(response_[0]), 0.8F));
  }
}

// How far from the strongest path others are looked for.
std::size_t OfdmTraining::room() const noexcept {
  const ofdm::Numerology& n = burst_->numerology();
  return std::min<std::size_t>(std::max<std::size_t>(n.prefix_samples, 4), (n.fft_size - 9) / 2);
}

std::size_t OfdmTraining::input_samples() const {
  return 2 * max_delay_error() + repeats * burst_->numerology().symbol_samples();
}

// Z of both symbols from windows half a prefix after `start`; relative to the power of the antenna.
void OfdmTraining::demodulate(Grid<const cf32> samples, std::size_t start, double frequency) noexcept {
  const ofdm::Numerology& n = burst_->numerology();
  for (std::size_t i = 0; i < repeats; ++i) {
    const std::size_t first = start + i * n.symbol_samples() + n.prefix_samples / 2;
    const double turns = frequency * static_cast<double>(first);
    for (std::size_t a = 0; a < config_.antennas; ++a) {
      const auto bins = bins_.row(repeats * a + i);
      demodulator_.process(samples.row(a).subspan(first, n.fft_size), frequency, turns - std::floor(turns),
                           bins);
      ++transforms_;
      double energy = 0;
      for (std::size_t k = 0; k < bins.size(); ++k) {
        const cf32 x = burst_->training()[k];
        const cf32 y = bins[k];
        bins[k] = {y.real() * x.real() + y.imag() * x.imag(), y.imag() * x.real() - y.real() * x.imag()};
        energy += static_cast<double>(bins[k].real() * bins[k].real() + bins[k].imag() * bins[k].imag());
      }
      energy_[repeats * a + i] = energy;
    }
  }
}

void OfdmTraining::add_responses(bool hann) noexcept {
  std::fill(power_.begin(), power_.end(), 0.0);
  for (std::size_t row = 0; row < bins_.rows(); ++row) {
    if (!(energy_[row] > 0) || !std::isfinite(energy_[row])) continue;
    ++transforms_;
    const auto bins = bins_.row(row);
    if (hann) {
      for (std::size_t k = 0; k < bins.size(); ++k) response_[k] = bins[k] * hann_[k];
      inverse_.run(response_, response_);
    } else {
      inverse_.run(bins, response_);
    }
    const double scale = 1 / energy_[row];
    for (std::size_t t = 0; t < power_.size(); ++t) {
      power_[t] += scale * static_cast<double>(response_[t].real() * response_[t].real() +
                                               response_[t].imag() * response_[t].imag());
    }
  }
}

double OfdmTraining::phase_between() const noexcept {
  cf64 sum = 0;
  for (std::size_t a = 0; a < config_.antennas; ++a) {
    if (!(energy_[repeats * a] > 0)) continue;
    const auto one = bins_.row(repeats * a);
    const auto two = bins_.row(repeats * a + 1);
    cf64 products = 0;
    for (const std::uint16_t k : burst_->used_carriers()) {
      products += cf64(static_cast<double>(two[k].real() * one[k].real() + two[k].imag() * one[k].imag()),
                       static_cast<double>(two[k].imag() * one[k].real() - two[k].real() * one[k].imag()));
    }
    sum += products / energy_[repeats * a];
  }
  return std::arg(sum);
}

std::optional<OfdmTraining::Result> OfdmTraining::process(Grid<const cf32> samples,
                                                          double frequency) noexcept {
  BORESIGHT_ASSERT(samples.rows() == config_.antennas && samples.columns() == input_samples());
  const ofdm::Numerology& n = burst_->numerology();
  const auto size = static_cast<std::ptrdiff_t>(n.fft_size);
  const auto error = static_cast<std::ptrdiff_t>(max_delay_error());
  const auto late = static_cast<std::ptrdiff_t>(n.prefix_samples - n.prefix_samples / 2);  // of the body
  transforms_ = 0;
  Result best;
  for (const double offset : offsets_) {
    demodulate(samples, max_delay_error(), frequency + offset);
    add_responses(false);
    for (std::ptrdiff_t e = -error; e <= error; ++e) {
      const double statistic = power_[static_cast<std::size_t>((e + late + size) % size)];
      if (statistic > best.statistic) best = {error + e, frequency + offset, statistic};
    }
  }
  if (!(best.statistic > threshold_)) return std::nullopt;

  demodulate(samples, static_cast<std::size_t>(best.start), best.frequency);
  resolved_ = best.frequency;
  training_turn_ = phase_between();
  best.frequency += training_turn_ / (2 * pi * static_cast<double>(n.symbol_samples()));
  add_responses(true);
  for (std::size_t t = 0; t < power_.size(); ++t) {
    magnitude_[t] = cf32(static_cast<float>(std::sqrt(power_[t])));
  }
  std::size_t path = sync::first_path(magnitude_, {.search = room(), .span = room()});
  float largest = 0;
  for (const cf32 m : magnitude_) largest = std::max(largest, m.real());
  for (std::size_t i = 0; i < 2 * room() && magnitude_[path].real() < 1.1F * sidelobe_ * largest; ++i) {
    path = (path + 1) % magnitude_.size();
  }
  // The Hann window makes a path two samples wide: it shows one sample early.
  std::ptrdiff_t delay = static_cast<std::ptrdiff_t>(path) + 1 - late;
  if (delay > size / 2) delay -= size;
  best.start = std::clamp<std::ptrdiff_t>(best.start + delay, 0, 2 * error);
  return best;
}

}  // namespace boresight::rx
