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


if __name__ == "__main__":
    unittest.main()
