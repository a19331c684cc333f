import unittest

import numpy as np

import boresight
from boresight import array
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
from scene import FREQUENCY_HZ, SPEED_OF_LIGHT_M_S, WAVELENGTH_M, direction, line


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


class AttitudeTest(unittest.TestCase):
    def test_mounted_is_one_turn_after_the_other(self):
        mounting, vehicle = Attitude(0.2, 0.3, -0.4), Attitude.vehicle(1.0, 0.1, 0.2)
        both = Attitude.mounted(mounting, vehicle)
        for axis in np.eye(3):
            np.testing.assert_allclose(both.enu_from_array(axis), vehicle.enu_from_array(mounting.enu_from_array(axis)), atol=1e-12)

    def test_a_sky_wave_in_the_array_frame(self):
        # The field along azimuth and elevation is one vector; the array reads it along e_x and e_y, which are its own
        # axes turned the shortest way from the boresight to the direction.
        azimuth, elevation = 0.7, 0.5
        attitude = Attitude(0.3, 0.2, -0.5)
        horizontal = np.array([np.cos(azimuth), -np.sin(azimuth), 0])
        vertical = np.array([-np.sin(elevation) * np.sin(azimuth), -np.sin(elevation) * np.cos(azimuth), np.cos(elevation)])
        field = attitude.array_from_enu(0.6 * horizontal - 0.8 * vertical)
        u = attitude.array_from_sky(azimuth, elevation)
        e_x = np.array([1 - u[0] ** 2 / (1 + u[2]), -u[0] * u[1] / (1 + u[2]), -u[0]])
        e_y = np.array([-u[0] * u[1] / (1 + u[2]), 1 - u[1] ** 2 / (1 + u[2]), -u[1]])
        wave = array.sky_to_array(attitude, azimuth, elevation, Jones(0.6, -0.8))
        np.testing.assert_allclose([wave.x, wave.y], [e_x @ field, e_y @ field], atol=1e-12)
        # Facing up with north ahead, a source near the zenith: right is east's mirror image, as the header says.
        right_hand = array.sky_to_array(Attitude(), 0.0, np.pi / 2, Jones(np.sqrt(0.5), -1j * np.sqrt(0.5)))
        self.assertAlmostEqual(polarization_match(right_hand, Jones.rhcp()), 1, places=9)


class CurvedGeometryTest(unittest.TestCase):
    def test_cylinder_is_the_formula(self):
        # Columns along the arc, rows along y, the middle at the origin looking along z.
        g = Geometry.cylinder(5, 3, 0.05, 0.06, 0.4)
        t, y = np.meshgrid((np.arange(5) - 2) * 0.05 / 0.4, (np.arange(3) - 1) * 0.06)
        t, y = t.ravel(), y.ravel()
        np.testing.assert_allclose(g.positions_m, np.stack([0.4 * np.sin(t), y, 0.4 * (np.cos(t) - 1)], 1), atol=1e-12)
        np.testing.assert_allclose(g.normals, np.stack([np.sin(t), 0 * t, np.cos(t)], 1), atol=1e-12)

    def test_sphere_cap_is_the_formula(self):
        expected = [[0, 0, 0]]
        for ring in (1, 2, 3):
            t = ring * 0.05 / 0.5
            count = int(2 * np.pi * 0.5 * np.sin(t) / 0.05)
            turn = 2 * np.pi * np.arange(count) / count
            expected += np.stack([0.5 * np.sin(t) * np.cos(turn), 0.5 * np.sin(t) * np.sin(turn),
                                  np.full(count, 0.5 * (np.cos(t) - 1))], 1).tolist()
        g = Geometry.sphere_cap(3, 0.05, 0.5)
        np.testing.assert_allclose(g.positions_m, expected, atol=1e-12)
        np.testing.assert_allclose(g.normals, (g.positions_m + [0, 0, 0.5]) / 0.5, atol=1e-12)

    def test_positions_as_given(self):
        p = np.random.default_rng(2).normal(size=(3, 3))
        g = Geometry.from_positions(p, [[0, 0, 2.0], [3.0, 0, 0], [0, 1, 0]])
        self.assertEqual(g.elements, 3)
        self.assertEqual(g.positions_m.tolist(), p.tolist())
        np.testing.assert_array_equal(g.normals, np.eye(3)[[2, 0, 1]])


class ModelTest(unittest.TestCase):
    def test_what_was_given_is_told(self):
        element = ElementPattern(TabulatedElement(np.linspace(0, 1, 11), [0.0], np.ones(11, complex)), floor_db=-35)
        self.assertEqual((element.floor_db, element.model.thetas_rad[-1]), (-35, 1))
        self.assertEqual([element.covers([np.sin(t), 0, np.cos(t)]) for t in (0.5, 0.99, 1.2)], [True, True, False])
        jones = Jones(0.3 + 1j, -0.2j)
        self.assertEqual((jones.x, jones.y), (0.3 + 1j, -0.2j))
        self.assertEqual(array.pattern_floor_db, -200)
        plain = Manifold(Geometry.line(3, 0.01))
        dual = Manifold(Manifold.Config(geometry=Geometry.line(3, 0.01), ports=[Jones(1, 0)]))
        self.assertEqual((plain.polarized, plain.isotropic, dual.polarized, dual.isotropic), (False, True, True, False))
        self.assertEqual(plain.geometry.positions_m.tolist(), Geometry.line(3, 0.01).positions_m.tolist())

    def test_pattern_power(self):
        rng = np.random.default_rng(1)
        w = rng.normal(size=5) + 1j * rng.normal(size=5)
        geometry, u = Geometry.line(5, 0.02), enu_from_sky(1.0, 0.9)
        pattern = Pattern(geometry, FREQUENCY_HZ, w)
        self.assertAlmostEqual(pattern.power(u), abs(np.vdot(w, steering_vector(geometry, u, FREQUENCY_HZ))) ** 2, places=9)
        self.assertEqual(pattern.frequency_hz, FREQUENCY_HZ)
        self.assertEqual(pattern.manifold.geometry.positions_m.tolist(), geometry.positions_m.tolist())
        self.assertEqual(pattern.manifold.channels, 5)

    def test_cut_and_hemisphere(self):
        # A uniform line: nulls at sin t = +-2 / N, the first side lobe where N tan(x) = tan(N x).
        from scipy.optimize import brentq

        n = 16
        pattern = Pattern(Geometry.line(n, WAVELENGTH_M / 2), FREQUENCY_HZ, np.ones(n, complex) / n)
        angles = np.linspace(-np.pi / 2, np.pi / 2, 8001)
        cut = pattern.great_circle_cut_db([0, 0, 1], [1, 0, 0], angles)
        m = measure_cut(angles, cut + 3)
        self.assertAlmostEqual(m.peak_db, 3, places=9)
        self.assertAlmostEqual(m.peak_rad, 0, places=6)
        self.assertAlmostEqual(m.left_null_rad, -np.arcsin(2 / n), delta=4e-4)
        self.assertAlmostEqual(m.right_null_rad, np.arcsin(2 / n), delta=4e-4)
        at = lambda angle: cut[np.argmin(abs(angles - angle))]
        self.assertAlmostEqual(m.left_null_db, at(m.left_null_rad), places=6)
        self.assertAlmostEqual(m.right_null_db, at(m.right_null_rad), places=6)
        x = brentq(lambda v: n * np.tan(v) - np.tan(n * v), 1.4 * np.pi / n, 1.45 * np.pi / n)
        self.assertAlmostEqual(abs(m.peak_sidelobe_rad), np.arcsin(2 * x / np.pi), delta=1e-3)
        lobe_db = 20 * np.log10(abs(np.sin(n * x) / (n * np.sin(x))))
        self.assertAlmostEqual(m.peak_sidelobe_db, lobe_db, delta=0.01)
        outside = abs(angles) > np.arcsin(2 / n)
        self.assertAlmostEqual(m.rms_sidelobe_db, 10 * np.log10((10 ** (cut[outside] / 10)).mean()), delta=0.05)
        # A square of 8 x 8 is the product of two lines; its side lobes on an axis are the line's.
        square = Geometry.rectangle(8, 8, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        look = np.array([0.1, -0.2, np.sqrt(1 - 0.05)])
        h = measure_hemisphere(Pattern(square, FREQUENCY_HZ, steering_vector(square, look, FREQUENCY_HZ)))
        np.testing.assert_allclose(h.peak, look, atol=1e-3)
        self.assertAlmostEqual(h.peak_db, 20 * np.log10(64), delta=0.01)
        x = brentq(lambda v: 8 * np.tan(v) - np.tan(8 * v), 1.4 * np.pi / 8, 1.48 * np.pi / 8)
        self.assertAlmostEqual(h.peak_sidelobe_db, 20 * np.log10(abs(np.sin(8 * x) / (8 * np.sin(x)))), delta=0.1)
        away = np.sort(abs(np.asarray(h.peak_sidelobe) - look)[:2])
        np.testing.assert_allclose(away, [0, 2 * x / np.pi], atol=0.02)
        # Power over solid angle outside of the main lobe, summed in direction cosines; the lobe ends at its nulls.
        grid = np.linspace(-1, 1, 801)
        ux, uy = (v.ravel() for v in np.meshgrid(grid, grid))
        inside = ux**2 + uy**2 < 0.999
        ux, uy = ux[inside], uy[inside]
        factor = lambda v: abs(np.exp(1j * np.pi * np.outer(v, np.arange(8))).mean(1)) ** 2
        power, weight = factor(ux - look[0]) * factor(uy - look[1]), 1 / np.sqrt(1 - ux**2 - uy**2)
        main = np.maximum(abs(ux - look[0]), abs(uy - look[1])) < 0.25
        mean = (power * weight)[~main].sum() / weight[~main].sum()
        self.assertAlmostEqual(h.rms_sidelobe_db, 10 * np.log10(mean), delta=1)

    def test_quantizer_report(self):
        w = 10 ** (-np.arange(16) * 1.7 / 20) * np.exp(2j * np.pi * np.arange(16) / 11)
        quantizer = WeightQuantizer(phase_bits=4, attenuator_step_db=1.0, attenuator_range_db=20)
        out, report = quantizer.process(w)
        ratio = out / w
        within = abs(w) > 10 ** (-20.5 / 20)
        self.assertEqual(report.limited, np.count_nonzero(~within))
        self.assertEqual(report.refused, 0)
        self.assertAlmostEqual(report.rms_phase_rad, np.sqrt((np.angle(ratio) ** 2).mean()), delta=0.03)
        self.assertLess(np.abs(np.angle(ratio)).max(), np.pi / 16 + 1e-9)
        w[3] = np.nan
        out, report = quantizer.process(w)
        self.assertEqual((report.refused, out[3]), (1, 0))
        self.assertEqual(WeightQuantizer(phase_bits=4).process(np.exp(1j * np.arange(8)))[1].rms_amplitude, 0)

    def test_groups(self):
        s = Subarrays.interleaved(8, 2)
        self.assertEqual(([s.group(e) for e in range(8)], s.elements, s.groups), ([0, 1] * 4, 8, 2))
        blocks = Subarrays.blocks(4, 4, 2, 2)
        self.assertEqual([blocks.group(e) for e in range(16)], [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3])
        rng = np.random.default_rng(1)
        analog, wanted = np.exp(1j * rng.uniform(0, 6, 8)), rng.normal(size=8) + 1j * rng.normal(size=8)
        t = np.zeros((8, 2), complex)
        t[np.arange(8), np.arange(8) % 2] = analog
        np.testing.assert_allclose(s.nearest_digital(analog, wanted), np.linalg.lstsq(t, wanted, rcond=None)[0])


class MoreCalibrationTest(unittest.TestCase):
    def samples(self, seed=1, n=20000):
        rng = np.random.default_rng(seed)
        common = rng.normal(size=n) + 1j * rng.normal(size=n)
        own = 0.1 * (rng.normal(size=(3, n)) + 1j * rng.normal(size=(3, n)))
        return (0.3 * (np.array([1, 0.8j, -1.1])[:, None] * common + own)).astype(np.complex64)

    def test_responses_and_json(self):
        channels = [array.ChannelCalibration(), array.ChannelCalibration(gain=0.7, phase_rad=0.4, delay_s=3e-8),
                    array.ChannelCalibration(gain=1.3, phase_rad=-1.0, delay_s=-5e-8)]
        calibration = array.Calibration(frequency_hz=1e9, channels=channels, delay_known=True)
        f = np.array([-3e6, 0, 1e6])
        expected = [[c.gain * np.exp(1j * (c.phase_rad - 2 * np.pi * df * c.delay_s)) for c in channels] for df in f]
        np.testing.assert_allclose(calibration.responses(f), expected, atol=1e-12)
        import json

        document = json.loads(calibration.to_json())
        text = json.dumps(document)
        for number in (0.7, 1.3, 1e9):
            self.assertIn(json.dumps(number), text)
        again = parse_calibration(text)
        np.testing.assert_allclose([[c.gain, c.phase_rad, c.delay_s] for c in again.channels],
                                   [[c.gain, c.phase_rad, c.delay_s] for c in channels], rtol=1e-12)
        calibration.check()
        calibration.channels = [array.ChannelCalibration(gain=-1.0)]
        with self.assertRaises(boresight.ConfigError):
            calibration.check()

    def test_bounds_of_one_source(self):
        # As in the header: phase 1 / sqrt(2 K s) of each channel; gain the same in nepers; delay by the band's spread.
        k, band = 10_000, 0.9e6
        bound = calibration_bound([100.0] * 4, 0, k, band)[2]
        self.assertAlmostEqual(bound.gain_db_rms, 20 / np.log(10) * bound.phase_rad_rms, delta=0.02 * bound.gain_db_rms)
        self.assertAlmostEqual(bound.delay_s_rms, bound.phase_rad_rms / (2 * np.pi * band / np.sqrt(12)), delta=0.01 * bound.delay_s_rms)

    def test_estimator_counts(self):
        x = self.samples()
        x[1, 100] = np.nan
        estimator = CalibrationEstimator(channels=3, sample_rate_hz=1e6)
        estimator.add(x)
        self.assertEqual((estimator.samples, estimator.samples_zeroed), (20000, 1))
        result = estimator.solve(1e9, 0.0, 0.0)
        self.assertEqual((result.ok, result.reason), (True, ""))
        # 1 to 0.1^2 in power, times each channel's gain.
        bound = np.rad2deg(max(b.phase_rad_rms for b in calibration_bound([100, 64, 121], 0, 20000, 0.9e6)))
        self.assertTrue(bound / 2 < result.bound_deg_rms < bound * 2, (result.bound_deg_rms, bound))
        delay = max(b.delay_s_rms for b in calibration_bound([100, 64, 121], 0, 20000, 0.9e6))
        self.assertTrue(delay / 2 < result.bound_delay_s_rms < delay * 2, (result.bound_delay_s_rms, delay))
        estimator.reset()
        self.assertEqual((estimator.samples, estimator.solve(1e9, 0.0, 0.0).ok), (0, False))
        self.assertNotEqual(estimator.solve(1e9, 0.0, 0.0).reason, "")

    def test_estimator_tells_a_tone_and_what_is_left(self):
        estimator = CalibrationEstimator(channels=3, sample_rate_hz=1e6)
        estimator.add(self.samples())
        noise = estimator.solve(1e9, 0.0, 0.0)
        self.assertFalse(noise.narrow)
        self.assertLess(abs(noise.source_offset_hz), 2e4)
        for own, all_of_them in ((noise.residual_db_rms, noise.calibration.residual_db_rms),
                                 (noise.residual_deg_rms, noise.calibration.residual_deg_rms)):
            self.assertEqual((len(own), own[0]), (3, 0))
            self.assertAlmostEqual(np.sqrt(np.mean(np.square(own[1:]))), all_of_them, places=6)
        # A tone at 100 kHz beside constants of each channel's own, which the notch leaves out.
        rng = np.random.default_rng(4)
        gains, n = np.array([1, 0.5j, -2]), 20000
        x = gains[:, None] * np.exp(2j * np.pi * 0.1 * np.arange(n)) + np.array([3j, -2, 1])[:, None]
        x += 0.3 * (rng.standard_normal(x.shape) + 1j * rng.standard_normal(x.shape))
        notched = CalibrationEstimator(channels=3, sample_rate_hz=1e6, notch_hz=4e4)
        notched.add(x.astype(np.complex64))
        tone = notched.solve(1e9, 0.0, 0.0)
        self.assertTrue(tone.ok and tone.narrow, tone.reason)
        self.assertAlmostEqual(tone.source_offset_hz, 1e5, delta=400)  # a tenth of a bin
        found = [c.gain * np.exp(1j * c.phase_rad) for c in tone.calibration.channels]
        np.testing.assert_allclose(found, gains, atol=0.03)  # 0.3 sqrt(5 / 20000) and six times that

    def test_calibrations_know_their_channels(self):
        calibration = array.Calibration(channels=[array.ChannelCalibration()] * 2, device_channels=[0, 3])
        for channels, fits in (([0, 3], True), ([], True), ([3, 0], False), ([1, 2], False)):
            use = CalibrationUse(channels=2, device_channels=channels)
            self.assertEqual(stale_reason(calibration, use) == "", fits, channels)
        again = parse_calibration(calibration.to_json())
        self.assertEqual(list(again.device_channels), [0, 3])

    def test_a_break_parts_the_frames(self):
        # Pieces shorter than a frame make frames together, but none when each is broken off.
        x = self.samples(n=200)  # of 256
        broken, whole = (CalibrationEstimator(channels=3, sample_rate_hz=1e6) for _ in range(2))
        for _ in range(100):
            broken.add(x)
            broken.break_stream()
            whole.add(x)
        self.assertEqual([e.solve(1e9, 0.0, 0.0).ok for e in (broken, whole)], [False, True])

    def test_from_symbols_counts(self):
        estimator = array.CalibrationFromSymbols(channels=3, sample_rate_hz=1e6)
        x, symbols = self.samples(n=500), np.ones(500, np.complex64)
        x[0, 3], x[2, 4] = np.inf, np.nan
        estimator.add(x, symbols)
        self.assertEqual((estimator.calls, estimator.samples, estimator.samples_zeroed), (1, 500, 2))
        estimator.reset()
        self.assertEqual((estimator.calls, estimator.samples), (0, 0))

    def test_corrector_delays_and_counts(self):
        calibration = array.Calibration(delay_known=True, channels=[
            array.ChannelCalibration(), array.ChannelCalibration(gain=2.0, delay_s=2e-6)])
        corrector = CalibrationCorrector(calibration=calibration, sample_rate_hz=1e6)
        x = self.samples(n=3000)[:2].copy()
        x[1, 2000] = np.nan
        y = corrector.process(x)
        late = corrector.latency_samples
        self.assertEqual(corrector.samples_zeroed, 1)
        np.testing.assert_allclose(y[0, late:], x[0, : 3000 - late], atol=1e-4)
        np.testing.assert_allclose(y[1, late : late + 1000], x[1, 2:1002] / 2, atol=1e-3)
        corrector.reset()
        np.testing.assert_array_equal(corrector.process(x), y)

    def test_self_calibration_finds_what_was_put_in(self):
        rng = np.random.default_rng(1)
        geometry = Geometry.rectangle(4, 4, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        gains = np.exp(0.1 * rng.normal(size=16) + 0.5j * rng.normal(size=16))
        c = 0.15 * np.exp(0.7j)
        distance = np.linalg.norm(geometry.positions_m[:, None] - geometry.positions_m, axis=-1)
        coupling = np.eye(16) + c * (abs(distance - WAVELENGTH_M / 2) < 1e-4)
        truth = np.array([[0, 0], [0.5, 0.1], [-0.4, 0.5], [0.1, -0.6], [0.6, 0.6]])
        truth = np.column_stack([truth, np.sqrt(1 - (truth**2).sum(1))])
        waves = []
        for m, u in enumerate(truth):
            response = 3 * np.exp(1j * m) * coupling @ (gains * steering_vector(geometry, u, FREQUENCY_HZ))
            guess = u + [0.03 * (m > 0), -0.02 * (m > 0), 0]
            guess[2] = np.sqrt(1 - guess[0] ** 2 - guess[1] ** 2)
            waves.append(array.CalibrationWave(response=response, direction=guess, known=m == 0))
        config = array.SelfCalibrationConfig(geometry=geometry, frequency_hz=FREQUENCY_HZ,
                                             coupling_distances_m=[WAVELENGTH_M / 2])
        found = array.self_calibrate(config, waves)
        self.assertEqual((found.ok, found.reason, found.identifiable), (True, "", True))
        np.testing.assert_allclose(found.gains, gains / gains[0], atol=1e-6)
        np.testing.assert_allclose(found.coupling, [c], atol=1e-6)
        np.testing.assert_allclose(found.directions, truth, atol=1e-6)
        self.assertEqual((found.unknowns, found.equations), (2 * (16 + 1 + 5) + 2 * 4, 2 * 16 * 5))
        self.assertEqual(found.rank, found.unknowns - 2)
        self.assertLess(found.residual_db, -150)
        self.assertTrue(1 <= found.iterations <= config.max_iterations)
        # Noise of 1 % of the power stays in the residual, less the share that the unknowns take.
        for wave in waves:
            n = rng.normal(size=16) + 1j * rng.normal(size=16)
            wave.response = wave.response + 0.1 * np.linalg.norm(wave.response) / np.linalg.norm(n) * n
        share = 1 - found.rank / found.equations
        self.assertAlmostEqual(array.self_calibrate(config, waves).residual_db, -20 + 10 * np.log10(share), delta=1.5)
        config.max_iterations = 1
        self.assertEqual(array.self_calibrate(config, waves).iterations, 1)


class FormulasTest(unittest.TestCase):
    def test_vehicle_frame(self):
        # Heading clockwise from north, then nose up, then right side down; ENU.
        h, p, r = 0.7, 0.2, -0.3
        forward = np.array([np.sin(h) * np.cos(p), np.cos(h) * np.cos(p), np.sin(p)])
        level_right = np.array([np.cos(h), -np.sin(h), 0])
        up = np.cross(level_right, forward)
        right, top = np.cos(r) * level_right - np.sin(r) * up, np.cos(r) * up + np.sin(r) * level_right
        attitude = array.Attitude.vehicle(h, p, r)
        for axis, expected in zip(np.eye(3), (right, forward, top)):
            np.testing.assert_allclose(attitude.enu_from_array(axis), expected, atol=1e-12)
        same = array.Attitude.from_axes(right, forward, top)
        v = np.array([0.3, -0.5, 0.8])
        np.testing.assert_allclose(same.enu_from_array(v), v @ np.stack([right, forward, top]), atol=1e-12)
        enu = same.enu_from_array(v)
        azimuth, elevation = same.sky_from_array(v)
        self.assertAlmostEqual(azimuth % (2 * np.pi), np.arctan2(enu[0], enu[1]) % (2 * np.pi), places=9)
        self.assertAlmostEqual(elevation, np.arctan2(enu[2], np.hypot(enu[0], enu[1])), places=9)

    def test_vehicle_motion_between_two_reports(self):
        motion = array.VehicleMotion(np.array([10.0, 12.0]), np.array([[0.0, 0, 0], [0.4, 0, 0]]))
        self.assertAlmostEqual(motion.turn_rate_rad_s(11.0), 0.2, places=9)
        for got in (motion.vehicle_at(11.5), motion.attitude_at(11.5)):
            np.testing.assert_allclose(got.enu_from_array([0, 1, 0]), [np.sin(0.3), np.cos(0.3), 0], atol=1e-9)

    def test_dipoles(self):
        # Balanis, Antenna Theory: 73.1 + j 42.5 ohm alone; side by side by the induced EMF.
        self.assertAlmostEqual(array.half_wave_dipole_impedance(0.0, 0.0), 73.13 + 42.54j, delta=0.1)
        from scipy.special import sici

        d = 2 * np.pi * 0.5
        u = [d, np.hypot(d, np.pi) + np.pi, np.hypot(d, np.pi) - np.pi]
        (s0, c0), (s1, c1), (s2, c2) = map(sici, u)
        eta = 376.73 / (4 * np.pi)
        expected = eta * (2 * c0 - c1 - c2) - 1j * eta * (2 * s0 - s1 - s2)
        self.assertAlmostEqual(array.half_wave_dipole_impedance(0.5, 0.0), expected, delta=0.02)
        geometry, load = line(3), 50 + 10j
        z = np.array([[array.half_wave_dipole_impedance(abs(i - k) / 2, 0.0) for k in range(3)] for i in range(3)])
        coupling = (z[0, 0] + load) * np.linalg.inv(z + load * np.eye(3))
        np.testing.assert_allclose(array.dipole_coupling(geometry, FREQUENCY_HZ, load), coupling, atol=1e-3)

    def test_pattern_peak_and_null(self):
        a = array.steering_vector(line(8), direction(20), FREQUENCY_HZ)
        pattern = array.Pattern(line(8), FREQUENCY_HZ, a)
        peak = array.find_peak(pattern, direction(17))
        np.testing.assert_allclose(peak, direction(20), atol=1e-4)
        response = lambda angle: abs(np.vdot(a, array.steering_vector(line(8), direction(angle), FREQUENCY_HZ))) ** 2
        self.assertAlmostEqual(array.null_depth_db(pattern, direction(29), direction(20)),
                               10 * np.log10(response(20) / response(29)), places=6)
        other = array.Pattern(line(8), FREQUENCY_HZ, array.steering_vector(line(8), direction(23), FREQUENCY_HZ))
        self.assertAlmostEqual(array.squint_rad(pattern, other, direction(21)), np.deg2rad(3), delta=1e-4)

    def test_elements(self):
        cosine = array.Manifold.Config(geometry=line(3), element=array.ElementPattern(array.CosineElement(1.0)))
        manifold = array.Manifold(cosine)
        self.assertEqual([manifold.elements_in_view(direction(a)) for a in (0, 60, 120)], [3, 3, 0])
        patch = array.PatchElement(0.4, 0.5)
        u = direction(35)
        # Along the E plane: the two slots; along the H plane: a slot's width and the projection.
        self.assertAlmostEqual(abs(array.ElementPattern(patch).scalar(u)), abs(np.cos(np.pi * 0.4 * u[0])), places=9)
        u = u[[1, 0, 2]]
        self.assertAlmostEqual(abs(array.ElementPattern(patch).scalar(u)), abs(np.sinc(0.5 * u[1]) * u[2]), places=9)
        self.assertTrue(array.ElementPattern().isotropic)
        self.assertAlmostEqual(array.ElementPattern(array.CosineElement(1.0)).directivity([0, 0, 1]), 6, delta=0.01)

    def test_calibration_from_symbols_is_the_correlation(self):
        rng = np.random.default_rng(3)
        normal = lambda *shape: (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)
        gains = np.array([1, 0.8j, -1.1, 0.9 * np.exp(0.7j)])
        estimator = array.CalibrationFromSymbols(channels=4, sample_rate_hz=1e6)
        product = 0
        for _ in range(4):
            symbols = normal(2000).astype(np.complex64)
            x = np.exp(2j * np.pi * rng.random()) * gains[:, None] * symbols + 0.3 * normal(4, 2000)
            estimator.add(x.astype(np.complex64), symbols)
            found = x @ symbols.conj()
            product = product + found / found[0] * abs(found[0])
        result = estimator.solve(1e9, 0.0, 0.0)
        self.assertTrue(result.ok, result.reason)
        told = np.array([c.gain * np.exp(1j * c.phase_rad) for c in result.calibration.channels])
        expected = product / product[0]
        np.testing.assert_allclose(told / told[0], expected, atol=5e-3)
        np.testing.assert_allclose(told / told[0], gains, atol=0.05)
        self.assertEqual((estimator.calls, estimator.samples), (4, 8000))

    def test_stuck_elements(self):
        rng = np.random.default_rng(1)
        commanded = np.exp(2j * np.pi * rng.random((6, 4)))
        measured = commanded * [1, 0.9j, 1, 1]
        measured[:, 2] = 0.7
        self.assertEqual(list(array.stuck_elements(commanded, measured)), [False, False, True, False])

    def test_user_taper_along_the_radius(self):
        geometry = array.Geometry.rectangle(5, 5, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        taper = array.radial_taper(array.UniformTaper(), geometry)
        np.testing.assert_array_equal(taper, np.ones(25))
        falling = array.radial_taper(array.KaiserTaper(), geometry)
        radius = np.hypot(*geometry.positions_m.T[:2])
        self.assertTrue((np.diff(falling[np.argsort(radius, kind="stable")]) <= 1e-12).all())


if __name__ == "__main__":
    unittest.main()
