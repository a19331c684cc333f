import unittest

import numpy as np

import boresight
from boresight import frame, sync
from scene import noise


class TrainingTest(unittest.TestCase):
    def test_repetition_search_is_the_metric(self):
        rng = np.random.default_rng(4)
        signs, p = np.array([1, -1, 1, 1, 1]), 128
        part = noise(rng, p)
        turn = np.exp(2j * np.pi * 0.001 * np.arange(6000))
        x = 0.1 * noise(rng, 2, 6000)
        x[:, 2003 : 2003 + 5 * p] += np.array([[1], [0.7j]]) * np.outer(signs, part).ravel()
        x = (x * turn).astype(np.complex64)
        search = sync.RepetitionSearch(antennas=2, period=p, signs=signs.tolist())
        found = search.process(x[:, :3001]) + search.process(x[:, 3001:])
        self.assertEqual(len(found), 1)
        self.assertLessEqual(abs(found[0].start - 2003), search.stride_samples)
        self.assertAlmostEqual(found[0].frequency, 0.001, delta=1e-5)
        parts = x[:, found[0].start :][:, : 5 * p].reshape(2, 5, p)
        parts = parts - parts.mean(-1, keepdims=True)
        products = (signs[1:] * signs[:-1] * (parts[:, 1:] * parts[:, :-1].conj()).sum(-1)).sum(-1)
        self.assertEqual(found[0].start % search.stride_samples, 0)
        self.assertAlmostEqual(found[0].metric, abs((products / (abs(parts) ** 2).sum((1, 2))).sum()) / 2 * 5 / 4, delta=1e-4)
        self.assertEqual(search.window_samples, 5 * p)
        search.reset()
        self.assertEqual(search.metric, 0)

    def training(self, rng):
        """A short training field at 320, its long symbols at 512 in noise, 0.004 cycles per sample off."""
        short, long = (np.fft.ifft(spectrum) * 8 for spectrum in (frame.wifi_short_training(), frame.wifi_long_training()))
        field = np.concatenate([np.tile(short, 3)[:160], long[32:], long, long])
        x = 0.05 * noise(rng, 1024)
        x[320 : 320 + field.size] += field
        return (x * np.exp(2j * np.pi * 0.004 * np.arange(x.size))).astype(np.complex64)

    def test_short_training(self):
        x = self.training(np.random.default_rng(5))
        detector = sync.ShortTrainingDetector(false_alarm_rate=1e-6)
        self.assertAlmostEqual(detector.threshold, -np.log(1e-6) / 120)
        peaks = []
        for end in range(32, x.size + 1, 16):
            peak = detector.process(x[end - 32 : end], end)
            if end >= 16 * 10:
                b, a = (x[end - 128 - lag : end - lag].reshape(8, 16) for lag in (0, 16))
                b, a = (v - v.mean(1, keepdims=True) for v in (b, a))
                rho = ((b * a.conj()).sum(1) / np.sqrt((abs(a) ** 2).sum(1) * (abs(b) ** 2).sum(1))).mean()
                self.assertAlmostEqual(detector.correlation_2, abs(rho) ** 2, delta=1e-4)
            peaks += [peak] if peak else []
        best = max(peaks, key=lambda peak: peak.correlation_2)
        self.assertLessEqual(abs(best.end - 472), 16)
        self.assertAlmostEqual(best.frequency, 0.004, delta=2e-4)
        self.assertGreater(best.correlation_2, 0.9)
        detector.restart()
        self.assertEqual(detector.correlation_2, 0)

    def test_long_training(self):
        x = self.training(np.random.default_rng(6))
        search = sync.LongTrainingSearch(positions=100)
        first = 512 - 50 - 32
        amplitudes = np.empty(100, np.float32)
        found = search.find(x[first : first + search.input_samples], 0.0041, amplitudes)
        self.assertEqual(found.position, 50 + 32)
        self.assertAlmostEqual(found.frequency, 0.004, delta=1e-4)
        # The three matched filters by the sum.
        y = x[first : first + search.input_samples] * np.exp(-2j * np.pi * 0.0041 * np.arange(search.input_samples))
        symbol = np.fft.ifft(frame.wifi_long_training()) * 64 / np.sqrt(52)
        power = lambda at, taps: abs(np.vdot(symbol[taps], y[at : at + symbol[taps].size]))
        expected = [power(d, slice(32, 64)) + power(d + 32, slice(0, 64)) + power(d + 96, slice(0, 64)) for d in range(100)]
        np.testing.assert_allclose(amplitudes, expected, rtol=2e-3, atol=0.05)
        window = x[512 : 512 + 128]
        q = (power(82, slice(0, 64)) ** 2 + power(146, slice(0, 64)) ** 2) / (64 * (abs(window - window.mean()) ** 2).sum())
        self.assertAlmostEqual(found.quality, q, delta=1e-3)
        self.assertIsNone(search.find(np.zeros(search.input_samples, np.complex64), 0.0))
        with self.assertRaises(boresight.ConfigError):
            search.find(x[:100], 0.0)

    def test_pilot_tracker_follows(self):
        tracker = sync.PilotTracker()
        tracker.start(1000.0, 0.05, 1e-4, 1.4)
        carriers = np.array([-21, -7, 7, 21], np.float32)
        for n in range(60):
            phase, delay = 0.06 * (n + 1.4), 0.002 * n
            before = tracker.predict()
            turned = np.exp(1j * (phase - before.phase_rad - 2 * np.pi * carriers * (delay - before.delay_samples) / 64))
            state = tracker.correct(carriers, turned.astype(np.complex64), np.ones(4, np.float32), 1e-3)
        self.assertAlmostEqual(state.phase_rad, phase, delta=0.01)
        self.assertAlmostEqual(state.delay_samples, delay, delta=0.01)
        self.assertAlmostEqual(tracker.frequency_rad, 0.06, delta=0.002)
        before = tracker.predict()
        self.assertEqual(tracker.correct(carriers, np.full(4, np.nan, np.complex64), np.ones(4, np.float32), 1e-3), before)
        tracker.restart(1000.0, 72.0)
        self.assertAlmostEqual(tracker.frequency_rad, 0.06 * 72 / 80, delta=0.02)

    def test_best_window(self):
        power = np.zeros(64, np.float32)
        power[[60, 0, 5, 14]] = [0.3, 1, 0.2, 0.3]
        inside = [power[(np.arange(16) + first) % 64].sum() - 1e-4 * abs(first) * power.sum() for first in range(-8, 5)]
        self.assertEqual(sync.best_window(power, 16, -8, 4), int(np.argmax(inside)) - 8)
        self.assertEqual(sync.best_window(np.full(64, np.nan, np.float32), 16, -8, 4), 0)

    def test_drift_accumulator_finds_a_weak_line(self):
        rng = np.random.default_rng(7)
        accumulator = sync.DriftAccumulator(frames=64, positions=2000, slopes=[0.0, 3.0], exclusion=50)
        self.assertEqual(accumulator.findings, [])
        # Levels as PreambleSearch writes them, of |z|^2; a satellite adds 2 to the mean of one in every frame.
        for period in range(64):
            z = noise(rng, 2, 2000)
            z[1, round(500 + 3.2 * period)] += np.sqrt(2)
            full = accumulator.add(np.minimum(5.5 * abs(z), 255).astype(np.uint8))
            self.assertEqual(full, period == 63)
        found = accumulator.findings
        self.assertEqual([f.carrier for f in found], [1])
        self.assertAlmostEqual(found[0].position, 500, delta=2)
        self.assertAlmostEqual(found[0].slope, 3.2, delta=0.05)
        self.assertAlmostEqual(found[0].excess, 2, delta=0.6)
        # The sum of 64 exponential statistics has the deviation 8.
        self.assertAlmostEqual(found[0].deviations, found[0].excess * 64 / 8, delta=2)
        self.assertGreater(accumulator.sums, 2 * 2000)
        with self.assertRaises(boresight.ConfigError):
            accumulator.add(np.zeros((2, 1999), np.uint8))
        accumulator.reset()

    def test_ku_preamble_spectrum_is_the_fourier_sum(self):
        x = sync.ku_preamble()
        f = -30e6 + 1e5 * np.arange(50)
        expected = np.sqrt(60 / 240) * np.exp(-2j * np.pi * np.outer(f, np.arange(x.size)) / 240e6) @ x
        np.testing.assert_allclose(sync.ku_preamble_spectrum(sync.PreamblePart.both, 60e6, -30e6, 1e5, 50), expected, atol=0.02)
        np.testing.assert_array_equal(sync.ku_preamble_spectrum(sync.PreamblePart.pss, 60e6, 121e6, 1e5, 5), 0)

    def test_short_training_peak(self):
        x = self.training(np.random.default_rng(5))
        detector = sync.ShortTrainingDetector(false_alarm_rate=1e-6)
        peaks, values = [], {}
        for end in range(32, x.size + 1, 16):
            peak = detector.process(x[end - 32 : end], end)
            values[end] = detector.correlation_2
            peaks += [peak] if peak else []
        for peak in peaks:
            self.assertIn(peak.end, values)
            self.assertAlmostEqual(peak.correlation_2, values[peak.end], places=6)

    def test_long_training_dc(self):
        search = sync.LongTrainingSearch(positions=100)
        x = self.training(np.random.default_rng(6))
        first = 512 - 50 - 32
        self.assertLess(abs(search.find(x[first : first + search.input_samples], 0.004).dc), 0.02)
        x = (x + (0.5 - 0.3j)).astype(np.complex64)
        found = search.find(x[first : first + search.input_samples], 0.004)
        self.assertLess(abs(found.dc - (0.5 - 0.3j)), 0.05)


if __name__ == "__main__":
    unittest.main()
