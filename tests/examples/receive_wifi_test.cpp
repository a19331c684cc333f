// Recordings from the air through the program: every frame of the list, bit by bit.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "examples/process.h"

namespace boresight::receive {
namespace {

class ReceiveWifi : public testing::TestWithParam<const char*> {};

TEST_P(ReceiveWifi, EveryFrameOfTheListIsReceived) {
  const std::filesystem::path data = std::filesystem::absolute(BORESIGHT_WIFI_DATA_DIR);
  std::ifstream list(data / "expected_frames.csv");
  std::vector<std::vector<std::string>> expected;
  for (std::string line; std::getline(list, line);) {
    std::vector<std::string> cells;
    std::stringstream cut(line);
    for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
    if (cells.size() > 16 && cells[1] == GetParam()) expected.push_back(cells);
  }
  ASSERT_GE(expected.size(), 17U);

  // The recordings are bare samples; a description beside a link to them is all that SigMF needs.
  TemporaryFolder folder;
  std::filesystem::create_symlink(data / GetParam(), folder / GetParam());
  const std::string meta = (folder / "r.sigmf-meta").string();
  put(meta, R"({"global": {"core:datatype": "ci16_le", "core:version": "1.2.0", "core:sample_rate": 20e6,
                           "core:dataset": ")" +
                std::string(GetParam()) + R"("}, "captures": [], "annotations": []})");
  const Ended run = receive({"--input", meta, "--waveform", "wifi20", "--json", "-", "--quiet"});
  EXPECT_EQ(run.status, 0) << run.err;
  const nlohmann::json r = run.json();
  EXPECT_EQ(r["frames_ok"], expected.size());
  EXPECT_EQ(r["frame_error_rate"], 0.0);
  EXPECT_TRUE(r["carrier_hz"].is_null()) << "nobody told it";
  const nlohmann::json& frames = r["frames"];
  ASSERT_EQ(frames.size(), expected.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_TRUE(frames[i]["fcs_ok"]) << i;
    EXPECT_EQ(frames[i]["sha256"], expected[i][16]) << i;
    EXPECT_EQ(frames[i]["psdu_length"], std::stoul(expected[i][11])) << i;
    EXPECT_EQ(frames[i]["rate_mbps"], std::stod(expected[i][5].substr(2))) << i;
    EXPECT_NEAR(frames[i]["start_sample"].get<double>(), std::stod(expected[i][3]), 2.0) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Dot11a, ReceiveWifi,
                         testing::Values("dot11a_6mbps.cs16", "dot11a_12mbps.cs16", "dot11a_24mbps.cs16",
                                         "dot11a_48mbps.cs16"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name.substr(7, name.find('.') - 7);
                         });

}  // namespace
}  // namespace boresight::receive
