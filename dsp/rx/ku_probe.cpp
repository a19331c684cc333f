#include "boresight/rx/ku_probe.h"

#include <algorithm>
#include <utility>

#include "boresight/frame/header.h"
#include "boresight/frame/ku_frame.h"

namespace boresight::rx {

KuProbe::KuProbe(std::size_t positions) : correlation_(positions + frame::ku_symbol_samples) {
  constexpr std::size_t rows = frame::ku_header_symbols + frame::ku_data_symbols;
  for (Frame& f : frames_) {
    f.channel.resize(1024);
    f.noise_variance.resize(1024);
    f.equalized = GridBuffer<cf32>(rows, frame::ku_data_carriers);
    f.llr = GridBuffer<modem::Llr>(rows, frame::ku_data_carriers * frame::mcs_max_bits_per_symbol);
  }
}

void KuProbe::found(std::int64_t start, std::span<const float> statistic_2) noexcept {
  correlation_size_ = std::min(statistic_2.size(), correlation_.size());
  std::copy_n(statistic_2.begin(), correlation_size_, correlation_.begin());
  correlation_start_ = start;
}

void KuProbe::begin(std::int64_t start_sample, std::span<const cf32> channel,
                    std::span<const float> noise_variance) noexcept {
  Frame& f = frames_[0];
  f.start_sample = start_sample;
  f.symbols = 0;
  f.bits = 2;
  std::copy(channel.begin(), channel.end(), f.channel.begin());
  std::copy(noise_variance.begin(), noise_variance.end(), f.noise_variance.begin());
}

void KuProbe::symbol(std::size_t index, std::span<const cf32> equalized,
                     std::span<const modem::Llr> llr) noexcept {
  Frame& f = frames_[0];
  const std::size_t row = index - frame::ku_first_header_symbol;
  std::copy(equalized.begin(), equalized.end(), f.equalized.row(row).begin());
  std::copy(llr.begin(), llr.end(), f.llr.row(row).begin());
  f.bits = static_cast<unsigned>(llr.size() / frame::ku_data_carriers);
  f.symbols = row + 1;
}

void KuProbe::finish() noexcept {
  std::swap(frames_[0], frames_[1]);
  frames_[0].symbols = 0;
  ++count_;
}

}  // namespace boresight::rx
