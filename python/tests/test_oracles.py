"""What spans folders, each against its formula in NumPy or SciPy."""

import math
import unittest

import numpy as np

from boresight import array, beam, doa, ofdm, sync
from scene import FREQUENCY_HZ, direction, line


class BeamAndDoaTest(unittest.TestCase):
    def test_squint_angle(self):
        theta, f, df = 0.6, 12e9, 3e8
        self.assertAlmostEqual(beam.squint_angle_rad(theta, f, df), np.arcsin(np.sin(theta) * f / (f + df)) - theta, places=12)

    def test_mirror_elements(self):
        np.testing.assert_array_equal(beam.mirror_elements(line(5)), [4, 3, 2, 1, 0])

    def test_nulls_of_the_adaptive_beamformer(self):
        adaptive = beam.AdaptiveBeamformer(geometry=line(8), carrier_hz=FREQUENCY_HZ, mode=beam.AdaptiveBeamformer.Mode.lcmv, max_nulls=2)
        np.testing.assert_allclose(adaptive.steering_of(0), array.steering_vector(line(8), [0, 0, 1], FREQUENCY_HZ), atol=1e-9)
        adaptive.set_nulls(np.stack([direction(30), direction(-40)]))
        rng = np.random.default_rng(1)
        x = ((rng.normal(size=(8, 50000)) + 1j * rng.normal(size=(8, 50000))) / np.sqrt(2)).astype(np.complex64)
        adaptive.process(x)
        weights = np.ravel(adaptive.weights)
        for angle in (30, -40):
            self.assertLess(abs(np.vdot(weights, array.steering_vector(line(8), direction(angle), FREQUENCY_HZ))), 1e-6)

    def test_directions_of_a_grid(self):
        azimuths, elevations = np.array([0.1, 2.0, 4.0]), np.array([0.2, 1.1])
        grid = doa.SearchGrid.azimuth_elevation(azimuths, elevations)
        expected = [[np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)] for e in elevations for a in azimuths]
        attitude = array.Attitude()
        np.testing.assert_allclose([attitude.enu_from_array(u) for u in grid.directions], expected, atol=1e-12)
        self.assertEqual([doa.angles_per_direction(g) for g in (line(4), array.Geometry.rectangle(2, 2, 1.0, 1.0))], [1, 2])

    def test_stable_step(self):
        self.assertEqual(beam.LmsFilter.stable_step(8.0), 0.125)


class SyncAndOfdmTest(unittest.TestCase):
    def test_differential_detection_probability(self):
        # Segments z_n of mean amplitude sqrt(power) in unit noise; the statistic of neighbors' products.
        rng = np.random.default_rng(1)
        segments, power = 5, 2.0
        z = np.sqrt(power) + (rng.normal(size=(200_000, segments)) + 1j * rng.normal(size=(200_000, segments))) / np.sqrt(2)
        statistic = (z[:, 1:] * z[:, :-1].conj()).sum(-1).real
        for threshold in (4.0, 8.0):
            counted = (statistic > threshold).mean()
            told = sync.differential_detection_probability(segments, power, threshold)
            self.assertAlmostEqual(told, counted, delta=5 * math.sqrt(counted / 200_000) + 0.01)

    def test_edge_pilots_stand_at_the_edges(self):
        lower, upper = (sync.edge_pilot_center_hz(e) for e in (sync.ChannelEdge.lower, sync.ChannelEdge.upper))
        k = np.array(sync.edge_pilot_subcarriers)
        spacing = 240e6 / 1024
        # FFT order: from 512 on the subcarriers are below the center.
        self.assertAlmostEqual(upper, k[k < 512].mean() * spacing, delta=spacing)
        self.assertAlmostEqual(lower, (k[k >= 512] - 1024).mean() * spacing, delta=spacing)

    def test_exponential_profile(self):
        taps = ofdm.exponential_profile(2.0, 5.0)
        delays, powers = np.array([t.delay_samples for t in taps]), np.array([t.power for t in taps])
        self.assertAlmostEqual(powers.sum(), 1, places=9)
        # Cut at 8 decays, which takes exp(-8) of the power and 9 exp(-8) of the mean's 5.
        mean = (powers * delays).sum()
        self.assertAlmostEqual(mean, 2 + 5, delta=0.05)
        self.assertAlmostEqual(np.sqrt((powers * (delays - mean) ** 2).sum()), 5, delta=0.1)
        np.testing.assert_allclose(powers[1:] / powers[:-1], np.exp(-np.diff(delays) / 5), rtol=1e-9)

    def test_nominal_carrier(self):
        for numerology in (ofdm.ku240(), ofdm.ku20()):
            expected = 11.325e9 * numerology.sample_rate_hz / 240e6
            self.assertAlmostEqual(ofdm.nominal_ku_carrier_hz(numerology), expected, delta=1)


if __name__ == "__main__":
    unittest.main()
