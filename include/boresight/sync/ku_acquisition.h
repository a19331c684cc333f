// Finding ku frames in a stream of which nothing is known: when they start and on which carrier.
//
// Two steps, each with a threshold that follows from a false-alarm rate.
//
//  1. PssSearch, at every sample. The 128-sample segment p is matched, c[n] = sum_i x[n + i] p*_i, and the
//     eight segments are combined by their phase from one to the next, which is unambiguous for any carrier
//     offset within half a segment rate (4 subcarriers). The match itself loses sinc^2(128 f): 1.4 dB at 2.5
//     subcarriers, 3.7 dB at 3.9.
//         D[n] = sum_{m=1..7} s_m s_{m-1} c[n + 128 m] c*[n + 128 (m - 1)]
//     |D| is compared with what noise of the power found there would give, 128 E / 1040; E is the energy of
//     the 1024 samples and 16 around them (sums of 16 are added). The phase of D is the carrier offset times
//     128 samples. p steps by quarter turns, so the match is additions only (dsp/kernels/pss.h), and the
//     whole search costs about as much as two FFTs of as many samples.
//  2. KuSync at a candidate. The carrier is taken off, the SSS is demodulated, multiplied by its known values
//     and transformed to the delay domain; the strongest tap against the symbol's energy is the statistic,
//     and its place corrects the start. Carrier and delay are then measured on all of PSS and SSS: slopes of
//     the phase over time and over frequency. Bounds of Cramer and Rao for N = 2112 known samples of unit
//     power, white over the whole band, in noise of 1/snr, the phase unknown (Kay, 1993, ex. 3.14; Weiss and
//     Weinstein, 1983):
//         var(frequency) >= 6 / ((2 pi)^2 snr N (N^2 - 1))         cycles per sample
//         var(delay)     >= 12 / (8 pi^2 snr N)                    samples
//     Both are reached within 0.5 dB from -12 dB on; above 15 dB the turn of sign between the PSS's prefix
//     and its body, when it falls between samples, leaves up to 5e-4 samples of delay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/demodulator.h"

namespace boresight::sync {

/// Step 1.
class PssSearch {
 public:
  struct Config {
    double false_alarm_rate = 1e-10;  ///< per sample, in white Gaussian noise
    double max_carrier_offset = 2.5;  ///< subcarriers, at most 3.9; candidates measured 0.4 beyond drop
    std::size_t positions = 8192;     ///< start positions tested by one call
  };
  struct Candidate {
    std::size_t position = 0;  ///< of the first sample of the PSS body within the window
    double frequency = 0;      ///< carrier offset, cycles per sample
    double statistic = 0;      ///< |D| over the noise level; the false alarm rate sets its threshold
  };

  /// ConfigError if a rate is outside (0, 0.1], an offset outside (0, 3.9], positions outside 1024 .. 2^20 or
  /// no multiple of 16.
  explicit PssSearch(const Config& config);
  ~PssSearch();
  PssSearch(PssSearch&&) noexcept;
  PssSearch& operator=(PssSearch&&) noexcept;

  /// How many samples a call looks at: positions() start positions and what follows them.
  std::size_t window_samples() const;
  std::size_t positions() const { return config_.positions; }
  double threshold() const { return threshold_; }

  /// window [window_samples()]: the first candidate whose statistic passes the threshold within positions(),
  /// or nothing. A candidate is the largest statistic within one symbol of that first passing, so it may lie
  /// up to a symbol behind positions(). Carriers that measure more than 0.4 subcarriers (three standard
  /// deviations at the threshold) beyond max_carrier_offset do not count.
  ///
  /// `follows` says that this window begins positions() samples after that of the last call: what the two
  /// have in common is not computed again, to the same result.
  ///
  /// A NaN or Inf hides the positions whose 1024 to 1040 samples it is among and no others, and so does a
  /// power outside 1e-33 .. 1e27 per sample, zero among it; nothing else depends on the scale.
  std::optional<Candidate> process(std::span<const cf32> window, bool follows = false) noexcept;

  /// The next candidate of the same window at or behind `position`, without computing anything anew.
  std::optional<Candidate> next(std::size_t position) const noexcept;

  /// Probe: the statistic's square at every position of the last window, and one symbol on.
  std::span<const float> statistic_2() const;

  /// The threshold on the statistic for a probability of false alarm per sample, in (0, 0.1]. Under noise D
  /// is a quadratic form in eight complex normal values whose largest eigenvalue is cos(pi/9); its modulus
  /// has the tail C sqrt(2 pi t / l) exp(-t / l), l = cos(pi/9), C = prod_{k > 1} 1 / (1 - cos(k pi/9) / l).
  /// That is for a power known exactly. Over the power of the 1040 samples the tail falls faster, by
  /// exp(-(t / l)^2 / 2080): alarms come at 0.9 of the rate asked for at 1e-4 and at 0.65 of it at 1e-10.
  static double threshold_for(double false_alarm_rate);

 private:
  struct Workspace;
  Config config_;
  double threshold_;
  std::unique_ptr<Workspace> work_;
};

/// Where a frame is.
struct KuTiming {
  std::ptrdiff_t start = 0;  ///< first sample of the PSS prefix, relative to the window given
  double frequency = 0;      ///< carrier offset, cycles per sample
  double statistic = 0;      ///< share of the SSS's energy in its strongest delay tap, 0 .. 1
  double delay = 0;  ///< samples by which the frame starts behind `start`; of several paths the middle
};

/// Step 2.
class KuSync {
 public:
  struct Config {
    double false_alarm_probability = 1e-6;  ///< of one call in white Gaussian noise, in (0, 0.1]
  };
  static constexpr std::size_t symbol_samples = 1056;
  /// How far before the end of the prefix the FFT window begins.
  static constexpr std::size_t window_advance = 16;

  explicit KuSync(const Config& config);
  ~KuSync();
  KuSync(KuSync&&) noexcept;
  KuSync& operator=(KuSync&&) noexcept;

  double threshold() const { return threshold_; }

  /// samples: at least `start` + 2 symbols long after an allowance of 512 samples on both sides, so
  /// start >= 512 and samples.size() >= start + 2112 + 512. Nothing if the SSS is not there.
  std::optional<KuTiming> process(std::span<const cf32> samples, std::size_t start,
                                  double frequency) noexcept;

  static constexpr std::size_t allowance = 512;

 private:
  struct Delay {
    int tap;
    double share;
  };
  Delay sss_delay(std::span<const cf32> samples, std::size_t start, double frequency) noexcept;

  double threshold_;
  struct Workspace;
  std::unique_ptr<Workspace> work_;
};

}  // namespace boresight::sync
