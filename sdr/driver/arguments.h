// The device arguments of driver=boresight.
//
//   scenario=NAME     a shipped scenario or the path of a .json file; default clear_sky
//   waveform=NAME     ku20 or ku240 instead of the scenario's own
//   seed=N            instead of the scenario's own
//   channels=N        only the first N elements
//   realtime=0|1      0 (default): samples wait for the reader. 1: they come by the clock, and a reader that
//                     is more than 100 ms late loses some
//   duration_s=S      the stream ends after S seconds of samples: the last ones carry END_BURST, every read
//                     after them is a TIMEOUT
#pragma once

#include <SoapySDR/Types.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "boresight/sim/scenario.h"

namespace boresight::sdr {

struct Arguments {
  std::string scenario = "clear_sky";
  std::optional<std::string> waveform;
  std::optional<std::uint64_t> seed;
  std::optional<std::size_t> channels;
  std::optional<double> duration_s;
  bool real_time = false;
};

/// Throws ConfigError naming the argument, its value and what it may be; an argument that is neither above
/// nor of SoapySDR itself (driver, label, serial, type, device_id, remote...) is refused.
Arguments parse_arguments(const SoapySDR::Kwargs& args);

/// The scene the arguments ask for; a path must be that of a regular file. Throws ConfigError or IoError, one
/// line.
sim::Scenario load_scenario(const Arguments& arguments);

/// What find() answers: nothing unless driver=boresight; otherwise one device, with every argument that makes
/// it another device echoed. SoapySDR hands out one object per such answer. Reads no file, never throws.
SoapySDR::KwargsList find_sky(const SoapySDR::Kwargs& args) noexcept;

}  // namespace boresight::sdr
