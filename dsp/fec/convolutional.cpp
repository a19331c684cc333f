#include "boresight/fec/convolutional.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "boresight/core/assert.h"

namespace boresight::fec {
namespace {

// x points at the newest bit; older ones come before it.
std::uint8_t output_a(const std::uint8_t* x) {  // 133
  return (x[0] ^ x[-2] ^ x[-3] ^ x[-5] ^ x[-6]) & 1U;
}
std::uint8_t output_b(const std::uint8_t* x) {  // 171
  return (x[0] ^ x[-1] ^ x[-2] ^ x[-3] ^ x[-6]) & 1U;
}

constexpr std::size_t memory = convolutional_tail_bits;

// `start` holds the six bits before the first, oldest first.
void encode(const std::array<std::uint8_t, memory>& start, std::span<const std::uint8_t> bits,
            std::span<std::uint8_t> coded) {
  std::array<std::uint8_t, 2 * memory> first{};
  const std::size_t beginning = std::min(memory, bits.size());
  std::copy(start.begin(), start.end(), first.begin());
  std::copy_n(bits.begin(), beginning, first.begin() + memory);
  for (std::size_t n = 0; n < beginning; ++n) {
    coded[2 * n] = output_a(first.data() + memory + n);
    coded[2 * n + 1] = output_b(first.data() + memory + n);
  }
  for (std::size_t n = memory; n < bits.size(); ++n) {
    coded[2 * n] = output_a(bits.data() + n);
    coded[2 * n + 1] = output_b(bits.data() + n);
  }
}

template <std::size_t kPeriod>
using Pattern = std::array<bool, kPeriod>;

// Calls body(pattern) with the pattern of the rate as A0 B0 A1 B1 ...
template <typename Body>
auto with_pattern(PuncturedRate rate, const Body& body) {
  switch (rate) {
    case PuncturedRate::two_thirds:
      return body([] { return Pattern<4>{true, true, true, false}; });
    case PuncturedRate::three_quarters:
      return body([] { return Pattern<6>{true, true, true, false, false, true}; });
    case PuncturedRate::five_sixths:
      return body([] { return Pattern<10>{true, true, true, false, false, true, true, false, false, true}; });
    case PuncturedRate::half:
      break;
  }
  return body([] { return Pattern<2>{true, true}; });
}

}  // namespace

void convolutional_encode(std::span<const std::uint8_t> bits, std::span<std::uint8_t> coded) noexcept {
  BORESIGHT_ASSERT(coded.size() == 2 * bits.size());
  encode({}, bits, coded);
}

void convolutional_encode_tail_biting(std::span<const std::uint8_t> bits,
                                      std::span<std::uint8_t> coded) noexcept {
  BORESIGHT_ASSERT(coded.size() == 2 * bits.size());
  if (bits.empty()) return;
  std::array<std::uint8_t, memory> start;
  // bits[n] and bits[n + k bits.size()] are one; the index stays positive for any size.
  for (std::size_t i = 0; i < memory; ++i) {
    start[i] = bits[(bits.size() * memory - memory + i) % bits.size()];
  }
  encode(start, bits, coded);
}

std::size_t punctured_bits(std::size_t mother_bits, PuncturedRate rate) noexcept {
  return with_pattern(rate, [=](auto pattern) {
    constexpr auto keep = pattern();
    const auto kept = [&](std::size_t n) {
      return static_cast<std::size_t>(std::count(keep.begin(), keep.begin() + n, true));
    };
    return mother_bits / keep.size() * kept(keep.size()) + kept(mother_bits % keep.size());
  });
}

void puncture(std::span<const std::uint8_t> coded, PuncturedRate rate, std::span<std::uint8_t> out) noexcept {
  BORESIGHT_ASSERT(out.size() == punctured_bits(coded.size(), rate));
  with_pattern(rate, [=](auto pattern) {
    constexpr auto keep = pattern();
    std::uint8_t* to = out.data();
    std::size_t n = 0;
    for (; n + keep.size() <= coded.size(); n += keep.size()) {
      for (std::size_t i = 0; i < keep.size(); ++i) {
        if (keep[i]) *to++ = coded[n + i];
      }
    }
    for (std::size_t i = 0; n + i < coded.size(); ++i) {
      if (keep[i]) *to++ = coded[n + i];
    }
  });
}

void depuncture(std::span<const modem::Llr> in, PuncturedRate rate, std::span<modem::Llr> out) noexcept {
  BORESIGHT_ASSERT(in.size() == punctured_bits(out.size(), rate));
  if (rate == PuncturedRate::half) {
    std::copy(in.begin(), in.end(), out.begin());
    return;
  }
  with_pattern(rate, [=](auto pattern) {
    constexpr auto keep = pattern();
    constexpr auto kept = static_cast<std::size_t>(std::count(keep.begin(), keep.end(), true));
    static_assert(kept <= 8 && keep.size() <= 16);
    const modem::Llr* from = in.data();
    std::size_t n = 0;
    if constexpr (std::endian::native == std::endian::little) {
      // A period as words; what is too much of them the next one overwrites. Compilers make something slow of
      // single lanes. Sixteen lanes have at least eight kept ones, so that no word reaches beyond the end.
      for (; n + 16 <= out.size(); n += keep.size(), from += kept) {
        std::uint64_t word = 0;
        std::memcpy(&word, from, sizeof word);
        std::array<std::uint64_t, 2> words{};
        for (std::size_t i = 0, k = 0; i < keep.size(); ++i) {
          if (keep[i]) words[i / 8] |= ((word >> (8 * k++)) & 255U) << (8 * (i % 8));
        }
        std::memcpy(&out[n], words.data(), keep.size() > 8 ? sizeof words : sizeof word);
      }
    }
    for (; n < out.size(); n += keep.size()) {
      for (std::size_t i = 0; i < std::min(keep.size(), out.size() - n); ++i) {
        out[n + i] = keep[i] ? *from++ : modem::Llr{0};
      }
    }
  });
}

}  // namespace boresight::fec
