// One HTML page about a run: what came out, and pictures of why. No script, nothing loaded from elsewhere.
#pragma once

#include <string>

#include "chain.h"
#include "collector.h"
#include "options.h"
#include "results.h"
#include "setup.h"

namespace boresight::receive {

std::string report_html(const Options& options, const Setup& setup, const Chain& chain,
                        const Collector& collector, const Results& results);

}  // namespace boresight::receive
