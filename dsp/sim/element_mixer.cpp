#include "sim/element_mixer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "sim/phasor.h"

namespace boresight::sim {
namespace {

double mask_at(const Mask& mask, double frequency) {
  const double f = std::abs(frequency);
  if (f <= mask.from) return 1.0;
  if (f >= mask.to) return 0.0;
  return 0.5 + 0.5 * std::cos(pi * (f - mask.from) / (mask.to - mask.from));
}

}  // namespace

ElementMixer::ElementMixer(std::vector<Vec3> positions_m, std::vector<cf64> gains, std::size_t sources)
    : positions_m_(std::move(positions_m)),
      gains_(std::move(gains)),
      spectra_(sources),
      forward_(2 * fft_samples, fft::Direction::forward),
      inverse_(fft_samples, fft::Direction::inverse),
      work_(2 * fft_samples),
      sum_re_{},
      sum_im_{} {}

void ElementMixer::set_source(std::size_t s, std::span<const cf32> fine, double scale, const Mask& mask,
                              Vec3 u) {
  BORESIGHT_ASSERT(fine.size() == 2 * fft_samples);
  forward_.run(fine, work_);
  Spectrum& spectrum = spectra_[s];
  spectrum.direction = u;
  const double unit = scale / static_cast<double>(2 * fft_samples);
  for (std::size_t b = 0; b < bins; ++b) {
    const auto k = static_cast<std::ptrdiff_t>(b) - static_cast<std::ptrdiff_t>(bins / 2);
    const double frequency = static_cast<double>(k) / static_cast<double>(fft_samples);
    const auto weight = static_cast<float>(unit * mask_at(mask, frequency));
    const cf32 x = work_[k < 0 ? static_cast<std::size_t>(k + static_cast<std::ptrdiff_t>(2 * fft_samples))
                               : static_cast<std::size_t>(k)];
    spectrum.re[b] = weight * x.real();
    spectrum.im[b] = weight * x.imag();
  }
}

void ElementMixer::accumulate(const Spectrum& spectrum, cf64 gain, double delay_s, double tuned_hz,
                              double rate_hz) {
  // Cycles that an advance of delay_s means per bin, and at the lowest bin.
  const double per_bin = rate_hz / static_cast<double>(fft_samples) * delay_s;
  const double lowest =
      (tuned_hz - rate_hz * (static_cast<double>(bins / 2) / static_cast<double>(fft_samples))) * delay_s;
  alignas(64) std::array<float, run> fine_re;
  alignas(64) std::array<float, run> fine_im;
  Phasor fine(1.0, {0, per_bin, 0});
  for (std::size_t i = 0; i < run; ++i) {
    const cf64 z = fine.next();
    fine_re[i] = static_cast<float>(z.real());
    fine_im[i] = static_cast<float>(z.imag());
  }
  Phasor coarse(1.0, {lowest, static_cast<double>(run) * per_bin, 0});
  for (std::size_t r = 0; r < runs; ++r) {
    const cf64 z = multiply(gain, coarse.next());
    const auto turn_re = static_cast<float>(z.real());
    const auto turn_im = static_cast<float>(z.imag());
    // Bin -2560 + 64 r of the fine transform falls on this bin of the receiver's.
    const std::size_t target = (r * run + 2 * fft_samples - bins / 2) % fft_samples;
    const float* x_re = spectrum.re.data() + r * run;
    const float* x_im = spectrum.im.data() + r * run;
    float* y_re = sum_re_.data() + target;
    float* y_im = sum_im_.data() + target;
    for (std::size_t i = 0; i < run; ++i) {
      const float w_re = fine_re[i] * turn_re - fine_im[i] * turn_im;
      const float w_im = fine_re[i] * turn_im + fine_im[i] * turn_re;
      y_re[i] += x_re[i] * w_re - x_im[i] * w_im;
      y_im[i] += x_re[i] * w_im + x_im[i] * w_re;
    }
  }
}

void ElementMixer::mix(std::size_t e, double tuned_hz, double rate_hz, std::span<cf32> out) {
  BORESIGHT_ASSERT(out.size() == fft_samples);
  if (gains_[e] == cf64{}) {
    std::fill(out.begin(), out.end(), cf32{});
    return;
  }
  sum_re_.fill(0);
  sum_im_.fill(0);
  for (const Spectrum& spectrum : spectra_) {
    const double delay_s = dot(positions_m_[e], spectrum.direction) / speed_of_light_m_s;
    accumulate(spectrum, gains_[e], delay_s, tuned_hz, rate_hz);
  }
  const std::span<cf32> sum(work_.data(), fft_samples);
  for (std::size_t k = 0; k < fft_samples; ++k) sum[k] = cf32(sum_re_[k], sum_im_[k]);
  inverse_.run(sum, out);
}

}  // namespace boresight::sim
