// Exactness of direction estimates beside the stochastic Cramer-Rao bound, and verdicts: how often the
// direction finder is silent, and how often it is wrong without saying so.
//
// rms errors are of root-MUSIC (with forward-backward averaging, its default, and plain), unitary ESPRIT,
// deterministic maximum likelihood (dml), weighted subspace fit and stochastic maximum likelihood (ml) from
// root-MUSIC, and of the finder where it says resolved, over both sources, in degrees. All are of all trials
// but two: "lost" trials, whose phases ESPRIT took for a complex pair, are not in its rms, and the finder's
// is that of resolved trials. "fit/b" is fit over the bound, and "95 %" what it is known to. "wrong" are
// trials whose verdict was resolved with a direction more than 3 degrees from the truth it belongs to,
// sources in order.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boresight/doa/cramer_rao.h"
#include "boresight/doa/direction_finder.h"
#include "boresight/doa/esprit.h"
#include "boresight/doa/maximum_likelihood.h"
#include "boresight/doa/root_music.h"
#include "support/doa_scene.h"

namespace {

using namespace boresight;
using doa::Doubt;
using doa::Verdict;
using test::DoaScene;

struct Study {
  std::size_t elements = 8;
  std::vector<double> angles_deg{-10, 10};
  std::vector<double> snr_db{0, 5, 10, 15, 20};
  std::size_t snapshots = 200;
  std::uint64_t trials = 10000;
  std::uint64_t seed = 1;
  bool coherent = false;
  bool count = false;
  bool coherent_allowed = false;
  double calibration_error = 0;
  std::string json;
};

struct Errors {
  double sum = 0;
  double of_squares = 0;
  std::uint64_t trials = 0;
  std::uint64_t lost = 0;  // without as many angles as there are sources
  void add(const std::vector<double>& found, const std::vector<double>& truth) {
    if (found.size() != truth.size()) {
      ++lost;
      return;
    }
    ++trials;
    double square = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) square += std::pow(deg_from_rad(found[i]) - truth[i], 2);
    sum += square;
    of_squares += square * square;
  }
  double rms(std::size_t sources) const { return std::sqrt(sum / static_cast<double>(trials * sources)); }
  /// Half of the 95 % interval of the rms over the rms, from the spread of the squares between trials.
  double rms_interval() const {
    const auto n = static_cast<double>(trials);
    return 1.96 / 2 * std::sqrt(std::max(0.0, of_squares / (sum * sum) - 1 / n));
  }
};

std::vector<double> angles(const std::vector<Vec3>& directions) {
  std::vector<double> out;
  for (const Vec3 u : directions) out.push_back(std::atan2(u.x, u.z));
  std::sort(out.begin(), out.end());
  return out;
}

nlohmann::json measure(const Study& study, double snr_db) {
  DoaScene scene{.geometry = array::Geometry::line(study.elements, test::doa_wavelength_m / 2),
                 .snr_db = snr_db,
                 .coherent = study.coherent};
  for (const double deg : study.angles_deg) scene.directions.push_back(test::on_line(deg));
  const std::size_t sources = scene.directions.size();
  const auto powers = scene.powers();
  const auto bound = doa::stochastic_bound({.geometry = scene.geometry,
                                            .frequency_hz = test::doa_carrier_hz,
                                            .directions = scene.directions,
                                            .powers = powers.view(),
                                            .snapshots = static_cast<double>(study.snapshots)});
  double variance = 0;
  for (std::size_t i = 0; i < sources; ++i) variance += bound(i, i);
  const double bound_deg = deg_from_rad(std::sqrt(variance / static_cast<double>(sources)));

  const doa::DirectionFinder finder({.geometry = scene.geometry,
                                     .frequency_hz = test::doa_carrier_hz,
                                     .sources = study.count ? 0 : sources,
                                     .coherent = study.coherent_allowed,
                                     .calibration_error = study.calibration_error});
  const doa::LineArray line{.elements = study.elements};
  const auto a = scene.steering();
  Errors root, plain, esprit, dml, fit, ml, found;
  std::uint64_t resolved = 0, fewer = 0, wrong = 0, no_source = 0, signal = 0, model = 0, unique = 0;
  double largest_deg = 0;
  for (std::uint64_t trial = 0; trial < study.trials; ++trial) {
    Random random(study.seed, trial);
    const auto r = scene.sampled(a, study.snapshots, random);
    const auto roots = doa::root_music(line, r.view(), sources);
    root.add(roots.angles_rad, study.angles_deg);
    plain.add(doa::root_music(line, r.view(), sources, doa::Averaging::none).angles_rad, study.angles_deg);
    esprit.add(doa::unitary_esprit(line, r.view(), sources).angles_rad, study.angles_deg);
    if (roots.missing == 0) {
      std::vector<Vec3> start;
      for (const double t : roots.angles_rad) start.push_back({std::sin(t), 0, std::max(1e-3, std::cos(t))});
      for (Vec3& u : start) u = (1 / norm(u)) * u;
      dml.add(angles(doa::deterministic_ml(scene.geometry, test::doa_carrier_hz, r.view(), start).directions),
              study.angles_deg);
      fit.add(angles(doa::weighted_subspace_fit(scene.geometry, test::doa_carrier_hz, r.view(),
                                                study.coherent ? 1 : sources, start)
                         .directions),
              study.angles_deg);
      ml.add(angles(doa::stochastic_ml(scene.geometry, test::doa_carrier_hz, r.view(), start).directions),
             study.angles_deg);
    }
    const auto result = finder.find(r.view(), static_cast<double>(study.snapshots));
    no_source += result.verdict == Verdict::no_source ? 1 : 0;
    signal += result.doubt == Doubt::signal ? 1 : 0;
    model += result.doubt == Doubt::model ? 1 : 0;
    unique += result.doubt == Doubt::unique ? 1 : 0;
    if (result.verdict != Verdict::resolved) continue;
    ++resolved;
    std::vector<Vec3> directions;
    for (const auto& source : result.sources) directions.push_back(source.direction);
    const std::vector<double> t = angles(directions);
    found.add(t, study.angles_deg);
    fewer += t.size() < sources ? 1 : 0;
    double worst = 0;
    for (std::size_t i = 0; i < t.size(); ++i) {
      double nearest = 1e9;
      if (t.size() == sources) {
        nearest = std::abs(deg_from_rad(t[i]) - study.angles_deg[i]);
      } else {
        for (const double truth : study.angles_deg) {
          nearest = std::min(nearest, std::abs(deg_from_rad(t[i]) - truth));
        }
      }
      worst = std::max(worst, nearest);
    }
    largest_deg = std::max(largest_deg, worst);
    wrong += worst > 3 ? 1 : 0;
  }
  return {{"snr_db", snr_db},
          {"bound_deg", bound_deg},
          {"root_music_deg", root.rms(sources)},
          {"plain_root_music_deg", plain.rms(sources)},
          {"esprit_deg", esprit.rms(sources)},
          {"esprit_lost", esprit.lost},
          {"root_lost", root.lost},
          {"dml_deg", dml.rms(sources)},
          {"fit_deg", fit.rms(sources)},
          {"fit_over_bound", fit.rms(sources) / bound_deg},
          {"fit_interval", fit.rms_interval()},
          {"ml_deg", ml.rms(sources)},
          {"finder_deg", found.rms(sources)},
          {"resolved", resolved},
          {"fewer", fewer},
          {"no_source", no_source},
          {"doubt_signal", signal},
          {"doubt_model", model},
          {"doubt_unique", unique},
          {"largest_error_deg", largest_deg},
          {"wrong", wrong}};
}

}  // namespace

int main(int argc, char** argv) {
  Study study;
  CLI::App app("Direction estimates beside the Cramer-Rao bound, and verdicts");
  app.add_option("--elements", study.elements, "of a half-wave line")->capture_default_str();
  app.add_option("--angles", study.angles_deg, "of the sources, ascending, degrees")->capture_default_str();
  app.add_option("--snr", study.snr_db, "of each source on an element, dB")->capture_default_str();
  app.add_option("--snapshots", study.snapshots)->capture_default_str();
  app.add_option("--trials", study.trials)->capture_default_str();
  app.add_option("--seed", study.seed)->capture_default_str();
  app.add_flag("--coherent", study.coherent, "the sources carry one waveform");
  app.add_flag("--coherent-allowed", study.coherent_allowed, "the finder reckons with coherent sources");
  app.add_flag("--count", study.count, "the finder is not told how many sources there are");
  app.add_option("--calibration-error", study.calibration_error)->capture_default_str();
  app.add_option("--json", study.json, "write the table to this file");
  CLI11_PARSE(app, argc, argv);
  nlohmann::json table;
  std::printf("%6s %8s %8s %8s %8s %6s %8s %8s %8s %6s %6s %8s %9s %6s %6s %6s %6s %6s %8s %6s\n", "SNR",
              "bound", "root", "plain", "esprit", "lost", "dml", "fit", "ml", "fit/b", "95 %", "finder",
              "resolved", "fewer", "none", "signal", "model", "unique", "largest", "wrong");
  for (const double snr_db : study.snr_db) {
    const nlohmann::json row = measure(study, snr_db);
    table.push_back(row);
    const auto number = [&](const char* name) { return row[name].is_null() ? NAN : row[name].get<double>(); };
    const auto count = [&](const char* name) { return row[name].get<unsigned long>(); };
    std::printf("%6.1f %8.4f %8.4f %8.4f %8.4f %6lu %8.4f %8.4f %8.4f %6.3f %6.3f", snr_db,
                number("bound_deg"), number("root_music_deg"), number("plain_root_music_deg"),
                number("esprit_deg"), count("esprit_lost"), number("dml_deg"), number("fit_deg"),
                number("ml_deg"), number("fit_over_bound"), number("fit_interval"));
    std::printf(" %8.4f %9lu %6lu %6lu %6lu %6lu %6lu %8.3f %6lu\n", number("finder_deg"), count("resolved"),
                count("fewer"), count("no_source"), count("doubt_signal"), count("doubt_model"),
                count("doubt_unique"), number("largest_error_deg"), count("wrong"));
    std::fflush(stdout);
  }
  if (!study.json.empty()) std::ofstream(study.json) << table.dump(2) << '\n';
  return 0;
}
