// Eigen as a peer, compiled for the instruction set of the machine: what it can do when its user asks for it.
#pragma once

#include <cstddef>

#include "boresight/core/types.h"

namespace boresight {

struct EigenPeer {
  const char* built_for;
  /// y [beams x samples] = w [beams x elements, already conjugated] x, each dense. x is [elements x samples]
  /// or, time-major, [samples x elements].
  void (*beams)(const cf32* w, const cf32* x, cf32* y, std::size_t elements, std::size_t beams,
                std::size_t samples, bool time_major);
  /// Lower triangle of r [elements x elements] = x x^H of x [elements x samples], rows x_stride apart, and
  /// time-major as above.
  void (*covariance)(const cf32* x, std::size_t x_stride, std::size_t elements, std::size_t samples,
                     bool time_major, cf32* r);
  /// For each of `count` matrices of 8 elements: w = r^-1 a / (a^H r^-1 a) by LL^H of fixed size. Float and
  /// double.
  void (*mvdr8_float)(const cf32* r, const cf32* a, cf32* w, std::size_t count);
  void (*mvdr8_double)(const cf64* r, const cf64* a, cf64* w, std::size_t count);
  /// For each of `count` matrices: eigenvalues, and eigenvectors if asked for. Fixed size for 4 and 8
  /// elements.
  void (*eigen_double)(const cf64* r, std::size_t elements, std::size_t count, bool vectors, double* values,
                       cf64* v);
};

/// The best of those built that this processor runs.
const EigenPeer& eigen_peer();

}  // namespace boresight
