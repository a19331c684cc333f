#include "soapy_setup.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Formats.h>

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>

#include "boresight/core/error.h"

namespace boresight::sdr {

namespace {

constexpr double rate_tolerance = 1e-6;  // relative

struct NamedFormat {
  SampleFormat format;
  const char* name;
};
constexpr NamedFormat formats[] = {{SampleFormat::cs16, SOAPY_SDR_CS16},
                                   {SampleFormat::cs8, SOAPY_SDR_CS8},
                                   {SampleFormat::cf32, SOAPY_SDR_CF32}};

std::string soapy_name(SampleFormat format) {
  for (const NamedFormat& known : formats) {
    if (known.format == format) return known.name;
  }
  return {};
}

std::string number(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(12);
  text << value;
  return text.str();
}

std::string list(const SoapySDR::RangeList& ranges) {
  std::string text;
  for (const SoapySDR::Range& range : ranges) {
    if (!text.empty()) text += ", ";
    text += number(range.minimum());
    if (range.maximum() != range.minimum()) text += " to " + number(range.maximum());
  }
  return text;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// A driver that does not tell its range gives none, or one from 0 to 0.
bool tells(const SoapySDR::RangeList& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [](const auto& range) { return range.maximum() != 0.0; });
}

void require_in(double value, const SoapySDR::RangeList& ranges, const std::string& what,
                const std::string& args) {
  require(std::isfinite(value), what + " " + number(value) + " is not a finite number");
  if (!tells(ranges)) return;
  const double slack = std::abs(value) * rate_tolerance;
  const bool inside = std::any_of(ranges.begin(), ranges.end(), [&](const SoapySDR::Range& range) {
    return value >= range.minimum() - slack && value <= range.maximum() + slack;
  });
  require(inside, what + " " + number(value) + " is not what '" + args + "' offers: " + list(ranges));
}

void require_taken(double wanted, double got, const SoapySDR::RangeList& ranges, const std::string& what,
                   const std::string& args) {
  const std::string offer = tells(ranges) ? "; it offers " + list(ranges) : "";
  require(std::abs(got - wanted) <= rate_tolerance * std::abs(wanted),
          what + " " + number(wanted) + " became " + number(got) + " in '" + args + "'" + offer);
}

std::vector<std::size_t> choose_channels(const SoapySDR::Device& device, const SoapySourceConfig& config) {
  const std::size_t available = device.getNumChannels(SOAPY_SDR_RX);
  require(available > 0, "'" + config.args + "' has no receive channels");
  std::vector<std::size_t> channels = config.channels;
  if (channels.empty()) {
    for (std::size_t c = 0; c < available; ++c) channels.push_back(c);
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string name = "channel " + std::to_string(channels[i]);
    require(channels[i] < available, name + " is not one of the " + std::to_string(available) +
                                         " receive channels of '" + config.args + "'");
    require(std::count(channels.begin(), channels.end(), channels[i]) == 1, name + " is asked for twice");
  }
  return channels;
}

struct ChosenFormat {
  SampleFormat format;
  double full_scale;
};

ChosenFormat choose_format(const SoapySDR::Device& device, std::size_t channel,
                           const SoapySourceConfig& config) {
  const std::vector<std::string> offered = device.getStreamFormats(SOAPY_SDR_RX, channel);
  double native_scale = 0;
  const std::string native = device.getNativeStreamFormat(SOAPY_SDR_RX, channel, native_scale);
  const auto offers = [&](SampleFormat format) {
    const std::string name = soapy_name(format);
    return name == native || std::find(offered.begin(), offered.end(), name) != offered.end();
  };

  std::optional<SampleFormat> chosen = config.format;
  if (!chosen && native == SOAPY_SDR_CU8 && offers(SampleFormat::cs8)) chosen = SampleFormat::cs8;
  for (const NamedFormat& known : formats) {
    if (!chosen && known.name == native) chosen = known.format;
  }
  for (const NamedFormat& known : formats) {
    if (!chosen && offers(known.format)) chosen = known.format;
  }
  require(chosen && offers(*chosen), "sample format " + (chosen ? soapy_name(*chosen) : "CS16, CS8 or CF32") +
                                         " is not what '" + config.args + "' offers: " + list(offered));
  // The scale a driver states is that of its native format; converted samples follow the convention.
  const bool stated = soapy_name(*chosen) == native && std::isfinite(native_scale) && native_scale > 0;
  return {*chosen, stated ? native_scale : default_full_scale(*chosen)};
}

void set_rate(SoapySDR::Device& device, std::size_t channel, double rate_hz, const std::string& args) {
  require(rate_hz > 0, "sample rate " + number(rate_hz) + " Hz must be positive");
  const SoapySDR::RangeList ranges = device.getSampleRateRange(SOAPY_SDR_RX, channel);
  require_in(rate_hz, ranges, "sample rate (Hz)", args);
  device.setSampleRate(SOAPY_SDR_RX, channel, rate_hz);
  require_taken(rate_hz, device.getSampleRate(SOAPY_SDR_RX, channel), ranges, "sample rate (Hz)", args);
}

void set_frequency(SoapySDR::Device& device, std::size_t channel, double frequency_hz,
                   const std::string& args) {
  const SoapySDR::RangeList ranges = device.getFrequencyRange(SOAPY_SDR_RX, channel);
  require_in(frequency_hz, ranges, "frequency (Hz)", args);
  device.setFrequency(SOAPY_SDR_RX, channel, frequency_hz);
  require_taken(frequency_hz, device.getFrequency(SOAPY_SDR_RX, channel), ranges, "frequency (Hz)", args);
}

void set_antenna(SoapySDR::Device& device, std::size_t channel, const std::string& antenna,
                 const std::string& args) {
  const std::vector<std::string> antennas = device.listAntennas(SOAPY_SDR_RX, channel);
  require(antennas.empty() || std::find(antennas.begin(), antennas.end(), antenna) != antennas.end(),
          "antenna '" + antenna + "' is not what '" + args + "' offers: " + list(antennas));
  device.setAntenna(SOAPY_SDR_RX, channel, antenna);
}

void set_up_channel(SoapySDR::Device& device, std::size_t channel, const SoapySourceConfig& config) {
  if (config.antenna) set_antenna(device, channel, *config.antenna, config.args);
  // The rate goes first: some radios choose their clocks by it and lose the tuning made before.
  if (config.sample_rate_hz) set_rate(device, channel, *config.sample_rate_hz, config.args);
  if (config.bandwidth_hz) {
    require_in(*config.bandwidth_hz, device.getBandwidthRange(SOAPY_SDR_RX, channel), "bandwidth (Hz)",
               config.args);
    device.setBandwidth(SOAPY_SDR_RX, channel, *config.bandwidth_hz);
  }
  if (config.frequency_hz) set_frequency(device, channel, *config.frequency_hz, config.args);
  if (config.gain_db) {
    require_in(*config.gain_db, {device.getGainRange(SOAPY_SDR_RX, channel)}, "gain (dB)", config.args);
    if (device.hasGainMode(SOAPY_SDR_RX, channel)) device.setGainMode(SOAPY_SDR_RX, channel, false);
    device.setGain(SOAPY_SDR_RX, channel, *config.gain_db);
  }
}

std::string sensor_or_empty(const SoapySDR::Device& device, const std::string& key) {
  const std::vector<std::string> sensors = device.listSensors();
  if (std::find(sensors.begin(), sensors.end(), key) == sensors.end()) return {};
  return device.readSensor(key);
}

std::vector<Vec3> element_positions(const SoapySDR::Device& device,
                                    const std::vector<std::size_t>& channels) {
  const std::vector<Vec3> all = parse_positions(sensor_or_empty(device, "array_positions_m"));
  std::vector<Vec3> ours;
  for (const std::size_t channel : channels) {
    if (channel < all.size()) ours.push_back(all[channel]);
  }
  return ours.size() == channels.size() ? ours : std::vector<Vec3>{};
}

}  // namespace

std::vector<Vec3> parse_positions(const std::string& text) {
  std::vector<Vec3> positions;
  std::istringstream entries(text);
  for (std::string entry; std::getline(entries, entry, ';');) {
    std::istringstream numbers(entry);
    numbers.imbue(std::locale::classic());
    Vec3 position;
    std::string rest;
    if (!(numbers >> position.x >> position.y >> position.z) || (numbers >> rest)) return {};
    if (!std::isfinite(norm(position))) return {};
    positions.push_back(position);
  }
  return positions;
}

DeviceSetup set_up_device(SoapySDR::Device& device, const SoapySourceConfig& config) {
  DeviceSetup setup;
  setup.channels = choose_channels(device, config);
  for (const std::size_t channel : setup.channels) set_up_channel(device, channel, config);

  const std::size_t first = setup.channels.front();
  const ChosenFormat format = choose_format(device, first, config);
  setup.stream_format = soapy_name(format.format);
  setup.info.channels = setup.channels.size();
  setup.info.sample_rate_hz = device.getSampleRate(SOAPY_SDR_RX, first);
  setup.info.center_frequency_hz = device.getFrequency(SOAPY_SDR_RX, first);
  setup.info.format = format.format;
  setup.info.full_scale = format.full_scale;
  setup.info.real_time = sensor_or_empty(device, "realtime") != "0";
  setup.info.element_positions_m = element_positions(device, setup.channels);
  setup.info.description = device.getDriverKey() + " " + device.getHardwareKey() + ", " +
                           std::to_string(setup.channels.size()) + " channel" +
                           (setup.channels.size() == 1 ? "" : "s");
  require(
      std::isfinite(setup.info.sample_rate_hz) && setup.info.sample_rate_hz > 0,
      "'" + config.args + "' tells a sample rate of " + number(setup.info.sample_rate_hz) + " Hz; give one");
  return setup;
}

}  // namespace boresight::sdr
