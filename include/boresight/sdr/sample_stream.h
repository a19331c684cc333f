// A reader thread between a Source and its consumer: a fixed pool of blocks, handed over without locks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/sdr/source.h"

namespace boresight::sdr {

class SampleStream;

/// Samples [channels x samples] in the source's own format, and where they belong.
class SampleBlock {
 public:
  SampleFormat format() const { return format_; }
  std::size_t channels() const { return channels_; }
  std::size_t samples() const { return samples_; }  ///< per channel, >= 1

  /// Index of the first sample, counted from the start of the stream; samples lost in gaps of known size
  /// are counted, those of unknown size cannot be.
  std::uint64_t first_sample() const { return first_sample_; }
  std::optional<std::int64_t> time_ns() const { return time_ns_; }  ///< of the first sample, source's clock
  std::uint64_t lost_samples() const { return lost_samples_; }      ///< known gap right before this block
  bool gap() const { return gap_; }                                 ///< discontinuity right before it

  /// The samples as T: cs8, cs16 or cf32, whichever format() says (checked when asserts are on).
  template <typename T>
  Grid<const T> as() const {
    BORESIGHT_ASSERT(sizeof(T) == bytes_per_sample(format_));
    return {reinterpret_cast<const T*>(data_), channels_, samples_, row_stride_};
  }
  /// The samples of one channel, whatever the format: for writing them to a file unchanged.
  const void* channel_data(std::size_t channel) const {
    return data_ + channel * row_stride_ * bytes_per_sample(format_);
  }

 private:
  friend class SampleStream;
  friend struct GiveBackBlock;
  SampleFormat format_ = SampleFormat::cs16;
  std::size_t channels_ = 0;
  std::size_t samples_ = 0;
  std::size_t row_stride_ = 0;
  std::byte* data_ = nullptr;
  std::size_t slot_ = 0;
  std::uint64_t first_sample_ = 0;
  std::optional<std::int64_t> time_ns_;
  std::uint64_t lost_samples_ = 0;
  bool gap_ = false;
};

/// What a SampleStream::BlockPtr does when it lets go: the block returns to its pool.
struct GiveBackBlock {
  SampleStream* stream = nullptr;
  void operator()(const SampleBlock* block) const noexcept;
};

struct SampleStreamConfig {
  std::size_t block_samples = 0;  ///< per channel; 0: 1 ms, within [1024, 262144]
  /// How much the pool holds; at least 4 blocks. Of a source that waits (SourceInfo::real_time is false) at
  /// most 8 blocks.
  double buffer_s = 0.5;
  std::size_t max_buffer_bytes = std::size_t{512} << 20;  ///< limit of the pool
  /// SCHED_FIFO priority of the reader thread, 1 to 99; where the system refuses, it runs as usual.
  std::optional<int> real_time_priority{};
};

struct SampleStreamStats {
  std::uint64_t delivered_samples = 0;  ///< per channel, handed to the consumer
  std::uint64_t dropped_samples = 0;    ///< read from the source, no free block: the consumer was too slow
  std::uint64_t drops = 0;              ///< gaps made that way
  std::size_t blocks = 0;               ///< in the pool
  std::size_t most_blocks_waiting = 0;  ///< high-water mark of the hand-off
  bool real_time_scheduling = false;    ///< SCHED_FIFO was asked for and granted
};

/// Owns the reader thread. One consumer thread calls next() and gives blocks back by letting go of them.
///
/// When the consumer falls behind a real-time source, whole blocks are dropped and the next one says how many
/// samples are missing; a source that waits is simply not read. After start() nothing is allocated.
/// A consumer that keeps blocks must leave at least two of stats().blocks in play.
class SampleStream {
 public:
  using BlockPtr = std::unique_ptr<const SampleBlock, GiveBackBlock>;

  struct Next {
    Read::Status status = Read::Status::timeout;
    BlockPtr block;  ///< set if and only if status is ok; give it back before the stream is destroyed
  };

  /// `source` must outlive the stream. Throws ConfigError (a block or pool that cannot be).
  explicit SampleStream(Source& source, const SampleStreamConfig& config = {});
  SampleStream(const SampleStream&) = delete;
  SampleStream& operator=(const SampleStream&) = delete;
  ~SampleStream();

  /// Starts the source and the reader thread; throws IoError. A stream runs once.
  void start();
  /// Stops both and returns when the thread has ended: within 0.2 s plus the source's own time to stop.
  /// Blocks not yet taken can still be taken; then next() says `end`. Never throws.
  void stop() noexcept;
  /// Asks the reader thread to stop and returns at once; async-signal-safe.
  void request_stop() noexcept;

  /// The next block, waiting at most `timeout`. `end` and `failed` come after the last block.
  Next next(std::chrono::microseconds timeout);

  std::size_t block_samples() const;
  SampleStreamStats stats() const;  ///< from any thread

 private:
  friend struct GiveBackBlock;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::sdr
