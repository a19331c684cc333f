import unittest

import numpy as np

import boresight
from boresight import beam, doa
from boresight.beam import (
    AdaptiveBeamformer,
    Beamformer,
    SubbandBeamformer,
    SubbandWeights,
    TrueTimeDelay,
    aperture_fill_time_s,
    mvdr,
    squint,
    squint_gain,
    wideband_covariance,
)
from scene import FREQUENCY_HZ, SPEED_OF_LIGHT_M_S, WAVELENGTH_M, direction, line, line_steering, noise


class WidebandTest(unittest.TestCase):
    def test_beamformer_with_covariance(self):
        x = noise(np.random.default_rng(1), 4, 300)
        one, two = doa.SampleCovariance(4), doa.SampleCovariance(4)
        beamformer = Beamformer(4)
        beamformer.process(x, covariance=one)
        two.update(x)
        np.testing.assert_allclose(one.matrix(), two.matrix(), rtol=1e-6)
        with self.assertRaises(boresight.ConfigError):
            beamformer.process(x, covariance=doa.SampleCovariance(5))

    def test_several_beams(self):
        config = AdaptiveBeamformer.Config(geometry=line(8), carrier_hz=FREQUENCY_HZ, beams=2,
                                           mode=AdaptiveBeamformer.Mode.conventional)
        beamformer = AdaptiveBeamformer(config)
        beamformer.set_direction(direction(20), 1)
        x = noise(np.random.default_rng(1), 8, 200)
        y = beamformer.process(x)
        self.assertEqual(y.shape, (2, 200))
        np.testing.assert_allclose(y[1], line_steering(8, 20).conj() @ x / 8, atol=1e-5)
        np.testing.assert_allclose(beamformer.weights_of(1), line_steering(8, 20) / 8)
        with self.assertRaises(boresight.ConfigError):
            beamformer.weights_of(2)

    def test_subband_weights_are_mvdr_per_subband(self):
        rng = np.random.default_rng(2)
        weights = SubbandWeights(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, bins=64, subbands=4)
        for _ in range(50):
            weights.train((noise(rng, 4, 64) + 20 * line_steering(4, 30)[:, None] * noise(rng, 64)).astype(np.complex64))
        weights.renew()
        self.assertEqual(weights.weights.shape, (4, 4))
        # Unit gain towards the direction, nearly none towards the jammer.
        np.testing.assert_allclose((weights.weights.conj() * weights.steering).sum(axis=1), 1, atol=1e-9)
        self.assertLess(np.abs(weights.weights.conj() @ line_steering(4, 30)).max(), 0.02)
        bins = noise(rng, 4, 64)
        y = weights.apply(bins)
        np.testing.assert_allclose(y[0], np.vdot(weights.weights[2], bins[:, 0].astype(complex)), atol=1e-5)

    def test_subband_beamformer_delays(self):
        config = SubbandBeamformer.Config(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6)
        config.mode = SubbandWeights.Mode.conventional
        beamformer = SubbandBeamformer(config)
        s = noise(np.random.default_rng(1), 4096)
        y = beamformer.process(np.tile(s, (4, 1)))
        late = beamformer.latency_samples
        np.testing.assert_allclose(y[late:], s[:-late], atol=1e-4)

    def test_delays_and_squint(self):
        geometry, u = line(16), direction(30)
        self.assertAlmostEqual(aperture_fill_time_s(geometry, u), 15 * WAVELENGTH_M / 2 * 0.5 / SPEED_OF_LIGHT_M_S)
        t = geometry.positions_m @ u / SPEED_OF_LIGHT_M_S
        self.assertAlmostEqual(squint_gain(geometry, u, 1e8), abs(np.exp(2j * np.pi * 1e8 * t).mean()) ** 2)
        self.assertLess(squint(geometry, u, FREQUENCY_HZ, 500e6).edge_loss_db, 0)
        delay = TrueTimeDelay(geometry=geometry, carrier_hz=FREQUENCY_HZ)
        delay.set_direction(u)
        np.testing.assert_allclose(delay.delays_s, t, atol=1e-20)
        offsets = [-1e8, 0, 1e8]
        np.testing.assert_allclose(delay.weights(offsets),
                                   [np.exp(2j * np.pi * (FREQUENCY_HZ + d) * t) / 16 for d in offsets], atol=1e-9)
        tau = t[:, None] - t[None]
        np.testing.assert_allclose(wideband_covariance(geometry, u, FREQUENCY_HZ, 1e8, 5.0),
                                   5 * np.exp(2j * np.pi * FREQUENCY_HZ * tau) * np.sinc(1e8 * tau), atol=1e-9)


class SubbandTest(unittest.TestCase):
    def make(self, **fields):
        return SubbandWeights(**{**dict(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, bins=64, subbands=4), **fields})

    def steering(self, u, offset_hz):
        return np.exp(2j * np.pi * (FREQUENCY_HZ + offset_hz) * line(4).positions_m @ u / SPEED_OF_LIGHT_M_S)

    def test_responses_and_middles(self):
        weights = self.make(mode=SubbandWeights.Mode.conventional)
        rng = np.random.default_rng(1)
        h = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
        u = direction(25)
        weights.set_direction(u)
        weights.set_responses(h)
        weights.renew()
        # 16 bins of 312.5 kHz each, the lowest first: its middle lies 7.5 bins above the lower edge.
        middles = [(-32 + 16 * s + 7.5) * 20e6 / 64 for s in range(4)]
        np.testing.assert_allclose([weights.subband_hz(s) for s in range(4)], middles)
        a = np.stack([h[s] * self.steering(u, middles[s]) for s in range(4)])
        np.testing.assert_allclose(weights.steering, a, atol=1e-9)
        np.testing.assert_allclose(weights.weights, a / (abs(a) ** 2).sum(1, keepdims=True), atol=1e-9)

    def test_trained_weights_are_loaded_mvdr(self):
        rng = np.random.default_rng(2)
        weights = self.make(loading_over_noise_db=0, fade_steps=4)
        blocks = [(noise(rng, 4, 64) + 20 * line_steering(4, 30)[:, None] * noise(rng, 64)).astype(np.complex64) for _ in range(40)]
        for block in blocks:
            weights.train(block)
        self.assertEqual(weights.snapshots, 40)
        weights.renew()
        shifted = np.fft.fftshift(np.stack(blocks), axes=2).astype(complex)  # lowest first
        floors, rs = [], []
        for s in range(4):
            x = shifted[:, :, 16 * s : 16 * s + 16].transpose(1, 0, 2).reshape(4, -1)
            rs.append(x @ x.conj().T / x.shape[1])
            floors.append(np.linalg.eigvalsh(rs[-1])[:2].mean())
        self.assertAlmostEqual(weights.stats.noise_power, np.median(floors), delta=0.1)
        for s in range(4):
            np.testing.assert_allclose(weights.weights[s], mvdr(rs[s], weights.steering[s], weights.stats.noise_power), atol=1e-4)
        self.assertEqual((weights.stats.updates, weights.stats.rejected), (1, 0))
        weights.forget(0.25)
        self.assertAlmostEqual(weights.snapshots, 10)
        weights.renew()
        self.assertTrue(weights.fading)
        for _ in range(4):
            weights.apply(blocks[0])
        self.assertFalse(weights.fading)
        bad = blocks[0].copy()
        bad[0, 0] = np.nan
        weights.train(bad)
        weights.set_direction([0, 0, 0])
        self.assertEqual((weights.stats.bins_not_finite, weights.stats.bad_directions), (1, 1))
        weights.reset()
        self.assertEqual(weights.snapshots, 0)
        self.assertEqual(weights.stats.updates, 0)
        huge = blocks[0].copy()
        huge[:, 3] = 3e19  # finite, but not its power: one subband has nothing to solve
        for _ in range(3):
            weights.train(huge)
        weights.renew()
        self.assertEqual(weights.stats.rejected, 1)

    def test_beamformer_steers_with_responses(self):
        rng = np.random.default_rng(3)
        config = SubbandBeamformer.Config(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, fft_size=64, subbands=4,
                                          mode=SubbandWeights.Mode.conventional)
        beamformer = SubbandBeamformer(config)
        h = np.tile([1, 0.5, 2j, -1], (4, 1)).astype(complex)
        u = direction(20)
        beamformer.set_direction(u)
        beamformer.set_responses(h)
        s = noise(rng, 4096)
        x = (h[0] * self.steering(u, 0))[:, None] * s
        x = x.astype(np.complex64)
        y = beamformer.process(x)
        late = beamformer.latency_samples
        a = np.stack([h[k] * self.steering(u, (-32 + 16 * k + 7.5) * 20e6 / 64) for k in range(4)])
        np.testing.assert_allclose(beamformer.weights, a / (abs(a) ** 2).sum(1, keepdims=True), atol=1e-9)
        np.testing.assert_allclose(y[late + 64 :], s[64:-late], atol=0.02)
        x[1, :3] = [np.nan, np.inf, 1e20]
        self.assertEqual(beamformer.samples_zeroed, 0)
        beamformer.process(x)
        self.assertEqual(beamformer.samples_zeroed, 3)
        self.assertGreater(beamformer.stats.updates, 0)
        self.assertEqual(beamformer.stats.bins_not_finite, 0)

    def test_beamformer_begins_anew(self):
        rng = np.random.default_rng(4)
        beamformer = SubbandBeamformer(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, fft_size=64, subbands=4)
        x = noise(rng, 4, 20_000)
        first = beamformer.process(x)
        beamformer.reset()
        np.testing.assert_array_equal(beamformer.process(x), first)
        self.assertEqual(beamformer.jumps, 0)
        loud = (x + 50 * line_steering(4, 40)[:, None] * noise(rng, 20_000)).astype(np.complex64)
        beamformer.process(loud)
        self.assertGreater(beamformer.jumps, 0)

    def test_squint_of_a_line(self):
        geometry, u, band = line(16), direction(30), 500e6
        told = squint(geometry, u, FREQUENCY_HZ, band)
        self.assertAlmostEqual(told.fill_time_s * 1e9, aperture_fill_time_s(geometry, u) * 1e9, places=9)
        self.assertAlmostEqual(told.band_fill, band * told.fill_time_s, places=9)
        shift = [np.arcsin(0.5 * FREQUENCY_HZ / (FREQUENCY_HZ + d)) - np.pi / 6 for d in (-band / 2, band / 2)]
        np.testing.assert_allclose([told.lower_edge_shift_rad, told.upper_edge_shift_rad], shift, atol=1e-9)
        t = geometry.positions_m @ u / SPEED_OF_LIGHT_M_S
        gains = [abs(np.exp(2j * np.pi * f * t).mean()) ** 2 for f in np.linspace(-band / 2, band / 2, 2001)]
        self.assertAlmostEqual(told.edge_loss_db, 10 * np.log10(gains[0]), places=6)
        self.assertAlmostEqual(told.mean_loss_db, 10 * np.log10(np.mean(gains)), places=4)

    def test_what_is_noted_is_usual(self):
        rng = np.random.default_rng(5)
        one = noise(rng, 1, 1280)
        noted, not_noted = beam.PowerWatch(beams=1, jump_db=6), beam.PowerWatch(beams=1, jump_db=6)
        for watch in (noted, not_noted):
            watch.settle(one)
            self.assertEqual(watch.find((1.8 * one).astype(np.complex64)), 1280)
        noted.note()
        # 3 times is 9.5 dB over what was settled, but 4.4 dB over what was noted.
        loud = (3 * one).astype(np.complex64)
        self.assertEqual((noted.find(loud), not_noted.find(loud)), (1280, 0))


if __name__ == "__main__":
    unittest.main()
