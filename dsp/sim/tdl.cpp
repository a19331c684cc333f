#include "boresight/sim/tdl.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "sim/interpolator.h"

namespace boresight::sim {
namespace {

constexpr std::size_t max_taps = 64;
constexpr double max_delay_samples = 65536;

struct TableRow {
  double delay;  // of an rms delay spread
  double power_db;
  double k_db;  // of Rician taps; none: Rayleigh
};
constexpr double none = -1000;

// TR 38.811 lists a Rician tap as two rows, specular and scattered, whose powers add to 0 dB and differ by K.
constexpr TableRow table_a[] = {{0, 0, none}, {1.0811, -4.675, none}, {2.8416, -6.482, none}};
constexpr TableRow table_b[] = {
    {0, 0, none}, {0.7249, -1.973, none}, {0.7410, -4.332, none}, {5.7392, -11.914, none}};
constexpr TableRow table_c[] = {{0, 0, 10.224}, {14.8124, -23.373, none}};
constexpr TableRow table_d[] = {{0, 0, 11.707}, {0.5596, -9.887, none}, {7.3340, -16.771, none}};

std::span<const TableRow> table(NtnTdl profile) {
  switch (profile) {
    case NtnTdl::a:
      return table_a;
    case NtnTdl::b:
      return table_b;
    case NtnTdl::c:
      return table_c;
    default:
      return table_d;
  }
}

// Its table is costly next to the rest of a realization.
const Interpolator& interpolator() {
  static const Interpolator table;
  return table;
}

cf64 turn(double cycles) {
  return std::polar(1.0, 2 * pi * (cycles - std::floor(cycles)));
}

}  // namespace

std::vector<TdlTap> ntn_tdl(NtnTdl profile, double delay_spread_s) {
  require(delay_spread_s >= 0 && delay_spread_s <= 1,
          "ntn tdl: a delay spread of " + std::to_string(delay_spread_s) + " s is outside 0 .. 1 s");
  std::vector<TdlTap> taps;
  double sum = 0;
  for (const TableRow& row : table(profile)) {
    taps.push_back({.delay_s = row.delay * delay_spread_s,
                    .power = power_from_db(row.power_db),
                    .k_factor = row.k_db == none ? 0.0 : power_from_db(row.k_db)});
    sum += taps.back().power;
  }
  for (TdlTap& tap : taps) tap.power /= sum;
  return taps;
}

// State of process(): the past of the input, and the gains at both ends of the current step.
struct TappedDelayLine::Lines {
  struct Delay {
    std::size_t whole;
    double fraction;  // x(n - delay) stands `fraction` behind sample n - whole, 0 <= fraction < 1
  };
  const Interpolator& interpolator = sim::interpolator();
  std::vector<Delay> delays;
  std::size_t past = 0;  // samples kept in front of a block
  std::size_t block = 0;
  std::vector<cf32> input;  // [past + block]
  std::vector<cf64> here, next;
  std::size_t step = 0;  // samples between two computed sets of gains
  std::size_t into = 0;  // samples into the current step
  std::int64_t steps = 0;
};

TappedDelayLine::TappedDelayLine(const Config& config) : config_(config), lines_(std::make_unique<Lines>()) {
  const auto& taps = config_.taps;
  require(!taps.empty() && taps.size() <= max_taps,
          "tapped delay line: " + std::to_string(taps.size()) + " taps are outside 1 .. 64");
  const double rate = config_.sample_rate_hz;
  require(std::isfinite(rate) && rate > 0,
          "tapped delay line: a sample rate of " + std::to_string(rate) + " Hz is not positive");
  require(config_.doppler_hz >= 0 && config_.doppler_hz <= 0.1 * rate &&
              std::abs(config_.specular_doppler_hz) <= 0.1 * rate,
          "tapped delay line: Dopplers of " + std::to_string(config_.doppler_hz) + " and " +
              std::to_string(config_.specular_doppler_hz) + " Hz exceed a tenth of the sample rate");
  require(config_.sinusoids >= 8 && config_.sinusoids <= 1024,
          "tapped delay line: " + std::to_string(config_.sinusoids) + " sinusoids are outside 8 .. 1024");

  Random random(config_.seed, config_.realization);
  double longest = 0;
  for (const TdlTap& tap : taps) {
    require(
        tap.delay_s >= 0 && tap.delay_s * rate <= max_delay_samples,
        "tapped delay line: a delay of " + std::to_string(tap.delay_s) + " s is outside 0 .. 65536 samples");
    require(tap.power >= 0 && std::isfinite(tap.power) && tap.k_factor >= 0 && std::isfinite(tap.k_factor),
            "tapped delay line: a power of " + std::to_string(tap.power) + " or a K factor of " +
                std::to_string(tap.k_factor) + " is negative or not finite");
    longest = std::max(longest, tap.delay_s * rate);
    const double scattered = tap.power / (1 + tap.k_factor);
    const double each = std::sqrt(scattered / config_.sinusoids / 2);
    for (unsigned m = 0; m < config_.sinusoids; ++m) {
      const double angle = 2 * pi * (m + random.uniform()) / config_.sinusoids;
      waves_.push_back(
          {config_.doppler_hz * std::cos(angle), {each * random.normal(), each * random.normal()}});
    }
    waves_.push_back(
        {config_.specular_doppler_hz, std::sqrt(tap.power - scattered) * turn(random.uniform())});
    const double samples = tap.delay_s * rate;
    const auto whole = static_cast<std::size_t>(std::ceil(samples));
    lines_->delays.push_back({whole, static_cast<double>(whole) - samples});
  }

  // Linear interpolation over an angle a errs by a^2 / 8.
  const double fastest = std::max(config_.doppler_hz, std::abs(config_.specular_doppler_hz));
  const double step = fastest > 0 ? 0.02 / (2 * pi * fastest) * rate : 1024.0;
  lines_->step = static_cast<std::size_t>(std::clamp(step, 1.0, 1024.0));
  lines_->past = static_cast<std::size_t>(std::ceil(longest)) + Interpolator::before + latency_samples;
  lines_->block = 4096;
  lines_->input.resize(lines_->past + lines_->block);
  lines_->here.resize(taps.size());
  lines_->next.resize(taps.size());
  gains(-static_cast<double>(latency_samples) / rate, lines_->next);
  step_gains();
}

TappedDelayLine::~TappedDelayLine() = default;
TappedDelayLine::TappedDelayLine(TappedDelayLine&&) noexcept = default;
TappedDelayLine& TappedDelayLine::operator=(TappedDelayLine&&) noexcept = default;

void TappedDelayLine::gains(double time_s, std::span<cf64> gains) const noexcept {
  BORESIGHT_ASSERT(gains.size() == taps());
  const Wave* wave = waves_.data();
  for (cf64& gain : gains) {
    gain = 0;
    for (unsigned m = 0; m <= config_.sinusoids; ++m, ++wave) {
      gain += wave->weight * turn(wave->frequency_hz * time_s);
    }
  }
}

void TappedDelayLine::response(double time_s, double first_hz, double spacing_hz,
                               std::span<cf64> response) const noexcept {
  cf64 gain[max_taps];
  gains(time_s, std::span(gain, taps()));
  std::fill(response.begin(), response.end(), cf64(0));
  for (std::size_t i = 0; i < taps(); ++i) {
    const double delay = config_.taps[i].delay_s;
    cf64 value = gain[i] * turn(-first_hz * delay);
    const cf64 step = turn(-spacing_hz * delay);
    for (cf64& h : response) {
      h += value;
      value *= step;
    }
  }
}

void TappedDelayLine::step_gains() noexcept {
  lines_->here.swap(lines_->next);
  ++lines_->steps;
  const auto sample = static_cast<double>(lines_->steps * static_cast<std::int64_t>(lines_->step));
  gains((sample - static_cast<double>(latency_samples)) / config_.sample_rate_hz, lines_->next);
  lines_->into = 0;
}

void TappedDelayLine::process(std::span<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  Lines& lines = *lines_;
  for (std::size_t done = 0; done < in.size();) {
    const std::size_t n = std::min(in.size() - done, lines.block);
    std::copy_n(in.data() + done, n, lines.input.data() + lines.past);
    for (std::size_t m = 0; m < n; ++m) {
      if (lines.into == lines.step) step_gains();
      const double t = static_cast<double>(lines.into) / static_cast<double>(lines.step);
      ++lines.into;
      cf32 sum = 0;
      for (std::size_t i = 0; i < lines.delays.size(); ++i) {
        const auto& delay = lines.delays[i];
        const cf32* x = lines.input.data() + lines.past + m - latency_samples - delay.whole;
        sum += cf32(lines.here[i] + t * (lines.next[i] - lines.here[i])) *
               lines.interpolator.at(x, delay.fraction);
      }
      out[done + m] = sum;
    }
    std::copy_n(lines.input.data() + n, lines.past, lines.input.data());
    done += n;
  }
}

}  // namespace boresight::sim
