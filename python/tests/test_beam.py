import unittest

import numpy as np

import boresight
from boresight import beam, doa
from boresight.beam import (
    AdaptiveBeamformer,
    BatchedMvdr,
    Beamformer,
    ConstantModulusFilter,
    ConstraintSet,
    CovarianceFactor,
    KnownSequenceTrainer,
    LcmvSolver,
    LmsFilter,
    MvdrSolver,
    RlsFilter,
    SidelobeCanceller,
    SubbandBeamformer,
    SubbandWeights,
    TrueTimeDelay,
    aperture_fill_time_s,
    conventional,
    forward_backward,
    lcmv,
    mvdr,
    null_steering,
    power_inversion,
    robust_capon,
    squint,
    squint_gain,
    steering_derivative,
    wideband_covariance,
    wiener,
)
from scene import FREQUENCY_HZ, SPEED_OF_LIGHT_M_S, WAVELENGTH_M, covariance, direction, line, line_steering, noise


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


class BeamformerTest(unittest.TestCase):
    def test_is_the_numpy_one_liner(self):
        rng = np.random.default_rng(1)
        x = noise(rng, 16, 1001)
        weights = noise(rng, 3, 16)
        beamformer = Beamformer(16, 3)
        beamformer.set_weights(weights)
        y = beamformer.process(x)
        self.assertEqual((y.shape, y.dtype), ((3, 1001), np.complex64))
        np.testing.assert_allclose(y, weights.conj() @ x, atol=1e-5)

    def test_wrong_arrays(self):
        beamformer = Beamformer(4)
        with self.assertRaises(TypeError):
            beamformer.process(np.zeros((4, 10), np.complex128))
        with self.assertRaises(TypeError):
            beamformer.process(np.zeros((10, 4), np.complex64).T)
        with self.assertRaises(ValueError):
            beamformer.process(np.zeros((5, 10), np.complex64))
        with self.assertRaises(ValueError):
            beamformer.set_weights(np.zeros((2, 4), np.complex64))


class AdaptiveBeamformerTest(unittest.TestCase):
    def config(self):
        config = AdaptiveBeamformer.Config()
        config.geometry = line(8)
        config.carrier_hz = FREQUENCY_HZ
        config.covariance_decimation = 1
        return config

    def test_first_block_is_loaded_mvdr_of_itself(self):
        rng = np.random.default_rng(2)
        jammer = line_steering(8, 40)
        x = (noise(rng, 8, 4096) + 30 * jammer[:, None] * noise(rng, 4096)).astype(np.complex64)
        beamformer = AdaptiveBeamformer(self.config())
        beamformer.set_direction([0, 0, 1])
        y = beamformer.process(x)
        wide = x.astype(np.complex128)
        r = wide @ wide.conj().T / 4096
        loading = 10 * np.linalg.eigvalsh(r)[:4].mean()
        expected = np.linalg.solve(r + loading * np.eye(8), np.ones(8))
        expected /= expected.sum()
        np.testing.assert_allclose(beamformer.weights, expected, atol=1e-5)
        np.testing.assert_allclose(y, expected.conj() @ wide, atol=1e-3)
        self.assertEqual(beamformer.stats.updates, 1)
        self.assertAlmostEqual(beamformer.stats.power_over_noise_db, 20 * np.log10(30), delta=0.5)

    def test_single_is_element_zero(self):
        config = self.config()
        config.mode = AdaptiveBeamformer.Mode.single
        x = noise(np.random.default_rng(3), 8, 100)
        np.testing.assert_array_equal(AdaptiveBeamformer(config).process(x), x[0])

    def test_wrong_arrays(self):
        config = self.config()
        config.max_block_samples = 100
        beamformer = AdaptiveBeamformer(config)
        with self.assertRaisesRegex(ValueError, "100"):
            beamformer.process(np.zeros((8, 101), np.complex64))
        with self.assertRaises(TypeError):
            beamformer.process(np.zeros((8, 50)))
        config.carrier_hz = -1.0
        with self.assertRaises(ValueError):
            AdaptiveBeamformer(config)


class MoreWeightsTest(unittest.TestCase):
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


class FilterTest(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(4)
        self.s = noise(rng, 2000)
        self.x = (line_steering(4, 10)[:, None] * self.s + 0.1 * noise(rng, 4, 2000)).astype(np.complex64)

    def test_nlms_is_the_loop(self):
        lms = LmsFilter(4, step=0.2)
        y = lms.process(self.x, self.s)
        w, expected = np.zeros(4, complex), []
        for x, d in zip(self.x.T.astype(complex), self.s.astype(complex)):
            expected.append(np.vdot(w, x))
            w = w + 0.2 * x * np.conj(d - expected[-1]) / np.vdot(x, x).real
        np.testing.assert_allclose(y, expected, atol=1e-5)
        np.testing.assert_allclose(lms.weights, w, atol=1e-8)

    def test_rls_is_least_squares(self):
        rls = RlsFilter(4, forgetting=1.0, loading=1e-6)
        rls.process(self.x, self.s)
        x = self.x.astype(complex)
        expected = np.linalg.solve(x @ x.conj().T + 1e-6 * np.eye(4), x @ self.s.conj())
        np.testing.assert_allclose(rls.weights, expected, atol=1e-6)
        trainer = KnownSequenceTrainer(4, loading_over_noise_db=-60)
        trainer.update(self.x, self.s)
        np.testing.assert_allclose(trainer.solve(), expected, atol=1e-5)

    def test_constant_modulus(self):
        phases = np.exp(1j * np.random.default_rng(5).uniform(0, 2 * np.pi, 2000))
        x = (line_steering(4, 10)[:, None] * phases).astype(np.complex64)
        y = ConstantModulusFilter(4).process(x)
        np.testing.assert_allclose(np.abs(y[500:]), 1, atol=1e-3)

    def test_nan_is_skipped(self):
        self.x[2, 7] = np.nan
        lms = LmsFilter(4)
        y = lms.process(self.x, self.s)
        self.assertEqual(y[7], 0)
        self.assertEqual(lms.skipped, 1)
        with self.assertRaises(boresight.ConfigError):
            lms.process(self.x, self.s[:-1])


class WidebandTest(unittest.TestCase):
    def test_beamformer_with_covariance(self):
        x = noise(np.random.default_rng(1), 4, 300)
        one, two = doa.SampleCovariance(4), doa.SampleCovariance(4)
        beamformer = Beamformer(4)
        beamformer.process(x, covariance=one)
        two.update(x)
        np.testing.assert_allclose(one.matrix(), two.matrix(), rtol=1e-6)
        with self.assertRaises(boresight.ConfigError):
            beamformer.process(x, covariance=doa.SampleCovariance(5))

    def test_several_beams(self):
        config = AdaptiveBeamformer.Config(geometry=line(8), carrier_hz=FREQUENCY_HZ, beams=2,
                                           mode=AdaptiveBeamformer.Mode.conventional)
        beamformer = AdaptiveBeamformer(config)
        beamformer.set_direction(direction(20), 1)
        x = noise(np.random.default_rng(1), 8, 200)
        y = beamformer.process(x)
        self.assertEqual(y.shape, (2, 200))
        np.testing.assert_allclose(y[1], line_steering(8, 20).conj() @ x / 8, atol=1e-5)
        np.testing.assert_allclose(beamformer.weights_of(1), line_steering(8, 20) / 8)
        with self.assertRaises(boresight.ConfigError):
            beamformer.weights_of(2)

    def test_subband_weights_are_mvdr_per_subband(self):
        rng = np.random.default_rng(2)
        weights = SubbandWeights(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, bins=64, subbands=4)
        for _ in range(50):
            weights.train((noise(rng, 4, 64) + 20 * line_steering(4, 30)[:, None] * noise(rng, 64)).astype(np.complex64))
        weights.renew()
        self.assertEqual(weights.weights.shape, (4, 4))
        # Unit gain towards the direction, nearly none towards the jammer.
        np.testing.assert_allclose((weights.weights.conj() * weights.steering).sum(axis=1), 1, atol=1e-9)
        self.assertLess(np.abs(weights.weights.conj() @ line_steering(4, 30)).max(), 0.02)
        bins = noise(rng, 4, 64)
        y = weights.apply(bins)
        np.testing.assert_allclose(y[0], np.vdot(weights.weights[2], bins[:, 0].astype(complex)), atol=1e-5)

    def test_subband_beamformer_delays(self):
        config = SubbandBeamformer.Config(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6)
        config.mode = SubbandWeights.Mode.conventional
        beamformer = SubbandBeamformer(config)
        s = noise(np.random.default_rng(1), 4096)
        y = beamformer.process(np.tile(s, (4, 1)))
        late = beamformer.latency_samples
        np.testing.assert_allclose(y[late:], s[:-late], atol=1e-4)

    def test_delays_and_squint(self):
        geometry, u = line(16), direction(30)
        self.assertAlmostEqual(aperture_fill_time_s(geometry, u), 15 * WAVELENGTH_M / 2 * 0.5 / SPEED_OF_LIGHT_M_S)
        t = geometry.positions_m @ u / SPEED_OF_LIGHT_M_S
        self.assertAlmostEqual(squint_gain(geometry, u, 1e8), abs(np.exp(2j * np.pi * 1e8 * t).mean()) ** 2)
        self.assertLess(squint(geometry, u, FREQUENCY_HZ, 500e6).edge_loss_db, 0)
        delay = TrueTimeDelay(geometry=geometry, carrier_hz=FREQUENCY_HZ)
        delay.set_direction(u)
        np.testing.assert_allclose(delay.delays_s, t, atol=1e-20)
        offsets = [-1e8, 0, 1e8]
        np.testing.assert_allclose(delay.weights(offsets),
                                   [np.exp(2j * np.pi * (FREQUENCY_HZ + d) * t) / 16 for d in offsets], atol=1e-9)
        tau = t[:, None] - t[None]
        np.testing.assert_allclose(wideband_covariance(geometry, u, FREQUENCY_HZ, 1e8, 5.0),
                                   5 * np.exp(2j * np.pi * FREQUENCY_HZ * tau) * np.sinc(1e8 * tau), atol=1e-9)


class WatchTest(unittest.TestCase):
    def test_a_jump_is_where_the_power_of_a_run_is(self):
        rng = np.random.default_rng(1)
        watch = beam.PowerWatch(beams=2, jump_db=6)
        block = lambda: noise(rng, 2, 1280)
        self.assertEqual(watch.find(100 * block()), 1280)  # nothing is usual yet
        watch.settle(block())
        for _ in range(5):
            self.assertEqual(watch.find(block()), 1280)
            watch.note()
        y = block()
        y[1, 700:] *= 3
        runs = (abs(y.reshape(2, 10, 128)) ** 2).mean(-1)
        self.assertEqual(watch.find(y), 128 * int(np.flatnonzero((runs > 10**0.6).any(0))[0]))
        y[1, 640:] = np.nan
        self.assertEqual(watch.find(y), 1280)
        watch.reset()
        self.assertEqual(watch.find(100 * block()), 1280)
        with self.assertRaises(boresight.ConfigError):
            beam.PowerWatch(jump_db=1)
        with self.assertRaises(boresight.ConfigError):
            watch.find(noise(rng, 3, 100))

    def test_continuous_squint_gain(self):
        offsets = np.linspace(-3e8, 3e8, 13)
        gains = [beam.continuous_squint_gain(4e-9, f) for f in offsets]
        np.testing.assert_allclose(gains, np.sinc(4e-9 * offsets) ** 2, atol=1e-12)


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


class MoreFilterTest(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(4)
        self.s = noise(rng, 300)
        self.x = (line_steering(4, 10)[:, None] * self.s + 0.1 * noise(rng, 4, 300)).astype(np.complex64)
        self.start = np.array([0.3, 0.1j, -0.2, 0.4])

    def huge(self):
        # Finite samples whose first step brings weights of an energy beyond 1e30.
        return np.full((4, 2), 1e-18, np.complex64), np.full(2, 1e15, np.complex64)

    def test_constant_modulus_is_the_loop(self):
        cma = ConstantModulusFilter(4, step=0.1, modulus=1.5)
        np.testing.assert_array_equal(cma.weights, [1, 0, 0, 0])
        cma.set_weights(self.start)
        y = cma.process(self.x)
        w, expected = self.start.astype(complex), []
        for x in self.x.T.astype(complex):
            expected.append(np.vdot(w, x))
            error = 1.5 * expected[-1] / abs(expected[-1]) - expected[-1]
            w = w + 0.1 * x * np.conj(error) / np.vdot(x, x).real
        np.testing.assert_allclose(y, expected, atol=1e-5)
        np.testing.assert_allclose(cma.weights, w, atol=1e-8)
        bad = self.x[:, :1].copy()
        bad[2] = np.nan
        cma.process(bad)
        self.assertEqual(cma.skipped, 1)
        cma.reset()
        np.testing.assert_array_equal(cma.weights, self.start)
        cma.set_weights(np.full(4, 1e14, complex))
        self.assertEqual(cma.restarts, 0)
        strong = ConstantModulusFilter(4, step=1.0, modulus=1e20)
        strong.process(np.full((4, 1), 1e-3, np.complex64))
        self.assertEqual(strong.restarts, 1)

    def test_lms_starts_and_restarts(self):
        lms = LmsFilter(4, step=0.2)
        lms.set_weights(self.start)
        self.assertAlmostEqual(lms.process(self.x[:, :1].copy(), self.s[:1].copy())[0],
                               np.vdot(self.start, self.x[:, 0]), places=5)
        lms.reset()
        first = lms.process(self.x, self.s)
        lms.reset()
        np.testing.assert_array_equal(lms.process(self.x, self.s), first)
        self.assertEqual(lms.restarts, 0)
        lms.process(*self.huge())
        self.assertGreater(lms.restarts, 0)

    def test_rls_predicts_by_least_squares_so_far(self):
        rls = RlsFilter(4, forgetting=1.0, loading=1e-6)
        y = rls.process(self.x, self.s)
        x = self.x.astype(complex)
        for n in (10, 100, 299):
            r = x[:, :n] @ x[:, :n].conj().T + 1e-6 * np.eye(4)
            w = np.linalg.solve(r, x[:, :n] @ self.s[:n].conj())
            self.assertAlmostEqual(y[n], np.vdot(w, x[:, n]), delta=1e-4)
        bad = self.x[:, :1].copy()
        bad[0] = np.inf
        rls.process(bad, self.s[:1].copy())
        self.assertEqual(rls.skipped, 1)
        rls.reset()
        np.testing.assert_array_equal(rls.weights, 0)
        np.testing.assert_array_equal(rls.process(self.x, self.s), y)
        self.assertEqual(rls.restarts, 0)
        rls.process(np.full((4, 2), 3e38, np.complex64), np.ones(2, np.complex64))
        rls.process(self.x, self.s)

    def test_trainer(self):
        trainer = KnownSequenceTrainer(4, loading_over_noise_db=-60)
        trainer.update(self.x[:, :100].copy(), self.s[:100].copy())
        self.assertEqual(trainer.snapshots, 100)
        trainer.update(self.x[:, 100:].copy(), self.s[100:].copy())
        w = trainer.solve()
        x = self.x.astype(complex)
        expected = np.linalg.solve(x @ x.conj().T, x @ self.s.conj())
        np.testing.assert_allclose(w, expected, atol=1e-4)
        y = w.conj() @ x
        left = 1 - abs(np.vdot(self.s, y)) ** 2 / (np.vdot(y, y) * np.vdot(self.s, self.s)).real
        self.assertAlmostEqual(trainer.error, left, delta=1e-5)
        self.x[0, 0] = np.nan
        trainer.update(self.x, self.s)
        self.assertIsNone(trainer.solve())
        self.assertEqual(trainer.rejected, 1)
        trainer.reset()
        self.assertEqual(trainer.snapshots, 0)


class MoreAdaptiveTest(unittest.TestCase):
    def make(self, **fields):
        return AdaptiveBeamformer(geometry=line(8), carrier_hz=FREQUENCY_HZ, covariance_decimation=1, **fields)

    def test_steering_of_any_array(self):
        rng = np.random.default_rng(1)
        a = rng.normal(size=8) + 1j * rng.normal(size=8)
        beamformer = self.make()
        beamformer.set_steering(a)
        np.testing.assert_allclose(beamformer.steering, a, atol=1e-12)
        x = noise(rng, 8, 4096)
        beamformer.process(x)
        wide = x.astype(complex)
        r = wide @ wide.conj().T / 4096
        # The floor that is loaded is the mean of the lower half of the eigenvalues.
        floor = np.linalg.eigvalsh(r)[:4].mean()
        self.assertAlmostEqual(beamformer.stats.noise_power, floor, delta=1e-5)
        np.testing.assert_allclose(beamformer.weights, mvdr(r, a, 10 * floor), atol=1e-5)
        before = beamformer.weights.copy()
        beamformer.reset()
        self.assertEqual(beamformer.stats.updates, 0)
        beamformer.process(x)
        np.testing.assert_allclose(beamformer.weights, before, atol=1e-12)

    def test_counters(self):
        rng = np.random.default_rng(2)
        beamformer = self.make()
        beamformer.set_direction([0, 0, 0])
        beamformer.set_steering(np.full(8, np.nan + 0j))
        self.assertEqual(beamformer.stats.bad_directions, 2)
        x = noise(rng, 8, 4096)
        for _ in range(4):
            beamformer.process(x)
        self.assertEqual(beamformer.stats.jumps, 0)
        beamformer.process((x + 100 * line_steering(8, 40)[:, None] * noise(rng, 4096)).astype(np.complex64))
        self.assertGreater(beamformer.stats.jumps, 0)
        often = self.make(update_interval_samples=4096)
        x[3, 100] = np.nan
        for _ in range(3):
            often.process(x)
        self.assertEqual(often.stats.rejected, 3)

    def test_nulls_that_cannot_be(self):
        beamformer = self.make(mode=AdaptiveBeamformer.Mode.lcmv, max_nulls=2)
        beamformer.set_nulls(np.stack([direction(30), direction(0)]))  # the second is where it looks
        beamformer.process(noise(np.random.default_rng(1), 8, 4096))
        self.assertEqual((beamformer.stats.updates, beamformer.stats.dropped_nulls, beamformer.stats.fallbacks), (1, 1, 0))
        self.assertLess(abs(np.vdot(beamformer.weights, line_steering(8, 30))), 1e-6)


class MoreSubbandTest(unittest.TestCase):
    def make(self, **fields):
        return SubbandWeights(**{**dict(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, bins=64, subbands=4), **fields})

    def steering(self, u, offset_hz):
        return np.exp(2j * np.pi * (FREQUENCY_HZ + offset_hz) * line(4).positions_m @ u / SPEED_OF_LIGHT_M_S)

    def test_responses_and_middles(self):
        weights = self.make(mode=SubbandWeights.Mode.conventional)
        rng = np.random.default_rng(1)
        h = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        u = direction(25)
        weights.set_direction(u)
        weights.set_responses(h)
        weights.renew()
        # 16 bins of 312.5 kHz each, the lowest first: its middle lies 7.5 bins above the lower edge.
        middles = [(-32 + 16 * s + 7.5) * 20e6 / 64 for s in range(4)]
        np.testing.assert_allclose([weights.subband_hz(s) for s in range(4)], middles)
        a = np.stack([h[s] * self.steering(u, middles[s]) for s in range(4)])
        np.testing.assert_allclose(weights.steering, a, atol=1e-9)
        np.testing.assert_allclose(weights.weights, a / (abs(a) ** 2).sum(1, keepdims=True), atol=1e-9)

    def test_trained_weights_are_loaded_mvdr(self):
        rng = np.random.default_rng(2)
        weights = self.make(loading_over_noise_db=0, fade_steps=4)
        blocks = [(noise(rng, 4, 64) + 20 * line_steering(4, 30)[:, None] * noise(rng, 64)).astype(np.complex64) for _ in range(40)]
        for block in blocks:
            weights.train(block)
        self.assertEqual(weights.snapshots, 40)
        weights.renew()
        shifted = np.fft.fftshift(np.stack(blocks), axes=2).astype(complex)  # lowest first
        floors, rs = [], []
        for s in range(4):
            x = shifted[:, :, 16 * s : 16 * s + 16].transpose(1, 0, 2).reshape(4, -1)
            rs.append(x @ x.conj().T / x.shape[1])
            floors.append(np.linalg.eigvalsh(rs[-1])[:2].mean())
        self.assertAlmostEqual(weights.stats.noise_power, np.median(floors), delta=0.1)
        for s in range(4):
            np.testing.assert_allclose(weights.weights[s], mvdr(rs[s], weights.steering[s], weights.stats.noise_power), atol=1e-4)
        self.assertEqual((weights.stats.updates, weights.stats.rejected), (1, 0))
        weights.forget(0.25)
        self.assertAlmostEqual(weights.snapshots, 10)
        weights.renew()
        self.assertTrue(weights.fading)
        for _ in range(4):
            weights.apply(blocks[0])
        self.assertFalse(weights.fading)
        bad = blocks[0].copy()
        bad[0, 0] = np.nan
        weights.train(bad)
        weights.set_direction([0, 0, 0])
        self.assertEqual((weights.stats.bins_not_finite, weights.stats.bad_directions), (1, 1))
        weights.reset()
        self.assertEqual(weights.snapshots, 0)
        self.assertEqual(weights.stats.updates, 0)
        huge = blocks[0].copy()
        huge[:, 3] = 3e19  # finite, but not its power: one subband has nothing to solve
        for _ in range(3):
            weights.train(huge)
        weights.renew()
        self.assertEqual(weights.stats.rejected, 1)

    def test_beamformer_steers_with_responses(self):
        rng = np.random.default_rng(3)
        config = SubbandBeamformer.Config(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, fft_size=64, subbands=4,
                                          mode=SubbandWeights.Mode.conventional)
        beamformer = SubbandBeamformer(config)
        h = np.tile([1, 0.5, 2j, -1], (4, 1)).astype(complex)
        u = direction(20)
        beamformer.set_direction(u)
        beamformer.set_responses(h)
        s = noise(rng, 4096)
        x = (h[0] * self.steering(u, 0))[:, None] * s
        x = x.astype(np.complex64)
        y = beamformer.process(x)
        late = beamformer.latency_samples
        a = np.stack([h[k] * self.steering(u, (-32 + 16 * k + 7.5) * 20e6 / 64) for k in range(4)])
        np.testing.assert_allclose(beamformer.weights, a / (abs(a) ** 2).sum(1, keepdims=True), atol=1e-9)
        np.testing.assert_allclose(y[late + 64 :], s[64:-late], atol=0.02)
        x[1, :3] = [np.nan, np.inf, 1e20]
        self.assertEqual(beamformer.samples_zeroed, 0)
        beamformer.process(x)
        self.assertEqual(beamformer.samples_zeroed, 3)
        self.assertGreater(beamformer.stats.updates, 0)
        self.assertEqual(beamformer.stats.bins_not_finite, 0)

    def test_beamformer_begins_anew(self):
        rng = np.random.default_rng(4)
        beamformer = SubbandBeamformer(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, fft_size=64, subbands=4)
        x = noise(rng, 4, 20_000)
        first = beamformer.process(x)
        beamformer.reset()
        np.testing.assert_array_equal(beamformer.process(x), first)
        self.assertEqual(beamformer.jumps, 0)
        loud = (x + 50 * line_steering(4, 40)[:, None] * noise(rng, 20_000)).astype(np.complex64)
        beamformer.process(loud)
        self.assertGreater(beamformer.jumps, 0)

    def test_squint_of_a_line(self):
        geometry, u, band = line(16), direction(30), 500e6
        told = squint(geometry, u, FREQUENCY_HZ, band)
        self.assertAlmostEqual(told.fill_time_s * 1e9, aperture_fill_time_s(geometry, u) * 1e9, places=9)
        self.assertAlmostEqual(told.band_fill, band * told.fill_time_s, places=9)
        shift = [np.arcsin(0.5 * FREQUENCY_HZ / (FREQUENCY_HZ + d)) - np.pi / 6 for d in (-band / 2, band / 2)]
        np.testing.assert_allclose([told.lower_edge_shift_rad, told.upper_edge_shift_rad], shift, atol=1e-9)
        t = geometry.positions_m @ u / SPEED_OF_LIGHT_M_S
        gains = [abs(np.exp(2j * np.pi * f * t).mean()) ** 2 for f in np.linspace(-band / 2, band / 2, 2001)]
        self.assertAlmostEqual(told.edge_loss_db, 10 * np.log10(gains[0]), places=6)
        self.assertAlmostEqual(told.mean_loss_db, 10 * np.log10(np.mean(gains)), places=4)

    def test_what_is_noted_is_usual(self):
        rng = np.random.default_rng(5)
        one = noise(rng, 1, 1280)
        noted, not_noted = beam.PowerWatch(beams=1, jump_db=6), beam.PowerWatch(beams=1, jump_db=6)
        for watch in (noted, not_noted):
            watch.settle(one)
            self.assertEqual(watch.find((1.8 * one).astype(np.complex64)), 1280)
        noted.note()
        # 3 times is 9.5 dB over what was settled, but 4.4 dB over what was noted.
        loud = (3 * one).astype(np.complex64)
        self.assertEqual((noted.find(loud), not_noted.find(loud)), (1280, 0))


if __name__ == "__main__":
    unittest.main()
