// Checks of the caller's own mistakes (wrong shapes). Off unless BORESIGHT_ASSERTS is defined; nothing
// that comes from the air, a file or a device may be checked with it.
#pragma once

#ifdef BORESIGHT_ASSERTS
#include <cstdio>
#include <cstdlib>
#define BORESIGHT_ASSERT(condition)                                                                      \
  ((condition) ? static_cast<void>(0)                                                                    \
               : (std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition), \
                  std::abort()))
#else
#define BORESIGHT_ASSERT(condition) static_cast<void>(0)
#endif
