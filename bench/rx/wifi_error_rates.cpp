// Frame error rates of the Wi-Fi receiver beside those of a genie that knows timing, carrier, channel and
// noise and reads the same samples with the same demapper and decoder:
//
//   bench_wifi_error_rates --rate 6 --bytes 100 --snr 0 0.5 1 1.5 --frames 4000
//   bench_wifi_error_rates --ht --mcs 3 --ldpc --channel exponential --spread 2 --snr 14 16 18
//
//   bench_wifi_error_rates --noise 1e9
//
// counts what the receiver takes for frames in that many samples of white noise.
// SNR is per subcarrier, the mean over the channel. A carrier offset of up to +-40 ppm at both ends at 5.8
// GHz and a start that varies are given to the receiver, not to the genie.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "boresight/rx/wifi_receiver.h"
#include "support/wifi_genie.h"

namespace {

using namespace boresight;

int listen_to_noise(double samples, std::uint64_t seed) {
  rx::WifiReceiver receiver({});
  Random random(seed);
  std::vector<cf32> x(1 << 16);
  const auto ignore = [](const rx::WifiFrame&) {};
  while (static_cast<double>(receiver.stats().samples) < samples) {
    std::fill(x.begin(), x.end(), cf32(0));
    random.add_noise(x, 1.0F);
    receiver.push(x, ignore);
  }
  const rx::WifiStats& s = receiver.stats();
  std::printf("samples %llu, detections %llu, preambles %llu, frames %llu, passed %llu, transforms %llu\n",
              static_cast<unsigned long long>(s.samples), static_cast<unsigned long long>(s.detections),
              static_cast<unsigned long long>(s.preambles), static_cast<unsigned long long>(s.frames),
              static_cast<unsigned long long>(s.fcs_ok),
              static_cast<unsigned long long>(s.transformed_symbols));
  return s.fcs_ok == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Frame error rates of the Wi-Fi receiver and of a genie");
  testing::WifiLink link;
  double mbps = 6;
  std::vector<double> snrs{0, 1, 2, 3};
  std::uint64_t frames = 1000;
  std::uint64_t seed = 1;
  unsigned mcs = 0;
  std::string channel = "awgn";
  double spread = 2;
  app.add_flag("--ht", link.ht, "802.11n");
  app.add_option("--rate", mbps, "Mbit/s of a legacy frame")
      ->check(CLI::IsMember({6.0, 9.0, 12.0, 18.0, 24.0, 36.0, 48.0, 54.0}));
  app.add_option("--mcs", mcs)->check(CLI::Range(0, 7));
  app.add_flag("--ldpc", link.signal.ldpc);
  app.add_flag("--short-guard", link.signal.short_guard);
  app.add_option("--bytes", link.bytes)->check(CLI::Range(5, 4095));
  app.add_option("--snr", snrs, "dB per subcarrier");
  app.add_option("--frames", frames, "per SNR");
  app.add_option("--seed", seed);
  app.add_option("--channel", channel)->check(CLI::IsMember({"awgn", "exponential"}));
  app.add_option("--spread", spread, "samples, of the exponential profile")->check(CLI::PositiveNumber);
  double noise_samples = 0;
  app.add_option("--noise", noise_samples, "samples of nothing but noise");
  CLI11_PARSE(app, argc, argv);
  if (noise_samples > 0) return listen_to_noise(noise_samples, seed);
  for (std::size_t r = 0; r < frame::wifi_rate_count; ++r) {
    if (frame::wifi_rate(static_cast<frame::WifiRate>(r)).mbps == mbps)
      link.rate = static_cast<frame::WifiRate>(r);
  }
  link.signal.mcs = static_cast<std::uint8_t>(mcs);
  link.signal.length = static_cast<std::uint16_t>(link.bytes);

  tx::WifiTransmitter transmitter({});
  testing::WifiGenie genie(link);
  rx::WifiReceiver receiver({});
  std::printf("  snr_db   frames  receiver     genie    header lost  second looks\n");
  for (const double snr_db : snrs) {
    const float noise = link.noise(snr_db);
    std::uint64_t good = 0;
    std::uint64_t genie_good = 0;
    std::uint64_t headers_lost = 0;
    const std::uint64_t looks = receiver.stats().second_looks;
    for (std::uint64_t i = 0; i < frames; ++i) {
      Random random(seed + i, 1);
      std::vector<std::uint8_t> psdu(link.bytes);
      random.fill(psdu);
      frame::write_fcs(psdu);
      const auto sent = link.send(transmitter, psdu, static_cast<std::uint8_t>(1 + i % 127));
      const auto h =
          channel == "awgn" ? std::vector<cf32>{cf32(1)} : testing::exponential_channel(spread, random);
      const std::size_t start = 250 + random.below(16);
      std::vector<cf32> x(start + sent.size() + 80);
      for (std::size_t t = 0; t < h.size(); ++t) {
        for (std::size_t n = 0; n < sent.size(); ++n) x[start + t + n] += h[t] * sent[n];
      }
      random.add_noise(x, noise);
      genie_good += genie.receive(std::span(x).subspan(start), h, noise) ? 1 : 0;
      const double frequency = (random.uniform() - 0.5) * 2 * 80e-6 * 5.8e9 / 20e6;
      for (std::size_t n = 0; n < x.size(); ++n)
        x[n] *= cf32(std::polar(1.0, 2 * pi * frequency * static_cast<double>(n)));
      bool seen = false;
      bool right = false;
      const auto handler = [&](const rx::WifiFrame& f) {
        seen = true;
        right = right || (f.fcs_ok && std::equal(psdu.begin(), psdu.end(), f.psdu.begin(), f.psdu.end()));
      };
      receiver.push(x, handler);
      receiver.flush(handler);
      good += right ? 1 : 0;
      headers_lost += seen ? 0 : 1;
    }
    const auto rate = [frames](std::uint64_t count) {
      return static_cast<double>(count) / static_cast<double>(frames);
    };
    std::printf("%8.2f %8llu  %.2e  %.2e     %.2e      %.2e\n", snr_db,
                static_cast<unsigned long long>(frames), rate(frames - good), rate(frames - genie_good),
                rate(headers_lost), rate(receiver.stats().second_looks - looks));
    std::fflush(stdout);
  }
  return 0;
}
