import pickle
import unittest

import numpy as np

import boresight
from boresight import array, doa
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


class MoreCovarianceTest(unittest.TestCase):
    def test_add_and_forget(self):
        x = noise(np.random.default_rng(1), 3, 200)
        covariance = SampleCovariance(3, forgetting=0.5)
        covariance.add(x[:, :80].copy())
        covariance.add(x[:, 80:].copy())
        self.assertEqual((covariance.elements, covariance.snapshots), (3, 200))
        wide = x.astype(complex)
        np.testing.assert_allclose(covariance.matrix(), wide @ wide.conj().T / 200, atol=2e-6)
        covariance.forget(0.25)
        self.assertAlmostEqual(covariance.snapshots, 50)
        covariance.add(x[:, :80].copy())
        expected = (0.25 * wide @ wide.conj().T + wide[:, :80] @ wide[:, :80].conj().T) / 130
        np.testing.assert_allclose(covariance.matrix(), expected, atol=2e-6)


class MoreDirectionsTest(unittest.TestCase):
    def test_grids(self):
        grid = doa.SearchGrid.line(-0.5, 0.7, 5)
        t = np.linspace(-0.5, 0.7, 5)
        self.assertEqual(grid.directions.shape, (5, 3))
        np.testing.assert_allclose(grid.directions, np.stack([np.sin(t), 0 * t, np.cos(t)], 1), atol=1e-15)
        sky = doa.SearchGrid.azimuth_elevation([0, 1.0], [0.5, 0.6, 0.7])
        self.assertEqual((sky.rows, sky.columns), (3, 2))

    def test_peaks_have_the_value_of_the_spectrum(self):
        r = covariance(8, [10], [10])
        grid = doa.SearchGrid.line(-1.2, 1.2, 481)
        spectrum = doa.SpatialSpectrum(geometry=line(8), frequency_hz=FREQUENCY_HZ, grid=grid)
        values = spectrum.bartlett(r)
        peak = max(spectrum.peaks(values, 3), key=lambda p: p.value)
        a = line_steering(8, 10)
        # a^H R a / E^2 = 10 + 1 / 8, up to the grid's step in between.
        self.assertAlmostEqual(peak.value, (a.conj() @ r @ a).real / 64, delta=0.01)

    def test_fit_tells_its_cost(self):
        r = covariance(10, [-20, 15], [10, 5])
        start = np.stack([direction(-22), direction(13)])
        fit = doa.deterministic_ml(line(10), FREQUENCY_HZ, r, start)
        a = np.stack([line_steering(10, angle) for angle in (-20, 15)], 1)
        off = np.eye(10) - a @ np.linalg.pinv(a)
        self.assertAlmostEqual(fit.cost, np.trace(off @ r).real, places=6)
        self.assertTrue(1 < fit.iterations < 30)
        there = doa.deterministic_ml(line(10), FREQUENCY_HZ, r, np.stack([direction(-20), direction(15)]))
        self.assertEqual((there.iterations, there.converged), (0, True))

    def test_roots_that_are_no_directions(self):
        # White noise alone and one source asked for; and a phase beyond what the spacing allows.
        r = covariance(6, [10], [10])
        self.assertEqual(doa.root_music(doa.LineArray(6), r, 1).missing, 0)
        bad = np.full((6, 6), np.nan + 0j)
        self.assertEqual(doa.root_music(doa.LineArray(6), bad, 1).missing, 1)
        plane = doa.unitary_esprit(doa.RectangleArray(3, 2), bad, 1)
        self.assertEqual((plane.missing, len(plane.directions)), (1, 0))
        self.assertEqual(doa.Eigenspace(7, 2).elements, 7)

    def test_finder_result(self):
        r = covariance(10, [-20, 15], [10, 5])
        finder = doa.DirectionFinder(geometry=line(10), frequency_hz=FREQUENCY_HZ)
        found = finder.find(r, 1000)
        self.assertEqual((found.doubt, found.signal_dimension, len(found.guess)), (doa.Doubt.none, 2, 0))
        self.assertAlmostEqual(found.noise_power, 1, places=6)
        powers = {round(np.rad2deg(np.arcsin(s.direction[0]))): s.power for s in found.sources}
        self.assertAlmostEqual(powers[-20], 10, delta=0.05)
        self.assertAlmostEqual(powers[15], 5, delta=0.05)
        self.assertAlmostEqual(found.misfit, 0, delta=1e-3)
        # 2 K V / s is chi-squared with 2 p (E - k) - k degrees of freedom for p = k = 2 on a line.
        from scipy import stats

        self.assertAlmostEqual(found.misfit_limit / stats.chi2.isf(1e-4, 2 * 2 * 8 - 2), 1, delta=0.02)
        bound = doa.stochastic_bound(line(10), FREQUENCY_HZ, [direction(-20), direction(15)], np.diag([10 + 0j, 5]), 1.0, 1000)
        for source in found.sources:
            k = 0 if source.direction[0] < 0 else 1
            self.assertAlmostEqual(source.deviation_rad / np.sqrt(bound[k, k]), 1, delta=0.05)
        # Two sources that cannot be told apart at low SNR leave power beside the one they look like: a guess.
        close = finder.find(covariance(10, [-4, 4], [0.3, 0.3]), 60)
        self.assertEqual(close.verdict, doa.Verdict.unresolved)
        self.assertEqual(close.doubt, doa.Doubt.model)
        self.assertGreaterEqual(len(close.guess), 1)
        np.testing.assert_allclose(np.abs(np.asarray(close.guess)[:, 0]), 0, atol=0.2)

    def test_monopulse_of_a_square(self):
        geometry = Geometry.rectangle(6, 6, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        sensor = doa.Monopulse(geometry=geometry, frequency_hz=FREQUENCY_HZ)
        self.assertEqual((sensor.two_axes, doa.Monopulse(line(10), FREQUENCY_HZ).two_axes), (True, False))
        u = np.array([0.01, -0.015, 0])
        u[2] = np.sqrt(1 - u @ u)
        a = np.exp(2j * np.pi / WAVELENGTH_M * geometry.positions_m @ u)
        snr, k = 10.0, 1000
        error = sensor.measure(snr * np.outer(a, a.conj()) + np.eye(36), k, [0, 0, 1])
        np.testing.assert_allclose([error.ux, error.uy], u[:2], atol=5e-4)
        self.assertAlmostEqual(error.snr, snr, delta=0.3)
        # 1.15 times the bound's deviation, 1 / (2 K snr sum (k x)^2) for a strong source.
        bound = 1 / (2 * k * snr * ((2 * np.pi / WAVELENGTH_M * geometry.positions_m[:, 0]) ** 2).sum())
        for variance in (error.variance_x, error.variance_y):
            self.assertAlmostEqual(np.sqrt(variance / bound), 1.15, delta=0.08)
        flat = doa.Monopulse(line(10), FREQUENCY_HZ).measure(covariance(10, [1], [10]), k, [0, 0, 1])
        self.assertEqual((flat.uy, flat.variance_y), (0, np.inf))

    def test_tracker_predicts_by_its_rate(self):
        tracker = doa.MonopulseTracker(monopulse=doa.Monopulse.Config(line(10), FREQUENCY_HZ))
        tracker.reset([0.1, 0, np.sqrt(0.99)], 0.02, rate_x=0.001)
        self.assertAlmostEqual(tracker.deviation, 0.02, places=9)
        np.testing.assert_allclose(tracker.direction, [0.1, 0, np.sqrt(0.99)], atol=1e-12)
        for updates in (0, 10, 50):
            x = 0.1 + 0.001 * updates
            np.testing.assert_allclose(tracker.predicted(updates), [x, 0, np.sqrt(1 - x * x)], atol=1e-9)
        tracker.update(covariance(10, [np.rad2deg(np.arcsin(0.101))], [10]), 1000)
        self.assertAlmostEqual(tracker.snr, 10, delta=0.3)
        self.assertLess(tracker.deviation, 0.002)


class ManifoldTest(unittest.TestCase):
    """Dipoles that couple, eight on a line."""

    def setUp(self):
        coupling = array.dipole_coupling(line(8), FREQUENCY_HZ)
        self.config = array.Manifold.Config(geometry=line(8), coupling=coupling)
        self.manifold = array.Manifold(self.config)
        self.coupling = np.asarray(coupling).reshape(8, 8)
        self.directions = np.stack([direction(-40), direction(25)])
        self.a = np.stack([self.manifold.steering(u, FREQUENCY_HZ) for u in self.directions], axis=1)
        self.r = 10 * self.a @ self.a.conj().T + np.eye(8)

    def test_spectrum_and_finder(self):
        np.testing.assert_allclose(self.a[:, 1], self.coupling @ line_steering(8, 25), atol=1e-12)
        grid = doa.SearchGrid.line(-1.5, 1.5, 301)
        spectrum = doa.SpatialSpectrum(frequency_hz=FREQUENCY_HZ, grid=grid, sources=2, manifold=self.config)
        finder = doa.DirectionFinder(frequency_hz=FREQUENCY_HZ, manifold=self.config)
        self.assertEqual((spectrum.channels, finder.channels), (8, 8))
        peaks = spectrum.peaks(spectrum.music(self.r), 2)
        found = finder.find(self.r, 1000)
        self.assertEqual(found.verdict, doa.Verdict.resolved)
        for result in (peaks, found.sources):
            x = sorted(source.direction[0] for source in result)
            np.testing.assert_allclose(x, self.directions[:, 0], atol=1e-6)
        for source in found.sources:
            self.assertAlmostEqual(source.power, 10, places=6)
        blind = doa.DirectionFinder(geometry=line(8), frequency_hz=FREQUENCY_HZ).find(self.r, 1000)
        self.assertEqual(blind.verdict, doa.Verdict.unresolved)
        with self.assertRaises(boresight.ConfigError):
            doa.DirectionFinder(geometry=line(8), frequency_hz=FREQUENCY_HZ, manifold=self.config)

    def test_fits_and_bound(self):
        start = np.stack([direction(-41), direction(26)])
        for fit in (
            doa.deterministic_ml(self.manifold, FREQUENCY_HZ, self.r, start),
            doa.weighted_subspace_fit(self.manifold, FREQUENCY_HZ, self.r, 2, start),
            doa.stochastic_ml(self.manifold, FREQUENCY_HZ, self.r, start),
        ):
            self.assertTrue(fit.converged)
            np.testing.assert_allclose(fit.directions, self.directions, atol=1e-6)
        # With the slopes of the uncoupled elements, coupled.
        x, u = line(8).positions_m[:, 0], self.directions
        alone = np.stack([line_steering(8, -40), line_steering(8, 25)], axis=1)
        d = self.coupling @ (2j * np.pi / WAVELENGTH_M * np.outer(x, u[:, 2]) * alone)
        off = np.eye(8) - self.a @ np.linalg.pinv(self.a)
        p = 10 * np.eye(2)
        weights = {
            doa.deterministic_bound: p,
            doa.stochastic_bound: p @ self.a.conj().T @ np.linalg.inv(self.r) @ self.a @ p,
        }
        for bound, weight in weights.items():
            expected = np.linalg.inv(2 * 500 * ((d.conj().T @ off @ d) * weight.T).real)
            got = bound(self.manifold, FREQUENCY_HZ, u, p.astype(complex), 1.0, 500)
            np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6 * expected.max())

    def test_config_goes_through_a_pickle(self):
        config = doa.DirectionFinder.Config(frequency_hz=FREQUENCY_HZ, manifold=self.config)
        copy = pickle.loads(pickle.dumps(config))
        self.assertEqual(copy, config)
        copy.wave = array.Jones.linear(0.1)
        self.assertNotEqual(copy, config)
        self.assertEqual(copy.manifold.geometry, line(8))
        self.assertIsNone(doa.DirectionFinder.Config().manifold)


if __name__ == "__main__":
    unittest.main()
