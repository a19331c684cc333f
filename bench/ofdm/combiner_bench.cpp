// Combining antennas per subcarrier, beside the same in plain code and in Eigen, and beside one FFT of 1024.
#include "boresight/ofdm/combiner.h"

#include <benchmark/benchmark.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "boresight/core/random.h"
#include "boresight/ofdm/numerology.h"
#include "fft/fft.h"

namespace boresight {
namespace {

constexpr std::size_t carriers = 1020;
constexpr float noise_level = 0.1F;

struct Scene {
  explicit Scene(std::size_t antennas)
      : received(antennas, carriers), channel(antennas, carriers), noise(antennas, carriers) {
    Random random(1);
    for (std::size_t b = 0; b < antennas; ++b) {
      random.add_noise(received.row(b), 1.0F);
      random.add_noise(channel.row(b), 1.0F);
      std::fill(noise.row(b).begin(), noise.row(b).end(), noise_level);
    }
  }
  GridBuffer<cf32> received, channel;
  GridBuffer<float> noise;
  aligned_vector<cf32> symbols = aligned_vector<cf32>(carriers);
  aligned_vector<float> variance = aligned_vector<float>(carriers);
};

std::size_t antennas_of(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

void count_carriers(benchmark::State& state) {
  state.counters["carriers/s"] = benchmark::Counter(carriers, benchmark::Counter::kIsIterationInvariantRate);
}

// The yardstick of the modem: the FFT that makes the bins of one antenna.
void CombineBareFft(benchmark::State& state) {
  const fft::Fft forward(1024, fft::Direction::forward);
  aligned_vector<cf32> x(1024);
  Random(1).add_noise(x, 1.0F);
  aligned_vector<cf32> y(1024);
  for (auto _ : state) {
    forward.run(x, y);
    benchmark::DoNotOptimize(y.data());
  }
  count_carriers(state);
}
BENCHMARK(CombineBareFft);

void CombineMrc(benchmark::State& state) {
  Scene s(antennas_of(state));
  for (auto _ : state) {
    ofdm::combine(s.received.view(), s.channel.view(), Grid<const float>(s.noise.view()).columns(0, 1),
                  s.symbols, s.variance);
    benchmark::DoNotOptimize(s.symbols.data());
    benchmark::ClobberMemory();
  }
  count_carriers(state);
}
BENCHMARK(CombineMrc)->Arg(1)->Arg(2)->Arg(4)->Arg(8);

void CombineMrcNoisePerCarrier(benchmark::State& state) {
  Scene s(antennas_of(state));
  for (auto _ : state) {
    ofdm::combine(s.received.view(), s.channel.view(), s.noise.view(), s.symbols, s.variance);
    benchmark::DoNotOptimize(s.symbols.data());
    benchmark::ClobberMemory();
  }
  count_carriers(state);
}
BENCHMARK(CombineMrcNoisePerCarrier)->Arg(1)->Arg(2)->Arg(4)->Arg(8);

// The equation written down, without any care for what is not finite.
void combine_plain(std::size_t antennas, const cf32* y, const cf32* h, std::size_t stride, const float* noise,
                   cf32* symbols, float* variance) {
  for (std::size_t k = 0; k < carriers; ++k) {
    float re = 0;
    float im = 0;
    float gain = 0;
    for (std::size_t b = 0; b < antennas; ++b) {
      const cf32 x = y[b * stride + k];
      const cf32 c = h[b * stride + k];
      const float weight = 1 / noise[b];
      re += weight * (c.real() * x.real() + c.imag() * x.imag());
      im += weight * (c.real() * x.imag() - c.imag() * x.real());
      gain += weight * (c.real() * c.real() + c.imag() * c.imag());
    }
    variance[k] = 1 / gain;
    symbols[k] = {re * variance[k], im * variance[k]};
  }
}

void CombineMrcPlain(benchmark::State& state) {
  Scene s(antennas_of(state));
  const std::vector<float> noise(s.received.rows(), noise_level);
  for (auto _ : state) {
    combine_plain(s.received.rows(), s.received.row(0).data(), s.channel.row(0).data(),
                  s.received.view().row_stride(), noise.data(), s.symbols.data(), s.variance.data());
    benchmark::DoNotOptimize(s.symbols.data());
    benchmark::ClobberMemory();
  }
  count_carriers(state);
}
BENCHMARK(CombineMrcPlain)->Arg(1)->Arg(2)->Arg(4)->Arg(8);

void CombineMrcEigen(benchmark::State& state) {
  Scene s(antennas_of(state));
  using Array = Eigen::Array<cf32, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Map = Eigen::Map<const Array, 0, Eigen::OuterStride<>>;
  const auto rows = static_cast<Eigen::Index>(s.received.rows());
  const Map y(&s.received(0, 0), rows, carriers,
              Eigen::OuterStride<>(static_cast<Eigen::Index>(s.received.view().row_stride())));
  const Map h(&s.channel(0, 0), rows, carriers,
              Eigen::OuterStride<>(static_cast<Eigen::Index>(s.channel.view().row_stride())));
  Eigen::Map<Eigen::Array<cf32, 1, Eigen::Dynamic>> symbols(s.symbols.data(), carriers);
  Eigen::Map<Eigen::Array<float, 1, Eigen::Dynamic>> variance(s.variance.data(), carriers);
  for (auto _ : state) {
    variance = (h.abs2().colwise().sum() / noise_level).inverse();
    symbols = (h.conjugate() * y).colwise().sum() / noise_level * variance.cast<cf32>();
    benchmark::DoNotOptimize(s.symbols.data());
    benchmark::ClobberMemory();
  }
  count_carriers(state);
}
BENCHMARK(CombineMrcEigen)->Arg(1)->Arg(2)->Arg(4)->Arg(8);

GridBuffer<cf64> covariance(std::size_t antennas) {
  GridBuffer<cf64> r(antennas, antennas);
  for (std::size_t a = 0; a < antennas; ++a) {
    for (std::size_t b = 0; b < antennas; ++b) {
      const double difference = static_cast<double>(a) - static_cast<double>(b);
      r(a, b) = std::polar(a == b ? 2.0 : 1.0, difference);
    }
  }
  return r;
}

void CombineIrc(benchmark::State& state) {
  Scene s(antennas_of(state));
  ofdm::InterferenceRejectionCombiner combiner({.antennas = s.received.rows(), .carriers = carriers});
  combiner.set_covariance(0, covariance(s.received.rows()).view());
  for (auto _ : state) {
    combiner.process(s.received.view(), s.channel.view(), s.symbols, s.variance);
    benchmark::DoNotOptimize(s.symbols.data());
    benchmark::ClobberMemory();
  }
  count_carriers(state);
}
BENCHMARK(CombineIrc)->Arg(2)->Arg(4)->Arg(8);

// What one would write with Eigen: a factorization once, two triangular solutions for all subcarriers.
void CombineIrcEigen(benchmark::State& state) {
  Scene s(antennas_of(state));
  const auto n = static_cast<Eigen::Index>(s.received.rows());
  const auto r = covariance(s.received.rows());
  Eigen::MatrixXcf matrix(n, n);
  for (Eigen::Index a = 0; a < n; ++a) {
    for (Eigen::Index b = 0; b < n; ++b) {
      matrix(a, b) = cf32(r(static_cast<std::size_t>(a), static_cast<std::size_t>(b)));
    }
  }
  const Eigen::LLT<Eigen::MatrixXcf> factor(matrix);
  Eigen::MatrixXcf y(n, carriers);
  Eigen::MatrixXcf h(n, carriers);
  for (Eigen::Index k = 0; k < static_cast<Eigen::Index>(carriers); ++k) {
    for (Eigen::Index b = 0; b < n; ++b) {
      y(b, k) = s.received(static_cast<std::size_t>(b), static_cast<std::size_t>(k));
      h(b, k) = s.channel(static_cast<std::size_t>(b), static_cast<std::size_t>(k));
    }
  }
  Eigen::MatrixXcf white_y(n, carriers);
  Eigen::MatrixXcf white_h(n, carriers);
  Eigen::Map<Eigen::Array<cf32, 1, Eigen::Dynamic>> symbols(s.symbols.data(), carriers);
  Eigen::Map<Eigen::Array<float, 1, Eigen::Dynamic>> variance(s.variance.data(), carriers);
  for (auto _ : state) {
    white_y = y;
    white_h = h;
    factor.matrixL().solveInPlace(white_y);
    factor.matrixL().solveInPlace(white_h);
    variance = white_h.colwise().squaredNorm().array().inverse();
    symbols = (white_h.array().conjugate() * white_y.array()).colwise().sum() * variance.cast<cf32>();
    benchmark::DoNotOptimize(s.symbols.data());
    benchmark::ClobberMemory();
  }
  count_carriers(state);
}
BENCHMARK(CombineIrcEigen)->Arg(2)->Arg(4)->Arg(8);

}  // namespace
}  // namespace boresight
