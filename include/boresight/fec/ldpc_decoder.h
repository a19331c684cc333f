// The LDPC decoder: layered offset min-sum on int8, for 5G NR and IEEE 802.11n.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "boresight/core/aligned.h"
#include "boresight/fec/crc.h"
#include "boresight/fec/ldpc_graph.h"
#include "boresight/modem/llr.h"

namespace boresight::fec {

class LdpcSchedule;

/// Soft bits are modem::Llr: int8, ln(P(0) / P(1)) in quarters of a nat, so +127 is a 0 for certain, -127 a 1
/// for certain and 0 a bit that was not received.
///
///   NrLdpcGraph graph(BaseGraph::bg1, 384);
///   LdpcDecoder decoder({});
///   const NrRateMatching matching{.graph = BaseGraph::bg1, .lifting_size = 384, .bits_per_block = 8000,
///   ...}; std::vector<modem::Llr> llr(graph.codeword_bits()); nr_begin_recovery(matching, llr); // nothing
///   received yet, filler certain nr_rate_recover(matching, from_the_demapper, llr);
///   std::vector<std::uint8_t> bits(graph.information_bits());
///   const auto result = decoder.decode(graph, llr, {.max_iterations = 10}, bits);
///   if (result.parity_ok) ...
///
/// The layered schedule (Hocevar, IEEE SiPS 2004) with the offset min-sum rule (Chen et al., IEEE Trans.
/// Commun. 53 (2005) 1288), on halves of a nat: totals saturate at +127 and -128, messages at 31 less the
/// offset of 1. With 15 iterations it is about 0.5 dB from 50 sum-product iterations of LdpcReferenceDecoder;
/// docs/error-rates.md has the curves. The result does not depend on the instruction set.
class LdpcDecoder {
 public:
  struct Config {
    unsigned max_lifting_size = ldpc_max_lifting_size;  ///< Z, 2 .. 384
  };

  /// When a block is done before max_iterations.
  enum class Stop : std::uint8_t {
    never,   ///< all iterations, for measurements
    parity,  ///< the core rows' parity checks hold, every information bit is decided, and the CRC is right
  };

  struct Options {
    unsigned max_iterations = 10;
    Stop stop = Stop::parity;
    Crc crc = Crc::none;  ///< that ends the first `crc_bits` information bits
    /// With the CRC's own bits; 0: all information bits. Not above graph.information_bits().
    std::size_t crc_bits = 0;
  };

  struct Result {
    /// The core rows' parity checks hold and every information bit is decided: what to go by without a CRC.
    /// (LdpcReferenceDecoder means the same, but of all rows in use.)
    bool parity_ok = false;
    bool decided = false;  ///< every information bit has a total other than zero
    bool crc_ok = false;   ///< the CRC is right and every bit decided; with Crc::none always false
    unsigned iterations = 0;
  };

  /// Blocks that decode_batch puts side by side, at most.
  static constexpr unsigned max_frames = 4;

  /// ConfigError if max_lifting_size is not in 2 .. 384.
  explicit LdpcDecoder(const Config& config);
  ~LdpcDecoder();
  LdpcDecoder(LdpcDecoder&&) noexcept;
  LdpcDecoder& operator=(LdpcDecoder&&) noexcept;

  /// `llr` holds graph.codeword_bits() soft bits. A bit that was not transmitted is 0 if only its sender
  /// knows it (NR: the first two block columns) and llr_max if everybody knows that it is 0 (NR: filler;
  /// 802.11n: shortened bits): a filler bit of 0 is an unknown bit, and the block is lost. nr_begin_recovery
  /// sets both for NR. Writes graph.information_bits() hard decisions, bit lanes, to `bits`; an undecided bit
  /// reads 0. Extension rows whose own parity column brought nothing are left out: they cannot say anything.
  /// With no iterations the soft bits themselves are judged. Wrong span sizes, crc_bits beyond the block or a
  /// graph above max_lifting_size give a Result of zeros and leave `bits` alone. No allocation.
  Result decode(const LdpcGraph& graph, std::span<const modem::Llr> llr, const Options& options,
                std::span<std::uint8_t> bits) noexcept;

  /// results.size() blocks of the same graph one after the other in `llr` and `bits`. The same results as
  /// one call for each, in less time where Z is no multiple of the vector length: up to four blocks then
  /// share the lanes and iterate until the last of them is done. Threads split a batch by calling this with
  /// decoders of their own.
  void decode_batch(const LdpcGraph& graph, std::span<const modem::Llr> llr, const Options& options,
                    std::span<std::uint8_t> bits, std::span<Result> results) noexcept;

 private:
  unsigned max_lifting_size_;
  std::unique_ptr<LdpcSchedule> schedule_;
  aligned_vector<std::int8_t> totals_;
  aligned_vector<std::int8_t> messages_;
  aligned_vector<std::int8_t> column_llr_;    ///< one block column of several frames, lane by lane
  aligned_vector<std::uint8_t> column_bits_;  ///< the same of decisions
  aligned_vector<std::uint8_t> frame_bits_;   ///< and apart again

  aligned_vector<std::int8_t> syndrome_;

  struct Group;
  void decode_group(const Group& group) noexcept;
  void load(const Group& group) noexcept;
  void check_parity(const Group& group, unsigned iteration, std::array<bool, max_frames>& holds) noexcept;
  void decide(const Group& group, unsigned iteration, const std::array<bool, max_frames>& wanted) noexcept;
};

}  // namespace boresight::fec
