#include "kernels/ldpc_encode.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ldpc_encode.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/bit_lanes-inl.h"
#include "kernels/target.h"

// Lanes are packed, 64 to a word, and parity unpacked at the end: a circulant of any Z is then one pair of
// loads with AVX-512, two with AVX2. Each column is kept as its bits twice in a row, so that a rotation is
// the Z bits from `shift` on.
//
// The bound for BG1, Z = 384 and 46 rows with AVX-512 is the 265 circulants' 530 loads across cache lines,
// one per cycle, and 276 stores of parity lanes beside them: 530 cycles. It takes six times that, half of it
// for packing, doubling and unpacking.

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::CappedTag<std::uint64_t, 8>;
using VecW = hn::Vec<Words>;

constexpr std::size_t max_words = ldpc_encode_max_lifting_size / 64;
constexpr std::size_t column_words = ldpc_encode_column_bits / 64;
constexpr std::size_t lanes = hn::MaxLanes(Words());
constexpr std::size_t max_chunks = (max_words + lanes - 1) / lanes;
constexpr std::size_t block_words = 8;  // a block of Z bits, to whole vectors

// Twice Z bits, and what a vector from the last shift on reads behind them.
static_assert(max_words - 1 + max_chunks * lanes + 1 < column_words);

// Shift counts to be loaded into all lanes at once.
constexpr auto counts = [] {
  std::array<std::uint64_t, 65> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i;
  return table;
}();

// The bits from `bit` on.
HWY_INLINE VecW bits_at(const std::uint64_t* words, std::size_t bit) {
  const Words d;
  const std::uint64_t* from = words + bit / 64;
  const auto low = hn::LoadU(d, from);
  const auto high = hn::LoadU(d, from + 1);
  const std::size_t shift = bit % 64;
#if HWY_TARGET <= HWY_AVX2  // a shift by 64 gives zero, here and with x86 below
  return hn::Or(hn::Shr(low, hn::Set(d, counts[shift])), hn::Shl(high, hn::Set(d, counts[64 - shift])));
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  const int s = static_cast<int>(shift);
  return hn::Or(hn::ShiftRightSame(low, s), hn::ShiftLeftSame(high, 64 - s));
#else
  const int s = static_cast<int>(shift);
  return hn::Or(hn::ShiftRightSame(low, s), hn::ShiftLeftSame(hn::ShiftLeft<1>(high), 63 - s));
#endif
}

class Encoder {
 public:
  explicit Encoder(const LdpcEncodePlan& plan) : plan_(plan), z_(plan.lifting_size) {
    for (std::size_t w = 0; w < block_words; ++w) {
      const std::size_t bits = z_ > 64 * w ? std::min<std::size_t>(64, z_ - 64 * w) : 0;
      mask_[w] = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    }
    for (std::size_t c = 0; c < ldpc_encode_max_columns; ++c) column(c)[-1] = 0;
  }

  void encode(std::span<const std::uint8_t> information, std::span<std::uint8_t> parity) {
    load(information);
    for (unsigned i = 0; i < ldpc_encode_core_rows; ++i) sum_row(i);
    solve_core();
    for (unsigned i = ldpc_encode_core_rows; i < plan_.row_count; ++i) sum_row(i);
    store(parity);
  }

 private:
  std::uint64_t* column(std::size_t c) { return columns_.data() + (c + 1) * column_words; }
  std::uint64_t* sum(std::size_t row) { return sums_.data() + row * block_words; }

  void load(std::span<const std::uint8_t> information) {
    constexpr std::size_t step = bit_lanes_per_step;
    HWY_ALIGN std::array<std::uint64_t, packed_words> packed;
    auto* bytes = reinterpret_cast<std::uint8_t*>(packed.data());
    std::size_t i = 0;
    for (; i + step <= information.size(); i += step) {
      pack_step<BitOrder::lsb>(information.data() + i, bytes + i / 8);
    }
    if (i < information.size()) {
      HWY_ALIGN std::array<std::uint8_t, step> tail{};
      std::copy(information.begin() + static_cast<std::ptrdiff_t>(i), information.end(), tail.begin());
      pack_step<BitOrder::lsb>(tail.data(), bytes + i / 8);
    }
    const Words d;
    for (std::size_t c = 0; c < plan_.information_columns; ++c) {
      for (std::size_t k = 0; k < max_chunks * lanes; k += lanes) {
        const auto x = bits_at(packed.data(), c * z_ + 64 * k);
        hn::Store(hn::And(x, hn::Load(d, mask_.data() + k)), d, column(c) + k);
      }
    }
    for (std::size_t c = 0; c < plan_.information_columns; ++c) repeat(column(c));
  }

  // Writes the Z bits of a column a second time behind themselves. The vectors go downwards because a lower
  // one may be read where a higher one is written.
  void repeat(std::uint64_t* bits) {
    const Words d;
    const std::size_t first = z_ / 64;
    const std::size_t shift = z_ % 64;
    const std::uint64_t partial = shift != 0 ? bits[first] : 0;
    constexpr std::size_t chunks = (max_words + 1 + lanes - 1) / lanes;
    for (std::size_t k = chunks * lanes; k > 0;) {
      k -= lanes;
      // From the column's zero word on, so that zeros are shifted in.
      hn::StoreU(bits_at(bits - 1, 64 + 64 * k - shift), d, bits + first + k);
    }
    bits[first] |= partial;
  }

  void sum_row(unsigned row) {
    const Words d;
    const LdpcEncodeEdge* edge = plan_.edges.data() + plan_.rows[row].begin;
    const LdpcEncodeEdge* const end = plan_.edges.data() + plan_.rows[row].end;
    VecW total[max_chunks];
    for (auto& t : total) t = hn::Zero(d);
    for (; edge + 1 < end; edge += 2) {
      HWY_UNROLL(8)
      for (std::size_t k = 0; k < max_chunks; ++k) {
        total[k] = hn::Xor3(total[k], bits_at(column(0) + k * lanes, edge[0]),
                            bits_at(column(0) + k * lanes, edge[1]));
      }
    }
    if (edge < end) {
      for (std::size_t k = 0; k < max_chunks; ++k) {
        total[k] = hn::Xor(total[k], bits_at(column(0) + k * lanes, *edge));
      }
    }
    for (std::size_t k = 0; k < max_chunks; ++k) hn::Store(total[k], d, sum(row) + k * lanes);
  }

  // The sum of the core rows is free of the double diagonal and leaves one circulant of the first core
  // column. That known, each row gives the next column.
  void solve_core() {
    const Words d;
    const std::size_t first = plan_.information_columns;
    std::uint64_t* p = column(first);
    for (std::size_t k = 0; k < max_chunks * lanes; k += lanes) {
      const auto total = hn::Xor(hn::Xor(hn::Load(d, sum(0) + k), hn::Load(d, sum(1) + k)),
                                 hn::Xor(hn::Load(d, sum(2) + k), hn::Load(d, sum(3) + k)));
      hn::Store(hn::And(total, hn::Load(d, mask_.data() + k)), d, p + k);
    }
    repeat(p);
    const std::size_t back = (z_ - plan_.remaining_shift) % z_;
    HWY_ALIGN std::array<std::uint64_t, block_words> block;
    for (std::size_t k = 0; k < max_chunks * lanes; k += lanes) {
      hn::Store(hn::And(bits_at(p + k, back), hn::Load(d, mask_.data() + k)), d, block.data() + k);
    }
    for (std::size_t k = 0; k < max_chunks * lanes; k += lanes)
      hn::Store(hn::Load(d, block.data() + k), d, p + k);
    repeat(p);
    for (unsigned i = 0; i + 1 < ldpc_encode_core_rows; ++i) {
      std::uint64_t* next = column(first + i + 1);
      for (std::size_t k = 0; k < max_chunks * lanes; k += lanes) {
        auto x = hn::Load(d, sum(i) + k);
        const int shift = plan_.first_core_shifts[i];
        if (shift >= 0) x = hn::Xor(x, bits_at(p + k, static_cast<std::size_t>(shift)));
        if (i > 0) x = hn::Xor(x, hn::Load(d, column(first + i) + k));
        hn::Store(hn::And(x, hn::Load(d, mask_.data() + k)), d, next + k);
      }
    }
    for (unsigned i = 0; i < ldpc_encode_core_rows; ++i) {
      for (std::size_t k = 0; k < max_chunks * lanes; k += lanes) {
        hn::Store(hn::Load(d, column(first + i) + k), d, sum(i) + k);
      }
      if (i > 0) repeat(column(first + i));
    }
  }

  // Upwards: what a row's last step writes too much belongs to the next row.
  void store(std::span<std::uint8_t> parity) {
    constexpr std::size_t step = bit_lanes_per_step;
    const std::size_t z = z_;
    const std::size_t steps = (z + step - 1) / step;
    for (std::size_t row = 0; row < plan_.row_count; ++row) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(sum(row));
      const auto out = parity.subspan(row * z);
      const std::size_t direct = std::min(steps, out.size() / step);
      for (std::size_t i = 0; i < direct; ++i) {
        unpack_step<BitOrder::lsb>(bytes + i * (step / 8), out.data() + i * step);
      }
      for (std::size_t i = direct; i < steps; ++i) {
        HWY_ALIGN std::array<std::uint8_t, step> tail;
        unpack_step<BitOrder::lsb>(bytes + i * (step / 8), tail.data());
        std::copy_n(tail.begin(), std::min(z, out.size()) - i * step, out.data() + i * step);
      }
    }
  }

  static constexpr std::size_t packed_words = 22 * max_words + 2 * block_words;

  const LdpcEncodePlan& plan_;
  std::size_t z_;
  HWY_ALIGN std::array<std::uint64_t, block_words> mask_;
  // The word before a column is zero: the last of the 16 before, which nothing else writes.
  HWY_ALIGN std::array<std::uint64_t, (ldpc_encode_max_columns + 1) * column_words> columns_;
  HWY_ALIGN std::array<std::uint64_t, ldpc_encode_max_rows * block_words + 1> sums_;
};

void encode(const LdpcEncodePlan& plan, std::span<const std::uint8_t> information,
            std::span<std::uint8_t> parity) {
  Encoder(plan).encode(information, parity);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(encode);
}  // namespace

void ldpc_encode(const LdpcEncodePlan& plan, std::span<const std::uint8_t> information,
                 std::span<std::uint8_t> parity) noexcept {
  BORESIGHT_DISPATCH(encode)(plan, information, parity);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
