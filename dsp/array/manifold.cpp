#include "boresight/array/manifold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr std::size_t max_ports = 2;

bool finite(cf64 value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

/// By hand: operator* of complex numbers looks for NaN, which costs more than the product.
cf64 product(cf64 a, cf64 b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

}  // namespace

Manifold::Manifold(Config config) : config_(std::move(config)) {
  config_.geometry.check();
  const std::size_t elements = config_.geometry.elements();
  const std::size_t ports = std::max<std::size_t>(1, config_.ports.size());
  require(ports <= max_ports, "manifold: " + std::to_string(ports) + " ports per element, must be at most 2");
  for (const Jones port : config_.ports) {
    require(finite(port.x) && finite(port.y) && std::norm(port.x) + std::norm(port.y) > 0,
            "manifold: a port's polarization must be finite and not zero");
  }
  channels_ = elements * ports;
  require(channels_ <= max_elements, "manifold: " + std::to_string(channels_) +
                                         " channels, must be at most " + std::to_string(max_elements));

  const std::vector<double>& rotations_rad = config_.rotations_rad;
  require(rotations_rad.empty() || rotations_rad.size() == elements,
          "manifold: " + std::to_string(rotations_rad.size()) + " rotations for " + std::to_string(elements) +
              " elements: must be one per element, or none");
  for (const double rotation_rad : rotations_rad) {
    require(std::isfinite(rotation_rad), "manifold: rotations must be finite");
  }
  const std::vector<cf64>& coupling = config_.coupling;
  if (!coupling.empty()) {
    require(coupling.size() == elements * elements || coupling.size() == channels_ * channels_,
            "manifold: coupling of " + std::to_string(coupling.size()) + " values, must be " +
                std::to_string(elements) + " or " + std::to_string(channels_) + " squared");
    require(std::all_of(coupling.begin(), coupling.end(), finite), "manifold: coupling must be finite");
    coupling_blocks_ = coupling.size() == channels_ * channels_ ? 1 : ports;
  }

  if (config_.geometry.normals.empty() && rotations_rad.empty()) return;
  frames_.resize(elements);
  for (std::size_t e = 0; e < elements; ++e) {
    const Vec3 normal = config_.geometry.normal(e);
    // The vectors across the normal, carried over from the boresight by the shortest way.
    const TransverseAxes axes = transverse_axes(normal);
    const double angle_rad = rotations_rad.empty() ? 0 : rotations_rad[e];
    frames_[e].z = normal;
    frames_[e].x = std::cos(angle_rad) * axes.x + std::sin(angle_rad) * axes.y;
    frames_[e].y = cross(normal, frames_[e].x);
  }
}

Manifold::Manifold(Geometry geometry) : Manifold(Config{.geometry = std::move(geometry)}) {}

/// What the ports of an element with this frame receive, without the phase of its position.
void Manifold::channel_gains(const Frame& frame, Vec3 u, Jones wave, cf64* gains) const {
  const Vec3 local{dot(frame.x, u), dot(frame.y, u), dot(frame.z, u)};
  if (config_.ports.empty()) {
    gains[0] = config_.element.scalar(local);
    return;
  }
  // The field is one vector; each frame has its own pair of axes across u.
  const TransverseAxes from = transverse_axes(u);
  const TransverseAxes to = transverse_axes(local);
  const auto in_array = [&frame](Vec3 v) { return v.x * frame.x + v.y * frame.y + v.z * frame.z; };
  const Vec3 to_x = in_array(to.x);
  const Vec3 to_y = in_array(to.y);
  const cf64 x = wave.x * dot(from.x, to_x) + wave.y * dot(from.y, to_x);
  const cf64 y = wave.x * dot(from.x, to_y) + wave.y * dot(from.y, to_y);
  const JonesMatrix response = config_.element.response(local);
  const Jones voltages{response.xx * x + response.xy * y, response.yx * x + response.yy * y};
  for (std::size_t p = 0; p < config_.ports.size(); ++p) {
    const Jones port = config_.ports[p];
    gains[p] = received(port, voltages) / std::sqrt(std::norm(port.x) + std::norm(port.y));
  }
}

template <typename Sink>
void Manifold::for_each_channel(Vec3 u, double frequency_hz, Jones wave, Sink&& sink) const {
  const double wavenumber_rad_m = 2 * pi * frequency_hz / speed_of_light_m_s;
  const std::size_t elements = config_.geometry.elements();
  const std::size_t ports = std::max<std::size_t>(1, config_.ports.size());
  std::array<cf64, max_ports> gains;
  if (frames_.empty()) channel_gains({}, u, wave, gains.data());
  for (std::size_t e = 0; e < elements; ++e) {
    if (!frames_.empty()) channel_gains(frames_[e], u, wave, gains.data());
    const double phase_rad = wavenumber_rad_m * dot(config_.geometry.positions_m[e], u);
    const cf64 phasor(std::cos(phase_rad), std::sin(phase_rad));
    for (std::size_t p = 0; p < ports; ++p) sink(p * elements + e, product(gains[p], phasor));
  }
}

void Manifold::steering(Vec3 u, double frequency_hz, Jones wave, std::span<cf64> out) const noexcept {
  BORESIGHT_ASSERT(out.size() == channels_);
  if (coupling_blocks_ == 0) {
    for_each_channel(u, frequency_hz, wave, [out](std::size_t channel, cf64 value) { out[channel] = value; });
    return;
  }
  std::array<cf64, max_elements> alone;
  for_each_channel(u, frequency_hz, wave,
                   [&alone](std::size_t channel, cf64 value) { alone[channel] = value; });
  const std::size_t size = channels_ / coupling_blocks_;
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    const std::size_t first = channel / size * size;
    const cf64* row = config_.coupling.data() + (channel - first) * size;
    cf64 sum;
    for (std::size_t k = 0; k < size; ++k) sum += product(row[k], alone[first + k]);
    out[channel] = sum;
  }
}

void Manifold::steering(Vec3 u, double frequency_hz, Jones wave, std::span<cf32> out) const noexcept {
  BORESIGHT_ASSERT(out.size() == channels_);
  std::array<cf64, max_elements> exact;
  steering(u, frequency_hz, wave, std::span<cf64>(exact).first(channels_));
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    out[channel] = {static_cast<float>(exact[channel].real()), static_cast<float>(exact[channel].imag())};
  }
}

void Manifold::steering(Vec3 u, double frequency_hz, std::span<cf64> out) const noexcept {
  steering(u, frequency_hz, Jones::rhcp(), out);
}

void Manifold::steering(Vec3 u, double frequency_hz, std::span<cf32> out) const noexcept {
  steering(u, frequency_hz, Jones::rhcp(), out);
}

std::size_t Manifold::elements_in_view(Vec3 u) const noexcept {
  const std::size_t elements = config_.geometry.elements();
  if (frames_.empty()) return config_.element.covers(u) ? elements : 0;
  return static_cast<std::size_t>(std::count_if(frames_.begin(), frames_.end(), [&](const Frame& frame) {
    return config_.element.covers({dot(frame.x, u), dot(frame.y, u), dot(frame.z, u)});
  }));
}

void Manifold::absorb_coupling(std::span<const cf64> weights, std::span<cf64> out) const noexcept {
  BORESIGHT_ASSERT(weights.size() == channels_ && out.size() == channels_ && weights.data() != out.data());
  if (coupling_blocks_ == 0) {
    std::copy(weights.begin(), weights.end(), out.begin());
    return;
  }
  const std::size_t size = channels_ / coupling_blocks_;
  std::fill(out.begin(), out.end(), cf64());
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    const std::size_t first = channel / size * size;
    const cf64* row = config_.coupling.data() + (channel - first) * size;
    for (std::size_t k = 0; k < size; ++k) out[first + k] += product(std::conj(row[k]), weights[channel]);
  }
}

cf64 Manifold::output(std::span<const cf64> absorbed, Vec3 u, double frequency_hz,
                      Jones wave) const noexcept {
  BORESIGHT_ASSERT(absorbed.size() == channels_);
  if (!isotropic()) {
    cf64 sum;
    for_each_channel(u, frequency_hz, wave, [&](std::size_t channel, cf64 value) {
      sum += product(std::conj(absorbed[channel]), value);
    });
    return sum;
  }
  // Maps of patterns ask for this a million times.
  const double wavenumber_rad_m = 2 * pi * frequency_hz / speed_of_light_m_s;
  double re = 0;
  double im = 0;
  for (std::size_t e = 0; e < absorbed.size(); ++e) {
    const double phase_rad = wavenumber_rad_m * dot(config_.geometry.positions_m[e], u);
    const double c = std::cos(phase_rad);
    const double s = std::sin(phase_rad);
    re += absorbed[e].real() * c + absorbed[e].imag() * s;
    im += absorbed[e].real() * s - absorbed[e].imag() * c;
  }
  return {re, im};
}

}  // namespace boresight::array
