// The narrow tones of satellites of the Ku-band downlink (sync/tone_search.h), followed in time: one
// detection for each satellite in every half window, 5 to 11 ms. Several satellites at once. For tones
// `snr_db` of a detection is the power of all tones over the noise in 240 MHz: C/N0 less 83.8 dB; `frames` is
// 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "boresight/core/types.h"
#include "boresight/rx/preamble_receiver.h"
#include "boresight/sync/tone_search.h"

namespace boresight::rx {

class ToneReceiver {
 public:
  struct Config {
    sync::ToneSearch::Config search;  ///< false_alarm here: per 1/750 s, not per window
    double track_timeout_s = 1;
  };
  static constexpr std::size_t most_tracks = 16;
  using Handler = std::function<void(const KuDetection&)>;

  explicit ToneReceiver(const Config& config);
  ~ToneReceiver();
  ToneReceiver(ToneReceiver&&) noexcept;
  ToneReceiver& operator=(ToneReceiver&&) noexcept;

  /// Any number of samples, numbers all of them (to_cf32 cleans).
  void push(std::span<const cf32> x, const Handler& handler);
  void skip(std::uint64_t lost);

  const sync::ToneSearch& search() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace boresight::rx
