// The last step of the ku synchronizer: carrier and delay from everything that is known of a frame's first
// two symbols. Private; what it promises is in boresight/sync/ku_acquisition.h.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/modulator.h"

namespace boresight::sync {

class KuRefine {
 public:
  struct Result {
    double frequency = 0;  // cycles per sample
    double delay = 0;      // samples behind the start assumed
  };

  KuRefine();

  /// samples [2112]: the two symbols, as far as they are known to a sample, on a carrier known to 1/600.
  Result process(std::span<const cf32> samples, double frequency) noexcept;

 private:
  double carrier(std::span<const cf32> samples, std::span<const cf32> known, double frequency) noexcept;
  double delay(std::span<const cf32> samples, double frequency) noexcept;

  void shift_known(double delay) noexcept;

  ofdm::Demodulator demodulator_;
  ofdm::Modulator modulator_;
  aligned_vector<cf32> known_;         // both symbols in time [2112]
  aligned_vector<cf32> shifted_;       // the same, later by the measured delay
  aligned_vector<cf32> pss_spectrum_;  // of the body [1024]
  aligned_vector<cf32> turned_;
  std::array<aligned_vector<cf32>, 2> bins_;
};

}  // namespace boresight::sync
