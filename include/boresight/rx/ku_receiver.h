// The ku receiver: one stream of samples in, frames out.
//
//            ┌────────┐ candidate ┌─────────┐ SSS there ┌──────────┐ header good ┌──────────┐
//   samples ▶│ search │──────────▶│ confirm │──────────▶│ header   │────────────▶│ data,    │─▶ frame
//            └────────┘           └─────────┘           └──────────┘             │ decode   │
//              ▲  ▲ │  not there      ▲ │                                        └──────────┘
//              │  └─┼─────────────────┼─┘                                             │
//              │    └─ when its time ─┴───── where the next frame must be ◀───────────┘
//              └ too often not there
//
//   searching      nothing is known: every sample is searched
//   locked         the last frame's header was read; the next is looked for where it must be
//   freewheeling   the last slots brought nothing (a fade, a gap): the next slot is still looked at, with
//                  carrier and clock as followed before, and what lies between the slots is searched, in
//                  case the satellite's frame clock has jumped. max_missed_frames slots later it is
//                  searching again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/header.h"
#include "boresight/rx/ku_demodulator.h"
#include "boresight/rx/ku_probe.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/tone_canceller.h"

namespace boresight::rx {

/// One frame whose header was read. `payload` is valid until the handler returns.
struct KuFrame {
  std::int64_t start_sample = 0;  ///< first sample of the PSS prefix, counted from the first sample pushed
  frame::Header header;
  bool ok = false;                        ///< the payload passed its CRCs
  std::span<const std::uint8_t> payload;  ///< empty unless ok
  double carrier_offset_hz = 0;           ///< Doppler and oscillator error together
  double clock_offset_ppm = 0;            ///< growth of the delay: sampling clock error and Doppler stretch
  double snr_db = 0;                      ///< per subcarrier, from the SSS
  double mer_db = 0;                      ///< of the equalized pilots
  unsigned code_blocks = 0;
  unsigned code_blocks_failed = 0;
  unsigned ldpc_iterations = 0;     ///< over all code blocks
  std::size_t bridged_symbols = 0;  ///< of 300, in which no pilots were seen and the tracking predicted
};

class KuReceiver {
 public:
  struct Config {
    double sample_rate_hz = 20e6;  ///< for the units of the results; the waveform scales with it
    /// Carriers that stand in the band are taken out before anything else; max_tones = 0 leaves them.
    sync::ToneCanceller::Config tone_canceller;
    sync::PssSearch::Config search;
    sync::KuSync::Config sync;
    KuDemodulator::Config demodulator;
    frame::Deframer::Config deframer;
    /// Slots in a row without an SSS or with an unreadable header over which it freewheels.
    unsigned max_missed_frames = 8;
    double max_clock_offset_ppm = 60;  ///< sampling clock and Doppler together, 0 .. 120
  };
  enum class TrackingState : std::uint8_t { searching, locked, freewheeling };
  struct Stats {
    std::uint64_t candidates = 0;       ///< of the search
    std::uint64_t frames_detected = 0;  ///< SSS confirmed
    std::uint64_t headers_failed = 0;
    std::uint64_t frames_ok = 0;
    std::uint64_t payloads_failed = 0;
    std::uint64_t frames_missed = 0;  ///< slots while locked or freewheeling in which no SSS was found
    std::uint64_t acquisitions = 0;   ///< frames found by the search whose header was read: first and again
  };
  using Handler = std::function<void(const KuFrame&)>;

  /// Allocates everything. ConfigError names the value that cannot be.
  explicit KuReceiver(const Config& config);

  /// Takes any number of samples; calls `handler` for every frame whose header was read. The results do not
  /// depend on how a stream is cut. A NaN or Inf costs at most the frame it falls in.
  void push(std::span<const cf32> samples, const Handler& handler);

  /// `count` samples were lost before the next push. Up to eight frames are bridged with zeros, so that the
  /// timing is kept; after more the search starts anew. Numbers of samples saturate at
  /// 2^62.
  void skip(std::uint64_t count, const Handler& handler);

  /// Forgets everything but the statistics; the next sample is number `next_sample`, 0 .. 2^62.
  void reset(std::int64_t next_sample = 0);

  /// Samples were lost and nobody knows how many: the search starts anew, the count of samples goes on.
  void restart() { reset(fifo_start_ + static_cast<std::int64_t>(fifo_size_)); }

  TrackingState tracking_state() const;
  /// Locked or freewheeling.
  bool locked() const { return locked_; }
  const Stats& stats() const { return stats_; }
  /// Probe: the demodulator of the frame in progress.
  const KuDemodulator& demodulator() const { return demodulator_; }
  /// Takes copies of what every frame goes through to `probe`, which must outlive this; nullptr: none.
  void set_probe(KuProbe* probe) noexcept { probe_ = probe; }

 private:
  enum class State { search, confirm, frame };

  void took(std::size_t count, const Handler& handler);
  bool step(const Handler& handler);
  bool search();
  bool confirm();
  bool demodulate(const Handler& handler);
  bool read_header();
  void finish(const Handler& handler);
  void next_slot();
  bool confirm_slot();
  void freewheel();
  void unlock(std::int64_t from);
  std::span<const cf32> samples(std::int64_t first, std::size_t count) const;
  bool have(std::int64_t first, std::size_t count) const;

  struct Slot {
    std::int64_t start = 0;
    double frequency = 0;
    double rate_variance = 0;
    double drift = 0;
    double drift_variance = 0;
  };

  Config config_;
  sync::ToneCanceller tone_canceller_;
  sync::PssSearch search_;
  sync::KuSync sync_;
  KuDemodulator demodulator_;
  frame::Deframer deframer_;
  modem::Constellation header_constellation_;
  std::array<modem::Constellation, 5> payload_constellations_;  // QPSK to 1024-QAM

  aligned_vector<cf32> fifo_;
  std::size_t fifo_size_ = 0;
  std::int64_t fifo_start_ = 0;  // absolute index of fifo_[0]

  State state_ = State::search;
  std::int64_t position_ = 0;             // search: first start position of the window
  bool searched_ = false;                 // the window at position_ has been computed
  std::size_t next_candidate_ = 0;        // where in it to go on
  std::int64_t following_position_ = -1;  // of the window that follows the last one computed
  std::int64_t start_ = 0;                // confirm, frame: where the frame starts, or should
  double frequency_ = 0;                  // cycles per sample
  double rate_variance_ = 0;              // of the frequency, (rad per symbol)^2
  double drift_ = 0;                      // samples per symbol
  double drift_variance_ = 0;
  std::size_t symbol_ = 0;
  bool candidate_ = false;  // confirm, frame: found by the search, not where the last frame said
  Slot slot_;               // search while locked: what comes next of the frames followed so far
  bool locked_ = false;
  unsigned missed_ = 0;
  frame::Header header_;
  aligned_vector<modem::Llr> llr_;
  aligned_vector<std::uint8_t> payload_;
  Stats stats_;
  KuProbe* probe_ = nullptr;
};

}  // namespace boresight::rx
