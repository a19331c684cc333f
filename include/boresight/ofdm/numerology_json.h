// A numerology of one's own from JSON.
#pragma once

#include <string_view>

#include "boresight/ofdm/numerology.h"

namespace boresight::ofdm {

inline constexpr std::size_t max_numerology_bytes = 1U << 16;

/// Reads a NumerologyPlan (see there for ranges and meanings) and makes its maps:
///
///   {
///     "name": "lab5",                        optional
///     "sample_rate_hz": 5e6,
///     "fft_size": 256,                       64 .. 8192
///     "prefix_samples": 32,
///     "taper_samples": 8,                    optional, 0
///     "guard_carriers": {"lower": 20, "upper": 19},                      optional, none
///     "null_carriers": [0],                  optional, [0]; signed indices
///     "pilots": {"pattern": "comb", "spacing": 12, "first": 6}           optional, none; or one of
///               {"pattern": "scattered", "spacing": 12, "first": 0, "symbol_step": 3}
///               {"pattern": "block", "period_symbols": 8, "first": 0}
///               {"pattern": "edge", "carriers_per_edge": 4}
///               {"pattern": "list", "carriers": [-21, -7, 7, 21]}
///   }
///
/// Untrusted text: at most max_numerology_bytes and 16 levels deep; unknown and repeated keys are refused. A
/// ConfigError is one line, "<source_name>: <key>: <value>: <limit>". examples/numerologies/ has a file.
Numerology numerology_from_json(std::string_view json, std::string_view source_name);

}  // namespace boresight::ofdm
