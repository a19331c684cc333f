#include "rx/wifi_header.h"

#include <cmath>

#include "boresight/modem/soft_demapper.h"

namespace boresight::rx {
namespace {

// LENGTH in the SIGNAL of an HT or VHT frame is a multiple of 3 (19.3.9.3.5); one that is not makes those
// formats less likely by e^10, should a transmitter break the rule.
constexpr double broken_rule_nats = 10;

double log_cosh(double x) {
  const double a = std::abs(x);
  return a + std::log1p(std::exp(-2.0 * a));  // and - ln 2
}

}  // namespace

WifiHeader::WifiHeader(WifiPreamble& preamble, frame::WifiDecoder& decoder)
    : preamble_(preamble), decoder_(decoder), bpsk_(modem::Modulation::bpsk, modem::BitMap::wifi) {}

void WifiHeader::equalize(std::size_t index, WifiEqualizer::Aid aid) noexcept {
  std::array<float, frame::wifi_pilots> pilots = frame::wifi_pilot_values;
  for (float& p : pilots) p *= frame::wifi_pilot_polarity(index);
  preamble_.legacy.equalizer.process(preamble_.header_bins[index], pilots, 0.0, aid, preamble_.tracker,
                                     points_);
}

void WifiHeader::demap(bool on_q, std::span<modem::Llr> soft) noexcept {
  if (on_q) {
    for (cf32& y : points_) y = {y.imag(), -y.real()};
  }
  modem::soft_demap(bpsk_, points_, preamble_.legacy.equalizer.variance(), soft);
  if (probe_ != nullptr) probe_->header_symbol(points_, soft);
}

// The symbol once more, now that it is known: the tracker stands before it.
void WifiHeader::learn(std::size_t index, bool on_q, std::span<const std::uint8_t> coded) noexcept {
  const auto known = preamble_.legacy.equalizer.known();
  bpsk_.map(coded, known);
  if (on_q) {
    for (cf32& x : known) x = {-x.imag(), x.real()};
  }
  equalize(index, WifiEqualizer::Aid::known);
  preamble_.learn(index);
}

std::optional<frame::WifiSignal> WifiHeader::read_signal() noexcept {
  preamble_.transform(preamble_.window_of(0), preamble_.header_bins[0]);
  const sync::PilotTracker before = preamble_.tracker;
  std::array<modem::Llr, frame::wifi_signal_coded_bits> soft;
  equalize(0, WifiEqualizer::Aid::bpsk);
  demap(false, soft);
  const auto signal = decoder_.decode_signal(soft);
  if (!signal) return std::nullopt;
  std::array<std::uint8_t, frame::wifi_signal_coded_bits> coded;
  decoder_.encode_again(*signal, coded);
  preamble_.tracker = before;
  learn(0, false, coded);
  preamble_.estimate_channel();
  return signal;
}

// ln of the likelihood ratio of BPSK on the Q axis and on the I axis.
double WifiHeader::evidence_of_q() const noexcept {
  const auto variance = preamble_.legacy.equalizer.variance();
  double sum = 0;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const double scale = 2.0 / double{variance[i]};
    sum += log_cosh(scale * double{points_[i].imag()}) - log_cosh(scale * double{points_[i].real()});
  }
  return sum;
}

// The two symbols are BPSK on the I axis (legacy), both on Q (HT), or the second alone is (VHT).
WifiHeader::Format WifiHeader::tell_format(frame::WifiSignal signal) noexcept {
  const sync::PilotTracker before = preamble_.tracker;
  std::array<double, 2> on_q;
  for (std::size_t s = 0; s < 2; ++s) {
    preamble_.transform(preamble_.window_of(s + 1), preamble_.header_bins[s + 1]);
    equalize(s + 1, WifiEqualizer::Aid::none);
    on_q[s] = evidence_of_q();
  }
  preamble_.tracker = before;
  const double doubt = signal.length % 3 == 0 ? 0.0 : broken_rule_nats;
  const double ht = on_q[0] + on_q[1] - doubt;
  const double vht = on_q[1] - doubt;
  if (!(ht > 0) && !(vht > 0)) return Format::legacy;
  return ht > vht ? Format::ht : Format::other;
}

WifiHeader::Format WifiHeader::read_ht_signal(frame::WifiSignal signal, frame::HtSignal& out) noexcept {
  const sync::PilotTracker before = preamble_.tracker;
  std::array<modem::Llr, frame::ht_signal_coded_bits> soft;
  for (std::size_t s = 0; s < 2; ++s) {
    equalize(s + 1, WifiEqualizer::Aid::qbpsk);
    demap(true, std::span(soft).subspan(s * points_.size(), points_.size()));
  }
  const auto field = decoder_.decode_ht_signal(soft);
  if (!field) return Format::damaged;
  if (!frame::ht_is_single_stream(*field)) return Format::other;
  // No more than the L-SIG announces, which has 12 bits: the buffers hold that.
  const auto legacy_length = frame::ht_legacy_length(*field);
  if (!legacy_length || *legacy_length > signal.length + 2) return Format::damaged;
  std::array<std::uint8_t, frame::ht_signal_coded_bits> coded;
  decoder_.encode_again(*field, coded);
  preamble_.tracker = before;
  for (std::size_t s = 0; s < 2; ++s) {
    learn(s + 1, true, std::span<const std::uint8_t>(coded).subspan(s * points_.size(), points_.size()));
  }
  out = *field;
  return Format::ht;
}

}  // namespace boresight::rx
