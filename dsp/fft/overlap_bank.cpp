#include "fft/overlap_bank.h"

#include <bit>
#include <string>

#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::fft {
namespace {

constexpr float largest_sample = 1e15F;

std::uint32_t beyond(float x) {
  const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFU;
  return magnitude > std::bit_cast<std::uint32_t>(largest_sample) ? 1 : 0;
}

std::size_t checked_size(std::size_t size) {
  require(size >= 8 && size <= 8192 && size % 2 == 0,
          "overlap bank: size " + std::to_string(size) + " must be even and 8 to 8192");
  return size;
}

}  // namespace

OverlapBank::OverlapBank(std::size_t inputs, std::size_t outputs, std::size_t size)
    : size_(checked_size(size)),
      forward_(size, Direction::forward),
      inverse_(size, Direction::inverse),
      window_(size),
      work_(size),
      history_(inputs, size),
      bins_(inputs, size),
      products_(outputs, size),
      tail_(outputs, size / 2),
      ready_(outputs, size / 2) {
  // In by (2 / N)^1/2; back by half of that, as the transforms multiply by N.
  const double n = static_cast<double>(size);
  for (std::size_t i = 0; i < size; ++i) {
    window_[i] = static_cast<float>(std::sqrt(2 / n) * std::sin(pi * (static_cast<double>(i) + 0.5) / n));
  }
}

void OverlapBank::take(Grid<const cf32> in) noexcept {
  BORESIGHT_ASSERT(in.rows() == history_.rows());
  for (std::size_t e = 0; e < in.rows(); ++e) {
    const std::span<cf32> to = history_.row(e).subspan(hop() + fill_, in.columns());
    std::ranges::copy(in.row(e), to.begin());
    // As integers, magnitudes compare like floats with NaN and infinity above all: no branch per sample.
    const auto* parts = reinterpret_cast<const float*>(to.data());
    std::uint32_t bad = 0;
    for (std::size_t i = 0; i < 2 * to.size(); ++i) bad |= beyond(parts[i]);
    if (bad == 0) continue;
    for (cf32& x : to) {
      if ((beyond(x.real()) | beyond(x.imag())) == 0) continue;
      x = 0;
      ++zeroed_;
    }
  }
}

void OverlapBank::analyze() noexcept {
  for (std::size_t e = 0; e < history_.rows(); ++e) {
    const std::span<cf32> x = history_.row(e);
    for (std::size_t i = 0; i < size_; ++i) work_[i] = window_[i] * x[i];
    forward_.run(work_, bins_.row(e));
    std::copy(x.begin() + static_cast<std::ptrdiff_t>(hop()), x.end(), x.begin());
  }
}

void OverlapBank::synthesize() noexcept {
  for (std::size_t b = 0; b < products_.rows(); ++b) {
    inverse_.run(products_.row(b), work_);
    for (std::size_t i = 0; i < hop(); ++i) {
      ready_(b, i) = tail_(b, i) + 0.5F * window_[i] * work_[i];
      tail_(b, i) = 0.5F * window_[hop() + i] * work_[hop() + i];
    }
  }
}

void OverlapBank::reset() noexcept {
  fill_ = 0;
  for (GridBuffer<cf32>* buffer : {&history_, &tail_, &ready_}) {
    for (std::size_t r = 0; r < buffer->rows(); ++r) std::ranges::fill(buffer->row(r), cf32(0));
  }
}

}  // namespace boresight::fft
