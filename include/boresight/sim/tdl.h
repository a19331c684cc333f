// A channel of several paths that fade: the tapped delay line of link-level studies, with 3GPP's profiles for
// satellites.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"

namespace boresight::sim {

/// One path, or several that no receiver can tell apart.
struct TdlTap {
  double delay_s = 0;
  double power = 0;     ///< mean |gain|^2, linear, with the specular part
  double k_factor = 0;  ///< power of the specular part over that of the scattered one, linear; 0: Rayleigh
};

/// 3GPP TR 38.811 V15.4.0, tables 6.9.2-1 to 6.9.2-4 (elevation 50 degrees). A, B: no line of sight, three
/// and four Rayleigh taps; C, D: a Rician tap (K = 10.224 and 11.707 dB) and one or two Rayleigh taps.
enum class NtnTdl : std::uint8_t { a, b, c, d };

/// The profile's taps with its delays, normalized to an rms delay spread of 1, times `delay_spread_s` (TR
/// 38.901 7.7.3); powers scaled to the sum 1. ConfigError unless 0 <= delay_spread_s <= 1 s.
std::vector<TdlTap> ntn_tdl(NtnTdl profile, double delay_spread_s);

///   x ──┬── delay_1 ──▶ (×) g_1(t) ──┐
///       ├── delay_2 ──▶ (×) g_2(t) ──(+)──▶ y(t) = sum over i of g_i(t) x(t - delay_i)
///       └──   ...
///
/// Scattered parts have the Doppler spectrum of Clarke and Jakes, autocorrelation power J0(2 pi doppler t),
/// made of sinusoids whose angles of arrival are drawn one from each of M equal sectors (Xiao, Zheng and
/// Beaulieu, IEEE Trans. Wireless Commun. 5 (2006) 3667) but with complex normal weights instead of unit
/// ones: over the seeds a gain is exactly Rayleigh at every time and its autocorrelation exactly J0. The mean
/// power over time of one realization therefore is not its expectation: its relative spread is M^-1/2.
/// The specular part turns at `specular_doppler_hz` from a random phase. Two objects of one configuration
/// give the same gains.
class TappedDelayLine {
 public:
  struct Config {
    std::vector<TdlTap> taps;
    double sample_rate_hz = 0;       ///< of process()
    double doppler_hz = 0;           ///< the largest, of the scattered parts; 0: gains stand still
    double specular_doppler_hz = 0;  ///< of the specular parts, any sign
    unsigned sinusoids = 64;         ///< M, 8 .. 1024
    std::uint64_t seed = 1;
    std::uint64_t realization = 0;  ///< another stream of the same seed
  };

  /// Samples by which the output of process() lags behind.
  static constexpr std::size_t latency_samples = 6;

  /// ConfigError without taps, for more than 64, for a negative or non-finite value, a delay beyond 2^16
  /// samples, or a Doppler beyond a tenth of the sample rate.
  explicit TappedDelayLine(const Config& config);
  ~TappedDelayLine();
  TappedDelayLine(TappedDelayLine&&) noexcept;
  TappedDelayLine& operator=(TappedDelayLine&&) noexcept;

  std::size_t taps() const { return config_.taps.size(); }

  /// gains [taps()] at a time, |time_s| < 1e6.
  void gains(double time_s, std::span<cf64> gains) const noexcept;

  /// H_i = sum over taps of g(time_s) exp(-j 2 pi f_i delay), f_i = first_hz + i spacing_hz: what an OFDM
  /// symbol sees while the gains stand still and the delays stay within its prefix. Relative error 1e-12.
  void response(double time_s, double first_hz, double spacing_hz, std::span<cf64> response) const noexcept;

  /// in [n] -> out [n], any n, zero before the first sample; out[m] belongs to time (m - latency_samples) /
  /// sample_rate_hz. `in` and `out` may be the same span. Delays are interpolated (12 taps): the error is
  /// below -75 dB for signals within +-0.26 of the sample rate, so waveforms that fill their band come
  /// oversampled by two. Gains are interpolated linearly over steps of at most 0.02 rad of Doppler (error
  /// -86 dB). Non-finite samples spread over the filter's length and the delays.
  void process(std::span<const cf32> in, std::span<cf32> out) noexcept;

 private:
  struct Wave {
    double frequency_hz;
    cf64 weight;
  };
  struct Lines;

  void step_gains() noexcept;

  Config config_;
  std::vector<Wave> waves_;  // [taps x (sinusoids + 1)]: the last of each tap is the specular part
  std::unique_ptr<Lines> lines_;
};

}  // namespace boresight::sim
