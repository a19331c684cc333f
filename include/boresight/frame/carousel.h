// A file sent over and over in numbered blocks, so that a receiver may join at any time and lose frames.
//
//   frame payload = | "BSC1" | file bytes u64 | block bytes u32 | block number u32 | SHA-256 of file | data |
//                      4        8                4                 4                  32
//
// Integers are little-endian. Every block holds `block bytes` of the file, the last one what remains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/digest.h"

namespace boresight::frame {

inline constexpr std::size_t carousel_header_bytes = 52;

/// Cuts a file into the payloads of a carousel.
class CarouselSender {
 public:
  /// `payload_bytes` is the size of each frame's payload, header included. ConfigError if it leaves no room
  /// for data or the file is empty.
  CarouselSender(std::vector<std::uint8_t> file, std::size_t payload_bytes);

  std::size_t blocks() const;
  const Sha256& digest() const { return digest_; }
  std::span<const std::uint8_t> file() const { return file_; }

  /// Writes the payload of block `number` modulo blocks() to `out` [at least payload_bytes]; returns its
  /// length.
  std::size_t block(std::uint64_t number, std::span<std::uint8_t> out) const;

 private:
  std::vector<std::uint8_t> file_;
  std::size_t block_bytes_ = 0;
  Sha256 digest_{};
};

/// Puts the blocks together again. Bytes from the air: a header that contradicts itself, the limit or the
/// file being received is counted and ignored.
class CarouselReceiver {
 public:
  struct Config {
    std::uint64_t max_file_bytes = 256ULL << 20;  ///< a larger file is refused, never allocated; at most 2^40
    /// Blocks in a row of one other file after which that file is received instead.
    unsigned blocks_to_change_file = 8;
  };
  struct Stats {
    std::uint64_t blocks_accepted = 0;  ///< new blocks of the file
    std::uint64_t blocks_repeated = 0;
    std::uint64_t blocks_refused = 0;  ///< not a carousel payload, over the limit, or of another file
    std::uint64_t files_corrupt = 0;   ///< all blocks came but the digest did not fit; reception began again
    std::uint64_t files_changed = 0;   ///< the sender went over to another file
  };

  /// ConfigError if a limit is 0 or max_file_bytes above 2^40.
  explicit CarouselReceiver(const Config& config);

  /// Takes one frame payload; true when it brought something new. Allocates once, on a file's first block.
  bool push(std::span<const std::uint8_t> payload);

  bool started() const { return !have_.empty(); }
  /// All blocks are there and their SHA-256 is the one announced.
  bool complete() const { return complete_; }
  std::uint64_t file_bytes() const { return file_.size(); }
  std::uint64_t blocks_expected() const { return have_.size(); }
  std::span<const std::uint8_t> file() const { return file_; }
  const Sha256& announced_digest() const { return digest_; }
  const Stats& stats() const { return stats_; }

 private:
  Config config_;
  std::vector<std::uint8_t> file_;
  std::vector<bool> have_;
  std::uint32_t block_bytes_ = 0;
  std::uint64_t missing_ = 0;
  Sha256 digest_{};
  bool complete_ = false;
  Sha256 other_digest_{};  // of the other file heard last
  unsigned other_blocks_ = 0;
  Stats stats_;
};

}  // namespace boresight::frame
