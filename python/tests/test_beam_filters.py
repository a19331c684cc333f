import unittest

import numpy as np

import boresight
from boresight.beam import ConstantModulusFilter, KnownSequenceTrainer, LmsFilter, RlsFilter
from scene import line_steering, noise


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


class FilterStepsTest(unittest.TestCase):
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


if __name__ == "__main__":
    unittest.main()
