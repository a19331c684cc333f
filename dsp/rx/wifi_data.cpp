#include "rx/wifi_data.h"

#include <algorithm>
#include <cmath>

#include "boresight/core/units.h"
#include "boresight/modem/slicer.h"
#include "boresight/modem/soft_demapper.h"

namespace boresight::rx {
namespace {

using frame::wifi_pilots;
using modem::BitMap;
using modem::Modulation;

constexpr std::size_t most_mpdus = 256;
// Of a noise measurement on one subcarrier: as many symbols as the mean over all of them counts for.
constexpr float noise_prior_symbols = 8;

std::size_t most_symbols() {
  return std::max(frame::wifi_data_symbols(frame::WifiRate::r6, frame::wifi_max_psdu_bytes),
                  frame::ht_max_data_symbols);
}

}  // namespace

WifiData::WifiData(frame::WifiDecoder& decoder)
    : decoder_(decoder),
      constellations_{modem::Constellation{Modulation::bpsk, BitMap::wifi},
                      modem::Constellation{Modulation::qpsk, BitMap::wifi},
                      modem::Constellation{Modulation::qam16, BitMap::wifi},
                      modem::Constellation{Modulation::qam64, BitMap::wifi}},
      tracker_({}),
      first_tracker_({}),
      bins_(most_symbols()),
      shifts_(most_symbols()),
      equalized_(most_symbols(), frame::ht_data_carriers),
      llrs_(std::max(frame::wifi_max_coded_bits(), frame::ht_max_coded_bits)),
      again_(llrs_.size()) {
  for (auto& psdu : psdus_) psdu.resize(std::max(frame::wifi_max_psdu_bytes, frame::ht_max_psdu_bytes));
  for (auto& mpdus : mpdus_) mpdus.reserve(most_mpdus);
}

void WifiData::begin(bool ht, WifiFormatChain& chain, const WifiTraining& training,
                     const sync::PilotTracker& tracker) noexcept {
  ht_ = ht;
  chain_ = &chain;
  training_ = training;
  tracker_ = tracker;
  first_tracker_ = tracker;
  received_ = 0;
}

void WifiData::begin(frame::WifiSignal signal, WifiFormatChain& chain, const WifiTraining& training,
                     const sync::PilotTracker& tracker) noexcept {
  begin(false, chain, training, tracker);
  signal_ = signal;
  const frame::WifiRateParameters& rate = frame::wifi_rate(signal.rate);
  modulation_ = rate.modulation;
  coded_bits_ = rate.coded_bits_per_symbol;
  length_ = signal.length;
  symbols_ = frame::wifi_data_symbols(signal.rate, signal.length);
}

void WifiData::begin(const frame::HtSignal& signal, WifiFormatChain& chain, const WifiTraining& training,
                     const sync::PilotTracker& tracker) noexcept {
  begin(true, chain, training, tracker);
  ht_signal_ = signal;
  const frame::HtMcs& mcs = frame::ht_mcs(signal.mcs);
  modulation_ = mcs.modulation;
  coded_bits_ = mcs.coded_bits_per_symbol;
  length_ = signal.length;
  symbols_ = frame::ht_data_symbols(signal);
}

std::array<float, wifi_pilots> WifiData::pilots(std::size_t symbol) const noexcept {
  std::array<float, wifi_pilots> values;
  for (std::size_t i = 0; i < wifi_pilots; ++i) {
    values[i] = ht_ ? frame::ht_pilot(symbol, i)
                    : frame::wifi_pilot_values[i] * frame::wifi_pilot_polarity(symbol + 1);
  }
  return values;
}

void WifiData::demap(std::size_t symbol, WifiEqualizer::Aid aid) noexcept {
  WifiEqualizer& equalizer = chain_->equalizer;
  const auto points = equalized_.row(symbol).first(chain_->carriers.data.size());
  equalizer.process(bins_[symbol], pilots(symbol), double{shifts_[symbol]}, aid, tracker_, points);
  modem::soft_demap(constellations_[static_cast<std::size_t>(modulation_)], points, equalizer.variance(),
                    std::span(llrs_).subspan(symbol * coded_bits_, coded_bits_));
}

double WifiData::add(double shift) noexcept {
  shifts_[received_] = static_cast<float>(shift);
  demap(received_, WifiEqualizer::aid_of(modulation_));
  ++received_;
  return chain_->equalizer.last_delay();
}

void WifiData::decode(std::size_t into) noexcept {
  const auto llrs = std::span<const modem::Llr>(llrs_).first(symbols_ * coded_bits_);
  const auto psdu = std::span(psdus_[into]).first(length_);
  if (ht_) {
    decoder_.decode_ht_data(ht_signal_, llrs, psdu);
  } else {
    decoder_.decode_data(signal_.rate, llrs, psdu);
  }
}

// Number of good MPDUs.
std::size_t WifiData::split(std::size_t from) noexcept {
  const auto psdu = std::span<const std::uint8_t>(psdus_[from]).first(length_);
  auto& mpdus = mpdus_[from];
  if (ht_ && ht_signal_.aggregated) {
    mpdus.resize(most_mpdus);
    mpdus.resize(frame::split_ampdu(psdu, mpdus));
  } else {
    mpdus.assign(1, {psdu, frame::fcs_is_good(psdu)});
  }
  return static_cast<std::size_t>(
      std::count_if(mpdus.begin(), mpdus.end(), [](const frame::WifiMpdu& m) { return m.fcs_ok; }));
}

// What was sent in a symbol, by the bits in again_.
void WifiData::know(std::size_t symbol) noexcept {
  constellations_[static_cast<std::size_t>(modulation_)].map(
      std::span<const std::uint8_t>(again_).subspan(symbol * coded_bits_, coded_bits_),
      chain_->equalizer.known());
}

void WifiData::look_again() noexcept {
  decoder_.encode_again(std::span(again_).first(symbols_ * coded_bits_));
  WifiEqualizer& equalizer = chain_->equalizer;
  const WifiCarriers& carriers = chain_->carriers;
  std::array<cf32, frame::ht_used_carriers> turned;
  std::array<cf32, frame::ht_used_carriers> product{};  // sum of y conj(x)
  std::array<float, frame::ht_used_carriers> sent{};    // of |x|^2
  std::array<float, frame::ht_used_carriers> power{};   // of |y|^2
  const auto points = equalized_.row(0).first(carriers.data.size());
  tracker_ = first_tracker_;
  for (std::size_t s = 0; s < symbols_; ++s) {
    know(s);
    const auto values = pilots(s);
    equalizer.process(bins_[s], values, double{shifts_[s]}, WifiEqualizer::Aid::known, tracker_, points);
    equalizer.turned_bins(bins_[s], std::span(turned).first(carriers.size()));
    const auto gather = [&](std::size_t k, cf32 x) {
      const cf32 y = turned[k];
      product[k] +=
          cf32(y.real() * x.real() + y.imag() * x.imag(), y.imag() * x.real() - y.real() * x.imag());
      sent[k] += x.real() * x.real() + x.imag() * x.imag();
      power[k] += y.real() * y.real() + y.imag() * y.imag();
    };
    const auto known = equalizer.known();
    for (std::size_t i = 0; i < carriers.data.size(); ++i) gather(carriers.data[i], known[i]);
    for (std::size_t i = 0; i < wifi_pilots; ++i) gather(carriers.pilot[i], values[i]);
  }

  // Training and data together; what they leave unexplained is noise.
  std::array<cf32, frame::ht_used_carriers> channel;
  std::array<float, frame::ht_used_carriers> noise;
  const auto used = std::span(channel).first(carriers.size());
  float all_sent = 0;
  float all_noise = 0;
  for (std::size_t k = 0; k < used.size(); ++k) {
    const float repeats = training_.repeats * training_.part[k];
    const float weight = repeats + sent[k];
    channel[k] = (repeats * training_.least_squares[k] + product[k]) / weight;
    const float h2 = std::norm(channel[k]);
    const float cross = channel[k].real() * product[k].real() + channel[k].imag() * product[k].imag();
    noise[k] = std::max(power[k] - 2.0F * cross + h2 * sent[k], 0.0F);
    all_sent += weight;
    all_noise += noise[k];
  }
  const auto symbols = static_cast<float>(symbols_);
  const auto count = static_cast<float>(used.size());
  // The training counts as `repeats` more measurements of its own noise, less the one that the mean took.
  const float mean_noise =
      (all_noise / count + training_.repeats * training_.noise) / (symbols + training_.repeats);
  for (std::size_t k = 0; k < used.size(); ++k) {
    noise[k] = (noise[k] + noise_prior_symbols * mean_noise) / (symbols + noise_prior_symbols);
  }
  chain_->estimator.process(used, mean_noise * count / all_sent);
  equalizer.set_channel(used, std::span(noise).first(used.size()));

  tracker_ = first_tracker_;
  for (std::size_t s = 0; s < symbols_; ++s) {
    know(s);
    demap(s, WifiEqualizer::Aid::known);
  }
}

double WifiData::modulation_error_db() const noexcept {
  const modem::Constellation& constellation = constellations_[static_cast<std::size_t>(modulation_)];
  double sum = 0;
  const std::size_t columns = chain_->carriers.data.size();
  for (std::size_t s = 0; s < symbols_; ++s)
    sum += modem::squared_error(constellation, equalized_.row(s).first(columns));
  return -db_from_power(std::max(sum / static_cast<double>(symbols_ * columns), 1e-12));
}

void WifiData::finish(WifiFrame& frame, WifiStats& stats) noexcept {
  decode(0);
  stats.decoded_bits += 8 * length_;
  std::size_t best = 0;
  std::size_t good = split(0);
  frame.mer_db = modulation_error_db();
  // A third look gains nothing that can be measured.
  if (good == 0 || good < mpdus_[0].size()) {
    ++stats.second_looks;
    look_again();
    decode(1);
    stats.decoded_bits += 8 * length_;
    const std::size_t then = split(1);
    if (then > good || (then == good && good > 0 && mpdus_[1].size() == good)) {
      best = 1;
      good = then;
    }
  }
  frame.format = ht_ ? WifiFormat::ht : WifiFormat::legacy;
  if (ht_) {
    frame.ht = ht_signal_;
  } else {
    frame.rate = signal_.rate;
  }
  frame.psdu_length = length_;
  frame.psdu = std::span<const std::uint8_t>(psdus_[best]).first(length_);
  frame.mpdus = mpdus_[best];
  frame.fcs_ok = good > 0 && good == mpdus_[best].size();
}

Grid<const cf32> WifiData::equalized() const {
  const auto all = equalized_.view();
  const std::size_t columns = chain_ != nullptr ? chain_->carriers.data.size() : frame::wifi_data_carriers;
  return {all.data(), received_, columns, all.row_stride()};
}

}  // namespace boresight::rx
