#include "boresight/doa/spatial_spectrum.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/doa/eigenspace.h"
#include "doa/lattice.h"
#include "doa/peak_search.h"
#include "doa/steering_model.h"
#include "kernels/spectrum.h"

namespace boresight::doa {
namespace {

using Eigen::Index;

constexpr double least_eigenvalue = 1e-9;  // of the largest: Capon's inverse
constexpr float least_form = 1e-7F;        // of E ||Q||: below this is rounding
constexpr double largest_float = std::numeric_limits<float>::max();

/// What float may not hold.
void multiply(std::span<float> out, double scale) {
  for (float& value : out) value = static_cast<float>(std::min(value * scale, largest_float));
}

Eigenspace::Config all_of(std::size_t elements) {
  return {.elements = elements, .vectors = elements};
}

}  // namespace

struct SpatialSpectrum::Workspace {
  explicit Workspace(const Config& config)
      : model(config.geometry, config.manifold, config.wave, config.frequency_hz),
        grid(config.grid),
        signals({.elements = channels(), .vectors = config.sources}),
        everything(all_of(channels())),
        lattice(model, grid.directions),
        form(model.elements(), model.elements()),
        search(model) {
    form.setZero();
    const std::size_t elements = channels();
    if (lattice.exists()) return;
    vectors.resize(2 * (elements + 1) * elements);
    const std::size_t blocks = (grid.size() + 15) / 16;
    table.resize(blocks * elements * 32);
    Eigen::VectorXcd a(model.elements());
    for (std::size_t g = 0; g < grid.size(); ++g) {
      model.steer(grid.directions[g], a);
      if (a.isZero(0)) deaf.push_back(g);
      for (std::size_t e = 0; e < elements; ++e) {
        const cf64 value = a(static_cast<Index>(e));
        float* at = table.data() + (g / 16 * elements + e) * 32 + g % 16;
        at[0] = static_cast<float>(value.real());
        at[16] = static_cast<float>(value.imag());
      }
    }
  }

  std::size_t channels() const { return static_cast<std::size_t>(model.elements()); }

  /// Q = offset I + sign sum of weight_i v_i v_i^H, over the grid.
  void evaluate(const Eigenspace& space, double offset, double sign, kernels::SpectrumScale scale,
                std::span<float> out) noexcept;
  bool fail(std::span<float> out) noexcept {
    std::ranges::fill(out, 0.0F);
    form.setZero();
    return false;
  }

  SteeringModel model;
  SearchGrid grid;
  Eigenspace signals;
  Eigenspace everything;
  Lattice lattice;
  std::vector<std::size_t> deaf;  // directions of the grid that the array does not hear at all
  aligned_vector<float> table;
  aligned_vector<float> vectors;
  Eigen::VectorXd weights;
  Eigen::MatrixXcd form;  // Q, for peaks
  bool reciprocal = false;
  double scale = 1;
  PeakSearch search;
};

void SpatialSpectrum::Workspace::evaluate(const Eigenspace& space, double offset, double sign,
                                          kernels::SpectrumScale s, std::span<float> out) noexcept {
  const std::size_t elements = space.elements();
  const std::size_t count = space.values().size();
  form.setZero();
  form.diagonal().array() = offset;
  for (std::size_t i = 0; i < count; ++i) {
    const Eigen::Map<const Eigen::VectorXcd> v(space.vector(i).data(), static_cast<Index>(elements));
    const double weight = sign * weights(static_cast<Index>(i));
    for (Index c = 0; c < form.cols(); ++c) form.col(c) += (weight * std::conj(v(c))) * v;
  }
  reciprocal = s.reciprocal;
  scale = s.scale;
  if (lattice.exists()) {
    lattice.spectrum(form, s, out);
    return;
  }
  std::size_t rows = 0;
  for (std::size_t i = 0; i < count; ++i, ++rows) {
    const auto v = space.vector(i);
    const double root = std::sqrt(weights(static_cast<Index>(i)));
    for (std::size_t e = 0; e < elements; ++e) {
      vectors[2 * (rows * elements + e)] = static_cast<float>(root * v[e].real());
      vectors[2 * (rows * elements + e) + 1] = static_cast<float>(root * v[e].imag());
    }
  }
  if (rows % 2 == 1) {
    std::fill_n(vectors.begin() + static_cast<std::ptrdiff_t>(2 * rows * elements), 2 * elements, 0.0F);
    ++rows;
  }
  kernels::factor_spectrum({.elements = elements,
                            .vectors = rows,
                            .v = vectors.data(),
                            .steering = table.data(),
                            .offset = static_cast<float>(offset * static_cast<double>(elements)),
                            .sign = static_cast<float>(sign)},
                           s, out);
  // No power comes from there; reciprocals of nothing would be the highest peaks.
  for (const std::size_t g : deaf) out[g] = 0;
}

SpatialSpectrum::SpatialSpectrum(const Config& config) {
  const SearchGrid& grid = config.grid;
  require(!grid.directions.empty() && grid.rows * grid.columns == grid.directions.size(),
          "spectrum: a grid of " + std::to_string(grid.rows) + " x " + std::to_string(grid.columns) +
              " with " + std::to_string(grid.directions.size()) + " directions");
  for (const Vec3& u : grid.directions) {
    require(std::abs(norm(u) - 1) < 1e-6, "spectrum: a direction of the grid is not a unit vector");
  }
  const SteeringModel model(config.geometry, config.manifold, config.wave, config.frequency_hz);
  const auto channels = static_cast<std::size_t>(model.elements());
  require(channels >= 2, "spectrum: " + std::to_string(channels) + " channels, must be at least 2");
  require(config.sources >= 1 && config.sources < channels,
          "spectrum: " + std::to_string(config.sources) + " sources with " + std::to_string(channels) +
              " channels, must be 1 to one less than channels");
  work_ = std::make_unique<Workspace>(config);
  work_->weights = Eigen::VectorXd::Ones(model.elements());
}
SpatialSpectrum::~SpatialSpectrum() = default;
SpatialSpectrum::SpatialSpectrum(SpatialSpectrum&&) noexcept = default;
SpatialSpectrum& SpatialSpectrum::operator=(SpatialSpectrum&&) noexcept = default;

bool SpatialSpectrum::bartlett(Grid<const cf64> covariance, std::span<float> out) noexcept {
  Workspace& work = *work_;
  BORESIGHT_ASSERT(out.size() == work.grid.size());
  if (!work.everything.compute(covariance)) return work.fail(out);
  const auto values = work.everything.values();
  const double largest = values[0];
  if (!(largest > 0)) return work.fail(out);
  // In units of the largest eigenvalue: float then holds any R.
  for (std::size_t i = 0; i < values.size(); ++i) {
    work.weights(static_cast<Index>(i)) = std::max(0.0, values[i] / largest);
  }
  const auto elements = static_cast<double>(values.size());
  const double scale = largest / (elements * elements);
  const bool beyond = scale * elements > largest_float / 2;
  work.evaluate(work.everything, 0, 1, {.scale = beyond ? 1 : static_cast<float>(scale)}, out);
  if (beyond) multiply(out, scale);
  work.scale = scale;
  return true;
}

bool SpatialSpectrum::capon(Grid<const cf64> covariance, double loading, std::span<float> out) noexcept {
  Workspace& work = *work_;
  BORESIGHT_ASSERT(out.size() == work.grid.size());
  if (!work.everything.compute(covariance)) return work.fail(out);
  const auto values = work.everything.values();
  const double load = loading > 0 && std::isfinite(loading) ? loading : 0;
  const double largest = values[0] + load;
  if (!(values[0] > 0) || !std::isfinite(largest)) return work.fail(out);
  // In units of the smallest eigenvalue, so that the largest weight is 1.
  const double smallest = std::max(values.back() + load, least_eigenvalue * largest);
  for (std::size_t i = 0; i < values.size(); ++i) {
    work.weights(static_cast<Index>(i)) = smallest / std::max(values[i] + load, smallest);
  }
  const auto elements = static_cast<float>(values.size());
  const float floor = least_form * elements;
  const bool beyond = smallest / static_cast<double>(floor) > largest_float / 2;
  work.evaluate(work.everything, 0, 1,
                {.scale = beyond ? 1 : static_cast<float>(smallest), .floor = floor, .reciprocal = true},
                out);
  if (beyond) multiply(out, smallest);
  work.scale = smallest;
  return true;
}

bool SpatialSpectrum::music(Grid<const cf64> covariance, std::span<float> out) noexcept {
  Workspace& work = *work_;
  BORESIGHT_ASSERT(out.size() == work.grid.size());
  if (!work.signals.compute(covariance) || !(work.signals.values()[0] > 0)) return work.fail(out);
  work.weights.setOnes();
  const auto elements = static_cast<float>(work.signals.elements());
  work.evaluate(work.signals, 1, -1, {.scale = elements, .floor = least_form * elements, .reciprocal = true},
                out);
  return true;
}

std::size_t SpatialSpectrum::peaks(std::span<const float> spectrum, std::span<SpectrumPeak> out) noexcept {
  Workspace& work = *work_;
  BORESIGHT_ASSERT(spectrum.size() == work.grid.size());
  return work.search.run(work.grid, spectrum, work.form, work.reciprocal, work.scale, out);
}

std::size_t SpatialSpectrum::channels() const {
  return work_->channels();
}
std::size_t SpatialSpectrum::size() const {
  return work_->grid.size();
}
const SearchGrid& SpatialSpectrum::grid() const {
  return work_->grid;
}

}  // namespace boresight::doa
