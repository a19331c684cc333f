#include "rx/ofdm_symbols.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "boresight/modem/slicer.h"
#include "boresight/modem/soft_demapper.h"
#include "rx/ofdm_training.h"

namespace boresight::rx {
namespace {

constexpr std::size_t repeats = frame::OfdmBurst::training_symbols;
// With fewer pilots the data helps.
constexpr std::size_t few_pilots = 16;
// And says nothing if it knows the phase no better than this, 1 / rad^2.
constexpr double least_information = 4;
// Coherent power of the pilots, in units of what noise alone gives on average, below which they are not
// there, where so much more was expected.
constexpr double least_coherence = 6;
constexpr double sure_coherence = 30;
// Walks of clock and delay: a crystal's wander, and rounding.
constexpr double delay_walk_variance = 1e-8;
constexpr double drift_walk_variance = 1e-13;

float snr_of(float variance) noexcept {
  return variance > 0 && variance < 0.5F * ofdm::erased_variance ? 1 / variance : 0.0F;
}

// tanh within 0.024: Pade's approximation, cut where it reaches 1.
float soft_sign(float x) noexcept {
  const float c = std::clamp(x, -3.0F, 3.0F);
  return c * (27 + c * c) / (27 + 9 * c * c);
}

// The mean of a symbol of which y is known: for QPSK that of its posterior, for the others the decision where
// it is sure.
cf32 believed(const modem::Constellation& constellation, cf32 y, float variance) noexcept {
  if (constellation.bits() <= 2) {
    const float level = std::abs(constellation.levels()[0]);
    const float scale = 2 * level / variance;
    return {level * soft_sign(scale * y.real()), level * soft_sign(scale * y.imag())};
  }
  const cf32 point = modem::nearest_point(constellation, y);
  const float sure = 0.6F * constellation.half_distance();
  const cf32 off = y - point;
  return std::abs(off.real()) < sure && std::abs(off.imag()) < sure ? point : cf32(0);
}

}  // namespace

OfdmSymbols::OfdmSymbols(const frame::OfdmBurst& burst, const OfdmReceiver::Config& config)
    : burst_(&burst),
      channel_(burst, config),
      places_(burst.numerology().period()),
      max_rate_deviation_(1e-6 / 3 * config.max_clock_offset_ppm *
                          static_cast<double>(burst.numerology().symbol_samples())),
      phase_({config.phase_walk_variance, config.rate_walk_variance}),
      delay_({delay_walk_variance, drift_walk_variance}),
      gain_({config.gain_walk_variance, 0}),
      bins_(burst.numerology().fft_size),
      training_(repeats * config.antennas, channel_.span()),
      received_(config.antennas, channel_.span()),
      header_(burst.header_symbols() * config.antennas, channel_.span()),
      header_slips_(burst.header_symbols()),
      combined_(channel_.span()),
      aligned_(channel_.span()),
      variance_(channel_.span()),
      pilot_values_(channel_.span()),
      data_(channel_.span()),
      data_variance_(channel_.span()) {
  known_places_.reserve(channel_.span());
  known_values_.reserve(channel_.span());
  for (std::size_t a = 0; a < config.antennas; ++a) demodulators_.emplace_back(burst.numerology());
  for (std::size_t s = 0; s < places_.size(); ++s) {
    for (const std::uint16_t k : burst.data_carriers(s)) {
      places_[s].data.push_back(static_cast<std::uint16_t>(channel_.place(k)));
    }
    for (const std::uint16_t k : burst.pilot_carriers(s)) {
      places_[s].pilots.push_back(static_cast<std::uint16_t>(channel_.place(k)));
    }
  }
}

std::ptrdiff_t OfdmSymbols::training_window(std::size_t i) const {
  const ofdm::Numerology& n = burst_->numerology();
  return static_cast<std::ptrdiff_t>(i * n.symbol_samples() + n.prefix_samples - OfdmChannel::advance(n));
}

std::ptrdiff_t OfdmSymbols::window_start(std::size_t symbol) const {
  return training_window(repeats + symbol) + slip_;
}

void OfdmSymbols::begin(Grid<const cf32> samples, double frequency) noexcept {
  const ofdm::Numerology& n = burst_->numerology();
  frequency_ = frequency;
  slip_ = 0;
  for (std::size_t a = 0; a < demodulators_.size(); ++a) {
    for (std::size_t i = 0; i < repeats; ++i) {
      const auto first = static_cast<std::size_t>(training_window(i));
      const double turns = frequency * static_cast<double>(first);
      demodulators_[a].process(samples.row(a).subspan(first, n.fft_size), frequency,
                               turns - std::floor(turns), bins_);
      channel_.take_span(bins_, training_.row(repeats * a + i));
    }
  }
  channel_.estimate(std::as_const(training_).view());
  first_delay_ = channel_.delay();

  double sum = 0;
  double moment = 0;
  for (std::size_t i = 0; i < channel_.span(); ++i) {
    const auto g = static_cast<double>(channel_.snr()[i]);
    sum += g;
    moment += g * (channel_.lowest_index() + static_cast<double>(i));
  }
  center_ = sum > 0 ? moment / sum : 0.0;
  // The channel's phase is that half way between the two training symbols, one and a half symbols before the
  // first that follows, and has an error of its own. Between the two it is known to 1 / sum, and noise times
  // noise, and better with the parts.
  origin_variance_ = std::min(0.25 / std::max(sum, 1e-9), 1.0);
  const auto noise = static_cast<double>(burst_->used_carriers().size()) / std::max(sum, 1e-9);
  rate_variance_ =
      std::min(OfdmTraining::frequency_gain(*burst_) * (1 + 0.5 * noise) / std::max(sum, 1e-9), 1.0);
  start_tracking();
  error_ = error_weight_ = 0;
  bridged_symbols_ = 0;
  data_count_ = 0;
}

void OfdmSymbols::start_tracking() noexcept {
  phase_.reset(0, origin_variance_, 0, rate_variance_);
  phase_.predict(0.5);
  turned_ = 0;
  delay_.reset(0, 0, 0, max_rate_deviation_ * max_rate_deviation_);
  gain_.reset(1, 0, 0, 0);
}

// The window of the next symbol goes with the delay, but not out of where data is.
void OfdmSymbols::move_window() noexcept {
  const double most = 0.5 * static_cast<double>(burst_->numerology().symbol_samples());
  slip_ = std::lround(std::clamp(delay_.value() + delay_.rate(), -most, most));
}

// Of a fade so deep nothing comes back.
float OfdmSymbols::inverse_gain() const noexcept {
  return static_cast<float>(1 / std::max(gain_.value(), 0.01));
}

OfdmSymbols::Ramp OfdmSymbols::ramp() const noexcept {
  const double per_sample = 2 * pi / static_cast<double>(burst_->numerology().fft_size);
  const auto lowest = static_cast<double>(channel_.lowest_index());
  const auto slip = static_cast<double>(slip_);
  return {
      .phase = phase_.value() - turned_ - per_sample * ((lowest - center_) * delay_.value() - lowest * slip),
      .slope = -per_sample * (delay_.value() - slip)};
}

void OfdmSymbols::turn(const Ramp& ramp) noexcept {
  const double turns = ramp.phase / (2 * pi);
  ofdm::remove_carrier(combined_, ramp.slope / (2 * pi), turns - std::floor(turns), aligned_);
}

void OfdmSymbols::correct(const RampError& error) noexcept {
  const double per_sample = 2 * pi / static_cast<double>(burst_->numerology().fft_size);
  const double lever = error.middle * per_sample;
  const double variance = error.phase_variance + lever * lever * delay_.value_variance();
  delay_.correct(-error.slope / per_sample, error.slope_variance / (per_sample * per_sample));
  phase_.correct(error.phase, variance);
}

// r = y conj(value) of every known value, with the SNR g as its weight: the phase is that of the sum, the
// slope that of its moment about their own center. False if what was to be there was not.
bool OfdmSymbols::follow_known(std::span<const std::uint16_t> places, std::span<const cf32> values) noexcept {
  cf64 sum = 0;
  cf64 moment = 0;
  double power = 0;
  double distance = 0;
  double spread = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t place = places[i];
    const auto g = static_cast<double>(snr_of(variance_[place]));
    const double from_center = channel_.lowest_index() + static_cast<double>(place) - center_;
    const cf32 y = aligned_[place];
    const cf64 r(static_cast<double>(y.real() * values[i].real() + y.imag() * values[i].imag()),
                 static_cast<double>(y.imag() * values[i].real() - y.real() * values[i].imag()));
    sum += g * r;
    moment += g * from_center * r;
    power += g;
    distance += g * from_center;
    spread += g * from_center * from_center;
  }
  if (!(power > 0)) return true;  // nothing to say
  const double coherent = std::norm(sum) / power;
  if (!(coherent > least_coherence || (power < sure_coherence && coherent > 0))) return false;
  const double magnitude = std::sqrt(std::norm(sum));
  const double amplitude = magnitude / power;
  RampError error{.phase = std::arg(sum), .phase_variance = 1 / (2 * coherent), .middle = distance / power};
  const double about_middle = spread - error.middle * distance;
  if (about_middle > 1e-9 * spread) {
    const cf64 m = moment - error.middle * sum;
    error.slope = (m.imag() * sum.real() - m.real() * sum.imag()) / (magnitude * amplitude * about_middle);
    error.slope_variance = power / (2 * coherent * about_middle);
  }
  correct(error);
  gain_.correct(amplitude - gain_.value(), 1 / (2 * power));
  return true;
}

// The derivative of the likelihood of unknown data by phase is 2 g Im(y conj(mean of the symbol)), and the
// mean of its square is what it knows of the phase (Fisher): one step of scoring with the squares as they
// come.
void OfdmSymbols::follow_data(const Places& places, const modem::Constellation& constellation) noexcept {
  const float gain = inverse_gain();
  double score = 0;
  double score_moment = 0;
  double information = 0;
  double distance = 0;
  double spread = 0;
  for (std::size_t i = 0; i < data_count_; ++i) {
    const float variance = data_variance_[i] * gain * gain;
    const float g = snr_of(variance);
    if (g == 0) continue;
    const cf32 y = data_[i] * gain;
    const cf32 mean = believed(constellation, y, variance);
    const auto s = static_cast<double>(2 * g * (y.imag() * mean.real() - y.real() * mean.imag()));
    const double from_center = channel_.lowest_index() + static_cast<double>(places.data[i]) - center_;
    score += s;
    score_moment += s * from_center;
    information += s * s;
    distance += s * s * from_center;
    spread += s * s * from_center * from_center;
  }
  if (!(information > least_information) || !std::isfinite(spread)) return;
  RampError error{
      .phase = score / information, .phase_variance = 1 / information, .middle = distance / information};
  const double about_middle = spread - error.middle * distance;
  if (about_middle > 1e-9 * spread) {
    error.slope = (score_moment - error.middle * score) / about_middle;
    error.slope_variance = 1 / about_middle;
  }
  correct(error);
}

void OfdmSymbols::measure_errors(std::size_t index) noexcept {
  const auto& pilots = places_[index % places_.size()].pilots;
  const float gain = inverse_gain();
  for (std::size_t i = 0; i < pilots.size(); ++i) {
    const auto g = static_cast<double>(snr_of(variance_[pilots[i]]));
    if (g == 0) continue;
    error_ += g * static_cast<double>(std::norm(aligned_[pilots[i]] * gain - pilot_values_[i]));
    error_weight_ += g;
  }
}

// Pilots of every antenna as they would be if the channel were still what it was.
void OfdmSymbols::follow_channel(std::size_t index) noexcept {
  const auto& pilots = places_[index % places_.size()].pilots;
  if (seen_ && !pilots.empty()) {
    const Ramp now = ramp();
    const double turns = now.phase / (2 * pi);
    const float gain = inverse_gain();
    for (std::size_t a = 0; a < demodulators_.size(); ++a) {
      ofdm::remove_carrier(received_.row(a), now.slope / (2 * pi), turns - std::floor(turns), aligned_);
      for (const std::uint16_t place : pilots) aligned_[place] *= gain;
      channel_.add_more(a, aligned_, pilots, std::span(pilot_values_).first(pilots.size()));
    }
  }
  if ((index + 1) % channel_.follow_symbols() == 0) turned_ += channel_.follow();
}

void OfdmSymbols::symbol(std::size_t index, Grid<const cf32> window,
                         const modem::Constellation& constellation, std::span<modem::Llr> llr) noexcept {
  const Places& places = places_[index % places_.size()];
  BORESIGHT_ASSERT(llr.size() == places.data.size() * constellation.bits());
  const double turns = frequency_ * static_cast<double>(window_start(index));
  for (std::size_t a = 0; a < demodulators_.size(); ++a) {
    demodulators_[a].process(window.row(a), frequency_, turns - std::floor(turns), bins_);
    channel_.take_span(bins_, received_.row(a));
    if (index < burst_->header_symbols()) {
      const auto kept = header_.row(index * demodulators_.size() + a);
      std::copy(received_.row(a).begin(), received_.row(a).end(), kept.begin());
      header_slips_[index] = slip_;
    }
  }
  channel_.combine(std::as_const(received_).view(), combined_, variance_);

  phase_.predict();
  delay_.predict();
  gain_.predict();
  turn(ramp());
  const auto values = std::span(pilot_values_).first(places.pilots.size());
  burst_->pilot_values(index, values);
  seen_ = follow_known(places.pilots, values);
  turn(ramp());
  const auto gather = [&] {
    data_count_ = places.data.size();
    for (std::size_t i = 0; i < data_count_; ++i) {
      data_[i] = aligned_[places.data[i]];
      data_variance_[i] = variance_[places.data[i]];
    }
  };
  gather();
  if (places.pilots.size() < few_pilots && seen_) {
    follow_data(places, constellation);
    turn(ramp());
    gather();
  }
  measure_errors(index);
  if (channel_.follow_symbols() > 0 && index >= burst_->header_symbols()) follow_channel(index);

  const float gain = inverse_gain();
  for (std::size_t i = 0; i < data_count_; ++i) {
    data_[i] *= gain;
    if (data_variance_[i] < 0.5F * ofdm::erased_variance) data_variance_[i] *= gain * gain;
  }
  if (seen_) {
    modem::soft_demap(constellation, std::span<const cf32>(data_).first(data_count_),
                      std::span<const float>(data_variance_).first(data_count_), llr);
  } else {
    std::fill(llr.begin(), llr.end(), modem::Llr{0});
    ++bridged_symbols_;
  }
  move_window();
}

void OfdmSymbols::learn_header(std::span<const cf32> points) noexcept {
  start_tracking();
  const std::size_t antennas = demodulators_.size();
  channel_.begin_more();
  for (std::size_t s = 0; s < burst_->header_symbols(); ++s) {
    const Places& places = places_[s % places_.size()];
    burst_->pilot_values(s, std::span(pilot_values_).first(places.pilots.size()));
    known_places_.assign(places.data.begin(), places.data.end());
    known_places_.insert(known_places_.end(), places.pilots.begin(), places.pilots.end());
    known_values_.assign(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(places.data.size()));
    known_values_.insert(known_values_.end(), pilot_values_.begin(),
                         pilot_values_.begin() + static_cast<std::ptrdiff_t>(places.pilots.size()));
    points = points.subspan(places.data.size());

    slip_ = header_slips_[s];
    const auto received = std::as_const(header_).view();
    channel_.combine({received.row(s * antennas).data(), antennas, channel_.span(), received.row_stride()},
                     combined_, variance_);
    phase_.predict();
    delay_.predict();
    gain_.predict();
    turn(ramp());
    if (!follow_known(known_places_, known_values_)) continue;
    const Ramp now = ramp();
    const double turns = now.phase / (2 * pi);
    for (std::size_t a = 0; a < antennas; ++a) {
      ofdm::remove_carrier(header_.row(s * antennas + a), now.slope / (2 * pi), turns - std::floor(turns),
                           aligned_);
      channel_.add_more(a, aligned_, known_places_, known_values_);
    }
  }
  turned_ = channel_.estimate_with_more();
  first_delay_ = channel_.delay();
  move_window();
}

double OfdmSymbols::frequency() const {
  return frequency_ + phase_.rate() / (2 * pi * static_cast<double>(burst_->numerology().symbol_samples()));
}

OfdmSymbols::Quality OfdmSymbols::quality() const {
  double sum = 0;
  double capacity = 0;
  std::size_t count = 0;
  for (const std::uint16_t k : burst_->used_carriers()) {
    const auto g = static_cast<double>(channel_.snr()[channel_.place(k)]);
    sum += g;
    capacity += std::log2(1 + g);
    ++count;
  }
  const auto n = static_cast<double>(count);
  return {.snr_db = db_from_power(sum / n),
          .effective_snr_db = db_from_power(std::exp2(capacity / n) - 1),
          .mer_db = error_ > 0 ? db_from_power(error_weight_ / error_) : db_from_power(0),
          .bridged_symbols = bridged_symbols_};
}

}  // namespace boresight::rx
