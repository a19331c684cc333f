// Several antennas or beams into one symbol per subcarrier: where the array meets the modem.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/equalizer.h"

namespace boresight::ofdm {

// received [B x K], channel [B x K] -> symbols [K], variance [K], B antennas or beams, K subcarriers in any
// order and choice. y_b = h_b s + n_b with E|s|^2 = 1:
//
//   y_1 ─▶ h_1* / N_1 ─┐
//   y_2 ─▶ h_2* / N_2 ─(+)─▶ / g ─▶ symbol, variance 1 / g
//   y_B ─▶ h_B* / N_B ─┘            g = sum over b of |h_b|^2 / N_b
//
// Symbols are unbiased: s plus noise of the variance written. With one stream this is the MMSE combiner as
// well, once its bias g / (1 + g) is taken out; see to_mmse.

/// Maximum-ratio combining (Brennan, Proc. IRE 47 (1959) 1075): the SNR is the sum of the antennas' SNRs, if
/// their noise is independent. noise_variance is [B x K], or [B x 1] for the same noise on all subcarriers.
/// With B = 1 it is zero forcing, ofdm::equalize.
///
/// An antenna takes no part in a subcarrier where its noise is 0 ("unknown"), NaN or infinite, its channel 0,
/// or anything about it not finite. A subcarrier without antennas, or with 1 / g above `erased_variance`,
/// gives symbol 0 and `erased_variance`. The result depends on the SIMD target in the last bits.
void combine(Grid<const cf32> received, Grid<const cf32> channel, Grid<const float> noise_variance,
             std::span<cf32> symbols, std::span<float> variance) noexcept;

/// Unbiased symbols with their variance v to the estimates of least mean square error, in place: s / (1 + v),
/// whose error E|s^ - s|^2 = v / (1 + v) replaces v. Not for soft_demap, which takes unbiased symbols.
void to_mmse(std::span<cf32> symbols, std::span<float> variance) noexcept;

/// Interference rejection combining: noise that is correlated between the antennas, with the covariance R,
/// which a jammer makes so. Weights R^-1 h: the largest SINR there is, h^H R^-1 h (Winters, IEEE J. Sel.
/// Areas Commun. 2 (1984) 528); g = h^H R^-1 h. With a diagonal R it is maximum-ratio combining.
///
/// R belongs to a band of neighbouring subcarriers. It is measured where the transmitted values are known, as
/// the covariance of y - h s (doa/covariance.h): with n such vectors an average of (n + 2 - B) / (n + 1) of
/// the SINR is kept (Reed, Mallett and Brennan 1974).
class InterferenceRejectionCombiner {
 public:
  struct Config {
    std::size_t antennas = 0;  ///< B, 1 .. 16
    std::size_t carriers = 0;  ///< K, 1 .. 65536
    std::size_t bands = 1;     ///< 1 .. K; band i has the subcarriers from i K / bands on
  };

  /// ConfigError if a value is out of its range.
  explicit InterferenceRejectionCombiner(const Config& config);

  std::size_t first_carrier(std::size_t band) const { return band * config_.carriers / config_.bands; }

  /// covariance [B x B], Hermitian (the lower triangle is read). Until a band has one, its symbols are
  /// erased. An antenna whose row is not finite or whose power is not positive is left out. A pivot of the
  /// factorization is kept above 1e-9 of its antenna's power, so a singular R is none too many.
  void set_covariance(std::size_t band, Grid<const cf64> covariance) noexcept;

  /// A subcarrier with anything not finite at an antenna that is not left out is erased, see combine.
  void process(Grid<const cf32> received, Grid<const cf32> channel, std::span<cf32> symbols,
               std::span<float> variance) const noexcept;

 private:
  struct Band {
    std::vector<std::size_t> antennas;  // those that take part
    aligned_vector<float> whitener;     // L^-1 of R = L L^H, row by row: re, im of columns 0 .. row
  };

  Config config_;
  std::vector<Band> bands_;
  std::vector<cf64> factor_;   // [B x B]
  std::vector<cf64> inverse_;  // [B x B]
};

}  // namespace boresight::ofdm
