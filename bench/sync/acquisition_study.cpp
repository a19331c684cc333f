// How often the ku search and its synchronizer alarm in noise, find a frame, and how well they place it;
// beside what theory allows. The points depend on the seed and on nothing else.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/header.h"
#include "boresight/ofdm/modulator.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/sync/detection_theory.h"
#include "boresight/sync/ku_acquisition.h"
#include "boresight/sync/ku_sequences.h"
#include "boresight/tx/ku_transmitter.h"

namespace {

using namespace boresight;

struct Study {
  double samples = 1e8;
  std::vector<double> rates{1e-3, 1e-4, 1e-5, 1e-6};
  std::vector<double> snr_db{-16, -15, -14, -13, -12, -11, -10};
  double subcarriers = 0;
  double false_alarm_rate = 1e-10;
  std::size_t trials = 2000;
  std::size_t frames = 0;
  std::uint64_t seed = 1;
  std::string json;
};

// PSS and SSS at `start`, on a carrier in cycles per sample.
std::vector<cf32> preamble(std::size_t total, std::size_t start, double frequency, double phase_turns) {
  std::vector<cf32> x(total);
  std::vector<cf32> symbol(1056);
  ofdm::Modulator(ofdm::ku20()).process(sync::sss(), symbol);
  for (std::size_t i = 0; i < 1056; ++i) {
    x[start + i] = sync::pss()[i];
    x[start + 1056 + i] = symbol[i];
  }
  for (std::size_t i = 0; i < total; ++i)
    x[i] *= cf32(std::polar(1.0, 2 * pi * (phase_turns + frequency * static_cast<double>(i))));
  return x;
}

// Every position of the noise is looked at. Neighbors a segment apart share products and pass together:
// clumps (passing positions less than a symbol apart) are counted too, which are independent.
nlohmann::json false_alarms(const Study& study) {
  sync::PssSearch search({.max_carrier_offset = 3.9, .positions = 65536});
  Random random(study.seed);
  std::vector<cf32> window(search.window_samples());
  random.add_noise(window, 1.0F);
  const auto windows = static_cast<std::size_t>(std::ceil(study.samples / 65536));
  struct Count {
    double threshold_2 = 0;
    std::size_t positions = 0, clumps = 0, last = 0;
  };
  std::vector<Count> counts;
  for (const double rate : study.rates) counts.push_back({std::pow(sync::PssSearch::threshold_for(rate), 2)});
  for (std::size_t w = 0; w < windows; ++w) {
    if (w > 0) {
      const auto tail = window.begin() + 65536;
      std::copy(tail, window.end(), window.begin());
      const auto fresh = std::span(window).last(65536);
      std::fill(fresh.begin(), fresh.end(), cf32(0));
      random.add_noise(fresh, 1.0F);
    }
    search.process(window, w > 0);
    const double least = std::min_element(counts.begin(), counts.end(), [](const Count& a, const Count& b) {
                           return a.threshold_2 < b.threshold_2;
                         })->threshold_2;
    for (std::size_t n = 0; n < 65536; ++n) {
      const auto statistic_2 = static_cast<double>(search.statistic_2()[n]);
      if (statistic_2 < least) continue;
      for (Count& c : counts) {
        if (statistic_2 < c.threshold_2) continue;
        const std::size_t at = 65536 * w + n + 2000;
        ++c.positions;
        c.clumps += at > c.last + 1056;
        c.last = at;
      }
    }
  }
  const std::size_t total = windows * 65536;
  std::printf("rate asked for    theory      seen    95 %% interval of clumps     clumps   of %zu samples\n",
              total);
  auto points = nlohmann::json::array();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double rate = study.rates[i];
    const double t = sync::PssSearch::threshold_for(rate) / std::cos(pi / 9);
    const double theory = rate * std::exp(-t * t / 2080);
    const double seen = static_cast<double>(counts[i].positions) / static_cast<double>(total);
    const auto interval = sync::clopper_pearson(counts[i].clumps, total, 0.025);
    std::printf("%14.1e  %8.2e  %8.2e  %9.2e .. %-9.2e  %9zu\n", rate, theory, seen, interval.low,
                interval.high, counts[i].clumps);
    points.push_back({{"rate", rate},
                      {"theory", theory},
                      {"positions", counts[i].positions},
                      {"clumps", counts[i].clumps},
                      {"samples", total}});
  }
  return points;
}

nlohmann::json detection(const Study& study) {
  sync::PssSearch search({.false_alarm_rate = study.false_alarm_rate, .positions = 1024});
  sync::KuSync confirm({});
  std::printf(
      "SNR dB    found at the place   theory    found and confirmed   (%zu trials, %.2f subcarriers, alarms "
      "at "
      "%.0e)\n",
      study.trials, study.subcarriers, study.false_alarm_rate);
  auto points = nlohmann::json::array();
  const double angle = pi * study.subcarriers / 8;
  const double match = angle == 0 ? 1.0 : std::pow(std::sin(angle) / (128 * std::sin(angle / 128)), 2);
  Random random(study.seed);
  for (const double snr_db : study.snr_db) {
    const double snr = power_from_db(snr_db);
    std::size_t at_place = 0;
    std::size_t found = 0;
    std::size_t confirmed = 0;
    for (std::size_t trial = 0; trial < study.trials; ++trial) {
      auto x = preamble(search.window_samples() + 2048, 600, study.subcarriers / 1024, random.uniform());
      random.add_noise(x, static_cast<float>(1 / snr));
      const auto candidate = search.process(std::span<const cf32>(x).first(search.window_samples()));
      at_place += search.statistic_2()[632] >= std::pow(search.threshold(), 2);
      if (!candidate || std::abs(static_cast<double>(candidate->position) - 632) > 2) continue;
      ++found;
      const auto timing = confirm.process(x, candidate->position - 32, candidate->frequency);
      confirmed += timing && timing->start == 600;
    }
    const double theory =
        sync::differential_detection_probability(8, 128 * snr * match, search.threshold() * (1 + snr));
    const auto share = [&](std::size_t n) {
      return static_cast<double>(n) / static_cast<double>(study.trials);
    };
    std::printf("%6.1f    %18.4f   %6.4f    %19.4f\n", snr_db, share(at_place), theory, share(confirmed));
    points.push_back({{"snr_db", snr_db},
                      {"detected", share(at_place)},
                      {"theory", theory},
                      {"candidate_within_two_samples", share(found)},
                      {"confirmed", share(confirmed)}});
  }
  return points;
}

// Carrier and delay of the synchronizer beside their Cramer-Rao bounds (ku_acquisition.h). The preamble lies
// at whole samples here; tests/sync has it between them.
nlohmann::json estimators(const Study& study) {
  sync::KuSync confirm({});
  std::printf(
      "SNR dB   carrier rms, subcarriers   above the bound   delay rms, samples   above the bound   (%zu "
      "trials)\n",
      study.trials);
  auto points = nlohmann::json::array();
  Random random(study.seed);
  for (const double snr_db : study.snr_db) {
    double carrier_square = 0;
    double delay_square = 0;
    std::size_t found = 0;
    for (std::size_t trial = 0; trial < study.trials; ++trial) {
      const double frequency = (random.uniform() * 4 - 2) / 1024;
      auto x = preamble(4000, 800, frequency, random.uniform());
      random.add_noise(x, static_cast<float>(power_from_db(-snr_db)));
      const auto timing = confirm.process(x, 800, frequency + (random.uniform() - 0.5) * 0.3 / 1024);
      if (!timing) continue;
      ++found;
      carrier_square += std::pow(timing->frequency - frequency, 2);
      delay_square += std::pow(static_cast<double>(timing->start) + timing->delay - 800, 2);
    }
    const double snr = power_from_db(snr_db);
    const double n = 2112;
    const auto count = static_cast<double>(std::max<std::size_t>(1, found));
    const double carrier_db =
        db_from_power(carrier_square / count / (6 / (4 * pi * pi * snr * n * (n * n - 1))));
    const double delay_db = db_from_power(delay_square / count / (12 / (8 * pi * pi * snr * n)));
    std::printf("%6.1f   %23.6f   %12.2f dB   %18.5f   %12.2f dB   %zu found\n", snr_db,
                1024 * std::sqrt(carrier_square / count), carrier_db, std::sqrt(delay_square / count),
                delay_db, found);
    points.push_back({{"snr_db", snr_db},
                      {"found", found},
                      {"carrier_rms_subcarriers", 1024 * std::sqrt(carrier_square / count)},
                      {"carrier_above_bound_db", carrier_db},
                      {"delay_rms_samples", std::sqrt(delay_square / count)},
                      {"delay_above_bound_db", delay_db}});
  }
  return points;
}

// The receiver on frames of QPSK 1/3, each alone and at any carrier: how many headers are read and how many
// payloads beside them. Headers are cheap (only a frame's first symbols are sent) and counted `trials` times;
// payloads `frames` times.
nlohmann::json headers(const Study& study) {
  tx::KuTransmitter transmitter({});
  constexpr auto mcs = frame::Mcs::qpsk_1_3;
  std::vector<std::uint8_t> payload(frame::max_payload_bytes(mcs));
  std::vector<cf32> sent(transmitter.frame_samples());
  Random random(study.seed);
  random.fill(payload);
  transmitter.transmit(mcs, 1, payload, sent);
  const auto receive = [&](std::size_t used, double snr_db, const rx::KuReceiver::Handler& handler,
                           rx::KuReceiver& receiver) {
    std::vector<cf32> x(used + 12'000);
    const std::size_t start = 500 + random.below(1000);
    const double frequency = (random.uniform() * 4.8 - 2.4) / 1024;
    const double phase = random.uniform();
    cf64 turn = std::polar(1.0, 2 * pi * phase);
    const cf64 step = std::polar(1.0, 2 * pi * frequency);
    for (std::size_t i = 0; i < used; ++i, turn *= step) x[start + i] = sent[i] * cf32(turn);
    random.add_noise(x, static_cast<float>(power_from_db(-snr_db)));
    receiver.reset();
    receiver.push(x, handler);
  };
  std::printf("SNR dB    headers lost of %zu     95 %% interval        payloads lost of %zu\n", study.trials,
              study.frames);
  auto points = nlohmann::json::array();
  for (const double snr_db : study.snr_db) {
    rx::KuReceiver receiver({});
    const rx::KuReceiver::Handler ignore = [](const rx::KuFrame&) {};
    for (std::size_t trial = 0; trial < study.trials; ++trial)
      receive(4 * 1056 + 64, snr_db, ignore, receiver);
    const std::size_t lost = study.trials - receiver.stats().acquisitions;
    std::size_t good = 0;
    const rx::KuReceiver::Handler count = [&](const rx::KuFrame& f) { good += f.ok; };
    for (std::size_t f = 0; f < study.frames; ++f) receive(sent.size(), snr_db, count, receiver);
    const auto interval = sync::clopper_pearson(lost, study.trials, 0.025);
    std::printf("%6.2f    %7zu  %9.2e   %9.2e .. %-9.2e   %7zu  %9.2e\n", snr_db, lost,
                static_cast<double>(lost) / static_cast<double>(study.trials), interval.low, interval.high,
                study.frames - good,
                static_cast<double>(study.frames - good) /
                    static_cast<double>(std::max<std::size_t>(1, study.frames)));
    std::fflush(stdout);
    points.push_back({{"snr_db", snr_db},
                      {"headers", study.trials},
                      {"headers_lost", lost},
                      {"payloads", study.frames},
                      {"payloads_lost", study.frames - good}});
  }
  return points;
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app("What the ku acquisition does in noise, beside theory.");
  app.require_subcommand(1);
  auto* alarms = app.add_subcommand("false-alarms", "Of the PSS search, at every sample of white noise");
  alarms->add_option("--samples", study.samples, "[1e8]")->check(CLI::Range(1e5, 1e12));
  alarms->add_option("--rates", study.rates, "Per sample [1e-3 1e-4 1e-5 1e-6]")
      ->check(CLI::Range(1e-15, 0.1));
  auto* detect = app.add_subcommand("detection", "Of the PSS search, and confirmed on the SSS");
  detect->add_option("--snr", study.snr_db, "dB [-16 .. -10]");
  detect->add_option("--subcarriers", study.subcarriers, "Carrier offset [0]")->check(CLI::Range(-2.5, 2.5));
  detect->add_option("--rate", study.false_alarm_rate, "Alarms per sample [1e-10]")
      ->check(CLI::Range(1e-15, 0.1));
  auto* estimate =
      app.add_subcommand("estimators", "Carrier and delay of the synchronizer, beside their bounds");
  estimate->add_option("--snr", study.snr_db, "dB [-16 .. -10]");
  auto* header = app.add_subcommand("headers", "Headers lost beside payloads of QPSK 1/3");
  header->add_option("--snr", study.snr_db, "dB [-16 .. -10]");
  header->add_option("--frames", study.frames, "Whole frames, for the payload [0]")
      ->check(CLI::Range(0, 1'000'000));
  for (auto* sub : {alarms, detect, estimate, header}) {
    sub->add_option("--trials", study.trials, "[2000]")->check(CLI::Range(1, 10'000'000));
    sub->add_option("--seed", study.seed, "[1]");
    sub->add_option("--json", study.json, "Also write the points to this file");
  }
  CLI11_PARSE(app, argc, argv);
  try {
    const auto points = *alarms     ? false_alarms(study)
                        : *detect   ? detection(study)
                        : *estimate ? estimators(study)
                                    : headers(study);
    if (!study.json.empty()) {
      std::ofstream file(study.json);
      file << nlohmann::json{{"study", app.get_subcommands().front()->get_name()},
                             {"seed", study.seed},
                             {"points", points}}
                  .dump(2)
           << '\n';
      file.close();
      if (!file) throw std::runtime_error(study.json + ": cannot be written");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  return 0;
}
