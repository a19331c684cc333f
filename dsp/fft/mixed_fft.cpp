#include "fft/mixed_fft.h"

#include <array>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "kernels/carrier.h"

namespace boresight::fft {

MixedFft::MixedFft(std::size_t n, double scale) : n_(n), scale_(scale) {
  if (kernels::FftPlan::supports(n) && kernels::fft_has_registers()) {
    plan_.emplace(n);
    factors_ = plan_->first;
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
  if (frequency != frequency_) {
    plan_->fill_first_factors(frequency, factors_);
    frequency_ = frequency;
  }
  // Sample i n / 16 + p turns by turns[i] and, in the factors, by f p.
  std::array<cf32, 16> turns;
  const double per_part = frequency * static_cast<double>(n_ / 16);
  const cf64 step = std::polar(1.0, -2 * pi * (per_part - std::floor(per_part)));
  cf64 turn = std::polar(scale_, -2 * pi * (phase_turns - std::floor(phase_turns)));
  for (cf32& t : turns) {
    t = cf32(turn);
    turn *= step;
  }
  kernels::fft_forward_mixed(*plan_, factors_, turns, in.data(), out.data());
}

}  // namespace boresight::fft
