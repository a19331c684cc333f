// Frame error rates of a coded ku frame through fading channels: what an estimated channel costs against a
// known one, on the same channels, bits and noise (tests/support/fading_link.h).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/fading_link.h"

namespace {

using namespace boresight;
using test::FadingLink;
constexpr std::size_t methods = std::size(FadingLink::estimators);

struct Study {
  std::string channel = "ntn-tdl-a";
  double delay_spread_s = 100e-9;
  double doppler_hz = 50;
  std::string prior = "learned";
  double prior_samples = 0;
  std::vector<double> snr_db;
  std::uint64_t frames = 2000;
  std::uint64_t seed = 1;
  double target = 1e-2;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::string json;
};

struct Counts {
  std::uint64_t lost = 0;
  std::uint64_t worse = 0;   // lost where the genie was not
  std::uint64_t better = 0;  // not lost where the genie was
  std::uint64_t bit_errors = 0;
  double channel_error = 0;
};
using Point = std::vector<Counts>;  // one for each method

FadingLink::Config link_config(const Study& study) {
  FadingLink::Config config{.seed = study.seed};
  if (study.channel != "flat") {
    config.taps = sim::ntn_tdl(static_cast<sim::NtnTdl>(study.channel.back() - 'a'), study.delay_spread_s);
    config.doppler_hz = study.doppler_hz;
  } else {
    config.taps = {{.power = 1, .k_factor = 1e12}};
  }
  const double spread = study.delay_spread_s * config.numerology.sample_rate_hz;
  // Two samples before the first path, so that a fraction of a sample is not cut off.
  if (study.prior == "uniform") {
    config.prior = ofdm::uniform_profile(-2, study.prior_samples > 0 ? study.prior_samples + 2 : 34);
  } else if (study.prior == "exponential") {
    config.prior =
        ofdm::exponential_profile(-1, study.prior_samples > 0 ? study.prior_samples : std::max(spread, 2.0));
  } else if (study.prior == "known") {
    for (const auto& tap : config.taps) {
      config.prior.push_back({tap.delay_s * config.numerology.sample_rate_hz, tap.power});
    }
  }
  return config;
}

// Frames are numbered, and the number is all that their channel, bits and noise depend on.
std::vector<Point> measure(const Study& study) {
  std::vector<std::vector<Point>> shares(study.threads,
                                         std::vector<Point>(study.snr_db.size(), Point(methods)));
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < study.threads; ++t) {
    threads.emplace_back([&, t] {
      FadingLink link(link_config(study));
      for (std::uint64_t frame = t; frame < study.frames; frame += study.threads) {
        link.transmit(frame);
        for (std::size_t p = 0; p < study.snr_db.size(); ++p) {
          bool genie = false;
          for (std::size_t m = 0; m < methods; ++m) {
            const auto outcome = link.receive(FadingLink::estimators[m], study.snr_db[p]);
            if (m == 0) genie = outcome.decoded;
            Counts& counts = shares[t][p][m];
            counts.lost += outcome.decoded ? 0 : 1;
            counts.worse += genie && !outcome.decoded ? 1 : 0;
            counts.better += !genie && outcome.decoded ? 1 : 0;
            counts.bit_errors += outcome.bit_errors;
            counts.channel_error += outcome.channel_error;
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (unsigned t = 1; t < study.threads; ++t) {
    for (std::size_t p = 0; p < study.snr_db.size(); ++p) {
      for (std::size_t m = 0; m < methods; ++m) {
        Counts& sum = shares[0][p][m];
        const Counts& add = shares[t][p][m];
        sum.lost += add.lost;
        sum.worse += add.worse;
        sum.better += add.better;
        sum.bit_errors += add.bit_errors;
        sum.channel_error += add.channel_error;
      }
    }
  }
  return shares[0];
}

// The SNR at which a falling curve passes the target, between two points that enclose it, straight in log.
std::optional<double> crossing(const Study& study, const std::vector<Point>& points, std::size_t method) {
  for (std::size_t p = 0; p + 1 < points.size(); ++p) {
    const double a = static_cast<double>(points[p][method].lost) / static_cast<double>(study.frames);
    const double b = static_cast<double>(points[p + 1][method].lost) / static_cast<double>(study.frames);
    if (a < study.target || b >= study.target || b <= 0) continue;
    const double share = std::log(a / study.target) / std::log(a / b);
    return study.snr_db[p] + share * (study.snr_db[p + 1] - study.snr_db[p]);
  }
  return {};
}

// QPSK in white noise: BER = erfc(sqrt(SNR / 2)) / 2, solved for the SNR by halving.
double snr_db_of_ber(double ber) {
  double low = -20;
  double high = 20;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(std::sqrt(power_from_db(middle) / 2)) > ber ? low : high) = middle;
  }
  return low;
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app(
      "Frame error rates through fading channels with known and with estimated channel: ku240 grid, one "
      "known\n"
      "symbol and 8 of data, NR LDPC R = 1/2, QPSK. ku20 gives the same with 12 times the delay spread.\n"
      "  bench_fading_study --channel ntn-tdl-a --snr 8 9 10 --frames 10000");
  app.add_option("--channel", study.channel, "ntn-tdl-a to -d, or flat [ntn-tdl-a]")
      ->check(CLI::IsMember({"ntn-tdl-a", "ntn-tdl-b", "ntn-tdl-c", "ntn-tdl-d", "flat"}));
  app.add_option("--delay-spread", study.delay_spread_s, "rms, seconds [100e-9]")
      ->check(CLI::Range(0.0, 1e-6));
  app.add_option("--doppler", study.doppler_hz, "largest, Hz [50]")->check(CLI::Range(0.0, 20e3));
  app.add_option("--prior", study.prior, "learned, exponential, uniform or known [learned]")
      ->check(CLI::IsMember({"learned", "exponential", "uniform", "known"}));
  app.add_option("--prior-samples", study.prior_samples,
                 "decay or width of the prior, samples at 240 Msps [the delay spread; 32]")
      ->check(CLI::Range(0.0, 512.0));
  app.add_option("--snr", study.snr_db, "per subcarrier, dB, rising")->required();
  app.add_option("--frames", study.frames, "for every point [2000]")->check(CLI::PositiveNumber);
  app.add_option("--target", study.target, "frame error rate to compare at [1e-2]")
      ->check(CLI::Range(1e-6, 1.0));
  app.add_option("--seed", study.seed, "Of channels, bits and noise [1]");
  app.add_option("--threads", study.threads, "[all cores]; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_option("--json", study.json, "Also write the points to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    const std::vector<Point> points = measure(study);
    auto rows = nlohmann::json::array();
    const auto n = static_cast<double>(study.frames);
    std::printf(
        "SNR dB  estimator       FER        95 %% interval          lost  worse/better than genie"
        "   uncoded BER  channel error\n");
    for (std::size_t p = 0; p < points.size(); ++p) {
      for (std::size_t m = 0; m < methods; ++m) {
        const Counts& c = points[p][m];
        const double rate = static_cast<double>(c.lost) / n;
        // Wilson's score interval.
        const double z = 1.96;
        const double centre = (rate + z * z / (2 * n)) / (1 + z * z / n);
        const double half = z / (1 + z * z / n) * std::sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
        const double ber = static_cast<double>(c.bit_errors) / (n * FadingLink::coded_bits);
        std::printf("%6.2f  %-14s  %9.3g  %9.3g .. %-9.3g %6llu  %6llu / %-6llu  %12.4g  %12.4g\n",
                    study.snr_db[p], FadingLink::names[m], rate, std::max(centre - half, 0.0), centre + half,
                    static_cast<unsigned long long>(c.lost), static_cast<unsigned long long>(c.worse),
                    static_cast<unsigned long long>(c.better), ber, c.channel_error / n);
        rows.push_back({{"snr_db", study.snr_db[p]},
                        {"estimator", FadingLink::names[m]},
                        {"fer", rate},
                        {"fer_low", std::max(centre - half, 0.0)},
                        {"fer_high", centre + half},
                        {"lost", c.lost},
                        {"worse_than_genie", c.worse},
                        {"better_than_genie", c.better},
                        {"uncoded_ber", ber},
                        {"channel_error", c.channel_error / n}});
      }
    }
    auto losses = nlohmann::json::object();
    if (study.channel == "flat") {
      std::printf("\nuncoded BER against 0.5 erfc(sqrt(SNR / 2)), loss in dB:\n");
      for (std::size_t p = 0; p < points.size(); ++p) {
        for (std::size_t m = 0; m < methods; ++m) {
          const double ber = static_cast<double>(points[p][m].bit_errors) / (n * FadingLink::coded_bits);
          const double loss = study.snr_db[p] - snr_db_of_ber(ber);
          std::printf("%6.2f  %-14s  %6.3f\n", study.snr_db[p], FadingLink::names[m], loss);
          losses[FadingLink::names[m]].push_back(loss);
        }
      }
    }
    auto crossings = nlohmann::json::object();
    const auto genie = crossing(study, points, 0);
    std::printf("\nSNR at a frame error rate of %g:\n", study.target);
    for (std::size_t m = 0; m < methods; ++m) {
      const auto at = crossing(study, points, m);
      if (!at || !genie) {
        std::printf("  %-14s not between the points\n", FadingLink::names[m]);
        continue;
      }
      std::printf("  %-14s %6.2f dB, %+.2f dB from the genie\n", FadingLink::names[m], *at, *at - *genie);
      crossings[FadingLink::names[m]] = *at;
    }
    if (!study.json.empty()) {
      const nlohmann::json document{{"channel", study.channel},
                                    {"delay_spread_s", study.delay_spread_s},
                                    {"doppler_hz", study.doppler_hz},
                                    {"prior", study.prior},
                                    {"prior_samples", study.prior_samples},
                                    {"frames", study.frames},
                                    {"seed", study.seed},
                                    {"target_fer", study.target},
                                    {"points", rows},
                                    {"snr_db_at_target", crossings},
                                    {"uncoded_loss_db", losses}};
      std::ofstream file(study.json);
      file << document.dump(2) << '\n';
      file.close();
      if (!file) throw std::runtime_error(study.json + ": cannot be written");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
