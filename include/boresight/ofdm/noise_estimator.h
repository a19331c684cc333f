// Noise variance of every subcarrier from what a channel estimate left over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace boresight::ofdm {

/// A smooth background and single subcarriers that stand out of it: white noise and whatever else is wide on
/// the one hand, carriers and other narrow-band interference on the other. Averaging over neighbours alone
/// would spread one jammed subcarrier over the whole window.
///
///   power │        █                      background: mean of the window's subcarriers that do not stand out
///         │        █                      stands out: above the mean of its window by the factor
///         │▂▃▁▄▂▁▃▂█▂▁▄▃▂▁▃                     N (false_alarm^(-1/N) - 1),  N = others in the window
///         └──────────────── subcarrier
///
/// The factor is that of the cell-averaging detector of constant false-alarm rate (Finn and Johnson, RCA
/// Review 29 (1968) 414); the first background comes from medians, which up to half of a window may spoil
/// (interference over more than that counts as background). A subcarrier that stands out gets its own power,
/// or the mean with neighbours that do if that is more. The background is unbiased (to false_alarm ln
/// (1 / false_alarm)), its relative error window^-1/2.
class NoiseEstimator {
 public:
  struct Config {
    std::size_t carriers = 0;   ///< observations, in order of frequency, 1 .. 2^16
    std::size_t window = 65;    ///< odd, 1 .. 65535
    double false_alarm = 1e-4;  ///< that a subcarrier of plain noise stands out, 1e-12 .. 0.1
  };

  /// ConfigError if a value is out of its range.
  explicit NoiseEstimator(const Config& config);

  /// power [carriers]: |received - channel x known|^2, exponentially distributed where it is noise (sums of
  /// several have a lower false-alarm rate) -> variance [carriers], of the same scale; may be the same span.
  /// Values that are not finite or negative count as standing out and give +inf.
  void process(std::span<const float> power, std::span<float> variance) noexcept;

  /// Subcarriers that stood out in the last call.
  std::size_t outliers() const { return outliers_; }

 private:
  struct Sums {
    double power = 0;
    std::size_t count = 0;
  };
  void accumulate(std::span<const float> power) noexcept;
  Sums window_sums(std::size_t i) const noexcept;
  void judge_by_medians(std::span<const float> power) noexcept;
  bool judge_by_means(std::span<const float> power) noexcept;
  double of_outlier(std::span<const float> power, std::size_t i, double background) const noexcept;

  Config config_;
  float median_factor_;        // threshold over the median
  std::vector<double> limit_;  // threshold over the sum of n others
  std::vector<double> mean_;   // of n that do not stand out, over their sum: what is cut is given back
  std::vector<std::uint8_t> outlier_;  // [carriers]
  std::vector<Sums> running_;          // of those that do not stand out
  std::vector<float> sorted_;          // one window
  std::vector<float> result_;
  std::size_t outliers_ = 0;
};

}  // namespace boresight::ofdm
