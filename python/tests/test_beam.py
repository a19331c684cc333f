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


if __name__ == "__main__":
    unittest.main()
