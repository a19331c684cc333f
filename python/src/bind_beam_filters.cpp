// Filters that learn from sample to sample.
#include "bindings.h"
#include "boresight/beam/constant_modulus.h"
#include "boresight/beam/lms.h"
#include "boresight/beam/rls.h"
#include "boresight/beam/sidelobe_canceller.h"
#include "boresight/beam/wiener.h"

namespace boresight::python {
namespace {

using namespace boresight::beam;  // NOLINT(google-build-using-namespace)

template <typename Filter, typename... Options>
void bind_common(py::class_<Filter, Options...>& filter) {
  filter
      .def(
          "reset",
          [](Filter& self) {
            require_idle(&self);
            self.reset();
          },
          "As constructed.")
      .def_property_readonly("skipped", &Filter::skipped, "Snapshots with NaN or Inf.");
}

template <typename Filter, typename... Options>
void bind_desired(py::class_<Filter, Options...>& filter) {
  filter.def(
      "process",
      [](Filter& self, const In<cf32>& x, const In<cf32>& desired) {
        const auto in = grid(x, self.weights().size(), "x");
        const auto d = vector(desired, in.columns(), "desired");
        auto y = new_vector<cf32>(in.columns());
        const auto to = writable(y);
        {
          const LongCall call(&self);
          self.process(in, d, to);
        }
        return y;
      },
      "x"_a, "desired"_a, "complex64 (elements, n) and (n,) to (n,): each sample by the weights before it.");
  view_property(filter, "weights", &Filter::weights, "complex128 (elements,), a view.");
}

template <typename Filter, typename... Options>
void bind_undesired(py::class_<Filter, Options...>& filter, std::size_t (*elements)(const Filter&)) {
  filter.def(
      "process",
      [elements](Filter& self, const In<cf32>& x) {
        const auto in = grid(x, elements(self), "x");
        auto y = new_vector<cf32>(in.columns());
        const auto to = writable(y);
        {
          const LongCall call(&self);
          self.process(in, to);
        }
        return y;
      },
      "x"_a, "complex64 (elements, n) to (n,): each sample by the weights before it.");
}

void bind_lms(py::module_& module) {
  py::class_<LmsFilter> lms(module, "LmsFilter", "Least mean squares, plain or normalized.");
  Enum<LmsFilter::Rule>(lms, "Rule", "How far a step goes.")
      .value("lms", LmsFilter::Rule::lms)
      .value("nlms", LmsFilter::Rule::nlms);
  Struct<LmsFilter::Config>(lms, "Config", "Of the filter.")
      .field("elements", &LmsFilter::Config::elements, "1 to 1024.")
      .field("rule", &LmsFilter::Config::rule, "lms or nlms.")
      .field("step", &LmsFilter::Config::step, "Positive; NLMS below 2.");
  init_from_config(lms, "Of a Config or its fields. Weights start at zero.");
  bind_common(lms);
  bind_desired(lms);
  lms.def_static("stable_step", &LmsFilter::stable_step, "total_power"_a, "1 / total_power.")
      .def(
          "set_weights",
          [](LmsFilter& self, const In<cf64>& weights) {
            require_idle(&self);
            self.set_weights(vector(weights, self.weights().size(), "weights"));
          },
          "weights"_a, "Where to start from, complex128 (elements,).")
      .def_property_readonly("restarts", &LmsFilter::restarts, "Times that the weights diverged.");
}

void bind_rls(py::module_& module) {
  py::class_<RlsFilter> rls(module, "RlsFilter", "Recursive least squares.");
  Struct<RlsFilter::Config>(rls, "Config", "Of the filter.")
      .field("elements", &RlsFilter::Config::elements, "1 to 1024.")
      .field("forgetting", &RlsFilter::Config::forgetting, "In (0, 1].")
      .field("loading", &RlsFilter::Config::loading, "What R holds before the first sample.");
  init_from_config(rls, "Of a Config or its fields. Weights start at zero.");
  bind_common(rls);
  bind_desired(rls);
  rls.def_property_readonly("restarts", &RlsFilter::restarts, "Times that rounding spoiled the inverse.");
}

void bind_constant_modulus(py::module_& module) {
  using Filter = ConstantModulusFilter;
  py::class_<Filter> cma(module, "ConstantModulusFilter", "Normalized constant modulus algorithm.");
  Struct<Filter::Config>(cma, "Config", "Of the filter.")
      .field("elements", &Filter::Config::elements, "1 to 1024.")
      .field("step", &Filter::Config::step, "In (0, 2).")
      .field("modulus", &Filter::Config::modulus, "Positive.");
  init_from_config(cma, "Of a Config or its fields. Starts with 1 on element 0.");
  bind_common(cma);
  bind_undesired<Filter>(cma, [](const Filter& self) { return self.weights().size(); });
  view_property(cma, "weights", &Filter::weights, "complex128 (elements,), a view.");
  cma.def_property_readonly("restarts", &Filter::restarts, "Times that it started over.");
  cma.def(
      "set_weights",
      [](Filter& self, const In<cf64>& weights) {
        require_idle(&self);
        self.set_weights(vector(weights, self.weights().size(), "weights"));
      },
      "weights"_a, "Where to start from, complex128 (elements,).");
}

void bind_sidelobe_canceller(py::module_& module) {
  using Gsc = SidelobeCanceller;
  py::class_<Gsc> gsc(module, "SidelobeCanceller", "Generalized side-lobe canceller.");
  Enum<Gsc::Rule>(gsc, "Rule", "How it adapts.").value("nlms", Gsc::Rule::nlms).value("rls", Gsc::Rule::rls);
  Struct<Gsc::Config>(gsc, "Config", "Of the adaptation.")
      .field("rule", &Gsc::Config::rule, "nlms or rls.")
      .field("step", &Gsc::Config::step, "NLMS, (0, 2).")
      .field("forgetting", &Gsc::Config::forgetting, "RLS, (0, 1].")
      .field("loading", &Gsc::Config::loading, "RLS, positive.");
  gsc.def(py::init([](const ConstraintSet& constraints, const Gsc::Config& config) {
            require_idle(&constraints);
            return std::make_unique<Gsc>(constraints, config);
          }),
          "constraints"_a, py::arg_v("config", Gsc::Config{}, "Config()"), "Takes the constraints over.");
  bind_common(gsc);
  bind_undesired<Gsc>(gsc, [](const Gsc& self) { return self.quiescent().size(); });
  gsc.def(
         "solve",
         [](const Gsc& self, const In<cf64>& covariance, double loading) {
           const std::size_t e = self.quiescent().size();
           auto w = new_vector<cf64>(e);
           const auto r = grid(covariance, e, e, "covariance");
           const auto to = writable(w);
           {
             const LongCall call(&self);
             self.solve(r, loading, to);
           }
           return w;
         },
         "covariance"_a, "loading"_a = 0.0, "The weights of a known covariance, complex128 (elements,).")
      .def_property_readonly(
          "weights",
          [](const Gsc& self) {
            require_idle(&self);
            auto w = new_vector<cf64>(self.quiescent().size());
            self.weights(writable(w));
            return w;
          },
          "w_q - B w_a as it is now, complex128 (elements,), a copy.");
  view_property(gsc, "quiescent", &Gsc::quiescent, "w_q, complex128 (elements,), a view.");
  view_property(gsc, "blocking", &Gsc::blocking,
                "B^H, complex128 (elements - constraints, elements), a view.");
}

void bind_trainer(py::module_& module) {
  using Trainer = Configured<KnownSequenceTrainer>;
  py::class_<Trainer> trainer(module, "KnownSequenceTrainer", "Wiener weights learned on a known sequence.");
  Struct<KnownSequenceTrainer::Config>(trainer, "Config", "Size and loading.")
      .field("elements", &KnownSequenceTrainer::Config::elements, "1 to 1024.")
      .field("loading_over_noise_db", &KnownSequenceTrainer::Config::loading_over_noise_db, "-60 to 60.");
  init_from_config(trainer, "Of a Config or its fields.");
  trainer
      .def(
          "update",
          [](Trainer& self, const In<cf32>& x, const In<cf32>& known) {
            const auto in = grid(x, self.config.elements, "x");
            const auto sent = vector(known, in.columns(), "known");
            const LongCall call(&self);
            self.update(in, sent);
          },
          "x"_a, "known"_a, "complex64 (elements, n) and what was sent (n,).")
      .def(
          "solve",
          [](Trainer& self) -> std::optional<py::array_t<cf64>> {
            auto w = new_vector<cf64>(self.config.elements);
            const auto to = writable(w);
            bool ok = false;
            {
              const LongCall call(&self);
              ok = self.solve(to);
            }
            if (!ok) return {};
            return w;
          },
          "Weights so far, complex128 (elements,), or None.")
      .def_property_readonly("error", &Trainer::error, "Mean square error over the sequence's power, 0 to 1.")
      .def_property_readonly("snapshots", &Trainer::snapshots, "So far.")
      .def_property_readonly("rejected", &Trainer::rejected, "Solutions refused as not finite.")
      .def(
          "reset",
          [](Trainer& self) {
            require_idle(&self);
            self.reset();
          },
          "Forgets all snapshots.");
}

}  // namespace

void bind_beam_filters(py::module_& module) {
  bind_lms(module);
  bind_rls(module);
  bind_constant_modulus(module);
  bind_sidelobe_canceller(module);
  bind_trainer(module);
}

}  // namespace boresight::python
