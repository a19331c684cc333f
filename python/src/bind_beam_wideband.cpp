// Wide bands: subbands, true time delay, squint.
#include "bindings.h"
#include "boresight/beam/squint.h"
#include "boresight/beam/subband_beamformer.h"
#include "boresight/beam/subband_weights.h"
#include "boresight/beam/true_time_delay.h"

namespace boresight::python {
namespace {

using namespace boresight::beam;  // NOLINT(google-build-using-namespace)

void bind_subband_weights(py::module_& module) {
  using Config = SubbandWeights::Config;
  using Stats = SubbandWeights::Stats;
  py::class_<SubbandWeights> weights(module, "SubbandWeights",
                                     "Adaptive weights per subband, on the bins of FFTs.");
  Enum<SubbandWeights::Mode>(weights, "Mode", "The rule for weights.")
      .value("mvdr", SubbandWeights::Mode::mvdr)
      .value("robust_capon", SubbandWeights::Mode::robust_capon)
      .value("conventional", SubbandWeights::Mode::conventional);
  Enum<SubbandWeights::Between>(weights, "Between", "What happens between subbands.")
      .value("constant", SubbandWeights::Between::constant)
      .value("linear", SubbandWeights::Between::linear);
  Struct<Config>(weights, "Config", "Of the weights.")
      .field("geometry", &Config::geometry, "1 to 64 elements.")
      .field("carrier_hz", &Config::carrier_hz, "Tuned to.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "Bins are sample_rate / bins apart.")
      .field("bins", &Config::bins, "In FFT order, 1 to 65536.")
      .field("subbands", &Config::subbands, "Divides bins.")
      .field("band_hz", &Config::band_hz, "Two-sided; 0: everywhere.")
      .field("mode", &Config::mode, "robust_capon, mvdr or conventional.")
      .field("between", &Config::between, "constant or linear.")
      .field("loading_over_noise_db", &Config::loading_over_noise_db, "-60 to 60.")
      .field("uncertainty", &Config::uncertainty,
             "robust_capon: squared error of the steering vector over its square, (0, 1).")
      .field("fade_steps", &Config::fade_steps, "New weights take over in so many apply().");
  Result<Stats>(weights, "Stats", "Counters.")
      .field("noise_power", &Stats::noise_power, "Per element and bin.")
      .field("updates", &Stats::updates, "Renewals.")
      .field("rejected", &Stats::rejected, "Subbands with conventional weights.")
      .field("bins_not_finite", &Stats::bins_not_finite, "train() calls left out.")
      .field("bad_directions", &Stats::bad_directions, "Zero or not finite.");
  init_from_config(weights, "Of a Config or its fields.");
  weights
      .def(
          "set_direction",
          [](SubbandWeights& self, const Vec3& direction) {
            require_idle(&self);
            self.set_direction(direction);
          },
          "direction"_a, "From the array to the source; from the next renew() on.")
      .def(
          "set_responses",
          [](SubbandWeights& self, const In<cf64>& responses) {
            require_idle(&self);
            self.set_responses(
                grid(responses, self.config().subbands, self.config().geometry.elements(), "responses"));
          },
          "responses"_a, "complex128 (subbands, elements), lowest frequency first.")
      .def(
          "train",
          [](SubbandWeights& self, const In<cf32>& bins) {
            const auto in = grid(bins, self.config().geometry.elements(), self.config().bins, "bins");
            const LongCall call(&self);
            self.train(in);
          },
          "bins"_a, "One FFT's bins, complex64 (elements, bins).")
      .def(
          "forget",
          [](SubbandWeights& self, double factor) {
            require_idle(&self);
            require(factor >= 0 && factor <= 1, "factor: must be in [0, 1]");
            self.forget(factor);
          },
          "factor"_a, "Multiplies the weight of the past, [0, 1].")
      .def(
          "renew",
          [](SubbandWeights& self) {
            const LongCall call(&self);
            self.renew();
          },
          "New weights from what train() saw.")
      .def(
          "apply",
          [](SubbandWeights& self, const In<cf32>& bins) {
            const auto in = grid(bins, self.config().geometry.elements(), self.config().bins, "bins");
            auto out = new_vector<cf32>(self.config().bins);
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.apply(in, to);
            }
            return out;
          },
          "bins"_a, "w_k^H x_k, complex64 (elements, bins) to (bins,).")
      .def(
          "subband_hz",
          [](const SubbandWeights& self, std::size_t subband) {
            require(subband < self.config().subbands, "subband: beyond the last");
            return self.subband_hz(subband);
          },
          "subband"_a, "Its middle relative to the carrier.")
      .def_property_readonly("snapshots", &SubbandWeights::snapshots, "FFTs seen.")
      .def_property_readonly("fading", &SubbandWeights::fading, "Whether apply() still changes the weights.")
      .def_property_readonly(
          "stats", [](const SubbandWeights& self) { return Stats(self.stats()); }, "A copy.")
      .def(
          "reset",
          [](SubbandWeights& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed, but direction and responses stay.");
  view_property(weights, "weights", &SubbandWeights::weights, "complex128 (subbands, elements), a view.");
  view_property(weights, "steering", &SubbandWeights::steering, "complex128 (subbands, elements), a view.");
}

void bind_subband_beamformer(py::module_& module) {
  using Config = SubbandBeamformer::Config;
  using Beam = Configured<SubbandBeamformer>;
  py::class_<Beam> beamformer(module, "SubbandBeamformer",
                              "Wideband beamformer of samples, weights per subband.");
  Struct<Config>(beamformer, "Config", "Of the beamformer.")
      .field("geometry", &Config::geometry, "1 to 64 elements.")
      .field("carrier_hz", &Config::carrier_hz, "Tuned to.")
      .field("sample_rate_hz", &Config::sample_rate_hz, "Of the samples.")
      .field("fft_size", &Config::fft_size, "Bins of the bank, even, 8 to 8192.")
      .field("subbands", &Config::subbands, "Divides fft_size.")
      .field("band_hz", &Config::band_hz, "Two-sided; 0: everywhere.")
      .field("mode", &Config::mode, "robust_capon, mvdr or conventional.")
      .field("between", &Config::between, "constant or linear.")
      .field("loading_over_noise_db", &Config::loading_over_noise_db, "-60 to 60.")
      .field("uncertainty", &Config::uncertainty,
             "robust_capon: squared error of the steering vector over its square, (0, 1).")
      .field("update_interval_samples", &Config::update_interval_samples, "Between renewals.")
      .field("forgetting", &Config::forgetting, "(0, 1].")
      .field("covariance_decimation", &Config::covariance_decimation, "One frame in so many.")
      .field("jump_db", &Config::jump_db, "3 to 60; 0: off.")
      .field("fade_samples", &Config::fade_samples, "New weights are faded in over so many.");
  init_from_config(beamformer, "Of a Config or its fields.");
  beamformer
      .def(
          "set_direction",
          [](Beam& self, const Vec3& direction) {
            require_idle(&self);
            self.set_direction(direction);
          },
          "direction"_a, "From the array to the source, array frame.")
      .def(
          "set_responses",
          [](Beam& self, const In<cf64>& responses) {
            require_idle(&self);
            self.set_responses(
                grid(responses, self.config.subbands, self.config.geometry.elements(), "responses"));
          },
          "responses"_a, "complex128 (subbands, elements), lowest frequency first.")
      .def(
          "process",
          [](Beam& self, const In<cf32>& x) {
            const auto in = grid(x, self.config.geometry.elements(), "x");
            auto out = new_vector<cf32>(in.columns());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return out;
          },
          "x"_a, "complex64 (elements, n) to (n,), latency_samples late. NaN and Inf become zero.")
      .def_property_readonly("latency_samples", &Beam::latency_samples, "How late the beam is.")
      .def_property_readonly("samples_zeroed", &Beam::samples_zeroed, "NaN, Inf and beyond 1e15.")
      .def_property_readonly("jumps", &Beam::jumps, "Early renewals because the output's power jumped.")
      .def(
          "reset",
          [](Beam& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed, but direction and responses stay.")
      .def_property_readonly(
          "stats", [](const Beam& self) { return SubbandWeights::Stats(self.weights().stats()); },
          "Counters of the weights, a copy.");
  view_property(
      beamformer, "weights", [](const Beam& self) { return self.SubbandBeamformer::weights().weights(); },
      "complex128 (subbands, elements), lowest frequency first, a view.");
}

void bind_true_time_delay(py::module_& module) {
  using Delay = TrueTimeDelay;
  py::class_<Delay> delay(module, "TrueTimeDelay", "Steering by delays instead of phases.");
  Struct<Delay::Config>(delay, "Config", "Of the delays.")
      .field("geometry", &Delay::Config::geometry, "Of the array.")
      .field("carrier_hz", &Delay::Config::carrier_hz, "Where the phases are right.")
      .field("subarrays", &Delay::Config::subarrays,
             "uint16 (elements,): which each belongs to; empty: its own.")
      .field("step_s", &Delay::Config::step_s, "Of the delay lines; 0: exact.");
  init_from_config(delay, "Of a Config or its fields.");
  delay
      .def(
          "set_direction",
          [](Delay& self, const Vec3& direction) {
            require_idle(&self);
            self.set_direction(direction);
          },
          "direction"_a, "From the array to the source.")
      .def(
          "weights",
          [](const Delay& self, const std::vector<double>& offsets_hz) {
            auto out = new_grid<cf64>(offsets_hz.size(), self.delays_s().size());
            const Grid<cf64> to = writable_grid(out);
            {
              const LongCall call(&self);
              self.weights(offsets_hz, to);
            }
            return out;
          },
          "offsets_hz"_a, "complex128 (offsets, elements) at these offsets from the carrier.")
      .def_property_readonly(
          "delays_s", [](const Delay& self) { return copied(self.delays_s()); },
          "By which the wave is earlier at each element's line, (elements,).");
}

void bind_squint(py::module_& module) {
  module.def("aperture_fill_time_s", &aperture_fill_time_s, "geometry"_a, "u"_a,
             "Time that a wave front from u takes over the elements.");
  module.def("squint_angle_rad", &squint_angle_rad, "theta_rad"_a, "carrier_hz"_a, "offset_hz"_a,
             "How far a beam steered by phases moves at an offset from the carrier.");
  module.def("squint_gain", &squint_gain, "geometry"_a, "u"_a, "offset_hz"_a, Unlocked(),
             "Gain towards u at an offset over that at the carrier, linear.");
  module.def("continuous_squint_gain", &continuous_squint_gain, "fill_time_s"_a, "offset_hz"_a,
             "The same of a continuous aperture: sinc^2(fill time x offset).");
  Result<Squint>(module, "Squint", "What a band costs an array steered by phases.")
      .field("fill_time_s", &Squint::fill_time_s, "Aperture fill time.")
      .field("band_fill", &Squint::band_fill, "Bandwidth x fill time.")
      .field("lower_edge_shift_rad", &Squint::lower_edge_shift_rad, "Away from the boresight positive.")
      .field("upper_edge_shift_rad", &Squint::upper_edge_shift_rad, "Away from the boresight positive.")
      .field("edge_loss_db", &Squint::edge_loss_db, "At most 0.")
      .field("mean_loss_db", &Squint::mean_loss_db, "Of the gain averaged over the band.");
  module.def("squint", &squint, "geometry"_a, "u"_a, "carrier_hz"_a, "bandwidth_hz"_a,
             "subbands"_a = std::size_t{1}, Unlocked(),
             "A Squint; subbands steered apart, 1: phase shifters.");
  module.def(
      "wideband_covariance",
      [](const array::Geometry& geometry, const Vec3& u, double frequency_hz, double bandwidth_hz,
         double power) {
        auto out = new_grid<cf64>(geometry.elements(), geometry.elements());
        std::fill_n(out.mutable_data(), out.size(), cf64(0));
        unlocked([&, to = writable_grid(out)] {
          add_wideband_covariance(geometry, u, frequency_hz, bandwidth_hz, power, to);
        });
        return out;
      },
      "geometry"_a, "u"_a, "frequency_hz"_a, "bandwidth_hz"_a, "power"_a,
      "What white noise from u within a band adds to the covariance (add_wideband_covariance onto zero), "
      "complex128 (elements, elements).");
}

}  // namespace

void bind_beam_wideband(py::module_& module) {
  bind_subband_weights(module);
  bind_subband_beamformer(module);
  bind_true_time_delay(module);
  bind_squint(module);
}

}  // namespace boresight::python
