// The ku receiver beside a genie that knows timing, carrier, channel and noise and reads the same samples:
//
//   bench_ku_link --mcs qpsk_1_2 --snr 1.15 1.2 1.25 1.3 1.35 1.4 --frames 1000      frames lost
//   bench_ku_link --uncoded --frames 20                                bits wrong before the decoder
//   bench_ku_link --floor --frames 100000                              3 dB above the threshold
//   bench_ku_link --noise 1e9                                          what it takes for frames in noise
//
// Each frame comes at a random place, carrier (+-250 kHz of 240 MHz), Doppler rate and clock (+-20 ppm) to a
// receiver that knows nothing (tests/support/ku_genie.h).
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/rx/ku_receiver.h"
#include "support/binomial.h"
#include "support/closed_form.h"
#include "support/ku_genie.h"

namespace {

using namespace boresight;

struct Study {
  std::string mcs = "qpsk_1_2";
  std::vector<double> snr_db;
  std::uint64_t frames = 1000;
  std::uint64_t seed = 1;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::size_t bases = 16;
  double target = 1e-2;
  bool uncoded = false;
  bool floor = false;
  bool alone = false;
  std::string json;
};

struct Counts {
  std::uint64_t frames = 0;
  std::uint64_t lost = 0;
  std::uint64_t headers_lost = 0;
  std::uint64_t genie_lost = 0;
  std::uint64_t only_receiver_lost = 0;
  double bits = 0, errors = 0, genie_errors = 0;

  void add(const Counts& other) {
    frames += other.frames;
    lost += other.lost;
    headers_lost += other.headers_lost;
    genie_lost += other.genie_lost;
    only_receiver_lost += other.only_receiver_lost;
    bits += other.bits;
    errors += other.errors;
    genie_errors += other.genie_errors;
  }
};

// Frames are numbered, and the number is all that they depend on.
std::vector<Counts> measure(const Study& study, frame::Mcs mcs, const std::vector<double>& snr_db) {
  std::vector<std::vector<Counts>> shares(study.threads, std::vector<Counts>(snr_db.size()));
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < study.threads; ++t) {
    threads.emplace_back([&, t] {
      test::KuTrial trial(mcs, study.bases, study.seed,
                          study.floor ? test::KuTrial::Noise::recorded : test::KuTrial::Noise::fresh);
      test::KuGenie genie;
      test::KuUnderTest receiver;
      constexpr std::size_t first = test::KuUnderTest::first_counted;
      for (std::uint64_t number = t; number < study.frames; number += study.threads) {
        trial.draw(number);
        for (std::size_t p = 0; p < snr_db.size(); ++p) {
          trial.samples(snr_db[p]);
          Counts& counts = shares[t][p];
          ++counts.frames;
          const auto outcome = study.uncoded ? receiver.receive_and_count(trial) : receiver.receive(trial);
          counts.lost += outcome.decoded ? 0 : 1;
          counts.headers_lost += outcome.header ? 0 : 1;
          if (study.floor || study.alone) continue;
          const auto known =
              genie.receive(trial, !study.uncoded, study.uncoded ? first : frame::ku_data_symbols);
          if (study.uncoded) {
            counts.errors += outcome.bit_errors;
            counts.genie_errors += known.bit_errors;
            counts.bits += static_cast<double>((frame::ku_data_symbols - first) * frame::ku_data_carriers *
                                               trial.constellation.bits());
          } else {
            counts.genie_lost += known.decoded ? 0 : 1;
            counts.only_receiver_lost += known.decoded && !outcome.decoded ? 1 : 0;
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (unsigned t = 1; t < study.threads; ++t) {
    for (std::size_t p = 0; p < snr_db.size(); ++p) shares[0][p].add(shares[t][p]);
  }
  return shares[0];
}

struct Threshold {
  double snr_db, low_db, high_db;
};

// Where the straight line in ln(rate) through two points that enclose the target meets it, and where it does
// for the ends of their 95 % intervals. A point without losses counts as half a one. Nothing if they are more
// than 0.1 dB apart: the curve is no straight line over that much.
std::optional<Threshold> threshold(const Study& study, const std::vector<double>& snr_db,
                                   const std::vector<Counts>& points, std::uint64_t Counts::*lost) {
  for (std::size_t p = 0; p + 1 < points.size(); ++p) {
    const auto n = static_cast<double>(points[p].frames);
    const double a = static_cast<double>(points[p].*lost) / n;
    const double b = std::max(static_cast<double>(points[p + 1].*lost), 0.5) / n;
    if (a < study.target || b >= study.target || snr_db[p + 1] - snr_db[p] > 0.101) continue;
    const auto meets = [&](double above, double below) {
      above = std::max(above, 1.001 * study.target);
      below = std::min(below, study.target / 1.001);
      return snr_db[p] +
             (snr_db[p + 1] - snr_db[p]) * std::log(above / study.target) / std::log(above / below);
    };
    const auto count = static_cast<int>(points[p].frames);
    const auto [a_low, a_high] = clopper_pearson(static_cast<int>(points[p].*lost), count);
    const auto [b_low, b_high] = clopper_pearson(static_cast<int>(points[p + 1].*lost), count);
    return Threshold{meets(a, b), meets(a_low, std::max(b_low, 0.025 / n)), meets(a_high, b_high)};
  }
  return {};
}

double rate(std::uint64_t count, const Counts& counts) {
  return static_cast<double>(count) / static_cast<double>(counts.frames);
}

nlohmann::json frame_losses(const Study& study, frame::Mcs mcs, const std::vector<double>& snr_db) {
  const auto points = measure(study, mcs, snr_db);
  auto json = nlohmann::json::object();
  std::printf("  snr_db   frames  receiver (95 %%)               genie   only the receiver   no header\n");
  for (std::size_t p = 0; p < points.size(); ++p) {
    const Counts& c = points[p];
    const auto [low, high] = clopper_pearson(static_cast<int>(c.lost), static_cast<int>(c.frames));
    std::printf("%8.2f %8llu  %.2e (%.1e .. %.1e)  %.2e  %18llu  %10llu\n", snr_db[p],
                static_cast<unsigned long long>(c.frames), rate(c.lost, c), low, high, rate(c.genie_lost, c),
                static_cast<unsigned long long>(c.only_receiver_lost),
                static_cast<unsigned long long>(c.headers_lost));
    json["points"].push_back({{"snr_db", snr_db[p]},
                              {"frames", c.frames},
                              {"lost", c.lost},
                              {"lost_interval", {low, high}},
                              {"genie_lost", c.genie_lost},
                              {"only_receiver_lost", c.only_receiver_lost},
                              {"headers_lost", c.headers_lost}});
  }
  const auto real = threshold(study, snr_db, points, &Counts::lost);
  if (real) std::printf("receiver: %.3f dB (%.3f .. %.3f)\n", real->snr_db, real->low_db, real->high_db);
  const auto known =
      study.floor || study.alone ? std::nullopt : threshold(study, snr_db, points, &Counts::genie_lost);
  if (known) std::printf("genie:    %.3f dB (%.3f .. %.3f)\n", known->snr_db, known->low_db, known->high_db);
  if (real && known) {
    // As if the two were independent, which overstates the interval.
    std::printf("loss:     %.3f dB (%.3f .. %.3f)\n", real->snr_db - known->snr_db,
                real->low_db - known->high_db, real->high_db - known->low_db);
    json["loss_db"] = real->snr_db - known->snr_db;
    json["loss_interval_db"] = {real->low_db - known->high_db, real->high_db - known->low_db};
  }
  return json;
}

// Each constellation at the threshold of its most robust code.
nlohmann::json uncoded(const Study& study) {
  auto json = nlohmann::json::array();
  std::printf("             snr_db       bits   receiver: BER, loss      genie: BER, loss\n");
  for (const auto mcs : {frame::Mcs::qpsk_1_2, frame::Mcs::qam16_1_2, frame::Mcs::qam64_2_3}) {
    const auto& info = frame::mcs_info(mcs);
    const auto modulation = frame::modulation_of(mcs);
    const std::vector<double> snr_db =
        study.snr_db.empty() ? std::vector{info.threshold_snr_db} : study.snr_db;
    const auto points = measure(study, mcs, snr_db);
    for (std::size_t p = 0; p < points.size(); ++p) {
      const Counts& c = points[p];
      const double ber = c.errors / c.bits;
      const double genie_ber = c.genie_errors / c.bits;
      const double loss = snr_db[p] - closed_form_snr_db(modulation, ber);
      const double genie_loss = snr_db[p] - closed_form_snr_db(modulation, genie_ber);
      std::printf("%-12s %6.2f %10.0f   %.4e %7.3f dB   %.4e %7.3f dB\n", std::string(info.name).c_str(),
                  snr_db[p], c.bits, ber, loss, genie_ber, genie_loss);
      json.push_back({{"mcs", std::string(info.name)},
                      {"snr_db", snr_db[p]},
                      {"bits", c.bits},
                      {"ber", ber},
                      {"loss_db", loss},
                      {"genie_ber", genie_ber},
                      {"genie_loss_db", genie_loss}});
    }
  }
  return json;
}

// Whether no payload passes its checks.
bool listens_in_vain(double samples, std::uint64_t seed, const rx::KuReceiver::Config& config) {
  rx::KuReceiver receiver(config);
  Random random(seed);
  std::vector<cf32> x(1 << 16);
  const auto ignore = [](const rx::KuFrame&) {};
  for (double done = 0; done < samples; done += static_cast<double>(x.size())) {
    std::fill(x.begin(), x.end(), cf32(0));
    random.add_noise(x, 1.0F);
    receiver.push(x, ignore);
  }
  const auto& s = receiver.stats();
  std::printf(
      "%.1e samples: candidates %llu, preambles %llu, headers failed %llu, frames %llu, payloads failed "
      "%llu\n",
      samples, static_cast<unsigned long long>(s.candidates),
      static_cast<unsigned long long>(s.frames_detected), static_cast<unsigned long long>(s.headers_failed),
      static_cast<unsigned long long>(s.frames_ok), static_cast<unsigned long long>(s.payloads_failed));
  return s.frames_ok == 0;
}

// White noise: as anyone would listen, and a tenth of it with thresholds that let noise go on to the headers.
int listen_to_noise(double samples, std::uint64_t seed) {
  rx::KuReceiver::Config credulous;
  credulous.search.false_alarm_rate = 1e-4;
  credulous.sync.false_alarm_probability = 0.1;
  const bool plain = listens_in_vain(samples, seed, {});
  return listens_in_vain(samples / 10, seed, credulous) && plain ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app("The ku receiver beside one that knows timing, carrier, channel and noise");
  app.add_option("--mcs", study.mcs, "[qpsk_1_2]");
  app.add_option("--snr", study.snr_db, "per subcarrier, dB, rising [from the threshold up]");
  app.add_option("--frames", study.frames, "for every point [1000]")->check(CLI::Range(1, 100000000));
  app.add_option("--seed", study.seed, "[1]");
  app.add_option("--threads", study.threads, "[all cores]; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_option("--bases", study.bases, "payloads, clocks and fractions of a sample, made once [16]")
      ->check(CLI::Range(1, 1000));
  app.add_option("--target", study.target, "frame error rate of the threshold [0.01]")
      ->check(CLI::Range(1e-6, 0.5));
  app.add_flag("--uncoded", study.uncoded, "bit errors before the decoder: QPSK, 16-QAM and 64-QAM");
  app.add_flag("--floor", study.floor,
               "3 dB above the threshold, without the genie, noise from two records of 2 Msamples");
  app.add_flag("--alone", study.alone, "without the genie");
  double noise_samples = 0;
  app.add_option("--noise", noise_samples, "samples of nothing but noise, and nothing else");
  app.add_option("--json", study.json, "Also write the results to this file");
  CLI11_PARSE(app, argc, argv);
  if (noise_samples > 0) return listen_to_noise(noise_samples, study.seed);
  const auto mcs = frame::mcs_from_name(study.mcs);
  if (!mcs) {
    std::fprintf(stderr, "no modulation and coding is called %s\n", study.mcs.c_str());
    return 1;
  }
  const double start = frame::mcs_info(*mcs).threshold_snr_db;
  std::vector<double> snr_db = study.snr_db;
  if (snr_db.empty() && study.floor) snr_db = {start + 3};
  if (snr_db.empty()) {
    for (int i = -1; i <= 6; ++i) snr_db.push_back(start + 0.05 * i);
  }
  const auto json = study.uncoded ? uncoded(study) : frame_losses(study, *mcs, snr_db);
  if (!study.json.empty()) std::ofstream(study.json) << json.dump(2) << '\n';
  return 0;
}
