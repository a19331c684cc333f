#include "rx/period_buffer.h"

#include <algorithm>

#include "boresight/core/assert.h"
#include "boresight/core/convert.h"
#include "rx/sample_number.h"

namespace boresight::rx {

// A period's samples, and once more as many that the next push may bring before they are used.
PeriodBuffer::PeriodBuffer(double period, std::size_t before, std::size_t longest)
    : buffer_(2 * longest), before_(before), period_(period) {
  BORESIGHT_ASSERT(period >= 1 && period < static_cast<double>(longest));
  restart(0);
}

void PeriodBuffer::restart(std::int64_t next) noexcept {
  filled_ = 0;
  base_ = next;
  start_ = next + static_cast<std::int64_t>(before_);
  fraction_ = 0;
  number_ = 0;
}

void PeriodBuffer::skip(std::uint64_t lost) noexcept {
  restart(later(base_ + static_cast<std::int64_t>(filled_), lost));
}

std::size_t PeriodBuffer::append(std::span<const cf32> x, std::uint64_t& cleaned) noexcept {
  const std::size_t count = std::min(x.size(), buffer_.size() - filled_);
  cleaned += to_cf32(x.first(count), std::span(buffer_).subspan(filled_, count));
  filled_ += count;
  return count;
}

std::optional<PeriodBuffer::Period> PeriodBuffer::next(std::size_t count) noexcept {
  const auto offset = static_cast<std::size_t>(start_ - base_) - before_;
  if (filled_ < offset + count) {
    const std::size_t gone = std::min(offset, filled_);
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(gone),
              buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    filled_ -= gone;
    base_ += static_cast<std::int64_t>(gone);
    return std::nullopt;
  }
  const Period period{number_, start_, fraction_, std::span<const cf32>(buffer_).subspan(offset, count)};
  const auto [start, fraction] = split(start_, fraction_ + period_);
  start_ = start;
  fraction_ = fraction;
  ++number_;
  return period;
}

}  // namespace boresight::rx
