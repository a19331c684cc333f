#include "boresight/array/calibration_corrector.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <optional>
#include <string>
#include <vector>

#include "boresight/core/assert.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/overlap_bank.h"

namespace boresight::array {
namespace {

constexpr double most_delay_samples = 4096;

const CalibrationCorrector::Config& checked(const CalibrationCorrector::Config& c) {
  c.calibration.check("calibration corrector");
  require(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz > 0, "calibration corrector: sample_rate_hz " +
                                                                       std::to_string(c.sample_rate_hz) +
                                                                       " must be positive and finite");
  require(c.fft_size >= 32 && c.fft_size <= 8192 && c.fft_size % 2 == 0,
          "calibration corrector: fft_size " + std::to_string(c.fft_size) + " must be even and 32 to 8192");
  return c;
}

}  // namespace

struct CalibrationCorrector::State {
  explicit State(const Config& c)
      : factors(checked(c).calibration.channels.size(), c.fft_size),
        rings(c.calibration.channels.size()),
        wait(c.calibration.channels.size(), 0) {
    double latest = 0;  // of the reference at least
    double earliest = 0;
    for (const ChannelCalibration& channel : c.calibration.channels) {
      if (channel.state != ChannelState::ok) continue;
      latest = std::max(latest, channel.delay_s * c.sample_rate_hz);
      earliest = std::min(earliest, channel.delay_s * c.sample_rate_hz);
    }
    require(latest - earliest <= most_delay_samples, "calibration corrector: delays differ by " +
                                                         std::to_string(latest - earliest) +
                                                         " samples: must be at most 4096");
    most_wait = static_cast<std::size_t>(std::ceil(latest));
    const auto n = static_cast<double>(c.fft_size);
    for (std::size_t e = 0; e < rings.size(); ++e) {
      const ChannelCalibration& channel = c.calibration.channels[e];
      if (channel.state != ChannelState::ok) continue;
      const double late = channel.delay_s * c.sample_rate_hz;
      wait[e] = static_cast<std::size_t>(std::llround(static_cast<double>(most_wait) - late));
      // What is still late after waiting, against `most_wait`.
      const double rest_s =
          (late + static_cast<double>(wait[e]) - static_cast<double>(most_wait)) / c.sample_rate_hz;
      rings[e].assign(wait[e], cf32(0));
      for (std::size_t k = 0; k < c.fft_size; ++k) {
        const double offset_hz =
            (static_cast<double>(k) - (k < c.fft_size / 2 ? 0 : n)) * c.sample_rate_hz / n;
        const cf64 h = c.calibration.response(e, offset_hz) *
                       std::polar(1.0, 2 * pi * offset_hz * (channel.delay_s - rest_s));
        factors(e, k) = std::abs(h) > 0 ? cf32(1.0 / h) : cf32(0);
      }
    }
    if (most_wait > 0 || !is_flat()) bank.emplace(rings.size(), rings.size(), c.fft_size);
  }

  // Whether every channel has one factor for the whole band, to the bank's own error.
  bool is_flat() const {
    for (std::size_t e = 0; e < factors.rows(); ++e) {
      const cf32 factor = factors(e, 0);
      for (const cf32 f : factors.row(e)) {
        if (std::abs(f - factor) > 1e-4F * std::abs(factor)) return false;
      }
    }
    return true;
  }

  std::optional<fft::OverlapBank> bank;  // none: flat
  std::uint64_t zeroed = 0;              // without a bank
  GridBuffer<cf32> factors;
  std::vector<std::vector<cf32>> rings;
  std::vector<std::size_t> wait;
  std::vector<std::size_t> at = std::vector<std::size_t>(rings.size(), 0);
  std::size_t most_wait = 0;
};

CalibrationCorrector::CalibrationCorrector(const Config& config) : state_(std::make_unique<State>(config)) {}
CalibrationCorrector::~CalibrationCorrector() = default;
CalibrationCorrector::CalibrationCorrector(CalibrationCorrector&&) noexcept = default;
CalibrationCorrector& CalibrationCorrector::operator=(CalibrationCorrector&&) noexcept = default;

std::size_t CalibrationCorrector::latency_samples() const {
  return state_->bank ? state_->bank->size() + state_->most_wait : 0;
}
std::uint64_t CalibrationCorrector::samples_zeroed() const {
  return state_->bank ? state_->bank->samples_zeroed() : state_->zeroed;
}

namespace {

// By hand: the product of complex numbers tests for NaN.
void multiply(std::span<const cf32> factors, std::span<const cf32> in, std::span<cf32> out) {
  const auto* x = reinterpret_cast<const float*>(in.data());
  const auto* f = reinterpret_cast<const float*>(factors.data());
  auto* y = reinterpret_cast<float*>(out.data());
  for (std::size_t k = 0; k < 2 * in.size(); k += 2) {
    y[k] = f[k] * x[k] - f[k + 1] * x[k + 1];
    y[k + 1] = f[k] * x[k + 1] + f[k + 1] * x[k];
  }
}

void scale(cf32 factor, std::span<cf32> x) {
  auto* rails = reinterpret_cast<float*>(x.data());
  const float f_re = factor.real();
  const float f_im = factor.imag();
  for (std::size_t k = 0; k < 2 * x.size(); k += 2) {
    const float re = rails[k];
    const float im = rails[k + 1];
    rails[k] = f_re * re - f_im * im;
    rails[k + 1] = f_re * im + f_im * re;
  }
}

}  // namespace

void CalibrationCorrector::process(Grid<const cf32> in, Grid<cf32> out) noexcept {
  State& state = *state_;
  BORESIGHT_ASSERT(in.rows() == state.rings.size() && out.rows() == in.rows());
  if (in.columns() == 0) return;
  if (!state.bank) {
    for (std::size_t e = 0; e < in.rows(); ++e) {
      state.zeroed += to_cf32(in.row(e), out.row(e));
      scale(state.factors(e, 0), out.row(e));
    }
    return;
  }
  state.bank->process(in, out, [&state](Grid<const cf32> bins, Grid<cf32> corrected) {
    for (std::size_t e = 0; e < bins.rows(); ++e) {
      multiply(state.factors.row(e), bins.row(e), corrected.row(e));
    }
  });
  for (std::size_t e = 0; e < out.rows(); ++e) {
    if (state.wait[e] == 0) continue;
    for (cf32& value : out.row(e)) {
      std::swap(value, state.rings[e][state.at[e]]);
      state.at[e] = state.at[e] + 1 == state.wait[e] ? 0 : state.at[e] + 1;
    }
  }
}

void CalibrationCorrector::reset() noexcept {
  if (state_->bank) state_->bank->reset();
  for (std::vector<cf32>& ring : state_->rings) std::ranges::fill(ring, cf32(0));
}

}  // namespace boresight::array
