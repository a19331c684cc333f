#include "boresight/rx/front_end.h"

#include <algorithm>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/convert.h"
#include "boresight/core/error.h"

namespace boresight::rx {
namespace {

beam::AdaptiveBeamformer::Config checked(const FrontEnd::Config& config) {
  require(config.block_samples >= 64 && config.block_samples <= 65536,
          "front end: block of " + std::to_string(config.block_samples) + " samples is outside 64 .. 65536");
  beam::AdaptiveBeamformer::Config beamformer = config.beamformer;
  beamformer.max_block_samples = config.block_samples;
  return beamformer;
}

}  // namespace

FrontEnd::FrontEnd(const Config& config)
    : beamformer_(checked(config)),
      elements_(config.beamformer.geometry.elements(), config.block_samples),
      beam_(config.block_samples) {}

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

void FrontEnd::flush(const BeamHandler& handler) {
  if (fill_ > 0) process_block(handler);
}

void FrontEnd::process_block(const BeamHandler& handler) {
  last_block_ = fill_;
  fill_ = 0;
  const std::span<cf32> out = std::span(beam_).first(last_block_);
  beamformer_.process(elements(), out);
  handler(out);
}

}  // namespace boresight::rx
