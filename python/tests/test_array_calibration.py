import unittest

import numpy as np

import boresight
from boresight import array
from boresight.array import (
    CalibrationCorrector,
    CalibrationEstimator,
    CalibrationUse,
    Geometry,
    calibration_bound,
    parse_calibration,
    stale_reason,
    steering_vector,
)
from scene import FREQUENCY_HZ, WAVELENGTH_M


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


class CalibrationPartsTest(unittest.TestCase):
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


if __name__ == "__main__":
    unittest.main()
