// driver=boresight through SoapySDR's own door, as any other program meets it.
#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <SoapySDR/Device.hpp>
#include <SoapySDR/Registry.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>

#include "boresight/core/types.h"
#include "boresight/sdr/sample_stream.h"
#include "boresight/sdr/soapy_source.h"
#include "sdr/temporary_folder.h"

namespace boresight::sdr {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

struct Unmaker {
  void operator()(SoapySDR::Device* device) const { SoapySDR::Device::unmake(device); }
};
using Device = std::unique_ptr<SoapySDR::Device, Unmaker>;

class DriverTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(load_bundled_driver()) << "the module is not beside the tests"; }

  static Device make(const std::string& more = "") {
    return Device(SoapySDR::Device::make("driver=boresight,scenario=clear_sky" + more));
  }
};

// An open stream of CS16 (or what is asked for) on the first channels.
class OpenStream {
 public:
  OpenStream(SoapySDR::Device& device, std::vector<std::size_t> channels, const std::string& format = "CS16")
      : device_(device),
        channels_(channels.size()),
        stream_(device.setupStream(SOAPY_SDR_RX, format, channels)) {}
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;
  ~OpenStream() { device_.closeStream(stream_); }

  int activate(int how = 0, long long start_ns = 0, std::size_t elements = 0) {
    return device_.activateStream(stream_, how, start_ns, elements);
  }
  int deactivate() { return device_.deactivateStream(stream_); }

  template <typename T>
  int read(std::vector<std::vector<T>>& rows, std::size_t samples, long timeout_us = 2'000'000) {
    std::vector<void*> pointers;
    rows.resize(channels_);
    for (auto& row : rows) {
      row.resize(samples);
      pointers.push_back(row.data());
    }
    flags = 0;
    return device_.readStream(stream_, pointers.data(), samples, flags, time_ns, timeout_us);
  }
  // `total` samples in reads of `step`.
  template <typename T>
  std::vector<std::vector<T>> collect(std::size_t total, std::size_t step) {
    std::vector<std::vector<T>> all(channels_);
    std::vector<std::vector<T>> piece;
    while (all[0].size() < total) {
      const int got = read(piece, std::min(step, total - all[0].size()));
      if (got < 0) {
        ADD_FAILURE() << "code " << got;
        break;
      }
      for (std::size_t c = 0; c < channels_; ++c) {
        all[c].insert(all[c].end(), piece[c].begin(), piece[c].begin() + got);
      }
    }
    return all;
  }

  int flags = 0;
  long long time_ns = 0;

 private:
  SoapySDR::Device& device_;
  std::size_t channels_;
  SoapySDR::Stream* stream_;
};

TEST_F(DriverTest, FindAnswersOnlyToItsName) {
  const auto find = SoapySDR::Registry::listFindFunctions().at("boresight");
  EXPECT_TRUE(find({}).empty());
  EXPECT_TRUE(find({{"scenario", "clear_sky"}}).empty());
  EXPECT_TRUE(find({{"driver", "boresights"}}).empty());
  EXPECT_TRUE(find({{"driver", ""}}).empty());
  EXPECT_EQ(find({{"driver", "boresight"}}).size(), 1U);
  // Finding reads nothing and refuses nothing; make() does.
  EXPECT_EQ(find({{"driver", "boresight"}, {"scenario", "/absent"}, {"channels", "-3"}}).size(), 1U);
}

TEST_F(DriverTest, FindEchoesWhatMakesAnotherDevice) {
  const auto find = SoapySDR::Registry::listFindFunctions().at("boresight");
  const SoapySDR::Kwargs args = {{"driver", "boresight"}, {"scenario", "two_jammers"}, {"waveform", "ku20"},
                                 {"seed", "7"},           {"channels", "3"},           {"realtime", "1"},
                                 {"duration_s", "2.5"},   {"remote", "ignored"}};
  const auto found = find(args);
  ASSERT_EQ(found.size(), 1U);
  for (const auto& [key, value] : args) {
    if (key != "remote") {
      EXPECT_THAT(found[0], Contains(Pair(key, value)));
    }
  }
  EXPECT_FALSE(found[0].at("label").empty());
  EXPECT_FALSE(found[0].at("serial").empty());
  // What was found can be made again, and somebody else's serial number finds nothing.
  EXPECT_EQ(find(found[0]), found);
  SoapySDR::Kwargs other = found[0];
  other["serial"] = "123";
  EXPECT_TRUE(find(other).empty());
}

TEST_F(DriverTest, OtherArgumentsAreAnotherDevice) {
  const Device two = make(",channels=2");
  const Device four = make(",channels=4");
  const Device two_again = make(",channels=2");
  EXPECT_NE(two.get(), four.get());
  EXPECT_EQ(two.get(), two_again.get());
  EXPECT_EQ(two->getNumChannels(SOAPY_SDR_RX), 2U);
  EXPECT_EQ(four->getNumChannels(SOAPY_SDR_RX), 4U);
  EXPECT_EQ(four->getNumChannels(SOAPY_SDR_TX), 0U);
}

TEST_F(DriverTest, WhatCannotBeIsRefusedInOneLine) {
  const auto refusal = [](const std::string& args) {
    return message_of<std::exception>([&] { Device(SoapySDR::Device::make("driver=boresight," + args)); });
  };
  EXPECT_THAT(refusal("scenario=nowhere"), HasSubstr("'nowhere' is neither a file nor one of: clear_sky"));
  EXPECT_THAT(refusal("channels=0"), HasSubstr("channels=0: must be from 1"));
  EXPECT_THAT(refusal("channels=9999"), HasSubstr("channels=9999"));
  EXPECT_THAT(refusal("channels=256"), HasSubstr("elements"));
  EXPECT_THAT(refusal("channels=two"), HasSubstr("channels=two"));
  EXPECT_THAT(refusal("realtime=2"), HasSubstr("realtime=2: must be 0 or 1"));
  EXPECT_THAT(refusal("duration_s=-1"), HasSubstr("duration_s=-1"));
  EXPECT_THAT(refusal("duration_s=nan"), HasSubstr("duration_s=nan"));
  EXPECT_THAT(refusal("seed=-1"), HasSubstr("seed=-1"));
  EXPECT_THAT(refusal("waveform=dvb"), HasSubstr("dvb"));
  EXPECT_THAT(refusal("scenaro=two_jammers"),
              HasSubstr("scenaro=two_jammers: not an argument of driver=boresight, which are scenario, "));
  {
    const Device without = make();  // that it is there makes no difference
    EXPECT_THAT(refusal("scenario=clear_sky,chanels=2"), HasSubstr("chanels=2: not an argument"));
  }
  EXPECT_NE(make(",label=sky,type=sdr,device_id=0,remote=x,remote:type=y").get(), nullptr);
  TemporaryFolder folder;
  EXPECT_THAT(refusal("scenario=" + folder.path().string()), HasSubstr("is not a regular file"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal("scenario=" + (folder / "pipe").string()), HasSubstr("is not a regular file"));
  put(folder / "empty.json", "");
  EXPECT_THAT(refusal("scenario=" + (folder / "empty.json").string()), HasSubstr("is an empty file"));
  put(folder / "bad.json", "{\"waveform\": 7}");
  EXPECT_THAT(refusal("scenario=" + (folder / "bad.json").string()), HasSubstr("bad.json"));
}

TEST_F(DriverTest, TellsEverythingAProgramAsks) {
  const Device device = make(",channels=2");
  const double rate_hz = device->getSampleRate(SOAPY_SDR_RX, 0);
  const double frequency_hz = device->getFrequency(SOAPY_SDR_RX, 1);
  EXPECT_EQ(device->listSampleRates(SOAPY_SDR_RX, 0), std::vector<double>{rate_hz});
  EXPECT_EQ(device->getSampleRateRange(SOAPY_SDR_RX, 0).at(0).minimum(), rate_hz);
  EXPECT_EQ(device->getFrequencyRange(SOAPY_SDR_RX, 0).at(0).maximum(), frequency_hz);
  EXPECT_EQ(device->listAntennas(SOAPY_SDR_RX, 0), std::vector<std::string>{"RX"});
  EXPECT_EQ(device->listGains(SOAPY_SDR_RX, 0), std::vector<std::string>{"RF"});
  EXPECT_FALSE(device->getFullDuplex(SOAPY_SDR_RX, 0));
  double full_scale = 0;
  EXPECT_EQ(device->getNativeStreamFormat(SOAPY_SDR_RX, 0, full_scale), "CS16");
  EXPECT_EQ(full_scale, 32768);
  EXPECT_EQ(device->getStreamFormats(SOAPY_SDR_RX, 0), (std::vector<std::string>{"CS16", "CS8", "CF32"}));
  EXPECT_TRUE(device->listAntennas(SOAPY_SDR_TX, 0).empty());
  EXPECT_TRUE(device->getStreamFormats(SOAPY_SDR_TX, 0).empty());

  device->setSampleRate(SOAPY_SDR_RX, 0, rate_hz);
  device->setFrequency(SOAPY_SDR_RX, 0, frequency_hz);
  EXPECT_THROW(device->setSampleRate(SOAPY_SDR_RX, 0, rate_hz * 1.001), std::runtime_error);
  EXPECT_THROW(device->setFrequency(SOAPY_SDR_RX, 0, frequency_hz + 1e6), std::runtime_error);
  EXPECT_THROW(device->setAntenna(SOAPY_SDR_RX, 0, "TX"), std::runtime_error);
  EXPECT_THROW(device->setupStream(SOAPY_SDR_TX, "CS16"), std::runtime_error);
  EXPECT_THROW(device->setupStream(SOAPY_SDR_RX, "CS12"), std::runtime_error);
  EXPECT_THROW(device->setupStream(SOAPY_SDR_RX, "CS16", {0, 2}), std::runtime_error);
  device->setGain(SOAPY_SDR_RX, 0, -6);
  EXPECT_EQ(device->getGain(SOAPY_SDR_RX, 1), -6);
  device->setGain(SOAPY_SDR_RX, 0, 6.1);
  EXPECT_EQ(device->getGain(SOAPY_SDR_RX, 0), 6) << "in steps, as attenuators are";
  EXPECT_EQ(device->getGainRange(SOAPY_SDR_RX, 0).step(), 0.25);
  device->setGain(SOAPY_SDR_RX, 0, 1e9);
  EXPECT_EQ(device->getGain(SOAPY_SDR_RX, 0), device->getGainRange(SOAPY_SDR_RX, 0).maximum());

  EXPECT_EQ(device->readSensor("payload_sha256").size(), 64U);
  EXPECT_GT(std::stoul(device->readSensor("payload_bytes")), 0U);
  EXPECT_EQ(device->readSensor("realtime"), "0");
  EXPECT_THAT(device->readSensor("array_positions_m"), HasSubstr("; "));
  for (const std::string& key : device->listSensors()) {
    EXPECT_FALSE(device->readSensor(key).empty()) << key;
    EXPECT_EQ(device->getSensorInfo(key).key, key);
  }
  EXPECT_THROW(device->readSensor("absent"), std::runtime_error);
}

TEST_F(DriverTest, ChannelsAndClocksThatAreNotThereAreRefused) {
  const Device device = make(",channels=2");
  const double rate_hz = device->getSampleRate(SOAPY_SDR_RX, 0);
  const double frequency_hz = device->getFrequency(SOAPY_SDR_RX, 0);
  const auto refusals = [&](int direction, std::size_t channel, const std::string& why) {
    const auto refused = [&](auto action) {
      EXPECT_THAT(message_of<std::runtime_error>(action), HasSubstr(why));
    };
    refused([&] { device->getSampleRate(direction, channel); });
    refused([&] { device->setSampleRate(direction, channel, rate_hz); });
    refused([&] { device->getFrequency(direction, channel); });
    refused([&] { device->getFrequency(direction, channel, "RF"); });
    refused([&] { device->setFrequency(direction, channel, frequency_hz); });
    refused([&] { device->setFrequency(direction, channel, "RF", frequency_hz); });
    refused([&] { device->getGain(direction, channel); });
    refused([&] { device->getGain(direction, channel, "RF"); });
    refused([&] { device->setGain(direction, channel, 1.0); });
    refused([&] { device->setGain(direction, channel, "RF", 1.0); });
  };
  refusals(SOAPY_SDR_RX, 2, "channel 2 is not one of the 2 channels");
  refusals(SOAPY_SDR_TX, 0, "receives only");
  EXPECT_THAT(message_of<std::runtime_error>([&] { device->getHardwareTime("foo"); }), HasSubstr("'foo'"));
  EXPECT_THAT(message_of<std::runtime_error>([&] { device->setHardwareTime(5, "foo"); }), HasSubstr("'foo'"));
}

TEST_F(DriverTest, SamplesDoNotDependOnHowTheyAreRead) {
  constexpr std::size_t total = 30'000;
  std::vector<std::vector<cs16>> reference;
  for (const std::size_t step : {30'000UL, 8192UL, 1000UL, 77UL}) {
    const Device device = make(",channels=2,seed=5");
    OpenStream stream(*device, {0, 1});
    ASSERT_EQ(stream.activate(), 0);
    const auto rows = stream.collect<cs16>(total, step);
    if (reference.empty()) reference = rows;
    EXPECT_EQ(rows, reference) << "reads of " << step;
  }
  EXPECT_NE(reference[0], reference[1]);
  const bool any = std::any_of(reference[0].begin(), reference[0].end(), [](cs16 x) { return x.re != 0; });
  EXPECT_TRUE(any);
}

TEST_F(DriverTest, EveryStreamBeginsWithSampleZeroAndChannelsCanBeChosen) {
  const Device device = make(",channels=3");
  const auto first_of = [&device](const std::vector<std::size_t>& channels) {
    OpenStream stream(*device, channels);
    EXPECT_EQ(stream.activate(), 0);
    return stream.collect<cs16>(5000, 5000);
  };
  const auto all = first_of({0, 1, 2});
  const auto some = first_of({2, 0});
  EXPECT_EQ(some[0], all[2]);
  EXPECT_EQ(some[1], all[0]);
}

TEST_F(DriverTest, FormatsAgree) {
  const Device device = make(",channels=1");
  constexpr std::size_t n = 20'000;
  const auto get = [&device]<typename T>(const std::string& format, T) {
    OpenStream stream(*device, {0}, format);
    EXPECT_EQ(stream.activate(), 0);
    return stream.collect<T>(n, 8192)[0];
  };
  const auto as_cs16 = get("CS16", cs16{});
  const auto as_cs8 = get("CS8", cs8{});
  const auto as_cf32 = get("CF32", cf32{});
  for (std::size_t i = 0; i < n; ++i) {
    // The converters of the scene have at most 16 bits: CS16 holds them exactly, but for +1.0.
    ASSERT_EQ(as_cs16[i].re, std::min(std::lround(as_cf32[i].real() * 32768), 32767L)) << i;
    ASSERT_NEAR(as_cs16[i].im, as_cf32[i].imag() * 32768, 1.0) << i;
    ASSERT_NEAR(as_cs8[i].re, as_cf32[i].real() * 128, 0.5 + 0.5 * (as_cs8[i].re == 127)) << i;
    ASSERT_NEAR(as_cs8[i].im, as_cf32[i].imag() * 128, 0.5 + 0.5 * (as_cs8[i].im == 127)) << i;
  }
}

TEST_F(DriverTest, TimesAreThoseOfTheFirstSample) {
  const Device device = make(",channels=1");
  const double rate_hz = device->getSampleRate(SOAPY_SDR_RX, 0);
  OpenStream stream(*device, {0});
  std::vector<std::vector<cs16>> rows;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(stream.read(rows, 100, 20'000), SOAPY_SDR_TIMEOUT) << "an inactive stream waits";
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(20));

  const long long start_ns = device->getHardwareTime() + 100'000'000;
  ASSERT_EQ(stream.activate(SOAPY_SDR_HAS_TIME, start_ns), 0);
  std::size_t position = 0;
  for (const std::size_t n : {100U, 5000U, 1U}) {
    ASSERT_EQ(stream.read(rows, n), static_cast<int>(n));
    EXPECT_TRUE(stream.flags & SOAPY_SDR_HAS_TIME);
    EXPECT_EQ(stream.time_ns, start_ns + std::llround(static_cast<double>(position) * 1e9 / rate_hz));
    position += n;
  }
  EXPECT_EQ(stream.deactivate(), 0);
  EXPECT_EQ(stream.activate(SOAPY_SDR_HAS_TIME, start_ns), SOAPY_SDR_TIME_ERROR) << "too late";
  EXPECT_EQ(stream.activate(SOAPY_SDR_WAIT_TRIGGER), SOAPY_SDR_NOT_SUPPORTED);
}

TEST_F(DriverTest, PulsePerSecondAdvancesInWholeSecondsAndSetsTheClock) {
  const Device device = make(",channels=1");
  ASSERT_TRUE(device->hasHardwareTime("PPS"));
  EXPECT_FALSE(device->hasHardwareTime("other"));
  const long long pulse_ns = device->getHardwareTime("PPS");
  const long long now_ns = device->getHardwareTime();
  EXPECT_LE(pulse_ns, now_ns);
  EXPECT_LT(now_ns - pulse_ns, 1'100'000'000);
  device->setHardwareTime(5'000'000'000, "PPS");
  long long after_ns = pulse_ns;
  for (int i = 0; i < 150 && after_ns == pulse_ns; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    after_ns = device->getHardwareTime("PPS");
  }
  EXPECT_EQ(after_ns, 5'000'000'000) << "the time of the pulse is the one that was set";
  device->setHardwareTime(77'000'000'000);
  EXPECT_NEAR(static_cast<double>(device->getHardwareTime()), 77e9, 1e9);
}

TEST_F(DriverTest, DurationAndBurstsEndTheStream) {
  const Device device = make(",channels=1,duration_s=0.0005");
  const auto total = static_cast<int>(std::lround(0.0005 * device->getSampleRate(SOAPY_SDR_RX, 0)));
  OpenStream stream(*device, {0});
  std::vector<std::vector<cs16>> rows;
  ASSERT_EQ(stream.activate(SOAPY_SDR_END_BURST, 0, 1000), 0);
  ASSERT_EQ(stream.read(rows, 600), 600);
  EXPECT_FALSE(stream.flags & SOAPY_SDR_END_BURST);
  ASSERT_EQ(stream.read(rows, 600), 400);
  EXPECT_TRUE(stream.flags & SOAPY_SDR_END_BURST);
  EXPECT_EQ(stream.read(rows, 600, 1000), SOAPY_SDR_TIMEOUT);
  stream.deactivate();
  ASSERT_EQ(stream.activate(), 0);
  ASSERT_EQ(stream.read(rows, 100'000), total - 1000);
  EXPECT_TRUE(stream.flags & SOAPY_SDR_END_BURST);
  EXPECT_EQ(stream.read(rows, 600, 1000), SOAPY_SDR_TIMEOUT);
}

TEST_F(DriverTest, RealTimeOverflowsAndJumpsWhenTheReaderIsLate) {
  const Device device = make(",channels=1,realtime=1");
  const double rate_hz = device->getSampleRate(SOAPY_SDR_RX, 0);
  OpenStream stream(*device, {0});
  std::vector<std::vector<cs16>> rows;
  ASSERT_EQ(stream.activate(), 0);
  const int got = stream.read(rows, 1000);
  ASSERT_GT(got, 0);
  const long long next_ns = stream.time_ns + std::llround(got * 1e9 / rate_hz);
  std::this_thread::sleep_for(milliseconds(150));
  ASSERT_EQ(stream.read(rows, 1000), SOAPY_SDR_OVERFLOW);
  int after = SOAPY_SDR_TIMEOUT;
  for (int i = 0; i < 200 && after < 0; ++i) after = stream.read(rows, 1000, 100'000);
  ASSERT_GT(after, 0) << "the stream resumes by itself";
  const double lost_s = static_cast<double>(stream.time_ns - next_ns) * 1e-9;
  EXPECT_GE(lost_s, 0.090) << "at most half of the tenth of a second it can hold is kept";
  EXPECT_NEAR(lost_s * rate_hz, std::round(lost_s * rate_hz), 0.1) << "whole samples";
}

TEST_F(DriverTest, AnOverflowThatReachesTheEndKeepsTheEnd) {
  const Device device = make(",channels=1,realtime=1,duration_s=0.3");
  const auto total = std::llround(0.3 * device->getSampleRate(SOAPY_SDR_RX, 0));
  OpenStream stream(*device, {0});
  std::vector<std::vector<cs16>> rows;
  ASSERT_EQ(stream.activate(), 0);
  int got = stream.read(rows, 1000);
  ASSERT_GT(got, 0);
  const long long start_ns = stream.time_ns;
  std::this_thread::sleep_for(milliseconds(500));
  ASSERT_EQ(stream.read(rows, 1000), SOAPY_SDR_OVERFLOW);
  std::size_t reads = 0;
  do {
    got = stream.read(rows, 8192);
    ASSERT_GT(got, 0) << "after " << reads << " reads";
    ASSERT_LT(++reads, 100'000U);
  } while ((stream.flags & SOAPY_SDR_END_BURST) == 0);
  const double end_s = static_cast<double>(stream.time_ns - start_ns) * 1e-9;
  EXPECT_NEAR(end_s * device->getSampleRate(SOAPY_SDR_RX, 0) + got, static_cast<double>(total), 0.5);
  EXPECT_EQ(stream.read(rows, 1000, 1000), SOAPY_SDR_TIMEOUT);
}

TEST_F(DriverTest, AReaderThatWasAwayGoesOnWithOneGapOfKnownSize) {
  SoapySourceConfig config;
  config.args = "driver=boresight,scenario=clear_sky,realtime=1";
  config.channels = {0};
  SoapySource source(config);
  std::vector<cs16> buffer(8192);
  void* const pointers[] = {buffer.data()};
  source.start();
  Read read;
  std::int64_t next_ns = 0;
  for (int i = 0; i < 10; ++i) {
    read = source.read(pointers, buffer.size(), milliseconds(1000));
    ASSERT_EQ(read.status, Read::Status::ok);
    ASSERT_TRUE(read.time_ns.has_value());
    next_ns =
        *read.time_ns + std::llround(static_cast<double>(read.samples) * 1e9 / source.info().sample_rate_hz);
  }
  const SourceStats before = source.stats();
  std::this_thread::sleep_for(milliseconds(1500));
  const auto back = std::chrono::steady_clock::now();
  do {
    read = source.read(pointers, buffer.size(), milliseconds(100));
  } while (read.status == Read::Status::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - back, milliseconds(1000));
  ASSERT_EQ(read.status, Read::Status::ok) << source.error();
  EXPECT_TRUE(read.gap);
  ASSERT_TRUE(read.time_ns.has_value());
  const double missing_s = static_cast<double>(*read.time_ns - next_ns) * 1e-9;
  EXPECT_GT(missing_s, 1.3) << "1.5 s and what the device kept";
  EXPECT_NEAR(static_cast<double>(read.lost_samples), missing_s * source.info().sample_rate_hz, 1.0);
  for (int i = 0; i < 20; ++i) {
    read = source.read(pointers, buffer.size(), milliseconds(1000));
    ASSERT_EQ(read.status, Read::Status::ok) << source.error();
    EXPECT_FALSE(read.gap) << i;
  }
  const SourceStats after = source.stats();
  EXPECT_EQ(after.overflows, before.overflows + 1);
  EXPECT_EQ(after.known_gaps, before.known_gaps + 1);
  EXPECT_EQ(after.unknown_gaps, before.unknown_gaps);
  EXPECT_EQ(after.restarts, 0U);
}

TEST_F(DriverTest, TimesOfNoClockAreRefused) {
  const Device device = make(",channels=1");
  constexpr long long largest = 1LL << 62;
  for (const std::string what : {"", "PPS"}) {
    for (const long long bad : {std::numeric_limits<long long>::max(), std::numeric_limits<long long>::min(),
                                largest + 1, -largest - 1}) {
      EXPECT_THAT(message_of<std::runtime_error>([&] { device->setHardwareTime(bad, what); }),
                  HasSubstr("must be within +-2^62 ns"));
    }
  }
  EXPECT_GE(device->getHardwareTime(), 0) << "what is refused sets nothing";
  OpenStream stream(*device, {0});
  for (const long long sign : {1, -1}) {
    device->setHardwareTime(sign * largest);
    EXPECT_NEAR(static_cast<double>(device->getHardwareTime()), static_cast<double>(sign * largest), 1e10);
    EXPECT_EQ(stream.activate(SOAPY_SDR_HAS_TIME, std::numeric_limits<long long>::max()),
              SOAPY_SDR_TIME_ERROR);
    EXPECT_EQ(stream.activate(SOAPY_SDR_HAS_TIME, std::numeric_limits<long long>::min()),
              SOAPY_SDR_TIME_ERROR);
  }
}

TEST_F(DriverTest, RealTimeWaitsForTheClock) {
  const Device device = make(",channels=1,realtime=1");
  OpenStream stream(*device, {0});
  std::vector<std::vector<cs16>> rows;
  ASSERT_EQ(stream.activate(SOAPY_SDR_HAS_TIME, device->getHardwareTime() + 80'000'000), 0);
  EXPECT_EQ(stream.read(rows, 1000, 20'000), SOAPY_SDR_TIMEOUT) << "before the start";
  const auto before = std::chrono::steady_clock::now();
  ASSERT_EQ(stream.read(rows, 1000, 2'000'000), 1000);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(20));
}

TEST_F(DriverTest, ReadsAndLifecycleMayMeet) {
  const Device device = make(",channels=1,realtime=1");
  OpenStream stream(*device, {0});
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) {
      stream.activate();
      device->readSensor("doppler_hz");
      device->setGain(SOAPY_SDR_RX, 0, i % 3);
      std::this_thread::sleep_for(milliseconds(1));
      stream.deactivate();
    }
  });
  std::vector<std::vector<cs16>> rows;
  for (int i = 0; i < 50; ++i) EXPECT_GE(stream.read(rows, 500, 1000), SOAPY_SDR_OVERFLOW);
  other.join();
}

TEST_F(DriverTest, ServesASourceAndAStream) {
  SoapySourceConfig config;
  config.args = "driver=boresight,scenario=clear_sky,channels=2,duration_s=0.002";
  config.sample_rate_hz = 20e6;
  SoapySource source(config);
  EXPECT_FALSE(source.info().real_time);
  EXPECT_EQ(source.info().format, SampleFormat::cs16);
  EXPECT_EQ(source.info().element_positions_m.size(), 2U);
  EXPECT_TRUE(source.sensor("azimuth_deg").has_value());
  SampleStream stream(source, {.block_samples = 1024});
  stream.start();
  std::uint64_t next = 0;
  Read::Status status = Read::Status::ok;
  while (status == Read::Status::ok) {
    auto result = stream.next(milliseconds(10'000));
    status = result.status;
    if (status != Read::Status::ok) break;
    EXPECT_FALSE(result.block->gap());
    EXPECT_EQ(result.block->first_sample(), next);
    next += result.block->samples();
  }
  EXPECT_EQ(status, Read::Status::end);
  EXPECT_EQ(next, 40'000U);
  config.sample_rate_hz = 19e6;
  EXPECT_THAT(message_of<std::exception>([&] { SoapySource{config}; }), HasSubstr("19000000"));
}

}  // namespace
}  // namespace boresight::sdr
