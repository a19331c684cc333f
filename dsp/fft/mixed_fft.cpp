#include "fft/mixed_fft.h"

#include <array>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "kernels/carrier.h"

namespace boresight::fft {

MixedFft::MixedFft(std::size_t n, double scale) : n_(n), scale_(scale) {
  if (kernels::FftPlan::supports(n) && kernels::fft_is_fast()) {
    plan_.emplace(n);
    factors_.resize(plan_->first_factors_size());
    set_frequency(0);
  } else {
    library_.emplace(n, Direction::forward);
    turned_.resize(n);
  }
}

void MixedFft::run(std::span<const cf32> in, double frequency, double phase_turns,
                   std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == n_ && out.size() == n_);
  if (!plan_) {
    kernels::remove_carrier(in, frequency, phase_turns, static_cast<float>(scale_), turned_);
    library_->run(turned_, out);
    return;
  }
  if (frequency != frequency_) set_frequency(frequency);
  const cf32 turn(std::polar(1.0, -2 * pi * (phase_turns - std::floor(phase_turns))));
  kernels::fft_forward_mixed(*plan_, factors_, parts_, turn, in.data(), out.data());
}

// Sample i n / 16 + p turns by part i and, in the factors, by f p.
void MixedFft::set_frequency(double frequency) noexcept {
  plan_->fill_first_factors(frequency, factors_);
  const double per_part = frequency * static_cast<double>(n_ / 16);
  const cf64 step = std::polar(1.0, -2 * pi * (per_part - std::floor(per_part)));
  cf64 part = scale_;
  for (std::size_t i = 0; i < 16; ++i, part *= step) {
    parts_[i] = static_cast<float>(part.real());
    parts_[16 + i] = static_cast<float>(part.imag());
  }
  frequency_ = frequency;
}

}  // namespace boresight::fft
