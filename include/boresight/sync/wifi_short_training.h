// Finds the short training field of IEEE 802.11 OFDM frames by its period of 16 samples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

/// Lag-16 correlation coefficient of 128 products, evaluated once every 16 samples (Schmidl and Cox, IEEE
/// Trans. Commun. 45 (1997) 1613, with the means taken out, so that a DC offset is not a signal):
///   rho^2 = |sum (b - mean b) conj(a - mean a)|^2 / (sum |a - mean a|^2 sum |b - mean b|^2),
/// b the last 128 samples and a those 16 earlier. It does not depend on the scale. The field has 160 samples,
/// so whatever its phase one evaluation sees nothing but the field. Of white noise
///   P(rho^2 > t) = (1 - t)^126 per evaluation,
/// from which the threshold follows. A constant or zero input has rho = 0. Nothing is accumulated over more
/// than 16 samples: strong signals leave no rounding residue behind.
class ShortTrainingDetector {
 public:
  static constexpr std::size_t group_samples = 16;
  static constexpr std::size_t window_groups = 8;
  /// Samples that a first evaluation needs: the window and one period before it.
  static constexpr std::size_t history_samples = (window_groups + 1) * group_samples;

  struct Config {
    double false_alarm_rate = 1e-8;  ///< probability per evaluation on white noise, 1e-15 .. 0.1
  };

  struct Peak {
    std::uint64_t end = 0;     ///< one past the last sample of the best window
    double frequency = 0;      ///< carrier offset, cycles per sample, within +-1/32
    double correlation_2 = 0;  ///< rho^2 there
  };

  /// ConfigError if the rate is outside its limits.
  explicit ShortTrainingDetector(const Config& config);

  /// Forgets all samples.
  void restart() noexcept;

  /// `samples` [32]: the group before and the group itself, whose end is at `end`. Groups must follow each
  /// other; after a restart nine of them pass before the first evaluation. Returns the best window once the
  /// correlation has not grown for three groups (or has been above the threshold for sixteen).
  std::optional<Peak> process(std::span<const cf32> samples, std::uint64_t end) noexcept;

  double threshold() const { return threshold_; }

 private:
  struct Group {
    cf64 sum;      // x
    cf64 product;  // x[n] conj(x[n - 16])
    double power = 0;
  };

  double threshold_;
  std::array<Group, window_groups + 1> groups_{};
  std::size_t count_ = 0;  // groups since the restart
  bool tracking_ = false;
  unsigned tracked_groups_ = 0;
  unsigned groups_since_best_ = 0;
  Peak best_;
};

}  // namespace boresight::sync
