// The results as JSON, for programs.
#pragma once

#include <string>

#include "results.h"

namespace boresight::receive {

/// One object; every number is finite, what is not known is null. Ends with a line end.
std::string to_json(const Results& results);

}  // namespace boresight::receive
