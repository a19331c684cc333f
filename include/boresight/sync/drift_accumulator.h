// Frames too weak to be seen one by one, added up along every line that a satellite's frames can lie on.
//
// The statistic of PreambleSearch is kept for a block of F frame periods, as rows one below the other. A
// satellite with Doppler f moves by s = -P f / tuned samples from row to row (7.4 at 23 ppm and 240 Msps),
// and its carrier says which s to expect, up to half a carrier step and the receiver's clock:
//
//   row 0    ..........#.............      sum over the rows for every first position, every carrier and
//   every row 1    ............#...........      slope of s - range to s + range, by a tree that doubles the
//   rows it row 2    ..............#.........      joins (Taylor 1974; dedispersion of pulsars): F log2 F
//   additions row 3    ................#.......      for F slopes. Adjacent slopes are one sample apart over
//   the block.
//
// Within 64 frames the Doppler's own rate (below 7 kHz/s) moves a frame by less than half a sample.
//
// The threshold follows from the distribution of the levels themselves: their histogram gives the cumulant
// function, the saddle point (Bahadur and Rao 1960) the tail of a sum of F, and the number of sums the
// probability for one. Neighboring sums are not independent, so fewer false alarms come than asked for. A
// statistic counts as 12 at most, so that one strong frame is not a satellite.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"

namespace boresight::sync {

class DriftAccumulator {
 public:
  struct Config {
    std::size_t frames = 64;          ///< F: a power of two from 8 to 256
    std::size_t positions = 320'000;  ///< in a period
    std::vector<double> slopes;       ///< s of every carrier, samples per frame
    double slope_range = 1;           ///< to either side, 0.01 to 100
    double false_alarm = 1e-3;        ///< in one block
    std::size_t exclusion = 2112;   ///< of findings so close to each other (samples) only the strongest stays
    std::size_t most_findings = 8;  ///< in a block
  };
  struct Finding {
    double position = 0;  ///< in row 0
    double slope = 0;     ///< samples per frame
    std::size_t carrier = 0;
    double excess = 0;      ///< mean statistic of its frames above that of noise
    double deviations = 0;  ///< the sum above noise, in standard deviations of noise
  };
  static constexpr std::size_t most_bytes = std::size_t{1} << 30;

  /// ConfigError for what is out of range, or more than most_bytes of memory.
  explicit DriftAccumulator(const Config& config);

  /// Adds one period's levels [carriers x positions]. True: the block is full, and findings() are those in
  /// it; the next call begins a new one.
  bool add(Grid<const std::uint8_t> levels) noexcept;
  void reset() noexcept;
  std::span<const Finding> findings() const { return findings_; }
  /// How many sums a block has: the false alarm is shared between them.
  double sums() const { return sums_; }
  /// Of the sum, as a mean statistic of a frame; of the last full block.
  double threshold() const { return threshold_; }

 private:
  static constexpr std::size_t tile = 2048;
  static constexpr double largest_statistic = 12;
  static constexpr double value_scale = 8;  // a statistic of 1
  struct Candidate {
    std::uint16_t sum;
    std::uint32_t position, carrier;
    double slope;
  };

  double base_of(std::size_t carrier, std::size_t tree) const noexcept;
  bool in_range(double base, std::size_t carrier, std::size_t drift) const noexcept;
  void search() noexcept;
  void search_tile(std::size_t carrier, double base, std::size_t first) noexcept;
  void keep(const Candidate& candidate) noexcept;
  void pick() noexcept;
  double tail_threshold(double probability) const noexcept;

  Config config_;
  std::size_t trees_;  // for each carrier
  double reach_ = 0;   // of slopes to either side
  double sums_ = 0;
  std::array<std::uint8_t, 256> value_of_level_{};
  std::array<std::uint64_t, 256> histogram_{};  // of values
  aligned_vector<std::uint8_t> rows_;           // [frames x carriers x positions] values
  std::size_t filled_ = 0;
  aligned_vector<std::uint16_t> a_, b_;
  std::vector<Candidate> candidates_;
  std::vector<Finding> findings_;
  std::uint16_t limit_ = 0;
  double mean_ = 0, deviation_ = 0, threshold_ = 0;
};

}  // namespace boresight::sync
