import unittest

import numpy as np

import boresight
from boresight import ofdm
from scene import noise


class NumerologyTest(unittest.TestCase):
    def test_presets(self):
        wifi = ofdm.wifi20()
        self.assertEqual((wifi.fft_size, wifi.prefix_samples, wifi.sample_rate_hz), (64, 16, 20e6))
        pilots = wifi.carriers(ofdm.Carrier.pilot)
        self.assertEqual([wifi.signed_index(k) for k in pilots], [-21, -7, 7, 21])
        self.assertEqual(wifi.carriers(ofdm.Carrier.data).size, 48)
        self.assertEqual((ofdm.ku240().subcarrier_spacing_hz, ofdm.ku20().used_carriers().size), (234375.0, 1020))
        np.testing.assert_array_equal(np.flatnonzero(wifi.map() == 2), np.sort(pilots))
        with self.assertRaisesRegex(boresight.ConfigError, "ku240"):
            ofdm.numerology_preset("lte")

    def test_plan_and_json(self):
        plan = ofdm.NumerologyPlan(name="mine", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, lower_guard=20,
                                   upper_guard=19, pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))
        made = ofdm.make_numerology(plan)
        parsed = ofdm.numerology_from_json(
            '{"sample_rate_hz": 5e6, "fft_size": 256, "prefix_samples": 32, "guard_carriers": {"lower": 20, "upper": 19},'
            ' "pilots": {"pattern": "comb", "spacing": 12, "first": 6}}'
        )
        np.testing.assert_array_equal(made.map(), parsed.map())
        with self.assertRaisesRegex(boresight.ConfigError, "lab.json"):
            ofdm.numerology_from_json("{}", "lab.json")


class ModulatorTest(unittest.TestCase):
    def test_is_numpys_fft(self):
        rng = np.random.default_rng(1)
        numerology = ofdm.wifi20()
        x = noise(rng, 3, 64)
        y = ofdm.Modulator(numerology).process(x)
        symbols = np.fft.ifft(x, axis=1) * 8
        np.testing.assert_allclose(y, np.concatenate([symbols[:, -16:], symbols], axis=1).ravel(), atol=1e-5)
        np.testing.assert_array_equal(ofdm.Modulator(numerology).process(x[0]), y[:80])
        demodulator = ofdm.Demodulator(numerology)
        turned = y[16:80] * np.exp(2j * np.pi * (0.003 * np.arange(64) + 0.2))
        np.testing.assert_allclose(demodulator.process(turned.astype(np.complex64), 0.003, 0.2), x[0], atol=1e-5)
        np.testing.assert_allclose(ofdm.remove_carrier(turned.astype(np.complex64), 0.003, 0.2), y[16:80], atol=1e-5)
        with self.assertRaises(boresight.ConfigError):
            demodulator.process(y[:63].copy())
        with self.assertRaises(boresight.ConfigError):
            ofdm.Modulator(numerology).process(x[:, :63])
        with self.assertRaises(boresight.ConfigError):
            demodulator.process(y[:64], np.nan)


class EqualizerTest(unittest.TestCase):
    def test_zero_forcing(self):
        rng = np.random.default_rng(1)
        h, s, n = noise(rng, 64), noise(rng, 64), rng.uniform(0.1, 1, 64).astype(np.float32)
        carriers = np.array([3, 1, 60], np.uint16)
        symbols, variance = ofdm.equalize(h * s, h, n, carriers)
        np.testing.assert_allclose(symbols, s[carriers], rtol=1e-4)
        np.testing.assert_allclose(variance, (n / np.abs(h) ** 2)[carriers], rtol=1e-4)
        n[1] = 0
        self.assertEqual(ofdm.equalize(h * s, h, n, carriers)[1][1], np.float32(ofdm.erased_variance))
        with self.assertRaises(boresight.ConfigError):
            ofdm.equalize(h * s, h, n, np.array([64], np.uint16))

    def test_ramp(self):
        rng = np.random.default_rng(2)
        numerology = ofdm.wifi20()
        k = np.array([numerology.signed_index(i) for i in range(64)])
        data = numerology.carriers(ofdm.Carrier.data)
        h, s, n = noise(rng, 64) + 2, noise(rng, 64), np.full(64, 0.1, np.float32)
        equalizer = ofdm.RampEqualizer(numerology)
        equalizer.set_channel(h, n)
        now = h * 0.7 * np.exp(1j * (0.3 + 0.01 * k))
        symbols, factor = equalizer.process((now * s).astype(np.complex64), 0.3, 0.01, 0.7, 2.0)
        np.testing.assert_allclose(symbols, s[data], atol=1e-4)
        np.testing.assert_allclose(factor * equalizer.weight, (np.abs(now) ** 2 / 0.2)[data], rtol=1e-4)

    def test_combining(self):
        rng = np.random.default_rng(3)
        h, s, n = noise(rng, 3, 50), noise(rng, 50), rng.uniform(0.1, 1, (3, 50)).astype(np.float32)
        y = (h * s + 0.1 * noise(rng, 3, 50)).astype(np.complex64)
        symbols, variance = ofdm.combine(y, h, n)
        g = (np.abs(h) ** 2 / n).sum(axis=0)
        np.testing.assert_allclose(symbols, (h.conj() * y / n).sum(axis=0) / g, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(variance, 1 / g, rtol=1e-4)
        mmse, error = ofdm.to_mmse(symbols, variance)
        np.testing.assert_allclose(mmse, symbols / (1 + variance), rtol=1e-5)
        np.testing.assert_allclose(error, variance / (1 + variance), rtol=1e-5)
        r = np.eye(3) + 10 * np.outer([1, 1j, -1], np.conj([1, 1j, -1]))
        irc = ofdm.InterferenceRejectionCombiner(antennas=3, carriers=50)
        irc.set_covariance(0, r)
        symbols, variance = irc.process(y, h)
        w = np.linalg.solve(r, h)
        np.testing.assert_allclose(symbols, (w.conj() * y).sum(axis=0) / (w.conj() * h).sum(axis=0), rtol=1e-3, atol=1e-4)
        with self.assertRaises(boresight.ConfigError):
            irc.set_covariance(1, r)


class EstimatorTest(unittest.TestCase):
    def setUp(self):
        self.numerology = ofdm.ku20()
        self.rng = np.random.default_rng(1)
        self.used = self.numerology.used_carriers()
        self.known = np.zeros(1024, np.complex64)
        self.known[self.used] = np.exp(2j * np.pi * self.rng.integers(0, 4, self.used.size) / 4)
        k = np.fft.fftfreq(1024) * 1024
        self.h = (np.exp(-2j * np.pi * k * 3.3 / 1024) + 0.3j * np.exp(-2j * np.pi * k * 9.1 / 1024)).astype(np.complex64)
        self.y = self.h * self.known + np.sqrt(0.01) * noise(self.rng, 1024)

    def test_least_squares(self):
        estimator = ofdm.ChannelEstimator(numerology=self.numerology, known=self.known, noise_window=65)
        y = np.stack([self.y, self.h * self.known + np.sqrt(0.01) * noise(self.rng, 1024)]).astype(np.complex64)
        channel, variance = estimator.process(y)
        np.testing.assert_allclose(channel[self.used], y.mean(axis=0)[self.used] / self.known[self.used], atol=1e-5)
        self.assertAlmostEqual(variance[self.used].mean(), 0.01, delta=0.001)
        unused = np.setdiff1d(np.arange(1024), self.used)
        np.testing.assert_array_equal(channel[unused], 0)

    def test_lmmse_is_the_formula(self):
        profile = ofdm.uniform_profile(-2.0, 20.0)
        pilots = self.used[::10]
        estimator = ofdm.LmmseEstimator(numerology=self.numerology, profile=profile, max_snr_db=60.0,
                                        pilots=[ofdm.PilotPosition(0, int(k)) for k in pilots])
        observed = ofdm.least_squares(self.y[pilots].astype(np.complex64), self.known[pilots])
        np.testing.assert_allclose(observed, self.y[pilots] / self.known[pilots], rtol=1e-5)
        channel, result = estimator.process(observed, 0.01)
        signed = np.fft.fftfreq(1024) * 1024
        delays, powers = np.array([t.delay_samples for t in profile]), np.array([t.power for t in profile])
        powers = powers / powers.sum()

        def correlation(a, b):
            d = signed[a][:, None] - signed[b][None]
            return (powers * np.exp(-2j * np.pi * d[..., None] * delays / 1024)).sum(axis=-1)

        n_over_s = result.noise_variance / result.signal_power
        inner = np.linalg.solve(correlation(pilots, pilots) + n_over_s * np.eye(pilots.size), observed)
        some = self.used[::37]
        np.testing.assert_allclose(channel[0][some], correlation(some, pilots) @ inner, atol=2e-3)
        self.assertLess(np.abs(channel[0][self.used] - self.h[self.used]).std(), 0.1)
        each, _ = estimator.process(observed, np.full(pilots.size, 0.01, np.float32))
        np.testing.assert_allclose(each, channel, atol=1e-3)
        self.assertGreater(estimator.mean_square_error(0.01), 0)
        with self.assertRaises(boresight.ConfigError):
            estimator.process(observed[:-1], 0.01)

    def test_profile_and_noise(self):
        estimator = ofdm.DelayProfileEstimator(numerology=self.numerology)
        for _ in range(30):
            y = self.h[self.used] * np.exp(1j * self.rng.uniform(0, 6.28)) + 0.1 * noise(self.rng, self.used.size)
            estimator.add(y.astype(np.complex64))
        self.assertEqual(estimator.symbols, 30)
        delays = np.array([t.delay_samples for t in estimator.profile()])
        self.assertTrue((np.abs(delays - 3.3) < 1).any() and (np.abs(delays - 9.1) < 1).any())
        power = (np.abs(noise(self.rng, 1000)) ** 2).astype(np.float32)
        power[500] = 1000
        variance = ofdm.NoiseEstimator(carriers=1000).process(power)
        self.assertAlmostEqual(np.median(variance), 1, delta=0.15)
        self.assertGreater(variance[500], 100)


class GridTest(unittest.TestCase):
    def facts(self, n):
        return (n.name, n.sample_rate_hz, n.fft_size, n.prefix_samples, n.symbol_samples, n.taper_samples, n.period, n.window_offset)

    def test_presets_are_their_standards(self):
        for n, name, rate in ((ofdm.ku20(), "ku20", 20e6), (ofdm.ku240(), "ku240", 240e6), (ofdm.ku(40e6), "ku", 40e6)):
            self.assertEqual(self.facts(n), (name, rate, 1024, 32, 1056, 0, 1, 16))
            active = np.setdiff1d(np.arange(-512, 512), [-2, -1, 0, 1])
            np.testing.assert_array_equal([n.signed_index(int(k)) for k in n.used_carriers()], active)
            pilots = active[10::20]
            np.testing.assert_array_equal([n.signed_index(int(k)) for k in n.carriers(ofdm.Carrier.pilot)], pilots)
        wifi = ofdm.wifi20()
        self.assertEqual(self.facts(wifi), ("wifi20", 20e6, 64, 16, 80, 0, 1, 8))
        used = [k for k in range(-26, 27) if k]
        np.testing.assert_array_equal([wifi.signed_index(int(k)) for k in wifi.used_carriers()], used)
        for name in ("ku240", "ku20", "wifi20"):
            self.assertEqual(self.facts(ofdm.numerology_preset(name)), self.facts(getattr(ofdm, name)()))

    def test_plans(self):
        plan = ofdm.NumerologyPlan(name="mine", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, taper_samples=8, lower_guard=20,
                                   upper_guard=19, pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.scattered, 12, 6, 3))
        made = ofdm.make_numerology(plan)
        self.assertEqual(self.facts(made), ("mine", 5e6, 256, 32, 288, 8, 4, 8 + 12))
        parsed = ofdm.numerology_from_json(
            '{"sample_rate_hz": 5e6, "fft_size": 128, "prefix_samples": 16, "guard_carriers": {"lower": 10, "upper": 9},'
            ' "pilots": {"pattern": "comb", "spacing": 12, "first": 6}}'
        )
        self.assertEqual(self.facts(parsed)[1:4], (5e6, 128, 16))

    def test_overlapping_symbols(self):
        plan = ofdm.NumerologyPlan(name="lab", sample_rate_hz=5e6, fft_size=64, prefix_samples=16, taper_samples=8, lower_guard=6,
                                   upper_guard=5, pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))
        numerology = ofdm.make_numerology(plan)
        modulator = ofdm.Modulator(numerology)
        self.assertEqual((modulator.symbol_samples, modulator.taper_samples), (80, 8))
        self.assertEqual(ofdm.Demodulator(numerology).fft_size, 64)
        x = noise(np.random.default_rng(1), 3, 64)
        y = np.concatenate([modulator.process(x), modulator.flush()])
        rise = (1 - np.cos(np.pi * (np.arange(8) + 0.5) / 8)) / 2
        expected = np.zeros(3 * 80 + 8, complex)
        for i, symbol in enumerate(np.fft.ifft(x, axis=1) * 8):
            whole = np.concatenate([symbol[-16:], symbol, symbol[:8]])
            whole[:8] *= rise
            whole[-8:] *= 1 - rise
            expected[80 * i : 80 * i + 88] += whole
        np.testing.assert_allclose(y, expected, atol=1e-5)


class MoreEstimatorTest(unittest.TestCase):
    def setUp(self):
        self.numerology = ofdm.ku20()
        self.used = self.numerology.used_carriers()

    def test_uniform_profile(self):
        taps = ofdm.uniform_profile(-2.0, 20.0)
        delays = np.array([t.delay_samples for t in taps])
        np.testing.assert_allclose([t.power for t in taps], 1 / len(taps))
        self.assertAlmostEqual(delays.mean(), -2 + 10)
        # Middles of equal cells from -2 to 18: the variance of a uniform one less that within a cell.
        self.assertAlmostEqual(delays.var(), (20**2 - (20 / len(taps)) ** 2) / 12)

    def test_wiener_error(self):
        profile = ofdm.uniform_profile(-2.0, 12.0)
        pilots = self.used[::20]
        estimator = ofdm.LmmseEstimator(numerology=self.numerology, profile=profile, max_snr_db=60.0,
                                        pilots=[ofdm.PilotPosition(0, int(k)) for k in pilots])
        self.assertEqual(estimator.pilots, pilots.size)
        np.testing.assert_array_equal(estimator.carriers, self.used)
        signed = np.fft.fftfreq(1024) * 1024

        def correlation(taps, a, b):
            delays, powers = np.array([t.delay_samples for t in taps]), np.array([t.power for t in taps])
            return (powers * np.exp(-2j * np.pi * (signed[a][:, None] - signed[b])[..., None] * delays / 1024)).sum(-1)

        n = 0.1
        rpp, rdp = correlation(profile, pilots, pilots), correlation(profile, self.used, pilots)
        w = rdp @ np.linalg.inv(rpp + n * np.eye(pilots.size))
        error = 1 - (w * rdp.conj()).sum(1).real
        self.assertAlmostEqual(estimator.mean_square_error(n) / error.mean(), 1, delta=0.02)
        # What the same weights make of one tap.
        truth = [ofdm.DelayTap(3.0, 1.0)]
        tpp, tdp = correlation(truth, pilots, pilots), correlation(truth, self.used, pilots)
        other = 1 - 2 * (w * tdp.conj()).sum(1).real + ((w @ (tpp + n * np.eye(pilots.size))) * w.conj()).sum(1).real
        self.assertAlmostEqual(estimator.mean_square_error(n, truth) / other.mean(), 1, delta=0.02)
        values = np.linalg.eigvalsh(rpp)
        channel, result = estimator.process(noise(np.random.default_rng(1), pilots.size), 0.1)
        ratio = result.noise_variance / result.signal_power
        self.assertAlmostEqual(result.freedom, (values / (values + ratio)).sum(), delta=0.02)
        self.assertAlmostEqual(result.error_variance / (result.signal_power * estimator.mean_square_error(ratio)), 1, delta=0.02)
        # Eigenvectors that matter at 60 dB, what is left measures noise.
        self.assertLessEqual(abs(estimator.rank - np.count_nonzero(values > 1e-6 * values[-1])), 3)
        self.assertEqual(estimator.spare, pilots.size - estimator.rank)

    def test_profile_is_learned_and_forgotten(self):
        rng = np.random.default_rng(2)
        k = (np.fft.fftfreq(1024) * 1024)[self.used]
        h = np.sqrt(0.7) * np.exp(-2j * np.pi * k * 3 / 1024), np.sqrt(0.3) * np.exp(-2j * np.pi * k * 9 / 1024)
        estimator = ofdm.DelayProfileEstimator(numerology=self.numerology)
        for _ in range(60):
            y = sum(tap * np.exp(1j * rng.uniform(0, 6.28)) for tap in h) + 0.1 * noise(rng, self.used.size)
            estimator.add(y.astype(np.complex64))
        taps = estimator.profile()
        delays, powers = np.array([t.delay_samples for t in taps]), np.array([t.power for t in taps])
        near = lambda delay: powers[abs(delays - delay) < 2.5].sum() / powers.sum()
        self.assertAlmostEqual(near(3), 0.7, delta=0.07)
        self.assertAlmostEqual(near(9), 0.3, delta=0.07)
        estimator.reset()
        self.assertEqual((estimator.symbols, estimator.profile()), (0, []))

    def test_outliers(self):
        power = np.ones(500, np.float32)
        power[[100, 300, 301]] = 50
        estimator = ofdm.NoiseEstimator(carriers=500)
        estimator.process(power)
        self.assertEqual(estimator.outliers, 3)
        self.assertEqual(ofdm.RampEqualizer(ofdm.wifi20()).data_carriers, 48)


if __name__ == "__main__":
    unittest.main()
