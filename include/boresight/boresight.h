// Every public header, in the order of the signal path.
#pragma once

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/digest.h"
#include "boresight/core/error.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/core/vec3.h"
#include "boresight/core/version.h"

#include "boresight/modem/llr.h"

#include "boresight/frame/carousel.h"
#include "boresight/frame/header.h"

#include "boresight/tx/ku_transmitter.h"
