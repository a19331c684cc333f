#include "boresight/rx/front_end.h"

#include <algorithm>
#include <string>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"

namespace boresight::rx {
namespace {

const FrontEnd::Config& checked(const FrontEnd::Config& config) {
  require(config.block_samples >= 64 && config.block_samples <= 65536,
          "front end: block of " + std::to_string(config.block_samples) + " samples is outside 64 .. 65536");
  require(!config.subband || config.beamformer == beam::AdaptiveBeamformer::Config{},
          "front end: beamformer and subband are both given, must be one of them: leave beamformer as "
          "constructed for subbands");
  if (!config.calibration) return config;
  const std::size_t elements = config.subband                   ? config.subband->geometry.elements()
                               : config.beamformer.channels > 0 ? config.beamformer.channels
                                                                : config.beamformer.geometry.elements();
  const std::size_t channels = config.calibration->calibration.channels.size();
  require(channels == elements, "front end: calibration of " + std::to_string(channels) +
                                    " channels, must be " + std::to_string(elements) +
                                    " as the beamformer has");
  require(!config.subband || config.calibration->sample_rate_hz == config.subband->sample_rate_hz,
          "front end: calibration.sample_rate_hz " + std::to_string(config.calibration->sample_rate_hz) +
              " must be that of the subbands, " +
              std::to_string(config.subband ? config.subband->sample_rate_hz : 0));
  return config;
}

// Dead channels are silent behind the corrector. Adaptive weights see that from their power; subbands are
// told, so that those before the first renewal have unit gain, too.
void leave_out_dead(const array::Calibration& calibration, std::size_t subbands,
                    beam::SubbandBeamformer& beamformer) {
  GridBuffer<cf64> responses(subbands, calibration.channels.size());
  for (std::size_t s = 0; s < subbands; ++s) {
    for (std::size_t e = 0; e < responses.columns(); ++e) {
      responses(s, e) = calibration.channels[e].state == array::ChannelState::ok ? 1 : 0;
    }
  }
  beamformer.set_responses(responses.view());
}

}  // namespace

FrontEnd::FrontEnd(const Config& config) {
  checked(config);
  std::size_t elements = 0;
  if (config.subband) {
    subband_.emplace(*config.subband);
    elements = config.subband->geometry.elements();
    subband_latency_ = subband_->latency_samples();
  } else {
    beam::AdaptiveBeamformer::Config adaptive = config.beamformer;
    adaptive.max_block_samples = config.block_samples;
    adaptive_.emplace(adaptive);
    elements = adaptive_->elements();
  }
  if (config.calibration) {
    corrector_.emplace(*config.calibration);
    corrector_latency_ = corrector_->latency_samples();
    calibrated_ = GridBuffer<cf32>(elements, config.block_samples);
    zeros_ = GridBuffer<cf32>(elements, std::min(corrector_latency_, config.block_samples));
    if (subband_) leave_out_dead(config.calibration->calibration, config.subband->subbands, *subband_);
  }
  elements_ = GridBuffer<cf32>(elements, config.block_samples);
  beam_.resize(std::max(config.block_samples, subband_latency_));
  corrector_lead_ = corrector_latency_;
  subband_lead_ = subband_latency_;
}

void FrontEnd::set_direction(Vec3 direction) noexcept {
  if (adaptive_) adaptive_->set_direction(direction);
  if (subband_) subband_->set_direction(direction);
}

void FrontEnd::set_steering(std::span<const cf64> steering) noexcept {
  BORESIGHT_ASSERT(adaptive_);
  if (adaptive_) adaptive_->set_steering(steering);
}

void FrontEnd::set_nulls(std::span<const Vec3> directions) noexcept {
  BORESIGHT_ASSERT(adaptive_);
  if (adaptive_) adaptive_->set_nulls(directions);
}

template <typename Sample>
void FrontEnd::gather(Grid<const Sample> x, const BeamHandler& handler) {
  BORESIGHT_ASSERT(x.rows() == elements_.rows());
  stats_.samples += x.columns();
  for (std::size_t done = 0; done < x.columns();) {
    const std::size_t count = std::min(x.columns() - done, elements_.columns() - fill_);
    for (std::size_t e = 0; e < elements_.rows(); ++e) {
      stats_.samples_cleaned +=
          to_cf32(x.row(e).subspan(done, count), elements_.row(e).subspan(fill_, count));
    }
    fill_ += count;
    done += count;
    if (fill_ == elements_.columns()) process_block(handler);
  }
}

void FrontEnd::push(Grid<const cs16> x, const BeamHandler& handler) {
  gather(x, handler);
}
void FrontEnd::push(Grid<const cs8> x, const BeamHandler& handler) {
  gather(x, handler);
}
void FrontEnd::push(Grid<const cf32> x, const BeamHandler& handler) {
  gather(x, handler);
}

void FrontEnd::process_block(const BeamHandler& handler) {
  last_block_ = fill_;
  fill_ = 0;
  if (corrector_) {
    calibrate(elements(), handler);
  } else {
    beamform(elements(), handler);
  }
}

// Blocks begin and end with the same samples as they do without a calibration.
void FrontEnd::calibrate(Grid<const cf32> x, const BeamHandler& handler) {
  for (std::size_t done = 0; done < x.columns();) {
    std::size_t count = std::min(x.columns() - done, calibrated_.columns() - calibrated_fill_);
    if (corrector_lead_ > 0) count = std::min(count, corrector_lead_);
    corrector_->process(x.columns(done, count), calibrated_.view().columns(calibrated_fill_, count));
    done += count;
    if (corrector_lead_ > 0) {
      corrector_lead_ -= count;
      continue;
    }
    calibrated_fill_ += count;
    if (calibrated_fill_ < calibrated_.columns()) continue;
    last_calibrated_ = calibrated_fill_;
    calibrated_fill_ = 0;
    beamform(calibrated(), handler);
  }
}

void FrontEnd::beamform(Grid<const cf32> x, const BeamHandler& handler) {
  const std::span<cf32> out = std::span(beam_).first(x.columns());
  if (adaptive_) {
    adaptive_->process(x, out);
  } else {
    subband_->process(x, out);
  }
  deliver(x.columns(), handler);
}

// `count` samples of the beam are there, in front of them what is left of the latency.
void FrontEnd::deliver(std::size_t count, const BeamHandler& handler) {
  beam_first_ = std::min(subband_lead_, count);
  subband_lead_ -= beam_first_;
  beam_count_ = count - beam_first_;
  if (beam_count_ > 0) handler(beam());
}

void FrontEnd::flush(const BeamHandler& handler) {
  if (fill_ > 0) process_block(handler);
  if (corrector_) {
    for (std::size_t left = corrector_latency_; left > 0;) {
      const std::size_t count = std::min(left, zeros_.columns());
      calibrate(std::as_const(zeros_).view().columns(0, count), handler);
      left -= count;
    }
    if (calibrated_fill_ > 0) {
      last_calibrated_ = calibrated_fill_;
      calibrated_fill_ = 0;
      beamform(calibrated(), handler);
    }
    corrector_->reset();
    corrector_lead_ = corrector_latency_;
  }
  if (subband_) {
    subband_->drain(std::span(beam_).first(subband_latency_));
    deliver(subband_latency_, handler);
    subband_lead_ = subband_latency_;
  }
}

}  // namespace boresight::rx
