// What a run found out: the numbers behind the status line, the summary, the JSON and the report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "boresight/sdr/sample_stream.h"
#include "boresight/sdr/source.h"

namespace boresight::receive {

/// Frames kept one by one; those after it are only counted.
inline constexpr std::size_t max_frame_records = 100'000;

struct FrameRecord {
  std::int64_t start_sample = 0;
  std::uint32_t sequence = 0;  ///< ku
  bool ok = false;
  double carrier_offset_hz = 0;
  double snr_db = 0;
  double mer_db = 0;
  double rate_mbps = 0;  ///< Wi-Fi, as all that follows
  std::size_t psdu_length = 0;
  std::string sha256;  ///< of the PSDU: the MPDU with its FCS, or all of an A-MPDU
  struct Mpdu {
    std::size_t length = 0;
    bool fcs_ok = false;
    std::string sha256;  ///< FCS included
  };
  struct Ht {
    unsigned mcs = 0;
    double guard_interval_ns = 800;  ///< or 400; more in narrow channels
    bool ldpc = false;               ///< else the K = 7 code
    bool aggregated = false;
    std::vector<Mpdu> mpdus;  ///< of an A-MPDU, those that were found
  };
  std::optional<Ht> ht;  ///< 802.11n
  /// For people: "24 Mbit/s", "MCS 7, 400 ns guard, LDPC, A-MPDU (72.2 Mbit/s)".
  std::string mode() const;
};

/// Frames of one mode.
struct ModeCount {
  std::uint64_t ok = 0;
  std::uint64_t all = 0;
};

/// Mean of what comes; NaN before anything came. Infinities and NaN are left out.
class Mean {
 public:
  void add(double value);
  double value() const;

 private:
  double sum_ = 0;
  std::uint64_t count_ = 0;
};

struct Results {
  // How it was received.
  std::string source, waveform, beamformer, pointing, sample_format;
  double sample_rate_hz = 0;
  double carrier_hz = std::numeric_limits<double>::quiet_NaN();  ///< when somebody told it
  std::size_t channels = 0;
  std::size_t subbands = 0;                          ///< 0: one band
  std::string calibration;                           ///< its file; empty: none
  std::vector<std::pair<double, double>> nulls_deg;  ///< azimuth and elevation
  std::vector<std::string> warnings;

  // What came in.
  std::uint64_t samples = 0;       ///< per channel, through the chain
  std::uint64_t samples_lost = 0;  ///< in gaps of known size
  std::uint64_t gaps = 0;
  std::uint64_t samples_cleaned = 0;
  double run_time_s = 0;  ///< on the clock on the wall
  bool interrupted = false;
  std::string source_failure;  ///< empty: the source did not fail

  // Frames.
  std::uint64_t frames_detected = 0;  ///< the header failed, or the payload failed, or neither
  std::uint64_t frames_ok = 0;
  std::uint64_t headers_failed = 0;
  std::uint64_t payloads_failed = 0;
  std::uint64_t frames_missed = 0;
  bool locked = false;
  std::vector<FrameRecord> frames;         ///< whose header was read
  std::map<std::string, ModeCount> modes;  ///< Wi-Fi: by FrameRecord::mode(), at most 8 + 64 of them
  std::optional<double> first_frame_ok_s;
  std::optional<double> last_frame_failed_s;
  Mean snr_db, mer_db;
  double doppler_hz = std::numeric_limits<double>::quiet_NaN();  ///< carrier offset of the last good frame

  // The array.
  double jammer_to_noise_db = std::numeric_limits<double>::quiet_NaN();  ///< adaptive, with unit gain, only
  std::uint64_t nulls_dropped = 0;  ///< nulls that could not be had, counted at each renewal of the weights
  double azimuth_deg = std::numeric_limits<double>::quiet_NaN();  ///< last pointing
  double elevation_deg = std::numeric_limits<double>::quiet_NaN();

  // The file of a carousel.
  bool payload_started = false;
  bool payload_complete = false;
  std::uint64_t payload_bytes = 0;
  std::uint64_t blocks_received = 0;
  std::uint64_t blocks_expected = 0;
  std::string payload_sha256;    ///< of the bytes received; empty unless complete
  std::string announced_sha256;  ///< what the sender's blocks say; empty before the first
  std::optional<double> complete_at_s;

  // What the device knows better than any receiver, when it is a simulation.
  std::optional<std::string> true_payload_sha256;
  std::optional<double> true_snr_db, true_doppler_hz, true_jammer_to_noise_db;

  sdr::SourceStats source_stats;
  sdr::SampleStreamStats stream_stats;

  /// "mvdr", "subband (64 subbands), calibrated".
  std::string beamformer_text() const;
  double duration_s() const { return static_cast<double>(samples + samples_lost) / sample_rate_hz; }
  /// 1 - ok / detected; NaN when none was detected.
  double frame_error_rate() const;
  /// Notes a frame whose header was read. `rate` of the samples turns its start into a time.
  void add_frame(FrameRecord frame);
  /// A header that could not be read, about there.
  void add_failure(double time_s);
};

}  // namespace boresight::receive
