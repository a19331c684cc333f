#include "boresight/core/random.h"

#include <cmath>

namespace boresight {
namespace {

constexpr int layers = 256;

// Tables of the Ziggurat for exp(-x^2/2): x[i] are the right edges of layers of equal area v.
struct Ziggurat {
  static constexpr double r = 3.6541528853610088;  // right edge of the base layer, 256 layers
  static constexpr double v = 0.00492867323399;    // area of each layer
  std::array<double, layers + 1> x{};
  std::array<double, layers + 1> y{};
  std::array<double, layers> ratio{};  // x[i + 1] / x[i]: below it a point is inside for certain

  Ziggurat() {
    const double base = std::exp(-0.5 * r * r);
    x[0] = v / base;
    x[1] = r;
    for (int i = 2; i < layers; ++i) {
      x[i] = std::sqrt(-2.0 * std::log(v / x[i - 1] + std::exp(-0.5 * x[i - 1] * x[i - 1])));
    }
    x[layers] = 0.0;
    for (int i = 0; i <= layers; ++i) y[i] = std::exp(-0.5 * x[i] * x[i]);
    for (int i = 0; i < layers; ++i) ratio[i] = x[i + 1] / x[i];
  }
};

const Ziggurat& ziggurat() {
  static const Ziggurat tables;
  return tables;
}

std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t rotl(std::uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

constexpr double two_to_minus_53 = 1.0 / 9007199254740992.0;

inline double sample_normal(Random& random, const Ziggurat& z) {
  for (;;) {
    const std::uint64_t bits = random.next();
    const int layer = static_cast<int>(bits & (layers - 1));
    // 53 bits above the layer index give u in [-1, 1).
    const double u = 2.0 * static_cast<double>(bits >> 11) * two_to_minus_53 - 1.0;
    if (std::abs(u) < z.ratio[layer]) return u * z.x[layer];
    if (layer == 0) {  // the tail beyond r (Marsaglia, 1964)
      double a;
      double b;
      do {
        a = -std::log(1.0 - random.uniform()) / Ziggurat::r;
        b = -std::log(1.0 - random.uniform());
      } while (2.0 * b < a * a);
      return u < 0 ? -(Ziggurat::r + a) : Ziggurat::r + a;
    }
    const double x = u * z.x[layer];
    const double y = z.y[layer] + random.uniform() * (z.y[layer + 1] - z.y[layer]);
    if (y < std::exp(-0.5 * x * x)) return x;
  }
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream) : state_{} {
  std::uint64_t mix = seed ^ rotl(stream * 0xD1342543DE82EF95ULL + 0x2545F4914F6CDD1DULL, 32);
  for (auto& word : state_) word = splitmix(mix);
}

std::uint64_t Random::next() {
  auto& s = state_;
  const std::uint64_t result = rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotl(s[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * two_to_minus_53;
}

std::uint32_t Random::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
}

double Random::normal() {
  return sample_normal(*this, ziggurat());
}

cf32 Random::complex_normal(float power) {
  const double scale = std::sqrt(0.5 * power);
  const double re = normal();
  const double im = normal();
  return {static_cast<float>(scale * re), static_cast<float>(scale * im)};
}

void Random::add_noise(std::span<cf32> x, float power) {
  const Ziggurat& z = ziggurat();
  const double scale = std::sqrt(0.5 * power);
  for (cf32& sample : x) {
    const double re = sample_normal(*this, z);
    const double im = sample_normal(*this, z);
    sample += cf32(static_cast<float>(scale * re), static_cast<float>(scale * im));
  }
}

void Random::fill(std::span<std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    std::uint64_t word = next();
    for (int b = 0; b < 8 && i < bytes.size(); ++b, word >>= 8) bytes[i++] = static_cast<std::uint8_t>(word);
  }
}

}  // namespace boresight
