// Weights from a known covariance: the plain versions, and the factored one for many right sides.
#include <algorithm>
#include <cmath>

#include "bindings.h"
#include "boresight/beam/batched_mvdr.h"
#include "boresight/beam/constraints.h"
#include "boresight/beam/covariance_factor.h"
#include "boresight/beam/lcmv.h"
#include "boresight/beam/power_inversion.h"
#include "boresight/beam/robust_capon.h"
#include "boresight/beam/subspace_projection.h"
#include "boresight/beam/weights.h"
#include "boresight/beam/wiener.h"
#include "boresight/doa/smoothing.h"

namespace boresight::python {
namespace {

using namespace boresight::beam;  // NOLINT(google-build-using-namespace)

void bind_plain_weights(py::module_& module) {
  module.def(
      "conventional",
      [](const In<cf64>& steering) {
        const auto a = vector(steering, "steering");
        auto weights = new_vector<cf64>(a.size());
        unlocked([&] { conventional(a, writable(weights)); });
        return weights;
      },
      "steering"_a, "w = a / (a^H a); complex128 (elements,) to (elements,).");
  module.def(
      "mvdr",
      [](const In<cf64>& covariance, const In<cf64>& steering, double loading) {
        const auto a = vector(steering, "steering");
        const auto r = grid(covariance, a.size(), a.size(), "covariance");
        auto weights = new_vector<cf64>(a.size());
        unlocked([&] { mvdr(r, a, loading, writable(weights)); });
        return weights;
      },
      "covariance"_a, "steering"_a, "loading"_a = 0.0,
      "w = (R + loading I)^-1 a / (a^H (R + loading I)^-1 a); R complex128 (elements, elements), the lower "
      "triangle is read. ConfigError when R + loading I is singular or holds a NaN.");
  module.def(
      "null_steering",
      [](const In<cf64>& steering, const In<cf64>& nulls) {
        const auto a = vector(steering, "steering");
        const auto directions = grid(nulls, "nulls");
        require(directions.rows() == 0 || directions.columns() == a.size(),
                "nulls: must have " + std::to_string(a.size()) + " columns");
        auto weights = new_vector<cf64>(a.size());
        unlocked([&] { null_steering(a, directions, writable(weights)); });
        return weights;
      },
      "steering"_a, "nulls"_a,
      "Unit gain towards steering (elements,), zero towards each row of nulls (n, elements); complex128.");
  module.def(
      "lcmv",
      [](const In<cf64>& covariance, const In<cf64>& constraints, const In<cf64>& values, double loading) {
        const auto c = grid(constraints, "constraints");
        const auto f = vector(values, c.rows(), "values");
        const auto r = grid(covariance, c.columns(), c.columns(), "covariance");
        auto weights = new_vector<cf64>(c.columns());
        unlocked([&] { lcmv(r, c, f, loading, writable(weights)); });
        return weights;
      },
      "covariance"_a, "constraints"_a, "values"_a, "loading"_a = 0.0,
      "The least w^H (R + loading I) w with c^H w = f for each row c of constraints (m, elements) and f of "
      "values (m,), complex128.");
  module.def(
      "robust_capon",
      [](const In<cf64>& covariance, const In<cf64>& steering, double uncertainty) {
        const auto a = vector(steering, "steering");
        const auto r = grid(covariance, a.size(), a.size(), "covariance");
        auto weights = new_vector<cf64>(a.size());
        unlocked([&] { robust_capon(r, a, uncertainty, writable(weights)); });
        return weights;
      },
      "covariance"_a, "steering"_a, "uncertainty"_a,
      "Robust Capon weights, complex128 (elements,), for steering vectors wrong by up to sqrt(uncertainty) "
      "in "
      "norm; 0.3 elements is a good value.");
  module.def(
      "power_inversion",
      [](const In<cf64>& covariance, std::size_t reference, double loading) {
        const auto r = grid(covariance, "covariance");
        require(r.rows() == r.columns(), "covariance: must be square");
        auto weights = new_vector<cf64>(r.rows());
        unlocked([&] { power_inversion(r, reference, loading, writable(weights)); });
        return weights;
      },
      "covariance"_a, "reference"_a = std::size_t{0}, "loading"_a = 0.0,
      "Least output power with weight 1 on the reference element, complex128 (elements,).");
  module.def(
      "wiener",
      [](const In<cf64>& covariance, const In<cf64>& correlation, double loading) {
        const auto p = vector(correlation, "correlation");
        const auto r = grid(covariance, p.size(), p.size(), "covariance");
        auto weights = new_vector<cf64>(p.size());
        unlocked([&] { wiener(r, p, loading, writable(weights)); });
        return weights;
      },
      "covariance"_a, "correlation"_a, "loading"_a = 0.0,
      "w = (R + loading I)^-1 p, p = E[x s*] complex128 (elements,).");
  module.def(
      "mirror_elements",
      [](const array::Geometry& geometry) {
        const auto mirror = unlocked([&] { return doa::mirror_elements(geometry); });
        auto out = new_vector<std::uint32_t>(mirror.size());
        std::copy(mirror.begin(), mirror.end(), writable(out).begin());
        return out;
      },
      "geometry"_a, "For every element the one opposite to it, uint32 (elements,).");
  module.def(
      "forward_backward",
      [](const In<cf64>& covariance, const array::Geometry& geometry) {
        auto out = copied(grid(covariance, geometry.elements(), geometry.elements(), "covariance"));
        unlocked([&, to = writable_grid(out)] { doa::forward_backward(to, doa::mirror_elements(geometry)); });
        return out;
      },
      "covariance"_a, "geometry"_a,
      "(R + J R* J) / 2 with each element exchanged for its mirror; a copy, unchanged when an element is "
      "dead "
      "and its mirror is not.");
}

void bind_constraints(py::module_& module) {
  module.def(
      "steering_derivative",
      [](const array::Geometry& geometry, const Vec3& u, const Vec3& tangent, double frequency_hz) {
        auto out = new_vector<cf64>(geometry.elements());
        steering_derivative(geometry, u, tangent, frequency_hz, writable(out));
        return out;
      },
      "geometry"_a, "u"_a, "tangent"_a, "frequency_hz"_a,
      "How a(u) changes when u turns towards tangent, per radian, complex128 (elements,).");
  using Set = ConstraintSet;
  py::class_<Set> set(module, "ConstraintSet", "Linear constraints c^H w = f, one after the other.");
  Enum<ConstraintSet::Outcome>(set, "Outcome", "What became of a constraint.")
      .value("added", ConstraintSet::Outcome::added)
      .value("redundant", ConstraintSet::Outcome::redundant)
      .value("contradictory", ConstraintSet::Outcome::contradictory)
      .value("unusable", ConstraintSet::Outcome::unusable)
      .value("full", ConstraintSet::Outcome::full);
  Struct<ConstraintSet::Config>(set, "Config", "Sizes.")
      .field("elements", &ConstraintSet::Config::elements, "1 to 1024.")
      .field("max_constraints", &ConstraintSet::Config::max_constraints, "1 to elements.");
  init_from_config(set, "Of a Config or its fields.");
  set.def(
         "add",
         [](Set& self, const In<cf64>& c, cf64 f) {
           const auto row = vector(c, self.elements(), "c");
           const LongCall call(&self);
           return self.add(row, f);
         },
         "c"_a, "f"_a, "c^H w = f, c complex128 (elements,).")
      .def(
          "look",
          [](Set& self, const In<cf64>& steering) {
            const auto a = vector(steering, self.elements(), "steering");
            const LongCall call(&self);
            return self.look(a);
          },
          "steering"_a, "Unit gain.")
      .def(
          "null",
          [](Set& self, const In<cf64>& steering) {
            const auto a = vector(steering, self.elements(), "steering");
            const LongCall call(&self);
            return self.null(a);
          },
          "steering"_a, "No gain.")
      .def(
          "clear",
          [](Set& self) {
            require_idle(&self);
            self.clear();
          },
          "No constraints.")
      .def("__len__", &Set::size)
      .def_property_readonly("elements", &Set::elements, "Number of elements.")
      .def_property_readonly("max_constraints", &Set::max_constraints, "How many there is room for.")
      .def(
          "quiescent",
          [](const Set& self) {
            auto out = new_vector<cf64>(self.elements());
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.quiescent(to);
            }
            return out;
          },
          "The weights of least norm that meet the constraints, complex128 (elements,).")
      .def(
          "enforce",
          [](const Set& self, const In<cf64>& weights) {
            auto out = copied(vector(weights, self.elements(), "weights"));
            const auto to = writable(out);
            {
              const LongCall call(&self);
              self.enforce(to);
            }
            return out;
          },
          "weights"_a, "The nearest weights that meet the constraints, a copy.");
}

// What f(weights) writes, or None when it says that there is nothing.
template <typename F>
std::optional<py::array_t<cf64>> solved(CovarianceFactor& factor, F&& f) {
  auto weights = new_vector<cf64>(factor.elements());
  const auto to = writable(weights);
  bool ok = false;
  {
    const LongCall call(&factor);
    ok = f(to);
  }
  if (!ok) return {};
  return weights;
}

void bind_factor(py::module_& module) {
  using Factor = CovarianceFactor;
  py::class_<Factor> factor(module, "CovarianceFactor",
                            "A covariance factored once for any number of weights.");
  Struct<Factor::Config>(factor, "Config", "Size and loading.")
      .field("elements", &Factor::Config::elements, "1 to 1024.")
      .field("loading_over_noise_db", &Factor::Config::loading_over_noise_db, "-60 to 60.");
  init_from_config(factor, "Of a Config or its fields.");
  factor
      .def(
          "factor",
          [](Factor& self, const In<cf64>& covariance) {
            const auto r = grid(covariance, self.elements(), self.elements(), "covariance");
            const LongCall call(&self);
            return self.factor(r);
          },
          "covariance"_a, "complex128 (elements, elements); False for NaN and Inf: the last one stays.")
      .def(
          "solve",
          [](Factor& self, const In<cf64>& b, double loading) -> std::optional<py::array_t<cf64>> {
            const auto in = vector(b, self.elements(), "b");
            return solved(self, [&](std::span<cf64> x) { return self.solve(in, loading, x); });
          },
          "b"_a, "loading"_a, "(R + loading I)^-1 b, or None when there is none.")
      .def(
          "mvdr",
          [](Factor& self, const In<cf64>& steering) -> std::optional<py::array_t<cf64>> {
            const auto a = vector(steering, self.elements(), "steering");
            return solved(self, [&](std::span<cf64> w) { return mvdr(self, a, w); });
          },
          "steering"_a, "MVDR weights with loading, or None for a steering vector that is not finite.")
      .def(
          "robust_capon",
          [](Factor& self, const In<cf64>& steering, double uncertainty) -> std::optional<py::array_t<cf64>> {
            const auto a = vector(steering, self.elements(), "steering");
            return solved(self, [&](std::span<cf64> w) { return robust_capon(self, a, uncertainty, w); });
          },
          "steering"_a, "uncertainty"_a, "As robust_capon(), or None.")
      .def(
          "power_inversion",
          [](Factor& self, std::size_t reference) -> std::optional<py::array_t<cf64>> {
            return solved(self, [&](std::span<cf64> w) { return power_inversion(self, reference, w); });
          },
          "reference"_a = std::size_t{0}, "As power_inversion(), or None.")
      .def(
          "subspace_projection",
          [](Factor& self, const In<cf64>& steering,
             double threshold_db) -> std::pair<std::optional<py::array_t<cf64>>, std::size_t> {
            const auto a = vector(steering, self.elements(), "steering");
            std::size_t rank = 0;
            auto weights = solved(self, [&](std::span<cf64> w) {
              const auto result = subspace_projection(self, a, threshold_db, w);
              rank = result.ok ? result.rank : 0;
              return result.ok;
            });
            return {std::move(weights), rank};
          },
          "steering"_a, "threshold_db"_a = 3.0,
          "Eigenspace weights and the number of eigenvalues taken for signals (0: MVDR instead).")
      .def(
          "alive",
          [](const Factor& self, std::size_t element) {
            require(element < self.elements(), "element: beyond the last");
            return self.alive(element);
          },
          "element"_a, "Whether an element has power.")
      .def_property_readonly("elements", &Factor::elements, "Number of elements.")
      .def_property_readonly("live_elements", &Factor::live_elements, "Those with power.")
      .def_property_readonly("noise_power", &Factor::noise_power,
                             "Mean of the lower half of the eigenvalues.")
      .def_property_readonly("loading", &Factor::loading, "In the units of R.")
      .def_property_readonly("interference_to_noise", &Factor::interference_to_noise, "Linear.")
      .def_property_readonly("rejected", &Factor::rejected, "Covariances that were not finite.");
  view_property(factor, "eigenvalues", &Factor::eigenvalues, "Ascending, float64 (elements,), a view.");

  py::class_<MvdrSolver> solver(module, "MvdrSolver",
                                "Covariance to MVDR weights, loaded over the measured noise floor.");
  init_from_config(solver, "Of a CovarianceFactor.Config or its fields: elements, loading_over_noise_db.");
  solver
      .def(
          "solve",
          [](MvdrSolver& self, const In<cf64>& covariance,
             const In<cf64>& steering) -> std::optional<py::array_t<cf64>> {
            const std::size_t elements = self.eigenvalues().size();
            const auto r = grid(covariance, elements, elements, "covariance");
            const auto a = vector(steering, elements, "steering");
            auto weights = new_vector<cf64>(elements);
            const auto to = writable(weights);
            bool solved = false;
            {
              const LongCall call(&self);
              solved = self.solve(r, a, to);
            }
            if (!solved) return {};
            return weights;
          },
          "covariance"_a, "steering"_a, "The weights, or None when R or the steering vector is not finite.")
      .def_property_readonly("noise_power", &MvdrSolver::noise_power, "Per element, in the units of R.")
      .def_property_readonly("loading", &MvdrSolver::loading, "In the units of R.")
      .def_property_readonly("interference_to_noise", &MvdrSolver::interference_to_noise, "Linear.")
      .def_property_readonly("rejected", &MvdrSolver::rejected, "Refused as not finite.");
  view_property(solver, "eigenvalues", &MvdrSolver::eigenvalues, "Ascending, float64 (elements,), a view.");

  using Lcmv = Configured<LcmvSolver>;
  py::class_<Lcmv> lcmv(module, "LcmvSolver", "LCMV weights from a factored covariance.");
  init_from_config(lcmv, "Of a ConstraintSet.Config or its fields: elements, max_constraints.");
  lcmv.def(
          "solve",
          [](Lcmv& self, CovarianceFactor& covariance, const ConstraintSet& constraints,
             const std::optional<double>& loading) -> std::optional<py::array_t<cf64>> {
            const std::size_t elements = self.config.elements;
            require(covariance.elements() == elements && constraints.elements() == elements &&
                        constraints.size() <= self.config.max_constraints,
                    "solve: covariance and constraints must be of " + std::to_string(elements) +
                        " elements, with at most " + std::to_string(self.config.max_constraints) +
                        " constraints");
            auto w = new_vector<cf64>(elements);
            const auto to = writable(w);
            bool ok = false;
            {
              const LongCall call{&self, &covariance, &constraints};
              ok = self.solve(covariance, constraints, loading.value_or(covariance.loading()), to);
            }
            if (!ok) return {};
            return w;
          },
          "covariance"_a, "constraints"_a, "loading"_a = py::none(),
          "Weights complex128 (elements,), or None; loading: the covariance's own.")
      .def_property_readonly("dropped", &Lcmv::dropped, "Constraints left out so far.");
}

void bind_batched(py::module_& module) {
  py::class_<BatchedMvdr> batched(module, "BatchedMvdr", "MVDR weights of many subbands at once.");
  Struct<BatchedMvdr::Config>(batched, "Config", "Sizes and loading.")
      .field("elements", &BatchedMvdr::Config::elements, "1 to 64.")
      .field("subbands", &BatchedMvdr::Config::subbands, "1 to 65536.")
      .field("loading", &BatchedMvdr::Config::loading, "In units of the mean power of an element.");
  init_from_config(batched, "Of a Config or its fields.");
  batched
      .def(
          "solve",
          [](BatchedMvdr& self, const In<cf64>& covariances, const In<cf64>& steering) {
            const std::size_t e = self.elements(), k = self.subbands();
            const auto r = grid(covariances, k, e * e, "covariances");
            const auto a = grid(steering, k, e, "steering");
            auto weights = new_grid<cf64>(k, e);
            auto accepted = new_vector<std::uint8_t>(k);
            const Grid<cf64> to = writable_grid(weights);
            const auto flags = writable(accepted);
            {
              const LongCall call(&self);
              self.solve(r, a, to, flags);
            }
            return std::make_pair(weights, accepted);
          },
          "covariances"_a, "steering"_a,
          "complex128 (subbands, elements * elements) and (subbands, elements) to weights (subbands, "
          "elements) "
          "and uint8 (subbands,): 0 where the subband was rejected.")
      .def(
          "solve_robust",
          [](BatchedMvdr& self, const In<cf64>& covariances, const In<cf64>& steering, double uncertainty,
             const std::vector<double>& least_loadings) {
            const std::size_t e = self.elements(), k = self.subbands();
            const auto r = grid(covariances, k, e * e, "covariances");
            const auto a = grid(steering, k, e, "steering");
            require(least_loadings.size() == k, "least_loadings: one per subband");
            require(uncertainty > 0 && uncertainty < 1, "uncertainty: must be in (0, 1)");
            for (const double loading : least_loadings) {
              require(loading >= 0 && std::isfinite(loading),
                      "least_loadings: must be finite and not negative");
            }
            auto weights = new_grid<cf64>(k, e);
            auto loadings = new_vector<double>(k);
            auto accepted = new_vector<std::uint8_t>(k);
            const Grid<cf64> to = writable_grid(weights);
            const auto used = writable(loadings);
            const auto flags = writable(accepted);
            {
              const LongCall call(&self);
              std::ranges::copy(least_loadings, used.begin());
              self.solve_robust(r, a, uncertainty, used, to, flags);
            }
            return std::make_tuple(weights, loadings, accepted);
          },
          "covariances"_a, "steering"_a, "uncertainty"_a, "least_loadings"_a,
          "Robust Capon: covariances and steering as solve(), squared error of the steering vector over its "
          "square, float64 (subbands,) to weights, loadings used, accepted.")
      .def_property_readonly("elements", &BatchedMvdr::elements, "Number of elements.")
      .def_property_readonly("subbands", &BatchedMvdr::subbands, "Number of subbands.");
}

}  // namespace

void bind_beam_weights(py::module_& module) {
  bind_plain_weights(module);
  bind_constraints(module);
  bind_factor(module);
  bind_batched(module);
}

}  // namespace boresight::python
