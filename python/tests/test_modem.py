import unittest

import numpy as np

import boresight
from boresight import modem
from boresight.modem import (
    BitMap,
    Constellation,
    Modulation,
    bits_per_symbol,
    llr_scale,
    quantize_llr,
    soft_demap,
    soft_demap_exact,
    soft_demap_matched,
    soft_demap_weighted,
)
from scene import noise


def bits_of(count):
    return (np.arange(2**count)[:, None] >> np.arange(count)[::-1] & 1).astype(np.uint8)


class ConstellationTest(unittest.TestCase):
    def test_maps_are_those_of_the_standards(self):
        for modulation, bits in ((Modulation.qpsk, 2), (Modulation.qam16, 4), (Modulation.qam64, 6), (Modulation.qam256, 8)):
            b = bits_of(bits)
            # TS 38.211 5.1: nested (1 - 2 b)(2^k - ...).
            axis = [1 - 2.0 * b[:, i] for i in range(bits)]
            level_i, level_q, n = axis[bits - 2], axis[bits - 1], bits // 2
            level_i, level_q = np.ones(2**bits), np.ones(2**bits)
            for k in range(n - 1, 0, -1):
                level_i = 2 ** (n - k) - axis[2 * k] * level_i
                level_q = 2 ** (n - k) - axis[2 * k + 1] * level_q
            expected = axis[0] * level_i + 1j * axis[1] * level_q
            expected /= np.sqrt((np.abs(expected) ** 2).mean())
            c = Constellation(modulation)
            np.testing.assert_allclose(c.points(), expected, atol=1e-6)
            np.testing.assert_allclose(c.map(b.ravel()), expected, atol=1e-6)
            self.assertEqual(bits_per_symbol(modulation), bits)
        self.assertAlmostEqual(Constellation(Modulation.bpsk, BitMap.wifi).points()[1], 1)

    def test_errors(self):
        c = Constellation(Modulation.qam16)
        with self.assertRaisesRegex(boresight.ConfigError, "whole number"):
            c.map(np.zeros(5, np.uint8))
        with self.assertRaisesRegex(boresight.ConfigError, "0 or 1"):
            c.map(np.full(4, 2, np.uint8))
        with self.assertRaises(boresight.ConfigError):
            Constellation(Modulation.qam16, BitMap.axis)

    def test_decisions(self):
        c = Constellation(Modulation.qam64)
        y = c.points() + 0.4 * c.half_distance * np.exp(1j * np.arange(64)).astype(np.complex64)
        np.testing.assert_allclose(c.nearest_points(y.astype(np.complex64)), c.points())
        self.assertAlmostEqual(c.squared_error(y.astype(np.complex64)), 64 * (0.4 * c.half_distance) ** 2, places=5)


class DemapperTest(unittest.TestCase):
    def test_is_max_log(self):
        rng = np.random.default_rng(1)
        for modulation in (Modulation.bpsk, Modulation.qpsk, Modulation.qam16, Modulation.qam256):
            c = Constellation(modulation)
            points, b = c.points().astype(complex), bits_of(c.bits)
            y, v = 1.2 * noise(rng, 100), rng.uniform(0.05, 1, 100).astype(np.float32)
            d = np.abs(y[:, None].astype(complex) - points) ** 2 / v[:, None]
            expected = np.stack([d[:, b[:, k] == 1].min(axis=1) - d[:, b[:, k] == 0].min(axis=1) for k in range(c.bits)], axis=1)
            llr = soft_demap(c, y, v)
            self.assertEqual((llr.dtype, llr.shape), (np.int8, (100 * c.bits,)))
            # Half a step of rounding, and one where rounding decides the other way.
            np.testing.assert_allclose(llr, np.clip(llr_scale * expected.ravel(), -127, 127), atol=0.51)
            np.testing.assert_array_equal(llr, soft_demap_weighted(c, y, 1 / v))
            matched = soft_demap_matched(c, (y / v).astype(np.complex64), 1 / v)
            self.assertLessEqual(np.abs(matched.astype(int) - llr).max(), 1)
            e = np.exp(-d)
            exact = np.stack([np.log(e[:, b[:, k] == 0].sum(axis=1) / e[:, b[:, k] == 1].sum(axis=1)) for k in range(c.bits)], axis=1)
            finite = np.isfinite(exact.ravel())
            np.testing.assert_allclose(soft_demap_exact(c, y, v)[finite], exact.ravel()[finite], rtol=1e-6, atol=1e-6)

    def test_quantize(self):
        nats = np.array([0, 0.1, -1, 100, -100, np.nan], np.float32)
        np.testing.assert_array_equal(quantize_llr(nats), [0, 0, -4, 127, -127, 0])

    def test_shapes(self):
        with self.assertRaises(boresight.ConfigError):
            soft_demap(Constellation(Modulation.qpsk), noise(np.random.default_rng(1), 5), np.ones(4, np.float32))


class SlicerTest(unittest.TestCase):
    def test_nearest_point(self):
        constellation = modem.Constellation(modem.Modulation.qam64)
        y = (1.3 * np.random.default_rng(1).normal(size=(500, 2)) @ [1, 1j]).astype(np.complex64)
        points = constellation.points()
        nearest = points[abs(y[:, None] - points).argmin(1)]
        np.testing.assert_allclose(constellation.nearest_points(y), nearest, atol=1e-6)
        np.testing.assert_allclose(constellation.squared_error(y), (abs(y - nearest) ** 2).sum(), rtol=1e-4)
        zero = constellation.nearest_points(np.zeros(1, np.complex64))
        np.testing.assert_array_equal(constellation.nearest_points(np.full(1, np.nan, np.complex64)), zero)


class ToldTest(unittest.TestCase):
    def test_constellations_tell_what_they_are(self):
        c = Constellation(Modulation.qam64, BitMap.wifi)
        self.assertEqual((c.modulation, c.bit_map, c.bits), (Modulation.qam64, BitMap.wifi, 6))
        self.assertEqual(modem.llr_max, 127)
        self.assertEqual(quantize_llr(np.array([1e9], np.float32))[0], modem.llr_max)

    def test_matched_is_the_same(self):
        rng = np.random.default_rng(2)
        c = Constellation(Modulation.qam16)
        y, weight = noise(rng, 200), rng.uniform(1, 10, 200).astype(np.float32)
        told = soft_demap_matched(c, (y * weight).astype(np.complex64), weight)
        self.assertLessEqual(np.abs(told.astype(int) - soft_demap(c, y, 1 / weight)).max(), 1)


if __name__ == "__main__":
    unittest.main()
