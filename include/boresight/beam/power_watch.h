// Notices a jammer by what it does to a beam: its output power jumps.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// Compares the power of several beams, in runs of 128 values, with what was usual in the blocks before. A
/// value is a sample, or a bin of an FFT: what counts is the mean of |y|^2.
///
///     find(block) ─┬─ nothing ─▶ note()     usual = the larger of this block and `decay` times the usual
///                  └─ a jump ──▶ settle(block under the new weights)
///
/// A jump is a run with more than `jump_db` over the usual power. Runs that hold NaN or infinity are left
/// out, and blocks of fewer than 32 values: their power says nothing. A last run shorter than that joins the
/// one before. After silence anything is a jump.
class PowerWatch {
 public:
  struct Config {
    std::size_t beams = 1;
    double jump_db = 6;  ///< 3 to 60; 0 switches the watch off: find() then never finds anything
    /// What the usual power may fall by from block to block, in (0, 1]: bursts of the wanted signal then
    /// trigger once and not each time.
    double decay = 0.9;
    /// Blocks share samples with the one before: a jump then comes in two parts, and the first of them must
    /// not be what the second is compared with. note() counts one block later.
    bool overlapping = false;
  };

  /// ConfigError names the value and the limit. Until settle(), nothing is a jump.
  explicit PowerWatch(const Config& config);

  /// @param out  [beams x n]: a block of the beams' output
  /// Where the first run with a jump begins, n when there is none. Fails an assert for another number of
  /// beams.
  std::size_t find(Grid<const cf32> out) noexcept;
  /// The block that find() has just seen without a jump becomes part of what is usual.
  void note() noexcept;
  /// The power of `out` is usual from now on, whatever it was: after new weights. What they cannot null must
  /// not trigger for ever.
  void settle(Grid<const cf32> out) noexcept;
  /// As constructed.
  void reset() noexcept;

 private:
  double ratio_;  // 0: off
  double decay_;
  bool overlapping_;
  std::vector<double> usual_;  // [beams]
  std::vector<double> found_;  // [beams], mean power of the block that find() saw
  std::vector<double> held_;   // [beams], that of the block before, not yet noted
};

}  // namespace boresight::beam
