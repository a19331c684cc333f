import unittest

import numpy as np

import boresight
from boresight.array import (
    Attitude,
    CalibrationCorrector,
    CalibrationEstimator,
    CalibrationUse,
    ChebyshevTaper,
    CosineElement,
    ElementFault,
    ElementPattern,
    Geometry,
    HammingTaper,
    Jones,
    KaiserTaper,
    Manifold,
    Pattern,
    Subarrays,
    TabulatedElement,
    TaylorTaper,
    UniformTaper,
    WeightQuantizer,
    apply_faults,
    calibration_bound,
    directivity,
    enu_from_sky,
    exponential_coupling,
    line_taper,
    measure_cut,
    measure_hemisphere,
    parse_calibration,
    polarization_match,
    received,
    rectangle_taper,
    sky_from_enu,
    stale_reason,
    steering_vector,
    taper_efficiency,
)

FREQUENCY_HZ = 11.7e9
SPEED_OF_LIGHT_M_S = 299792458.0
WAVELENGTH_M = SPEED_OF_LIGHT_M_S / FREQUENCY_HZ


class GeometryTest(unittest.TestCase):
    def test_factories(self):
        x, y = np.meshgrid([-0.1, 0.0, 0.1], [-0.1, 0.1])
        expected = np.stack([x.ravel(), y.ravel(), np.zeros(6)], axis=1)
        np.testing.assert_allclose(Geometry.rectangle(3, 2, 0.1, 0.2).positions_m, expected, atol=1e-16)
        np.testing.assert_allclose(Geometry.line(4, 0.5).positions_m[:, 0], (np.arange(4) - 1.5) * 0.5)
        turns = np.arange(5) / 5
        np.testing.assert_allclose(Geometry.circle(5, 2.0).positions_m[:, 1], 2 * np.sin(2 * np.pi * turns), atol=1e-15)
        given = np.random.default_rng(1).normal(size=(7, 3))
        geometry = Geometry.from_positions(given)
        self.assertEqual(geometry.elements, 7)
        np.testing.assert_array_equal(geometry.positions_m, given)

    def test_errors(self):
        self.assertTrue(issubclass(boresight.ConfigError, ValueError))
        with self.assertRaisesRegex(boresight.ConfigError, "1 to 1024"):
            Geometry.line(0, 0.1)
        with self.assertRaises(ValueError):
            Geometry.from_positions([[0, 0, 0], [0, 0, np.nan]])
        with self.assertRaises(ValueError):
            Geometry.from_positions([0.0, 1.0, 2.0])
        with self.assertRaises(TypeError):
            Geometry.line(-1, 0.1)


class DirectionTest(unittest.TestCase):
    def test_sky_and_back(self):
        np.testing.assert_allclose(enu_from_sky(np.pi / 2, 0), [1, 0, 0], atol=1e-16)
        np.testing.assert_allclose(sky_from_enu(3 * enu_from_sky(4.0, 0.5)), (4.0, 0.5), rtol=1e-14)

    def test_attitude_is_a_rotation_matrix(self):
        attitude = Attitude(yaw_rad=0.3, pitch_rad=0.7, roll_rad=-1.1)
        rotation = np.stack([attitude.array_from_enu(axis) for axis in np.eye(3)], axis=1)
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-15)
        self.assertAlmostEqual(np.linalg.det(rotation), 1, places=14)
        np.testing.assert_allclose(attitude.enu_from_array([0, 0, 1]), rotation[2], atol=1e-15)
        np.testing.assert_allclose(attitude.array_from_sky(1.0, 0.2), rotation @ enu_from_sky(1.0, 0.2), atol=1e-15)


class SteeringTest(unittest.TestCase):
    def test_is_the_formula(self):
        geometry = Geometry.rectangle(4, 4, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        u = enu_from_sky(0.4, 0.9)
        a = steering_vector(geometry, u, FREQUENCY_HZ)
        self.assertEqual(a.dtype, np.complex128)
        np.testing.assert_allclose(a, np.exp(2j * np.pi * FREQUENCY_HZ / SPEED_OF_LIGHT_M_S * geometry.positions_m @ u))
        with self.assertRaises(ValueError):
            steering_vector(geometry, [0, 1], FREQUENCY_HZ)


class PatternTest(unittest.TestCase):
    def test_is_the_formula(self):
        geometry = Geometry.rectangle(4, 4, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        look = steering_vector(geometry, enu_from_sky(1.0, 1.0), FREQUENCY_HZ)
        pattern = Pattern(geometry, FREQUENCY_HZ, look / 16)
        azimuths = np.linspace(0, 2 * np.pi, 25)
        elevations = np.linspace(0.05, np.pi / 2, 7)
        response = [
            [np.vdot(look / 16, steering_vector(geometry, enu_from_sky(az, el), FREQUENCY_HZ)) for az in azimuths]
            for el in elevations
        ]
        expected = np.maximum(20 * np.log10(np.abs(response) + 1e-300), -200)
        absolute = pattern.sky_db(azimuths, elevations)
        self.assertEqual(absolute.shape, (7, 25))
        visible = expected > -100  # deeper nulls are rounding
        np.testing.assert_allclose(absolute[visible], expected[visible], atol=1e-8)
        normalized = pattern.sky_db(azimuths, elevations, normalized=True)
        self.assertEqual(normalized.max(), 0)
        np.testing.assert_array_equal(pattern.azimuth_cut_db(azimuths, elevations[2]), absolute[2])
        np.testing.assert_array_equal(pattern.elevation_cut_db(list(elevations), azimuths[3]), absolute[:, 3])

    def test_weights_must_be_complex128(self):
        with self.assertRaises(TypeError):
            Pattern(Geometry.line(4, 0.01), FREQUENCY_HZ, np.ones(4, np.complex64))
        with self.assertRaises(ValueError):
            Pattern(Geometry.line(4, 0.01), FREQUENCY_HZ, np.ones(5, np.complex128))


class GeometryFactoriesTest(unittest.TestCase):
    def test_lattices_have_their_spacing(self):
        for geometry, spacing in (
            (Geometry.triangular(4, 4, 0.1, 0.1 * np.sqrt(3) / 2), 0.1),
            (Geometry.hexagon(2, 0.3), 0.3),
            (Geometry.sphere_cap(3, 0.05, 0.5), None),
            (Geometry.cylinder(5, 3, 0.05, 0.06, 0.4), None),
        ):
            p = geometry.positions_m
            distance = np.linalg.norm(p[:, None] - p[None], axis=-1) + 10 * np.eye(len(p))
            if spacing:
                np.testing.assert_allclose(distance.min(axis=1), spacing)
            np.testing.assert_allclose(np.linalg.norm(geometry.normals, axis=1), 1)
        self.assertEqual(Geometry.hexagon(2, 0.3).elements, 19)


class ElementTest(unittest.TestCase):
    def test_cosine_and_directivity(self):
        element = ElementPattern(CosineElement(1.5), floor_db=-60)
        for theta in (0.0, 0.4, 1.2):
            u = [np.sin(theta), 0, np.cos(theta)]
            self.assertAlmostEqual(element.scalar(u).real, np.cos(theta) ** 1.5, places=6)
        self.assertAlmostEqual(element.directivity([0, 0, 1]), 2 * (2 * 1.5 + 1), places=2)

    def test_table_is_interpolated(self):
        thetas = np.linspace(0, np.pi / 2, 91)
        element = ElementPattern(TabulatedElement(thetas, [0.0], np.cos(thetas).astype(complex)))
        u = [np.sin(0.503), 0, np.cos(0.503)]
        self.assertAlmostEqual(abs(element.scalar(u)), np.cos(0.503), places=4)
        np.testing.assert_allclose(element.response([0, 0, 1]), np.eye(2), atol=1e-12)

    def test_polarization(self):
        self.assertAlmostEqual(polarization_match(Jones.rhcp(), Jones.lhcp()), 0)
        self.assertAlmostEqual(polarization_match(Jones.rhcp(), Jones.linear(0.3)), 0.5)
        self.assertAlmostEqual(received(Jones(1, 0), Jones.linear(0.3)), np.cos(0.3))


class ManifoldTest(unittest.TestCase):
    def test_is_geometry_element_and_coupling(self):
        geometry = Geometry.rectangle(3, 2, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        c = exponential_coupling(geometry, FREQUENCY_HZ)
        u = enu_from_sky(0.4, 0.9)
        config = Manifold.Config(geometry=geometry, element=ElementPattern(CosineElement(1.0)), coupling=c)
        expected = c @ (u[2] * steering_vector(geometry, u, FREQUENCY_HZ))
        np.testing.assert_allclose(Manifold(config).steering(u, FREQUENCY_HZ), expected, atol=1e-12)
        np.testing.assert_allclose(
            Manifold(geometry).steering(u, FREQUENCY_HZ), steering_vector(geometry, u, FREQUENCY_HZ)
        )
        distance = np.linalg.norm(geometry.positions_m[0] - geometry.positions_m[1]) / WAVELENGTH_M
        self.assertAlmostEqual(abs(c[0, 1]), 0.1, places=9)
        self.assertAlmostEqual(distance, 0.5)

    def test_dual_polarized_rows(self):
        config = Manifold.Config(geometry=Geometry.line(4, 0.01), ports=[Jones(1, 0), Jones(0, 1)])
        manifold = Manifold(config)
        self.assertEqual(manifold.channels, 8)
        a = manifold.steering([0, 0, 1], FREQUENCY_HZ, Jones(0, 1))
        np.testing.assert_allclose(np.abs(a), [0, 0, 0, 0, 1, 1, 1, 1], atol=1e-12)


class TaperTest(unittest.TestCase):
    def test_against_scipy(self):
        from scipy.signal import windows

        kaiser = windows.kaiser(16, 4)
        np.testing.assert_allclose(line_taper(KaiserTaper(4.0), 16), kaiser / kaiser.max(), atol=1e-12)
        chebyshev = windows.chebwin(16, 30)
        np.testing.assert_allclose(line_taper(ChebyshevTaper(30.0), 16), chebyshev / chebyshev.max(), atol=1e-9)
        hamming = windows.hamming(16)
        np.testing.assert_allclose(line_taper(HammingTaper(), 16), hamming / hamming.max(), atol=1e-12)
        taylor = windows.taylor(32, nbar=4, sll=30)
        # SciPy samples the middles of the elements' cells, as the continuous aperture is meant.
        np.testing.assert_allclose(line_taper(TaylorTaper(30.0, 4), 32), taylor / taylor.max(), atol=1e-6)
        t = line_taper(TaylorTaper(), 16)
        self.assertAlmostEqual(taper_efficiency(t), t.sum() ** 2 / (16 * (t**2).sum()))
        np.testing.assert_allclose(rectangle_taper(KaiserTaper(2.0), 4, UniformTaper(), 2),
                                   np.tile(line_taper(KaiserTaper(2.0), 4), 2))

    def test_metrics_of_a_uniform_line(self):
        geometry = Geometry.line(16, WAVELENGTH_M / 2)
        pattern = Pattern(geometry, FREQUENCY_HZ, np.ones(16, complex) / 16)
        angles = np.linspace(-np.pi / 2, np.pi / 2, 4001)
        cut = pattern.great_circle_cut_db([0, 0, 1], [1, 0, 0], angles)
        expected = 20 * np.log10(np.abs([np.mean(np.exp(1j * np.pi * np.arange(16) * np.sin(t))) for t in angles]) + 1e-12)
        deep = expected > -60
        np.testing.assert_allclose(cut[deep], expected[deep], atol=1e-6)
        metrics = measure_cut(angles, cut)
        self.assertAlmostEqual(metrics.peak_sidelobe_db, -13.15, delta=0.05)
        self.assertAlmostEqual(metrics.half_power_beamwidth_rad, 0.886 * 2 / 16, delta=0.002)
        self.assertAlmostEqual(directivity(pattern, [0, 0, 1]), 16, places=6)
        self.assertLess(measure_hemisphere(pattern).peak_sidelobe_db, -13)


class HardwareTest(unittest.TestCase):
    def test_quantizer_and_faults(self):
        w = np.exp(1j * np.linspace(0, 5, 16))
        out, report = WeightQuantizer(phase_bits=3).process(w)
        step = np.angle(out) / (np.pi / 4)
        np.testing.assert_allclose(step, np.round(step), atol=1e-9)
        self.assertAlmostEqual(report.gain, abs(np.vdot(w, out)) ** 2 / 256, places=9)
        broken = apply_faults([ElementFault(3, 0), ElementFault(element=5, stuck_at=1j)], w)
        self.assertEqual((broken[3], broken[5]), (0, 1j))
        np.testing.assert_array_equal(np.delete(broken, [3, 5]), np.delete(w, [3, 5]))

    def test_subarrays_are_the_matrix(self):
        groups = Subarrays.blocks(4, 4, 2, 2)
        t = np.zeros((16, 4))
        t[np.arange(16), [groups.group(e) for e in range(16)]] = 1
        rng = np.random.default_rng(1)
        analog = rng.normal(size=16) + 1j * rng.normal(size=16)
        digital = rng.normal(size=4) + 1j * rng.normal(size=4)
        steering = np.exp(1j * np.arange(16))
        weighted = t * analog[:, None]
        np.testing.assert_allclose(groups.effective_weights(analog, digital), weighted @ digital)
        np.testing.assert_allclose(groups.to_digital(analog, steering), weighted.conj().T @ steering)
        r = np.outer(steering, steering.conj()) + np.eye(16)
        np.testing.assert_allclose(groups.covariance_to_digital(analog, r), weighted.conj().T @ r @ weighted)


class CalibrationTest(unittest.TestCase):
    def test_measured_and_taken_away(self):
        rng = np.random.default_rng(1)
        n, true = 20000, np.array([1, 0.8 * np.exp(0.5j), 1.2 * np.exp(-1j), 0.9j])
        common = (rng.normal(size=n) + 1j * rng.normal(size=n)) / np.sqrt(2)
        own = 0.03 * (rng.normal(size=(4, n)) + 1j * rng.normal(size=(4, n)))
        x = (0.3 * (true[:, None] * common + own)).astype(np.complex64)
        estimator = CalibrationEstimator(channels=4, sample_rate_hz=1e6)
        estimator.add(x[:, :7777])
        estimator.add(x[:, 7777:])
        result = estimator.solve(1e9, 20.0, 1.7e9)
        self.assertTrue(result.ok, result.reason)
        found = np.array([c.gain * np.exp(1j * c.phase_rad) for c in result.calibration.channels])
        np.testing.assert_allclose(found, true, atol=0.005)
        again = parse_calibration(result.calibration.to_json())
        np.testing.assert_allclose([c.gain for c in again.channels], np.abs(found), rtol=1e-12)
        self.assertEqual(stale_reason(again, CalibrationUse(1e9, gain_db=20.0, now_s=1.7e9 + 10)), "")
        self.assertIn("gain", stale_reason(again, CalibrationUse(1e9, gain_db=25.0, now_s=1.7e9 + 10)))
        corrector = CalibrationCorrector(calibration=again, sample_rate_hz=1e6)
        y = corrector.process(x)[:, 2000:]
        corrected = y @ y[0].conj() / (np.abs(y[0]) ** 2).sum()
        np.testing.assert_allclose(corrected, 1, atol=0.01)
        bound = calibration_bound([1000.0] * 4, 0, n, 0.9e6)
        # (1 + L) / (2 K L) (1 / s + 1 / s), L the sum of s.
        self.assertAlmostEqual(bound[1].phase_rad_rms, np.sqrt(4001 / (2 * n * 4000) * 2 / 1000), places=9)
        with self.assertRaises(boresight.ConfigError):
            estimator.add(x[:3])


if __name__ == "__main__":
    unittest.main()
