// The two ways of PreambleSearch: through one inverse FFT for each carrier (any slice), and through the
// segments of the PSS (the whole channel at 240 Msps).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/sync/preamble_search.h"
#include "fft/fft.h"

namespace boresight::sync {

struct PreambleSearch::Slice {
  Slice(const Config& config, std::size_t positions);
  void process(std::span<const cf32> x, double fraction, double power, Grid<std::uint8_t> levels) noexcept;

  std::size_t fft_size, step;  // start positions that one FFT gives
  fft::Fft forward, inverse;
  double first_hz = 0, step_hz = 0;
  std::size_t carriers = 0, lead = 0, window = 0;
  std::size_t shift = 0;         // bins from one carrier to the next
  double energy = 0;             // E_t of the middle carrier
  std::vector<double> energies;  // of each: what a slice holds of a shifted preamble differs
  aligned_vector<cf32> filter;   // conjugate spectrum on all bins that a carrier can shift it to
  aligned_vector<cf32> block, spectrum, product, turn;
};

struct PreambleSearch::Channel {
  Channel(const Config& config, std::size_t positions);
  void process(std::span<const cf32> x, double fraction, double power, Grid<std::uint8_t> levels) noexcept;

  fft::Fft forward, inverse;
  double first_hz = 0, step_hz = 0;
  std::size_t carriers = 0, lead = 0, window = 0;
  static constexpr double energy = 1024;  // the body of the PSS
  aligned_vector<cf32> filter, spectrum, block;
  aligned_vector<float> re, im;            // the matched segment, planar
  aligned_vector<float> half_re, half_im;  // between two samples
  std::vector<float> phasors;              // see kernels/preamble.h
};

}  // namespace boresight::sync
