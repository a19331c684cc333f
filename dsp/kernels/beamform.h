// Beams from elements, y = conj(w) x; contract in boresight/beam/beamformer.h, whose implementation is the
// only user.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boresight::kernels {

/// Weights are laid out [group][element][beam of the group][2], the last group filled up with zeros. What the
/// two are depends on the samples: for cf32 the real and the imaginary part; for integers, as pairs of int16,
/// what (re, im) of a sample is multiplied with for the real part, (w_re, w_im), and for the imaginary part,
/// (-w_im, w_re). Integer weights are above -32768.
inline constexpr std::size_t beamform_group = 4;
/// Integer products are summed in 32 bits over this many elements, then in float.
inline constexpr std::size_t beamform_block_elements = 64;

constexpr std::size_t beamform_weights(std::size_t elements, std::size_t beams) {
  return (beams + beamform_group - 1) / beamform_group * elements * 2 * beamform_group;
}

/// Bytes of `scratch`: the last samples of all elements, and of all beams.
constexpr std::size_t beamform_scratch_bytes(std::size_t elements, std::size_t beams) {
  return 64 * (elements + 2 * beams);
}

template <typename Rail, typename Weight>
struct BeamformJob {
  std::size_t elements;
  std::size_t beams;
  std::size_t samples;
  const Rail* x;         ///< re, im, ...
  std::size_t x_stride;  ///< rails from row to row
  const Weight* weights;
  const float* scales;  ///< of integers, [block of elements][beam]: what one is worth in the output
  float* y;             ///< re, im, ...; overwritten
  std::size_t y_stride;
  unsigned char* scratch;  ///< on a cache line
};

void beamform(const BeamformJob<float, float>& job) noexcept;
void beamform(const BeamformJob<std::int16_t, std::int32_t>& job) noexcept;
void beamform(const BeamformJob<std::int8_t, std::int32_t>& job) noexcept;

/// Whether the target AVX3 multiplies integers by AVX512-VNNI: where the processor has it, unless a test
/// forbids it. The results are the same.
bool beamform_uses_vnni() noexcept;
void beamform_allow_vnni(bool allow) noexcept;

}  // namespace boresight::kernels
