// Opening and setting up a SoapySDR device. Private to boresight::sdr.
#pragma once

#include <SoapySDR/Device.hpp>

#include <memory>
#include <string>
#include <vector>

#include "boresight/sdr/soapy_source.h"

namespace boresight::sdr {

struct Unmake {
  void operator()(SoapySDR::Device* device) const noexcept;
};
using DevicePtr = std::unique_ptr<SoapySDR::Device, Unmake>;

/// Keeps SoapySDR's log off the terminal unless SOAPY_SDR_LOG_LEVEL asks for it; once per process.
void quiet_soapy_log();

/// Throws IoError: no device matches, or the one that does cannot be opened.
DevicePtr open_device(const std::string& args);

struct DeviceSetup {
  std::vector<std::size_t> channels;
  std::string stream_format;  ///< SoapySDR's name
  SourceInfo info;
};

/// Applies the configuration to every channel and reads back what the device made of it.
/// Throws ConfigError naming the value and what the device offers.
DeviceSetup set_up_device(SoapySDR::Device& device, const SoapySourceConfig& config);

/// "x y z; x y z" in metres; empty unless every number is finite.
std::vector<Vec3> parse_positions(const std::string& text);

}  // namespace boresight::sdr
