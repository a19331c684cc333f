// The most likely SIGNAL field, of the valid ones only. Private.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "boresight/frame/wifi_phy.h"
#include "boresight/modem/llr.h"

namespace boresight::frame {

/// Maximum likelihood over the 8 * 4096 fields with a valid RATE (its last bit is 1), the reserved bit 0,
/// even parity and a zero tail: Viterbi's algorithm with the parity so far as a seventh bit of the state.
/// Between these fields the code has a third of the neighbors at distance 10 that it has between arbitrary
/// ones. llrs: deinterleaved. Ties go to the lower state. LENGTH 0 may come out.
std::array<std::uint8_t, wifi_signal_bits> decode_signal_field(
    std::span<const modem::Llr, wifi_signal_coded_bits> llrs) noexcept;

}  // namespace boresight::frame
