#include "fft/fft.h"

#include <fftw3.h>

#include <mutex>
#include <optional>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "kernels/fft.h"

namespace boresight::fft {
namespace {

std::mutex& planner() {
  static std::mutex mutex;
  return mutex;
}

fftwf_complex* fftw(cf32* p) {
  return reinterpret_cast<fftwf_complex*>(p);
}

}  // namespace

// Either Boresight's own transform, or FFTW's plans for every way the arrays can lie: FFTW's plan holds only
// for the alignment and in-placeness it was made with. FFTW_UNALIGNED serves the odd ones.
struct Fft::Plans {
  std::optional<kernels::FftPlan> own;
  fftwf_plan apart = nullptr;
  fftwf_plan in_place = nullptr;
  fftwf_plan apart_unaligned = nullptr;
  fftwf_plan in_place_unaligned = nullptr;

  ~Plans() {
    if (own) return;
    const std::lock_guard lock(planner());
    for (const fftwf_plan plan : {apart, in_place, apart_unaligned, in_place_unaligned}) {
      if (plan != nullptr) fftwf_destroy_plan(plan);
    }
  }
};

Fft::Fft(std::size_t n, Direction direction)
    : n_(n), inverse_(direction == Direction::inverse), plans_(std::make_unique<Plans>()) {
  require(n >= 1 && n <= (std::size_t{1} << 24),
          "FFT size " + std::to_string(n) + " is outside 1 .. 16777216");
  if (kernels::FftPlan::supports(n) && kernels::fft_is_fast()) {
    plans_->own.emplace(n);
    return;
  }
  aligned_vector<cf32> a(n);
  aligned_vector<cf32> b(n);
  const int sign = direction == Direction::forward ? FFTW_FORWARD : FFTW_BACKWARD;
  const int size = static_cast<int>(n);
  const std::lock_guard lock(planner());
  const auto plan = [&](cf32* out, unsigned flags) {
    // FFTW_NO_BUFFERING: a buffered plan allocates its buffer anew in every execution.
    return fftwf_plan_dft_1d(size, fftw(a.data()), fftw(out), sign,
                             FFTW_ESTIMATE | FFTW_NO_BUFFERING | flags);
  };
  plans_->apart = plan(b.data(), FFTW_PRESERVE_INPUT);
  plans_->in_place = plan(a.data(), 0);
  plans_->apart_unaligned = plan(b.data(), FFTW_PRESERVE_INPUT | FFTW_UNALIGNED);
  plans_->in_place_unaligned = plan(a.data(), FFTW_UNALIGNED);
}

Fft::~Fft() = default;
Fft::Fft(Fft&&) noexcept = default;
Fft& Fft::operator=(Fft&&) noexcept = default;

void Fft::run(std::span<const cf32> in, std::span<cf32> out) const noexcept {
  BORESIGHT_ASSERT(in.size() == n_ && out.size() == n_);
  if (plans_->own) {
    (inverse_ ? kernels::fft_inverse : kernels::fft_forward)(*plans_->own, in.data(), out.data());
    return;
  }
  // FFTW promises (FFTW_PRESERVE_INPUT) not to write to `in` of the plans for separate arrays.
  fftwf_complex* from = fftw(const_cast<cf32*>(in.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  fftwf_complex* to = fftw(out.data());
  const bool aligned = fftwf_alignment_of(reinterpret_cast<float*>(from)) == 0 &&
                       fftwf_alignment_of(reinterpret_cast<float*>(to)) == 0;
  const Plans& p = *plans_;
  const fftwf_plan plan =
      from == to ? (aligned ? p.in_place : p.in_place_unaligned) : (aligned ? p.apart : p.apart_unaligned);
  fftwf_execute_dft(plan, from, to);
}

}  // namespace boresight::fft
