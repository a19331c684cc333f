// Steps of packing and unpacking bit lanes, for kernels that need them inside their own loops. Included once
// per target, after hwy/highway.h.
#if defined(BORESIGHT_KERNELS_BIT_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef BORESIGHT_KERNELS_BIT_LANES_INL_H_
#undef BORESIGHT_KERNELS_BIT_LANES_INL_H_
#else
#define BORESIGHT_KERNELS_BIT_LANES_INL_H_
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {

/// Which bit of a byte is its first lane.
enum class BitOrder { msb, lsb };

// Eight lanes as one number, the first in its lowest byte. The products have no carries: no two of their
// partial products meet.
template <BitOrder kOrder>
HWY_INLINE std::uint8_t pack_8_lanes(const std::uint8_t* lanes) {
  std::uint64_t x;
  std::memcpy(&x, lanes, 8);
  constexpr std::uint64_t weights = kOrder == BitOrder::msb ? 0x8040201008040201U : 0x0102040810204080U;
  return static_cast<std::uint8_t>(((x & 0x0101010101010101U) * weights) >> 56);
}

template <BitOrder kOrder>
HWY_INLINE void unpack_8_lanes(std::uint8_t byte, std::uint8_t* lanes) {
  constexpr std::uint64_t own_bits = kOrder == BitOrder::msb ? 0x0102040810204080U : 0x8040201008040201U;
  const std::uint64_t alone = (byte * std::uint64_t{0x0101010101010101U}) & own_bits;
  const std::uint64_t x = ((alone + 0x7F7F7F7F7F7F7F7FU) >> 7) & 0x0101010101010101U;
  std::memcpy(lanes, &x, 8);
}

#if HWY_TARGET == HWY_SCALAR  // which has no bytes to shuffle

constexpr std::size_t bit_lanes_per_step = 8;

template <BitOrder kOrder>
HWY_INLINE void pack_step(const std::uint8_t* lanes, std::uint8_t* bytes) {
  *bytes = pack_8_lanes<kOrder>(lanes);
}

template <BitOrder kOrder>
HWY_INLINE void unpack_step(const std::uint8_t* bytes, std::uint8_t* lanes) {
  unpack_8_lanes<kOrder>(*bytes, lanes);
}

#else

using BitLanes = hwy::HWY_NAMESPACE::CappedTag<std::uint8_t, 64>;
constexpr std::size_t bit_lanes_per_step = hwy::HWY_NAMESPACE::MaxLanes(BitLanes());

HWY_ALIGN constexpr std::array<std::uint8_t, 64> lanes_of_one = [] {
  std::array<std::uint8_t, 64> ones{};
  ones.fill(1);
  return ones;
}();

// Each eight lanes turned round: masks have their first lane in a byte's lowest bit.
HWY_INLINE hwy::HWY_NAMESPACE::Vec<BitLanes> turned(hwy::HWY_NAMESPACE::Vec<BitLanes> x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const BitLanes d;
  const auto order =
      hn::Xor(hn::And(hn::Iota(d, 0), hn::Set(d, std::uint8_t{15})), hn::Set(d, std::uint8_t{7}));
  return hn::TableLookupBytes(x, order);
}

template <BitOrder kOrder>
HWY_INLINE void pack_step(const std::uint8_t* lanes, std::uint8_t* bytes) {
  namespace hn = hwy::HWY_NAMESPACE;
  const BitLanes d;
  auto x = hn::LoadU(d, lanes);
  if constexpr (kOrder == BitOrder::msb) x = turned(x);
  hn::StoreMaskBits(d, hn::TestBit(x, hn::Set(d, std::uint8_t{1})), bytes);
}

/// May read eight bytes, whatever the step.
template <BitOrder kOrder>
HWY_INLINE void unpack_step(const std::uint8_t* bytes, std::uint8_t* lanes) {
  namespace hn = hwy::HWY_NAMESPACE;
  const BitLanes d;
  // From memory, or the compiler broadcasts a one under the mask for each vector, on the busiest port.
  auto x = hn::IfThenElseZero(hn::LoadMaskBits(d, bytes), hn::Load(d, lanes_of_one.data()));
  if constexpr (kOrder == BitOrder::msb) x = turned(x);
  hn::StoreU(x, d, lanes);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#endif  // toggle
