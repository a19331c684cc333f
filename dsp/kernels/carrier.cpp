#include "kernels/carrier.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/assert.h"
#include "boresight/core/units.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/carrier.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// table: 16 real parts, then 16 imaginary parts of the turns within a row of 16 samples; rows[r]: the turn of
// the row, with the scale. The turn of a sample is the product, on every target the same one.
void turn_rows(const float* HWY_RESTRICT table, const cf32* HWY_RESTRICT rows, const float* in, float* out,
               std::size_t samples) {
  const auto one = [&](std::size_t i) {
    const cf32 row = rows[i / 16];
    const float re = table[i % 16] * row.real() - table[16 + i % 16] * row.imag();
    const float im = table[i % 16] * row.imag() + table[16 + i % 16] * row.real();
    const float x = in[2 * i];
    const float y = in[2 * i + 1];
    out[2 * i] = x * re - y * im;
    out[2 * i + 1] = x * im + y * re;
  };
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<float, 16> d;
  using V = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  for (; i + 16 <= samples; i += 16) {
    const V row_re = hn::Set(d, rows[i / 16].real());
    const V row_im = hn::Set(d, rows[i / 16].imag());
    for (std::size_t j = 0; j < 16; j += lanes) {
      const V t_re = hn::LoadU(d, table + j);
      const V t_im = hn::LoadU(d, table + 16 + j);
      const V re = hn::NegMulAdd(t_im, row_im, hn::Mul(t_re, row_re));
      const V im = hn::MulAdd(t_im, row_re, hn::Mul(t_re, row_im));
      V x;
      V y;
      hn::LoadInterleaved2(d, in + 2 * (i + j), x, y);
      hn::StoreInterleaved2(hn::NegMulAdd(y, im, hn::Mul(x, re)), hn::MulAdd(y, re, hn::Mul(x, im)), d,
                            out + 2 * (i + j));
    }
  }
#endif
  for (; i < samples; ++i) one(i);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(turn_rows);

cf64 turn(double turns) {
  return std::polar(1.0, -2 * pi * (turns - std::floor(turns)));
}

}  // namespace

void remove_carrier(std::span<const cf32> in, double frequency, double phase_turns, float scale,
                    std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size());
  constexpr std::size_t row = 16;
  constexpr std::size_t rows_at_once = 32;
  alignas(64) float table[2 * row];
  // Recursions in double precision, of at most 32 steps.
  const cf64 step = turn(frequency);
  cf64 at = 1;
  for (std::size_t i = 0; i < row; ++i, at *= step) {
    table[i] = static_cast<float>(at.real());
    table[row + i] = static_cast<float>(at.imag());
  }
  const cf64 row_step = at;
  cf32 rows[rows_at_once];
  for (std::size_t first = 0; first < in.size(); first += row * rows_at_once) {
    const std::size_t count = std::min(row * rows_at_once, in.size() - first);
    cf64 start = static_cast<double>(scale) * turn(phase_turns + frequency * static_cast<double>(first));
    for (std::size_t r = 0; r * row < count; ++r, start *= row_step) rows[r] = cf32(start);
    BORESIGHT_DISPATCH(turn_rows)
    (table, rows, reinterpret_cast<const float*>(in.data() + first),
     reinterpret_cast<float*>(out.data() + first), count);
  }
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
