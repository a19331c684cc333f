#include "boresight/sdr/source.h"

#include <gtest/gtest.h>

#include <map>

#include "boresight/core/types.h"

namespace boresight::sdr {
namespace {

class Sensors final : public Source {
 public:
  const SourceInfo& info() const override { return info_; }
  Read read(std::span<void* const>, std::size_t, std::chrono::microseconds) override { return {}; }
  std::optional<std::string> sensor_text(std::string_view key) override {
    const auto found = texts_.find(std::string(key));
    if (found == texts_.end()) return std::nullopt;
    return found->second;
  }

 private:
  SourceInfo info_;
  std::map<std::string, std::string> texts_{{"good", "-12.5e1"}, {"comma", "1,5"}, {"words", "locked"},
                                            {"unit", "3 dB"},    {"nan", "nan"},   {"infinite", "inf"},
                                            {"huge", "1e999"},   {"empty", ""}};
};

TEST(Source, SensorsAreNumbersOrNothing) {
  Sensors source;
  EXPECT_EQ(source.sensor("good"), -125.0);
  for (const char* key : {"comma", "words", "unit", "nan", "infinite", "huge", "empty", "absent"}) {
    EXPECT_EQ(source.sensor(key), std::nullopt) << key;
  }
}

TEST(Source, FormatsTellTheirSizeScaleAndName) {
  EXPECT_EQ(bytes_per_sample(SampleFormat::cs8), sizeof(cs8));
  EXPECT_EQ(bytes_per_sample(SampleFormat::cs16), sizeof(cs16));
  EXPECT_EQ(bytes_per_sample(SampleFormat::cf32), sizeof(cf32));
  EXPECT_EQ(default_full_scale(SampleFormat::cs8), 128.0);
  EXPECT_EQ(default_full_scale(SampleFormat::cs16), 32768.0);
  EXPECT_EQ(default_full_scale(SampleFormat::cf32), 1.0);
  EXPECT_EQ(to_string(SampleFormat::cs16), "cs16");
}

}  // namespace
}  // namespace boresight::sdr
