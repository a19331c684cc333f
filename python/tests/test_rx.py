import math
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


class KuCountersTest(unittest.TestCase):
    def test_frames_tell_what_was_sent(self):
        sent, x = ku_samples(snr_db=20, frames=3)
        # A sample clock that is slow by 10 ppm: a frame of 320,000 samples is 3.2 samples longer.
        ppm = 10.0
        at = np.arange(x.size) / (1 + ppm * 1e-6)
        whole = at.astype(int)
        taps = np.arange(-15, 17)
        kernel = np.sinc(taps - (at - whole)[:, None]) * np.hanning(34)[1:-1]
        padded = np.pad(x, 32)
        stretched = (padded[whole[:, None] + 32 + taps] * kernel).sum(1).astype(np.complex64)
        receiver = rx.KuReceiver()
        frames = receiver.push(stretched)
        self.assertEqual([f.payload for f in frames], sent)
        for f in frames:
            self.assertAlmostEqual(f.clock_offset_ppm, ppm, delta=1)
            self.assertEqual((f.code_blocks, f.code_blocks_failed, f.bridged_symbols), (math.ceil((32_000 + 24) / (8448 - 24)), 0, 0))
        stats = receiver.stats
        self.assertEqual((stats.frames_detected, stats.headers_failed, stats.payloads_failed), (3, 0, 0))
        self.assertEqual((stats.acquisitions, stats.candidates), (1, 1))

    def test_iterations_failures_and_missed_frames(self):
        # At 1 dB 16-QAM of rate 1/2 is lost, the header is not; then the signal is gone.
        rng = np.random.default_rng(9)
        long = payloads(1, 70_000)[0]
        signal = np.concatenate([tx.KuTransmitter().transmit(frame.Mcs.qam16_1_2, i, long) for i in range(2)])
        x = np.concatenate([np.zeros(2000), signal, np.zeros(700_000)])
        receiver = rx.KuReceiver()
        frames = receiver.push((x + 10 ** (-1 / 20) * noise(rng, x.size)).astype(np.complex64))
        self.assertEqual([f.ok for f in frames], [False, False])
        self.assertEqual((receiver.stats.payloads_failed, receiver.stats.frames_ok), (2, 0))
        self.assertGreater(frames[0].code_blocks_failed, 0)
        # None is read at this SNR: each takes as many iterations as are allowed.
        each = frames[0].ldpc_iterations / frames[0].code_blocks_failed
        self.assertEqual((each, frames[0].code_blocks_failed), (round(each), frames[0].code_blocks))
        self.assertEqual(receiver.stats.frames_missed, 3)

    def test_probes_of_the_last_frame(self):
        sent, x = ku_samples(snr_db=300, frames=1)
        n = np.random.default_rng(3)
        x = (x + 0.03 * noise(n, x.size)).astype(np.complex64)
        receiver, probe = rx.KuReceiver(), rx.KuProbe()
        receiver.set_probe(probe)
        frames = receiver.push(x)
        self.assertEqual(probe.symbols, 300)
        # Pilots of unit power in noise, and what the estimate adds.
        self.assertAlmostEqual(frames[0].mer_db, -20 * np.log10(0.03), delta=1.5)
        np.testing.assert_allclose(receiver.channel, probe.channel, atol=1e-6)
        np.testing.assert_allclose(receiver.noise_variance, probe.noise_variance, rtol=1e-5)
        np.testing.assert_allclose(receiver.equalized, probe.equalized[-1], atol=1e-5)
        # The PSS statistic by its formula: differential sum of the eight parts against the power.
        body = sync.pss()[32:]
        at = int(np.argmax(probe.correlation))
        place = probe.correlation_start + at
        window = x[place : place + 1024].astype(complex)
        parts = (window * body.conj()).reshape(8, 128).sum(1) / np.sqrt((abs(body) ** 2).reshape(8, 128).sum(1))
        d = abs((parts[1:] * parts[:-1].conj()).sum()) / (abs(x[place - 16 : place + 1024]) ** 2).mean()
        self.assertAlmostEqual(np.sqrt(probe.correlation[at]) / d, 1, delta=0.05)
        framer = frame.Framer()
        points = framer.header(frames[0].header)
        bits = np.stack([points.real < 0, points.imag < 0], -1)
        np.testing.assert_array_equal(probe.header_llr.reshape(bits.shape) < 0, bits)

    def test_skipped_samples_are_counted(self):
        sent, x = ku_samples(frames=2)
        receiver = rx.KuReceiver()
        receiver.skip(1_000_000)
        self.assertEqual([f.start_sample for f in receiver.push(x)], [1_002_000, 1_322_000])
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = line(4)
        config.front_end.beamformer.carrier_hz = FREQUENCY_HZ
        config.front_end.beamformer.mode = beam.AdaptiveBeamformer.Mode.conventional
        array_receiver = rx.Receiver(config)
        array_receiver.skip(50_000)
        frames = array_receiver.push((0.1 * np.tile(x[:325_000], (4, 1))).astype(np.complex64))
        self.assertEqual(array_receiver.tracking_state, rx.KuReceiver.TrackingState.locked)
        frames += array_receiver.flush()
        self.assertEqual([(f.start_sample, f.payload) for f in frames], [(52_000, sent[0])])
        self.assertEqual((array_receiver.stats.frames_ok, array_receiver.stats.frames_detected >= 1), (1, True))
        self.assertEqual(array_receiver.beamformer_stats.bad_directions, 0)
        array_receiver.set_direction([0, 0, 0])
        self.assertEqual(array_receiver.beamformer_stats.bad_directions, 1)

    def test_a_frame_that_only_the_end_shows(self):
        # A front end works in blocks: what it holds of the last one comes with flush().
        sent, x = ku_samples(frames=1)
        x = x[: 2000 + 302 * 1056 + 40]
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = line(4)
        config.front_end.beamformer.carrier_hz = FREQUENCY_HZ
        config.front_end.beamformer.mode = beam.AdaptiveBeamformer.Mode.conventional
        receiver = rx.Receiver(config)
        frames = receiver.push((0.1 * np.tile(x, (4, 1))).astype(np.complex64))
        rest = receiver.flush()
        self.assertEqual([f.payload for f in frames + rest], sent)
        self.assertEqual((len(frames), len(rest)), (0, 1))

    def test_oneshot(self):
        sent, x = ku_samples()
        whole, streamed = rx.receive_oneshot(x.astype(np.complex128), 20e6), rx.KuReceiver().push(x)
        for one, other in zip(whole, streamed):
            self.assertEqual((one.start_sample, one.header, one.ok), (other.start_sample, other.header, True))
            self.assertAlmostEqual(one.carrier_offset_hz, other.carrier_offset_hz, delta=20)
            self.assertAlmostEqual(one.clock_offset_ppm, 0, delta=1)
            self.assertAlmostEqual(one.snr_db, 20, delta=1)
            self.assertAlmostEqual(one.mer_db, 20, delta=1.5)


class WifiCountersTest(unittest.TestCase):
    def test_frames_tell_what_was_sent(self):
        psdu = frame.write_fcs(payloads(1, 300)[0])
        sent = tx.WifiTransmitter().transmit(frame.WifiRate.r24, psdu)
        self.assertEqual(sent.size, frame.wifi_frame_samples(frame.WifiRate.r24, 304))
        rng = np.random.default_rng(1)
        x = np.concatenate([np.zeros(500), sent, np.zeros(500)]) + 0.05 * noise(rng, 1000 + sent.size)
        x = x.astype(np.complex64)
        x[100:103] = np.nan
        receiver = rx.WifiReceiver()
        (got,) = receiver.push(x) + receiver.flush()
        self.assertEqual((got.start_sample, got.end_sample), (500, 500 + sent.size))
        self.assertEqual((got.rate, got.rate_mbps, got.psdu_length), (frame.WifiRate.r24, 24, 304))
        # Of 64 subcarriers' power in 52.
        self.assertAlmostEqual(got.snr_db, -20 * np.log10(0.05) + 10 * np.log10(64 / 52), delta=1)
        used = np.flatnonzero(frame.wifi_long_training())
        self.assertAlmostEqual(receiver.noise_variance[used].mean() / 0.05**2, 1, delta=0.5)
        np.testing.assert_allclose(abs(receiver.channel[used]), np.sqrt(64 / 52), atol=0.12)
        s = receiver.stats
        self.assertEqual((s.samples, s.cleaned_samples, s.preambles, s.frames, s.fcs_ok), (x.size, 3, 1, 1, 1))
        self.assertEqual((s.signal_errors, s.unsupported, s.truncated, s.second_looks), (0, 0, 0, 0))
        self.assertEqual(s.detections, 1)
        # SIGNAL holds 24 bits; the data 16 + 8 n + 6 and padding to whole symbols of 96.
        symbols = frame.wifi_data_symbols(frame.WifiRate.r24, 304)
        self.assertTrue(8 * 304 <= s.decoded_bits <= 24 + 96 * symbols, s.decoded_bits)
        self.assertTrue(symbols + 3 <= s.transformed_symbols <= symbols + 8, s.transformed_symbols)
        receiver.push(x)
        receiver.flush()
        twice = receiver.stats
        self.assertEqual((twice.transformed_symbols, twice.decoded_bits), (2 * s.transformed_symbols, 2 * s.decoded_bits))

    def test_damage_is_counted(self):
        psdu = frame.write_fcs(payloads(1, 100)[0])
        transmitter = tx.WifiTransmitter()
        sent = transmitter.transmit(frame.WifiRate.r6, psdu)
        rng = np.random.default_rng(2)
        gap = np.zeros(800)
        wrong = sent.copy()
        wrong[320:400] = sent[320:400] * np.where(np.arange(80) % 2, 1, -1)  # SIGNAL turned into nothing sensible
        x = np.concatenate([gap, wrong[:400], gap, sent[:700]])
        receiver = rx.WifiReceiver()
        got = receiver.push((x + 0.01 * noise(rng, x.size)).astype(np.complex64)) + receiver.flush()
        self.assertEqual(got, [])
        self.assertEqual((receiver.stats.signal_errors, receiver.stats.truncated, receiver.stats.preambles), (1, 1, 2))
        self.assertEqual((receiver.stats.frames, receiver.stats.fcs_ok), (0, 0))

    def test_the_end_gives_the_last_frame(self):
        psdu = frame.write_fcs(payloads(1, 100)[0])
        sent = tx.WifiTransmitter().transmit_ht(frame.HtSignal(mcs=2), psdu)
        self.assertEqual(sent.size, frame.ht_frame_samples(frame.HtSignal(mcs=2, length=104)))
        # Legacy preamble and SIGNAL, HT-SIG, HT-STF, then HT-LTF: its prefix and 64 samples.
        np.testing.assert_allclose(np.fft.fft(sent[656:720]) / 8, np.sqrt(64 / 56) * frame.ht_long_training(), atol=1e-3)
        x = np.concatenate([np.zeros(500), sent]) + 0.01 * noise(np.random.default_rng(3), 500 + sent.size)
        receiver = rx.WifiReceiver()
        for _ in range(2):  # and the next sample is number 0
            frames = receiver.push(x.astype(np.complex64)) + receiver.flush()
            self.assertEqual([(f.start_sample, f.psdu) for f in frames], [(500, psdu)])

    def test_probe_amplitudes_and_bits(self):
        psdu = frame.write_fcs(payloads(1, 100)[0])
        sent = tx.WifiTransmitter().transmit(frame.WifiRate.r6, psdu)
        x = (np.concatenate([np.zeros(1000), sent, np.zeros(500)]) + 0.01 * noise(np.random.default_rng(3), 1500 + sent.size)).astype(np.complex64)
        receiver, probe = rx.WifiReceiver(), rx.WifiProbe()
        receiver.set_probe(probe)
        receiver.push(x)
        receiver.flush()
        coded = frame.WifiEncoder().encode_signal(frame.WifiSignal(frame.WifiRate.r6, 104))
        np.testing.assert_array_equal(probe.header_llr.ravel() < 0, coded)
        data = frame.WifiEncoder().encode_data(frame.WifiRate.r6, psdu)
        np.testing.assert_array_equal(probe.llr.ravel() < 0, data)
        # Matched filters of the second half of the prefix and of both symbols.
        symbol = np.fft.ifft(frame.wifi_long_training()) * 64 / np.sqrt(52)
        at = int(np.argmax(probe.amplitudes))
        d = probe.amplitudes_start + at - 32
        power = lambda start, taps: abs(np.vdot(symbol[taps], x[start : start + symbol[taps].size]))
        expected = power(d, slice(32, 64)) + power(d + 32, slice(0, 64)) + power(d + 96, slice(0, 64))
        self.assertAlmostEqual(probe.amplitudes[at] / expected, 1, delta=0.02)


if __name__ == "__main__":
    unittest.main()
