// Takes carriers (CW jammers, spurs, DC) out of a stream before anything looks for a signal in it.
//
//   samples ─┬──────────────────────(-)─┬─▶ out      a tone's amplitude follows what is left of it:
//            │                       ▲  │              a += 1/1024 (out conj(tone)), tone = exp(j2πfn):
//            │   tone: a exp(j2πfn) ─┘  │              a notch as wide as a sixth of 1/1024 of the rate
//            └── two of 64 blocks ◀─────┘              lines in their spectra start and stop tones
//
// A line is a bin of two Hann-windowed blocks, one after the other, that is above a threshold in both, within
// a bin of the same place and with the same power within 3 dB. The threshold is on the bin's power over the
// mean of all that are not within 8 bins of a stronger line; of white noise P(any bin > t) = 1024 exp(-t) per
// block, and OFDM data looks like white noise. 1e-6 per block, t = 20.8, asks for a tone of 11 dB below the
// power of everything else. The frequency comes from the phase between the two blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/types.h"

namespace boresight::sync {

/// What the notches cost a signal: each takes a sixth of a 1/1024 of its band and adds its own noise, 1/2048
/// of the power of everything at its place. A tone is let go when its power has fallen 6 dB below what would
/// start it.
class ToneCanceller {
 public:
  struct Config {
    std::size_t max_tones = 4;              ///< at once, 0 .. 16; 0 takes nothing away
    double false_alarm_probability = 1e-6;  ///< of a block in white noise; both must alarm. 1e-15 .. 0.1
  };
  struct Tone {
    double frequency = 0;  ///< cycles per sample, -0.5 .. 0.5
    double power = 0;
  };
  static constexpr std::size_t block_samples = 1024;
  static constexpr std::size_t interval_samples = 64 * block_samples;

  /// ConfigError names the value and its limit.
  explicit ToneCanceller(const Config& config);
  ~ToneCanceller();
  ToneCanceller(ToneCanceller&&) noexcept;
  ToneCanceller& operator=(ToneCanceller&&) noexcept;

  /// in [n] -> out [n], any n; the two may be the same samples. Without delay: a sample depends on those
  /// before it only, and not on how the stream is cut. A tone is cancelled from one interval after its start,
  /// at the latest two. NaN and Inf pass through and do not touch the tones. Without tones the samples pass
  /// unchanged.
  void process(std::span<const cf32> in, std::span<cf32> out) noexcept;

  /// `samples` are missing here: the tones turn on as they did, and are cancelled behind the gap at once,
  /// with what the error of a frequency has made of the phase by then. What was being looked at for new ones
  /// begins anew.
  void advance(std::uint64_t samples) noexcept;

  /// Those being cancelled.
  std::vector<Tone> tones() const;
  std::size_t tone_count() const;

  /// Forgets everything.
  void reset() noexcept;

 private:
  struct State;
  Config config_;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::sync
