import unittest

import numpy as np

from boresight import rx, sync
from scene import noise


class DownlinkTest(unittest.TestCase):
    def test_preamble_in_the_whole_channel(self):
        receiver = rx.PreambleReceiver()
        rng = np.random.default_rng(1)
        x = noise(rng, 3 * 320_000 + 20_000)
        for f in range(3):
            x[10_000 + f * 320_000 :][:2112] += sync.ku_preamble()
        found = receiver.push(x)
        self.assertEqual([round(d.start_samples) for d in found], [10_000, 330_000, 650_000])
        self.assertAlmostEqual(found[0].snr_db, 0, delta=1)
        self.assertEqual(found[0].track, found[2].track)

    def test_nothing_in_nothing(self):
        rng = np.random.default_rng(2)
        x = noise(rng, 100_000)
        self.assertEqual(rx.PilotReceiver().push(x), [])
        tones = rx.ToneReceiver()
        tones.push(x)
        self.assertGreater(tones.stats.windows, 0)


class DownlinkDetectionsTest(unittest.TestCase):
    """The transmitter's side in slices of the channel: what each receiver finds and measures."""

    rate = 10e6

    def preambles(self, frames, doppler_hz, amplitude, seed=1):
        rate, n = self.rate, round(self.rate / 750 * frames) + 4000
        f = np.fft.fftfreq(n) * rate
        order = np.fft.fftshift(f)
        spectrum = np.fft.ifftshift(sync.ku_preamble_spectrum(sync.PreamblePart.both, rate, order[0], rate / n, n))
        starts = 1000.25 + np.arange(frames) * rate / 750 * (1 - doppler_hz / 11.325e9)
        total = (spectrum[None] * np.exp(-2j * np.pi * np.outer(starts, f) / rate)).sum(0)
        wave = np.fft.ifft(total) * np.exp(2j * np.pi * doppler_hz * (np.arange(n) - starts[0]) / rate)
        # Between the preambles goes data of the same power.
        own = np.mod(np.arange(n) - starts[0], rate / 750)
        wave += np.where(own > 8.8e-6 * rate, noise(np.random.default_rng(seed + 1), n), 0)
        return starts, (noise(np.random.default_rng(seed), n) + amplitude * wave).astype(np.complex64)

    def test_preambles(self):
        starts, x = self.preambles(12, 50e3, 2.0)
        x[300:302] = np.nan
        receiver = rx.PreambleReceiver(search=sync.PreambleSearch.Config(sample_rate_hz=self.rate))
        found = receiver.push(x)
        got = [d for d in found]
        self.assertGreaterEqual(len(got), 9)
        for d in got:
            nearest = starts[abs(starts - d.start_samples).argmin()]
            self.assertAlmostEqual(d.sample_index + d.sample_fraction, nearest, delta=0.3)
            self.assertTrue(0 <= d.sample_fraction < 1)
            self.assertAlmostEqual(d.carrier_hz, 50e3, delta=12e3)
            self.assertAlmostEqual(d.snr_db, 20 * np.log10(2), delta=4)
            self.assertGreater(d.statistic, receiver.threshold)
            self.assertEqual((d.frames, d.track), (1, 1))
            self.assertTrue(abs(d.doppler_hz - 50e3) < 5 * d.doppler_sigma_hz, d)
        # A track of a few frames knows the drift, its first frame only the carrier.
        self.assertEqual([d.doppler_from_drift for d in (got[0], got[-1])], [False, True])
        self.assertAlmostEqual(got[-1].doppler_hz, 50e3, delta=6000)
        fit = sync.TemplateFit(sync.preamble_template(self.rate, 0.0))
        self.assertAlmostEqual(receiver.threshold, fit.threshold, delta=3)
        # 4 of signal in 1 + 4 of both.
        self.assertAlmostEqual(np.median([d.statistic for d in got]) / (0.8 * fit.energy), 1, delta=0.3)
        s = receiver.stats
        self.assertEqual((s.detections, s.cleaned_samples, s.line_bins), (len(found), 2, 0))
        self.assertTrue(len(found) <= s.candidates < 100 * s.periods, s)
        self.assertEqual(s.periods, 12)
        self.assertTrue(0.9 < s.usable_band <= 1)
        silent = rx.PreambleReceiver(search=sync.PreambleSearch.Config(sample_rate_hz=self.rate))
        silent.push(np.zeros(x.size, np.complex64))
        self.assertEqual(silent.stats.candidates, 0)
        late = rx.PreambleReceiver(search=sync.PreambleSearch.Config(sample_rate_hz=self.rate))
        late.skip(1_000_000)
        self.assertAlmostEqual(late.push(x)[0].start_samples - 1_000_000, found[0].start_samples, delta=0.5)

    def test_pilots(self):
        rate, frames, doppler = 2.5e6, 40, 3000.0
        period = rate / 750
        n = round(period * frames) + 9000
        t = (np.arange(n) - 2000.5) / rate
        own = np.mod(t, 1 / 750)
        symbol = np.floor(own / 4.4e-6).astype(int) - 2
        inside = (symbol >= 0) & (symbol < 300) & (t >= 0) & (t < frames / 750)
        within = own - (symbol + 2) * 4.4e-6 - 32 / 240e6
        center, wave, pilots = sync.edge_pilot_center_hz(sync.ChannelEdge.upper), np.zeros(n, complex), sync.edge_pilots()
        for column in range(8):
            wave[inside] += pilots[symbol[inside], column] * np.exp(2j * np.pi * (488 + column) * 234375.0 * within[inside])
        wave *= np.exp(2j * np.pi * (doppler - center) * own) * np.sqrt(234375 / rate)
        x = (noise(np.random.default_rng(5), n) + 0.3 * wave).astype(np.complex64)
        x[10] = np.inf
        receiver = rx.PilotReceiver()
        found = receiver.push(x)
        self.assertGreaterEqual(len(found), 4)
        for d in found:
            self.assertAlmostEqual((d.start_samples - 2000.5) % period, 0 if (d.start_samples - 2000.5) % period < 5 else period, delta=0.5)
            self.assertAlmostEqual(d.carrier_hz, doppler, delta=150)
            self.assertAlmostEqual(d.snr_db, 20 * np.log10(0.3), delta=2)
        s = receiver.stats
        self.assertEqual((s.detections, s.cleaned_samples, s.tracks), (len(found), 1, 1))
        self.assertTrue(s.searches == 2 and s.periods == frames + 1, s)
        # exp(-U) for every carrier and place: 600 kHz over 1 / 1.32 ms, a period of 1.875 MHz; half cells cost a little more.
        least = np.log(600e3 * 1.32e-3 * 1.875e6 / 750 / 1e-3)
        self.assertTrue(least < receiver.threshold < least + 5 < min(d.statistic for d in found))
        receiver.skip(0)
        self.assertEqual(receiver.stats.tracks, 0)

    def test_tones(self):
        tones = rx.ToneReceiver()
        n = np.arange(32768 * 8)
        comb = sum(np.exp(2j * np.pi * (50e3 + 43949.5 * m) * n / 2.5e6) for m in range(-4, 5))
        x = (0.05 * comb + noise(np.random.default_rng(4), n.size)).astype(np.complex64)
        x[5] = np.nan
        found = tones.push(x)
        # Half overlapped windows of 32768 samples.
        self.assertEqual((tones.stats.windows, tones.stats.cleaned_samples), (2 * 8 - 1, 1))
        self.assertEqual(tones.stats.detections, len(found))
        self.assertGreaterEqual(len(found), 5)
        for d in found:
            self.assertAlmostEqual(d.carrier_hz, 50e3, delta=5 * d.doppler_sigma_hz)
            self.assertEqual((d.sample_index - 16384) % 16384, 0)
            bound = np.sqrt(6 / (9 * 0.05**2 * 32768**3)) / (2 * np.pi) * 2.5e6
            self.assertAlmostEqual(d.doppler_sigma_hz / (2 * bound), 1, delta=0.4)
        # What is missing breaks the window.
        before = tones.stats.windows
        tones.skip(1000)
        tones.push(x[:32767].copy())
        self.assertEqual(tones.stats.windows, before)


if __name__ == "__main__":
    unittest.main()
