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

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/array/pattern.h"
#include "boresight/array/steering.h"

#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/beamformer.h"
#include "boresight/beam/weights.h"

#include "boresight/doa/covariance.h"

#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/equalizer.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"

#include "boresight/modem/constellation.h"
#include "boresight/modem/llr.h"
#include "boresight/modem/soft_demapper.h"

#include "boresight/fec/bits.h"
#include "boresight/fec/convolutional.h"
#include "boresight/fec/crc.h"
#include "boresight/fec/interleaver.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_decoder.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/scrambler.h"

#include "boresight/frame/carousel.h"
#include "boresight/frame/header.h"

#include "boresight/tx/ku_transmitter.h"
