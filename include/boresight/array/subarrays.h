// Hybrid analog-digital arrays: elements are weighted and summed in analog groups, and only the sums are
// digital.
//
//   element 0 --[a0*]--\                        y = sum_s d_s* sum_(e in s) a_e* x_e = w^H x,
//   element 1 --[a1*]---+-- digital 0 --[d0*]-\      w_e = a_e d_s(e)
//   element 2 --[a2*]--\                      +-- y
//   element 3 --[a3*]---+-- digital 1 --[d1*]-/
//
// Only the digital weights can follow a jammer or a second beam; what they make of directions away from where
// the analog weights point repeats with the spacing of the groups: grating lobes, under the pattern of one
// group.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "boresight/core/grid.h"
#include "boresight/core/types.h"

namespace boresight::array {

class Subarrays {
 public:
  /// Which group each element belongs to. Throws ConfigError for none or more than `max_elements` elements
  /// and for a group without an element below the largest group named.
  explicit Subarrays(std::vector<std::uint32_t> group_of_element);

  /// Blocks of `block_columns` x `block_rows` of a Geometry::rectangle(); a line has one row. Groups are
  /// counted like elements. Throws ConfigError for blocks that do not fill the rectangle.
  static Subarrays blocks(std::size_t columns, std::size_t rows, std::size_t block_columns,
                          std::size_t block_rows);

  /// Element e of a line in group e mod `groups`: every group spans the whole line, so the digital weights
  /// can move the beam only within the beam of the line, and further on the grating lobes of the groups come
  /// up.
  static Subarrays interleaved(std::size_t elements, std::size_t groups);

  std::size_t elements() const { return group_.size(); }
  std::size_t groups() const { return sizes_.size(); }
  std::uint32_t group(std::size_t element) const { return group_[element]; }
  std::size_t size(std::size_t group) const { return sizes_[group]; }

  /// w_e = a_e d_s(e): the element weights that a pattern or a metric takes.
  void effective_weights(std::span<const cf64> analog, std::span<const cf64> digital,
                         std::span<cf64> effective) const noexcept;

  /// The steering vector of the digital channels, out_s = sum_(e in s) a_e* steering_e: what digital weights
  /// (conventional, MVDR, ...) are made from. Linear: also one snapshot of samples, T^H x.
  void to_digital(std::span<const cf64> analog, std::span<const cf64> steering,
                  std::span<cf64> out) const noexcept;

  /// T^H R T, the covariance of the digital channels. [elements x elements] in, [groups x groups] out.
  void covariance_to_digital(std::span<const cf64> analog, Grid<const cf64> covariance,
                             Grid<cf64> out) const noexcept;

  /// The digital weights that come closest to the element weights wanted, least squares for given analog
  /// ones: d_s = sum a_e* w_e / sum |a_e|^2. A group whose analog weights are all zero gets 0.
  void nearest_digital(std::span<const cf64> analog, std::span<const cf64> wanted,
                       std::span<cf64> digital) const noexcept;

 private:
  std::vector<std::uint32_t> group_;
  std::vector<std::size_t> sizes_;
};

}  // namespace boresight::array
