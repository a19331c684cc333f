import unittest

import numpy as np

from boresight.array import Geometry, steering_vector
from boresight.beam import AdaptiveBeamformer, Beamformer, MvdrSolver, conventional, mvdr, null_steering

FREQUENCY_HZ = 11.7e9
WAVELENGTH_M = 299792458.0 / FREQUENCY_HZ


def noise(rng, *shape):
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)


def line_steering(elements, angle_deg):
    angle = np.deg2rad(angle_deg)
    return steering_vector(
        Geometry.line(elements, WAVELENGTH_M / 2), [np.sin(angle), 0, np.cos(angle)], FREQUENCY_HZ
    )


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
        config.geometry = Geometry.line(8, WAVELENGTH_M / 2)
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


if __name__ == "__main__":
    unittest.main()
