// One HTML page about a run: what came out, and pictures of why. No script, nothing loaded from elsewhere.
#pragma once

#include <string>

#include "chain.h"
#include "options.h"
#include "report_data.h"
#include "results.h"
#include "setup.h"

namespace boresight::receive {

std::string report_html(const Options& options, const Setup& setup, const Chain& chain,
                        const ReportData& report_data, const Results& results);

}  // namespace boresight::receive
