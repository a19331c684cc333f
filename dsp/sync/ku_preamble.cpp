#include "boresight/sync/ku_preamble.h"

#include <cmath>

#include "boresight/core/aligned.h"
#include "boresight/core/units.h"
#include "boresight/sync/ku_sequences.h"
#include "fft/fft.h"

namespace boresight::sync {

double ku_channel_center_hz(int channel) {
  return 10.7e9 + ku_channel_rate_hz / 2048 + 250e6 * (channel - 0.5);
}

std::vector<cf32> ku_preamble(PreamblePart part) {
  std::vector<cf32> x(pss().begin(), pss().end());
  if (part == PreamblePart::pss) return x;
  // sqrt(N) times the inverse transform: unit power per active subcarrier; the prefix is the last 32 samples.
  aligned_vector<cf32> body(1024);
  fft::Fft(1024, fft::Direction::inverse).run(sss(), body);
  for (cf32& s : body) s /= 32.0F;
  x.insert(x.end(), body.end() - 32, body.end());
  x.insert(x.end(), body.begin(), body.end());
  return x;
}

void ku_preamble_spectrum(PreamblePart part, double rate_hz, double first_hz, double step_hz,
                          std::span<cf32> spectrum) {
  const std::vector<cf32> x = ku_preamble(part);
  const double scale = std::sqrt(rate_hz / ku_channel_rate_hz);
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    const double f = first_hz + static_cast<double>(i) * step_hz;
    spectrum[i] = 0;
    if (std::abs(f) > ku_channel_rate_hz / 2) continue;
    // Horner's rule from the last sample; 2112 roundings of 1e-16 are nothing.
    const cf64 z = std::polar(1.0, -2 * pi * f / ku_channel_rate_hz);
    cf64 sum = 0;
    for (std::size_t n = x.size(); n-- > 0;) {
      sum = {sum.real() * z.real() - sum.imag() * z.imag() + x[n].real(),
             sum.real() * z.imag() + sum.imag() * z.real() + x[n].imag()};
    }
    spectrum[i] = cf32(scale * sum);
  }
}

}  // namespace boresight::sync
