#include "rx/ofdm_symbols.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "boresight/modem/soft_demapper.h"
#include "rx/ofdm_training.h"

namespace boresight::rx {
namespace {

constexpr std::size_t repeats = frame::OfdmBurst::training_symbols;
// With fewer pilots the data helps.
constexpr std::size_t few_pilots = 16;
// Walks of clock and delay: a crystal's wander, and rounding.
constexpr double delay_walk_variance = 1e-8;
constexpr double drift_walk_variance = 1e-13;

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
  // The channel's phase and delay are those half way between the two training symbols, one and a half symbols
  // before the first that follows, and the phase has an error of its own. Between the two it is known to
  // 1 / sum, and noise times noise, and better with the parts.
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
  delay_.predict(0.5);
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
  if (places.pilots.size() < few_pilots && seen_) seen_ = data_is_there();
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
