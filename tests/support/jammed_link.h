// Frames of the ku waveform through an array with jammers and a beamformer, end to end. The sky is the
// simulator's (exact delays per element over the whole band) at ku20's rate and carrier, whose ratio is that
// of 240 MHz at 11.325 GHz, so that the aperture in samples is the real one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "boresight/array/geometry.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/subband_beamformer.h"
#include "boresight/core/error.h"
#include "boresight/core/units.h"
#include "boresight/frame/ku_frame.h"
#include "boresight/ofdm/numerology.h"
#include "boresight/rx/ku_receiver.h"
#include "boresight/sim/sky.h"

namespace boresight::test {

struct JammedLink {
  /// Or mvdr-subband, conventional-subband, narrowband, conventional.
  std::string processor = "subband";
  std::string array = "line";  ///< or rectangle (two rows), circle; half a wavelength between neighbours
  std::size_t elements = 8;
  /// Rms of each element's own gain and phase, drawn from the seed; the beamformers know nothing of them.
  double gain_error_db = 0;
  double phase_error_deg = 0;
  /// Degrees off the zenith to the east, the axis of the line; negative: west.
  double look_deg = 5;
  std::vector<double> jammers_deg = {60, -35, -60};
  /// What turns each jammer around the zenith, clockwise from above, degrees; none: all stay in the plane.
  std::vector<double> jammers_turn_deg = {};
  double jammer_to_satellite_db = 50;
  /// Jammers come on with this sample, all at once. The receiver reads the file from sample 0 on.
  std::size_t onset_sample = 0;
  std::size_t frames = 100;
  std::size_t fft_size = 256;
  std::size_t subbands = 64;
  double loading_db = 3;
  double uncertainty = 0.3;
  double forgetting = 0.5;
  std::size_t interval = 65536;
  double jump_db = 6;
  unsigned adc_bits = 14;
  std::uint64_t seed = 1;
};

struct JammedLinkResult {
  double snr_db = 0;
  bool jammed = false;
  std::size_t frames = 0;
  std::size_t lost = 0;
  std::size_t blocks = 0;
  std::size_t blocks_lost = 0;
  double beam_snr_db = 0;  // mean of what the receiver measured
  std::vector<std::size_t> lost_frames = {};
};

/// Off the zenith to the east, then turned around it.
inline void look(double angle_deg, double turn_deg, double& azimuth_rad, double& elevation_rad) {
  const double azimuth_deg = (angle_deg >= 0 ? 90 : 270) + turn_deg;
  azimuth_rad = rad_from_deg(std::fmod(azimuth_deg + 720, 360));
  elevation_rad = 0.5 * pi - rad_from_deg(std::abs(angle_deg));
}

inline Vec3 line_direction(double angle_deg) {
  return {std::sin(rad_from_deg(angle_deg)), 0, std::cos(rad_from_deg(angle_deg))};
}

/// In wavelengths.
inline array::Geometry jammed_geometry(const JammedLink& link) {
  if (link.array == "rectangle") {
    require(link.elements % 2 == 0, "jammed link: a rectangle of two rows has an even number of elements");
    return array::Geometry::rectangle(link.elements / 2, 2, 0.5, 0.5);
  }
  if (link.array == "circle") {
    return array::Geometry::circle(link.elements, 0.25 / std::sin(pi / static_cast<double>(link.elements)));
  }
  require(link.array == "line", "jammed link: array " + link.array + ", must be line, rectangle or circle");
  return array::Geometry::line(link.elements, 0.5);
}

inline constexpr std::size_t warm_up_frames = 2;

inline JammedLinkResult run(const JammedLink& link, double snr_db, bool jammed) {
  const ofdm::Numerology numerology = ofdm::ku20();
  sim::Scenario scenario;
  scenario.carrier_hz = ofdm::nominal_ku_carrier_hz(numerology);
  scenario.seed = link.seed;
  scenario.positions_wavelengths = jammed_geometry(link).positions_m;
  scenario.payload_file_bytes = 16'000'000;
  sim::Satellite satellite;
  satellite.snr_db = snr_db;
  sim::Track track;
  look(link.look_deg, 0, track.azimuth_rad, track.elevation_rad);
  satellite.motion = track;
  scenario.satellites = {satellite};
  // The same converter in both: the sum of the jammers stays 13 dB below full scale.
  const double total_db =
      snr_db + link.jammer_to_satellite_db +
      db_from_power(static_cast<double>(std::max<std::size_t>(1, link.jammers_deg.size())));
  scenario.receiver = {.element_gain_error_db_rms = link.gain_error_db,
                       .element_phase_error_rad_rms = rad_from_deg(link.phase_error_deg),
                       .adc = {.bits = link.adc_bits, .noise_floor_dbfs = -13 - std::max(0.0, total_db)}};
  std::optional<sim::Sky> before;
  if (jammed && link.onset_sample > 0) before.emplace(scenario);
  for (std::size_t j = 0; jammed && j < link.jammers_deg.size(); ++j) {
    sim::Jammer jammer;
    look(link.jammers_deg[j], j < link.jammers_turn_deg.size() ? link.jammers_turn_deg[j] : 0,
         jammer.azimuth_rad, jammer.elevation_rad);
    jammer.power_db = snr_db + link.jammer_to_satellite_db;
    scenario.jammers.push_back(jammer);
  }
  sim::Sky sky(scenario);

  const array::Geometry geometry = array::Geometry::from_positions(sky.positions_m());
  std::optional<beam::SubbandBeamformer> subband;
  std::optional<beam::AdaptiveBeamformer> narrow;
  if (link.processor.ends_with("subband")) {
    using Mode = beam::SubbandWeights::Mode;
    subband.emplace(beam::SubbandBeamformer::Config{.geometry = geometry,
                                                    .carrier_hz = sky.carrier_hz(),
                                                    .sample_rate_hz = sky.sample_rate_hz(),
                                                    .fft_size = link.fft_size,
                                                    .subbands = link.subbands,
                                                    .mode = link.processor == "subband" ? Mode::robust_capon
                                                            : link.processor == "mvdr-subband"
                                                                ? Mode::mvdr
                                                                : Mode::conventional,
                                                    .loading_over_noise_db = link.loading_db,
                                                    .uncertainty = link.uncertainty,
                                                    .update_interval_samples = link.interval,
                                                    .forgetting = link.forgetting,
                                                    .jump_db = link.jump_db});
    subband->set_direction(line_direction(link.look_deg));
  } else {
    narrow.emplace(beam::AdaptiveBeamformer::Config{
        .geometry = geometry,
        .carrier_hz = sky.carrier_hz(),
        .mode = link.processor == "narrowband" ? beam::AdaptiveBeamformer::Mode::mvdr
                                               : beam::AdaptiveBeamformer::Mode::conventional,
        .update_interval_samples = link.interval,
        .forgetting = link.forgetting,
        .loading_over_noise_db = link.loading_db,
        .jump_db = link.jump_db});
    narrow->set_direction(line_direction(link.look_deg));
  }
  rx::KuReceiver::Config config;
  config.sample_rate_hz = sky.sample_rate_hz();
  rx::KuReceiver receiver(config);

  JammedLinkResult result{.snr_db = snr_db, .jammed = jammed, .frames = link.frames};
  std::vector<bool> received(link.frames, false);
  double beam_snr = 0;
  std::size_t seen = 0;
  const auto see = [&](const rx::KuFrame& frame) {
    const auto number = static_cast<std::int64_t>(
        std::llround(static_cast<double>(frame.start_sample) / frame::ku_frame_samples));
    const std::int64_t index = number - static_cast<std::int64_t>(warm_up_frames);
    if (index < 0 || index >= static_cast<std::int64_t>(link.frames)) return;
    if (frame.ok) received[static_cast<std::size_t>(index)] = true;
    result.blocks += frame.code_blocks;
    result.blocks_lost += frame.code_blocks_failed;
    beam_snr += frame.snr_db;
    ++seen;
  };
  GridBuffer<cf32> x(link.elements, 32000);
  GridBuffer<cf32> earlier(before ? link.elements : 0, 32000);  // the same sky without jammers
  std::vector<cf32> y(32000);
  const std::size_t total = (link.frames + warm_up_frames) * frame::ku_frame_samples + 64000;
  for (std::size_t done = 0; done < total; done += 32000) {
    sky.generate(x.view());
    if (before) {
      before->generate(earlier.view());
      const std::size_t own = std::clamp<std::size_t>(link.onset_sample, done, done + 32000) - done;
      for (std::size_t e = 0; e < link.elements; ++e) {
        std::ranges::copy(earlier.row(e).first(own), x.row(e).begin());
      }
    }
    if (subband) {
      subband->process(x.view(), y);
    } else {
      narrow->process(x.view(), y);
    }
    receiver.push(y, see);
  }
  for (std::size_t i = 0; i < received.size(); ++i) {
    if (!received[i]) result.lost_frames.push_back(i);
  }
  result.lost = result.lost_frames.size();
  result.beam_snr_db = seen > 0 ? beam_snr / static_cast<double>(seen) : -99;
  return result;
}

}  // namespace boresight::test
