// driver=boresight as SoapySDR sees it: N coherent receive channels under the simulated sky. It cannot
// transmit. The sample rate and the frequency are those of the scene and nothing else.
#pragma once

#include <SoapySDR/Device.hpp>

#include <string>
#include <vector>

#include "arguments.h"
#include "sky_stream.h"

namespace boresight::sdr {

class SkyDevice final : public SoapySDR::Device {
 public:
  explicit SkyDevice(const Arguments& arguments);

  std::string getDriverKey() const override;
  std::string getHardwareKey() const override;
  SoapySDR::Kwargs getHardwareInfo() const override;
  size_t getNumChannels(const int direction) const override;
  SoapySDR::Kwargs getChannelInfo(const int direction, const size_t channel) const override;
  bool getFullDuplex(const int direction, const size_t channel) const override;

  std::vector<std::string> getStreamFormats(const int direction, const size_t channel) const override;
  std::string getNativeStreamFormat(const int direction, const size_t channel,
                                    double& full_scale) const override;
  SoapySDR::Stream* setupStream(const int direction, const std::string& format,
                                const std::vector<size_t>& channels, const SoapySDR::Kwargs& args) override;
  void closeStream(SoapySDR::Stream* stream) override;
  size_t getStreamMTU(SoapySDR::Stream* stream) const override;
  int activateStream(SoapySDR::Stream* stream, const int flags, const long long time_ns,
                     const size_t elements) override;
  int deactivateStream(SoapySDR::Stream* stream, const int flags, const long long time_ns) override;
  int readStream(SoapySDR::Stream* stream, void* const* buffers, const size_t elements, int& flags,
                 long long& time_ns, const long timeout_us) override;
  int readStreamStatus(SoapySDR::Stream* stream, size_t& channel_mask, int& flags, long long& time_ns,
                       const long timeout_us) override;

  std::vector<std::string> listAntennas(const int direction, const size_t channel) const override;
  void setAntenna(const int direction, const size_t channel, const std::string& name) override;
  std::string getAntenna(const int direction, const size_t channel) const override;

  std::vector<std::string> listGains(const int direction, const size_t channel) const override;
  void setGain(const int direction, const size_t channel, const double value) override;
  void setGain(const int direction, const size_t channel, const std::string& name,
               const double value) override;
  double getGain(const int direction, const size_t channel) const override;
  double getGain(const int direction, const size_t channel, const std::string& name) const override;
  SoapySDR::Range getGainRange(const int direction, const size_t channel) const override;
  SoapySDR::Range getGainRange(const int direction, const size_t channel,
                               const std::string& name) const override;

  void setFrequency(const int direction, const size_t channel, const double frequency_hz,
                    const SoapySDR::Kwargs& args) override;
  void setFrequency(const int direction, const size_t channel, const std::string& name,
                    const double frequency_hz, const SoapySDR::Kwargs& args) override;
  double getFrequency(const int direction, const size_t channel) const override;
  double getFrequency(const int direction, const size_t channel, const std::string& name) const override;
  std::vector<std::string> listFrequencies(const int direction, const size_t channel) const override;
  SoapySDR::RangeList getFrequencyRange(const int direction, const size_t channel) const override;
  SoapySDR::RangeList getFrequencyRange(const int direction, const size_t channel,
                                        const std::string& name) const override;

  void setSampleRate(const int direction, const size_t channel, const double rate_hz) override;
  double getSampleRate(const int direction, const size_t channel) const override;
  std::vector<double> listSampleRates(const int direction, const size_t channel) const override;
  SoapySDR::RangeList getSampleRateRange(const int direction, const size_t channel) const override;
  void setBandwidth(const int direction, const size_t channel, const double bandwidth_hz) override;
  double getBandwidth(const int direction, const size_t channel) const override;
  std::vector<double> listBandwidths(const int direction, const size_t channel) const override;
  SoapySDR::RangeList getBandwidthRange(const int direction, const size_t channel) const override;

  std::vector<std::string> listClockSources() const override;
  std::string getClockSource() const override;
  void setClockSource(const std::string& source) override;
  std::vector<std::string> listTimeSources() const override;
  std::string getTimeSource() const override;
  void setTimeSource(const std::string& source) override;
  bool hasHardwareTime(const std::string& what) const override;
  long long getHardwareTime(const std::string& what) const override;
  void setHardwareTime(const long long time_ns, const std::string& what) override;

  std::vector<std::string> listSensors() const override;
  SoapySDR::ArgInfo getSensorInfo(const std::string& key) const override;
  std::string readSensor(const std::string& key) const override;

 private:
  bool receives(const int direction, const size_t channel) const;
  void require_channel(const int direction, const size_t channel) const;
  void require_clock(const std::string& what) const;
  SoapySDR::Stream* handle() { return reinterpret_cast<SoapySDR::Stream*>(&stream_); }

  const Arguments arguments_;
  const sim::Scenario scenario_;
  mutable SkyStream stream_;
  const std::vector<Vec3> positions_m_;  // of all elements
  const std::size_t channels_;
  std::string payload_sha256_;
  std::size_t payload_bytes_ = 0;
};

}  // namespace boresight::sdr
