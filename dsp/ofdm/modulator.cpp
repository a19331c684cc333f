#include "boresight/ofdm/modulator.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "fft/fft.h"

namespace boresight::ofdm {

Modulator::Modulator(const Numerology& numerology, unsigned oversampling)
    : fft_size_(numerology.fft_size),
      prefix_samples_(numerology.prefix_samples),
      oversampling_(oversampling) {
  check(numerology);
  require(oversampling >= 1 && oversampling <= 16,
          "modulator: oversampling " + std::to_string(oversampling) + " is outside 1 .. 16");
  inverse_ = std::make_unique<fft::Fft>(fft_size_ * oversampling_, fft::Direction::inverse);
  spectrum_.resize(fft_size_ * oversampling_);
  rise_.resize(numerology.taper_samples * oversampling_);
  for (std::size_t i = 0; i < rise_.size(); ++i) {
    const double turn = pi * (static_cast<double>(i) + 0.5) / static_cast<double>(rise_.size());
    rise_[i] = static_cast<float>(0.5 - 0.5 * std::cos(turn));
  }
  tail_.resize(rise_.size());
}

Modulator::~Modulator() = default;
Modulator::Modulator(Modulator&&) noexcept = default;
Modulator& Modulator::operator=(Modulator&&) noexcept = default;

void Modulator::process(std::span<const cf32> subcarriers, std::span<cf32> samples) noexcept {
  BORESIGHT_ASSERT(subcarriers.size() == fft_size_ && samples.size() == symbol_samples());
  const float scale = 1.0F / std::sqrt(static_cast<float>(fft_size_));
  const std::size_t positive = (fft_size_ + 1) / 2;
  std::fill(spectrum_.begin(), spectrum_.end(), cf32(0));
  for (std::size_t k = 0; k < positive; ++k) spectrum_[k] = scale * subcarriers[k];
  for (std::size_t k = positive; k < fft_size_; ++k) {
    spectrum_[spectrum_.size() - fft_size_ + k] = scale * subcarriers[k];
  }
  const std::size_t prefix = prefix_samples_ * oversampling_;
  const std::span<cf32> body = samples.subspan(prefix);
  inverse_->run(spectrum_, body);
  std::copy(body.end() - static_cast<std::ptrdiff_t>(prefix), body.end(), samples.begin());
  for (std::size_t i = 0; i < rise_.size(); ++i) {
    samples[i] = rise_[i] * samples[i] + tail_[i];
    tail_[i] = (1.0F - rise_[i]) * body[i];  // the body goes on as it began
  }
}

void Modulator::flush(std::span<cf32> samples) noexcept {
  BORESIGHT_ASSERT(samples.size() == taper_samples());
  std::copy(tail_.begin(), tail_.end(), samples.begin());
  std::fill(tail_.begin(), tail_.end(), cf32(0));
}

}  // namespace boresight::ofdm
