#include "results.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/text.h"

namespace boresight::receive {

using program::format_number;

void Mean::add(double value) {
  if (!std::isfinite(value)) return;
  sum_ += value;
  ++count_;
}

double Mean::value() const {
  return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_ / static_cast<double>(count_);
}

std::string FrameRecord::mode() const {
  const std::string rate = format_number(std::round(10 * rate_mbps) / 10) + " Mbit/s";
  if (!ht) return rate;
  return "MCS " + std::to_string(ht->mcs) + ", " + format_number(ht->guard_interval_ns) + " ns guard" +
         (ht->ldpc ? ", LDPC" : "") + (ht->aggregated ? ", A-MPDU" : "") + " (" + rate + ")";
}

std::string Results::beamformer_text() const {
  return beamformer + (subbands > 0 ? " (" + std::to_string(subbands) + " subbands)" : "") +
         (calibration.empty() ? "" : ", calibrated");
}

double Results::frame_error_rate() const {
  if (frames_detected == 0) return std::numeric_limits<double>::quiet_NaN();
  return 1.0 - static_cast<double>(frames_ok) / static_cast<double>(frames_detected);
}

void Results::add_failure(double time_s) {
  last_frame_failed_s = std::max(last_frame_failed_s.value_or(time_s), time_s);
}

void Results::add_frame(FrameRecord frame) {
  const double start_s = static_cast<double>(frame.start_sample) / sample_rate_hz;
  if (frame.ok) {
    if (!first_frame_ok_s) first_frame_ok_s = start_s;
    snr_db.add(frame.snr_db);
    mer_db.add(frame.mer_db);
    doppler_hz = frame.carrier_offset_hz;
  } else {
    add_failure(start_s);
  }
  if (frame.rate_mbps > 0) {
    ModeCount& count = modes[frame.mode()];
    ++count.all;
    count.ok += frame.ok ? 1 : 0;
  }
  if (frames.size() < max_frame_records) frames.push_back(std::move(frame));
}

}  // namespace boresight::receive
