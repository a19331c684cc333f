#include "boresight/doa/eigenspace.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "kernels/spectrum.h"

namespace boresight::doa {
namespace {

using Eigen::Index;
using Eigen::MatrixXcd;

constexpr std::size_t max_elements = 1024;
constexpr std::size_t least_iterated = 24;
constexpr int most_rounds = 24;
constexpr double exactness = 1e-8;
constexpr double least_unit = 1e-300;  // its inverse is finite

/// Vectors that are iterated: one more than asked for, so that the gap is known, in fours; 0 for none.
std::size_t block_of(const Eigenspace::Config& config) {
  if (config.elements < least_iterated || 8 * config.vectors > config.elements) return 0;
  return (config.vectors + 4) / 4 * 4;
}

/// Eigen's accessor copies the coefficients, to the heap.
struct Reduction : Eigen::Tridiagonalization<MatrixXcd> {
  explicit Reduction(Index n) : Tridiagonalization(n) {}
  const CoeffVectorType& coefficients() const { return m_hCoeffs; }
};

/// H = Q T Q^H with T real and tridiagonal. Eigen's own way to the complex eigenvectors forms Q and
/// allocates; here Q, a product of reflections I - h* (1, v) (1, v)^H, is applied to the vectors that are
/// wanted.
struct FullDecomposition {
  explicit FullDecomposition(Index n)
      : reduction(std::max<Index>(n, 2)), solver(n), diagonal(n), beside(n - 1) {}

  /// The largest eigenvalues, descending, and their vectors; `h` is overwritten.
  template <typename Values, typename Vectors>
  void compute(MatrixXcd& h, Values& values, Vectors& vectors) noexcept {
    const Index n = h.rows();
    if (n == 1) {
      values(0) = h(0, 0).real();
      vectors(0, 0) = 1;
      return;
    }
    // Scaled, so that nothing under- or overflows.
    const double largest = h.diagonal().cwiseAbs().maxCoeff();
    const double scale = largest > 0 ? largest : 1;
    h /= scale;
    reduction.compute(h);
    diagonal = reduction.diagonal();
    beside = reduction.subDiagonal();
    solver.computeFromTridiagonal(diagonal, beside, Eigen::ComputeEigenvectors);
    for (Index i = 0; i < values.size(); ++i) {
      values(i) = scale * solver.eigenvalues()(n - 1 - i);
      auto z = vectors.col(i);
      z = solver.eigenvectors().col(n - 1 - i).template cast<cf64>();
      for (Index k = n - 1; k-- > 0;) {
        const auto v = reduction.packedMatrix().col(k).tail(n - k - 2);
        auto rest = z.tail(n - k - 2);
        const cf64 along = std::conj(reduction.coefficients()(k)) * (z(k + 1) + v.dot(rest));
        z(k + 1) -= along;
        rest -= along * v;
      }
    }
  }

  Reduction reduction;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  Eigen::VectorXd diagonal, beside;
};

}  // namespace

struct Eigenspace::Workspace {
  explicit Workspace(const Config& c)
      : config(c),
        block(block_of(c)),
        stride((c.elements + 7) / 8 * 8),
        full(static_cast<Index>(c.elements)),
        covariance(static_cast<Index>(c.elements), static_cast<Index>(c.elements)),
        values(static_cast<Index>(c.vectors)),
        vectors(static_cast<Index>(c.elements), static_cast<Index>(c.vectors)),
        projected(static_cast<Index>(std::max<std::size_t>(block, 1))) {
    values.setZero();
    vectors.setZero();
    if (block == 0) return;
    const auto n = static_cast<Index>(c.elements);
    const auto p = static_cast<Index>(block);
    ritz.resize(p);
    turn.resize(p, p);
    start.resize(n, p);
    x.resize(n, p);
    y.resize(n, p);
    rotated.resize(n, p);
    h.resize(p, p);
    parts.resize(2 * c.elements * stride);
    packed.resize(8 * c.elements);
    product.resize(8 * stride);
    Random random(1);
    for (Index i = 0; i < start.size(); ++i) start(i) = cf64(random.complex_normal());
    orthonormalize(start);
  }

  static void orthonormalize(MatrixXcd& m);
  void multiply();
  bool iterate() noexcept;

  Config config;
  std::size_t block;
  std::size_t stride;
  FullDecomposition full;
  MatrixXcd covariance;  // the lower triangle counts
  double trace = 0;
  Eigen::VectorXd values;
  MatrixXcd vectors;

  FullDecomposition projected;  // of the iterated block
  Eigen::VectorXd ritz;         // its eigenvalues, descending
  MatrixXcd start, x, y, rotated, h, turn;
  aligned_vector<double> parts;  // R for the kernel
  aligned_vector<double> packed;
  aligned_vector<double> product;
};

/// Modified Gram-Schmidt. A column that is nothing but rounding stays as it is, and its Ritz value small.
void Eigenspace::Workspace::orthonormalize(MatrixXcd& m) {
  for (Index c = 0; c < m.cols(); ++c) {
    for (Index b = 0; b < c; ++b) m.col(c) -= m.col(b).dot(m.col(c)) * m.col(b);
    const double length = m.col(c).norm();
    if (length > 0) m.col(c) /= length;
  }
}

/// y = R x.
void Eigenspace::Workspace::multiply() {
  const std::size_t n = config.elements;
  for (std::size_t first = 0; first < block; first += 4) {
    for (std::size_t c = 0; c < 4; ++c) {
      for (std::size_t e = 0; e < n; ++e) {
        const cf64 value = x(static_cast<Index>(e), static_cast<Index>(first + c));
        packed[8 * e + 2 * c] = value.real();
        packed[8 * e + 2 * c + 1] = value.imag();
      }
    }
    kernels::hermitian_times_4(n, stride, parts.data(), packed.data(), product.data());
    for (std::size_t c = 0; c < 4; ++c) {
      const double* re = product.data() + 2 * c * stride;
      for (std::size_t e = 0; e < n; ++e) {
        y(static_cast<Index>(e), static_cast<Index>(first + c)) = cf64(re[e], re[stride + e]);
      }
    }
  }
}

/// False when it would take too long.
bool Eigenspace::Workspace::iterate() noexcept {
  const std::size_t n = config.elements;
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c <= r; ++c) {
      const cf64 value = covariance(static_cast<Index>(r), static_cast<Index>(c));
      parts[r * stride + c] = parts[c * stride + r] = value.real();
      parts[(n + r) * stride + c] = value.imag();
      parts[(n + c) * stride + r] = -value.imag();
    }
  }
  const auto k = static_cast<Index>(config.vectors);
  x = start;
  double last = std::numeric_limits<double>::infinity();
  for (int round = 0; round < most_rounds; ++round) {
    multiply();
    h.noalias() = x.adjoint().lazyProduct(y);
    projected.compute(h, ritz, turn);
    rotated.noalias() = x.lazyProduct(turn);
    x.noalias() = y.lazyProduct(turn);
    double residual = 0;
    for (Index i = 0; i < k; ++i) {
      residual = std::max(residual, (x.col(i) - ritz(i) * rotated.col(i)).norm());
    }
    const double gap = ritz(k - 1) - ritz(k);
    if (residual <= exactness * gap) {
      values = ritz.head(k);
      vectors = rotated.leftCols(k);
      return true;
    }
    // What is left to gain at the rate of this round.
    if (round >= 3) {
      const double rate = std::log(last / residual);
      if (!(rate * (most_rounds - round) > std::log(residual / (exactness * gap)))) return false;
    }
    last = residual;
    // The largest come first: the others are made orthogonal to what is nearly exact.
    orthonormalize(x);
  }
  return false;
}

Eigenspace::Eigenspace(const Config& config) {
  require(config.elements >= 1 && config.elements <= max_elements,
          "eigenspace: " + std::to_string(config.elements) + " elements, must be 1 to " +
              std::to_string(max_elements));
  require(config.vectors >= 1 && config.vectors <= config.elements,
          "eigenspace: " + std::to_string(config.vectors) + " vectors of " + std::to_string(config.elements) +
              " elements, must be 1 to as many as elements");
  work_ = std::make_unique<Workspace>(config);
}
Eigenspace::~Eigenspace() = default;
Eigenspace::Eigenspace(Eigenspace&&) noexcept = default;
Eigenspace& Eigenspace::operator=(Eigenspace&&) noexcept = default;

bool Eigenspace::compute(Grid<const cf64> covariance) noexcept {
  Workspace& work = *work_;
  const std::size_t n = work.config.elements;
  BORESIGHT_ASSERT(covariance.rows() == n && covariance.columns() == n);
  double sum = 0;
  double largest = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const auto row = covariance.row(r);
    for (std::size_t c = 0; c < r; ++c) sum += std::abs(row[c].real()) + std::abs(row[c].imag());
    sum += std::abs(row[r].real());
    largest = std::max(largest, std::abs(row[r].real()));
  }
  if (!std::isfinite(sum)) return false;
  // In units in which no square of an element leaves the range of double.
  const double unit = largest > 0 ? std::max(largest, least_unit) : 1;
  const double scale = 1 / unit;
  work.trace = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const auto row = covariance.row(r);
    for (std::size_t c = 0; c < r; ++c)
      work.covariance(static_cast<Index>(r), static_cast<Index>(c)) = scale * row[c];
    work.covariance(static_cast<Index>(r), static_cast<Index>(r)) = scale * row[r].real();
    work.trace += row[r].real();
  }
  if (work.block == 0 || !work.iterate()) work.full.compute(work.covariance, work.values, work.vectors);
  work.values *= unit;
  return true;
}

std::span<const double> Eigenspace::values() const {
  return {work_->values.data(), work_->config.vectors};
}
std::span<const cf64> Eigenspace::vector(std::size_t i) const {
  BORESIGHT_ASSERT(i < work_->config.vectors);
  return {work_->vectors.data() + i * work_->config.elements, work_->config.elements};
}
double Eigenspace::rest_mean() const {
  const std::size_t others = work_->config.elements - work_->config.vectors;
  if (others == 0) return 0;
  return std::max(0.0, work_->trace - work_->values.sum()) / static_cast<double>(others);
}
std::size_t Eigenspace::elements() const {
  return work_->config.elements;
}

}  // namespace boresight::doa
