// What cannot be ends with status 1 and one line that names it; nothing is left behind.
#include <gmock/gmock.h>

#include "examples/process.h"

namespace boresight::receive {
namespace {

const std::string sky = "driver=boresight";

TEST(ReceiveErrors, Options) {
  expect_refusal({}, "--device");
  expect_refusal({"--device", sky, "--input", "a.sigmf-meta"}, "--input a.sigmf-meta");
  expect_refusal({"--device", ""}, "--device");
  expect_refusal({"--bogus"}, "--bogus");
  expect_refusal({"--device", sky, "stray"}, "stray");
  expect_refusal({"--device", sky, "--frames"}, "--frames");
  for (const char* value : {"nonsense", "", "ku21"}) {
    expect_refusal({"--device", sky, "--waveform", value}, "--waveform: " + std::string(value));
  }
  expect_refusal({"--device", sky, "--beamformer", "magic"}, "--beamformer: magic");
  const std::pair<const char*, Arguments> numbers[] = {
      {"--frames", {"0", "-1", "1.5", "many", "99999999999999999999999"}},
      {"--duration", {"0", "-1", "nan", "inf", "1e9", "soon"}},
      {"--rate", {"0", "-20e6", "nan", "1e30", "fast"}},
      {"--frequency", {"0", "-1", "inf", "1e15"}},
      {"--gain", {"nan", "1e6", "loud"}},
      {"--channels", {"0", "1,1", "0,,1", "two", "-1", "4000000000", "99999999999999999999999", "1;2"}},
      {"--azimuth", {"nan", "1000"}},
      {"--elevation", {"91", "-91"}},
      {"--array", {"4y4", "0x4", "4x", "x4", "4x4:", "4x4:nan", "4x4:-1", "4x4:0", "9999x9999", "4x4:0.5m"}},
  };
  for (const auto& [option, values] : numbers) {
    for (const std::string& value : values) expect_refusal({"--device", sky, option, value}, option);
  }
  expect_refusal({"--device", sky, "--azimuth", "10"}, "--azimuth: 10");
  for (const char* option : {"--input", "--antenna", "--array", "--channels", "--output", "--json",
                             "--report", "--record", "--calibration", "--time"}) {
    expect_refusal({"--device", sky, option, ""}, option);
  }
  for (const Arguments& more :
       {Arguments{"--input", "a"}, {"--output", "b"}, {"--quiet"}, {"--frames", "1"}}) {
    expect_refusal(join({"--list-devices", "--device", sky}, more),
                   more[0] + ": means nothing with --list-devices");
  }
  expect_refusal({"--device", sky, "--attitude", "1,2"}, "--attitude");
  expect_refusal({"--device", sky, "--attitude", "1,2,nan"}, "--attitude");
}

TEST(ReceiveErrors, Devices) {
  expect_refusal({"--device", "driver=nope"}, "driver=nope");
  expect_refusal({"--device", sky, "--rate", "10e6"}, "10000000");
  expect_refusal({"--device", sky, "--waveform", "ku240"}, "240000000");
  expect_refusal({"--device", sky, "--waveform", "wifi20", "--rate", "10e6"}, "--rate: 1e+07");
  expect_refusal({"--device", sky + ",waveform=ku240", "--waveform", "wifi20"}, "20000000");
  expect_refusal({"--device", sky, "--frequency", "1e9"}, "1000000000");
  expect_refusal({"--device", sky, "--antenna", "dish"}, "dish");
  expect_refusal({"--device", sky, "--channels", "0,900"}, "900");
  expect_refusal({"--device", sky, "--array", "3x3:0.5"}, "--array: 3x3:0.5: 9 elements");
  expect_refusal({"--device", sky + ",channels=-3"}, "channels=-3");
  expect_refusal({"--device", sky + ",duration_s=nan"}, "duration_s=nan");
}

TEST(ReceiveErrors, Scenarios) {
  TemporaryFolder folder;
  expect_refusal({"--device", sky + ",scenario=/no/such/scene.json"}, "/no/such/scene.json");
  const auto broken = [&folder](const std::string& from, const std::string& to, const std::string& named) {
    std::string text = to_json(SmallScene{});
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    put(folder / "scene.json", text.replace(at, from.size(), to));
    expect_refusal({"--device", sky + ",scenario=" + (folder / "scene.json").string()}, named);
  };
  broken("\"seed\"", "\"sede\"", "sede");
  broken("\"spacing_wavelengths\"", "\"spacing_m\"",
         "array.spacing_m: 0.5: no such key here, spacing_wavelengths is wanted");
  broken("\"columns\":1", "\"columns\":1,\"spacing_m\":1", "spacing_m");
  broken("\"columns\":1", "\"columns\":-1", "columns");
  broken("\"columns\":1", "\"columns\":1000000000", "columns");
  broken("\"columns\":1", "\"columns\":\"one\"", "columns");
  broken("\"snr_db\":15.0", "\"snr_db\":NaN", "scene.json");
  broken("\"snr_db\":15.0", "\"snr_db\":1e999", "scene.json");
  broken("\"elevation_deg\":55", "\"elevation_deg\":155", "elevation_deg");
  broken("{", "", "scene.json");
  put(folder / "scene.json", "");
  expect_refusal({"--device", sky + ",scenario=" + (folder / "scene.json").string()}, "scene.json");
  expect_refusal({"--device", sky + ",scenario=" + folder.path().string()}, folder.path().string());
}

TEST(ReceiveErrors, Recordings) {
  TemporaryFolder folder;
  const std::string meta = (folder / "r.sigmf-meta").string();
  const Arguments input = {"--input", meta};
  expect_refusal(input, meta);
  put(meta, "{ not json");
  expect_refusal(input, meta);
  const auto describe = [&](const std::string& more) {
    put(meta, R"({"global": {"core:datatype": "ci16_le", "core:version": "1.2.0")" + more +
                  R"(}, "captures": [], "annotations": []})");
  };
  const std::string rate = R"(, "core:sample_rate": 20e6)";
  describe(rate);
  expect_refusal(input, "r.sigmf-data");
  put(folder / "r.sigmf-data", std::string(4003, '\0'));
  expect_refusal(input, "truncated");
  put(folder / "r.sigmf-data", std::string(4000, '\0'));
  describe(R"(, "core:sample_rate": -5)");
  expect_refusal(input, "sample_rate");
  describe("");
  expect_refusal(input, "sample_rate");
  describe(R"(, "core:sample_rate": 10e6)");
  expect_refusal({"--input", meta, "--waveform", "wifi20"}, "wifi20 needs 2e+07 Hz");
  expect_refusal({"--input", meta, "--rate", "5e6"}, "was recorded at 1e+07 Hz");
  describe(rate + R"(, "core:num_channels": 2)");
  expect_refusal(input, "--frequency");
  expect_refusal({"--input", meta, "--frequency", "1e9"}, "--array");
  expect_refusal({"--input", meta, "--frequency", "1e9", "--channels", "5,6"}, "--channels: 5");
  describe(rate);
  expect_refusal({"--input", meta, "--gain", "3"}, "--gain: 3");
  expect_refusal({"--input", meta, "--antenna", "RX"}, "--antenna: RX");
  expect_refusal({"--input", folder.path().string()}, folder.path().string());
}

TEST(ReceiveErrors, PlacesThatCannotBeWritten) {
  TemporaryFolder folder;
  const std::string device = device_of(folder, {});
  for (const char* option : {"--output", "--json", "--report", "--record"}) {
    expect_refusal({"--device", device, option, "/no/such/folder/file"}, "/no/such/folder/file");
  }
  for (const char* option : {"--output", "--json", "--report"}) {
    expect_refusal({"--device", device, option, folder.path().string()}, folder.path().string());
  }
  expect_refusal({"--device", device, "--waveform", "wifi20", "--output", "f"}, "--output: f");
  expect_refusal({"--device", device, "--waveform", "wifi20", "--until-complete"},
                 "--until-complete: wifi20");
  EXPECT_EQ(sdr::files_in(folder.path()), 1U);
}

TEST(ReceiveErrors, AFullDiskLeavesNoPartOfAFile) {
  TemporaryFolder folder;
  const std::string device = device_of(folder, {});
  const std::string file = (folder / "file.bin").string();
  put(file, "before");
  expect_refusal({"--device", device, "--output", "/dev/full"}, "/dev/full");
  // 60,000 bytes of file and some kilobytes of report where 4000 are left.
  const Around full{.largest_file_bytes = 4000};
  expect_refusal({"--device", device, "--output", file}, file, full);
  EXPECT_EQ(contents(file), "before");
  expect_refusal({"--device", device, "--quiet", "--report", (folder / "r.html").string()}, "r.html", full);
  expect_refusal({"--device", device, "--record", (folder / "sky").string()}, "sky.sigmf-data", full);
  EXPECT_FALSE(std::filesystem::exists(folder / "sky.sigmf-meta")) << "it would pose as a whole recording";
  EXPECT_FALSE(std::filesystem::exists(folder / "r.html"));
}

}  // namespace
}  // namespace boresight::receive
