// Beamformers of streams: elements in, beams out.
#include "bindings.h"
#include "boresight/beam/adaptive_beamformer.h"
#include "boresight/beam/beamformer.h"
#include "boresight/beam/power_watch.h"
#include "boresight/doa/covariance.h"

namespace boresight::python {
namespace {

using namespace boresight::beam;  // NOLINT(google-build-using-namespace)

void bind_beamformer(py::module_& module) {
  py::class_<Beamformer> beamformer(module, "Beamformer", "Narrowband beamformer y = w^H x.");
  Struct<Beamformer::Config>(beamformer, "Config", "Sizes.")
      .field("elements", &Beamformer::Config::elements, "1 to 1024.")
      .field("beams", &Beamformer::Config::beams, "1 to 1024.");
  init_from_config(beamformer, "Of a Config or its fields: elements, beams. All weights start at zero.");
  beamformer
      .def(
          "set_weights",
          [](Beamformer& self, const In<cf32>& weights) {
            require_idle(&self);
            self.set_weights(grid(weights, self.beams(), self.elements(), "weights"));
          },
          "weights"_a, "complex64 (beams, elements).")
      .def(
          "process",
          [](Beamformer& self, const Samples& x, const Out<cf32>& out, doa::SampleCovariance* covariance) {
            require(covariance == nullptr || covariance->elements() == self.elements(),
                    "covariance: must have " + std::to_string(self.elements()) + " elements");
            return visit(x, self.elements(), "x", [&]<typename S>(Grid<const S> in) {
              const std::size_t bytes =
                  in.empty() ? 0 : ((in.rows() - 1) * in.row_stride() + in.columns()) * sizeof(S);
              auto y = output(out, {self.beams(), in.columns()}, in.data(), bytes);
              const Grid<cf32> to = writable_grid(y);
              {
                const LongCall call{&self, covariance};
                if (covariance != nullptr) {
                  self.process(in, to, *covariance);
                } else {
                  self.process(in, to);
                }
              }
              return y;
            });
          },
          "x"_a, "out"_a = Out<cf32>{}, "covariance"_a = nullptr,
          "complex64 (elements, n), or int16 or int8 (elements, n, 2), to complex64 (beams, n): new, or out. "
          "covariance: a SampleCovariance that takes the samples in on the way. A NaN spoils that sample of "
          "the beams.")
      .def_property_readonly("elements", &Beamformer::elements, "Number of elements.")
      .def_property_readonly("beams", &Beamformer::beams, "Number of beams.");
}

void bind_adaptive_beamformer(py::module_& module) {
  using Config = AdaptiveBeamformer::Config;
  using Stats = AdaptiveBeamformer::Stats;
  using Mode = AdaptiveBeamformer::Mode;
  py::class_<AdaptiveBeamformer> beamformer(
      module, "AdaptiveBeamformer", "One or several beams, weights renewed from the samples themselves.");
  Enum<Mode>(beamformer, "Mode", "The rule for weights.")
      .value("mvdr", Mode::mvdr)
      .value("robust_capon", Mode::robust_capon)
      .value("lcmv", Mode::lcmv)
      .value("subspace", Mode::subspace)
      .value("power_inversion", Mode::power_inversion)
      .value("conventional", Mode::conventional)
      .value("single", Mode::single);
  Result<Stats>(beamformer, "Stats", "What the last renewal found.")
      .field("noise_power", &Stats::noise_power, "Per element and sample; full scale is 1.")
      .field("power_over_noise_db", &Stats::power_over_noise_db, "All that rises above the noise.")
      .field("updates", &Stats::updates, "Renewals of the weights.")
      .field("jumps", &Stats::jumps, "Early ones, because the output power jumped.")
      .field("rejected", &Stats::rejected, "Given up because of NaN or Inf.")
      .field("bad_directions", &Stats::bad_directions, "Zero, not finite, too many or without a geometry.")
      .field("dropped_nulls", &Stats::dropped_nulls, "Constraints that could not be met.")
      .field("fallbacks", &Stats::fallbacks, "Beams for which MVDR stood in.");
  Struct<Config>(beamformer, "Config", "Of the beamformer.")
      .field("geometry", &Config::geometry, "Of the array.")
      .field("carrier_hz", &Config::carrier_hz, "Tuned to.")
      .field("mode", &Config::mode, "The rule for weights.")
      .field("beams", &Config::beams, "1 to 64.")
      .field("update_interval_samples", &Config::update_interval_samples, "Between renewals.")
      .field("forgetting", &Config::forgetting, "What the past counts for after each renewal, (0, 1].")
      .field("loading_over_noise_db", &Config::loading_over_noise_db, "-60 to 60.")
      .field("covariance_decimation", &Config::covariance_decimation, "One run of 128 samples in so many.")
      .field("max_block_samples", &Config::max_block_samples, "Longest block.")
      .field("jump_db", &Config::jump_db, "3 to 60; 0: off.")
      .field("forward_backward", &Config::forward_backward, "For calibrated point-symmetric arrays.")
      .field("uncertainty", &Config::uncertainty,
             "robust_capon: squared error of the steering vector over its square, (0, 1).")
      .field("flat_top", &Config::flat_top, "lcmv: first derivatives zero.")
      .field("null_other_beams", &Config::null_other_beams, "lcmv: nulls on the other beams' directions.")
      .field("max_nulls", &Config::max_nulls, "lcmv: how many set_nulls() takes.")
      .field("channels", &Config::channels,
             "In place of a geometry, steered by set_steering() alone: two polarizations, say.");
  init_from_config(beamformer, "Of a Config or its fields. Looks at the boresight.");
  const auto check_beam = [](const AdaptiveBeamformer& self, std::size_t beam) {
    require(beam < self.beams(),
            "beam: " + std::to_string(beam) + " is beyond the last of " + std::to_string(self.beams()));
  };
  beamformer
      .def(
          "set_direction",
          [check_beam](AdaptiveBeamformer& self, const Vec3& u, std::size_t beam) {
            require_idle(&self);
            check_beam(self, beam);
            self.set_direction(u, beam);
          },
          "direction"_a, "beam"_a = std::size_t{0},
          "Vector from the array to the source, array frame (array.Attitude turns sky into it). Zero or NaN: "
          "counted, the last one stays; so is any without a geometry.")
      .def(
          "set_steering",
          [check_beam](AdaptiveBeamformer& self, const In<cf64>& steering, std::size_t beam) {
            require_idle(&self);
            check_beam(self, beam);
            self.set_steering(vector(steering, self.elements(), "steering"), beam);
          },
          "steering"_a, "beam"_a = std::size_t{0},
          "In place of a direction: the steering vector of any array (Manifold.steering), complex128 "
          "(elements,).")
      .def(
          "set_nulls",
          [](AdaptiveBeamformer& self, const std::vector<Vec3>& directions) {
            require_idle(&self);
            self.set_nulls(directions);
          },
          "directions"_a, "Mode lcmv: directions (n, 3) that no beam may hear.")
      .def(
          "process",
          [](AdaptiveBeamformer& self, const In<cf32>& x, const Out<cf32>& out) {
            const auto in = grid(x, self.elements(), "x");
            require(in.columns() <= self.max_block_samples(),
                    "x: " + std::to_string(in.columns()) +
                        " samples, at most max_block_samples = " + std::to_string(self.max_block_samples()));
            const std::size_t bytes =
                in.empty() ? 0 : ((in.rows() - 1) * in.row_stride() + in.columns()) * sizeof(cf32);
            const bool single = self.beams() == 1;
            auto y = output(out,
                            single ? std::vector<std::size_t>{in.columns()}
                                   : std::vector<std::size_t>{self.beams(), in.columns()},
                            in.data(), bytes);
            const Grid<cf32> to(y.mutable_data(), self.beams(), in.columns());
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return y;
          },
          "x"_a, "out"_a = Out<cf32>{},
          "complex64 (elements, n) to (n,), with several beams (beams, n). NaN spoils its samples.")
      .def_property_readonly(
          "stats", [](const AdaptiveBeamformer& self) { return Stats(self.stats()); }, "A copy.")
      .def_property_readonly(
          "weights",
          [](const py::object& self) -> py::array_t<cf64> {
            return view(self.cast<const AdaptiveBeamformer&>().weights(0), self);
          },
          "The newest of beam 0, complex128 (elements,), a view: in effect at the end of the last block, or "
          "what it "
          "fades over to (blocks below 128 samples).")
      .def_property_readonly(
          "steering",
          [](const py::object& self) -> py::array_t<cf64> {
            return view(self.cast<const AdaptiveBeamformer&>().steering(0), self);
          },
          "Of beam 0, complex128 (elements,), a view.")
      .def(
          "weights_of",
          [check_beam](const py::object& self, std::size_t beam) -> py::array_t<cf64> {
            const auto& adaptive = self.cast<const AdaptiveBeamformer&>();
            check_beam(adaptive, beam);
            return view(adaptive.weights(beam), self);
          },
          "beam"_a, "The weights of a beam, complex128 (elements,), a view.")
      .def(
          "steering_of",
          [check_beam](const py::object& self, std::size_t beam) -> py::array_t<cf64> {
            const auto& adaptive = self.cast<const AdaptiveBeamformer&>();
            check_beam(adaptive, beam);
            return view(adaptive.steering(beam), self);
          },
          "beam"_a, "The steering vector of a beam, complex128 (elements,), a view.")
      .def_property_readonly("elements", &AdaptiveBeamformer::elements, "Number of elements.")
      .def_property_readonly("beams", &AdaptiveBeamformer::beams, "Number of beams.")
      .def_property_readonly("max_block_samples", &AdaptiveBeamformer::max_block_samples, "Longest block.")
      .def(
          "reset",
          [](AdaptiveBeamformer& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed, but directions and nulls stay.");
}

void bind_power_watch(py::module_& module) {
  using Watch = Configured<PowerWatch>;
  py::class_<Watch> watch(module, "PowerWatch", "Notices a jammer by the jump of a beam's output power.");
  using Config = PowerWatch::Config;
  Struct<Config>(watch, "Config", "Of the watch.")
      .field("beams", &Config::beams, "How many.")
      .field("jump_db", &Config::jump_db, "3 to 60; 0: off.")
      .field("decay", &Config::decay, "Of the usual power per block, in (0, 1].")
      .field("overlapping", &Config::overlapping, "Blocks share samples with the one before.");
  init_from_config(watch, "Of a Config or its fields. Until settle() nothing is a jump.");
  watch
      .def(
          "find",
          [](Watch& self, const In<cf32>& out) {
            const auto in = grid(out, self.config.beams, "out");
            const LongCall call(&self);
            return self.find(in);
          },
          "out"_a,
          "Where the first run of 128 with a jump begins in complex64 (beams, n); n: none. NaN is left out.")
      .def(
          "note",
          [](Watch& self) {
            require_idle(&self);
            self.note();
          },
          "The block that find() has seen becomes part of what is usual.")
      .def(
          "settle",
          [](Watch& self, const In<cf32>& out) {
            const auto in = grid(out, self.config.beams, "out");
            const LongCall call(&self);
            self.settle(in);
          },
          "out"_a, "The power of complex64 (beams, n) is usual from now on.")
      .def(
          "reset",
          [](Watch& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed.");
}

}  // namespace

void bind_beam_streams(py::module_& module) {
  bind_beamformer(module);
  bind_adaptive_beamformer(module);
  bind_power_watch(module);
}

}  // namespace boresight::python
