#include "report.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "boresight/array/pattern.h"
#include "boresight/core/units.h"
#include "boresight/core/version.h"
#include "common/text.h"
#include "sky_map.h"
#include "svg.h"

namespace boresight::receive {
namespace {

using program::format_count;
using program::format_fixed;

// Okabe and Ito's colors, distinct under every color vision; darker variants on white.
constexpr const char* style = R"(
:root{--ink:#1b1f24;--soft:#57606a;--line:#d8dee4;--page:#fff;--card:#f6f8fa;
--s1:#0072b2;--s2:#c65a00;--s3:#007a5e;--bad:#b3261e;--good:#007a5e}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--page:#0d1117;--card:#161b22;
--s1:#56b4e9;--s2:#e69f00;--s3:#2fc49a;--bad:#ff7b72;--good:#2fc49a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px;max-width:1000px;background:var(--page);color:var(--ink);
font:14px/1.45 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:22px 0 8px}
.sub{color:var(--soft);margin:2px 0 16px;overflow-wrap:anywhere}
.verdict{border-left:5px solid var(--good);background:var(--card);padding:10px 14px;font-size:16px;
overflow-wrap:anywhere}
.verdict.no{border-color:var(--bad)}.verdict code{font-size:12px;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;margin:14px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:8px 12px}
.tile b{display:block;white-space:nowrap;font-size:20px;font-variant-numeric:tabular-nums}.tile span{color:var(--soft);font-size:12px}
.plots{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px}
figure:last-child:nth-child(odd){grid-column:1/-1}
figcaption{color:var(--soft);font-size:12px;margin-top:4px}
svg{width:100%;height:auto;display:block;max-height:400px}
svg text{fill:var(--ink);font:11px system-ui,"Segoe UI","DejaVu Sans",sans-serif}
svg .title{font-weight:600;font-size:13px}svg .label,svg .tick{fill:var(--soft)}svg .tick{font-size:10.5px}
.grid{stroke:var(--line);stroke-width:.7;fill:none}.frame{stroke:var(--soft);fill:none}
.line{fill:none;stroke-width:1.5;stroke-linejoin:round}.dots{fill:none;stroke-linecap:round}
.key{stroke-width:3;fill:none}.mark{stroke-dasharray:4 3;fill:none;stroke-width:1.3}
.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}.s3{stroke:var(--s3)}.bad{stroke:var(--bad)}
.ring{fill:none;stroke:#fff;stroke-opacity:.45;stroke-width:.8}
.halo{fill:none;stroke:#000;stroke-width:5;stroke-opacity:.75}
.satellite,.jammer{fill:none;stroke-width:2.2;stroke:#fff}.jammer{stroke:#ff9d5c}
svg .onmap{fill:#fff;font-size:11px;font-weight:600;paint-order:stroke;stroke:#000;stroke-width:2.5px;
stroke-opacity:.7}
.tables{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:24px}
table{border-collapse:collapse;width:100%}td{padding:3px 0;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child{color:var(--soft);padding-right:12px;white-space:nowrap}
td:last-child{text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
footer{margin-top:18px;color:var(--soft);font-size:12px}
@media(max-width:700px){.plots,.tables{grid-template-columns:1fr}}
@media print{@page{margin:10mm}body{padding:0;max-width:none;font-size:10.5px}svg{max-height:56mm}
figcaption{font-size:9px}figure{padding:4px 8px}.plots{gap:6px}.tiles{margin:8px 0;gap:6px;
grid-template-columns:repeat(6,1fr)}.tile{padding:4px 8px}.tile b{font-size:14px}.tile span{font-size:9px}figure,.tile,tr{break-inside:avoid}
:root{--ink:#000;--soft:#444;--line:#ccc;--page:#fff;--card:#fff;--s1:#0072b2;--s2:#c65a00;--s3:#007a5e;
--bad:#b3261e;--good:#007a5e}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)";

std::string with_unit(double value, int digits, const char* unit) {
  const std::string text = format_fixed(value, digits);
  return text == "-" ? text : text + " " + unit;
}

std::string figure(const std::string& svg, const std::string& caption) {
  return "<figure>" + svg + "<figcaption>" + escaped(caption) + "</figcaption></figure>\n";
}

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string table(const Rows& rows) {
  std::string out = "<table>";
  for (const auto& [name, value] : rows) {
    out += "<tr><td>" + escaped(name) + "</td><td>" + escaped(value) + "</td></tr>";
  }
  return out + "</table>\n";
}

std::string verdict(const Options& options, const Results& r) {
  const bool file_wanted = !options.output.empty();
  std::string text;
  bool good = r.frames_ok > 0;
  if (r.payload_complete) {
    good = !r.true_payload_sha256 || *r.true_payload_sha256 == r.payload_sha256;
    text = good ? "The file was received whole: " + format_count(r.payload_bytes) +
                      " bytes, the ones that were sent."
                : "The file is not the one that the device says it sent.";
    return "<div class='verdict" + std::string(good ? "" : " no") + "'>" + escaped(text) +
           "<br><code>SHA-256 " + escaped(r.payload_sha256) + "</code></div>\n";
  }
  if (r.frames_detected == 0) {
    text = "No frame was found.";
  } else {
    text =
        std::to_string(r.frames_ok) + " of " + std::to_string(r.frames_detected) + " frames were received.";
  }
  if (r.payload_started) {
    text += " The file is incomplete: " + std::to_string(r.blocks_received) + " of " +
            std::to_string(r.blocks_expected) + " blocks.";
    good = good && !file_wanted;
  }
  return "<div class='verdict" + std::string(good ? "" : " no") + "'>" + escaped(text) + "</div>\n";
}

std::string tiles(const Results& r) {
  std::string out = "<div class='tiles'>";
  const auto tile = [&out](const std::string& value, const std::string& name) {
    out += "<div class='tile'><b>" + escaped(value) + "</b><span>" + escaped(name) + "</span></div>";
  };
  tile(with_unit(100 * r.frame_error_rate(), 2, "%"), "frame error rate");
  tile(with_unit(r.snr_db.value(), 1, "dB"), "SNR per subcarrier");
  tile(with_unit(r.mer_db.value(), 1, "dB"), "modulation error ratio");
  tile(with_unit(r.jammer_to_noise_db, 1, "dB"), "jammers over noise, per element");
  tile(with_unit(r.doppler_hz / 1e3, 2, "kHz"), "carrier offset");
  tile(format_count(r.samples_lost), "samples lost");
  return out + "</div>\n";
}

// ---- pictures ---------------------------------------------------------------------------------------------

std::string constellation_figure(const Chain& chain) {
  if (chain.constellation().empty()) return {};
  std::vector<double> re, im;
  for (const cf32 point : chain.constellation()) {
    re.push_back(point.real());
    im.push_back(point.imag());
  }
  // 400 wide with margins of 64 and 72: a unit is as long on one axis as on the other.
  Plot plot("Constellation of the last good frame", {"in phase (unit mean power)", -2, 2},
            {"quadrature (unit mean power)", -2, 2}, 376, 384);
  plot.points(re, im, "s1", "", 0.9);
  return figure(plot.svg(), std::to_string(re.size()) + " equalized data points, " +
                                chain.constellation_name() + ". Points beyond the axes stand on the rim.");
}

std::string spectrum_figure(const ReportData& report_data, const Results& r) {
  const std::vector<double> before = report_data.element_spectrum().power_db();
  const std::vector<double> after = report_data.beam_spectrum().power_db();
  if (before.empty() || after.empty()) return {};
  std::vector<double> mhz(before.size());
  for (std::size_t i = 0; i < mhz.size(); ++i) {
    mhz[i] = (static_cast<double>(i) / static_cast<double>(mhz.size()) - 0.5) * r.sample_rate_hz / 1e6;
  }
  std::vector<double> all = before;
  all.insert(all.end(), after.begin(), after.end());
  Plot plot("Spectrum before and after the beamformer",
            {"frequency from the carrier (MHz)", mhz.front(), -mhz.front()},
            axis_around("power density (dBFS / bin)", all, 20), 440, 384);
  plot.line(mhz, before, "s2", "element 0");
  plot.line(mhz, after, "s1", "beam (" + r.beamformer_text() + ")");
  return figure(plot.svg(), "Mean of " + std::to_string(report_data.element_spectrum().segments()) +
                                " segments, " + std::to_string(Spectrum::bins) +
                                " bins; 0 dB is full scale spread over all bins.");
}

struct Scene {
  array::SkyDirection satellite;
  std::optional<array::SkyDirection> jammer;
};

/// The strongest direction is a jammer when it is not the one looked at.
Scene find_scene(const Setup& setup, const Results& r, const PowerScan& scan) {
  Scene scene;
  scene.satellite = std::isfinite(r.azimuth_deg)
                        ? array::SkyDirection{rad_from_deg(r.azimuth_deg), rad_from_deg(r.elevation_deg)}
                        : setup.attitude.sky_from_array({0, 0, 1});
  const array::SkyDirection strongest = scan.strongest();
  // Half of an aperture's main lobe, in degrees: 60 / (aperture in wavelengths).
  double aperture_m = 0;
  for (const Vec3 a : setup.geometry.positions_m) {
    for (const Vec3 b : setup.geometry.positions_m) aperture_m = std::max(aperture_m, norm(a - b));
  }
  const double lobe_deg =
      std::clamp(60 * speed_of_light_m_s / setup.carrier_hz / std::max(aperture_m, 1e-3), 5.0, 60.0);
  // The sum of all elements' noise is flat; a source stands out of it by more than 3 dB.
  const double floor_db = scan.power_db(scene.satellite);
  if (angle_deg(strongest, scene.satellite) > lobe_deg && scan.power_db(strongest) > floor_db + 3) {
    scene.jammer = strongest;
  }
  return scene;
}

std::string direction_text(array::SkyDirection d) {
  return "azimuth " + format_fixed(deg_from_rad(d.azimuth_rad), 1) + "\u00b0, elevation " +
         format_fixed(deg_from_rad(d.elevation_rad), 1) + "\u00b0";
}

struct BeamWeights {
  std::span<const cf64> values;
  double frequency_hz = 0;
  std::string which;  ///< for people; empty when there is one set
};

BeamWeights weights_to_show(const Setup& setup, const Chain& chain) {
  const beam::SubbandBeamformer* subband = chain.front_end().subband();
  if (subband == nullptr) return {chain.front_end().adaptive()->weights(), setup.carrier_hz, ""};
  const beam::SubbandWeights& all = subband->weights();
  const std::size_t count = all.config().subbands;
  const std::size_t middle = count / 2;
  return {all.weights().row(middle), setup.carrier_hz + all.subband_hz(middle),
          " of the middle subband, number " + std::to_string(middle) + " of 0 to " +
              std::to_string(count - 1) + ", " + format_fixed(all.subband_hz(middle) / 1e6, 3) +
              " MHz from the carrier"};
}

/// What all subbands do to a jammer: the mean over them, and the worst; empty when there is one set of
/// weights.
std::string over_subbands(const Setup& setup, const Chain& chain, array::SkyDirection jammer) {
  const beam::SubbandBeamformer* subband = chain.front_end().subband();
  if (subband == nullptr) return {};
  const beam::SubbandWeights& all = subband->weights();
  double sum = 0;
  double worst = 0;
  for (std::size_t s = 0; s < all.config().subbands; ++s) {
    const array::Pattern pattern(setup.geometry, setup.carrier_hz + all.subband_hz(s), all.weights().row(s),
                                 setup.attitude);
    const double power = pattern.power(jammer);
    sum += power;
    worst = std::max(worst, power);
  }
  const auto in_db = [](double power) {
    return format_fixed(
        power > 0 ? std::max(array::pattern_floor_db, db_from_power(power)) : array::pattern_floor_db, 1);
  };
  return " Jammer over all subbands: mean " + in_db(sum / static_cast<double>(all.config().subbands)) +
         " dB, worst " + in_db(worst) + " dB.";
}

std::string sky_figures(const Setup& setup, const Chain& chain, const ReportData& report_data,
                        const Results& r, std::optional<Scene>& scene) {
  const std::size_t elements = setup.geometry.elements();
  if (elements < 2 || !(report_data.covariance().snapshots() > 0)) return {};
  GridBuffer<cf64> covariance(elements, elements);
  report_data.covariance().matrix(covariance.view());
  const PowerScan scan(setup.geometry, setup.carrier_hz, setup.attitude, covariance.view());
  scene = find_scene(setup, r, scan);
  std::vector<SkyMark> marks = {{scene->satellite, "satellite", "pointing"}};
  if (scene->jammer) marks.push_back({*scene->jammer, "jammer", "jammer"});

  const array::SkyDirection loudest = scan.strongest();
  const double top_db = std::ceil(scan.power_db(loudest));
  std::string out = figure(
      sky_view(
          "What the array hears", [&](array::SkyDirection d) { return scan.power_db(d); }, top_db - 40,
          top_db, "dBFS", marks),
      "Power by direction (conventional scan of the element covariance); zenith in the middle, horizon "
      "at the rim. " +
          (scene->jammer ? "Strongest away from the pointing: " + direction_text(*scene->jammer) + "."
                         : std::string("Nothing stands out away from the pointing.")));

  const BeamWeights weights = weights_to_show(setup, chain);
  const array::Pattern pattern(setup.geometry, weights.frequency_hz, weights.values, setup.attitude);
  const auto gain_db = [&](array::SkyDirection d) {
    const double power = pattern.power(d);
    return power > 0 ? std::max(array::pattern_floor_db, db_from_power(power)) : array::pattern_floor_db;
  };
  std::string caption = "Gain of the last weights" + weights.which +
                        " (isotropic elements). Pointing: " + direction_text(scene->satellite) + ", " +
                        format_fixed(gain_db(scene->satellite), 1) + " dB.";
  if (scene->jammer) caption += " Jammer: " + format_fixed(gain_db(*scene->jammer), 1) + " dB.";
  if (scene->jammer) caption += over_subbands(setup, chain, *scene->jammer);
  out += figure(sky_view("What the beam lets through", gain_db, -50, 10, "dB", marks), caption);

  std::vector<double> elevations_deg, elevations_rad;
  for (double el = 0; el <= 90.01; el += 0.25) {
    elevations_deg.push_back(el);
    elevations_rad.push_back(rad_from_deg(el));
  }
  Plot plot("Beam over elevation", {"elevation (degrees)", 0, 90}, {"gain (dB)", -60, 10}, 440, 300);
  plot.line(elevations_deg, pattern.elevation_cut_db(elevations_rad, scene->satellite.azimuth_rad), "s1",
            "at the pointing's azimuth");
  plot.mark(deg_from_rad(scene->satellite.elevation_rad), "s1", "pointing");
  if (scene->jammer) {
    plot.line(elevations_deg, pattern.elevation_cut_db(elevations_rad, scene->jammer->azimuth_rad), "s2",
              "at the jammer's azimuth");
    plot.mark(deg_from_rad(scene->jammer->elevation_rad), "s2", "jammer");
  }
  return out + figure(plot.svg(), "Unit gain (0 dB) is towards the pointing" +
                                      (weights.which.empty() ? "" : "; gain" + weights.which) +
                                      "; curves end at the lower rim.");
}

std::string frames_figure(const Results& r) {
  if (r.frames.empty()) return {};
  std::vector<double> good_s, good_snr, good_mer, bad_s;
  const std::size_t stride = r.frames.size() / 2000 + 1;  // that many dots can be told apart
  for (std::size_t i = 0; i < r.frames.size(); ++i) {
    const FrameRecord& frame = r.frames[i];
    const double at_s = static_cast<double>(frame.start_sample) / r.sample_rate_hz;
    if (!frame.ok) bad_s.push_back(at_s);
    if (!frame.ok || i % stride != 0) continue;
    good_s.push_back(at_s);
    good_snr.push_back(frame.snr_db);
    good_mer.push_back(frame.mer_db);
  }
  std::vector<double> all = good_snr;
  all.insert(all.end(), good_mer.begin(), good_mer.end());
  Plot plot("Frames over time", {"time (s)", 0, std::max(r.duration_s(), 1e-6)},
            axis_around("SNR and MER (dB)", all, 6), 440, 300);
  plot.strokes(bad_s, "bad", bad_s.empty() ? "" : "damaged", 1.0);
  plot.points(good_s, good_snr, "s1", "SNR", 2.2);
  plot.points(good_s, good_mer, "s3", "MER", 2.2);
  return figure(plot.svg(), "Each dot is a good frame, each full-height stroke a damaged one: " +
                                std::to_string(r.frames_ok) + " good, " + std::to_string(r.payloads_failed) +
                                " damaged payloads, " + std::to_string(r.headers_failed) +
                                " damaged headers.");
}

// ---- tables -----------------------------------------------------------------------------------------------

std::string results_table(const Results& r, const std::optional<Scene>& scene) {
  Rows rows = {
      {"Samples", format_fixed(r.duration_s(), 3) + " s, " + format_count(r.samples) + " per channel"},
      {"Frames good / detected", std::to_string(r.frames_ok) + " / " + std::to_string(r.frames_detected)},
      {"Headers / payloads damaged",
       std::to_string(r.headers_failed) + " / " + std::to_string(r.payloads_failed)},
      {"Frames missed while locked", std::to_string(r.frames_missed)},
      {"First good frame", r.first_frame_ok_s ? with_unit(*r.first_frame_ok_s, 4, "s") : "-"},
      {"Last damaged frame", r.last_frame_failed_s ? with_unit(*r.last_frame_failed_s, 4, "s") : "none"},
      {"Samples lost / cleaned", format_count(r.samples_lost) + " / " + format_count(r.samples_cleaned)},
  };
  for (const auto& [mode, count] : r.modes)
    rows.emplace_back(mode, std::to_string(count.ok) + " / " + std::to_string(count.all));
  if (scene && scene->jammer) rows.emplace_back("Strongest jammer", direction_text(*scene->jammer));
  if (r.true_snr_db) rows.emplace_back("Device says: SNR per element", with_unit(*r.true_snr_db, 1, "dB"));
  if (r.true_doppler_hz)
    rows.emplace_back("Device says: Doppler", with_unit(*r.true_doppler_hz / 1e3, 3, "kHz"));
  if (r.true_jammer_to_noise_db) {
    rows.emplace_back("Device says: jammer to noise", with_unit(*r.true_jammer_to_noise_db, 1, "dB"));
  }
  return table(rows);
}

std::string configuration_table(const Setup& setup, const Results& r) {
  return table({{"Source", r.source},
                {"Waveform", r.waveform},
                {"Sample rate", with_unit(r.sample_rate_hz / 1e6, 6, "Msps")},
                {"Carrier", with_unit(r.carrier_hz / 1e6, 3, "MHz")},
                {"Channels", std::to_string(r.channels) + ", " + r.sample_format},
                {"Beamformer", r.beamformer_text()},
                {"Calibration", r.calibration.empty() ? "none" : r.calibration},
                {"Nulls asked for / dropped",
                 std::to_string(r.nulls_deg.size()) + " / " + format_count(r.nulls_dropped)},
                {"Pointing", r.pointing},
                {"Source's overflows / restarts",
                 std::to_string(r.source_stats.overflows) + " / " + std::to_string(r.source_stats.restarts)},
                {"Dropped here (too slow)", format_count(r.stream_stats.dropped_samples) + " samples"},
                {"Elements", std::to_string(setup.geometry.elements())},
                {"Time taken", with_unit(r.run_time_s, 1, "s")}});
}

}  // namespace

std::string report_html(const Options& options, const Setup& setup, const Chain& chain,
                        const ReportData& report_data, const Results& r) {
  std::optional<Scene> scene;
  const std::string sky = sky_figures(setup, chain, report_data, r, scene);
  std::string out =
      "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width,initial-scale=1'>"
      "<meta name='color-scheme' content='light dark'><title>Boresight receiver report</title><style>";
  out += style;
  out += "</style></head><body>\n<h1>Boresight receiver report</h1>\n<p class='sub'>" + escaped(r.source) +
         "</p>\n";
  out += verdict(options, r) + tiles(r) + "<div class='plots'>\n";
  out += sky + frames_figure(r) + constellation_figure(chain) + spectrum_figure(report_data, r);
  out += "</div>\n<div class='tables'><section><h2>Results</h2>" + results_table(r, scene);
  out += "</section><section><h2>Configuration</h2>" + configuration_table(setup, r);
  out +=
      "</section></div>\n<footer>boresight-receive " + std::string(version) + "</footer>\n</body></html>\n";
  return out;
}

}  // namespace boresight::receive
