import hashlib
import math
import unittest

import numpy as np

import boresight
from boresight import fec, frame, modem, ofdm


class HeaderTest(unittest.TestCase):
    def test_there_and_back(self):
        header = frame.Header(frame.Mcs.qam64_2_3, 12345, 77)
        packed = frame.pack(header)
        self.assertEqual(len(packed), 10)
        self.assertEqual(packed[-2:], fec.crc16_of_bytes(packed[:-2]).to_bytes(2, "big"))
        self.assertEqual(frame.unpack(packed), header)
        self.assertIsNone(frame.unpack(bytes(10)))
        self.assertIsNone(frame.unpack(packed[:-1] + bytes([packed[-1] ^ 1])))
        with self.assertRaises(boresight.ConfigError):
            frame.unpack(packed[:9])

    def test_table(self):
        self.assertEqual(frame.mcs_from_name("qam16_1_2"), frame.Mcs.qam16_1_2)
        self.assertIsNone(frame.mcs_from_name("qam7"))
        info = frame.mcs_info(frame.Mcs.qam16_1_2)
        self.assertEqual((info.name, info.bits_per_symbol), ("qam16_1_2", 4))
        self.assertEqual(frame.ku_pilot_values().shape, (302, 51))


class FramerTest(unittest.TestCase):
    def test_there_and_back(self):
        framer, deframer = frame.Framer(), frame.Deframer()
        payload = np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes()
        header = frame.Header(frame.Mcs.qam16_1_2, len(payload), 9)
        qpsk = modem.Constellation(modem.Modulation.qpsk)
        qam16 = modem.Constellation(frame.modulation_of(header.mcs))

        def soft(constellation, points):
            return modem.soft_demap(constellation, points, np.full(points.size, 0.05, np.float32))

        llr = soft(qpsk, framer.header(header))
        before = llr.copy()
        self.assertEqual(deframer.header(llr), header)
        np.testing.assert_array_equal(llr, before)
        llr = soft(qam16, framer.payload(header, payload))
        received, result = deframer.payload(header, llr)
        self.assertEqual((received, result.ok), (payload, True))
        self.assertFalse(deframer.payload(header, np.zeros_like(llr))[1].ok)
        self.assertIsNone(deframer.header(np.zeros(frame.ku_header_coded_bits, np.int8)))
        with self.assertRaises(boresight.ConfigError):
            framer.payload(header, payload[:-1])
        with self.assertRaises(boresight.ConfigError):
            deframer.payload(frame.Header(frame.Mcs.qpsk_1_3, 10**8, 0), llr)


class CarouselTest(unittest.TestCase):
    def test_there_and_back(self):
        file = np.random.default_rng(1).integers(0, 256, 10_000, np.uint8).tobytes()
        sender, receiver = frame.CarouselSender(file, 700), frame.CarouselReceiver()
        for number in np.random.default_rng(2).permutation(sender.blocks):
            self.assertTrue(receiver.push(sender.block(int(number))))
        self.assertTrue(receiver.complete)
        self.assertEqual((receiver.file, receiver.announced_digest), (file, hashlib.sha256(file).digest()))
        self.assertFalse(receiver.push(b"nonsense"))
        self.assertEqual(receiver.stats.blocks_refused, 1)


class LinkAdaptationTest(unittest.TestCase):
    def test_goes_up_and_down(self):
        link = frame.LinkAdaptation()
        for _ in range(2000):
            mcs = link.update(frame.FrameReport(link.mcs, 15.0, True))
        self.assertGreater(mcs.value, frame.Mcs.qpsk_3_4.value)
        self.assertAlmostEqual(link.average_snr_db, 15.0, places=3)
        for _ in range(10):
            mcs = link.missed()
        self.assertEqual(mcs, frame.Mcs.qpsk_1_3)


class WifiTest(unittest.TestCase):
    def test_fields(self):
        signal = frame.WifiSignal(frame.WifiRate.r36, 100)
        bits = frame.encode_signal_field(signal)
        # IEEE 802.11-2020, table I-7: 36 Mbit/s, 100 bytes.
        np.testing.assert_array_equal(bits, [1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        self.assertEqual(frame.parse_signal_field(bits), signal)
        bits[0] ^= 1
        self.assertIsNone(frame.parse_signal_field(bits))
        ht = frame.HtSignal(mcs=5, length=1000, ldpc=True)
        self.assertEqual(frame.parse_ht_signal(frame.encode_ht_signal(ht)), ht)
        self.assertAlmostEqual(frame.ht_mbps(ht), 52)
        self.assertEqual(frame.wifi_data_symbols(frame.WifiRate.r36, 100), 6)

    def test_aggregation(self):
        mpdus = [frame.write_fcs(bytes([i]) * (20 + i)) for i in range(4)]
        self.assertTrue(frame.fcs_is_good(mpdus[0]))
        self.assertEqual(frame.split_ampdu(frame.join_ampdu(mpdus)), [(m, True) for m in mpdus])
        frame.split_ampdu(np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes())
        with self.assertRaises(boresight.ConfigError):
            frame.join_ampdu([bytes(5000)])

    def test_codec(self):
        psdu = frame.write_fcs(np.random.default_rng(1).integers(0, 256, 500, np.uint8).tobytes())
        encoder, decoder = frame.WifiEncoder(), frame.WifiDecoder()
        for rate in (frame.WifiRate.r6, frame.WifiRate.r54):
            llr = (20 * (1 - 2 * encoder.encode_data(rate, psdu).astype(int))).astype(np.int8)
            self.assertEqual(decoder.decode_data(rate, llr, len(psdu)), psdu)
        for ldpc in (False, True):
            signal = frame.HtSignal(mcs=3, length=len(psdu), ldpc=ldpc)
            llr = (20 * (1 - 2 * encoder.encode_ht_data(signal, psdu).astype(int))).astype(np.int8)
            self.assertEqual(decoder.decode_ht_data(signal, llr), psdu)
        signal = frame.WifiSignal(frame.WifiRate.r36, 100)
        llr = (20 * (1 - 2 * encoder.encode_signal(signal).astype(int))).astype(np.int8)
        self.assertEqual(decoder.decode_signal(llr), signal)
        with self.assertRaises(boresight.ConfigError):
            encoder.encode_data(frame.WifiRate.r6, bytes(5000))
        with self.assertRaises(boresight.ConfigError):
            decoder.decode_data(frame.WifiRate.r6, llr, 100)


class WifiSequenceTest(unittest.TestCase):
    def test_pilot_polarity_is_the_scrambler(self):
        # Equation 17-25: x^7 + x^4 + 1 from all ones, 0 as +1.
        state, expected = [1] * 7, []
        for _ in range(127):
            bit = state[6] ^ state[3]
            state = [bit, *state[:6]]
            expected.append(1 - 2 * bit)
        self.assertEqual([frame.wifi_pilot_polarity(n) for n in range(254)], 2 * expected)

    def test_ht_long_training_extends_the_legacy_one(self):
        ht, legacy = frame.ht_long_training(), frame.wifi_long_training()
        used = np.flatnonzero(legacy)
        np.testing.assert_allclose(ht[used] * (legacy[1] / ht[1]), legacy[used], rtol=1e-6)
        np.testing.assert_array_equal(np.sign(ht[[-28, -27, 27, 28]].real), [1, 1, -1, -1])
        self.assertEqual(np.count_nonzero(ht), 56)


class TablesTest(unittest.TestCase):
    def test_ku_frame(self):
        # One 750th of a second at 240 MHz: 302 symbols of 32 + 1024 samples and silence.
        self.assertEqual((frame.ku_frame_samples, frame.ku_symbols, frame.ku_symbol_samples), (240_000_000 // 750, 302, 1056))
        self.assertEqual((frame.ku_pilots, frame.ku_data_carriers, frame.ku_header_coded_bits), (51, 969, 2 * 2 * 969))
        self.assertEqual(frame.ku_pilots + frame.ku_data_carriers, 1020)
        pilots = frame.ku_pilot_values()
        for symbol in (2, 77, 301):
            bits = fec.GoldSequence(symbol).apply(np.zeros(102, np.uint8)).astype(int)
            np.testing.assert_allclose(pilots[symbol], ((1 - 2 * bits[::2]) + 1j * (1 - 2 * bits[1::2])) / np.sqrt(2), atol=1e-6)

    def test_mcs_names_say_what_they_are(self):
        orders = {"qpsk": 2, "qam16": 4, "qam64": 6, "qam256": 8, "qam1024": 10}
        thresholds = []
        for mcs in frame.Mcs.__members__.values():
            info = frame.mcs_info(mcs)
            name, above, below = mcs.name.split("_")
            self.assertEqual((info.name, info.bits_per_symbol), (mcs.name, orders[name]))
            self.assertAlmostEqual(info.code_rate, int(above) / int(below), places=2)
            self.assertEqual(frame.modulation_of(mcs).name, name)
            # No code at this rate and order does better than capacity, none here is worse by more than 3.5 dB.
            limit = 10 * np.log10(2 ** (info.bits_per_symbol * info.code_rate) - 1)
            self.assertTrue(limit < info.threshold_snr_db < limit + 3.5, (mcs, limit, info.threshold_snr_db))
            # The longest payload at that rate, with a CRC of 24 bits over it all and one over each of its code blocks.
            longest = frame.max_payload_bytes(mcs)
            blocks = math.ceil((8 * longest + 24) / (8448 - 24))
            self.assertEqual(longest, int((298 * 969 * info.bits_per_symbol * info.code_rate - 24 - 24 * blocks) // 8))
            thresholds.append(info.threshold_snr_db)
        self.assertEqual(thresholds, sorted(thresholds))
        self.assertEqual(frame.ofdm_burst_max_payload_bytes, 2**14)

    def test_rates_of_tables_17_4_and_19_27(self):
        rates = {6: (1, "half"), 9: (1, "three_quarters"), 12: (2, "half"), 18: (2, "three_quarters"), 24: (4, "half"),
                 36: (4, "three_quarters"), 48: (6, "two_thirds"), 54: (6, "three_quarters")}
        for rate in frame.WifiRate.__members__.values():
            told = frame.wifi_rate(rate)
            bits, coding = rates[told.mbps]
            self.assertEqual((modem.bits_per_symbol(told.modulation), told.code_rate.name), (bits, coding))
        table = ((1, "half"), (2, "half"), (2, "three_quarters"), (4, "half"), (4, "three_quarters"), (6, "two_thirds"),
                 (6, "three_quarters"), (6, "five_sixths"))
        for mcs, (bits, coding) in enumerate(table):
            told = frame.ht_mcs(mcs)
            self.assertEqual((modem.bits_per_symbol(told.modulation), told.code_rate.name, told.ldpc_rate.name), (bits, coding, coding))

    def test_training_of_17_6_and_17_8(self):
        short = np.zeros(64, complex)
        short[[-24, -20, -16, -12, -8, -4, 4, 8, 12, 16, 20, 24]] = np.array([1, -1, 1, -1, -1, 1, -1, -1, 1, 1, 1, 1]) * (1 + 1j)
        np.testing.assert_allclose(frame.wifi_short_training(), np.sqrt(13 / 6) * short, atol=1e-6)
        left = [1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1]
        right = [1, -1, -1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, -1, 1, 1, -1, -1, 1, -1, 1, -1, 1, 1, 1, 1]
        long = frame.wifi_long_training()
        np.testing.assert_allclose(long[-26:], left, atol=1e-6)
        np.testing.assert_allclose(long[:27], [0, *right], atol=1e-6)


class MoreCarouselTest(unittest.TestCase):
    def test_counts(self):
        rng = np.random.default_rng(1)
        file, other = (rng.integers(0, 256, 5000, np.uint8).tobytes() for _ in range(2))
        sender, receiver = frame.CarouselSender(file, 552), frame.CarouselReceiver(blocks_to_change_file=3)
        self.assertEqual(sender.digest, hashlib.sha256(file).digest())
        self.assertEqual((receiver.started, receiver.blocks_expected, receiver.file_bytes), (False, 0, 0))
        receiver.push(sender.block(0))
        self.assertEqual((receiver.started, receiver.blocks_expected, receiver.file_bytes), (True, math.ceil(5000 / 500), 5000))
        receiver.push(sender.block(0))
        receiver.push(sender.block(1))
        self.assertEqual((receiver.stats.blocks_accepted, receiver.stats.blocks_repeated), (2, 1))
        second = frame.CarouselSender(other, 552)
        for number in range(3):
            receiver.push(second.block(number))
        self.assertEqual(receiver.stats.files_changed, 1)
        self.assertEqual(receiver.announced_digest, hashlib.sha256(other).digest())
        # A block damaged behind its header: all have come, and the digest does not fit.
        third = frame.CarouselReceiver()
        for number in range(sender.blocks):
            block = bytearray(sender.block(number))
            block[-1] ^= number == 4
            third.push(bytes(block))
        self.assertEqual((third.complete, third.stats.files_corrupt), (False, 1))


class MoreLinkTest(unittest.TestCase):
    def test_what_it_asks_for(self):
        link = frame.LinkAdaptation(margin_db=2.0, frames_to_raise=5, averaging_frames=1, error_step_db=0.5, target_error_rate=0.01)
        self.assertEqual((link.mcs, link.offset_db), (frame.Mcs.qpsk_1_3, 2.0))
        for mcs in frame.Mcs.__members__.values():
            self.assertAlmostEqual(link.required_snr_db(mcs), frame.mcs_info(mcs).threshold_snr_db + link.offset_db)
        self.assertEqual((link.raised, link.lowered), (0, 0))
        told = [link.update(frame.FrameReport(link.mcs, 40.0, True)) for _ in range(5)]
        self.assertEqual((link.raised, link.mcs), (1, told[-1]))
        self.assertGreater(link.mcs.value, frame.Mcs.qpsk_1_3.value)
        # The outer loop: a bad frame adds the step, a good one takes p / (1 - p) of it, as long as it is above the margin.
        before = link.offset_db
        link.update(frame.FrameReport(link.mcs, 40.0, False))
        self.assertAlmostEqual(link.offset_db, before + 0.5, delta=0.006)
        for _ in range(4):
            link.missed()
        self.assertEqual((link.mcs, link.lowered >= 1), (frame.Mcs.qpsk_1_3, True))
        self.assertEqual(link.lowered, 1)


class MoreFramerTest(unittest.TestCase):
    def test_lost_payloads_are_counted(self):
        header = frame.Header(frame.Mcs.qpsk_1_2, 20_000, 1)
        rng = np.random.default_rng(1)
        llr = rng.integers(-4, 5, 2 * frame.ku_payload_carriers).astype(np.int8)
        result = frame.Deframer(max_iterations=3).payload(header, llr)[1]
        self.assertEqual((result.ok, result.code_blocks_failed, result.iterations), (False, result.code_blocks, 3 * result.code_blocks))
        self.assertEqual(result.code_blocks, math.ceil((160_000 + 24) / (8448 - 24)))

    def test_burst_layout(self):
        plan = ofdm.NumerologyPlan(name="lab", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, lower_guard=20, upper_guard=19,
                                   pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))
        numerology = ofdm.make_numerology(plan)
        burst = frame.OfdmBurst(numerology)
        self.assertEqual((burst.numerology.fft_size, burst.numerology.name), (256, "lab"))
        data = burst.data_carriers(0).size
        self.assertEqual(burst.header_symbols, math.ceil(384 / data))
        self.assertEqual(burst.header_coded_bits, 2 * data * burst.header_symbols)
        header = frame.Header(frame.Mcs.qpsk_1_2, 700, 0)
        symbols = burst.payload_symbols(header)
        self.assertEqual(burst.payload_carriers(header), symbols * data)
        # The fewest symbols that keep the rate: 8 x 700 bits and a CRC of 24 in two bits per carrier at 1/2.
        self.assertEqual(symbols, math.ceil((8 * 700 + 24) / data))
        # T: QPSK of a Gold sequence, seeded by OFDM in ASCII, from the lowest subcarrier.
        bits = fec.GoldSequence(0x4F46444D & 0x3FFFFFFF).apply(np.zeros(2 * burst.used_carriers.size, np.uint8)).astype(int)
        expected = np.zeros(256, complex)
        expected[burst.used_carriers] = burst.amplitude * ((1 - 2 * bits[::2]) + 1j * (1 - 2 * bits[1::2])) / np.sqrt(2)
        np.testing.assert_allclose(burst.training, expected, atol=1e-5)
        # The most soft bits that a header can announce, and room for a symbol more.
        deframer = frame.OfdmDeframer(burst, frame.OfdmDeframer.Config(max_payload_bytes=600))
        most = max(frame.mcs_info(m).bits_per_symbol * (burst.payload_carriers(frame.Header(m, 600, 0)) + burst.used_carriers.size)
                   for m in frame.Mcs.__members__.values())
        self.assertEqual(deframer.max_coded_bits, most)


class FormatsTest(unittest.TestCase):
    def test_wifi_table_17_4(self):
        for rate, mbps, ndbps, ncbps in ((frame.WifiRate.r6, 6, 24, 48), (frame.WifiRate.r24, 24, 96, 192), (frame.WifiRate.r54, 54, 216, 288)):
            told = frame.wifi_rate(rate)
            self.assertEqual((told.mbps, told.data_bits_per_symbol, told.coded_bits_per_symbol), (mbps, ndbps, ncbps))
            symbols = math.ceil((16 + 8 * 333 + 6) / ndbps)
            self.assertEqual(frame.wifi_data_symbols(rate, 333), symbols)
            # Preamble 320, SIGNAL 80, data.
            self.assertEqual(frame.wifi_frame_samples(rate, 333), 400 + 80 * symbols)

    def test_ht_table_19_27(self):
        rates = (1 / 2, 1 / 2, 3 / 4, 1 / 2, 3 / 4, 2 / 3, 3 / 4, 5 / 6)
        for mcs, (bits, rate) in enumerate(zip((1, 2, 2, 4, 4, 6, 6, 6), rates)):
            told = frame.ht_mcs(mcs)
            self.assertEqual((told.coded_bits_per_symbol, told.data_bits_per_symbol), (52 * bits, round(52 * bits * rate)))
            for short in (False, True):
                signal = frame.HtSignal(mcs=mcs, length=500, short_guard=short)
                symbols = math.ceil((16 + 8 * 500 + 6) / (52 * bits * rate))
                self.assertEqual(frame.ht_data_symbols(signal), symbols)
                # Legacy preamble and SIGNAL 400, HT-SIG, HT-STF, HT-LTF 4 * 80.
                self.assertEqual(frame.ht_frame_samples(signal), 720 + (72 if short else 80) * symbols)
                self.assertTrue(frame.ht_is_single_stream(signal))
                duration = 36 + math.ceil((72 if short else 80) * symbols / 80) * 4
                self.assertEqual(frame.ht_legacy_length(signal), math.ceil((duration - 20) / 4) * 3 - 3)
        self.assertFalse(frame.ht_is_single_stream(frame.HtSignal(mcs=8, length=500)))

    def test_burst_carriers_are_those_of_the_map(self):
        plan = ofdm.NumerologyPlan(name="lab", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, lower_guard=20, upper_guard=19,
                                   pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))
        burst = frame.OfdmBurst(ofdm.make_numerology(plan))
        pilots, data = burst.pilot_carriers(0), burst.data_carriers(0)
        np.testing.assert_array_equal(np.sort(np.concatenate([pilots, data])), np.sort(burst.used_carriers))
        np.testing.assert_allclose(abs(burst.pilot_values(3)), 1, rtol=1e-6)
        self.assertEqual(burst.pilot_values(3).size, pilots.size)
        self.assertAlmostEqual(burst.amplitude, np.sqrt(256 / burst.used_carriers.size), places=5)
        self.assertEqual(burst.preamble_samples, burst.repetition_samples + 2 * 288)
        self.assertEqual(burst.repetition_samples, 5 * burst.part_samples)

    def test_how_ku_headers_and_payloads_are_coded(self):
        header = frame.header_format()
        self.assertEqual((header.payload_bytes, header.coded_bits), (10, 2 * 2 * frame.ku_data_carriers))
        for mcs in (frame.Mcs.qpsk_1_2, frame.Mcs.qam64_2_3):
            told = frame.payload_format(frame.Header(mcs, 5000, 0))
            bits = frame.mcs_info(mcs).bits_per_symbol
            self.assertEqual((told.payload_bytes, told.coded_bits), (5000, bits * frame.ku_payload_carriers))
        self.assertEqual(frame.ku_payload_carriers, 298 * frame.ku_data_carriers)


if __name__ == "__main__":
    unittest.main()
