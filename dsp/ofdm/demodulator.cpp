#include "boresight/ofdm/demodulator.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::ofdm {

void remove_carrier(std::span<const cf32> in, double frequency, double phase_turns,
                    std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  // A short table of rotations, restarted in double precision every `run` samples: the phasor product stays
  // accurate and the inner loop has no dependence from one sample to the next.
  constexpr std::size_t run = 32;
  cf32 table[run];
  for (std::size_t i = 0; i < run; ++i) {
    table[i] = cf32(std::polar(1.0, -2.0 * pi * frequency * static_cast<double>(i)));
  }
  for (std::size_t first = 0; first < in.size(); first += run) {
    double turns = phase_turns + frequency * static_cast<double>(first);
    turns -= std::floor(turns);
    const cf32 start = cf32(std::polar(1.0, -2.0 * pi * turns));
    const std::size_t count = std::min(run, in.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      const float re = start.real() * table[i].real() - start.imag() * table[i].imag();
      const float im = start.real() * table[i].imag() + start.imag() * table[i].real();
      const cf32 x = in[first + i];
      out[first + i] = {x.real() * re - x.imag() * im, x.real() * im + x.imag() * re};
    }
  }
}

Demodulator::Demodulator(const Numerology& numerology) : fft_size_(numerology.fft_size) {
  check(numerology);
  forward_ = std::make_unique<fft::Fft>(fft_size_, fft::Direction::forward);
  rotated_.resize(fft_size_);
}

Demodulator::~Demodulator() = default;
Demodulator::Demodulator(Demodulator&&) noexcept = default;
Demodulator& Demodulator::operator=(Demodulator&&) noexcept = default;

void Demodulator::process(std::span<const cf32> window, double frequency, double phase_turns,
                          std::span<cf32> subcarriers) noexcept {
  BORESIGHT_ASSERT(window.size() == fft_size_ && subcarriers.size() == fft_size_);
  remove_carrier(window, frequency, phase_turns, rotated_);
  forward_->run(rotated_, subcarriers);
  const float scale = 1.0F / std::sqrt(static_cast<float>(fft_size_));
  for (cf32& y : subcarriers) y *= scale;
}

}  // namespace boresight::ofdm
