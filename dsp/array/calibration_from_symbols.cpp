#include "boresight/array/calibration_from_symbols.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::array {
namespace {

constexpr std::size_t fewest_samples = 32;
constexpr double most_phase_rms_rad = 0.2;
// Of all channels in one call, over noise. Noise alone, turned onto itself, makes about 1, and 4 at the best
// of many delays.
constexpr double least_evidence = 20;
constexpr double least_spread_bins = 5;  // rms bandwidth over 1 / duration, of symbols that tell delays
constexpr std::size_t residual_cells = 16;
constexpr float largest_sample = 1e15F;

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
  if (c.geometry.elements() != 0) {
    c.geometry.check();
    require(c.geometry.elements() == c.channels, who + std::to_string(c.geometry.elements()) +
                                                     " elements for " + std::to_string(c.channels) +
                                                     " channels");
    require(std::isfinite(c.carrier_hz) && c.carrier_hz > 0,
            who + "carrier_hz " + std::to_string(c.carrier_hz) + " must be positive and finite");
  }
  return c;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Of one channel: where the sum of its correlations is largest.
struct Peak {
  double delay_s = 0;
  cf64 sum = 0;
};

}  // namespace

struct CalibrationFromSymbols::State {
  explicit State(const Config& c)
      : lags(static_cast<std::size_t>(std::ceil(c.max_delay_samples)) + 1),
        // Room for delays on both sides of the longest sequence: the correlation does not wrap.
        size(std::bit_ceil(c.most_samples + 2 * lags)),
        forward(size, fft::Direction::forward),
        inverse(size, fft::Direction::inverse),
        time(size),
        spectrum(size),
        call(c.channels, size),
        sums(c.channels, size),
        near(c.channels, 2 * lags + 1),
        near_of_call(c.channels, 2 * lags + 1),
        density(size, 0),
        energy(c.channels, 0) {}

  double offset_hz(std::size_t k, double rate_hz) const {
    const auto n = static_cast<double>(size);
    return (static_cast<double>(k) - (k < size / 2 ? 0 : n)) * rate_hz / n;
  }
  /// Into `time`, zeros behind; returns the energy.
  double take(std::span<const cf32> x) noexcept {
    double sum = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const bool good = std::abs(x[t].real()) < largest_sample && std::abs(x[t].imag()) < largest_sample;
      time[t] = good ? x[t] : cf32(0);
      zeroed += good ? 0U : 1U;
      sum += std::norm(cf64(time[t]));
    }
    std::fill(time.begin() + static_cast<std::ptrdiff_t>(x.size()), time.end(), cf32(0));
    return sum;
  }
  void look(Grid<const cf32> x, std::span<const cf32> symbols, const Config& c, const Vec3* u) noexcept;
  Peak peak(std::size_t e, double rate_hz, double max_delay_samples) const;

  std::size_t lags;
  std::size_t size;
  fft::Fft forward;
  fft::Fft inverse;
  std::vector<cf32> time;
  std::vector<cf32> spectrum;  // of the symbols
  GridBuffer<cf32> call;       // correlations of one call, [channel x bin]
  GridBuffer<cf64> sums;       // of all, turned onto each other
  GridBuffer<cf64> near;       // the same at delays of -lags to lags samples
  GridBuffer<cf64> near_of_call;
  std::vector<double> density;  // sum of |S|^2
  std::vector<double> energy;   // [channel]
  double symbol_energy = 0;
  std::uint64_t calls = 0;
  std::uint64_t samples = 0;
  std::uint64_t zeroed = 0;
  bool plane_wave = false;
};

void CalibrationFromSymbols::State::look(Grid<const cf32> x, std::span<const cf32> symbols, const Config& c,
                                         const Vec3* u) noexcept {
  const double own = take(symbols);
  if (!(own > 0)) return;
  forward.run(time, spectrum);
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
  for (std::size_t k = 0; k < size; ++k) density[k] += std::norm(cf64(spectrum[k]));
  symbol_energy += own;
  samples += symbols.size();
  ++calls;
}

Peak CalibrationFromSymbols::State::peak(std::size_t e, double rate_hz, double max_delay_samples) const {
  std::size_t best = lags;
  for (std::size_t l = 0; l < near.columns(); ++l) {
    const double late = std::abs(static_cast<double>(l) - static_cast<double>(lags));
    if (late <= max_delay_samples && std::norm(near(e, l)) > std::norm(near(e, best))) best = l;
  }
  // To a quarter of a sample, from where the top is seen: |sinc|^2 turns at 0.4.
  const double whole = static_cast<double>(best) - static_cast<double>(lags);
  Peak out;
  double most = -1;
  for (const double beside : {0.0, -0.25, 0.25, -0.5, 0.5}) {
    cf64 sum = 0;
    for (std::size_t k = 0; k < size; ++k) {
      sum += sums(e, k) * std::polar(1.0, 2 * pi * offset_hz(k, rate_hz) * (whole + beside) / rate_hz);
    }
    if (std::norm(sum) > most) {
      most = std::norm(sum);
      out.delay_s = (whole + beside) / rate_hz;
    }
  }
  // Newton for the largest |sum|^2.
  for (int step = 0; step < 8; ++step) {
    cf64 s0 = 0;
    cf64 s1 = 0;
    cf64 s2 = 0;
    for (std::size_t k = 0; k < size; ++k) {
      const double omega = 2 * pi * offset_hz(k, rate_hz);
      const cf64 y = sums(e, k) * std::polar(1.0, omega * out.delay_s);
      s0 += y;
      s1 += cf64(0, omega) * y;
      s2 -= omega * omega * y;
    }
    out.sum = s0 / static_cast<double>(size);
    const double slope = 2 * (std::conj(s0) * s1).real();
    const double curve = 2 * (std::norm(s1) + (std::conj(s0) * s2).real());
    if (!(curve < 0)) break;
    const double move_s = std::clamp(slope / curve, -0.25 / rate_hz, 0.25 / rate_hz);
    if (std::abs(move_s) * rate_hz < 1e-9) break;
    out.delay_s -= move_s;
  }
  return out;
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

CalibrationFromSymbols::Result CalibrationFromSymbols::solve(double frequency_hz, double gain_db,
                                                             double time_s) const {
  const State& state = *state_;
  const auto refuse = [](const std::string& reason) {
    Result result;
    result.reason = "calibration: " + reason;
    return result;
  };
  if (state.calls == 0) return refuse("no symbols");
  if (state.plane_wave && !(std::abs(frequency_hz - config_.carrier_hz) <= 1e-6 * config_.carrier_hz)) {
    return refuse("of a plane wave at " + std::to_string(config_.carrier_hz) + " Hz, cannot be one for " +
                  std::to_string(frequency_hz) + " Hz");
  }
  const std::size_t channels = config_.channels;
  const double rate_hz = config_.sample_rate_hz;
  const auto samples = static_cast<double>(state.samples);

  double weight = 0;
  double first = 0;
  double second = 0;
  for (std::size_t k = 0; k < state.size; ++k) {
    const double omega = 2 * pi * state.offset_hz(k, rate_hz);
    weight += state.density[k];
    first += state.density[k] * omega;
    second += state.density[k] * omega * omega;
  }
  const double omega_variance = second / weight - (first / weight) * (first / weight);
  const double call_s = samples / static_cast<double>(state.calls) / rate_hz;

  Result result;
  Calibration& calibration = result.calibration;
  calibration = {.frequency_hz = frequency_hz, .gain_db = gain_db, .time_s = time_s};
  calibration.channels.resize(channels);
  calibration.delay_known = std::sqrt(omega_variance) / (2 * pi) * call_s > least_spread_bins;
  result.source_offset_hz = first / weight / (2 * pi);

  std::vector<Peak> peaks;
  std::vector<double> gains;
  std::vector<double> snrs;  // per sample
  double evidence = 0;
  for (std::size_t e = 0; e < channels; ++e) {
    const Peak peak = state.peak(e, rate_hz, config_.max_delay_samples);
    const double gain = std::abs(peak.sum) / state.symbol_energy;
    const double signal = gain * gain * state.symbol_energy;
    const double noise = std::max(state.energy[e] - signal, 1e-12 * state.energy[e]);
    peaks.push_back(peak);
    gains.push_back(gain);
    snrs.push_back(noise > 0 ? signal / noise : 0);
    // |sum|^2 over its noise: the signal's energy over the noise of one sample.
    evidence += snrs[e] * samples / static_cast<double>(state.calls);
  }
  if (!(evidence >= least_evidence)) {
    return refuse("the symbols are not there, or too weak: " + std::to_string(db_from_power(evidence)) +
                  " dB of all channels in a call, 13 are wanted");
  }
  const double least_gain = amplitude_from_db(-config_.dead_below_db) * median(gains);
  const double least_snr = std::min(1.0, power_from_db(-config_.noisy_below_db) * median(snrs));
  std::vector<std::size_t> live;
  for (std::size_t e = 0; e < channels; ++e) {
    ChannelState& channel = calibration.channels[e].state;
    if (!(gains[e] >= least_gain && gains[e] > 0)) {
      channel = ChannelState::dead;
    } else if (snrs[e] < least_snr) {
      channel = ChannelState::noisy;
    } else {
      live.push_back(e);
    }
  }
  if (live.size() < 2) return refuse(std::to_string(live.size()) + " live channels, 2 are needed");
  const bool kept = std::ranges::find(live, config_.reference) != live.end();
  const std::size_t r =
      kept ? config_.reference : *std::ranges::max_element(live, {}, [&](std::size_t e) { return gains[e]; });
  calibration.reference = r;

  double variance = 0;
  for (const std::size_t e : live) {
    ChannelCalibration& c = calibration.channels[e];
    const cf64 gain = peaks[e].sum / peaks[r].sum;
    c.gain = std::abs(gain);
    c.phase_rad = std::arg(gain);
    c.delay_s = calibration.delay_known ? peaks[e].delay_s - peaks[r].delay_s : 0;
    c.snr_db = std::clamp(db_from_power(snrs[e]), -400.0, 400.0);
    if (e == r) continue;
    variance += (1 / snrs[e] + 1 / snrs[r]) / (2 * samples) / static_cast<double>(live.size() - 1);
  }
  if (!(std::sqrt(variance) <= most_phase_rms_rad)) {
    return refuse("the symbols are too weak: phases to " + std::to_string(deg_from_rad(std::sqrt(variance))) +
                  " degrees, 11.5 are wanted");
  }
  result.bound_deg_rms = deg_from_rad(std::sqrt(variance));
  result.bound_delay_s_rms = calibration.delay_known ? std::sqrt(variance / omega_variance) : 0;

  // What the model leaves in parts of the band, from the lowest frequency up, against the reference.
  result.residual_db_rms.assign(channels, 0);
  result.residual_deg_rms.assign(channels, 0);
  const auto part = [&](std::size_t e, std::size_t cell) {
    cf64 sum = 0;
    for (std::size_t i = cell * state.size / residual_cells; i < (cell + 1) * state.size / residual_cells;
         ++i) {
      const std::size_t k = (i + state.size / 2) % state.size;
      sum += state.sums(e, k) * std::polar(1.0, 2 * pi * state.offset_hz(k, rate_hz) * peaks[e].delay_s);
    }
    return sum / peaks[e].sum;
  };
  double heaviest = 0;
  for (std::size_t cell = 0; cell < residual_cells; ++cell) {
    heaviest = std::max(heaviest, std::abs(part(r, cell)));
  }
  double square_db = 0;
  double square_deg = 0;
  double parts = 0;
  for (const std::size_t e : live) {
    if (e == r) continue;
    double own_db = 0;
    double own_deg = 0;
    double own_parts = 0;
    for (std::size_t cell = 0; cell < residual_cells; ++cell) {
      const cf64 of_reference = part(r, cell);
      if (!(std::abs(of_reference) > 0.1 * heaviest)) continue;
      const cf64 left = part(e, cell) / of_reference;
      own_db += std::pow(std::clamp(2 * db_from_power(std::abs(left)), -400.0, 400.0), 2);
      own_deg += std::pow(deg_from_rad(std::arg(left)), 2);
      ++own_parts;
    }
    result.residual_db_rms[e] = std::sqrt(own_db / own_parts);
    result.residual_deg_rms[e] = std::sqrt(own_deg / own_parts);
    square_db += own_db;
    square_deg += own_deg;
    parts += own_parts;
  }
  calibration.residual_db_rms = std::sqrt(square_db / parts);
  calibration.residual_deg_rms = std::sqrt(square_deg / parts);
  try {
    calibration.check("calibration");
  } catch (const ConfigError& error) {
    Result bad;
    bad.reason = error.what();
    return bad;
  }
  result.ok = true;
  return result;
}

}  // namespace boresight::array
