import unittest

import numpy as np

import boresight
from boresight import array, beam
from boresight.beam import AdaptiveBeamformer, Beamformer, mvdr
from scene import FREQUENCY_HZ, direction, line, line_steering, noise


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


class AdaptiveSteeringTest(unittest.TestCase):
    def make(self, **fields):
        return AdaptiveBeamformer(geometry=line(8), carrier_hz=FREQUENCY_HZ, covariance_decimation=1, **fields)

    def test_steering_of_any_array(self):
        rng = np.random.default_rng(1)
        a = rng.normal(size=8) + 1j * rng.normal(size=8)
        beamformer = self.make()
        beamformer.set_steering(a)
        np.testing.assert_allclose(beamformer.steering, a, atol=1e-12)
        x = noise(rng, 8, 4096)
        beamformer.process(x)
        wide = x.astype(complex)
        r = wide @ wide.conj().T / 4096
        # The floor that is loaded is the mean of the lower half of the eigenvalues.
        floor = np.linalg.eigvalsh(r)[:4].mean()
        self.assertAlmostEqual(beamformer.stats.noise_power, floor, delta=1e-5)
        np.testing.assert_allclose(beamformer.weights, mvdr(r, a, 10 * floor), atol=1e-5)
        before = beamformer.weights.copy()
        beamformer.reset()
        self.assertEqual(beamformer.stats.updates, 0)
        beamformer.process(x)
        np.testing.assert_allclose(beamformer.weights, before, atol=1e-12)

    def test_counters(self):
        rng = np.random.default_rng(2)
        beamformer = self.make()
        beamformer.set_direction([0, 0, 0])
        beamformer.set_steering(np.full(8, np.nan + 0j))
        self.assertEqual(beamformer.stats.bad_directions, 2)
        x = noise(rng, 8, 4096)
        for _ in range(4):
            beamformer.process(x)
        self.assertEqual(beamformer.stats.jumps, 0)
        beamformer.process((x + 100 * line_steering(8, 40)[:, None] * noise(rng, 4096)).astype(np.complex64))
        self.assertGreater(beamformer.stats.jumps, 0)
        often = self.make(update_interval_samples=4096)
        x[3, 100] = np.nan
        for _ in range(3):
            often.process(x)
        self.assertEqual(often.stats.rejected, 3)

    def test_nulls_that_cannot_be(self):
        beamformer = self.make(mode=AdaptiveBeamformer.Mode.lcmv, max_nulls=2)
        beamformer.set_nulls(np.stack([direction(30), direction(0)]))  # the second is where it looks
        beamformer.process(noise(np.random.default_rng(1), 8, 4096))
        self.assertEqual((beamformer.stats.updates, beamformer.stats.dropped_nulls, beamformer.stats.fallbacks), (1, 1, 0))
        self.assertLess(abs(np.vdot(beamformer.weights, line_steering(8, 30))), 1e-6)

    def test_two_polarizations(self):
        manifold = array.Manifold(array.Manifold.Config(geometry=line(4), ports=[array.Jones(1, 0), array.Jones(0, 1)]))
        u = direction(20)
        a = manifold.steering(u, FREQUENCY_HZ, array.Jones.rhcp())
        jammer = manifold.steering(u, FREQUENCY_HZ, array.Jones.lhcp())
        rng = np.random.default_rng(4)
        x = (noise(rng, 8, 4096) + 100 * jammer[:, None] * noise(rng, 4096)).astype(np.complex64)
        beamformer = AdaptiveBeamformer(channels=8)
        self.assertEqual(beamformer.elements, 8)
        beamformer.set_direction(u)
        self.assertEqual(beamformer.stats.bad_directions, 1)
        beamformer.set_steering(a)
        beamformer.process(x)
        self.assertAlmostEqual(abs(np.vdot(beamformer.weights, a)), 1, delta=1e-6)
        self.assertLess(abs(np.vdot(beamformer.weights, jammer)), 0.01)
        with self.assertRaisesRegex(boresight.ConfigError, "channels 8 and a geometry of 4"):
            AdaptiveBeamformer(channels=8, geometry=line(4))

    def test_values_that_the_mode_does_not_take(self):
        Mode = AdaptiveBeamformer.Mode
        for field, value, mode in [("max_nulls", 2, Mode.lcmv), ("flat_top", True, Mode.lcmv),
                                   ("null_other_beams", True, Mode.lcmv), ("uncertainty", 0.2, Mode.robust_capon)]:
            self.make(mode=mode, **{field: value})
            with self.assertRaisesRegex(boresight.ConfigError, f"{field}.*{mode.name}"):
                self.make(**{field: value})


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
