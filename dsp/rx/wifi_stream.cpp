#include "rx/wifi_stream.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"

namespace boresight::rx {
namespace {

constexpr std::size_t append_samples = 8192;
constexpr std::size_t compact_samples = 32768;
constexpr float largest_sample = 1e9F;

}  // namespace

WifiStream::WifiStream(std::size_t capacity, std::size_t lead_in) : buffer_(capacity), lead_in_(lead_in) {
  begin();
}

void WifiStream::begin() noexcept {
  base_ = 0;
  size_ = lead_in_;
  std::fill_n(buffer_.begin(), lead_in_, cf32(0));
}

std::span<const cf32> WifiStream::at(std::uint64_t first, std::size_t count) const noexcept {
  BORESIGHT_ASSERT(first >= base_ && first + count <= end());
  return {buffer_.data() + (first - base_), count};
}

void WifiStream::compact(std::uint64_t keep) noexcept {
  if (keep <= base_) return;
  const auto drop = static_cast<std::ptrdiff_t>(keep - base_);
  std::copy(buffer_.begin() + drop, buffer_.begin() + static_cast<std::ptrdiff_t>(size_), buffer_.begin());
  size_ -= static_cast<std::size_t>(drop);
  base_ = keep;
}

std::size_t WifiStream::append(std::span<const cf32> samples, std::uint64_t first_needed,
                               std::uint64_t& cleaned) noexcept {
  if (size_ >= compact_samples && (first_needed >= base_ + compact_samples / 2 || size_ == buffer_.size()))
    compact(first_needed);
  const std::size_t count = std::min({samples.size(), buffer_.size() - size_, append_samples});
  cf32* out = buffer_.data() + size_;
  std::uint64_t bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const cf32 x = samples[i];
    // False for NaN.
    const bool usable = std::abs(x.real()) <= largest_sample && std::abs(x.imag()) <= largest_sample;
    out[i] = usable ? x : cf32(0);
    bad += usable ? 0 : 1;
  }
  cleaned += bad;
  size_ += count;
  return count;
}

}  // namespace boresight::rx
