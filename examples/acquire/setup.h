// From options to an open source and what is looked for in it.
#pragma once

#include <memory>

#include "acquire/options.h"
#include "boresight/sdr/source.h"

namespace boresight::acquire {

enum class Mode { preamble, pilots, tones };

struct Setup {
  std::unique_ptr<sdr::Source> source;
  Mode mode = Mode::preamble;
  double sample_rate_hz = 0;
  double tuned_hz = 0;    ///< radio frequency of the middle of the samples
  double carrier_hz = 0;  ///< of the channel's center
  int channel = 0;        ///< 0: --carrier said one

  double center_hz() const { return tuned_hz - carrier_hz; }
};

/// Opens the source and checks that everything fits together.
/// ConfigError or IoError, one line that names the option or file, its value and the limit.
Setup set_up(const Options& options);

const char* to_string(Mode mode);

}  // namespace boresight::acquire
