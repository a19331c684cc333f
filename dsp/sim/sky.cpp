#include "boresight/sim/sky.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "sim/adc.h"
#include "sim/element_mixer.h"
#include "sim/jammer_source.h"
#include "sim/ku_satellite.h"
#include "sim/oscillator.h"
#include "sim/phasor.h"
#include "sim/satellite_source.h"
#include "sim/streams.h"

namespace boresight::sim {
namespace {

constexpr std::size_t window_samples = signal_oversampling * fft_samples;
constexpr std::size_t kept_samples = window_samples - chunk_samples;

std::vector<cf64> draw_gains(const Scenario& scenario, std::size_t elements) {
  const Receiver& receiver = scenario.receiver;
  Random random(scenario.seed, stream_element_errors);
  std::vector<cf64> gains(elements);
  for (cf64& gain : gains) {
    const double gain_db = receiver.element_gain_error_db_rms * random.normal();
    const double phase_rad = receiver.element_phase_error_rad_rms * random.normal();
    gain = std::polar(amplitude_from_db(gain_db), phase_rad);
  }
  for (const std::size_t dead : receiver.dead_elements) gains[dead] = 0;
  return gains;
}

// The samples of one source around the block in work, on the fine grid.
struct SourceWindow {
  aligned_vector<cf32> samples = aligned_vector<cf32>(window_samples);

  // Makes room for the next chunk at the end and returns it.
  std::span<cf32> advance() {
    std::copy(samples.begin() + chunk_samples, samples.end(), samples.begin());
    return std::span(samples).last(chunk_samples);
  }
};

}  // namespace

struct Sky::State {
  State(const Scenario& s, std::vector<Signal> signals, std::vector<std::uint8_t> sent_file);

  void make_block() noexcept;
  void advance_sources() noexcept;

  Scenario scenario;
  TimeBase time_base;
  std::vector<Vec3> positions_m;
  std::vector<cf64> gains;
  array::Attitude attitude;
  std::vector<std::uint8_t> file;

  std::vector<SatelliteSource> satellites;
  std::vector<JammerSource> jammers;
  std::vector<SourceWindow> windows;  // satellites, then jammers
  Oscillator oscillator;
  aligned_vector<cf32> turns;
  ElementMixer mixer;
  std::vector<Random> receiver_noise;

  GridBuffer<cf32> block;  // [elements x fft_samples], the guard still on both sides
  std::size_t block_used = block_samples;
  std::uint64_t blocks_made = 0;
  std::int64_t next_chunk;  // index on the fine grid of the next chunk's first sample
  std::uint64_t samples_given = 0;
  std::uint64_t clipped = 0;
  double gain_db;
};

Sky::State::State(const Scenario& s, std::vector<Signal> signals, std::vector<std::uint8_t> sent_file)
    : scenario(s),
      time_base{s.sample_rate_hz, s.receiver.sample_clock_offset_ppm * 1e-6},
      positions_m(element_positions_m(s)),
      gains(draw_gains(s, positions_m.size())),
      attitude(s.attitude),
      file(std::move(sent_file)),
      windows(s.satellites.size() + s.jammers.size()),
      oscillator(s.receiver, time_base, Random(s.seed, stream_oscillator)),
      turns(chunk_samples),
      mixer(positions_m, gains, windows.size()),
      block(positions_m.size(), fft_samples),
      // One chunk before the first block: its end fills the guard before sample 0.
      next_chunk(static_cast<std::int64_t>(signal_oversampling * guard_samples) -
                 static_cast<std::int64_t>(chunk_samples)),
      gain_db(s.receiver.adc.gain_db) {
  require(signals.size() == s.satellites.size(), "signals: " + std::to_string(signals.size()) +
                                                     ": one for each of " +
                                                     std::to_string(s.satellites.size()) + " satellites");
  for (std::size_t i = 0; i < signals.size(); ++i) {
    require(signals[i].frame_samples >= 1 && signals[i].fill_frame != nullptr,
            "signals[" + std::to_string(i) + "]: empty: frames of at least one sample");
    satellites.emplace_back(s.satellites[i], std::move(signals[i]), time_base, s.carrier_hz,
                            Random(s.seed, stream_satellites + i));
  }
  for (std::size_t i = 0; i < s.jammers.size(); ++i) {
    jammers.emplace_back(s.jammers[i], time_base, Random(s.seed, stream_jammers + i));
  }
  for (std::size_t e = 0; e < positions_m.size(); ++e) {
    receiver_noise.emplace_back(s.seed, stream_receivers + e);
  }
  advance_sources();
}

void Sky::State::advance_sources() noexcept {
  const bool turning = oscillator.turns();
  if (turning) oscillator.generate(next_chunk, turns);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const std::span<cf32> chunk = windows[i].advance();
    if (i < satellites.size()) {
      satellites[i].generate(next_chunk, chunk);
    } else {
      jammers[i - satellites.size()].generate(next_chunk, chunk);
    }
    if (!turning) continue;
    for (std::size_t k = 0; k < chunk.size(); ++k) chunk[k] = multiply(chunk[k], turns[k]);
  }
  next_chunk += static_cast<std::int64_t>(chunk_samples);
}

void Sky::State::make_block() noexcept {
  advance_sources();
  const double amplitude = amplitude_from_db(scenario.receiver.adc.noise_floor_dbfs + gain_db);
  const auto middle = static_cast<std::int64_t>(chunk_samples * blocks_made + chunk_samples / 2);
  const double middle_s = time_base.time_s(middle);
  for (std::size_t i = 0; i < satellites.size(); ++i) {
    mixer.set_source(i, windows[i].samples, amplitude, antialias_mask,
                     attitude.array_from_enu(satellites[i].state(middle_s).direction));
  }
  for (std::size_t j = 0; j < jammers.size(); ++j) {
    const Jammer& jammer = scenario.jammers[j];
    const std::size_t i = satellites.size() + j;
    mixer.set_source(i, windows[i].samples, amplitude,
                     jammers[j].is_noise() ? Mask{noise_mask_from, noise_mask_to} : antialias_mask,
                     attitude.array_from_sky({jammer.azimuth_rad, jammer.elevation_rad}));
  }
  const double tuned_hz = scenario.carrier_hz + scenario.receiver.lo_offset_hz;
  for (std::size_t e = 0; e < positions_m.size(); ++e) {
    mixer.mix(e, tuned_hz, time_base.true_rate_hz(), block.row(e));
    const std::span<cf32> row = block.row(e).subspan(guard_samples, block_samples);
    receiver_noise[e].add_noise(row, static_cast<float>(amplitude * amplitude));
    clipped += convert(row, scenario.receiver.adc.bits);
  }
  ++blocks_made;
  block_used = 0;
}

Sky::Sky(const Scenario& scenario, std::vector<Signal> signals) {
  validate(scenario, "scenario");
  state_ = std::make_unique<State>(scenario, std::move(signals), std::vector<std::uint8_t>{});
}

Sky::Sky(const Scenario& scenario) {
  validate(scenario, "scenario");
  std::vector<std::uint8_t> file = sim::payload_file(scenario);
  std::vector<Signal> signals = ku_signals(scenario, file);
  state_ = std::make_unique<State>(scenario, std::move(signals), std::move(file));
}

Sky::~Sky() = default;
Sky::Sky(Sky&&) noexcept = default;
Sky& Sky::operator=(Sky&&) noexcept = default;

std::size_t Sky::channels() const {
  return state_->positions_m.size();
}
double Sky::sample_rate_hz() const {
  return state_->scenario.sample_rate_hz;
}
double Sky::carrier_hz() const {
  return state_->scenario.carrier_hz;
}
const std::vector<Vec3>& Sky::positions_m() const {
  return state_->positions_m;
}
const std::vector<cf64>& Sky::element_gains() const {
  return state_->gains;
}
std::uint64_t Sky::samples_generated() const {
  return state_->samples_given;
}
std::uint64_t Sky::rails_clipped() const {
  return state_->clipped;
}
double Sky::gain_db() const {
  return state_->gain_db;
}
std::span<const std::uint8_t> Sky::payload_file() const {
  return state_->file;
}

void Sky::set_gain_db(double gain_db) {
  if (!std::isnan(gain_db)) state_->gain_db = std::clamp(gain_db, -120.0, 120.0);
}

void Sky::generate(Grid<cf32> out) noexcept {
  State& s = *state_;
  BORESIGHT_ASSERT(out.rows() == channels());
  for (std::size_t done = 0; done < out.columns();) {
    if (s.block_used == block_samples) s.make_block();
    const std::size_t count = std::min(out.columns() - done, block_samples - s.block_used);
    for (std::size_t e = 0; e < out.rows(); ++e) {
      std::copy_n(s.block.row(e).begin() + static_cast<std::ptrdiff_t>(guard_samples + s.block_used), count,
                  out.row(e).begin() + static_cast<std::ptrdiff_t>(done));
    }
    s.block_used += count;
    done += count;
  }
  s.samples_given += out.columns();
}

Truth Sky::truth() const {
  const State& s = *state_;
  const double time_s = s.time_base.time_s(static_cast<std::int64_t>(signal_oversampling * s.samples_given));
  const SatelliteSource& satellite = s.satellites.front();
  const MotionState motion = satellite.state(time_s);
  const array::SkyDirection angles = array::sky_from_enu(motion.direction);
  double jammer_power = 0;
  for (std::size_t j = 0; j < s.jammers.size(); ++j) {
    if (s.jammers[j].is_on(time_s)) jammer_power += power_from_db(s.scenario.jammers[j].power_db);
  }
  return {.time_s = time_s,
          .doppler_hz = -s.scenario.carrier_hz * motion.delay_rate,
          .snr_db = motion.direction.z > 0 ? satellite.snr_db() : db_from_power(0),
          .jammer_to_noise_db = db_from_power(jammer_power),
          .azimuth_rad = angles.azimuth_rad,
          .elevation_rad = angles.elevation_rad,
          .carrier_hz = s.scenario.carrier_hz};
}

}  // namespace boresight::sim
