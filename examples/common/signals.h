// Ctrl-C, and what else the system sends.
#pragma once

#include <atomic>

namespace boresight::program {

/// The first SIGINT or SIGTERM sets what is returned, so that a run ends in good order; the second ends the
/// program at once. A closed pipe and a full quota become errors of the write that meets them.
const std::atomic<bool>& listen_for_signals();

}  // namespace boresight::program
