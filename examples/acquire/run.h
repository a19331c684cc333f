// The run itself: from the source through the search until it is over.
#pragma once

#include <atomic>
#include <string>

#include "acquire/findings.h"
#include "acquire/options.h"
#include "acquire/setup.h"

namespace boresight::acquire {

struct Run {
  std::uint64_t samples = 0;  ///< searched; lost ones are counted
  std::uint64_t lost_samples = 0;
  std::uint64_t cleaned_samples = 0;  ///< that were no numbers
  double run_time_s = 0;
  std::string source_failure;  ///< empty: the source did not fail
};

/// Runs until what the options say, the end of the source, or `interrupted`.
Run run(const Options& options, Setup& setup, Findings& findings, const std::atomic<bool>& interrupted);

}  // namespace boresight::acquire
