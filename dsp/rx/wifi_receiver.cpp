#include "boresight/rx/wifi_receiver.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/rx/wifi_probe.h"
#include "rx/wifi_data.h"
#include "rx/wifi_header.h"
#include "rx/wifi_preamble.h"
#include "rx/wifi_search.h"
#include "rx/wifi_stream.h"

namespace boresight::rx {
namespace {

using frame::wifi_fft_size;
using frame::wifi_symbol_samples;

constexpr std::uint64_t before_long_symbols = frame::wifi_preamble_samples - wifi_long_symbols_samples;

// History that a new search reaches back to.
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
  enum class State { search, signal, format, ht_training, data };

  explicit Chain(const Config& c)
      : config(c),
        stream(buffer_capacity(), wifi_lead_in_samples),
        search(c, stream, stats),
        preamble(stream, stats),
        decoder({.signal_evidence_nats = c.signal_evidence_nats}),
        header(preamble, decoder),
        data(decoder) {
    require(c.sample_rate_hz >= 1e3 && c.sample_rate_hz <= 1e9,
            "wifi receiver: sample_rate_hz " + std::to_string(c.sample_rate_hz) + " is outside 1e3 .. 1e9");
    begin_stream();
  }

  // Absolute sample numbers count the lead-in.
  void begin_stream() {
    stream.begin();
    rescanned_until = 0;
    rescans_left = most_rescans;
    ended = false;
    search_from(wifi_lead_in_samples);
  }

  std::uint64_t first_needed() const {
    if (state == State::search) return search.first_needed();
    return preamble.long_symbols > kept_samples ? preamble.long_symbols - kept_samples : 0;
  }

  // One step; false when it needs samples that are not there yet.
  bool step(const Handler& handler) {
    switch (state) {
      case State::search:
        return find_preamble();
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
    if (probe != nullptr && state == State::data) {
      probe->finish(preamble.channel_bins, preamble.noise_bins, data.equalized(), data.llrs());
    } else if (probe != nullptr && state != State::search) {
      probe->finish(preamble.channel_bins, preamble.noise_bins);
    }
    state = State::search;
    search.restart(position);
  }

  void search_behind_preamble() { search_from(preamble.long_symbols + wifi_long_symbols_samples); }

  bool find_preamble() {
    const WifiSearch::Step step = search.step();
    if (step != WifiSearch::Step::found) return step == WifiSearch::Step::continues;
    const WifiSearch::Found& found = search.found();
    // Else two things that resemble the training a little, but not each other.
    if (preamble.begin(found.long_symbols, found.frequency, found.dc)) {
      ++stats.preambles;
      window_shift = 0;
      state = State::signal;
      if (probe != nullptr) {
        probe->begin(static_cast<std::int64_t>(preamble.long_symbols) -
                     static_cast<std::int64_t>(before_long_symbols + wifi_lead_in_samples));
      }
    }
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
    WifiHeader::Format format = header.tell_format(signal);
    if (format == WifiHeader::Format::ht) format = header.read_ht_signal(signal, ht_signal);
    switch (format) {
      case WifiHeader::Format::legacy:
        begin_legacy();
        return true;
      case WifiHeader::Format::ht:
        state = State::ht_training;
        return true;
      case WifiHeader::Format::other:
        ++stats.unsupported;
        break;
      case WifiHeader::Format::damaged:
        ++stats.signal_errors;
        break;
    }
    search_behind_preamble();
    return true;
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
      return position > wifi_lead_in_samples ? position - wifi_lead_in_samples : 0;
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
    if (state == State::search) {
      search.stop_timing();
      return;
    }
    ++stats.truncated;
    search_behind_preamble();
  }

  Config config;
  WifiStats stats;
  WifiStream stream;
  WifiSearch search;
  WifiPreamble preamble;
  frame::WifiDecoder decoder;
  WifiHeader header;
  WifiData data;
  WifiProbe* probe = nullptr;

  State state = State::search;
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
  try {
    for (;;) {
      while (chain_->step(handler)) {
      }
      if (chain_->state == Chain::State::search && !chain_->search.is_timing()) break;
      chain_->give_up();
    }
  } catch (...) {  // of the handler: the stream has ended all the same
    chain_->begin_stream();
    throw;
  }
  chain_->begin_stream();
}

const WifiStats& WifiReceiver::stats() const {
  return chain_->stats;
}

void WifiReceiver::set_probe(WifiProbe* probe) noexcept {
  chain_->probe = probe;
  chain_->search.set_probe(probe);
  chain_->header.set_probe(probe);
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
