// Reaches through boresight::sdr into SoapySDR.
#include <boresight/boresight.h>
#include <boresight/sdr/soapy_source.h>

#include <cstdio>

int main() {
  const auto devices = boresight::sdr::list_devices("driver=there_is_no_such_driver");
  if (!devices.empty() || boresight::sdr::bytes_per_sample(boresight::sdr::SampleFormat::cs16) != 4) {
    std::fprintf(stderr, "boresight::sdr does not answer as expected\n");
    return 1;
  }
  return 0;
}
