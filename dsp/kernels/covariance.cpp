#include "kernels/covariance.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/covariance.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // which has no room for a sample in a vector

std::size_t run_snapshots() {
  return 64;
}

void products(const float* const* rows, std::size_t elements, std::size_t floats, double* sum,
              std::size_t sum_stride, const NextRun& /*next*/) {
  constexpr std::size_t partial = 8;  // real and imaginary parts of four snapshots
  for (std::size_t r = 0; r < elements; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      float re[partial] = {};
      float im[partial] = {};
      for (std::size_t i = 0; i < floats; i += partial) {
        for (std::size_t k = 0; k < partial; ++k) re[k] += rows[r][i + k] * rows[c][i + k];
        for (std::size_t k = 0; k < partial; k += 2) {
          im[k] += rows[r][i + k + 1] * rows[c][i + k];
          im[k + 1] += rows[r][i + k] * rows[c][i + k + 1];
        }
      }
      for (std::size_t k = 0; k < partial; k += 2) {
        sum[r * sum_stride + 2 * c] += static_cast<double>(re[k]) + static_cast<double>(re[k + 1]);
        sum[r * sum_stride + 2 * c + 1] += static_cast<double>(im[k]) - static_cast<double>(im[k + 1]);
      }
    }
  }
}

#else

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr std::size_t lanes = hn::MaxLanes(D());

std::size_t run_snapshots() {
  return 32 * lanes / 2;
}

// {sum of a, sum of b, sum of c, sum of d}, each over four lanes at a time in float, then in double.
HWY_INLINE void add_sums(V a, V b, V c, V d4, double* sum) {
  const D d;
  const hn::Repartition<double, D> dd;
  // In each block of four lanes: {a0 + a2, b0 + b2, a1 + a3, b1 + b3}, then {a, b, c, d}.
  const V ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const V cd = hn::Add(hn::InterleaveLower(d, c, d4), hn::InterleaveUpper(d, c, d4));
  const auto low = hn::InterleaveLower(dd, hn::BitCast(dd, ab), hn::BitCast(dd, cd));
  const auto high = hn::InterleaveUpper(dd, hn::BitCast(dd, ab), hn::BitCast(dd, cd));
  const V blocks = hn::Add(hn::BitCast(d, low), hn::BitCast(d, high));
#if HWY_TARGET <= HWY_AVX3
  const auto all = hn::Add(hn::PromoteTo(dd, hn::LowerHalf(blocks)),
                           hn::PromoteTo(dd, hn::UpperHalf(hn::Half<D>(), blocks)));
  const hn::Half<decltype(dd)> four;
  const auto sums = hn::Add(hn::LowerHalf(four, all), hn::UpperHalf(four, all));
  hn::StoreU(hn::Add(sums, hn::LoadU(four, sum)), four, sum);
#else
  HWY_ALIGN float part[lanes];
  hn::Store(blocks, d, part);
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = k; i < lanes; i += 4) sum[k] += static_cast<double>(part[i]);
  }
#endif
}

// Rows r .. r + kRows - 1 with columns c and c + 1: x_r x_c* has the real part re re + im im, the sum of the
// products of lanes, and the imaginary part im re - re im, the products with the lanes of x_c exchanged in
// pairs.
template <std::size_t kRows>
HWY_INLINE void block(const float* const* r, const float* const* c, std::size_t floats, double* sum,
                      std::size_t sum_stride) {
  const D d;
  V re[kRows][2];
  V im[kRows][2];
  HWY_UNROLL(8)
  for (std::size_t k = 0; k < kRows; ++k) re[k][0] = re[k][1] = im[k][0] = im[k][1] = hn::Zero(d);
  const float* row[kRows];
  HWY_UNROLL(8)
  for (std::size_t k = 0; k < kRows; ++k) row[k] = r[k];
  const float* const column[2] = {c[0], c[1]};
  const V minus_plus = hn::OddEven(hn::Set(d, 0.0F), hn::Set(d, -0.0F));
  for (std::size_t i = 0; i < floats; i += lanes) {
    const V c0 = hn::LoadU(d, column[0] + i);
    const V c1 = hn::LoadU(d, column[1] + i);
    const V s0 = hn::Xor(hn::Shuffle2301(c0), minus_plus);
    const V s1 = hn::Xor(hn::Shuffle2301(c1), minus_plus);
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < kRows; ++k) {
      const V x = hn::LoadU(d, row[k] + i);
      re[k][0] = hn::MulAdd(x, c0, re[k][0]);
      re[k][1] = hn::MulAdd(x, c1, re[k][1]);
      im[k][0] = hn::MulAdd(x, s0, im[k][0]);
      im[k][1] = hn::MulAdd(x, s1, im[k][1]);
    }
  }
  HWY_UNROLL(8)
  for (std::size_t k = 0; k < kRows; ++k) {
    add_sums(re[k][0], im[k][0], re[k][1], im[k][1], sum + k * sum_stride);
  }
}

#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
constexpr std::size_t most_rows = 6;
#else  // 16 registers
constexpr std::size_t most_rows = 2;
#endif

// A few rows stay in the first-level cache while the columns of a tile, which stay in the second-level cache,
// go by.
constexpr std::size_t tile_columns = 48;
static_assert(tile_columns % most_rows == 0);

void products(const float* const* rows, std::size_t elements, std::size_t floats, double* sum,
              std::size_t sum_stride, const NextRun& next) {
  // A block has 12 pairs of elements: lines to fetch with each, so that all are on their way at the end.
  const std::size_t lines = (next.bytes + 63) / 64;
  const std::size_t lines_per_block = next.rows * lines * 24 / (elements * elements) + 1;
  std::size_t row = 0;
  std::size_t line = 0;
  for (std::size_t tile = 0; tile < elements; tile += tile_columns) {
    for (std::size_t r = tile; r < elements; r += most_rows) {
      const std::size_t end = std::min(elements, r + most_rows);
      for (std::size_t c = tile; c < std::min(end, tile + tile_columns); c += 2) {
        for (std::size_t k = 0; k < lines_per_block && row < next.rows; ++k) {
          hwy::Prefetch(next.begin + row * next.stride + 64 * line);
          if (++line == lines) {
            line = 0;
            ++row;
          }
        }
        const std::size_t first = std::max(r, c);
        double* out = sum + first * sum_stride + 2 * c;
        switch (end - first) {
          case 2:
            block<2>(rows + first, rows + c, floats, out, sum_stride);
            break;
          case 4:
            block<std::min<std::size_t>(4, most_rows)>(rows + first, rows + c, floats, out, sum_stride);
            break;
          default:
            block<most_rows>(rows + first, rows + c, floats, out, sum_stride);
            break;
        }
      }
    }
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(run_snapshots);
HWY_EXPORT(products);
}  // namespace

std::size_t covariance_run() noexcept {
  return BORESIGHT_DISPATCH(run_snapshots)();
}
void add_products(const float* const* rows, std::size_t elements, std::size_t floats, double* sum,
                  std::size_t sum_stride, const NextRun& next) noexcept {
  BORESIGHT_DISPATCH(products)(rows, elements, floats, sum, sum_stride, next);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
