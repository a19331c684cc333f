// A link of one's own: a numerology from a JSON file, bursts through an echo channel to two antennas, and
// what the receiver says of them. LinkAdaptation chooses the modulation and coding from what it measures.
//
//   OfdmTransmitter ─▶ echoes, fading, carrier offset, noise: twice ─▶ OfdmReceiver ─▶ bursts ─▶
//   LinkAdaptation
//
//   example_05_own_numerology [FILE.json]        default: examples/numerologies/lab5_scattered.json
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/link_adaptation.h"
#include "boresight/ofdm/numerology_json.h"
#include "boresight/rx/ofdm_receiver.h"
#include "boresight/sim/tdl.h"
#include "boresight/tx/ofdm_transmitter.h"

using namespace boresight;

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : BORESIGHT_NUMEROLOGY;
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    const ofdm::Numerology numerology = ofdm::numerology_from_json(text, path);
    constexpr std::size_t antennas = 2;
    constexpr std::size_t bursts = 60;
    constexpr double snr_db = 12;  // per antenna, before the fading
    const double rate_hz = numerology.sample_rate_hz;
    const double offset_hz = 0.6 * numerology.subcarrier_spacing_hz();

    tx::OfdmTransmitter transmitter({.numerology = numerology});
    rx::OfdmReceiver receiver({.numerology = numerology, .antennas = antennas});
    frame::LinkAdaptation adaptation({.frames_to_raise = 4, .averaging_frames = 2});
    Random random(1);

    // Each antenna has echoes of its own, four samples of delay spread, that fade by 0.003 cycles per burst.
    // They stand still during a burst, and lie on whole samples.
    const auto taps = sim::ntn_tdl(sim::NtnTdl::c, 4 / rate_hz);
    std::vector<sim::TappedDelayLine> channels;
    for (std::size_t a = 0; a < antennas; ++a) {
      channels.emplace_back(sim::TappedDelayLine::Config{
          .taps = taps, .sample_rate_hz = rate_hz, .doppler_hz = 0.003, .realization = a});
    }
    std::size_t good = 0;
    std::size_t bytes = 0;
    for (std::size_t b = 0; b < bursts; ++b) {
      const frame::Mcs mcs = adaptation.mcs();
      std::vector<std::uint8_t> payload(500);
      random.fill(payload);
      constexpr std::size_t silence = 1000;
      const std::size_t length = transmitter.burst_samples(mcs, payload.size());
      std::vector<cf32> sent(silence + length + silence);
      transmitter.transmit(mcs, static_cast<std::uint32_t>(b), payload,
                           std::span(sent).subspan(silence, length));

      GridBuffer<cf32> samples(antennas, sent.size());
      for (std::size_t a = 0; a < antennas; ++a) {
        std::vector<cf64> gains(taps.size());
        channels[a].gains(static_cast<double>(b), gains);
        for (std::size_t t = 0; t < taps.size(); ++t) {
          const auto delay = static_cast<std::size_t>(std::lround(taps[t].delay_s * rate_hz));
          for (std::size_t n = delay; n < sent.size(); ++n) samples(a, n) += cf32(gains[t]) * sent[n - delay];
        }
        for (std::size_t n = 0; n < sent.size(); ++n) {
          samples(a, n) *= cf32(std::polar(1.0, 2 * pi * offset_hz / rate_hz * static_cast<double>(n)));
        }
        random.add_noise(samples.row(a), static_cast<float>(power_from_db(-snr_db)));
      }

      bool seen = false;
      const auto on_burst = [&](const rx::OfdmReception& r) {
        seen = true;
        const bool same = r.ok && std::ranges::equal(r.payload, payload);
        good += same ? 1 : 0;
        bytes += same ? payload.size() : 0;
        if (b % 6 == 0) {
          std::printf("burst %2u, %-10s: %s, SNR %4.1f dB, MER %4.1f dB, carrier %+.0f Hz\n",
                      r.header.sequence, std::string(frame::mcs_info(r.header.mcs).name).c_str(),
                      same ? "received" : "damaged ", r.effective_snr_db, r.mer_db, r.carrier_offset_hz);
        }
        adaptation.update({r.header.mcs, r.effective_snr_db, r.ok});
      };
      receiver.push(std::as_const(samples).view(), on_burst);
      if (!seen) adaptation.missed();
    }
    const auto& stats = receiver.stats();
    std::printf(
        "%zu of %zu bursts received, %zu bytes; %llu preambles, %llu headers and %llu payloads lost\n", good,
        bursts, bytes, static_cast<unsigned long long>(stats.preambles),
        static_cast<unsigned long long>(stats.headers_failed),
        static_cast<unsigned long long>(stats.payloads_failed));
    return good + 3 >= bursts ? 0 : 1;  // a fade may come between a report and the next burst
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
