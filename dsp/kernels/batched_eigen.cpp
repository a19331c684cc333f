#include "kernels/batched_eigen.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batched_eigen.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/target.h"

HWY_BEFORE_NAMESPACE();
namespace boresight::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_HAVE_FLOAT64
using D = hn::CappedTag<double, batched_eigen_most_lanes>;
#else
using D = hn::CappedTag<double, 1>;
#endif
using V = hn::Vec<D>;

std::size_t eigen_lanes_of_target() {
  return hn::Lanes(D());
}

constexpr int most_sweeps = 16;
// Squares of all that is off the diagonal, over those on it, when nothing is left to gain.
constexpr double exactness = 1e-31;

struct Complex {
  V re;
  V im;
};

HWY_INLINE Complex load(const double* p, std::size_t lanes) {
  const D d;
  return {hn::Load(d, p), hn::Load(d, p + lanes)};
}
HWY_INLINE void store(Complex x, double* p, std::size_t lanes) {
  const D d;
  hn::Store(x.re, d, p);
  hn::Store(x.im, d, p + lanes);
}

// Column p becomes c p - s q, column q becomes c q + s* p.
struct Rotation {
  V c;
  Complex s;
};

// With the plane (p, q) of a Hermitian matrix, g e^(j phi) at (p, q): t = tan of the angle that makes it
// diagonal, the smaller one (Golub and Van Loan 2013, section 8.5.2); s = t c e^(-j phi).
HWY_INLINE Rotation rotation(V a_pp, V a_qq, Complex a_pq, V& t_times_g) {
  const D d;
  const V one = hn::Set(d, 1.0);
  const V g2 = hn::MulAdd(a_pq.im, a_pq.im, hn::Mul(a_pq.re, a_pq.re));
  const auto there = hn::Gt(g2, hn::Zero(d));
  const V g = hn::Sqrt(hn::IfThenElse(there, g2, one));
  const V inverse = hn::Div(one, g);
  const V tau = hn::Mul(hn::Mul(hn::Set(d, 0.5), hn::Sub(a_qq, a_pp)), inverse);
  const V size = hn::Add(hn::Abs(tau), hn::Sqrt(hn::MulAdd(tau, tau, one)));
  const V t = hn::IfThenElseZero(there, hn::CopySign(hn::Div(one, size), tau));
  const V c = hn::Div(one, hn::Sqrt(hn::MulAdd(t, t, one)));
  const V s = hn::Mul(hn::Mul(t, c), inverse);
  t_times_g = hn::Mul(t, g);
  return {c, {hn::Mul(s, a_pq.re), hn::Neg(hn::Mul(s, a_pq.im))}};
}

// p and q of one row; kConj: their conjugates are what is stored.
template <bool kConjP, bool kConjQ>
HWY_INLINE void rotate(const Rotation& r, double* at_p, double* at_q, std::size_t lanes) {
  Complex p = load(at_p, lanes);
  Complex q = load(at_q, lanes);
  if (kConjP) p.im = hn::Neg(p.im);
  if (kConjQ) q.im = hn::Neg(q.im);
  Complex x;
  Complex y;
  x.re = hn::MulAdd(r.s.im, q.im, hn::NegMulAdd(r.s.re, q.re, hn::Mul(r.c, p.re)));
  x.im = hn::NegMulAdd(r.s.im, q.re, hn::NegMulAdd(r.s.re, q.im, hn::Mul(r.c, p.im)));
  y.re = hn::MulAdd(r.s.im, p.im, hn::MulAdd(r.s.re, p.re, hn::Mul(r.c, q.re)));
  y.im = hn::NegMulAdd(r.s.im, p.re, hn::MulAdd(r.s.re, p.im, hn::Mul(r.c, q.im)));
  if (kConjP) x.im = hn::Neg(x.im);
  if (kConjQ) y.im = hn::Neg(y.im);
  store(x, at_p, lanes);
  store(y, at_q, lanes);
}

// Jacobi's method: all planes in turn, n / 2 of them at a time that have no row in common, so that their
// angles do not wait for each other.
void eigen_lanes(const BatchedEigenJob& job) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t n = job.elements;
  const std::size_t players = n + n % 2;
  const auto at = [&](std::size_t row, std::size_t column) {
    return job.matrix + 2 * (row * n + column) * lanes;
  };
  struct Plane {
    std::size_t p;
    std::size_t q;
    Rotation rotation;
  };
  Plane planes[batched_eigen_most_elements / 2];
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    V off = hn::Zero(d);
    V on = hn::Zero(d);
    for (std::size_t i = 0; i < n; ++i) {
      const V diagonal = hn::Load(d, at(i, i));
      on = hn::MulAdd(diagonal, diagonal, on);
      for (std::size_t k = 0; k < i; ++k) {
        const Complex a = load(at(i, k), lanes);
        off = hn::MulAdd(a.im, a.im, hn::MulAdd(a.re, a.re, off));
      }
    }
    if (hn::AllTrue(d, hn::Le(off, hn::Mul(on, hn::Set(d, exactness))))) return;
    // A round-robin tournament: player 0 stays, the others move on by one from round to round.
    for (std::size_t round = 0; round + 1 < players; ++round) {
      std::size_t count = 0;
      for (std::size_t table = 0; table < players / 2; ++table) {
        const auto seat = [&](std::size_t s) { return s == 0 ? 0 : (s - 1 + round) % (players - 1) + 1; };
        const std::size_t one = seat(table);
        const std::size_t other = seat(players - 1 - table);
        if (one >= n || other >= n) continue;
        planes[count].p = std::min(one, other);
        planes[count++].q = std::max(one, other);
      }
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t p = planes[i].p;
        const std::size_t q = planes[i].q;
        const V a_pp = hn::Load(d, at(p, p));
        const V a_qq = hn::Load(d, at(q, q));
        Complex a_pq = load(at(q, p), lanes);
        a_pq.im = hn::Neg(a_pq.im);
        V change;
        planes[i].rotation = rotation(a_pp, a_qq, a_pq, change);
        hn::Store(hn::Sub(a_pp, change), d, at(p, p));
        hn::Store(hn::Add(a_qq, change), d, at(q, q));
        store({hn::Zero(d), hn::Zero(d)}, at(q, p), lanes);
      }
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t p = planes[i].p;
        const std::size_t q = planes[i].q;
        const Rotation turn = planes[i].rotation;
        for (std::size_t r = 0; r < p; ++r) rotate<true, true>(turn, at(p, r), at(q, r), lanes);
        for (std::size_t r = p + 1; r < q; ++r) rotate<false, true>(turn, at(r, p), at(q, r), lanes);
        for (std::size_t r = q + 1; r < n; ++r) rotate<false, false>(turn, at(r, p), at(r, q), lanes);
        if (job.vectors == nullptr) continue;
        double* v_p = job.vectors + 2 * p * n * lanes;
        double* v_q = job.vectors + 2 * q * n * lanes;
        for (std::size_t r = 0; r < n; ++r) {
          rotate<false, false>(turn, v_p + 2 * r * lanes, v_q + 2 * r * lanes, lanes);
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace boresight::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boresight::kernels {
namespace {
HWY_EXPORT(eigen_lanes_of_target);
HWY_EXPORT(eigen_lanes);
}  // namespace

std::size_t batched_eigen_lanes() noexcept {
  return BORESIGHT_DISPATCH(eigen_lanes_of_target)();
}
void batched_eigen(const BatchedEigenJob& job) noexcept {
  BORESIGHT_DISPATCH(eigen_lanes)(job);
}

}  // namespace boresight::kernels
#endif  // HWY_ONCE
