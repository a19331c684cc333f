// The HT members of WifiEncoder and WifiDecoder.
#include <algorithm>
#include <array>

#include "boresight/core/assert.h"
#include "boresight/fec/bits.h"
#include "boresight/fec/scrambler.h"
#include "boresight/fec/wlan_ldpc_format.h"
#include "boresight/frame/wifi_codec.h"

namespace boresight::frame {
namespace {

constexpr std::size_t longest_codeword = fec::wlan_ldpc_codeword_bits.back();
// Fewer iterations lose tenths of a decibel at the high rates; bad frames cost twice the time of 10.
constexpr unsigned ldpc_iterations = 20;
constexpr modem::Llr certain_zero = modem::llr_max;

fec::WlanLdpcFormat format_of(const HtSignal& signal) {
  const HtMcs& mcs = ht_mcs(signal.mcs);
  return fec::wlan_ldpc_format(signal.length, mcs.ldpc_rate, mcs.coded_bits_per_symbol);
}

// Whether encoder and decoder have room for it.
bool fits(const HtSignal& signal, std::size_t psdu_bytes, std::size_t coded_bits) {
  return ht_legacy_length(signal).has_value() && psdu_bytes == signal.length &&
         coded_bits == ht_data_symbols(signal) * ht_mcs(signal.mcs).coded_bits_per_symbol;
}

}  // namespace

void WifiEncoder::encode_ht_signal(const HtSignal& signal, std::span<std::uint8_t> out) noexcept {
  BORESIGHT_ASSERT(out.size() == ht_signal_coded_bits);
  std::array<std::uint8_t, ht_signal_coded_bits> coded;
  fec::convolutional_encode(frame::encode_ht_signal(signal), coded);
  interleavers_.of(modem::Modulation::bpsk).interleave(std::span<const std::uint8_t>(coded), out);
}

void WifiEncoder::encode_ht_data(const HtSignal& signal, std::span<const std::uint8_t> psdu,
                                 std::uint8_t scrambler_state, std::span<std::uint8_t> out) noexcept {
  if (!fits(signal, psdu.size(), out.size())) return;
  const HtMcs& mcs = ht_mcs(signal.mcs);
  const std::size_t payload = wifi_service_bits + 8 * psdu.size();
  const std::size_t count = signal.ldpc ? payload : ht_data_symbols(signal) * mcs.data_bits_per_symbol;

  const std::span<std::uint8_t> bits = std::span(bits_).first(count);
  std::fill(bits.begin(), bits.end(), std::uint8_t{0});
  fec::unpack_lsb_first(psdu, bits.subspan(wifi_service_bits, 8 * psdu.size()));
  fec::WlanScrambler(scrambler_state).apply(bits);
  if (signal.ldpc) {
    encode_ldpc(signal, bits, out);
    return;
  }
  const auto tail = bits.subspan(payload, fec::convolutional_tail_bits);
  std::fill(tail.begin(), tail.end(), std::uint8_t{0});
  encode_scrambled(count, mcs.code_rate, ht_interleavers_.of(mcs.modulation), out);
}

// Codewords go to the subcarriers in their own order: the interleaver belongs to the K = 7 code (19.3.11.8).
void WifiEncoder::encode_ldpc(const HtSignal& signal, std::span<const std::uint8_t> bits,
                              std::span<std::uint8_t> out) noexcept {
  const fec::WlanLdpcFormat format = format_of(signal);
  const fec::WlanLdpcGraph graph(format.codeword_bits, format.rate);
  std::array<std::uint8_t, longest_codeword> codeword{};
  for (std::size_t i = 0; i < format.codewords; ++i) {
    const fec::WlanLdpcShare share = format.share(i);
    const auto information = std::span(codeword).first(graph.information_bits());
    const auto parity =
        std::span(codeword).subspan(information.size(), graph.codeword_bits() - information.size());
    std::copy_n(bits.begin(), share.information_bits, information.begin());
    std::fill(information.begin() + static_cast<std::ptrdiff_t>(share.information_bits), information.end(),
              std::uint8_t{0});
    fec::wlan_ldpc_encode(graph, information, parity);
    const auto sent = out.first(share.transmitted_bits());
    const auto first = sent.first(share.information_bits + share.parity_bits);
    std::copy_n(information.begin(), share.information_bits, first.begin());
    std::copy_n(parity.begin(), share.parity_bits,
                first.begin() + static_cast<std::ptrdiff_t>(share.information_bits));
    for (std::size_t k = first.size(); k < sent.size(); ++k) sent[k] = sent[k - first.size()];
    bits = bits.subspan(share.information_bits);
    out = out.subspan(sent.size());
  }
}

std::optional<HtSignal> WifiDecoder::decode_ht_signal(std::span<const modem::Llr> llrs) noexcept {
  BORESIGHT_ASSERT(llrs.size() == ht_signal_coded_bits);
  std::array<modem::Llr, ht_signal_coded_bits> coded;
  encoder_.interleavers_.of(modem::Modulation::bpsk).deinterleave(llrs, std::span<modem::Llr>(coded));
  std::array<std::uint8_t, ht_signal_bits> bits{};  // the tail stays zero; the CRC tells what noise has made
  viterbi_.decode(coded, std::span(bits).first(ht_signal_bits - fec::convolutional_tail_bits));
  return parse_ht_signal(bits);
}

bool WifiDecoder::decode_ht_data(const HtSignal& signal, std::span<const modem::Llr> llrs,
                                 std::span<std::uint8_t> psdu) noexcept {
  if (!fits(signal, psdu.size(), llrs.size())) return give_up(psdu);
  const HtMcs& mcs = ht_mcs(signal.mcs);
  if (signal.ldpc) {
    decode_ldpc(signal, llrs);
  } else {
    const std::span<modem::Llr> punctured = std::span(punctured_).first(llrs.size());
    encoder_.ht_interleavers_.of(mcs.modulation).deinterleave(llrs, punctured);
    decode_convolutional(punctured, mcs.code_rate, wifi_service_bits + 8 * psdu.size());
  }
  descramble(psdu);
  last_ = Last::ht;
  last_ht_ = signal;
  return true;
}

void WifiDecoder::decode_ldpc(const HtSignal& signal, std::span<const modem::Llr> llrs) noexcept {
  const fec::WlanLdpcFormat format = format_of(signal);
  const fec::WlanLdpcGraph graph(format.codeword_bits, format.rate);
  last_bits_ = format.payload_bits;
  std::span<std::uint8_t> bits = std::span(encoder_.bits_).first(format.payload_bits);
  std::array<modem::Llr, longest_codeword> soft;
  std::array<std::uint8_t, longest_codeword> hard{};
  std::span<modem::Llr> received(punctured_);  // of codewords that fail
  for (std::size_t i = 0; i < format.codewords; ++i) {
    const fec::WlanLdpcShare share = format.share(i);
    const auto codeword = std::span(soft).first(graph.codeword_bits());
    const auto first = llrs.first(share.information_bits + share.parity_bits);
    const auto parity_at = codeword.begin() + static_cast<std::ptrdiff_t>(graph.information_bits());
    std::fill(codeword.begin(), parity_at, certain_zero);
    std::fill(parity_at, codeword.end(), modem::Llr{0});
    std::copy_n(first.begin(), share.information_bits, codeword.begin());
    std::copy_n(first.begin() + static_cast<std::ptrdiff_t>(share.information_bits), share.parity_bits,
                parity_at);
    for (std::size_t r = 0; r < share.repeated_bits; ++r) {
      const std::size_t k = r % first.size();
      modem::Llr& at =
          codeword[k < share.information_bits ? k : k - share.information_bits + graph.information_bits()];
      at = static_cast<modem::Llr>(
          std::clamp(int{at} + int{llrs[first.size() + r]}, -modem::llr_max, modem::llr_max));
    }
    const auto result = ldpc_.decode(graph, codeword, {.max_iterations = ldpc_iterations},
                                     std::span(hard).first(graph.information_bits()));
    unsound_[i] = result.parity_ok ? 0 : 1;
    if (!result.parity_ok) {
      const auto sent = llrs.first(share.transmitted_bits());
      std::copy(sent.begin(), sent.end(), received.begin());
    }
    received = received.subspan(share.transmitted_bits());
    std::copy_n(hard.begin(), share.information_bits, bits.begin());
    bits = bits.subspan(share.information_bits);
    llrs = llrs.subspan(share.transmitted_bits());
  }
}

// The parity bits of a wrong information bit are wrong by half: where a codeword has failed, those are as
// they were received.
void WifiDecoder::encode_ldpc_again(std::span<std::uint8_t> out) noexcept {
  const fec::WlanLdpcFormat format = format_of(last_ht_);
  const std::span<std::uint8_t> bits = std::span(encoder_.bits_).first(last_bits_);
  fec::WlanScrambler(last_state_).apply(bits);
  encoder_.encode_ldpc(last_ht_, bits, out);
  std::span<const modem::Llr> received(punctured_);
  for (std::size_t i = 0; i < format.codewords; ++i) {
    const fec::WlanLdpcShare share = format.share(i);
    for (std::size_t k = share.information_bits; unsound_[i] != 0 && k < share.transmitted_bits(); ++k)
      out[k] = received[k] < 0 ? 1 : 0;
    out = out.subspan(share.transmitted_bits());
    received = received.subspan(share.transmitted_bits());
  }
}

}  // namespace boresight::frame
