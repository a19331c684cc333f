// What a burst link on a numerology of one's own loses, beside the genie that knows start, carrier, channel
// and noise: bench_ofdm_link --numerology FILE.json --snr 0.75 1 1.25. White noise, antennas of equal gain, a
// carrier offset of 0.37 subcarriers. SNR per subcarrier, of all antennas together.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "boresight/core/error.h"
#include "boresight/ofdm/numerology_json.h"
#include "boresight/sync/detection_theory.h"
#include "rx/ofdm_genie.h"
#include "rx/ofdm_scene.h"

using namespace boresight;
using namespace boresight::testing::burst;

namespace {

ofdm::Numerology read_numerology(const std::string& name) {
  std::ifstream file(name);
  if (!file) return ofdm::numerology_preset(name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ofdm::numerology_from_json(text, name);
}

std::string bounded(std::size_t count, std::size_t trials) {
  const auto interval = sync::clopper_pearson(count, trials, 0.025);
  char text[80];
  std::snprintf(text, sizeof text, "%.2e (%.1e .. %.1e)",
                static_cast<double>(count) / static_cast<double>(trials), interval.low, interval.high);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::string name = "wifi20";
  std::string mcs_name = "qpsk_1_2";
  std::size_t antennas = 1;
  std::size_t bytes = 500;
  std::size_t bursts = 1000;
  std::uint64_t seed = 1;
  std::vector<double> snrs{1.0};
  auto estimator = rx::OfdmEstimator::lmmse;
  CLI::App app{"Burst loss beside a genie's"};
  app.add_option("--numerology", name, "a JSON file, ku240, ku20 or wifi20");
  app.add_option("--mcs", mcs_name, "qpsk_1_3 .. qam1024_3_4");
  app.add_option("--antennas", antennas)->check(CLI::Range(1, 16));
  app.add_option("--bytes", bytes)->check(CLI::Range(1, 16384));
  app.add_option("--bursts", bursts)->check(CLI::Range(1, 100'000'000));
  app.add_option("--seed", seed);
  app.add_option("--snr", snrs, "dB, one or several");
  app.add_option("--estimator", estimator)
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, rx::OfdmEstimator>{{"least_squares", rx::OfdmEstimator::least_squares},
                                                   {"dft", rx::OfdmEstimator::dft},
                                                   {"lmmse", rx::OfdmEstimator::lmmse}}));
  CLI11_PARSE(app, argc, argv);
  try {
    const auto numerology = read_numerology(name);
    const auto mcs = frame::mcs_from_name(mcs_name);
    if (!mcs) throw ConfigError("mcs \"" + mcs_name + "\" is not in the table");
    tx::OfdmTransmitter transmitter({.numerology = numerology, .max_payload_bytes = bytes});
    rx::OfdmReceiver receiver(
        {.numerology = numerology, .antennas = antennas, .max_payload_bytes = bytes, .estimator = estimator});
    OfdmGenie genie(transmitter.burst(), bytes);
    const double frequency = 0.37 / static_cast<double>(numerology.fft_size);
    std::printf("%8s  %-32s %-32s %-32s %s\n", "SNR dB", "genie lost", "receiver lost", "of these, no header",
                "not detected");
    for (const double snr_db : snrs) {
      std::size_t genie_lost = 0;
      std::size_t lost = 0;
      std::size_t headers = 0;
      const auto before = receiver.stats();
      for (std::size_t i = 0; i < bursts; ++i) {
        const auto payload = random_bytes(bytes, seed * 1'000'000'007 + i);
        const auto number = static_cast<std::uint32_t>(i);
        const auto burst = send(transmitter, *mcs, number, payload);
        GridBuffer<cf32> x(antennas, burst.size() + 1400);
        std::vector<cf32> channels;
        for (std::size_t a = 0; a < antennas; ++a) {
          channels.push_back(cf32(std::polar(1.0, static_cast<double>(a + i))));
          add(x.row(a), 600, burst, channels[a], frequency);
        }
        const double noise = static_cast<double>(antennas) * noise_power(transmitter.burst(), snr_db);
        add_noise(x, noise, seed * 1'000'000'007 + i);
        genie_lost += !genie.receive(x, 600, frequency, channels, noise,
                                     {*mcs, static_cast<std::uint32_t>(bytes), number}, payload);
        const auto received = receive(receiver, x);
        lost += std::none_of(received.begin(), received.end(),
                             [&](const Received& r) { return r.ok && r.payload == payload; });
        headers += received.empty();
      }
      const auto preambles = receiver.stats().preambles - before.preambles;
      std::printf("%8.2f  %-32s %-32s %-32s %llu\n", snr_db, bounded(genie_lost, bursts).c_str(),
                  bounded(lost, bursts).c_str(), bounded(headers, bursts).c_str(),
                  static_cast<unsigned long long>(bursts - std::min<std::uint64_t>(preambles, bursts)));
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
