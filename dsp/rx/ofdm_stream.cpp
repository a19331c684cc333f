#include "rx/ofdm_stream.h"

#include <algorithm>

#include "boresight/core/assert.h"
#include "boresight/core/convert.h"

namespace boresight::rx {

OfdmStream::OfdmStream(std::size_t antennas, std::size_t capacity,
                       const sync::ToneCanceller::Config& canceller)
    : buffer_(antennas, capacity) {
  for (std::size_t a = 0; a < antennas; ++a) cancellers_.emplace_back(canceller);
}

void OfdmStream::begin() noexcept {
  base_ = 0;
  size_ = 0;
  for (auto& canceller : cancellers_) canceller.reset();
}

Grid<const cf32> OfdmStream::at(std::uint64_t first, std::size_t count) const noexcept {
  BORESIGHT_ASSERT(first >= base_ && first + count <= end());
  return buffer_.view().columns(static_cast<std::size_t>(first - base_), count);
}

std::size_t OfdmStream::append(Grid<const cf32> samples, std::uint64_t first_needed,
                               std::uint64_t& cleaned) noexcept {
  const std::size_t half = buffer_.columns() / 2;
  if (size_ == buffer_.columns() || (size_ > half && first_needed >= base_ + half)) {
    const std::size_t drop = static_cast<std::size_t>(
        std::min<std::uint64_t>(first_needed > base_ ? first_needed - base_ : 0, size_));
    for (std::size_t a = 0; a < buffer_.rows(); ++a) {
      const auto row = buffer_.row(a);
      std::copy(row.begin() + static_cast<std::ptrdiff_t>(drop),
                row.begin() + static_cast<std::ptrdiff_t>(size_), row.begin());
    }
    base_ += drop;
    size_ -= drop;
  }
  const std::size_t count = std::min(samples.columns(), buffer_.columns() - size_);
  for (std::size_t a = 0; a < buffer_.rows(); ++a) {
    const auto out = buffer_.row(a).subspan(size_, count);
    cleaned += to_cf32(samples.row(a).first(count), out);
    cancellers_[a].process(out, out);
  }
  size_ += count;
  return count;
}

}  // namespace boresight::rx
