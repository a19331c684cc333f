#include "boresight/array/taper.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

void require_range(const char* name, double value, double low, double high) {
  require(value >= low && value <= high, std::string("taper: ") + name + " " + std::to_string(value) +
                                             ", must be " + std::to_string(low) + " to " +
                                             std::to_string(high));
}

void check(const UserTaper& taper) {
  require(std::all_of(taper.values.begin(), taper.values.end(), [](double v) { return std::isfinite(v); }),
          "taper: the user's values must be finite");
  require(std::any_of(taper.values.begin(), taper.values.end(), [](double v) { return v != 0; }),
          "taper: the user's values must not all be zero");
}

/// Taylor's A = acosh(R) / pi, and the stretch sigma of the first nbar - 1 nulls.
struct TaylorDesign {
  explicit TaylorDesign(const TaylorTaper& taper, double last_null) : nbar(taper.nbar) {
    require_range("Taylor sidelobe_db", taper.sidelobe_db, 15, 100);
    const double a = std::acosh(amplitude_from_db(taper.sidelobe_db)) / pi;
    a_squared = a * a;
    // Below this the last of the moved nulls would lie inside those of the ideal beam: sigma < 1.
    require(nbar > a_squared + 0.25 && nbar <= max_elements,
            "taper: Taylor nbar " + std::to_string(nbar) + " for " + std::to_string(taper.sidelobe_db) +
                " dB, must be more than " + std::to_string(a_squared + 0.25) + " and at most " +
                std::to_string(max_elements));
    const double half = nbar - 0.5;
    sigma_squared = last_null * last_null / (a_squared + half * half);
  }
  /// (Position of null n)^2 of the ideal beam, moved out by sigma.
  double null_squared(unsigned n) const { return sigma_squared * (a_squared + (n - 0.5) * (n - 0.5)); }
  unsigned nbar;
  double a_squared = 0;
  double sigma_squared = 0;
};

std::vector<double> values(const UniformTaper&, std::size_t count) {
  return std::vector<double>(count, 1.0);
}

std::vector<double> values(const ChebyshevTaper& taper, std::size_t count) {
  require_range("Chebyshev sidelobe_db", taper.sidelobe_db, 1, 200);
  if (count == 1) return {1.0};
  // The pattern T_(N-1)(x0 cos(psi / 2)) at psi = 2 pi k / N, back to the elements by an inverse DFT about
  // the middle of the line. cosh and cos keep it well conditioned where a polynomial would not be.
  const auto n = static_cast<double>(count);
  const double order = n - 1;
  const double x0 = std::cosh(std::acosh(amplitude_from_db(taper.sidelobe_db)) / order);
  std::vector<double> pattern(count);
  for (std::size_t k = 0; k < count; ++k) {
    const double x = x0 * std::cos(pi * static_cast<double>(k) / n);
    const double magnitude = std::abs(x);
    const double value =
        magnitude > 1 ? std::cosh(order * std::acosh(magnitude)) : std::cos(order * std::acos(magnitude));
    pattern[k] = x < 0 && count % 2 == 0 ? -value : value;
  }
  std::vector<double> out(count);
  for (std::size_t e = 0; e < count; ++e) {
    const double from_middle = static_cast<double>(e) - 0.5 * order;
    for (std::size_t k = 0; k < count; ++k) {
      out[e] += pattern[k] * std::cos(2 * pi * static_cast<double>(k) * from_middle / n);
    }
  }
  return out;
}

std::vector<double> values(const TaylorTaper& taper, std::size_t count) {
  const TaylorDesign design(taper, taper.nbar);
  require(2 * static_cast<std::size_t>(design.nbar) <= count,
          "taper: Taylor nbar " + std::to_string(design.nbar) + " for " + std::to_string(count) +
              " elements, must be at most half of them");
  std::vector<double> out(count, 1.0);
  for (unsigned m = 1; m < design.nbar; ++m) {
    const double m_squared = static_cast<double>(m) * m;
    double coefficient = m % 2 == 1 ? 1.0 : -1.0;  // 2 F_m
    for (unsigned n = 1; n < design.nbar; ++n) {
      coefficient *= 1 - m_squared / design.null_squared(n);
      if (n != m) coefficient /= 1 - m_squared / (static_cast<double>(n) * n);
    }
    for (std::size_t e = 0; e < count; ++e) {
      const double x = (static_cast<double>(e) + 0.5) / static_cast<double>(count) - 0.5;
      out[e] += coefficient * std::cos(2 * pi * m * x);
    }
  }
  return out;
}

double hamming(const HammingTaper& taper, double x) {
  return taper.pedestal + (1 - taper.pedestal) * std::cos(2 * pi * x);
}

double kaiser(const KaiserTaper& taper, double x) {
  return std::cyl_bessel_i(0, taper.beta * std::sqrt(std::max(0.0, 1 - 4 * x * x)));
}

/// -1/2 to 1/2 from the first to the last element.
double across(std::size_t e, std::size_t count) {
  return count == 1 ? 0 : static_cast<double>(e) / static_cast<double>(count - 1) - 0.5;
}

std::vector<double> values(const HammingTaper& taper, std::size_t count) {
  require_range("Hamming pedestal", taper.pedestal, 0.5, 1);
  require(count != 2 || taper.pedestal > 0.5, "taper: a Hann taper of 2 elements is zero, must be 3 or more");
  std::vector<double> out(count);
  for (std::size_t e = 0; e < count; ++e) out[e] = hamming(taper, across(e, count));
  return out;
}

std::vector<double> values(const KaiserTaper& taper, std::size_t count) {
  require_range("Kaiser beta", taper.beta, 0, 50);
  std::vector<double> out(count);
  for (std::size_t e = 0; e < count; ++e) out[e] = kaiser(taper, across(e, count));
  return out;
}

std::vector<double> values(const UserTaper& taper, std::size_t count) {
  require(taper.values.size() == count, "taper: " + std::to_string(taper.values.size()) +
                                            " values by the user for " + std::to_string(count) + " elements");
  check(taper);
  return taper.values;
}

/// m-th zero of J1 beyond 0: McMahon's series, polished by Newton.
double j1_zero(unsigned m) {
  const double b = (m + 0.25) * pi;
  double x = b - 3 / (8 * b);
  for (int iteration = 0; iteration < 4; ++iteration) {
    const double j1 = std::cyl_bessel_j(1, x);
    x -= j1 / (std::cyl_bessel_j(0, x) - j1 / x);
  }
  return x;
}

std::vector<double> radial(const UniformTaper&, const std::vector<double>& radii) {
  return std::vector<double>(radii.size(), 1.0);
}

std::vector<double> radial(const ChebyshevTaper&, const std::vector<double>&) {
  throw ConfigError(
      "taper: Chebyshev on a circle does not exist, must be Taylor, Hamming, Kaiser or the user's");
}

std::vector<double> radial(const TaylorTaper& taper, const std::vector<double>& radii) {
  require(taper.nbar <= 100,
          "taper: Taylor nbar " + std::to_string(taper.nbar) + " on a circle, must be at most 100");
  const TaylorDesign design(taper, j1_zero(std::max(1U, taper.nbar)) / pi);
  std::vector<double> zeros;  // of J1(pi mu)
  for (unsigned m = 1; m < design.nbar; ++m) zeros.push_back(j1_zero(m) / pi);
  std::vector<double> out(radii.size(), 1.0);
  for (const double zero : zeros) {
    const double zero_squared = zero * zero;
    double coefficient = -1;  // F_m / J0
    for (unsigned n = 1; n < design.nbar; ++n) {
      coefficient *= 1 - zero_squared / design.null_squared(n);
      const double other = zeros[n - 1];
      if (other != zero) coefficient /= 1 - zero_squared / (other * other);
    }
    coefficient /= std::cyl_bessel_j(0, pi * zero);
    for (std::size_t e = 0; e < radii.size(); ++e) {
      out[e] += coefficient * std::cyl_bessel_j(0, pi * zero * radii[e]);
    }
  }
  return out;
}

std::vector<double> radial(const HammingTaper& taper, const std::vector<double>& radii) {
  require_range("Hamming pedestal", taper.pedestal, 0.5, 1);
  std::vector<double> out;
  for (const double rho : radii) out.push_back(hamming(taper, 0.5 * rho));
  return out;
}

std::vector<double> radial(const KaiserTaper& taper, const std::vector<double>& radii) {
  require_range("Kaiser beta", taper.beta, 0, 50);
  std::vector<double> out;
  for (const double rho : radii) out.push_back(kaiser(taper, 0.5 * rho));
  return out;
}

std::vector<double> radial(const UserTaper& taper, const std::vector<double>& radii) {
  require(taper.values.size() >= 2 && taper.values.size() <= max_elements,
          "taper: " + std::to_string(taper.values.size()) +
              " values by the user along a radius, must be 2 to " + std::to_string(max_elements));
  check(taper);
  const auto last = static_cast<double>(taper.values.size() - 1);
  std::vector<double> out;
  for (const double rho : radii) {
    const auto low = std::min(static_cast<std::size_t>(rho * last), taper.values.size() - 2);
    const double part = rho * last - static_cast<double>(low);
    out.push_back((1 - part) * taper.values[low] + part * taper.values[low + 1]);
  }
  return out;
}

void scale_to_one(const Taper& taper, std::vector<double>& values) {
  if (std::holds_alternative<UserTaper>(taper)) return;
  const double largest = *std::max_element(values.begin(), values.end());
  for (double& value : values) value /= largest;
}

/// Half of the smallest spacing beyond the outermost element.
double filled_radius_m(const Geometry& geometry, double outermost_m) {
  double nearest_m = std::numeric_limits<double>::infinity();
  for (std::size_t e = 1; e < geometry.elements(); ++e) {
    for (std::size_t k = 0; k < e; ++k) {
      nearest_m = std::min(nearest_m, norm(geometry.positions_m[e] - geometry.positions_m[k]));
    }
  }
  return outermost_m + (geometry.elements() > 1 ? 0.5 * nearest_m : 1.0);
}

}  // namespace

std::vector<double> line_taper(const Taper& taper, std::size_t count) {
  require(count >= 1 && count <= max_elements,
          "taper of " + std::to_string(count) + " elements: must be 1 to " + std::to_string(max_elements));
  std::vector<double> out = std::visit([count](const auto& kind) { return values(kind, count); }, taper);
  scale_to_one(taper, out);
  return out;
}

std::vector<double> rectangle_taper(const Taper& along_x, std::size_t columns, const Taper& along_y,
                                    std::size_t rows) {
  const std::vector<double> x = line_taper(along_x, columns);
  const std::vector<double> y = line_taper(along_y, rows);
  std::vector<double> out;
  out.reserve(x.size() * y.size());
  for (const double of_row : y) {
    for (const double of_column : x) out.push_back(of_row * of_column);
  }
  return out;
}

std::vector<double> radial_taper(const Taper& taper, const Geometry& geometry, double radius_m) {
  geometry.check();
  require(std::isfinite(radius_m) && radius_m >= 0,
          "taper radius " + std::to_string(radius_m) + " m: must be finite and not negative");
  std::vector<double> radii;
  for (const Vec3 r : geometry.positions_m) radii.push_back(std::hypot(r.x, r.y));
  const double outermost_m = *std::max_element(radii.begin(), radii.end());
  if (radius_m == 0) radius_m = filled_radius_m(geometry, outermost_m);
  require(outermost_m <= radius_m, "taper: an element " + std::to_string(outermost_m) +
                                       " m from the axis, must be inside the radius of " +
                                       std::to_string(radius_m) + " m");
  for (double& rho : radii) rho /= radius_m;
  std::vector<double> out = std::visit([&radii](const auto& kind) { return radial(kind, radii); }, taper);
  scale_to_one(taper, out);
  return out;
}

double taper_efficiency(std::span<const double> taper) {
  double sum = 0;
  double power = 0;
  for (const double value : taper) {
    sum += value;
    power += value * value;
  }
  return power == 0 ? 0 : sum * sum / (static_cast<double>(taper.size()) * power);
}

void apply_taper(std::span<const double> taper, std::span<cf64> weights) {
  BORESIGHT_ASSERT(taper.size() == weights.size());
  for (std::size_t e = 0; e < weights.size(); ++e) weights[e] *= taper[e];
}

}  // namespace boresight::array
