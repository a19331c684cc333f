import unittest

import numpy as np

import boresight
from boresight import frame, sync
from scene import noise


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


class KuStreamTest(unittest.TestCase):
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
