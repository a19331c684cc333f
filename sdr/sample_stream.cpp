#include "boresight/sdr/sample_stream.h"

#include <pthread.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/huge_pages.h"

namespace boresight::sdr {

namespace {

using std::chrono::microseconds;

constexpr microseconds poll_period{100'000};  // how soon the thread sees that it shall stop
constexpr std::size_t fewest_blocks = 4;
// Nothing is lost when they are full, and few that are used again and again cost less than many: they stay in
// cache and are paged in once.
constexpr double blocks_of_waiting_source = 8;

// How the pool is cut. Every row starts on a cache line.
struct Layout {
  std::size_t block_samples;
  std::size_t row_stride;
  std::size_t block_bytes;
  std::size_t blocks;  // queued ones; there is one more, never queued, for samples nobody has room for
};

Layout lay_out(const SourceInfo& info, const SampleStreamConfig& config) {
  require(info.channels > 0, "a stream of 0 channels");
  require(std::isfinite(config.buffer_s) && config.buffer_s > 0 && config.buffer_s <= 3600,
          "buffer_s " + std::to_string(config.buffer_s) + " must be above 0 and at most 3600");
  const int priority = config.real_time_priority.value_or(1);
  require(priority >= 1 && priority <= 99,
          "real_time_priority " + std::to_string(priority) + " must be 1 to 99");

  Layout layout{};
  const double one_ms = std::min(info.sample_rate_hz * 1e-3, 262144.0);
  layout.block_samples = config.block_samples > 0
                             ? config.block_samples
                             : std::max<std::size_t>(static_cast<std::size_t>(one_ms), 1024);
  const std::size_t sample_bytes = bytes_per_sample(info.format);
  const std::size_t most_samples = config.max_buffer_bytes / sample_bytes / info.channels;
  require(layout.block_samples <= most_samples / (fewest_blocks + 1),
          std::to_string(fewest_blocks + 1) + " blocks of block_samples " +
              std::to_string(layout.block_samples) + " on " + std::to_string(info.channels) +
              " channels exceed max_buffer_bytes " + std::to_string(config.max_buffer_bytes));
  const std::size_t per_line = 64 / sample_bytes;
  layout.row_stride = (layout.block_samples + per_line - 1) / per_line * per_line;
  layout.block_bytes = layout.row_stride * info.channels * sample_bytes;
  const double for_time =
      std::ceil(config.buffer_s * info.sample_rate_hz / static_cast<double>(layout.block_samples));
  const double wanted = info.real_time ? for_time : std::min(for_time, blocks_of_waiting_source);
  const std::size_t most_blocks =
      std::max(config.max_buffer_bytes / layout.block_bytes, fewest_blocks + 1) - 1;
  layout.blocks =
      std::clamp(static_cast<std::size_t>(std::clamp(wanted, 1.0, 1e9)), fewest_blocks, most_blocks);
  return layout;
}

}  // namespace

struct SampleStream::Impl {
  // The queue orders its elements with fences, which thread sanitizers do not see; `owned_by` says the same
  // with an acquire and a release on the block itself.
  struct Slot {
    SampleBlock block;
    std::atomic<int> owned_by{0};
  };
  using Queue = moodycamel::BlockingReaderWriterQueue<Slot*>;

  Impl(Source& from, const SampleStreamConfig& wanted);

  void run() noexcept;
  Read::Status read_all() noexcept;
  Slot* take_free();
  void begin(Slot& slot, const Read& read);
  void finish_block();
  bool move_to_new_block(std::size_t offset, const Read& read);
  void drop(std::uint64_t samples, const Read& read);
  void ask_for_real_time() noexcept;

  std::byte* at(const SampleBlock& block, std::size_t channel, std::size_t sample) const {
    return block.data_ + (channel * block.row_stride_ + sample) * sample_bytes;
  }

  Source& source;
  std::optional<int> real_time_priority;
  Layout layout;
  std::size_t block_samples;
  std::size_t sample_bytes;
  std::size_t channels;
  huge_vector<std::byte> storage;
  std::vector<Slot> slots;  // the last one is never queued: where samples nobody has room for go
  Queue free_blocks;
  Queue full_blocks;
  std::thread thread;
  std::atomic<bool> stop_requested{false};
  std::atomic<Read::Status> ending{Read::Status::timeout};  // timeout: not over

  // Of the reading thread.
  Slot* filling = nullptr;
  std::vector<void*> targets;
  std::uint64_t next_sample = 0;
  std::uint64_t pending_lost = 0;  // right before the next block
  bool pending_gap = false;
  bool dropping = false;

  std::atomic<std::uint64_t> delivered{0}, dropped{0}, drops{0};
  std::atomic<std::size_t> most_waiting{0};
  std::atomic<bool> real_time_granted{false};
};

SampleStream::Impl::Impl(Source& from, const SampleStreamConfig& wanted)
    : source(from),
      real_time_priority(wanted.real_time_priority),
      layout(lay_out(from.info(), wanted)),
      block_samples(layout.block_samples),
      sample_bytes(bytes_per_sample(from.info().format)),
      channels(from.info().channels),
      storage((layout.blocks + 1) * layout.block_bytes),
      slots(layout.blocks + 1),
      free_blocks(layout.blocks),
      full_blocks(layout.blocks + 1) {  // and the mark of the end
  for (std::size_t i = 0; i < slots.size(); ++i) {
    SampleBlock& block = slots[i].block;
    block.format_ = source.info().format;
    block.channels_ = channels;
    block.row_stride_ = layout.row_stride;
    block.data_ = storage.data() + i * layout.block_bytes;
    block.slot_ = i;
    if (i < layout.blocks) free_blocks.try_enqueue(&slots[i]);
  }
  targets.resize(channels);
}

// The next free block; none when the consumer holds all of them and the source does not wait.
SampleStream::Impl::Slot* SampleStream::Impl::take_free() {
  Slot* slot = nullptr;
  bool found = free_blocks.try_dequeue(slot);
  while (!found && !source.info().real_time && !stop_requested.load()) {
    found = free_blocks.wait_dequeue_timed(slot, poll_period);
  }
  if (!found) return nullptr;
  slot->owned_by.load(std::memory_order_acquire);
  slot->block.samples_ = 0;
  return slot;
}

void SampleStream::Impl::begin(Slot& slot, const Read& read) {
  SampleBlock& block = slot.block;
  next_sample += read.lost_samples;
  block.lost_samples_ = pending_lost + read.lost_samples;
  block.gap_ = pending_gap || read.gap;
  block.first_sample_ = next_sample;
  block.time_ns_ = read.time_ns;
  pending_lost = 0;
  pending_gap = false;
  dropping = false;
}

void SampleStream::Impl::finish_block() {
  Slot* const slot = std::exchange(filling, nullptr);
  slot->owned_by.store(1, std::memory_order_release);
  full_blocks.try_enqueue(slot);
  const std::size_t waiting = full_blocks.size_approx();
  if (waiting > most_waiting.load(std::memory_order_relaxed)) most_waiting = waiting;
}

void SampleStream::Impl::drop(std::uint64_t samples, const Read& read) {
  if (!dropping) ++drops;
  dropping = true;
  pending_lost += read.lost_samples + samples;
  pending_gap = true;
  next_sample += read.lost_samples + samples;
  dropped += samples;
}

// The source tells of a gap only with the samples after it, when they lie behind those before it.
bool SampleStream::Impl::move_to_new_block(std::size_t offset, const Read& read) {
  Slot* const before = filling;
  Slot* const after = take_free();
  if (after == nullptr) {
    finish_block();
    drop(read.samples, read);
    return false;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    std::memcpy(at(after->block, c, 0), at(before->block, c, offset), read.samples * sample_bytes);
  }
  finish_block();
  filling = after;
  begin(*after, read);
  return true;
}

Read::Status SampleStream::Impl::read_all() noexcept {
  Read::Status result = Read::Status::end;
  Slot& nowhere = slots.back();
  while (!stop_requested.load(std::memory_order_relaxed)) {
    if (filling == nullptr) filling = take_free();
    SampleBlock& block = filling != nullptr ? filling->block : nowhere.block;
    const std::size_t offset = filling != nullptr ? block.samples_ : 0;
    for (std::size_t c = 0; c < channels; ++c) targets[c] = at(block, c, offset);
    if (filling == nullptr && !source.info().real_time) continue;  // asked to stop while waiting

    const Read read = source.read(targets, block_samples - offset, poll_period);
    if (read.status == Read::Status::timeout) {
      // What came before the silence is worth having now.
      if (offset > 0) finish_block();
      continue;
    }
    if (read.status != Read::Status::ok) {
      result = read.status;
      break;
    }
    if (filling == nullptr) {
      drop(read.samples, read);
      continue;
    }
    if (offset == 0) {
      begin(*filling, read);
    } else if (read.gap && !move_to_new_block(offset, read)) {
      continue;
    }
    filling->block.samples_ += read.samples;
    next_sample += read.samples;
    if (filling->block.samples_ == block_samples) finish_block();
  }
  if (filling != nullptr && filling->block.samples_ > 0) finish_block();
  return result;
}

void SampleStream::Impl::ask_for_real_time() noexcept {
  if (!real_time_priority) return;
  sched_param parameters{};
  parameters.sched_priority = *real_time_priority;
  real_time_granted = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0;
}

void SampleStream::Impl::run() noexcept {
  ask_for_real_time();
  const Read::Status result = read_all();
  source.stop();
  ending.store(result, std::memory_order_release);  // after the last block, see next()
  full_blocks.try_enqueue(nullptr);                 // wakes a consumer that waits
}

void GiveBackBlock::operator()(const SampleBlock* block) const noexcept {
  SampleStream::Impl& impl = *stream->impl_;
  SampleStream::Impl::Slot* const slot = &impl.slots[block->slot_];
  slot->owned_by.store(0, std::memory_order_release);
  impl.free_blocks.try_enqueue(slot);
}

SampleStream::SampleStream(Source& source, const SampleStreamConfig& config)
    : impl_(std::make_unique<Impl>(source, config)) {}

SampleStream::~SampleStream() {
  stop();
}

void SampleStream::start() {
  if (impl_->thread.joinable() || impl_->ending.load() != Read::Status::timeout) {
    throw IoError("a sample stream runs once; make another one");
  }
  impl_->source.start();
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void SampleStream::request_stop() noexcept {
  impl_->stop_requested = true;
}

void SampleStream::stop() noexcept {
  request_stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

SampleStream::Next SampleStream::next(microseconds timeout) {
  Impl& impl = *impl_;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    // First this, then the queue: when the stream is over, all its blocks are in the queue already.
    const Read::Status ending = impl.ending.load(std::memory_order_acquire);
    Impl::Slot* slot = nullptr;
    bool found = impl.full_blocks.try_dequeue(slot);
    if (!found && ending == Read::Status::timeout) {
      const auto left = std::chrono::duration_cast<microseconds>(deadline - std::chrono::steady_clock::now());
      if (left <= microseconds(0)) return {};
      found = impl.full_blocks.wait_dequeue_timed(slot, left);
    } else if (!found) {
      return {ending, nullptr};
    }
    if (!found) return {};
    if (slot == nullptr) continue;
    slot->owned_by.load(std::memory_order_acquire);
    impl.delivered += slot->block.samples_;
    return {Read::Status::ok, BlockPtr(&slot->block, GiveBackBlock{this})};
  }
}

std::size_t SampleStream::block_samples() const {
  return impl_->block_samples;
}

SampleStreamStats SampleStream::stats() const {
  const Impl& impl = *impl_;
  return {impl.delivered.load(), impl.dropped.load(),      impl.drops.load(),
          impl.layout.blocks,    impl.most_waiting.load(), impl.real_time_granted.load()};
}

}  // namespace boresight::sdr
