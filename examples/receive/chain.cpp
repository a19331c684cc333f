#include "chain.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "boresight/core/digest.h"
#include "boresight/core/units.h"
#include "common/text.h"

namespace boresight::receive {
namespace {

constexpr std::size_t max_constellation_points = 4096;

bool has_unit_gain_and_covariance(beam::AdaptiveBeamformer::Mode mode) {
  using Mode = beam::AdaptiveBeamformer::Mode;
  return mode == Mode::mvdr || mode == Mode::robust_capon || mode == Mode::subspace;
}

}  // namespace

Chain::Chain(const Setup& setup, beam::AdaptiveBeamformer::Mode mode, Results& results)
    : results_(results),
      attitude_(setup.attitude),
      // One element cannot tell a jammer from noise, and the satellite's power is known by unit gain.
      measures_jammers_(has_unit_gain_and_covariance(mode) && setup.geometry.elements() > 1),
      carousel_({}) {
  rx::FrontEnd::Config front_end;
  front_end.beamformer.geometry = setup.geometry;
  front_end.beamformer.carrier_hz = setup.carrier_hz;
  front_end.beamformer.mode = mode;
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
  if (measures_jammers_ && front_end().adaptive()->stats().updates > 0)
    r.jammer_to_noise_db = jammer_to_noise_db();
  r.blocks_expected = carousel_.blocks_expected();
  r.blocks_received = carousel_.stats().blocks_accepted;
}

// What rises above the noise, less the satellite: its power in the beam, where it has unit gain, is the
// frames' SNR times the noise that the weights let through. What is left is a jammer only if it stands out.
// Without a frame the satellite's share is unknown, but no satellite is 20 dB above the noise of one element.
double Chain::jammer_to_noise_db() const {
  const beam::AdaptiveBeamformer& beamformer = *front_end().adaptive();
  double noise_gain = 0;
  for (const cf64 weight : beamformer.weights()) noise_gain += std::norm(weight);
  const double snr_db = results_.snr_db.value();
  const double all_db = beamformer.stats().power_over_noise_db;
  if (!std::isfinite(snr_db)) return all_db > 20 ? all_db : std::numeric_limits<double>::quiet_NaN();
  const double all = power_from_db(all_db);
  const double satellite = power_from_db(snr_db) * noise_gain;
  const double jammers = all - satellite;
  const bool stands_out = jammers > 0.2 * all && jammers > 0.05;
  return stands_out ? db_from_power(jammers) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace boresight::receive
