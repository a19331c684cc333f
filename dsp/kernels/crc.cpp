#include "kernels/crc.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/crc.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// With H and L the halves of what is folded so far and B the next 16 bytes,
//   (H x^64 + L) x^128 + B  =  H (x^192 mod G) + L (x^128 mod G) + B   (mod G)
// and both products have less than 96 bits (Gopal et al., Intel white paper 323102, 2009).
std::size_t fold(const std::uint8_t* bytes, std::size_t n, std::uint32_t first, const CrcFold& by,
                 std::uint8_t* folded) {
// Highway emulates the multiplication where there is none, at a price.
#if HWY_TARGET == HWY_SCALAR || (HWY_ARCH_X86 && HWY_TARGET > HWY_SSE4)
  (void)bytes, (void)n, (void)first, (void)by, (void)folded;
  return 0;
#else
  if (n < 32) return 0;
  const hn::Full128<std::uint8_t> d8;
  const hn::Full128<std::uint64_t> d64;
  const auto reversed = hn::Sub(hn::Set(d8, std::uint8_t{15}), hn::Iota(d8, 0));
  const auto load = [&](std::size_t i) HWY_ATTR {
    return hn::BitCast(d64, hn::TableLookupBytes(hn::LoadU(d8, bytes + i), reversed));
  };
  HWY_ALIGN const std::uint64_t constants[2] = {by.x128, by.x192};
  HWY_ALIGN const std::uint64_t start[2] = {0, std::uint64_t{first} << 32};
  const auto factor = hn::Load(d64, constants);
  auto sum = hn::Xor(load(0), hn::Load(d64, start));
  std::size_t i = 16;
  for (; i + 16 <= n; i += 16) {
    sum = hn::Xor(load(i), hn::Xor(hn::CLMulLower(sum, factor), hn::CLMulUpper(sum, factor)));
  }
  hn::StoreU(hn::TableLookupBytes(hn::BitCast(d8, sum), reversed), d8, folded);
  return i;
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(fold);
}  // namespace

std::size_t crc_fold(std::span<const std::uint8_t> bytes, std::uint32_t first, CrcFold by,
                     std::span<std::uint8_t, 16> folded) noexcept {
  return BORESIGHT_DISPATCH(fold)(bytes.data(), bytes.size(), first, by, folded.data());
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
