#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "boresight/core/error.h"
#include "boresight/fec/convolutional.h"
#include "kernels/viterbi.h"

namespace boresight::fec {
namespace {

using kernels::ViterbiMetrics;

constexpr std::size_t states = kernels::viterbi_states;
constexpr std::size_t row_steps = kernels::viterbi_row_steps;
constexpr unsigned zero_place = states - 1;

// Two paths that begin in different states and then get the same bits differ in no more than 10 coded bits
// until they merge: a start that is worse by more than 10 * 2 * 128 * 8 = 20480 never wins.
constexpr std::int16_t wrong_start = -20488;

constexpr std::size_t rows_of(std::size_t steps) {
  return (steps + row_steps - 1) / row_steps;
}

// Where a state is after n steps that is in `place` at the beginning; turn = n mod 6.
constexpr unsigned turned(unsigned place, std::size_t turn) {
  return ((place << turn) | (place >> (row_steps - turn))) & zero_place;
}

// The place before a row of the path that is in `place` after it.
unsigned before(const std::uint8_t* row, unsigned place) {
  const unsigned middle = (place & 7U) | (row[place] & 070U);
  return (middle & 070U) | (row[middle] & 7U);
}

// Whether the six bits of a place can be those before a tail-biting block as well as its last ones.
constexpr bool repeats(unsigned place, std::size_t steps) {
  return steps >= row_steps || ((place ^ (place >> steps)) & ((1U << (row_steps - steps)) - 1)) == 0;
}

// By the place in which a path begins.
using Gains = std::array<std::int64_t, states>;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();

unsigned highest(const Gains& gains) {
  return static_cast<unsigned>(std::max_element(gains.begin(), gains.end()) - gains.begin());
}

// Among the survivors that gained more than `floor` and end in the state in which they begin, the one that
// gained most: the place where it begins, or `states` if there is none. All are followed at once: they merge,
// and soon are few.
unsigned best_closed_path(const std::uint8_t* data, std::size_t rows, std::size_t turn, const Gains& gain,
                          std::int64_t floor) {
  std::array<std::uint64_t, states> starts_of{};  // by a place on the way, of paths that would be closed
  std::uint64_t live = 0;
  for (unsigned p = 0; p < states; ++p) {
    if (gain[p] <= floor) continue;
    starts_of[turned(p, turn)] = std::uint64_t{1} << p;
    live |= std::uint64_t{1} << turned(p, turn);
  }
  while (rows-- > 0) {
    std::array<std::uint64_t, states> earlier{};
    std::uint64_t live_before = 0;
    for (; live != 0; live &= live - 1) {
      const auto place = static_cast<unsigned>(std::countr_zero(live));
      const unsigned from = before(data + rows * states, place);
      earlier[from] |= starts_of[place];
      live_before |= std::uint64_t{1} << from;
    }
    starts_of = earlier;
    live = live_before;
  }
  unsigned best = states;
  for (unsigned p = 0; p < states; ++p) {
    if (((starts_of[p] >> p) & 1U) != 0 && (best == states || gain[p] > gain[best])) best = p;
  }
  return best;
}

// The end of an open block: the best metric, of several the lowest state.
unsigned best_place(const ViterbiMetrics& metrics, std::size_t turn) {
  const std::int16_t best = *std::max_element(metrics.begin(), metrics.end());
  for (unsigned state = 0; state < states; ++state) {
    unsigned oldest_first = 0;
    for (unsigned i = 0; i < row_steps; ++i) oldest_first |= ((state >> i) & 1U) << (row_steps - 1 - i);
    const unsigned place = zero_place ^ turned(oldest_first, turn);
    if (metrics[place] == best) return place;
  }
  return zero_place;
}

// The six bits of a place as lanes, and two bytes of nothing.
constexpr auto lanes_of_place = [] {
  std::array<std::array<std::uint8_t, 8>, states> table{};
  for (unsigned place = 0; place < states; ++place) {
    for (unsigned i = 0; i < row_steps; ++i) table[place][i] = (~place >> i) & 1U;
  }
  return table;
}();

// path[k] is the place after row k.
void write_bits(const std::uint8_t* path, std::span<std::uint8_t> bits) {
  std::size_t n = 0;
  for (; n + 8 <= bits.size(); n += row_steps) {
    std::memcpy(bits.data() + n, lanes_of_place[path[n / row_steps]].data(), 8);
  }
  for (; n < bits.size(); n += row_steps) {
    std::copy_n(lanes_of_place[path[n / row_steps]].data(), std::min(row_steps, bits.size() - n),
                bits.data() + n);
  }
}

}  // namespace

ViterbiDecoder::ViterbiDecoder(const Config& config) : max_rounds_(config.max_rounds) {
  require(config.max_information_bits > 0 && config.max_information_bits <= (std::size_t{1} << 26),
          "ViterbiDecoder: max_information_bits " + std::to_string(config.max_information_bits) +
              " is not in 1 .. 67108864");
  require(config.max_rounds > 0, "ViterbiDecoder: max_rounds 0 is below 1");
  max_steps_ = config.max_information_bits + convolutional_tail_bits;
  rows_.resize(rows_of(max_steps_) * states);
  path_.resize(rows_of(max_steps_) + 1);
}

// A path is followed from its end, one look-up after the other. To hide their latency several pieces of the
// block are followed at once, all but the last from an arbitrary place some rows beyond the piece. When such
// a trace reaches its piece it has almost always merged with the path; where it has not, the piece is
// followed again as far as it was wrong.
void ViterbiDecoder::trace(std::size_t rows, unsigned place) noexcept {
  constexpr std::size_t pieces = 6;
  constexpr std::size_t run_in = 12;
  std::uint8_t* const after = path_.data() + 1;
  const auto row = [this](std::size_t k) { return rows_.data() + k * states; };
  std::size_t end = rows;
  if (rows >= 2 * pieces * run_in) {
    const std::size_t length = (rows + (pieces - 1) * run_in) / pieces;
    const std::size_t distance = length - run_in;
    std::array<unsigned, pieces> places{};
    places[0] = place;
    for (std::size_t k = rows; k-- > rows - length;) {
      for (std::size_t c = 0; c < pieces; ++c) {
        after[k - c * distance] = static_cast<std::uint8_t>(places[c]);
        places[c] = before(row(k - c * distance), places[c]);
      }
    }
    place = places[0];
    end = rows - length;
    for (std::size_t c = 1; c < pieces; ++c) {
      const std::size_t begin = end - distance;
      while (end > begin && after[end - 1] != place) {
        after[end - 1] = static_cast<std::uint8_t>(place);
        place = before(row(end - 1), place);
        --end;
      }
      if (end > begin) place = places[c];
      end = begin;
    }
  }
  for (; end > 0; --end) {
    after[end - 1] = static_cast<std::uint8_t>(place);
    place = before(row(end - 1), place);
  }
  path_[0] = static_cast<std::uint8_t>(place);
}

bool ViterbiDecoder::decode(std::span<const modem::Llr> llrs, std::span<std::uint8_t> bits,
                            Termination termination) noexcept {
  const std::size_t tail = termination == Termination::zero ? convolutional_tail_bits : 0;
  const std::size_t steps = bits.size() + tail;
  if (bits.size() + convolutional_tail_bits > max_steps_ || llrs.size() != 2 * steps) return false;
  last_rounds_ = 1;
  last_is_best_ = true;
  if (termination == Termination::tail_biting) {
    if (!bits.empty()) decode_tail_biting(llrs, bits);
    return true;
  }
  ViterbiMetrics metrics;
  metrics.fill(wrong_start);
  metrics[zero_place] = 0;
  kernels::viterbi_forward(llrs.data(), steps, metrics, rows_.data());
  trace(rows_of(steps),
        termination == Termination::zero ? zero_place : best_place(metrics, steps % row_steps));
  write_bits(path_.data() + 1, bits);
  return true;
}

// The wrap-around Viterbi algorithm (Shao, Lin, Fossorier), whose metrics also say when it may stop: no
// tail-biting path from a state gains more than the best path that ends there has gained since the beginning
// of the round, less than what the state began with. Once a path is found that reaches the highest of these
// bounds, nothing is better. Where a few rounds do not get there, the state of the highest bound is settled
// by a round that starts from it alone.
void ViterbiDecoder::decode_tail_biting(std::span<const modem::Llr> llrs,
                                        std::span<std::uint8_t> bits) noexcept {
  constexpr std::size_t wrapping_rounds = 3;
  const std::size_t rows = rows_of(bits.size());
  const std::size_t turn = bits.size() % row_steps;
  const auto end_of = [turn](unsigned place) { return turned(place, turn); };

  ViterbiMetrics initial{};
  ViterbiMetrics metrics;
  Gains bound;
  for (unsigned p = 0; p < states; ++p) {
    bound[p] = repeats(p, bits.size()) ? std::numeric_limits<std::int64_t>::max() : never;
  }
  std::int64_t best = never;
  unsigned settled = states;  // all
  for (last_rounds_ = 1;; ++last_rounds_) {
    metrics = initial;
    const std::int64_t subtracted = kernels::viterbi_forward(llrs.data(), bits.size(), metrics, rows_.data());
    Gains gain;
    gain.fill(never);
    for (unsigned p = 0; p < states; ++p) {
      if (bound[p] == never || (settled != states && settled != p)) continue;
      gain[p] = metrics[end_of(p)] + subtracted - initial[p];
      bound[p] = std::min(bound[p], gain[p]);
    }
    unsigned chosen = highest(gain);
    if (gain[chosen] > best) {
      trace(rows, end_of(chosen));
      if (path_[0] != chosen) {
        chosen = best_closed_path(rows_.data(), rows, turn, gain, best);
        if (chosen != states) trace(rows, end_of(chosen));
      }
      if (chosen != states) {
        best = gain[chosen];
        write_bits(path_.data() + 1, bits);
      }
    }
    const unsigned open = highest(bound);
    last_is_best_ = bound[open] <= best;
    if (last_is_best_ || last_rounds_ == max_rounds_) break;
    if (last_rounds_ < wrapping_rounds) {
      for (unsigned p = 0; p < states; ++p) initial[p] = metrics[end_of(p)];
    } else {
      initial.fill(wrong_start);
      initial[open] = 0;
      settled = open;
    }
  }
  if (best == never) {
    trace(rows, best_place(metrics, turn));
    write_bits(path_.data() + 1, bits);
  }
}

}  // namespace boresight::fec
