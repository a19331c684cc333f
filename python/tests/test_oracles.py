"""What the tests of a folder leave out, each against its formula in NumPy or SciPy or the standard's table."""

import math
import unittest

import numpy as np

from boresight import array, beam, doa, fec, frame, modem, ofdm, sync
from scene import FREQUENCY_HZ, SPEED_OF_LIGHT_M_S, WAVELENGTH_M, direction, line


class ArrayTest(unittest.TestCase):
    def test_vehicle_frame(self):
        # Heading clockwise from north, then nose up, then right side down; ENU.
        h, p, r = 0.7, 0.2, -0.3
        forward = np.array([np.sin(h) * np.cos(p), np.cos(h) * np.cos(p), np.sin(p)])
        level_right = np.array([np.cos(h), -np.sin(h), 0])
        up = np.cross(level_right, forward)
        right, top = np.cos(r) * level_right - np.sin(r) * up, np.cos(r) * up + np.sin(r) * level_right
        attitude = array.Attitude.vehicle(h, p, r)
        for axis, expected in zip(np.eye(3), (right, forward, top)):
            np.testing.assert_allclose(attitude.enu_from_array(axis), expected, atol=1e-12)
        same = array.Attitude.from_axes(right, forward, top)
        v = np.array([0.3, -0.5, 0.8])
        np.testing.assert_allclose(same.enu_from_array(v), v @ np.stack([right, forward, top]), atol=1e-12)
        enu = same.enu_from_array(v)
        azimuth, elevation = same.sky_from_array(v)
        self.assertAlmostEqual(azimuth % (2 * np.pi), np.arctan2(enu[0], enu[1]) % (2 * np.pi), places=9)
        self.assertAlmostEqual(elevation, np.arctan2(enu[2], np.hypot(enu[0], enu[1])), places=9)

    def test_vehicle_motion_between_two_reports(self):
        motion = array.VehicleMotion(np.array([10.0, 12.0]), np.array([[0.0, 0, 0], [0.4, 0, 0]]))
        self.assertAlmostEqual(motion.turn_rate_rad_s(11.0), 0.2, places=9)
        for got in (motion.vehicle_at(11.5), motion.attitude_at(11.5)):
            np.testing.assert_allclose(got.enu_from_array([0, 1, 0]), [np.sin(0.3), np.cos(0.3), 0], atol=1e-9)

    def test_dipoles(self):
        # Balanis, Antenna Theory: 73.1 + j 42.5 ohm alone; side by side by the induced EMF.
        self.assertAlmostEqual(array.half_wave_dipole_impedance(0.0, 0.0), 73.13 + 42.54j, delta=0.1)
        from scipy.special import sici

        d = 2 * np.pi * 0.5
        u = [d, np.hypot(d, np.pi) + np.pi, np.hypot(d, np.pi) - np.pi]
        (s0, c0), (s1, c1), (s2, c2) = map(sici, u)
        eta = 376.73 / (4 * np.pi)
        expected = eta * (2 * c0 - c1 - c2) - 1j * eta * (2 * s0 - s1 - s2)
        self.assertAlmostEqual(array.half_wave_dipole_impedance(0.5, 0.0), expected, delta=0.02)
        geometry, load = line(3), 50 + 10j
        z = np.array([[array.half_wave_dipole_impedance(abs(i - k) / 2, 0.0) for k in range(3)] for i in range(3)])
        coupling = (z[0, 0] + load) * np.linalg.inv(z + load * np.eye(3))
        np.testing.assert_allclose(array.dipole_coupling(geometry, FREQUENCY_HZ, load), coupling, atol=1e-3)

    def test_pattern_peak_and_null(self):
        a = array.steering_vector(line(8), direction(20), FREQUENCY_HZ)
        pattern = array.Pattern(line(8), FREQUENCY_HZ, a)
        peak = array.find_peak(pattern, direction(17))
        np.testing.assert_allclose(peak, direction(20), atol=1e-4)
        response = lambda angle: abs(np.vdot(a, array.steering_vector(line(8), direction(angle), FREQUENCY_HZ))) ** 2
        self.assertAlmostEqual(array.null_depth_db(pattern, direction(29), direction(20)),
                               10 * np.log10(response(20) / response(29)), places=6)
        other = array.Pattern(line(8), FREQUENCY_HZ, array.steering_vector(line(8), direction(23), FREQUENCY_HZ))
        self.assertAlmostEqual(array.squint_rad(pattern, other, direction(21)), np.deg2rad(3), delta=1e-4)

    def test_elements(self):
        cosine = array.Manifold.Config(geometry=line(3), element=array.ElementPattern(array.CosineElement(1.0)))
        manifold = array.Manifold(cosine)
        self.assertEqual([manifold.elements_in_view(direction(a)) for a in (0, 60, 120)], [3, 3, 0])
        patch = array.PatchElement(0.4, 0.5)
        u = direction(35)
        # Along the E plane: the two slots; along the H plane: a slot's width and the projection.
        self.assertAlmostEqual(abs(array.ElementPattern(patch).scalar(u)), abs(np.cos(np.pi * 0.4 * u[0])), places=9)
        u = u[[1, 0, 2]]
        self.assertAlmostEqual(abs(array.ElementPattern(patch).scalar(u)), abs(np.sinc(0.5 * u[1]) * u[2]), places=9)
        self.assertTrue(array.ElementPattern().isotropic)
        self.assertAlmostEqual(array.ElementPattern(array.CosineElement(1.0)).directivity([0, 0, 1]), 6, delta=0.01)

    def test_calibration_from_symbols_is_the_correlation(self):
        rng = np.random.default_rng(3)
        normal = lambda *shape: (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)
        gains = np.array([1, 0.8j, -1.1, 0.9 * np.exp(0.7j)])
        estimator = array.CalibrationFromSymbols(channels=4, sample_rate_hz=1e6)
        product = 0
        for _ in range(4):
            symbols = normal(2000).astype(np.complex64)
            x = np.exp(2j * np.pi * rng.random()) * gains[:, None] * symbols + 0.3 * normal(4, 2000)
            estimator.add(x.astype(np.complex64), symbols)
            found = x @ symbols.conj()
            product = product + found / found[0] * abs(found[0])
        result = estimator.solve(1e9, 0.0, 0.0)
        self.assertTrue(result.ok, result.reason)
        told = np.array([c.gain * np.exp(1j * c.phase_rad) for c in result.calibration.channels])
        expected = product / product[0]
        np.testing.assert_allclose(told / told[0], expected, atol=5e-3)
        np.testing.assert_allclose(told / told[0], gains, atol=0.05)
        self.assertEqual((estimator.calls, estimator.samples), (4, 8000))

    def test_stuck_elements(self):
        rng = np.random.default_rng(1)
        commanded = np.exp(2j * np.pi * rng.random((6, 4)))
        measured = commanded * [1, 0.9j, 1, 1]
        measured[:, 2] = 0.7
        self.assertEqual(list(array.stuck_elements(commanded, measured)), [False, False, True, False])

    def test_user_taper_along_the_radius(self):
        geometry = array.Geometry.rectangle(5, 5, WAVELENGTH_M / 2, WAVELENGTH_M / 2)
        taper = array.radial_taper(array.UniformTaper(), geometry)
        np.testing.assert_array_equal(taper, np.ones(25))
        falling = array.radial_taper(array.KaiserTaper(), geometry)
        radius = np.hypot(*geometry.positions_m.T[:2])
        self.assertTrue((np.diff(falling[np.argsort(radius, kind="stable")]) <= 1e-12).all())


class BeamAndDoaTest(unittest.TestCase):
    def test_squint_angle(self):
        theta, f, df = 0.6, 12e9, 3e8
        self.assertAlmostEqual(beam.squint_angle_rad(theta, f, df), np.arcsin(np.sin(theta) * f / (f + df)) - theta, places=12)

    def test_mirror_elements(self):
        np.testing.assert_array_equal(beam.mirror_elements(line(5)), [4, 3, 2, 1, 0])

    def test_nulls_of_the_adaptive_beamformer(self):
        adaptive = beam.AdaptiveBeamformer(geometry=line(8), carrier_hz=FREQUENCY_HZ, mode=beam.AdaptiveBeamformer.Mode.lcmv, max_nulls=2)
        np.testing.assert_allclose(adaptive.steering_of(0), array.steering_vector(line(8), [0, 0, 1], FREQUENCY_HZ), atol=1e-9)
        adaptive.set_nulls(np.stack([direction(30), direction(-40)]))
        rng = np.random.default_rng(1)
        x = ((rng.normal(size=(8, 50000)) + 1j * rng.normal(size=(8, 50000))) / np.sqrt(2)).astype(np.complex64)
        adaptive.process(x)
        weights = np.ravel(adaptive.weights)
        for angle in (30, -40):
            self.assertLess(abs(np.vdot(weights, array.steering_vector(line(8), direction(angle), FREQUENCY_HZ))), 1e-6)

    def test_directions_of_a_grid(self):
        azimuths, elevations = np.array([0.1, 2.0, 4.0]), np.array([0.2, 1.1])
        grid = doa.SearchGrid.azimuth_elevation(azimuths, elevations)
        expected = [[np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)] for e in elevations for a in azimuths]
        attitude = array.Attitude()
        np.testing.assert_allclose([attitude.enu_from_array(u) for u in grid.directions], expected, atol=1e-12)
        self.assertEqual([doa.angles_per_direction(g) for g in (line(4), array.Geometry.rectangle(2, 2, 1.0, 1.0))], [1, 2])

    def test_stable_step(self):
        self.assertEqual(beam.LmsFilter.stable_step(8.0), 0.125)


class SyncAndOfdmTest(unittest.TestCase):
    def test_differential_detection_probability(self):
        # Segments z_n of mean amplitude sqrt(power) in unit noise; the statistic of neighbors' products.
        rng = np.random.default_rng(1)
        segments, power = 5, 2.0
        z = np.sqrt(power) + (rng.normal(size=(200_000, segments)) + 1j * rng.normal(size=(200_000, segments))) / np.sqrt(2)
        statistic = (z[:, 1:] * z[:, :-1].conj()).sum(-1).real
        for threshold in (4.0, 8.0):
            counted = (statistic > threshold).mean()
            told = sync.differential_detection_probability(segments, power, threshold)
            self.assertAlmostEqual(told, counted, delta=5 * math.sqrt(counted / 200_000) + 0.01)

    def test_edge_pilots_stand_at_the_edges(self):
        lower, upper = (sync.edge_pilot_center_hz(e) for e in (sync.ChannelEdge.lower, sync.ChannelEdge.upper))
        k = np.array(sync.edge_pilot_subcarriers)
        spacing = 240e6 / 1024
        # FFT order: from 512 on the subcarriers are below the center.
        self.assertAlmostEqual(upper, k[k < 512].mean() * spacing, delta=spacing)
        self.assertAlmostEqual(lower, (k[k >= 512] - 1024).mean() * spacing, delta=spacing)

    def test_exponential_profile(self):
        taps = ofdm.exponential_profile(2.0, 5.0)
        delays, powers = np.array([t.delay_samples for t in taps]), np.array([t.power for t in taps])
        self.assertAlmostEqual(powers.sum(), 1, places=9)
        # Cut at 8 decays, which takes exp(-8) of the power and 9 exp(-8) of the mean's 5.
        mean = (powers * delays).sum()
        self.assertAlmostEqual(mean, 2 + 5, delta=0.05)
        self.assertAlmostEqual(np.sqrt((powers * (delays - mean) ** 2).sum()), 5, delta=0.1)
        np.testing.assert_allclose(powers[1:] / powers[:-1], np.exp(-np.diff(delays) / 5), rtol=1e-9)

    def test_nominal_carrier(self):
        for numerology in (ofdm.ku240(), ofdm.ku20()):
            expected = 11.325e9 * numerology.sample_rate_hz / 240e6
            self.assertAlmostEqual(ofdm.nominal_ku_carrier_hz(numerology), expected, delta=1)


class CodingTest(unittest.TestCase):
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


class FrameTest(unittest.TestCase):
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
