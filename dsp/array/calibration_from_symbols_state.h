// What CalibrationFromSymbols has added up, and the fit to it.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/array/calibration_from_symbols.h"
#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "fft/fft.h"

namespace boresight::array {

inline constexpr float largest_symbol_sample = 1e15F;

struct CalibrationFromSymbols::State {
  /// Of one channel: where the sum of its correlations is largest.
  struct Peak {
    double delay_s = 0;
    cf64 sum = 0;
  };

  explicit State(const Config& c)
      : lags(static_cast<std::size_t>(std::ceil(c.max_delay_samples)) + 1),
        // Room for delays on both sides of the longest sequence: the correlation does not wrap.
        size(std::bit_ceil(c.most_samples + 2 * lags)),
        forward(size, fft::Direction::forward),
        inverse(size, fft::Direction::inverse),
        time(size),
        spectrum(size),
        call(c.channels, size),
        sums(c.channels, size),
        near(c.channels, 2 * lags + 1),
        near_of_call(c.channels, 2 * lags + 1),
        density(size, 0),
        energy(c.channels, 0) {}

  void residuals(const std::vector<Peak>& peaks, const std::vector<std::size_t>& live, std::size_t r,
                 double rate_hz, Result& result) const;

  double offset_hz(std::size_t k, double rate_hz) const {
    const auto n = static_cast<double>(size);
    return (static_cast<double>(k) - (k < size / 2 ? 0 : n)) * rate_hz / n;
  }
  /// Into `time`, zeros behind; returns the energy.
  double take(std::span<const cf32> x) noexcept {
    double sum = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const bool good =
          std::abs(x[t].real()) < largest_symbol_sample && std::abs(x[t].imag()) < largest_symbol_sample;
      time[t] = good ? x[t] : cf32(0);
      zeroed += good ? 0U : 1U;
      sum += std::norm(cf64(time[t]));
    }
    std::fill(time.begin() + static_cast<std::ptrdiff_t>(x.size()), time.end(), cf32(0));
    return sum;
  }
  void look(Grid<const cf32> x, std::span<const cf32> symbols, const Config& c, const Vec3* u) noexcept;
  cf64 sum_at(std::size_t e, double rate_hz, double delay_s) const;
  Peak peak(std::size_t e, double rate_hz, double max_delay_samples) const;

  std::size_t lags;
  std::size_t size;
  fft::Fft forward;
  fft::Fft inverse;
  std::vector<cf32> time;
  std::vector<cf32> spectrum;  // of the symbols
  GridBuffer<cf32> call;       // correlations of one call, [channel x bin]
  GridBuffer<cf64> sums;       // of all, turned onto each other
  GridBuffer<cf64> near;       // the same at delays of -lags to lags samples
  GridBuffer<cf64> near_of_call;
  std::vector<double> density;  // sum of |S|^2, of windowed symbols
  std::vector<double> energy;   // [channel]
  double symbol_energy = 0;
  std::uint64_t calls = 0;
  std::uint64_t samples = 0;
  std::uint64_t zeroed = 0;
  bool plane_wave = false;
};

}  // namespace boresight::array
