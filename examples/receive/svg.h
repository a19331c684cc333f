// Inline SVG for the report: plots with axes, and sky views. Colors are CSS classes of the page, so that one
// drawing serves light, dark and paper.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/direction.h"

namespace boresight::receive {

/// The text with &, <, > and " escaped.
std::string escaped(const std::string& text);

struct Axis {
  std::string label;  ///< with its unit
  double low = 0;
  double high = 1;
};

/// The range of values widened to round numbers; at least `least` wide.
Axis axis_around(std::string label, const std::vector<double>& values, double least);

/// One drawing with two axes. Colors are named by class: s1, s2, s3 (data), bad.
class Plot {
 public:
  Plot(std::string title, Axis x, Axis y, double width = 440, double height = 250);

  void line(const std::vector<double>& x, const std::vector<double>& y, const std::string& color,
            const std::string& legend);
  void points(const std::vector<double>& x, const std::vector<double>& y, const std::string& color,
              const std::string& legend, double radius);
  /// A vertical line at x with its name at the top.
  void mark(double x, const std::string& color, const std::string& legend);
  /// Vertical strokes from the bottom to `height` of the plot (0 to 1).
  void strokes(const std::vector<double>& x, const std::string& color, const std::string& legend,
               double height);
  std::string svg() const;

 private:
  double to_x(double x) const;
  double to_y(double y) const;

  std::string title_;
  Axis x_, y_;
  double width_, height_;
  std::string body_;
  std::vector<std::pair<std::string, std::string>> legend_;  // color, text
};

struct SkyMark {
  array::SkyDirection direction;
  std::string symbol;  ///< "satellite" or "jammer"
  std::string label;
};

/// The hemisphere from above: zenith in the middle, horizon at the rim, north up, east right (azimuth
/// clockwise). `level_db` is drawn from `low_db` to `high_db`.
std::string sky_view(const std::string& title, const std::function<double(array::SkyDirection)>& level_db,
                     double low_db, double high_db, const std::string& unit,
                     const std::vector<SkyMark>& marks);

}  // namespace boresight::receive
