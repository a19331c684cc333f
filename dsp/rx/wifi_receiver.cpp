#include "boresight/rx/wifi_receiver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/demodulator.h"
#include "boresight/ofdm/equalizer.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/sync/wifi_long_training.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "boresight/sync/wifi_short_training.h"

namespace boresight::rx {
namespace {

using frame::wifi_fft_size;
using frame::wifi_symbol_samples;
using modem::BitMap;
using modem::Modulation;
using sync::ShortTrainingDetector;

constexpr std::size_t group = ShortTrainingDetector::group_samples;
// Zeros in front of the stream: a recording may begin within a short training field.
constexpr std::uint64_t lead_in_samples = 160;
static_assert(lead_in_samples % group == 0 && lead_in_samples >= ShortTrainingDetector::history_samples);

// The short training peak ends 0 to 16 samples before the field does, the long symbol begins 32 after it; in
// noise the neighbouring windows win now and then.
constexpr std::uint64_t search_before_peak_end = 16;
constexpr std::size_t search_positions = 113;
// The FFT window begins within the prefix: room for paths ahead of the strongest and for an early decision.
constexpr std::uint64_t window_advance_samples = 4;
constexpr std::size_t prefix_samples = wifi_symbol_samples - wifi_fft_size;
constexpr std::uint64_t long_symbols_samples = 2 * wifi_fft_size;
constexpr std::uint64_t before_long_symbols = frame::wifi_preamble_samples - long_symbols_samples;

// History that a new search, or the search around a peak that was followed for long, reaches back to.
constexpr std::uint64_t kept_samples = 512;
constexpr std::size_t append_samples = 8192;
constexpr std::size_t compact_samples = 32768;

constexpr double largest_sample = 1e9F;  // beyond it powers of powers leave single precision
// Over the longest frame 40 ppm at both ends make 9 samples.
constexpr std::int64_t largest_shift = 16;
constexpr unsigned most_rescans = 4;
// Two equal long training symbols (a noiseless simulation) must not look like an unknown noise.
constexpr float noise_floor = 1e-6F;

std::size_t buffer_capacity() {
  const std::size_t longest = frame::wifi_frame_samples(frame::WifiRate::r6, frame::wifi_max_psdu_bytes);
  return 2 * (longest + kept_samples + append_samples);
}

// Squared distance to the nearest point, axis by axis.
float squared_error(std::span<const float> levels, float y) {
  float best = y * y;
  if (levels.size() > 1) {
    best = (y - levels[0]) * (y - levels[0]);
    for (const float level : levels.subspan(1)) best = std::min(best, (y - level) * (y - level));
  }
  return best;
}

}  // namespace

struct WifiReceiver::Chain {
  enum class State { search, timing, signal, data };

  explicit Chain(const Config& c)
      : config(c),
        numerology(ofdm::wifi20()),
        detector({.false_alarm_rate = c.short_training_false_alarm_rate}),
        long_training({.false_alarm_rate = c.long_training_false_alarm_rate, .positions = search_positions}),
        demodulator(numerology),
        estimator({.numerology = numerology,
                   .known = {frame::wifi_long_training().begin(), frame::wifi_long_training().end()}}),
        tracker({}),
        decoder({.signal_tail_margin_nats = c.signal_tail_margin_nats}),
        constellations{{Modulation::bpsk, BitMap::wifi},
                       {Modulation::qpsk, BitMap::wifi},
                       {Modulation::qam16, BitMap::wifi},
                       {Modulation::qam64, BitMap::wifi}},
        data_carriers(numerology.carriers(ofdm::Carrier::data)),
        pilot_carriers(numerology.carriers(ofdm::Carrier::pilot)),
        used_carriers(numerology.used_carriers()),
        buffer(buffer_capacity()),
        window(wifi_fft_size),
        training(2, wifi_fft_size),
        received(wifi_fft_size),
        channel(wifi_fft_size),
        symbol_channel(wifi_fft_size),
        noise_variance(wifi_fft_size),
        equalized(frame::wifi_data_symbols(frame::WifiRate::r6, frame::wifi_max_psdu_bytes),
                  frame::wifi_data_carriers),
        variance(frame::wifi_data_carriers),
        llrs(frame::wifi_max_coded_bits()),
        psdu(frame::wifi_max_psdu_bytes) {
    require(c.sample_rate_hz >= 1e3 && c.sample_rate_hz <= 1e9,
            "wifi receiver: sample_rate_hz " + std::to_string(c.sample_rate_hz) + " is outside 1e3 .. 1e9");
    begin_stream();
  }

  // --- the stream: absolute sample numbers count the lead-in ------------------------------------------

  void begin_stream() {
    base = 0;
    size = lead_in_samples;
    std::fill_n(buffer.begin(), lead_in_samples, cf32(0));
    rescanned_until = 0;
    rescans_left = most_rescans;
    symbols = 0;
    search_from(lead_in_samples);
  }

  std::uint64_t end() const { return base + size; }

  std::span<const cf32> at(std::uint64_t first, std::size_t count) const {
    return {buffer.data() + (first - base), count};
  }

  std::uint64_t first_needed() const {
    const std::uint64_t reach = state == State::search || state == State::timing ? next_group : long_symbols;
    return reach > kept_samples ? reach - kept_samples : 0;
  }

  void compact() {
    const std::uint64_t keep = first_needed();
    if (keep <= base) return;
    const auto drop = static_cast<std::ptrdiff_t>(keep - base);
    std::copy(buffer.begin() + drop, buffer.begin() + static_cast<std::ptrdiff_t>(size), buffer.begin());
    size -= static_cast<std::size_t>(drop);
    base = keep;
  }

  // Takes what fits, cleaned, and returns how much that was.
  std::size_t append(std::span<const cf32> samples) {
    if (size >= compact_samples && (first_needed() - base >= compact_samples / 2 || size == buffer.size()))
      compact();
    const std::size_t count = std::min({samples.size(), buffer.size() - size, append_samples});
    cf32* out = buffer.data() + size;
    for (std::size_t i = 0; i < count; ++i) {
      const cf32 x = samples[i];
      // False for NaN.
      const bool usable = std::abs(x.real()) <= static_cast<float>(largest_sample) &&
                          std::abs(x.imag()) <= static_cast<float>(largest_sample);
      out[i] = usable ? x : cf32(0);
      stats.cleaned_samples += usable ? 0 : 1;
    }
    size += count;
    stats.samples += count;
    return count;
  }

  // --- the chain --------------------------------------------------------------------------------------

  // One step; false when it needs samples that are not there yet.
  bool step(const Handler& handler) {
    switch (state) {
      case State::search:
        return find_short_training();
      case State::timing:
        return find_long_training();
      case State::signal:
        return read_signal();
      case State::data:
        return symbol < symbols ? read_symbol() : finish_frame(handler);
    }
    return false;
  }

  void search_from(std::uint64_t position) {
    state = State::search;
    detector.restart();
    next_group = position / group * group - (ShortTrainingDetector::history_samples - group);
  }

  bool find_short_training() {
    while (next_group + group <= end()) {
      const auto found = detector.process(at(next_group - group, 2 * group), next_group + group);
      next_group += group;
      if (found) {
        ++stats.detections;
        peak = *found;
        state = State::timing;
        return true;
      }
    }
    return false;
  }

  bool find_long_training() {
    const std::uint64_t first = peak.end - search_before_peak_end;
    if (first + long_training.input_samples() > end()) return false;
    const auto found = long_training.find(at(first, long_training.input_samples()), peak.frequency);
    if (!found) {
      state = State::search;  // goes on with the next group
      return true;
    }
    ++stats.preambles;
    long_symbols = first + found->position;
    frequency = found->frequency;
    dc = found->dc;
    estimate_channel();
    window_shift = 0;
    state = State::signal;
    return true;
  }

  // One FFT window from `first`, less the DC offset and the carrier.
  void demodulate(std::uint64_t first, std::span<cf32> out) {
    const std::span<const cf32> in = at(first, wifi_fft_size);
    for (std::size_t i = 0; i < wifi_fft_size; ++i) window[i] = in[i] - dc;
    const double samples = static_cast<double>(first) - static_cast<double>(long_symbols);
    demodulator.process(window, frequency, frequency * samples, out);
  }

  void estimate_channel() {
    const std::uint64_t first = long_symbols - window_advance_samples;
    demodulate(first, training.row(0));
    demodulate(first + wifi_fft_size, training.row(1));
    estimator.process(training.view(), channel, noise_variance);

    float gain = 0;
    float noise = 0;
    for (const std::uint16_t k : used_carriers) {
      gain += std::norm(channel[k]);
      noise_variance[k] = std::max(noise_variance[k], noise_floor * std::norm(channel[k]));
      noise += noise_variance[k];
    }
    const auto count = static_cast<float>(used_carriers.size());
    mean_noise = noise / count;
    // The mean of two symbols carries half of the noise.
    snr = noise > 0 ? std::max((gain - 0.5F * noise) / noise, 1e-3F) : 1e-3F;
    tracker.start(static_cast<double>(snr));
  }

  // Symbol `index` (0: SIGNAL) to equalized data subcarriers in `out`, their noise in `variance`.
  void equalize_symbol(std::size_t index, std::span<cf32> out) {
    const std::uint64_t first = long_symbols + long_symbols_samples + index * wifi_symbol_samples +
                                prefix_samples - window_advance_samples +
                                static_cast<std::uint64_t>(window_shift);
    demodulate(first, received);

    std::array<cf32, frame::wifi_pilots> matched;
    std::array<float, frame::wifi_pilots> gain;
    const float polarity = frame::wifi_pilot_polarity(index);
    // The window moved by whole samples; the tracker's delay is counted from the channel estimate.
    const double turn_per_sample = 2.0 * pi / wifi_fft_size;
    for (std::size_t i = 0; i < frame::wifi_pilots; ++i) {
      const std::uint16_t k = pilot_carriers[i];
      const double moved =
          -turn_per_sample * frame::wifi_pilot_carriers[i] * static_cast<double>(window_shift);
      matched[i] = received[k] * std::conj(channel[k]) * (polarity * frame::wifi_pilot_values[i]) *
                   cf32(std::polar(1.0, moved));
      gain[i] = std::norm(channel[k]);
    }
    const auto now =
        tracker.update(frame::wifi_pilot_carriers, matched, gain, static_cast<double>(mean_noise));

    const double delay = now.delay_samples - static_cast<double>(window_shift);
    const cf64 ramp = std::polar(1.0, -turn_per_sample * delay);
    cf64 turn = std::polar(1.0, now.phase_rad + turn_per_sample * delay * 26.0);
    for (int k = -26; k <= 26; ++k, turn *= ramp) {
      const auto bin = static_cast<std::size_t>(k + 64) % wifi_fft_size;
      symbol_channel[bin] = channel[bin] * cf32(turn);
    }
    ofdm::equalize(received, symbol_channel, noise_variance, data_carriers, out, variance);

    if (delay > 0.75 && window_shift < largest_shift) ++window_shift;
    if (delay < -0.75 && window_shift > -largest_shift) --window_shift;
  }

  bool read_signal() {
    if (long_symbols + long_symbols_samples + wifi_symbol_samples > end()) return false;
    std::array<cf32, frame::wifi_data_carriers> points;
    equalize_symbol(0, points);
    const auto soft = std::span(llrs).first(frame::wifi_signal_coded_bits);
    modem::soft_demap(constellations[0], points, variance, soft);
    const auto field = decoder.decode_signal(soft);
    if (!field) {
      ++stats.signal_errors;
      search_from(long_symbols + long_symbols_samples);
      return true;
    }
    signal = *field;
    symbol = 0;
    symbols = frame::wifi_data_symbols(signal.rate, signal.length);
    squared_errors = 0;
    state = State::data;
    return true;
  }

  std::uint64_t frame_end() const {
    return long_symbols - before_long_symbols + frame::wifi_frame_samples(signal.rate, signal.length);
  }

  bool read_symbol() {
    // The window ends before its symbol does, unless the clock has moved it to later samples.
    const std::uint64_t last = long_symbols + long_symbols_samples + (symbol + 2) * wifi_symbol_samples;
    if (last + static_cast<std::uint64_t>(
                   std::max(window_shift - std::int64_t{window_advance_samples}, std::int64_t{0})) >
        end())
      return false;
    const frame::WifiRateParameters& rate = frame::wifi_rate(signal.rate);
    const auto points = equalized.row(symbol);
    equalize_symbol(symbol + 1, points);
    const auto& constellation = constellations[static_cast<std::size_t>(rate.modulation)];
    modem::soft_demap(
        constellation, points, variance,
        std::span(llrs).subspan(symbol * rate.coded_bits_per_symbol, rate.coded_bits_per_symbol));
    const auto levels = constellation.levels();
    const auto q_levels = constellation.q_bits() > 0 ? levels : std::span<const float>();
    float errors = 0;
    for (const cf32 y : points) errors += squared_error(levels, y.real()) + squared_error(q_levels, y.imag());
    squared_errors += static_cast<double>(errors);
    ++symbol;
    return true;
  }

  bool finish_frame(const Handler& handler) {
    const frame::WifiRateParameters& rate = frame::wifi_rate(signal.rate);
    const auto bytes = std::span(psdu).first(signal.length);
    decoder.decode_data(signal.rate, std::span(llrs).first(symbols * rate.coded_bits_per_symbol), bytes);

    const auto from_stream = [](std::uint64_t position) {
      return position > lead_in_samples ? position - lead_in_samples : 0;
    };
    WifiFrame out;
    out.start_sample = from_stream(long_symbols - std::min(long_symbols, before_long_symbols));
    out.end_sample = from_stream(frame_end());
    out.rate = signal.rate;
    out.rate_mbps = rate.mbps;
    out.psdu_length = signal.length;
    out.fcs_ok = frame::fcs_is_good(bytes);
    out.psdu = bytes;
    const double residual = tracker.frequency_rad() / (2.0 * pi * wifi_symbol_samples);
    out.carrier_offset_hz = (frequency + residual) * config.sample_rate_hz;
    out.snr_db = db_from_power(static_cast<double>(snr));
    const double points = static_cast<double>(symbols * frame::wifi_data_carriers);
    out.mer_db = -db_from_power(std::max(squared_errors / points, 1e-12));

    ++stats.frames;
    stats.fcs_ok += out.fcs_ok ? 1 : 0;
    search_after_frame(out.fcs_ok);
    if (handler) handler(out);
    return true;
  }

  void search_after_frame(bool good) {
    if (long_symbols >= rescanned_until) rescans_left = most_rescans;
    if (good || rescans_left == 0) {
      search_from(frame_end());
      return;
    }
    --rescans_left;
    rescanned_until = std::max(rescanned_until, frame_end());
    search_from(long_symbols + long_symbols_samples);
  }

  // The recording has ended and `step` wants more samples.
  void give_up() {
    if (state == State::timing) {
      state = State::search;
      return;
    }
    ++stats.truncated;
    search_from(long_symbols + long_symbols_samples);
  }

  Config config;
  ofdm::Numerology numerology;
  ShortTrainingDetector detector;
  sync::LongTrainingSearch long_training;
  ofdm::Demodulator demodulator;
  ofdm::ChannelEstimator estimator;
  sync::PilotTracker tracker;
  frame::WifiDecoder decoder;
  std::vector<modem::Constellation> constellations;
  std::vector<std::uint16_t> data_carriers;
  std::vector<std::uint16_t> pilot_carriers;
  std::vector<std::uint16_t> used_carriers;

  aligned_vector<cf32> buffer;
  std::uint64_t base = 0;  // number of buffer[0]
  std::size_t size = 0;

  State state = State::search;
  std::uint64_t next_group = 0;
  ShortTrainingDetector::Peak peak;
  std::uint64_t long_symbols = 0;  // first sample of the first long training symbol
  double frequency = 0;            // cycles per sample
  cf32 dc;
  float snr = 0;
  float mean_noise = 0;
  std::int64_t window_shift = 0;  // by which the sampling clock has moved the FFT window
  frame::WifiSignal signal;
  std::size_t symbol = 0;
  std::size_t symbols = 0;
  double squared_errors = 0;
  std::uint64_t rescanned_until = 0;
  unsigned rescans_left = most_rescans;

  aligned_vector<cf32> window;
  GridBuffer<cf32> training;  // the two long training symbols, demodulated
  aligned_vector<cf32> received;
  aligned_vector<cf32> channel;
  aligned_vector<cf32> symbol_channel;  // the channel as it stands for one symbol
  aligned_vector<float> noise_variance;
  GridBuffer<cf32> equalized;
  aligned_vector<float> variance;
  std::vector<modem::Llr> llrs;
  std::vector<std::uint8_t> psdu;
  WifiStats stats;
};

WifiReceiver::WifiReceiver(const Config& config) : chain_(std::make_unique<Chain>(config)) {}
WifiReceiver::~WifiReceiver() = default;
WifiReceiver::WifiReceiver(WifiReceiver&&) noexcept = default;
WifiReceiver& WifiReceiver::operator=(WifiReceiver&&) noexcept = default;

void WifiReceiver::push(std::span<const cf32> samples, const Handler& handler) {
  while (!samples.empty()) {
    samples = samples.subspan(chain_->append(samples));
    while (chain_->step(handler)) {
    }
  }
}

void WifiReceiver::flush(const Handler& handler) {
  for (;;) {
    while (chain_->step(handler)) {
    }
    if (chain_->state == Chain::State::search) break;
    chain_->give_up();
  }
  chain_->begin_stream();
}

const WifiStats& WifiReceiver::stats() const {
  return chain_->stats;
}

Grid<const cf32> WifiReceiver::equalized() const {
  const auto all = std::as_const(chain_->equalized).view();
  return {all.data(), chain_->symbol, all.columns(), all.row_stride()};
}

std::span<const cf32> WifiReceiver::channel() const {
  return chain_->channel;
}

std::span<const float> WifiReceiver::noise_variance() const {
  return chain_->noise_variance;
}

}  // namespace boresight::rx
