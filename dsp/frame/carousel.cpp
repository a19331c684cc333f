#include "boresight/frame/carousel.h"

#include <algorithm>
#include <array>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::frame {
namespace {

constexpr std::array<std::uint8_t, 4> magic{'B', 'S', 'C', '1'};

template <typename T>
void store(std::span<std::uint8_t> out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

template <typename T>
T load(std::span<const std::uint8_t> in) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(value << 8 | in[i]);
  return value;
}

}  // namespace

CarouselSender::CarouselSender(std::vector<std::uint8_t> file, std::size_t payload_bytes)
    : file_(std::move(file)) {
  require(payload_bytes > carousel_header_bytes && payload_bytes <= UINT32_MAX,
          "carousel: a payload of " + std::to_string(payload_bytes) +
              " bytes leaves no room for data after the " + std::to_string(carousel_header_bytes) +
              " of its header");
  require(!file_.empty(), "carousel: the file is empty");
  block_bytes_ = payload_bytes - carousel_header_bytes;
  require(blocks() <= UINT32_MAX, "carousel: " + std::to_string(blocks()) + " blocks exceed 2^32 - 1");
  digest_ = sha256(file_);
}

std::size_t CarouselSender::blocks() const {
  return (file_.size() + block_bytes_ - 1) / block_bytes_;
}

std::size_t CarouselSender::block(std::uint64_t number, std::span<std::uint8_t> out) const {
  const std::uint64_t index = number % blocks();
  const std::size_t first = index * block_bytes_;
  const std::size_t count = std::min(block_bytes_, file_.size() - first);
  BORESIGHT_ASSERT(out.size() >= carousel_header_bytes + count);
  std::copy(magic.begin(), magic.end(), out.begin());
  store<std::uint64_t>(out.subspan(4), file_.size());
  store<std::uint32_t>(out.subspan(12), static_cast<std::uint32_t>(block_bytes_));
  store<std::uint32_t>(out.subspan(16), static_cast<std::uint32_t>(index));
  std::copy(digest_.begin(), digest_.end(), out.begin() + 20);
  std::copy_n(file_.begin() + static_cast<std::ptrdiff_t>(first), count, out.begin() + carousel_header_bytes);
  return carousel_header_bytes + count;
}

CarouselReceiver::CarouselReceiver(const Config& config) : config_(config) {
  require(config.max_file_bytes >= 1 && config.max_file_bytes <= std::uint64_t{1} << 40,
          "carousel: a limit of " + std::to_string(config.max_file_bytes) + " bytes is outside 1 .. 2^40");
  require(config.blocks_to_change_file >= 1, "carousel: a file cannot change after 0 blocks");
}

bool CarouselReceiver::push(std::span<const std::uint8_t> payload) {
  const auto refuse = [this] {
    ++stats_.blocks_refused;
    return false;
  };
  if (payload.size() <= carousel_header_bytes || !std::equal(magic.begin(), magic.end(), payload.begin())) {
    return refuse();
  }
  const auto file_bytes = load<std::uint64_t>(payload.subspan(4));
  const auto block_bytes = load<std::uint32_t>(payload.subspan(12));
  const auto number = load<std::uint32_t>(payload.subspan(16));
  const auto announced = payload.subspan(20, 32);
  const auto data = payload.subspan(carousel_header_bytes);

  if (file_bytes == 0 || file_bytes > config_.max_file_bytes || block_bytes == 0) return refuse();
  const std::uint64_t blocks = (file_bytes + block_bytes - 1) / block_bytes;
  if (number >= blocks) return refuse();
  const std::uint64_t first = std::uint64_t{number} * block_bytes;
  if (data.size() != std::min<std::uint64_t>(block_bytes, file_bytes - first)) return refuse();
  const bool same = started() && file_bytes == file_.size() && block_bytes == block_bytes_ &&
                    std::equal(announced.begin(), announced.end(), digest_.begin());
  if (started() && !same) {
    other_blocks_ =
        std::equal(announced.begin(), announced.end(), other_digest_.begin()) ? other_blocks_ + 1 : 1;
    std::copy(announced.begin(), announced.end(), other_digest_.begin());
    if (other_blocks_ < config_.blocks_to_change_file) return refuse();
    ++stats_.files_changed;
    file_.clear();
    have_.clear();
    complete_ = false;
  }
  other_blocks_ = 0;
  if (!started()) {
    file_.resize(file_bytes);
    have_.resize(blocks);
    block_bytes_ = block_bytes;
    missing_ = blocks;
    std::copy(announced.begin(), announced.end(), digest_.begin());
  }

  if (have_[number]) {
    ++stats_.blocks_repeated;
    return false;
  }
  have_[number] = true;
  --missing_;
  ++stats_.blocks_accepted;
  std::copy(data.begin(), data.end(), file_.begin() + static_cast<std::ptrdiff_t>(first));
  if (missing_ > 0) return true;
  complete_ = sha256(file_) == digest_;
  if (!complete_) {  // blocks of two files under one digest: forget them and begin again
    ++stats_.files_corrupt;
    file_.clear();
    have_.clear();
  }
  return true;
}

}  // namespace boresight::frame
