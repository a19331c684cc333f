// The choice of modulation and coding from what the receiver reports.
//
//             required(m) = threshold(m) + margin + correction          (mcs_info, dB)
//
//   at once      SNR of a frame below required(now)  ─────────▶ down to the highest m that this SNR carries
//   slowly       average above required(next) + hysteresis,
//                for `frames_to_raise` frames in a row  ──────▶ up by one
//   outer loop   a frame lost at an SNR that should do  ──────▶ correction + error_step
//                a frame read                           ──────▶ correction - error_step * p / (1 - p)
//
// The outer loop keeps the frame error rate at p or below, whatever the measured SNR leaves out: channel
// estimation, phase noise, a receiver that counts its decibels otherwise (Sampath, Kumar and Holtzman, "On
// setting reverse link target SIR in a CDMA system", VTC 1997; the same rule for modulation and coding in LTE
// and NR base stations).
#pragma once

#include <cstdint>
#include <optional>

#include "boresight/frame/header.h"

namespace boresight::frame {

/// What is known of one frame.
struct FrameReport {
  Mcs mcs = Mcs::qpsk_1_3;  ///< that it was sent with
  /// Per subcarrier, or the MER. NaN or infinite: not measured; then a good frame changes nothing and a bad
  /// one is a missed one. Beyond +-100 dB is taken as that.
  double snr_db = 0;
  bool ok = false;  ///< the payload passed its checks
};

/// One for each link. A frame costs a few comparisons and nothing is allocated.
class LinkAdaptation {
 public:
  struct Config {
    Mcs lowest = Mcs::qpsk_1_3;
    Mcs highest = Mcs::qam1024_3_4;
    double margin_db = 1.0;         ///< above the thresholds before the outer loop knows better, 0 .. 20
    double hysteresis_db = 1.0;     ///< more than that to go up, 0 .. 20; some five times the SNR's own error
    unsigned frames_to_raise = 24;  ///< 1 .. 10^6
    double averaging_frames = 8;    ///< time constant of the average, 1 .. 10^6
    double target_error_rate = 0.01;  ///< p of the outer loop, 1e-6 .. 0.5
    double error_step_db = 0.5;       ///< 0 (no outer loop) .. 10
    double max_correction_db = 20;    ///< 0 .. 60; downwards the margin is the limit
    unsigned missed_to_lowest = 4;    ///< frames in a row without a report, 1 .. 10^6
    /// A step up that does not last four times as long as the wait before it doubles the next wait, up to
    /// this factor, 1 .. 1024; one that does halves it. On a border that the hysteresis is too small for,
    /// changes become rare.
    unsigned max_patience = 32;
  };

  /// Begins at the lowest. ConfigError names the value that cannot be.
  explicit LinkAdaptation(const Config& config);

  /// Takes what is known of one frame and returns the choice for the next one. Reports may come late and be
  /// of a frame sent before the last change. An mcs outside the table counts as unknown: the report is
  /// ignored.
  Mcs update(const FrameReport& report) noexcept;

  /// A frame that should have come was not even seen.
  Mcs missed() noexcept;

  Mcs mcs() const { return current_; }
  /// Required SNR over the threshold of the table, dB: margin and outer loop.
  double offset_db() const { return config_.margin_db + correction_db_; }
  double required_snr_db(Mcs mcs) const { return mcs_info(mcs).threshold_snr_db + offset_db(); }
  /// Nothing before the first report.
  std::optional<double> average_snr_db() const { return average_db_; }
  std::uint64_t raised() const { return raised_; }
  std::uint64_t lowered() const { return lowered_; }

 private:
  void learn(const FrameReport& report) noexcept;
  void lower_to(Mcs mcs) noexcept;
  Mcs carried_by(double snr_db) const noexcept;

  Config config_;
  Mcs current_;
  double correction_db_ = 0;
  std::optional<double> average_db_;
  unsigned enough_ = 0;  // frames in a row good enough for the next step up
  unsigned missed_ = 0;  // in a row
  std::uint64_t since_raise_ = 0;
  bool on_trial_ = false;  // the last change was upwards, and has not lasted yet
  unsigned patience_ = 1;  // the wait is this many times frames_to_raise
  std::uint64_t raised_ = 0;
  std::uint64_t lowered_ = 0;
};

}  // namespace boresight::frame
