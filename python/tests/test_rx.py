import unittest

import numpy as np

import boresight
from boresight import array, beam, fec, frame, modem, ofdm, rx, sim, sync, tx
from scene import FREQUENCY_HZ, direction, line, line_steering, noise


def payloads(count, size):
    return [np.random.default_rng(i).integers(0, 256, size, np.uint8).tobytes() for i in range(count)]


def ku_samples(snr_db=20, mcs=frame.Mcs.qam16_1_2, frames=2, seed=1):
    sent = payloads(frames, 4000)
    transmitter = tx.KuTransmitter()
    signal = np.concatenate([transmitter.transmit(mcs, i, p) for i, p in enumerate(sent)])
    x = np.concatenate([np.zeros(2000, np.complex64), signal, np.zeros(20000, np.complex64)])
    x = x * np.exp(2j * np.pi * 0.4 / 1024 * np.arange(x.size)) + 10 ** (-snr_db / 20) * noise(np.random.default_rng(seed), x.size)
    return sent, x.astype(np.complex64)


class KuReceiverTest(unittest.TestCase):
    def test_frames(self):
        sent, x = ku_samples()
        receiver = rx.KuReceiver()
        frames = sum((receiver.push(piece) for piece in np.array_split(x, 7)), [])
        self.assertEqual([f.payload for f in frames], sent)
        self.assertEqual([f.start_sample for f in frames], [2000, 322000])
        self.assertEqual(frames[1].header, frame.Header(frame.Mcs.qam16_1_2, 4000, 1))
        self.assertAlmostEqual(frames[0].carrier_offset_hz, 0.4 * 19531.25, delta=20)
        self.assertAlmostEqual(frames[0].snr_db, 20, delta=0.7)
        self.assertEqual(receiver.tracking_state, rx.KuReceiver.TrackingState.freewheeling)
        self.assertEqual(receiver.stats.frames_ok, 2)
        whole = rx.receive_oneshot(x.astype(np.complex128), 20e6)
        self.assertEqual([f.payload for f in whole], sent)

    def test_probe_shows_every_stage(self):
        sent, x = ku_samples(snr_db=25)
        receiver, probe = rx.KuReceiver(), rx.KuProbe()
        receiver.set_probe(probe)
        self.assertEqual((probe.frames, probe.equalized.shape, probe.correlation.size), (0, (0, 969), 0))
        received = receiver.push(x[:322_500])
        self.assertEqual((len(received), probe.frames, probe.start_sample), (1, 1, 2000))
        # Correlation: its peak stands where the PSS body begins.
        peak = probe.correlation_start + int(np.argmax(probe.correlation))
        self.assertEqual(peak, 2032)
        # Channel: flat but for the delay of the window, of unit modulus; noise as it was added.
        used = ofdm.ku20().used_carriers()
        np.testing.assert_allclose(np.abs(probe.channel[used]), 1, atol=0.1)
        self.assertAlmostEqual(10 * np.log10(probe.noise_variance[used].mean()), -25, delta=0.7)
        # Equalized symbols: what the framer sent, with that noise.
        header = received[0].header
        framer = frame.Framer()
        points = np.concatenate([framer.header(header), framer.payload(header, sent[0])]).reshape(300, 969)
        self.assertEqual(probe.equalized.shape, (300, 969))
        self.assertAlmostEqual(10 * np.log10((np.abs(probe.equalized - points) ** 2).mean()), -25, delta=0.7)
        # LLRs: what the demapper says of them, and what the deframer reads.
        self.assertEqual((probe.llr.shape, probe.header_llr.shape), ((298, 969 * 4), (2, 1938)))
        self.assertEqual(frame.Deframer().header(probe.header_llr.ravel()), header)
        bits, result = frame.Deframer().payload(header, np.ascontiguousarray(probe.llr).ravel())
        self.assertEqual((bits, result.ok), (sent[0], True))
        # Views: read-only, without a copy, and alive when everything else is not.
        llr = probe.llr
        self.assertFalse(llr.flags.writeable or llr.flags.owndata)
        kept = llr.copy()
        del probe, receiver
        np.testing.assert_array_equal(llr, kept)

    def test_probe_changes_nothing(self):
        _, x = ku_samples(snr_db=8)
        plain, probed = rx.KuReceiver(), rx.KuReceiver()
        probed.set_probe(rx.KuProbe())
        one, two = plain.push(x), probed.push(x)
        self.assertEqual([repr(f) for f in one], [repr(f) for f in two])
        probed.set_probe(None)
        probed.push(x)

    def test_skip_and_reset(self):
        sent, x = ku_samples(frames=3)
        receiver = rx.KuReceiver()
        frames = receiver.push(x[:400_000]) + receiver.skip(1000) + receiver.push(x[401_000:])
        self.assertEqual([f.start_sample for f in frames], [2000, 322000, 642000])
        self.assertEqual([f.payload for f in frames if f.ok][-1], sent[2])
        receiver.reset(5)
        self.assertFalse(receiver.locked)


class ReceiverTest(unittest.TestCase):
    def test_jammed_array(self):
        sent, x = ku_samples(snr_db=300, mcs=frame.Mcs.qpsk_1_2)
        rng = np.random.default_rng(3)
        elements = line_steering(8, 10)[:, None] * x + 30 * line_steering(8, -35)[:, None] * noise(rng, x.size) + 0.5 * noise(rng, 8, x.size)
        elements = (0.01 * elements).astype(np.complex64)
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = line(8)
        config.front_end.beamformer.carrier_hz = FREQUENCY_HZ
        receiver, probe = rx.Receiver(config), rx.KuProbe()
        receiver.set_direction(direction(10))
        receiver.set_probe(probe)
        frames = receiver.push(elements) + receiver.flush()
        self.assertEqual([f.payload for f in frames], sent)
        self.assertEqual(probe.frames, 2)
        # Probes of the array end.
        block = receiver.elements
        self.assertEqual(block.shape[0], 8)
        np.testing.assert_array_equal(block, elements[:, -block.shape[1] :])
        np.testing.assert_allclose(receiver.beam, receiver.weights.conj() @ block, atol=1e-3)
        np.testing.assert_allclose(receiver.steering, line_steering(8, 10), atol=1e-9)
        self.assertLess(abs(np.vdot(receiver.weights, line_steering(8, -35))), 1e-2)
        self.assertEqual(receiver.front_end_stats.samples, x.size)
        # The same in 16 bits, as a radio would bring it.
        scale = 8000
        pairs = np.stack([elements.real, elements.imag], axis=-1)
        again = rx.Receiver(config)
        again.set_direction(direction(10))
        frames = again.push(np.round(pairs * scale).astype(np.int16)) + again.flush()
        self.assertEqual([f.payload for f in frames], sent)

    def test_calibrated_subbands(self):
        sent, x = ku_samples(snr_db=300, mcs=frame.Mcs.qpsk_1_2, frames=3)
        rng = np.random.default_rng(3)
        jammer = 30 * noise(rng, x.size)
        elements = line_steering(4, 10)[:, None] * x + line_steering(4, -35)[:, None] * jammer + 0.5 * noise(rng, 4, x.size)
        elements *= np.array([1, 0.8, 1.2j, -0.9])[:, None]
        elements = (0.01 * elements).astype(np.complex64)
        channels = [array.ChannelCalibration(gain=g, phase_rad=p) for g, p in ((1, 0), (0.8, 0), (1.2, np.pi / 2), (0.9, np.pi))]
        config = rx.Receiver.Config()
        config.front_end.subband = beam.SubbandBeamformer.Config(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, subbands=32)
        config.front_end.calibration = array.CalibrationCorrector.Config(
            calibration=array.Calibration(channels=channels), sample_rate_hz=20e6)
        self.assertEqual(config.front_end.subband.subbands, 32)
        receiver = rx.Receiver(config)
        receiver.set_direction(direction(10))
        frames = receiver.push(elements)
        # The last block as it came, and one that ends before it by the latency, its faults taken away.
        raw, calibrated = receiver.elements, receiver.calibrated
        self.assertEqual(calibrated.shape, raw.shape)
        np.testing.assert_allclose(calibrated[1:].std(axis=1), calibrated[0].std(), rtol=0.02)
        self.assertEqual((receiver.weights.shape, receiver.steering.shape), ((32, 4), (32, 4)))
        self.assertIsInstance(receiver.beamformer_stats, beam.SubbandWeights.Stats)
        frames += receiver.flush()
        # The first preamble is over before there is anything to learn from.
        self.assertEqual([f.payload for f in frames if f.ok][-2:], sent[1:])
        self.assertEqual(frames[-1].start_sample, 2000 + 2 * 320_000)

    def test_one_beamformer(self):
        config = rx.Receiver.Config()
        self.assertIsNone(config.front_end.subband)
        config.front_end.beamformer.geometry = line(4)
        config.front_end.subband = beam.SubbandBeamformer.Config(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6)
        with self.assertRaisesRegex(boresight.ConfigError, "beamformer and subband are both given"):
            rx.Receiver(config)
        plain = rx.Receiver.Config()
        plain.front_end.beamformer.geometry = line(4)
        plain.front_end.beamformer.carrier_hz = FREQUENCY_HZ
        receiver = rx.Receiver(plain)
        receiver.push(np.ones((4, 10_000), np.complex64))
        np.testing.assert_array_equal(receiver.calibrated, receiver.elements)

    def test_wrong_arrays(self):
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = line(8)
        config.front_end.beamformer.carrier_hz = FREQUENCY_HZ
        receiver = rx.Receiver(config)
        with self.assertRaises(boresight.ConfigError):
            receiver.push(np.zeros((7, 10), np.complex64))
        x = np.full((8, 10_000), np.nan, np.complex64)
        self.assertEqual(receiver.push(x), [])
        self.assertEqual(receiver.front_end_stats.samples_cleaned, 80_000)


class WifiReceiverTest(unittest.TestCase):
    def test_frames(self):
        psdu = frame.write_fcs(payloads(1, 300)[0])
        transmitter = tx.WifiTransmitter()
        legacy = transmitter.transmit(frame.WifiRate.r24, psdu)
        ht = transmitter.transmit_ht(frame.HtSignal(mcs=4, ldpc=True), psdu)
        gap = np.zeros(500, np.complex64)
        x = np.concatenate([gap, legacy, gap, ht, gap]) * np.exp(2j * np.pi * 0.003 * np.arange(1500 + legacy.size + ht.size))
        x = (x + 0.03 * noise(np.random.default_rng(1), x.size)).astype(np.complex64)
        receiver = rx.WifiReceiver()
        first = receiver.push(x[: 900 + legacy.size])
        self.assertEqual([(f.psdu, f.fcs_ok, f.start_sample) for f in first], [(psdu, True, 500)])
        self.assertEqual(receiver.equalized.shape, (frame.wifi_data_symbols(frame.WifiRate.r24, len(psdu)), 48))
        qam16 = modem.Constellation(modem.Modulation.qam16, modem.BitMap.wifi)
        error = qam16.squared_error(receiver.equalized.ravel()) / receiver.equalized.size
        self.assertAlmostEqual(-10 * np.log10(error), first[0].mer_db, delta=1)
        second = receiver.push(x[900 + legacy.size :]) + receiver.flush()
        self.assertEqual([(f.format, f.ht.mcs, f.mpdus) for f in second], [(rx.WifiFormat.ht, 4, [(psdu, True)])])
        self.assertEqual((receiver.stats.frames, receiver.channel.size), (2, 64))
        self.assertAlmostEqual(first[0].carrier_offset_hz, 0.003 * 20e6, delta=500)


class WifiProbeTest(unittest.TestCase):
    def test_stages(self):
        rng = np.random.default_rng(3)
        psdu = frame.write_fcs(payloads(1, 300)[0])
        sent = tx.WifiTransmitter().transmit(frame.WifiRate.r24, psdu)
        paths = np.array([1, 0, 0, 0.4j])
        x = np.concatenate([np.zeros(1000), np.convolve(sent, paths), np.zeros(500)])
        x = (x + 0.01 * noise(rng, x.size)).astype(np.complex64)
        receiver, probe = rx.WifiReceiver(), rx.WifiProbe()
        receiver.set_probe(probe)
        self.assertEqual((probe.frames, probe.llr.shape), (0, (0, 48)))
        frames = receiver.push(x) + receiver.flush()
        self.assertEqual(([f.psdu for f in frames], probe.frames), ([psdu], 1))
        # Windows of 128 samples, 16 apart, correlated with what was 16 samples before.
        at = probe.correlation_start + 16 * np.arange(probe.correlation_2.size)
        groups = lambda first: x[first : first + 128].reshape(8, 16) - x[first : first + 128].reshape(8, 16).mean(1, keepdims=True)
        for first, value in zip(at, probe.correlation_2):
            if first >= 16 and value > 0.5:
                b, a = groups(first), groups(first - 16)
                rho = ((b * a.conj()).sum(1) / np.sqrt((abs(a) ** 2).sum(1) * (abs(b) ** 2).sum(1))).mean()
                self.assertAlmostEqual(value, abs(rho) ** 2, delta=1e-4)
        self.assertGreater(probe.correlation_2.max(), 0.9)
        self.assertEqual(probe.amplitudes_start + probe.amplitudes.argmax(), 1192)
        # The channel is the transform of its paths, seen through a window that opens early.
        k = np.fft.fftfreq(64, 1 / 64)
        used = np.flatnonzero(frame.wifi_long_training())
        truth = np.sqrt(64 / 52) * np.fft.fft(paths, 64) * np.exp(-2j * np.pi * k * (1000 + 4 - probe.start_sample) / 64)
        np.testing.assert_allclose(probe.channel[used], truth[used], atol=0.03)
        np.testing.assert_allclose(probe.noise_variance[used], 1e-4, rtol=0.5)
        # Symbols and soft bits against the transform of what was sent.
        symbols = probe.equalized.shape[0]
        bins = np.fft.fft(sent[400 : 400 + 80 * symbols].reshape(symbols, 80)[:, 16:], axis=1) / 8 * np.sqrt(52 / 64)
        order = [i for i in range(-26, 27) if i not in (-21, -7, 0, 7, 21)]
        points = bins[:, order]
        self.assertLess(np.abs(probe.equalized - points).max(), 0.1)
        bits = np.stack([points.real > 0, abs(points.real) < 2 / np.sqrt(10), points.imag > 0, abs(points.imag) < 2 / np.sqrt(10)], -1)
        np.testing.assert_array_equal(probe.llr.reshape(bits.shape) < 0, bits)
        signal = np.fft.fft(sent[336:400])[order] / 8 * np.sqrt(52 / 64)
        np.testing.assert_allclose(probe.header_equalized[0], signal, atol=0.1)
        np.testing.assert_array_equal(probe.header_llr[0] < 0, signal.real > 0)

    def test_lifetimes(self):
        receiver = rx.WifiReceiver()
        receiver.set_probe(rx.WifiProbe())  # which the receiver keeps
        receiver.push(noise(np.random.default_rng(1), 10_000))
        probe = rx.WifiProbe()
        view = probe.channel
        del probe
        np.testing.assert_array_equal(view, 0)
        receiver.set_probe(None)
        with self.assertRaises(TypeError):
            receiver.set_probe(rx.KuProbe())


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


if __name__ == "__main__":
    unittest.main()
