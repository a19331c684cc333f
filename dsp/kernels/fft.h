// The fast Fourier transform of a power of two points, 256 to 16384. dsp/fft/ is its only user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"

namespace boresight::kernels {

/// Autosorting (Stockham) decimation in frequency; Van Loan, "Computational Frameworks for the Fast Fourier
/// Transform", SIAM 1992, section 1.7. A pass of radix r on n points in s interleaved sequences, m = n / r:
///
///   y[q + s (r p + k)] = exp(-j 2 pi p k / n) sum_i x[q + s (p + m i)] exp(-j 2 pi i k / r),  q < s, p < m
///
/// then n / r points in s r sequences, until nothing is left. The first pass is of radix 16, the last one
/// needs no factors. Factors are computed in double precision and rounded once.
struct FftPlan {
  /// n: a power of two from 256 to 16384.
  explicit FftPlan(std::size_t n);

  static constexpr bool supports(std::size_t n) { return n >= 256 && n <= 16384 && (n & (n - 1)) == 0; }

  /// Factors of the first pass: for each block of 16 p and each k from 0 to 15, 16 real parts and then 16
  /// imaginary parts. Times exp(-j 2 pi frequency p), frequency in cycles per sample: so that a carrier
  /// offset costs nothing here.
  void fill_first_factors(double frequency, std::span<float> factors) const;
  std::size_t first_factors_size() const { return n / 16 * 32; }

  struct Pass {
    unsigned radix;
    std::size_t factors;  // index into later_factors
  };
  std::size_t n;
  std::vector<Pass> later;              // all passes but the first
  aligned_vector<float> first;          // factors for a frequency of 0
  aligned_vector<float> later_factors;  // for each p and k = 1 .. radix - 1: real part, imaginary part
};

/// Whether the active target's vectors are long enough. Against FFTW's best plan of 1024 points (SSE2 and
/// AVX, as Debian builds it) the kernel takes 0.6 of the time with AVX-512, 1.1 with AVX2, as long as FFTW's
/// estimated plan, and 2.4 with SSE4.
bool fft_is_fast() noexcept;

/// in [n] -> out [n], which may be the same. Unaligned is fine, aligned to 64 bytes is faster. Takes 128 KiB
/// of the stack, of which it touches 8 n bytes.
void fft_forward(const FftPlan& plan, const cf32* in, cf32* out) noexcept;
void fft_inverse(const FftPlan& plan, const cf32* in, cf32* out) noexcept;

/// Forward, of in[p + i n / 16] parts[i] turn exp(-j 2 pi frequency p), where `first` are the factors of that
/// frequency and parts[i] stands as 16 real parts, then 16 imaginary parts.
void fft_forward_mixed(const FftPlan& plan, std::span<const float> first, std::span<const float, 32> parts,
                       cf32 turn, const cf32* in, cf32* out) noexcept;

}  // namespace boresight::kernels
