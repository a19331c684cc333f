#include "boresight/sdr/sample_stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "boresight/core/error.h"

namespace boresight::sdr {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// One cs16 sample holds its own index: 16 bits of it in re, 15 in im, the channel in the lowest bit of im.
cs16 sample_at(std::uint64_t index, std::size_t channel) {
  return {static_cast<std::int16_t>(index & 0xffff),
          static_cast<std::int16_t>(((index >> 16) << 1 | (channel & 1)) & 0xffff)};
}

// Counts up, in reads of irregular length; `before` is asked before each read what happens to it.
class Counter final : public Source {
 public:
  Counter(std::size_t channels, bool real_time, std::uint64_t total) : total_(total) {
    info_ = {.channels = channels, .sample_rate_hz = 1e6, .real_time = real_time};
  }
  const SourceInfo& info() const override { return info_; }
  void start() override { ++starts; }
  void stop() noexcept override { ++stops; }
  Read read(std::span<void* const> buffers, std::size_t max_samples, microseconds timeout) override {
    if (position_ >= total_) {
      if (ending == Read::Status::timeout) std::this_thread::sleep_for(std::min(timeout, microseconds(1000)));
      return {.status = ending};
    }
    Read read{.status = Read::Status::ok};
    if (!gaps.empty() && position_ == gaps.front().at) {
      read.gap = true;
      read.lost_samples = gaps.front().lost;
      position_ += gaps.front().lost;
      gaps.pop_front();
    }
    const std::uint64_t until = gaps.empty() ? total_ : std::min(total_, gaps.front().at);
    length_ = length_ * 7 % 101 + 1;
    read.samples = std::min<std::size_t>({length_, max_samples, until - position_});
    read.time_ns = static_cast<std::int64_t>(position_) * 1000;
    for (std::size_t c = 0; c < buffers.size(); ++c) {
      auto* out = static_cast<cs16*>(buffers[c]);
      for (std::size_t i = 0; i < read.samples; ++i) out[i] = sample_at(position_ + i, c);
    }
    position_ += read.samples;
    produced = position_;
    return read;
  }

  struct Gap {
    std::uint64_t at;
    std::uint64_t lost;
  };
  std::deque<Gap> gaps;
  Read::Status ending = Read::Status::end;
  std::atomic<int> starts{0}, stops{0};
  std::atomic<std::uint64_t> produced{0};

 private:
  SourceInfo info_;
  std::uint64_t total_;
  std::uint64_t position_ = 0;
  std::size_t length_ = 1;
};

void expect_content(const SampleBlock& block, std::uint64_t first) {
  const auto samples = block.as<cs16>();
  ASSERT_EQ(samples.columns(), block.samples());
  for (std::size_t c = 0; c < samples.rows(); ++c) {
    for (std::size_t i = 0; i < samples.columns(); ++i) {
      ASSERT_EQ(samples(c, i), sample_at(first + i, c)) << "channel " << c << " sample " << first + i;
    }
  }
}

TEST(SampleStream, DeliversEverySampleOfASourceThatWaits) {
  Counter source(3, false, 100'000);
  SampleStream stream(source, {.block_samples = 1000, .buffer_s = 0.005});
  stream.start();
  std::uint64_t next = 0;
  for (;;) {
    auto [status, block] = stream.next(milliseconds(5000));
    if (status == Read::Status::end) break;
    ASSERT_EQ(status, Read::Status::ok);
    EXPECT_FALSE(block->gap());
    EXPECT_EQ(block->first_sample(), next);
    EXPECT_EQ(block->time_ns(), static_cast<std::int64_t>(next) * 1000);
    expect_content(*block, next);
    next += block->samples();
    // Slower than the source now and then: the pool of five runs full and the source has to wait.
    if (next % 20'000 == 0) std::this_thread::sleep_for(milliseconds(2));
  }
  EXPECT_EQ(next, 100'000U);
  EXPECT_EQ(stream.stats().delivered_samples, 100'000U);
  EXPECT_EQ(stream.stats().dropped_samples, 0U);
  EXPECT_EQ(stream.next(microseconds(0)).status, Read::Status::end);
}

TEST(SampleStream, SlowConsumerOfARealTimeSourceIsToldWhatIsMissing) {
  Counter source(2, true, 200'000);
  SampleStream stream(source, {.block_samples = 500, .buffer_s = 0.002});
  stream.start();
  // Nothing is taken until the source has gone far beyond the pool.
  while (source.produced < 100'000) std::this_thread::sleep_for(milliseconds(1));
  std::uint64_t next = 0;
  std::uint64_t lost = 0;
  std::uint64_t gaps = 0;
  for (;;) {
    auto [status, block] = stream.next(milliseconds(5000));
    if (status == Read::Status::end) break;
    ASSERT_EQ(status, Read::Status::ok);
    EXPECT_EQ(block->gap(), block->lost_samples() > 0);
    next += block->lost_samples();
    lost += block->lost_samples();
    gaps += block->gap() ? 1 : 0;
    EXPECT_EQ(block->first_sample(), next);
    expect_content(*block, next);
    next += block->samples();
  }
  const SampleStreamStats stats = stream.stats();
  EXPECT_GE(stats.dropped_samples, 90'000U);
  // What was dropped after the last block has no block to report it.
  EXPECT_LE(lost, stats.dropped_samples);
  EXPECT_LE(gaps, stats.drops);
  EXPECT_EQ(stats.delivered_samples + stats.dropped_samples, 200'000U);
}

TEST(SampleStream, GapsInsideABlockBeginANewOne) {
  Counter source(2, false, 10'000);
  source.gaps = {{1700, 13}, {1750, 1}, {2000, 500}, {4321, 0}};
  SampleStream stream(source, {.block_samples = 1000});
  stream.start();
  std::vector<std::uint64_t> lost;
  std::vector<std::uint64_t> gap_at;
  std::uint64_t next = 0;
  for (;;) {
    auto [status, block] = stream.next(milliseconds(5000));
    if (status == Read::Status::end) break;
    ASSERT_EQ(status, Read::Status::ok);
    if (block->gap()) {
      gap_at.push_back(next);
      lost.push_back(block->lost_samples());
    }
    next += block->lost_samples();
    EXPECT_EQ(block->first_sample(), next);
    EXPECT_EQ(block->time_ns(), static_cast<std::int64_t>(next) * 1000);
    expect_content(*block, next);
    next += block->samples();
  }
  EXPECT_EQ(next, 10'000U);
  EXPECT_EQ(gap_at, (std::vector<std::uint64_t>{1700, 1750, 2000, 4321}));
  EXPECT_EQ(lost, (std::vector<std::uint64_t>{13, 1, 500, 0}));
}

TEST(SampleStream, SilenceDeliversWhatIsThere) {
  Counter source(1, true, 1300);
  source.ending = Read::Status::timeout;
  SampleStream stream(source, {.block_samples = 1000});
  stream.start();
  EXPECT_EQ(stream.next(milliseconds(5000)).block->samples(), 1000U);
  EXPECT_EQ(stream.next(milliseconds(5000)).block->samples(), 300U);
  EXPECT_EQ(stream.next(milliseconds(1)).status, Read::Status::timeout);
  stream.stop();
  EXPECT_EQ(stream.next(milliseconds(1)).status, Read::Status::end);
}

TEST(SampleStream, FailureComesAfterTheLastBlock) {
  Counter source(1, true, 100);
  source.ending = Read::Status::failed;
  SampleStream stream(source, {.block_samples = 1000});
  stream.start();
  EXPECT_EQ(stream.next(milliseconds(5000)).block->samples(), 100U);
  EXPECT_EQ(stream.next(milliseconds(5000)).status, Read::Status::failed);
}

TEST(SampleStream, StopEndsAStreamNobodyReads) {
  for (const bool real_time : {false, true}) {
    Counter source(2, real_time, std::uint64_t{1} << 60);
    SampleStream stream(source, {.block_samples = 1000, .buffer_s = 0.004});
    stream.start();
    EXPECT_THROW(stream.start(), IoError);
    while (source.produced < 4000) std::this_thread::sleep_for(milliseconds(1));
    const auto before = std::chrono::steady_clock::now();
    stream.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(2000));
    EXPECT_EQ(source.starts, 1);
    EXPECT_EQ(source.stops, 1);
    std::size_t blocks = 0;
    while (stream.next(microseconds(0)).status == Read::Status::ok) ++blocks;
    EXPECT_EQ(blocks, stream.stats().blocks);
  }
}

TEST(SampleStream, StopWakesAConsumerThatWaits) {
  Counter source(1, true, 0);
  source.ending = Read::Status::timeout;
  SampleStream stream(source);
  stream.start();
  std::thread other([&stream] {
    std::this_thread::sleep_for(milliseconds(20));
    stream.request_stop();
  });
  EXPECT_EQ(stream.next(milliseconds(10'000)).status, Read::Status::end);
  other.join();
}

TEST(SampleStream, RefusesWhatCannotBe) {
  Counter source(4, true, 0);
  EXPECT_THROW(SampleStream(source, {.buffer_s = 0}), ConfigError);
  EXPECT_THROW(SampleStream(source, {.buffer_s = -1}), ConfigError);
  EXPECT_THROW(SampleStream(source, {.block_samples = std::size_t{1} << 62}), ConfigError);
  EXPECT_THROW(SampleStream(source, {.max_buffer_bytes = 1000}), ConfigError);
  EXPECT_THROW(SampleStream(source, {.real_time_priority = 100}), ConfigError);
  Counter none(0, true, 0);
  EXPECT_THROW(SampleStream{none}, ConfigError);
}

TEST(SampleStream, PoolStaysWithinItsBytes) {
  Counter source(16, true, 0);
  const SampleStream stream(source, {.block_samples = 1000, .buffer_s = 1000, .max_buffer_bytes = 1 << 20});
  // 1000 samples are padded to 1008 per row: 64512 bytes per block, of which 16 fit, one kept in reserve.
  EXPECT_EQ(stream.stats().blocks, 15U);
}

}  // namespace
}  // namespace boresight::sdr
