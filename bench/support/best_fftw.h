// The yardstick of the modem's benchmarks: FFTW's best plan for one size, timed in the same run.
#pragma once

#include <fftw3.h>

#include <algorithm>
#include <chrono>
#include <complex>
#include <cstddef>
#include <limits>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"

namespace boresight::bench {

/// Seconds for `work`, once.
template <typename Work>
double seconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// One forward transform of n points, out of place, by the faster of FFTW_MEASURE's and FFTW_PATIENT's plans.
/// (Debian's FFTW: SSE2 and AVX codelets.)
class BestFftw {
 public:
  explicit BestFftw(std::size_t n) : in_(n), out_(n) {
    plans_[0] = plan(FFTW_MEASURE);
    plans_[1] = plan(FFTW_PATIENT);
    Random(1).add_noise(in_, 1.0F);  // planning has overwritten it
  }
  ~BestFftw() {
    for (const fftwf_plan p : plans_) fftwf_destroy_plan(p);
  }
  BestFftw(const BestFftw&) = delete;
  BestFftw& operator=(const BestFftw&) = delete;

  /// Times both plans once more; seconds() is the least seen.
  void time() {
    constexpr int repeats = 40;
    for (const fftwf_plan p : plans_) {
      const double all = bench::seconds([&] {
        for (int i = 0; i < repeats; ++i) fftwf_execute(p);
      });
      seconds_ = std::min(seconds_, all / repeats);
    }
  }
  double seconds() const { return seconds_; }

 private:
  fftwf_plan plan(unsigned effort) {
    return fftwf_plan_dft_1d(static_cast<int>(in_.size()), reinterpret_cast<fftwf_complex*>(in_.data()),
                             reinterpret_cast<fftwf_complex*>(out_.data()), FFTW_FORWARD, effort);
  }

  aligned_vector<cf32> in_;
  aligned_vector<cf32> out_;
  fftwf_plan plans_[2] = {};
  double seconds_ = std::numeric_limits<double>::infinity();
};

}  // namespace boresight::bench
