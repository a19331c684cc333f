// What pilots and data say of the phase, the gain and the delay of a symbol: OfdmSymbols' measurements.
#include <algorithm>
#include <cmath>

#include "boresight/core/units.h"
#include "boresight/modem/slicer.h"
#include "rx/ofdm_symbols.h"

namespace boresight::rx {
namespace {

// Data says nothing if it knows the phase no better than this, 1 / rad^2.
constexpr double least_information = 4;
// Coherent power of the pilots, in units of what noise alone gives on average, below which they are not
// there, where so much more was expected.
constexpr double least_coherence = 6;
constexpr double sure_coherence = 30;

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

// Where pilots cannot tell a fade: the power of the data, in units of the noise, against that of noise alone,
// which is a gamma variable of as many. False if it is no more than noise passes once in 1000 symbols, where
// at least three times as much was to be expected.
bool OfdmSymbols::data_is_there() const noexcept {
  double expected = 0;
  double found = 0;
  double count = 0;
  for (std::size_t i = 0; i < data_count_; ++i) {
    const auto g = static_cast<double>(snr_of(data_variance_[i]));
    if (g == 0) continue;
    expected += g;
    found += g * static_cast<double>(std::norm(data_[i]));
    count += 1;
  }
  const double spread = 3.1 * std::sqrt(count);
  return !(expected * gain_.value() * gain_.value() > 3 * spread && found < count + spread);
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

}  // namespace boresight::rx
