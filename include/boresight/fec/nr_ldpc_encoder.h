// Systematic encoder of the 5G NR LDPC code.
#pragma once

#include <cstdint>
#include <span>

#include "boresight/fec/nr_base_graph.h"

namespace boresight::fec {

/// Writes the parity bits of 3GPP TS 38.212 5.3.2 that make H [information parity]^T = 0.
/// `information` holds graph.information_bits() bit lanes (0 or 1; filler bits are 0), `parity` the first
/// `rows` block rows' worth, rows x Z lanes, 4 <= rows <= graph.rows(): parity column i belongs to row i, so
/// a high-rate transmission needs only the first rows. The core's four columns are a double diagonal plus
/// one column of weight three, which makes it solvable by substitution; the other columns are sums.
void nr_ldpc_encode(const NrLdpcGraph& graph, std::span<const std::uint8_t> information,
                    std::span<std::uint8_t> parity, unsigned rows) noexcept;

}  // namespace boresight::fec
