// Recordings on disk: what the writer wrote, the source plays; what was tampered with, it refuses.
#include "boresight/sdr/sigmf.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "boresight/core/digest.h"
#include "boresight/core/error.h"
#include "boresight/core/random.h"
#include "sdr/temporary_folder.h"

namespace boresight::sdr {

// In the names of the tests.
inline void PrintTo(SampleFormat format, std::ostream* out) {
  *out << to_string(format);
}

namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::int64_t start_ns = 1'790'000'000'000'000'000;

SourceInfo info_of(std::size_t channels, SampleFormat format) {
  SourceInfo info;
  info.channels = channels;
  info.sample_rate_hz = 1e6;
  info.center_frequency_hz = 943.75e6;
  info.format = format;
  info.full_scale = default_full_scale(format);
  info.description = "a test";
  for (std::size_t c = 0; c < channels; ++c)
    info.element_positions_m.push_back({0.1 * static_cast<double>(c), -0.2, 0});
  return info;
}

// [channels x samples] of random bytes; every byte is a legal part of a sample.
struct Samples {
  Samples(std::size_t channels, std::size_t samples, std::size_t sample_bytes, std::uint64_t seed)
      : rows(channels, std::vector<std::uint8_t>(samples * sample_bytes)) {
    Random random(seed);
    for (auto& row : rows) random.fill(row);
  }
  std::vector<const void*> from(std::size_t byte) const {
    std::vector<const void*> pointers;
    for (const auto& row : rows) pointers.push_back(row.data() + byte);
    return pointers;
  }
  std::vector<std::vector<std::uint8_t>> rows;
};

// Everything the source plays, in reads of `step` samples; `reads` gets every read.
std::vector<std::vector<std::uint8_t>> play(Source& source, std::size_t step,
                                            std::vector<Read>* reads = nullptr) {
  const std::size_t sample_bytes = bytes_per_sample(source.info().format);
  std::vector<std::vector<std::uint8_t>> rows(source.info().channels);
  std::vector<std::vector<std::uint8_t>> buffers(rows.size(), std::vector<std::uint8_t>(step * sample_bytes));
  std::vector<void*> pointers;
  for (auto& buffer : buffers) pointers.push_back(buffer.data());
  source.start();
  for (;;) {
    const Read read = source.read(pointers, step, std::chrono::microseconds(0));
    if (read.status != Read::Status::ok) {
      EXPECT_EQ(read.status, Read::Status::end);
      return rows;
    }
    EXPECT_GE(read.samples, 1U);
    EXPECT_LE(read.samples, step);
    if (reads != nullptr) reads->push_back(read);
    for (std::size_t c = 0; c < rows.size(); ++c) {
      rows[c].insert(rows[c].end(), buffers[c].begin(), buffers[c].begin() + read.samples * sample_bytes);
    }
  }
}

using ChannelsAndFormat = std::tuple<std::size_t, SampleFormat>;
class SigmfRoundTrip : public testing::TestWithParam<ChannelsAndFormat> {};

TEST_P(SigmfRoundTrip, PlaysWhatWasWritten) {
  const auto [channels, format] = GetParam();
  const std::size_t sample_bytes = bytes_per_sample(format);
  constexpr std::size_t total = 10'000;
  TemporaryFolder folder;
  const Samples samples(channels, total, sample_bytes, 1);
  SigmfWriter writer(
      {.path = folder / "pass.1", .source = info_of(channels, format), .start_utc_ns = start_ns});
  for (std::size_t at = 0; at < total; at += 2500) writer.write(samples.from(at * sample_bytes), 2500);
  EXPECT_FALSE(std::filesystem::exists(writer.meta_path()));
  writer.close();
  EXPECT_EQ(writer.meta_path(), folder / "pass.1.sigmf-meta");
  EXPECT_EQ(std::filesystem::file_size(folder / "pass.1.sigmf-data"), total * channels * sample_bytes);

  SigmfSource source(folder / "pass.1.sigmf-meta");
  EXPECT_EQ(source.info().channels, channels);
  EXPECT_EQ(source.info().format, format);
  EXPECT_EQ(source.info().sample_rate_hz, 1e6);
  EXPECT_EQ(source.info().center_frequency_hz, 943.75e6);
  EXPECT_EQ(source.info().full_scale, default_full_scale(format));
  EXPECT_EQ(source.info().element_positions_m, info_of(channels, format).element_positions_m);
  EXPECT_FALSE(source.info().real_time);
  EXPECT_EQ(source.total_samples(), total);
  for (const std::size_t step : {997UL, 1'000'000UL}) {
    std::vector<Read> reads;
    EXPECT_EQ(play(source, step, &reads), samples.rows);
    EXPECT_EQ(reads.front().time_ns, start_ns);
    for (const Read& read : reads) EXPECT_FALSE(read.gap);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SigmfRoundTrip,
                         testing::Combine(testing::Values(1UL, 3UL, 16UL),
                                          testing::Values(SampleFormat::cs8, SampleFormat::cs16,
                                                          SampleFormat::cf32)));

TEST(Sigmf, GapsStayGaps) {
  TemporaryFolder folder;
  const Samples samples(2, 3000, 4, 2);
  SigmfWriter writer(
      {.path = folder / "g.sigmf-data", .source = info_of(2, SampleFormat::cs16), .start_utc_ns = start_ns});
  writer.write(samples.from(0), 1000);
  writer.write(samples.from(4000), 500, 77, true);
  writer.write(samples.from(6000), 500);
  writer.write(samples.from(8000), 600, 0, true);
  writer.write(samples.from(10'400), 400, 5, true);
  writer.close();

  SigmfSource source(folder / "g");
  std::vector<Read> reads;
  EXPECT_EQ(play(source, 100'000, &reads), samples.rows);
  ASSERT_EQ(reads.size(), 4U);
  EXPECT_EQ(reads[0].samples, 1000U);
  EXPECT_FALSE(reads[0].gap);
  EXPECT_EQ(reads[1].samples, 1000U);
  EXPECT_TRUE(reads[1].gap);
  EXPECT_EQ(reads[1].lost_samples, 77U);
  EXPECT_EQ(reads[1].time_ns, start_ns + 1'077'000);
  EXPECT_EQ(reads[2].samples, 600U);
  EXPECT_TRUE(reads[2].gap);
  EXPECT_EQ(reads[2].lost_samples, 0U);
  EXPECT_EQ(reads[2].time_ns, std::nullopt) << "after an unknown gap the time is not known";
  EXPECT_TRUE(reads[3].gap);
  EXPECT_EQ(reads[3].lost_samples, 5U);
  EXPECT_EQ(source.stats().lost_samples, 82U);
  EXPECT_EQ(source.stats().known_gaps, 2U);
  EXPECT_EQ(source.stats().unknown_gaps, 1U);

  // As any other program sees it: the specification's own fields.
  const json meta = json::parse(contents(folder / "g.sigmf-meta"));
  EXPECT_EQ(meta["captures"][1]["core:sample_start"], 1000);
  EXPECT_EQ(meta["captures"][1]["core:global_index"], 1077);
  EXPECT_EQ(meta["captures"][1]["core:datetime"], format_utc(start_ns + 1'077'000));
  EXPECT_EQ(meta["captures"][1]["core:frequency"], 943.75e6);
  EXPECT_EQ(meta["annotations"][0]["core:label"], "gap");
}

TEST(Sigmf, PointingIsASensor) {
  TemporaryFolder folder;
  const Samples samples(1, 400, 4, 3);
  SigmfWriter writer({.path = folder / "p", .source = info_of(1, SampleFormat::cs16)});
  writer.write(samples.from(0), 100);
  writer.point(350, 40);
  writer.write(samples.from(0), 100);
  writer.point(10, 60);
  writer.write(samples.from(0), 200);
  EXPECT_THROW(writer.point(0, 91), ConfigError);
  EXPECT_THROW(writer.point(std::nan(""), 0), ConfigError);
  writer.close();

  SigmfSource source(folder / "p");
  std::vector<cs16> buffer(400);
  void* const pointers[] = {buffer.data()};
  EXPECT_EQ(source.sensor("azimuth_deg"), 350.0);  // held before the first entry
  source.read(pointers, 150, {});
  EXPECT_NEAR(*source.sensor("azimuth_deg"), 0.0, 1e-9);  // half way, the short way around
  EXPECT_NEAR(*source.sensor("elevation_deg"), 50.0, 1e-9);
  source.read(pointers, 200, {});
  EXPECT_EQ(source.sensor("azimuth_deg"), 10.0);
  EXPECT_EQ(source.sensor_text("array_positions_m"), "0 -0.2 0");
  EXPECT_EQ(source.sensor_text("snr_db"), std::nullopt);
}

TEST(Sigmf, ALongTrackIsThinnedEvenly) {
  TemporaryFolder folder;
  const Samples samples(1, 1, 4, 3);
  SigmfWriter writer({.path = folder / "p", .source = info_of(1, SampleFormat::cs16)});
  constexpr std::uint64_t total = 45'000;
  for (std::uint64_t i = 0; i < total; ++i) {
    writer.point(static_cast<double>(i) * 0.001, static_cast<double>(i) * 0.002);
    writer.write(samples.from(0), 1);
  }
  writer.close();
  SigmfSource source(folder / "p");
  const std::vector<SigmfPointing>& track = source.meta().pointing;
  EXPECT_LE(track.size(), 10'000U);
  EXPECT_GT(track.size(), 5000U);
  for (std::size_t i = 0; i < track.size(); ++i) {
    ASSERT_EQ(track[i].sample_start, 8 * i);
    ASSERT_NEAR(track[i].azimuth_deg, 0.008 * static_cast<double>(i), 1e-9);
  }
  EXPECT_GE(track.back().sample_start + 8, total);
}

TEST(Sigmf, UnfinishedRecordingHasNoMetadata) {
  TemporaryFolder folder;
  const Samples samples(1, 100, 4, 4);
  {
    SigmfWriter writer({.path = folder / "u", .source = info_of(1, SampleFormat::cs16)});
    writer.write(samples.from(0), 100);
  }
  EXPECT_EQ(files_in(folder.path()), 0U);
  put(folder / "u.sigmf-data.part", std::string(4000, 'x'));  // of a process that was killed
  SigmfWriter writer({.path = folder / "u", .source = info_of(1, SampleFormat::cs16)});
  writer.write(samples.from(0), 100);
  EXPECT_THROW(SigmfSource(folder / "u"), IoError);
  EXPECT_THAT(message_of<IoError>(
                  [&] { SigmfWriter({.path = folder / "u", .source = info_of(1, SampleFormat::cs16)}); }),
              HasSubstr("u.sigmf-data: another writer is at it"));
  writer.close();
  EXPECT_EQ(files_in(folder.path()), 2U);
  EXPECT_EQ(SigmfSource(folder / "u").total_samples(), 100U);
}

TEST(Sigmf, DoesNotOverwriteUnlessAsked) {
  TemporaryFolder folder;
  const Samples samples(1, 100, 4, 5);
  const SourceInfo info = info_of(1, SampleFormat::cs16);
  SigmfWriter first({.path = folder / "o", .source = info});
  first.write(samples.from(0), 100);
  first.close();
  EXPECT_THROW(first.write(samples.from(0), 1), IoError);
  EXPECT_THROW(first.close(), IoError);
  EXPECT_THAT(message_of<IoError>([&] { SigmfWriter({.path = folder / "o", .source = info}); }),
              HasSubstr("is there already"));
  SigmfWriter second({.path = folder / "o", .source = info, .overwrite = true});
  second.write(samples.from(0), 50);
  EXPECT_EQ(SigmfSource(folder / "o").total_samples(), 100U) << "the old one, until the new one is whole";
  second.close();
  EXPECT_EQ(SigmfSource(folder / "o").total_samples(), 50U);
}

TEST(Sigmf, FullDiskIsAnErrorAndLeavesNoMetadata) {
  TemporaryFolder folder;
  const Samples samples(2, 1000, 4, 6);
  std::string message;
  {
    SigmfWriter writer({.path = folder / "f", .source = info_of(2, SampleFormat::cs16)});
    writer.write(samples.from(0), 1000);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit limit{10'000, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    message = message_of<IoError>([&] { writer.write(samples.from(0), 1000); });
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_THROW(writer.close(), IoError);
  }
  EXPECT_THAT(message, HasSubstr("f.sigmf-data: 2000 of 8000 bytes written after the first 8000"));
  EXPECT_EQ(files_in(folder.path()), 0U);
  SigmfWriter again({.path = folder / "f", .source = info_of(2, SampleFormat::cs16)});
  again.write(samples.from(0), 1000);
  again.close();
  EXPECT_EQ(SigmfSource(folder / "f").total_samples(), 1000U);
}

TEST(Sigmf, ADescriptionThatCannotBeWrittenLeavesNoData) {
  TemporaryFolder folder;
  const Samples samples(1, 100, 4, 9);
  {
    SigmfWriter writer({.path = folder / "m", .source = info_of(1, SampleFormat::cs16)});
    writer.write(samples.from(0), 100);
    std::filesystem::create_directories(folder / "m.sigmf-meta" / "in the way");
    EXPECT_THROW(writer.close(), IoError);
  }
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(Sigmf, WriterRefusesWhatCannotBe) {
  TemporaryFolder folder;
  SourceInfo info = info_of(2, SampleFormat::cs16);
  EXPECT_THROW(SigmfWriter({.path = "", .source = info}), ConfigError);
  EXPECT_THROW(SigmfWriter({.path = folder / "absent" / "x", .source = info}), IoError);
  info.element_positions_m.pop_back();
  EXPECT_THROW(SigmfWriter({.path = folder / "x", .source = info}), ConfigError);
  info = info_of(2, SampleFormat::cs16);
  info.sample_rate_hz = 0;
  EXPECT_THROW(SigmfWriter({.path = folder / "x", .source = info}), ConfigError);
  for (const double rate_hz : {999.0, 1.1e9, std::nan("")}) {
    info.sample_rate_hz = rate_hz;
    EXPECT_THROW(SigmfWriter({.path = folder / "x", .source = info}), ConfigError) << rate_hz;
  }
  info = info_of(2, SampleFormat::cs16);
  info.center_frequency_hz = -1;
  EXPECT_THROW(SigmfWriter({.path = folder / "x", .source = info}), ConfigError);
  info = info_of(2, SampleFormat::cs16);
  for (const double y_m : {-1.1e4, std::nan("")}) {
    info.element_positions_m[1].y = y_m;
    EXPECT_THROW(SigmfWriter({.path = folder / "x", .source = info}), ConfigError) << y_m;
  }
  info = info_of(0, SampleFormat::cs16);
  EXPECT_THROW(SigmfWriter({.path = folder / "x", .source = info}), ConfigError);
  EXPECT_EQ(files_in(folder.path()), 0U);
}

class SigmfFiles : public testing::Test {
 protected:
  // A recording by hand: `data_bytes` bytes and the metadata with what is merged into its global object.
  void make(const std::string& name, std::size_t data_bytes, const json& global, json captures) {
    json tree = {
        {"global", {{"core:datatype", "ci16_le"}, {"core:version", "1.0.0"}, {"core:sample_rate", 1e6}}},
        {"captures", std::move(captures)},
        {"annotations", json::array()}};
    if (!global.empty()) tree["global"].update(global);
    put(folder_ / (name + ".sigmf-meta"), tree.dump());
    std::string data(data_bytes, '\0');
    for (std::size_t i = 0; i < data_bytes; ++i) data[i] = static_cast<char>(i);
    put(folder_ / (name + ".sigmf-data"), data);
  }
  std::string refusal(const std::string& name) {
    return message_of<IoError>([&] { SigmfSource(folder_ / name); });
  }
  const json one_capture_ = json::array({{{"core:sample_start", 0}}});
  TemporaryFolder folder_;
};

TEST_F(SigmfFiles, TruncatedDataNamesTheNumbers) {
  make("t", 1001, {{"core:num_channels", 5}}, one_capture_);
  const std::string message = refusal("t");
  EXPECT_THAT(message, HasSubstr("t.sigmf-data: 1001 bytes"));
  EXPECT_THAT(message, HasSubstr("multiple of the 20 bytes of one sample on 5 channels"));
}

TEST_F(SigmfFiles, CutAtAWholeSampleIsRefusedByTheCount) {
  const Samples samples(2, 1000, 4, 7);
  SigmfWriter writer({.path = folder_ / "cut", .source = info_of(2, SampleFormat::cs16)});
  writer.write(samples.from(0), 1000);
  writer.close();
  EXPECT_EQ(SigmfSource(folder_ / "cut").total_samples(), 1000U);
  std::filesystem::resize_file(folder_ / "cut.sigmf-data", 999 * 8);
  EXPECT_THAT(refusal("cut"),
              HasSubstr("cut.sigmf-data: 999 samples, but its metadata announces 1000: truncated"));
  std::filesystem::resize_file(folder_ / "cut.sigmf-data", 1001 * 8);
  EXPECT_THAT(refusal("cut"), HasSubstr("1001 samples, but its metadata announces 1000"));
  make("none", 0, {}, json::array());
  EXPECT_THAT(refusal("none"), HasSubstr("none.sigmf-data: 0 samples"));
}

TEST_F(SigmfFiles, CaptureBeyondTheDataIsRefused) {
  make("b", 400, {}, json::array({{{"core:sample_start", 101}}}));
  EXPECT_THAT(refusal("b"), HasSubstr("captures[0] begins at sample 101 of a dataset that has 100"));
  make("c", 400, {}, json::array({{{"core:sample_start", 0}}, {{"core:sample_start", 100}}}));
  EXPECT_THAT(refusal("c"), HasSubstr("captures[1] begins at sample 100 of a dataset that has 100"));
}

TEST_F(SigmfFiles, AnnotationBeyondTheDataIsRefused) {
  make("a", 400, {{"core:offset", 50}}, json::array({{{"core:sample_start", 50}}}));
  json tree = json::parse(contents(folder_ / "a.sigmf-meta"));
  tree["annotations"] = json::array({{{"core:sample_start", 149}}});
  put(folder_ / "a.sigmf-meta", tree.dump());
  EXPECT_EQ(SigmfSource(folder_ / "a").total_samples(), 100U);
  tree["annotations"].push_back({{"core:sample_start", 150}});
  put(folder_ / "a.sigmf-meta", tree.dump());
  EXPECT_THAT(refusal("a"), HasSubstr("annotations[1] begins at sample 100 of a dataset that has 100"));
}

TEST_F(SigmfFiles, TheWriterLeavesOutWhatBeginsAfterTheLastSample) {
  const Samples samples(1, 100, 4, 8);
  SigmfWriter writer({.path = folder_ / "w", .source = info_of(1, SampleFormat::cs16)});
  writer.write(samples.from(0), 60);
  writer.write(samples.from(0), 0, 7, true);
  writer.write(samples.from(240), 40);  // 7 samples later
  writer.write(samples.from(0), 0, 9, true);
  writer.write(samples.from(0), 0, 0, true);
  writer.annotate({.sample_start = 99, .label = "last"});
  writer.annotate({.sample_start = 100, .label = "beyond"});
  writer.close();
  SigmfSource source(folder_ / "w");
  EXPECT_EQ(play(source, 1000), samples.rows);
  EXPECT_EQ(source.stats().lost_samples, 7U);
  EXPECT_EQ(source.stats().unknown_gaps, 0U);
  ASSERT_EQ(source.meta().annotations.size(), 1U);
  EXPECT_EQ(source.meta().annotations[0].label, "last");
}

TEST_F(SigmfFiles, HeaderAndTrailingBytesAreSkipped) {
  make("h", 3 + 4 * 10 + 5 + 4 * 20 + 7, {{"core:trailing_bytes", 7}},
       json::array({{{"core:sample_start", 0}, {"core:header_bytes", 3}},
                    {{"core:sample_start", 10}, {"core:header_bytes", 5}}}));
  SigmfSource source(folder_ / "h");
  EXPECT_EQ(source.total_samples(), 30U);
  const auto rows = play(source, 1000);
  ASSERT_EQ(rows[0].size(), 120U);
  EXPECT_EQ(rows[0][0], 3);
  EXPECT_EQ(rows[0][39], 42);
  EXPECT_EQ(rows[0][40], 48);
  EXPECT_EQ(rows[0][119], 127);
}

TEST_F(SigmfFiles, HeaderBytesBeyondTheFileAreRefused) {
  constexpr std::uint64_t huge = std::uint64_t{1} << 62;
  make("h", 400, {{"core:trailing_bytes", huge}},
       json::array({{{"core:sample_start", 0}, {"core:header_bytes", huge}},
                    {{"core:sample_start", 0}, {"core:header_bytes", huge}}}));
  EXPECT_THAT(refusal("h"), HasSubstr("fewer than the"));
}

TEST_F(SigmfFiles, OffsetIsTheFirstSample) {
  make("o", 400, {{"core:offset", 1000}},
       json::array({{{"core:sample_start", 1000}, {"core:global_index", 5000}},
                    {{"core:sample_start", 1040}, {"core:global_index", 6040}}}));
  SigmfSource source(folder_ / "o");
  std::vector<Read> reads;
  play(source, 1000, &reads);
  ASSERT_EQ(reads.size(), 2U);
  EXPECT_EQ(reads[0].samples, 40U);
  EXPECT_FALSE(reads[0].gap);
  EXPECT_EQ(reads[1].lost_samples, 1000U);
}

TEST_F(SigmfFiles, EquivalentCapturesAreOne) {
  make("e", 400, {}, json::array({{{"core:sample_start", 0}}, {{"core:sample_start", 50}}}));
  SigmfSource source(folder_ / "e");
  std::vector<Read> reads;
  play(source, 1000, &reads);
  EXPECT_EQ(reads.size(), 1U);
}

TEST_F(SigmfFiles, RetunedRecordingIsRefused) {
  make("r", 400, {},
       json::array({{{"core:sample_start", 0}, {"core:frequency", 1e9}},
                    {{"core:sample_start", 50}, {"core:frequency", 2e9}}}));
  EXPECT_THAT(refusal("r"), HasSubstr("only one frequency"));
}

TEST_F(SigmfFiles, DatasetCanHaveAnotherName) {
  make("d", 400, {{"core:dataset", "samples.iq"}}, one_capture_);
  EXPECT_THAT(refusal("d"), HasSubstr("samples.iq: No such file"));
  put(folder_ / "samples.iq", std::string(40, 'x'));
  EXPECT_EQ(SigmfSource(folder_ / "d").total_samples(), 10U);
}

TEST_F(SigmfFiles, WhatIsNoRecordingIsNamed) {
  EXPECT_THAT(refusal("absent"), HasSubstr("absent.sigmf-meta: No such file"));
  EXPECT_THAT(refusal("a.sigmf"), HasSubstr("an archive"));
  std::filesystem::create_directory(folder_ / "dir.sigmf-meta");
  EXPECT_THAT(refusal("dir"), HasSubstr("not a regular file"));
}

TEST_F(SigmfFiles, DataThatShrinksWhilePlayingFails) {
  make("s", 400, {}, one_capture_);
  SigmfSource source(folder_ / "s");
  std::filesystem::resize_file(folder_ / "s.sigmf-data", 100);
  std::vector<cs16> buffer(100);
  void* const pointers[] = {buffer.data()};
  EXPECT_EQ(source.read(pointers, 100, {}).status, Read::Status::failed);
  EXPECT_THAT(source.error(), HasSubstr("s.sigmf-data: 100 of 400 bytes at byte 0"));
}

TEST_F(SigmfFiles, CollectionIsOneChannelPerRecording) {
  make("c0", 400, {}, one_capture_);
  make("c1", 400, {}, one_capture_);
  put(folder_ / "c1.sigmf-data", std::string(400, 'z'));
  const auto hash = [&](const std::string& name) {
    const std::string text = contents(folder_ / (name + ".sigmf-meta"));
    return sha512_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  const auto collect = [&](const std::string& hash1) {
    const json tree = {
        {"collection",
         {{"core:version", "1.2.5"},
          {"core:streams", {{{"name", "c0"}, {"hash", hash("c0")}}, {{"name", "c1"}, {"hash", hash1}}}}}}};
    put(folder_ / "all.sigmf-collection", tree.dump());
  };
  collect(hash("c1"));
  SigmfSource source(folder_ / "all");
  EXPECT_EQ(source.info().channels, 2U);
  const std::vector<std::filesystem::path> files = {folder_ / "all.sigmf-collection",
                                                    folder_ / "c0.sigmf-meta", folder_ / "c0.sigmf-data",
                                                    folder_ / "c1.sigmf-meta", folder_ / "c1.sigmf-data"};
  EXPECT_EQ(source.files(), files);
  const auto rows = play(source, 33);
  EXPECT_EQ(rows[0].size(), 400U);
  EXPECT_EQ(rows[0][5], 5);
  EXPECT_EQ(rows[1], std::vector<std::uint8_t>(400, 'z'));

  collect(hash("c0").replace(0, 1, "g"));
  EXPECT_THAT(refusal("all.sigmf-collection"), HasSubstr("its SHA-512 is not"));
  make("c1", 396, {}, one_capture_);
  collect(hash("c1"));
  EXPECT_THAT(refusal("all.sigmf-collection"), HasSubstr("samples 99, but 100"));
  make("c1", 400, {{"core:sample_rate", 2e6}}, one_capture_);
  collect(hash("c1"));
  EXPECT_THAT(refusal("all"), HasSubstr("sample rate"));
}

}  // namespace
}  // namespace boresight::sdr
