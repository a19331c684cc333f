#include "boresight/frame/ofdm_burst.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/fec/scrambler.h"

namespace boresight::frame {
namespace {

constexpr std::uint32_t training_seed = 0x4F46444D & 0x3FFFFFFF;
constexpr std::uint32_t pilot_seed = 0x50494C00;
constexpr std::size_t least_part_carriers = 4;

cf32 qpsk(fec::GoldSequence& gold) noexcept {
  constexpr float level = 1.0F / std::numbers::sqrt2_v<float>;
  const float re = gold.next() != 0 ? -level : level;
  const float im = gold.next() != 0 ? -level : level;
  return {re, im};
}

std::vector<std::uint16_t> used_by_any(const ofdm::Numerology& n) {
  ofdm::Numerology all = n;
  all.later_maps.clear();
  for (const auto& map : n.later_maps) {
    for (std::size_t k = 0; k < n.fft_size; ++k) {
      if (map[k] != ofdm::Carrier::null) all.map[k] = map[k];
    }
  }
  return all.used_carriers();
}

// A flat spectrum of low peak power (Newman's quadratic phases, Boyd, IEEE Trans. Circuits Syst. 33 (1986)
// 1018) where both neighbors on the numerology's own grid are used.
aligned_vector<cf32> part_of(const ofdm::Numerology& n, std::span<const std::uint16_t> used,
                             std::size_t period) {
  std::vector<bool> is_used(n.fft_size);
  for (const std::uint16_t k : used) is_used[k] = true;
  const auto at = [&](std::ptrdiff_t index) {
    const auto size = static_cast<std::ptrdiff_t>(n.fft_size);
    return is_used[static_cast<std::size_t>((index % size + size) % size)];
  };
  std::vector<std::size_t> places;
  const auto half = static_cast<std::ptrdiff_t>(period / 2);
  for (std::ptrdiff_t j = -half; j < half; ++j) {
    const double place =
        static_cast<double>(j) * static_cast<double>(n.fft_size) / static_cast<double>(period);
    const auto below = static_cast<std::ptrdiff_t>(std::floor(place));
    const auto above = static_cast<std::ptrdiff_t>(std::ceil(place));
    if (std::abs(place) > 0.5 * static_cast<double>(n.fft_size) - 1 || !at(below) || !at(above)) continue;
    places.push_back(static_cast<std::size_t>(j + static_cast<std::ptrdiff_t>(j < 0 ? period : 0)));
  }
  require(places.size() >= least_part_carriers, "burst: numerology " + n.name + " has room for " +
                                                    std::to_string(places.size()) + " subcarriers of 1 / " +
                                                    std::to_string(period) + " of the rate, fewer than 4");
  aligned_vector<cf32> spectrum(period);
  const auto count = static_cast<double>(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double turn = pi * static_cast<double>(i) * static_cast<double>(i) / count;
    spectrum[places[i]] = cf32(std::polar(std::sqrt(static_cast<double>(period) / count), turn));
  }
  return spectrum;
}

// What a payload becomes with its CRCs, over the code rate.
std::size_t wanted_bits(const Header& header) noexcept {
  if (header.payload_bytes == 0) return 0;
  const double bits = 8.0 * header.payload_bytes + 24;
  const double blocks = std::ceil(bits / (8448.0 - 24));
  return static_cast<std::size_t>(std::ceil((bits + 24 * blocks) / mcs_info(header.mcs).code_rate));
}

}  // namespace

OfdmBurst::OfdmBurst(const ofdm::Numerology& numerology) : numerology_(numerology) {
  check(numerology_);
  const std::size_t n = numerology_.fft_size;
  require(n >= 64, "burst: FFT size " + std::to_string(n) + " is below 64");
  used_ = used_by_any(numerology_);
  amplitude_ = std::sqrt(static_cast<float>(n) / static_cast<float>(used_.size()));

  part_ = part_of(numerology_, used_, std::max<std::size_t>(n / 4, 128) / 64 * 64);

  training_.resize(n);
  fec::GoldSequence gold(training_seed);
  for (const std::uint16_t k : used_) training_[k] = amplitude_ * qpsk(gold);

  data_before_.push_back(0);
  for (std::size_t s = 0; s < numerology_.period(); ++s) {
    data_.push_back(numerology_.carriers(ofdm::Carrier::data, s));
    pilots_.push_back(numerology_.carriers(ofdm::Carrier::pilot, s));
    data_before_.push_back(data_before_.back() + data_.back().size());
  }
  require(data_before_.back() > 0, "burst: numerology " + numerology_.name + " has no data subcarrier");
  while (header_coded_bits_ < least_header_bits) {
    header_coded_bits_ += 2 * data_carriers(header_symbols_++).size();
  }
}

void OfdmBurst::pilot_values(std::size_t symbol, std::span<cf32> values) const noexcept {
  BORESIGHT_ASSERT(values.size() == pilot_carriers(symbol).size());
  fec::GoldSequence gold(pilot_seed + static_cast<std::uint32_t>(symbol));
  for (cf32& value : values) value = qpsk(gold);
}

std::size_t OfdmBurst::carriers_in(std::size_t first_symbol, std::size_t symbols) const noexcept {
  const std::size_t period = data_.size();
  const auto before = [&](std::size_t symbol) {
    return symbol / period * data_before_.back() + data_before_[symbol % period];
  };
  return before(first_symbol + symbols) - before(first_symbol);
}

std::size_t OfdmBurst::payload_symbols(const Header& header) const noexcept {
  const std::size_t bits = mcs_info(header.mcs).bits_per_symbol;
  const std::size_t carriers = (wanted_bits(header) + bits - 1) / bits;
  std::size_t symbols = carriers / data_before_.back() * data_.size();  // whole periods
  while (carriers_in(header_symbols_, symbols) < carriers) ++symbols;
  while (symbols > 0 && carriers_in(header_symbols_, symbols - 1) >= carriers) --symbols;
  return symbols;
}

std::size_t OfdmBurst::payload_carriers(const Header& header) const noexcept {
  return carriers_in(header_symbols_, payload_symbols(header));
}

std::size_t OfdmBurst::samples(const Header& header) const noexcept {
  return preamble_samples() + (header_symbols_ + payload_symbols(header)) * numerology_.symbol_samples() +
         numerology_.taper_samples;
}

}  // namespace boresight::frame
