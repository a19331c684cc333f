// Random streams of one scenario's seed: every part of the sky draws from its own.
#pragma once

#include <cstdint>

namespace boresight::sim {

inline constexpr std::uint64_t stream_element_errors = 1;
inline constexpr std::uint64_t stream_file = 2;
inline constexpr std::uint64_t stream_oscillator = 3;
inline constexpr std::uint64_t stream_satellites = 1'000;  ///< + satellite
inline constexpr std::uint64_t stream_jammers = 2'000;     ///< + jammer
inline constexpr std::uint64_t stream_receivers = 3'000;   ///< + channel

}  // namespace boresight::sim
