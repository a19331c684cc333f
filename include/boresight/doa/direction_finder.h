// Directions that can be relied on, or a verdict that says why there are none.
//
//   R -> signal dimension -> start -> weighted subspace fit -> fits R? -> nothing else fits? -> directions
//        (MDL, sphericity)  (root-MUSIC,                      (model)      (within the tolerance)
//                            scan)
//
// Spectra and roots always give as many angles as are asked for. Two sources too close for their SNR make one
// peak, and the highest side lobe is then reported as the second source, 20 to 30 degrees off. Here a result
// has to pass three tests first:
//
//   signal   each signal eigenvalue stands above the noise (likelihood ratio test of sphericity)
//   model    k plane waves explain the signal subspace: 2 K V / s, chi-squared when they do (Viberg,
//   Ottersten
//            and Kailath 1991), V and s as in maximum_likelihood.h. And there is nothing but noise along the
//            slopes of their steering vectors, where a second source close to one of them shows first. Of two
//            equal ones on 8 elements with 200 snapshots, half of the time from 1.5 dB (2 degrees apart),
//            7 dB (1 degree) and 12.5 dB (half a degree) on; below, they are one source in between.
//   unique   every set of directions of which one is off by more than the tolerance fits worse, by more than
//            chance allows: its 2 K V / s is higher by a threshold. Tested with each direction held at the
//            tolerance and the others free, and from the best candidates all over the sky. This is the
//            likelihood-ratio confidence region: close sources, weak ones and ambiguities fail it alike.
//            A source near another, much stronger one may still go unnoticed; it does not make the direction
//            of that one wrong.
//   counted  when sources are counted, not told: two of them at the tolerance to both sides of a direction
//            must be less likely than one, by more than chance allows (Doubt::unique). A beam much wider than
//            the tolerance cannot say so of weak sources, whatever the method: one source at boresight on 4 x
//            4 elements with 200 snapshots is resolved in none of 500 trials at -5 dB, 170 at 0 dB and all at
//            5 dB, where the best test that there is (Neyman and Pearson) has 0.25, 80 and 100 %. Told that
//            there is one, in 499 at -5 dB.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/array/manifold.h"
#include "boresight/array/polarization.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"

namespace boresight::doa {

enum class Verdict {
  resolved,        ///< the directions are in `sources`
  no_source,       ///< nothing but noise
  unresolved,      ///< there is a signal; the directions are not known to the tolerance
  bad_covariance,  ///< NaN, infinite, zero or singular: dead or identical channels, too few snapshots
};

/// Which test failed.
enum class Doubt {
  none,
  signal,  ///< fewer signal eigenvalues than plane waves, and more waves than they can hold
  model,   ///< plane waves from as many directions do not explain the data: count, calibration, near field,
           ///< another source close to one of them
  unique,  ///< other directions explain the data as well
};

struct FoundSource {
  Vec3 direction;  ///< unit vector in the array frame, z > 0
  /// Standard deviation from curvature and noise, along the worse axis, given that there are as many sources
  /// as were found. Two that are too close to be told from one (the head of this file) are found in between:
  /// off by half their distance, however small the deviation.
  double deviation_rad = 0;
  double power = 0;  ///< on one element (of a manifold: at amplitude 1), in the units of R; of
                     ///< coherent paths their own
};

struct DirectionResult {
  Verdict verdict = Verdict::bad_covariance;
  Doubt doubt = Doubt::none;
  std::vector<FoundSource> sources;  ///< empty unless resolved
  std::vector<Vec3> guess;           ///< what was not believed, for displays; empty when resolved
  std::size_t signal_dimension = 0;  ///< signal eigenvalues
  double noise_power = 0;            ///< of one element
  double misfit = 0;                 ///< 2 K V / s of the fit
  double misfit_limit = 0;           ///< of the model test; not of what is beside
};

class DirectionFinder {
 public:
  struct Config {
    /// 3 to 64 elements: a line of any spacing in (or parallel to) the x-y plane, whose directions are taken
    /// to lie in the plane of the line and +z; elements spread in a plane that does not hold the z axis; or
    /// in a volume. A tilted plane sees a part of the sky twice: "unresolved" there. A line bent by more than
    /// a thousandth of the smallest distance of two elements counts as a plane, so that its width has to tell
    /// the second angle.
    array::Geometry geometry = {};
    double frequency_hz = 0;
    /// Plane waves, up to elements - 1; 0: as few as explain the data, which counts coherent paths too.
    std::size_t sources = 0;
    /// Whether sources may be echoes of each other. Two coherent waves look like one in between up to a
    /// higher SNR than independent ones do; counting (sources = 0) then asks for as much.
    bool coherent = false;
    /// A direction further than this from the truth is an error; above 0, at most pi/4.
    double tolerance_rad = 3 * 3.14159265358979 / 180;
    /// Chance that `unique` accepts one direction which is off by the tolerance or more, and that `signal`
    /// takes noise for a signal; 1e-12 to 0.1. Asymptotic in the number of snapshots.
    double false_accept_rate = 1e-6;
    /// Chance that either test of `model` refuses a true one, 1e-12 to 0.1; for many snapshots. Near the
    /// fewest that are taken, twice the elements, up to 15 times as many are refused.
    double false_reject_rate = 1e-4;
    /// What the steering vectors are known to: rms relative error of an element (0.02: 0.17 dB, 1.1 degrees),
    /// 0 to 1. Strong sources otherwise show every imperfection of the array, and `model` refuses them.
    double calibration_error = 0;
    /// In place of `geometry`, of which the same holds: what the elements hear (patterns, coupling, ports),
    /// of waves of polarization `wave`; 3 to 64 channels. A line is still taken to tell one angle. Noise has
    /// to be white, that of receivers behind the coupling. Without a manifold elements are alike and alone:
    /// of sources on 8 dipoles half a wavelength apart, which are not, or around a cylinder of elements with
    /// patterns, nothing is resolved.
    std::optional<array::Manifold::Config> manifold = {};
    array::Jones wave = array::Jones::rhcp();
  };

  /// Throws ConfigError when a value is out of range, for a geometry beside a manifold, and for arrays that
  /// can tell no direction at all: a line that leans out of the x-y plane or stands on it (it knows cones
  /// about itself), elements in a plane that holds the z axis (both its sides look the same).
  explicit DirectionFinder(const Config& config);
  ~DirectionFinder();
  DirectionFinder(DirectionFinder&&) noexcept;
  DirectionFinder& operator=(DirectionFinder&&) noexcept;

  /// @param covariance  [E x E] of `snapshots` independent snapshots, in white noise of equal power;
  /// Hermitian,
  ///                    the lower triangle is read; not averaged forward-backward, whose statistics differ
  /// @param snapshots   less than 2 E give bad_covariance, as does whatever else Verdict says
  /// Never NaN. Allocates: for a control loop, not for the sample path. Fails an assert for another shape.
  DirectionResult find(Grid<const cf64> covariance, double snapshots) const;

  std::size_t channels() const;  ///< E: rows of R

 private:
  struct Search;
  std::unique_ptr<const Search> search_;
};

}  // namespace boresight::doa
