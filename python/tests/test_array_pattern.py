import unittest

import numpy as np

from boresight import array
from boresight.array import (
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
    directivity,
    enu_from_sky,
    exponential_coupling,
    line_taper,
    measure_cut,
    measure_hemisphere,
    polarization_match,
    received,
    rectangle_taper,
    steering_vector,
    taper_efficiency,
)
from scene import FREQUENCY_HZ, WAVELENGTH_M, direction, line


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

    def test_user_taper_along_the_radius(self):
        geometry = array.Geometry.rectangle(5, 5, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        taper = array.radial_taper(array.UniformTaper(), geometry)
        np.testing.assert_array_equal(taper, np.ones(25))
        falling = array.radial_taper(array.KaiserTaper(), geometry)
        radius = np.hypot(*geometry.positions_m.T[:2])
        self.assertTrue((np.diff(falling[np.argsort(radius, kind="stable")]) <= 1e-12).all())


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

    def test_stuck_elements(self):
        rng = np.random.default_rng(1)
        commanded = np.exp(2j * np.pi * rng.random((6, 4)))
        measured = commanded * [1, 0.9j, 1, 1]
        measured[:, 2] = 0.7
        self.assertEqual(list(array.stuck_elements(commanded, measured)), [False, False, True, False])


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


if __name__ == "__main__":
    unittest.main()
