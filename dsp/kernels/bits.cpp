#include "kernels/bits.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bits.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/bit_lanes-inl.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <BitOrder kOrder>
HWY_INLINE void pack(const std::uint8_t* HWY_RESTRICT bits, std::uint8_t* HWY_RESTRICT bytes, std::size_t n) {
  constexpr std::size_t step = bit_lanes_per_step / 8;
  std::size_t i = 0;
  for (; i + step <= n; i += step) pack_step<kOrder>(bits + 8 * i, bytes + i);
  for (; i < n; ++i) bytes[i] = pack_8_lanes<kOrder>(bits + 8 * i);
}

template <BitOrder kOrder>
HWY_INLINE void unpack(const std::uint8_t* HWY_RESTRICT bytes, std::uint8_t* HWY_RESTRICT bits,
                       std::size_t n) {
  constexpr std::size_t step = bit_lanes_per_step / 8;
  std::size_t i = 0;
  for (; i + 8 <= n; i += step) unpack_step<kOrder>(bytes + i, bits + 8 * i);
  for (; i < n; ++i) unpack_8_lanes<kOrder>(bytes[i], bits + 8 * i);
}

void pack_msb(const std::uint8_t* bits, std::uint8_t* bytes, std::size_t n) {
  pack<BitOrder::msb>(bits, bytes, n);
}
void pack_lsb(const std::uint8_t* bits, std::uint8_t* bytes, std::size_t n) {
  pack<BitOrder::lsb>(bits, bytes, n);
}
void unpack_msb(const std::uint8_t* bytes, std::uint8_t* bits, std::size_t n) {
  unpack<BitOrder::msb>(bytes, bits, n);
}
void unpack_lsb(const std::uint8_t* bytes, std::uint8_t* bits, std::size_t n) {
  unpack<BitOrder::lsb>(bytes, bits, n);
}

#if HWY_TARGET == HWY_SCALAR

void flip_bits_of(const std::uint64_t* HWY_RESTRICT flips, std::uint8_t* HWY_RESTRICT bits, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    bits[i] = static_cast<std::uint8_t>(bits[i] ^ ((flips[i / 64] >> (i % 64)) & 1U));
  }
}

void flip_signs_of(const std::uint64_t* HWY_RESTRICT flips, std::int8_t* HWY_RESTRICT llrs, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const int x = std::max<int>(llrs[i], -127);
    const int all = -static_cast<int>((flips[i / 64] >> (i % 64)) & 1U);
    llrs[i] = static_cast<std::int8_t>((x ^ all) - all);
  }
}

#else

// flip(lanes, mask) for all of n lanes; the last ones through memory of their own.
template <typename T, typename Flip>
HWY_INLINE void for_each_vector(const std::uint64_t* HWY_RESTRICT flips, T* HWY_RESTRICT values,
                                std::size_t n, const Flip& flip) {
  const hn::CappedTag<T, 64> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto mask_at = [&](std::size_t i) HWY_ATTR {
    const std::uint64_t word = flips[i / 64] >> (i % 64);
    return hn::LoadMaskBits(d, reinterpret_cast<const std::uint8_t*>(&word));
  };
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(flip(hn::LoadU(d, values + i), mask_at(i)), d, values + i);
  if (i == n) return;
  HWY_ALIGN std::array<T, 64> tail{};
  std::copy(values + i, values + n, tail.begin());
  hn::Store(flip(hn::Load(d, tail.data()), mask_at(i)), d, tail.data());
  std::copy_n(tail.begin(), n - i, values + i);
}

void flip_bits_of(const std::uint64_t* flips, std::uint8_t* bits, std::size_t n) {
  const hn::CappedTag<std::uint8_t, 64> d;
  const auto one = hn::Set(d, std::uint8_t{1});
  for_each_vector(flips, bits, n,
                  [&](auto x, auto mask) HWY_ATTR { return hn::Xor(x, hn::IfThenElseZero(mask, one)); });
}

void flip_signs_of(const std::uint64_t* flips, std::int8_t* llrs, std::size_t n) {
  const hn::CappedTag<std::int8_t, 64> d;
  const auto lowest = hn::Set(d, std::int8_t{-127});
  for_each_vector(flips, llrs, n, [&](auto x, auto mask) HWY_ATTR {
    return hn::IfThenElse(mask, hn::SaturatedSub(hn::Zero(d), x), hn::Max(x, lowest));
  });
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(pack_msb);
HWY_EXPORT(pack_lsb);
HWY_EXPORT(unpack_msb);
HWY_EXPORT(unpack_lsb);
HWY_EXPORT(flip_bits_of);
HWY_EXPORT(flip_signs_of);
}  // namespace

void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_DISPATCH(pack_msb)(bits.data(), bytes.data(), bytes.size());
}
void pack_lsb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_DISPATCH(pack_lsb)(bits.data(), bytes.data(), bytes.size());
}
void unpack_msb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_DISPATCH(unpack_msb)(bytes.data(), bits.data(), bytes.size());
}
void unpack_lsb_first(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_DISPATCH(unpack_lsb)(bytes.data(), bits.data(), bytes.size());
}
void flip_bits(const std::uint64_t* flips, std::span<std::uint8_t> bits) noexcept {
  BORESIGHT_DISPATCH(flip_bits_of)(flips, bits.data(), bits.size());
}
void flip_signs(const std::uint64_t* flips, std::span<std::int8_t> llrs) noexcept {
  BORESIGHT_DISPATCH(flip_signs_of)(flips, llrs.data(), llrs.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
