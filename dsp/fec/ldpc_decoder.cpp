#include "boresight/fec/ldpc_decoder.h"

#include <algorithm>
#include <array>
#include <string>

#include "boresight/core/error.h"
#include "fec/ldpc_schedule.h"
#include "kernels/ldpc.h"

namespace boresight::fec {
namespace {

constexpr unsigned max_frames = 4;

// Tuned together with the two steps per nat of the totals (docs/error-rates.md). The limit keeps messages
// from outrunning totals that saturate: without it, a clean block diverges.
constexpr std::int8_t max_message = 31;
constexpr std::int8_t message_offset = 1;

// How many codewords should share the lanes: the fewest that fill them best.
unsigned frames_per_group(std::size_t lifting_size, std::size_t vector_lanes, unsigned max_lanes) {
  unsigned best = 1;
  double best_fill = 0;
  for (unsigned frames = 1; frames <= max_frames && frames * lifting_size <= max_lanes; ++frames) {
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

// Codewords that are decoded together; frames of them.
struct LdpcDecoder::Group {
  unsigned frames;
  const modem::Llr* llr;  ///< [frames][codeword_bits]
  std::uint8_t* bits;     ///< [frames][information_bits]
  Result* results;        ///< [frames]
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
  const unsigned most = frames_per_group(graph.lifting_size(), kernels::ldpc_kernel().lanes,
                                         static_cast<unsigned>(column_llr_.size()));
  for (std::size_t block = 0; block < blocks;) {
    const auto frames = static_cast<unsigned>(std::min<std::size_t>(most, blocks - block));
    decode_group(graph,
                 {frames, llr.data() + block * graph.codeword_bits(),
                  bits.data() + block * graph.information_bits(), results.data() + block},
                 options);
    block += frames;
  }
}

void LdpcDecoder::decode_group(const LdpcGraph& graph, const Group& group, const Options& options) noexcept {
  const kernels::LdpcKernel& kernel = kernels::ldpc_kernel();  // one target for all of the block
  const std::size_t z = graph.lifting_size();
  const unsigned frames = group.frames;
  const std::size_t n = z * frames;

  const auto column_llr = [&](unsigned column) -> const modem::Llr* {
    const modem::Llr* in = group.llr + column * z;
    if (frames == 1) return in;
    for (unsigned f = 0; f < frames; ++f) {
      const modem::Llr* frame = in + f * graph.codeword_bits();
      for (std::size_t i = 0; i < z; ++i) column_llr_[i * frames + f] = frame[i];
    }
    return column_llr_.data();
  };
  const auto says_something = [&](unsigned column) {
    for (unsigned f = 0; f < frames; ++f) {
      const modem::Llr* in = group.llr + f * graph.codeword_bits() + column * z;
      if (kernel.any_nonzero(in, z)) return true;
    }
    return false;
  };

  std::uint64_t rows_in_use = 0;
  for (unsigned row = 0; row < graph.rows(); ++row) {
    if (!graph.is_extension(row) || says_something(graph.own_column(row)))
      rows_in_use |= std::uint64_t{1} << row;
  }
  LdpcSchedule& schedule = *schedule_;
  schedule.make(graph, rows_in_use, frames, kernel.lanes);
  kernels::LdpcLayout layout = schedule.layout();
  layout.max_message = max_message;
  layout.offset = message_offset;

  for (unsigned column = 0; column < graph.columns(); ++column) {
    const unsigned core_columns = graph.information_columns() + graph.core_rows();
    if (column >= core_columns && ((rows_in_use >> (column - graph.information_columns())) & 1U) == 0)
      continue;
    const auto place = schedule.place(column, 0);
    kernel.load_column(column_llr(column), n, place.rotation, totals_.data() + place.offset);
  }

  const auto parity_holds = [&](unsigned iteration) {
    for (unsigned row = 0; row < graph.core_rows(); ++row) {
      const auto parity = schedule.parity(row, iteration);
      if (!kernel.parity_holds(totals_.data(), parity.sources, parity.degree, layout.chunks)) return false;
    }
    return true;
  };
  const auto write_bits = [&](unsigned iteration) {
    std::array<bool, max_frames> decided;
    decided.fill(true);
    for (unsigned column = 0; column < graph.information_columns(); ++column) {
      const auto place = schedule.place(column, iteration);
      const std::int8_t* in = totals_.data() + place.offset;
      if (frames == 1) {
        decided[0] &= kernel.decide_column(in, n, place.rotation, group.bits + column * z);
        continue;
      }
      const bool all_decided = kernel.decide_column(in, n, place.rotation, column_bits_.data());
      for (unsigned f = 0; f < frames; ++f) {
        std::uint8_t* bits = group.bits + f * graph.information_bits() + column * z;
        for (std::size_t i = 0; i < z; ++i) bits[i] = column_bits_[i * frames + f];
        if (all_decided) continue;
        for (std::size_t i = 0; i < z; ++i) decided[f] &= in[(i * frames + f + n - place.rotation) % n] != 0;
      }
    }
    for (unsigned f = 0; f < frames; ++f) {
      Result& result = group.results[f];
      result.decided = decided[f];
      const std::span bits(group.bits + f * graph.information_bits(), graph.information_bits());
      result.crc_ok = result.decided && crc_holds(options.crc, bits.first(options.crc_bits));
    }
  };

  unsigned iteration = 0;
  bool parity_ok = false;
  bool written = false;
  while (iteration < options.max_iterations) {
    kernel.update_rows(layout, schedule.rows().data(), schedule.rows().size(), schedule.sources(iteration),
                       schedule.destinations(iteration), totals_.data(), messages_.data(), iteration == 0);
    ++iteration;
    written = false;
    if (options.stop == Stop::never) continue;
    parity_ok = parity_holds(iteration);
    if (!parity_ok) continue;
    write_bits(iteration);
    written = true;
    const auto done = [&](const Result& r) { return r.decided && (r.crc_ok || options.crc == Crc::none); };
    if (std::all_of(group.results, group.results + frames, done)) break;
  }
  if (options.stop == Stop::never) parity_ok = parity_holds(iteration);
  if (!written) write_bits(iteration);
  for (unsigned f = 0; f < frames; ++f) {
    group.results[f].parity_ok = parity_ok;
    group.results[f].iterations = iteration;
  }
}

}  // namespace boresight::fec
