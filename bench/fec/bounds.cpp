#include "bounds.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

namespace boresight {
namespace {

// P(standard normal > x)
double tail(double x) {
  return 0.5 * std::erfc(x / std::numbers::sqrt2);
}

// Mean and variance of the information density of BPSK, in bits per use: 1 - log2(1 + exp(-2 y / variance))
// with y = 1 + noise. The trapezoidal rule converges faster than any power of the step here.
struct Density {
  double mean = 0;
  double variance = 0;
  explicit Density(double noise_variance) {
    const double sigma = std::sqrt(noise_variance);
    constexpr double step = 0.01;
    double square = 0;
    for (int i = -1000; i <= 1000; ++i) {
      const double x = step * i;
      const double weight = step * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
      const double exponent = -2 * (1 + sigma * x) / noise_variance;
      const double softplus = std::max(exponent, 0.0) + std::log1p(std::exp(-std::fabs(exponent)));
      const double density = 1 - softplus / std::numbers::ln2;
      mean += weight * density;
      square += weight * density * density;
    }
    variance = square - mean * mean;
  }
};

// Information bits after which the puncturing starts again.
std::size_t period_of(fec::PuncturedRate rate) {
  switch (rate) {
    case fec::PuncturedRate::half:
      return 1;
    case fec::PuncturedRate::two_thirds:
      return 2;
    case fec::PuncturedRate::three_quarters:
      return 3;
    case fec::PuncturedRate::five_sixths:
      return 5;
  }
  return 1;
}

// Which coded bits of a period are sent.
std::vector<bool> sent_in_period(fec::PuncturedRate rate, std::size_t period) {
  std::vector<std::uint8_t> labels(2 * period);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint8_t>(i);
  std::vector<std::uint8_t> kept(fec::punctured_bits(labels.size(), rate));
  fec::puncture(labels, rate, kept);
  std::vector<bool> sent(labels.size(), false);
  for (const auto label : kept) sent[label] = true;
  return sent;
}

}  // namespace

double normal_approximation(std::size_t information_bits, std::size_t sent_bits, double noise_variance) {
  const Density density(noise_variance);
  const auto n = static_cast<double>(sent_bits);
  const auto k = static_cast<double>(information_bits);
  return tail((n * density.mean - k + std::log2(n) / 2) / std::sqrt(n * density.variance));
}

double normal_approximation_db(std::size_t information_bits, std::size_t sent_bits, double block_error_rate) {
  const double rate = static_cast<double>(information_bits) / static_cast<double>(sent_bits);
  double low = -1.6;
  double high = 30;
  while (high - low > 1e-4) {
    const double middle = (low + high) / 2;
    const double variance = 1 / (2 * rate * std::pow(10, middle / 10));
    (normal_approximation(information_bits, sent_bits, variance) > block_error_rate ? low : high) = middle;
  }
  return high;
}

ConvolutionalSpectrum::ConvolutionalSpectrum(fec::PuncturedRate rate) {
  // Newest bit first, as 802.11-2020 17.3.5.6 prints 133 and 171; a state is the last six bits, newest high.
  constexpr unsigned generators[2] = {0b1011011, 0b1111001};
  constexpr std::size_t states = 64;
  const std::size_t period = period_of(rate);
  const auto sent = sent_in_period(rate, period);
  struct Count {
    double paths = 0;
    double wrong_bits = 0;
  };
  using Counts = std::array<std::array<Count, max_distance + 1>, states>;
  for (std::size_t start = 0; start < period; ++start) {
    Counts now{};
    Counts next{};
    now[0][0] = {1, 0};
    bool any = true;
    for (std::size_t t = 0; any; ++t) {
      const std::size_t phase = (start + t) % period;
      any = false;
      next = {};
      for (unsigned state = 0; state < states; ++state) {
        for (std::size_t distance = 0; distance <= max_distance; ++distance) {
          const Count from = now[state][distance];
          if (from.paths == 0) continue;
          for (const unsigned bit : {0U, 1U}) {
            if (t == 0 && bit == 0) continue;  // that is the zero path
            const unsigned window = (bit << 6) | state;
            std::size_t to = distance;
            for (std::size_t g = 0; g < 2; ++g) {
              to += sent[2 * phase + g] ? std::popcount(window & generators[g]) % 2U : 0U;
            }
            if (to > max_distance) continue;
            const Count arrived{from.paths, from.wrong_bits + bit * from.paths};
            const unsigned state_after = window >> 1;
            Count& sum = next[state_after][to];
            if (state_after == 0) {
              paths[to] += arrived.paths / static_cast<double>(period);
              wrong_bits[to] += arrived.wrong_bits / static_cast<double>(period);
            } else {
              sum.paths += arrived.paths;
              sum.wrong_bits += arrived.wrong_bits;
              any = true;
            }
          }
        }
      }
      now = next;
    }
  }
}

double ConvolutionalSpectrum::bit_error_rate(double noise_variance) const {
  double sum = 0;
  for (std::size_t d = 1; d <= max_distance; ++d) {
    sum += wrong_bits[d] * tail(std::sqrt(static_cast<double>(d) / noise_variance));
  }
  return sum;
}

double ConvolutionalSpectrum::block_error_rate(double noise_variance, std::size_t information_bits) const {
  double sum = 0;
  for (std::size_t d = 1; d <= max_distance; ++d) {
    sum += paths[d] * tail(std::sqrt(static_cast<double>(d) / noise_variance));
  }
  return std::min(1.0, static_cast<double>(information_bits) * sum);
}

}  // namespace boresight
