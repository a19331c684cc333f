#include "chain.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/core/units.h"
#include "common/text.h"

namespace boresight::receive {
namespace {

constexpr std::size_t max_constellation_points = 4096;

bool has_unit_gain_and_covariance(const Options& options) {
  using Mode = beam::AdaptiveBeamformer::Mode;
  const Mode mode = options.mode();
  return options.wideband() || mode == Mode::mvdr || mode == Mode::lcmv || mode == Mode::robust_capon ||
         mode == Mode::subspace;
}

rx::FrontEnd::Config front_end_config(const Options& options, const Setup& setup) {
  rx::FrontEnd::Config config;
  if (options.wideband()) {
    config.subband.emplace();
    config.subband->geometry = setup.geometry;
    config.subband->carrier_hz = setup.carrier_hz;
    config.subband->sample_rate_hz = setup.sample_rate_hz;
    config.subband->fft_size = subband_bins;
    config.subband->subbands = options.subbands;
  } else {
    config.beamformer.geometry = setup.geometry;
    config.beamformer.carrier_hz = setup.carrier_hz;
    config.beamformer.mode = options.mode();
    config.beamformer.max_nulls = options.nulls.size();
  }
  if (setup.calibration) {
    config.calibration.emplace();
    config.calibration->calibration = *setup.calibration;
    config.calibration->sample_rate_hz = setup.sample_rate_hz;
  }
  return config;
}

// Receivers that are equally noisy are not any more once their gains are taken away: what the mean noise of
// the elements then is above its floor (the mean of the quieter half), over that floor.
double uneven_noise(const std::optional<array::Calibration>& calibration) {
  std::vector<double> powers;
  if (calibration) {
    for (const array::ChannelCalibration& channel : calibration->channels) {
      if (channel.state == array::ChannelState::ok) powers.push_back(1 / (channel.gain * channel.gain));
    }
  }
  if (powers.empty()) return 0;
  std::ranges::sort(powers);
  const auto mean = [&](std::size_t count) {
    return std::accumulate(powers.begin(), powers.begin() + static_cast<std::ptrdiff_t>(count), 0.0) /
           static_cast<double>(count);
  };
  return mean(powers.size()) / mean((powers.size() + 1) / 2) - 1;
}

}  // namespace

Chain::Chain(const Options& options, const Setup& setup, Results& results)
    : results_(results),
      attitude_(setup.attitude),
      // One element cannot tell a jammer from noise, and the satellite's power is known by unit gain.
      measures_jammers_(has_unit_gain_and_covariance(options) && setup.geometry.elements() > 1),
      uneven_noise_(uneven_noise(setup.calibration)),
      carousel_({}) {
  const rx::FrontEnd::Config front_end = front_end_config(options, setup);
  constellation_.reserve(max_constellation_points);
  results_.frames.reserve(4096);

  if (wifi_rate_hz(setup.waveform)) {
    rx::WifiReceiver::Config config;
    config.sample_rate_hz = setup.sample_rate_hz;
    wifi_.reset(new Wifi{rx::FrontEnd(front_end), rx::WifiReceiver(config), {}});
    wifi_handler_ = [this](const rx::WifiFrame& frame) { on_wifi_frame(frame); };
    wifi_->beam_handler = [this](std::span<const cf32> beam) { wifi_->receiver.push(beam, wifi_handler_); };
  } else {
    rx::Receiver::Config config;
    config.front_end = front_end;
    config.ku.sample_rate_hz = setup.sample_rate_hz;
    ku_ = std::make_unique<rx::Receiver>(config);
    ku_handler_ = [this](const rx::KuFrame& frame) { on_ku_frame(frame); };
  }
  if (setup.fixed_direction) look_at(*setup.fixed_direction);
  if (options.nulls.empty()) return;
  std::vector<Vec3> nulls;
  for (const array::SkyDirection null : options.nulls) nulls.push_back(attitude_.array_from_sky(null));
  if (ku_) {
    ku_->set_nulls(nulls);
  } else {
    wifi_->front_end.set_nulls(nulls);
  }
}

void Chain::look_at(array::SkyDirection direction) {
  const Vec3 towards = attitude_.array_from_sky(direction);
  if (ku_) {
    ku_->set_direction(towards);
  } else {
    wifi_->front_end.set_direction(towards);
  }
  results_.azimuth_deg = deg_from_rad(direction.azimuth_rad);
  results_.elevation_deg = deg_from_rad(direction.elevation_rad);
}

void Chain::skip(std::uint64_t lost) {
  if (ku_) {
    ku_->skip(lost, ku_handler_);
  } else {
    wifi_->front_end.flush(wifi_->beam_handler);
    wifi_->receiver.flush(wifi_handler_);
    wifi_->first_sample = pushed_ + lost;
  }
  pushed_ += lost;
  update();
}

void Chain::flush() {
  if (ku_) {
    ku_->flush(ku_handler_);
  } else {
    wifi_->front_end.flush(wifi_->beam_handler);
    wifi_->receiver.flush(wifi_handler_);
    wifi_->first_sample = pushed_;
  }
  update();
}

void Chain::keep_constellation(std::span<const cf32> points) {
  const std::size_t count = std::min(points.size(), max_constellation_points);
  constellation_.assign(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(count));
}

void Chain::on_ku_frame(const rx::KuFrame& frame) {
  FrameRecord record;
  record.start_sample = frame.start_sample;
  record.sequence = frame.header.sequence;
  record.ok = frame.ok;
  record.carrier_offset_hz = frame.carrier_offset_hz;
  record.snr_db = frame.snr_db;
  record.mer_db = frame.mer_db;
  results_.add_frame(std::move(record));
  if (!frame.ok) return;
  keep_constellation(ku_->ku().demodulator().equalized());
  constellation_name_ = frame::mcs_info(frame.header.mcs).name;
  carousel_.push(frame.payload);
}

void Chain::on_wifi_frame(const rx::WifiFrame& frame) {
  FrameRecord record;
  record.start_sample = static_cast<std::int64_t>(wifi_->first_sample + frame.start_sample);
  record.ok = frame.fcs_ok;
  record.carrier_offset_hz = frame.carrier_offset_hz;
  record.snr_db = frame.snr_db;
  record.mer_db = frame.mer_db;
  record.rate_mbps = frame.rate_mbps;
  record.psdu_length = frame.psdu_length;
  record.sha256 = to_hex(sha256(frame.psdu));
  if (frame.format == rx::WifiFormat::ht) {
    FrameRecord::Ht& ht = record.ht.emplace();
    ht.mcs = frame.ht.mcs;
    ht.guard_interval_ns = (frame.ht.short_guard ? 400.0 : 800.0) * 20e6 / results_.sample_rate_hz;
    ht.ldpc = frame.ht.ldpc;
    ht.aggregated = frame.ht.aggregated;
    if (ht.aggregated) {
      for (const frame::WifiMpdu& mpdu : frame.mpdus)
        ht.mpdus.push_back({mpdu.bytes.size(), mpdu.fcs_ok, to_hex(sha256(mpdu.bytes))});
    }
  }
  const std::string mode = record.mode();
  results_.add_frame(std::move(record));
  if (!frame.fcs_ok) return;
  const Grid<const cf32> points = wifi_->receiver.equalized();
  constellation_.clear();
  for (std::size_t r = 0; r < points.rows(); ++r) {
    if (constellation_.size() + points.columns() > max_constellation_points) break;
    constellation_.insert(constellation_.end(), points.row(r).begin(), points.row(r).end());
  }
  constellation_name_ = mode;
}

void Chain::update() {
  Results& r = results_;
  const std::uint64_t headers_failed_before = r.headers_failed;
  if (ku_) {
    const rx::KuReceiver::Stats& stats = ku_->ku().stats();
    r.headers_failed = stats.headers_failed;
    r.frames_ok = stats.frames_ok;
    r.payloads_failed = stats.payloads_failed;
    r.frames_missed = stats.frames_missed;
    r.locked = ku_->ku().locked();
  } else {
    const rx::WifiStats& stats = wifi_->receiver.stats();
    r.headers_failed = stats.signal_errors;
    r.frames_ok = stats.fcs_ok;
    r.payloads_failed = stats.frames - stats.fcs_ok;
    r.frames_missed = stats.truncated;
    r.locked = stats.fcs_ok > 0;
  }
  // A frame still on its way is neither good nor bad yet.
  r.frames_detected = r.frames_ok + r.headers_failed + r.payloads_failed;
  if (r.headers_failed > headers_failed_before) {
    r.add_failure(static_cast<double>(pushed_) / r.sample_rate_hz);
  }
  r.samples_cleaned = front_end().stats().samples_cleaned;
  if (measures_jammers_) look_for_jammers();
  if (const beam::AdaptiveBeamformer* adaptive = front_end().adaptive()) {
    r.nulls_dropped = adaptive->stats().dropped_nulls;
  }
  r.blocks_expected = carousel_.blocks_expected();
  r.blocks_received = carousel_.stats().blocks_accepted;
}

void Chain::look_for_jammers() {
  const beam::AdaptiveBeamformer* adaptive = front_end().adaptive();
  const std::uint64_t updates =
      adaptive != nullptr ? adaptive->stats().updates : front_end().subband()->weights().stats().updates;
  if (updates == 0) return;
  double all_db = all_db_;
  if (adaptive != nullptr) {
    all_db = adaptive->stats().power_over_noise_db;
  } else if (updates != updates_) {
    all_db = power_over_noise_db();
  }
  updates_ = updates;
  all_db_ = all_db;
  results_.jammer_to_noise_db = jammer_to_noise_db(all_db);
}

// Of the elements, as AdaptiveBeamformer::Stats has it, with the noise that the subbands found. NaN until
// they have.
double Chain::power_over_noise_db() const {
  const double noise = front_end().subband()->weights().stats().noise_power;
  const Grid<const cf32> x = front_end().calibrated();
  double power = 0;
  std::size_t live = 0;
  for (std::size_t e = 0; e < x.rows(); ++e) {
    double sum = 0;
    for (const cf32 s : x.row(e)) sum += std::norm(s);
    live += sum > 0 ? 1 : 0;
    power += sum;
  }
  if (!(noise > 0) || live == 0) return std::numeric_limits<double>::quiet_NaN();
  power /= static_cast<double>(live * x.columns());
  return db_from_power(std::clamp(power / noise - 1, 1e-10, 1e20));
}

// What rises above the noise, less the satellite: its power in the beam, where it has unit gain, is the
// frames' SNR times the noise that the weights let through (the mean over subbands). What is left, but for
// noise that a calibration made uneven, is a jammer only if it stands out. Without a frame the satellite's
// share is unknown, but no satellite is 20 dB above the noise of one element.
double Chain::jammer_to_noise_db(double all_db) const {
  double noise_gain = 0;
  if (const beam::AdaptiveBeamformer* adaptive = front_end().adaptive()) {
    for (const cf64 weight : adaptive->weights()) noise_gain += std::norm(weight);
  } else {
    const Grid<const cf64> weights = front_end().subband()->weights().weights();
    for (std::size_t s = 0; s < weights.rows(); ++s) {
      for (const cf64 weight : weights.row(s)) noise_gain += std::norm(weight);
    }
    noise_gain /= static_cast<double>(weights.rows());
  }
  const double snr_db = results_.snr_db.value();
  if (!std::isfinite(snr_db)) return all_db > 20 ? all_db : std::numeric_limits<double>::quiet_NaN();
  const double all = power_from_db(all_db);
  const double satellite = power_from_db(snr_db) * noise_gain;
  const double jammers = all - satellite - uneven_noise_;
  const bool stands_out = jammers > 0.2 * all && jammers > 0.05;
  return stands_out ? db_from_power(jammers) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace boresight::receive
