// What jammers cost behind a wideband beamformer, end to end: frame errors of the ku receiver over the SNR,
// with and without jammers (tests/support/jammed_link.h).
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/jammed_link.h"

namespace {

using namespace boresight;

struct Study : test::JammedLink {
  std::vector<double> snr_db;  // per element
  std::string json;
};

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app(
      "Frame errors of ku20 behind a beamformer with and without wideband jammers.\n"
      "  bench_subband_study --snr -8.5 -8 -7.5 -7 --frames 200");
  app.add_option("--processor", study.processor, "[subband]")
      ->check(CLI::IsMember({"subband", "conventional-subband", "narrowband", "conventional"}));
  app.add_option("--elements", study.elements, "Of a half-wave line [8]")->check(CLI::Range(1, 64));
  app.add_option("--look", study.look_deg, "Satellite, degrees off boresight [5]");
  app.add_option("--jammers", study.jammers_deg, "Degrees off boresight [60 -35 -60]");
  app.add_option("--jammer-to-satellite", study.jammer_to_satellite_db, "Of each jammer, dB [50]");
  app.add_option("--snr", study.snr_db, "Per element, dB")->required();
  app.add_option("--frames", study.frames, "Per point [100]")->check(CLI::PositiveNumber);
  app.add_option("--fft", study.fft_size, "Bins of the filter bank [256]");
  app.add_option("--subbands", study.subbands, "[64]");
  app.add_option("--loading", study.loading_db, "Over the noise, dB [3]");
  app.add_option("--forgetting", study.forgetting, "[0.5]");
  app.add_option("--interval", study.interval, "Samples between renewals [65536]");
  app.add_option("--adc-bits", study.adc_bits, "[14]");
  app.add_option("--seed", study.seed, "[1]");
  app.add_option("--json", study.json, "Also write the points to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    auto rows = nlohmann::json::array();
    std::printf("SNR per element  jammers  frames  lost  code blocks  lost  beam SNR dB\n");
    for (const bool jammed : {false, true}) {
      if (jammed && study.jammers_deg.empty()) continue;
      for (const double snr_db : study.snr_db) {
        const test::JammedLinkResult p = run(study, snr_db, jammed);
        std::printf("%15.2f  %7zu  %6zu  %4zu  %11zu  %4zu  %11.2f\n", p.snr_db,
                    jammed ? study.jammers_deg.size() : 0, p.frames, p.lost, p.blocks, p.blocks_lost,
                    p.beam_snr_db);
        std::fflush(stdout);
        rows.push_back({{"snr_db", p.snr_db},
                        {"jammers", jammed ? study.jammers_deg.size() : 0},
                        {"frames", p.frames},
                        {"lost", p.lost},
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
