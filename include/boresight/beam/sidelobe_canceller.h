// The generalized side-lobe canceller: LCMV with the constraints taken out of the adaptation.
//
//          ┌────────▶ quiescent w_q ────────────▶(+)──▶ y
//   x [E] ─┤                                      ▲ -
//          └─▶ blocking B^H [E - M] ─▶ adaptive w_a
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "boresight/beam/constraints.h"
#include "boresight/beam/lms.h"
#include "boresight/beam/rls.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::beam {

/// w = w_q - B w_a with C^H B = 0 (Griffiths and Jim 1982; Van Trees 2002, section 6.7.3). Whatever w_a does,
/// the constraints hold, so an unconstrained filter can adapt it from sample to sample: w_q^H x is its
/// desired signal, B^H x its input. The least output power is LCMV's. B has orthonormal columns, which keeps
/// white noise white.
class SidelobeCanceller {
 public:
  enum class Rule {
    nlms,  ///< cheap, slow for what is far below the strongest jammer
    rls,   ///< LCMV of all samples so far, after every sample
  };
  struct Config {
    Rule rule = Rule::rls;
    double step = 0.1;          ///< NLMS, (0, 2); see LmsFilter
    double forgetting = 0.999;  ///< RLS, (0, 1]; see RlsFilter
    double loading = 1e-3;      ///< RLS, positive; see RlsFilter
  };

  /// Takes the constraints over. Throws ConfigError when a value is out of range, and for no constraints or
  /// as many independent ones as elements, which leave nothing to adapt.
  SidelobeCanceller(const ConstraintSet& constraints, const Config& config);

  /// @param in   [elements x n]
  /// @param out  [n]: each sample by the weights before it
  /// NaN or Inf in a snapshot: its output is 0, the weights stay, skipped() counts. No allocation.
  void process(Grid<const cf32> in, std::span<cf32> out) noexcept;

  /// The weights of known R: w_a = (B^H R B + d I)^-1 B^H R w_q, which is lcmv() with the same loading.
  /// Allocates. Throws ConfigError for a negative or NaN loading and when B^H R B + d I is singular or not
  /// finite. The adaptation is not touched.
  void solve(Grid<const cf64> covariance, double loading, std::span<cf64> weights) const;

  /// w_q - B w_a as it is now, [elements].
  void weights(std::span<cf64> out) const noexcept;
  std::span<const cf64> quiescent() const { return quiescent_; }
  /// B^H [elements - constraints x elements].
  Grid<const cf64> blocking() const { return blocking_.view(); }

  std::uint64_t skipped() const;
  void reset() noexcept;

 private:
  std::vector<cf64> quiescent_;
  GridBuffer<cf64> blocking_;  // row k is column k of B, conjugated where it is applied
  std::variant<LmsFilter, RlsFilter> filter_;
  std::vector<cf64> snapshot_;
  std::vector<cf64> blocked_;
};

}  // namespace boresight::beam
