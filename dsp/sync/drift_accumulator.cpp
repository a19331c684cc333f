#include "boresight/sync/drift_accumulator.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/preamble_search.h"

namespace boresight::sync {
namespace {

constexpr std::size_t most_candidates = 4096;
constexpr std::size_t histogram_stride = 16;  // one level in so many is counted

}  // namespace

DriftAccumulator::DriftAccumulator(const Config& config) : config_(config) {
  require(
      config.frames >= 8 && config.frames <= 256 && std::has_single_bit(config.frames),
      "drift accumulator: " + std::to_string(config.frames) + " frames: must be a power of two, 8 to 256");
  require(config.positions > 0 && !config.slopes.empty() && config.slopes.size() <= 4096,
          "drift accumulator: no positions or carriers, or more than 4096 carriers");
  require(config.slope_range >= 0.01 && config.slope_range <= 100,
          "drift accumulator: a range of " + std::to_string(config.slope_range) +
              " samples per frame is outside 0.01 .. 100");
  require(config.false_alarm > 0 && config.false_alarm < 1,
          "drift accumulator: false alarm " + std::to_string(config.false_alarm) + " is outside (0, 1)");
  for (const double slope : config.slopes)
    require(std::abs(slope) <= 1000, "drift accumulator: a slope beyond 1000 samples per frame");
  const double bytes = static_cast<double>(config.frames) * static_cast<double>(config.slopes.size()) *
                       static_cast<double>(config.positions);
  require(bytes <= static_cast<double>(most_bytes), "drift accumulator: " + std::to_string(config.frames) +
                                                        " frames of this search need " +
                                                        std::to_string(static_cast<std::uint64_t>(bytes)) +
                                                        " bytes, more than " + std::to_string(most_bytes));
  // A tree has the slopes base + j / (F - 1), j = 0 .. F - 1.
  trees_ = static_cast<std::size_t>(std::ceil(2 * config.slope_range));
  // Those of it that lie within the range are looked at, at least the nearest.
  const double step = 1 / static_cast<double>(config.frames - 1);
  reach_ = std::max(config.slope_range, 0.5 * step);
  std::size_t slopes = 0;
  for (std::size_t j = 0; j < trees_ * config.frames; ++j)
    slopes += in_range(base_of(0, j / config.frames), 0, j % config.frames);
  sums_ = static_cast<double>(config.positions * config.slopes.size() * slopes);
  for (std::size_t level = 0; level < 256; ++level) {
    const double u = PreambleSearch::statistic_of(static_cast<std::uint8_t>(level));
    value_of_level_[level] =
        static_cast<std::uint8_t>(std::lround(value_scale * std::min(u, largest_statistic)));
  }
  rows_.resize(config.frames * config.slopes.size() * config.positions);
  a_.resize(config.frames * (tile + config.frames));
  b_.resize(a_.size());
  candidates_.reserve(most_candidates);
  findings_.reserve(config.most_findings);
}

double DriftAccumulator::base_of(std::size_t carrier, std::size_t tree) const noexcept {
  return config_.slopes[carrier] - 0.5 * static_cast<double>(trees_) + static_cast<double>(tree);
}

bool DriftAccumulator::in_range(double base, std::size_t carrier, std::size_t drift) const noexcept {
  const double slope = base + static_cast<double>(drift) / static_cast<double>(config_.frames - 1);
  return std::abs(slope - config_.slopes[carrier]) <= reach_ + 1e-9;
}

void DriftAccumulator::reset() noexcept {
  filled_ = 0;
  histogram_.fill(0);
  findings_.clear();
}

bool DriftAccumulator::add(Grid<const std::uint8_t> levels) noexcept {
  BORESIGHT_ASSERT(levels.rows() == config_.slopes.size() && levels.columns() == config_.positions);
  if (filled_ == 0) reset();
  std::uint8_t* out = rows_.data() + filled_ * levels.rows() * levels.columns();
  for (std::size_t d = 0; d < levels.rows(); ++d) {
    for (const std::uint8_t level : levels.row(d)) *out++ = value_of_level_[level];
    const std::uint8_t* row = out - levels.columns();
    for (std::size_t n = filled_ % histogram_stride; n < levels.columns(); n += histogram_stride)
      ++histogram_[row[n]];
  }
  if (++filled_ < config_.frames) return false;
  search();
  filled_ = 0;
  return true;
}

double DriftAccumulator::tail_threshold(double probability) const noexcept {
  const auto frames = static_cast<double>(config_.frames);
  double total = 0;
  for (const std::uint64_t count : histogram_) total += static_cast<double>(count);
  struct Cumulant {
    double k, first, second;
  };
  const auto cumulant = [&](double t) {
    double m0 = 0, m1 = 0, m2 = 0;
    for (std::size_t v = 0; v < histogram_.size(); ++v) {
      const auto value = static_cast<double>(v);
      const double p = static_cast<double>(histogram_[v]) / total * std::exp(t * value);
      m0 += p;
      m1 += value * p;
      m2 += value * value * p;
    }
    return Cumulant{std::log(m0), m1 / m0, m2 / m0 - (m1 / m0) * (m1 / m0)};
  };
  // P(sum > F K'(t)) = exp(F (K(t) - t K'(t))) / (t sqrt(2 pi F K''(t))) falls with t.
  double low = 1e-4, high = 4;
  for (int i = 0; i < 60; ++i) {
    const double t = 0.5 * (low + high);
    const Cumulant c = cumulant(t);
    const double tail =
        frames * (c.k - t * c.first) - std::log(t * std::sqrt(2 * pi * frames * std::max(c.second, 1e-12)));
    (tail > std::log(probability) ? low : high) = t;
  }
  return frames * cumulant(high).first;
}

void DriftAccumulator::search() noexcept {
  double total = 0, first = 0, second = 0;
  for (std::size_t v = 0; v < histogram_.size(); ++v) {
    const auto count = static_cast<double>(histogram_[v]);
    total += count;
    first += count * static_cast<double>(v);
    second += count * static_cast<double>(v) * static_cast<double>(v);
  }
  const auto frames = static_cast<double>(config_.frames);
  mean_ = first / total;
  deviation_ = std::sqrt(std::max(second / total - mean_ * mean_, 1e-12));
  const double limit = tail_threshold(config_.false_alarm / sums_);
  threshold_ = limit / frames / value_scale;
  limit_ = static_cast<std::uint16_t>(std::min(std::ceil(limit), 65535.0));
  candidates_.clear();
  for (std::size_t d = 0; d < config_.slopes.size(); ++d) {
    for (std::size_t t = 0; t < trees_; ++t) {
      const double base = base_of(d, t);
      for (std::size_t n = 0; n < config_.positions; n += tile) search_tile(d, base, n);
    }
  }
  pick();
}

void DriftAccumulator::search_tile(std::size_t carrier, double base, std::size_t first) noexcept {
  const std::size_t frames = config_.frames;
  const std::size_t width = tile + frames;
  const std::size_t positions = config_.positions;
  // Positions go round: what leaves the period at its end is there at its beginning, one frame later.
  for (std::size_t f = 0; f < frames; ++f) {
    const std::uint8_t* row = rows_.data() + (f * config_.slopes.size() + carrier) * positions;
    const auto shift = static_cast<std::int64_t>(std::lround(base * static_cast<double>(f)));
    const auto size = static_cast<std::int64_t>(positions);
    auto from = static_cast<std::size_t>(((static_cast<std::int64_t>(first) + shift) % size + size) % size);
    std::uint16_t* to = a_.data() + f * width;
    for (std::size_t i = 0; i < width;) {
      const std::size_t run = std::min(width - i, positions - from);
      for (std::size_t k = 0; k < run; ++k) to[i + k] = row[from + k];
      i += run;
      from = 0;
    }
  }
  std::uint16_t* in = a_.data();
  std::uint16_t* out = b_.data();
  // Rows [group x drift]: a group of 2 m rows drifting by j is its first half drifting by j / 2 and its
  // second half, (j + 1) / 2 later, drifting by j / 2.
  std::size_t valid = width;
  for (std::size_t m = 1; m < frames; m *= 2) {
    valid -= m;
    for (std::size_t group = 0; group < frames / (2 * m); ++group) {
      for (std::size_t j = 0; j < 2 * m; ++j) {
        const std::uint16_t* x = in + (2 * group * m + j / 2) * width;
        const std::uint16_t* y = in + ((2 * group + 1) * m + j / 2) * width + (j + 1) / 2;
        std::uint16_t* z = out + (2 * group * m + j) * width;
        for (std::size_t i = 0; i < valid; ++i) z[i] = static_cast<std::uint16_t>(x[i] + y[i]);
      }
    }
    std::swap(in, out);
  }
  const std::size_t count = std::min(tile, positions - first);
  for (std::size_t j = 0; j < frames; ++j) {
    if (!in_range(base, carrier, j)) continue;
    const std::uint16_t* z = in + j * width;
    constexpr std::size_t chunk = 32;
    for (std::size_t i = 0; i < count; i += chunk) {
      const std::size_t end = std::min(i + chunk, count);
      std::uint16_t most = 0;
      for (std::size_t k = i; k < end; ++k) most = std::max(most, z[k]);
      if (most < limit_) continue;
      for (std::size_t k = i; k < end; ++k) {
        if (z[k] < limit_) continue;
        keep({z[k], static_cast<std::uint32_t>(first + k), static_cast<std::uint32_t>(carrier),
              base + static_cast<double>(j) / static_cast<double>(frames - 1)});
      }
    }
  }
}

// The largest stay when there are more than fit.
void DriftAccumulator::keep(const Candidate& candidate) noexcept {
  if (candidates_.size() == most_candidates) {
    const auto middle = candidates_.begin() + most_candidates / 2;
    std::nth_element(candidates_.begin(), middle, candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.sum > b.sum; });
    candidates_.resize(most_candidates / 2);
    limit_ = std::max(limit_, candidates_.back().sum);
  }
  candidates_.push_back(candidate);
}

void DriftAccumulator::pick() noexcept {
  std::sort(candidates_.begin(), candidates_.end(),
            [](const Candidate& a, const Candidate& b) { return a.sum > b.sum; });
  findings_.clear();
  const auto frames = static_cast<double>(config_.frames);
  const auto period = static_cast<double>(config_.positions);
  const auto middle = [frames](double position, double slope) {
    return position + 0.5 * slope * (frames - 1);
  };
  for (const Candidate& c : candidates_) {
    if (findings_.size() == config_.most_findings) break;
    const double at = middle(c.position, c.slope);
    const bool near = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& f) {
      const double apart = std::abs(std::remainder(at - middle(f.position, f.slope), period));
      return apart <= static_cast<double>(config_.exclusion);
    });
    if (near) continue;
    const double excess = static_cast<double>(c.sum) / frames - mean_;
    findings_.push_back({static_cast<double>(c.position), c.slope, c.carrier, excess / value_scale,
                         excess * std::sqrt(frames) / deviation_});
  }
}

}  // namespace boresight::sync
