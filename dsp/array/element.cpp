#include "boresight/array/element.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "array/sphere_quadrature.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr std::size_t max_thetas = 3601;
constexpr std::size_t max_phis = 7201;

void require_range(const char* name, double value, double low, double high) {
  require(value >= low && value <= high, std::string("element: ") + name + " " + std::to_string(value) +
                                             ", must be " + std::to_string(low) + " to " +
                                             std::to_string(high));
}

void check_angles(const char* name, const std::vector<double>& angles_rad, std::size_t limit,
                  double last_rad) {
  require(!angles_rad.empty() && angles_rad.size() <= limit,
          std::string("element table: ") + std::to_string(angles_rad.size()) + " " + name +
              ", must be 1 to " + std::to_string(limit));
  double before_rad = -1;
  for (const double angle_rad : angles_rad) {
    require(angle_rad > before_rad && angle_rad >= 0 && angle_rad <= last_rad,
            std::string("element table: ") + name + " " + std::to_string(angle_rad) + " rad after " +
                std::to_string(before_rad) + " rad, must increase from 0 to " + std::to_string(last_rad));
    before_rad = angle_rad;
  }
}

void check_values(const char* name, const std::vector<cf64>& values, std::size_t expected) {
  require(values.size() == expected, std::string("element table: ") + std::to_string(values.size()) + " " +
                                         name +
                                         " values, must be thetas x phis = " + std::to_string(expected));
  for (const cf64 value : values) {
    require(std::isfinite(value.real()) && std::isfinite(value.imag()),
            std::string("element table: a ") + name + " value is not finite");
  }
}

void check(const IsotropicElement&) {}
void check(const CosineElement& element) {
  require_range("cosine exponent", element.exponent, 0, 100);
}
void check(const PatchElement& element) {
  require_range("patch length (wavelengths)", element.length_wavelengths, 0, 2);
  require_range("patch width (wavelengths)", element.width_wavelengths, 0, 2);
}
void check(const TabulatedElement& element) {
  check_angles("thetas", element.thetas_rad, max_thetas, pi);
  check_angles("phis", element.phis_rad, max_phis, std::nextafter(2 * pi, 0));
  const std::size_t values = element.thetas_rad.size() * element.phis_rad.size();
  check_values("co", element.co, values);
  if (!element.cross.empty()) check_values("cross", element.cross, values);
}

double sinc(double x) {
  return std::abs(x) < 1e-8 ? 1 : std::sin(pi * x) / (pi * x);
}

/// Between which two nodes, and how far: value = (1 - part) v[low] + part v[high].
struct Interpolation {
  std::size_t low = 0;
  std::size_t high = 0;
  double part = 0;
};

Interpolation between(const std::vector<double>& nodes, double value) {
  if (nodes.size() == 1) return {};
  const auto above = std::upper_bound(nodes.begin() + 1, nodes.end() - 1, value);
  const auto high = static_cast<std::size_t>(above - nodes.begin());
  return {high - 1, high, (value - nodes[high - 1]) / (nodes[high] - nodes[high - 1])};
}

Interpolation around(const std::vector<double>& nodes, double phi_rad) {
  if (nodes.size() == 1) return {};
  if (phi_rad >= nodes.front() && phi_rad <= nodes.back()) return between(nodes, phi_rad);
  const double gap = nodes.front() + 2 * pi - nodes.back();
  const double past = phi_rad < nodes.front() ? phi_rad + 2 * pi - nodes.back() : phi_rad - nodes.back();
  return {nodes.size() - 1, 0, past / gap};
}

cf64 interpolated(const std::vector<cf64>& values, std::size_t columns, Interpolation row,
                  Interpolation column) {
  const cf64* low = values.data() + row.low * columns;
  const cf64* high = values.data() + row.high * columns;
  return (1 - row.part) * ((1 - column.part) * low[column.low] + column.part * low[column.high]) +
         row.part * ((1 - column.part) * high[column.low] + column.part * high[column.high]);
}

double theta_of(Vec3 u) {
  return std::atan2(std::hypot(u.x, u.y), u.z);
}

bool inside(const IsotropicElement&, Vec3) {
  return true;
}
bool inside(const CosineElement&, Vec3 u) {
  return u.z > 0;
}
bool inside(const PatchElement&, Vec3 u) {
  return u.z > 0;
}
bool inside(const TabulatedElement& table, Vec3 u) {
  const double theta_rad = theta_of(u);
  return theta_rad >= table.thetas_rad.front() && theta_rad <= table.thetas_rad.back();
}

/// A row of the Jones matrix: what port x receives along e_x and e_y.
struct PortResponse {
  cf64 co;
  cf64 cross;
};

PortResponse port(const IsotropicElement&, Vec3) {
  return {1, 0};
}
PortResponse port(const CosineElement& element, Vec3 u) {
  return {std::pow(u.z, element.exponent), 0};
}
PortResponse port(const PatchElement& element, Vec3 u) {
  const double array_factor =
      sinc(element.width_wavelengths * u.y) * std::cos(pi * element.length_wavelengths * u.x);
  // The theta and phi components, taken along e_x and e_y.
  return {array_factor * (1 - u.y * u.y / (1 + u.z)), array_factor * u.x * u.y / (1 + u.z)};
}
PortResponse port(const TabulatedElement& table, Vec3 u) {
  double phi_rad = std::atan2(u.y, u.x);
  if (phi_rad < 0) phi_rad += 2 * pi;
  const Interpolation row = between(table.thetas_rad, theta_of(u));
  const Interpolation column = around(table.phis_rad, phi_rad);
  const std::size_t columns = table.phis_rad.size();
  return {interpolated(table.co, columns, row, column),
          table.cross.empty() ? cf64() : interpolated(table.cross, columns, row, column)};
}

/// With the floor: what is deafer is replaced by a pure co-polarization of that amplitude.
PortResponse floored_port(const ElementModel& model, double floor, Vec3 u) {
  return std::visit(
      [&](const auto& element) -> PortResponse {
        if (inside(element, u)) {
          const PortResponse response = port(element, u);
          if (std::norm(response.co) + std::norm(response.cross) >= floor * floor) return response;
        }
        return {floor, 0};
      },
      model);
}

}  // namespace

ElementPattern::ElementPattern(const Config& config) : model_(config.model) {
  std::visit([](const auto& element) { check(element); }, model_);
  require_range("floor_db", config.floor_db, -200, 0);
  floor_db_ = config.floor_db;
  floor_ = isotropic() ? 0 : amplitude_from_db(config.floor_db);
}

JonesMatrix ElementPattern::response(Vec3 u) const {
  const PortResponse x = floored_port(model_, floor_, u);
  if (isotropic() || std::holds_alternative<CosineElement>(model_)) return {x.co, 0, 0, x.co};
  // Port y is port x turned by +90 degrees: in its frame the direction is turned back, e_y takes the place of
  // e_x and -e_x that of e_y.
  const PortResponse y = floored_port(model_, floor_, {u.y, -u.x, u.z});
  return {x.co, x.cross, -y.cross, y.co};
}

cf64 ElementPattern::scalar(Vec3 u) const {
  const PortResponse x = floored_port(model_, floor_, u);
  if (x.cross == cf64()) return x.co;
  const double co = std::abs(x.co);
  const double amplitude = std::hypot(co, std::abs(x.cross));
  return co > 0 ? amplitude / co * x.co : cf64(amplitude);
}

bool ElementPattern::covers(Vec3 u) const {
  return std::visit([u](const auto& element) { return inside(element, u); }, model_);
}

double ElementPattern::directivity(Vec3 u) const {
  constexpr std::size_t nodes = 64;
  const double mean = mean_over_sphere(nodes, nodes, [this](Vec3 v) { return std::norm(scalar(v)); });
  return std::norm(scalar(u)) / mean;
}

}  // namespace boresight::array
