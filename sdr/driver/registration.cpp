#include <SoapySDR/Registry.hpp>

#include "arguments.h"
#include "sky_device.h"

namespace {

SoapySDR::Device* make_sky(const SoapySDR::Kwargs& args) {
  return new boresight::sdr::SkyDevice(boresight::sdr::parse_arguments(args));
}

const SoapySDR::Registry registration("boresight", &boresight::sdr::find_sky, &make_sky,
                                      SOAPY_SDR_ABI_VERSION);

}  // namespace
