// Error rates of the codes over BPSK (which is QPSK on either axis) in white Gaussian noise, beside what
// theory says.
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

#include "bounds.h"
#include "code_under_test.h"

namespace {

using namespace boresight;

struct Point {
  std::uint64_t blocks = 0, lost = 0, wrong_bits = 0, iterations = 0;
};

// Whole rounds of blocks, so that the result depends neither on the number of threads nor on their speed: the
// number of a block is all that its bits and noise depend on.
Point measure(const Study& study, const std::vector<std::unique_ptr<CodeUnderTest>>& codes,
              double noise_variance) {
  constexpr std::uint64_t round = 240;
  Point point;
  while (point.lost < study.errors && point.blocks < study.max_blocks) {
    std::vector<Point> shares(codes.size());
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < codes.size(); ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t i = t; i < round; i += codes.size()) {
          Random random(study.seed, point.blocks + i);
          const auto outcome = codes[t]->block(random, noise_variance);
          shares[t].lost += outcome.wrong_bits != 0 ? 1 : 0;
          shares[t].wrong_bits += outcome.wrong_bits;
          shares[t].iterations += outcome.iterations;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (const Point& share : shares) {
      point.lost += share.lost;
      point.wrong_bits += share.wrong_bits;
      point.iterations += share.iterations;
    }
    point.blocks += round;
  }
  return point;
}

nlohmann::json run(const Study& study) {
  std::vector<std::unique_ptr<CodeUnderTest>> codes;
  for (unsigned t = 0; t < study.threads; ++t) codes.push_back(make_code(study));
  const std::size_t k = codes[0]->information_bits();
  const std::size_t n = codes[0]->sent_bits();
  std::optional<ConvolutionalSpectrum> spectrum;
  if (study.code == "convolutional") {
    spectrum.emplace(study.rate == "2/3"   ? fec::PuncturedRate::two_thirds
                     : study.rate == "3/4" ? fec::PuncturedRate::three_quarters
                     : study.rate == "5/6" ? fec::PuncturedRate::five_sixths
                                           : fec::PuncturedRate::half);
  }
  const double limit_db = normal_approximation_db(k, n, 1e-2);
  std::printf("%zu information bits in %zu: no code reaches BLER 1e-2 below %.2f dB (normal approximation)\n",
              k, n, limit_db);
  std::printf("Eb/N0 dB       BLER   95 %% interval            BER       lost    blocks   iterations%s\n",
              spectrum ? "   union bound: BLER, BER" : "");
  auto points = nlohmann::json::array();
  for (const double ebn0_db : study.ebn0_db) {
    const double variance =
        static_cast<double>(n) / (2 * static_cast<double>(k) * std::pow(10, ebn0_db / 10));
    const Point p = measure(study, codes, variance);
    const auto blocks = static_cast<double>(p.blocks);
    const double rate = static_cast<double>(p.lost) / blocks;
    const double bit_rate = static_cast<double>(p.wrong_bits) / (blocks * static_cast<double>(k));
    // Wilson's score interval.
    const double z = 1.96;
    const double scale = 1 + z * z / blocks;
    const double center = (rate + z * z / (2 * blocks)) / scale;
    const double half = z / scale * std::sqrt(rate * (1 - rate) / blocks + z * z / (4 * blocks * blocks));
    std::printf("%8.2f  %9.3g   %9.3g .. %-9.3g %9.3g %7llu %9llu %10.2f", ebn0_db, rate,
                std::max(center - half, 0.0), center + half, bit_rate,
                static_cast<unsigned long long>(p.lost), static_cast<unsigned long long>(p.blocks),
                static_cast<double>(p.iterations) / blocks);
    points.push_back({{"ebn0_db", ebn0_db},
                      {"bler", rate},
                      {"ber", bit_rate},
                      {"lost", p.lost},
                      {"blocks", p.blocks},
                      {"mean_iterations", static_cast<double>(p.iterations) / blocks}});
    if (spectrum) {
      const double bler_bound = spectrum->block_error_rate(variance, k);
      const double ber_bound = spectrum->bit_error_rate(variance);
      std::printf(" %15.3g %9.3g", bler_bound, ber_bound);
      points.back()["bler_union_bound"] = bler_bound;
      points.back()["ber_union_bound"] = ber_bound;
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return {{"information_bits", k},
          {"sent_bits", n},
          {"normal_approximation_1e-2_db", limit_db},
          {"points", points}};
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  study.threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App app(
      "Error rates over BPSK in white Gaussian noise.\n"
      "  bench_error_rates --ebn0 1.4 1.5 1.6\n"
      "  bench_error_rates --sent 11264 --rv 0 2 --ebn0 1.0 1.1 --json harq.json\n"
      "  bench_error_rates --code wlan --length 648 --rate 5/6 --ebn0 4 4.25\n"
      "  bench_error_rates --code convolutional --rate 3/4 --bits 1000 --ebn0 4 5");
  const auto one_of = [](std::vector<std::string> values) { return CLI::IsMember(std::move(values)); };
  app.add_option("--code", study.code, "nr (5G LDPC), wlan (802.11n LDPC) or convolutional (K = 7) [nr]")
      ->check(one_of({"nr", "wlan", "convolutional"}));
  app.add_option("--graph", study.base_graph, "nr: base graph [1]")->check(CLI::IsMember({1, 2}));
  app.add_option("--z", study.lifting_size, "nr: lifting size Z, one of 38.212's [384]");
  app.add_option("--sent", study.sent_bits, "nr: coded bits of a transmission [16896]")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--rv", study.redundancy_versions,
                 "nr: redundancy versions, one transmission each, combined [0]")
      ->check(CLI::Range(0, 3));
  app.add_option("--length", study.codeword_bits, "wlan: bits of a codeword, 648, 1296 or 1944 [1944]");
  app.add_option("--rate", study.rate, "wlan, convolutional: 1/2, 2/3, 3/4 or 5/6 [1/2]")
      ->check(one_of({"1/2", "2/3", "3/4", "5/6"}));
  app.add_option("--bits", study.information_bits, "convolutional: information bits [64]");
  app.add_option("--termination", study.termination, "convolutional: zero, open or tail-biting [zero]")
      ->check(one_of({"zero", "open", "tail-biting"}));
  app.add_option("--rounds", study.max_rounds, "convolutional: most passes over a tail-biting block [4]");
  app.add_option("--decoder", study.decoder, "int8, or LDPC: sum-product, min-sum, offset-min-sum [int8]")
      ->check(one_of({"int8", "sum-product", "min-sum", "offset-min-sum"}));
  app.add_option("--scale", study.scale, "min-sum: factor of the magnitudes [0.75]");
  app.add_option("--iterations", study.iterations, "LDPC: at most [10]")->check(CLI::Range(1, 1000));
  app.add_flag("--fixed", study.fixed, "LDPC: all iterations, without early termination (int8)");
  app.add_option("--ebn0", study.ebn0_db, "Eb/N0 in dB, over all transmissions")->required();
  app.add_option("--errors", study.errors, "Lost blocks that end a point [100]");
  app.add_option("--max-blocks", study.max_blocks, "Blocks that end a point [1000000]");
  app.add_option("--seed", study.seed, "Of bits and noise [1]");
  app.add_option("--threads", study.threads, "[all cores]; the results do not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_option("--json", study.json, "Also write the points to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    nlohmann::json document = run(study);
    if (!study.json.empty()) {
      std::string command = argv[0];
      for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
      document["command"] = command;
      document["seed"] = study.seed;
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
