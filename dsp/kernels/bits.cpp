#include "kernels/bits.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bits.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void pack_msb(const std::uint8_t* HWY_RESTRICT bits, std::uint8_t* HWY_RESTRICT bytes, std::size_t n) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR  // which has no bytes to shuffle
  const hn::CappedTag<std::uint8_t, 64> d;
  const std::size_t lanes = hn::Lanes(d);
  // The mask's first lane becomes a byte's lowest bit, so each eight lanes are turned round before.
  const auto turned =
      hn::Xor(hn::And(hn::Iota(d, 0), hn::Set(d, std::uint8_t{15})), hn::Set(d, std::uint8_t{7}));
  const auto lowest = hn::Set(d, std::uint8_t{1});
  for (; 8 * i + lanes <= 8 * n; i += lanes / 8) {
    const auto x = hn::TableLookupBytes(hn::LoadU(d, bits + 8 * i), turned);
    hn::StoreMaskBits(d, hn::TestBit(x, lowest), bytes + i);
  }
#endif
  for (; i < n; ++i) {
    unsigned byte = 0;
    for (unsigned k = 0; k < 8; ++k) byte = (byte << 1) | (bits[8 * i + k] & 1U);
    bytes[i] = static_cast<std::uint8_t>(byte);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(pack_msb);
}  // namespace

void pack_msb_first(std::span<const std::uint8_t> bits, std::span<std::uint8_t> bytes) noexcept {
  BORESIGHT_DISPATCH(pack_msb)(bits.data(), bytes.data(), bytes.size());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
