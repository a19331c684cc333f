#include "svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "boresight/core/units.h"
#include "common/text.h"

namespace boresight::receive {
namespace {

using program::format_fixed;
using program::one_line;

constexpr double left = 52, right = 12, top = 34, bottom = 38;

std::string number(double value) {
  std::string text = format_fixed(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string text_at(double x, double y, const std::string& text, const std::string& more) {
  return "<text x='" + number(x) + "' y='" + number(y) + "' " + more + ">" + escaped(text) + "</text>";
}

/// 1, 2 or 5 times a power of ten, so that about `count` steps fill the range.
double round_step(double range, double count) {
  const double raw = std::max(range, 1e-12) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power * 1.0001) return factor * power;
  }
  return 10 * power;
}

std::string tick_text(double value, double step) {
  const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  std::string text = format_fixed(std::abs(value) < step * 1e-6 ? 0.0 : value, digits);
  if (text.starts_with("-")) text.replace(0, 1, "\u2212");
  return text;
}

/// Blue to yellow by way of green and gray-violet, even in lightness: cividis, readable with every color
/// vision (Nunez, Anderton and Renslow 2018), sampled at twelve points.
constexpr std::array<const char*, 12> ramp = {"#00204d", "#05306d", "#31446b", "#4b546c",
                                              "#61656f", "#757575", "#8b8678", "#a29976",
                                              "#baac6f", "#d3c064", "#edd653", "#ffea46"};

std::size_t color_of(double level, double low, double high) {
  const double share = (level - low) / (high - low);
  return static_cast<std::size_t>(std::clamp(share * ramp.size(), 0.0, ramp.size() - 1.0));
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Axis axis_around(std::string label, const std::vector<double>& values, double least) {
  double low = 1e300;
  double high = -1e300;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) low = high = 0;
  const double missing = std::max(0.0, least - (high - low)) / 2;
  low -= missing;
  high += missing;
  const double step = round_step(high - low, 5);
  return {std::move(label), std::floor(low / step) * step, std::ceil(high / step) * step};
}

Plot::Plot(std::string title, Axis x, Axis y, double width, double height)
    : title_(std::move(title)), x_(std::move(x)), y_(std::move(y)), width_(width), height_(height) {
  if (!(x_.high > x_.low)) x_.high = x_.low + 1;
  if (!(y_.high > y_.low)) y_.high = y_.low + 1;
}

double Plot::to_x(double x) const {
  return left + (std::clamp(x, x_.low, x_.high) - x_.low) / (x_.high - x_.low) * (width_ - left - right);
}
double Plot::to_y(double y) const {
  return height_ - bottom -
         (std::clamp(y, y_.low, y_.high) - y_.low) / (y_.high - y_.low) * (height_ - top - bottom);
}

void Plot::line(const std::vector<double>& x, const std::vector<double>& y, const std::string& color,
                const std::string& legend) {
  std::string path;
  bool pen_up = true;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
      pen_up = true;
      continue;
    }
    path += pen_up ? "M" : "L";
    path += number(to_x(x[i]));
    path += " ";
    path += number(to_y(y[i]));
    pen_up = false;
  }
  body_ += "<path class='line " + color + "' d='" + path + "'/>";
  if (!legend.empty()) legend_.emplace_back(color, legend);
}

void Plot::points(const std::vector<double>& x, const std::vector<double>& y, const std::string& color,
                  const std::string& legend, double radius) {
  // A line of no length with round ends is a dot: one path for thousands of them.
  std::string path;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
    path += "M" + number(to_x(x[i])) + " " + number(to_y(y[i])) + "h0";
  }
  body_ +=
      "<path class='dots " + color + "' style='stroke-width:" + number(2 * radius) + "' d='" + path + "'/>";
  if (!legend.empty()) legend_.emplace_back(color, legend);
}

void Plot::mark(double x, const std::string& color, const std::string& legend) {
  const std::string at = number(to_x(x));
  body_ += "<path class='mark " + color + "' d='M" + at + " " + number(top) + "V" + number(height_ - bottom) +
           "'/>";
  const bool near_right = to_x(x) > width_ - 90;
  body_ += text_at(to_x(x) + (near_right ? -4 : 4), top + 11, legend,
                   near_right ? "class='tick' text-anchor='end'" : "class='tick'");
}

void Plot::strokes(const std::vector<double>& x, const std::string& color, const std::string& legend,
                   double height) {
  std::string path;
  for (const double at : x) {
    path += "M" + number(to_x(at)) + " " + number(height_ - bottom) + "v" +
            number(-height * (height_ - top - bottom));
  }
  body_ += "<path class='line " + color + "' d='" + path + "'/>";
  if (!legend.empty()) legend_.emplace_back(color, legend);
}

std::string Plot::svg() const {
  std::string out = "<svg viewBox='0 0 " + number(width_) + " " + number(height_) +
                    "' role='img' aria-label='" + escaped(title_) + "'>";
  out += text_at(left, 14, title_, "class='title'");
  const double x_step = round_step(x_.high - x_.low, 6);
  for (double x = std::ceil(x_.low / x_step - 1e-9) * x_step; x <= x_.high + x_step * 1e-6; x += x_step) {
    out += "<path class='grid' d='M" + number(to_x(x)) + " " + number(top) + "V" + number(height_ - bottom) +
           "'/>";
    out += text_at(to_x(x), height_ - bottom + 14, tick_text(x, x_step), "class='tick' text-anchor='middle'");
  }
  const double y_step = round_step(y_.high - y_.low, 5);
  for (double y = std::ceil(y_.low / y_step - 1e-9) * y_step; y <= y_.high + y_step * 1e-6; y += y_step) {
    out += "<path class='grid' d='M" + number(left) + " " + number(to_y(y)) + "H" + number(width_ - right) +
           "'/>";
    out += text_at(left - 6, to_y(y) + 4, tick_text(y, y_step), "class='tick' text-anchor='end'");
  }
  out += body_;
  out += "<path class='frame' d='M" + number(left) + " " + number(top) + "V" + number(height_ - bottom) +
         "H" + number(width_ - right) + "'/>";
  out += text_at((left + width_ - right) / 2, height_ - 6, x_.label, "class='label' text-anchor='middle'");
  const double middle = (top + height_ - bottom) / 2;
  out += text_at(
      0, 0, y_.label,
      "class='label' text-anchor='middle' transform='translate(12 " + number(middle) + ") rotate(-90)'");
  double at = left;
  for (const auto& [color, text] : legend_) {
    out += "<path class='key " + color + "' d='M" + number(at) + " 25h14'/>";
    out += text_at(at + 19, 29, text, "class='tick'");
    at += 34 + 5.6 * static_cast<double>(text.size());
  }
  return out + "</svg>";
}

std::string sky_view(const std::string& title, const std::function<double(array::SkyDirection)>& level_db,
                     double low_db, double high_db, const std::string& unit,
                     const std::vector<SkyMark>& marks) {
  constexpr double center_x = 150, center_y = 176, radius = 124;
  constexpr int cells = 124;  // across
  constexpr double cell = 2 * radius / cells;
  const auto place = [](array::SkyDirection d) {
    const double r = radius * (1 - d.elevation_rad / (pi / 2));
    return std::pair(center_x + r * std::sin(d.azimuth_rad), center_y - r * std::cos(d.azimuth_rad));
  };

  // Runs of one color along a row become one rectangle; all rectangles of one color, one path.
  std::array<std::string, ramp.size()> paths;
  for (int row = 0; row < cells; ++row) {
    std::optional<std::size_t> color;
    int run_start = 0;
    const double y = (row + 0.5) * cell - radius;
    const auto finish = [&](int column) {
      if (!color) return;
      paths[*color] += "M" + number(center_x - radius + run_start * cell) + " " +
                       number(center_y - radius + row * cell) + "h" + number((column - run_start) * cell) +
                       "v" + number(cell + 0.3) + "h" + number(-(column - run_start) * cell) + "z";
    };
    for (int column = 0; column <= cells; ++column) {
      const double x = (column + 0.5) * cell - radius;
      const double r = std::hypot(x, y) / radius;
      std::optional<std::size_t> here;
      if (column < cells && r < 1.02) {
        const array::SkyDirection direction{std::atan2(x, -y), std::max(0.0, pi / 2 * (1 - r))};
        here = color_of(level_db(direction), low_db, high_db);
      }
      if (here == color) continue;
      finish(column);
      color = here;
      run_start = column;
    }
  }

  // Several of these stand on one page: each needs a clip of its own name.
  std::string clip = "sky";
  for (const char c : title)
    clip += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "";
  std::string out = "<svg viewBox='0 0 400 320' role='img' aria-label='" + escaped(title) + "'>";
  out += text_at(4, 14, title, "class='title'");
  out += "<clipPath id='" + clip + "'><circle cx='150' cy='176' r='124'/></clipPath><g clip-path='url(#" +
         clip + ")' shape-rendering='crispEdges'>";
  for (std::size_t c = 0; c < paths.size(); ++c) {
    if (!paths[c].empty()) out += std::string("<path fill='") + ramp[c] + "' d='" + paths[c] + "'/>";
  }
  out += "</g>";
  for (const double elevation_deg : {0.0, 30.0, 60.0}) {
    const double r = radius * (1 - elevation_deg / 90);
    out += "<circle class='ring' cx='150' cy='176' r='" + number(r) + "'/>";
    if (elevation_deg > 0) {
      out += text_at(center_x + 3, center_y - r - 2, number(elevation_deg) + "\u00b0", "class='onmap'");
    }
  }
  out += "<path class='ring' d='M150 52V300M26 176H274'/>";
  const std::array<std::tuple<double, double, const char*>, 4> compass = {
      {{150, 46, "N 0\u00b0"}, {278, 180, "E 90\u00b0"}, {150, 313, "S 180\u00b0"}, {22, 180, "W"}}};
  for (const auto& [x, y, text] : compass) {
    out += text_at(x, y, text,
                   x > 200  ? "class='tick'"
                   : x < 50 ? "class='tick' text-anchor='end'"
                            : "class='tick' text-anchor='middle'");
  }
  for (const SkyMark& mark : marks) {
    if (mark.direction.elevation_rad < 0) continue;
    const auto [x, y] = place(mark.direction);
    const std::string at = "translate(" + number(x) + " " + number(y) + ")";
    const char* shape = mark.symbol == "jammer" ? "M-6-6L6 6M-6 6L6-6" : "M0-7A7 7 0 1 1 0 7A7 7 0 1 1 0-7z";
    out += "<g transform='" + at + "'><path class='halo' d='" + shape + "'/><path class='" + mark.symbol +
           "' d='" + shape + "'/></g>";
    const bool to_left = x > center_x + 40;
    out += text_at(x + (to_left ? -11 : 11), y + (y > center_y ? -8 : 14), mark.label,
                   to_left ? "class='onmap' text-anchor='end'" : "class='onmap'");
  }
  // The color scale.
  constexpr double bar_x = 335, bar_top = 70, bar_height = 210;
  for (std::size_t c = 0; c < ramp.size(); ++c) {
    const double step = bar_height / ramp.size();
    out += "<rect x='335' y='" + number(bar_top + bar_height - static_cast<double>(c + 1) * step) +
           "' width='12' height='" + number(step + 0.4) + "' fill='" + ramp[c] + "'/>";
  }
  for (int i = 0; i <= 4; ++i) {
    const double level = low_db + (high_db - low_db) * i / 4;
    out += text_at(bar_x + 17, bar_top + bar_height * (1 - i / 4.0) + 4, tick_text(level, 1), "class='tick'");
  }
  out += text_at(bar_x, bar_top - 12, unit, "class='tick'");
  return out + "</svg>";
}

}  // namespace boresight::receive
