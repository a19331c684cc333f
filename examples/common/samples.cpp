#include "common/samples.h"

#include "boresight/core/convert.h"

namespace boresight::program {

std::size_t to_samples(const sdr::SampleBlock& block, std::size_t channel, std::span<cf32> out) {
  switch (block.format()) {
    case sdr::SampleFormat::cs8:
      return to_cf32(block.as<cs8>().row(channel).first(out.size()), out);
    case sdr::SampleFormat::cs16:
      return to_cf32(block.as<cs16>().row(channel).first(out.size()), out);
    case sdr::SampleFormat::cf32:
      return to_cf32(block.as<cf32>().row(channel).first(out.size()), out);
  }
  return 0;
}

}  // namespace boresight::program
