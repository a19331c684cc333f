// Where the samples of one read belong in time, given timestamps that may be absent or wrong.
// Private to boresight::sdr.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace boresight::sdr {

class Timeline {
 public:
  using Clock = std::chrono::steady_clock;

  struct Placement {
    std::optional<std::int64_t> time_ns;
    std::uint64_t lost_samples = 0;
    bool gap = false;
    bool bad_timestamp = false;
  };

  explicit Timeline(double sample_rate_hz) : rate_hz_(sample_rate_hz) {}

  /// Samples may be missing before the next ones: an overflow, a restart.
  void mark_loss() { loss_possible_ = true; }

  /// Places the next `samples` samples, whose first was stamped `stamp_ns` (if at all) and read at `now`.
  Placement place(std::optional<std::int64_t> stamp_ns, std::size_t samples, Clock::time_point now);

 private:
  struct Anchor {
    std::int64_t time_ns = 0;
    std::uint64_t samples = 0;  // since then
  };

  std::int64_t expected_ns(const Anchor& anchor) const;
  double samples_between(std::int64_t later_ns, std::int64_t earlier_ns) const;
  bool loss_is_possible(double missing, Clock::time_point now) const;
  bool agrees_with_rivals(std::int64_t stamp_ns);

  double rate_hz_;
  bool loss_possible_ = false;
  std::optional<Anchor> anchor_;
  bool anchor_is_early_ = false;  // an unknown gap lies between the anchor and now
  std::optional<Anchor> rival_;   // the timeline of the stamps that contradict the anchor
  int rivals_in_a_row_ = 0;
  Clock::time_point last_read_;
};

}  // namespace boresight::sdr
