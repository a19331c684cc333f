// What the receivers of the real Ku-band downlink report: preamble_receiver.h, pilot_receiver.h,
// tone_receiver.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boresight::rx {

/// One frame, or one block of frames in which together a preamble was found, or the tones of one satellite in
/// one window.
struct KuDetection {
  /// First sample of the PSS prefix, sample_index + sample_fraction, 0 <= sample_fraction < 1; with `frames`
  /// > 1, of the first frame; tones: the middle of the window. The fraction is exact at any index.
  std::int64_t sample_index = 0;
  double sample_fraction = 0;
  double doppler_hz = 0;  ///< carrier offset at the tuned frequency, positive when the satellite approaches
  double doppler_sigma_hz = 0;
  bool doppler_from_drift = false;  ///< from how the frame starts drift; else from the carrier itself
  double carrier_hz = 0;            ///< from the carrier of this frame alone; oscillator errors included
  double snr_db = 0;                ///< per sample of 240 MHz, at this frame
  double statistic = 0;  ///< one frame: U of sync/template_fit.h; a block: standard deviations above noise
  std::size_t frames = 1;
  std::uint32_t track = 0;  ///< frames of the same satellite share it; from 1 on

  /// Both in one number, to which a double gives steps of 0.004 samples at 2^45 (40 hours at 240 MHz), whole
  /// samples at 2^53.
  double start_samples() const { return static_cast<double>(sample_index) + sample_fraction; }
};

}  // namespace boresight::rx
