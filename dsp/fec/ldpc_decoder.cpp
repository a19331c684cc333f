#include "boresight/fec/ldpc_decoder.h"

#include <algorithm>
#include <array>
#include <string>

#include "boresight/core/error.h"
#include "fec/ldpc_schedule.h"
#include "kernels/ldpc.h"

namespace boresight::fec {
namespace {

// Tuned together with the two steps per nat of the totals (docs/error-rates.md). The limit keeps messages
// from outrunning totals that saturate: without it, a clean block diverges.
constexpr std::int8_t max_message = 31;
constexpr std::int8_t message_offset = 1;

// How many codewords should share the lanes: the fewest that fill them best.
unsigned frames_per_group(std::size_t lifting_size, std::size_t vector_lanes, unsigned max_lanes) {
  unsigned best = 1;
  double best_fill = 0;
  for (unsigned frames = 1; frames <= LdpcDecoder::max_frames && frames * lifting_size <= max_lanes;
       ++frames) {
    const std::size_t lanes = frames * lifting_size;
    const std::size_t vectors = (lanes + vector_lanes - 1) / vector_lanes;
    const double fill = static_cast<double>(lanes) / static_cast<double>(vectors * vector_lanes);
    if (fill > best_fill + 0.02) {
      best = frames;
      best_fill = fill;
    }
  }
  return best;
}

}  // namespace

// Codewords that are decoded together, lane z * frames + f being bit z of codeword f.
struct LdpcDecoder::Group {
  const kernels::LdpcKernel& kernel;  // one target for all of the group
  const LdpcGraph& graph;
  const Options& options;
  unsigned frames;
  const modem::Llr* llr;  // [frames][codeword_bits]
  std::uint8_t* bits;     // [frames][information_bits]
  Result* results;        // [frames]

  std::size_t z() const { return graph.lifting_size(); }
  std::size_t lanes() const { return z() * frames; }
  std::uint8_t* bits_of(unsigned frame) const { return bits + frame * graph.information_bits(); }
};

LdpcDecoder::LdpcDecoder(const Config& config) : max_lifting_size_(config.max_lifting_size) {
  require(config.max_lifting_size >= 2 && config.max_lifting_size <= ldpc_max_lifting_size,
          "LdpcDecoder: max_lifting_size " + std::to_string(config.max_lifting_size) + " is not in 2 .. 384");
  const unsigned max_lanes = std::min(max_frames * config.max_lifting_size, ldpc_max_lifting_size);
  schedule_ = std::make_unique<LdpcSchedule>(max_lanes);
  totals_.resize(schedule_->totals_bytes());
  messages_.resize(schedule_->messages_bytes());
  column_llr_.resize(max_lanes);
  column_bits_.resize(max_lanes);
  frame_bits_.resize(max_lanes);
  syndrome_.resize(max_lanes + 64);  // whole vectors
}

LdpcDecoder::~LdpcDecoder() = default;
LdpcDecoder::LdpcDecoder(LdpcDecoder&&) noexcept = default;
LdpcDecoder& LdpcDecoder::operator=(LdpcDecoder&&) noexcept = default;

LdpcDecoder::Result LdpcDecoder::decode(const LdpcGraph& graph, std::span<const modem::Llr> llr,
                                        const Options& options, std::span<std::uint8_t> bits) noexcept {
  Result result;
  decode_batch(graph, llr, options, bits, {&result, 1});
  return result;
}

void LdpcDecoder::decode_batch(const LdpcGraph& graph, std::span<const modem::Llr> llr,
                               const Options& options, std::span<std::uint8_t> bits,
                               std::span<Result> results) noexcept {
  std::fill(results.begin(), results.end(), Result{});
  const std::size_t blocks = results.size();
  if (graph.lifting_size() > max_lifting_size_ || llr.size() != blocks * graph.codeword_bits() ||
      bits.size() != blocks * graph.information_bits() || options.crc_bits > graph.information_bits()) {
    return;
  }
  const kernels::LdpcKernel& kernel = kernels::ldpc_kernel();
  const unsigned most =
      frames_per_group(graph.lifting_size(), kernel.lanes, static_cast<unsigned>(column_llr_.size()));
  for (std::size_t block = 0; block < blocks;) {
    const auto frames = static_cast<unsigned>(std::min<std::size_t>(most, blocks - block));
    decode_group({kernel, graph, options, frames, llr.data() + block * graph.codeword_bits(),
                  bits.data() + block * graph.information_bits(), results.data() + block});
    block += frames;
  }
}

void LdpcDecoder::load(const Group& group) noexcept {
  const LdpcGraph& graph = group.graph;
  const std::size_t z = group.z();
  const auto says_something = [&](unsigned column) {
    for (unsigned f = 0; f < group.frames; ++f) {
      if (group.kernel.any_nonzero(group.llr + f * graph.codeword_bits() + column * z, z)) return true;
    }
    return false;
  };
  std::uint64_t rows_in_use = 0;
  for (unsigned row = 0; row < graph.rows(); ++row) {
    const bool in_use = !graph.is_extension(row) || says_something(graph.own_column(row));
    rows_in_use |= std::uint64_t{in_use} << row;
  }
  schedule_->make(graph, rows_in_use, group.frames, group.kernel.lanes);

  const unsigned core_columns = graph.information_columns() + graph.core_rows();
  for (unsigned column = 0; column < graph.columns(); ++column) {
    if (column >= core_columns && ((rows_in_use >> (column - graph.information_columns())) & 1U) == 0)
      continue;
    const modem::Llr* in = group.llr + column * z;
    if (group.frames > 1) {
      group.kernel.interleave(in, graph.codeword_bits(), z, group.frames, column_llr_.data());
      in = column_llr_.data();
    }
    const auto place = schedule_->place(column, 0);
    group.kernel.load_column(in, group.lanes(), place.rotation, totals_.data() + place.offset);
  }
}

void LdpcDecoder::check_parity(const Group& group, unsigned iteration,
                               std::array<bool, max_frames>& holds) noexcept {
  const std::size_t chunks = schedule_->layout().chunks;
  holds.fill(true);
  if (group.frames == 1) {
    for (unsigned row = 0; row < group.graph.core_rows() && holds[0]; ++row) {
      const auto parity = schedule_->parity(row, iteration);
      holds[0] = group.kernel.parity_holds(totals_.data(), parity.sources, parity.degree, chunks);
    }
    return;
  }
  std::fill(syndrome_.begin(), syndrome_.end(), std::int8_t{0});
  for (unsigned row = 0; row < group.graph.core_rows(); ++row) {
    const auto parity = schedule_->parity(row, iteration);
    group.kernel.add_syndrome(totals_.data(), parity.sources, parity.degree, chunks, syndrome_.data());
  }
  for (unsigned f = 0; f < group.frames; ++f) {
    for (std::size_t i = f; i < group.lanes() && holds[f]; i += group.frames) holds[f] = syndrome_[i] >= 0;
  }
}

void LdpcDecoder::decide(const Group& group, unsigned iteration,
                         const std::array<bool, max_frames>& wanted) noexcept {
  const std::size_t z = group.z();
  const std::size_t crc_bits =
      group.options.crc_bits != 0 ? group.options.crc_bits : group.graph.information_bits();
  std::array<bool, max_frames> decided;
  decided.fill(true);
  for (unsigned column = 0; column < group.graph.information_columns(); ++column) {
    const auto place = schedule_->place(column, iteration);
    const std::int8_t* in = totals_.data() + place.offset;
    if (group.frames == 1) {
      decided[0] &= group.kernel.decide_column(in, z, place.rotation, group.bits + column * z);
      continue;
    }
    const std::size_t n = group.lanes();
    const bool all_decided = group.kernel.decide_column(in, n, place.rotation, column_bits_.data());
    group.kernel.deinterleave(column_bits_.data(), z, group.frames, frame_bits_.data(), z);
    for (unsigned f = 0; f < group.frames; ++f) {
      if (!wanted[f]) continue;
      std::copy_n(frame_bits_.data() + f * z, z, group.bits_of(f) + column * z);
      if (all_decided) continue;
      for (std::size_t i = f; i < n; i += group.frames) decided[f] &= in[(i + n - place.rotation) % n] != 0;
    }
  }
  for (unsigned f = 0; f < group.frames; ++f) {
    if (!wanted[f]) continue;
    Result& result = group.results[f];
    result.decided = decided[f];
    result.crc_ok = decided[f] && crc_holds(group.options.crc, {group.bits_of(f), crc_bits});
  }
}

void LdpcDecoder::decode_group(const Group& group) noexcept {
  load(group);
  kernels::LdpcLayout layout = schedule_->layout();
  layout.max_message = max_message;
  layout.offset = message_offset;

  // A codeword that is done keeps its bits while the others go on.
  std::array<bool, max_frames> waiting{};
  std::fill_n(waiting.begin(), group.frames, true);
  std::array<bool, max_frames> parity_holds;
  const unsigned iterations = group.options.max_iterations;
  // True if nobody waits any more.
  const auto judge = [&](unsigned iteration) {
    const bool last = iteration == iterations;
    check_parity(group, iteration, parity_holds);
    std::array<bool, max_frames> to_decide{};
    for (unsigned f = 0; f < group.frames; ++f) to_decide[f] = waiting[f] && (parity_holds[f] || last);
    if (std::none_of(to_decide.begin(), to_decide.end(), [](bool x) { return x; })) return false;
    decide(group, iteration, to_decide);
    for (unsigned f = 0; f < group.frames; ++f) {
      if (!to_decide[f]) continue;
      Result& result = group.results[f];
      result.parity_ok = parity_holds[f] && result.decided;
      result.iterations = iteration;
      waiting[f] = !last && !(result.parity_ok && (result.crc_ok || group.options.crc == Crc::none));
    }
    return std::none_of(waiting.begin(), waiting.end(), [](bool x) { return x; });
  };

  bool done = iterations == 0 && judge(0);
  for (unsigned iteration = 0; iteration < iterations && !done; ++iteration) {
    const auto turn = iteration == 0                ? kernels::LdpcTurn::first
                      : iteration + 1 == iterations ? kernels::LdpcTurn::last
                                                    : kernels::LdpcTurn::middle;
    group.kernel.update_rows(layout, schedule_->rows().data(), schedule_->rows().size(),
                             schedule_->sources(iteration), schedule_->destinations(iteration),
                             totals_.data(), messages_.data(), turn);
    const bool last = iteration + 1 == iterations;
    done = (group.options.stop == Stop::parity || last) && judge(iteration + 1);
  }
}

}  // namespace boresight::fec
