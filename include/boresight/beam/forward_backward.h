// Forward-backward averaging under this folder's name: doa/smoothing.h has it.
#pragma once

#include "boresight/doa/smoothing.h"

namespace boresight::beam {

using doa::forward_backward;
using doa::mirror_elements;

}  // namespace boresight::beam
