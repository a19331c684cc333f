// The SNR at which one full frame of a hundred is lost, for every modulation and coding: white noise, channel
// and noise variance known. What the table in dsp/frame/header.cpp holds.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "boresight/core/aligned.h"
#include "boresight/core/random.h"
#include "boresight/core/units.h"
#include "boresight/frame/framer.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/modem/soft_demapper.h"

namespace {

using namespace boresight;

struct Study {
  std::vector<std::string> mcs;
  std::vector<double> snr_db;
  double step_db = 0.05;
  double target = 1e-2;
  std::uint64_t errors = 30;
  std::uint64_t max_frames = 2000;
  std::uint64_t seed = 1;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::string json;
};

struct Point {
  double snr_db = 0;
  std::uint64_t frames = 0, lost = 0, blocks = 0, blocks_lost = 0, iterations = 0;
  double rate() const { return static_cast<double>(lost) / static_cast<double>(frames); }
  /// Wilson's score interval, 95 %.
  std::pair<double, double> interval() const {
    const double n = static_cast<double>(frames);
    const double z = 1.96;
    const double centre = (rate() + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * std::sqrt(rate() * (1 - rate()) / n + z * z / (4 * n * n));
    return {std::max(centre - half, 0.0), centre + half};
  }
};

// Codewords are numbered, and the number is all that they and their noise depend on. Each one is sent several
// times under new noise, for encoding takes its time.
constexpr std::uint64_t frames_per_codeword = 5;

class Worker {
 public:
  Worker(std::uint64_t seed, frame::Mcs mcs)
      : seed_(seed),
        mcs_(mcs),
        constellation_(frame::modulation_of(mcs), modem::BitMap::nr),
        deframer_({}),
        payload_(frame::max_payload_bytes(mcs)),
        received_(payload_.size()),
        clean_(frame::ku_payload_carriers),
        noisy_(clean_.size()),
        variance_(clean_.size()),
        llr_(clean_.size() * constellation_.bits()) {}

  void codeword(double snr_db, std::uint64_t number, Point& point) {
    Random random(seed_, number);
    random.fill(payload_);
    const frame::Header header{mcs_, static_cast<std::uint32_t>(payload_.size()),
                               static_cast<std::uint32_t>(number)};
    framer_.payload(header, payload_, clean_);
    const auto noise = static_cast<float>(power_from_db(-snr_db));
    std::fill(variance_.begin(), variance_.end(), noise);
    for (std::uint64_t i = 0; i < frames_per_codeword; ++i) {
      noisy_ = clean_;
      random.add_noise(noisy_, noise);
      modem::soft_demap(constellation_, noisy_, variance_, llr_);
      const auto result = deframer_.payload(header, llr_, received_);
      ++point.frames;
      point.lost += !(result.ok && received_ == payload_);
      point.blocks += result.code_blocks;
      point.blocks_lost += result.code_blocks_failed;
      point.iterations += result.iterations;
    }
  }

 private:
  std::uint64_t seed_;
  frame::Mcs mcs_;
  modem::Constellation constellation_;
  frame::Framer framer_;
  frame::Deframer deframer_;
  std::vector<std::uint8_t> payload_, received_;
  aligned_vector<cf32> clean_, noisy_;
  aligned_vector<float> variance_;
  aligned_vector<modem::Llr> llr_;
};

class Measurement {
 public:
  Measurement(const Study& study, frame::Mcs mcs) : study_(study), mcs_(mcs) {
    for (unsigned t = 0; t < study.threads; ++t)
      workers_.push_back(std::make_unique<Worker>(study.seed, mcs));
  }

  // Whole rounds, so that the result depends neither on the number of threads nor on their speed. The same
  // codewords and, but for its power, the same noise at every SNR: neighboring points share their luck, and
  // the curve is smooth.
  const Point& at(double snr_db) {
    constexpr std::uint64_t round = 8;  // codewords
    Point point{.snr_db = snr_db};
    for (std::uint64_t first = 0; point.lost < study_.errors && point.frames < study_.max_frames;
         first += round) {
      std::vector<Point> shares(study_.threads);
      std::vector<std::thread> threads;
      for (unsigned t = 0; t < study_.threads; ++t) {
        threads.emplace_back([&, t] {
          for (std::uint64_t i = t; i < round; i += study_.threads) {
            workers_[t]->codeword(snr_db, first + i, shares[t]);
          }
        });
      }
      for (auto& thread : threads) thread.join();
      for (const Point& share : shares) {
        point.frames += share.frames;
        point.lost += share.lost;
        point.blocks += share.blocks;
        point.blocks_lost += share.blocks_lost;
        point.iterations += share.iterations;
      }
    }
    const auto [low, high] = point.interval();
    const auto count = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
    std::printf("%-12s %6.2f   %9.2g   %9.2g .. %-9.2g %6llu %6llu %10.2g %6.2f\n",
                std::string(frame::mcs_info(mcs_).name).c_str(), snr_db, point.rate(), low, high,
                count(point.lost), count(point.frames),
                static_cast<double>(point.blocks_lost) / static_cast<double>(point.blocks),
                static_cast<double>(point.iterations) / static_cast<double>(point.blocks));
    std::fflush(stdout);
    points_.push_back(point);
    return points_.back();
  }

  const std::vector<Point>& points() const { return points_; }

 private:
  const Study& study_;
  frame::Mcs mcs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Point> points_;
};

// Where a straight line in ln(rate) through the two points meets the target. A point without losses counts
// as half a one.
double crossing(double target, double snr0, double rate0, double snr1, double rate1) {
  return snr0 + (snr1 - snr0) * std::log(rate0 / target) / std::log(rate0 / rate1);
}

struct Threshold {
  double snr_db, low_db, high_db;
};

// Downhill from where everything is lost, by strides and then by steps, until a point lies below the target.
Threshold find_threshold(Measurement& measurement, const Study& study, double start_db) {
  double snr = start_db;
  while (measurement.at(snr).rate() < 0.9) snr -= 0.5;  // rarely: the start is a guess from below
  constexpr double stride_db = 0.2;
  while (measurement.at(snr + stride_db).rate() >= 0.9) snr += stride_db;
  do snr += study.step_db;
  while (measurement.at(snr).rate() > study.target);
  const Point& below = measurement.points().back();
  const Point& above = measurement.points()[measurement.points().size() - 2];
  const double half_a_loss = 0.5 / static_cast<double>(below.frames);
  const auto [above_low, above_high] = above.interval();
  const auto [below_low, below_high] = below.interval();
  const double nominal =
      crossing(study.target, above.snr_db, above.rate(), below.snr_db, std::max(below.rate(), half_a_loss));
  const double low = crossing(study.target, above.snr_db, above_low, below.snr_db,
                              std::min(std::max(below_low, half_a_loss), 0.999 * above_low));
  const double high = crossing(study.target, above.snr_db, above_high, below.snr_db,
                               std::min(below_high, 0.999 * above_high));
  return {nominal, low, high};
}

// Below where a code of that rate can work: the capacity of the constellation is above ln2(1 + SNR) bits
// less the shaping loss, and the decoder loses half a decibel and more.
double start_of(frame::Mcs mcs) {
  const auto& info = frame::mcs_info(mcs);
  const double bits = info.bits_per_symbol * info.code_rate;
  return std::floor(10 * db_from_power(std::exp2(bits) - 1)) / 10 + (bits > 4 ? 1.0 : 0.3);
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app(
      "The SNR per subcarrier at which one full ku frame of a hundred is lost.\n"
      "  bench_mcs_thresholds                                        every modulation and coding\n"
      "  bench_mcs_thresholds --mcs qam64_5_6 --snr 17.4 17.5        points of one curve");
  app.add_option("--mcs", study.mcs, "Names; all if none is given");
  app.add_option("--snr", study.snr_db, "Measure at these, dB, in place of the search for the threshold");
  app.add_option("--step", study.step_db, "Of the search, dB [0.05]")->check(CLI::Range(0.001, 1.0));
  app.add_option("--target", study.target, "Frame error rate [0.01]")->check(CLI::Range(1e-6, 0.5));
  app.add_option("--errors", study.errors, "Lost frames that end a point [30]")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--max-frames", study.max_frames, "Frames that end a point [2000]")
      ->check(CLI::Range(1, 100000000));
  app.add_option("--seed", study.seed, "Of payloads and noise [1]");
  app.add_option("--threads", study.threads, "[all cores]; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_option("--json", study.json, "Also write the results to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    std::vector<frame::Mcs> entries;
    for (const std::string& name : study.mcs) {
      const auto mcs = frame::mcs_from_name(name);
      if (!mcs) throw std::runtime_error("no modulation and coding is called " + name);
      entries.push_back(*mcs);
    }
    if (entries.empty()) {
      for (std::size_t m = 0; m < frame::mcs_count; ++m) entries.push_back(static_cast<frame::Mcs>(m));
    }
    auto results = nlohmann::json::array();
    std::printf(
        "mcs          SNR dB   frame loss   95 %% interval           lost frames block loss iterations\n");
    for (const frame::Mcs mcs : entries) {
      Measurement measurement(study, mcs);
      std::optional<Threshold> threshold;
      if (study.snr_db.empty()) {
        threshold = find_threshold(measurement, study, start_of(mcs));
        std::printf("%-12s loses %g of its frames at %.2f dB (95 %%: %.2f .. %.2f)\n",
                    std::string(frame::mcs_info(mcs).name).c_str(), study.target, threshold->snr_db,
                    threshold->low_db, threshold->high_db);
      } else {
        for (const double snr : study.snr_db) measurement.at(snr);
      }
      auto points = nlohmann::json::array();
      for (const Point& p : measurement.points()) {
        const auto [low, high] = p.interval();
        points.push_back({{"snr_db", p.snr_db},
                          {"frame_loss", p.rate()},
                          {"interval_95", {low, high}},
                          {"lost", p.lost},
                          {"frames", p.frames},
                          {"blocks_lost", p.blocks_lost},
                          {"blocks", p.blocks}});
      }
      results.push_back({{"mcs", frame::mcs_info(mcs).name}, {"points", points}});
      if (threshold) {
        results.back()["threshold_snr_db"] = threshold->snr_db;
        results.back()["threshold_interval_95_db"] = {threshold->low_db, threshold->high_db};
      }
    }
    if (!study.json.empty()) {
      const nlohmann::json document{{"target", study.target}, {"seed", study.seed}, {"mcs", results}};
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
