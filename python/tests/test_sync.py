import unittest

import numpy as np

import boresight
from boresight import frame, sync
from scene import noise


class TheoryTest(unittest.TestCase):
    def test_against_scipy(self):
        from scipy import stats

        low, high = sync.clopper_pearson(3, 200, 0.025)
        self.assertAlmostEqual(low, stats.beta.ppf(0.025, 3, 198), places=9)
        self.assertAlmostEqual(high, stats.beta.ppf(0.975, 4, 197), places=9)
        # Equal weights: a gamma distribution; with signal a noncentral chi-squared one.
        self.assertAlmostEqual(sync.quadratic_form_tail([1, 1, 1, 1], [0, 0, 0, 0], 6), stats.gamma.sf(6, 4), places=6)
        self.assertAlmostEqual(sync.quadratic_form_tail([1, 1, 1], [2, 0, 1], 7), stats.ncx2.sf(14, 6, 6), places=6)
        threshold = sync.differential_threshold(8, 1e-4)
        self.assertAlmostEqual(sync.differential_tail(8, threshold) / 1e-4, 1, places=6)
        self.assertAlmostEqual(sync.differential_ratio_tail(2, 8, sync.differential_ratio_threshold(2, 8, 1e-4)) / 1e-4, 1, places=6)
        for wrong in (
            lambda: sync.clopper_pearson(3, 2, 0.1),
            lambda: sync.quadratic_form_tail([1, 1], [0, 0], 1),
            lambda: sync.quadratic_form_tail([1, 1, 1], [0, 0], 1),
            lambda: sync.differential_tail(1, 1.0),
            lambda: sync.differential_ratio_tail(1, 4, 2.0),
        ):
            with self.assertRaises(boresight.ConfigError):
                wrong()

    def test_first_path(self):
        rng = np.random.default_rng(1)
        taps = 0.01 * noise(rng, 200)
        taps[100], taps[95] = 1, 0.5
        self.assertEqual(sync.first_path(taps), 95)
        with self.assertRaises(boresight.ConfigError):
            sync.first_path(taps[:70])


class DetectorTest(unittest.TestCase):
    def test_repetition(self):
        rng = np.random.default_rng(1)
        part = noise(rng, 64)
        signal = np.concatenate([s * part for s in (-1, 1, 1, 1)]) * np.exp(2j * np.pi * 0.002 * np.arange(256))
        x = 0.1 * noise(rng, 5000)
        x[2000:2256] += signal.astype(np.complex64)
        detector = sync.RepetitionDetector(period=64)
        found = detector.process(x[:2100]) + detector.process(x[2100:])
        self.assertEqual([d.start for d in found], [2000])
        self.assertAlmostEqual(found[0].frequency, 0.002, places=4)
        once = sync.RepetitionDetector(period=64).process(x)
        self.assertEqual([(d.start, d.metric) for d in once], [(d.start, d.metric) for d in found])

    def test_many_detections_come_whole(self):
        part = np.tile(noise(np.random.default_rng(1), 8), 2)
        gap = 0.01 * noise(np.random.default_rng(2), 100)
        x = np.concatenate([np.concatenate([gap, part]) for _ in range(200)]).astype(np.complex64)
        detector = sync.RepetitionDetector(metric=sync.RepetitionMetric.schmidl_cox, period=8, signs=[1, 1], false_alarm_rate=1e-4)
        self.assertGreater(len(detector.process(x)), 190)

    def test_sequence(self):
        rng = np.random.default_rng(2)
        sequence = noise(rng, 256)
        x = noise(rng, 8000)
        x[3000:3256] += sequence * np.exp(2j * np.pi * 0.001 * np.arange(256)).astype(np.complex64)
        search = sync.SequenceSearch(sequence=sequence, segments=8)
        found = search.process(x)
        found += search.process(np.zeros(search.latency_samples, np.complex64))
        self.assertEqual([d.start for d in found], [3000])
        self.assertAlmostEqual(found[0].frequency, 0.001, delta=5e-4)

    def test_integer_offset(self):
        known = np.exp(2j * np.pi * np.random.default_rng(1).integers(0, 4, 64) / 4).astype(np.complex64)
        found = sync.IntegerOffset(known=known).process(np.roll(known, 3))
        self.assertEqual(found.offset, 3)
        self.assertIsNone(sync.IntegerOffset(known=known).process(np.full(64, np.nan, np.complex64)))

    def test_tones(self):
        rng = np.random.default_rng(3)
        n = np.arange(300_000)
        x = (0.1 * noise(rng, n.size) + np.exp(2j * np.pi * 0.1234 * n)).astype(np.complex64)
        canceller = sync.ToneCanceller()
        y = canceller.process(x)
        self.assertAlmostEqual(canceller.tones[0].frequency, 0.1234, places=5)
        self.assertAlmostEqual((np.abs(y[-10000:]) ** 2).mean(), 0.01, delta=0.001)

    def test_whitener(self):
        rng = np.random.default_rng(4)
        shaped = np.convolve(noise(rng, 100_000), [1, 0.8]).astype(np.complex64)
        whitener = sync.Whitener()
        whitener.learn(shaped)
        y = whitener.process(shaped)
        self.assertEqual(y.size, shaped.size - 2 * sync.Whitener.reach)
        spectrum = (np.abs(np.fft.fft(y[:98304].reshape(-1, 1024), axis=1)) ** 2).mean(axis=0) / 1024
        self.assertLess(spectrum.max() / spectrum.min(), 4)
        with self.assertRaises(boresight.ConfigError):
            whitener.process(shaped[:100])

    def test_tracking_filter_is_kalman(self):
        filter = sync.TrackingFilter(value_walk_variance=0.01, rate_walk_variance=0.001)
        filter.reset(1.0, 0.5, 0.1, 0.2)
        x, p = np.array([1.0, 0.1]), np.diag([0.5, 0.2])
        f = np.array([[1, 1], [0, 1]])
        for measurement in (1.5, 1.2, 2.0):
            filter.predict()
            filter.correct(measurement - filter.value, 0.3)
            x, p = f @ x, f @ p @ f.T + np.diag([0.01, 0.001])
            gain = p[:, 0] / (p[0, 0] + 0.3)
            x, p = x + gain * (measurement - x[0]), p - np.outer(gain, p[0])
        np.testing.assert_allclose([filter.value, filter.rate, filter.value_variance, filter.rate_variance],
                                   [x[0], x[1], p[0, 0], p[1, 1]], rtol=1e-12)


class KuTest(unittest.TestCase):
    def test_sequences(self):
        pss, segment = sync.pss(), sync.pss_segment()
        np.testing.assert_allclose(pss[32:160], -segment, atol=1e-6)
        np.testing.assert_allclose(pss[160:288], segment, atol=1e-6)
        self.assertEqual(np.count_nonzero(sync.sss()), 1020)
        self.assertAlmostEqual(sync.ku_channel_center_hz(5), 10.7e9 + 234375 / 2 + 250e6 * 4.5)
        self.assertEqual(sync.edge_pilots().shape, (300, 16))

    def test_search_and_confirm(self):
        rng = np.random.default_rng(1)
        search = sync.PssSearch()
        n = search.window_samples
        f = 0.3 / 1024
        time = sync.ku_preamble()  # PSS and SSS with their prefixes
        x = 0.3 * noise(rng, n)
        x[3000:5112] += time * np.exp(2j * np.pi * f * np.arange(2112)).astype(np.complex64)
        candidate = search.process(x)
        self.assertAlmostEqual(candidate.position, 3032, delta=1)
        self.assertAlmostEqual(candidate.frequency, f, delta=0.02 / 1024)
        self.assertEqual(int(np.argmax(search.statistic_2)), candidate.position)
        self.assertAlmostEqual(np.sqrt(search.statistic_2.max()), candidate.statistic, places=3)
        timing = sync.KuSync().process(x, candidate.position - 32, candidate.frequency)
        self.assertEqual(timing.start, 3000)
        self.assertAlmostEqual(timing.frequency, f, delta=1e-6)
        self.assertIsNone(sync.KuSync().process(noise(rng, 4000), 600, 0.0))
        for start in (100, 3900, 2**40):
            with self.assertRaises(boresight.ConfigError):
                sync.KuSync().process(x[:4000], start, 0.0)

    def test_downlink_searches(self):
        rng = np.random.default_rng(2)
        search = sync.PreambleSearch(sample_rate_hz=2.5e6)
        levels = search.process(noise(rng, search.window_samples), 0.0, 1.0)
        self.assertEqual((levels.shape, levels.dtype), ((search.carriers, search.positions), np.uint8))
        # A level is the larger of a sample's statistic and that half a sample on, both exponential with mean 1: its mean
        # is 1.5 if they were independent, 1 if they were the same.
        mean = np.mean([sync.PreambleSearch.statistic_of(int(v)) for v in levels.ravel()[::97]])
        self.assertTrue(1.1 < mean < 1.5, mean)
        fit = sync.TemplateFit(sync.preamble_template(2.5e6, 0.0))
        self.assertGreater(fit.threshold, 15)
        tones = sync.ToneSearch()
        n = np.arange(tones.window_samples)
        comb = sum(np.exp(2j * np.pi * (50e3 + 43949.5 * m) * n / 2.5e6) for m in range(-4, 5))
        for _ in range(9):
            found = tones.process((0.02 * comb + noise(rng, n.size)).astype(np.complex64))
        self.assertAlmostEqual(found[0].carrier_hz, 50e3, delta=200)
        track = sync.DelayTrack(period_samples=320000.0)
        for frame in range(50):
            track.add(1000 + frame * 320000 * (1 - 10e3 / 11.325e9), 0.1)
        self.assertAlmostEqual(track.doppler_hz, 10e3, delta=50)


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


if __name__ == "__main__":
    unittest.main()
