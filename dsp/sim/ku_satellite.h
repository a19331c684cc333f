// What a scenario's satellites send: a carousel of one file in frames of the ku waveform.
#pragma once

#include <cstdint>
#include <vector>

#include "boresight/frame/header.h"
#include "boresight/sim/scenario.h"
#include "boresight/sim/signal.h"

namespace boresight::sim {

/// The deterministic file of a scenario: scenario.payload_file_bytes uniform bytes drawn from its seed.
std::vector<std::uint8_t> payload_file(const Scenario& scenario);

/// One signal per satellite, each sending the same file in frames as long as the MCS allows; satellite i
/// starts its carousel i / (number of satellites) of the way round, so that no two send the same frame.
std::vector<Signal> ku_signals(const Scenario& scenario, const std::vector<std::uint8_t>& file);

}  // namespace boresight::sim
