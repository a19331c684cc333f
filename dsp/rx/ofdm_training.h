// From a coarse start and a fraction of a carrier offset to all of both, by the known training symbol of a
// burst. Private.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/frame/ofdm_burst.h"
#include "boresight/ofdm/demodulator.h"
#include "fft/fft.h"

namespace boresight::rx {

/// With Z_k = Y_k X*_k of a window and h(delay) the transform of Z over k, |h|^2 / sum |Z_k|^2 is exponential
/// with mean 1 in noise and K times as large as the share of the signal in the power where the signal is. The
/// statistic adds that over both symbols and all antennas, so that their phases do not matter, and is looked
/// at for every delay within max_delay_error() and every carrier offset that the fraction leaves open. The
/// threshold is that of the gamma distribution. Timing is that of the first path (sync/first_path.h) in a
/// Hann-weighted response. What is left of the carrier is the phase over two thirds of the parts, the best
/// single lag (0.5 dB above what all parts tell), and the phase between the two training symbols, each
/// weighed as it is known.
class OfdmTraining {
 public:
  struct Config {
    std::size_t antennas = 1;
    double max_offset = 4;  ///< subcarriers
    double false_alarm_probability = 1e-3;
  };
  struct Result {
    std::ptrdiff_t start = 0;  ///< of the first training symbol with its prefix, column of `samples`
    double frequency = 0;      ///< cycles per sample
    double statistic = 0;
  };

  OfdmTraining(const frame::OfdmBurst& burst, const Config& config);

  std::size_t max_delay_error() const {
    return std::min(burst_->part_samples(), burst_->numerology().fft_size) / 4;
  }
  /// Columns that process() wants: the training may begin max_delay_error() early or late.
  std::size_t input_samples() const;

  /// FFTs of the last call, both ways.
  std::size_t transforms() const { return transforms_; }

  /// samples [antennas x input_samples()], in which the training should begin at column max_delay_error();
  /// frequency: modulo 1 / part_samples().
  std::optional<Result> process(Grid<const cf32> samples, double frequency) noexcept;
  /// The carrier of that result anew, with the parts taken in: repetition [antennas x up to all parts], which
  /// ends where the training begins.
  double frequency_with(Grid<const cf32> repetition) const noexcept;
  /// Variance of frequency_with() over that of the training symbols alone.
  static double frequency_gain(const frame::OfdmBurst& burst);

 private:
  std::size_t room() const noexcept;
  void demodulate(Grid<const cf32> samples, std::size_t start, double frequency) noexcept;
  void add_responses(bool hann) noexcept;
  double phase_between() const noexcept;

  const frame::OfdmBurst* burst_;
  Config config_;
  double threshold_;
  std::size_t transforms_ = 0;
  double resolved_ = 0;          // frequency before the training refined it
  double training_turn_ = 0;     // phase between the training symbols then
  std::vector<double> offsets_;  // tried, cycles per sample
  ofdm::Demodulator demodulator_;
  fft::Fft inverse_;
  std::vector<float> hann_;         // [N], FFT order
  float sidelobe_ = 0;              // of a path seen through it, over the path
  GridBuffer<cf32> bins_;           // [2 antennas x N]: Z of both symbols
  std::vector<double> energy_;      // [2 antennas]
  aligned_vector<cf32> response_;   // [N]
  std::vector<double> power_;       // [N], the statistic over delay
  aligned_vector<cf32> magnitude_;  // [N], as first_path takes it
};

}  // namespace boresight::rx
