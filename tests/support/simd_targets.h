// Runs a check once for each SIMD target of this machine.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "boresight/core/simd.h"

namespace boresight {

/// Calls check() with each of simd_targets() forced in turn, then gives the choice back to the library.
template <typename Check>
void for_each_simd_target(const Check& check) {
  struct Restore {
    ~Restore() { force_simd_target({}); }
  } restore;
  for (const std::string& name : simd_targets()) {
    SCOPED_TRACE(name);
    force_simd_target(name);
    check();
  }
}

}  // namespace boresight
