#include "boresight/fec/ldpc_reference_decoder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "boresight/core/error.h"

namespace boresight::fec {
namespace {

// Keeps totals finite whatever the number of iterations. Not below the limit of the inputs, or messages
// could never outvote a wrong input.
constexpr float message_limit_nats = LdpcReferenceDecoder::known_zero_llr_nats;

// t = total - message, and the running minima and sign of its check.
void collect(const float* __restrict total, const float* __restrict message, float* __restrict t,
             float* __restrict min1, float* __restrict min2, float* __restrict sign, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float x = total[i] - message[i];
    const float magnitude = std::fabs(x);
    const float larger = min1[i] < magnitude ? magnitude : min1[i];
    t[i] = x;
    min2[i] = larger < min2[i] ? larger : min2[i];
    min1[i] = magnitude < min1[i] ? magnitude : min1[i];
    sign[i] *= std::copysign(1.0F, x);
  }
}

// The new message and total. Two bits that share the minimum have min2 = min1, so equality finds the one
// bit that must not hear itself.
void distribute(const float* __restrict t, const float* __restrict min1, const float* __restrict out1,
                const float* __restrict out2, const float* __restrict sign, float* __restrict message,
                float* __restrict total, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float others = out1[i];  // both loaded unconditionally, or the loop does not vectorize
    const float without_own = out2[i];
    const float magnitude = std::fabs(t[i]) == min1[i] ? without_own : others;
    const float r = std::copysign(magnitude, sign[i] * t[i]);
    message[i] = r;
    total[i] = t[i] + r;
  }
}

// e^-x for 0 <= x < 1e9 to 2e-7: e^-x = 2^-n e^r, |r| <= ln(2)/2. Underflow becomes zero by a mask, not a
// comparison, which keeps branches away and lets the loops vectorize.
inline float exp_of_minus(float x) {
  const int n = static_cast<int>(x * 1.44269504F + 0.5F);  // NOLINT(bugprone-incorrect-roundings): x >= 0
  const float fn = static_cast<float>(n);
  const float r = (fn * 0.693359375F - x) + fn * -2.12194440e-4F;
  const float p =
      1.0F + r * (1.0F + r * (0.5F + r * (1.6666667e-1F +
                                          r * (4.1666667e-2F + r * (8.3333333e-3F + r * 1.3888889e-3F)))));
  const int exponent = 127 - n;
  const int not_underflow = ~(exponent >> 31);
  return p * std::bit_cast<float>((exponent & not_underflow) << 23);
}

// a [+] b = s min(|a|, |b|) + ln(1 + e^-|a+b|) - ln(1 + e^-|a-b|), the logarithms joined to one
// 2 atanh(u), |u| <= 1/3, whose series to u^11 is exact to 2e-7.
inline float box_plus(float a, float b) {
  const float abs_a = std::fabs(a);
  const float abs_b = std::fabs(b);
  const float smaller = abs_a < abs_b ? abs_a : abs_b;
  const float e_sum = exp_of_minus(std::fabs(a + b));
  const float e_difference = exp_of_minus(std::fabs(a - b));
  const float u = (e_sum - e_difference) / (2.0F + e_sum + e_difference);
  const float u2 = u * u;
  const float series =
      1.0F + u2 * (1.0F / 3 + u2 * (1.0F / 5 + u2 * (1.0F / 7 + u2 * (1.0F / 9 + u2 * (1.0F / 11)))));
  return std::copysign(smaller, std::copysign(1.0F, a) * b) + 2.0F * u * series;
}

void box_plus(const float* __restrict a, const float* __restrict b, float* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = box_plus(a[i], b[i]);
}

void accumulate_box_plus(const float* __restrict a, float* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] = box_plus(a[i], sum[i]);
}

void subtract(const float* __restrict a, const float* __restrict b, float* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] - b[i];
}

void add_limited(const float* __restrict t, float* __restrict message, float* __restrict total,
                 std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float upper = message[i] < message_limit_nats ? message[i] : message_limit_nats;
    const float r = upper < -message_limit_nats ? -message_limit_nats : upper;
    message[i] = r;
    total[i] = t[i] + r;
  }
}

void xor_run(const std::uint8_t* __restrict in, std::uint8_t* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] = static_cast<std::uint8_t>(sum[i] ^ in[i]);
}

}  // namespace

LdpcReferenceDecoder::LdpcReferenceDecoder(const Config& config) : config_(config) {
  require(config.max_lifting_size >= 2 && config.max_lifting_size <= ldpc_max_lifting_size,
          "LdpcReferenceDecoder: max_lifting_size " + std::to_string(config.max_lifting_size) +
              " is not in 2 .. 384");
  require(
      config.min_sum_scale > 0 && config.min_sum_scale <= 1,
      "LdpcReferenceDecoder: min_sum_scale " + std::to_string(config.min_sum_scale) + " is not in (0, 1]");
  require(config.offset_min_sum_offset_nats >= 0 && config.offset_min_sum_offset_nats <= 100,
          "LdpcReferenceDecoder: offset_min_sum_offset_nats " +
              std::to_string(config.offset_min_sum_offset_nats) + " is not in 0 .. 100");
  scale_ = config.rule == CheckRule::min_sum ? config.min_sum_scale : 1.0F;
  offset_nats_ = config.rule == CheckRule::offset_min_sum ? config.offset_min_sum_offset_nats : 0.0F;
  stride_ = (config.max_lifting_size + 15U) / 16U * 16U;
  totals_.resize(ldpc_max_columns * stride_);
  messages_.resize(ldpc_max_edges * stride_);
  inputs_.resize(ldpc_max_row_degree * stride_);
  prefixes_.resize(config.rule == CheckRule::sum_product ? ldpc_max_row_degree * stride_ : 0);
  rows_scratch_.resize(5 * stride_);
  decisions_.resize(ldpc_max_columns * stride_);
  syndrome_.resize(stride_);
}

void LdpcReferenceDecoder::load(const LdpcGraph& graph, std::span<const float> llr_nats) noexcept {
  const std::size_t z = graph.lifting_size();
  for (unsigned column = 0; column < graph.columns(); ++column) {
    const float* in = llr_nats.data() + column * z;
    float* total = totals_.data() + column * stride_;
    for (std::size_t i = 0; i < z; ++i) {
      const float x = in[i] == in[i] ? in[i] : 0.0F;
      const float upper = x < known_zero_llr_nats ? x : known_zero_llr_nats;
      total[i] = upper < -known_zero_llr_nats ? -known_zero_llr_nats : upper;
    }
  }
  for (unsigned row = 0; row < graph.rows(); ++row) {
    const float* own = totals_.data() + graph.own_column(row) * stride_;
    row_in_use_[row] = !graph.is_extension(row) || std::any_of(own, own + z, [](float x) { return x != 0; });
    if (row_in_use_[row]) {
      std::fill(messages_.begin() + graph.row_begin(row) * stride_,
                messages_.begin() + graph.row_begin(row + 1) * stride_, 0.0F);
    }
  }
}

void LdpcReferenceDecoder::update_row_min_sum(const LdpcGraph& graph, unsigned row) noexcept {
  const std::size_t z = graph.lifting_size();
  float* min1 = rows_scratch_.data();
  float* min2 = min1 + stride_;
  float* sign = min2 + stride_;
  float* out1 = sign + stride_;
  float* out2 = out1 + stride_;
  std::fill_n(min1, z, message_limit_nats);
  std::fill_n(min2, z, message_limit_nats);
  std::fill_n(sign, z, 1.0F);
  float* message = messages_.data() + graph.row_begin(row) * stride_;
  float* t = inputs_.data();
  for (const LdpcEdge edge : graph.row(row)) {
    const float* total = totals_.data() + edge.column * stride_;
    const std::size_t wrap = z - edge.shift;
    collect(total + edge.shift, message, t, min1, min2, sign, wrap);
    collect(total, message + wrap, t + wrap, min1 + wrap, min2 + wrap, sign + wrap, edge.shift);
    message += stride_;
    t += stride_;
  }
  for (std::size_t i = 0; i < z; ++i) {
    const float r1 = min1[i] * scale_ - offset_nats_;
    const float r2 = min2[i] * scale_ - offset_nats_;
    out1[i] = r1 > 0 ? r1 : 0.0F;
    out2[i] = r2 > 0 ? r2 : 0.0F;
  }
  message = messages_.data() + graph.row_begin(row) * stride_;
  t = inputs_.data();
  for (const LdpcEdge edge : graph.row(row)) {
    float* total = totals_.data() + edge.column * stride_;
    const std::size_t wrap = z - edge.shift;
    distribute(t, min1, out1, out2, sign, message, total + edge.shift, wrap);
    distribute(t + wrap, min1 + wrap, out1 + wrap, out2 + wrap, sign + wrap, message + wrap, total,
               edge.shift);
    message += stride_;
    t += stride_;
  }
}

void LdpcReferenceDecoder::update_row_sum_product(const LdpcGraph& graph, unsigned row) noexcept {
  const std::size_t z = graph.lifting_size();
  const auto edges = graph.row(row);
  const std::size_t degree = edges.size();
  const auto t = [this](std::size_t k) { return inputs_.data() + k * stride_; };
  const auto prefix = [this](std::size_t k) { return prefixes_.data() + k * stride_; };
  const auto message = [&](std::size_t k) { return messages_.data() + (graph.row_begin(row) + k) * stride_; };

  for (std::size_t k = 0; k < degree; ++k) {
    const float* total = totals_.data() + edges[k].column * stride_;
    const std::size_t wrap = z - edges[k].shift;
    subtract(total + edges[k].shift, message(k), t(k), wrap);
    subtract(total, message(k) + wrap, t(k) + wrap, edges[k].shift);
  }
  // Each bit hears all others: what comes before it (prefix) [+] what comes after it (suffix).
  std::copy_n(t(0), z, prefix(0));
  for (std::size_t k = 1; k + 1 < degree; ++k) box_plus(prefix(k - 1), t(k), prefix(k), z);
  float* suffix = rows_scratch_.data();
  std::copy_n(t(degree - 1), z, suffix);
  std::copy_n(prefix(degree - 2), z, message(degree - 1));
  for (std::size_t k = degree - 2; k > 0; --k) {
    box_plus(prefix(k - 1), suffix, message(k), z);
    accumulate_box_plus(t(k), suffix, z);
  }
  std::copy_n(suffix, z, message(0));
  for (std::size_t k = 0; k < degree; ++k) {
    float* total = totals_.data() + edges[k].column * stride_;
    const std::size_t wrap = z - edges[k].shift;
    add_limited(t(k), message(k), total + edges[k].shift, wrap);
    add_limited(t(k) + wrap, message(k) + wrap, total, edges[k].shift);
  }
}

void LdpcReferenceDecoder::decide(const LdpcGraph& graph) noexcept {
  const std::size_t z = graph.lifting_size();
  for (unsigned column = 0; column < graph.columns(); ++column) {
    const float* __restrict total = totals_.data() + column * stride_;
    std::uint8_t* __restrict decision = decisions_.data() + column * stride_;
    for (std::size_t i = 0; i < z; ++i) decision[i] = total[i] < 0 ? 1 : 0;
  }
}

bool LdpcReferenceDecoder::parity_holds(const LdpcGraph& graph) noexcept {
  const std::size_t z = graph.lifting_size();
  for (unsigned row = 0; row < graph.rows(); ++row) {
    if (!row_in_use_[row]) continue;
    std::fill_n(syndrome_.begin(), z, std::uint8_t{0});
    for (const LdpcEdge edge : graph.row(row)) {
      const std::uint8_t* decision = decisions_.data() + edge.column * stride_;
      xor_run(decision + edge.shift, syndrome_.data(), z - edge.shift);
      xor_run(decision, syndrome_.data() + (z - edge.shift), edge.shift);
    }
    std::uint8_t any = 0;
    for (std::size_t i = 0; i < z; ++i) any = static_cast<std::uint8_t>(any | syndrome_[i]);
    if (any != 0) return false;
  }
  return true;
}

LdpcReferenceDecoder::Result LdpcReferenceDecoder::decode(const LdpcGraph& graph,
                                                          std::span<const float> llr_nats,
                                                          unsigned max_iterations,
                                                          std::span<std::uint8_t> bits) noexcept {
  if (graph.lifting_size() > config_.max_lifting_size || llr_nats.size() != graph.codeword_bits() ||
      bits.size() != graph.information_bits()) {
    return {};
  }
  const std::size_t z = graph.lifting_size();
  const auto all_decided = [&] {
    for (unsigned column = 0; column < graph.information_columns(); ++column) {
      const float* total = totals_.data() + column * stride_;
      if (std::any_of(total, total + z, [](float x) { return x == 0; })) return false;
    }
    return true;
  };

  load(graph, llr_nats);
  decide(graph);
  Result result;
  while (result.iterations < max_iterations && !result.parity_ok) {
    for (unsigned row = 0; row < graph.rows(); ++row) {
      if (!row_in_use_[row]) continue;
      if (config_.rule == CheckRule::sum_product) {
        update_row_sum_product(graph, row);
      } else {
        update_row_min_sum(graph, row);
      }
    }
    ++result.iterations;
    decide(graph);
    // Totals of zero read as zeros, which are a codeword: without this, silence would decode.
    result.parity_ok = parity_holds(graph) && all_decided();
  }
  result.decided = result.parity_ok || all_decided();
  for (unsigned column = 0; column < graph.information_columns(); ++column) {
    std::copy_n(decisions_.data() + column * stride_, z, bits.data() + column * z);
  }
  return result;
}

}  // namespace boresight::fec
