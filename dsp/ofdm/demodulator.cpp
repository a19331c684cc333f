#include "boresight/ofdm/demodulator.h"

#include <cmath>

#include "boresight/core/assert.h"
#include "fft/mixed_fft.h"
#include "kernels/carrier.h"

namespace boresight::ofdm {

void remove_carrier(std::span<const cf32> in, double frequency, double phase_turns,
                    std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  kernels::remove_carrier(in, frequency, phase_turns, 1.0F, out);
}

Demodulator::Demodulator(const Numerology& numerology) : fft_size_(numerology.fft_size) {
  check(numerology);
  transform_ = std::make_unique<fft::MixedFft>(fft_size_, 1 / std::sqrt(static_cast<double>(fft_size_)));
}

Demodulator::~Demodulator() = default;
Demodulator::Demodulator(Demodulator&&) noexcept = default;
Demodulator& Demodulator::operator=(Demodulator&&) noexcept = default;

void Demodulator::process(std::span<const cf32> window, double frequency, double phase_turns,
                          std::span<cf32> subcarriers) noexcept {
  BORESIGHT_ASSERT(window.size() == fft_size_ && subcarriers.size() == fft_size_);
  transform_->run(window, frequency, phase_turns, subcarriers);
}

}  // namespace boresight::ofdm
