import unittest

import numpy as np

import boresight
from boresight import sync
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


class ThresholdTest(unittest.TestCase):
    def test_thresholds_are_inverses(self):
        from scipy import optimize, stats

        ratio = sync.differential_ratio_threshold(2, 8, 1e-4)
        expected = optimize.brentq(lambda r: np.log(sync.differential_ratio_tail(2, 8, r) / 1e-4), 0.2, 0.9)
        self.assertAlmostEqual(ratio, expected, places=6)
        # The tail of the PSS's eight differential parts, as the header writes it.
        l = np.cos(np.pi / 9)
        c = np.prod([1 / (1 - np.cos(k * np.pi / 9) / l) for k in range(2, 9)])
        for rate in (1e-4, 1e-10):
            t = optimize.brentq(lambda t: np.log(c * np.sqrt(2 * np.pi * t / l)) - t / l - np.log(rate), 3, 60)
            self.assertAlmostEqual(sync.PssSearch.threshold_for(rate), t, delta=1e-5)
        self.assertEqual(sync.PssSearch(false_alarm_rate=1e-4).threshold, sync.PssSearch.threshold_for(1e-4))
        # Detectors that take their threshold from a rate of false alarms.
        minn = sync.RepetitionSearch(antennas=2, period=128, signs=[1, -1, 1, 1, 1], false_alarm_rate=1e-6).threshold
        self.assertAlmostEqual(minn, sync.differential_ratio_threshold(2 * 127, 5, 1e-6) * 5 / 4, places=9)
        cox = sync.RepetitionDetector(metric=sync.RepetitionMetric.schmidl_cox, period=64, signs=[1, 1], false_alarm_rate=1e-6)
        self.assertAlmostEqual(cox.threshold, np.sqrt(1 - 1e-6 ** (1 / 62)), places=9)
        training = sync.LongTrainingSearch(positions=100, false_alarm_rate=1e-6).threshold
        self.assertAlmostEqual(100 * stats.beta.sf(training, 2, 125) / 1e-6, 1, places=3)

    def test_integer_offset_and_sizes(self):
        known = np.zeros(64, np.complex64)
        known[np.r_[1:27, 38:64]] = np.exp(2j * np.pi * np.random.default_rng(1).integers(0, 4, 52) / 4)
        search = sync.IntegerOffset(known=known, max_offset=8, false_alarm_probability=1e-6)
        # One copy of as many segments as subcarriers are known, 17 shifts.
        self.assertAlmostEqual(search.threshold, sync.differential_ratio_threshold(1, 52, 1e-6 / 17), places=6)
        y = np.roll(known * np.exp(2j * np.pi * 2.5 * np.fft.fftfreq(64)), 3).astype(np.complex64)
        y = y + 0.3 * noise(np.random.default_rng(2), 64)
        found = search.process(y.astype(np.complex64))
        z = np.roll(y, -3) * known.conj()
        order = np.r_[38:64, 1:27]
        a, b = z[order][1:], z[order][:-1]
        neighbors = np.diff(np.fft.fftfreq(64, 1 / 64)[order]) == 1
        s = (a * b.conj())[neighbors].sum()
        self.assertAlmostEqual(found.statistic, abs(s) / (abs(z) ** 2).sum(), places=4)
        self.assertAlmostEqual(found.delay, -np.angle(s) * 64 / (2 * np.pi), places=3)
        self.assertAlmostEqual(found.delay, -2.5, delta=0.5)

    def test_what_searches_need(self):
        self.assertEqual(sync.Whitener.bins, 2 * sync.Whitener.reach)
        pss = sync.PssSearch(positions=2048)
        self.assertEqual((pss.positions, pss.window_samples), (2048, 2048 + 1024 + 1056 + 16 - 16))
        training = sync.LongTrainingSearch(positions=100)
        self.assertEqual((training.positions, training.input_samples), (100, 32 + 100 + 127))
        tones = sync.ToneSearch(sample_rate_hz=2.5e6)
        self.assertEqual(tones.bin_hz * tones.window_samples, 2.5e6)
        self.assertEqual(np.log2(tones.window_samples) % 1, 0)
        preamble = sync.PreambleSearch(sample_rate_hz=2.5e6, max_carrier_offset_hz=300e3, carrier_step_hz=40e3)
        self.assertAlmostEqual(preamble.period_samples, 2.5e6 / 750)
        self.assertEqual(preamble.positions, np.ceil(2.5e6 / 750))
        carriers = np.array([preamble.carrier_hz(i) for i in range(preamble.carriers)])
        np.testing.assert_allclose(np.diff(carriers), preamble.step_hz)
        self.assertLessEqual(preamble.step_hz, 40e3)
        self.assertAlmostEqual(carriers[0], -carriers[-1], places=6)
        # The template lies in the window behind any position.
        self.assertGreaterEqual(preamble.window_samples, preamble.lead_samples + preamble.positions + 22)
        repetition = sync.RepetitionDetector(period=64, signs=[1, 1, 1])
        self.assertEqual(repetition.window_samples, 192)
        self.assertEqual(sync.RepetitionSearch(period=128, signs=[1, -1, 1]).stride_samples, 128 // 16)

    def test_edge_pilots(self):
        pilots = sync.edge_pilots()
        self.assertEqual(pilots.shape, (300, 16))
        np.testing.assert_allclose(abs(pilots), 1, atol=1e-6)
        quarters = np.angle(pilots) / (np.pi / 2) - 0.5
        np.testing.assert_allclose(quarters, np.round(quarters), atol=1e-5)
        self.assertEqual(list(sync.edge_pilot_subcarriers), [*range(488, 496), *range(528, 536)])


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
        parts = x[2000:2256].reshape(4, 64) - x[2000:2256].reshape(4, 64).mean(1, keepdims=True)
        c = (np.array([-1, 1, 1])[:, None] * parts[1:] * parts[:-1].conj()).sum()
        self.assertAlmostEqual(found[0].metric, abs(c) / (abs(parts) ** 2).sum() * 4 / 3, places=4)
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


class RunningMetricTest(unittest.TestCase):
    def test_repetition_metric_is_the_formula(self):
        rng = np.random.default_rng(1)
        x = noise(rng, 200) + np.tile(noise(rng, 16), 13)[:200]
        detector = sync.RepetitionDetector(metric=sync.RepetitionMetric.schmidl_cox, period=16, signs=[1, 1], false_alarm_rate=1e-4)
        detector.process(x.astype(np.complex64))
        a, b = x[168:184], x[184:200]
        a, b = a - a.mean(), b - b.mean()
        self.assertAlmostEqual(detector.metric, abs(np.vdot(a, b)) / np.sqrt((abs(a) ** 2).sum() * (abs(b) ** 2).sum()), places=4)
        detector.reset()
        self.assertEqual(detector.metric, 0)

    def test_a_reset_forgets_the_stream(self):
        rng = np.random.default_rng(2)
        part = noise(rng, 64)
        x = 0.1 * noise(rng, 3000)
        x[2000:2256] += np.concatenate([s * part for s in (-1, 1, 1, 1)])
        sequence = noise(rng, 256)
        y = 0.5 * noise(rng, 3000)
        y[2000:2256] += sequence
        search = sync.SequenceSearch(sequence=sequence, segments=8)
        tail = np.zeros(4096, np.complex64)
        for made, samples in ((sync.RepetitionDetector(period=64), x), (search, y)):
            for _ in range(2):
                found = made.process(samples) + made.process(tail)
                self.assertEqual([d.start for d in found], [2000])
                made.reset()
        # A block of four lengths, and a length that brings nothing larger.
        self.assertEqual(search.latency_samples, 5 * 256)

    def test_sequence_statistic(self):
        # |differential sum over segments| over the noise's level: unit noise here.
        rng = np.random.default_rng(3)
        sequence = (noise(rng, 256) / 1).astype(np.complex64)
        sequence = (sequence / np.sqrt((abs(sequence) ** 2).mean())).astype(np.complex64)
        search = sync.SequenceSearch(sequence=sequence, segments=8, false_alarm_rate=1e-8)
        self.assertAlmostEqual(sync.differential_tail(8, search.threshold) / 1e-8, 1, delta=0.05)
        x = noise(rng, 6000)
        x[3000:3256] += 0.7 * sequence
        found = search.process(x.astype(np.complex64)) + search.process(np.zeros(search.latency_samples, np.complex64))
        segment = (x[3000:3256] * sequence.conj()).reshape(8, 32).sum(1) / np.sqrt((abs(sequence) ** 2).reshape(8, 32).sum(1))
        self.assertEqual([d.start for d in found], [3000])
        statistic = abs((segment[1:] * segment[:-1].conj()).sum())
        power = (abs(x[3000:3256]) ** 2).mean()
        self.assertAlmostEqual(found[0].statistic, statistic / power, delta=1e-3)

    def test_tracker_starts(self):
        tracker = sync.PilotTracker()
        tracker.start(1000.0, 0.05, 1e-4, 1.4)
        self.assertAlmostEqual(tracker.frequency_rad, 0.05, places=9)
        self.assertAlmostEqual(tracker.predict().phase_rad, 0.05 * 1.4, places=9)
        tracker.restart(1000.0, 72.0)
        self.assertAlmostEqual(tracker.frequency_rad, 0.05 * 72 / 80, places=9)
        tracker.start(1000.0)
        self.assertEqual((tracker.frequency_rad, tracker.drift_samples), (0, 0))

    def test_tracker_drift(self):
        tracker = sync.PilotTracker()
        tracker.start(1000.0, 0.0, 1e-4, 1.0)
        carriers = np.array([-21, -7, 7, 21], np.float32)
        for n in range(100):
            before = tracker.predict()
            turned = np.exp(-2j * np.pi * carriers * (0.003 * n - before.delay_samples) / 64 - 1j * before.phase_rad)
            tracker.correct(carriers, turned.astype(np.complex64), np.ones(4, np.float32), 1e-4)
        self.assertAlmostEqual(tracker.drift_samples, 0.003, delta=2e-4)


if __name__ == "__main__":
    unittest.main()
