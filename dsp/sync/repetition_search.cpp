#include "boresight/sync/repetition_search.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/sync/detection_theory.h"
#include "kernels/lagged_sums.h"
#include "sync/window_sum.h"

namespace boresight::sync {
namespace {

constexpr std::size_t blocks_per_part = 16;
constexpr std::size_t chunk_blocks = 64;

struct Sums {
  cf64 product;
  cf64 sum;
  double energy = 0;
  Sums& operator+=(const Sums& other) noexcept {
    product += other.product;
    sum += other.sum;
    energy += other.energy;
    return *this;
  }
  friend Sums operator+(Sums a, const Sums& b) noexcept { return a += b; }
};

// Not operator*, which is slow for what it does about infinities.
cf64 times_conjugate(cf64 a, cf64 b) noexcept {
  return {a.real() * b.real() + a.imag() * b.imag(), a.imag() * b.real() - a.real() * b.imag()};
}
double power_of(cf64 z) noexcept {
  return z.real() * z.real() + z.imag() * z.imag();
}

}  // namespace

struct RepetitionSearch::State {
  struct Antenna {
    explicit Antenna(std::size_t parts) : window(blocks_per_part), sums(parts * blocks_per_part) {}
    WindowSum<Sums> window;  // the blocks of one part
    std::vector<Sums> sums;  // ring: of the part that ends with each block
  };

  explicit State(const Config& config)
      : parts(config.signs.size()),
        block(config.period / blocks_per_part),
        products(parts),
        samples(config.antennas, config.period + chunk_blocks * block),
        blocks(config.antennas, chunk_blocks),
        antennas(config.antennas, Antenna(parts)),
        fill(config.period) {
    for (std::size_t m = 1; m < parts; ++m) products[m] = config.signs[m] * config.signs[m - 1];
  }

  void reset() noexcept {
    for (Antenna& a : antennas) {
      a.window.reset();
      std::fill(a.sums.begin(), a.sums.end(), Sums{});
    }
    for (std::size_t a = 0; a < antennas.size(); ++a) {
      std::fill(samples.row(a).begin(), samples.row(a).end(), cf32(0));
    }
    fill = done = summed = samples.columns() - chunk_blocks * block;
    blocks_taken = 0;
    place = 0;
    metric = 0;
    passing = false;
  }

  // One block of every antenna, whose samples begin at column `done`.
  void take_block() noexcept {
    const std::size_t period = samples.columns() - chunk_blocks * block;
    const std::size_t number = (done - period) / block;
    if (done == summed) sum_blocks(number, (fill - done) / block);
    for (std::size_t a = 0; a < antennas.size(); ++a) {
      const kernels::LaggedSums& sums = blocks(a, number);
      const Sums wide{cf64(sums.product), cf64(sums.sum), static_cast<double>(sums.energy)};
      antennas[a].sums[place] = antennas[a].window.push(wide);
    }
    done += block;
    place = place + 1 == parts * blocks_per_part ? 0 : place + 1;
    ++blocks_taken;
    if (blocks_taken >= parts * blocks_per_part) measure();
  }

  void sum_blocks(std::size_t first, std::size_t count) noexcept {
    for (std::size_t a = 0; a < antennas.size(); ++a) {
      const auto row = std::span<const cf32>(samples.row(a));
      kernels::lagged_sums(row.subspan(summed, count * block), row.subspan(first * block, count * block),
                           block, blocks.row(a).subspan(first, count));
    }
    summed += count * block;
  }

  void measure() noexcept {
    const auto p = static_cast<double>(block * blocks_per_part);
    cf64 all = 0;
    for (const Antenna& antenna : antennas) {
      const Sums* before = nullptr;
      cf64 own = 0;
      double energy = 0;
      double whole = 0;  // with the means, to tell rounding from signal
      for (std::size_t m = 0, at = place + blocks_per_part - 1; m < parts; ++m, at += blocks_per_part) {
        const Sums& part = antenna.sums[at % antenna.sums.size()];
        whole += part.energy;
        energy += part.energy - power_of(part.sum) / p;
        if (before != nullptr) {
          own +=
              static_cast<double>(products[m]) * (part.product - times_conjugate(part.sum, before->sum) / p);
        }
        before = &part;
      }
      // Sums of single precision are good to 1e-6; below that there is only rounding.
      if (energy > 1e-5 * whole && std::isfinite(whole)) all += own / energy;
    }
    const auto l = static_cast<double>(parts);
    correlation = all;
    metric = std::sqrt(power_of(all)) / static_cast<double>(antennas.size()) * l / (l - 1);
    if (!std::isfinite(metric)) metric = 0;
  }

  std::size_t parts;
  std::size_t block;
  std::vector<int> products;               // of each part's sign and the one before
  GridBuffer<cf32> samples;                // the last P samples, and those being taken
  GridBuffer<kernels::LaggedSums> blocks;  // [antennas x chunk]
  std::vector<Antenna> antennas;
  std::size_t fill;        // columns of samples
  std::size_t summed = 0;  // columns up to which `blocks` goes
  std::size_t done = 0;    // and up to which it was taken
  std::uint64_t blocks_taken = 0;
  std::size_t place = 0;  // of the next block in the rings

  cf64 correlation;
  double metric = 0;
  bool passing = false;  // a detection is being looked for its largest metric
  std::size_t left = 0;  // blocks until it is told, unless a larger one comes
  std::size_t most = 0;  // and at most
  Detection best;
};

RepetitionSearch::RepetitionSearch(const Config& config) : config_(config), threshold_(0) {
  require(config.antennas >= 1 && config.antennas <= 64,
          "repetition search: " + std::to_string(config.antennas) + " antennas are outside 1 .. 64");
  require(config.period >= 64 && config.period <= 65536 && config.period % 64 == 0,
          "repetition search: period of " + std::to_string(config.period) +
              " samples is no multiple of 64 within 64 .. 65536");
  require(config.signs.size() >= 3 && config.signs.size() <= 64,
          "repetition search: " + std::to_string(config.signs.size()) + " parts are outside 3 .. 64");
  for (const int sign : config.signs) {
    require(sign == 1 || sign == -1,
            "repetition search: sign " + std::to_string(sign) + " is neither 1 nor -1");
  }
  require(config.false_alarm_rate >= 1e-15 && config.false_alarm_rate <= 0.1,
          "repetition search: false-alarm rate " + std::to_string(config.false_alarm_rate) +
              " is outside 1e-15 .. 0.1");
  const auto l = static_cast<double>(config.signs.size());
  threshold_ = differential_ratio_threshold(config.antennas * (config.period - 1), config.signs.size(),
                                            config.false_alarm_rate) *
               l / (l - 1);
  state_ = std::make_unique<State>(config);
  state_->reset();
}

RepetitionSearch::~RepetitionSearch() = default;
RepetitionSearch::RepetitionSearch(RepetitionSearch&&) noexcept = default;
RepetitionSearch& RepetitionSearch::operator=(RepetitionSearch&&) noexcept = default;

double RepetitionSearch::metric() const {
  return state_->metric;
}

void RepetitionSearch::reset() noexcept {
  state_->reset();
}

Progress RepetitionSearch::process(Grid<const cf32> in, std::span<Detection> out) noexcept {
  BORESIGHT_ASSERT(in.rows() == config_.antennas);
  State& s = *state_;
  Progress progress;
  while (progress.produced < out.size()) {
    if (s.done + s.block > s.fill) {
      if (progress.consumed == in.columns()) break;
      if (s.fill == s.samples.columns()) {  // keep one part
        for (std::size_t a = 0; a < config_.antennas; ++a) {
          const auto row = s.samples.row(a);
          std::copy(row.end() - static_cast<std::ptrdiff_t>(config_.period), row.end(), row.begin());
        }
        s.fill = s.done = s.summed = config_.period;
      }
      const std::size_t count = std::min(in.columns() - progress.consumed, s.samples.columns() - s.fill);
      for (std::size_t a = 0; a < config_.antennas; ++a) {
        const auto from = in.row(a).subspan(progress.consumed, count);
        std::copy(from.begin(), from.end(), s.samples.row(a).begin() + static_cast<std::ptrdiff_t>(s.fill));
      }
      s.fill += count;
      progress.consumed += count;
      continue;
    }
    s.take_block();
    if (s.blocks_taken < s.parts * blocks_per_part) continue;
    if (!s.passing && s.metric > threshold_) {
      s.passing = true;
      s.most = 2 * s.parts * blocks_per_part;
      s.best = {};
    }
    if (!s.passing) continue;
    if (s.metric > s.best.metric) {
      s.best = {s.blocks_taken * s.block - window_samples(),
                std::arg(s.correlation) / (2 * pi * static_cast<double>(config_.period)), s.metric};
      s.left = s.parts * blocks_per_part;
    }
    if (--s.left == 0 || --s.most == 0) {
      s.passing = false;
      out[progress.produced++] = s.best;
    }
  }
  return progress;
}

}  // namespace boresight::sync
