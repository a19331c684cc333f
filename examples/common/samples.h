// Samples of a block as numbers.
#pragma once

#include <cstddef>
#include <span>

#include "boresight/core/types.h"
#include "boresight/sdr/sample_stream.h"

namespace boresight::program {

/// The first out.size() samples of a channel, full scale 1 for the usual scale of the format. Returns how
/// many were no numbers, and became zero.
std::size_t to_samples(const sdr::SampleBlock& block, std::size_t channel, std::span<cf32> out);

}  // namespace boresight::program
