// The inner loops of the layered offset min-sum decoder; fec/ldpc_decoder.cpp is their only user and says
// what a block is made of.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boresight::kernels {

// Lanes run along Z, all in int8. A column of n = Z * frames totals is kept rotated and periodic,
//
//   [ 0 .. n-1 | first lanes again, a vector or more ]      stride = a multiple of the vector
//
// so that a vector read from any start below n is right in all its lanes, those beyond n included: they are
// copies of lanes that exist, stay copies through the arithmetic, and no kernel needs a mask.

/// One block row of one iteration. Offsets are in bytes from the beginning of the totals.
struct LdpcRow {
  std::uint16_t degree;        ///< edges that are updated
  std::uint16_t own;           ///< 1 if a parity column that no other row uses comes after them
  std::uint32_t sources;       ///< index of the first of chunks x (degree + own) read offsets
  std::uint32_t destinations;  ///< index of the first of `degree` write offsets
  std::uint32_t messages;      ///< offset of the first of chunks x degree x lanes messages, in this order
};

struct LdpcLayout {
  std::size_t chunks;       ///< vectors that hold a column
  std::size_t wrap;         ///< where the copy of the first vector goes: a whole number of periods
  std::int8_t max_message;  ///< magnitude limit before the offset
  std::int8_t offset;
};

/// In the first iteration all messages count as zero, whatever the memory holds; in the last they are not
/// kept.
enum class LdpcTurn : std::uint8_t { first, middle, last };

struct LdpcKernel {
  std::size_t lanes;  ///< of a vector

  bool (*any_nonzero)(const std::int8_t* in, std::size_t n);

  /// out[i * frames + f] = in[f * stride + i] for i < n, f < frames <= 4.
  void (*interleave)(const std::int8_t* in, std::size_t stride, std::size_t n, unsigned frames,
                     std::int8_t* out);

  /// The way back, for bit lanes.
  void (*deinterleave)(const std::uint8_t* in, std::size_t n, unsigned frames, std::uint8_t* out,
                       std::size_t stride);

  /// Writes the column to `out`, periodic as above: in[(i + rotation) mod n] / 2, rounded away from zero.
  /// -128 counts as -127.
  void (*load_column)(const std::int8_t* in, std::size_t n, std::size_t rotation, std::int8_t* out);

  /// Every check of the rows hears its bits and answers; layered: a row sees what the rows before it said.
  void (*update_rows)(const LdpcLayout& layout, const LdpcRow* rows, std::size_t row_count,
                      const std::uint16_t* sources, const std::uint16_t* destinations, std::int8_t* totals,
                      std::int8_t* messages, LdpcTurn turn);

  /// True if the signs of the columns read at `sources` (chunks x degree offsets) multiply to one.
  bool (*parity_holds)(const std::int8_t* totals, const std::uint16_t* sources, std::size_t degree,
                       std::size_t chunks);

  /// Lane i of `syndrome` (chunks vectors) becomes negative where those signs multiply to minus one.
  void (*add_syndrome)(const std::int8_t* totals, const std::uint16_t* sources, std::size_t degree,
                       std::size_t chunks, std::int8_t* syndrome);

  /// The way back: bits[i] = 1 where the total of the column's lane i is negative, else 0, for i < n. True if
  /// none of the totals is zero.
  bool (*decide_column)(const std::int8_t* in, std::size_t n, std::size_t rotation, std::uint8_t* bits);
};

/// For the active target; stays valid and unchanged when another target is chosen.
const LdpcKernel& ldpc_kernel() noexcept;

}  // namespace boresight::kernels
