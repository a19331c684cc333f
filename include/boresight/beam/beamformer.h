// The narrowband beamformer: elements in, beams out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "boresight/core/aligned.h"
#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::doa {
class SampleCovariance;
}

namespace boresight::beam {

/// y[b][t] = sum over e of conj(w[b][e]) x[e][t], that is y = w^H x (Van Trees 2002, eq. 2.71).
///
/// Integer samples are multiplied as integers, with weights of 16 bits: faster than float, and half (cs8: a
/// quarter) of its memory traffic. Full scale is 1.0, as in core/convert.h. Sums are exact; what is lost is
/// the rounding of the weights. In each block of up to 64 elements they are scaled so that no sum overflows
/// whatever the samples, and the error of a beam is at most, summed over the blocks,
///
///   0.71 E_block max|x| max(M / 32767, S / limit),   limit = 65400 (cs16) or 16.7 million (cs8),
///
/// S being the sum of |Re w| + |Im w| over the block and M the largest of these parts. In cs16 that is -63 dB
/// of S max|x| for 64 elements and -75 dB for 16, if all roundings conspire; as they do not, the error of
/// noise is below -84 dB of the gain that the beam has where all elements add up, for any number of elements
/// (cs8: -95 dB). Nulls are as deep as this; where they have to be deeper, convert to cf32 first.
class Beamformer {
 public:
  struct Config {
    std::size_t elements = 0;  ///< 1 to 1024
    std::size_t beams = 1;     ///< 1 to 1024
  };

  /// Throws ConfigError when a count is out of range. All weights start at zero.
  explicit Beamformer(const Config& config);

  /// @param weights  [beams x elements], taken over before the call returns. No allocation.
  /// A beam with a weight that is NaN or infinite gives NaN.
  void set_weights(Grid<const cf32> weights) noexcept;

  /// @param in   [elements x n], any n, any row stride
  /// @param out  [beams x n], must not overlap `in`
  /// A sample that is NaN or infinite spoils that sample of the beams and no other. No allocation.
  void process(Grid<const cf32> in, Grid<cf32> out) noexcept;
  void process(Grid<const cs16> in, Grid<cf32> out) noexcept;
  void process(Grid<const cs8> in, Grid<cf32> out) noexcept;

  /// The same, and covariance.update(in), part by part so that memory is read once.
  /// @param covariance  of as many elements
  void process(Grid<const cf32> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept;
  void process(Grid<const cs16> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept;
  void process(Grid<const cs8> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept;

  std::size_t elements() const { return elements_; }
  std::size_t beams() const { return beams_; }

 private:
  /// Weights for integer samples, as the kernel reads them.
  struct Integers {
    float full_scale = 0;
    aligned_vector<std::int32_t> weights;
    aligned_vector<float> scales;  // [block of elements][beam]
  };

  void quantize(Grid<const cf32> weights, Integers& out) const noexcept;
  template <typename Rail, typename Sample, typename Weight>
  void run(Grid<const Sample> in, Grid<cf32> out, const Weight* weights, const float* scales) noexcept;

  template <typename Sample>
  void run_with_covariance(Grid<const Sample> in, Grid<cf32> out, doa::SampleCovariance& covariance) noexcept;

  std::size_t elements_;
  std::size_t beams_;
  aligned_vector<float> weights_;
  Integers for_cs16_;
  Integers for_cs8_;
  aligned_vector<unsigned char> scratch_;
};

}  // namespace boresight::beam
