// Prints the SHA-256 of the first samples of a scene as CS16, channel after channel, straight from the
// simulator: what a program on the other side of SoapySDR must find.
//   sky_sha256 SCENARIO SEED CHANNELS SAMPLES
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/sim/sky.h"

int main(int argc, char** argv) {
  using namespace boresight;
  if (argc != 5) return 2;
  sim::Scenario scenario = sim::parse_scenario(sim::shipped_scenario(argv[1]), argv[1]);
  scenario.seed = std::strtoull(argv[2], nullptr, 10);
  const std::size_t channels = std::strtoull(argv[3], nullptr, 10);
  const std::size_t samples = std::strtoull(argv[4], nullptr, 10);
  sim::Sky sky(scenario);
  GridBuffer<cf32> grid(sky.channels(), samples);
  sky.generate(grid.view());
  std::vector<std::uint8_t> bytes;
  const auto append = [&bytes](float x) {
    const long value = std::clamp(std::lround(x * 32768.0), -32768L, 32767L);
    bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
    bytes.push_back(static_cast<std::uint8_t>((value >> 8) & 0xff));
  };
  for (std::size_t c = 0; c < channels; ++c) {
    for (const cf32 x : grid.row(c)) {
      append(x.real());
      append(x.imag());
    }
  }
  std::puts(to_hex(sha256(bytes)).c_str());
}
