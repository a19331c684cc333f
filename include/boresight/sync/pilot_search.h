// The edge pilots (sync/ku_edge_pilots.h) of one whole frame, coherently, at every place and on every
// carrier: 300 symbols of eight known subcarriers have more energy than the PSS and SSS of the whole channel,
// in 1/128 of its band.
//
//   window of two periods ─▶ FFT ─▶ bins of the edge's band ─▶ for each carrier: times the conjugate spectrum
//   of the pilots, shifted ─▶ inverse FFT ─▶ |.|^2 at every place of a period
//
// A shift is one bin, 1 / window = 370 Hz: a carrier between two loses at most sinc^2(0.25) = 0.9 dB
// over 1.32 ms, a place between two half samples of the band at most 0.5 dB. 1600 carriers for +-300 kHz; as
// long as 30 to 40 ms of one core, so a receiver does this now and then and follows what it has found
// (rx/pilot_receiver.h). Doppler within the frame (its carrier moves by 10 Hz, its clock by 0.08 samples
// of 2.5 MHz) is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/sync/ku_edge_pilots.h"
#include "boresight/sync/template_fit.h"

namespace boresight::sync {

class PilotSearch {
 public:
  struct Config {
    double sample_rate_hz = 2.5e6;     ///< 1.9 MHz to 300 MHz
    double center_hz = 115.1953125e6;  ///< middle of the samples above the channel's center
    ChannelEdge edge = ChannelEdge::upper;
    double carrier_offset_hz = 0;  ///< middle of the range of carriers: an oscillator error that is known
    double max_carrier_offset_hz = 300e3;  ///< to either side, at most 2 MHz
    double false_alarm = 1e-3;             ///< of one search: a frame period
  };
  /// A place that is worth a second look.
  struct Place {
    std::uint8_t level;      ///< 5 sqrt(U)
    std::uint32_t position;  ///< samples of band()
    std::int32_t shift;      ///< bins
  };

  /// ConfigError for what is out of range, and when the samples do not hold the edge's subcarriers.
  explicit PilotSearch(const Config& config);
  ~PilotSearch();
  PilotSearch(PilotSearch&&) noexcept;
  PilotSearch& operator=(PilotSearch&&) noexcept;

  /// x of take(): so many samples; a frame's start may lie from lead_samples() on, for a period.
  std::size_t window_samples() const { return window_; }
  std::size_t lead_samples() const { return lead_; }
  /// Of the band that take() cuts out.
  double band_rate_hz() const { return band_rate_hz_; }

  /// Cuts the edge's band out of x [window_samples()], which is white.
  void take(std::span<const cf32> x) noexcept;

  /// All frames in the window that take() was given which pass the threshold, the strongest first, at most
  /// 16; `start` in samples of x. Sidelobes of a stronger one are left out.
  std::span<const FrameEstimate> search() noexcept;
  /// The frame near `start` (samples of x, within 0.6 samples of the band) and within +-carrier_range_hz of
  /// `carrier_hz`; `least` as in TemplateFit::process(), 0: its threshold.
  std::optional<FrameEstimate> look(double start, double carrier_hz, double carrier_range_hz,
                                    double least = 0) noexcept;

  const TemplateFit& fit() const;

 private:
  struct Workspace;
  Config config_;
  std::size_t window_ = 0, lead_ = 0;
  double band_rate_hz_ = 0;
  std::unique_ptr<Workspace> work_;
};

}  // namespace boresight::sync
