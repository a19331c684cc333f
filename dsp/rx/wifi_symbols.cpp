#include "rx/wifi_symbols.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "boresight/ofdm/equalizer.h"

namespace boresight::rx {
namespace {

using frame::wifi_fft_size;
using frame::wifi_pilots;

constexpr double turn_per_sample = 2.0 * pi / double{wifi_fft_size};

// std::complex's own product looks for infinities first.
inline cf32 times(cf32 a, cf32 b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
inline cf32 times_conj(cf32 a, cf32 b) {
  return {a.real() * b.real() + a.imag() * b.imag(), a.imag() * b.real() - a.real() * b.imag()};
}
inline float power(cf32 a) {
  return a.real() * a.real() + a.imag() * a.imag();
}

// tanh within 2.4 %.
inline float soft_sign(float x) {
  const float t = std::clamp(x, -3.0F, 3.0F);
  return t * (27.0F + t * t) / (27.0F + 9.0F * t * t);
}

// Mean of an axis, given y, of the odd multiples of `step` up to `largest` times it, of which the two next to
// y count. scale: step / (half of the noise variance).
inline float soft_level(float y, float step, float largest, float scale) {
  const float v = std::clamp(y / step, -16.0F, 16.0F);
  const auto even = static_cast<float>(2 * (static_cast<int>(0.5F * v + 16.5F) - 16));
  const float threshold = step * std::clamp(even, 1.0F - largest, largest - 1.0F);
  return threshold + step * soft_sign(scale * (y - threshold));
}

}  // namespace

WifiDemodulator::WifiDemodulator() : forward_(wifi_fft_size, fft::Direction::forward) {
  set_carrier(0, 0, 0);
}

void WifiDemodulator::set_carrier(double frequency, std::uint64_t reference, cf32 dc) noexcept {
  frequency_ = frequency;
  reference_ = reference;
  dc_ = dc;
  const cf64 step = std::polar(1.0, -2.0 * pi * frequency);
  cf64 turn = 1.0 / std::sqrt(double{wifi_fft_size});
  for (std::size_t i = 0; i < wifi_fft_size; ++i, turn *= step) {
    table_re_[i] = static_cast<float>(turn.real());
    table_im_[i] = static_cast<float>(turn.imag());
  }
}

void WifiDemodulator::process(std::span<const cf32> window, std::uint64_t first, WifiBins& bins) noexcept {
  BORESIGHT_ASSERT(window.size() == wifi_fft_size);
  const double samples = static_cast<double>(first) - static_cast<double>(reference_);
  double turns = frequency_ * samples;
  turns -= std::floor(turns);
  const cf32 start(std::polar(1.0, -2.0 * pi * turns));
  for (std::size_t i = 0; i < wifi_fft_size; ++i) {
    const float re = start.real() * table_re_[i] - start.imag() * table_im_[i];
    const float im = start.real() * table_im_[i] + start.imag() * table_re_[i];
    const float x = window[i].real() - dc_.real();
    const float y = window[i].imag() - dc_.imag();
    rotated_[i] = {x * re - y * im, x * im + y * re};
  }
  forward_.run(rotated_, bins);
}

WifiCarriers::WifiCarriers(bool ht) {
  const int last = ht ? 28 : 26;
  std::size_t pilots = 0;
  for (int k = -last; k <= last; ++k) {
    if (k == 0) continue;
    const auto position = static_cast<std::uint8_t>(signed_index.size());
    signed_index.push_back(static_cast<float>(k));
    bin.push_back(static_cast<std::uint8_t>((k + 64) % 64));
    if (pilots < wifi_pilots && frame::wifi_pilot_carriers[pilots] == k) {
      pilot[pilots++] = position;
    } else {
      data.push_back(position);
    }
  }
}

WifiEqualizer::WifiEqualizer(const WifiCarriers& carriers)
    : carriers_(&carriers),
      inverse_(carriers.size()),
      gain_(carriers.size()),
      variance_(carriers.data.size()),
      data_gain_(carriers.data.size()),
      soft_scale_(carriers.data.size()),
      aligned_(carriers.size()),
      turn_(carriers.size()),
      known_(carriers.data.size()),
      aid_carriers_(carriers.size()),
      aid_matched_(carriers.size()),
      aid_gain_(carriers.size()) {
  for (std::size_t i = 0; i < wifi_pilots; ++i) aid_carriers_[i] = carriers.signed_index[carriers.pilot[i]];
  for (std::size_t i = 0; i < carriers.data.size(); ++i) {
    aid_carriers_[wifi_pilots + i] = carriers.signed_index[carriers.data[i]];
  }
}

WifiEqualizer::Aid WifiEqualizer::aid_of(modem::Modulation modulation) {
  switch (modulation) {
    case modem::Modulation::bpsk:
      return Aid::bpsk;
    case modem::Modulation::qpsk:
      return Aid::qpsk;
    case modem::Modulation::qam16:
      return Aid::qam16;
    case modem::Modulation::qam64:
      return Aid::qam64;
    default:  // not in these formats
      return Aid::none;
  }
}

void WifiEqualizer::set_channel(std::span<const cf32> channel, std::span<const float> noise) noexcept {
  BORESIGHT_ASSERT(channel.size() == inverse_.size() && noise.size() == inverse_.size());
  float sum = 0;
  for (std::size_t k = 0; k < channel.size(); ++k) {
    const float g = power(channel[k]);
    const bool usable =
        g > 0 && noise[k] > 0 && std::isfinite(g) && std::isfinite(noise[k]) && std::isfinite(1.0F / g);
    gain_[k] = usable ? g : 0.0F;
    inverse_[k] = usable ? std::conj(channel[k]) / g : cf32(0);
    sum += std::isfinite(noise[k]) ? noise[k] : 0.0F;
  }
  mean_noise_ = sum / static_cast<float>(channel.size());
  for (std::size_t i = 0; i < variance_.size(); ++i) {
    const std::size_t k = carriers_->data[i];
    data_gain_[i] = gain_[k];
    variance_[i] =
        gain_[k] > 0 ? std::min(noise[k] / gain_[k], ofdm::erased_variance) : ofdm::erased_variance;
    soft_scale_[i] = 1.0F / variance_[i];
  }
}

void WifiEqualizer::turn(double phase, double delay) noexcept {
  const cf32 ramp(std::polar(1.0, turn_per_sample * delay));
  // The recursion starts in the middle: errors grow over half of the subcarriers only.
  const std::size_t half = turn_.size() / 2;
  const cf32 middle(std::polar(1.0, -phase));
  cf32 up = middle;
  cf32 down = middle;
  for (std::size_t i = 0; i < half; ++i) {
    up = times(up, ramp);
    down = times_conj(down, ramp);
    turn_[half + i] = up;
    turn_[half - 1 - i] = down;
  }
}

void WifiEqualizer::process(const WifiBins& bins, const std::array<float, wifi_pilots>& pilots, double shift,
                            Aid aid, sync::PilotTracker& tracker, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(out.size() == variance_.size());
  const std::size_t carriers = inverse_.size();
  const auto expected = tracker.predict();
  turn(expected.phase_rad, expected.delay_samples - shift);
  for (std::size_t k = 0; k < carriers; ++k) {
    aligned_[k] = times(times(bins[carriers_->bin[k]], inverse_[k]), turn_[k]);
  }
  for (std::size_t i = 0; i < wifi_pilots; ++i) {
    const std::size_t k = carriers_->pilot[i];
    aid_matched_[i] = aligned_[k] * (pilots[i] * gain_[k]);
    aid_gain_[i] = gain_[k];
  }
  const std::size_t data = out.size();
  std::size_t used = wifi_pilots + data;
  cf32* matched = aid_matched_.data() + wifi_pilots;
  float* gain = aid_gain_.data() + wifi_pilots;
  switch (aid) {
    case Aid::none:
      used = wifi_pilots;
      break;
    case Aid::bpsk:
      for (std::size_t i = 0; i < data; ++i) {
        const cf32 y = aligned_[carriers_->data[i]];
        const float mean = soft_sign(2.0F * soft_scale_[i] * y.real());
        matched[i] = y * (mean * data_gain_[i]);
        gain[i] = mean * mean * data_gain_[i];
      }
      break;
    case Aid::qbpsk:
      for (std::size_t i = 0; i < data; ++i) {
        const cf32 y = aligned_[carriers_->data[i]];
        const float mean = soft_sign(2.0F * soft_scale_[i] * y.imag());
        matched[i] = cf32(y.imag(), -y.real()) * (mean * data_gain_[i]);
        gain[i] = mean * mean * data_gain_[i];
      }
      break;
    case Aid::qpsk: {
      const float level = std::sqrt(0.5F);
      for (std::size_t i = 0; i < data; ++i) {
        const cf32 y = aligned_[carriers_->data[i]];
        const cf32 mean(level * soft_sign(2.0F * level * soft_scale_[i] * y.real()),
                        level * soft_sign(2.0F * level * soft_scale_[i] * y.imag()));
        matched[i] = times_conj(y, mean) * data_gain_[i];
        gain[i] = power(mean) * data_gain_[i];
      }
      break;
    }
    case Aid::qam16:
    case Aid::qam64: {
      // Unit mean power: odd multiples of 1 / sqrt(10) and 1 / sqrt(42).
      const float step = std::sqrt(aid == Aid::qam16 ? 0.1F : 1.0F / 42.0F);
      const float largest = aid == Aid::qam16 ? 3.0F : 7.0F;
      // Half the distance of two points is 1.4 times the deviation of an axis: one decision in six is wrong,
      // by a step.
      const float most_variance = step * step;
      for (std::size_t i = 0; i < data; ++i) {
        const cf32 y = aligned_[carriers_->data[i]];
        const float scale = 2.0F * step * soft_scale_[i];
        const cf32 point(soft_level(y.real(), step, largest, scale),
                         soft_level(y.imag(), step, largest, scale));
        const float weight = variance_[i] < most_variance ? data_gain_[i] : 0.0F;
        matched[i] = times_conj(y, point) * weight;
        gain[i] = power(point) * weight;
      }
      break;
    }
    case Aid::known:
      for (std::size_t i = 0; i < data; ++i) {
        matched[i] = times_conj(aligned_[carriers_->data[i]], known_[i]) * data_gain_[i];
        gain[i] = power(known_[i]) * data_gain_[i];
      }
      break;
  }
  const auto now = tracker.correct(std::span(aid_carriers_).first(used), std::span(aid_matched_).first(used),
                                   std::span(aid_gain_).first(used), static_cast<double>(mean_noise_));
  last_delay_ = now.delay_samples - shift;
  turn(now.phase_rad, last_delay_);
  for (std::size_t i = 0; i < data; ++i) {
    const std::size_t k = carriers_->data[i];
    out[i] = times(times(bins[carriers_->bin[k]], inverse_[k]), turn_[k]);
  }
}

void WifiEqualizer::turned_bins(const WifiBins& bins, std::span<cf32> out) const noexcept {
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = times(bins[carriers_->bin[k]], turn_[k]);
}

}  // namespace boresight::rx
