// A burst on any OFDM numerology: what stands where. For links of one's own; ku_frame.h and wifi_phy.h are
// the fixed ones.
//
//        repetition: parts         training       header                payload
//   ┌─────┬─────┬─────┬─────┬─────┬───────┬───────┬───────┬── ──┬───────┬───────┬── ── ──┬───────┬╌╌╌┐
//   │  A  │ -A  │  A  │  A  │  A  │  T    │  T    │  HDR  │     │  HDR  │ DATA  │        │ DATA  │   ╎
//   └─────┴─────┴─────┴─────┴─────┴───────┴───────┴───────┴── ──┴───────┴───────┴── ── ──┴───────┴╌╌╌┘
//    part_samples() each           symbol_samples() each: prefix + N                              taper
//                                 numerology's symbol number:  0      H - 1     H, H + 1, ..
//
//   A    a sequence of P samples, flat over the used band: what a receiver without any knowledge of the
//        channel finds. The products of neighboring signs add to zero, so that a carrier (CW), which repeats
//        too, cancels (sync/repetition_search.h). With a taper the signs change as its halves of a cosine do.
//   T    one known symbol twice, QPSK from a Gold sequence on every subcarrier that any symbol uses: whole
//        subcarriers of carrier offset, timing, channel, noise.
//   HDR  10 bytes (frame/header.h) -> CRC-16, NR LDPC base graph 2, repeated to all data subcarriers of the
//        fewest symbols that carry 768 bits (rate 1/8 or below) -> Gold sequence -> QPSK.
//   DATA payload -> CRC-24A (CRC-16 up to 478 bytes) -> code blocks with CRC-24B -> NR LDPC, rate-matched to
//        all data subcarriers of the fewest symbols in which the MCS's code rate is not exceeded -> Gold
//        sequence seeded by the burst's sequence number -> QPSK to 1024-QAM (TS 38.211 maps), subcarrier by
//        subcarrier from the lowest frequency, symbol by symbol.
//
// Header and data symbols have the numerology's pilots: QPSK from a Gold sequence seeded by the symbol's
// number. Everything has the mean power 1 per sample where all used subcarriers are sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/types.h"
#include "boresight/frame/header.h"
#include "boresight/ofdm/numerology.h"

namespace boresight::frame {

/// The longest payload of a burst, bytes.
inline constexpr std::size_t ofdm_burst_max_payload_bytes = 16384;

class OfdmBurst {
 public:
  static constexpr std::size_t training_symbols = 2;
  static constexpr std::size_t least_header_bits = 768;
  /// Of the parts. Products of neighbors: - - + +, no more than half like themselves when moved.
  static constexpr std::array<int, 5> part_signs{1, -1, 1, 1, 1};

  /// ConfigError for a numerology that is invalid, smaller than 64, without data subcarriers, or too narrow:
  /// the used band must hold 4 subcarriers of spacing 1 / part_samples().
  explicit OfdmBurst(const ofdm::Numerology& numerology);

  const ofdm::Numerology& numerology() const { return numerology_; }

  /// P: a quarter of the FFT size, but not below 128, in multiples of 64.
  std::size_t part_samples() const { return part_.size(); }
  std::span<const int> signs() const { return part_signs; }
  std::size_t repetition_samples() const { return part_.size() * part_signs.size(); }
  std::size_t preamble_samples() const {
    return repetition_samples() + training_symbols * numerology_.symbol_samples();
  }
  /// A's spectrum on P points, FFT order; P^-1/2 sum makes its samples.
  std::span<const cf32> part() const { return part_; }
  /// T's subcarriers [N], FFT order, zero where nothing is sent.
  std::span<const cf32> training() const { return training_; }

  /// Subcarriers used by any symbol, from the most negative frequency on.
  std::span<const std::uint16_t> used_carriers() const { return used_; }
  /// Those of one symbol, same order. Symbols count from the first of the header.
  std::span<const std::uint16_t> data_carriers(std::size_t symbol) const {
    return data_[symbol % data_.size()];
  }
  std::span<const std::uint16_t> pilot_carriers(std::size_t symbol) const {
    return pilots_[symbol % pilots_.size()];
  }
  /// values [pilot_carriers(symbol)], of modulus 1.
  void pilot_values(std::size_t symbol, std::span<cf32> values) const noexcept;
  /// What multiplies points and pilots on the air: (N / used subcarriers)^1/2.
  float amplitude() const { return amplitude_; }

  std::size_t header_symbols() const { return header_symbols_; }
  std::size_t header_coded_bits() const { return header_coded_bits_; }
  /// Of a header with any values: symbols after the header, their data subcarriers, coded bits.
  std::size_t payload_symbols(const Header& header) const noexcept;
  std::size_t payload_carriers(const Header& header) const noexcept;
  /// From the first part to the end of the last symbol, and the taper that falls behind it.
  std::size_t samples(const Header& header) const noexcept;

 private:
  std::size_t carriers_in(std::size_t first_symbol, std::size_t symbols) const noexcept;

  ofdm::Numerology numerology_;
  aligned_vector<cf32> part_;
  aligned_vector<cf32> training_;
  std::vector<std::uint16_t> used_;
  std::vector<std::vector<std::uint16_t>> data_;    // of each symbol of a period
  std::vector<std::vector<std::uint16_t>> pilots_;  // likewise
  std::vector<std::size_t> data_before_;            // data subcarriers of the symbols before each, and of all
  float amplitude_ = 1;
  std::size_t header_symbols_ = 0;
  std::size_t header_coded_bits_ = 0;
};

}  // namespace boresight::frame
