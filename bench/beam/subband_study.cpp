// What jammers cost behind a wideband beamformer, end to end: frame errors of the ku receiver over the SNR,
// with and without jammers (tests/support/jammed_link.h).
#include <CLI/CLI.hpp>
#include <Eigen/Cholesky>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boresight/array/direction.h"
#include "boresight/array/steering.h"
#include "support/binomial.h"
#include "support/jammed_link.h"

namespace {

using namespace boresight;

struct Study : test::JammedLink {
  std::vector<double> snr_db;  // per element
  std::vector<std::uint64_t> seeds = {1};
  std::string scene = "both";
  std::string json;
};

/// Every seed is a sky of its own: payload, noise, jammers and element errors.
test::JammedLinkResult over_seeds(Study& study, double snr_db, bool jammed, std::size_t& worst) {
  test::JammedLinkResult sum{.snr_db = snr_db, .jammed = jammed};
  worst = 0;
  for (const std::uint64_t seed : study.seeds) {
    study.seed = seed;
    const test::JammedLinkResult p = run(study, snr_db, jammed);
    sum.frames += p.frames;
    sum.lost += p.lost;
    sum.blocks += p.blocks;
    sum.blocks_lost += p.blocks_lost;
    sum.beam_snr_db += p.beam_snr_db / static_cast<double>(study.seeds.size());
    worst = std::max(worst, p.lost);
  }
  return sum;
}

/// What the jammers take of the SINR where their covariance is known and subbands are infinitely narrow: the
/// mean over the band of SINR_opt / (E SNR), channels without errors, dB.
double known_covariance_loss_db(const Study& study, double snr_db) {
  const array::Geometry geometry = test::jammed_geometry(study);
  const auto n = static_cast<Eigen::Index>(study.elements);
  const auto steer = [&](double off_deg, double turn_deg, double carriers) {
    array::SkyDirection to;
    test::look(off_deg, turn_deg, to.azimuth_rad, to.elevation_rad);
    Eigen::VectorXcd a(n);
    array::steering_vector(geometry, array::enu_from_sky(to), carriers * speed_of_light_m_s,
                           std::span(a.data(), study.elements));
    return a;
  };
  constexpr int points = 65;
  double sum = 0;
  for (int i = 0; i < points; ++i) {
    const double carriers = 1 + 240.0 / 11325 * (i / (points - 1.0) - 0.5);
    Eigen::MatrixXcd r = Eigen::MatrixXcd::Identity(n, n);
    for (std::size_t j = 0; j < study.jammers_deg.size(); ++j) {
      const double turn_deg = j < study.jammers_turn_deg.size() ? study.jammers_turn_deg[j] : 0;
      const Eigen::VectorXcd v = steer(study.jammers_deg[j], turn_deg, carriers);
      r += power_from_db(snr_db + study.jammer_to_satellite_db) * v * v.adjoint();
    }
    const Eigen::VectorXcd a = steer(study.look_deg, 0, carriers);
    sum += a.dot(r.llt().solve(a)).real() / static_cast<double>(n * points);
  }
  return db_from_power(sum);
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app(
      "Frame errors of ku20 behind a beamformer with and without wideband jammers.\n"
      "  bench_subband_study --snr -8.5 -8 -7.5 -7 --frames 200\n"
      "Frames are per seed and point; the interval is Clopper and Pearson's at 95 %, of all frames "
      "together.");
  app.add_option("--processor", study.processor, "[subband]")
      ->check(
          CLI::IsMember({"subband", "mvdr-subband", "conventional-subband", "narrowband", "conventional"}));
  app.add_option("--array", study.array, "[line]")->check(CLI::IsMember({"line", "rectangle", "circle"}));
  app.add_option("--elements", study.elements, "Half a wavelength apart [8]")->check(CLI::Range(1, 64));
  app.add_option("--gain-error", study.gain_error_db, "Rms of an element, dB [0]");
  app.add_option("--phase-error", study.phase_error_deg, "Rms of an element, degrees [0]");
  app.add_option("--look", study.look_deg, "Satellite, degrees off boresight [5]");
  app.add_option("--jammers", study.jammers_deg, "Degrees off boresight [60 -35 -60]");
  app.add_option("--turn", study.jammers_turn_deg, "Each jammer around the zenith, degrees [0]");
  app.add_option("--scene", study.scene, "[both]")->check(CLI::IsMember({"both", "clear", "jammed"}));
  app.add_option("--jammer-to-satellite", study.jammer_to_satellite_db, "Of each jammer, dB [50]");
  app.add_option("--snr", study.snr_db, "Per element, dB")->required();
  app.add_option("--frames", study.frames, "Per point and seed [100]")->check(CLI::PositiveNumber);
  app.add_option("--fft", study.fft_size, "Bins of the filter bank [256]");
  app.add_option("--subbands", study.subbands, "[64]");
  app.add_option("--loading", study.loading_db, "Over the noise, dB [3]");
  app.add_option("--uncertainty", study.uncertainty, "Of the steering vector, of its square [0.3]");
  app.add_option("--forgetting", study.forgetting, "[0.5]");
  app.add_option("--interval", study.interval, "Samples between renewals [65536]");
  app.add_option("--adc-bits", study.adc_bits, "[14]");
  app.add_option("--seeds,--seed", study.seeds, "[1]");
  app.add_option("--json", study.json, "Also write the points to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    auto rows = nlohmann::json::array();
    if (!study.jammers_deg.empty()) {
      std::printf("known covariances, ideal subbands: %.2f dB\n",
                  known_covariance_loss_db(study, study.snr_db.back()));
    }
    std::printf("SNR per element  jammers  frames  lost  95 %%              worst seed  beam SNR dB\n");
    for (const bool jammed : {false, true}) {
      if (study.scene == (jammed ? "clear" : "jammed") || (jammed && study.jammers_deg.empty())) continue;
      for (const double snr_db : study.snr_db) {
        std::size_t worst = 0;
        const test::JammedLinkResult p = over_seeds(study, snr_db, jammed, worst);
        const auto [low, high] = clopper_pearson(static_cast<int>(p.lost), static_cast<int>(p.frames));
        std::printf("%15.3f  %7zu  %6zu  %4zu  %8.2e-%8.2e  %10zu  %11.2f\n", p.snr_db,
                    jammed ? study.jammers_deg.size() : 0, p.frames, p.lost, low, high, worst, p.beam_snr_db);
        std::fflush(stdout);
        rows.push_back({{"snr_db", p.snr_db},
                        {"jammers", jammed ? study.jammers_deg.size() : 0},
                        {"seeds", study.seeds.size()},
                        {"frames", p.frames},
                        {"lost", p.lost},
                        {"loss_interval", {low, high}},
                        {"lost_of_worst_seed", worst},
                        {"code_blocks", p.blocks},
                        {"code_blocks_lost", p.blocks_lost},
                        {"beam_snr_db", p.beam_snr_db}});
      }
    }
    if (!study.json.empty()) {
      std::ofstream file(study.json);
      file << rows.dump(2) << '\n';
      if (!file) throw std::runtime_error(study.json + ": cannot be written");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_subband_study: %s\n", error.what());
    return 1;
  }
  return 0;
}
