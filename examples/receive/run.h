// The run itself: from the source through the chain until it is over.
#pragma once

#include <atomic>

#include "chain.h"
#include "options.h"
#include "results.h"
#include "setup.h"

namespace boresight::receive {

class ReportData;

/// Runs until what the options say, the end of the source, or `interrupted`. The file goes to options.output
/// the moment it is complete. `report_data` may be null.
/// IoError when a file cannot be written.
void run(const Options& options, Setup& setup, Chain& chain, ReportData* report_data, Results& results,
         const std::atomic<bool>& interrupted);

}  // namespace boresight::receive
