// A stream of samples, cut into frame periods with the margins that a search of one needs. Private.
//
//   number of      start - before      start + fraction            next start
//   the sample          |  margin  |________ period ________|  margin  |
//                       |<---------------- samples ------------------->|
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"

namespace boresight::rx {

/// Samples have whole numbers; where periods begin is kept as a whole number and a fraction, so that neither
/// becomes coarse far into a stream.
class PeriodBuffer {
 public:
  struct Period {
    std::uint64_t number = 0;  ///< from 0 on, since the last restart
    std::int64_t start = 0;
    double fraction = 0;            ///< 0 <= fraction < 1
    std::span<const cf32> samples;  ///< from sample `start - before` on; valid until the next append
  };

  /// `period` in samples; `before` samples in front of each period's start; `longest`, the most that next()
  /// is asked for, is at least a period and its margins.
  PeriodBuffer(double period, std::size_t before, std::size_t longest);

  /// Nothing is kept; the next sample is number `next`, 0 .. 2^62, and the first period begins as soon as its
  /// margin allows.
  void restart(std::int64_t next) noexcept;
  /// As restart() behind `lost` missing samples; numbers saturate at 2^62.
  void skip(std::uint64_t lost) noexcept;

  /// Takes what fits, one sample at least once next() had none; returns how many. Samples that are no numbers
  /// are cleaned (to_cf32) and counted.
  std::size_t append(std::span<const cf32> x, std::uint64_t& cleaned) noexcept;
  /// The next period with `count` samples, if they are there; else makes room. It has been left behind when
  /// it is returned: a handler that throws does not see it again.
  std::optional<Period> next(std::size_t count) noexcept;

 private:
  aligned_vector<cf32> buffer_;
  std::size_t before_;
  double period_;
  std::size_t filled_ = 0;
  std::int64_t base_ = 0;   // number of buffer_[0]
  std::int64_t start_ = 0;  // of the next period; never before base_ + before_
  double fraction_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace boresight::rx
