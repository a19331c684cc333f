#include "boresight/array/subarrays.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "boresight/array/geometry.h"
#include "boresight/core/assert.h"
#include "boresight/core/error.h"

namespace boresight::array {
namespace {

void check_count(std::size_t elements) {
  require(
      elements >= 1 && elements <= max_elements,
      "subarrays of " + std::to_string(elements) + " elements: must be 1 to " + std::to_string(max_elements));
}

}  // namespace

Subarrays::Subarrays(std::vector<std::uint32_t> group_of_element) : group_(std::move(group_of_element)) {
  check_count(group_.size());
  const std::uint32_t last = *std::max_element(group_.begin(), group_.end());
  require(last < group_.size(), "subarrays: group " + std::to_string(last) + " of " +
                                    std::to_string(group_.size()) + " elements, must be below their number");
  sizes_.assign(last + std::size_t{1}, 0);
  for (const std::uint32_t group : group_) ++sizes_[group];
  for (std::size_t s = 0; s < sizes_.size(); ++s) {
    require(sizes_[s] > 0, "subarrays: group " + std::to_string(s) + " has 0 elements, must have at least 1");
  }
}

Subarrays Subarrays::blocks(std::size_t columns, std::size_t rows, std::size_t block_columns,
                            std::size_t block_rows) {
  check_count(columns);
  check_count(rows);
  check_count(columns * rows);
  require(block_columns >= 1 && block_rows >= 1 && columns % block_columns == 0 && rows % block_rows == 0,
          "subarrays: blocks of " + std::to_string(block_columns) + " x " + std::to_string(block_rows) +
              " must fill " + std::to_string(columns) + " x " + std::to_string(rows) + " elements");
  std::vector<std::uint32_t> group;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      group.push_back(
          static_cast<std::uint32_t>(row / block_rows * (columns / block_columns) + column / block_columns));
    }
  }
  return Subarrays(std::move(group));
}

Subarrays Subarrays::interleaved(std::size_t elements, std::size_t groups) {
  check_count(elements);
  require(groups >= 1 && groups <= elements,
          "subarrays: " + std::to_string(groups) + " groups, must be 1 to " + std::to_string(elements));
  std::vector<std::uint32_t> group;
  for (std::size_t e = 0; e < elements; ++e) group.push_back(static_cast<std::uint32_t>(e % groups));
  return Subarrays(std::move(group));
}

void Subarrays::effective_weights(std::span<const cf64> analog, std::span<const cf64> digital,
                                  std::span<cf64> effective) const noexcept {
  BORESIGHT_ASSERT(analog.size() == elements() && effective.size() == elements());
  BORESIGHT_ASSERT(digital.size() == groups());
  for (std::size_t e = 0; e < elements(); ++e) effective[e] = analog[e] * digital[group_[e]];
}

void Subarrays::to_digital(std::span<const cf64> analog, std::span<const cf64> steering,
                           std::span<cf64> out) const noexcept {
  BORESIGHT_ASSERT(analog.size() == elements() && steering.size() == elements());
  BORESIGHT_ASSERT(out.size() == groups());
  std::fill(out.begin(), out.end(), cf64());
  for (std::size_t e = 0; e < elements(); ++e) out[group_[e]] += std::conj(analog[e]) * steering[e];
}

void Subarrays::covariance_to_digital(std::span<const cf64> analog, Grid<const cf64> covariance,
                                      Grid<cf64> out) const noexcept {
  BORESIGHT_ASSERT(analog.size() == elements() && covariance.rows() == elements() &&
                   covariance.columns() == elements());
  BORESIGHT_ASSERT(out.rows() == groups() && out.columns() == groups());
  for (std::size_t s = 0; s < groups(); ++s) {
    const auto row = out.row(s);
    std::fill(row.begin(), row.end(), cf64());
  }
  for (std::size_t e = 0; e < elements(); ++e) {
    const auto in = covariance.row(e);
    const auto row = out.row(group_[e]);
    for (std::size_t k = 0; k < elements(); ++k) {
      row[group_[k]] += std::conj(analog[e]) * in[k] * analog[k];
    }
  }
}

void Subarrays::nearest_digital(std::span<const cf64> analog, std::span<const cf64> wanted,
                                std::span<cf64> digital) const noexcept {
  BORESIGHT_ASSERT(analog.size() == elements() && wanted.size() == elements());
  BORESIGHT_ASSERT(digital.size() == groups());
  std::array<double, max_elements> power{};
  std::fill(digital.begin(), digital.end(), cf64());
  for (std::size_t e = 0; e < elements(); ++e) {
    digital[group_[e]] += std::conj(analog[e]) * wanted[e];
    power[group_[e]] += std::norm(analog[e]);
  }
  for (std::size_t s = 0; s < groups(); ++s) {
    digital[s] = power[s] > 0 ? digital[s] / power[s] : cf64();
  }
}

}  // namespace boresight::array
