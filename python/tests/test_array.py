import unittest

import numpy as np

import boresight
from boresight import array
from boresight.array import (
    Attitude,
    Geometry,
    Jones,
    enu_from_sky,
    polarization_match,
    sky_from_enu,
    steering_vector,
)
from scene import FREQUENCY_HZ, SPEED_OF_LIGHT_M_S, WAVELENGTH_M


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


class SteeringTest(unittest.TestCase):
    def test_is_the_formula(self):
        geometry = Geometry.rectangle(4, 4, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        u = enu_from_sky(0.4, 0.9)
        a = steering_vector(geometry, u, FREQUENCY_HZ)
        self.assertEqual(a.dtype, np.complex128)
        np.testing.assert_allclose(a, np.exp(2j * np.pi * FREQUENCY_HZ / SPEED_OF_LIGHT_M_S * geometry.positions_m @ u))
        with self.assertRaises(ValueError):
            steering_vector(geometry, [0, 1], FREQUENCY_HZ)


if __name__ == "__main__":
    unittest.main()
