#include "boresight/frame/wifi_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/scrambler.h"
#include "frame/wifi_signal_trellis.h"

namespace boresight::frame {
namespace {

constexpr std::size_t most_ht_data_bits = ht_max_data_symbols * 260;

// ln of the likelihood ratio of a codeword and of random bits, given the soft bits.
double likelihood_ratio_nats(std::span<const modem::Llr> llrs, std::span<const std::uint8_t> coded) {
  double sum = 0;
  for (std::size_t i = 0; i < llrs.size(); ++i) {
    const double agreement =
        (coded[i] != 0 ? -1.0 : 1.0) * static_cast<double>(llrs[i]) / double{modem::llr_scale};
    sum += std::log(2.0 / (1.0 + std::exp(-agreement)));
  }
  return sum;
}

}  // namespace

std::size_t wifi_max_coded_bits() noexcept {
  std::size_t most = 0;
  for (std::size_t r = 0; r < wifi_rate_count; ++r) {
    const auto rate = static_cast<WifiRate>(r);
    most =
        std::max(most, wifi_data_symbols(rate, wifi_max_psdu_bytes) * wifi_rate(rate).coded_bits_per_symbol);
  }
  return most;
}

std::size_t wifi_max_data_bits() noexcept {
  std::size_t most = 0;
  for (std::size_t r = 0; r < wifi_rate_count; ++r) {
    const auto rate = static_cast<WifiRate>(r);
    most =
        std::max(most, wifi_data_symbols(rate, wifi_max_psdu_bytes) * wifi_rate(rate).data_bits_per_symbol);
  }
  return most;
}

WifiInterleavers::WifiInterleavers(Format format) {
  const bool ht = format == Format::ht;
  for (const auto modulation : {modem::Modulation::bpsk, modem::Modulation::qpsk, modem::Modulation::qam16,
                                modem::Modulation::qam64}) {
    const unsigned bits = modem::bits_per_symbol(modulation);
    interleavers_.emplace_back((ht ? ht_data_carriers : wifi_data_carriers) * bits, bits, ht ? 13U : 16U);
  }
}

WifiEncoder::WifiEncoder()
    : interleavers_(WifiInterleavers::Format::legacy),
      ht_interleavers_(WifiInterleavers::Format::ht),
      bits_(std::max(wifi_max_data_bits(), most_ht_data_bits)),
      coded_(2 * bits_.size()),
      punctured_(std::max(wifi_max_coded_bits(), ht_max_coded_bits)) {}

void WifiEncoder::encode_signal(WifiSignal signal, std::span<std::uint8_t> out) noexcept {
  BORESIGHT_ASSERT(out.size() == wifi_signal_coded_bits);
  std::array<std::uint8_t, wifi_signal_coded_bits> coded;
  fec::convolutional_encode(encode_signal_field(signal), coded);
  interleavers_.of(modem::Modulation::bpsk).interleave(std::span<const std::uint8_t>(coded), out);
}

void WifiEncoder::encode_data(WifiRate rate, std::span<const std::uint8_t> psdu, std::uint8_t scrambler_state,
                              std::span<std::uint8_t> out) noexcept {
  const WifiRateParameters& p = wifi_rate(rate);
  const std::size_t symbols = wifi_data_symbols(rate, psdu.size());
  if (psdu.empty() || psdu.size() > wifi_max_psdu_bytes || out.size() != symbols * p.coded_bits_per_symbol)
    return;

  const std::span<std::uint8_t> bits = std::span(bits_).first(symbols * p.data_bits_per_symbol);
  std::fill(bits.begin(), bits.end(), std::uint8_t{0});
  fec::unpack_lsb_first(psdu, bits.subspan(wifi_service_bits, 8 * psdu.size()));
  fec::WlanScrambler(scrambler_state).apply(bits);
  // 17.3.5.3: the tail stays unscrambled so that it does bring the encoder to zero.
  const auto tail = bits.subspan(wifi_service_bits + 8 * psdu.size(), fec::convolutional_tail_bits);
  std::fill(tail.begin(), tail.end(), std::uint8_t{0});

  encode_scrambled(bits.size(), p.code_rate, interleavers_.of(p.modulation), out);
}

void WifiEncoder::encode_scrambled(std::size_t bit_count, fec::PuncturedRate rate,
                                   const fec::WlanInterleaver& interleaver,
                                   std::span<std::uint8_t> out) noexcept {
  const std::span<std::uint8_t> coded = std::span(coded_).first(2 * bit_count);
  fec::convolutional_encode(std::span(bits_).first(bit_count), coded);
  const std::span<std::uint8_t> punctured = std::span(punctured_).first(out.size());
  fec::puncture(coded, rate, punctured);
  interleaver.interleave(std::span<const std::uint8_t>(punctured), out);
}

WifiDecoder::WifiDecoder(const Config& config)
    : config_(config),
      viterbi_(
          {.max_information_bits = wifi_service_bits + 8 * std::max(wifi_max_psdu_bytes, ht_max_psdu_bytes)}),
      ldpc_({.max_lifting_size = fec::wlan_ldpc_max_lifting_size}),
      punctured_(encoder_.punctured_.size()),
      mother_(encoder_.coded_.size()),
      unsound_(encoder_.punctured_.size() / fec::wlan_ldpc_codeword_bits.front() + 1) {
  require(config.signal_evidence_nats >= 0 && config.signal_evidence_nats <= 33,
          "WifiDecoder: signal_evidence_nats " + std::to_string(config.signal_evidence_nats) +
              " is outside 0 .. 33");
}

std::optional<WifiSignal> WifiDecoder::decode_signal(std::span<const modem::Llr> llrs) noexcept {
  BORESIGHT_ASSERT(llrs.size() == wifi_signal_coded_bits);
  std::array<modem::Llr, wifi_signal_coded_bits> coded_llrs;
  encoder_.interleavers_.of(modem::Modulation::bpsk).deinterleave(llrs, std::span<modem::Llr>(coded_llrs));

  const auto bits = decode_signal_field(coded_llrs);
  std::array<std::uint8_t, wifi_signal_coded_bits> coded;
  fec::convolutional_encode(bits, coded);
  if (!(likelihood_ratio_nats(coded_llrs, coded) >= config_.signal_evidence_nats)) return std::nullopt;
  return parse_signal_field(bits);
}

bool WifiDecoder::give_up(std::span<std::uint8_t> psdu) noexcept {
  last_ = Last::none;
  std::fill(psdu.begin(), psdu.end(), std::uint8_t{0});
  return false;
}

bool WifiDecoder::decode_data(WifiRate rate, std::span<const modem::Llr> llrs,
                              std::span<std::uint8_t> psdu) noexcept {
  const WifiRateParameters& p = wifi_rate(rate);
  const std::size_t symbols = wifi_data_symbols(rate, psdu.size());
  if (psdu.empty() || psdu.size() > wifi_max_psdu_bytes || llrs.size() != symbols * p.coded_bits_per_symbol)
    return give_up(psdu);
  const std::span<modem::Llr> punctured = std::span(punctured_).first(llrs.size());
  encoder_.interleavers_.of(p.modulation).deinterleave(llrs, punctured);
  decode_convolutional(punctured, p.code_rate, wifi_service_bits + 8 * psdu.size());
  descramble(psdu);
  last_ = Last::legacy;
  last_rate_ = rate;
  return true;
}

void WifiDecoder::decode_convolutional(std::span<const modem::Llr> punctured, fec::PuncturedRate rate,
                                       std::size_t information_bits) noexcept {
  last_bits_ = information_bits;
  const std::span<modem::Llr> mother = std::span(mother_).first(
      2 * (information_bits + fec::convolutional_tail_bits));  // the pad is not looked at
  fec::depuncture(punctured.first(fec::punctured_bits(mother.size(), rate)), rate, mother);
  viterbi_.decode(mother, std::span(encoder_.bits_).first(information_bits));
}

void WifiDecoder::descramble(std::span<std::uint8_t> psdu) noexcept {
  const std::span<std::uint8_t> bits = std::span(encoder_.bits_).first(last_bits_);
  last_state_ = fec::WlanScrambler::recover_initial_state(bits.first<7>());
  fec::WlanScrambler(last_state_).apply(bits);
  fec::pack_lsb_first(bits.subspan(wifi_service_bits), psdu);
}

void WifiDecoder::encode_again(std::span<std::uint8_t> out) noexcept {
  if (last_ == Last::none) return;
  const bool ht = last_ == Last::ht;
  const HtMcs& mcs = ht_mcs(last_ht_.mcs);
  const WifiRateParameters& rate = wifi_rate(last_rate_);
  const std::size_t coded_per_symbol = ht ? mcs.coded_bits_per_symbol : rate.coded_bits_per_symbol;
  const std::size_t data_per_symbol = ht ? mcs.data_bits_per_symbol : rate.data_bits_per_symbol;
  const std::size_t psdu_bytes = (last_bits_ - wifi_service_bits) / 8;
  const std::size_t symbols = ht ? ht_data_symbols(last_ht_) : wifi_data_symbols(last_rate_, psdu_bytes);
  if (out.size() != symbols * coded_per_symbol) return;
  last_ = Last::none;
  if (ht && last_ht_.ldpc) {
    encode_ldpc_again(out);
    return;
  }
  const std::span<std::uint8_t> bits = std::span(encoder_.bits_).first(symbols * data_per_symbol);
  std::fill(bits.begin() + static_cast<std::ptrdiff_t>(last_bits_), bits.end(), std::uint8_t{0});
  fec::WlanScrambler(last_state_).apply(bits);
  const auto tail = bits.subspan(last_bits_, fec::convolutional_tail_bits);
  std::fill(tail.begin(), tail.end(), std::uint8_t{0});
  encoder_.encode_scrambled(
      bits.size(), ht ? mcs.code_rate : rate.code_rate,
      (ht ? encoder_.ht_interleavers_ : encoder_.interleavers_).of(ht ? mcs.modulation : rate.modulation),
      out);
}

}  // namespace boresight::frame
