// Recordings: what was recorded is received again, with its gaps and its damage.
#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "boresight/core/types.h"
#include "examples/process.h"

namespace boresight::receive {
namespace {

using nlohmann::json;

class ReceiveRecording : public testing::Test {
 protected:
  // Records `duration_s` of a scene as <folder>/sky; returns the results of that run.
  json record(const SmallScene& scene, const std::string& duration_s) {
    const Ended run = receive({"--device", device_of(folder, scene), "--record", (folder / "sky").string(),
                               "--duration", duration_s, "--json", "-", "--quiet"});
    EXPECT_EQ(run.status, 0) << run.err;
    return run.json();
  }
  json meta() const { return json::parse(contents(folder / "sky.sigmf-meta")); }
  json play(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--input", (folder / "sky.sigmf-meta").string(), "--duration", "9", "--json",
                             "-", "--quiet"});
    const Ended run = receive(more);
    EXPECT_EQ(run.err, "");
    return run.json();
  }

  TemporaryFolder folder;
};

TEST_F(ReceiveRecording, IsReceivedLikeTheDevice) {
  const json first = record({.columns = 2, .rows = 2, .snr_db = 8, .jammer_db = 30}, "0.06");
  EXPECT_EQ(meta()["global"]["core:num_channels"], 4);
  EXPECT_EQ(meta()["global"]["boresight:element_positions_m"].size(), 4U);
  EXPECT_FALSE(meta()["global"]["boresight:pointing_track"].empty());
  const json again = play();
  EXPECT_EQ(again["pointing"], "track of the recording");
  EXPECT_TRUE(again["payload_complete"]);
  EXPECT_EQ(again["payload_sha256"], first["payload_sha256"]);
  EXPECT_EQ(again["frames"], first["frames"]) << "the same samples and directions, bit by bit";
  EXPECT_EQ(again["samples"], first["samples"]);

  // Some of its channels: two elements from west to east still put a null on one jammer.
  const json two = play({"--channels", "1,0"});
  EXPECT_EQ(two["channels"], 2);
  EXPECT_GE(two["frames_ok"], 2);
}

TEST_F(ReceiveRecording, IsNotOverwritten) {
  record({}, "0.04");
  const std::string before = contents(folder / "sky.sigmf-meta");
  const Ended run = receive(
      {"--device", device_of(folder, {}), "--record", (folder / "sky").string(), "--duration", "0.01"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, testing::HasSubstr("sky.sigmf-"));
  EXPECT_EQ(contents(folder / "sky.sigmf-meta"), before);
}

TEST_F(ReceiveRecording, IsNotWrittenWhileItIsRead) {
  record({}, "0.04");
  const std::string files[] = {(folder / "sky.sigmf-meta").string(), (folder / "sky.sigmf-data").string()};
  const std::string before[] = {contents(files[0]), contents(files[1])};
  for (const std::string option : {"--json", "--report", "--output"}) {
    for (const std::string& file : files) {
      const Ended run = receive({"--input", files[0], option, file, "--quiet"});
      EXPECT_EQ(run.status, 1);
      EXPECT_EQ(run.err, "boresight-receive: " + option + ": " + file + ": is the file of --input too\n");
      EXPECT_EQ(contents(files[0]), before[0]);
      EXPECT_EQ(contents(files[1]), before[1]);
    }
  }
}

TEST_F(ReceiveRecording, GapsAreCountedAndFramesGoOn) {
  record({.file_bytes = 10'000'000}, "0.1");
  // 20,000 samples out of the third frame: known to be missing, or only that something is.
  constexpr std::size_t cut = 700'000;
  constexpr std::size_t lost = 20'000;
  std::string samples = contents(folder / "sky.sigmf-data");
  samples.erase(cut * sizeof(cs16), lost * sizeof(cs16));
  put(folder / "sky.sigmf-data", samples);
  json known = meta();
  known["global"].erase("boresight:samples");  // as another program would write it
  json& first = known["captures"][0];
  first["core:global_index"] = 0;
  json second = first;
  second["core:sample_start"] = cut;
  second["core:global_index"] = cut + lost;
  second.erase("core:datetime");
  json unknown = known;
  known["captures"].push_back(second);
  second.erase("core:global_index");
  second["boresight:unknown_gap"] = true;
  unknown["captures"].push_back(second);

  put(folder / "sky.sigmf-meta", known.dump());
  json r = play();
  EXPECT_EQ(r["samples_lost"], lost);
  EXPECT_EQ(r["gaps"], 1);
  EXPECT_EQ(r["source_counters"]["known_gaps"], 1);
  // 6.25 frames in 2 M samples; the third has a hole of a sixteenth of its length, which the code may mend.
  EXPECT_GE(r["frames_ok"], 5);
  const json& last = r["frames"].back();
  EXPECT_EQ(last["sequence"], 5);
  EXPECT_NEAR(last["start_sample"].get<double>(), frame_start(5), 2.0) << "lost samples are counted";

  put(folder / "sky.sigmf-meta", unknown.dump());
  r = play();
  EXPECT_EQ(r["samples_lost"], 0);
  EXPECT_EQ(r["gaps"], 1);
  EXPECT_EQ(r["source_counters"]["unknown_gaps"], 1);
  EXPECT_GE(r["frames_ok"], 4);
  EXPECT_EQ(r["frames"].back()["sequence"], 5);
}

TEST_F(ReceiveRecording, SamplesThatAreNoNumbersAreCleaned) {
  const json before = record({}, "0.04");
  const std::string samples = contents(folder / "sky.sigmf-data");
  std::vector<cf32> floats(samples.size() / sizeof(cs16));
  for (std::size_t i = 0; i < floats.size(); ++i) {
    cs16 x;
    std::memcpy(&x, samples.data() + i * sizeof x, sizeof x);
    floats[i] = cf32(static_cast<float>(x.re), static_cast<float>(x.im)) / 32768.0F;
  }
  // One sample in a thousand; the code mends what their absence costs.
  std::size_t spoiled = 0;
  for (std::size_t i = 500; i < floats.size(); i += 1000, ++spoiled) {
    constexpr float inf = std::numeric_limits<float>::infinity();
    floats[i] = i % 2000 == 500 ? cf32(std::numeric_limits<float>::quiet_NaN(), 0) : cf32(0, -inf);
  }
  put(folder / "sky.sigmf-data",
      std::string(reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(cf32)));
  json description = meta();
  description["global"]["core:datatype"] = "cf32_le";
  put(folder / "sky.sigmf-meta", description.dump());
  const json r = play();
  EXPECT_EQ(r["samples_cleaned"], spoiled);
  EXPECT_EQ(r["frames_ok"], before["frames_ok"]);
  EXPECT_EQ(r["payload_sha256"], before["payload_sha256"]);
}

// Cut at a whole sample, or empty: one line that names the file, and nothing that poses as the whole.
TEST_F(ReceiveRecording, ATruncatedOneIsRefused) {
  record({}, "0.04");
  const std::string samples = contents(folder / "sky.sigmf-data");
  for (const std::size_t left : {samples.size() / 2, std::size_t{0}}) {
    put(folder / "sky.sigmf-data", samples.substr(0, left / 64 * 64));
    const Ended run = receive(
        {"--input", (folder / "sky.sigmf-meta").string(), "--output", (folder / "file").string(), "--quiet"});
    EXPECT_EQ(run.status, 1) << left;
    EXPECT_THAT(run.err, testing::HasSubstr("sky.sigmf-data"));
    EXPECT_FALSE(std::filesystem::exists(folder / "file"));
  }
}

}  // namespace
}  // namespace boresight::receive
