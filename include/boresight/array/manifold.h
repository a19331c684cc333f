// The array as a receiver of plane waves: geometry, element patterns, polarization and mutual coupling in one
// steering vector. array/steering.h is its special case of isotropic elements that do not see each other.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "boresight/array/element.h"
#include "boresight/array/geometry.h"
#include "boresight/array/polarization.h"
#include "boresight/core/types.h"

namespace boresight::array {

/// a(u) = C diag(g_e(u)) exp(+j 2 pi f r_e . u / c): the array manifold (Van Trees 2002, section 2.2, with
/// element patterns; C from array/coupling.h).
///
/// An element's frame is the array frame turned by the shortest way until z is its normal (a normal straight
/// back: half a turn about y), then by its rotation about that normal.
///
/// Channels: `ports.size()` per element, or one when there are none. Channel = port * elements + element, so
/// that the first E rows of a dual-polarized block are one polarization and the others the other.
class Manifold {
 public:
  struct Config {
    Geometry geometry;
    ElementPattern element;
    /// None: elements without polarization, ElementPattern::scalar() each. One: the same polarization
    /// everywhere. Two: dual-polarized, usually {1, 0} and {0, 1}. Each is the wave that the port receives in
    /// full, in the element's frame at its normal; not zero.
    std::vector<Jones> ports;
    /// Of each element about its normal, counterclockwise seen from ahead (sequential rotation); none: all 0.
    std::vector<double> rotations_rad;
    /// [channels x channels] row-major, or [elements x elements], which then serves each port apart (ports at
    /// one place are then taken to be isolated); none: no coupling.
    std::vector<cf64> coupling;
  };

  /// Throws ConfigError for a bad geometry, more than two ports or one that is zero or not finite, more than
  /// `max_elements` channels, rotations or coupling of the wrong size or not finite.
  explicit Manifold(Config config);

  /// Isotropic, scalar, uncoupled: steering() is then steering_vector().
  explicit Manifold(Geometry geometry);

  const Config& config() const { return config_; }
  const Geometry& geometry() const { return config_.geometry; }
  std::size_t channels() const { return channels_; }
  bool polarized() const { return !config_.ports.empty(); }

  /// a(u) for a wave of polarization `wave` (array frame; see sky_to_array()), which a manifold without ports
  /// does not look at. Behind the elements the patterns' floor speaks; elements_in_view() tells.
  ///
  /// @param u    unit vector from the array to the source, array frame; its length is not checked
  /// @param out  [channels()]. A NaN in u or in the frequency gives NaN.
  void steering(Vec3 u, double frequency_hz, Jones wave, std::span<cf64> out) const noexcept;
  void steering(Vec3 u, double frequency_hz, Jones wave, std::span<cf32> out) const noexcept;
  /// The same for RHCP.
  void steering(Vec3 u, double frequency_hz, std::span<cf64> out) const noexcept;
  void steering(Vec3 u, double frequency_hz, std::span<cf32> out) const noexcept;

  /// How many elements have the direction inside their pattern: 0 is a direction that this array cannot
  /// serve.
  std::size_t elements_in_view(Vec3 u) const noexcept;

  /// Neither patterns nor polarization: with weights out of absorb_coupling() only positions count.
  bool isotropic() const { return config_.element.isotropic() && config_.ports.empty(); }

  /// C^H w: the weights with which uncoupled elements would make the beam that `weights` make here.
  /// [channels()]
  void absorb_coupling(std::span<const cf64> weights, std::span<cf64> out) const noexcept;
  /// w^H a(u) of weights out of absorb_coupling(), without building a(u).
  cf64 output(std::span<const cf64> absorbed, Vec3 u, double frequency_hz, Jones wave) const noexcept;

 private:
  struct Frame {
    Vec3 x{1, 0, 0};
    Vec3 y{0, 1, 0};
    Vec3 z{0, 0, 1};
  };

  template <typename Sink>
  void for_each_channel(Vec3 u, double frequency_hz, Jones wave, Sink&& sink) const;
  void channel_gains(const Frame& frame, Vec3 u, Jones wave, cf64* gains) const;

  Config config_;
  std::size_t channels_ = 0;
  std::size_t coupling_blocks_ = 0;  // 0 none, 1 over all channels, else one per port
  std::vector<Frame> frames_;        // none: all are the array frame
};

}  // namespace boresight::array
