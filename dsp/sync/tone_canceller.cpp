#include "boresight/sync/tone_canceller.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::sync {
namespace {

constexpr std::size_t block = ToneCanceller::block_samples;
constexpr std::size_t interval = ToneCanceller::interval_samples;
constexpr std::size_t skirt = 8;  // bins, beyond which Hann's window leaves -62 dB of a line
constexpr float loop_gain = 1.0F / block;
constexpr std::size_t blocks_of_a_gap = 6;  // time constants of the loop: 0.2 % of a phase is left
constexpr double hann_gain = 1.5;           // mean square of the window against its squared mean

double distance(double a, double b) {  // of frequencies, around the circle
  const double d = std::abs(a - b);
  return std::min(d, 1 - d);
}

}  // namespace

struct ToneCanceller::State {
  struct Oscillator {
    double frequency = 0;
    cf64 turn = 1;  // at the next sample
    cf32 amplitude = 0;
    cf32 last_amplitude = 0;  // a block ago
  };
  struct Line {
    std::size_t bin;
    double power;  // over the mean of the others
  };

  fft::Fft forward{block, fft::Direction::forward};
  aligned_vector<float> window = aligned_vector<float>(block);
  std::array<aligned_vector<cf32>, 2> blocks{aligned_vector<cf32>(block), aligned_vector<cf32>(block)};
  aligned_vector<float> power = aligned_vector<float>(block);
  std::array<std::vector<Line>, 2> lines;
  std::vector<Oscillator> tones;
  double threshold = 0;
  std::size_t place = 0;  // within the interval, of which the last two blocks are looked at

  std::size_t unsettled = 0;  // blocks until amplitudes have followed the phases that a gap left

  bool finite = true;  // all of both blocks

  void cancel(std::span<const cf32> in, std::span<cf32> out) noexcept {
    if (in.data() != out.data()) std::copy(in.begin(), in.end(), out.begin());
    for (Oscillator& tone : tones) {
      const cf64 step = std::polar(1.0, 2 * pi * tone.frequency);
      cf32 a = tone.amplitude;
      cf64 turn = tone.turn;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const auto re = static_cast<float>(turn.real());
        const auto im = static_cast<float>(turn.imag());
        const cf32 left(out[i].real() - (a.real() * re - a.imag() * im),
                        out[i].imag() - (a.real() * im + a.imag() * re));
        out[i] = left;
        const cf32 error(left.real() * re + left.imag() * im, left.imag() * re - left.real() * im);
        const cf32 next(a.real() + loop_gain * error.real(), a.imag() + loop_gain * error.imag());
        if (std::abs(next.real()) < 1e30F && std::abs(next.imag()) < 1e30F) a = next;  // no NaN either
        turn = {turn.real() * step.real() - turn.imag() * step.imag(),
                turn.real() * step.imag() + turn.imag() * step.real()};
      }
      tone.amplitude = a;
      tone.turn = turn;
    }
  }

  // At the end of a block: an amplitude that turns is a frequency that is off (or drifts: Doppler rate).
  void follow() noexcept {
    const bool settled = unsettled == 0;
    if (!settled) --unsettled;
    for (Oscillator& tone : tones) {
      const cf64 turned = cf64(tone.amplitude) * std::conj(cf64(tone.last_amplitude));
      if (settled && std::norm(tone.last_amplitude) > 0.25F * std::norm(tone.amplitude))
        tone.frequency += 0.25 * std::arg(turned) / (2 * pi * static_cast<double>(block));
      tone.last_amplitude = tone.amplitude;
      tone.turn /= std::abs(tone.turn);
    }
  }

  // The bins of a block above the threshold, strongest first, none within the skirt of another.
  void find_lines(std::size_t which, std::size_t most) noexcept {
    auto& bins = blocks[which];
    auto& found = lines[which];
    found.clear();
    for (std::size_t i = 0; i < block; ++i) bins[i] *= window[i];
    forward.run(bins, bins);
    double rest = 0;
    std::size_t count = block;
    for (std::size_t k = 0; k < block; ++k) {
      power[k] = bins[k].real() * bins[k].real() + bins[k].imag() * bins[k].imag();
      rest += static_cast<double>(power[k]);
    }
    finite = finite && std::isfinite(rest);
    if (!(rest > 0) || !finite) return;
    // Most blocks have none: the largest does not pass against whatever mean its own skirt would leave.
    const auto largest = static_cast<double>(*std::max_element(power.begin(), power.end()));
    constexpr double skirts = 2 * skirt + 1;
    if (largest * static_cast<double>(block) <= threshold * (rest - skirts * largest)) return;
    while (found.size() < most) {
      const auto best =
          static_cast<std::size_t>(std::max_element(power.begin(), power.end()) - power.begin());
      const auto peak = static_cast<double>(power[best]);
      for (std::size_t i = 0; i <= 2 * skirt; ++i) {
        float& p = power[(best + block - skirt + i) % block];
        count -= p > 0;
        p = 0;
      }
      rest = 0;
      for (const float p : power) rest += static_cast<double>(p);
      const double mean = count > 0 ? rest / static_cast<double>(count) : 0.0;
      if (!(peak > threshold * mean) || !(peak > 0)) return;
      found.push_back({best, peak});
    }
  }

  void update(const Config& config) noexcept {
    if (!finite) {
      finite = true;
      return;
    }
    // The mean power of what is left, per sample: a tone of less than a fourth of what starts one is let go.
    double rest = 0;
    for (const float p : power) rest += static_cast<double>(p);
    const double noise = rest / static_cast<double>(block) / static_cast<double>(block) / 0.375;
    std::erase_if(tones, [&](const Oscillator& tone) {
      const auto strength =
          static_cast<double>(std::norm(tone.amplitude)) * static_cast<double>(block) / hann_gain;
      return !(4 * strength > threshold * noise);
    });
    for (const Line& second : lines[1]) {
      for (const Line& first : lines[0]) {
        const std::size_t apart = (second.bin + block - first.bin) % block;
        if (apart > 1 && apart != block - 1) continue;
        if (!(second.power < 2 * first.power) || !(first.power < 2 * second.power)) continue;
        // A block's length of the tone is `second.bin` turns and what the phases differ by. Half a turn may
        // be either way; the stronger neighbor knows.
        const cf64 phase = cf64(blocks[1][second.bin]) * std::conj(cf64(blocks[0][second.bin]));
        const bool above = std::norm(blocks[1][(second.bin + 1) % block]) >
                           std::norm(blocks[1][(second.bin + block - 1) % block]);
        double turn = std::arg(phase) / (2 * pi);
        if (above && turn < -0.25) turn += 1;
        if (!above && turn > 0.25) turn -= 1;
        const double f = (static_cast<double>(second.bin) + turn) / static_cast<double>(block);
        const double frequency = f - std::round(f);
        const bool known = std::any_of(tones.begin(), tones.end(), [&](const Oscillator& tone) {
          return distance(tone.frequency, frequency) * static_cast<double>(block) < 0.5;
        });
        if (!known && tones.size() < config.max_tones) tones.push_back({.frequency = frequency});
        break;
      }
    }
  }
};

ToneCanceller::ToneCanceller(const Config& config) : config_(config) {
  require(config.max_tones <= 16,
          "tone canceller: " + std::to_string(config.max_tones) + " tones are more than 16");
  require(config.false_alarm_probability >= 1e-15 && config.false_alarm_probability <= 0.1,
          "tone canceller: false-alarm probability " + std::to_string(config.false_alarm_probability) +
              " is outside 1e-15 .. 0.1");
  state_ = std::make_unique<State>();
  State& s = *state_;
  s.threshold = std::log(static_cast<double>(block) / config.false_alarm_probability);
  for (std::size_t i = 0; i < block; ++i)
    s.window[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / block));
  for (auto& lines : s.lines) lines.reserve(config.max_tones);
  s.tones.reserve(config.max_tones);
}

ToneCanceller::~ToneCanceller() = default;
ToneCanceller::ToneCanceller(ToneCanceller&&) noexcept = default;
ToneCanceller& ToneCanceller::operator=(ToneCanceller&&) noexcept = default;

void ToneCanceller::process(std::span<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(out.size() == in.size());
  State& s = *state_;
  if (config_.max_tones == 0) {
    if (in.data() != out.data()) std::copy(in.begin(), in.end(), out.begin());
    return;
  }
  while (!in.empty()) {
    const std::size_t count = std::min(in.size(), block - s.place % block);
    s.cancel(in.first(count), out.first(count));
    constexpr std::size_t first = interval - 2 * block;
    if (s.place >= first) {
      const std::size_t at = s.place - first;
      std::copy_n(out.begin(), count, s.blocks[at / block].begin() + static_cast<std::ptrdiff_t>(at % block));
    }
    s.place += count;
    if (s.place % block == 0) s.follow();
    if (s.place == first + block) s.find_lines(0, config_.max_tones);
    if (s.place == interval) {
      s.find_lines(1, config_.max_tones);
      s.update(config_);
      s.place = 0;
    }
    in = in.subspan(count);
    out = out.subspan(count);
  }
}

void ToneCanceller::advance(std::uint64_t samples) noexcept {
  State& s = *state_;
  for (State::Oscillator& tone : s.tones) {
    const double turns = tone.frequency * static_cast<double>(samples);
    tone.turn *= std::polar(1.0, 2 * pi * (turns - std::floor(turns)));
  }
  s.unsettled = blocks_of_a_gap;
  s.finite = true;
  s.place = 0;
}

std::size_t ToneCanceller::tone_count() const {
  return state_->tones.size();
}

std::vector<ToneCanceller::Tone> ToneCanceller::tones() const {
  std::vector<Tone> tones;
  for (const auto& tone : state_->tones)
    tones.push_back({tone.frequency, static_cast<double>(std::norm(tone.amplitude))});
  return tones;
}

void ToneCanceller::reset() noexcept {
  state_->tones.clear();
  state_->finite = true;
  state_->unsettled = 0;
  state_->place = 0;
}

}  // namespace boresight::sync
