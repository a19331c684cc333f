import hashlib
import unittest

import numpy as np

import boresight
from boresight import fec, frame, modem


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


if __name__ == "__main__":
    unittest.main()
