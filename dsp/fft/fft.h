// The Fourier transform. fft.cpp is the only place that names FFTW. Private: the library's own folders use
// it, users do not.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "boresight/core/types.h"

namespace boresight::fft {

enum class Direction { forward, inverse };

/// Complex transform of one length. Both directions are unnormalized: forward then inverse multiplies by n.
///   forward: X[k] = sum_n x[n] exp(-j 2 pi n k / n_total), inverse: the conjugate kernel.
/// Powers of two from 256 to 16384 are transformed by Boresight's own kernel where the SIMD target that is
/// active at construction is fast enough (kernels/fft.h), all else by FFTW. FFTW's plans are
/// estimated, not measured: the same input gives the same bits in every run. Construction takes a
/// process-wide lock (FFTW's planner is not thread-safe); run() is safe to call from several threads on one
/// object.
class Fft {
 public:
  /// Any n from 1 to 2^24; ConfigError otherwise.
  Fft(std::size_t n, Direction direction);
  ~Fft();
  Fft(Fft&&) noexcept;
  Fft& operator=(Fft&&) noexcept;

  std::size_t size() const { return n_; }

  /// in [n] -> out [n]; the two may be the same span but may not overlap otherwise. NaN spreads to every bin.
  /// Does not allocate, but for FFTW's transforms in place of more than 2048 points.
  void run(std::span<const cf32> in, std::span<cf32> out) const noexcept;

 private:
  struct Plans;
  std::size_t n_;
  bool inverse_;
  std::unique_ptr<Plans> plans_;
};

}  // namespace boresight::fft
