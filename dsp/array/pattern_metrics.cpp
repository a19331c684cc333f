#include "boresight/array/pattern_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "array/sphere_quadrature.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"

namespace boresight::array {
namespace {

constexpr double half_power_db = 3.0102999566398120;

// 10 million directions.
constexpr double max_quadrature_radius_wavelengths = 250;

// The main lobe of a line is a ring, as high all around but for rounding.
constexpr double level_ridge = 1 + 1e-9;

/// Largest distance of an element from the middle of the array.
double aperture_radius_m(const Geometry& geometry) {
  Vec3 center;
  for (const Vec3 r : geometry.positions_m) center = center + r;
  center = (1 / static_cast<double>(geometry.elements())) * center;
  double radius_m = 0;
  for (const Vec3 r : geometry.positions_m) radius_m = std::max(radius_m, norm(r - center));
  return radius_m;
}

/// Mean power of isotropic elements over the sphere. The mean of exp(j k d . u) is sin(k d) / (k d).
double isotropic_mean(const Pattern& pattern) {
  const double wavenumber_rad_m = 2 * pi * pattern.frequency_hz() / speed_of_light_m_s;
  const std::vector<Vec3>& r = pattern.manifold().geometry().positions_m;
  const auto w = pattern.absorbed_weights();
  double sum = 0;
  for (std::size_t m = 0; m < w.size(); ++m) {
    double others = 0;
    for (std::size_t n = 0; n < m; ++n) {
      const double x = wavenumber_rad_m * norm(r[m] - r[n]);
      others += (w[m].real() * w[n].real() + w[m].imag() * w[n].imag()) * std::sin(x) / x;
    }
    sum += std::norm(w[m]) + 2 * others;
  }
  return sum;
}

double quadrature_mean(const Pattern& pattern) {
  const double radius =
      aperture_radius_m(pattern.manifold().geometry()) * pattern.frequency_hz() / speed_of_light_m_s;
  require(radius <= max_quadrature_radius_wavelengths,
          "directivity by quadrature: aperture radius of " + std::to_string(radius) +
              " wavelengths, must be at most " + std::to_string(max_quadrature_radius_wavelengths));
  // Beyond degree 2 k a the harmonics of the array's power fall off faster than exponentially; the elements
  // bring a few more.
  const auto degree = static_cast<std::size_t>(std::ceil(4 * pi * radius)) + 48;
  const bool polarized = pattern.manifold().polarized();
  return mean_over_sphere(degree / 2 + 16, degree + 1, [&](Vec3 u) {
    return polarized ? pattern.power(u, Jones::rhcp()) + pattern.power(u, Jones::lhcp()) : pattern.power(u);
  });
}

/// Value and place of the top of the parabola through three samples around a maximum.
struct Top {
  double at = 0;
  double value = 0;
};

Top parabola_top(std::span<const double> x, std::span<const double> y, std::size_t k) {
  if (k == 0 || k + 1 == x.size()) return {x[k], y[k]};
  const double h0 = x[k] - x[k - 1];
  const double h1 = x[k + 1] - x[k];
  const double s0 = (y[k] - y[k - 1]) / h0;
  const double s1 = (y[k + 1] - y[k]) / h1;
  const double curvature = (s1 - s0) / (h0 + h1);
  if (!(curvature < 0)) return {x[k], y[k]};
  const double slope = s0 + curvature * h0;  // at x[k]
  const double step = std::clamp(-slope / (2 * curvature), -h0, h1);
  return {x[k] + step, y[k] + step * (slope + curvature * step)};
}

/// From sample `k` down in steps of `step` to the first minimum or the end.
std::size_t descend(std::span<const double> y, std::size_t k, int step) {
  while (true) {
    const std::size_t next = k + static_cast<std::size_t>(step);  // wraps below 0 to beyond the end
    if (next >= y.size() || y[next] > y[k]) return k;
    k = next;
  }
}

/// Where the cut crosses `level` on the way from `peak` to `end`; +-inf when it does not.
double crossing(std::span<const double> x, std::span<const double> y, std::size_t peak, int step,
                double level) {
  for (std::size_t k = peak;;) {
    const std::size_t next = k + static_cast<std::size_t>(step);
    if (next >= y.size()) return step * std::numeric_limits<double>::infinity();
    if (y[next] < level) return x[k] + (x[next] - x[k]) * (y[k] - level) / (y[k] - y[next]);
    k = next;
  }
}

/// Mean power of a stretch [first, last] of the cut by the trapezoidal rule, times its length.
double integral(std::span<const double> x, std::span<const double> y, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t k = first; k < last; ++k) {
    sum += 0.5 * (x[k + 1] - x[k]) * (power_from_db(y[k]) + power_from_db(y[k + 1]));
  }
  return sum;
}

double floored_db(double power) {
  const double db = db_from_power(power);
  return db > pattern_floor_db ? db : pattern_floor_db;
}

}  // namespace

double directivity(const Pattern& pattern, Vec3 u) {
  const double mean = pattern.manifold().isotropic() ? isotropic_mean(pattern) : quadrature_mean(pattern);
  const double power = pattern.power(u);
  return power == 0 ? 0 : power / mean;
}

Vec3 find_peak(const Pattern& pattern, Vec3 start) {
  const double radius =
      aperture_radius_m(pattern.manifold().geometry()) * pattern.frequency_hz() / speed_of_light_m_s;
  const double beam_rad = 1 / (1 + 2 * radius);
  const double h = 1e-3 * beam_rad;
  Vec3 u = (1 / norm(start)) * start;
  const bool ahead = u.z >= 0;
  double best = pattern.power(u);
  // Newton's method in the plane across u, with the absolute curvatures (so that it climbs from anywhere) and
  // a step that is halved until it leads up. Along the ring of a line array the slope is zero: it stays in
  // place.
  double longest = 0.25 * beam_rad;
  for (int iteration = 0; iteration < 200 && longest > 5e-8; ++iteration) {
    const TransverseAxes axes = transverse_axes(u);
    const auto moved = [&](double a, double b) {
      Vec3 v = u + a * axes.x + b * axes.y;
      if (ahead && v.z < 0) v.z = 0;
      return (1 / norm(v)) * v;
    };
    const auto power = [&](double a, double b) {
      const Vec3 v = u + a * axes.x + b * axes.y;
      return pattern.power((1 / norm(v)) * v);
    };
    const double right = power(h, 0);
    const double left = power(-h, 0);
    const double up = power(0, h);
    const double down = power(0, -h);
    const double gx = 0.5 * (right - left) / h;
    const double gy = 0.5 * (up - down) / h;
    const double xx = (right - 2 * best + left) / (h * h);
    const double yy = (up - 2 * best + down) / (h * h);
    const double xy = 0.25 * (power(h, h) - power(h, -h) - power(-h, h) + power(-h, -h)) / (h * h);

    // Principal curvatures, and the slope along their axes.
    const double turn_rad = 0.5 * std::atan2(2 * xy, xx - yy);
    const double c = std::cos(turn_rad);
    const double s = std::sin(turn_rad);
    const double first = std::abs(xx * c * c + 2 * xy * c * s + yy * s * s);
    const double second = std::abs(xx * s * s - 2 * xy * c * s + yy * c * c);
    const double least = 1e-6 * std::max(first, second);
    if (!(least > 0)) break;  // flat, or NaN
    double along = (gx * c + gy * s) / std::max(first, least);
    double across = (gy * c - gx * s) / std::max(second, least);
    const double length = std::hypot(along, across);
    if (length < 5e-8) break;
    if (length > longest) {
      along *= longest / length;
      across *= longest / length;
    }
    const Vec3 candidate = moved(along * c - across * s, along * s + across * c);
    const double reached = pattern.power(candidate);
    if (reached > best) {
      best = reached;
      u = candidate;
    } else {
      longest = 0.5 * std::min(longest, length);
    }
  }
  return u;
}

double squint_rad(const Pattern& pattern, const Pattern& other, Vec3 start) {
  const Vec3 a = find_peak(pattern, start);
  const Vec3 b = find_peak(other, start);
  // The chord and not the cosine, which is flat for small angles.
  return 2 * std::asin(std::min(1.0, 0.5 * norm(a - b)));
}

double null_depth_db(const Pattern& pattern, Vec3 null, Vec3 peak) {
  const double top = pattern.power(peak);
  return top > 0 ? -floored_db(pattern.power(null) / top) : 0.0;
}

CutMetrics measure_cut(std::span<const double> angles_rad, std::span<const double> cut_db) {
  const std::size_t size = angles_rad.size();
  require(size >= 3 && cut_db.size() == size, "cut of " + std::to_string(size) + " angles and " +
                                                  std::to_string(cut_db.size()) +
                                                  " levels: must be 3 or more, equally many");
  for (std::size_t k = 0; k < size; ++k) {
    require(k == 0 || angles_rad[k] > angles_rad[k - 1],
            "cut: angle " + std::to_string(k) + " must be larger than the one before");
    require(std::isfinite(cut_db[k]), "cut: level " + std::to_string(k) + " must be finite");
  }
  const auto peak = static_cast<std::size_t>(std::max_element(cut_db.begin(), cut_db.end()) - cut_db.begin());
  const Top top = parabola_top(angles_rad, cut_db, peak);
  CutMetrics metrics;
  metrics.peak_db = top.value;
  metrics.peak_rad = top.at;
  metrics.half_power_beamwidth_rad = crossing(angles_rad, cut_db, peak, 1, top.value - half_power_db) -
                                     crossing(angles_rad, cut_db, peak, -1, top.value - half_power_db);
  const std::size_t left = descend(cut_db, peak, -1);
  const std::size_t right = descend(cut_db, peak, 1);
  metrics.left_null_rad = angles_rad[left];
  metrics.right_null_rad = angles_rad[right];
  metrics.left_null_db = cut_db[left] - top.value;
  metrics.right_null_db = cut_db[right] - top.value;

  std::size_t lobe = size;
  for (std::size_t k = 0; k < size; ++k) {
    if (k >= left && k <= right) continue;
    if (lobe == size || cut_db[k] > cut_db[lobe]) lobe = k;
  }
  if (lobe == size) return metrics;
  const Top sidelobe = parabola_top(angles_rad, cut_db, lobe);
  metrics.peak_sidelobe_db = sidelobe.value - top.value;
  metrics.peak_sidelobe_rad = sidelobe.at;
  const double extent = angles_rad[left] - angles_rad[0] + angles_rad[size - 1] - angles_rad[right];
  const double power = integral(angles_rad, cut_db, 0, left) + integral(angles_rad, cut_db, right, size - 1);
  metrics.rms_sidelobe_db = floored_db(power / extent / power_from_db(top.value));
  return metrics;
}

HemisphereMetrics measure_hemisphere(const Pattern& pattern, std::size_t samples) {
  const double radius =
      aperture_radius_m(pattern.manifold().geometry()) * pattern.frequency_hz() / speed_of_light_m_s;
  if (samples == 0) samples = std::max<std::size_t>(64, static_cast<std::size_t>(std::ceil(16 * radius)));
  require(samples >= 8 && samples <= 4096,
          "hemisphere of " + std::to_string(samples) + " samples a side: must be 8 to 4096");

  const auto cosine = [samples](std::size_t k) {
    return (2 * static_cast<double>(k) + 1) / static_cast<double>(samples) - 1;
  };
  constexpr double outside = -1;
  std::vector<double> power(samples * samples, outside);
  std::size_t best = 0;
  for (std::size_t cell = 0; cell < power.size(); ++cell) {
    const double ux = cosine(cell % samples);
    const double uy = cosine(cell / samples);
    const double z_squared = 1 - ux * ux - uy * uy;
    if (z_squared <= 0) continue;
    power[cell] = pattern.power(Vec3{ux, uy, std::sqrt(z_squared)});
    if (power[cell] > power[best]) best = cell;
  }
  const auto direction = [&](std::size_t cell) {
    const double ux = cosine(cell % samples);
    const double uy = cosine(cell / samples);
    return Vec3{ux, uy, std::sqrt(std::max(0.0, 1 - ux * ux - uy * uy))};
  };

  HemisphereMetrics metrics;
  if (!(power[best] > 0)) return metrics;
  metrics.peak = find_peak(pattern, direction(best));
  const double peak_power = pattern.power(metrics.peak);
  metrics.peak_db = db_from_power(peak_power);

  // The main lobe: everything downhill of the peak.
  std::vector<bool> main_lobe(power.size(), false);
  std::vector<std::size_t> front = {best};
  main_lobe[best] = true;
  while (!front.empty()) {
    const std::size_t cell = front.back();
    front.pop_back();
    const std::size_t column = cell % samples;
    const std::size_t row = cell / samples;
    for (std::size_t y = row == 0 ? 0 : row - 1; y <= std::min(row + 1, samples - 1); ++y) {
      for (std::size_t x = column == 0 ? 0 : column - 1; x <= std::min(column + 1, samples - 1); ++x) {
        const std::size_t neighbor = y * samples + x;
        if (main_lobe[neighbor] || power[neighbor] == outside) continue;
        if (power[neighbor] > power[cell] * level_ridge) continue;
        main_lobe[neighbor] = true;
        front.push_back(neighbor);
      }
    }
  }

  std::size_t lobe = power.size();
  double sum = 0;
  double solid_angle = 0;
  for (std::size_t cell = 0; cell < power.size(); ++cell) {
    if (main_lobe[cell] || power[cell] == outside) continue;
    if (lobe == power.size() || power[cell] > power[lobe]) lobe = cell;
    const double area = 1 / direction(cell).z;  // d ux d uy = z d(solid angle)
    sum += area * power[cell];
    solid_angle += area;
  }
  if (lobe == power.size()) return metrics;
  metrics.peak_sidelobe = find_peak(pattern, direction(lobe));
  double lobe_power = pattern.power(metrics.peak_sidelobe);
  if (norm(metrics.peak_sidelobe - metrics.peak) < 2 / static_cast<double>(samples)) {
    // A shoulder of the main lobe that the grid took for a lobe of its own.
    metrics.peak_sidelobe = direction(lobe);
    lobe_power = power[lobe];
  }
  metrics.peak_sidelobe_db = floored_db(lobe_power / peak_power);
  metrics.rms_sidelobe_db = floored_db(sum / solid_angle / peak_power);
  return metrics;
}

}  // namespace boresight::array
