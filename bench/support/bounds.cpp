#include "support/bounds.h"

#include <benchmark/benchmark.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "support/bounds.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace boresight {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve chains hide a latency of four cycles at two (three) multiply-adds a cycle, in 16 registers.
double multiply_adds(std::size_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  const auto a = hn::Set(d, 0.5F);
  // Different numbers, or the compiler computes one chain for all.
  const auto start = [d](float x) { return hn::Set(d, x); };
  auto s0 = start(1), s1 = start(2), s2 = start(3), s3 = start(4), s4 = start(5), s5 = start(6),
       s6 = start(7), s7 = start(8), s8 = start(9), s9 = start(10), s10 = start(11), s11 = start(12);
  for (std::size_t i = 0; i < rounds; ++i) {
    s0 = hn::MulAdd(s0, a, a);
    s1 = hn::MulAdd(s1, a, a);
    s2 = hn::MulAdd(s2, a, a);
    s3 = hn::MulAdd(s3, a, a);
    s4 = hn::MulAdd(s4, a, a);
    s5 = hn::MulAdd(s5, a, a);
    s6 = hn::MulAdd(s6, a, a);
    s7 = hn::MulAdd(s7, a, a);
    s8 = hn::MulAdd(s8, a, a);
    s9 = hn::MulAdd(s9, a, a);
    s10 = hn::MulAdd(s10, a, a);
    s11 = hn::MulAdd(s11, a, a);
  }
  const auto sum = hn::Add(
      hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)),
      hn::Add(hn::Add(hn::Add(s4, s5), hn::Add(s6, s7)), hn::Add(hn::Add(s8, s9), hn::Add(s10, s11))));
  hn::StoreU(sum, d, sink);
  return 12.0 * 2.0 * static_cast<double>(rounds * hn::Lanes(d));
}

void read_all(const float* x, std::size_t n, float* sink) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  for (std::size_t i = 0; i + 4 * lanes <= n; i += 4 * lanes) {
    s0 = hn::Add(s0, hn::LoadU(d, x + i));
    s1 = hn::Add(s1, hn::LoadU(d, x + i + lanes));
    s2 = hn::Add(s2, hn::LoadU(d, x + i + 2 * lanes));
    s3 = hn::Add(s3, hn::LoadU(d, x + i + 3 * lanes));
  }
  hn::StoreU(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), d, sink);
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight {
namespace {
HWY_EXPORT(multiply_adds);
HWY_EXPORT(read_all);
}  // namespace

void PeakFlops::run() {
  float sink[256];
  best_.run(1, [&] { operations_ = HWY_DYNAMIC_DISPATCH(multiply_adds)(50'000, sink); });
  benchmark::DoNotOptimize(sink);
}

MemoryRead::MemoryRead() : x_(16 * window, 1.0F) {}

void MemoryRead::run() {
  float sink[256];
  best_.run(1, [&] { HWY_DYNAMIC_DISPATCH(read_all)(x_.data() + next_, window, sink); });
  next_ = (next_ + window) % x_.size();
  benchmark::DoNotOptimize(sink);
}

}  // namespace boresight
#endif  // HWY_ONCE
