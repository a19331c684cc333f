// A SoapySDR receive stream as a Source: starts channels together, survives what drivers do, counts it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boresight/sdr/source.h"

namespace boresight::sdr {

struct SoapySourceConfig {
  /// SoapySDR device arguments, "driver=uhd, serial=...".
  std::string args{};
  std::string stream_args{};            ///< "remote:prot=tcp, ..."
  std::vector<std::size_t> channels{};  ///< device channels, in the order wanted; empty: all receive channels
  // What is not given stays as the device has it.
  std::optional<double> frequency_hz{};
  std::optional<double> sample_rate_hz{};
  std::optional<double> bandwidth_hz{};
  std::optional<double> gain_db{};
  std::optional<std::string> antenna{};
  /// Wanted sample format; not given: what the device counts natively, in the order CS16, CS8, CF32.
  std::optional<SampleFormat> format{};

  /// More than one channel: the stream starts this far ahead of the device's clock, so that all channels
  /// begin at one sample. A device that cannot start by the clock starts at once.
  double start_delay_s = 0.2;
  double dead_after_overflow_s = 0.5;  ///< only timeouts for so long after an overflow: restart the stream
  double dead_s = 5.0;                 ///< only timeouts for so long without one: restart the stream
  double restart_backoff_s = 0.1;      ///< pause before a restart; doubles up to 1 s while nothing comes
  std::size_t restart_limit = 8;       ///< restarts in a row without one sample before the source has failed
};

/// Reads a SoapySDR device.
///
/// Timestamps: a jump ahead by more than one sample is a gap of known size when the time that passed on this
/// machine makes it possible; a jump back or an impossible one is counted as a bad timestamp and ignored
/// until eight in a row agree with each other, which is then a gap of unknown size.
/// Overflows never stop the stream. END_BURST followed by silence is the end of a finite stream.
///
/// SoapySDR's log is kept off the terminal from the first open on, unless SOAPY_SDR_LOG_LEVEL is set.
///
/// Constructor throws ConfigError for a value the device does not offer (names the value and the range;
/// the sample rate is read back and may be off by 1e-6 of itself) and IoError when no device matches.
class SoapySource final : public Source {
 public:
  explicit SoapySource(const SoapySourceConfig& config);
  ~SoapySource() override;

  const SourceInfo& info() const override;
  void start() override;
  void stop() noexcept override;
  Read read(std::span<void* const> channel_buffers, std::size_t max_samples,
            std::chrono::microseconds timeout) override;
  SourceStats stats() const override;
  std::string error() const override;
  std::optional<std::string> sensor_text(std::string_view key) override;

  /// Elements per read the device likes best.
  std::size_t mtu() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One line per device that `args` finds ("driver=boresight, label=..."), each valid as
/// SoapySourceConfig::args; empty when none does. With empty args every installed module searches its
/// hardware, and some search the network; the simulated sky answers to driver=boresight only.
std::vector<std::string> list_devices(std::string_view args = {});

/// Makes driver=boresight known to this process when SoapySDR has not found it by itself: loads the module
/// from lib/SoapySDR/modules<ABI> (or the multiarch library folder) beside the running program's folder.
/// Called by SoapySource and list_devices. Returns whether the driver is registered now.
bool load_bundled_driver();

}  // namespace boresight::sdr
