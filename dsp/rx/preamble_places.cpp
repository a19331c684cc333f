#include "rx/preamble_places.h"

#include <algorithm>

namespace boresight::rx {
namespace {

bool larger(const PreamblePlaces::Place& a, const PreamblePlaces::Place& b) {
  return a.level > b.level;
}

}  // namespace

void PreamblePlaces::collect(Grid<const std::uint8_t> levels, std::uint8_t threshold) noexcept {
  places_.clear();
  std::uint8_t limit = threshold;
  constexpr std::size_t chunk = 64;
  for (std::size_t d = 0; d < levels.rows(); ++d) {
    const std::span<const std::uint8_t> row = levels.row(d);
    for (std::size_t n = 0; n < row.size(); n += chunk) {
      const std::size_t end = std::min(n + chunk, row.size());
      std::uint8_t largest = 0;
      for (std::size_t i = n; i < end; ++i) largest = std::max(largest, row[i]);
      if (largest < limit) continue;
      for (std::size_t i = n; i < end; ++i) {
        if (row[i] < limit) continue;
        if (places_.size() == most) limit = drop_lower_half();
        places_.push_back({row[i], static_cast<std::uint32_t>(i), static_cast<std::uint16_t>(d)});
      }
    }
  }
  std::sort(places_.begin(), places_.end(), larger);
}

// Returns the lowest level that is left.
std::uint8_t PreamblePlaces::drop_lower_half() noexcept {
  std::nth_element(places_.begin(), places_.begin() + most / 2, places_.end(), larger);
  places_.resize(most / 2);
  return std::min_element(places_.begin(), places_.end(),
                          [](const Place& a, const Place& b) { return a.level < b.level; })
      ->level;
}

}  // namespace boresight::rx
