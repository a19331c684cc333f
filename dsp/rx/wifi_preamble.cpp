#include "rx/wifi_preamble.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/units.h"
#include "boresight/sync/first_path.h"

namespace boresight::rx {
namespace {

using frame::wifi_fft_size;
using frame::wifi_symbol_samples;

// The FFT window begins within the prefix: room for paths ahead of the strongest and for an early decision.
constexpr std::uint64_t window_advance_samples = 4;
// By how much the first path may come before the strongest.
constexpr std::int64_t largest_advance = 12;
constexpr std::size_t prefix_samples = wifi_symbol_samples - wifi_fft_size;
// Of a subcarrier. 6 Mbit/s needs 0 dB.
constexpr float least_snr = 0.3F;
// By how much the phase of the short training field may be off while gains settle, rad^2.
constexpr double settling_variance = 0.01;
// Two equal long training symbols (a noiseless simulation) must not look like an unknown noise.
constexpr float noise_floor = 1e-6F;

}  // namespace

WifiPreamble::WifiPreamble(const WifiStream& stream, WifiStats& stats)
    : legacy(false, double{window_advance_samples}),
      ht(true, double{window_advance_samples}),
      tracker({}),
      stream_(stream),
      stats_(stats),
      inverse_(wifi_fft_size, fft::Direction::inverse) {}

void WifiPreamble::transform(std::uint64_t first, WifiBins& bins) noexcept {
  demodulator_.process(stream_.at(first, wifi_fft_size), first, bins);
  ++stats_.transformed_symbols;
}

void WifiPreamble::transform_long_training() noexcept {
  const std::uint64_t first = long_symbols - window_advance_samples;
  transform(first, bins_[0]);
  transform(first + wifi_fft_size, bins_[1]);
}

// The matched filter found the strongest path. Windows that begin with the first one lose less: of all
// places that the prefix allows, the one that leaves least of the impulse response outside of it. The
// response is that of subcarriers weighted with a raised cosine, so that it has no sidelobes to speak of.
std::int64_t WifiPreamble::first_path() noexcept {
  const frame::WifiSpectrum& known = frame::wifi_long_training();
  WifiBins& response = bins_[2];
  response.fill(0);
  float noise = 0;
  for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
    const std::size_t bin = legacy.carriers.bin[k];
    const auto weight =
        static_cast<float>(0.5 + 0.5 * std::cos(pi * double{legacy.carriers.signed_index[k]} / 27.0));
    response[bin] = weight * known[bin].real() * (bins_[0][bin] + bins_[1][bin]);
    noise += weight * weight * std::norm(bins_[0][bin] - bins_[1][bin]);
  }
  // Subcarrier 0 is not sent; a hole there would be a floor under all delays. A parabola through its
  // neighbors, turned by the delay in the middle of the prefix: 1e-5 of the power is left where that is 8
  // off.
  cf64 middle = 0;
  for (const int k : {-2, -1, 1, 2}) {
    const cf64 turned =
        cf64(response[static_cast<std::size_t>(k + 64) % 64]) * std::polar(1.0, 0.25 * pi * k);
    middle += (std::abs(k) == 1 ? 4.0 : -1.0) / 6.0 * turned;
  }
  response[0] = cf32(middle);
  inverse_.run(response, response);
  std::array<float, wifi_fft_size> power;  // by delay behind the beginning of the window
  for (std::size_t i = 0; i < wifi_fft_size; ++i) power[i] = std::norm(response[i]);
  const float largest = *std::max_element(power.begin(), power.end());
  for (float& p : power) {
    // Noise alone passes 16 times its mean once in 10^7. What stays below has a quarter of the noise's
    // power at most, being one tap of 64.
    if (p < 16.0F * noise || p < 1e-3F * largest) p = 0;
  }
  // Two more: as far as the raised cosine spreads a path at the end of the prefix.
  return sync::best_window(power, prefix_samples + 3, -largest_advance, std::int64_t{window_advance_samples});
}

bool WifiPreamble::begin(std::uint64_t position, double carrier, cf32 constant) noexcept {
  long_symbols = position;
  frequency = carrier;
  dc_ = constant;
  demodulator_.set_carrier(frequency, long_symbols, dc_);
  transform_long_training();
  if (const std::int64_t shift = first_path(); shift != 0) {
    long_symbols += static_cast<std::uint64_t>(shift);
    demodulator_.set_carrier(frequency, long_symbols, dc_);
    transform_long_training();
  }
  const frame::WifiSpectrum& known = frame::wifi_long_training();
  const std::size_t carriers = legacy.carriers.size();
  float gain = 0;
  float scatter = 0;
  for (std::size_t k = 0; k < carriers; ++k) {
    const std::size_t bin = legacy.carriers.bin[k];
    const cf32 mean = 0.5F * (bins_[0][bin] + bins_[1][bin]);
    training.least_squares[k] = mean * known[bin].real();
    gain += std::norm(mean);
    scatter += 0.5F * std::norm(bins_[0][bin] - bins_[1][bin]);
  }
  training.repeats = 2;
  training.part.fill(1);
  joined_ = false;
  const auto count = static_cast<float>(carriers);
  training.scatter = std::max(scatter, noise_floor * gain);
  training.freedom = count;
  set_channel(legacy);
  // The mean of two symbols carries half of the noise.
  snr = training.noise > 0 ? std::max((gain / count - 0.5F * training.noise) / training.noise, 1e-3F) : 1e-3F;
  if (snr < least_snr) return false;
  start_tracker();
  show_channel(legacy);
  return true;
}

void WifiPreamble::show_channel(const WifiFormatChain& chain) noexcept {
  channel_bins.fill(0);
  noise_bins.fill(0);
  for (std::size_t k = 0; k < chain.carriers.size(); ++k) {
    channel_bins[chain.carriers.bin[k]] = channel_[k];
    noise_bins[chain.carriers.bin[k]] = training.noise;
  }
}

void WifiPreamble::learn(std::size_t index) noexcept {
  std::array<cf32, frame::wifi_data_carriers + frame::wifi_pilots> turned;
  legacy.equalizer.turned_bins(header_bins[index], turned);
  const float weight = 1.0F / (training.repeats + 1.0F);
  const auto add = [&](std::size_t k, cf32 sent) {  // of unit modulus
    cf32& h = training.least_squares[k];
    const cf32 difference = turned[k] * std::conj(sent) - h;
    h += weight * difference;
    training.scatter += training.repeats * weight * std::norm(difference);
  };
  const auto known = legacy.equalizer.known();
  for (std::size_t i = 0; i < known.size(); ++i) add(legacy.carriers.data[i], known[i]);
  for (std::size_t i = 0; i < frame::wifi_pilots; ++i) {
    add(legacy.carriers.pilot[i], frame::wifi_pilot_values[i] * frame::wifi_pilot_polarity(index));
  }
  training.repeats += 1.0F;
  training.freedom += static_cast<float>(legacy.carriers.size()) - 1.0F;  // less the phase that it told
}

void WifiPreamble::estimate_channel() noexcept {
  set_channel(legacy);
  show_channel(legacy);
}

// The angle between the long training symbols gives the carrier over 64 samples. The phase of the short
// training field, through the channel that is known now, gives it over 160, if that field is whole: a frame
// may follow another so closely that its beginning is lost, and a receiver's gain settles in it.
void WifiPreamble::start_tracker() noexcept {
  const double samples_snr = std::max(double{snr} * 52.0 / 64.0, 1e-3);
  const double per_symbol = 2.0 * pi * static_cast<double>(wifi_symbol_samples);
  // Cycles per sample, squared (Moose 1994, with the product of noises, and with 80 pairs).
  double variance = (1.0 + 0.5 / samples_snr) / (80.0 * samples_snr) / std::pow(2.0 * pi * 64.0, 2);
  double change = 0;
  const frame::WifiSpectrum& known = frame::wifi_short_training();
  // Windows a whole number of periods before the long one.
  constexpr std::uint64_t first_before = 164;
  constexpr std::uint64_t second_before = 100;
  const bool recorded = long_symbols >= first_before;
  if (recorded) {
    transform(long_symbols - first_before, bins_[0]);
    transform(long_symbols - second_before, bins_[1]);
  }
  cf64 product = 0;
  double expected = 0;
  for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
    const std::size_t bin = legacy.carriers.bin[k];
    if (known[bin] == cf32(0) || !recorded) continue;
    const cf64 reference = cf64(channel_[k]) * cf64(known[bin]);
    product += (cf64(bins_[0][bin]) + cf64(bins_[1][bin])) * std::conj(reference);
    expected += 2.0 * std::norm(reference);
  }
  constexpr double samples_apart = 160;
  const double whole = expected > 0 ? std::abs(product) / expected : 0.0;
  const double phase = std::arg(product);
  const double turn = 2.0 * pi * samples_apart;
  // Both fields have the energy of two symbols.
  const double phase_variance = 2.0 * 0.5 / (2.0 * 52.0 * std::max(double{snr}, 1e-3));
  // Five deviations: an estimate that is far off is the one that needs the other.
  if (std::abs(whole - 1.0) < 0.3 + 5.0 * std::sqrt(phase_variance) &&
      phase * phase < 25.0 * (variance * turn * turn + phase_variance + settling_variance)) {
    const double other = (phase_variance + settling_variance) / (turn * turn);
    change = -phase / turn * variance / (variance + other);
    variance = variance * other / (variance + other);
  }
  tracker.start(static_cast<double>(snr), change * per_symbol, variance * per_symbol * per_symbol, 1.4);
}

// The noise is what the symbols of the training differ by, and what a smooth channel leaves of their mean.
void WifiPreamble::set_channel(WifiFormatChain& chain) noexcept {
  const std::size_t carriers = chain.carriers.size();
  channel_ = training.least_squares;
  const auto used = std::span(channel_).first(carriers);
  training.noise = training.scatter / training.freedom;
  const float variance = training.noise / training.repeats;
  const auto fit = joined_ ? chain.estimator.process(used, variance, std::span(training.part).first(carriers),
                                                     legacy.estimator.last_choice())
                           : chain.estimator.process(used, variance);
  training.noise = (training.scatter + training.repeats * fit.residual) / (training.freedom + fit.freedom);
  noise_of_carriers_.fill(training.noise);
  chain.equalizer.set_channel(used, std::span(noise_of_carriers_).first(carriers));
}

// Where the FFT window of symbol `index` begins, 0 being SIGNAL, if no clock has moved it.
std::uint64_t WifiPreamble::window_of(std::size_t index) const noexcept {
  return long_symbols + wifi_long_symbols_samples + index * wifi_symbol_samples + prefix_samples -
         window_advance_samples;
}

void WifiPreamble::read_ht_training(std::size_t data_symbol_samples) noexcept {
  legacy_training_ = training;
  transform(window_of(frame::ht_preamble_symbols), bins_[0]);
  const frame::WifiSpectrum& known = frame::ht_long_training();
  for (std::size_t k = 0; k < ht.carriers.size(); ++k) {
    const std::size_t bin = ht.carriers.bin[k];
    training.least_squares[k] = bins_[0][bin] * known[bin].real();
  }
  training.repeats = 1;
  join_legacy_training();
  set_channel(ht);
  show_channel(ht);
  tracker.predict();  // HT-STF
  tracker.predict();  // HT-LTF, from which phase and delay are counted from now on
  tracker.restart(static_cast<double>(snr), static_cast<double>(data_symbol_samples));
}

// A transmitter with one antenna sends HT-LTF through the channel of the L-LTF; others may delay and steer
// the two fields differently. Where the difference is within the noise, the L-LTF and what else was
// learned counts as more of the same.
void WifiPreamble::join_legacy_training() noexcept {
  const float amplitude =
      std::sqrt(static_cast<float>(legacy.carriers.size()) / static_cast<float>(ht.carriers.size()));
  const auto first = (ht.carriers.size() - legacy.carriers.size()) / 2;
  cf64 product = 0;
  for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
    product += cf64(training.least_squares[first + k]) * std::conj(cf64(legacy_training_.least_squares[k]));
  }
  const double length = std::abs(product);
  if (!(length > 0) || !std::isfinite(length)) return;
  const cf32 turn(product * (double{amplitude} / length));
  float difference = 0;
  for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
    difference += std::norm(training.least_squares[first + k] - turn * legacy_training_.least_squares[k]);
  }
  const float excess = 1.0F + amplitude * amplitude / legacy_training_.repeats;
  const float variance = training.noise * excess;
  // 52 complex differences: their sum has the relative deviation 1 / sqrt(52); the noise is known as well.
  if (!(difference < static_cast<float>(legacy.carriers.size()) * variance * 1.5F)) return;
  training.scatter += difference / excess;
  training.freedom += static_cast<float>(legacy.carriers.size()) - 1.0F;  // less the phase between them
  // Of a symbol scaled like HT-LTF.
  const float weight = legacy_training_.repeats / (amplitude * amplitude);
  for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
    cf32& h = training.least_squares[first + k];
    h = (h + weight * turn * legacy_training_.least_squares[k]) / (1.0F + weight);
  }
  training.repeats = 1.0F + weight;
  training.part.fill(1.0F / training.repeats);
  std::fill_n(training.part.begin() + static_cast<std::ptrdiff_t>(first), legacy.carriers.size(), 1.0F);
  joined_ = true;
}

}  // namespace boresight::rx
