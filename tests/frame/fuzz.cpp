// Hostile header bits, header fields, soft bits and bytes for what parses them, for as long as asked:
// fuzz_frame SECONDS [SEED]. What must not happen: a crash, a sanitizer's report, lengths beyond the limits,
// or a payload that passes its checks although nothing was sent. Run it under the asan preset for minutes;
// the test suite runs it for a second.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/frame/carousel.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/header.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/frame/ofdm_framer.h"
#include "boresight/frame/wifi_ampdu.h"
#include "boresight/frame/wifi_codec.h"

namespace {

using namespace boresight;
using namespace boresight::frame;

struct Failures {
  std::uint64_t payloads = 0;  // passed their check
  std::uint64_t limits = 0;    // of lengths and places
};

// Anything, only the extremes, mostly silence, or weak. Never one sign alone: zeros are a codeword.
void hostile(Random& random, std::span<modem::Llr> llr) {
  const unsigned kind = random.below(4);
  for (auto& x : llr) {
    const int any = static_cast<int>(random.below(256)) - 128;
    x = kind == 0   ? static_cast<modem::Llr>(any)
        : kind == 1 ? static_cast<modem::Llr>(any < 0 ? -128 : 127)
        : kind == 2 ? static_cast<modem::Llr>(random.below(50) == 0 ? any : 0)
                    : static_cast<modem::Llr>(any / 16);
  }
}

std::size_t about(Random& random, std::size_t n) {
  return random.below(8) != 0 ? n : random.below(static_cast<std::uint32_t>(2 * n + 2));
}

HtSignal any_ht_signal(Random& random) {
  return {
      .mcs = static_cast<std::uint8_t>(random.below(4) != 0 ? random.below(8) : random.below(256)),
      .wide = random.below(16) == 0,
      .length = static_cast<std::uint16_t>(random.below(2) != 0 ? random.below(2000) : random.below(65536)),
      .aggregated = random.below(2) != 0,
      .stbc = static_cast<std::uint8_t>(random.below(16) == 0 ? random.below(256) : 0),
      .ldpc = random.below(2) != 0,
      .short_guard = random.below(2) != 0,
      .extension_streams = static_cast<std::uint8_t>(random.below(16) == 0 ? random.below(256) : 0)};
}

void wifi_headers(Random& random, Failures& failures) {
  std::array<std::uint8_t, ht_signal_bits> bits;
  for (auto& b : bits)
    b = static_cast<std::uint8_t>(random.below(2) != 0 ? random.below(2) : random.below(256));
  if (const auto s = parse_signal_field(std::span(bits).first<wifi_signal_bits>())) {
    failures.limits += s->length < 1 || s->length > wifi_max_psdu_bytes ? 1 : 0;
    failures.limits += wifi_frame_samples(s->rate, s->length) > 109'680 + 320 ? 1 : 0;
  }
  if (random.below(2) != 0) {  // a valid one with a few bits turned
    bits = encode_ht_signal(any_ht_signal(random));
    for (unsigned i = random.below(5); i > 0; --i) bits[random.below(48)] ^= 1U;
  }
  if (const auto s = parse_ht_signal(bits)) {
    const auto length = ht_legacy_length(*s);
    failures.limits += length && (*length > 4095 || ht_data_symbols(*s) > ht_max_data_symbols ||
                                  s->length > ht_max_psdu_bytes || ht_frame_samples(*s) > 109'680 + 400)
                           ? 1
                           : 0;
  }
}

void wifi_data(Random& random, WifiDecoder& decoder, Failures& failures) {
  std::vector<modem::Llr> llrs(wifi_signal_coded_bits);
  hostile(random, llrs);
  decoder.decode_signal(llrs);
  llrs.resize(ht_signal_coded_bits);
  hostile(random, llrs);
  decoder.decode_ht_signal(llrs);

  const auto rate = static_cast<WifiRate>(random.below(9));
  std::vector<std::uint8_t> psdu(random.below(random.below(8) == 0 ? 5000 : 300));
  llrs.resize(about(random, wifi_data_symbols(rate, psdu.size()) * wifi_rate(rate).coded_bits_per_symbol));
  hostile(random, llrs);
  decoder.decode_data(rate, llrs, psdu);
  failures.payloads += fcs_is_good(psdu) ? 1 : 0;
  std::vector<std::uint8_t> again(about(random, llrs.size()));
  decoder.encode_again(again);

  const HtSignal signal = any_ht_signal(random);
  psdu.resize(about(random, signal.length));
  llrs.resize(std::min<std::size_t>(
      about(random, ht_data_symbols(signal) * ht_mcs(signal.mcs).coded_bits_per_symbol), 2'000'000));
  if (random.below(8) != 0 && llrs.size() > 50'000) return;
  hostile(random, llrs);
  decoder.decode_ht_data(signal, llrs, psdu);
  failures.payloads += fcs_is_good(psdu) ? 1 : 0;
  again.resize(about(random, llrs.size()));
  decoder.encode_again(again);
}

void ampdu(Random& random, Failures& failures) {
  std::vector<std::uint8_t> psdu(random.below(3000));
  random.fill(psdu);
  for (std::size_t at = 0; at + 4 <= psdu.size(); at += 4 * (1 + random.below(100))) {
    const auto d = encode_ampdu_delimiter(static_cast<std::uint16_t>(random.below(4096)));
    std::copy(d.begin(), d.end(), psdu.begin() + static_cast<std::ptrdiff_t>(at));
  }
  std::vector<WifiMpdu> mpdus(random.below(20));
  const std::size_t count = split_ampdu(psdu, mpdus);
  failures.limits += count > mpdus.size() ? 1 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    failures.payloads += mpdus[i].fcs_ok ? 1 : 0;
    failures.limits += mpdus[i].bytes.data() < psdu.data() ||
                               mpdus[i].bytes.data() + mpdus[i].bytes.size() > psdu.data() + psdu.size()
                           ? 1
                           : 0;
  }
}

void ku(Random& random, Deframer& deframer, CarouselReceiver& carousel, Failures& failures) {
  std::array<std::uint8_t, header_bytes> bytes;
  random.fill(bytes);
  if (random.below(2) != 0) {
    bytes = pack({static_cast<Mcs>(random.below(mcs_count)), random.below(100), random.below(1000)});
    for (unsigned i = random.below(4); i > 0; --i)
      bytes[random.below(10)] ^= static_cast<std::uint8_t>(random.below(256));
  }
  if (const auto header = unpack(bytes)) {
    failures.limits += header->payload_bytes > max_payload_bytes(header->mcs) ? 1 : 0;
  }
  std::vector<modem::Llr> llr(ku_header_coded_bits);
  hostile(random, llr);
  failures.payloads += deframer.header(llr) ? 1 : 0;
  if (random.below(64) == 0) {
    Header header{static_cast<Mcs>(random.below(mcs_count)), 0, random.below(1U << 31)};
    header.payload_bytes = random.below(static_cast<std::uint32_t>(max_payload_bytes(header.mcs)) + 1);
    llr.resize(ku_payload_carriers * mcs_info(header.mcs).bits_per_symbol);
    hostile(random, llr);
    std::vector<std::uint8_t> payload(header.payload_bytes);
    const bool ok = deframer.payload(header, llr, payload).ok;
    failures.payloads += ok && header.payload_bytes > 0 ? 1 : 0;
  }
  std::vector<std::uint8_t> block(random.below(200));
  random.fill(block);
  for (std::size_t i = 0; i < std::min<std::size_t>(block.size(), 4); ++i)
    block[i] = static_cast<std::uint8_t>("BSC1"[i]);
  for (std::size_t i = 4; i < std::min<std::size_t>(block.size(), 20); ++i) {
    if (random.below(4) != 0) block[i] = static_cast<std::uint8_t>(random.below(3));
  }
  carousel.push(block);
  failures.payloads += carousel.complete() ? 1 : 0;
}

// A header says how many soft bits are taken: never more than there is room for.
void bursts(Random& random, const OfdmBurst& burst, OfdmDeframer& deframer, Failures& failures) {
  constexpr std::size_t most_bytes = 300;
  std::vector<modem::Llr> llr(burst.header_coded_bits());
  hostile(random, llr);
  failures.payloads += deframer.header(llr).has_value() ? 1 : 0;
  const Header header{static_cast<Mcs>(random.below(mcs_count)), random.below(most_bytes + 1),
                      random.below(1U << 31)};
  const std::size_t bits = burst.payload_carriers(header) * mcs_info(header.mcs).bits_per_symbol;
  failures.limits += bits > deframer.max_coded_bits() ? 1 : 0;
  llr.resize(bits);
  hostile(random, llr);
  std::vector<std::uint8_t> payload(header.payload_bytes);
  const bool ok = deframer.payload(header, llr, payload).ok;
  failures.payloads += ok && header.payload_bytes > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  Random random(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  WifiDecoder decoder({});
  Deframer deframer({});
  const OfdmBurst burst(ofdm::wifi20());
  OfdmDeframer ofdm_deframer(burst, {.max_payload_bytes = 300});
  CarouselReceiver carousel({.max_file_bytes = 1 << 20});
  Failures failures;
  std::uint64_t rounds = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
    for (int i = 0; i < 50; ++i) wifi_headers(random, failures);
    for (int i = 0; i < 5; ++i) ampdu(random, failures);
    wifi_data(random, decoder, failures);
    ku(random, deframer, carousel, failures);
    bursts(random, burst, ofdm_deframer, failures);
    ++rounds;
  }
  std::printf("%llu rounds, %llu payloads passed, %llu limits exceeded\n",
              static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(failures.payloads),
              static_cast<unsigned long long>(failures.limits));
  return failures.payloads == 0 && failures.limits == 0 ? 0 : 1;
}
