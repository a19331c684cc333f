// Beams from elements, y = conj(w) x; contract in boresight/beam/beamformer.h, which is the only user.
#pragma once

#include <cstddef>

namespace boresight::kernels {

/// Weights are laid out [group][element][beam of the group]{re, im}, the last group filled up with zeros.
inline constexpr std::size_t beamform_group = 4;

constexpr std::size_t beamform_weight_floats(std::size_t elements, std::size_t beams) {
  return (beams + beamform_group - 1) / beamform_group * elements * 2 * beamform_group;
}

/// Elements and samples of a packed block: 196 KiB, a part of every second-level cache of today.
inline constexpr std::size_t beamform_block_elements = 128;
inline constexpr std::size_t beamform_block_samples = 192;
/// What `scratch` needs: a packed block.
constexpr std::size_t beamform_scratch_floats(std::size_t elements) {
  return 2 * beamform_block_samples *
         (elements < beamform_block_elements ? elements : beamform_block_elements);
}

struct BeamformJob {
  std::size_t elements;
  std::size_t beams;
  std::size_t samples;
  const float* x;  ///< re, im, ...; rows of elements are x_stride floats apart
  std::size_t x_stride;
  const float* weights;
  float* y;  ///< rows of beams are y_stride floats apart; overwritten
  std::size_t y_stride;
  float* scratch;  ///< on a cache line
};

void beamform(const BeamformJob& job) noexcept;

}  // namespace boresight::kernels
