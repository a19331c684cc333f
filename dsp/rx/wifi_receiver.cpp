#include "boresight/rx/wifi_receiver.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/aligned.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/modem/soft_demapper.h"
#include "boresight/sync/wifi_long_training.h"
#include "boresight/sync/wifi_pilot_tracker.h"
#include "boresight/sync/wifi_short_training.h"
#include "fft/fft.h"
#include "rx/wifi_data.h"
#include "rx/wifi_stream.h"
#include "rx/wifi_symbols.h"

namespace boresight::rx {
namespace {

using frame::wifi_fft_size;
using frame::wifi_symbol_samples;
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
// By how much the first path may come before the strongest.
constexpr std::int64_t largest_advance = 12;
constexpr std::size_t prefix_samples = wifi_symbol_samples - wifi_fft_size;
constexpr std::uint64_t long_symbols_samples = 2 * wifi_fft_size;
constexpr std::uint64_t before_long_symbols = frame::wifi_preamble_samples - long_symbols_samples;

// History that a new search, or the search around a peak that was followed for long, reaches back to.
constexpr std::uint64_t kept_samples = 512;
constexpr std::size_t slack_samples = 8192;

// Over the longest frame 40 ppm at both ends make 9 samples.
constexpr std::int64_t largest_shift = 16;
constexpr unsigned most_rescans = 4;
// Of a subcarrier. 6 Mbit/s needs 0 dB.
constexpr float least_snr = 0.3F;
// By how much the phase of the short training field may be off while gains settle, rad^2.
constexpr double settling_variance = 0.01;
// Two equal long training symbols (a noiseless simulation) must not look like an unknown noise.
constexpr float noise_floor = 1e-6F;

std::size_t buffer_capacity() {
  const std::size_t longest = frame::wifi_frame_samples(frame::WifiRate::r6, frame::wifi_max_psdu_bytes);
  return 2 * (longest + kept_samples + slack_samples);
}

}  // namespace

struct WifiReceiver::Chain {
  enum class State { search, timing, signal, format, ht_training, data };

  explicit Chain(const Config& c)
      : config(c),
        stream(buffer_capacity(), lead_in_samples),
        detector({.false_alarm_rate = c.short_training_false_alarm_rate}),
        long_training({.false_alarm_rate = c.long_training_false_alarm_rate, .positions = search_positions}),
        inverse(wifi_fft_size, fft::Direction::inverse),
        legacy(false, double{window_advance_samples}),
        ht(true, double{window_advance_samples}),
        tracker({}),
        decoder({.signal_evidence_nats = c.signal_evidence_nats}),
        data(decoder),
        bpsk(modem::Modulation::bpsk, modem::BitMap::wifi) {
    require(c.sample_rate_hz >= 1e3 && c.sample_rate_hz <= 1e9,
            "wifi receiver: sample_rate_hz " + std::to_string(c.sample_rate_hz) + " is outside 1e3 .. 1e9");
    begin_stream();
  }

  // --- the stream: absolute sample numbers count the lead-in ------------------------------------------

  void begin_stream() {
    stream.begin();
    rescanned_until = 0;
    rescans_left = most_rescans;
    ended = false;
    search_from(lead_in_samples);
  }

  std::uint64_t first_needed() const {
    const std::uint64_t reach = state == State::search || state == State::timing ? next_group : long_symbols;
    return reach > kept_samples ? reach - kept_samples : 0;
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
      case State::format:
        return tell_format();
      case State::ht_training:
        return read_ht_training();
      case State::data:
        return data.received() < data.symbols() ? read_symbol() : finish_frame(handler);
    }
    return false;
  }

  void search_from(std::uint64_t position) {
    state = State::search;
    detector.restart();
    next_group = position / group * group - (ShortTrainingDetector::history_samples - group);
  }

  void search_behind_preamble() { search_from(long_symbols + long_symbols_samples); }

  bool find_short_training() {
    while (next_group + group <= stream.end()) {
      const auto found = detector.process(stream.at(next_group - group, 2 * group), next_group + group);
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
    if (first + long_training.input_samples() > stream.end()) return false;
    const auto found = long_training.find(stream.at(first, long_training.input_samples()), peak.frequency);
    if (!found) {
      state = State::search;  // goes on with the next group
      return true;
    }
    long_symbols = first + found->position;
    frequency = found->frequency;
    dc = found->dc;
    demodulator.set_carrier(frequency, long_symbols, dc);
    if (!estimate_channel()) {  // two things that resemble the training a little, but not each other
      state = State::search;
      return true;
    }
    ++stats.preambles;
    window_shift = 0;
    state = State::signal;
    return true;
  }

  void transform(std::uint64_t first, WifiBins& bins) {
    demodulator.process(stream.at(first, wifi_fft_size), first, bins);
    ++stats.transformed_symbols;
  }

  void transform_long_training() {
    const std::uint64_t first = long_symbols - window_advance_samples;
    transform(first, symbol_bins[0]);
    transform(first + wifi_fft_size, symbol_bins[1]);
  }

  // The matched filter found the strongest path. Windows that begin with the first one lose less: of all
  // places that the prefix allows, the one that leaves least of the impulse response outside of it. The
  // response is that of subcarriers weighted with a raised cosine, so that it has no sidelobes to speak of.
  std::int64_t first_path() {
    const frame::WifiSpectrum& known = frame::wifi_long_training();
    WifiBins& response = symbol_bins[2];
    response.fill(0);
    float noise = 0;
    for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
      const std::size_t bin = legacy.carriers.bin[k];
      const auto weight =
          static_cast<float>(0.5 + 0.5 * std::cos(pi * double{legacy.carriers.signed_index[k]} / 27.0));
      response[bin] = weight * known[bin].real() * (symbol_bins[0][bin] + symbol_bins[1][bin]);
      noise += weight * weight * std::norm(symbol_bins[0][bin] - symbol_bins[1][bin]);
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
    inverse.run(response, response);
    std::array<float, wifi_fft_size> power;  // by delay behind the beginning of the window
    for (std::size_t i = 0; i < wifi_fft_size; ++i) power[i] = std::norm(response[i]);
    const float largest = *std::max_element(power.begin(), power.end());
    float total = 0;
    for (float& p : power) {
      // Noise alone passes 16 times its mean once in 10^7. What stays below has a quarter of the noise's
      // power at most, being one tap of 64.
      if (p < 16.0F * noise || p < 1e-3F * largest) p = 0;
      total += p;
    }
    std::int64_t best = 0;
    float least = total;
    for (std::int64_t shift = -largest_advance; shift <= std::int64_t{window_advance_samples}; ++shift) {
      float outside = total * 1e-4F * static_cast<float>(std::abs(shift));
      for (std::size_t i = 0; i < wifi_fft_size; ++i) {
        const auto delay = static_cast<std::int64_t>(i + wifi_fft_size / 2) % 64 - 32 - shift;
        // Two more: as far as the raised cosine spreads a path at the end of the prefix.
        if (delay < 0 || delay > static_cast<std::int64_t>(prefix_samples) + 2) outside += power[i];
      }
      if (outside < least) {
        least = outside;
        best = shift;
      }
    }
    return best;
  }

  bool estimate_channel() {
    transform_long_training();
    if (const std::int64_t shift = first_path(); shift != 0) {
      long_symbols += static_cast<std::uint64_t>(shift);
      demodulator.set_carrier(frequency, long_symbols, dc);
      transform_long_training();
    }
    const frame::WifiSpectrum& known = frame::wifi_long_training();
    const std::size_t carriers = legacy.carriers.size();
    float gain = 0;
    float noise = 0;
    for (std::size_t k = 0; k < carriers; ++k) {
      const std::size_t bin = legacy.carriers.bin[k];
      const cf32 mean = 0.5F * (symbol_bins[0][bin] + symbol_bins[1][bin]);
      training.least_squares[k] = mean * known[bin].real();
      gain += std::norm(mean);
      noise += 0.5F * std::norm(symbol_bins[0][bin] - symbol_bins[1][bin]);
    }
    training.repeats = 2;
    const auto count = static_cast<float>(carriers);
    training.noise = std::max(noise, noise_floor * gain) / count;
    // The mean of two symbols carries half of the noise.
    snr =
        training.noise > 0 ? std::max((gain / count - 0.5F * training.noise) / training.noise, 1e-3F) : 1e-3F;
    if (snr < least_snr) return false;
    set_channel(legacy);
    start_tracker();
    channel_bins.fill(0);
    noise_bins.fill(0);
    for (std::size_t k = 0; k < carriers; ++k) {
      channel_bins[legacy.carriers.bin[k]] = channel[k];
      noise_bins[legacy.carriers.bin[k]] = training.noise;
    }
    return true;
  }

  // The angle between the long training symbols gives the carrier over 64 samples. The phase of the short
  // training field, through the channel that is known now, gives it over 160, if that field is whole: a frame
  // may follow another so closely that its beginning is lost, and a receiver's gain settles in it.
  void start_tracker() {
    const double samples_snr = std::max(double{snr} * 52.0 / 64.0, 1e-3);
    const double per_symbol = 2.0 * pi * static_cast<double>(wifi_symbol_samples);
    // Cycles per sample, squared (Moose 1994, with the product of noises, and with 80 pairs).
    double variance = (1.0 + 0.5 / samples_snr) / (80.0 * samples_snr) / std::pow(2.0 * pi * 64.0, 2);
    double change = 0;
    const frame::WifiSpectrum& known = frame::wifi_short_training();
    transform(long_symbols - 164, symbol_bins[0]);  // a whole number of periods before the long window
    transform(long_symbols - 100, symbol_bins[1]);
    cf64 product = 0;
    double expected = 0;
    for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
      const std::size_t bin = legacy.carriers.bin[k];
      if (known[bin] == cf32(0)) continue;
      const cf64 reference = cf64(channel[k]) * cf64(known[bin]);
      product += (cf64(symbol_bins[0][bin]) + cf64(symbol_bins[1][bin])) * std::conj(reference);
      expected += 2.0 * std::norm(reference);
    }
    constexpr double samples_apart = 160;
    const double whole = expected > 0 ? std::abs(product) / expected : 0.0;
    const double phase = std::arg(product);
    const double turn = 2.0 * pi * samples_apart;
    // Both fields have the energy of two symbols.
    const double phase_variance = 2.0 * 0.5 / (2.0 * 52.0 * std::max(double{snr}, 1e-3));
    if (whole > 0.7 && whole < 1.4 &&
        phase * phase < 12.0 * (variance * turn * turn + phase_variance + settling_variance)) {
      const double other = (phase_variance + settling_variance) / (turn * turn);
      change = -phase / turn * variance / (variance + other);
      variance = variance * other / (variance + other);
    }
    tracker.start(static_cast<double>(snr), change * per_symbol, variance * per_symbol * per_symbol, 1.4);
  }

  void set_channel(WifiFormatChain& chain) {
    const std::size_t carriers = chain.carriers.size();
    channel = training.least_squares;
    const auto used = std::span(channel).first(carriers);
    chain.estimator.process(used, training.noise / training.repeats);
    noise_of_carriers.fill(training.noise);
    chain.equalizer.set_channel(used, std::span(noise_of_carriers).first(carriers));
  }

  // Where the FFT window of symbol `index` begins, 0 being SIGNAL, if no clock has moved it.
  std::uint64_t window_of(std::size_t index) const {
    return long_symbols + long_symbols_samples + index * wifi_symbol_samples + prefix_samples -
           window_advance_samples;
  }

  // Its end with the largest shift there may be by then: a few symbols cannot drift by a sample.
  bool has_symbol(std::size_t index) const { return window_of(index) + wifi_fft_size <= stream.end(); }

  // A symbol of the header, already transformed, to soft bits.
  void read_header(std::size_t index, const WifiBins& bins, WifiEqualizer::Aid aid,
                   std::span<modem::Llr> soft) {
    std::array<float, frame::wifi_pilots> pilots = frame::wifi_pilot_values;
    for (float& p : pilots) p *= frame::wifi_pilot_polarity(index);
    legacy.equalizer.process(bins, pilots, 0.0, aid, tracker, points);
    if (aid == WifiEqualizer::Aid::qbpsk) {
      for (cf32& y : points) y = {y.imag(), -y.real()};
    }
    modem::soft_demap(bpsk, points, legacy.equalizer.variance(), soft);
  }

  bool read_signal() {
    if (!has_symbol(0)) return false;
    transform(window_of(0), symbol_bins[0]);
    std::array<modem::Llr, frame::wifi_signal_coded_bits> soft;
    read_header(0, symbol_bins[0], WifiEqualizer::Aid::bpsk, soft);
    const auto field = decoder.decode_signal(soft);
    if (!field) {
      ++stats.signal_errors;
      search_behind_preamble();
      return true;
    }
    signal = *field;
    if (signal.rate == frame::WifiRate::r6) {  // as every format after clause 17 says
      state = State::format;
    } else {
      begin_legacy();
    }
    return true;
  }

  void begin_legacy() {
    data.begin(signal, legacy, training, tracker);
    first_window = window_of(1);
    data_symbol_samples = wifi_symbol_samples;
    frame_samples = frame::wifi_frame_samples(signal.rate, signal.length);
    begin_data();
  }

  // A frame that the recording does not hold is not begun: many of them would each be read to its end.
  void begin_data() {
    state = State::data;
    if (ended && first_window + (data.symbols() - 1) * data_symbol_samples + wifi_fft_size > stream.end())
      give_up();
  }

  // The next two symbols are BPSK on the I axis (legacy), both on Q (HT), or the second alone is (VHT).
  bool tell_format() {
    if (!has_symbol(2)) return false;
    const sync::PilotTracker before = tracker;
    std::array<modem::Llr, frame::ht_signal_coded_bits> soft;
    std::array<bool, 2> on_q{};
    for (std::size_t s = 0; s < 2; ++s) {
      transform(window_of(s + 1), symbol_bins[s]);
      read_header(s + 1, symbol_bins[s], WifiEqualizer::Aid::none, std::span(soft).first(points.size()));
      float balance = 0;
      const auto gain = legacy.equalizer.data_gain();
      for (std::size_t i = 0; i < points.size(); ++i) {
        const cf32 y = points[i];
        balance += gain[i] * (y.imag() * y.imag() - y.real() * y.real());
      }
      on_q[s] = balance > 0;
    }
    tracker = before;
    if (!on_q[1]) {
      begin_legacy();
      return true;
    }
    if (!on_q[0]) {
      ++stats.unsupported;
      search_behind_preamble();
      return true;
    }
    for (std::size_t s = 0; s < 2; ++s) {
      read_header(s + 1, symbol_bins[s], WifiEqualizer::Aid::qbpsk,
                  std::span(soft).subspan(s * points.size(), points.size()));
    }
    const auto header = decoder.decode_ht_signal(soft);
    const bool sound = header.has_value();
    // No more than the L-SIG announces, which has 12 bits: the buffers hold that.
    const auto legacy_length = sound ? frame::ht_legacy_length(*header) : std::nullopt;
    if (!legacy_length || *legacy_length > signal.length + 2) {
      ++(sound && !frame::ht_is_single_stream(*header) ? stats.unsupported : stats.signal_errors);
      search_behind_preamble();
      return true;
    }
    ht_signal = *header;
    state = State::ht_training;
    return true;
  }

  bool read_ht_training() {
    constexpr std::size_t index = frame::ht_preamble_symbols;
    if (!has_symbol(index)) return false;
    legacy_training = training;
    transform(window_of(index), symbol_bins[0]);
    const frame::WifiSpectrum& known = frame::ht_long_training();
    for (std::size_t k = 0; k < ht.carriers.size(); ++k) {
      const std::size_t bin = ht.carriers.bin[k];
      training.least_squares[k] = symbol_bins[0][bin] * known[bin].real();
    }
    training.repeats = 1;
    join_legacy_training();
    set_channel(ht);
    data_symbol_samples = frame::ht_symbol_samples(ht_signal);
    tracker.predict();  // HT-STF
    tracker.predict();  // HT-LTF, from which phase and delay are counted from now on
    tracker.restart(static_cast<double>(snr), static_cast<double>(data_symbol_samples));
    data.begin(ht_signal, ht, training, tracker);
    first_window = window_of(index) + data_symbol_samples;
    frame_samples = frame::ht_frame_samples(ht_signal);
    begin_data();
    return true;
  }

  // A transmitter with one antenna sends HT-LTF through the channel of the L-LTF; others may delay and steer
  // the two fields differently. Where the difference is within the noise, the L-LTF counts as two more.
  void join_legacy_training() {
    const float amplitude =
        std::sqrt(static_cast<float>(legacy.carriers.size()) / static_cast<float>(ht.carriers.size()));
    const auto first = (ht.carriers.size() - legacy.carriers.size()) / 2;
    cf64 product = 0;
    for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
      product += cf64(training.least_squares[first + k]) * std::conj(cf64(legacy_training.least_squares[k]));
    }
    const double length = std::abs(product);
    if (!(length > 0) || !std::isfinite(length)) return;
    const cf32 turn(product * (double{amplitude} / length));
    float difference = 0;
    for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
      difference += std::norm(training.least_squares[first + k] - turn * legacy_training.least_squares[k]);
    }
    const float variance = training.noise * (1.0F + 0.5F * amplitude * amplitude);
    // 52 complex differences: their sum has the relative deviation 1 / sqrt(52); the noise is known as well.
    if (!(difference < static_cast<float>(legacy.carriers.size()) * variance * 1.5F)) return;
    constexpr float two = 2.0F;
    const float weight = two / (amplitude * amplitude);  // of a symbol scaled like HT-LTF
    for (std::size_t k = 0; k < legacy.carriers.size(); ++k) {
      cf32& h = training.least_squares[first + k];
      h = (h + weight * turn * legacy_training.least_squares[k]) / (1.0F + weight);
    }
    training.repeats =
        1.0F + weight * static_cast<float>(legacy.carriers.size()) / static_cast<float>(ht.carriers.size());
  }

  std::uint64_t frame_end() const { return long_symbols - before_long_symbols + frame_samples; }

  bool read_symbol() {
    const std::uint64_t first =
        first_window + data.received() * data_symbol_samples + static_cast<std::uint64_t>(window_shift);
    if (first + wifi_fft_size > stream.end()) return false;
    transform(first, data.next_bins());
    const double delay = data.add(static_cast<double>(window_shift));
    if (delay > 0.75 && window_shift < largest_shift) ++window_shift;
    if (delay < -0.75 && window_shift > -largest_shift) --window_shift;
    return true;
  }

  bool finish_frame(const Handler& handler) {
    WifiFrame out;
    data.finish(out, stats);
    const auto from_stream = [](std::uint64_t position) {
      return position > lead_in_samples ? position - lead_in_samples : 0;
    };
    out.start_sample = from_stream(long_symbols - std::min(long_symbols, before_long_symbols));
    out.end_sample = from_stream(frame_end());
    const double mbps =
        out.format == WifiFormat::ht ? frame::ht_mbps(out.ht) : frame::wifi_rate(out.rate).mbps;
    out.rate_mbps = mbps * config.sample_rate_hz / 20e6;
    const double residual =
        data.tracker().frequency_rad() / (2.0 * pi * static_cast<double>(data_symbol_samples));
    out.carrier_offset_hz = (frequency + residual) * config.sample_rate_hz;
    out.snr_db = db_from_power(static_cast<double>(snr));

    ++stats.frames;
    stats.fcs_ok += out.fcs_ok ? 1 : 0;
    search_after_frame(
        std::any_of(out.mpdus.begin(), out.mpdus.end(), [](const frame::WifiMpdu& m) { return m.fcs_ok; }));
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
    search_behind_preamble();
  }

  // The recording has ended and `step` wants more samples.
  void give_up() {
    if (state == State::timing) {
      state = State::search;
      return;
    }
    ++stats.truncated;
    search_behind_preamble();
  }

  Config config;
  WifiStream stream;
  ShortTrainingDetector detector;
  sync::LongTrainingSearch long_training;
  WifiDemodulator demodulator;
  fft::Fft inverse;
  WifiFormatChain legacy, ht;
  sync::PilotTracker tracker;
  frame::WifiDecoder decoder;
  WifiData data;
  modem::Constellation bpsk;

  State state = State::search;
  std::uint64_t next_group = 0;
  ShortTrainingDetector::Peak peak;
  std::uint64_t long_symbols = 0;  // first sample of the first long training symbol
  double frequency = 0;            // cycles per sample
  cf32 dc;
  float snr = 0;
  WifiTraining training, legacy_training;
  frame::WifiSignal signal;
  frame::HtSignal ht_signal;
  std::uint64_t first_window = 0;  // of the data
  std::size_t data_symbol_samples = wifi_symbol_samples;
  std::size_t frame_samples = 0;
  std::int64_t window_shift = 0;  // by which the sampling clock has moved the FFT window
  bool ended = false;             // no samples will follow
  std::uint64_t rescanned_until = 0;
  unsigned rescans_left = most_rescans;

  alignas(64) std::array<WifiBins, 3> symbol_bins;
  std::array<cf32, frame::wifi_data_carriers> points;  // of a header symbol
  std::array<cf32, frame::ht_used_carriers> channel;
  std::array<float, frame::ht_used_carriers> noise_of_carriers;
  WifiBins channel_bins{};  // the last frame's, as the probes show it
  std::array<float, wifi_fft_size> noise_bins{};
  WifiStats stats;
};

WifiReceiver::WifiReceiver(const Config& config) : chain_(std::make_unique<Chain>(config)) {}
WifiReceiver::~WifiReceiver() = default;
WifiReceiver::WifiReceiver(WifiReceiver&&) noexcept = default;
WifiReceiver& WifiReceiver::operator=(WifiReceiver&&) noexcept = default;

void WifiReceiver::push(std::span<const cf32> samples, const Handler& handler) {
  Chain& c = *chain_;
  while (!samples.empty()) {
    const std::size_t taken = c.stream.append(samples, c.first_needed(), c.stats.cleaned_samples);
    c.stats.samples += taken;
    samples = samples.subspan(taken);
    while (c.step(handler)) {
    }
  }
}

void WifiReceiver::flush(const Handler& handler) {
  chain_->ended = true;
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
  return chain_->data.equalized();
}

std::span<const cf32> WifiReceiver::channel() const {
  return chain_->channel_bins;
}

std::span<const float> WifiReceiver::noise_variance() const {
  return chain_->noise_bins;
}

}  // namespace boresight::rx
