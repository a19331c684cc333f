// What a channel estimate costs, beside the DFT-domain one and the dense matrix of the textbook (Eigen).
#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include "boresight/core/random.h"
#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "boresight/ofdm/noise_estimator.h"
#include "boresight/sync/ku_sequences.h"

namespace boresight {
namespace {

void EstimateDft32(benchmark::State& state) {
  ofdm::ChannelEstimator estimator(
      {.numerology = ofdm::ku240(), .known = {sync::sss().begin(), sync::sss().end()}, .taps = 32});
  aligned_vector<cf32> y(1024);
  Random(1).add_noise(y, 1.0F);
  aligned_vector<cf32> channel(1024);
  aligned_vector<float> variance(1024);
  for (auto _ : state) {
    estimator.process(Grid<const cf32>(y.data(), 1, 1024), channel, variance);
    benchmark::DoNotOptimize(channel.data());
  }
}
BENCHMARK(EstimateDft32)->Unit(benchmark::kMicrosecond);

std::vector<ofdm::PilotPosition> block() {
  std::vector<ofdm::PilotPosition> pilots;
  for (const auto k : ofdm::ku240().used_carriers()) pilots.push_back({0, k});
  return pilots;
}

void run(benchmark::State& state, const ofdm::LmmseEstimator::Config& config) {
  ofdm::LmmseEstimator estimator(config);
  std::vector<cf32> observed(estimator.pilots());
  Random(1).add_noise(observed, 1.0F);
  GridBuffer<cf32> channel(config.symbols.size(), 1024);
  for (auto _ : state) {
    estimator.process(observed, 0.1, channel.view());
    benchmark::DoNotOptimize(&channel(0, 0));
  }
  const double products =
      static_cast<double>(estimator.rank() * (observed.size() + config.symbols.size() * 1020));
  state.counters["rank"] = static_cast<double>(estimator.rank());
  // Complex multiplications and additions.
  state.counters["cmac/s"] = benchmark::Counter(products, benchmark::Counter::kIsIterationInvariantRate);
}

/// One known symbol; the argument is the width of the uniform profile.
void EstimateLmmseBlock(benchmark::State& state) {
  run(state, {.numerology = ofdm::ku240(),
              .pilots = block(),
              .profile = ofdm::uniform_profile(-2, static_cast<double>(state.range(0)))});
}
BENCHMARK(EstimateLmmseBlock)->Arg(18)->Arg(34)->Arg(66)->Unit(benchmark::kMicrosecond);

/// The 51 pilots of each of 10 symbols, one of which is wanted.
void EstimateLmmseScattered(benchmark::State& state) {
  ofdm::LmmseEstimator::Config config{
      .numerology = ofdm::ku240(), .profile = ofdm::uniform_profile(-2, 34), .doppler = 1e-3};
  for (std::uint16_t s = 0; s < 10; ++s) {
    for (const auto k : config.numerology.carriers(ofdm::Carrier::pilot)) config.pilots.push_back({s, k});
  }
  run(state, config);
}
BENCHMARK(EstimateLmmseScattered)->Unit(benchmark::kMicrosecond);

// The whole matrix R_hp (R_pp + N / S)^-1 of a block, for one SNR: 8 MB.
void EstimateDenseEigen(benchmark::State& state) {
  const Eigen::MatrixXcf weights = Eigen::MatrixXcf::Random(1020, 1020);
  const Eigen::VectorXcf y = Eigen::VectorXcf::Random(1020);
  Eigen::VectorXcf channel(1020);
  for (auto _ : state) {
    channel.noalias() = weights * y;
    benchmark::DoNotOptimize(channel.data());
  }
  state.counters["cmac/s"] = benchmark::Counter(1020.0 * 1020, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(EstimateDenseEigen)->Unit(benchmark::kMicrosecond);

// The same eigenvectors in Eigen: rank 34.
void EstimateLowRankEigen(benchmark::State& state) {
  const Eigen::MatrixXcf vectors = Eigen::MatrixXcf::Random(1020, 34);
  const Eigen::VectorXcf y = Eigen::VectorXcf::Random(1020);
  Eigen::VectorXcf coefficients(34);
  Eigen::VectorXcf channel(1020);
  for (auto _ : state) {
    coefficients.noalias() = vectors.adjoint() * y;
    channel.noalias() = vectors * coefficients;
    benchmark::DoNotOptimize(channel.data());
  }
  state.counters["cmac/s"] = benchmark::Counter(34.0 * 2040, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(EstimateLowRankEigen)->Unit(benchmark::kMicrosecond);

void EstimateNoise(benchmark::State& state) {
  ofdm::NoiseEstimator estimator({.carriers = 1020});
  Random random(1);
  std::vector<float> power(1020);
  for (float& p : power) p = std::norm(random.complex_normal());
  std::vector<float> variance(1020);
  for (auto _ : state) {
    estimator.process(power, variance);
    benchmark::DoNotOptimize(variance.data());
  }
}
BENCHMARK(EstimateNoise)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace boresight
