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

    def test_probe(self):
        header = frame.Header(frame.Mcs.qam16_1_2, 700, 3)
        burst = tx.OfdmTransmitter(numerology=self.numerology).transmit(header.mcs, header.sequence, self.payload)
        gains = np.array([1, 0.5j])
        x = np.zeros((2, burst.size + 5000), np.complex64)
        x[:, 2000 : 2000 + burst.size] = gains[:, None] * burst
        x += 0.02 * noise(np.random.default_rng(2), *x.shape)
        receiver = rx.OfdmReceiver(numerology=self.numerology, antennas=2)
        probe = rx.OfdmProbe(numerology=self.numerology, antennas=2)
        receiver.set_probe(probe)
        got = receiver.push(x) + receiver.flush()
        self.assertEqual(([r.payload for r in got], probe.bursts), ([self.payload], 1))
        layout = receiver.burst
        # The metric by its formula where the parts begin.
        p, signs = layout.part_samples, np.array([1, -1, 1, 1, 1])
        at = int(np.argmax(probe.metric))
        place = probe.metric_start + at * probe.metric_stride
        self.assertLessEqual(abs(place - 2000), probe.metric_stride)
        parts = x[:, place : place + 5 * p].reshape(2, 5, p)
        parts = parts - parts.mean(-1, keepdims=True)
        products = (signs[1:] * signs[:-1] * (parts[:, 1:] * parts[:, :-1].conj()).sum(-1)).sum(-1)
        metric = abs((products / (abs(parts) ** 2).sum((1, 2))).sum()) / 2 * 5 / 4
        self.assertAlmostEqual(probe.metric[at], metric, delta=1e-3)
        # Channel, symbols, soft bits: the truth.
        lowest = np.fft.fftfreq(256, 1 / 256)[layout.used_carriers[0]]
        k = np.fft.fftfreq(256, 1 / 256)[layout.used_carriers]
        truth = gains[:, None] * layout.amplitude * np.exp(-2j * np.pi * k * (4 + 2000 - probe.start_sample) / 256)
        np.testing.assert_allclose(probe.channel[:, (k - lowest).astype(int)], truth, atol=0.02)
        np.testing.assert_allclose(10 * np.log10(probe.snr[(k - lowest).astype(int)]), 10 * np.log10(1.25 / 4e-4 * layout.amplitude**2), atol=1)
        points = frame.OfdmFramer(layout, 4096).payload(header, self.payload)
        np.testing.assert_allclose(probe.equalized, points, atol=0.12)
        np.testing.assert_allclose(probe.header_equalized, frame.OfdmFramer(layout, 1).header(header), atol=0.12)
        high = 2 / np.sqrt(10)
        bits = np.stack([points.real < 0, points.imag < 0, abs(points.real) > high, abs(points.imag) > high], -1)
        np.testing.assert_array_equal(probe.llr.reshape(bits.shape) < 0, bits)
        self.assertEqual(probe.symbols, layout.header_symbols + layout.payload_symbols(header))
        # The soft bits are what the receiver read the header and the payload from.
        deframer = frame.OfdmDeframer(layout)
        self.assertEqual(deframer.header(probe.header_llr), header)
        payload, result = deframer.payload(header, probe.llr)
        self.assertEqual((payload, result.ok, result.code_blocks), (self.payload, True, got[0].code_blocks))
        with self.assertRaises(boresight.ConfigError):
            rx.OfdmProbe(numerology=self.numerology, antennas=0)

    def test_framer_and_deframer_refuse(self):
        layout = frame.OfdmBurst(self.numerology)
        header = frame.Header(frame.Mcs.qpsk_1_2, 700, 0)
        with self.assertRaises(boresight.ConfigError):
            frame.OfdmFramer(layout, 600).payload(header, self.payload)
        with self.assertRaises(boresight.ConfigError):
            frame.OfdmFramer(layout, 1000).payload(header, self.payload[:-1])
        with self.assertRaises(boresight.ConfigError):
            frame.OfdmFramer(layout, 1000).header(frame.Header(frame.Mcs.qpsk_1_2, 1 << 20, 0))
        deframer = frame.OfdmDeframer(layout, frame.OfdmDeframer.Config(max_payload_bytes=600))
        with self.assertRaises(boresight.ConfigError):
            deframer.payload(header, np.zeros(2 * layout.payload_carriers(header), np.int8))
        self.assertIsNone(deframer.header(np.zeros(layout.header_coded_bits, np.int8)))

    def test_hostile_samples_and_configurations(self):
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        self.assertEqual(receiver.push(np.full(5000, np.nan, np.complex64)), [])
        self.assertEqual(receiver.stats.cleaned_samples, 5000)
        with self.assertRaises(boresight.ConfigError):
            rx.OfdmReceiver(numerology=self.numerology, antennas=17)
        with self.assertRaises(boresight.ConfigError):
            tx.OfdmTransmitter(numerology=self.numerology).transmit(frame.Mcs.qpsk_1_2, 0, bytes(5000))


class CountersTest(unittest.TestCase):
    def setUp(self):
        plan = ofdm.NumerologyPlan(name="lab", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, lower_guard=20, upper_guard=19,
                                   pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))
        self.numerology = ofdm.make_numerology(plan)
        self.payload = np.random.default_rng(1).integers(0, 256, 700, np.uint8).tobytes()
        self.transmitter = tx.OfdmTransmitter(numerology=self.numerology)
        self.burst = self.transmitter.transmit(frame.Mcs.qam16_1_2, 3, self.payload)

    def test_reception_tells_what_was_sent(self):
        # 0.3 samples late and through a clock that is right; 26 dB.
        rng = np.random.default_rng(2)
        n = 16384
        padded = np.zeros(n, complex)
        padded[1000 : 1000 + self.burst.size] = self.burst
        late = np.fft.ifft(np.fft.fft(padded) * np.exp(-2j * np.pi * np.fft.fftfreq(n) * 0.3))
        x = (late + 0.05 * noise(rng, n)).astype(np.complex64)
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        (got,) = receiver.push(x) + receiver.flush()
        self.assertTrue(got.ok)
        self.assertAlmostEqual(got.start_sample + got.start_fraction, 1000.3, delta=0.05)
        self.assertAlmostEqual(got.clock_offset_ppm, 0, delta=10)
        layout = receiver.burst
        # Over used carriers only: the burst's unit power stands in them alone.
        snr_db = 10 * np.log10(layout.amplitude**2 / 0.05**2)
        for told in (got.snr_db, got.effective_snr_db, got.mer_db):
            self.assertAlmostEqual(told, snr_db, delta=1)
        self.assertEqual((got.bridged_symbols, got.code_blocks_failed), (0, 0))
        self.assertTrue(1 <= got.ldpc_iterations <= 3, got.ldpc_iterations)
        self.assertEqual(layout.numerology.name, "lab")
        self.assertEqual(self.transmitter.burst.numerology.name, "lab")
        s = receiver.stats
        self.assertEqual((s.samples, s.detections, s.preambles, s.bursts_ok), (n, 1, 1, 1))
        self.assertEqual((s.headers_failed, s.too_long, s.payloads_failed, s.truncated), (0, 0, 0, 0))
        symbols = layout.header_symbols + layout.payload_symbols(frame.Header(frame.Mcs.qam16_1_2, 700, 3))
        self.assertTrue(symbols + 2 <= s.transformed_symbols <= symbols + 40, s.transformed_symbols)
        twice = rx.OfdmReceiver(numerology=self.numerology)
        for _ in range(2):
            twice.push(x)
            twice.flush()
        self.assertEqual(twice.stats.transformed_symbols, 2 * s.transformed_symbols)
        # The channel of a delay of 0.3 samples and the SNR on every subcarrier.
        k = np.fft.fftfreq(256, 1 / 256)[layout.used_carriers]
        span = (k - k.min()).astype(int)
        turned = receiver.channel[0, span] / layout.amplitude
        np.testing.assert_allclose(abs(turned), 1, atol=0.05)
        slope = np.angle((turned[1:] * turned[:-1].conj())[np.diff(k) == 1].sum()) * 256 / (2 * np.pi)
        self.assertAlmostEqual(slope % 1, (-0.3) % 1, delta=0.05)
        self.assertAlmostEqual(10 * np.log10(receiver.snr[span].mean()), snr_db, delta=1)
        points = frame.OfdmFramer(layout, 4096).payload(frame.Header(frame.Mcs.qam16_1_2, 700, 3), self.payload)
        last = receiver.equalized
        np.testing.assert_allclose(last, points[-last.size :], atol=0.25)

    def test_a_slow_clock(self):
        # Sixteen times oversampled, so that straight lines do; 60 ppm longer.
        n, ppm = 16384, 60.0
        x = np.zeros(n, complex)
        x[1000 : 1000 + self.burst.size] = self.burst
        spectrum = np.fft.fft(x)
        fine = np.fft.ifft(np.concatenate([spectrum[: n // 2], np.zeros(15 * n), spectrum[n // 2 :]])) * 16
        at, place = np.arange(n) / (1 + ppm * 1e-6), np.arange(16 * n) / 16
        late = np.interp(at, place, fine.real) + 1j * np.interp(at, place, fine.imag)
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        (got,) = receiver.push((late + 0.02 * noise(np.random.default_rng(6), n)).astype(np.complex64)) + receiver.flush()
        self.assertAlmostEqual(got.clock_offset_ppm, ppm, delta=20)

    def test_damage_is_counted(self):
        rng = np.random.default_rng(3)
        layout = self.transmitter.burst
        p = layout.preamble_samples
        no_header = self.burst.copy()
        no_header[p : p + 288 * layout.header_symbols] = noise(rng, 288 * layout.header_symbols)
        no_payload = self.burst.copy()
        tail = p + 288 * layout.header_symbols
        no_payload[tail:] = noise(rng, no_payload.size - tail)
        gap = np.zeros(3000)
        x = np.concatenate([gap, no_header, gap, no_payload, gap, self.burst[: tail + 600]])
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        got = receiver.push((x + 0.02 * noise(rng, x.size)).astype(np.complex64)) + receiver.flush()
        s = receiver.stats
        self.assertEqual((s.preambles, s.headers_failed, s.payloads_failed, s.truncated, s.bursts_ok), (3, 1, 1, 1, 0))
        self.assertEqual([r.ok for r in got], [False])
        self.assertGreater(got[0].code_blocks_failed, 0)
        self.assertEqual(got[0].ldpc_iterations, 20 * got[0].code_blocks)
        short = rx.OfdmReceiver(numerology=self.numerology, max_payload_bytes=600)
        x = np.concatenate([gap, self.burst, gap])
        self.assertEqual(short.push((x + 0.02 * noise(rng, x.size)).astype(np.complex64)) + short.flush(), [])
        self.assertEqual(short.stats.too_long, 1)

    def test_the_end_gives_the_last_burst(self):
        receiver = rx.OfdmReceiver(numerology=self.numerology)
        x = np.concatenate([np.zeros(1000), self.burst]) + 0.02 * noise(np.random.default_rng(4), 1000 + self.burst.size)
        for _ in range(2):  # and the next sample is number 0
            got = receiver.push(x.astype(np.complex64)) + receiver.flush()
            self.assertEqual([(r.start_sample, r.payload) for r in got], [(1000, self.payload)])

    def test_soft_bits_as_received(self):
        # The probe's are still scrambled: the points' own signs.
        receiver, probe = rx.OfdmReceiver(numerology=self.numerology), rx.OfdmProbe(numerology=self.numerology)
        receiver.set_probe(probe)
        x = np.concatenate([np.zeros(1000), self.burst, np.zeros(3000)]) + 0.02 * noise(np.random.default_rng(5), 4000 + self.burst.size)
        receiver.push(x.astype(np.complex64))
        receiver.flush()
        header = frame.Header(frame.Mcs.qam16_1_2, 700, 3)
        points = frame.OfdmFramer(receiver.burst, 4096).header(header)
        bits = np.stack([points.real < 0, points.imag < 0], -1)
        np.testing.assert_array_equal(probe.header_llr.reshape(bits.shape) < 0, bits)


if __name__ == "__main__":
    unittest.main()
