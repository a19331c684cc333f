// MUSIC from a covariance to the finished spectrum, eigenvectors included, beside a plain Eigen version in
// double with a table of steering vectors: noise subspace for one direction after the other, as textbooks
// have it, and all directions in one matrix product, with the smaller subspace. Each iteration runs all once,
// in turn; the counters are made of the shortest time of each.
//
//   ours_us, eigenspace_us   all, and of it the eigenvectors
//   plain_us, product_us     Eigen, one by one and as a product; compiled like the library (SSE2)
//   times_plain, times_product
#include "boresight/doa/spatial_spectrum.h"

#include <benchmark/benchmark.h>

#include <Eigen/Dense>
#include <vector>

#include "boresight/array/steering.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/doa/covariance.h"
#include "boresight/doa/eigenspace.h"
#include "support/bounds.h"

namespace boresight::doa {
namespace {

constexpr double carrier_hz = 1e9;
constexpr double half_m = speed_of_light_m_s / carrier_hz / 2;

void music(benchmark::State& state, const array::Geometry& geometry, const SearchGrid& grid) {
  constexpr std::size_t snapshots = 200;
  constexpr std::size_t sources = 2;
  const std::size_t elements = geometry.elements();
  const Vec3 directions[sources] = {{-0.17, 0.0, std::sqrt(1 - 0.17 * 0.17)}, {0.3, 0.2, std::sqrt(0.87)}};
  GridBuffer<cf32> x(elements, snapshots);
  Random random(1);
  std::vector<cf32> a(elements);
  for (std::size_t e = 0; e < elements; ++e) random.add_noise(x.row(e), 1.0F);
  for (const Vec3 u : directions) {
    array::steering_vector(geometry, u, carrier_hz, a);
    for (std::size_t t = 0; t < snapshots; ++t) {
      const cf32 s = random.complex_normal(10.0F);
      for (std::size_t e = 0; e < elements; ++e) x(e, t) += a[e] * s;
    }
  }
  SampleCovariance covariance({.elements = elements});
  covariance.update(x.view());
  GridBuffer<cf64> r(elements, elements);
  covariance.matrix(r.view());

  SpatialSpectrum ours({.geometry = geometry, .frequency_hz = carrier_hz, .grid = grid, .sources = sources});
  Eigenspace space({.elements = elements, .vectors = sources});
  std::vector<float> spectrum(grid.size());
  using Index = Eigen::Index;
  const auto n = static_cast<Index>(elements);
  Eigen::MatrixXcd table(n, static_cast<Index>(grid.size()));
  for (std::size_t g = 0; g < grid.size(); ++g) {
    array::steering_vector(geometry, grid.directions[g], carrier_hz,
                           std::span<cf64>(table.col(static_cast<Index>(g)).data(), elements));
  }
  Eigen::MatrixXcd m(n, n);
  for (std::size_t i = 0; i < elements; ++i) {
    for (std::size_t k = 0; k < elements; ++k) m(static_cast<Index>(i), static_cast<Index>(k)) = r(i, k);
  }
  Eigen::VectorXd plain(table.cols());
  const int repeats = elements < 16 ? 20 : 1;
  Best best_ours, best_space, best_plain, best_product;
  for (auto _ : state) {
    best_ours.run(repeats, [&] {
      ours.music(r.view(), spectrum);
      benchmark::ClobberMemory();
    });
    best_space.run(repeats, [&] {
      space.compute(r.view());
      benchmark::ClobberMemory();
    });
    best_plain.run(1, [&] {
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(m);
      const Eigen::MatrixXcd noise = eigen.eigenvectors().leftCols(n - static_cast<Index>(sources));
      for (Index g = 0; g < table.cols(); ++g) {
        plain(g) = static_cast<double>(n) / (noise.adjoint() * table.col(g)).squaredNorm();
      }
      benchmark::ClobberMemory();
    });
    best_product.run(1, [&] {
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(m);
      const Eigen::MatrixXcd signals = eigen.eigenvectors().rightCols(static_cast<Index>(sources));
      plain = static_cast<double>(n) /
              (static_cast<double>(n) - (signals.adjoint() * table).colwise().squaredNorm().array());
      benchmark::ClobberMemory();
    });
  }
  state.counters["ours_us"] = 1e6 * best_ours.seconds;
  state.counters["eigenspace_us"] = 1e6 * best_space.seconds;
  state.counters["plain_us"] = 1e6 * best_plain.seconds;
  state.counters["product_us"] = 1e6 * best_product.seconds;
  state.counters["times_plain"] = best_plain.seconds / best_ours.seconds;
  state.counters["times_product"] = best_product.seconds / best_ours.seconds;
}

SearchGrid sky() {
  std::vector<double> azimuths(181), elevations(91);
  for (std::size_t i = 0; i < azimuths.size(); ++i) azimuths[i] = rad_from_deg(2.0 * static_cast<double>(i));
  for (std::size_t i = 0; i < elevations.size(); ++i) elevations[i] = rad_from_deg(static_cast<double>(i));
  return SearchGrid::azimuth_elevation(azimuths, elevations);
}

void music_line_8_3601(benchmark::State& state) {
  music(state, array::Geometry::line(8, half_m), SearchGrid::line(-pi / 2, pi / 2, 3601));
}
void music_square_64_181x91(benchmark::State& state) {
  music(state, array::Geometry::rectangle(8, 8, half_m, half_m), sky());
}
void music_circle_64_181x91(benchmark::State& state) {
  music(state, array::Geometry::circle(64, 64 * half_m / (2 * pi)), sky());
}
BENCHMARK(music_line_8_3601)->Iterations(300);
BENCHMARK(music_square_64_181x91)->Iterations(40);
BENCHMARK(music_circle_64_181x91)->Iterations(20);

}  // namespace
}  // namespace boresight::doa
