#include "boresight/frame/wifi_codec.h"

#include <algorithm>
#include <array>
#include <string>

#include "boresight/core/assert.h"
#include "boresight/core/error.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/scrambler.h"

namespace boresight::frame {
namespace {

// How well a codeword agrees with the soft bits: its log-likelihood up to a constant, in nats.
double agreement_nats(std::span<const modem::Llr> llrs, std::span<const std::uint8_t> coded) {
  int sum = 0;
  for (std::size_t i = 0; i < llrs.size(); ++i) sum += coded[i] != 0 ? -llrs[i] : llrs[i];
  // An LLR is the logarithm of a ratio of two probabilities; half of it goes to each side.
  return 0.5 * sum / static_cast<double>(modem::llr_scale);
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

WifiInterleavers::WifiInterleavers() {
  for (const auto modulation : {modem::Modulation::bpsk, modem::Modulation::qpsk, modem::Modulation::qam16,
                                modem::Modulation::qam64}) {
    const unsigned bits = modem::bits_per_symbol(modulation);
    interleavers_.emplace_back(wifi_data_carriers * bits, bits);
  }
}

WifiEncoder::WifiEncoder()
    : bits_(wifi_max_data_bits()), coded_(2 * wifi_max_data_bits()), punctured_(wifi_max_coded_bits()) {}

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

  const std::span<std::uint8_t> coded = std::span(coded_).first(2 * bits.size());
  fec::convolutional_encode(bits, coded);
  const std::span<std::uint8_t> punctured = std::span(punctured_).first(out.size());
  fec::puncture(coded, p.code_rate, punctured);
  interleavers_.of(p.modulation).interleave(std::span<const std::uint8_t>(punctured), out);
}

WifiDecoder::WifiDecoder(const Config& config)
    : config_(config),
      viterbi_({.max_information_bits = wifi_service_bits + 8 * wifi_max_psdu_bytes}),
      punctured_(wifi_max_coded_bits()),
      mother_(2 * wifi_max_data_bits()),
      bits_(wifi_max_data_bits()) {
  require(config.signal_tail_margin_nats >= 0, "WifiDecoder: signal_tail_margin_nats " +
                                                   std::to_string(config.signal_tail_margin_nats) +
                                                   " is not 0 or more");
}

std::optional<WifiSignal> WifiDecoder::decode_signal(std::span<const modem::Llr> llrs) noexcept {
  BORESIGHT_ASSERT(llrs.size() == wifi_signal_coded_bits);
  std::array<modem::Llr, wifi_signal_coded_bits> coded_llrs;
  interleavers_.of(modem::Modulation::bpsk).deinterleave(llrs, std::span<modem::Llr>(coded_llrs));

  std::array<std::uint8_t, wifi_signal_bits> terminated{};  // its tail stays zero
  std::array<std::uint8_t, wifi_signal_bits> open{};
  viterbi_.decode(coded_llrs, std::span(terminated).first(wifi_signal_bits - fec::convolutional_tail_bits));
  viterbi_.decode(coded_llrs, open, fec::ViterbiDecoder::Termination::open);
  if (terminated != open) {
    std::array<std::uint8_t, wifi_signal_coded_bits> coded;
    fec::convolutional_encode(open, coded);
    const double best = agreement_nats(coded_llrs, coded);
    fec::convolutional_encode(terminated, coded);
    // Written so that a margin of infinity accepts everything.
    if (best - agreement_nats(coded_llrs, coded) > config_.signal_tail_margin_nats) return std::nullopt;
  }
  return parse_signal_field(terminated);
}

bool WifiDecoder::decode_data(WifiRate rate, std::span<const modem::Llr> llrs,
                              std::span<std::uint8_t> psdu) noexcept {
  const WifiRateParameters& p = wifi_rate(rate);
  const std::size_t symbols = wifi_data_symbols(rate, psdu.size());
  if (psdu.empty() || psdu.size() > wifi_max_psdu_bytes || llrs.size() != symbols * p.coded_bits_per_symbol) {
    std::fill(psdu.begin(), psdu.end(), std::uint8_t{0});
    return false;
  }
  const std::span<modem::Llr> punctured = std::span(punctured_).first(llrs.size());
  interleavers_.of(p.modulation).deinterleave(llrs, punctured);

  const std::span<std::uint8_t> bits = std::span(bits_).first(wifi_service_bits + 8 * psdu.size());
  const std::span<modem::Llr> mother =
      std::span(mother_).first(2 * (bits.size() + fec::convolutional_tail_bits));  // the pad is not looked at
  fec::depuncture(punctured.first(fec::punctured_bits(mother.size(), p.code_rate)), p.code_rate, mother);
  viterbi_.decode(mother, bits);
  const std::uint8_t state = fec::WlanScrambler::recover_initial_state(bits.first<7>());
  fec::WlanScrambler(state).apply(bits);
  fec::pack_lsb_first(bits.subspan(wifi_service_bits), psdu);
  return true;
}

}  // namespace boresight::frame
