#include "boresight/sync/whitener.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/units.h"
#include "fft/fft.h"
#include "kernels/preamble.h"

namespace boresight::sync {
namespace {

constexpr std::size_t n = Whitener::bins;
constexpr std::size_t fft_size = 4 * n;  // of the overlap-save filter
constexpr std::size_t step = fft_size - n;
constexpr std::size_t half_median = 16;
constexpr std::size_t guard_bins = 3;  // the Hann window's main lobe is two bins to either side
constexpr double edge = 0.01;          // -20 dB
constexpr std::size_t most_windows = 256;

double hann(std::size_t i, std::size_t length) {
  const double s = std::sin(pi * static_cast<double>(i) / static_cast<double>(length));
  return s * s;
}

}  // namespace

struct Whitener::Workspace {
  fft::Fft analysis{n, fft::Direction::forward};
  fft::Fft synthesis{n, fft::Direction::inverse};
  fft::Fft forward{fft_size, fft::Direction::forward};
  fft::Fft inverse{fft_size, fft::Direction::inverse};
  std::array<float, n> window{};
  std::array<double, n> power{};  // P
  std::array<double, n> shape{};  // S
  std::array<double, n> excess{};
  aligned_vector<cf32> small = aligned_vector<cf32>(n);
  aligned_vector<cf32> filter = aligned_vector<cf32>(fft_size);
  aligned_vector<cf32> spectrum = aligned_vector<cf32>(fft_size);
  aligned_vector<cf32> block = aligned_vector<cf32>(fft_size);
};

Whitener::Whitener() : work_(std::make_unique<Workspace>()) {
  for (std::size_t i = 0; i < n; ++i) work_->window[i] = static_cast<float>(hann(i, n));
}

Whitener::~Whitener() = default;
Whitener::Whitener(Whitener&&) noexcept = default;
Whitener& Whitener::operator=(Whitener&&) noexcept = default;

void Whitener::learn(std::span<const cf32> x) noexcept {
  if (x.size() < n) return;
  Workspace& w = *work_;
  const std::size_t room = (x.size() - n) / (n / 2) + 1;
  const std::size_t count = std::min(room, most_windows);
  windows_ = std::min(windows_, memory_windows);
  for (std::size_t s = 0; s < count; ++s) {
    const cf32* from = x.data() + (s * room / count) * (n / 2);
    for (std::size_t i = 0; i < n; ++i) w.small[i] = from[i] * w.window[i];
    w.analysis.run(w.small, w.small);
    float total = 0;
    for (const cf32 bin : w.small) total += std::norm(bin);
    if (!std::isfinite(total)) continue;  // an average would keep it for good
    windows_ += 1;
    const double share = 1 / windows_;
    for (std::size_t k = 0; k < n; ++k) {
      // The window's power gain is 3/8; the sum over n samples makes n of it.
      const double p = static_cast<double>(std::norm(w.small[k])) / (0.375 * static_cast<double>(n));
      w.power[k] += share * (p - w.power[k]);
    }
  }
  if (learned()) design();
}

void Whitener::design() noexcept {
  Workspace& w = *work_;
  std::array<double, 2 * half_median + 1> around{};
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < around.size(); ++i) around[i] = w.power[(k + n + i - half_median) % n];
    std::nth_element(around.begin(), around.begin() + half_median, around.end());
    w.shape[k] = around[half_median];
  }
  std::array<double, n> sorted = w.shape;
  std::nth_element(sorted.begin(), sorted.begin() + n / 2, sorted.end());
  const double floor = edge * sorted[n / 2];

  // Half-overlapped Hann windows are worth about 0.53 of as many independent ones; six standard deviations.
  const double threshold = 1 + 6 / std::sqrt(0.53 * windows_);
  w.excess.fill(1);
  lines_ = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (!(w.power[k] > threshold * w.shape[k]) || w.shape[k] <= 0) continue;
    ++lines_;
    for (std::size_t i = 0; i <= 2 * guard_bins; ++i) {
      double& e = w.excess[(k + n + i - guard_bins) % n];
      e = std::max(e, w.power[k] / w.shape[k]);
    }
  }
  std::size_t used = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const bool in_band = w.shape[k] > floor && w.shape[k] > 0;
    const double gain = in_band ? 1 / (std::sqrt(w.shape[k]) * w.excess[k]) : 0;
    w.small[k] = static_cast<float>(gain);
    used += in_band && w.excess[k] < 1.5;
  }
  usable_ = static_cast<double>(used) / static_cast<double>(n);

  // The window method: n taps under a Hann window, the middle one at n / 2.
  w.synthesis.run(w.small, w.small);
  std::fill(w.filter.begin(), w.filter.end(), cf32(0));
  for (std::size_t i = 0; i < n; ++i) {
    const double gain = hann(i, n) / static_cast<double>(n * fft_size);
    w.filter[i] = w.small[(i + n / 2) % n] * static_cast<float>(gain);
  }
  w.forward.run(w.filter, w.filter);
}

void Whitener::process(std::span<const cf32> in, std::span<cf32> out) noexcept {
  BORESIGHT_ASSERT(in.size() == out.size() + 2 * reach);
  Workspace& w = *work_;
  // Output m of a block needs inputs m - (n - 1) .. m of it; the first n - 1 are not whole, and one more is
  // left out so that the middle tap stands at `reach`.
  for (std::size_t first = 0; first < out.size(); first += step) {
    std::span<const cf32> x = in.subspan(first, std::min(fft_size, in.size() - first));
    if (x.size() < fft_size) {
      std::fill(std::ranges::copy(x, w.block.begin()).out, w.block.end(), cf32(0));
      x = w.block;
    }
    w.forward.run(x, w.spectrum);
    kernels::multiply(w.spectrum, w.filter, w.spectrum);
    w.inverse.run(w.spectrum, w.block);
    const std::size_t count = std::min(step, out.size() - first);
    std::copy_n(w.block.begin() + n, count, out.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

}  // namespace boresight::sync
