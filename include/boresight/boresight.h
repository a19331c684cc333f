// Every public header, in the order of the signal path.
#pragma once

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/convert.h"
#include "boresight/core/digest.h"
#include "boresight/core/error.h"
#include "boresight/core/grid.h"
#include "boresight/core/random.h"
#include "boresight/core/simd.h"
#include "boresight/core/types.h"
#include "boresight/core/units.h"
#include "boresight/core/vec3.h"
#include "boresight/core/version.h"

#if __has_include("boresight/sdr/source.h")  // not installed without boresight::sdr
#include "boresight/sdr/atomic_file.h"
#include "boresight/sdr/sample_stream.h"
#include "boresight/sdr/sigmf.h"
#include "boresight/sdr/soapy_source.h"
#include "boresight/sdr/source.h"
#endif

#include "boresight/array/direction.h"
#include "boresight/array/geometry.h"
#include "boresight/array/pattern.h"
#include "boresight/array/steering.h"

#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/beamformer.h"
#include "boresight/beam/weights.h"

#include "boresight/doa/covariance.h"

#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"
#include "boresight/sync/tracking_filter.h"
#include "boresight/sync/wifi_long_training.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "boresight/sync/wifi_short_training.h"

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
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_graph.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_base_graph.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"
#include "boresight/fec/nr_segmentation.h"
#include "boresight/fec/nr_transport.h"
#include "boresight/fec/scrambler.h"
#include "boresight/fec/wlan_ldpc.h"
#include "boresight/fec/wlan_ldpc_format.h"

#include "boresight/frame/carousel.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/header.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/frame/wifi_phy.h"

#include "boresight/rx/front_end.h"
#include "boresight/rx/ku_demodulator.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/rx/oneshot_receiver.h"
#include "boresight/rx/receiver.h"
#include "boresight/rx/wifi_receiver.h"

#include "boresight/tx/ku_transmitter.h"
#include "boresight/tx/wifi_transmitter.h"

#include "boresight/sim/motion.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/signal.h"
#include "boresight/sim/sky.h"
