// The simulated sky: what the N coherent receive channels of a phased array would record.
//
//   satellites ─ delay tau(t), Doppler ─┐                        per element              per channel
//   jammers ────────────────────────────┼─ receiver oscillator ─ delay r.u/c, gain error ─ noise ─ ADC ──▶
//
// At the origin of the array, the baseband of a satellite is
//   x_0(t) = s(t - tau(t) + tau(0)) exp(-j 2 pi f_c (tau(t) - tau(0))),
// so that Doppler also stretches time. A plane wave from direction u (unit vector towards the source) reaches
// the element at r earlier by r.u/c:
//   x_r(t) = x_0(t + r.u/c) exp(+j 2 pi f_c r.u/c),
// a steering factor exp(+j 2 pi f r.u/c) at every frequency f that arrives. These delays are exact over the
// band (applied in the frequency domain); u stands still within a block of 3712 samples. Satellites are
// silent below the horizon; their power does not follow their distance, as they hold the flux on the ground
// constant.
//
// Before sampling, an anti-alias filter is flat to 0.52 of the sample rate and closed at 0.62; what Doppler
// moves over the band's edge comes back at the other edge, as in any radio that samples at the signal's own
// bandwidth. Jammers of noise fill the band between half-amplitude points at +-0.5 of the sample rate. Phase
// noise and oscillator offset are common to all channels.
//
// Receiver sample n is taken at t = n / (fs (1 + ppm 1e-6)). Thermal noise has power 1 (0 dB) per element
// before the ADC; every level is relative to it. The same scenario gives the same samples, however the calls
// are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"
#include "boresight/core/vec3.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/signal.h"

namespace boresight::sim {

/// What the receiver should find, at the next sample.
struct Truth {
  double time_s = 0;              ///< true time since the first sample
  double doppler_hz = 0;          ///< of satellite 0 at the carrier; without the receiver's own offsets
  double snr_db = 0;              ///< of satellite 0 per element; -infinity below the horizon
  double jammer_to_noise_db = 0;  ///< all jammers that are on, per element; -infinity when none is
  double azimuth_rad = 0;         ///< of satellite 0, [0, 2 pi)
  double elevation_rad = 0;       ///< of satellite 0
  double carrier_hz = 0;
};

class Sky {
 public:
  /// Satellites send the ku waveform with a carousel of payload_file(). ConfigError if the scenario cannot
  /// be.
  explicit Sky(const Scenario& scenario);
  /// The same sky with other signals, one per satellite; payload_file() is empty.
  Sky(const Scenario& scenario, std::vector<Signal> signals);
  ~Sky();
  Sky(Sky&&) noexcept;
  Sky& operator=(Sky&&) noexcept;

  std::size_t channels() const;
  double sample_rate_hz() const;
  double carrier_hz() const;
  /// Element positions in the array frame.
  const std::vector<Vec3>& positions_m() const;
  /// Complex gain of every element relative to its design: gain and phase errors, 0 for dead elements.
  const std::vector<cf64>& element_gains() const;

  /// Writes the next out.columns() samples of every channel to `out` [channels() x any]: after the ADC, full
  /// scale +-1.0, multiples of 2^-(bits - 1). Does not allocate unless a Signal does.
  void generate(Grid<cf32> out) noexcept;

  std::uint64_t samples_generated() const;
  /// Rails (re or im) that stood at the ADC's limits, over all channels and blocks made so far.
  std::uint64_t rails_clipped() const;
  Truth truth() const;

  /// Gain before the ADC, clamped to [-120, 120] dB (NaN is ignored). Takes effect on the next internal
  /// block.
  void set_gain_db(double gain_db);
  double gain_db() const;

  /// The file the satellites send.
  std::span<const std::uint8_t> payload_file() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace boresight::sim
