// What boresight-receive delivers: the file, the numbers, the report, the way it ends.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "boresight/core/digest.h"
#include "examples/process.h"

namespace boresight::receive {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string sha256_of(const std::string& bytes) {
  return to_hex(sha256({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
}

TEST(Receive, TheFileIsTheOneThatWasSent) {
  TemporaryFolder folder;
  const std::string file = (folder / "file.bin").string();
  const std::string results = (folder / "r.json").string();
  const Ended run = receive({"--device", device_of(folder, {}), "--output", file, "--json", results});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.err, "");
  const json r = json::parse(contents(results));
  EXPECT_EQ(contents(file).size(), 60'000U);
  EXPECT_EQ(r["payload_sha256"], sha256_of(contents(file)));
  EXPECT_EQ(r["truth"]["payload_sha256"], sha256_of(contents(file)));
  EXPECT_TRUE(r["payload_complete"]);
  EXPECT_EQ(r["frame_error_rate"], 0.0);
  EXPECT_THAT(run.out, HasSubstr("the one that was sent"));
  EXPECT_THAT(run.out, HasSubstr(sha256_of(contents(file))));
  EXPECT_EQ(sdr::files_in(folder.path()), 3U) << "scene, file and results; no temporary is left";
}

TEST(Receive, JsonHasEveryKeyAndItsType) {
  TemporaryFolder folder;
  const json r =
      receive({"--device", device_of(folder, {.columns = 2, .rows = 2}), "--json", "-", "--quiet"}).json();
  for (const char* key :
       {"waveform", "beamformer", "source", "pointing", "payload_sha256", "payload_sha256_announced"}) {
    EXPECT_TRUE(r.at(key).is_string()) << key;
  }
  for (const char* key :
       {"frames_detected", "frames_ok", "headers_failed", "payloads_failed", "frames_missed", "samples",
        "samples_lost", "samples_cleaned", "gaps", "channels", "payload_bytes"}) {
    EXPECT_TRUE(r.at(key).is_number_unsigned()) << key;
  }
  for (const char* key : {"frame_error_rate", "snr_db", "mer_db", "doppler_hz", "duration_s",
                          "first_frame_ok_s", "azimuth_deg", "elevation_deg"}) {
    EXPECT_TRUE(r.at(key).is_number()) << key;
  }
  EXPECT_TRUE(r.at("last_frame_failed_s").is_null());
  EXPECT_TRUE(r.at("jammer_to_noise_db").is_null()) << "the satellite is no jammer";
  EXPECT_TRUE(r.at("payload_complete").is_boolean());
  EXPECT_EQ(r.at("source_counters").at("overflows"), 0);
  EXPECT_EQ(r["waveform"], "ku20");
  EXPECT_EQ(r["beamformer"], "mvdr");
  EXPECT_EQ(r["channels"], 4);
  EXPECT_NEAR(r["azimuth_deg"], 140.0, 1e-6);
  EXPECT_NEAR(r["elevation_deg"], 55.0, 1e-6);
  // 230 kHz at 11.325 GHz, at a carrier twelve times lower.
  EXPECT_NEAR(r["doppler_hz"], 230e3 / 12, 20.0);
  // Four elements add 6 dB to 15 dB; phase errors of the weights and the estimate itself cost some tenths.
  EXPECT_NEAR(r["snr_db"], 21.0, 0.7);

  const json& frames = r.at("frames");
  ASSERT_EQ(frames.size(), r["frames_detected"].get<std::size_t>());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].at("sequence"), i);
    EXPECT_TRUE(frames[i].at("ok"));
    EXPECT_NEAR(frames[i].at("start_sample").get<double>(), frame_start(i), 2.0);
  }
}

TEST(Receive, WhatIsNotKnownIsNull) {
  TemporaryFolder folder;
  // 20 dB below the noise, one element: nothing can be found.
  const Ended run = receive(
      {"--device", device_of(folder, {.snr_db = -20}), "--duration", "0.02", "--json", "-", "--quiet"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.err, "");
  const json r = run.json();
  for (const char* key :
       {"frame_error_rate", "snr_db", "mer_db", "doppler_hz", "payload_sha256", "payload_sha256_announced",
        "payload_bytes", "first_frame_ok_s", "jammer_to_noise_db"}) {
    EXPECT_TRUE(r.at(key).is_null()) << key;
  }
  EXPECT_EQ(r["frames_detected"], 0);
  EXPECT_FALSE(r["payload_complete"]);
  EXPECT_DOUBLE_EQ(r["duration_s"], 0.02);
  EXPECT_TRUE(r["frames"].empty());
}

TEST(Receive, AnIncompleteFileIsNotWrittenAndTheOldOneStays) {
  TemporaryFolder folder;
  const std::string file = (folder / "file.bin").string();
  put(file, "what was there before");
  const Ended run =
      receive({"--device", device_of(folder, {.file_bytes = 200'000}), "--output", file, "--frames", "2"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.out, HasSubstr("incomplete: 2 of 6 blocks"));
  EXPECT_EQ(contents(file), "what was there before");
  EXPECT_EQ(sdr::files_in(folder.path()), 2U);
}

TEST(Receive, FramesAndDurationEndTheRun) {
  TemporaryFolder folder;
  const std::string device = device_of(folder, {});
  json r = receive({"--device", device, "--frames", "3", "--json", "-", "--quiet"}).json();
  EXPECT_EQ(r["frames_detected"], 3) << "not ended by the file, which two frames hold";
  EXPECT_TRUE(r["payload_complete"]);
  r = receive({"--device", device, "--duration", "0.0251", "--json", "-", "--quiet"}).json();
  EXPECT_EQ(r["samples"], 502'000);
  r = receive({"--device", device, "--duration", "1", "--until-complete", "--json", "-", "--quiet"}).json();
  EXPECT_EQ(r["frames_ok"], 2);
  r = receive({"--device", device + ",duration_s=0.02", "--duration", "5", "--json", "-", "--quiet"}).json();
  EXPECT_EQ(r["samples"], 400'000) << "the end of the source";
}

TEST(Receive, NullsMakeTheDifferenceUnderAJammer) {
  TemporaryFolder folder;
  const std::string device = device_of(folder, {.columns = 2, .rows = 2, .snr_db = 8, .jammer_db = 30});
  const auto with = [&](const char* beamformer) {
    return receive(
        {"--device", device, "--beamformer", beamformer, "--duration", "0.06", "--json", "-", "--quiet"});
  };
  const Ended mvdr = with("mvdr");
  EXPECT_EQ(mvdr.status, 0);
  EXPECT_EQ(mvdr.json()["frames_ok"], 3);
  EXPECT_TRUE(mvdr.json()["payload_complete"]);
  // All power above the noise: 30 dB of jammer and 8 dB of satellite.
  EXPECT_NEAR(mvdr.json()["jammer_to_noise_db"], 30.0, 0.5);
  for (const char* beamformer : {"robust", "subspace", "power-inversion"}) {
    const Ended other = with(beamformer);
    EXPECT_EQ(other.status, 0) << beamformer;
    // Power inversion weakens a satellite of 8 dB, too.
    EXPECT_GE(other.json()["frames_ok"], std::string(beamformer) == "power-inversion" ? 1 : 3) << beamformer;
    EXPECT_EQ(other.json()["beamformer"], beamformer);
    // Without unit gain nobody knows what of it is the satellite.
    const auto jammer_db = other.json()["jammer_to_noise_db"];
    if (std::string(beamformer) == "power-inversion") {
      EXPECT_TRUE(jammer_db.is_null());
    } else {
      EXPECT_NEAR(jammer_db.get<double>(), 30.0, 0.5) << beamformer;
    }
  }
  for (const char* beamformer : {"conventional", "single"}) {
    const Ended other = with(beamformer);
    EXPECT_EQ(other.status, 2) << beamformer;
    EXPECT_EQ(other.json()["frames_ok"], 0) << beamformer;
    EXPECT_TRUE(other.json()["jammer_to_noise_db"].is_null()) << beamformer;
  }
}

TEST(Receive, AnInterruptEndsInGoodOrder) {
  for (const int number : {SIGINT, SIGTERM}) {
    TemporaryFolder folder;
    const std::string recording = (folder / "sky").string();
    Process process({"--device", device_of(folder, {.file_bytes = 10'000'000}), "--record", recording,
                     "--json", (folder / "r.json").string()});
    // Three frames of samples on the disk, and at least two of them through the chain.
    const std::filesystem::path data = recording + ".sigmf-data.part";
    std::error_code error;
    for (int i = 0; i < 3000; ++i) {
      if (std::filesystem::exists(data, error) && std::filesystem::file_size(data, error) > 3'840'000) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    process.signal(number);
    const Ended run = process.wait();
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("interrupted"));
    const json r = json::parse(contents(folder / "r.json"));
    EXPECT_TRUE(r["interrupted"]);
    EXPECT_GE(r["frames_ok"], 2);
    EXPECT_FALSE(r["payload_complete"]);
    EXPECT_TRUE(std::filesystem::exists(recording + ".sigmf-meta")) << "the recording is whole";
  }
}

TEST(Receive, TheReportStandsAlone) {
  TemporaryFolder folder;
  const std::string path = (folder / "report.html").string();
  const Ended run =
      receive({"--device", device_of(folder, {.columns = 2, .rows = 2, .snr_db = 8, .jammer_db = 30}),
               "--report", path, "--json", "-", "--quiet"});
  EXPECT_EQ(run.status, 0);
  const std::string html = contents(path);
  const json r = run.json();
  for (const char* outside :
       {"http:", "https:", "src=", "<script", "<link", "@import", "url(h", "nan", "inf "}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
  for (const char* title :
       {"Constellation of the last good frame", "Spectrum before and after the beamformer",
        "What the array hears", "What the beam lets through", "Beam over elevation", "Frames over time",
        "in phase (unit mean power)", "elevation (degrees)", "time (s)"}) {
    EXPECT_THAT(html, HasSubstr(title));
  }
  EXPECT_THAT(html, HasSubstr(r["payload_sha256"].get<std::string>()));
  // Where the scene has its jammer, to within the third of a beam that four elements resolve.
  const std::size_t at = html.find("<td>Strongest jammer</td><td>azimuth ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_NEAR(std::stod(html.substr(at + 37)), 250.0, 10.0);
  const auto count = [&html](const std::string& what) {
    std::size_t found = 0;
    for (std::size_t i = html.find(what); i != std::string::npos; i = html.find(what, i + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<svg"), 6U);
  EXPECT_EQ(count("<svg"), count("</svg>"));
}

TEST(Receive, AReportOfNothingIsAReport) {
  TemporaryFolder folder;
  const std::string path = (folder / "report.html").string();
  const Ended run =
      receive({"--device", device_of(folder, {.snr_db = -20}), "--report", path, "--duration", "0.0001"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(contents(path), HasSubstr("No frame was found."));
}

TEST(Receive, TheStatusLineIsForTerminals) {
  TemporaryFolder folder;
  const std::vector<std::string> arguments = {"--device", device_of(folder, {}), "--duration", "0.1"};
  // A log gets whole lines, and only from a run of more than ten seconds.
  EXPECT_THAT(receive(arguments).err, Not(testing::ContainsRegex("[\r\033]"))) << "not a terminal";
  const Ended shown = receive(arguments, {.error_on_terminal = true});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.err, HasSubstr("\r"));
  EXPECT_THAT(shown.err, HasSubstr("FER"));
  EXPECT_THAT(shown.err, Not(HasSubstr("\n"))) << "one line, rewritten";
  EXPECT_THAT(shown.out, Not(HasSubstr("\033")));
  const Ended plain = receive(arguments, {.error_on_terminal = true, .environment = {"NO_COLOR=1"}});
  EXPECT_THAT(plain.err, Not(HasSubstr("\033[3"))) << "no colors";
  std::vector<std::string> quiet = arguments;
  quiet.push_back("--quiet");
  EXPECT_EQ(receive(quiet, {.error_on_terminal = true}).err, "");
}

}  // namespace
}  // namespace boresight::receive
