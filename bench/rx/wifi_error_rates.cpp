// Frame error rates of the Wi-Fi receiver beside those of a genie that knows timing, carrier, channel and
// noise and reads the same samples with the same demapper and decoder:
//
//   bench_wifi_error_rates --rate 6 --bytes 100 --snr 0 0.5 1 1.5 --frames 4000
//   bench_wifi_error_rates --ht --mcs 3 --ldpc --channel exponential --spread 2 --snr 14 16 18
//
//   bench_wifi_error_rates --noise 1e9
//
// counts what the receiver takes for frames in that many samples of white noise, and
//
//   bench_wifi_error_rates --headers --rate 6 --snr 0.75 --frames 100000
//
// which headers are lost, at which step, with an upper bound of 95 % confidence.
// SNR is per subcarrier, the mean over the channel. A carrier offset of up to +-40 ppm at both ends at 5.8
// GHz and a start that varies are given to the receiver, not to the genie.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "boresight/rx/wifi_receiver.h"
#include "boresight/sync/detection_theory.h"
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

struct Study {
  testing::WifiLink link;
  double echo_spread = 0;  // samples; 0: no echoes
  bool with_genie = true;
  rx::WifiReceiver::Config receiver;
  std::uint64_t frames = 1000;
  std::uint64_t seed = 1;
};

struct Counts {
  std::uint64_t lost = 0, genie_lost = 0, second_looks = 0;
  // Frames whose header was not read, by the step that failed: no short training field, no long one behind
  // it, a SIGNAL or HT-SIG that was refused, and one that was read as something else.
  std::uint64_t undetected = 0, untrained = 0, refused = 0, misread = 0;
  std::uint64_t headers() const { return undetected + untrained + refused + misread; }
};

Counts run(const Study& study, double snr_db) {
  const testing::WifiLink& link = study.link;
  tx::WifiTransmitter transmitter({});
  testing::WifiGenie genie(link);
  rx::WifiReceiver receiver(study.receiver);
  const float noise = link.noise(snr_db);
  Counts counts;
  for (std::uint64_t i = 0; i < study.frames; ++i) {
    Random random(study.seed + i, 1);
    std::vector<std::uint8_t> psdu(link.bytes);
    random.fill(psdu);
    frame::write_fcs(psdu);
    const auto sent = link.send(transmitter, psdu, static_cast<std::uint8_t>(1 + i % 127));
    const auto h = study.echo_spread > 0 ? testing::exponential_channel(study.echo_spread, random)
                                         : std::vector<cf32>{cf32(1)};
    const std::size_t start = 250 + random.below(16);
    std::vector<cf32> x(start + sent.size() + 80);
    for (std::size_t t = 0; t < h.size(); ++t) {
      for (std::size_t n = 0; n < sent.size(); ++n) x[start + t + n] += h[t] * sent[n];
    }
    random.add_noise(x, noise);
    if (study.with_genie) counts.genie_lost += genie.receive(std::span(x).subspan(start), h, noise) ? 0 : 1;
    const double frequency = (random.uniform() - 0.5) * 2 * 80e-6 * 5.8e9 / 20e6;
    for (std::size_t n = 0; n < x.size(); ++n)
      x[n] *= cf32(std::polar(1.0, 2 * pi * frequency * static_cast<double>(n)));
    const rx::WifiStats before = receiver.stats();
    bool header = false;
    bool misread = false;
    bool right = false;
    const auto handler = [&](const rx::WifiFrame& f) {
      const bool same = link.ht ? f.format == rx::WifiFormat::ht && f.ht == link.signal
                                : f.format == rx::WifiFormat::legacy && f.rate == link.rate;
      (same && f.psdu_length == link.bytes ? header : misread) = true;
      right = right || (f.fcs_ok && std::equal(psdu.begin(), psdu.end(), f.psdu.begin(), f.psdu.end()));
    };
    receiver.push(x, handler);
    receiver.flush(handler);
    const rx::WifiStats& after = receiver.stats();
    counts.lost += right ? 0 : 1;
    counts.second_looks += after.second_looks - before.second_looks;
    if (header) continue;
    if (misread || after.truncated > before.truncated || after.unsupported > before.unsupported) {
      ++counts.misread;
    } else if (after.signal_errors > before.signal_errors) {
      ++counts.refused;
    } else {
      ++(after.detections > before.detections ? counts.untrained : counts.undetected);
    }
  }
  return counts;
}

unsigned long long whole(std::uint64_t count) {
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Frame error rates of the Wi-Fi receiver and of a genie");
  Study study;
  testing::WifiLink& link = study.link;
  double mbps = 6;
  std::vector<double> snrs{0, 1, 2, 3};
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
  app.add_option("--frames", study.frames, "per SNR")->check(CLI::Range(1, 100'000'000));
  app.add_option("--seed", study.seed);
  app.add_option("--channel", channel)->check(CLI::IsMember({"awgn", "exponential"}));
  app.add_option("--spread", spread, "samples, of the exponential profile")->check(CLI::PositiveNumber);
  bool headers = false;
  app.add_flag("--headers", headers, "counts lost headers by their cause; no genie");
  app.add_option("--evidence", study.receiver.signal_evidence_nats, "see frame::WifiDecoder");
  app.add_option("--false-alarm", study.receiver.short_training_false_alarm_rate, "of the short training");
  double noise_samples = 0;
  app.add_option("--noise", noise_samples, "samples of nothing but noise");
  CLI11_PARSE(app, argc, argv);
  if (noise_samples > 0) return listen_to_noise(noise_samples, study.seed);
  for (std::size_t r = 0; r < frame::wifi_rate_count; ++r) {
    if (frame::wifi_rate(static_cast<frame::WifiRate>(r)).mbps == mbps)
      link.rate = static_cast<frame::WifiRate>(r);
  }
  link.signal.mcs = static_cast<std::uint8_t>(mcs);
  link.signal.length = static_cast<std::uint16_t>(link.bytes);
  study.echo_spread = channel == "awgn" ? 0 : spread;
  study.with_genie = !headers;

  std::printf(
      headers ? "  snr_db   frames  receiver    header lost: 95 %% below    undetected  untrained  refused"
                "  misread\n"
              : "  snr_db   frames  receiver     genie    header lost  second looks\n");
  for (const double snr_db : snrs) {
    const Counts c = run(study, snr_db);
    const auto rate = [&study](std::uint64_t count) {
      return static_cast<double>(count) / static_cast<double>(study.frames);
    };
    if (headers) {
      const double bound = sync::clopper_pearson(c.headers(), study.frames, 0.05).high;  // 5 % on this side
      std::printf("%8.2f %8llu  %.2e    %.2e     %.2e      %10llu %10llu %8llu %8llu\n", snr_db,
                  whole(study.frames), rate(c.lost), rate(c.headers()), bound, whole(c.undetected),
                  whole(c.untrained), whole(c.refused), whole(c.misread));
    } else {
      std::printf("%8.2f %8llu  %.2e  %.2e     %.2e      %.2e\n", snr_db, whole(study.frames), rate(c.lost),
                  rate(c.genie_lost), rate(c.headers()), rate(c.second_looks));
    }
    std::fflush(stdout);
  }
  return 0;
}
