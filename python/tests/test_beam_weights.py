import unittest

import numpy as np

import boresight
from boresight.beam import (
    AdaptiveBeamformer,
    BatchedMvdr,
    Beamformer,
    ConstraintSet,
    CovarianceFactor,
    LcmvSolver,
    MvdrSolver,
    SidelobeCanceller,
    conventional,
    forward_backward,
    lcmv,
    mvdr,
    null_steering,
    power_inversion,
    robust_capon,
    steering_derivative,
    wiener,
)
from scene import FREQUENCY_HZ, covariance, line, line_steering, noise


class WeightsTest(unittest.TestCase):
    def setUp(self):
        self.a = line_steering(16, 0)
        jammers = np.stack([line_steering(16, 25), line_steering(16, -40)])
        self.r = np.eye(16) + 1e4 * jammers.T @ jammers.conj()
        self.nulls = jammers

    def test_conventional(self):
        np.testing.assert_allclose(conventional(self.a), self.a / 16)

    def test_mvdr(self):
        for loading in (0.0, 10.0):
            x = np.linalg.solve(self.r + loading * np.eye(16), self.a)
            np.testing.assert_allclose(mvdr(self.r, self.a, loading), x / np.vdot(self.a, x), atol=1e-12)

    def test_solver(self):
        solver = MvdrSolver(16, loading_over_noise_db=10)
        x = np.linalg.solve(self.r + 10 * np.eye(16), self.a)
        np.testing.assert_allclose(solver.solve(self.r, self.a), x / np.vdot(self.a, x), atol=1e-9)
        self.assertAlmostEqual(solver.noise_power, 1, places=9)
        self.assertAlmostEqual(solver.interference_to_noise, 2e4, places=4)
        np.testing.assert_allclose(solver.eigenvalues, np.linalg.eigvalsh(self.r), atol=1e-8)
        self.r[3, 1] = np.nan
        self.assertIsNone(solver.solve(self.r, self.a))
        self.assertEqual(solver.rejected, 1)

    def test_null_steering(self):
        constraints = np.concatenate([self.a[None], self.nulls])
        expected = np.linalg.pinv(constraints.conj()) @ [1, 0, 0]
        np.testing.assert_allclose(null_steering(self.a, self.nulls), expected, atol=1e-13)
        with self.assertRaises(ValueError):
            null_steering(self.a, self.a[None])

    def test_wrong_arrays(self):
        with self.assertRaises(TypeError):
            conventional(self.a.astype(np.complex64))
        with self.assertRaises(ValueError):
            mvdr(self.r, self.a[:8].copy())
        with self.assertRaises(ValueError):
            null_steering(self.a, self.nulls[:, :8].copy())


class AdaptedWeightsTest(unittest.TestCase):
    def setUp(self):
        self.r = covariance(8, [25, -40], [1e4, 1e3])
        self.a = line_steering(8, 5)
        self.inverse = np.linalg.inv(self.r)

    def test_lcmv(self):
        c = np.stack([self.a, line_steering(8, 12)])
        f = np.array([1, 0.3j])
        ci = self.inverse @ c.T
        # c^H w = f
        expected = ci @ np.linalg.solve(c.conj() @ ci, f)
        np.testing.assert_allclose(lcmv(self.r, c, f), expected, atol=1e-9)
        constraints = ConstraintSet(8, 4)
        self.assertEqual(constraints.look(self.a), ConstraintSet.Outcome.added)
        self.assertEqual(constraints.add(line_steering(8, 12), 0.3j), ConstraintSet.Outcome.added)
        self.assertEqual(constraints.look(self.a), ConstraintSet.Outcome.redundant)
        self.assertEqual(constraints.null(self.a), ConstraintSet.Outcome.contradictory)
        factor = CovarianceFactor(8)
        self.assertTrue(factor.factor(self.r))
        solver = LcmvSolver(8, 4)
        np.testing.assert_allclose(solver.solve(factor, constraints, 0.0), expected, atol=1e-9)
        np.testing.assert_allclose(constraints.quiescent(), np.linalg.pinv(c.conj()) @ f, atol=1e-9)
        with self.assertRaises(boresight.ConfigError):
            LcmvSolver(8, 1).solve(factor, constraints)
        canceller = SidelobeCanceller(constraints)
        np.testing.assert_allclose(canceller.solve(self.r), expected, atol=1e-9)
        np.testing.assert_allclose(canceller.blocking @ canceller.blocking.conj().T, np.eye(6), atol=1e-9)

    def test_robust_capon(self):
        w = robust_capon(self.r, self.a, 0.5)
        self.assertAlmostEqual(np.vdot(w, self.a), 1, places=9)
        # || d (R + d I)^-1 a ||^2 = uncertainty for the d that made it: w ~ (R + d I)^-1 a.
        from scipy.optimize import brentq

        def excess(d):
            return np.linalg.norm(d * np.linalg.solve(self.r + d * np.eye(8), self.a)) ** 2 - 0.5

        d = brentq(excess, 1e-6, 1e6, xtol=1e-12, rtol=1e-14)
        x = np.linalg.solve(self.r + d * np.eye(8), self.a)
        np.testing.assert_allclose(w, x / np.vdot(x, self.a).conj(), atol=1e-7)

    def test_power_inversion_and_wiener(self):
        e = self.inverse[:, 2]
        np.testing.assert_allclose(power_inversion(self.r, 2), e / e[2], atol=1e-9)
        p = self.a * 3
        np.testing.assert_allclose(wiener(self.r, p, 2.0), np.linalg.solve(self.r + 2 * np.eye(8), p), atol=1e-9)

    def test_factor(self):
        factor = CovarianceFactor(8)
        factor.factor(self.r)
        np.testing.assert_allclose(factor.eigenvalues, np.linalg.eigvalsh(self.r), atol=1e-8)
        np.testing.assert_allclose(factor.solve(self.a, 3.0), np.linalg.solve(self.r + 3 * np.eye(8), self.a), atol=1e-9)
        np.testing.assert_allclose(factor.mvdr(self.a), mvdr(self.r, self.a, factor.loading), atol=1e-9)
        np.testing.assert_allclose(factor.robust_capon(self.a, 2.0), robust_capon(self.r, self.a, 2.0), rtol=1e-3)  # how far its search goes
        w, rank = factor.subspace_projection(line_steering(8, 25))
        self.assertEqual(rank, 2)
        values, vectors = np.linalg.eigh(self.r)
        s = vectors[:, -2:] @ np.diag(1 / values[-2:]) @ vectors[:, -2:].conj().T @ line_steering(8, 25)
        np.testing.assert_allclose(w, s / np.vdot(s, line_steering(8, 25)).conj(), atol=1e-7)
        bad = self.r.copy()
        bad[3, 3] = np.inf
        self.assertFalse(factor.factor(bad))
        self.assertIsNone(factor.mvdr(self.a * np.nan))

    def test_forward_backward(self):
        rng = np.random.default_rng(1)
        x = noise(rng, 8, 20).astype(complex)
        r = x @ x.conj().T
        np.testing.assert_allclose(forward_backward(r, line(8)), (r + r[::-1, ::-1].conj()) / 2)

    def test_derivative(self):
        geometry, step = line(8), 1e-6
        numeric = (line_steering(8, np.rad2deg(step)) - line_steering(8, np.rad2deg(-step))) / (2 * step)
        np.testing.assert_allclose(steering_derivative(geometry, [0, 0, 1], [1, 0, 0], FREQUENCY_HZ), numeric, rtol=1e-6)

    def test_batched(self):
        rs = np.stack([covariance(4, [20 + k], [100]) for k in range(7)])
        steering = np.tile(line_steering(4, 0), (7, 1))
        rs[3, 1, 0] = np.nan
        weights, accepted = BatchedMvdr(4, 7).solve(rs.reshape(7, 16), steering)
        np.testing.assert_array_equal(accepted, [1, 1, 1, 0, 1, 1, 1])
        for k in (0, 1, 6):
            np.testing.assert_allclose(weights[k], mvdr(rs[k], steering[k]), atol=1e-9)


class ConstraintTest(unittest.TestCase):
    def test_enforce_is_the_projection(self):
        rng = np.random.default_rng(1)
        c, f = rng.normal(size=(2, 6)) + 1j * rng.normal(size=(2, 6)), np.array([1, 0.5j])
        constraints = ConstraintSet(6, 2)
        for row, value in zip(c, f):
            constraints.add(row, value)
        w = rng.normal(size=6) + 1j * rng.normal(size=6)
        # The least change that gives c^H w = f.
        expected = w + c.T @ np.linalg.solve(c.conj() @ c.T, f - c.conj() @ w)
        np.testing.assert_allclose(constraints.enforce(w), expected, atol=1e-12)
        # Room for two; a constraint that repeats one is dropped by the solver when R makes it so.
        self.assertEqual(constraints.add(rng.normal(size=6).astype(complex), 1), ConstraintSet.Outcome.full)
        self.assertEqual(len(constraints), 2)
        constraints.clear()
        self.assertEqual(len(constraints), 0)
        np.testing.assert_array_equal(constraints.enforce(w), w)

    def test_the_solver_drops_what_a_dead_element_makes_the_same(self):
        constraints = ConstraintSet(4, 2)
        constraints.look(np.ones(4, complex))
        constraints.add(np.array([1, 1, 1, 2], complex), 2)  # not to be met without element 3
        r = np.eye(4, dtype=complex)
        r[3, 3] = 0
        factor, solver = CovarianceFactor(4), LcmvSolver(4, 2)
        factor.factor(r)
        w = solver.solve(factor, constraints)
        self.assertEqual(solver.dropped, 1)
        np.testing.assert_allclose(w, [1 / 3, 1 / 3, 1 / 3, 0], atol=1e-9)

    def test_canceller_adapts_to_lcmv(self):
        rng = np.random.default_rng(2)
        constraints = ConstraintSet(4, 1)
        a, jammer = line_steering(4, 0), line_steering(4, 35)
        constraints.look(a)
        canceller = SidelobeCanceller(constraints, SidelobeCanceller.Config(forgetting=1.0, loading=1e-6))
        np.testing.assert_allclose(canceller.quiescent, a / 4, atol=1e-12)
        np.testing.assert_allclose(canceller.weights, a / 4, atol=1e-12)
        x = (noise(rng, 4, 500) + 10 * jammer[:, None] * noise(rng, 500)).astype(np.complex64)
        y = canceller.process(x)
        wide = x.astype(complex)
        expected = mvdr(wide @ wide.conj().T, a)
        np.testing.assert_allclose(canceller.weights, expected, atol=1e-5)
        # A sample is formed by the weights before it: those of all samples before.
        before = mvdr(wide[:, :-1] @ wide[:, :-1].conj().T, a)
        np.testing.assert_allclose(y[-1], np.vdot(before, wide[:, -1]), atol=1e-4)
        x[1, 7] = np.nan
        canceller.process(x[:, 7:8].copy())
        self.assertEqual(canceller.skipped, 1)
        canceller.reset()
        np.testing.assert_allclose(canceller.weights, a / 4, atol=1e-12)


class FactorTest(unittest.TestCase):
    def test_dead_element_and_noise(self):
        r = covariance(6, [20], [100])
        r[2, :] = r[:, 2] = 0
        factor = CovarianceFactor(6)
        self.assertTrue(factor.factor(r))
        self.assertEqual((factor.elements, factor.live_elements), (6, 5))
        self.assertEqual([factor.alive(e) for e in range(6)], [True, True, False, True, True, True])
        live = np.delete(np.arange(6), 2)
        values = np.linalg.eigvalsh(r[np.ix_(live, live)])
        self.assertAlmostEqual(factor.noise_power, 1, places=9)
        self.assertAlmostEqual(factor.interference_to_noise, values.sum() / 5 - 1, places=6)
        # Of loaded R the column of the inverse, unit gain on the reference.
        inverse = np.linalg.inv(r[np.ix_(live, live)] + factor.loading * np.eye(5))[:, 1]
        expected = np.zeros(6, complex)
        expected[live] = inverse / inverse[1]
        np.testing.assert_allclose(factor.power_inversion(1), expected, atol=1e-9)
        r[0, 0] = np.nan
        self.assertFalse(factor.factor(r))
        self.assertEqual(factor.rejected, 1)
        solver = MvdrSolver(4, loading_over_noise_db=20)
        solver.solve(2 * np.eye(4, dtype=complex), np.ones(4, complex))
        self.assertAlmostEqual(solver.loading, 200, places=6)


class SizesTest(unittest.TestCase):
    def test_what_was_asked_for(self):
        self.assertEqual((Beamformer(5, 2).elements, Beamformer(5, 2).beams), (5, 2))
        batched = BatchedMvdr(4, 7)
        self.assertEqual((batched.elements, batched.subbands), (4, 7))
        constraints = ConstraintSet(6, 3)
        self.assertEqual((constraints.elements, constraints.max_constraints), (6, 3))
        config = AdaptiveBeamformer.Config(geometry=line(5), carrier_hz=FREQUENCY_HZ, beams=2, max_block_samples=777,
                                           mode=AdaptiveBeamformer.Mode.conventional)
        made = AdaptiveBeamformer(config)
        self.assertEqual((made.elements, made.beams, made.max_block_samples), (5, 2, 777))


if __name__ == "__main__":
    unittest.main()
