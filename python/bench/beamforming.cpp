// The C++ side of beamforming.py: Beamformer::process without the binding, on the same arrays in the same
// process.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "boresight/beam/beamformer.h"

using boresight::cf32;
using boresight::Grid;
using boresight::beam::Beamformer;

extern "C" {

Beamformer* bench_make(std::size_t elements, std::size_t beams, const cf32* weights) {
  auto* beamformer = new Beamformer({.elements = elements, .beams = beams});
  beamformer->set_weights(Grid<const cf32>(weights, beams, elements));
  return beamformer;
}

void bench_free(Beamformer* beamformer) {
  delete beamformer;
}

/// Nanoseconds of one call, x [elements x samples] to y [beams x samples].
std::int64_t bench_process(Beamformer* beamformer, const cf32* x, cf32* y, std::size_t samples) {
  const auto start = std::chrono::steady_clock::now();
  beamformer->process(Grid<const cf32>(x, beamformer->elements(), samples),
                      Grid<cf32>(y, beamformer->beams(), samples));
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
}

}  // extern "C"
