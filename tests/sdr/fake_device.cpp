#include "sdr/fake_device.h"

#include <SoapySDR/Registry.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "boresight/core/types.h"

namespace boresight::sdr {

Fake& Fake::get() {
  static Fake fake;
  return fake;
}

namespace {

class FakeDevice final : public SoapySDR::Device {
 public:
  std::string getDriverKey() const override { return "boresight_fake"; }
  std::string getHardwareKey() const override { return "fake"; }
  size_t getNumChannels(const int direction) const override {
    return direction == SOAPY_SDR_RX ? fake_.channels : 0;
  }
  std::vector<std::string> getStreamFormats(const int, const size_t) const override { return fake_.formats; }
  std::string getNativeStreamFormat(const int, const size_t, double& full_scale) const override {
    full_scale = fake_.native_full_scale;
    return fake_.native;
  }

  std::vector<std::string> listAntennas(const int, const size_t) const override { return {"A", "B"}; }
  void setAntenna(const int, const size_t, const std::string& name) override { fake_.antenna = name; }
  SoapySDR::Range getGainRange(const int, const size_t) const override { return {0, 40}; }
  void setGain(const int, const size_t, const double value) override { fake_.gain_db = value; }
  double getGain(const int, const size_t) const override { return fake_.gain_db; }
  bool hasGainMode(const int, const size_t) const override { return true; }
  void setGainMode(const int, const size_t, const bool automatic) override {
    fake_.automatic_gain = automatic;
  }
  bool getGainMode(const int, const size_t) const override { return fake_.automatic_gain; }
  SoapySDR::RangeList getFrequencyRange(const int, const size_t) const override { return {{1e6, 6e9}}; }
  void setFrequency(const int, const size_t, const double frequency, const SoapySDR::Kwargs&) override {
    frequency_hz_ = frequency;
  }
  double getFrequency(const int, const size_t) const override { return frequency_hz_; }
  SoapySDR::RangeList getSampleRateRange(const int, const size_t) const override {
    return {{1e5, 2e6}, {5e6, 5e6}};
  }
  void setSampleRate(const int, const size_t, const double rate) override {
    fake_.rate_hz = fake_.rate_becomes_hz != 0 ? fake_.rate_becomes_hz : rate;
  }
  double getSampleRate(const int, const size_t) const override { return fake_.rate_hz; }

  bool hasHardwareTime(const std::string&) const override { return fake_.has_time; }
  long long getHardwareTime(const std::string&) const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  std::vector<std::string> listSensors() const override { return {"lo_locked", "array_positions_m", "bad"}; }
  std::string readSensor(const std::string& key) const override {
    if (key == "lo_locked") return "true";
    if (key == "array_positions_m") return "0 0 0; 0.5 0 0; 1 0 0; 1.5 0 0";
    throw std::runtime_error("sensor broke");
  }

  SoapySDR::Stream* setupStream(const int, const std::string& format, const std::vector<size_t>& channels,
                                const SoapySDR::Kwargs&) override {
    format_ = format;
    channels_ = channels;
    ++fake_.open_streams;
    return reinterpret_cast<SoapySDR::Stream*>(this);
  }
  void closeStream(SoapySDR::Stream*) override { --fake_.open_streams; }
  size_t getStreamMTU(SoapySDR::Stream*) const override { return fake_.mtu; }

  int activateStream(SoapySDR::Stream*, const int flags, const long long time_ns, const size_t) override {
    const long long lead_ns = time_ns - getHardwareTime("");
    fake_.activations.push_back({flags, lead_ns});
    if (!fake_.activate_codes.empty()) {
      const int code = fake_.activate_codes.front();
      fake_.activate_codes.pop_front();
      if (code != 0) return code;
    }
    const bool timed = (flags & SOAPY_SDR_HAS_TIME) != 0;
    // UHD: "Invalid recv stream command - stream now on multiple channels in a single streamer will fail to
    // time align."
    if (fake_.timed_start_required && channels_.size() > 1 && (!timed || lead_ns <= 0)) {
      throw std::runtime_error("stream now on multiple channels will fail to time align");
    }
    if (epoch_ns_ == 0) epoch_ns_ = timed ? time_ns : getHardwareTime("");
    active_ = true;
    dead_ = false;
    return 0;
  }
  int deactivateStream(SoapySDR::Stream*, const int, const long long) override {
    active_ = false;
    ++fake_.deactivations;
    return 0;
  }

  int readStream(SoapySDR::Stream*, void* const* buffs, const size_t elements, int& flags, long long& time_ns,
                 const long timeout_us) override {
    if (flags != 0) ++fake_.reads_with_flags_left;
    fake_.largest_read = std::max(fake_.largest_read, elements);
    if (!active_ || dead_ || fake_.steps.empty()) return wait(timeout_us);
    FakeStep& step = fake_.steps.front();
    const FakeStep now = step;
    if (--step.times == 0) fake_.steps.pop_front();
    if (now.throws) throw std::runtime_error("the device vanished");
    if (now.dead) {
      dead_ = true;
      return wait(timeout_us);
    }
    position_ += now.lost_before;
    flags = now.flags;
    if (now.code == SOAPY_SDR_TIMEOUT) return wait(timeout_us);
    if (now.code != 0) return now.code;
    const std::size_t n = std::min(now.samples, elements);
    for (std::size_t c = 0; c < channels_.size(); ++c) fill(buffs[c], n);
    if (now.stamped) {
      flags |= SOAPY_SDR_HAS_TIME;
      time_ns =
          now.stamp.value_or(epoch_ns_ + std::llround(static_cast<double>(position_) * 1e9 / fake_.rate_hz));
    } else {
      time_ns = 123456789;  // a driver that leaves something there
    }
    position_ += n;
    return static_cast<int>(n);
  }
  int readStreamStatus(SoapySDR::Stream*, size_t&, int&, long long&, const long) override {
    if (!fake_.has_status) return SOAPY_SDR_NOT_SUPPORTED;
    if (fake_.status_codes.empty()) return SOAPY_SDR_TIMEOUT;
    const int code = fake_.status_codes.front();
    fake_.status_codes.pop_front();
    return code;
  }

 private:
  static int wait(long timeout_us) {
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(timeout_us, 2000L)));
    return SOAPY_SDR_TIMEOUT;
  }
  void fill(void* out, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) {
      const auto value = static_cast<std::int16_t>((position_ + i) & 0x7fff);
      if (format_ == "CS16") static_cast<cs16*>(out)[i] = {value, 0};
      if (format_ == "CS8") static_cast<cs8*>(out)[i] = {static_cast<std::int8_t>(value), 0};
      if (format_ == "CF32") static_cast<cf32*>(out)[i] = {static_cast<float>(value), 0};
    }
  }

  Fake& fake_ = Fake::get();
  double frequency_hz_ = 1e9;
  std::string format_;
  std::vector<size_t> channels_;
  bool active_ = false;
  bool dead_ = false;
  long long epoch_ns_ = 0;
  std::uint64_t position_ = 0;
};

SoapySDR::KwargsList find_fake(const SoapySDR::Kwargs& args) {
  const auto driver = args.find("driver");
  if (driver == args.end() || driver->second != "boresight_fake") return {};
  return {args};
}

SoapySDR::Device* make_fake(const SoapySDR::Kwargs& args) {
  if (args.contains("broken")) throw std::runtime_error("it is broken");
  return new FakeDevice;
}

const SoapySDR::Registry registration("boresight_fake", &find_fake, &make_fake, SOAPY_SDR_ABI_VERSION);

}  // namespace
}  // namespace boresight::sdr
