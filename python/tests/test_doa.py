import unittest

import numpy as np

from boresight.doa import SampleCovariance


def noise(rng, *shape):
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)


class SampleCovarianceTest(unittest.TestCase):
    def test_is_the_numpy_one_liner(self):
        x = noise(np.random.default_rng(1), 5, 1000)
        covariance = SampleCovariance(5)
        covariance.update(x[:, :300].copy())
        covariance.update(x[:, 300:].copy())
        wide = x.astype(np.complex128)
        self.assertEqual(covariance.snapshots, 1000)
        # Products are summed in float over short runs.
        np.testing.assert_allclose(covariance.matrix(), wide @ wide.conj().T / 1000, atol=2e-6)
        covariance.reset()
        np.testing.assert_array_equal(covariance.matrix(), np.zeros((5, 5)))

    def test_forgetting(self):
        covariance = SampleCovariance(1, forgetting=0.5)
        covariance.update(np.full((1, 100), 1, np.complex64))
        covariance.update(np.full((1, 100), 2j, np.complex64))
        self.assertAlmostEqual(covariance.matrix()[0, 0], (50 * 1 + 100 * 4) / 150)

    def test_wrong_arrays(self):
        covariance = SampleCovariance(4)
        for wrong in (np.zeros((4, 8)), np.zeros((4, 8), np.complex128), np.zeros((8, 4), np.complex64).T):
            with self.assertRaises(TypeError):
                covariance.update(wrong)
        for wrong in (np.zeros((3, 8), np.complex64), np.zeros(8, np.complex64)):
            with self.assertRaises(ValueError):
                covariance.update(wrong)
        with self.assertRaises(ValueError):
            SampleCovariance(4, forgetting=0.0)


if __name__ == "__main__":
    unittest.main()
