#include "boresight/rx/ku_receiver.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/sync/ku_sequences.h"
#include "rx/sample_number.h"

namespace boresight::rx {
namespace {

constexpr auto frame_samples = static_cast<std::int64_t>(frame::ku_frame_samples);
constexpr auto symbol_samples = static_cast<double>(frame::ku_symbol_samples);
constexpr std::size_t fft_size = 1024;
constexpr std::size_t confirm_samples = 2 * sync::KuSync::symbol_samples + 2 * sync::KuSync::allowance;
constexpr auto allowance = static_cast<std::int64_t>(sync::KuSync::allowance);

// What Doppler rate may add to the carrier from one frame to the next, (rad per symbol)^2: 4.5 kHz/s at
// 11.325 GHz is 375 Hz/s at ku20's carrier, 6 Hz per frame of 16 ms, 0.002 rad per symbol.
constexpr double frequency_step_variance = 4e-6;

modem::Constellation nr(modem::Modulation modulation) {
  return {modulation, modem::BitMap::nr};
}

}  // namespace

KuReceiver::KuReceiver(const Config& config)
    : config_(config),
      tone_canceller_(config.tone_canceller),
      search_(config.search),
      sync_(config.sync),
      demodulator_(config.demodulator),
      deframer_(config.deframer),
      header_constellation_(nr(modem::Modulation::qpsk)),
      payload_constellations_{nr(modem::Modulation::qpsk), nr(modem::Modulation::qam16),
                              nr(modem::Modulation::qam64), nr(modem::Modulation::qam256),
                              nr(modem::Modulation::qam1024)} {
  require(std::isfinite(config.sample_rate_hz) && config.sample_rate_hz > 0,
          "ku receiver: sample rate " + std::to_string(config.sample_rate_hz) + " Hz is not positive");
  require(config.max_clock_offset_ppm >= 0 && config.max_clock_offset_ppm <= 120,
          "ku receiver: clock offset of " + std::to_string(config.max_clock_offset_ppm) +
              " ppm is outside 0 .. 120");
  fifo_.resize(2 * (search_.window_samples() + confirm_samples));
  llr_.resize(frame::ku_payload_carriers * frame::mcs_max_bits_per_symbol);
  std::size_t longest = 0;
  for (std::size_t m = 0; m < frame::mcs_count; ++m) {
    longest = std::max(longest, frame::max_payload_bytes(static_cast<frame::Mcs>(m)));
  }
  payload_.resize(longest);
  reset();
}

void KuReceiver::reset(std::int64_t next_sample) {
  next_sample = std::clamp<std::int64_t>(next_sample, 0, last_sample_number);
  // Zeros stand before the first sample, so that a frame may begin with it.
  fifo_size_ = sync::KuSync::allowance;
  std::fill_n(fifo_.begin(), fifo_size_, cf32(0));
  fifo_start_ = next_sample - allowance;
  following_position_ = -1;
  tone_canceller_.reset();
  unlock(next_sample);
}

void KuReceiver::unlock(std::int64_t from) {
  state_ = State::search;
  position_ = from;
  searched_ = false;
  locked_ = false;
  candidate_ = false;
  missed_ = 0;
}

void KuReceiver::push(std::span<const cf32> in, const Handler& handler) {
  while (!in.empty()) {
    const std::size_t count = std::min(in.size(), fifo_.size() - fifo_size_);
    tone_canceller_.process(in.first(count), std::span(fifo_).subspan(fifo_size_, count));
    in = in.subspan(count);
    took(count, handler);
  }
}

// `count` samples have been put behind those that were there.
void KuReceiver::took(std::size_t count, const Handler& handler) {
  fifo_size_ += count;
  while (step(handler)) {
  }
  // What lies before the earliest sample any state can still ask for is dropped, once it is worth a move.
  // (A header that cannot be read sends the search back to where the SSS ends.)
  const bool in_header = state_ == State::frame && symbol_ <= frame::ku_first_data_symbol;
  std::int64_t wanted = state_ == State::search                 ? position_
                        : state_ == State::confirm || in_header ? start_
                                                                : start_ + demodulator_.window_start(symbol_);
  if (locked_ && (state_ == State::search || candidate_)) wanted = std::min(wanted, slot_.start);
  const std::int64_t keep = wanted - 2 * allowance;
  const std::int64_t drop =
      std::clamp<std::int64_t>(keep - fifo_start_, 0, static_cast<std::int64_t>(fifo_size_));
  if (drop >= static_cast<std::int64_t>(fifo_.size() / 2) || fifo_size_ == fifo_.size()) {
    std::copy(fifo_.begin() + drop, fifo_.begin() + static_cast<std::ptrdiff_t>(fifo_size_), fifo_.begin());
    fifo_size_ -= static_cast<std::size_t>(drop);
    fifo_start_ += drop;
  }
}

void KuReceiver::skip(std::uint64_t count, const Handler& handler) {
  if (count > 8 * frame::ku_frame_samples) {
    reset(later(fifo_start_ + static_cast<std::int64_t>(fifo_size_), count));
    return;
  }
  while (count > 0) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(count, fifo_.size() - fifo_size_));
    std::fill_n(fifo_.begin() + static_cast<std::ptrdiff_t>(fifo_size_), n, cf32(0));
    tone_canceller_.advance(n);
    count -= n;
    took(n, handler);
  }
}

bool KuReceiver::have(std::int64_t first, std::size_t count) const {
  return first + static_cast<std::int64_t>(count) <= fifo_start_ + static_cast<std::int64_t>(fifo_size_);
}

std::span<const cf32> KuReceiver::samples(std::int64_t first, std::size_t count) const {
  BORESIGHT_ASSERT(first >= fifo_start_ && have(first, count));
  return std::span<const cf32>(fifo_).subspan(static_cast<std::size_t>(first - fifo_start_), count);
}

bool KuReceiver::step(const Handler& handler) {
  switch (state_) {
    case State::search:
      return search();
    case State::confirm:
      return confirm();
    default:
      return demodulate(handler);
  }
}

KuReceiver::TrackingState KuReceiver::tracking_state() const {
  if (!locked_) return TrackingState::searching;
  return missed_ == 0 ? TrackingState::locked : TrackingState::freewheeling;
}

bool KuReceiver::search() {
  if (locked_ && position_ + static_cast<std::int64_t>(search_.positions()) > slot_.start - allowance) {
    return confirm_slot();
  }
  position_ = std::max(position_, fifo_start_);
  if (!searched_ && !have(position_, search_.window_samples())) return false;
  const auto candidate = searched_ ? search_.next(next_candidate_)
                                   : search_.process(samples(position_, search_.window_samples()),
                                                     position_ == following_position_);
  following_position_ = position_ + static_cast<std::int64_t>(search_.positions());
  searched_ = candidate.has_value();
  if (!candidate) {
    position_ = following_position_;
    return true;
  }
  next_candidate_ = candidate->position + sync::pss_segment_samples;
  const std::int64_t start = position_ + static_cast<std::int64_t>(candidate->position) - 32;
  // What stands where the next frame must be is that frame; its segments already showed before it.
  if (locked_ && start > slot_.start - allowance) return confirm_slot();
  ++stats_.candidates;
  if (probe_ != nullptr) probe_->found(position_, search_.statistic_2());
  start_ = start;
  frequency_ = candidate->frequency;
  const double drift = config_.max_clock_offset_ppm * 1e-6 * symbol_samples;
  drift_ = 0;
  drift_variance_ = drift * drift / 4;
  candidate_ = true;
  state_ = State::confirm;
  return true;
}

bool KuReceiver::confirm_slot() {
  start_ = slot_.start;
  frequency_ = slot_.frequency;
  rate_variance_ = slot_.rate_variance;
  drift_ = slot_.drift;
  drift_variance_ = slot_.drift_variance;
  candidate_ = false;
  state_ = State::confirm;
  return true;
}

// The slot that was looked at last had nothing; the frame after it is looked for where it must be, and until
// then everywhere else.
void KuReceiver::freewheel() {
  if (position_ < start_) {
    position_ = start_;
    searched_ = false;
  }
  const double drift = drift_ * static_cast<double>(frame_samples) / symbol_samples;
  slot_ = {.start = start_ + frame_samples + std::llround(drift),
           .frequency = frequency_,
           .rate_variance = rate_variance_ + frequency_step_variance * (2 * missed_ + 1),
           .drift = drift_,
           .drift_variance = drift_variance_};
  state_ = State::search;
}

bool KuReceiver::confirm() {
  if (!have(start_ - allowance, confirm_samples)) return false;
  const auto timing =
      start_ - allowance >= fifo_start_
          ? sync_.process(samples(start_ - allowance, confirm_samples), sync::KuSync::allowance, frequency_)
          : std::nullopt;
  if (!timing) {
    if (candidate_) {
      state_ = State::search;  // it was none: on from the next segment
    } else if (++stats_.frames_missed, ++missed_ > config_.max_missed_frames) {
      unlock(std::max(position_, start_));
    } else {
      freewheel();
    }
    return true;
  }
  ++stats_.frames_detected;
  start_ += timing->start - allowance;
  // The carrier measured here, and the one followed so far, weighed by what is known of each: the bound of
  // ku_acquisition.h in radians per symbol, 6 x 1056^2 / 2112^3 over the SNR.
  const double snr = timing->statistic / std::max(1e-9, 1 - timing->statistic);
  const double measured_variance = 0.75 / (symbol_samples * snr);
  const double surprise = 2 * pi * symbol_samples * (timing->frequency - frequency_);
  const bool continuous = surprise * surprise < 36 * (rate_variance_ + measured_variance);
  if (!candidate_ && continuous) {
    const double weight = rate_variance_ / (rate_variance_ + measured_variance);
    frequency_ += weight * (timing->frequency - frequency_);
    rate_variance_ *= 1 - weight;
  } else {
    frequency_ = timing->frequency;
    rate_variance_ = measured_variance;
  }
  state_ = State::frame;
  symbol_ = 1;
  return true;
}

bool KuReceiver::demodulate(const Handler& handler) {
  const std::int64_t first = start_ + (symbol_ == 1 ? 1056 + 16 : demodulator_.window_start(symbol_));
  if (!have(first, fft_size)) return false;
  const auto window = samples(first, fft_size);
  if (symbol_ == 1) {
    demodulator_.begin(window, frequency_, rate_variance_, drift_, drift_variance_);
    if (probe_ != nullptr) probe_->begin(start_, demodulator_.channel(), demodulator_.noise_variance());
    ++symbol_;
    return true;
  }
  const bool in_header = symbol_ < frame::ku_first_data_symbol;
  const std::size_t index =
      symbol_ - (in_header ? frame::ku_first_header_symbol : frame::ku_first_data_symbol);
  const unsigned bits = in_header ? 2 : frame::mcs_info(header_.mcs).bits_per_symbol;
  const auto& constellation = in_header ? header_constellation_ : payload_constellations_[bits / 2 - 1];
  const std::size_t count = frame::ku_data_carriers * bits;
  const auto llr = std::span(llr_).subspan(index * count, count);
  demodulator_.symbol(symbol_, window, constellation, llr);
  if (probe_ != nullptr) probe_->symbol(symbol_, demodulator_.equalized(), llr);
  ++symbol_;
  if (symbol_ == frame::ku_first_data_symbol) return read_header();
  if (symbol_ == frame::ku_symbols) finish(handler);
  return true;
}

bool KuReceiver::read_header() {
  const auto header = deframer_.header(std::span(llr_).first(frame::ku_header_coded_bits));
  if (header) {
    header_ = *header;
    if (candidate_) ++stats_.acquisitions;
    candidate_ = false;
    locked_ = true;
    missed_ = 0;
    return true;
  }
  ++stats_.headers_failed;
  if (probe_ != nullptr) probe_->finish();
  const std::int64_t behind_sss = start_ + 2 * static_cast<std::int64_t>(frame::ku_symbol_samples);
  if (candidate_ && locked_) {
    position_ = std::max(position_, behind_sss);
    searched_ = false;
    state_ = State::search;
  } else if (locked_ && ++missed_ <= config_.max_missed_frames) {
    position_ = std::max(position_, behind_sss);
    searched_ = false;
    freewheel();
  } else {
    unlock(behind_sss);
  }
  return true;
}

void KuReceiver::finish(const Handler& handler) {
  const unsigned bits = frame::mcs_info(header_.mcs).bits_per_symbol;
  const auto payload = std::span(payload_).first(header_.payload_bytes);
  const auto decoded =
      deframer_.payload(header_, std::span(llr_).first(frame::ku_payload_carriers * bits), payload);
  ++(decoded.ok ? stats_.frames_ok : stats_.payloads_failed);
  if (probe_ != nullptr) probe_->finish();
  const auto quality = demodulator_.quality();
  KuFrame frame;
  frame.start_sample = start_;
  frame.header = header_;
  frame.ok = decoded.ok;
  if (decoded.ok) frame.payload = payload;
  frame.carrier_offset_hz = demodulator_.frequency() * config_.sample_rate_hz;
  frame.clock_offset_ppm = demodulator_.drift() / symbol_samples * 1e6;
  frame.snr_db = quality.snr_db;
  frame.mer_db = quality.mer_db;
  frame.code_blocks = decoded.code_blocks;
  frame.code_blocks_failed = decoded.code_blocks_failed;
  frame.ldpc_iterations = decoded.iterations;
  frame.bridged_symbols = quality.bridged_symbols;
  next_slot();
  handler(frame);
}

void KuReceiver::next_slot() {
  // The delay was followed from symbol 1 to symbol 301; it goes on to symbol 1 of the next frame.
  const double symbols_left = static_cast<double>(frame_samples) / symbol_samples - 300.0;
  const double delay = demodulator_.delay() + demodulator_.drift() * symbols_left;
  start_ += frame_samples + std::llround(std::clamp(delay, -64.0, 64.0));
  frequency_ = demodulator_.frequency();
  rate_variance_ = demodulator_.rate_variance() + frequency_step_variance;
  const double max_drift = config_.max_clock_offset_ppm * 1e-6 * symbol_samples;
  drift_ = std::clamp(demodulator_.drift(), -max_drift, max_drift);
  drift_variance_ = demodulator_.drift_variance() + 1e-9;
  state_ = State::confirm;
}

}  // namespace boresight::rx
