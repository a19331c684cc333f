// Counts what operator new does, to show that a call allocates nothing.
#pragma once

#include <cstddef>

namespace boresight::fec {

/// Calls of any operator new of this program so far.
std::size_t allocations();

}  // namespace boresight::fec
