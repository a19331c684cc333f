// The results in a few lines, for people.
#pragma once

#include <string>

#include "options.h"
#include "results.h"

namespace boresight::receive {

/// Several lines, each with its line end.
std::string summary(const Options& options, const Results& results);

}  // namespace boresight::receive
