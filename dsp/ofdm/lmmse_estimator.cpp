#include "boresight/ofdm/lmmse_estimator.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "kernels/projection.h"

namespace boresight::ofdm {
namespace {

using Matrix = Eigen::MatrixXcd;

constexpr std::size_t max_pilots = 32768;
constexpr std::size_t max_symbols = 64;
constexpr std::size_t max_taps = 4096;
constexpr std::size_t max_window = 4096;
// A signal 30 dB below the noise and less is estimated as if it were that strong.
constexpr double max_noise_to_signal = 1000;
constexpr double unknown_noise_to_signal = 1e-4;

// F with F F^H = the correlation between carriers, one column for each tap.
Matrix frequency_factor(const Numerology& numerology, std::span<const std::uint16_t> carriers,
                        std::span<const DelayTap> profile) {
  Matrix factor(static_cast<Eigen::Index>(carriers.size()), static_cast<Eigen::Index>(profile.size()));
  const double turns = 1.0 / static_cast<double>(numerology.fft_size);
  for (std::size_t c = 0; c < carriers.size(); ++c) {
    const int index = numerology.signed_index(carriers[c]);
    for (std::size_t l = 0; l < profile.size(); ++l) {
      factor(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(l)) =
          std::polar(std::sqrt(profile[l].power), -2 * pi * turns * index * profile[l].delay_samples);
    }
  }
  return factor;
}

// T with T T^H = J0(2 pi doppler (s - s')): J0 is the mean over angles, whose midpoint rule converges faster
// than any power once it has more points than the argument has radians.
Matrix time_factor(double doppler, std::size_t window) {
  const double span = 2 * pi * doppler * static_cast<double>(window);
  const std::size_t points = doppler > 0 ? 12 + static_cast<std::size_t>(std::ceil(span)) : 1;
  Matrix factor(static_cast<Eigen::Index>(window), static_cast<Eigen::Index>(points));
  for (std::size_t m = 0; m < points; ++m) {
    const double shift =
        doppler * std::cos(pi * (static_cast<double>(m) + 0.5) / static_cast<double>(points));
    for (std::size_t s = 0; s < window; ++s) {
      factor(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(m)) =
          std::polar(1 / std::sqrt(static_cast<double>(points)), 2 * pi * shift * static_cast<double>(s));
    }
  }
  return factor;
}

// The same product F F^H with fewer columns; what is left out has a mean power below `negligible`.
Matrix compress(const Matrix& factor, double negligible) {
  const Matrix gram = factor.adjoint() * factor;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
  const auto& values = solver.eigenvalues();  // rising
  Eigen::Index first = 0;
  double left = 0;
  const double limit = negligible * static_cast<double>(factor.rows());
  while (first + 1 < values.size() && left + values[first] < limit) left += std::max(values[first++], 0.0);
  return factor * solver.eigenvectors().rightCols(values.size() - first);
}

std::size_t place_of(std::span<const std::uint16_t> carriers, std::size_t carrier) {
  return static_cast<std::size_t>(std::find(carriers.begin(), carriers.end(), carrier) - carriers.begin());
}

void check_config(const LmmseEstimator::Config& config) {
  check(config.numerology);
  require(!config.pilots.empty() && config.pilots.size() <= max_pilots,
          "lmmse: " + std::to_string(config.pilots.size()) + " pilots are outside 1 .. 32768");
  require(!config.symbols.empty() && config.symbols.size() <= max_symbols,
          "lmmse: " + std::to_string(config.symbols.size()) + " wanted symbols are outside 1 .. 64");
  require(!config.profile.empty() && config.profile.size() <= max_taps,
          "lmmse: " + std::to_string(config.profile.size()) + " taps are outside 1 .. 4096");
  double power = 0;
  for (const DelayTap& tap : config.profile) {
    require(std::isfinite(tap.delay_samples) && std::isfinite(tap.power) && tap.power >= 0,
            "lmmse: a tap of power " + std::to_string(tap.power) + " at " +
                std::to_string(tap.delay_samples) + " samples is negative or not finite");
    power += tap.power;
  }
  require(power > 0, "lmmse: the profile has no power");
  require(config.doppler >= 0 && config.doppler <= 0.5,
          "lmmse: a Doppler of " + std::to_string(config.doppler) + " cycles per symbol is outside 0 .. 0.5");
  require(config.max_snr_db >= 0 && config.max_snr_db <= 60,
          "lmmse: an SNR of " + std::to_string(config.max_snr_db) + " dB is outside 0 .. 60 dB");
  for (const PilotPosition& p : config.pilots) {
    require(p.carrier < config.numerology.fft_size && p.symbol < max_window,
            "lmmse: a pilot at symbol " + std::to_string(p.symbol) + ", carrier " +
                std::to_string(p.carrier) + " is outside the numerology");
  }
  for (const std::uint16_t s : config.symbols) {
    require(s < max_window, "lmmse: symbol " + std::to_string(s) + " is beyond a window of 4096");
  }
}

}  // namespace

void least_squares(std::span<const cf32> received, std::span<const cf32> known,
                   std::span<cf32> observed) noexcept {
  BORESIGHT_ASSERT(received.size() == known.size() && received.size() == observed.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    const float power = std::norm(known[i]);
    observed[i] = power > 0 ? received[i] * std::conj(known[i]) / power : cf32(0);
  }
}

LmmseEstimator::LmmseEstimator(const Config& config) : numerology_(config.numerology) {
  check_config(config);
  positions_ = config.pilots;
  symbols_ = config.symbols;
  carriers_ = numerology_.used_carriers();
  pilots_ = positions_.size();
  std::vector<DelayTap> profile = config.profile;
  double power = 0;
  for (const DelayTap& tap : profile) power += tap.power;
  for (DelayTap& tap : profile) tap.power /= power;

  // Which carriers and symbols take part.
  std::vector<std::uint16_t> all = carriers_;
  std::size_t window = *std::max_element(symbols_.begin(), symbols_.end()) + std::size_t{1};
  for (const PilotPosition& p : positions_) {
    if (place_of(all, p.carrier) == all.size()) all.push_back(p.carrier);
    window = std::max<std::size_t>(window, p.symbol + std::size_t{1});
  }
  const double negligible = 0.1 * power_from_db(-config.max_snr_db);
  const Matrix frequency = compress(frequency_factor(numerology_, all, profile), 0.1 * negligible);
  const Matrix time = compress(time_factor(config.doppler, window), 0.1 * negligible);
  const Eigen::Index columns = frequency.cols() * time.cols();
  require(columns <= 2048, "lmmse: delays and Doppler together need " + std::to_string(columns) +
                               " dimensions, more than 2048");

  // One row for each place: the Kronecker product of its time's and its frequency's rows.
  const auto fill = [&](Matrix& rows, Eigen::Index row, std::size_t symbol, std::size_t carrier) {
    for (Eigen::Index t = 0; t < time.cols(); ++t) {
      rows.row(row).segment(t * frequency.cols(), frequency.cols()) =
          time(static_cast<Eigen::Index>(symbol), t) * frequency.row(static_cast<Eigen::Index>(carrier));
    }
  };
  std::vector<std::size_t> place(numerology_.fft_size);
  for (std::size_t i = 0; i < all.size(); ++i) place[all[i]] = i;
  Matrix at_pilots(static_cast<Eigen::Index>(pilots_), columns);
  for (std::size_t p = 0; p < pilots_; ++p) {
    fill(at_pilots, static_cast<Eigen::Index>(p), positions_[p].symbol, place[positions_[p].carrier]);
  }
  const std::size_t outputs = symbols_.size() * carriers_.size();
  Matrix at_outputs(static_cast<Eigen::Index>(outputs), columns);
  for (std::size_t s = 0; s < symbols_.size(); ++s) {
    for (std::size_t c = 0; c < carriers_.size(); ++c) {
      fill(at_outputs, static_cast<Eigen::Index>(s * carriers_.size() + c), symbols_[s], place[carriers_[c]]);
    }
  }

  // With the columns turned onto the eigenvectors of at_pilots^H at_pilots the pilots' columns are
  // orthogonal, and every unknown is estimated from its own column alone.
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(at_pilots.adjoint() * at_pilots);
  at_pilots = (at_pilots * solver.eigenvectors()).eval();
  at_outputs = (at_outputs * solver.eigenvectors()).eval();
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = columns; i-- > 0;) {
    const double value = std::max(solver.eigenvalues()[i], 0.0);
    const double mean = at_outputs.col(i).squaredNorm() / static_cast<double>(outputs);
    // What estimating it could bring at the best SNR.
    const double worth = mean * value / (value + power_from_db(-config.max_snr_db));
    if (worth * static_cast<double>(columns) < negligible && !kept.empty()) {
      left_out_ += mean;
      continue;
    }
    kept.push_back(i);
    eigenvalues_.push_back(value);
    output_power_.push_back(mean);
  }
  const std::size_t rank = kept.size();
  pilot_re_ = pilot_im_ = GridBuffer<float>(rank, pilots_);
  output_re_ = output_im_ = GridBuffer<float>(rank, outputs);
  for (std::size_t i = 0; i < rank; ++i) {
    for (std::size_t p = 0; p < pilots_; ++p) {
      const cf64 value = at_pilots(static_cast<Eigen::Index>(p), kept[i]);
      pilot_re_(i, p) = static_cast<float>(value.real());
      pilot_im_(i, p) = static_cast<float>(value.imag());
    }
    for (std::size_t k = 0; k < outputs; ++k) {
      const cf64 value = at_outputs(static_cast<Eigen::Index>(k), kept[i]);
      output_re_(i, k) = static_cast<float>(value.real());
      output_im_(i, k) = static_cast<float>(value.imag());
    }
  }
  observed_re_.resize(pilots_);
  observed_im_.resize(pilots_);
  coefficients_.resize(rank);
  outputs_.resize(outputs);
  system_.resize(rank * rank);
  solution_.resize(rank);
  row_.resize(rank);
}

double LmmseEstimator::error_of(double noise_to_signal) const noexcept {
  double error = left_out_;
  for (std::size_t i = 0; i < eigenvalues_.size(); ++i) {
    const double sum = eigenvalues_[i] + noise_to_signal;
    error += output_power_[i] * (sum > 0 ? noise_to_signal / sum : 1.0);
  }
  return error;
}

double LmmseEstimator::freedom_of(double noise_to_signal) const noexcept {
  double freedom = 0;
  for (const double value : eigenvalues_) freedom += value > 0 ? value / (value + noise_to_signal) : 0.0;
  return freedom;
}

double LmmseEstimator::mean_square_error(double noise_to_signal) const {
  require(noise_to_signal >= 0,
          "lmmse: a noise-to-signal ratio of " + std::to_string(noise_to_signal) + " is negative");
  return error_of(std::min(noise_to_signal, 1e30));
}

double LmmseEstimator::mean_square_error(double noise_to_signal, std::span<const DelayTap> truth) const {
  require(noise_to_signal > 0 && std::isfinite(noise_to_signal) && !truth.empty(),
          "lmmse: a noise-to-signal ratio of " + std::to_string(noise_to_signal) +
              " or a profile without taps says nothing");
  // Noise: |A (L + N)^-1 U^H|^2 summed; U has orthogonal columns of power L.
  double error = 0;
  for (std::size_t i = 0; i < eigenvalues_.size(); ++i) {
    const double sum = eigenvalues_[i] + noise_to_signal;
    error += noise_to_signal * output_power_[i] * eigenvalues_[i] / (sum * sum);
  }
  // Bias: what the estimator makes of each path without noise. Paths are independent.
  double power = 0;
  for (const DelayTap& tap : truth) power += tap.power;
  const double turns = -2 * pi / static_cast<double>(numerology_.fft_size);
  std::vector<cf64> weights(eigenvalues_.size());
  for (const DelayTap& tap : truth) {
    const auto path = [&](std::size_t carrier) {
      return std::polar(1.0, turns * numerology_.signed_index(carrier) * tap.delay_samples);
    };
    for (std::size_t i = 0; i < weights.size(); ++i) {
      cf64 sum = 0;
      for (std::size_t p = 0; p < pilots_; ++p) {
        sum += cf64(pilot_re_(i, p), -pilot_im_(i, p)) * path(positions_[p].carrier);
      }
      weights[i] = sum / (eigenvalues_[i] + noise_to_signal);
    }
    double bias = 0;
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      cf64 sum = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        sum += weights[i] * cf64(output_re_(i, k), output_im_(i, k));
      }
      bias += std::norm(path(carriers_[k % carriers_.size()]) - sum);
    }
    error += tap.power / power * bias / static_cast<double>(outputs_.size());
  }
  return error;
}

void LmmseEstimator::project(std::span<const cf32> observed) noexcept {
  for (std::size_t p = 0; p < pilots_; ++p) {
    observed_re_[p] = observed[p].real();
    observed_im_[p] = observed[p].imag();
  }
  kernels::project(pilot_re_.view(), pilot_im_.view(), observed_re_, observed_im_, coefficients_);
}

void LmmseEstimator::expand(Grid<cf32> channel) noexcept {
  kernels::expand(output_re_.view(), output_im_.view(), coefficients_, outputs_);
  for (std::size_t s = 0; s < symbols_.size(); ++s) {
    const auto row = channel.row(s);
    std::fill(row.begin(), row.end(), cf32(0));
    const cf32* values = outputs_.data() + s * carriers_.size();
    for (std::size_t c = 0; c < carriers_.size(); ++c) row[carriers_[c]] = values[c];
  }
}

LmmseEstimator::Result LmmseEstimator::process(std::span<const cf32> observed, double noise_variance,
                                               Grid<cf32> channel) noexcept {
  BORESIGHT_ASSERT(observed.size() == pilots_ && channel.rows() == symbols_.size() &&
                   channel.columns() == numerology_.fft_size);
  double total = 0;
  for (const cf32 y : observed) total += static_cast<double>(std::norm(y));
  if (!(total > 0) || !std::isfinite(total)) {
    for (std::size_t s = 0; s < channel.rows(); ++s)
      std::fill_n(channel.row(s).data(), channel.columns(), cf32(0));
    return {};
  }
  project(observed);
  const auto count = static_cast<double>(pilots_);
  Result result{.noise_variance = noise_variance};
  if (!(noise_variance > 0) || !std::isfinite(noise_variance)) {
    double explained = 0;
    for (std::size_t i = 0; i < rank(); ++i) {
      if (eigenvalues_[i] > 0)
        explained += static_cast<double>(std::norm(coefficients_[i])) / eigenvalues_[i];
    }
    // Rounding leaves 1e-6 of a signal without noise.
    result.noise_variance =
        spare() > 0 ? std::max((total - explained) / static_cast<double>(spare()), 1e-7 * total / count)
                    : unknown_noise_to_signal * total / count;
  }
  result.signal_power =
      std::max(total / count - result.noise_variance, result.noise_variance / max_noise_to_signal);
  const double ratio = result.noise_variance / result.signal_power;
  result.error_variance = result.signal_power * error_of(ratio);
  result.freedom = freedom_of(ratio);
  for (std::size_t i = 0; i < rank(); ++i) {
    coefficients_[i] *= static_cast<float>(1 / (eigenvalues_[i] + ratio));
  }
  expand(channel);
  return result;
}

}  // namespace boresight::ofdm
