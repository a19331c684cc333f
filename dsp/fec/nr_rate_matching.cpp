#include "boresight/fec/nr_rate_matching.h"

#include <algorithm>
#include <array>

#include "boresight/core/assert.h"
#include "kernels/rate_recovery.h"

namespace boresight::fec {
namespace {

// Calls visit(row, column, position, n) for runs in reading order: the e bits `column ..` of interleaver row
// `row` are the codeword bits from `position`, counted with the two punctured columns.
template <typename Visit>
void walk(const NrRateMatching& m, Visit visit) {
  BORESIGHT_ASSERT(m.lifting_size > 0 && m.bits_per_symbol > 0 && m.coded_bits % m.bits_per_symbol == 0);
  const std::size_t z = m.lifting_size;
  const std::size_t begin = nr_punctured_columns * z;
  const std::size_t end = begin + m.buffer_bits();
  const std::size_t filler_end = base_graph_information_columns(m.graph) * z;
  BORESIGHT_ASSERT(end > filler_end);
  const std::size_t filler_begin = std::clamp(m.bits_per_block, begin, filler_end);
  const std::size_t columns = m.coded_bits / m.bits_per_symbol;

  std::size_t p = begin + m.start();
  if (p >= filler_begin && p < filler_end) p = filler_end;
  for (std::size_t row = 0; row < m.bits_per_symbol; ++row) {
    for (std::size_t column = 0; column < columns;) {
      const std::size_t room = p < filler_begin ? filler_begin - p : end - p;
      const std::size_t n = std::min(room, columns - column);
      visit(row, column, p, n);
      column += n;
      p += n;
      if (p == end) p = begin;
      if (p == filler_begin) p = filler_end;
    }
  }
}

}  // namespace

std::size_t NrRateMatching::start() const noexcept {
  // Table 5.4.2.1-2: k_0 is this many 66ths (50ths) of the buffer, in whole block columns.
  static constexpr std::array<std::size_t, 4> bg1{0, 17, 33, 56};
  static constexpr std::array<std::size_t, 4> bg2{0, 13, 25, 43};
  const std::size_t share = (graph == BaseGraph::bg1 ? bg1 : bg2)[redundancy_version & 3U];
  const std::size_t codeword = (base_graph_columns(graph) - nr_punctured_columns) * lifting_size;
  return share * buffer_bits() / codeword * lifting_size;
}

std::size_t NrRateMatching::buffer_bits() const noexcept {
  const std::size_t codeword = (base_graph_columns(graph) - nr_punctured_columns) * lifting_size;
  return limited_buffer_bits == 0 ? codeword : std::min(codeword, limited_buffer_bits);
}

unsigned NrRateMatching::rows_needed() const noexcept {
  std::size_t last = 0;
  walk(*this,
       [&last](std::size_t, std::size_t, std::size_t p, std::size_t n) { last = std::max(last, p + n); });
  const std::size_t columns = (last + lifting_size - 1) / lifting_size;
  const std::size_t core = base_graph_information_columns(graph) + nr_core_rows;
  return static_cast<unsigned>(std::max(columns, core) - base_graph_information_columns(graph));
}

std::size_t nr_coded_bits_of_block(std::size_t coded_bits, unsigned bits_per_symbol, unsigned code_blocks,
                                   unsigned block) noexcept {
  const std::size_t symbols = coded_bits / bits_per_symbol;
  const std::size_t share = symbols / code_blocks;
  const bool one_more = block >= code_blocks - symbols % code_blocks;
  return bits_per_symbol * (share + (one_more ? 1 : 0));
}

void nr_rate_match(const NrRateMatching& matching, std::span<const std::uint8_t> codeword,
                   std::span<std::uint8_t> out) noexcept {
  BORESIGHT_ASSERT(out.size() == matching.coded_bits);
  const std::size_t qm = matching.bits_per_symbol;
  walk(matching, [&](std::size_t row, std::size_t column, std::size_t p, std::size_t n) {
    const std::uint8_t* in = codeword.data() + p;
    std::uint8_t* f = out.data() + column * qm + row;
    for (std::size_t i = 0; i < n; ++i) f[i * qm] = in[i];
  });
}

void nr_begin_recovery(const NrRateMatching& matching, std::span<modem::Llr> codeword) noexcept {
  const std::size_t k = std::size_t{base_graph_information_columns(matching.graph)} * matching.lifting_size;
  BORESIGHT_ASSERT(codeword.size() ==
                   std::size_t{base_graph_columns(matching.graph)} * matching.lifting_size);
  BORESIGHT_ASSERT(matching.bits_per_block <= k);
  std::fill(codeword.begin(), codeword.end(), modem::Llr{0});
  std::fill(codeword.begin() + matching.bits_per_block, codeword.begin() + k, modem::Llr{modem::llr_max});
}

void nr_rate_recover(const NrRateMatching& matching, std::span<const modem::Llr> llrs,
                     std::span<modem::Llr> codeword) noexcept {
  BORESIGHT_ASSERT(llrs.size() == matching.coded_bits);
  const std::size_t qm = matching.bits_per_symbol;
  walk(matching, [&](std::size_t row, std::size_t column, std::size_t p, std::size_t n) {
    kernels::add_strided(llrs.data() + column * qm, qm, row, n, codeword.data() + p);
  });
}

}  // namespace boresight::fec
