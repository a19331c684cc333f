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


class MoreTheoryTest(unittest.TestCase):
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
        # Correlation with the spectrum that PilotSearch looks for is tested in test_edge_pilot_search.


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

    def test_short_training_peak(self):
        x = TrainingTest().training(np.random.default_rng(5))
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
        x = TrainingTest().training(np.random.default_rng(6))
        first = 512 - 50 - 32
        self.assertLess(abs(search.find(x[first : first + search.input_samples], 0.004).dc), 0.02)
        x = (x + (0.5 - 0.3j)).astype(np.complex64)
        found = search.find(x[first : first + search.input_samples], 0.004)
        self.assertLess(abs(found.dc - (0.5 - 0.3j)), 0.05)


class MoreKuTest(unittest.TestCase):
    def test_candidates_one_after_the_other(self):
        rng = np.random.default_rng(1)
        search = sync.PssSearch()
        x = 0.3 * noise(rng, search.window_samples)
        for start in (2000, 6000):
            x[start : start + 2112] += sync.ku_preamble()
        first = search.process(x)
        second = search.next(first.position + 1100)
        self.assertEqual((first.position, second.position), (2032, 6032))
        self.assertIsNone(search.next(second.position + 1100))

    def test_sss_share_and_delay(self):
        rng = np.random.default_rng(1)
        x = 0.1 * noise(rng, 5000)
        # A fifth of the power a sample and a half late.
        k = np.fft.fftfreq(4096)
        preamble = np.zeros(4096, np.complex64)
        preamble[1000:3112] = sync.ku_preamble()
        late = np.fft.ifft(np.fft.fft(preamble) * np.exp(-2j * np.pi * k * 0.25))
        x[:4096] += late.astype(np.complex64)
        timing = sync.KuSync().process(x, 1000, 0.0)
        self.assertEqual(timing.start, 1000)
        self.assertAlmostEqual(timing.delay, 0.25, delta=0.05)
        # A delay between two taps shares the energy as sinc^2.
        self.assertAlmostEqual(timing.statistic, np.sinc(0.25) ** 2, delta=0.05)
        # Of noise the strongest of 1024 taps: 1 - (1 - (1 - t)^1023)^1024 = p within the taps that are looked at.
        loose, strict = sync.KuSync(false_alarm_probability=1e-2), sync.KuSync(false_alarm_probability=1e-6)
        self.assertAlmostEqual(strict.threshold - loose.threshold, np.log(1e4) / 1020, delta=1e-3)

    def slice(self, part, rate, frames, center=0.0):
        """The spectrum's frames in time: an amplitude of 1 is 0 dB at 240 MHz in unit noise."""
        n = 8192
        spectrum = sync.ku_preamble_spectrum(part, rate, center - rate / 2, rate / n, n)
        return np.fft.ifft(np.fft.ifftshift(spectrum)), n

    def test_template_is_the_slice_and_is_found(self):
        rate = 2.5e6
        config = sync.preamble_template(rate, 0.0)
        self.assertEqual(config.sample_rate_hz, rate)
        n = config.spectrum.size
        self.assertEqual(n, sync.TemplateFit.spectrum_bins(rate, 8.8e-6))
        # 22 samples and 16 beside them at either end, in whole blocks of 16: 64, twice.
        self.assertEqual(n, 128)
        self.assertAlmostEqual(config.duration_s, 2 * 4.4e-6, places=9)
        expected = sync.ku_preamble_spectrum(sync.PreamblePart.both, rate, -rate / 2, rate / n, n)
        np.testing.assert_allclose(config.spectrum, expected, atol=1e-3)
        fit = sync.TemplateFit(config)
        self.assertAlmostEqual(fit.energy, (abs(config.spectrum) ** 2).mean(), delta=0.01 * fit.energy)
        # The chance of one of the carriers and delays that are searched: exp(-U) times a few per cell.
        cells = 2 * config.max_carrier_offset_hz * config.duration_s * rate / 750
        self.assertTrue(np.log(cells / config.false_alarm) - 1 < fit.threshold < np.log(cells / config.false_alarm) + 4, fit.threshold)
        rng = np.random.default_rng(1)
        x, start, carrier, amplitude = noise(rng, 4096), 2000.3, 3000.0, 4.0
        f = np.fft.fftfreq(4096) * rate
        template = sync.ku_preamble_spectrum(sync.PreamblePart.both, rate, -rate / 2, rate / 4096, 4096)
        pulse = np.fft.ifft(np.fft.ifftshift(template) * np.exp(-2j * np.pi * f * start / rate))
        x += (amplitude * pulse * np.exp(2j * np.pi * carrier * (np.arange(4096) - start) / rate)).astype(np.complex64)
        # The power of noise and of a signal that goes on: the share that the frame has of it tells the SNR.
        power = 1 + amplitude**2
        found = fit.process(x, 2000.0, 0.0, 20e3, power)
        self.assertAlmostEqual(found.start, start, delta=0.1)
        self.assertAlmostEqual(found.carrier_hz, carrier, delta=4 * found.carrier_sigma_hz)
        self.assertAlmostEqual(found.snr, amplitude**2, delta=0.6 * amplitude**2)
        self.assertAlmostEqual(found.statistic / (amplitude**2 * fit.energy / power), 1, delta=0.1)
        # The bound of a frequency: 1 / (8 pi^2 E snr sigma_t^2), sigma_t the spread of the template's energy.
        t = np.fft.ifft(np.fft.ifftshift(config.spectrum))
        power, time = abs(np.roll(t, n // 4)) ** 2, np.arange(n) / rate
        power = power / power.sum()
        spread = np.sqrt((power * time**2).sum() - (power * time).sum() ** 2)
        bound = 1 / np.sqrt(8 * np.pi**2 * fit.energy * found.snr * spread**2)
        self.assertAlmostEqual(found.carrier_sigma_hz / bound, 1, delta=0.15)
        self.assertIsNone(fit.process(noise(rng, 4096), 2000.0, 0.0, 20e3, 1.0))
        # Cut as short as can be, and by one sample more at either end.
        for lead, trail in ((0, 0), (1, 0), (0, 1)):
            first, end = 2000 - fit.lead_samples + lead, 2000 + fit.trail_samples - trail
            told = fit.process(x[first:end], 2000.0 - first, 0.0, 20e3, 1 + amplitude**2)
            self.assertEqual(told is not None, lead + trail == 0)

    def test_preamble_levels_are_the_statistic(self):
        rate, rng = 2.5e6, np.random.default_rng(2)
        search = sync.PreambleSearch(sample_rate_hz=rate)
        n = sync.TemplateFit.spectrum_bins(rate, 8.8e-6)
        template = np.fft.ifft(np.fft.ifftshift(sync.ku_preamble_spectrum(sync.PreamblePart.both, rate, -rate / 2, rate / n, n)))
        self.assertAlmostEqual(search.energy / (abs(template) ** 2).sum(), 1, delta=0.1)
        x = noise(rng, search.window_samples)
        place, carrier = 1234, 7
        at = search.lead_samples + place
        t = np.roll(template, n // 2)  # from n / 2 samples before the start on
        turned = t * np.exp(2j * np.pi * search.carrier_hz(carrier) * (np.arange(n) - n // 2) / rate)
        x[at - n // 2 : at + n // 2] += (3 * turned).astype(np.complex64)
        levels = search.process(x, 0.0, 1.0)
        self.assertEqual(np.unravel_index(levels.argmax(), levels.shape), (carrier, place))
        matched = np.vdot(turned, x[at - n // 2 : at + n // 2])
        u = abs(matched) ** 2 / (abs(turned) ** 2).sum()
        self.assertAlmostEqual(levels.max() / min(255, 5.5 * np.sqrt(u)), 1, delta=0.05)

    def test_edge_pilot_search(self):
        rate, rng = 2.5e6, np.random.default_rng(3)
        search = sync.PilotSearch(sample_rate_hz=rate)
        center = sync.edge_pilot_center_hz(sync.ChannelEdge.upper)
        # The upper edge's eight subcarriers of 300 symbols, each with its prefix, put together tone by tone.
        start, carrier, amplitude = search.lead_samples + 500.0, 4000.0, 0.2
        t = (np.arange(search.window_samples) - start) / rate - 2 * 4.4e-6
        symbol = np.floor(t / 4.4e-6).astype(int)
        inside = (symbol >= 0) & (symbol < 300)
        pilots, wave = sync.edge_pilots(), np.zeros(t.size, complex)
        within = t - symbol * 4.4e-6 - 32 / 240e6
        for column in range(8):
            tone = np.exp(2j * np.pi * (488 + column) * 234375.0 * within[inside])
            wave[inside] += pilots[symbol[inside], column] * tone * np.exp(-2j * np.pi * center * t[inside])
        x = noise(rng, t.size) + amplitude * np.sqrt(234375 / rate) * wave * np.exp(2j * np.pi * carrier * (t + 8.8e-6))
        found = search.search(x.astype(np.complex64))
        self.assertEqual(len(found), 1)
        self.assertAlmostEqual(found[0].start, start, delta=0.2)
        self.assertAlmostEqual(found[0].carrier_hz, carrier, delta=5)
        self.assertAlmostEqual(found[0].snr, amplitude**2, delta=0.3 * amplitude**2)
        # 8 x 300 symbols of 1056 / 1024 unit tones: the energy in samples of 2.5 MHz.
        self.assertAlmostEqual(found[0].statistic / (amplitude**2 * 8 * 300 * 4.4e-6 * 234375), 1, delta=0.3)
        self.assertEqual(search.window_samples >= 2 * rate / 750, True)
        self.assertAlmostEqual(search.band_rate_hz / (rate * round(search.band_rate_hz * search.window_samples / rate) / search.window_samples), 1, places=9)
        self.assertGreaterEqual(search.band_rate_hz, 1.875e6)
        with self.assertRaises(boresight.ConfigError):
            search.search(x[:-1].astype(np.complex64))

    def test_delay_track(self):
        track = sync.DelayTrack(period_samples=320000.0, carrier_hz=11.325e9)
        doppler = 10e3
        start = lambda frame: 1000 + frame * 320000 * (1 - doppler / 11.325e9)
        for frame in range(50):
            track.add(start(frame), 0.1)
        self.assertEqual(track.frames, 50)
        self.assertAlmostEqual(track.predict(start(55) + 77), start(55), delta=0.05)
        # A parabola through starts of deviation 0.1: the slope at the end of 50 frames.
        n = np.arange(50) - 49.0
        a = np.stack([n**0, n, n**2], 1)
        slope = 0.1 * np.sqrt(np.linalg.inv(a.T @ a)[1, 1])
        self.assertAlmostEqual(track.doppler_sigma_hz / (slope / 320000 * 11.325e9), 1, delta=0.2)
        track.reset()
        self.assertEqual((track.frames, track.doppler_hz, track.doppler_sigma_hz), (0, 0, np.inf))

    def test_tones_measured(self):
        rng = np.random.default_rng(4)
        tones = sync.ToneSearch()
        n = np.arange(tones.window_samples)
        comb = sum(np.exp(2j * np.pi * (50e3 + 43949.5 * m) * n / 2.5e6) for m in range(-4, 5))
        found, errors = [], []
        for _ in range(40):
            told = tones.process((0.02 * comb + noise(rng, n.size)).astype(np.complex64))
            if told and abs(told[0].carrier_hz - 50e3) < 1000:  # not a tone off
                found.append(told[0])
                errors.append(told[0].carrier_hz - 50e3)
        cn0 = 10 * np.log10(9 * 0.02**2 * 2.5e6)
        self.assertAlmostEqual(np.mean([f.cn0_db_hz for f in found]), cn0, delta=1)
        self.assertAlmostEqual(found[-1].carrier_sigma_hz / np.std(errors), 1, delta=0.6)
        # Twice the bound of a tone: sqrt(6 / (SNR N^3)) / (2 pi) cycles per sample.
        bound = np.sqrt(6 / (10 ** (found[-1].cn0_db_hz / 10) / 2.5e6 * n.size**3)) / (2 * np.pi) * 2.5e6
        self.assertAlmostEqual(found[-1].carrier_sigma_hz / (2 * bound), 1, delta=0.5)
        self.assertTrue(all(f.statistic > tones.threshold for f in found))
        # C of noise is a sum of nine exponential values cut off at 6, in every bin of the range.
        step = 0.01
        one = np.append(np.exp(-step * np.arange(600)) * (1 - np.exp(-step)), np.exp(-6))
        density = np.ones(1)
        for _ in range(9):
            density = np.convolve(density, one)
        tail = density[::-1].cumsum()[::-1]
        for p in (1e-2, 1e-6):
            at = (sync.ToneSearch(false_alarm=p).threshold - 9 * step / 2) / step
            self.assertAlmostEqual(tail[round(at)] * 600e3 / tones.bin_hz / p, 1, delta=0.05)
        x = (0.02 * comb + noise(rng, n.size)).astype(np.complex64)
        last = tones.process(x)[0]
        spectrum = abs(np.fft.fft(x * np.hanning(n.size))) ** 2
        floor = np.median(spectrum) / np.log(2)
        bins = np.round((last.carrier_hz + 43949.5 * np.arange(-4, 5)) / tones.bin_hz).astype(int)
        shares = max(np.minimum(spectrum[bins + d] / floor, 6).sum() for d in (-1, 0, 1))
        self.assertAlmostEqual(last.statistic / shares, 1, delta=0.1)
        tones.reset()
        told = [tones.process((0.02 * comb + noise(rng, n.size)).astype(np.complex64)) for _ in range(7)]
        self.assertEqual([len(t) for t in told], [0] * 7)  # the floor is learned anew

    def test_canceller_over_a_gap(self):
        rng = np.random.default_rng(5)
        n = np.arange(400_000)
        x = (0.1 * noise(rng, n.size) + np.exp(2j * np.pi * 0.1234 * n)).astype(np.complex64)
        gap = 1003
        power = {}
        for told in (True, False):
            canceller = sync.ToneCanceller()
            canceller.process(x[:300_000])
            self.assertAlmostEqual(canceller.tones[0].power, 1, delta=0.05)
            if told:
                canceller.advance(gap)
            power[told] = (abs(canceller.process(x[300_000 + gap : 300_400 + gap])) ** 2).mean()
        self.assertLess(power[True], 0.02)
        self.assertGreater(power[False], 0.2)
        canceller.reset()
        self.assertEqual(canceller.tones, [])

    def test_whitener_counts(self):
        rng = np.random.default_rng(6)
        whitener = sync.Whitener()
        self.assertEqual(whitener.learned, False)
        n = np.arange(200_000)
        # Half of the band is empty, and a line stands in the other half.
        spectrum = np.fft.fft(noise(rng, n.size))
        spectrum[n.size // 4 : 3 * n.size // 4] *= 1e-4
        x = np.fft.ifft(spectrum) + 3 * np.exp(2j * np.pi * 0.1 * n)
        whitener.learn(x.astype(np.complex64))
        self.assertEqual(whitener.learned, True)
        self.assertAlmostEqual(whitener.usable_band, 0.5, delta=0.05)
        # A line in the middle of a bin is in three bins of a Hann window.
        lined = sync.Whitener()
        lined.learn((noise(rng, n.size) + 3 * np.exp(2j * np.pi * 51 / 512 * n)).astype(np.complex64))
        self.assertEqual((lined.line_bins, lined.usable_band > 0.95), (3, True))

    def test_drift_accumulator_begins_anew(self):
        rng = np.random.default_rng(7)
        made = sync.DriftAccumulator(frames=8, positions=1000, slopes=[0.0], exclusion=50)
        levels = lambda: np.minimum(5.5 * abs(noise(rng, 1, 1000)), 255).astype(np.uint8)
        self.assertEqual([made.add(levels()) for _ in range(5)], [False] * 5)
        made.reset()
        self.assertEqual([made.add(levels()) for _ in range(8)], [False] * 7 + [True])
        # Exponential statistics: the mean of 8 is a gamma variable, the chance shared between the sums.
        from scipy import stats

        expected = stats.gamma.isf(1e-3 / made.sums, 8) / 8
        self.assertAlmostEqual(made.threshold / expected, 1, delta=0.3)
        # Every position, and of +-1 sample per frame those slopes that end a sample apart after 8 frames.
        self.assertEqual(made.sums, 1000 * 16)


if __name__ == "__main__":
    unittest.main()
