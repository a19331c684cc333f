import unittest

import numpy as np

import boresight
from boresight.array import Attitude, Geometry, Pattern, enu_from_sky, sky_from_enu, steering_vector

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


if __name__ == "__main__":
    unittest.main()
