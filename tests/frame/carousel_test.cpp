#include "boresight/frame/carousel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/core/random.h"

namespace boresight::frame {
namespace {

std::vector<std::uint8_t> random_file(std::size_t bytes) {
  std::vector<std::uint8_t> file(bytes);
  Random(4).fill(file);
  return file;
}

std::vector<std::uint8_t> block_of(const CarouselSender& sender, std::uint64_t number,
                                   std::size_t payload_bytes) {
  std::vector<std::uint8_t> payload(payload_bytes);
  payload.resize(sender.block(number, payload));
  return payload;
}

// Sizes around the multiples of a block, blocks in any order, some twice.
TEST(Carousel, PutsAFileTogetherFromAnyOrder) {
  for (const std::size_t size : {1U, 99U, 100U, 101U, 5000U}) {
    const auto file = random_file(size);
    const CarouselSender sender(file, 152);
    std::vector<std::uint64_t> order;
    for (std::uint64_t b = 0; b < sender.blocks(); ++b) order.insert(order.end(), {b, b + sender.blocks()});
    Random random(5);
    std::shuffle(order.begin(), order.end(), random);
    CarouselReceiver receiver({});
    for (const auto b : order) receiver.push(block_of(sender, b, 152));
    ASSERT_TRUE(receiver.complete()) << size;
    EXPECT_TRUE(std::ranges::equal(receiver.file(), file));
    EXPECT_EQ(receiver.stats().blocks_accepted, sender.blocks());
    EXPECT_EQ(receiver.stats().blocks_repeated, sender.blocks());
  }
}

TEST(Carousel, IsNotCompleteWhileABlockIsMissing) {
  const CarouselSender sender(random_file(1000), 152);
  CarouselReceiver receiver({});
  for (std::uint64_t b = 0; b + 1 < sender.blocks(); ++b) receiver.push(block_of(sender, b, 152));
  EXPECT_FALSE(receiver.complete());
  receiver.push(block_of(sender, sender.blocks() - 1, 152));
  EXPECT_TRUE(receiver.complete());
}

// Bytes from the air: every field made absurd, every length, random bytes. Nothing is accepted.
TEST(Carousel, RefusesWhatContradictsItself) {
  const CarouselSender sender(random_file(1000), 152);
  const auto good = block_of(sender, 2, 152);
  const auto refused = [](std::vector<std::uint8_t> payload, CarouselReceiver::Config config = {}) {
    CarouselReceiver receiver(config);
    return !receiver.push(payload) && receiver.stats().blocks_refused == 1 && !receiver.started();
  };
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_TRUE(refused({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)})) << length;
  }
  auto bad = good;
  bad[0] = 'X';
  EXPECT_TRUE(refused(bad));
  bad = good;
  for (int i = 4; i < 12; ++i) bad[i] = 0xFF;  // 2^64 - 1 bytes of file
  EXPECT_TRUE(refused(bad));
  bad = good;
  for (int i = 12; i < 16; ++i) bad[i] = 0;  // blocks of no bytes
  EXPECT_TRUE(refused(bad));
  bad = good;
  bad[19] = 0x7F;  // a block far behind the end
  EXPECT_TRUE(refused(bad));
  EXPECT_TRUE(refused(good, {.max_file_bytes = 999}));
  Random random(6);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<std::uint8_t> noise(random.below(300));
    random.fill(noise);
    EXPECT_TRUE(refused(noise));
  }
}

TEST(Carousel, KeepsToTheFileItBeganWith) {
  const CarouselSender a(random_file(1000), 152);
  const CarouselSender b(random_file(1001), 152);
  CarouselReceiver receiver({});
  receiver.push(block_of(a, 0, 152));
  EXPECT_FALSE(receiver.push(block_of(b, 1, 152)));
  EXPECT_EQ(receiver.stats().blocks_refused, 1U);
}

TEST(Carousel, GoesOverToAnotherFileAfterEightOfItsBlocksInARow) {
  const CarouselSender a(random_file(1000), 152);
  const CarouselSender b(random_file(1500), 152);
  CarouselReceiver receiver({});
  receiver.push(block_of(a, 0, 152));
  for (std::uint64_t n = 0; n < 7; ++n) EXPECT_FALSE(receiver.push(block_of(b, n, 152)));
  receiver.push(block_of(a, 1, 152));  // the row is broken: it begins anew
  for (std::uint64_t n = 0; n < 7; ++n) EXPECT_FALSE(receiver.push(block_of(b, n, 152)));
  EXPECT_TRUE(receiver.push(block_of(b, 7, 152)));
  EXPECT_EQ(receiver.stats().files_changed, 1U);
  for (std::uint64_t n = 0; n < b.blocks(); ++n) receiver.push(block_of(b, n, 152));
  ASSERT_TRUE(receiver.complete());
  EXPECT_TRUE(std::ranges::equal(receiver.file(), b.file()));
}

TEST(Carousel, BeginsAgainWhenTheDigestDoesNotFit) {
  const CarouselSender sender(random_file(150), 152);
  CarouselReceiver receiver({});
  auto wrong = block_of(sender, 0, 152);
  wrong.back() ^= 1U;
  receiver.push(wrong);
  receiver.push(block_of(sender, 1, 152));
  EXPECT_FALSE(receiver.complete());
  EXPECT_EQ(receiver.stats().files_corrupt, 1U);
  receiver.push(block_of(sender, 0, 152));
  receiver.push(block_of(sender, 1, 152));
  EXPECT_TRUE(receiver.complete());
}

TEST(Carousel, SenderRefusesWhatCannotBe) {
  EXPECT_THROW(CarouselSender(random_file(10), carousel_header_bytes), ConfigError);
  EXPECT_THROW(CarouselSender({}, 1000), ConfigError);
  EXPECT_THROW(CarouselReceiver({.max_file_bytes = 0}), ConfigError);
  EXPECT_THROW(CarouselReceiver({.max_file_bytes = ~0ULL}), ConfigError);
}

}  // namespace
}  // namespace boresight::frame
