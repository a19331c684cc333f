// What a run found: JSON lines as it goes, a few numbers for the screen at its end.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>

#include "acquire/options.h"
#include "acquire/setup.h"
#include "boresight/rx/ku_detection.h"

namespace boresight::acquire {

class Findings {
 public:
  /// Lines go to `lines` if it is not null. All that is referred to outlives this.
  Findings(const Setup& setup, std::ostream* lines) : setup_(setup), lines_(lines) {}

  void add(const rx::KuDetection& detection, const char* kind);

  std::uint64_t count() const { return count_; }
  /// "12 frames, last at ..." without line end.
  std::string status(double duration_s) const;
  /// Several lines, each with its line end.
  std::string summary(double duration_s, double run_time_s) const;

 private:
  struct Track {
    std::uint64_t frames = 0;
    double first_s = 0, last_s = 0;
    double first_doppler_hz = 0, last_doppler_hz = 0;
    double snr_db_sum = 0;
  };
  const Setup& setup_;
  std::ostream* lines_;
  std::uint64_t count_ = 0;
  rx::KuDetection last_;
  std::map<std::uint32_t, Track> tracks_;
  std::uint64_t tracks_left_out_ = 0;
};

/// One line with its end.
std::string to_json_line(const rx::KuDetection& detection, double sample_rate_hz, const char* kind);

}  // namespace boresight::acquire
