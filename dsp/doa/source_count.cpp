#include "boresight/doa/source_count.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "boresight/core/assert.h"

namespace boresight::doa {
namespace {

constexpr std::size_t max_elements = 1024;
constexpr double rounding = 1e-12;

}  // namespace

std::size_t source_count(std::span<const double> eigenvalues, double snapshots,
                         CountCriterion criterion) noexcept {
  BORESIGHT_ASSERT(eigenvalues.size() <= max_elements);
  std::array<double, max_elements> values;
  const std::size_t given = std::min(eigenvalues.size(), max_elements);
  for (std::size_t i = 0; i < given; ++i) {
    if (!std::isfinite(eigenvalues[i])) return 0;
    values[i] = eigenvalues[i];
  }
  std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(given), std::greater<>());
  std::size_t elements = 0;
  while (elements < given && values[elements] > 0 && values[elements] > rounding * values[0]) ++elements;
  if (elements == 0 || !(snapshots >= 1) || !std::isfinite(snapshots)) return 0;

  const auto e = static_cast<double>(elements);
  const std::size_t most = std::min(elements, static_cast<std::size_t>(std::min(snapshots, 2e3)));
  double sum = 0;
  double log_sum = 0;
  double best = 0;
  std::size_t count = 0;
  // From the smallest eigenvalue on: k of them are signals, E - k are noise.
  for (std::size_t k = elements; k-- > 0;) {
    sum += values[k];
    log_sum += std::log(values[k]);
    if (k >= most) continue;
    const auto signals = static_cast<double>(k);
    const double noise = e - signals;
    const double misfit = snapshots * (noise * std::log(sum / noise) - log_sum);
    const double unknowns = signals * (2 * e - signals);
    const double cost = misfit + unknowns * (criterion == CountCriterion::aic ? 1 : std::log(snapshots) / 2);
    if (k == most - 1 || cost <= best) {
      best = cost;
      count = k;
    }
  }
  return count;
}

}  // namespace boresight::doa
