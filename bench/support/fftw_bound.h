// The measure of everything here: Debian's FFTW on the same core, in the same run.
#pragma once

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/types.h"

namespace boresight {

/// Time that this thread has spent on a core, seconds: on a shared machine the time on the wall says more of
/// the others.
inline double thread_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Of many timings of the same work: the lower quartile. The fastest of them are accidents of the clock on a
/// virtual machine, the slow ones are other people's work.
inline double quartile(std::vector<double> seconds) {
  const auto at = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 4);
  std::nth_element(seconds.begin(), at, seconds.end());
  return *at;
}

/// Forward transforms of one size, single precision, in every way FFTW is asked for: estimated, measured and
/// patient plans, one at a time in cache and 16 in a row. `best` is over all of them.
class FftwBound {
 public:
  explicit FftwBound(std::size_t n) : n_(n), in_(n * batch), out_(n * batch) {
    const int size = static_cast<int>(n);
    std::size_t i = 0;
    for (const unsigned effort : {FFTW_ESTIMATE, FFTW_MEASURE, FFTW_PATIENT}) {
      fftwf_forget_wisdom();
      plans_[i++] =
          fftwf_plan_dft_1d(size, fftw(in_), fftw(out_), FFTW_FORWARD, effort | FFTW_PRESERVE_INPUT);
      plans_[i++] = fftwf_plan_many_dft(1, &size, batch, fftw(in_), nullptr, 1, size, fftw(out_), nullptr, 1,
                                        size, FFTW_FORWARD, effort | FFTW_PRESERVE_INPUT);
    }
    Random(1).add_noise(in_, 1.0F);
  }
  FftwBound(const FftwBound&) = delete;
  FftwBound& operator=(const FftwBound&) = delete;
  ~FftwBound() {
    for (const fftwf_plan plan : plans_) fftwf_destroy_plan(plan);
  }

  /// A few microseconds of each.
  void time() {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const int repeats = i % 2 == 0 ? 2 * batch : 2;
      const double begin = thread_seconds();
      for (int r = 0; r < repeats; ++r) fftwf_execute(plans_[i]);
      seconds_[i].push_back((thread_seconds() - begin) / (2 * batch));
    }
  }
  /// The best of all plans, and the estimated plan for one transform.
  double best() const {
    double least = quartile(seconds_[0]);
    for (const auto& seconds : seconds_) least = std::min(least, quartile(seconds));
    return least;
  }
  double estimated() const { return quartile(seconds_[0]); }

 private:
  static constexpr int batch = 16;
  static fftwf_complex* fftw(aligned_vector<cf32>& x) { return reinterpret_cast<fftwf_complex*>(x.data()); }

  std::size_t n_;
  aligned_vector<cf32> in_;
  aligned_vector<cf32> out_;
  std::array<fftwf_plan, 6> plans_{};
  std::array<std::vector<double>, 6> seconds_;
};

}  // namespace boresight
