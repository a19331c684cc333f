"""The closed forms against sums over the library's own constellations, numerical integration and counting."""

import math
import unittest
import warnings

import numpy as np
import scipy.integrate
import scipy.stats

import boresight
from boresight import modem, theory
from boresight.modem import Modulation

MODULATIONS = [Modulation.bpsk, Modulation.qpsk, Modulation.qam16, Modulation.qam64, Modulation.qam256,
               Modulation.qam1024]


def by_region(modulation, snr_db):
    """(bit, symbol) error rate: the probability of every decision for every point, from where the points lie."""
    bits = modem.bits_per_symbol(modulation)
    labels = (np.arange(1 << bits)[:, None] >> np.arange(bits)) & 1
    points = modem.Constellation(modulation).map(labels.astype(np.uint8).ravel()).astype(complex)
    if bits == 1:
        points *= abs(points[0]) / points[0]  # onto one axis
    deviation = math.sqrt(10 ** (-snr_db / 10) / 2)
    right = np.ones((1 << bits, 1 << bits))  # [sent, decided]
    for axis in (points.real, points.imag):
        _, first, at = np.unique(np.round(axis, 5), return_index=True, return_inverse=True)
        levels = axis[first]
        edges = np.r_[-np.inf, (levels[1:] + levels[:-1]) / 2, np.inf]
        # Of the two tails the smaller, which keeps its digits.
        low, high = (edges[:-1] - levels[:, None]) / deviation, (edges[1:] - levels[:, None]) / deviation
        inside = np.where(low > 0, scipy.stats.norm.sf(low) - scipy.stats.norm.sf(high),
                          scipy.stats.norm.cdf(high) - scipy.stats.norm.cdf(low))
        right *= inside[np.ix_(at, at)]
    wrong_bits = np.count_nonzero(labels[:, None] != labels, axis=2)
    return np.sum(right * wrong_bits) / (bits << bits), np.sum(right * (wrong_bits > 0)) / (1 << bits)


def mean_over_fading(rate, snr_db, branches):
    """The mean over the SNR of `branches` antennas, gamma-distributed; over log SNR, where the integrand is smooth."""
    def integrand(t):
        return float(rate(snr_db + 10 * math.log10(math.exp(t)))) * math.exp(branches * t - math.exp(t))

    return scipy.integrate.quad(integrand, -40, 6, epsrel=1e-11, epsabs=0, limit=400)[0] / math.gamma(branches)


class NoiseTest(unittest.TestCase):
    def test_is_the_sum_over_the_points(self):
        # The points are complex64: 6e-8 off, which at 6 standard deviations moves the rate by 6^2 times as much.
        for modulation in MODULATIONS:
            bits = modem.bits_per_symbol(modulation)
            for snr_db in (-10.0, 0.0, 5.0, 10.0, 3.0 * bits + 6.0):
                expected = by_region(modulation, snr_db)
                found = theory.bit_error_rate(bits, snr_db), theory.symbol_error_rate(bits, snr_db)
                with self.subTest(f"{modulation} {snr_db}"):
                    self.assertGreater(expected[0], 1e-9)
                    np.testing.assert_allclose(found, expected, rtol=5e-6)

    def test_is_what_papers_print(self):
        # BPSK at Eb/N0 = 9.6 dB: 1e-5; 16-QAM as the sum that everybody writes down.
        self.assertAlmostEqual(float(theory.bit_error_rate(1, 9.5879)), 1e-5, delta=2e-9)
        snr_db = np.linspace(-5, 30, 36)
        d = np.sqrt(10 ** (snr_db / 10) / 5)
        q = scipy.stats.norm.sf
        np.testing.assert_allclose(theory.bit_error_rate(4, snr_db), 0.75 * q(d) + 0.5 * q(3 * d) - 0.25 * q(5 * d),
                                   rtol=1e-10)
        # Gray mapping: at high SNR one bit per wrong symbol.
        for bits in (2, 4, 6, 8, 10, 12):
            ratio = theory.symbol_error_rate(bits, 3 * bits + 12) / theory.bit_error_rate(bits, 3 * bits + 12)
            self.assertAlmostEqual(ratio, bits, delta=1e-4 * bits)

    def test_a_sweep_finds_it(self):
        def task(point, rng):
            constellation = modem.Constellation(Modulation.qam64)
            bits = rng.integers(0, 2, 60_000, dtype=np.uint8)
            deviation = math.sqrt(10 ** (-point / 10) / 2)
            noise = deviation * (rng.standard_normal(10_000) + 1j * rng.standard_normal(10_000))
            received = (constellation.map(bits) + noise).astype(np.complex64)
            soft = modem.soft_demap(constellation, received, np.full(10_000, 2 * deviation**2, np.float32))
            wrong = ((soft < 0) != bits).reshape(-1, 6)
            return {"errors": np.count_nonzero(wrong), "trials": wrong.size,
                    "symbols": np.count_nonzero(wrong.any(axis=1)), "all": len(wrong)}

        result = boresight.sweep(task, [8, 14, 18], stop_at=2000, progress=False)
        for expected, counters in ((theory.bit_error_rate, ("errors", "trials")),
                                   (theory.symbol_error_rate, ("symbols", "all"))):
            low, high = result.interval(*counters, confidence=0.9999)
            rate = expected(6, [8, 14, 18])
            self.assertTrue(np.all((low <= rate) & (rate <= high)), (low, rate, high))


class FadingTest(unittest.TestCase):
    def test_is_the_integral(self):
        for bits in (1, 2, 4, 6, 10):
            for snr_db in (-5.0, 10.0, 40.0):
                for branches in (1, 2, 4):
                    expected = mean_over_fading(lambda x: theory.bit_error_rate(bits, x), snr_db, branches)
                    with self.subTest(bits=bits, snr_db=snr_db, branches=branches):
                        np.testing.assert_allclose(theory.rayleigh_bit_error_rate(bits, snr_db, branches), expected,
                                                   rtol=1e-8)
                expected = mean_over_fading(lambda x: theory.symbol_error_rate(bits, x), snr_db, 1)
                with self.subTest(bits=bits, snr_db=snr_db):
                    np.testing.assert_allclose(theory.rayleigh_symbol_error_rate(bits, snr_db), expected, rtol=1e-8)

    def test_is_what_is_counted(self):
        # QPSK on two antennas with maximum ratio combining; 4.5 standard deviations of a count.
        rng = np.random.default_rng(5)
        n, snr_db = 400_000, 4.0
        h = rng.standard_normal((2, n, 2)) @ [1, 1j] / math.sqrt(2)
        noise = rng.standard_normal((2, n, 2)) @ [1, 1j] / math.sqrt(2 * 10 ** (snr_db / 10))
        symbol = (1 + 1j) / math.sqrt(2)
        combined = np.sum(np.conj(h) * (h * symbol + noise), axis=0)
        wrong = (combined.real < 0).mean()
        expected = float(theory.rayleigh_bit_error_rate(2, snr_db, 2))
        self.assertAlmostEqual(wrong, expected, delta=4.5 * math.sqrt(expected / n))

    def test_slope(self):
        # At high SNR: 1 / (4 SNR) for BPSK, and per branch ten times as good with every 10 dB.
        self.assertAlmostEqual(theory.rayleigh_bit_error_rate(1, 90.0) * 4e9, 1.0, places=7)
        for branches in (1, 2, 3):
            a, b = theory.rayleigh_bit_error_rate(6, [80.0, 90.0], branches)
            self.assertAlmostEqual(a / b, 10**branches, delta=1e-4 * 10**branches)


class EdgesTest(unittest.TestCase):
    def test_limits(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for function in (theory.bit_error_rate, theory.rayleigh_bit_error_rate):
                for bits in (1, 2, 4, 10, 16):
                    found = function(bits, [-np.inf, np.inf, np.nan, -1e4, 1e4])
                    np.testing.assert_allclose(found, [0.5, 0, np.nan, 0.5, 0], atol=1e-12)
            for function in (theory.symbol_error_rate, theory.rayleigh_symbol_error_rate):
                for bits in (1, 2, 4, 10, 16):
                    found = function(bits, [-np.inf, np.inf, np.nan, -1e4, 1e4])
                    guess = 1 - 0.5**bits  # the nearest point to anywhere
                    np.testing.assert_allclose(found[[1, 2, 4]], [0, np.nan, 0])
                    self.assertLessEqual(found[0], guess + 1e-12)
            self.assertEqual(theory.bit_error_rate(4, np.zeros((2, 3))).shape, (2, 3))
            self.assertEqual(theory.symbol_error_rate(4, 0.0).shape, ())
            self.assertEqual(theory.rayleigh_bit_error_rate(4, []).shape, (0,))

    def test_frames(self):
        rate = np.array([0, 1e-18, 1e-3, 0.5, 1, np.nan])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = theory.frame_error_rate(rate, 1000)
        np.testing.assert_allclose(found, [0, 1e-15, 1 - 0.999**1000, 1, 1, np.nan], rtol=1e-12)
        self.assertAlmostEqual(float(theory.frame_error_rate(0.25, 1)), 0.25, places=15)

    def test_frames_are_what_is_counted(self):
        # 16-QAM by its decision regions; 4.5 standard deviations of a count.
        rng = np.random.default_rng(6)
        sent = rng.integers(0, 4, (50_000, 8, 2))
        received = 2 * sent - 3 + math.sqrt(5 / 10**1.4) * rng.standard_normal(sent.shape)  # Es = 10 in these units
        decided = np.clip(np.round((received + 3) / 2), 0, 3)
        counted = (decided != sent).any(axis=(1, 2)).mean()
        expected = float(theory.frame_error_rate(theory.symbol_error_rate(4, 14.0), 8))
        self.assertAlmostEqual(counted, expected, delta=4.5 * math.sqrt(expected / 50_000))

    def test_what_cannot_be(self):
        for bits in (0, -2, 3, 5, 18):
            for function in (theory.bit_error_rate, theory.symbol_error_rate, theory.rayleigh_bit_error_rate,
                             theory.rayleigh_symbol_error_rate):
                with self.assertRaisesRegex(ValueError, "bits_per_symbol"):
                    function(bits, 0.0)
        for call in (lambda: theory.rayleigh_bit_error_rate(2, 0.0, 0), lambda: theory.frame_error_rate(1.1, 8),
                     lambda: theory.frame_error_rate(-0.1, 8), lambda: theory.frame_error_rate(0.1, 0)):
            with self.assertRaises(ValueError):
                call()
        for call in (lambda: theory.bit_error_rate(modem.Modulation.qam16, 0.0), lambda: theory.bit_error_rate(2.0, 0.0),
                     lambda: theory.frame_error_rate(0.1, 1.5)):
            with self.assertRaisesRegex(TypeError, "whole number"):
                call()
        with self.assertRaisesRegex(ValueError, "branches: 1000"):
            theory.rayleigh_bit_error_rate(4, 10.0, 1000)

    def test_numbers_of_numpy(self):
        for bits in np.array([2, 4, 6]):
            self.assertEqual(theory.bit_error_rate(bits, 3.0), theory.bit_error_rate(int(bits), 3.0))


if __name__ == "__main__":
    unittest.main()
