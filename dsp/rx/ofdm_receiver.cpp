#include "boresight/rx/ofdm_receiver.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/rx/ofdm_probe.h"
#include "boresight/sync/repetition_search.h"
#include "rx/ofdm_channel.h"
#include "rx/ofdm_stream.h"
#include "rx/ofdm_symbols.h"
#include "rx/ofdm_training.h"

namespace boresight::rx {
namespace {

constexpr unsigned most_rescans = 4;
constexpr std::size_t slack_samples = 4096;

OfdmReceiver::Config checked(const OfdmReceiver::Config& c) {
  const auto within = [](const char* name, double value, double low, double high) {
    require(value >= low && value <= high, "ofdm receiver: " + std::string(name) + " " +
                                               std::to_string(value) + " is outside " + std::to_string(low) +
                                               " .. " + std::to_string(high));
  };
  within("antennas", static_cast<double>(c.antennas), 1, 16);
  within("training_false_alarm_probability", c.training_false_alarm_probability, 1e-12, 0.1);
  within("max_offset_carriers", c.max_offset_carriers, 0,
         std::min(64.0, static_cast<double>(c.numerology.fft_size) / 4));
  within("max_delay_samples", c.max_delay_samples, 0, 8192);
  within("phase_walk_variance", c.phase_walk_variance, 0, 10);
  within("rate_walk_variance", c.rate_walk_variance, 0, 10);
  within("gain_walk_variance", c.gain_walk_variance, 0, 10);
  within("max_clock_offset_ppm", c.max_clock_offset_ppm, 0, 500);
  within("follow_symbols", static_cast<double>(c.follow_symbols), 0, 256);
  within("max_iterations", c.max_iterations, 1, 1000);
  return c;
}

std::size_t longest_burst(const frame::OfdmBurst& burst, std::size_t max_payload_bytes) {
  std::size_t longest = 0;
  for (std::size_t m = 0; m < frame::mcs_count; ++m) {
    longest = std::max(longest, burst.samples({static_cast<frame::Mcs>(m),
                                               static_cast<std::uint32_t>(max_payload_bytes), 0}));
  }
  return longest + 2 * burst.numerology().symbol_samples();
}

std::size_t capacity(const frame::OfdmBurst& burst, const OfdmReceiver::Config& c) {
  return 2 * (longest_burst(burst, c.max_payload_bytes) + 6 * burst.repetition_samples() + slack_samples);
}

std::vector<modem::Constellation> constellations() {
  std::vector<modem::Constellation> all;
  for (std::size_t m = 0; m < frame::mcs_count; ++m) {
    all.emplace_back(frame::modulation_of(static_cast<frame::Mcs>(m)), modem::BitMap::nr);
  }
  return all;
}

}  // namespace

struct OfdmReceiver::Chain {
  enum class State { search, training, header, data };

  explicit Chain(const Config& c)
      : config(checked(c)),
        burst(c.numerology),
        stream(c.antennas, capacity(burst, c), c.tone_canceller),
        search({.antennas = c.antennas,
                .period = burst.part_samples(),
                .signs = {burst.signs().begin(), burst.signs().end()},
                .false_alarm_rate = c.false_alarm_rate}),
        training(burst, {.antennas = c.antennas,
                         .max_offset = c.max_offset_carriers,
                         .false_alarm_probability = c.training_false_alarm_probability}),
        symbols(burst, c),
        deframer(burst, {.max_payload_bytes = c.max_payload_bytes, .max_iterations = c.max_iterations}),
        framer(burst, 1),
        maps(constellations()),
        qpsk(modem::Modulation::qpsk, modem::BitMap::nr),
        header_points(burst.header_coded_bits() / 2),
        header_llr(burst.header_coded_bits()),
        payload_llr(deframer.max_coded_bits()),
        payload(c.max_payload_bytes) {}

  // --- the stream ---------------------------------------------------------------------------------------

  void begin_stream() noexcept {
    stream.begin();
    rescanned_until = 0;
    rescans_left = most_rescans;
    ended = false;
    search_from(0);
  }

  void search_from(std::uint64_t position) noexcept {
    if (probe != nullptr) {
      const bool of_burst = state == State::header || state == State::data;
      if (of_burst) probe->finish(symbols.channel().channel(), symbols.channel().snr());
      probe->search_begins();
    }
    state = State::search;
    search.reset();
    search_origin = searched = position;
  }

  // Behind the repetition that led here, which need not have been one.
  void search_behind_repetition() noexcept { search_from(training_nominal); }
  void search_behind_preamble() noexcept { search_from(preamble_end()); }
  std::uint64_t preamble_end() const noexcept {
    return training_start + frame::OfdmBurst::training_symbols * burst.numerology().symbol_samples();
  }

  // A detection is told two lengths of all parts and a half after its start at the latest.
  std::uint64_t first_needed() const noexcept {
    const std::uint64_t reach = 4 * burst.repetition_samples() + 2 * training.max_delay_error();
    if (state != State::search)
      return detected - std::min<std::uint64_t>(detected, training.max_delay_error());
    return searched > reach ? searched - reach : 0;
  }

  // --- the chain ----------------------------------------------------------------------------------------

  // One step; false when it needs samples that are not there yet.
  bool step(const Handler& handler) {
    switch (state) {
      case State::search:
        return find_repetition();
      case State::training:
        return find_training();
      case State::header:
        return read_header();
      case State::data:
        return taken < data_symbols ? read_symbol(maps[static_cast<std::size_t>(header.mcs)], payload_llr)
                                    : finish_burst(handler);
    }
    return false;
  }

  bool find_repetition() noexcept {
    sync::RepetitionSearch::Detection found;
    const auto rest = stream.at(searched, static_cast<std::size_t>(stream.end() - searched));
    const Progress progress = probe == nullptr ? search.process(rest, std::span(&found, 1))
                                               : search_in_strides(rest, std::span(&found, 1));
    searched += progress.consumed;
    if (progress.produced == 0) return false;
    ++stats.detections;
    detected = search_origin + found.start;
    if (probe != nullptr) {
      probe->found(static_cast<std::int64_t>(searched), search.stride_samples(), search.window_samples());
    }
    training_nominal = detected + burst.repetition_samples();
    coarse_frequency = found.frequency;
    state = State::training;
    return true;
  }

  // The same search, of which the probe sees every metric.
  Progress search_in_strides(Grid<const cf32> in, std::span<sync::RepetitionSearch::Detection> out) noexcept {
    const std::size_t stride = search.stride_samples();
    Progress all;
    while (all.consumed < in.columns() && all.produced == 0) {
      const std::uint64_t taken_before = searched + all.consumed - search_origin;
      const auto offset = static_cast<std::size_t>(taken_before % stride);
      const std::size_t count = std::min(stride - offset, in.columns() - all.consumed);
      const Progress step = search.process(in.columns(all.consumed, count), out);
      all.consumed += step.consumed;
      all.produced += step.produced;
      const bool whole = offset + step.consumed == stride;
      if (whole && taken_before + step.consumed >= search.window_samples()) probe->metric(search.metric());
    }
    return all;
  }

  bool find_training() noexcept {
    const std::uint64_t first = training_nominal - training.max_delay_error();
    if (first + training.input_samples() > stream.end()) return false;
    const auto found = training.process(stream.at(first, training.input_samples()), coarse_frequency);
    stats.transformed_symbols += training.transforms();
    if (!found) {
      state = State::search;  // goes on where it stopped
      return true;
    }
    ++stats.preambles;
    training_start = first + static_cast<std::uint64_t>(found->start);
    const std::uint64_t parts =
        std::min<std::uint64_t>(burst.repetition_samples(), training_start - stream.first());
    begin_symbols(
        training.frequency_with(stream.at(training_start - parts, static_cast<std::size_t>(parts))));
    state = State::header;
    if (probe != nullptr) {
      probe->begin(training_start - std::min(training_start, std::uint64_t{burst.repetition_samples()}));
    }
    return true;
  }

  void begin_symbols(double frequency) noexcept {
    const std::size_t count = frame::OfdmBurst::training_symbols * burst.numerology().symbol_samples();
    symbols.begin(stream.at(training_start, count), frequency);
    stats.transformed_symbols += frame::OfdmBurst::training_symbols * config.antennas;
    next_symbol = 0;
    taken = 0;
    llr_taken = 0;
  }

  bool read_symbol(const modem::Constellation& map, std::span<modem::Llr> llr) noexcept {
    const std::size_t n = burst.numerology().fft_size;
    const std::uint64_t end = window_end(next_symbol);
    if (end > stream.end()) return false;
    const std::size_t count = burst.data_carriers(next_symbol).size() * map.bits();
    const auto soft = llr.subspan(llr_taken, count);
    symbols.symbol(next_symbol, stream.at(end - n, n), map, soft);
    if (probe != nullptr) probe->symbol(state == State::header, symbols.equalized(), soft);
    stats.transformed_symbols += config.antennas;
    llr_taken += count;
    ++next_symbol;
    ++taken;
    return true;
  }

  // As far as the delay has been followed.
  std::uint64_t window_end(std::size_t symbol) const noexcept {
    return training_start + static_cast<std::uint64_t>(symbols.window_start(symbol)) +
           burst.numerology().fft_size;
  }

  bool read_header() noexcept {
    if (taken < burst.header_symbols()) return read_symbol(qpsk, header_llr);
    const auto found = deframer.header(header_llr);
    if (!found) {
      ++stats.headers_failed;
      search_after_header();
      return true;
    }
    if (found->payload_bytes > config.max_payload_bytes) {
      ++stats.too_long;
      search_behind_preamble();
      return true;
    }
    header = *found;
    framer.header(header, header_points);
    symbols.learn_header(header_points);
    taken = 0;
    llr_taken = 0;
    data_symbols = burst.payload_symbols(header);
    state = State::data;
    // What the stream does not hold is not begun: many of them would each be read to its end.
    if (ended && data_symbols > 0 && window_end(next_symbol + data_symbols - 1) > stream.end()) give_up();
    return true;
  }

  std::uint64_t burst_end() const noexcept {
    return training_start - burst.repetition_samples() + burst.samples(header) -
           burst.numerology().taper_samples;
  }

  bool finish_burst(const Handler& handler) {
    const auto bytes = std::span(payload).first(header.payload_bytes);
    const auto result = deframer.payload(header, std::span(payload_llr).first(llr_taken), bytes);
    const double rate = config.numerology.sample_rate_hz;
    const auto quality = symbols.quality();
    OfdmReception out;
    const double start = symbols.delay();
    const double whole = std::clamp(std::round(start), -1e6, 1e6);
    const std::uint64_t first =
        training_start - std::min(training_start, std::uint64_t{burst.repetition_samples()});
    out.start_sample = static_cast<std::uint64_t>(std::max(static_cast<double>(first) + whole, 0.0));
    out.start_fraction = start - whole;
    out.header = header;
    out.ok = result.ok;
    if (result.ok) out.payload = bytes;
    out.carrier_offset_hz = symbols.frequency() * rate;
    out.clock_offset_ppm = 1e6 * symbols.drift() / static_cast<double>(burst.numerology().symbol_samples());
    out.snr_db = quality.snr_db;
    out.effective_snr_db = quality.effective_snr_db;
    out.mer_db = quality.mer_db;
    out.bridged_symbols = quality.bridged_symbols;
    out.code_blocks = result.code_blocks;
    out.code_blocks_failed = result.code_blocks_failed;
    out.ldpc_iterations = result.iterations;
    ++(result.ok ? stats.bursts_ok : stats.payloads_failed);
    search_after_burst(result.ok);
    if (handler) handler(out);
    return true;
  }

  // Behind the repetition, as there may be a burst in what was taken for its header; but not again and again
  // in the same stretch, for headers can be long.
  void search_after_header() noexcept {
    const std::uint64_t end = std::min(window_end(next_symbol - 1), stream.end());
    if (training_start >= rescanned_until) rescans_left = most_rescans;
    if (rescans_left == 0) return search_from(std::max(end, preamble_end()));
    --rescans_left;
    rescanned_until = std::max(rescanned_until, end);
    search_behind_repetition();
  }

  void search_after_burst(bool good) noexcept {
    const std::uint64_t end = burst_end();
    if (training_start >= rescanned_until) rescans_left = most_rescans;
    if (good || rescans_left == 0) {
      // The next one may have begun before this one ended.
      const std::uint64_t back =
          std::min<std::uint64_t>(2 * burst.repetition_samples(), end - training_start);
      search_from(std::max(std::min(end - back, stream.end()), preamble_end()));
      return;
    }
    --rescans_left;
    rescanned_until = std::max(rescanned_until, end);
    search_behind_preamble();
  }

  // The stream has ended and `step` wants more samples.
  void give_up() noexcept {
    if (state == State::training) {
      state = State::search;
      return;
    }
    ++stats.truncated;
    search_behind_preamble();
  }

  Config config;
  frame::OfdmBurst burst;
  OfdmReceiverStats stats;
  OfdmStream stream;
  sync::RepetitionSearch search;
  OfdmTraining training;
  OfdmSymbols symbols;
  frame::OfdmDeframer deframer;
  frame::OfdmFramer framer;                // of headers that were read
  std::vector<modem::Constellation> maps;  // of each entry of the table
  modem::Constellation qpsk;
  std::vector<cf32> header_points;
  std::vector<modem::Llr> header_llr;
  std::vector<modem::Llr> payload_llr;
  std::vector<std::uint8_t> payload;
  OfdmProbe* probe = nullptr;

  State state = State::search;
  std::uint64_t search_origin = 0;  // sample that the search counts from
  std::uint64_t searched = 0;       // up to which it has taken samples
  std::uint64_t detected = 0;       // start of the repetition
  std::uint64_t training_nominal = 0;
  std::uint64_t training_start = 0;
  double coarse_frequency = 0;
  frame::Header header;
  std::size_t next_symbol = 0;  // of header and payload
  std::size_t taken = 0;        // symbols of the part that is being read
  std::size_t llr_taken = 0;
  std::size_t data_symbols = 0;
  bool ended = false;  // no samples will follow
  std::uint64_t rescanned_until = 0;
  unsigned rescans_left = most_rescans;
};

OfdmReceiver::OfdmReceiver(const Config& config) : chain_(std::make_unique<Chain>(config)) {}
OfdmReceiver::~OfdmReceiver() = default;
OfdmReceiver::OfdmReceiver(OfdmReceiver&&) noexcept = default;
OfdmReceiver& OfdmReceiver::operator=(OfdmReceiver&&) noexcept = default;

void OfdmReceiver::push(Grid<const cf32> samples, const Handler& handler) {
  Chain& c = *chain_;
  BORESIGHT_ASSERT(samples.rows() == c.config.antennas);
  for (std::size_t done = 0; done < samples.columns();) {
    const std::size_t count = c.stream.append(samples.columns(done, samples.columns() - done),
                                              c.first_needed(), c.stats.cleaned_samples);
    c.stats.samples += count;
    done += count;
    while (c.step(handler)) {
    }
  }
}

void OfdmReceiver::push(std::span<const cf32> samples, const Handler& handler) {
  push(Grid<const cf32>(samples.data(), 1, samples.size()), handler);
}

void OfdmReceiver::flush(const Handler& handler) {
  Chain& c = *chain_;
  c.ended = true;
  try {
    for (;;) {
      while (c.step(handler)) {
      }
      if (c.state == Chain::State::search) break;
      c.give_up();
    }
  } catch (...) {  // of the handler: the stream has ended all the same
    c.begin_stream();
    throw;
  }
  c.begin_stream();
}

const frame::OfdmBurst& OfdmReceiver::burst() const {
  return chain_->burst;
}

const OfdmReceiverStats& OfdmReceiver::stats() const {
  return chain_->stats;
}

void OfdmReceiver::set_probe(OfdmProbe* probe) noexcept {
  chain_->probe = probe;
  if (probe != nullptr) probe->search_begins();
}

std::span<const cf32> OfdmReceiver::equalized() const {
  return chain_->symbols.equalized();
}

std::span<const float> OfdmReceiver::snr() const {
  return chain_->symbols.channel().snr();
}

Grid<const cf32> OfdmReceiver::channel() const {
  return chain_->symbols.channel().channel();
}

}  // namespace boresight::rx
