#include "boresight/sdr/soapy_source.h"

#include <SoapySDR/Constants.h>
#include <SoapySDR/Errors.h>
#include <gmock/gmock.h>

#include <cmath>
#include <thread>

#include "boresight/core/error.h"
#include "boresight/core/types.h"
#include "sdr/fake_device.h"
#include "sdr/temporary_folder.h"

namespace boresight::sdr {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

class SoapySourceTest : public testing::Test {
 protected:
  SoapySourceTest() { Fake::reset(); }

  // Times short enough for a test.
  static SoapySourceConfig quick() {
    SoapySourceConfig config;
    config.args = "driver=boresight_fake";
    config.start_delay_s = 0.02;
    config.dead_after_overflow_s = 0.03;
    config.dead_s = 0.06;
    config.restart_backoff_s = 0.002;
    config.restart_limit = 3;
    return config;
  }

  struct Piece {
    Read read;
    std::int16_t first = 0;  // content of the first sample
  };
  // Reads until `samples` samples came, something ended, or a limit of reads is met.
  static std::vector<Piece> collect(SoapySource& source, std::size_t samples, std::size_t reads = 400) {
    std::vector<std::vector<cs16>> rows(source.info().channels, std::vector<cs16>(4096));
    std::vector<void*> pointers;
    for (auto& row : rows) pointers.push_back(row.data());
    std::vector<Piece> pieces;
    for (std::size_t got = 0; got < samples && reads > 0; --reads) {
      const Read read = source.read(pointers, 4096, milliseconds(2));
      if (read.status == Read::Status::timeout) continue;
      pieces.push_back({read, rows[0][0].re});
      if (read.status != Read::Status::ok) break;
      got += read.samples;
    }
    return pieces;
  }
  // What the source told about gaps must explain what the samples show.
  static void expect_continuous(const std::vector<Piece>& pieces) {
    std::uint64_t next = 0;
    for (const Piece& piece : pieces) {
      ASSERT_EQ(piece.read.status, Read::Status::ok);
      next += piece.read.lost_samples;
      EXPECT_EQ(piece.first, static_cast<std::int16_t>(next & 0x7fff));
      next += piece.read.samples;
    }
  }

  Fake& fake_ = Fake::get();
};

TEST_F(SoapySourceTest, ShortReadsAreNormal) {
  for (const std::size_t n : {1U, 999U, 17U, 1000U, 3U}) fake_.steps.push_back({.samples = n});
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 2020);
  ASSERT_EQ(pieces.size(), 5U);
  expect_continuous(pieces);
  for (const Piece& piece : pieces) EXPECT_FALSE(piece.read.gap);
  EXPECT_EQ(fake_.reads_with_flags_left, 0U);
  EXPECT_EQ(fake_.largest_read, 1000U) << "reads are of the stream's MTU";
  EXPECT_EQ(source.mtu(), 1000U);
  EXPECT_EQ(source.stats().overflows + source.stats().stream_errors + source.stats().restarts, 0U);
}

TEST_F(SoapySourceTest, TellsWhatItIs) {
  fake_.channels = 4;
  SoapySourceConfig config = quick();
  config.channels = {3, 1};
  config.frequency_hz = 2e9;
  config.sample_rate_hz = 1.5e6;
  config.gain_db = 30;
  config.antenna = "B";
  SoapySource source(config);
  EXPECT_EQ(source.info().channels, 2U);
  EXPECT_EQ(source.info().sample_rate_hz, 1.5e6);
  EXPECT_EQ(source.info().center_frequency_hz, 2e9);
  EXPECT_TRUE(source.info().real_time);
  EXPECT_EQ(source.info().element_positions_m, (std::vector<Vec3>{{1.5, 0, 0}, {0.5, 0, 0}}));
  EXPECT_EQ(fake_.gain_db, 30);
  EXPECT_FALSE(fake_.automatic_gain);
  EXPECT_EQ(source.sensor("gain_db"), 30);
  fake_.automatic_gain = true;
  EXPECT_FALSE(source.sensor("gain_db")) << "not a setting";
  EXPECT_EQ(fake_.antenna, "B");
  EXPECT_EQ(source.sensor_text("lo_locked"), "true");
  EXPECT_EQ(source.sensor_text("bad"), std::nullopt);
  EXPECT_EQ(source.sensor_text("absent"), std::nullopt);
}

TEST_F(SoapySourceTest, ChoosesTheFormat) {
  const auto chosen = [this](const std::string& native, double scale, std::vector<std::string> formats) {
    fake_.native = native;
    fake_.native_full_scale = scale;
    fake_.formats = std::move(formats);
    const SourceInfo info = SoapySource(quick()).info();
    return std::pair(info.format, info.full_scale);
  };
  EXPECT_EQ(chosen("CS16", 2048, {"CS16", "CF32"}), std::pair(SampleFormat::cs16, 2048.0));
  EXPECT_EQ(chosen("CS8", 128, {"CS8", "CS16", "CF32"}), std::pair(SampleFormat::cs8, 128.0));
  EXPECT_EQ(chosen("CU8", 128, {"CU8", "CS8", "CS16", "CF32"}), std::pair(SampleFormat::cs8, 128.0));
  EXPECT_EQ(chosen("CS12", 2048, {"CS12", "CS16"}), std::pair(SampleFormat::cs16, 32768.0));
  EXPECT_EQ(chosen("CF64", 1, {"CF64", "CF32"}), std::pair(SampleFormat::cf32, 1.0));
  EXPECT_THROW(chosen("CS12", 2048, {"CS12"}), ConfigError);
  fake_.native = "CS16";
  fake_.formats = {"CS16"};
  SoapySourceConfig config = quick();
  config.format = SampleFormat::cf32;
  EXPECT_THAT(message_of<ConfigError>([&] { SoapySource{config}; }),
              AllOf(HasSubstr("CF32"), HasSubstr("CS16")));
}

TEST_F(SoapySourceTest, SeveralChannelsStartByTheClock) {
  fake_.channels = 4;
  fake_.timed_start_required = true;
  fake_.steps.push_back({.samples = 100});
  SoapySource source(quick());
  source.start();
  expect_continuous(collect(source, 100));
  ASSERT_EQ(fake_.activations.size(), 1U);
  EXPECT_EQ(fake_.activations[0].flags, SOAPY_SDR_HAS_TIME);
  EXPECT_GT(fake_.activations[0].lead_ns, 1'000'000);
}

TEST_F(SoapySourceTest, LateStartIsTriedAgainFurtherAhead) {
  fake_.channels = 2;
  fake_.activate_codes = {SOAPY_SDR_STREAM_ERROR};
  SoapySource source(quick());
  source.start();
  ASSERT_EQ(fake_.activations.size(), 2U);
  EXPECT_GT(fake_.activations[1].lead_ns, fake_.activations[0].lead_ns);
}

TEST_F(SoapySourceTest, FallsBackToAnImmediateStart) {
  fake_.channels = 2;
  fake_.activate_codes = {SOAPY_SDR_NOT_SUPPORTED};
  {
    SoapySource source(quick());
    source.start();
    ASSERT_EQ(fake_.activations.size(), 2U);
    EXPECT_EQ(fake_.activations[1].flags, 0);
  }
  fake_.activations.clear();
  fake_.has_time = false;
  SoapySource source(quick());
  source.start();
  ASSERT_EQ(fake_.activations.size(), 1U);
  EXPECT_EQ(fake_.activations[0].flags, 0);
}

TEST_F(SoapySourceTest, StartThatFailsIsAnIoError) {
  fake_.activate_codes = {SOAPY_SDR_STREAM_ERROR};
  SoapySource source(quick());
  EXPECT_THAT(message_of<IoError>([&] { source.start(); }),
              HasSubstr("cannot start 'driver=boresight_fake'"));
}

TEST_F(SoapySourceTest, OverflowWithTimestampsIsAGapOfKnownSize) {
  fake_.steps = {{.samples = 500},
                 {.lost_before = 2048, .code = SOAPY_SDR_OVERFLOW},
                 {.samples = 500},
                 {.code = SOAPY_SDR_OVERFLOW},
                 {.samples = 500}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 1500);
  ASSERT_EQ(pieces.size(), 3U);
  expect_continuous(pieces);
  EXPECT_TRUE(pieces[1].read.gap);
  EXPECT_EQ(pieces[1].read.lost_samples, 2048U);
  EXPECT_FALSE(pieces[2].read.gap) << "the timestamps say that nothing is missing";
  EXPECT_EQ(source.stats().overflows, 2U);
  EXPECT_EQ(source.stats().lost_samples, 2048U);
  EXPECT_EQ(source.stats().known_gaps, 1U);
  EXPECT_EQ(source.stats().unknown_gaps, 0U);
}

TEST_F(SoapySourceTest, OverflowWithoutTimestampsIsAGapOfUnknownSize) {
  fake_.steps = {{.samples = 500, .stamped = false},
                 {.lost_before = 77, .code = SOAPY_SDR_OVERFLOW},
                 {.samples = 500, .stamped = false},
                 {.samples = 500, .stamped = false}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 1500);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].read.time_ns, std::nullopt) << "a time without HAS_TIME is not a time";
  EXPECT_TRUE(pieces[1].read.gap);
  EXPECT_EQ(pieces[1].read.lost_samples, 0U);
  EXPECT_FALSE(pieces[2].read.gap);
  EXPECT_EQ(source.stats().unknown_gaps, 1U);
}

TEST_F(SoapySourceTest, AbruptEndIsAnOverflowAfterTheSamples) {
  fake_.steps = {{.samples = 500, .flags = SOAPY_SDR_END_ABRUPT}, {.samples = 500, .lost_before = 10}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 1000);
  ASSERT_EQ(pieces.size(), 2U);
  expect_continuous(pieces);
  EXPECT_FALSE(pieces[0].read.gap);
  EXPECT_EQ(pieces[1].read.lost_samples, 10U);
  EXPECT_EQ(source.stats().overflows, 1U);
}

TEST_F(SoapySourceTest, SilentTimestampJumpIsALoss) {
  fake_.steps = {{.samples = 500}, {.samples = 500, .lost_before = 357}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 1000);
  expect_continuous(pieces);
  EXPECT_EQ(source.stats().lost_samples, 357U);
  EXPECT_EQ(source.stats().overflows, 0U);
}

TEST_F(SoapySourceTest, GarbageTimestampsAreIgnored) {
  fake_.steps = {{.samples = 500},
                 {.samples = 500, .stamp = 5403559341571466134},
                 {.samples = 500, .stamp = -1},
                 {.samples = 500}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 2000);
  ASSERT_EQ(pieces.size(), 4U);
  expect_continuous(pieces);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(pieces[i].read.gap);
    EXPECT_EQ(pieces[i].read.time_ns, *pieces[0].read.time_ns + static_cast<std::int64_t>(i) * 500'000);
  }
  EXPECT_EQ(source.stats().bad_timestamps, 2U);
}

TEST_F(SoapySourceTest, TimeoutsAndEmptyReadsAreSurvived) {
  fake_.steps = {{.samples = 100},
                 {.code = SOAPY_SDR_TIMEOUT, .times = 5},
                 {.samples = 0, .times = 5},
                 {.samples = 100}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 200);
  ASSERT_EQ(pieces.size(), 2U);
  expect_continuous(pieces);
  EXPECT_EQ(source.stats().timeouts, 10U);
  EXPECT_EQ(source.stats().restarts, 0U);
}

TEST_F(SoapySourceTest, SilenceAfterAnOverflowRestartsTheStream) {
  fake_.channels = 2;
  fake_.timed_start_required = true;
  fake_.steps = {
      {.samples = 100}, {.lost_before = 50, .code = SOAPY_SDR_OVERFLOW}, {.dead = true}, {.samples = 100}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 200);
  ASSERT_EQ(pieces.size(), 2U);
  expect_continuous(pieces);
  EXPECT_EQ(source.stats().restarts, 1U);
  ASSERT_EQ(fake_.activations.size(), 2U);
  EXPECT_EQ(fake_.activations[1].flags, SOAPY_SDR_HAS_TIME);
  EXPECT_EQ(fake_.deactivations, 1U);
}

TEST_F(SoapySourceTest, StreamErrorsAndExceptionsRestartTheStream) {
  fake_.steps = {{.samples = 100},
                 {.code = SOAPY_SDR_STREAM_ERROR},
                 {.samples = 100, .lost_before = 9},
                 {.throws = true},
                 {.samples = 100}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 300);
  ASSERT_EQ(pieces.size(), 3U);
  expect_continuous(pieces);
  EXPECT_EQ(source.stats().stream_errors, 2U);
  EXPECT_EQ(source.stats().restarts, 2U);
  EXPECT_EQ(source.stats().lost_samples, 9U);
}

TEST_F(SoapySourceTest, CorruptionAndTimeErrorsArePossibleLosses) {
  fake_.steps = {{.samples = 100},
                 {.code = SOAPY_SDR_CORRUPTION},
                 {.samples = 100},
                 {.code = SOAPY_SDR_TIME_ERROR},
                 {.samples = 100, .lost_before = 5}};
  SoapySource source(quick());
  source.start();
  expect_continuous(collect(source, 300));
  EXPECT_EQ(source.stats().stream_errors, 2U);
  EXPECT_EQ(source.stats().restarts, 0U);
  EXPECT_EQ(source.stats().lost_samples, 5U);
}

TEST_F(SoapySourceTest, OverflowStormNeverStopsTheStream) {
  fake_.steps.push_back({.samples = 10});
  for (int i = 0; i < 200; ++i) {
    fake_.steps.push_back({.lost_before = 7, .code = SOAPY_SDR_OVERFLOW});
    fake_.steps.push_back({.samples = 10});
  }
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 2010);
  expect_continuous(pieces);
  EXPECT_EQ(pieces.size(), 201U);
  EXPECT_EQ(source.stats().overflows, 200U);
  EXPECT_EQ(source.stats().restarts, 0U);
  EXPECT_EQ(source.stats().lost_samples, 7U * 200U);
}

TEST_F(SoapySourceTest, DeviceThatVanishedFailsAfterTheLimit) {
  fake_.steps = {{.samples = 100}, {.throws = true, .times = 1000}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 200);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[1].read.status, Read::Status::failed);
  EXPECT_EQ(source.stats().restarts, 3U);
  EXPECT_THAT(source.error(), HasSubstr("gave nothing after 3 restarts"));
  EXPECT_EQ(collect(source, 1, 1)[0].read.status, Read::Status::failed);
}

TEST_F(SoapySourceTest, EndOfBurstThenSilenceIsTheEnd) {
  fake_.steps = {{.samples = 100}, {.samples = 50, .flags = SOAPY_SDR_END_BURST}};
  SoapySource source(quick());
  source.start();
  const auto pieces = collect(source, 200);
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[2].read.status, Read::Status::end);
  EXPECT_EQ(source.stats().restarts, 0U);
}

TEST_F(SoapySourceTest, EndOfBurstBeforeAnOverflowIsNotTheEnd) {
  fake_.steps = {{.samples = 100, .flags = SOAPY_SDR_END_BURST},
                 {.code = SOAPY_SDR_OVERFLOW},
                 {.code = SOAPY_SDR_TIMEOUT, .times = 3},
                 {.samples = 100}};
  SoapySource source(quick());
  source.start();
  expect_continuous(collect(source, 200));
}

TEST_F(SoapySourceTest, StreamStatusIsAskedAboutLosses) {
  fake_.status_codes = {SOAPY_SDR_OVERFLOW};
  fake_.steps = {{.samples = 1, .times = 1'000'000}};
  SoapySource source(quick());
  source.start();
  collect(source, 1);
  std::this_thread::sleep_for(milliseconds(1050));  // it is asked once a second
  collect(source, 1);
  EXPECT_EQ(source.stats().overflows, 1U);
}

TEST_F(SoapySourceTest, StopAndStartAgain) {
  fake_.steps = {{.samples = 10, .times = 4}};
  SoapySource source(quick());
  source.start();
  source.start();
  collect(source, 20);
  source.stop();
  EXPECT_EQ(fake_.deactivations, 1U);
  EXPECT_TRUE(collect(source, 1, 2).empty()) << "a stopped source has nothing to say";
  source.start();
  expect_continuous(collect(source, 20).size() == 2 ? std::vector<Piece>{} : collect(source, 1));
  EXPECT_EQ(fake_.activations.size(), 2U);
}

TEST_F(SoapySourceTest, ClosesWhatItOpened) {
  { const SoapySource source(quick()); }
  EXPECT_EQ(fake_.open_streams, 0U);
}

TEST_F(SoapySourceTest, RefusesWhatTheDeviceDoesNotOffer) {
  const auto refusal = [](auto change) {
    SoapySourceConfig config = quick();
    change(config);
    return message_of<ConfigError>([&] { SoapySource{config}; });
  };
  EXPECT_THAT(refusal([](auto& c) { c.sample_rate_hz = 3e6; }),
              AllOf(HasSubstr("sample rate (Hz) 3000000"), HasSubstr("100000 to 2000000, 5000000")));
  EXPECT_THAT(refusal([](auto& c) { c.sample_rate_hz = -1; }), HasSubstr("must be positive"));
  EXPECT_THAT(refusal([](auto& c) { c.sample_rate_hz = std::nan(""); }), HasSubstr("nan"));
  EXPECT_THAT(refusal([](auto& c) { c.frequency_hz = 11.325e9; }), HasSubstr("frequency (Hz) 11325000000"));
  EXPECT_THAT(refusal([](auto& c) { c.gain_db = 99; }),
              AllOf(HasSubstr("gain (dB) 99"), HasSubstr("0 to 40")));
  EXPECT_THAT(refusal([](auto& c) { c.antenna = "RX9"; }), AllOf(HasSubstr("RX9"), HasSubstr("A, B")));
  EXPECT_THAT(refusal([](auto& c) { c.channels = {0, 1}; }), HasSubstr("channel 1 is not one of the 1"));
  EXPECT_THAT(refusal([](auto& c) { c.args = ""; }), HasSubstr("driver=NAME"));
  EXPECT_THAT(refusal([](auto& c) { c.dead_s = 0; }), HasSubstr("dead_s"));
  fake_.channels = 2;
  EXPECT_THAT(refusal([](auto& c) { c.channels = {1, 1}; }), HasSubstr("asked for twice"));
  fake_.rate_becomes_hz = 1.00001e6;
  EXPECT_THAT(refusal([](auto& c) { c.sample_rate_hz = 1e6; }), HasSubstr("1000000 became 1000010"));
}

TEST_F(SoapySourceTest, UnknownDriverIsOneLine) {
  SoapySourceConfig config = quick();
  config.args = "driver=boresight_nobody";
  testing::internal::CaptureStderr();
  const std::string message = message_of<IoError>([&] { SoapySource{config}; });
  EXPECT_THAT(message,
              testing::StartsWith("no SoapySDR device matches 'driver=boresight_nobody': there is no "
                                  "module for 'boresight_nobody' (there are: "));
  EXPECT_THAT(message, testing::ContainsRegex("[ :]boresight_fake[ )].*SOAPY_SDR_PLUGIN_PATH$"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  config.args = "driver=boresight_fake,broken=1";
  EXPECT_EQ(message_of<IoError>([&] { SoapySource{config}; }),
            "cannot open 'driver=boresight_fake,broken=1': it is broken");
}

TEST_F(SoapySourceTest, ListsDevices) {
  EXPECT_EQ(list_devices("driver=boresight_fake, serial=7"),
            std::vector<std::string>{"driver=boresight_fake, serial=7"});
  EXPECT_TRUE(list_devices("driver=boresight_nobody").empty());
}

}  // namespace
}  // namespace boresight::sdr
