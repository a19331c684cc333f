#include "boresight/rx/wifi_probe.h"

#include <algorithm>
#include <utility>

#include "boresight/core/assert.h"
#include "boresight/frame/wifi_codec.h"
#include "boresight/frame/wifi_ht.h"
#include "boresight/sync/wifi_short_training.h"

namespace boresight::rx {
namespace {

constexpr std::size_t correlations_kept = 64;
constexpr std::size_t most_positions = 256;
constexpr std::size_t most_header_symbols = 3;
constexpr auto group = static_cast<std::int64_t>(sync::ShortTrainingDetector::group_samples);

}  // namespace

WifiProbe::WifiProbe() : trail_(correlations_kept) {
  const std::size_t symbols = std::max(
      frame::wifi_data_symbols(frame::WifiRate::r6, frame::wifi_max_psdu_bytes), frame::ht_max_data_symbols);
  for (Frame& f : frames_) {
    f.correlation_2.reserve(correlations_kept);
    f.amplitudes.reserve(most_positions);
    f.header_equalized.reserve(most_header_symbols * frame::wifi_data_carriers);
    f.header_llr.reserve(most_header_symbols * frame::wifi_data_carriers);
    f.equalized.reserve(symbols * frame::ht_data_carriers);
    f.llr.reserve(std::max(frame::wifi_max_coded_bits(), frame::ht_max_coded_bits));
  }
}

void WifiProbe::short_training(double correlation_2) noexcept {
  trail_[trail_next_] = static_cast<float>(correlation_2);
  trail_next_ = (trail_next_ + 1) % trail_.size();
  trail_size_ = std::min(trail_size_ + 1, trail_.size());
}

void WifiProbe::found_short(std::int64_t last_window) noexcept {
  Frame& f = frames_[0];
  f.correlation_2.clear();
  for (std::size_t i = trail_size_; i > 0; --i) {
    f.correlation_2.push_back(trail_[(trail_next_ + trail_.size() - i) % trail_.size()]);
  }
  f.correlation_start = last_window - (static_cast<std::int64_t>(trail_size_) - 1) * group;
}

std::span<float> WifiProbe::long_training(std::int64_t first_position, std::size_t positions) noexcept {
  BORESIGHT_ASSERT(positions <= most_positions);
  Frame& f = frames_[0];
  f.amplitudes.resize(positions);
  f.amplitudes_start = first_position;
  return f.amplitudes;
}

void WifiProbe::begin(std::int64_t start_sample) noexcept {
  Frame& f = frames_[0];
  f.start_sample = start_sample;
  f.header_symbols = 0;
  f.header_equalized.clear();
  f.header_llr.clear();
}

void WifiProbe::header_symbol(std::span<const cf32> equalized, std::span<const modem::Llr> llr) noexcept {
  Frame& f = frames_[0];
  if (f.header_symbols == most_header_symbols) return;  // the probe was set in the middle of a header
  f.header_equalized.insert(f.header_equalized.end(), equalized.begin(), equalized.end());
  f.header_llr.insert(f.header_llr.end(), llr.begin(), llr.end());
  ++f.header_symbols;
}

void WifiProbe::finish(std::span<const cf32> channel, std::span<const float> noise_variance) noexcept {
  finish(channel, noise_variance, {}, {});
}

void WifiProbe::finish(std::span<const cf32> channel, std::span<const float> noise_variance,
                       Grid<const cf32> equalized, std::span<const modem::Llr> llr) noexcept {
  Frame& f = frames_[0];
  std::copy(channel.begin(), channel.end(), f.channel.begin());
  std::copy(noise_variance.begin(), noise_variance.end(), f.noise_variance.begin());
  f.symbols = equalized.rows();
  if (equalized.rows() > 0) f.carriers = equalized.columns();
  f.equalized.clear();
  for (std::size_t s = 0; s < equalized.rows(); ++s) {
    const auto row = equalized.row(s);
    f.equalized.insert(f.equalized.end(), row.begin(), row.end());
  }
  f.llr.assign(llr.begin(), llr.end());
  std::swap(frames_[0], frames_[1]);
  ++count_;
}

}  // namespace boresight::rx
