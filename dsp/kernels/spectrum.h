// A Hermitian form over many directions, and the product that finds its eigenvectors; boresight/doa/
// spatial_spectrum.h and dsp/doa/eigenspace.cpp, the only users, say what they are for.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/grid.h"

namespace boresight::kernels {

/// What becomes of a form q: scale q, or scale / q; q is raised to `floor` first, also where it is NaN.
struct SpectrumScale {
  float scale = 1;
  float floor = 0;
  bool reciprocal = false;
};

/// q = c_00 + 2 Re(sum over (m, n) > (0, 0) of c_nm x^m y^n): on a rectangle of elements a form depends on
/// the differences of their indices alone.
struct LagForm {
  std::size_t columns = 0;  ///< m from -(columns - 1) to columns - 1; in row n = 0 only 1 to columns - 1
  std::size_t rows = 0;     ///< n from 0 to rows - 1
  const float* coefficients = nullptr;  ///< c, [rows][2 columns - 1] of re, im, m ascending
  const float* x_re = nullptr;          ///< a phasor for each direction
  const float* x_im = nullptr;
  const float* y_re = nullptr;
  const float* y_im = nullptr;
  const float* first_re = nullptr;  ///< x^-(columns - 1)
  const float* first_im = nullptr;
};

/// out[g] for all directions g. The phasors may be read up to spectrum_padding beyond out.size().
void lag_spectrum(const LagForm& form, SpectrumScale scale, std::span<float> out) noexcept;
inline constexpr std::size_t spectrum_padding = 64;

/// q = offset + sign sum over k of |sum over e of v_k[e]* a_g[e]|^2 for steering vectors of any kind.
struct FactorForm {
  std::size_t elements = 0;
  std::size_t vectors = 0;          ///< a multiple of 2
  const float* v = nullptr;         ///< [vectors][elements] of re, im
  const float* steering = nullptr;  ///< [directions / 16, rounded up][elements][re, im][16], 64-byte aligned
  float offset = 0;
  float sign = 1;
};
void factor_spectrum(const FactorForm& form, SpectrumScale scale, std::span<float> out) noexcept;

/// y_c = R x_c for 4 vectors at once, parts apart.
/// @param r  R, row by row, [2 n x stride]: n rows of real parts, then n of imaginary parts
/// @param x  [n][4][re, im]
/// @param y  [4][re, im][stride]; stride is a multiple of 8, and what is beyond n is not defined
void hermitian_times_4(std::size_t n, std::size_t stride, const double* r, const double* x,
                       double* y) noexcept;

}  // namespace boresight::kernels
