// What jammers cost behind a wideband beamformer, end to end: frame errors of the ku receiver over the SNR,
// with and without jammers. The sky is the simulator's (exact delays per element over the whole band) at
// ku20's rate and carrier, whose ratio is that of 240 MHz at 11.325 GHz, so that the aperture in samples is
// the real one.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/subband_beamformer.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/sim/sky.h"

namespace {

using namespace boresight;

struct Study {
  std::string processor = "subband";
  std::size_t elements = 8;
  double look_deg = 5;
  std::vector<double> jammers_deg = {60, -35, -60};
  double jammer_to_satellite_db = 50;
  std::vector<double> snr_db;  // per element
  std::size_t frames = 100;
  std::size_t fft_size = 256;
  std::size_t subbands = 64;
  double loading_db = 3;
  double forgetting = 0.5;
  std::size_t interval = 65536;
  unsigned adc_bits = 14;
  std::uint64_t seed = 1;
  std::string json;
};

struct Point {
  double snr_db = 0;
  bool jammed = false;
  std::size_t frames = 0;
  std::size_t lost = 0;
  std::size_t blocks = 0;
  std::size_t blocks_lost = 0;
  double beam_snr_db = 0;  // mean of what the receiver measured
};

/// Off the zenith in the east-west plane, along which the line of elements lies.
void look(double angle_deg, double& azimuth_rad, double& elevation_rad) {
  azimuth_rad = angle_deg >= 0 ? 0.5 * pi : 1.5 * pi;
  elevation_rad = 0.5 * pi - rad_from_deg(std::abs(angle_deg));
}

Vec3 line_direction(double angle_deg) {
  return {std::sin(rad_from_deg(angle_deg)), 0, std::cos(rad_from_deg(angle_deg))};
}

constexpr std::size_t warm_up_frames = 2;

Point run(const Study& study, double snr_db, bool jammed) {
  const ofdm::Numerology numerology = ofdm::ku20();
  sim::Scenario scenario;
  scenario.carrier_hz = ofdm::nominal_ku_carrier_hz(numerology);
  scenario.seed = study.seed;
  scenario.positions_wavelengths = array::Geometry::line(study.elements, 0.5).positions_m;
  scenario.payload_file_bytes = 16'000'000;
  sim::Satellite satellite;
  satellite.snr_db = snr_db;
  sim::Track track;
  look(study.look_deg, track.azimuth_rad, track.elevation_rad);
  satellite.motion = track;
  scenario.satellites = {satellite};
  if (jammed) {
    for (const double angle_deg : study.jammers_deg) {
      sim::Jammer jammer;
      look(angle_deg, jammer.azimuth_rad, jammer.elevation_rad);
      jammer.power_db = snr_db + study.jammer_to_satellite_db;
      scenario.jammers.push_back(jammer);
    }
  }
  // The same converter in both: the sum of the jammers stays 13 dB below full scale.
  const double total_db =
      snr_db + study.jammer_to_satellite_db +
      db_from_power(static_cast<double>(std::max<std::size_t>(1, study.jammers_deg.size())));
  scenario.receiver.adc = {.bits = study.adc_bits, .noise_floor_dbfs = -13 - std::max(0.0, total_db)};
  sim::Sky sky(scenario);

  const array::Geometry geometry = array::Geometry::from_positions(sky.positions_m());
  std::optional<beam::SubbandBeamformer> subband;
  std::optional<beam::AdaptiveBeamformer> narrow;
  if (study.processor == "subband" || study.processor == "conventional-subband") {
    subband.emplace(beam::SubbandBeamformer::Config{.geometry = geometry,
                                                    .carrier_hz = sky.carrier_hz(),
                                                    .sample_rate_hz = sky.sample_rate_hz(),
                                                    .fft_size = study.fft_size,
                                                    .subbands = study.subbands,
                                                    .mode = study.processor == "subband"
                                                                ? beam::SubbandWeights::Mode::mvdr
                                                                : beam::SubbandWeights::Mode::conventional,
                                                    .loading_over_noise_db = study.loading_db,
                                                    .update_interval_samples = study.interval,
                                                    .forgetting = study.forgetting});
    subband->set_direction(line_direction(study.look_deg));
  } else {
    narrow.emplace(beam::AdaptiveBeamformer::Config{
        .geometry = geometry,
        .carrier_hz = sky.carrier_hz(),
        .mode = study.processor == "narrowband" ? beam::AdaptiveBeamformer::Mode::mvdr
                                                : beam::AdaptiveBeamformer::Mode::conventional,
        .update_interval_samples = study.interval,
        .forgetting = study.forgetting,
        .loading_over_noise_db = study.loading_db});
    narrow->set_direction(line_direction(study.look_deg));
  }
  rx::KuReceiver::Config config;
  config.sample_rate_hz = sky.sample_rate_hz();
  rx::KuReceiver receiver(config);

  Point point{.snr_db = snr_db, .jammed = jammed, .frames = study.frames};
  std::vector<bool> received(study.frames, false);
  double beam_snr = 0;
  std::size_t seen = 0;
  const auto see = [&](const rx::KuFrame& frame) {
    const auto number = static_cast<std::int64_t>(
        std::llround(static_cast<double>(frame.start_sample) / frame::ku_frame_samples));
    const std::int64_t index = number - static_cast<std::int64_t>(warm_up_frames);
    if (index < 0 || index >= static_cast<std::int64_t>(study.frames)) return;
    if (frame.ok) received[static_cast<std::size_t>(index)] = true;
    point.blocks += frame.code_blocks;
    point.blocks_lost += frame.code_blocks_failed;
    beam_snr += frame.snr_db;
    ++seen;
  };
  GridBuffer<cf32> x(study.elements, 32000);
  std::vector<cf32> y(32000);
  const std::size_t total = (study.frames + warm_up_frames) * frame::ku_frame_samples + 64000;
  for (std::size_t done = 0; done < total; done += 32000) {
    sky.generate(x.view());
    if (subband) {
      subband->process(x.view(), y);
    } else {
      narrow->process(x.view(), y);
    }
    receiver.push(y, see);
  }
  point.lost = static_cast<std::size_t>(std::count(received.begin(), received.end(), false));
  point.beam_snr_db = seen > 0 ? beam_snr / static_cast<double>(seen) : -99;
  return point;
}

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
        const Point p = run(study, snr_db, jammed);
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
