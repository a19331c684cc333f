// The fit to what the channels have of the symbols.
#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "array/calibration_from_symbols_state.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double most_phase_rms_rad = 0.2;
// Of all channels in one call, over noise. Noise alone, turned onto itself, makes about 1, and 4 at the best
// of many delays.
constexpr double least_evidence = 20;
constexpr double least_spread_bins = 5;  // rms bandwidth over 1 / duration, of symbols that tell delays
constexpr std::size_t residual_cells = 16;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

/// What channel e has of the symbols, this late.
cf64 CalibrationFromSymbols::State::sum_at(std::size_t e, double rate_hz, double delay_s) const {
  cf64 sum = 0;
  for (std::size_t k = 0; k < size; ++k) {
    sum += sums(e, k) * std::polar(1.0, 2 * pi * offset_hz(k, rate_hz) * delay_s);
  }
  return sum / static_cast<double>(size);
}

CalibrationFromSymbols::State::Peak CalibrationFromSymbols::State::peak(std::size_t e, double rate_hz,
                                                                        double max_delay_samples) const {
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
    const double delay_s = (whole + beside) / rate_hz;
    const cf64 sum = sum_at(e, rate_hz, delay_s);
    if (std::norm(sum) > most) {
      most = std::norm(sum);
      out.delay_s = delay_s;
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

// What the model leaves in parts of the band, from the lowest frequency up, against the reference r.
void CalibrationFromSymbols::State::residuals(const std::vector<Peak>& peaks,
                                              const std::vector<std::size_t>& live, std::size_t r,
                                              double rate_hz, Result& result) const {
  result.residual_db_rms.assign(peaks.size(), 0);
  result.residual_deg_rms.assign(peaks.size(), 0);
  const auto part = [&](std::size_t e, std::size_t cell) {
    cf64 sum = 0;
    for (std::size_t i = cell * size / residual_cells; i < (cell + 1) * size / residual_cells; ++i) {
      const std::size_t k = (i + size / 2) % size;
      sum += sums(e, k) * std::polar(1.0, 2 * pi * offset_hz(k, rate_hz) * peaks[e].delay_s);
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
  result.calibration.residual_db_rms = std::sqrt(square_db / parts);
  result.calibration.residual_deg_rms = std::sqrt(square_deg / parts);
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

  std::vector<State::Peak> peaks;
  std::vector<double> gains;
  std::vector<double> noises;  // energies
  std::vector<double> snrs;    // per sample
  double evidence = 0;
  for (std::size_t e = 0; e < channels; ++e)
    peaks.push_back(state.peak(e, rate_hz, config_.max_delay_samples));
  if (!calibration.delay_known) {
    // Phases are at the symbols' own frequency then: a delay that is not told must not turn them.
    const State::Peak strongest =
        *std::ranges::max_element(peaks, {}, [](const State::Peak& p) { return std::norm(p.sum); });
    for (std::size_t e = 0; e < channels; ++e) {
      peaks[e] = {strongest.delay_s, state.sum_at(e, rate_hz, strongest.delay_s)};
    }
  }
  for (std::size_t e = 0; e < channels; ++e) {
    const State::Peak& peak = peaks[e];
    const double gain = std::abs(peak.sum) / state.symbol_energy;
    const double signal = gain * gain * state.symbol_energy;
    const double noise = std::max(state.energy[e] - signal, 1e-12 * state.energy[e]);
    gains.push_back(gain);
    noises.push_back(noise);
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
  const double most_noise = power_from_db(config_.noisy_below_db) * median(noises);
  std::vector<std::size_t> live;
  for (std::size_t e = 0; e < channels; ++e) {
    ChannelState& channel = calibration.channels[e].state;
    // |sum|^2 over its noise, of all calls. Noise alone exceeds it once in 10,000 times, at the best of all
    // lags.
    const bool there = snrs[e] * samples >= std::log(static_cast<double>(state.near.columns())) + 10;
    const bool weak = !(gains[e] >= least_gain && gains[e] > 0);
    if (there ? !weak && snrs[e] < least_snr : noises[e] > most_noise) {
      channel = ChannelState::noisy;
    } else if (weak || !there) {
      channel = ChannelState::dead;
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

  state.residuals(peaks, live, r, rate_hz, result);
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
