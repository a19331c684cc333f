// Where a preamble may be: the largest of the levels that a search has left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/grid.h"

namespace boresight::rx {

class PreamblePlaces {
 public:
  struct Place {
    std::uint8_t level;
    std::uint32_t position;
    std::uint16_t carrier;
  };
  static constexpr std::size_t most = 4096;

  PreamblePlaces() { places_.reserve(most); }

  /// levels [carriers x positions]: those from `threshold` on. Of more than `most` at a time the lower half
  /// is dropped, and what is not above it later.
  void collect(Grid<const std::uint8_t> levels, std::uint8_t threshold) noexcept;
  std::span<const Place> largest_first() const { return places_; }

 private:
  std::uint8_t drop_lower_half() noexcept;

  std::vector<Place> places_;
};

}  // namespace boresight::rx
