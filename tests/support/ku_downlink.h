// The published structure of the Ku-band downlink, made a second time for tests: its sequences from their
// other descriptions, in double precision, without anything of sync/, ofdm/ or tx/ but the table of the edge
// pilots: it has one description only, and the digest of it in tests/sync/ku_edge_pilots_test.cpp, not a
// second copy, shows that it was transcribed as it is.
//
// A frame is one period of 1/750 s, whose Fourier coefficients are computed once; a slice of the channel at
// any sample rate is a range of them. Doppler acts on time, so on carrier and clock alike: the sample at time
// t is
//     s(u) exp(j 2 pi f (u - t)),   u = t + integral of (doppler / f),   f the frequency the receiver is
//     tuned to.
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/sync/ku_edge_pilots.h"
#include "fft/fft.h"

namespace boresight::test {

namespace downlink {

inline constexpr std::size_t frame = 320'000;
inline constexpr std::size_t symbol = 1056;

inline unsigned hex(char c) {
  return c <= '9' ? unsigned(c - '0') : unsigned(c - 'A') + 10U;
}

/// PSS from its shift register, as it is transmitted: a 0, then s[n] = s[n - 4] + s[n - 7] from 0011010 on.
inline std::vector<cf64> pss() {
  std::array<int, 128> bits{0, 0, 0, 1, 1, 0, 1, 0};
  for (std::size_t i = 8; i < bits.size(); ++i) bits[i] = bits[i - 4] ^ bits[i - 7];
  std::vector<cf64> p;
  double quarters = -0.5;
  for (const int bit : bits) {
    quarters -= 2 * bit - 1;
    p.push_back(std::polar(1.0, pi / 2 * quarters));
  }
  std::vector<cf64> x;
  for (std::size_t i = 96; i < 128; ++i) x.push_back(-p[i]);
  for (int m = 0; m < 8; ++m) {
    for (const cf64 s : p) x.push_back(m == 0 ? -s : s);
  }
  return x;
}

inline constexpr std::string_view sss_integer =
    "BD565D5064E9B3A94958F28624DED560946199F5B40F0E4FB5EFCB473B4C24B2D1E0BD01A6A"
    "04D5017DE91A8ECC0DA09EBFE57F9F1B44C532F161C583A42490A5C09F2A117F9A28F9B2FD5"
    "47A74C44BABB4BE85DA6A62B1235E2AD084C00180142A8F7F357DEC4F31316BC58FA404909A"
    "3FCA7F88E421902B6A2580AE8030803F65809DB347F590DBC46F010EBE3A25C060D74429FC4"
    "6BDF9B63719279798D232C5ABA274122FF66AD7E449F44CB40C49C24A1E2629F5BFE82CE531"
    "FDC34F8C64A43A963F40D5B71BDE6FB2F13492D6F2E8544B21D449722C635180342CD0026A1"
    "E7F7E80E91B175E852F919767E5AF9B6E909AF362F5218E2B908DC005803";

struct Options {
  std::uint64_t seed = 1;
  bool edge_pilots = true;
};

/// One frame at 240 Msps [320000]: PSS, SSS, 300 symbols of random 4QAM, edge pilots on their subcarriers,
/// and an empty guard. Unit mean power over the active symbols.
inline std::vector<cf32> frame_samples(const Options& options) {
  std::vector<cf32> x(frame);
  const std::vector<cf64> first = pss();
  for (std::size_t i = 0; i < symbol; ++i) x[i] = cf32(first[i]);
  const fft::Fft inverse(1024, fft::Direction::inverse);
  aligned_vector<cf32> bins(1024);
  Random random(options.seed, 77);
  for (std::size_t i = 1; i < 302; ++i) {
    for (std::size_t k = 0; k < 1024; ++k) {
      unsigned quarter = 0;
      double offset = 0.5;
      if (i == 1) {
        if (k >= 2 && k < 1022) {  // two-bit digits, the least significant is subcarrier 2
          const unsigned digit = hex(sss_integer[sss_integer.size() - 1 - (k - 2) / 2]);
          quarter = (digit >> (2 * (k % 2))) & 3U;
        }
        offset = 0;
      } else {
        quarter = random.below(4);
        const bool upper = k >= 488 && k < 496;
        const bool lower = k >= 528 && k < 536;
        if (options.edge_pilots && (upper || lower))
          quarter = sync::edge_pilot_quarter(i - 2, upper ? k - 488 : k - 520);
      }
      const bool gutter = k < 2 || k >= 1022;
      bins[k] = gutter ? cf32(0) : cf32(std::polar(1.0 / 32, pi / 2 * (quarter + offset)));
    }
    inverse.run(bins, bins);
    for (std::size_t n = 0; n < symbol; ++n) x[i * symbol + n] = bins[(n + 1024 - 32) % 1024];
  }
  return x;
}

}  // namespace downlink

/// Samples of one satellite at a receiver's rate and center, made piece by piece.
class KuDownlink {
 public:
  struct Config {
    double sample_rate_hz = 240e6;
    double center_hz = 0;                ///< above the channel's center, a multiple of 750 Hz
    double tuned_hz = 11'325'117'187.5;  ///< the carrier that Doppler acts on
    double doppler_hz = 0;               ///< at tuned_hz and time 0, positive when the satellite approaches
    double doppler_rate_hz_s = 0;
    double oscillator_hz = 0;          ///< carrier error of the receiver: moves the carrier and nothing else
    double clock_ppm = 0;              ///< sample clock of the receiver fast: moves time and nothing else
    double start_s = 0;                ///< when the first frame begins; before it, frames go on as well
    std::vector<bool> occupied{true};  ///< which frames of a pattern are sent, over and over
    std::size_t variants = 2;          ///< different frames, sent in turn
    std::uint64_t seed = 1;
    bool edge_pilots = true;
  };

  explicit KuDownlink(const Config& config) : config_(config) {
    // Four or more times the rate, in whole samples per frame, so that four points interpolate below -50 dB.
    const double ratio = config.sample_rate_hz >= 100e6 ? 4 : 5;
    up_ = static_cast<std::size_t>(std::ceil(ratio * config.sample_rate_hz / 750));
    const double bins_hz = 750;
    const auto center = static_cast<std::ptrdiff_t>(std::lround(config.center_hz / bins_hz));
    if (static_cast<double>(center) * bins_hz != config.center_hz)
      throw std::invalid_argument("KuDownlink: the center is no multiple of 750 Hz");
    const auto half = static_cast<std::ptrdiff_t>(config.sample_rate_hz / 2 / bins_hz);
    const fft::Fft forward(downlink::frame, fft::Direction::forward);
    const fft::Fft inverse(up_, fft::Direction::inverse);
    for (std::size_t v = 0; v < config.variants; ++v) {
      const auto samples = downlink::frame_samples({config.seed * 1000 + v, config.edge_pilots});
      aligned_vector<cf32> coefficients(samples.begin(), samples.end());
      forward.run(coefficients, coefficients);
      aligned_vector<cf32> bins(up_);
      for (std::ptrdiff_t k = -half; k < half; ++k) {
        const std::ptrdiff_t from = k + center;
        if (from < -160'000 || from >= 160'000) continue;
        const auto to = static_cast<std::size_t>(k < 0 ? k + static_cast<std::ptrdiff_t>(up_) : k);
        const auto at = static_cast<std::size_t>(from < 0 ? from + 320'000 : from);
        bins[to] = coefficients[at] / static_cast<float>(downlink::frame);
      }
      inverse.run(bins, bins);
      frames_.push_back(std::move(bins));
    }
  }

  /// The same frames seen anew from sample 0 on: other Doppler, clock, start and so on; rate, center, frames
  /// and seed stay what they were.
  void restart(const Config& config) {
    config_ = config;
    at_ = 0;
  }

  /// Where frame `number` begins, in samples (any fraction).
  double frame_start(std::int64_t number) const {
    // u(t) = number / 750 solved by iteration; Doppler is a few parts in 1e5.
    const double target = static_cast<double>(number) / 750;
    double t = config_.start_s + target;
    for (int i = 0; i < 20; ++i) t += target - emission(t);
    return t * config_.sample_rate_hz * (1 + 1e-6 * config_.clock_ppm);
  }
  double doppler_at(double sample) const {
    return config_.doppler_hz + config_.doppler_rate_hz_s * time(sample);
  }

  /// Adds the next x.size() samples, times `amplitude`.
  void add(std::span<cf32> x, float amplitude) {
    constexpr std::size_t piece = 256;  // over which the carrier's phase is taken for a straight line
    for (std::size_t first = 0; first < x.size(); first += piece) {
      const std::size_t count = std::min(piece, x.size() - first);
      const double t0 = time(static_cast<double>(at_));
      const double t1 = time(static_cast<double>(at_ + count));
      const double u0 = emission(t0);
      const double slope = (emission(t1) - u0) / static_cast<double>(count);  // per sample
      // Carrier phase in turns: f (u - t) plus the oscillator's error.
      const double turns0 = config_.tuned_hz * (u0 - (t0 - config_.start_s)) + config_.oscillator_hz * t0;
      const double turns1 =
          config_.tuned_hz * (emission(t1) - (t1 - config_.start_s)) + config_.oscillator_hz * t1;
      const double step = (turns1 - turns0) / static_cast<double>(count);
      cf64 phasor = std::polar(1.0, 2 * pi * (turns0 - std::floor(turns0)));
      const cf64 turn = std::polar(1.0, 2 * pi * step);
      for (std::size_t i = 0; i < count; ++i) {
        const double frames = 750 * (u0 + slope * static_cast<double>(i));
        const double number = std::floor(frames);
        const auto index = static_cast<std::int64_t>(number);
        if (sent(index)) {
          const auto& f = frames_[static_cast<std::size_t>(index % static_cast<std::int64_t>(frames_.size()) +
                                                           static_cast<std::int64_t>(frames_.size())) %
                                  frames_.size()];
          x[first + i] +=
              amplitude * cf32(phasor) * interpolate(f, (frames - number) * static_cast<double>(up_));
        }
        phasor *= turn;
      }
      at_ += count;
    }
  }

 private:
  double time(double sample) const {
    return sample / (config_.sample_rate_hz * (1 + 1e-6 * config_.clock_ppm));
  }
  // u(t), zero at the beginning of frame 0.
  double emission(double t) const {
    return t - config_.start_s +
           (config_.doppler_hz * (t - config_.start_s) +
            0.5 * config_.doppler_rate_hz_s * (t * t - config_.start_s * config_.start_s)) /
               config_.tuned_hz;
  }
  bool sent(std::int64_t number) const {
    const auto n = static_cast<std::int64_t>(config_.occupied.size());
    return config_.occupied[static_cast<std::size_t>(((number % n) + n) % n)];
  }
  // Four-point Lagrange, the frame as a period: its guard is empty.
  cf32 interpolate(const aligned_vector<cf32>& f, double at) const {
    const auto whole = static_cast<std::size_t>(at);
    const auto x = static_cast<float>(at - static_cast<double>(whole));
    const cf32 a = f[whole == 0 ? up_ - 1 : whole - 1];
    const cf32 b = f[whole >= up_ ? whole - up_ : whole];
    const cf32 c = f[whole + 1 >= up_ ? whole + 1 - up_ : whole + 1];
    const cf32 d = f[whole + 2 >= up_ ? whole + 2 - up_ : whole + 2];
    return -x * (x - 1) * (x - 2) / 6.0F * a + (x + 1) * (x - 1) * (x - 2) / 2.0F * b -
           (x + 1) * x * (x - 2) / 2.0F * c + (x + 1) * x * (x - 1) / 6.0F * d;
  }

  Config config_;
  std::size_t up_ = 0;
  std::vector<aligned_vector<cf32>> frames_;
  std::uint64_t at_ = 0;
};

}  // namespace boresight::test
