// Belief propagation decoder of LDPC codes in plain floating point: the oracle for faster ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/fec/ldpc_graph.h"

namespace boresight::fec {

/// How a check combines what its bits say.
enum class CheckRule : std::uint8_t {
  sum_product,     ///< exact (Gallager 1963), pairwise box-plus, good to about 1e-6 nats
  min_sum,         ///< smallest magnitude times 0.75 (Chen and Fossorier 2002)
  offset_min_sum,  ///< smallest magnitude less 0.5 nats, not below zero
};

/// Layered schedule (Hocevar 2004), one block row after the other, lanes along Z. One object decodes every
/// graph with a lifting size up to its maximum.
class LdpcReferenceDecoder {
 public:
  struct Config {
    unsigned max_lifting_size = ldpc_max_lifting_size;
    CheckRule rule = CheckRule::min_sum;
    float min_sum_scale = 0.75F;              ///< in (0, 1], for min_sum
    float offset_min_sum_offset_nats = 0.5F;  ///< >= 0, for offset_min_sum
  };

  struct Result {
    bool parity_ok = false;  ///< all checks in use hold and no information bit is undecided
    bool decided = false;    ///< every information bit has a total other than zero
    unsigned iterations = 0;
  };

  /// A bit known for certain (filler, shortened bits): larger than anything a channel says.
  static constexpr float known_zero_llr_nats = 1e6F;

  /// ConfigError if a value is out of the range said above or max_lifting_size is not in 2..384.
  explicit LdpcReferenceDecoder(const Config& config);

  /// `llr_nats` are graph.codeword_bits() log-likelihood ratios, positive = 0, zero = not received. A bit
  /// that was not transmitted is 0 if only its sender knows it (NR: the first two block columns) and
  /// known_zero_llr_nats if everybody knows that it is 0 (filler). NaN counts as zero and magnitudes are
  /// limited to 1e6. Writes graph.information_bits() hard decisions to `bits` (an undecided
  /// bit reads 0) and stops as soon as the parity checks hold, at the latest after `max_iterations`.
  /// Extension rows whose own parity column brought nothing are left out: they cannot say anything. Wrong
  /// span sizes or a graph above max_lifting_size give a Result of zeros and leave `bits` alone.
  Result decode(const LdpcGraph& graph, std::span<const float> llr_nats, unsigned max_iterations,
                std::span<std::uint8_t> bits) noexcept;

 private:
  void load(const LdpcGraph& graph, std::span<const float> llr_nats) noexcept;
  void update_row_min_sum(const LdpcGraph& graph, unsigned row) noexcept;
  void update_row_sum_product(const LdpcGraph& graph, unsigned row) noexcept;
  void decide(const LdpcGraph& graph) noexcept;
  bool parity_holds(const LdpcGraph& graph) noexcept;

  Config config_;
  float scale_;
  float offset_nats_;
  std::size_t stride_;                      ///< lanes between block columns
  aligned_vector<float> totals_;            ///< [column][stride]: channel plus all messages
  aligned_vector<float> messages_;          ///< [edge][stride]: check to bit
  aligned_vector<float> inputs_;            ///< [edge of a row][stride]: bit to check
  aligned_vector<float> prefixes_;          ///< [edge of a row][stride]: sum_product only
  aligned_vector<float> rows_scratch_;      ///< 5 x [stride]
  aligned_vector<std::uint8_t> decisions_;  ///< [column][stride]
  aligned_vector<std::uint8_t> syndrome_;   ///< [stride]
  std::array<bool, ldpc_max_rows> row_in_use_{};
};

}  // namespace boresight::fec
