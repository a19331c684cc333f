// Finds the short training field of IEEE 802.11 OFDM frames by its period of 16 samples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "boresight/core/types.h"

namespace boresight::sync {

/// Lag-16 correlation (Schmidl and Cox, IEEE Trans. Commun. 45 (1997) 1613) of 128 products, evaluated once
/// every 16 samples. Each group of 16 products counts as its own correlation coefficient, means taken out,
///   r_g = sum (b - mean b) conj(a - mean a) / sqrt(sum |a - mean a|^2 sum |b - mean b|^2),
/// b the group and a the one before it, and rho is the mean of the last eight. So it depends neither on the
/// scale, nor on a DC offset (the field's own mean over 16 samples is zero), nor on steps of the gain, nor on
/// a stronger frame that has just ended. The field has 160 samples: whatever its phase, one evaluation sees
/// nothing but the field. Of white noise E|r_g|^2 = 1 / 15, and rho being the mean of eight,
///   P(|rho|^2 > t) = exp(-120 t) per evaluation
/// to within a third down to 1e-5, from which the threshold follows. A constant or zero input has rho = 0.
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
    double correlation_2 = 0;  ///< |rho|^2 there
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
  /// Probe: |rho|^2 of the last group; 0 after a restart until there is one.
  double correlation_2() const { return correlation_2_; }

 private:
  double threshold_;
  std::array<cf64, window_groups> coherence_{};
  cf64 last_sum_;             // of the group before
  double last_variance_ = 0;  // times 16; 0 if it is constant
  std::size_t count_ = 0;     // groups since the restart
  double correlation_2_ = 0;
  bool tracking_ = false;
  unsigned tracked_groups_ = 0;
  unsigned groups_since_best_ = 0;
  Peak best_;
};

}  // namespace boresight::sync
