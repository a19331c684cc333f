#include "boresight/rx/wifi_receiver.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/sync/wifi_long_training.h"
#include "boresight/sync/wifi_short_training.h"
#include "rx/wifi_data.h"
#include "rx/wifi_header.h"
#include "rx/wifi_preamble.h"
#include "rx/wifi_stream.h"

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
// noise the neighbouring windows win now and then. Of a field whose beginning is lost the correlation stays
// where it is until the rest leaves the window, and any of these windows may win.
constexpr std::uint64_t search_before_peak_end = 80;
constexpr std::size_t search_positions = 241;
// A symbol early half of the prefix and one symbol still fit. A place so close to the last one may be that
// (a false alarm ahead of a frame lets the search end within the frame's training), so look further on.
constexpr std::size_t trusted_positions = search_positions - wifi_fft_size;
constexpr std::uint64_t before_long_symbols = frame::wifi_preamble_samples - wifi_long_symbols_samples;

constexpr unsigned most_searches = 3;

// History that a new search, or the search around a peak that was followed for long, reaches back to.
constexpr std::uint64_t kept_samples = 640;
constexpr std::size_t slack_samples = 8192;

// Over the longest frame 40 ppm at both ends make 9 samples.
constexpr std::int64_t largest_shift = 16;
constexpr unsigned most_rescans = 4;

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
        preamble(stream, stats),
        decoder({.signal_evidence_nats = c.signal_evidence_nats}),
        header(preamble, decoder),
        data(decoder) {
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
    const std::uint64_t reach =
        state == State::search || state == State::timing ? next_group : preamble.long_symbols;
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

  void search_behind_preamble() { search_from(preamble.long_symbols + wifi_long_symbols_samples); }

  bool find_short_training() {
    while (next_group + group <= stream.end()) {
      const auto found = detector.process(stream.at(next_group - group, 2 * group), next_group + group);
      next_group += group;
      if (found) {
        ++stats.detections;
        peak = *found;
        searches_left = most_searches;
        state = State::timing;
        return true;
      }
    }
    return false;
  }

  bool find_long_training() {
    const std::uint64_t first = peak.end - search_before_peak_end - sync::LongTrainingSearch::prefix_samples;
    if (first + long_training.input_samples() > stream.end()) return false;
    const auto found = long_training.find(stream.at(first, long_training.input_samples()), peak.frequency);
    if (!found) {
      state = State::search;  // goes on with the next group
      return true;
    }
    if (found->position >= sync::LongTrainingSearch::prefix_samples + trusted_positions &&
        searches_left > 0) {
      --searches_left;
      peak.end += wifi_fft_size;
      return true;
    }
    if (!preamble.begin(first + found->position, found->frequency,
                        found->dc)) {  // two things that resemble the training a little, but not each other
      state = State::search;
      return true;
    }
    ++stats.preambles;
    window_shift = 0;
    state = State::signal;
    return true;
  }

  // Without the shift that there may be by then: a few symbols cannot drift by a sample.
  bool has_symbol(std::size_t index) const {
    return preamble.window_of(index) + wifi_fft_size <= stream.end();
  }

  bool read_signal() {
    if (!has_symbol(0)) return false;
    const auto field = header.read_signal();
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
    data.begin(signal, preamble.legacy, preamble.training, preamble.tracker);
    first_window = preamble.window_of(1);
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

  bool tell_format() {
    if (!has_symbol(2)) return false;
    switch (header.tell_format(signal)) {
      case WifiHeader::Format::legacy:
        begin_legacy();
        break;
      case WifiHeader::Format::ht:
        read_ht_signal();
        break;
      case WifiHeader::Format::other:
        ++stats.unsupported;
        search_behind_preamble();
        break;
    }
    return true;
  }

  void read_ht_signal() {
    const auto field = header.read_ht_signal();
    const bool sound = field.has_value();
    // No more than the L-SIG announces, which has 12 bits: the buffers hold that.
    const auto legacy_length = sound ? frame::ht_legacy_length(*field) : std::nullopt;
    if (!legacy_length || *legacy_length > signal.length + 2) {
      ++(sound && !frame::ht_is_single_stream(*field) ? stats.unsupported : stats.signal_errors);
      search_behind_preamble();
      return;
    }
    ht_signal = *field;
    state = State::ht_training;
  }

  bool read_ht_training() {
    constexpr std::size_t index = frame::ht_preamble_symbols;
    if (!has_symbol(index)) return false;
    data_symbol_samples = frame::ht_symbol_samples(ht_signal);
    preamble.read_ht_training(data_symbol_samples);
    data.begin(ht_signal, preamble.ht, preamble.training, preamble.tracker);
    first_window = preamble.window_of(index) + data_symbol_samples;
    frame_samples = frame::ht_frame_samples(ht_signal);
    begin_data();
    return true;
  }

  std::uint64_t frame_end() const { return preamble.long_symbols - before_long_symbols + frame_samples; }

  bool read_symbol() {
    const std::uint64_t first =
        first_window + data.received() * data_symbol_samples + static_cast<std::uint64_t>(window_shift);
    if (first + wifi_fft_size > stream.end()) return false;
    preamble.transform(first, data.next_bins());
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
    out.start_sample =
        from_stream(preamble.long_symbols - std::min(preamble.long_symbols, before_long_symbols));
    out.end_sample = from_stream(frame_end());
    const double mbps =
        out.format == WifiFormat::ht ? frame::ht_mbps(out.ht) : frame::wifi_rate(out.rate).mbps;
    out.rate_mbps = mbps * config.sample_rate_hz / 20e6;
    const double residual =
        data.tracker().frequency_rad() / (2.0 * pi * static_cast<double>(data_symbol_samples));
    out.carrier_offset_hz = (preamble.frequency + residual) * config.sample_rate_hz;
    out.snr_db = db_from_power(static_cast<double>(preamble.snr));

    ++stats.frames;
    stats.fcs_ok += out.fcs_ok ? 1 : 0;
    search_after_frame(
        std::any_of(out.mpdus.begin(), out.mpdus.end(), [](const frame::WifiMpdu& m) { return m.fcs_ok; }));
    if (handler) handler(out);
    return true;
  }

  void search_after_frame(bool good) {
    if (preamble.long_symbols >= rescanned_until) rescans_left = most_rescans;
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
  WifiStats stats;
  WifiStream stream;
  ShortTrainingDetector detector;
  sync::LongTrainingSearch long_training;
  WifiPreamble preamble;
  frame::WifiDecoder decoder;
  WifiHeader header;
  WifiData data;

  State state = State::search;
  std::uint64_t next_group = 0;
  ShortTrainingDetector::Peak peak;
  unsigned searches_left = 0;
  frame::WifiSignal signal;
  frame::HtSignal ht_signal;
  std::uint64_t first_window = 0;  // of the data
  std::size_t data_symbol_samples = wifi_symbol_samples;
  std::size_t frame_samples = 0;
  std::int64_t window_shift = 0;  // by which the sampling clock has moved the FFT window
  bool ended = false;             // no samples will follow
  std::uint64_t rescanned_until = 0;
  unsigned rescans_left = most_rescans;
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
  return chain_->preamble.channel_bins;
}

std::span<const float> WifiReceiver::noise_variance() const {
  return chain_->preamble.noise_bins;
}

}  // namespace boresight::rx
