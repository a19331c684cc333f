// Frames of every format and channel width through the program: what it says of them.
#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/wifi_ampdu.h"
#include "boresight/tx/wifi_transmitter.h"
#include "examples/process.h"

namespace boresight::receive {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string sha256_of(std::span<const std::uint8_t> bytes) {
  return to_hex(sha256(bytes));
}

std::vector<std::uint8_t> mpdu_of(std::size_t length, std::uint64_t seed) {
  std::vector<std::uint8_t> mpdu(length);
  Random(seed).fill(mpdu);
  frame::write_fcs(mpdu);
  return mpdu;
}

class ReceiveWifiFormats : public testing::Test {
 protected:
  void send(std::span<const cf32> frame) {
    x_.resize(x_.size() + 200);
    starts_.push_back(x_.size());
    x_.insert(x_.end(), frame.begin(), frame.end());
  }
  void send(frame::WifiRate rate, std::span<const std::uint8_t> psdu) {
    std::vector<cf32> frame(transmitter_.frame_samples(rate, psdu.size()));
    transmitter_.transmit(rate, psdu, 0x5D, frame);
    send(frame);
  }
  void send(const frame::HtSignal& signal, std::span<const std::uint8_t> psdu) {
    std::vector<cf32> frame(transmitter_.frame_samples(signal));
    transmitter_.transmit(signal, psdu, 0x5D, frame);
    send(frame);
  }
  // What has been sent as a recording of that rate, 25 dB above the noise, the carrier off by 1e-3 of it.
  Ended run(double rate_hz, std::vector<std::string> options) {
    x_.resize(x_.size() + 200);
    for (std::size_t i = 0; i < x_.size(); ++i)
      x_[i] *= cf32(std::polar(1.0, 2 * pi * 1e-3 * static_cast<double>(i)));
    Random(1).add_noise(x_, static_cast<float>(power_from_db(-25.0)));
    put(folder_ / "r.sigmf-data",
        std::string(reinterpret_cast<const char*>(x_.data()), x_.size() * sizeof(cf32)));
    put(folder_ / "r.sigmf-meta", R"({"global": {"core:datatype": "cf32_le", "core:version": "1.2.0",
                                      "core:sample_rate": )" +
                                      std::to_string(rate_hz) + R"(}, "captures": [], "annotations": []})");
    options.insert(options.end(), {"--input", (folder_ / "r.sigmf-meta").string()});
    return receive(options);
  }

  tx::WifiTransmitter transmitter_{tx::WifiTransmitter::Config{}};
  std::vector<cf32> x_;
  std::vector<std::size_t> starts_;
  TemporaryFolder folder_;
};

TEST_F(ReceiveWifiFormats, HtFieldsAreShown) {
  const auto plain = mpdu_of(300, 2);
  send({.mcs = 3, .length = 300}, plain);
  const std::array mpdus{mpdu_of(400, 3), mpdu_of(77, 4)};
  std::vector<std::uint8_t> aggregate(
      frame::ampdu_bytes(std::array<std::size_t, 2>{mpdus[0].size(), mpdus[1].size()}));
  std::size_t used = 0;
  for (const auto& mpdu : mpdus) used = frame::append_mpdu(aggregate, used, mpdu);
  send({.mcs = 7,
        .length = static_cast<std::uint16_t>(aggregate.size()),
        .aggregated = true,
        .ldpc = true,
        .short_guard = true},
       aggregate);
  send(frame::WifiRate::r24, plain);
  auto broken = plain;
  broken[0] ^= 1;
  send({.mcs = 0, .length = 300, .ldpc = true}, broken);
  const std::string results = (folder_ / "r.json").string();
  const Ended ended = run(20e6, {"--waveform", "wifi20", "--json", results});
  EXPECT_EQ(ended.status, 0) << ended.err;
  const json r = json::parse(contents(results));
  const json& frames = r.at("frames");
  ASSERT_EQ(frames.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(frames[i]["format"], i == 2 ? "legacy" : "ht");
    EXPECT_EQ(frames[i]["fcs_ok"], i != 3);
    EXPECT_EQ(frames[i]["start_sample"], starts_[i]);
    EXPECT_NEAR(frames[i]["carrier_offset_hz"], 20e3, 200.0);
  }
  EXPECT_EQ(frames[0]["ht"], json::parse(R"({"mcs": 3, "guard_interval_ns": 800.0, "coding": "bcc",
                                             "aggregated": false, "mpdus": null})"));
  EXPECT_EQ(frames[0]["rate_mbps"], 26.0);
  EXPECT_EQ(frames[0]["sha256"], sha256_of(plain));
  const json& ht = frames[1]["ht"];
  EXPECT_EQ(ht["mcs"], 7);
  EXPECT_EQ(ht["guard_interval_ns"], 400.0);
  EXPECT_EQ(ht["coding"], "ldpc");
  EXPECT_EQ(ht["aggregated"], true);
  ASSERT_EQ(ht["mpdus"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(ht["mpdus"][i]["length"], mpdus[i].size());
    EXPECT_EQ(ht["mpdus"][i]["fcs_ok"], true);
    EXPECT_EQ(ht["mpdus"][i]["sha256"], sha256_of(mpdus[i]));
  }
  EXPECT_NEAR(frames[1]["rate_mbps"], 72.2, 0.03);
  EXPECT_TRUE(frames[2]["ht"].is_null());
  EXPECT_EQ(frames[3]["ht"]["coding"], "ldpc");

  EXPECT_THAT(ended.out, HasSubstr("1 good of 1: MCS 3, 800 ns guard (26 Mbit/s)\n"));
  EXPECT_THAT(ended.out, HasSubstr("1 good of 1: MCS 7, 400 ns guard, LDPC, A-MPDU (72.2 Mbit/s)\n"));
  EXPECT_THAT(ended.out, HasSubstr("1 good of 1: 24 Mbit/s\n"));
  EXPECT_THAT(ended.out, HasSubstr("0 good of 1: MCS 0, 800 ns guard, LDPC (6.5 Mbit/s)\n"));
}

// The same samples more slowly (17.3.2.3): rates and offsets shrink, everything else stays.
TEST_F(ReceiveWifiFormats, NarrowChannelsAreReceivedAtTheirRates) {
  std::vector<std::vector<std::uint8_t>> psdus;
  for (std::size_t r = 0; r < frame::wifi_rate_count; ++r) {
    psdus.push_back(mpdu_of(100 + r, r));
    send(static_cast<frame::WifiRate>(r), psdus.back());
  }
  send({.mcs = 5, .length = 300, .short_guard = true}, mpdu_of(300, 9));
  const std::vector<cf32> sent = x_;
  for (const double mhz : {5.0, 10.0, 20.0}) {
    x_ = sent;
    const std::string name = "wifi" + std::to_string(static_cast<int>(mhz));
    const Ended ended = run(mhz * 1e6, {"--waveform", name, "--json", "-", "--quiet"});
    ASSERT_EQ(ended.status, 0) << ended.err;
    const json r = ended.json();
    EXPECT_EQ(r["waveform"], name);
    EXPECT_EQ(r["sample_rate_hz"], mhz * 1e6);
    EXPECT_EQ(r["frames_ok"], 9);
    const json& frames = r["frames"];
    ASSERT_EQ(frames.size(), 9U) << mhz;
    for (std::size_t i = 0; i < psdus.size(); ++i) {
      EXPECT_EQ(frames[i]["start_sample"], starts_[i]);
      EXPECT_EQ(frames[i]["sha256"], sha256_of(psdus[i]));
      EXPECT_EQ(frames[i]["rate_mbps"], frame::wifi_rate(static_cast<frame::WifiRate>(i)).mbps * mhz / 20);
      EXPECT_NEAR(frames[i]["carrier_offset_hz"], mhz * 1e3, 1e-2 * mhz * 1e3);
    }
    EXPECT_EQ(frames[8]["ht"]["guard_interval_ns"], 400 * 20 / mhz);
  }
}

TEST_F(ReceiveWifiFormats, ARecordingOfAnotherRateIsRefused) {
  send(frame::WifiRate::r6, mpdu_of(50, 1));
  const Ended ended = run(20e6, {"--waveform", "wifi10"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("wifi10 needs 1e+07 Hz"));
  const Ended output = run(10e6, {"--waveform", "wifi10", "--output", (folder_ / "f").string()});
  EXPECT_EQ(output.status, 1);
  EXPECT_THAT(output.err, HasSubstr("wifi10 frames carry no file"));
}

TEST(ReceiveWifiHelp, NamesTheChannels) {
  const std::string help = receive({"--help"}).out;
  for (const char* name : {"wifi20", "wifi10", "wifi5"}) EXPECT_THAT(help, HasSubstr(name));
}

}  // namespace
}  // namespace boresight::receive
