#include "fec/ldpc_schedule.h"

#include <algorithm>

namespace boresight::fec {
namespace {

constexpr std::size_t max_vector_lanes = 64;

constexpr std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

bool in_use(std::uint64_t rows, unsigned row) {
  return ((rows >> row) & 1U) != 0;
}

}  // namespace

LdpcSchedule::LdpcSchedule(unsigned max_lanes) {
  // What a narrow vector saves in rounding up it spends on more chunks: two sizes of vector bound all.
  const std::size_t stride = round_up(max_lanes, max_vector_lanes) + max_vector_lanes;
  totals_bytes_ = ldpc_max_column_buffers * stride;
  messages_bytes_ = ldpc_max_edges * (stride - max_vector_lanes);
  // make() does not allocate, whatever the target; only without SIMD are vectors narrower than 16 lanes.
  const std::size_t narrowest = std::min<std::size_t>(16, kernels::ldpc_kernel().lanes);
  const std::size_t most_chunks = (max_lanes + narrowest - 1) / narrowest;
  for (Phase& phase : phases_) {
    phase.sources.reserve(ldpc_max_edges * most_chunks);
    phase.destinations.reserve(ldpc_max_edges);
    phase.parity_sources.reserve(ldpc_max_core_edges * most_chunks);
  }
}

void LdpcSchedule::make(const LdpcGraph& graph, std::uint64_t rows_in_use, unsigned frames,
                        std::size_t vector_lanes) {
  if (key_ && key_->frames == frames && key_->rows_in_use == rows_in_use &&
      key_->vector_lanes == vector_lanes && key_->graph == graph) {
    return;
  }
  key_.emplace(graph, frames, rows_in_use, vector_lanes);

  const std::size_t n = std::size_t{graph.lifting_size()} * frames;
  layout_.chunks = (n + vector_lanes - 1) / vector_lanes;
  layout_.wrap = std::max<std::size_t>(vector_lanes / n, 1) * n;
  place_columns(graph, rows_in_use, frames, vector_lanes);

  row_count_ = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint32_t message = 0;
  for (unsigned i = 0; i < graph.rows(); ++i) {
    if (!in_use(rows_in_use, i)) continue;
    const bool own = graph.is_extension(i);
    const auto degree = static_cast<std::uint16_t>(graph.row(i).size() - (own ? 1 : 0));
    rows_[row_count_++] = {degree, static_cast<std::uint16_t>(own ? 1 : 0), source, destination, message};
    source += static_cast<std::uint32_t>(layout_.chunks * (degree + (own ? 1U : 0U)));
    destination += degree;
    message += static_cast<std::uint32_t>(layout_.chunks * degree * vector_lanes);
  }
  core_rows_ = graph.core_rows();
  for (unsigned i = 0; i < core_rows_; ++i) parity_begin_[i + 1] = parity_begin_[i] + graph.row(i).size();
  for (unsigned phase = 0; phase < 2; ++phase) make_phase(phase, graph, rows_in_use, frames, vector_lanes);
}

void LdpcSchedule::place_columns(const LdpcGraph& graph, std::uint64_t rows_in_use, unsigned frames,
                                 std::size_t lanes) {
  const auto stride = static_cast<std::uint32_t>((layout_.chunks + 1) * lanes);
  const unsigned updated = graph.information_columns() + graph.core_rows();
  for (unsigned column = 0; column < graph.columns(); ++column) {
    const bool twice = column < updated;
    columns_[column] = {twice ? 2 * column * stride : (updated + column) * stride, twice ? stride : 0, 0, 0};
  }
  for (unsigned i = 0; i < graph.rows(); ++i) {
    if (!in_use(rows_in_use, i)) continue;
    for (const LdpcEdge edge : graph.row(i)) {
      if (edge.column >= updated) continue;
      ++columns_[edge.column].uses;
      columns_[edge.column].rotation = edge.shift * frames;
    }
  }
}

void LdpcSchedule::make_phase(unsigned phase_number, const LdpcGraph& graph, std::uint64_t rows_in_use,
                              unsigned frames, std::size_t lanes) {
  Phase& phase = phases_[phase_number];
  phase.sources.clear();
  phase.destinations.clear();
  phase.parity_sources.clear();
  const std::size_t n = std::size_t{graph.lifting_size()} * frames;
  const auto read_offset = [&](Place place, unsigned shift, std::size_t chunk) {
    return static_cast<std::uint16_t>(place.offset +
                                      (shift * frames + n - place.rotation + chunk * lanes) % n);
  };
  std::array<Place, ldpc_max_columns> now;
  for (unsigned column = 0; column < graph.columns(); ++column) now[column] = place(column, phase_number);
  for (unsigned i = 0; i < graph.core_rows(); ++i) {
    for (std::size_t chunk = 0; chunk < layout_.chunks; ++chunk) {
      for (const LdpcEdge edge : graph.row(i)) {
        phase.parity_sources.push_back(read_offset(now[edge.column], edge.shift, chunk));
      }
    }
  }
  for (unsigned i = 0; i < graph.rows(); ++i) {
    if (!in_use(rows_in_use, i)) continue;
    const auto row = graph.row(i);
    for (std::size_t chunk = 0; chunk < layout_.chunks; ++chunk) {
      for (const LdpcEdge edge : row)
        phase.sources.push_back(read_offset(now[edge.column], edge.shift, chunk));
    }
    for (const LdpcEdge edge : row) {
      const Column& column = columns_[edge.column];
      if (column.to_other_buffer == 0) continue;  // only read
      Place& place = now[edge.column];
      place.offset = place.offset == column.offset ? column.offset + column.to_other_buffer : column.offset;
      place.rotation = edge.shift * frames;
      phase.destinations.push_back(static_cast<std::uint16_t>(place.offset));
    }
  }
}

}  // namespace boresight::fec
