// Counts calls of operator new in this test program, to show that a chain does not allocate while it runs.
#pragma once

#include <cstddef>

namespace boresight::testing {

/// Allocations of all threads so far.
std::size_t allocations();

}  // namespace boresight::testing
