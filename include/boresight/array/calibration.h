// What the receive channels of an array do to a wave, measured once and taken away ever after.
//
//   channel e:  h_e(f) = gain exp(j phase) exp(-j 2 pi f delay) shape(f),   f relative to the tuned
//   frequency,
//
// relative to a reference channel. A calibration is valid for the frequency and gain setting at which it was
// made and for as long as the hardware stays as it is; it carries all three and is refused when they do not
// fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::array {

inline constexpr std::size_t max_calibration_bytes = 4U << 20;
inline constexpr std::size_t max_shape_points = 256;

enum class ChannelState : std::uint8_t {
  ok,
  dead,       ///< far less of the common signal than the others
  stuck,      ///< the same number all the time
  duplicate,  ///< bit for bit what an earlier channel gives: wired or read wrongly
  noisy,      ///< the common signal is there, but drowns in noise that the others do not have
};

struct ChannelCalibration {
  ChannelState state = ChannelState::ok;
  double gain = 1;       ///< of amplitudes, linear, positive
  double phase_rad = 0;  ///< at the tuned frequency, or at that of the tone
  double delay_s = 0;    ///< positive: late
  double snr_db = 0;     ///< of the calibration signal in this channel, per sample
  /// What is left over frequency, one for each of Calibration::offsets_hz; empty: nothing.
  std::vector<cf64> shape;
};

struct Calibration {
  double frequency_hz = 0;    ///< tuned frequency
  double gain_db = 0;         ///< gain setting of the receiver
  double time_s = 0;          ///< when: seconds since 1970, UTC
  std::size_t reference = 0;  ///< gain 1, phase 0, delay 0
  bool delay_known = false;   ///< a tone says nothing about delays: they are 0 then
  /// Quality: how far the measured responses of small parts of the band lie from this model, rms over them
  /// and over the live channels. The noise of these small parts is in it, so the model itself is better.
  double residual_db_rms = 0;
  double residual_deg_rms = 0;
  std::vector<double> offsets_hz;  ///< rising; those of the shapes
  std::vector<ChannelCalibration> channels;
  /// Which channels of the device they are, one number each; empty: not known.
  std::vector<std::size_t> device_channels = {};

  /// h_e at `offset_hz`; shapes are interpolated (real and imaginary part linear, constant beyond the ends).
  /// 0 for a channel that is not ok.
  cf64 response(std::size_t channel, double offset_hz) const;
  /// [offsets x channels]: what beam::SubbandWeights::set_responses takes.
  void responses(std::span<const double> offsets_hz, Grid<cf64> out) const;

  /// ConfigError unless there are 1 to 1024 channels, every number is finite and in range (frequency 0 to
  /// 1e12, gain setting +-200, channel gain 1e-6 to 1e6, delay +-1 ms), offsets rise, at most
  /// max_shape_points, shapes have as many, the reference is an ok channel, and device_channels are none or
  /// as many as channels, below 65536 and different. `source_name` begins the
  /// message.
  void check(std::string_view source_name) const;
};

/// As JSON text, and back. parse_calibration is strict, as scenarios are: an unknown, missing or repeated
/// key, a wrong type, a value out of range, or text that is cut off is a ConfigError of one line that begins
/// with `source_name`. Untrusted text: at most max_calibration_bytes. Numbers survive the way and back
/// exactly but for the last bit of angles.
std::string to_json(const Calibration& calibration);
Calibration parse_calibration(std::string_view json, std::string_view source_name);

/// What a calibration is wanted for.
struct CalibrationUse {
  double frequency_hz = 0;
  double frequency_tolerance_hz = 1;
  double gain_db = 0;
  double gain_tolerance_db = 0.01;
  double now_s = 0;          ///< seconds since 1970, UTC
  double max_age_s = 86400;  ///< and not from the future by more than a minute
  std::size_t channels = 0;  ///< 0: any number
  /// Numbers of the channels, in order; compared when both know them.
  std::vector<std::size_t> device_channels = {};
};

/// Empty when the calibration may be used, or why not, in one line with the value and the limit. NaN in `use`
/// is never fresh.
std::string stale_reason(const Calibration& calibration, const CalibrationUse& use);

/// ConfigError "<source>: <reason>" when there is one.
void require_fresh(const Calibration& calibration, const CalibrationUse& use, std::string_view source_name);

/// Phase shifters and attenuators that do not follow: [settings x elements], what was commanded and what was
/// then measured (responses to a steady signal, any common factor per setting), with an element that follows
/// as the reference for the common factor. Of M settings, an element is stuck when a constant leaves less of
/// its measurements than its commands do, in squared error, by the factor 1000^(1 / (M - 1)) and by two at
/// least: odds of 1000 to 1. Of noise alone a constant leaves the share x or less with probability x^(M - 1),
/// so that a dead element is taken for a stuck one once in 1000 times at most. Two settings thus need a
/// signal 30 dB above the noise, three 15 dB, six 6 dB. Returns true per element. Elements whose command
/// never changed, and rows with a NaN, say nothing; fewer than 2 settings: all false.
std::vector<bool> stuck_elements(Grid<const cf64> commanded, Grid<const cf64> measured);

}  // namespace boresight::array
