#include "boresight/rx/ofdm_probe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "boresight/core/error.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/ofdm_burst.h"

namespace boresight::rx {
namespace {

constexpr std::size_t metrics_per_part = 16;  // of sync::RepetitionSearch
constexpr std::size_t lengths_kept = 4;

// As much as fits: nothing is allocated.
template <typename Vector, typename T>
void append(Vector& to, std::span<const T> values) noexcept {
  const std::size_t count = std::min(values.size(), to.capacity() - to.size());
  to.insert(to.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

OfdmProbe::OfdmProbe(const OfdmReceiver::Config& config) {
  require(config.antennas >= 1 && config.antennas <= 16,
          "ofdm probe: " + std::to_string(config.antennas) + " antennas are outside 1 .. 16");
  require(config.max_payload_bytes >= 1 && config.max_payload_bytes <= frame::ofdm_burst_max_payload_bytes,
          "ofdm probe: max_payload_bytes " + std::to_string(config.max_payload_bytes) + " is outside 1 .. " +
              std::to_string(frame::ofdm_burst_max_payload_bytes));
  const frame::OfdmBurst burst(config.numerology);
  const ofdm::Numerology& n = burst.numerology();
  const auto used = burst.used_carriers();
  const auto span = static_cast<std::size_t>(n.signed_index(used.back()) - n.signed_index(used.front())) + 1;
  std::size_t most_carriers = 0;
  std::size_t most_bits = 0;
  for (std::size_t m = 0; m < frame::mcs_count; ++m) {
    const auto mcs = static_cast<frame::Mcs>(m);
    const std::size_t carriers =
        burst.payload_carriers({mcs, static_cast<std::uint32_t>(config.max_payload_bytes), 0});
    most_carriers = std::max(most_carriers, carriers);
    most_bits = std::max(most_bits, carriers * modem::bits_per_symbol(frame::modulation_of(mcs)));
  }
  trail_.resize(lengths_kept * metrics_per_part * burst.signs().size());
  for (Burst& b : bursts_) {
    b.metric.reserve(trail_.size());
    b.channel.reserve(config.antennas * span);
    b.snr.reserve(span);
    b.header_equalized.reserve(burst.header_coded_bits() / 2);
    b.header_llr.reserve(burst.header_coded_bits());
    b.equalized.reserve(most_carriers);
    b.llr.reserve(most_bits);
  }
}

void OfdmProbe::metric(double value) noexcept {
  trail_[trail_next_] = static_cast<float>(value);
  trail_next_ = (trail_next_ + 1) % trail_.size();
  trail_size_ = std::min(trail_size_ + 1, trail_.size());
}

void OfdmProbe::found(std::int64_t first_after_parts, std::size_t stride, std::size_t window) noexcept {
  Burst& b = bursts_[0];
  b.metric.clear();
  for (std::size_t i = trail_size_; i > 0; --i) {
    b.metric.push_back(trail_[(trail_next_ + trail_.size() - i) % trail_.size()]);
  }
  const std::size_t reach = window + (trail_size_ > 0 ? trail_size_ - 1 : 0) * stride;
  b.metric_start = first_after_parts - static_cast<std::int64_t>(reach);
  b.metric_stride = stride;
}

void OfdmProbe::begin(std::uint64_t start_sample) noexcept {
  Burst& b = bursts_[0];
  b.start_sample = start_sample;
  b.symbols = 0;
  b.header_equalized.clear();
  b.header_llr.clear();
  b.equalized.clear();
  b.llr.clear();
}

void OfdmProbe::symbol(bool of_header, std::span<const cf32> equalized,
                       std::span<const modem::Llr> llr) noexcept {
  Burst& b = bursts_[0];
  append(of_header ? b.header_equalized : b.equalized, equalized);
  append(of_header ? b.header_llr : b.llr, llr);
  ++b.symbols;
}

void OfdmProbe::finish(Grid<const cf32> channel, std::span<const float> snr) noexcept {
  Burst& b = bursts_[0];
  b.channel.clear();
  b.snr.clear();
  const bool fits = channel.rows() * channel.columns() <= b.channel.capacity();
  b.antennas = fits ? channel.rows() : 0;
  for (std::size_t a = 0; a < b.antennas; ++a) append(b.channel, channel.row(a));
  append(b.snr, snr);
  std::swap(bursts_[0], bursts_[1]);
  bursts_[0].symbols = 0;
  ++count_;
}

}  // namespace boresight::rx
