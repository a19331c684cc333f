// Every frame of recordings from the air: IEEE 802.11a stations, conducted, interleaved int16 at 20 Msps,
// with the idle time between frames cut down to 12 to 310 samples.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "boresight/core/digest.h"
#include "rx/wifi_scene.h"

namespace boresight::rx {
namespace {

struct Expected {
  double start;
  double mbps;
  std::size_t length;
  double carrier_offset_hz;
  std::string sha256;
};

std::vector<Expected> expected_frames(const std::string& recording) {
  std::ifstream file(std::string(BORESIGHT_WIFI_DATA_DIR) + "/expected_frames.csv");
  std::vector<Expected> frames;
  std::string line;
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::stringstream cut(line);
    for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
    // set,file,frame_idx,stf_start_sample,end_sample,phy,...: cfo_hz is 9, psdu_len 11, sha256_mpdu 16.
    if (cells.size() < 17 || cells[1] != recording) continue;
    frames.push_back({std::stod(cells[3]), std::stod(cells[5].substr(2)), std::stoul(cells[11]),
                      std::stod(cells[9]), cells[16]});
  }
  return frames;
}

std::vector<cf32> samples_of(const std::string& recording) {
  std::ifstream file(std::string(BORESIGHT_WIFI_DATA_DIR) + "/" + recording, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<cf32> x(bytes.size() / 4);
  const auto value = [&](std::size_t i) {
    const unsigned low = static_cast<unsigned char>(bytes[2 * i]);
    const unsigned high = static_cast<unsigned char>(bytes[2 * i + 1]);
    return static_cast<float>(static_cast<std::int16_t>(low | (high << 8))) / 32768.0F;
  };
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = {value(2 * i), value(2 * i + 1)};
  return x;
}

class WifiRecordings : public ::testing::TestWithParam<const char*> {};

TEST_P(WifiRecordings, EveryFrameIsReceived) {
  const auto expected = expected_frames(GetParam());
  const auto x = samples_of(GetParam());
  ASSERT_GE(expected.size(), 17U);
  ASSERT_FALSE(x.empty());
  WifiReceiver receiver({});
  const auto got = boresight::testing::receive(receiver, x, x.size());
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(got[i].fcs_ok) << i;
    EXPECT_EQ(got[i].mbps, expected[i].mbps) << i;
    EXPECT_EQ(got[i].psdu.size(), expected[i].length) << i;
    EXPECT_EQ(to_hex(sha256(got[i].psdu)), expected[i].sha256) << i;  // with the FCS
    EXPECT_NEAR(static_cast<double>(got[i].start), expected[i].start, 2.0) << i;
    // Two estimators, of which the list's is from the training symbols alone.
    EXPECT_NEAR(got[i].carrier_offset_hz, expected[i].carrier_offset_hz, 1500.0) << i;
    EXPECT_GT(got[i].mer_db, 25.0) << i;
  }
  EXPECT_EQ(receiver.stats().signal_errors, 0U);
}

TEST_P(WifiRecordings, TheCutDoesNotMatter) {
  const auto x = samples_of(GetParam());
  WifiReceiver whole({});
  const auto expected = boresight::testing::receive(whole, x, x.size());
  ASSERT_FALSE(expected.empty());
  for (const std::size_t piece : {1U, 7U, 1000U, 100'000U}) {
    WifiReceiver receiver({});
    EXPECT_EQ(boresight::testing::receive(receiver, x, piece), expected) << piece;
  }
}

INSTANTIATE_TEST_SUITE_P(Dot11a, WifiRecordings,
                         ::testing::Values("dot11a_6mbps.cs16", "dot11a_12mbps.cs16", "dot11a_24mbps.cs16",
                                           "dot11a_48mbps.cs16"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name.substr(7, name.find('.') - 7);
                         });

}  // namespace
}  // namespace boresight::rx
