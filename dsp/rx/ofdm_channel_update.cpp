// What a burst says of its channel after the training: the header once it is read, and pilots.
#include <algorithm>
#include <cmath>

#include "rx/ofdm_channel.h"

namespace boresight::rx {
namespace {

constexpr auto repeats = static_cast<float>(frame::OfdmBurst::training_symbols);

}  // namespace

void OfdmChannel::begin_more() noexcept {
  for (std::size_t a = 0; a < antennas_; ++a) std::fill(more_.row(a).begin(), more_.row(a).end(), cf32(0));
  std::fill(more_count_.begin(), more_count_.end(), 0.0F);
}

void OfdmChannel::add_more(std::size_t antenna, std::span<const cf32> received,
                           std::span<const std::uint16_t> places, std::span<const cf32> values) noexcept {
  // Values of a modulus other than 1 would weigh otherwise; a header's have it.
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t place = places[i];
    more_(antenna, place) += received[place] * std::conj(values[i]);
    more_count_[antenna * span_ + place] += 1;
  }
}

double OfdmChannel::estimate_with_more() noexcept {
  keep_before();
  double count = 0;
  for (std::size_t a = 0; a < antennas_; ++a) {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const float more = more_count_[a * span_ + used_[i]];
      observed_(a, i) = (observed_(a, i) * repeats + more_(a, used_[i])) / (repeats + more);
      count += static_cast<double>(more);
    }
  }
  // Where not all symbols use all subcarriers, the noise of the mean is taken as equal all the same.
  symbols_ = static_cast<double>(repeats) + count / static_cast<double>(antennas_ * used_.size());
  estimate_channel();
  begin_more();  // for the pilots that follow
  return turn_since();
}

void OfdmChannel::keep_before() noexcept {
  for (std::size_t a = 0; a < antennas_; ++a) {
    std::copy(channel_.row(a).begin(), channel_.row(a).end(), before_.row(a).begin());
  }
}

double OfdmChannel::turn_since() const noexcept {
  cf64 sum = 0;
  for (std::size_t a = 0; a < antennas_; ++a) {
    if (!(mean_noise_[a] > 0)) continue;
    cf64 own = 0;
    for (const std::size_t i : used_) own += cf64(channel_(a, i)) * std::conj(cf64(before_(a, i)));
    sum += own / mean_noise_[a];
  }
  return std::arg(sum);
}

// The pilots of one step lie where those of every other do.
void OfdmChannel::make_follower(std::size_t symbols, double width) {
  const ofdm::Numerology& n = burst_->numerology();
  const std::size_t period = n.period();
  std::vector<bool> pilot(n.fft_size);
  for (std::size_t s = 0; s < period; ++s) {
    for (const std::uint16_t k : burst_->pilot_carriers(s)) pilot[k] = true;
  }
  auto lmmse = prior(*burst_, std::min(width, widest_profile));
  for (const std::uint16_t k : burst_->used_carriers()) {
    if (!pilot[k]) continue;
    lmmse.pilots.push_back({0, k});
    follow_places_.push_back(place(k));
  }
  if (follow_places_.empty()) return;
  follow_symbols_ = (symbols + period - 1) / period * period;
  change_.resize(follow_places_.size());
  follower_.emplace(lmmse);
}

double OfdmChannel::follow() noexcept {
  keep_before();
  for (std::size_t a = 0; a < antennas_; ++a) {
    double count = 0;
    for (std::size_t i = 0; i < change_.size(); ++i) {
      const std::size_t place = follow_places_[i];
      const float n = more_count_[a * span_ + place];
      change_[i] = n > 0 ? more_(a, place) / n - channel_(a, place) : cf32(0);
      count += static_cast<double>(n);
    }
    if (!(count > 0) || !(mean_noise_[a] > 0)) continue;
    const double variance = mean_noise_[a] * static_cast<double>(change_.size()) / count;
    const auto result = follower_->process(change_, variance, Grid<cf32>(full_.data(), 1, full_.size()));
    if (!(result.signal_power > 0)) continue;
    take_span(full_, trial_.row(a));
    for (const std::size_t i : used_) channel_(a, i) += trial_(a, i);
  }
  begin_more();
  return turn_since();
}

}  // namespace boresight::rx
