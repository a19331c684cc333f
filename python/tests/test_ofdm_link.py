import unittest

import numpy as np

import boresight
from boresight import frame, ofdm, rx, tx
from scene import noise


class LinkTest(unittest.TestCase):
    def setUp(self):
        plan = ofdm.NumerologyPlan(name="lab", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, lower_guard=20, upper_guard=19,
                                   pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))
        self.numerology = ofdm.make_numerology(plan)
        self.payload = np.random.default_rng(1).integers(0, 256, 700, np.uint8).tobytes()

    def test_one_antenna(self):
        transmitter = tx.OfdmTransmitter(numerology=self.numerology)
        burst = transmitter.transmit(frame.Mcs.qam16_1_2, 3, self.payload)
        self.assertEqual(burst.size, transmitter.burst_samples(frame.Mcs.qam16_1_2, 700))
        self.assertAlmostEqual((np.abs(burst) ** 2).mean(), 1, delta=0.1)
        layout = transmitter.burst
        self.assertEqual(layout.samples(frame.Header(frame.Mcs.qam16_1_2, 700, 3)), burst.size)
        # The parts of the repetition: A, -A, A, A, A.
        p = layout.part_samples
        np.testing.assert_allclose(burst[p : 2 * p], -burst[2 * p : 3 * p], atol=1e-4)
        np.testing.assert_allclose(np.fft.fft(burst[3 * p : 4 * p]) / np.sqrt(p), layout.part, atol=1e-3)
        rng = np.random.default_rng(2)
        x = 0.05 * noise(rng, burst.size + 3000)
        x[1000 : 1000 + burst.size] += burst * np.exp(2j * np.pi * 1e-3 * np.arange(burst.size))
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        got = receiver.push(x[:2000]) + receiver.push(x[2000:]) + receiver.flush()
        self.assertEqual([(r.payload, r.start_sample, r.header.sequence) for r in got], [(self.payload, 1000, 3)])
        self.assertAlmostEqual(got[0].carrier_offset_hz, 1e-3 * 5e6, delta=20)
        self.assertAlmostEqual(got[0].snr_db, 26, delta=1.5)
        self.assertEqual(receiver.channel.shape[0], 1)
        self.assertEqual(receiver.stats.bursts_ok, 1)

    def test_several_antennas_and_a_jammer(self):
        burst = tx.OfdmTransmitter(numerology=self.numerology).transmit(frame.Mcs.qpsk_1_2, 0, self.payload)
        rng = np.random.default_rng(3)
        n = burst.size + 4000
        clean = np.zeros(n, np.complex64)
        clean[1500 : 1500 + burst.size] = burst
        h, jammer = np.array([1, 1j, -1, 0.5]), np.array([1, 1, 1j, -1])
        x = (h[:, None] * clean + 3 * jammer[:, None] * noise(rng, n) + 0.1 * noise(rng, 4, n)).astype(np.complex64)
        receiver = rx.OfdmReceiver(numerology=self.numerology, antennas=4, combining=rx.OfdmCombining.interference_rejection)
        self.assertEqual([r.payload for r in receiver.push(x) + receiver.flush()], [self.payload])
        with self.assertRaises(boresight.ConfigError):
            receiver.push(x[:3])
        with self.assertRaises(boresight.ConfigError):
            receiver.push(x[0])

    def test_hostile_samples_and_configurations(self):
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        self.assertEqual(receiver.push(np.full(5000, np.nan, np.complex64)), [])
        self.assertEqual(receiver.stats.cleaned_samples, 5000)
        with self.assertRaises(boresight.ConfigError):
            rx.OfdmReceiver(numerology=self.numerology, antennas=17)
        with self.assertRaises(boresight.ConfigError):
            tx.OfdmTransmitter(numerology=self.numerology).transmit(frame.Mcs.qpsk_1_2, 0, bytes(5000))


if __name__ == "__main__":
    unittest.main()
