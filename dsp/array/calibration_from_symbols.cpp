#include "boresight/array/calibration_from_symbols.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>

#include "array/calibration_checks.h"
#include "array/calibration_from_symbols_state.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr std::size_t fewest_samples = 32;

const CalibrationFromSymbols::Config& checked(const CalibrationFromSymbols::Config& c) {
  const std::string who = "calibration from symbols: ";
  require(c.channels >= 2 && c.channels <= 256,
          who + std::to_string(c.channels) + " channels, must be 2 to 256");
  require(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz > 0,
          who + "sample_rate_hz " + std::to_string(c.sample_rate_hz) + " must be positive and finite");
  require(c.most_samples >= fewest_samples && c.most_samples <= 65536,
          who + std::to_string(c.most_samples) + " most_samples, must be 32 to 65536");
  require(c.channels * c.most_samples <= (std::size_t{1} << 21),
          who + std::to_string(c.channels) + " channels x " + std::to_string(c.most_samples) +
              " samples must be at most 2^21");
  require(c.reference < c.channels, who + "reference " + std::to_string(c.reference) + " of " +
                                        std::to_string(c.channels) + " channels");
  for (const double db : {c.dead_below_db, c.noisy_below_db}) {
    require(db >= 3 && db <= 100,
            who + "dead_below_db or noisy_below_db " + std::to_string(db) + " must be 3 to 100");
  }
  require(c.max_delay_samples > 0 && c.max_delay_samples <= static_cast<double>(c.most_samples) / 4,
          who + "max_delay_samples " + std::to_string(c.max_delay_samples) +
              " must be above 0 and at most most_samples / 4");
  if (c.geometry.elements() != 0) check_plane_waves(who, c.channels, c.geometry, c.carrier_hz);
  return c;
}

}  // namespace

void CalibrationFromSymbols::State::look(Grid<const cf32> x, std::span<const cf32> symbols, const Config& c,
                                         const Vec3* u) noexcept {
  const double own = take(symbols);
  if (!(own > 0)) return;
  forward.run(time, spectrum);
  // Through a window: the ends of a tone are steep, and tell no delay of one that goes on beyond them.
  for (std::size_t t = 0; t < symbols.size(); ++t) {
    const double phase = 2 * pi * (static_cast<double>(t) + 0.5) / static_cast<double>(symbols.size());
    time[t] *= static_cast<float>(0.5 * (1 - std::cos(phase)));
  }
  const auto windowed = call.row(0);  // free until its channel is looked at
  forward.run(time, windowed);
  for (std::size_t k = 0; k < size; ++k) density[k] += std::norm(cf64(windowed[k]));
  cf64 together = 0;
  for (std::size_t e = 0; e < x.rows(); ++e) {
    energy[e] += take(x.row(e));
    const auto row = call.row(e);
    forward.run(time, row);
    const double lead_s = u != nullptr ? dot(c.geometry.positions_m[e], *u) / speed_of_light_m_s : 0;
    for (std::size_t k = 0; k < size; ++k) {
      row[k] *= std::conj(spectrum[k]);
      if (u == nullptr) continue;
      const double turns = (c.carrier_hz + offset_hz(k, c.sample_rate_hz)) * lead_s;
      row[k] *= cf32(std::polar(1.0, -2 * pi * (turns - std::round(turns))));
    }
    inverse.run(row, time);
    for (std::size_t l = 0; l < near.columns(); ++l) {
      near_of_call(e, l) = cf64(time[(l + size - lags) % size]);
      together += std::conj(near(e, l)) * near_of_call(e, l);
    }
  }
  const double size_of_sum = std::abs(together);
  const cf64 turn = size_of_sum > 0 ? std::conj(together) / size_of_sum : cf64(1);
  for (std::size_t e = 0; e < x.rows(); ++e) {
    for (std::size_t l = 0; l < near.columns(); ++l) near(e, l) += turn * near_of_call(e, l);
    for (std::size_t k = 0; k < size; ++k) sums(e, k) += turn * cf64(call(e, k));
  }
  symbol_energy += own;
  samples += symbols.size();
  ++calls;
}

CalibrationFromSymbols::CalibrationFromSymbols(const Config& config)
    : config_(checked(config)), state_(std::make_unique<State>(config)) {}
CalibrationFromSymbols::~CalibrationFromSymbols() = default;
CalibrationFromSymbols::CalibrationFromSymbols(CalibrationFromSymbols&&) noexcept = default;
CalibrationFromSymbols& CalibrationFromSymbols::operator=(CalibrationFromSymbols&&) noexcept = default;

std::uint64_t CalibrationFromSymbols::calls() const {
  return state_->calls;
}
std::uint64_t CalibrationFromSymbols::samples() const {
  return state_->samples;
}
std::uint64_t CalibrationFromSymbols::samples_zeroed() const {
  return state_->zeroed;
}

void CalibrationFromSymbols::add(Grid<const cf32> x, std::span<const cf32> symbols) noexcept {
  BORESIGHT_ASSERT(x.rows() == config_.channels && x.columns() == symbols.size());
  if (symbols.size() < fewest_samples || symbols.size() > config_.most_samples) return;
  state_->look(x, symbols, config_, nullptr);
}

void CalibrationFromSymbols::add(Grid<const cf32> x, std::span<const cf32> symbols, Vec3 direction) noexcept {
  BORESIGHT_ASSERT(x.rows() == config_.channels && x.columns() == symbols.size());
  const double length = norm(direction);
  if (config_.geometry.elements() == 0 || !(std::isfinite(length) && length > 0)) return;
  if (symbols.size() < fewest_samples || symbols.size() > config_.most_samples) return;
  const Vec3 u = (1 / length) * direction;
  state_->plane_wave = true;
  state_->look(x, symbols, config_, &u);
}

void CalibrationFromSymbols::reset() noexcept {
  State& s = *state_;
  for (std::size_t e = 0; e < config_.channels; ++e) {
    std::ranges::fill(s.sums.row(e), cf64(0));
    std::ranges::fill(s.near.row(e), cf64(0));
  }
  std::ranges::fill(s.density, 0);
  std::ranges::fill(s.energy, 0);
  s.symbol_energy = 0;
  s.calls = s.samples = s.zeroed = 0;
  s.plane_wave = false;
}

}  // namespace boresight::array
