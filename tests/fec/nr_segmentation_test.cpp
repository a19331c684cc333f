#include "boresight/fec/nr_segmentation.h"

#include <gtest/gtest.h>

#include <limits>

namespace boresight::fec {
namespace {

// Worked by hand from 38.212 5.2.2: A, graph -> L, padding, C, K', Z_c, K.
struct Case {
  std::size_t a;
  BaseGraph graph;
  unsigned crc;
  std::size_t padding;
  unsigned c;
  std::size_t k_prime;
  unsigned z;
  std::size_t k;
};

TEST(NrSegmentation, NumbersWorkedByHand) {
  constexpr auto bg1 = BaseGraph::bg1;
  constexpr auto bg2 = BaseGraph::bg2;
  const Case cases[] = {
      {8, bg2, 16, 0, 1, 24, 4, 40},               // B = 24 <= 192: K_b = 6, Z >= 4
      {32, bg2, 16, 0, 1, 48, 8, 80},              // Z >= 8
      {80, bg2, 16, 0, 1, 96, 16, 160},            // Z >= 16
      {176, bg2, 16, 0, 1, 192, 32, 320},          // the last with K_b = 6
      {184, bg2, 16, 0, 1, 200, 26, 260},          // K_b = 8: Z >= 25
      {292, bg2, 16, 0, 1, 308, 40, 400},          // Z >= 38.5
      {544, bg2, 16, 0, 1, 560, 72, 720},          // the last with K_b = 8: Z >= 70
      {560, bg2, 16, 0, 1, 576, 64, 640},          // K_b = 9: Z >= 64
      {624, bg2, 16, 0, 1, 640, 72, 720},          // the last with K_b = 9: Z >= 71.1
      {632, bg2, 16, 0, 1, 648, 72, 720},          // K_b = 10: Z >= 64.8
      {3824, bg2, 16, 0, 1, 3840, 384, 3840},      // the largest single block of BG2
      {3832, bg2, 24, 0, 2, 1952, 208, 2080},      // B = 3856, C = 2, 1928 + 24, Z >= 195.2
      {4000, bg2, 24, 0, 2, 2036, 208, 2080},      // B = 4024, 2012 + 24, Z >= 203.6
      {3832, bg1, 24, 0, 1, 3856, 176, 3872},      // K_b = 22: Z >= 175.3
      {8424, bg1, 24, 0, 1, 8448, 384, 8448},      // the largest single block of BG1
      {8432, bg1, 24, 0, 2, 4252, 208, 4576},      // B = 8456, C = 2, 4228 + 24, Z >= 193.3
      {8425, bg1, 24, 1, 2, 4249, 208, 4576},      // B = 8449 is odd: one bit of padding
      {200000, bg1, 24, 16, 24, 8359, 384, 8448},  // B = 200024, C = 24: 8334.3 -> 8335, Z >= 379.95
  };
  for (const Case& t : cases) {
    const NrSegmentation s = nr_segment(t.a, t.graph);
    EXPECT_EQ(s.transport_crc_bits, t.crc) << t.a;
    EXPECT_EQ(s.padding_bits, t.padding) << t.a;
    EXPECT_EQ(s.code_blocks, t.c) << t.a;
    EXPECT_EQ(s.code_block_crc_bits, t.c > 1 ? 24U : 0U) << t.a;
    EXPECT_EQ(s.bits_per_block, t.k_prime) << t.a;
    EXPECT_EQ(s.lifting_size, t.z) << t.a;
    EXPECT_EQ(s.information_bits, t.k) << t.a;
    EXPECT_EQ(s.filler_bits(), t.k - t.k_prime) << t.a;
  }
}

TEST(NrSegmentation, InvariantsForEveryLength) {
  for (const auto graph : {BaseGraph::bg1, BaseGraph::bg2}) {
    for (std::size_t a = 1; a < 60'000; a += a < 9000 ? 1 : 37) {
      const NrSegmentation s = nr_segment(a, graph);
      ASSERT_LE(s.bits_per_block, s.information_bits);
      ASSERT_LT(nr_lifting_set(s.lifting_size), 8U);
      ASSERT_LT(s.padding_bits, s.code_blocks);
      ASSERT_EQ(s.code_blocks * (s.bits_per_block - s.code_block_crc_bits),
                a + s.padding_bits + s.transport_crc_bits);
      // Filler never reaches into the two punctured columns, which rate matching relies on.
      ASSERT_GE(s.bits_per_block, std::size_t{2} * s.lifting_size);
    }
  }
}

TEST(NrSegmentation, BaseGraphRule) {
  EXPECT_EQ(nr_choose_base_graph(292, 0.9), BaseGraph::bg2);
  EXPECT_EQ(nr_choose_base_graph(293, 0.9), BaseGraph::bg1);
  EXPECT_EQ(nr_choose_base_graph(3824, 0.67), BaseGraph::bg2);
  EXPECT_EQ(nr_choose_base_graph(3824, 0.68), BaseGraph::bg1);
  EXPECT_EQ(nr_choose_base_graph(3825, 0.67), BaseGraph::bg1);
  EXPECT_EQ(nr_choose_base_graph(100'000, 0.25), BaseGraph::bg2);
  EXPECT_EQ(nr_choose_base_graph(100'000, 0.26), BaseGraph::bg1);
}

TEST(NrSegmentation, NothingAndTooMuchGiveNoBlocks) {
  EXPECT_EQ(nr_segment(0, BaseGraph::bg1).code_blocks, 0U);
  EXPECT_EQ(nr_segment(std::numeric_limits<std::size_t>::max(), BaseGraph::bg2).code_blocks, 0U);
}

}  // namespace
}  // namespace boresight::fec
