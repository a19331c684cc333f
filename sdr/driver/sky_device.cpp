#include "sky_device.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <SoapySDR/Formats.h>

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "boresight/core/digest.h"
#include "boresight/core/units.h"
#include "boresight/core/version.h"

namespace boresight::sdr {

namespace {

constexpr double tolerance = 1e-9;  // relative; a rate or frequency that went through text and back
constexpr double gain_limit_db = 60;
constexpr double gain_step_db = 0.25;

std::string number(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(15);
  text << value;
  return text.str();
}

bool same(double a, double b) {
  return std::abs(a - b) <= tolerance * std::abs(b);
}

SkyStream::Format parse_format(const std::string& name) {
  if (name == SOAPY_SDR_CS16) return SkyStream::Format::cs16;
  if (name == SOAPY_SDR_CS8) return SkyStream::Format::cs8;
  if (name == SOAPY_SDR_CF32) return SkyStream::Format::cf32;
  throw std::runtime_error("boresight: stream format " + name + " is not one of CS16, CS8, CF32");
}

struct Sensor {
  const char* key;
  const char* units;
  const char* description;
};
constexpr Sensor sensors[] = {
    {"doppler_hz", "Hz", "Doppler shift of satellite 0 at the carrier"},
    {"snr_db", "dB", "signal to noise ratio of satellite 0 per element"},
    {"jammer_to_noise_db", "dB", "all jammers that are on, per element"},
    {"azimuth_deg", "deg", "satellite 0, clockwise from north"},
    {"elevation_deg", "deg", "satellite 0, above the horizon"},
    {"payload_sha256", "", "digest of the file the satellites send"},
    {"payload_bytes", "B", "size of the file the satellites send"},
    {"array_positions_m", "m", "element positions, x y z; x y z; ..."},
    {"waveform", "", "what the satellites send"},
    {"realtime", "", "1: samples come by the clock, 0: they wait for the reader"},
};

}  // namespace

SkyDevice::SkyDevice(const Arguments& arguments)
    : arguments_(arguments),
      scenario_(load_scenario(arguments)),
      stream_(scenario_, arguments.real_time, arguments.duration_s),
      positions_m_(stream_.sky().positions_m()),
      channels_(arguments.channels.value_or(stream_.sky().channels())) {
  const std::span<const std::uint8_t> file = stream_.sky().payload_file();
  payload_sha256_ = to_hex(sha256(file));
  payload_bytes_ = file.size();
}

std::string SkyDevice::getDriverKey() const {
  return "boresight";
}
std::string SkyDevice::getHardwareKey() const {
  return "simulated sky";
}

SoapySDR::Kwargs SkyDevice::getHardwareInfo() const {
  return {{"scenario", scenario_.name.empty() ? arguments_.scenario : scenario_.name},
          {"waveform", scenario_.waveform},
          {"version", version}};
}

size_t SkyDevice::getNumChannels(const int direction) const {
  return direction == SOAPY_SDR_RX ? channels_ : 0;
}

bool SkyDevice::receives(const int direction, const size_t channel) const {
  return direction == SOAPY_SDR_RX && channel < channels_;
}

void SkyDevice::require_channel(const int direction, const size_t channel) const {
  if (direction != SOAPY_SDR_RX) throw std::runtime_error("boresight: the device receives only");
  if (channel >= channels_) {
    throw std::runtime_error("boresight: channel " + std::to_string(channel) + " is not one of the " +
                             std::to_string(channels_) + " channels");
  }
}

SoapySDR::Kwargs SkyDevice::getChannelInfo(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  const Vec3 p = positions_m_[channel];
  return {{"element", std::to_string(channel)},
          {"position_m", number(p.x) + " " + number(p.y) + " " + number(p.z)}};
}

bool SkyDevice::getFullDuplex(const int, const size_t) const {
  return false;
}

std::vector<std::string> SkyDevice::getStreamFormats(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {SOAPY_SDR_CS16, SOAPY_SDR_CS8, SOAPY_SDR_CF32};
}

std::string SkyDevice::getNativeStreamFormat(const int, const size_t, double& full_scale) const {
  full_scale = 32768;
  return SOAPY_SDR_CS16;
}

SoapySDR::Stream* SkyDevice::setupStream(const int direction, const std::string& format,
                                         const std::vector<size_t>& channels, const SoapySDR::Kwargs&) {
  const std::vector<size_t> chosen = channels.empty() ? std::vector<size_t>{0} : channels;
  for (const size_t channel : chosen) require_channel(direction, channel);
  stream_.open(parse_format(format), chosen);
  return handle();
}

void SkyDevice::closeStream(SoapySDR::Stream*) {
  stream_.close();
}
size_t SkyDevice::getStreamMTU(SoapySDR::Stream*) const {
  return SkyStream::mtu_samples;
}

int SkyDevice::activateStream(SoapySDR::Stream*, const int flags, const long long time_ns,
                              const size_t elements) {
  if ((flags & ~(SOAPY_SDR_HAS_TIME | SOAPY_SDR_END_BURST)) != 0) return SOAPY_SDR_NOT_SUPPORTED;
  const bool burst = (flags & SOAPY_SDR_END_BURST) != 0;
  const bool timed = (flags & SOAPY_SDR_HAS_TIME) != 0;
  return stream_.activate(timed ? std::optional<std::int64_t>(time_ns) : std::nullopt, burst ? elements : 0);
}

int SkyDevice::deactivateStream(SoapySDR::Stream*, const int flags, const long long) {
  return flags != 0 ? SOAPY_SDR_NOT_SUPPORTED : stream_.deactivate();
}

int SkyDevice::readStream(SoapySDR::Stream*, void* const* buffers, const size_t elements, int& flags,
                          long long& time_ns, const long timeout_us) {
  return stream_.read(buffers, elements, flags, time_ns, std::chrono::microseconds(timeout_us));
}

// Everything there is to tell comes with the reads.
int SkyDevice::readStreamStatus(SoapySDR::Stream*, size_t&, int&, long long&, const long) {
  return SOAPY_SDR_NOT_SUPPORTED;
}

std::vector<std::string> SkyDevice::listAntennas(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {"RX"};
}
void SkyDevice::setAntenna(const int, const size_t, const std::string& name) {
  if (name != "RX") throw std::runtime_error("boresight: antenna '" + name + "' is not RX");
}
std::string SkyDevice::getAntenna(const int direction, const size_t channel) const {
  return receives(direction, channel) ? "RX" : "";
}

// One amplifier before the converters, the same for all channels. Gains out of range or between its steps
// become the nearest there are, as with other drivers of SoapySDR; getGain() tells.
std::vector<std::string> SkyDevice::listGains(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {"RF"};
}
void SkyDevice::setGain(const int direction, const size_t channel, const double value) {
  require_channel(direction, channel);
  if (!std::isfinite(value)) throw std::runtime_error("boresight: gain must be a finite number");
  stream_.set_gain_db(gain_step_db *
                      std::round(std::clamp(value, -gain_limit_db, gain_limit_db) / gain_step_db));
}
void SkyDevice::setGain(const int direction, const size_t channel, const std::string&, const double value) {
  setGain(direction, channel, value);
}
double SkyDevice::getGain(const int direction, const size_t channel) const {
  require_channel(direction, channel);
  return stream_.gain_db();
}
double SkyDevice::getGain(const int direction, const size_t channel, const std::string&) const {
  return getGain(direction, channel);
}
SoapySDR::Range SkyDevice::getGainRange(const int, const size_t) const {
  return {-gain_limit_db, gain_limit_db, gain_step_db};
}
SoapySDR::Range SkyDevice::getGainRange(const int direction, const size_t channel, const std::string&) const {
  return getGainRange(direction, channel);
}

void SkyDevice::setFrequency(const int direction, const size_t channel, const double frequency_hz,
                             const SoapySDR::Kwargs&) {
  require_channel(direction, channel);
  if (!same(frequency_hz, scenario_.carrier_hz)) {
    throw std::runtime_error("boresight: frequency " + number(frequency_hz) + " Hz: this scene is at " +
                             number(scenario_.carrier_hz) + " Hz only");
  }
}
void SkyDevice::setFrequency(const int direction, const size_t channel, const std::string&,
                             const double frequency_hz, const SoapySDR::Kwargs& args) {
  setFrequency(direction, channel, frequency_hz, args);
}
double SkyDevice::getFrequency(const int direction, const size_t channel) const {
  require_channel(direction, channel);
  return scenario_.carrier_hz;
}
double SkyDevice::getFrequency(const int direction, const size_t channel, const std::string&) const {
  return getFrequency(direction, channel);
}
std::vector<std::string> SkyDevice::listFrequencies(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {"RF"};
}
SoapySDR::RangeList SkyDevice::getFrequencyRange(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {{scenario_.carrier_hz, scenario_.carrier_hz}};
}
SoapySDR::RangeList SkyDevice::getFrequencyRange(const int direction, const size_t channel,
                                                 const std::string&) const {
  return getFrequencyRange(direction, channel);
}

void SkyDevice::setSampleRate(const int direction, const size_t channel, const double rate_hz) {
  require_channel(direction, channel);
  if (!same(rate_hz, scenario_.sample_rate_hz)) {
    throw std::runtime_error("boresight: sample rate " + number(rate_hz) + " Hz: this scene has " +
                             number(scenario_.sample_rate_hz) + " Hz only (waveform=ku20 or ku240)");
  }
}
double SkyDevice::getSampleRate(const int direction, const size_t channel) const {
  require_channel(direction, channel);
  return scenario_.sample_rate_hz;
}
std::vector<double> SkyDevice::listSampleRates(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {scenario_.sample_rate_hz};
}
SoapySDR::RangeList SkyDevice::getSampleRateRange(const int direction, const size_t channel) const {
  if (!receives(direction, channel)) return {};
  return {{scenario_.sample_rate_hz, scenario_.sample_rate_hz}};
}
// The filter belongs to the sample rate; reading it back tells so.
void SkyDevice::setBandwidth(const int, const size_t, const double) {}
double SkyDevice::getBandwidth(const int, const size_t) const {
  return scenario_.sample_rate_hz;
}
std::vector<double> SkyDevice::listBandwidths(const int direction, const size_t channel) const {
  return listSampleRates(direction, channel);
}
SoapySDR::RangeList SkyDevice::getBandwidthRange(const int direction, const size_t channel) const {
  return getSampleRateRange(direction, channel);
}

std::vector<std::string> SkyDevice::listClockSources() const {
  return {"internal"};
}
std::string SkyDevice::getClockSource() const {
  return "internal";
}
void SkyDevice::setClockSource(const std::string& source) {
  if (source != "internal")
    throw std::runtime_error("boresight: clock source '" + source + "' is not internal");
}
std::vector<std::string> SkyDevice::listTimeSources() const {
  return {"internal"};
}
std::string SkyDevice::getTimeSource() const {
  return "internal";
}
void SkyDevice::setTimeSource(const std::string& source) {
  if (source != "internal")
    throw std::runtime_error("boresight: time source '" + source + "' is not internal");
}

bool SkyDevice::hasHardwareTime(const std::string& what) const {
  return stream_.has_time(what);
}
void SkyDevice::require_clock(const std::string& what) const {
  if (hasHardwareTime(what)) return;
  throw std::runtime_error("boresight: there is no hardware time '" + what +
                           "': only PPS and the unnamed one");
}
long long SkyDevice::getHardwareTime(const std::string& what) const {
  require_clock(what);
  return stream_.time_ns(what);
}
void SkyDevice::setHardwareTime(const long long time_ns, const std::string& what) {
  require_clock(what);
  stream_.set_time_ns(time_ns, what);
}

std::vector<std::string> SkyDevice::listSensors() const {
  std::vector<std::string> keys;
  for (const Sensor& sensor : sensors) keys.emplace_back(sensor.key);
  return keys;
}

SoapySDR::ArgInfo SkyDevice::getSensorInfo(const std::string& key) const {
  SoapySDR::ArgInfo info;
  for (const Sensor& sensor : sensors) {
    if (key != sensor.key) continue;
    info.key = key;
    info.name = key;
    info.units = sensor.units;
    info.description = sensor.description;
    info.type = SoapySDR::ArgInfo::STRING;
  }
  return info;
}

std::string SkyDevice::readSensor(const std::string& key) const {
  if (key == "payload_sha256") return payload_sha256_;
  if (key == "payload_bytes") return std::to_string(payload_bytes_);
  if (key == "waveform") return scenario_.waveform;
  if (key == "realtime") return arguments_.real_time ? "1" : "0";
  if (key == "array_positions_m") {
    std::string text;
    for (std::size_t c = 0; c < channels_; ++c) {
      const Vec3 p = positions_m_[c];
      if (c > 0) text += "; ";
      text += number(p.x) + " " + number(p.y) + " " + number(p.z);
    }
    return text;
  }
  const sim::Truth truth = stream_.truth();
  if (key == "doppler_hz") return number(truth.doppler_hz);
  if (key == "snr_db") return number(truth.snr_db);
  if (key == "jammer_to_noise_db") return number(truth.jammer_to_noise_db);
  if (key == "azimuth_deg") return number(deg_from_rad(truth.azimuth_rad));
  if (key == "elevation_deg") return number(deg_from_rad(truth.elevation_rad));
  throw std::runtime_error("boresight: there is no sensor '" + key + "'");
}

}  // namespace boresight::sdr
