import unittest

import numpy as np

import boresight
from boresight import doa
from boresight.array import Geometry
from boresight.doa import SampleCovariance
from scene import FREQUENCY_HZ, WAVELENGTH_M, covariance, direction, line, line_steering, noise


class SampleCovarianceTest(unittest.TestCase):
    def test_is_the_numpy_one_liner(self):
        x = noise(np.random.default_rng(1), 5, 1000)
        covariance = SampleCovariance(5)
        covariance.update(x[:, :300].copy())
        covariance.update(x[:, 300:].copy())
        wide = x.astype(np.complex128)
        self.assertEqual(covariance.snapshots, 1000)
        # Products are summed in float over short runs.
        np.testing.assert_allclose(covariance.matrix(), wide @ wide.conj().T / 1000, atol=2e-6)
        covariance.reset()
        np.testing.assert_array_equal(covariance.matrix(), np.zeros((5, 5)))

    def test_forgetting(self):
        covariance = SampleCovariance(1, forgetting=0.5)
        covariance.update(np.full((1, 100), 1, np.complex64))
        covariance.update(np.full((1, 100), 2j, np.complex64))
        self.assertAlmostEqual(covariance.matrix()[0, 0], (50 * 1 + 100 * 4) / 150)

    def test_wrong_arrays(self):
        covariance = SampleCovariance(4)
        for wrong in (np.zeros((4, 8)), np.zeros((4, 8), np.complex128), np.zeros((8, 4), np.complex64).T):
            with self.assertRaises(TypeError):
                covariance.update(wrong)
        for wrong in (np.zeros((3, 8), np.complex64), np.zeros(8, np.complex64)):
            with self.assertRaises(ValueError):
                covariance.update(wrong)
        with self.assertRaises(ValueError):
            SampleCovariance(4, forgetting=0.0)


class SubspaceTest(unittest.TestCase):
    def setUp(self):
        self.angles = np.deg2rad([-20, 15])
        self.r = covariance(10, [-20, 15], [10, 5])

    def test_eigenspace(self):
        space = doa.Eigenspace(10, 2)
        self.assertTrue(space.compute(self.r))
        values, vectors = np.linalg.eigh(self.r)
        np.testing.assert_allclose(space.values, values[:-3:-1])
        for i in range(2):
            self.assertAlmostEqual(abs(np.vdot(space.vector(i), vectors[:, -1 - i])), 1, places=9)
        self.assertAlmostEqual(space.rest_mean, 1, places=9)
        with self.assertRaises(boresight.ConfigError):
            space.vector(2)

    def test_count_and_smoothing(self):
        self.assertEqual(doa.source_count(np.linalg.eigvalsh(self.r), 1000), 2)
        self.assertEqual(doa.source_count([1.0, np.nan], 1000), 0)
        np.testing.assert_allclose(doa.forward_backward(self.r), (self.r + self.r[::-1, ::-1].conj()) / 2)
        smooth = doa.spatial_smoothing(self.r, 10, 1, 6, 1)
        np.testing.assert_allclose(smooth, sum(self.r[k : k + 6, k : k + 6] for k in range(5)) / 5)
        with self.assertRaises(boresight.ConfigError):
            doa.spatial_smoothing(self.r, 10, 1, 11, 1)

    def test_spectra_are_the_formulas(self):
        grid = doa.SearchGrid.line(-1.2, 1.2, 101)
        spectrum = doa.SpatialSpectrum(geometry=line(10), frequency_hz=FREQUENCY_HZ, grid=grid, sources=2)
        a = np.exp(1j * np.pi * np.outer(grid.directions[:, 0], np.arange(10) - 4.5))
        np.testing.assert_allclose(spectrum.bartlett(self.r)[0], np.einsum("ge,ef,gf->g", a.conj(), self.r, a).real / 100, rtol=1e-4)
        inverse = np.linalg.inv(self.r)
        np.testing.assert_allclose(spectrum.capon(self.r)[0], 1 / np.einsum("ge,ef,gf->g", a.conj(), inverse, a).real, rtol=1e-3)
        vectors = np.linalg.eigh(self.r)[1][:, :-2]
        q = (np.abs(a.conj() @ vectors) ** 2).sum(axis=1)
        music = spectrum.music(self.r)
        self.assertEqual((music.shape, music.dtype), ((1, 101), np.float32))
        np.testing.assert_allclose(10 / music[0], q, atol=1e-4)
        peaks = spectrum.peaks(music, 2)
        np.testing.assert_allclose(np.sort([p.direction[0] for p in peaks]), np.sin(self.angles), atol=1e-6)
        self.assertEqual(len(spectrum), 101)
        with self.assertRaises(boresight.ConfigError):
            spectrum.peaks(music[:, :50].copy())

    def test_without_a_grid(self):
        np.testing.assert_allclose(doa.root_music(doa.LineArray(10), self.r, 2).angles_rad, self.angles, atol=1e-6)
        np.testing.assert_allclose(doa.unitary_esprit(doa.LineArray(10), self.r, 2).angles_rad, self.angles, atol=1e-6)
        with self.assertRaises(boresight.ConfigError):
            doa.root_music(doa.LineArray(10), self.r, 10)
        geometry = Geometry.rectangle(4, 3, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        u = np.array([0.3, -0.2, np.sqrt(1 - 0.13)])
        a = np.exp(2j * np.pi / WAVELENGTH_M * geometry.positions_m @ u)
        found = doa.unitary_esprit(doa.RectangleArray(4, 3), 10 * np.outer(a, a.conj()) + np.eye(12), 1)
        np.testing.assert_allclose(found.directions, [u], atol=1e-6)

    def test_likelihood(self):
        start = np.stack([direction(-22), direction(13)])
        for fit in (
            doa.deterministic_ml(line(10), FREQUENCY_HZ, self.r, start),
            doa.weighted_subspace_fit(line(10), FREQUENCY_HZ, self.r, 2, start),
            doa.stochastic_ml(line(10), FREQUENCY_HZ, self.r, start),
        ):
            self.assertTrue(fit.converged)
            np.testing.assert_allclose(fit.directions[:, 0], np.sin(self.angles), atol=1e-6)

    def test_bound_of_one_source(self):
        # On a line: var(theta) = (1 / (2 K)) (1 + 1 / (E snr)) / snr / sum (k d (x - mean) cos)^2
        snr, k, theta = 2.0, 500, 0.3
        x = line(10).positions_m[:, 0]
        spread = ((2 * np.pi / WAVELENGTH_M * np.cos(theta)) ** 2) * (x**2).sum()
        bound = doa.stochastic_bound(line(10), FREQUENCY_HZ, [direction(np.rad2deg(theta))], np.array([[snr + 0j]]), 1.0, k)
        self.assertAlmostEqual(bound[0, 0] * 2 * k * snr * spread / (1 + 1 / (10 * snr)), 1, places=9)
        fixed = doa.deterministic_bound(line(10), FREQUENCY_HZ, [direction(np.rad2deg(theta))], np.array([[snr + 0j]]), 1.0, k)
        self.assertAlmostEqual(fixed[0, 0] * 2 * k * snr * spread, 1, places=9)

    def test_finder(self):
        finder = doa.DirectionFinder(geometry=line(10), frequency_hz=FREQUENCY_HZ)
        found = finder.find(self.r, 1000)
        self.assertEqual(found.verdict, doa.Verdict.resolved)
        np.testing.assert_allclose(np.sort([s.direction[0] for s in found.sources]), np.sin(self.angles), atol=1e-4)
        self.assertEqual(finder.find(np.eye(10, dtype=complex), 1000).verdict, doa.Verdict.no_source)
        with self.assertRaises(boresight.ConfigError):
            finder.find(self.r[:5, :5].copy(), 1000)

    def test_monopulse(self):
        a = line_steering(10, 1.0)
        r = 100 * np.outer(a, a.conj()) + np.eye(10)
        error = doa.Monopulse(geometry=line(10), frequency_hz=FREQUENCY_HZ).measure(r, 1000, [0, 0, 1])
        self.assertAlmostEqual(error.ux, np.sin(np.deg2rad(1.0)), delta=1e-3)
        self.assertGreater(error.snr, 10)
        tracker = doa.MonopulseTracker(monopulse=doa.Monopulse.Config(line(10), FREQUENCY_HZ))
        tracker.reset([0, 0, 1], 0.02)
        for _ in range(20):
            self.assertTrue(tracker.update(r, 1000))
        self.assertTrue(tracker.locked)
        self.assertAlmostEqual(tracker.direction[0], np.sin(np.deg2rad(1.0)), delta=1e-3)


if __name__ == "__main__":
    unittest.main()
