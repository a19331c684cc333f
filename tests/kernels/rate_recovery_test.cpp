// The kernel against its sentence, on every target of the machine.
#include "kernels/rate_recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "boresight/core/random.h"
#include "support/simd_targets.h"

namespace boresight::kernels {
namespace {

TEST(RateRecoveryKernel, AddsEveryRowOnEveryLengthAndStart) {
  Random random(1);
  std::vector<modem::Llr> in(1023 * 10 + 3);
  for (modem::Llr& x : in) x = static_cast<modem::Llr>(static_cast<int>(random.below(256)) - 128);
  for_each_simd_target([&] {
    for (const std::size_t stride : {1U, 2U, 4U, 6U, 8U, 10U}) {
      for (std::size_t row = 0; row < stride; ++row) {
        for (const std::size_t n : {0U, 1U, 7U, 15U, 16U, 17U, 32U, 64U, 128U, 1023U}) {
          const std::size_t start = n % 3;
          std::vector<modem::Llr> sum(n + 2, 55);
          std::vector<modem::Llr> want(sum);
          for (std::size_t i = 0; i < n; ++i) {
            sum[i + 1] = want[i + 1] = static_cast<modem::Llr>(static_cast<int>(random.below(255)) - 127);
            want[i + 1] =
                static_cast<modem::Llr>(std::clamp(want[i + 1] + in[start + i * stride + row], -127, 127));
          }
          add_strided(in.data() + start, stride, row, n, sum.data() + 1);
          ASSERT_EQ(sum, want) << stride << " " << row << " " << n;
        }
      }
    }
  });
}

}  // namespace
}  // namespace boresight::kernels
