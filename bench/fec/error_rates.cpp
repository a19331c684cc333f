// Block error rates of the LDPC codes over BPSK (which is QPSK on either axis) in white Gaussian noise.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "boresight/core/random.h"
#include "boresight/fec/ldpc_decoder.h"
#include "boresight/fec/ldpc_reference_decoder.h"
#include "boresight/fec/nr_ldpc_encoder.h"
#include "boresight/fec/nr_rate_matching.h"

namespace {

using namespace boresight;

struct Study {
  int base_graph = 1;
  unsigned lifting_size = 384;
  std::size_t sent_bits = 16896;
  std::vector<unsigned> redundancy_versions{0};
  std::string decoder = "int8";
  unsigned iterations = 10;
  bool fixed = false;
  std::vector<double> ebn0_db;
  std::uint64_t errors = 100;
  std::uint64_t max_blocks = 1'000'000;
  std::uint64_t seed = 1;
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::string json;
};

// One thread's share: blocks are numbered, and the number is all that their noise depends on.
class Worker {
 public:
  Worker(const Study& study, const fec::NrLdpcGraph& graph)
      : study_(study),
        graph_(graph),
        fast_({}),
        reference_({.rule = study.decoder == "min-sum"          ? fec::CheckRule::min_sum
                            : study.decoder == "offset-min-sum" ? fec::CheckRule::offset_min_sum
                                                                : fec::CheckRule::sum_product}),
        codeword_(graph.codeword_bits()),
        matched_(study.sent_bits),
        soft_(study.sent_bits),
        combined_(graph.codeword_bits()),
        nats_(graph.codeword_bits()),
        bits_(graph.information_bits()) {}

  /// True if the block was decoded; adds to `iterations`.
  bool block(double ebn0_db, std::uint64_t number, std::uint64_t& iterations) {
    Random random(study_.seed, number);
    const auto information = std::span(codeword_).first(graph_.information_bits());
    for (auto& bit : information) bit = random.next() & 1U;
    fec::nr_ldpc_encode(graph_, information, std::span(codeword_).subspan(information.size()), graph_.rows());

    const double rate = static_cast<double>(information.size()) /
                        static_cast<double>(study_.sent_bits * study_.redundancy_versions.size());
    const double variance = 1 / (2 * rate * std::pow(10, ebn0_db / 10));
    const double sigma = std::sqrt(variance);
    std::fill(combined_.begin(), combined_.end(), modem::Llr{0});
    std::fill(nats_.begin(), nats_.end(), 0.0F);
    for (const unsigned version : study_.redundancy_versions) {
      const fec::NrRateMatching matching{.graph = graph_.base_graph(),
                                         .lifting_size = graph_.lifting_size(),
                                         .bits_per_block = graph_.information_bits(),
                                         .coded_bits = study_.sent_bits,
                                         .bits_per_symbol = 1,
                                         .redundancy_version = version};
      fec::nr_rate_match(matching, codeword_, matched_);
      for (std::size_t i = 0; i < soft_.size(); ++i) {
        const double y = (matched_[i] != 0 ? -1.0 : 1.0) + sigma * random.normal();
        soft_[i] = modem::quantize_llr(static_cast<float>(2 * y / variance));
      }
      fec::nr_rate_recover(matching, soft_, combined_);
    }
    if (study_.decoder == "int8") {
      const auto stop = study_.fixed ? fec::LdpcDecoder::Stop::never : fec::LdpcDecoder::Stop::parity;
      iterations +=
          fast_.decode(graph_, combined_, {.max_iterations = study_.iterations, .stop = stop}, bits_)
              .iterations;
    } else {
      for (std::size_t i = 0; i < nats_.size(); ++i)
        nats_[i] = static_cast<float>(combined_[i]) / modem::llr_scale;
      iterations += reference_.decode(graph_, nats_, study_.iterations, bits_).iterations;
    }
    return std::equal(bits_.begin(), bits_.end(), information.begin());
  }

 private:
  const Study& study_;
  const fec::NrLdpcGraph& graph_;
  fec::LdpcDecoder fast_;
  fec::LdpcReferenceDecoder reference_;
  std::vector<std::uint8_t> codeword_, matched_;
  std::vector<modem::Llr> soft_, combined_;
  std::vector<float> nats_;
  std::vector<std::uint8_t> bits_;
};

struct Point {
  std::uint64_t blocks = 0, lost = 0, iterations = 0;
};

// Whole rounds of blocks, so that the result depends neither on the number of threads nor on their speed.
Point measure(const Study& study, const fec::NrLdpcGraph& graph, double ebn0_db) {
  constexpr std::uint64_t round = 240;
  Point point;
  std::vector<Worker> workers;
  for (unsigned t = 0; t < study.threads; ++t) workers.emplace_back(study, graph);
  while (point.lost < study.errors && point.blocks < study.max_blocks) {
    std::vector<Point> shares(study.threads);
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < study.threads; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = t; i < round; i += study.threads) {
          shares[t].lost += workers[t].block(ebn0_db, point.blocks + i, shares[t].iterations) ? 0 : 1;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const Point& share : shares) {
      point.lost += share.lost;
      point.iterations += share.iterations;
    }
    point.blocks += round;
  }
  return point;
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app(
      "Block error rates of the 5G NR LDPC code over BPSK in white Gaussian noise.\n"
      "  bench_error_rates --ebn0 1.4 1.5 1.6\n"
      "  bench_error_rates --sent 11264 --rv 0 2 --ebn0 1.0 1.1 --json harq.json");
  app.add_option("--graph", study.base_graph, "Base graph [1]")->check(CLI::IsMember({1, 2}));
  app.add_option("--z", study.lifting_size, "Lifting size Z, one of 38.212's [384]");
  app.add_option("--sent", study.sent_bits, "Coded bits of a transmission [16896]")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--rv", study.redundancy_versions,
                 "Redundancy versions, one transmission each, combined [0]")
      ->check(CLI::Range(0, 3));
  app.add_option("--decoder", study.decoder, "int8, sum-product, min-sum or offset-min-sum [int8]")
      ->check(CLI::IsMember({"int8", "sum-product", "min-sum", "offset-min-sum"}));
  app.add_option("--iterations", study.iterations, "At most [10]")->check(CLI::Range(1, 1000));
  app.add_flag("--fixed", study.fixed, "All iterations, without early termination (int8)");
  app.add_option("--ebn0", study.ebn0_db, "Eb/N0 in dB, over all transmissions")->required();
  app.add_option("--errors", study.errors, "Lost blocks that end a point [100]");
  app.add_option("--max-blocks", study.max_blocks, "Blocks that end a point [1000000]");
  app.add_option("--seed", study.seed, "Of bits and noise [1]");
  app.add_option("--threads", study.threads, "[all cores]; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_option("--json", study.json, "Also write the points to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    const fec::NrLdpcGraph graph(study.base_graph == 1 ? fec::BaseGraph::bg1 : fec::BaseGraph::bg2,
                                 study.lifting_size);
    auto points = nlohmann::json::array();
    std::printf("Eb/N0 dB       BLER   95 %% interval          lost    blocks   iterations\n");
    for (const double ebn0_db : study.ebn0_db) {
      const Point p = measure(study, graph, ebn0_db);
      const double n = static_cast<double>(p.blocks);
      const double rate = static_cast<double>(p.lost) / n;
      // Wilson's score interval.
      const double z = 1.96;
      const double centre = (rate + z * z / (2 * n)) / (1 + z * z / n);
      const double half = z / (1 + z * z / n) * std::sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
      std::printf("%8.2f  %9.3g   %9.3g .. %-9.3g %7llu %9llu %10.2f\n", ebn0_db, rate,
                  std::max(centre - half, 0.0), centre + half, static_cast<unsigned long long>(p.lost),
                  static_cast<unsigned long long>(p.blocks), static_cast<double>(p.iterations) / n);
      std::fflush(stdout);
      points.push_back({{"ebn0_db", ebn0_db},
                        {"bler", rate},
                        {"lost", p.lost},
                        {"blocks", p.blocks},
                        {"mean_iterations", static_cast<double>(p.iterations) / n}});
    }
    if (!study.json.empty()) {
      const nlohmann::json document{{"base_graph", study.base_graph},
                                    {"lifting_size", study.lifting_size},
                                    {"sent_bits", study.sent_bits},
                                    {"redundancy_versions", study.redundancy_versions},
                                    {"decoder", study.decoder},
                                    {"iterations", study.iterations},
                                    {"fixed", study.fixed},
                                    {"seed", study.seed},
                                    {"points", points}};
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
