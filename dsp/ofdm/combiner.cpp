#include "boresight/ofdm/combiner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "kernels/combine.h"

namespace boresight::ofdm {

void combine(Grid<const cf32> received, Grid<const cf32> channel, Grid<const float> noise_variance,
             std::span<cf32> symbols, std::span<float> variance) noexcept {
  BORESIGHT_ASSERT(received.columns() == symbols.size() && channel.columns() == symbols.size() &&
                   variance.size() == symbols.size() && channel.rows() == received.rows() &&
                   noise_variance.rows() == received.rows() &&
                   (noise_variance.columns() == symbols.size() || noise_variance.columns() == 1));
  kernels::combine(received, channel, noise_variance, symbols, variance);
}

void to_mmse(std::span<cf32> symbols, std::span<float> variance) noexcept {
  BORESIGHT_ASSERT(symbols.size() == variance.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const float shrink = 1 / (1 + variance[i]);
    symbols[i] *= shrink;
    variance[i] *= shrink;
  }
}

InterferenceRejectionCombiner::InterferenceRejectionCombiner(const Config& config) : config_(config) {
  require(config.antennas >= 1 && config.antennas <= kernels::max_combined,
          "interference rejection: " + std::to_string(config.antennas) + " antennas are outside 1 .. 16");
  require(config.carriers >= 1 && config.carriers <= 65536,
          "interference rejection: " + std::to_string(config.carriers) + " carriers are outside 1 .. 65536");
  require(config.bands >= 1 && config.bands <= config.carriers,
          "interference rejection: " + std::to_string(config.bands) + " bands are outside 1 .. " +
              std::to_string(config.carriers));
  bands_.resize(config.bands);
  for (Band& band : bands_) {
    band.antennas.reserve(config.antennas);
    band.whitener.resize(config.antennas * (config.antennas + 1));
  }
  factor_.resize(config.antennas * config.antennas);
  inverse_.resize(factor_.size());
}

void InterferenceRejectionCombiner::set_covariance(std::size_t band, Grid<const cf64> covariance) noexcept {
  BORESIGHT_ASSERT(band < bands_.size() && covariance.rows() == config_.antennas &&
                   covariance.columns() == config_.antennas);
  Band& target = bands_[band];
  const auto entry = [&](std::size_t row, std::size_t column) {
    return row >= column ? covariance(row, column) : std::conj(covariance(column, row));
  };
  // An antenna's own power first: those that fail there do not condemn the others by the entries they share.
  std::array<bool, kernels::max_combined> powered{};
  for (std::size_t a = 0; a < config_.antennas; ++a) {
    powered[a] = entry(a, a).real() > 0 && std::isfinite(entry(a, a).real());
  }
  target.antennas.clear();
  for (std::size_t a = 0; a < config_.antennas; ++a) {
    bool usable = powered[a];
    for (std::size_t other = 0; other < config_.antennas; ++other) {
      usable = usable && (!powered[other] || std::isfinite(std::abs(entry(a, other))));
    }
    if (usable) target.antennas.push_back(a);
  }

  // R = L L^H, then L^-1 row by row.
  const std::size_t n = target.antennas.size();
  float* out = target.whitener.data();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      cf64 sum = entry(target.antennas[i], target.antennas[j]);
      for (std::size_t k = 0; k < j; ++k) sum -= factor_[i * n + k] * std::conj(factor_[j * n + k]);
      const double power = entry(target.antennas[i], target.antennas[i]).real();
      factor_[i * n + j] =
          i == j ? cf64(std::sqrt(std::max(sum.real(), 1e-9 * power))) : sum / factor_[j * n + j].real();
    }
    for (std::size_t j = 0; j <= i; ++j) {
      cf64 sum = i == j ? 1.0 : 0.0;
      for (std::size_t k = j; k < i; ++k) sum -= factor_[i * n + k] * inverse_[k * n + j];
      inverse_[i * n + j] = sum / factor_[i * n + i].real();
      *out++ = static_cast<float>(inverse_[i * n + j].real());
      *out++ = static_cast<float>(inverse_[i * n + j].imag());
    }
  }
}

void InterferenceRejectionCombiner::process(Grid<const cf32> received, Grid<const cf32> channel,
                                            std::span<cf32> symbols,
                                            std::span<float> variance) const noexcept {
  BORESIGHT_ASSERT(received.rows() == config_.antennas && received.columns() == config_.carriers &&
                   channel.rows() == config_.antennas && channel.columns() == config_.carriers &&
                   symbols.size() == config_.carriers && variance.size() == config_.carriers);
  std::array<const cf32*, kernels::max_combined> y{};
  std::array<const cf32*, kernels::max_combined> h{};
  for (std::size_t b = 0; b < bands_.size(); ++b) {
    const Band& band = bands_[b];
    const std::size_t first = first_carrier(b);
    const std::size_t count = first_carrier(b + 1) - first;
    const std::size_t n = band.antennas.size();
    for (std::size_t i = 0; i < n; ++i) {
      y[i] = received.row(band.antennas[i]).data() + first;
      h[i] = channel.row(band.antennas[i]).data() + first;
    }
    kernels::combine_white({y.data(), n}, {h.data(), n}, band.whitener.data(), symbols.subspan(first, count),
                           variance.subspan(first, count));
  }
}

}  // namespace boresight::ofdm
