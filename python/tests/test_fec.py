import binascii
import math
import unittest

import numpy as np

import boresight
from boresight import fec


def crc(bits, polynomial, size, start=0):
    """Bit by bit, as the standards write it."""
    register = start
    for bit in bits:
        carry = (register >> (size - 1)) & 1 ^ int(bit)
        register = (register << 1) & (2**size - 1)
        if carry:
            register ^= polynomial
    return register


class BitsTest(unittest.TestCase):
    def test_are_numpys(self):
        data = bytes(range(256))
        np.testing.assert_array_equal(fec.unpack_msb_first(data), np.unpackbits(np.frombuffer(data, np.uint8)))
        lsb = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        np.testing.assert_array_equal(fec.unpack_lsb_first(data), lsb)
        self.assertEqual(fec.pack_lsb_first(lsb), data)
        self.assertEqual(fec.pack_msb_first(fec.unpack_msb_first(memoryview(data))), data)
        with self.assertRaises(boresight.ConfigError):
            fec.pack_msb_first(np.zeros(9, np.uint8))
        with self.assertRaises(TypeError):
            fec.unpack_msb_first(np.zeros(4, np.uint16))
        with self.assertRaises(TypeError):
            fec.unpack_msb_first(np.zeros(8, np.uint8)[::2])
        with self.assertRaises(TypeError):
            fec.unpack_msb_first("text")


class CrcTest(unittest.TestCase):
    def test_against_the_shift_register(self):
        data = np.random.default_rng(1).integers(0, 256, 100, np.uint8).tobytes()
        bits = fec.unpack_msb_first(data)
        for f, polynomial, size in (
            (fec.crc24a_of_bits, 0x864CFB, 24),
            (fec.crc24b_of_bits, 0x800063, 24),
            (fec.crc24c_of_bits, 0xB2B117, 24),
            (fec.crc16_of_bits, 0x1021, 16),
            (fec.crc11_of_bits, 0x621, 11),
            (fec.crc6_of_bits, 0x21, 6),
        ):
            self.assertEqual(f(bits), crc(bits, polynomial, size))
        self.assertEqual(fec.crc8_of_bits(bits), crc(bits, 0x07, 8, 0xFF) ^ 0xFF)
        self.assertEqual(fec.crc24a_of_bytes(data), fec.crc24a_of_bits(bits))
        self.assertEqual(fec.crc24b_of_bytes(data), fec.crc24b_of_bits(bits))
        self.assertEqual(fec.crc24c_of_bytes(data), fec.crc24c_of_bits(bits))
        self.assertEqual(fec.crc16_of_bytes(data), binascii.crc_hqx(data, 0))
        self.assertEqual(fec.crc32_of_bytes(data), binascii.crc32(data))
        self.assertEqual(fec.crc32_of_bits(fec.unpack_lsb_first(data)), binascii.crc32(data))
        with_crc = np.concatenate([bits, fec.unpack_msb_first(fec.crc16_of_bits(bits).to_bytes(2, "big"))])
        self.assertTrue(fec.crc_holds(fec.Crc.crc16, with_crc))
        with_crc[3] ^= 1
        self.assertFalse(fec.crc_holds(fec.Crc.crc16, with_crc))


class ScramblerTest(unittest.TestCase):
    def test_known_beginnings(self):
        self.assertEqual(fec.pack_msb_first(fec.AdditiveScrambler.ccsds().apply(np.zeros(32, np.uint8))), b"\xff\x48\x0e\xc0")
        self.assertEqual(fec.pack_msb_first(fec.AdditiveScrambler.dvb().apply(np.zeros(32, np.uint8))), b"\x03\xf6\x08\x34")
        # IEEE 802.11-2020, 17.3.5.5: from all ones.
        expected = [0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0]
        np.testing.assert_array_equal(fec.WlanScrambler(127).apply(np.zeros(16, np.uint8)), expected)

    def test_gold(self):
        n, c_init = 500, 0x1234567
        x1, x2 = [1] + [0] * 30, [c_init >> i & 1 for i in range(31)]
        for i in range(1600 + n):
            x1.append(x1[i + 3] ^ x1[i])
            x2.append(x2[i + 3] ^ x2[i + 2] ^ x2[i + 1] ^ x2[i])
        expected = [x1[i + 1600] ^ x2[i + 1600] for i in range(n)]
        gold = fec.GoldSequence(c_init)
        np.testing.assert_array_equal(gold.apply(np.zeros(100, np.uint8)), expected[:100])
        self.assertEqual(gold.next(), expected[100])
        soft = np.full(399, 5, np.int8)
        np.testing.assert_array_equal(gold.apply(soft), 5 * (1 - 2 * np.array(expected[101:])))
        np.testing.assert_array_equal(soft, 5)  # a copy was changed
        with self.assertRaises(TypeError):
            gold.apply(np.zeros(4, np.int16))

    def test_recover(self):
        bits = fec.WlanScrambler(0x5D).apply(np.zeros(7, np.uint8))
        self.assertEqual(fec.WlanScrambler.recover_initial_state(bits), 0x5D)


class InterleaverTest(unittest.TestCase):
    def test_row_column(self):
        values = np.arange(60, dtype=np.int8)
        interleaver = fec.RowColumnInterleaver(10)
        out = interleaver.interleave(values)
        np.testing.assert_array_equal(out, values.reshape(6, 10).T.ravel())
        np.testing.assert_array_equal(interleaver.deinterleave(out), values)

    def test_wlan(self):
        interleaver = fec.WlanInterleaver(192, 4)
        k = np.arange(192)
        i = 12 * (k % 16) + k // 16
        j = 2 * (i // 2) + (i + 192 - 16 * i // 192) % 2
        np.testing.assert_array_equal(interleaver.position, j)
        values = np.random.default_rng(1).integers(0, 2, 384).astype(np.uint8)
        np.testing.assert_array_equal(interleaver.deinterleave(interleaver.interleave(values)), values)
        with self.assertRaises(boresight.ConfigError):
            interleaver.interleave(values[:100])


class ConvolutionalTest(unittest.TestCase):
    def test_encoder_is_two_convolutions(self):
        bits = np.random.default_rng(1).integers(0, 2, 200).astype(np.uint8)
        g0, g1 = ([int(b) for b in f"{g:07b}"] for g in (0o133, 0o171))
        expected = np.stack([np.convolve(bits, g)[:200] % 2 for g in (g0, g1)], axis=1).ravel()
        np.testing.assert_array_equal(fec.convolutional_encode(bits), expected)

    def test_decoder_inverts_with_errors(self):
        rng = np.random.default_rng(2)
        bits = rng.integers(0, 2, 500).astype(np.uint8)
        coded = fec.convolutional_encode(np.concatenate([bits, np.zeros(6, np.uint8)]))
        for rate in (fec.PuncturedRate.half, fec.PuncturedRate.three_quarters):
            sent = fec.puncture(coded, rate)
            self.assertEqual(sent.size, fec.punctured_bits(coded.size, rate))
            llr = (20 * (1 - 2 * sent.astype(int))).astype(np.int8)
            llr[:: 60] *= -1
            back = fec.depuncture(llr, coded.size, rate)
            np.testing.assert_array_equal(fec.ViterbiDecoder(500).decode(back), bits)
        with self.assertRaisesRegex(boresight.ConfigError, "max_information_bits"):
            fec.ViterbiDecoder(100).decode(back)
        with self.assertRaises(boresight.ConfigError):
            fec.ViterbiDecoder(100).decode(back[:11])
        decoder = fec.ViterbiDecoder(100)
        ring = fec.convolutional_encode(bits[:100], tail_biting=True)
        llr = (20 * (1 - 2 * ring.astype(int))).astype(np.int8)
        np.testing.assert_array_equal(decoder.decode(llr, fec.ViterbiDecoder.Termination.tail_biting), bits[:100])
        self.assertTrue(decoder.last_is_best)


def parity_matrix(graph):
    z = graph.lifting_size
    h = np.zeros((graph.rows * z, graph.columns * z), int)
    for row, column, shift in graph.entries():
        h[row * z + np.arange(z), column * z + (np.arange(z) + shift) % z] = 1
    return h


class LdpcTest(unittest.TestCase):
    def test_codewords_meet_the_checks(self):
        rng = np.random.default_rng(1)
        for graph, encode in (
            (fec.NrLdpcGraph(fec.BaseGraph.bg2, 20), fec.nr_ldpc_encode),
            (fec.WlanLdpcGraph(648, fec.WlanLdpcRate.three_quarters), fec.wlan_ldpc_encode),
        ):
            bits = rng.integers(0, 2, graph.information_bits).astype(np.uint8)
            codeword = np.concatenate([bits, encode(graph, bits)])
            self.assertFalse((parity_matrix(graph) @ codeword % 2).any())
            llr = (12 * (1 - 2 * codeword.astype(int))).astype(np.int8)
            llr[rng.integers(0, llr.size, llr.size // 50)] *= -1
            decided, result = fec.LdpcDecoder().decode(graph, llr, fec.LdpcDecoder.Options(max_iterations=30))
            np.testing.assert_array_equal(decided, bits)
            self.assertTrue(result.parity_ok)
            slow, _ = fec.LdpcReferenceDecoder(rule=fec.CheckRule.sum_product).decode(graph, (llr / 4).astype(np.float32))
            np.testing.assert_array_equal(slow, bits)
            many, results = fec.LdpcDecoder().decode_batch(graph, np.stack([llr] * 5))
            np.testing.assert_array_equal(many, np.stack([bits] * 5))
            self.assertEqual(len(results), 5)
            with self.assertRaises(boresight.ConfigError):
                fec.LdpcDecoder(max_lifting_size=2).decode(graph, llr)
            with self.assertRaises(boresight.ConfigError):
                fec.LdpcDecoder().decode(graph, llr[1:])
        small = fec.NrLdpcGraph(fec.BaseGraph.bg2, 20)
        entries = fec.LdpcGraph(small.rows, small.columns, small.core_rows, 20, small.entries()).entries()
        self.assertEqual(entries, small.entries())

    def test_transport_block(self):
        payload = np.random.default_rng(1).integers(0, 256, 3000, np.uint8).tobytes()
        format = fec.TransportFormat(payload_bytes=3000, coded_bits=60000, code_rate=0.4)
        sizes = dict(max_payload_bytes=4000, max_coded_bits=100000)
        coded = fec.NrTransportEncoder(**sizes).encode(format, payload)
        self.assertEqual(coded.size, 60000)
        segments = fec.nr_segment(24000, fec.BaseGraph.bg1)
        self.assertEqual(segments.code_blocks, int(np.ceil((24000 + 24) / (8448 - 24))))
        llr = (6 * (1 - 2 * coded.astype(int))).astype(np.int8)
        received, result = fec.NrTransportDecoder(**sizes).decode(format, llr)
        self.assertEqual((received, result.crc_ok), (payload, True))
        # Too little of it fails; the rest of it, combined, does not.
        first = fec.TransportFormat(payload_bytes=3000, coded_bits=24800, code_rate=0.4)
        second = fec.TransportFormat(payload_bytes=3000, coded_bits=24800, code_rate=0.4, redundancy_version=2)
        decoder, buffer = fec.NrTransportDecoder(**sizes), fec.NrSoftBuffer(4000)
        encoder, rng = fec.NrTransportEncoder(**sizes), np.random.default_rng(3)

        def noisy(f):
            y = 1 - 2.0 * encoder.encode(f, payload) + 0.8 * rng.normal(size=f.coded_bits)
            return np.clip(np.round(4 * 2 * y / 0.64), -127, 127).astype(np.int8)

        self.assertFalse(decoder.decode(first, noisy(first), buffer)[1].crc_ok)
        self.assertTrue(decoder.decode(second, noisy(second), buffer)[1].crc_ok)
        self.assertEqual(buffer.transmissions, 2)
        with self.assertRaises(boresight.ConfigError):
            decoder.decode(fec.TransportFormat(), llr)

    def test_rate_matching(self):
        rng = np.random.default_rng(1)
        graph = fec.NrLdpcGraph(fec.BaseGraph.bg2, 20)
        matching = fec.NrRateMatching(graph=fec.BaseGraph.bg2, lifting_size=20, bits_per_block=180, coded_bits=600)
        bits = np.concatenate([rng.integers(0, 2, 180), np.zeros(20)]).astype(np.uint8)  # 20 filler bits
        codeword = np.concatenate([bits, fec.nr_ldpc_encode(graph, bits)])
        sent = fec.nr_rate_match(matching, codeword)
        # TS 38.212 5.4.2: from 2 Z on, without filler; then the bit interleaver with Q_m = 2 rows.
        buffer = np.delete(codeword, np.arange(180, 200))[40:]
        np.testing.assert_array_equal(sent, buffer[:600].reshape(2, 300).T.ravel())
        soft = fec.nr_rate_recover(matching, (10 * (1 - 2 * sent.astype(int))).astype(np.int8), fec.nr_begin_recovery(matching))
        np.testing.assert_array_equal(fec.LdpcDecoder().decode(graph, soft)[0], bits)
        for wrong in (dict(lifting_size=21), dict(coded_bits=601), dict(bits_per_block=10)):
            fields = {**dict(graph=fec.BaseGraph.bg2, lifting_size=20, bits_per_block=180, coded_bits=600), **wrong}
            with self.assertRaises(boresight.ConfigError):
                fec.nr_rate_match(fec.NrRateMatching(**fields), codeword)


class MoreScramblerTest(unittest.TestCase):
    def test_registers(self):
        # CCSDS: h(x) = x^8 + x^7 + x^5 + x^3 + 1 from all ones, the output leaving the register's end.
        s = [1] * 8
        for n in range(300):
            s.append(s[n] ^ s[n + 3] ^ s[n + 5] ^ s[n + 7])
        scrambler = fec.AdditiveScrambler.ccsds()
        self.assertEqual([scrambler.next() for _ in range(300)], s[:300])
        past = sum(int(s[300 - k]) << (k - 1) for k in range(1, 9))
        self.assertEqual(scrambler.history & 0xFF, past)
        np.testing.assert_array_equal(fec.AdditiveScrambler.ccsds().apply(np.zeros(300, np.uint8)), s[:300])
        state, wlan = 0x5D, fec.WlanScrambler(0x5D)
        for _ in range(200):
            self.assertEqual(wlan.state, state)
            bit = (state >> 6 ^ state >> 3) & 1
            state = (state << 1 | bit) & 0x7F
            self.assertEqual(wlan.next(), bit)


class MoreConvolutionalTest(unittest.TestCase):
    def test_depuncturing_is_puncturing_backwards(self):
        llr = np.arange(1, 121).astype(np.int8)
        # IEEE 802.11-2020, figure 17-9: of A and B in turn, 3/4 keeps A1 B1 A2 B3, 2/3 A1 B1 A2.
        patterns = {fec.PuncturedRate.half: [1, 1], fec.PuncturedRate.two_thirds: [1, 1, 1, 0],
                    fec.PuncturedRate.three_quarters: [1, 1, 1, 0, 0, 1]}
        for rate, pattern in patterns.items():
            kept = np.tile(pattern, 120 // len(pattern)).astype(bool)
            sent = llr[kept]
            expected = np.where(kept, llr, 0)
            np.testing.assert_array_equal(fec.depuncture(sent, 120, rate), expected)
        self.assertEqual(fec.convolutional_tail_bits, 6)

    def test_rounds(self):
        decoder = fec.ViterbiDecoder(50, max_rounds=4)
        bits = np.random.default_rng(1).integers(0, 2, 50).astype(np.uint8)
        llr = (20 * (1 - 2 * fec.convolutional_encode(bits, tail_biting=True).astype(int))).astype(np.int8)
        decoder.decode(llr, fec.ViterbiDecoder.Termination.tail_biting)
        self.assertTrue(decoder.last_is_best)
        self.assertLessEqual(decoder.last_rounds, 2)
        decoder.decode(np.random.default_rng(3).integers(-20, 20, 112).astype(np.int8))
        self.assertEqual(decoder.last_rounds, 1)

    def test_shapes_of_interleavers(self):
        self.assertEqual(fec.RowColumnInterleaver(10).columns, 10)
        self.assertEqual(fec.WlanInterleaver(192, 4).coded_bits_per_symbol, 192)


class MoreLdpcTest(unittest.TestCase):
    def test_graphs_are_the_tables(self):
        # TS 38.212, 5.3.2: 46 x 68 and 42 x 52 circulants, 22 and 10 of them information, core of four rows.
        for base, rows, columns, information in ((fec.BaseGraph.bg1, 46, 68, 22), (fec.BaseGraph.bg2, 42, 52, 10)):
            g = fec.NrLdpcGraph(base, 16)
            self.assertEqual((g.rows, g.columns, g.core_rows, g.lifting_size, g.base_graph), (rows, columns, 4, 16, base))
            self.assertEqual((g.information_bits, g.codeword_bits), (16 * information, 16 * columns))
            entries = g.entries()
            self.assertEqual(len(entries), {46: 316, 42: 197}[rows])
            # Table 5.3.2-2 and -3, set index 0 (16 = 2^4): the first row.
            first = [(c, s) for r, c, s in entries if r == 0]
            if base == fec.BaseGraph.bg2:
                expected = [(0, 9), (1, 117), (2, 204), (3, 26), (6, 189), (9, 205), (10, 0), (11, 0)]
            else:
                expected = [(0, 250), (1, 69), (2, 226), (3, 159), (5, 100), (6, 10), (9, 59), (10, 229), (11, 110), (12, 191),
                            (13, 9), (15, 195), (16, 23), (18, 190), (19, 35), (20, 239), (21, 31), (22, 1), (23, 0)]
            self.assertEqual(first, [(c, s % 16) for c, s in expected])
        for length, z in ((648, 27), (1296, 54), (1944, 81)):
            g = fec.WlanLdpcGraph(length, fec.WlanLdpcRate.two_thirds)
            self.assertEqual((g.rows, g.columns, g.lifting_size, g.codeword_bits), (8, 24, z, length))
            self.assertEqual(g.rate, fec.WlanLdpcRate.two_thirds)

    def test_results_of_a_decoding(self):
        graph = fec.NrLdpcGraph(fec.BaseGraph.bg2, 20)
        rng = np.random.default_rng(1)
        bits = rng.integers(0, 2, 200 - 24).astype(np.uint8)
        bits = np.concatenate([bits, fec.unpack_msb_first(fec.crc24a_of_bits(bits).to_bytes(3, "big"))])
        codeword = np.concatenate([bits, fec.nr_ldpc_encode(graph, bits)])
        llr = (12 * (1 - 2 * codeword.astype(int))).astype(np.int8)
        crc = fec.LdpcDecoder.Options(max_iterations=8, crc=fec.Crc.crc24a, crc_bits=200)
        decided, result = fec.LdpcDecoder().decode(graph, llr, crc)
        self.assertEqual((result.decided, result.parity_ok, result.crc_ok), (True, True, True))
        np.testing.assert_array_equal(decided, bits)
        _, never = fec.LdpcDecoder().decode(graph, llr, fec.LdpcDecoder.Options(max_iterations=5, stop=fec.LdpcDecoder.Stop.never))
        self.assertEqual((never.iterations, never.crc_ok), (5, False))
        _, nothing = fec.LdpcDecoder().decode(graph, np.zeros_like(llr), crc)
        self.assertEqual((nothing.decided, nothing.crc_ok, nothing.iterations), (False, False, 8))
        slow = fec.LdpcReferenceDecoder(rule=fec.CheckRule.sum_product)
        _, told = slow.decode(graph, (llr / 4).astype(np.float32))
        self.assertEqual((told.parity_ok, told.decided), (True, True))
        _, told = slow.decode(graph, np.zeros(llr.size, np.float32), 7)
        self.assertEqual((told.parity_ok, told.decided, told.iterations), (False, False, 7))

    def test_segmentation_of_5_2_2(self):
        for payload_bits, graph, kcb, columns in ((3000 * 8, fec.BaseGraph.bg1, 8448, 22), (400 * 8, fec.BaseGraph.bg2, 3840, 10),
                                                  (2000 * 8, fec.BaseGraph.bg2, 3840, 10)):
            s = fec.nr_segment(payload_bits, graph)
            crc = 24 if payload_bits > 3824 else 16
            total = payload_bits + crc
            blocks = 1 if total <= kcb else math.ceil(total / (kcb - 24))
            self.assertEqual((s.graph, s.transport_crc_bits, s.code_blocks), (graph, crc, blocks))
            self.assertEqual(s.code_block_crc_bits, 24 if blocks > 1 else 0)
            per_block = math.ceil(total / blocks) + s.code_block_crc_bits
            # Zeros make the blocks equal.
            self.assertEqual((s.bits_per_block, s.padding_bits), (per_block, blocks * (per_block - s.code_block_crc_bits) - total))
            kb = 22 if columns == 22 else 10 if payload_bits > 640 else 9 if payload_bits > 560 else 8 if payload_bits > 192 else 6
            z = min(v for v in fec.nr_lifting_sizes if kb * v >= per_block)
            self.assertEqual((s.lifting_size, s.information_bits), (z, columns * z))

    def test_recovery_adds_up(self):
        matching = fec.NrRateMatching(graph=fec.BaseGraph.bg2, lifting_size=20, bits_per_block=180, coded_bits=600)
        begin = fec.nr_begin_recovery(matching)
        # 52 x 20 bits: all unknown but the filler, 180 to 199, which is known to be zero.
        expected = np.zeros(1040, np.int8)
        expected[180:200] = 127
        np.testing.assert_array_equal(begin, expected)
        llr = np.random.default_rng(1).integers(-60, 60, 600).astype(np.int8)
        order = np.delete(np.arange(1040), np.arange(180, 200))[40:][:600].reshape(2, 300).T.ravel()
        expected = expected.astype(int)
        expected[order] += llr
        once = fec.nr_rate_recover(matching, llr, begin)
        np.testing.assert_array_equal(once, expected)
        expected[order] = np.clip(expected[order] + llr, -127, 127)
        np.testing.assert_array_equal(fec.nr_rate_recover(matching, llr, once), expected)

    def test_a_cleared_buffer_is_a_new_one(self):
        rng = np.random.default_rng(3)
        sizes = dict(max_payload_bytes=400, max_coded_bits=4000)
        format = fec.TransportFormat(payload_bytes=100, coded_bits=2000, code_rate=0.4)
        encoder, decoder, buffer = fec.NrTransportEncoder(**sizes), fec.NrTransportDecoder(**sizes), fec.NrSoftBuffer(400)
        one, two = (rng.integers(0, 256, 100, np.uint8).tobytes() for _ in range(2))
        soft = lambda payload: (3 * (1 - 2 * encoder.encode(format, payload).astype(int))).astype(np.int8)
        decoder.decode(format, soft(one), buffer)
        buffer.clear()
        self.assertEqual(buffer.transmissions, 0)
        received, result = decoder.decode(format, soft(two), buffer)
        self.assertEqual((received, result.crc_ok, buffer.transmissions), (two, True, 1))
        self.assertEqual((result.code_blocks, result.code_blocks_failed), (1, 0))
        noise_only = rng.integers(-3, 4, 2000).astype(np.int8)
        limited = fec.NrTransportDecoder(max_iterations=6, **sizes).decode(format, noise_only)[1]
        self.assertEqual((limited.code_blocks_failed, limited.iterations), (1, 6))

    def test_wlan_format_counts(self):
        # 19.3.11.7.5, step e): punctured what shortening leaves too much, or repeated what is missing.
        for psdu, rate, value, n_cbps in ((40, fec.WlanLdpcRate.half, 1 / 2, 52), (300, fec.WlanLdpcRate.three_quarters, 3 / 4, 208),
                                          (100, fec.WlanLdpcRate.half, 1 / 2, 312)):
            told = fec.wlan_ldpc_format(psdu, rate, n_cbps)
            coded = told.codewords * told.codeword_bits
            self.assertEqual((told.rate, told.symbols * n_cbps), (rate, told.available_bits))
            difference = coded - told.shortened_bits - told.available_bits
            self.assertEqual((told.punctured_bits, told.repeated_bits), (max(0, difference), max(0, -difference)))


class TablesTest(unittest.TestCase):
    def test_base_graph_of_7_2_2(self):
        for bits in (100, 292, 293, 3824, 3825, 8000):
            for rate in (0.2, 0.25, 0.26, 0.5, 0.67, 0.68, 0.9):
                small = bits <= 292 or (bits <= 3824 and rate <= 0.67) or rate <= 0.25
                expected = fec.BaseGraph.bg2 if small else fec.BaseGraph.bg1
                self.assertEqual(fec.nr_choose_base_graph(bits, rate), expected, (bits, rate))

    def test_lifting_sizes_of_table_5_3_2_1(self):
        expected = sorted({a << j for a in (2, 3, 5, 7, 9, 11, 13, 15) for j in range(8) if a << j <= 384})
        self.assertEqual(sorted(fec.nr_lifting_sizes), expected)

    def test_wlan_ldpc_format_of_19_3_11_7_5(self):
        # Steps a) to d) for one stream.
        for psdu, rate, value, n_cbps in ((40, fec.WlanLdpcRate.half, 1 / 2, 52), (300, fec.WlanLdpcRate.three_quarters, 3 / 4, 208),
                                          (4000, fec.WlanLdpcRate.five_sixths, 5 / 6, 312)):
            payload = 8 * psdu + 16
            available = n_cbps * math.ceil(payload / (n_cbps * value))
            if available <= 648:
                codewords, length = 1, 1296 if available >= payload + 912 * (1 - value) else 648
            elif available <= 1296:
                codewords, length = 1, 1944 if available >= payload + 1464 * (1 - value) else 1296
            elif available <= 1944:
                codewords, length = 1, 1944
            elif available <= 2592:
                codewords, length = 2, 1944 if available >= payload + 2916 * (1 - value) else 1296
            else:
                codewords, length = math.ceil(payload / (1944 * value)), 1944
            told = fec.wlan_ldpc_format(psdu, rate, n_cbps)
            self.assertEqual((told.payload_bits, told.codewords, told.codeword_bits), (payload, codewords, length))
            self.assertEqual(told.shortened_bits, max(0, round(codewords * length * value) - payload))
            self.assertEqual(told.available_bits, available + told.extra_symbols * n_cbps)

    def test_what_a_transport_format_can_be(self):
        good = fec.TransportFormat(payload_bytes=100, coded_bits=2000, code_rate=0.4)
        self.assertTrue(fec.is_valid(good) and fec.is_valid_addition(good))
        self.assertFalse(fec.is_valid(fec.TransportFormat()))


if __name__ == "__main__":
    unittest.main()
