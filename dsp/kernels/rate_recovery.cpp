#include "kernels/rate_recovery.h"

#include <algorithm>
#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rate_recovery.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR
// Bits of a symbol in pairs, as words: the words of one pair from a vector of symbols, and of them the lower
// or the upper byte.
template <std::size_t kStride>
HWY_INLINE std::size_t add_pairs(const std::int8_t* in, std::size_t row, std::size_t n, std::int8_t* sum) {
  const hn::ScalableTag<std::int16_t> d16;
  const hn::Rebind<std::int8_t, decltype(d16)> d8;
  const std::size_t lanes = hn::Lanes(d16);
  const auto lowest = hn::Set(d8, static_cast<std::int8_t>(-modem::llr_max));
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto* words = reinterpret_cast<const std::int16_t*>(in + i * kStride);
    hn::Vec<decltype(d16)> v[4];
    if constexpr (kStride == 2) {
      v[0] = hn::LoadU(d16, words);
    } else if constexpr (kStride == 4) {
      hn::LoadInterleaved2(d16, words, v[0], v[1]);
    } else if constexpr (kStride == 6) {
      hn::LoadInterleaved3(d16, words, v[0], v[1], v[2]);
    } else {
      hn::LoadInterleaved4(d16, words, v[0], v[1], v[2], v[3]);
    }
    auto word = v[0];
    if (kStride > 2 && row / 2 == 1) word = v[1];
    if (kStride > 4 && row / 2 == 2) word = v[2];
    if (kStride > 6 && row / 2 == 3) word = v[3];
    if (row % 2 == 0) word = hn::ShiftLeft<8>(word);
    const auto bytes = hn::DemoteTo(d8, hn::ShiftRight<8>(word));
    hn::StoreU(hn::Max(hn::SaturatedAdd(hn::LoadU(d8, sum + i), bytes), lowest), d8, sum + i);
  }
  return i;
}
#endif

void add(const std::int8_t* in, std::size_t stride, std::size_t row, std::size_t n, std::int8_t* sum) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  if (stride == 2) i = add_pairs<2>(in, row, n, sum);
  if (stride == 4) i = add_pairs<4>(in, row, n, sum);
  if (stride == 6) i = add_pairs<6>(in, row, n, sum);
  if (stride == 8) i = add_pairs<8>(in, row, n, sum);
#endif
  for (; i < n; ++i) {
    sum[i] =
        static_cast<std::int8_t>(std::clamp(sum[i] + in[i * stride + row], -modem::llr_max, modem::llr_max));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {

HWY_EXPORT(add);

}  // namespace

void add_strided(const modem::Llr* in, std::size_t stride, std::size_t row, std::size_t n,
                 modem::Llr* sum) noexcept {
  BORESIGHT_DISPATCH(add)(in, stride, row, n, sum);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
