#include "boresight/frame/wifi_ht.h"

#include "boresight/fec/crc.h"
#include "boresight/fec/wlan_ldpc_format.h"

namespace boresight::frame {
namespace {

using fec::PuncturedRate;
using fec::WlanLdpcRate;
using modem::Modulation;

constexpr std::array<HtMcs, ht_mcs_count> schemes{{
    {Modulation::bpsk, PuncturedRate::half, WlanLdpcRate::half, 52, 26},
    {Modulation::qpsk, PuncturedRate::half, WlanLdpcRate::half, 104, 52},
    {Modulation::qpsk, PuncturedRate::three_quarters, WlanLdpcRate::three_quarters, 104, 78},
    {Modulation::qam16, PuncturedRate::half, WlanLdpcRate::half, 208, 104},
    {Modulation::qam16, PuncturedRate::three_quarters, WlanLdpcRate::three_quarters, 208, 156},
    {Modulation::qam64, PuncturedRate::two_thirds, WlanLdpcRate::two_thirds, 312, 208},
    {Modulation::qam64, PuncturedRate::three_quarters, WlanLdpcRate::three_quarters, 312, 234},
    {Modulation::qam64, PuncturedRate::five_sixths, WlanLdpcRate::five_sixths, 312, 260},
}};

constexpr std::size_t crc_at = 34;
constexpr std::size_t tail_at = crc_at + fec::crc8_bits;

// Fields in order of transmission.
class BitWriter {
 public:
  explicit BitWriter(std::span<std::uint8_t> bits) : bits_(bits) {}
  void put(unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) bits_[at_++] = static_cast<std::uint8_t>((value >> i) & 1U);
  }

 private:
  std::span<std::uint8_t> bits_;
  std::size_t at_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bits) : bits_(bits) {}
  unsigned get(unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; ++i) value |= (bits_[at_++] & 1U) << i;
    return value;
  }
  bool flag() { return get(1) != 0; }

 private:
  std::span<const std::uint8_t> bits_;
  std::size_t at_ = 0;
};

WifiSpectrum make_long_training() {
  // The L-LTF with two more subcarriers on either side.
  WifiSpectrum s = wifi_long_training();
  s[wifi_fft_size - 28] = s[wifi_fft_size - 27] = 1.0F;
  s[27] = s[28] = -1.0F;
  return s;
}

}  // namespace

std::array<std::uint8_t, ht_signal_bits> encode_ht_signal(const HtSignal& signal) noexcept {
  std::array<std::uint8_t, ht_signal_bits> bits{};
  BitWriter out(bits);
  out.put(signal.mcs, 7);
  out.put(signal.wide ? 1 : 0, 1);
  out.put(signal.length, 16);
  out.put(signal.smoothing ? 1 : 0, 1);
  out.put(signal.sounding ? 0 : 1, 1);
  out.put(1, 1);  // reserved
  out.put(signal.aggregated ? 1 : 0, 1);
  out.put(signal.stbc, 2);
  out.put(signal.ldpc ? 1 : 0, 1);
  out.put(signal.short_guard ? 1 : 0, 1);
  out.put(signal.extension_streams, 2);
  const std::uint32_t crc = fec::crc8_of_bits(std::span(bits).first(crc_at));
  for (unsigned i = 0; i < fec::crc8_bits; ++i) {  // c7 first
    bits[crc_at + i] = static_cast<std::uint8_t>((crc >> (fec::crc8_bits - 1 - i)) & 1U);
  }
  return bits;
}

std::optional<HtSignal> parse_ht_signal(std::span<const std::uint8_t, ht_signal_bits> bits) noexcept {
  unsigned tail = 0;
  for (std::size_t i = tail_at; i < ht_signal_bits; ++i) tail |= bits[i] & 1U;
  if (tail != 0 || !fec::crc_holds(fec::Crc::crc8, bits.first(tail_at))) return std::nullopt;
  BitReader in(bits);
  HtSignal signal;
  signal.mcs = static_cast<std::uint8_t>(in.get(7));
  signal.wide = in.flag();
  signal.length = static_cast<std::uint16_t>(in.get(16));
  signal.smoothing = in.flag();
  signal.sounding = !in.flag();
  if (!in.flag()) return std::nullopt;
  signal.aggregated = in.flag();
  signal.stbc = static_cast<std::uint8_t>(in.get(2));
  signal.ldpc = in.flag();
  signal.short_guard = in.flag();
  signal.extension_streams = static_cast<std::uint8_t>(in.get(2));
  return signal;
}

bool ht_is_single_stream(const HtSignal& signal) noexcept {
  return signal.mcs < ht_mcs_count && !signal.wide && signal.stbc == 0 && signal.extension_streams == 0 &&
         signal.length > 0;
}

const HtMcs& ht_mcs(unsigned mcs) noexcept {
  return schemes[mcs < schemes.size() ? mcs : 0];
}

std::size_t ht_data_symbols(const HtSignal& signal) noexcept {
  if (!ht_is_single_stream(signal)) return 0;
  const HtMcs& mcs = ht_mcs(signal.mcs);
  if (signal.ldpc) {
    return fec::wlan_ldpc_format(signal.length, mcs.ldpc_rate, mcs.coded_bits_per_symbol).symbols;
  }
  const std::size_t bits = wifi_service_bits + 8 * std::size_t{signal.length} + fec::convolutional_tail_bits;
  return (bits + mcs.data_bits_per_symbol - 1) / mcs.data_bits_per_symbol;
}

std::size_t ht_symbol_samples(const HtSignal& signal) noexcept {
  return signal.short_guard ? ht_short_symbol_samples : wifi_symbol_samples;
}

std::size_t ht_frame_samples(const HtSignal& signal) noexcept {
  return wifi_preamble_samples + (1 + ht_preamble_symbols) * wifi_symbol_samples +
         ht_data_symbols(signal) * ht_symbol_samples(signal);
}

std::optional<std::uint16_t> ht_legacy_length(const HtSignal& signal) noexcept {
  if (!ht_is_single_stream(signal)) return std::nullopt;
  const std::size_t data = ht_data_symbols(signal) * ht_symbol_samples(signal);
  const std::size_t symbols =
      ht_preamble_symbols + (data + wifi_symbol_samples - 1) / wifi_symbol_samples;  // after the L-SIG
  const std::size_t length = 3 * symbols - 3;
  if (length > wifi_max_psdu_bytes) return std::nullopt;
  return static_cast<std::uint16_t>(length);
}

double ht_mbps(const HtSignal& signal) noexcept {
  return 20.0 * static_cast<double>(ht_mcs(signal.mcs).data_bits_per_symbol) /
         static_cast<double>(ht_symbol_samples(signal));
}

const WifiSpectrum& ht_long_training() noexcept {
  static const WifiSpectrum s = make_long_training();
  return s;
}

float ht_pilot(std::size_t n, std::size_t i) noexcept {
  return wifi_pilot_values[(n + i) % wifi_pilots] * wifi_pilot_polarity(n + 3);
}

}  // namespace boresight::frame
