// The C++ side of beamforming.py: for every line on standard input one call of Beamformer::process on buffers
// of the same shape as Python's, timed, in nanoseconds on standard output.
//
//   bench_python_beamforming ELEMENTS BEAMS SAMPLES
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "boresight/beam/beamformer.h"
#include "boresight/core/huge_pages.h"
#include "boresight/core/random.h"

int main(int argc, char** argv) {
  using namespace boresight;
  if (argc != 4) {
    std::cerr << "usage: bench_python_beamforming ELEMENTS BEAMS SAMPLES\n";
    return 2;
  }
  const std::size_t elements = std::strtoul(argv[1], nullptr, 10);
  const std::size_t beams = std::strtoul(argv[2], nullptr, 10);
  const std::size_t samples = std::strtoul(argv[3], nullptr, 10);
  Random random(1);
  // NumPy asks for huge pages for arrays of this size, too.
  huge_vector<cf32> x(elements * samples), y(beams * samples);
  std::vector<cf32> weights(beams * elements);
  random.add_noise(x, 1);
  random.add_noise(weights, 1);
  beam::Beamformer beamformer({.elements = elements, .beams = beams});
  beamformer.set_weights(Grid<const cf32>(weights.data(), beams, elements));
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    beamformer.process(Grid<const cf32>(x.data(), elements, samples), Grid<cf32>(y.data(), beams, samples));
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
    std::cout << took.count() << std::endl;
  }
}
