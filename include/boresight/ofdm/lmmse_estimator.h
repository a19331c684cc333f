// The channel of all subcarriers from some: the linear estimator of least mean square error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/delay_profile.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::ofdm {

/// A place in time and frequency whose transmitted value is known.
struct PilotPosition {
  std::uint16_t symbol = 0;   ///< counted from the first symbol of the estimator's window
  std::uint16_t carrier = 0;  ///< index in FFT order
};

/// Least squares: observed_i = received_i / known_i; 0 where the known value is 0. Sizes must agree.
void least_squares(std::span<const cf32> received, std::span<const cf32> known,
                   std::span<cf32> observed) noexcept;

/// H = R_hp (R_pp + N / S)^-1 y for any pattern of pilots: a block (one known symbol), scattered, at the
/// edges, or all of them together (Edfors et al., IEEE Trans. Commun. 46 (1998) 931; Hoeher, Kaiser and
/// Robertson, ICASSP 1997). The correlation R between two places, dk subcarriers and ds symbols apart, is
/// that of a delay profile and of Clarke's Doppler spectrum:
///
///   R = sum over taps of power exp(-j 2 pi dk delay / fft_size)  J0(2 pi doppler ds)
///
///   carrier ▲  P . . . P . . .        P pilot (observed)    window of 8 symbols;
///           │  . . P . . . P .        . wanted              `symbols` are wanted
///           │  P . . . P . . .
///           └────────────────▶ symbol
///
/// The inverse is not stored for a grid of SNRs but as its eigenvectors, of which only those are kept that
/// matter: process() is exact for every SNR. It costs rank x (pilots + outputs) complex multiplications, the
/// rank being about the profile's width in samples times what the Doppler adds.
///
/// A profile that is too wide costs noise, one that is too narrow cuts paths off. Error of the estimate over
/// the noise, E|H^ - H|^2 / N, which is what the data's SNR loses; one known ku symbol at 10 dB:
///
///   true channel                          prior: the truth  uniform -2..32  uniform -2..64  exponential
///   one path at 4.3 samples                     0.001            0.036           0.068          0.039
///   NTN-TDL-A, rms delay spread 6 samples       0.003            0.037           0.068          0.040
///   the same and 1 % of its power at 45         0.004            0.134           0.068          0.071
///
/// (exponential: from -1 on, decay 6.) 0.04 is 0.17 dB. A profile begins two samples before the first path:
/// a path on its very edge, half of it cut off, takes the 0.037 to 0.094.
///
/// The signal's mean power is not given but measured on the observations. On channels of few paths, whose
/// power fades as a whole, the error is within 0.4 dB of mean_square_error(), which takes the mean as known.
class LmmseEstimator {
 public:
  struct Config {
    Numerology numerology;
    std::vector<PilotPosition> pilots;      ///< P of them
    std::vector<std::uint16_t> symbols{0};  ///< those wanted, of the window
    std::vector<DelayTap> profile;          ///< any power; scaled to the sum 1
    double doppler = 0;                     ///< the largest, in cycles per symbol (prefix included)
    double max_snr_db = 40;  ///< up to which what is left out does not matter (a tenth of the noise at most)
  };

  /// What one call found. All zero if an observation is not finite or all are zero.
  struct Result {
    double signal_power = 0;    ///< S: of a pilot, without noise
    double noise_variance = 0;  ///< N: of an observation, given or measured
    double error_variance = 0;  ///< E|H^ - H|^2 over the outputs, if the prior holds: adds to the noise
    double freedom = 0;  ///< the noise that the outputs took in, in observations: sum of l / (l + N / S)
  };

  /// ConfigError if a position is outside the numerology, pilots, symbols or taps are none or more than 2^15,
  /// 64 and 4096, doppler is outside 0 .. 0.5, max_snr_db outside 0 .. 60, or the window is longer than 4096.
  explicit LmmseEstimator(const Config& config);

  std::size_t pilots() const { return pilots_; }
  /// Used subcarriers of the numerology, FFT order: the others stay 0.
  std::span<const std::uint16_t> carriers() const { return carriers_; }
  /// Eigenvectors kept.
  std::size_t rank() const { return eigenvalues_.size(); }
  /// Observations beyond those that the channel can take up: what noise is measured on.
  std::size_t spare() const { return pilots_ - std::min(rank(), pilots_); }

  /// observed [P] (received over known, in the order of Config::pilots; all of the same noise) -> channel
  /// [symbols x fft_size]. noise_variance 0 or not finite: measured, which needs spare() > 0 and is unbiased
  /// if the profile holds; without spare observations it then counts as 40 dB below the signal.
  Result process(std::span<const cf32> observed, double noise_variance, Grid<cf32> channel) noexcept;

  /// The same with a noise of its own for every observation, noise_variance [P], as left by a jammer on some
  /// of them: exact too, and slower by rank^2 per observation that differs from the most common noise and by
  /// rank^3 / 6. Infinite or NaN: the observation is not used, whatever it holds.
  Result process(std::span<const cf32> observed, std::span<const float> noise_variance,
                 Grid<cf32> channel) noexcept;

  /// The mean square error at N / S = noise_to_signal, for S = 1: the Wiener error of this prior. 0 .. inf.
  double mean_square_error(double noise_to_signal) const;

  /// The same when the channel has another profile (and no Doppler) than the prior.
  double mean_square_error(double noise_to_signal, std::span<const DelayTap> truth) const;

 private:
  void project(std::span<const cf32> observed) noexcept;
  void expand(Grid<cf32> channel) noexcept;
  double error_of(double noise_to_signal) const noexcept;
  double freedom_of(double noise_to_signal) const noexcept;

  Numerology numerology_;
  std::vector<PilotPosition> positions_;
  std::vector<std::uint16_t> symbols_;
  std::vector<std::uint16_t> carriers_;
  std::size_t pilots_ = 0;
  std::vector<double> eigenvalues_;          ///< l: of R_pp
  std::vector<double> output_power_;         ///< mean |output vector|^2 of each
  double left_out_ = 0;                      ///< mean power of the channel that no kept vector holds
  GridBuffer<float> pilot_re_, pilot_im_;    ///< [rank x P]: the eigenvectors times sqrt(l)
  GridBuffer<float> output_re_, output_im_;  ///< [rank x symbols * carriers]
  aligned_vector<float> observed_re_, observed_im_;
  aligned_vector<cf32> coefficients_;  ///< [rank]
  aligned_vector<cf32> outputs_;       ///< [symbols * carriers]
  std::vector<cf64> system_;           ///< [rank x rank], for unequal noise
  std::vector<cf64> solution_;         ///< [rank]
  std::vector<cf64> row_;              ///< [rank]
};

}  // namespace boresight::ofdm
