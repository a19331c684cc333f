// Channel, noise and delay profile from known symbols.
#include "bindings.h"
#include "boresight/ofdm/channel_estimator.h"
#include "boresight/ofdm/delay_profile.h"
#include "boresight/ofdm/delay_profile_estimator.h"
#include "boresight/ofdm/lmmse_estimator.h"
#include "boresight/ofdm/noise_estimator.h"

namespace boresight::python {
namespace {

using namespace boresight::ofdm;  // NOLINT(google-build-using-namespace)

void bind_channel_estimator(py::module_& module) {
  using Config = ChannelEstimator::Config;
  using Estimator = Configured<ChannelEstimator>;
  py::class_<Estimator> estimator(module, "ChannelEstimator", "Least squares, cut in the delay domain.");
  Struct<Config>(estimator, "Config", "Of the estimator.")
      .field("numerology", &Config::numerology, "Sizes and map.")
      .field("known", &Config::known, "What was sent, complex64 (fft_size,), 0 where nothing.")
      .field("taps", &Config::taps, "Kept about the strongest path; 0: plain least squares.")
      .field("noise_window", &Config::noise_window, "Subcarriers, odd.");
  init_from_config(estimator, "Of a Config or its fields.");
  estimator.def(
      "process",
      [](Estimator& self, const In<cf32>& received) {
        const std::size_t n = self.config.numerology.fft_size;
        const auto in = grid(received, "received");
        require(in.rows() >= 1 && in.columns() == n,
                "received: must have shape (repeats, " + std::to_string(n) + ")");
        auto channel = new_vector<cf32>(n);
        auto noise = new_vector<float>(n);
        const auto h = writable(channel);
        const auto v = writable(noise);
        {
          const LongCall call(&self);
          self.process(in, h, v);
        }
        return std::make_pair(channel, noise);
      },
      "received"_a,
      "The known symbol once or more, complex64 (repeats, fft_size), to channel complex64 and noise variance "
      "float32 (fft_size,).");
}

void bind_profiles(py::module_& module) {
  Struct<DelayTap>(module, "DelayTap", "Mean power that arrives with a delay.")
      .field("delay_samples", &DelayTap::delay_samples, "From the start of the FFT window.")
      .field("power", &DelayTap::power, "Linear.");
  module.def("uniform_profile", &uniform_profile, "first"_a, "width"_a, "DelayTaps of equal power.");
  module.def("exponential_profile", &exponential_profile, "first"_a, "decay"_a, "DelayTaps that fall.");
  using Estimator = DelayProfileEstimator;
  struct Sized : Configured<Estimator> {
    explicit Sized(const Estimator::Config& c)
        : Configured<Estimator>(c), carriers(c.numerology.used_carriers().size()) {}
    std::size_t carriers;
  };
  py::class_<Sized> estimator(module, "DelayProfileEstimator", "Where a channel's paths are, learned.");
  Struct<Estimator::Config>(estimator, "Config", "Of the estimator.")
      .field("numerology", &Estimator::Config::numerology, "Sizes and map.")
      .field("false_alarm", &Estimator::Config::false_alarm, "Per half sample of delay.");
  init_from_config<Sized, Estimator::Config>(estimator, "Of a Config or its fields.");
  estimator
      .def(
          "add",
          [](Sized& self, const In<cf32>& observed) {
            const auto in = vector(observed, self.carriers, "observed");
            const LongCall call(&self);
            self.add(in);
          },
          "observed"_a, "Received over known, complex64 (used carriers,); NaN: left out.")
      .def_property_readonly("symbols", &Sized::symbols, "Added so far.")
      .def(
          "reset",
          [](Sized& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets all.")
      .def(
          "profile",
          [](const Sized& self) {
            const LongCall call(&self);
            return self.profile();
          },
          "DelayTaps as learned; empty if nothing stands out.");
}

void bind_lmmse(py::module_& module) {
  Struct<PilotPosition>(module, "PilotPosition", "Where a value is known.")
      .field("symbol", &PilotPosition::symbol, "Of the window.")
      .field("carrier", &PilotPosition::carrier, "FFT order.");
  module.def(
      "least_squares",
      [](const In<cf32>& received, const In<cf32>& known) {
        const auto y = vector(received, "received");
        auto out = new_vector<cf32>(y.size());
        const auto x = vector(known, y.size(), "known");
        unlocked([&, to = writable(out)] { least_squares(y, x, to); });
        return out;
      },
      "received"_a, "known"_a, "received / known, complex64 (n,); 0 where known is 0.");
  using Config = LmmseEstimator::Config;
  struct Estimator : LmmseEstimator {
    explicit Estimator(const Config& c)
        : LmmseEstimator(c), symbols(c.symbols.size()), fft_size(c.numerology.fft_size) {}
    std::size_t symbols, fft_size;
  };
  py::class_<Estimator> estimator(module, "LmmseEstimator", "The channel of all subcarriers from some.");
  Struct<Config>(estimator, "Config", "Of the estimator.")
      .field("numerology", &Config::numerology, "Sizes and map.")
      .field("pilots", &Config::pilots, "PilotPositions.")
      .field("symbols", &Config::symbols, "uint16: those wanted, of the window.")
      .field("profile", &Config::profile, "DelayTaps, any power.")
      .field("doppler", &Config::doppler, "Cycles per symbol, 0 to 0.5.")
      .field("max_snr_db", &Config::max_snr_db, "0 to 60.");
  Result<LmmseEstimator::Result>(estimator, "Result", "What one call found.")
      .field("signal_power", &LmmseEstimator::Result::signal_power, "S.")
      .field("noise_variance", &LmmseEstimator::Result::noise_variance, "N.")
      .field("error_variance", &LmmseEstimator::Result::error_variance, "E|H^ - H|^2.")
      .field("freedom", &LmmseEstimator::Result::freedom, "Observations' worth of noise taken in.");
  init_from_config<Estimator, Config>(estimator, "Of a Config or its fields.");
  estimator
      .def(
          "process",
          [](Estimator& self, const In<cf32>& observed, const py::object& noise_variance) {
            const auto y = vector(observed, self.pilots(), "observed");
            auto channel = new_grid<cf32>(self.symbols, self.fft_size);
            const Grid<cf32> to = writable_grid(channel);
            LmmseEstimator::Result result;
            if (py::isinstance<py::array>(noise_variance) && noise_variance.attr("ndim").cast<int>() > 0) {
              const auto v = vector(In<float>{noise_variance}, self.pilots(), "noise_variance");
              const LongCall call(&self);
              result = self.process(y, v, to);
            } else {
              const auto v = noise_variance.cast<double>();
              const LongCall call(&self);
              result = self.process(y, v, to);
            }
            return std::make_pair(channel, result);
          },
          "observed"_a, "noise_variance"_a = 0.0,
          "Received over known at the pilots, complex64 (pilots,), to the channel complex64 (symbols, "
          "fft_size) "
          "and a Result. noise_variance: a number, 0: measured, or float32 (pilots,).")
      .def(
          "mean_square_error",
          [](const Estimator& self, double noise_to_signal,
             const std::optional<std::vector<DelayTap>>& truth) {
            const LongCall call(&self);
            return truth ? self.mean_square_error(noise_to_signal, *truth)
                         : self.mean_square_error(noise_to_signal);
          },
          "noise_to_signal"_a, "truth"_a = py::none(),
          "Wiener error of the prior, or against another profile.")
      .def_property_readonly("pilots", &Estimator::pilots, "How many.")
      .def_property_readonly("rank", &Estimator::rank, "Eigenvectors kept.")
      .def_property_readonly("spare", &Estimator::spare, "Observations that noise is measured on.");
  view_property(estimator, "carriers", &LmmseEstimator::carriers, "Used subcarriers, uint16, a view.");
}

void bind_noise(py::module_& module) {
  using Estimator = Configured<NoiseEstimator>;
  py::class_<Estimator> estimator(module, "NoiseEstimator",
                                  "Noise of every subcarrier from what is left over.");
  Struct<NoiseEstimator::Config>(estimator, "Config", "Of the estimator.")
      .field("carriers", &NoiseEstimator::Config::carriers, "Observations, in order of frequency.")
      .field("window", &NoiseEstimator::Config::window, "Odd.")
      .field("false_alarm", &NoiseEstimator::Config::false_alarm, "1e-12 to 0.1.");
  init_from_config(estimator, "Of a Config or its fields.");
  estimator
      .def(
          "process",
          [](Estimator& self, const In<float>& power) {
            const auto in = vector(power, self.config.carriers, "power");
            auto out = new_vector<float>(in.size());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.process(in, to);
            }
            return out;
          },
          "power"_a, "|received - channel known|^2, float32 (carriers,), to variance (carriers,).")
      .def_property_readonly("outliers", &Estimator::outliers, "That stood out in the last call.");
}

}  // namespace

void bind_ofdm_estimators(py::module_& module) {
  bind_noise(module);
  bind_channel_estimator(module);
  bind_profiles(module);
  bind_lmmse(module);
}

}  // namespace boresight::python
