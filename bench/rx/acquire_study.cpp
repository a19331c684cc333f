// How often frames of the Ku-band downlink are found, how often noise is taken for one, and how good their
// Doppler is. The signal is that of tests/support/ku_downlink.h, made without the library's own transmitter.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/rx/pilot_receiver.h"
#include "boresight/rx/preamble_receiver.h"
#include "support/ku_downlink.h"

namespace {

using namespace boresight;

struct Study {
  std::string what = "detection";
  double rate_hz = 240e6;
  double center_hz = 0;
  double snr_db = -15;
  double false_alarm = 1e-3;
  std::size_t trials = 1000;
  std::size_t accumulate = 64;
  double seconds = 1;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  bool pilots = false;
};

// Clopper and Pearson 1934: the two-sided 95 % interval of a probability from k of n.
double binomial_tail(std::size_t n, std::size_t from, double p) {  // P(X >= from)
  if (from == 0) return 1;
  double sum = 0;
  for (std::size_t k = from; k <= n; ++k) {
    const auto nd = static_cast<double>(n);
    const auto kd = static_cast<double>(k);
    const double term = std::lgamma(nd + 1) - std::lgamma(kd + 1) - std::lgamma(nd - kd + 1) +
                        kd * std::log(p) + (nd - kd) * std::log1p(-p);
    sum += std::exp(term);
  }
  return sum;
}
double solve(const std::function<bool(double)>& too_low) {
  double low = 1e-12, high = 1 - 1e-12;
  for (int i = 0; i < 60; ++i) {
    const double p = 0.5 * (low + high);
    (too_low(p) ? low : high) = p;
  }
  return 0.5 * (low + high);
}
std::pair<double, double> clopper_pearson(std::size_t k, std::size_t n) {
  const double low = k == 0 ? 0 : solve([&](double p) { return binomial_tail(n, k, p) < 0.025; });
  const double high = k == n ? 1 : solve([&](double p) { return 1 - binomial_tail(n, k + 1, p) > 0.025; });
  return {low, high};
}

struct Tally {
  std::size_t tried = 0, found = 0, wrong = 0;
  double square = 0;  // of Doppler errors
  std::size_t squares = 0;
  double seconds = 0;  // until found
  void add(const Tally& other) {
    tried += other.tried;
    found += other.found;
    wrong += other.wrong;
    square += other.square;
    squares += other.squares;
    seconds += other.seconds;
  }
};

/// Frames through a receiver, a pass after a pass, each with its own place, Doppler and noise.
class Worker {
 public:
  explicit Worker(const Study& study)
      : study_(study), config_(base()), downlink_(config_), period_(study.rate_hz / 750) {}

  // Every complete frame of a pass of 40 frames is a trial.
  Tally detection(std::uint64_t number) {
    constexpr std::size_t frames = 40;
    Random random = start_pass(number);
    Tally tally;
    std::vector<bool> seen(frames + 2);
    run(random, frames, study_.snr_db, [&](const rx::KuDetection& d) {
      const double frame = nearest(d);
      if (!right(d, frame)) {
        ++tally.wrong;
      } else if (frame >= 0 && frame < frames) {
        seen[static_cast<std::size_t>(frame)] = true;
      }
      return true;
    });
    // The last frames are not whole or not searched yet.
    for (std::size_t f = 0; f + 4 < frames; ++f) {
      ++tally.tried;
      tally.found += seen[f] ? 1 : 0;
    }
    return tally;
  }

  Tally noise(std::uint64_t number) {
    constexpr std::size_t frames = 200;
    Random random(study_.seed, 2 * number + 1);
    Tally tally;
    std::uint64_t searched = 0;
    run(
        random, frames, -400,
        [&](const rx::KuDetection&) {
          ++tally.found;
          return true;
        },
        &searched);
    tally.tried = searched;
    return tally;
  }

  // A trial is `seconds` of frames; it ends with the first block in which the satellite is found.
  Tally accumulation(std::uint64_t number) {
    Random random = start_pass(number);
    Tally tally;
    tally.tried = 1;
    const auto frames = static_cast<std::size_t>(study_.seconds * 750);
    run(random, frames, study_.snr_db, [&](const rx::KuDetection& d) {
      const double frame = nearest(d);
      const bool good =
          std::abs(d.start_samples() - downlink_.frame_start(static_cast<std::int64_t>(frame))) <= 2;
      if (!good) {
        ++tally.wrong;
        return true;
      }
      tally.found = 1;
      tally.seconds = d.start_samples() / study_.rate_hz + static_cast<double>(d.frames) / 750;
      return false;
    });
    return tally;
  }

  // The error of the first Doppler that is told 100 ms after the first frame.
  Tally doppler(std::uint64_t number) {
    Random random = start_pass(number);
    Tally tally;
    tally.tried = 1;
    run(random, 90, study_.snr_db, [&](const rx::KuDetection& d) {
      const double frame = nearest(d);
      if (!right(d, frame)) {
        ++tally.wrong;
        return true;
      }
      if (frame < 75) return true;
      const double error = d.doppler_hz - downlink_.doppler_at(d.start_samples());
      tally.square += error * error;
      ++tally.squares;
      tally.found = 1;
      return false;
    });
    return tally;
  }

 private:
  test::KuDownlink::Config base() const {
    test::KuDownlink::Config c;
    c.sample_rate_hz = study_.rate_hz;
    c.center_hz = study_.center_hz;
    c.tuned_hz = 11'325'117'187.5 + study_.center_hz;
    c.variants = study_.rate_hz > 100e6 ? 3 : 16;
    c.seed = study_.seed;
    return c;
  }

  Random start_pass(std::uint64_t number) {
    Random random(study_.seed, 2 * number);
    config_.doppler_hz = (2 * random.uniform() - 1) * 299e3;
    config_.doppler_rate_hz_s = -4000;
    config_.start_s = (1.2 + random.uniform()) / 750;
    downlink_.restart(config_);
    return random;
  }

  double nearest(const rx::KuDetection& d) const {
    const double slope = 1 + config_.doppler_hz / config_.tuned_hz;
    return std::round((d.start_samples() / study_.rate_hz - config_.start_s) * 750 * slope);
  }
  bool right(const rx::KuDetection& d, double frame) const {
    const double carrier_hz = study_.pilots ? 1e3 : 40e3;
    return std::abs(d.start_samples() - downlink_.frame_start(static_cast<std::int64_t>(frame))) <= 1.2 &&
           std::abs(d.carrier_hz - downlink_.doppler_at(d.start_samples())) <= carrier_hz;
  }

  void run(Random& random, std::size_t frames, double snr_db,
           const std::function<bool(const rx::KuDetection&)>& see, std::uint64_t* searched = nullptr) {
    bool go_on = true;
    const auto handler = [&](const rx::KuDetection& d) { go_on = go_on && see(d); };
    std::unique_ptr<rx::PreambleReceiver> preamble;
    std::unique_ptr<rx::PilotReceiver> pilots;
    if (study_.pilots) {
      rx::PilotReceiver::Config c;
      c.search.sample_rate_hz = study_.rate_hz;
      c.search.center_hz = study_.center_hz;
      c.search.edge = study_.center_hz > 0 ? sync::ChannelEdge::upper : sync::ChannelEdge::lower;
      c.search.false_alarm = study_.false_alarm;
      c.tuned_hz = config_.tuned_hz;
      c.search_every = 1;
      pilots = std::make_unique<rx::PilotReceiver>(c);
    } else {
      rx::PreambleReceiver::Config c;
      c.search.sample_rate_hz = study_.rate_hz;
      c.search.center_hz = study_.center_hz;
      c.false_alarm = study_.false_alarm;
      c.tuned_hz = config_.tuned_hz;
      c.accumulate_frames =
          study_.what == "accumulation" || study_.what == "noise-blocks" ? study_.accumulate : 0;
      preamble = std::make_unique<rx::PreambleReceiver>(c);
    }
    // Noise of unit power in the slice; the signal's density is that of 240 MHz.
    const auto amplitude = static_cast<float>(amplitude_from_db(snr_db) * std::sqrt(240e6 / study_.rate_hz));
    std::vector<cf32> x(static_cast<std::size_t>(period_));
    for (std::size_t f = 0; f < frames && go_on; ++f) {
      std::fill(x.begin(), x.end(), cf32(0));
      if (snr_db > -300) downlink_.add(x, amplitude);
      random.add_noise(x, 1.0F);
      if (preamble) preamble->push(x, handler);
      if (pilots) pilots->push(x, handler);
    }
    if (searched != nullptr) *searched = preamble ? preamble->stats().periods : pilots->stats().searches;
  }

  const Study& study_;
  test::KuDownlink::Config config_;
  test::KuDownlink downlink_;
  double period_;
};

void print(const Study& study, const Tally& t) {
  const auto [low, high] = clopper_pearson(t.found, t.tried);
  std::printf("%s: %.4g MHz at %+.4g MHz, SNR %.4g dB, seed %llu: %zu of %zu (95 %%: %.3e to %.3e)",
              study.what.c_str(), study.rate_hz * 1e-6, study.center_hz * 1e-6, study.snr_db,
              static_cast<unsigned long long>(study.seed), t.found, t.tried, low, high);
  if (study.what != "noise" && study.what != "noise-blocks") std::printf(", %zu elsewhere", t.wrong);
  if (study.what == "accumulation" && t.found > 0)
    std::printf(", after %.3f s on average", t.seconds / static_cast<double>(t.found));
  if (t.squares > 0)
    std::printf(", Doppler %.1f Hz rms", std::sqrt(t.square / static_cast<double>(t.squares)));
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app(
      "Detection, false alarms and Doppler of the Ku-band downlink's frames in white Gaussian noise.\n"
      "SNR is per sample of 240 MHz; in a slice the densities are the same.\n"
      "  bench_acquire_study --what detection --snr -15 --trials 2000\n"
      "  bench_acquire_study --what noise --trials 20000\n"
      "  bench_acquire_study --what accumulation --snr -28 --trials 100\n"
      "  bench_acquire_study --what doppler --snr -10 --trials 100");
  app.add_option(
         "--what", study.what,
         "detection (frames one by one), noise (frame periods with a false alarm), accumulation (trials of\n"
         "--seconds), noise-blocks (the same on noise), doppler (after 100 ms)")
      ->check(CLI::IsMember({"detection", "noise", "accumulation", "noise-blocks", "doppler"}));
  app.add_option("--rate", study.rate_hz, "Sample rate, Hz [240e6]");
  app.add_option("--center", study.center_hz, "Middle of the slice above the channel's center, Hz [0]");
  app.add_option("--snr", study.snr_db, "dB [-15]");
  app.add_option("--false-alarm", study.false_alarm, "Per frame period [1e-3]");
  app.add_option("--trials", study.trials, "Frames, frame periods or runs [1000]");
  app.add_option("--accumulate", study.accumulate, "Frames of a block [64]");
  app.add_option("--seconds", study.seconds, "Of a trial of accumulation [1]");
  app.add_option("--seed", study.seed, "[1]");
  app.add_option("--threads", study.threads, "[1]; the result does not depend on it");
  app.add_flag("--pilots", study.pilots, "Edge pilots instead of the preamble");
  CLI11_PARSE(app, argc, argv);

  const bool frames = study.what == "detection";
  const bool noise = study.what == "noise" || study.what == "noise-blocks";
  const std::size_t per_pass = frames ? 36 : noise ? 190 : 1;
  const std::size_t passes = (study.trials + per_pass - 1) / per_pass;
  std::vector<Tally> shares(study.threads);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < study.threads; ++t) {
    threads.emplace_back([&, t] {
      Worker worker(study);
      for (std::size_t p = t; p < passes; p += study.threads) {
        shares[t].add(frames                         ? worker.detection(p)
                      : noise                        ? worker.noise(p)
                      : study.what == "accumulation" ? worker.accumulation(p)
                                                     : worker.doppler(p));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Tally total;
  for (const Tally& share : shares) total.add(share);
  print(study, total);
  return 0;
}
