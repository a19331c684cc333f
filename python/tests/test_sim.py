import unittest

import numpy as np

import boresight
from boresight import frame, rx, sim, tx
from boresight.array import Attitude, Geometry, enu_from_sky, steering_vector
from scene import SPEED_OF_LIGHT_M_S, noise


class MotionTest(unittest.TestCase):
    def test_leo_pass(self):
        motion = sim.LeoPass(altitude_m=550e3, culmination_elevation_rad=np.pi / 2)
        self.assertAlmostEqual(sim.state_at(motion, 0).delay_s, 550e3 / SPEED_OF_LIGHT_M_S, places=9)
        np.testing.assert_allclose(sim.state_at(motion, 0).direction, [0, 0, 1], atol=1e-9)
        a, b = sim.state_at(motion, 60.0), sim.state_at(motion, 60.001)
        self.assertAlmostEqual((b.delay_s - a.delay_s) / 0.001 / a.delay_rate, 1, places=4)

    def test_track(self):
        track = sim.Track(azimuth_rad=1.0, elevation_rad=0.5, doppler_hz=1000.0)
        state = sim.state_at(track, 3.0)
        np.testing.assert_allclose(state.direction, enu_from_sky(1.0, 0.5))
        self.assertAlmostEqual(-state.delay_rate * 11.325e9, 1000.0, places=6)


class SkyTest(unittest.TestCase):
    def scenario(self):
        scenario = sim.shipped_scenario("clear_sky")
        scenario.satellites = [sim.Satellite(snr_db=20.0, motion=sim.Track(azimuth_rad=0.3, elevation_rad=1.2))]
        scenario.receiver = sim.Receiver()
        scenario.jammers = []
        return scenario

    def test_covariance_is_the_steering_vector(self):
        sky = sim.Sky(self.scenario())
        x = sky.generate(20_000).astype(complex)
        self.assertEqual(x.shape, (sky.channels, 20_000))
        r = x @ x.conj().T
        geometry = Geometry.from_positions(sky.positions_m)
        a = steering_vector(geometry, enu_from_sky(0.3, 1.2), sky.carrier_hz)
        strongest = np.linalg.eigh(r)[1][:, -1]
        self.assertGreater(abs(np.vdot(strongest, a)) / np.sqrt(sky.channels), 0.999)
        self.assertEqual(sky.samples_generated, 20_000)
        self.assertAlmostEqual(sky.truth().snr_db, 20)

    def test_same_scenario_same_samples(self):
        one, two = sim.Sky(self.scenario()), sim.Sky(self.scenario())
        whole = one.generate(5000)
        np.testing.assert_array_equal(whole, np.concatenate([two.generate(1234), two.generate(3766)], axis=1))

    def test_own_signals(self):
        scenario = self.scenario()
        n = np.arange(4000)
        tone = np.exp(2j * np.pi * 0.05 * n / sim.signal_oversampling).astype(np.complex64)
        sky = sim.Sky(scenario, signals=[tone[None]])
        self.assertEqual(sky.payload_file, b"")
        x = sky.generate(4096)[0]
        spectrum = np.abs(np.fft.fft(x * np.hanning(4096)))
        self.assertAlmostEqual(np.argmax(spectrum) / 4096, 0.05, delta=1e-3)
        for wrong in ([], [tone[None], tone[None]], [np.full((1, 10), np.nan, np.complex64)]):
            with self.assertRaises(boresight.ConfigError):
                sim.Sky(scenario, signals=wrong)
        with self.assertRaises(TypeError):
            sim.Sky(scenario, signals=[tone[None].astype(np.complex128)])

    def test_scenarios(self):
        self.assertIn("rooftop_jammed", sim.shipped_scenarios())
        with self.assertRaisesRegex(boresight.ConfigError, "rooftop_jammed"):
            sim.shipped_scenario("no such")
        with self.assertRaisesRegex(boresight.ConfigError, "^mine"):
            sim.parse_scenario("{}", "mine")
        fast = sim.set_waveform(sim.shipped_scenario("clear_sky"), "ku240")
        self.assertAlmostEqual(fast.carrier_hz, 11.325e9)
        scenario = sim.shipped_scenario("rooftop_jammed")
        self.assertEqual(sim.element_positions_m(scenario).shape, (16, 3))
        scenario.receiver.adc.bits = 99
        with self.assertRaises(boresight.ConfigError):
            sim.validate(scenario)

    def test_the_file_comes_through(self):
        scenario = sim.shipped_scenario("clear_sky")
        scenario.payload_file_bytes = 20_000
        sky = sim.Sky(scenario)
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = Geometry.from_positions(sky.positions_m)
        config.front_end.beamformer.carrier_hz = sky.carrier_hz
        receiver, carousel = rx.Receiver(config), frame.CarouselReceiver()
        attitude = Attitude(scenario.attitude.yaw_rad, scenario.attitude.pitch_rad, scenario.attitude.roll_rad)
        for _ in range(60):
            truth = sky.truth()
            receiver.set_direction(attitude.array_from_sky(truth.azimuth_rad, truth.elevation_rad))
            for received in receiver.push(sky.generate(100_000)):
                carousel.push(received.payload)
            if carousel.complete:
                break
        self.assertEqual(carousel.file, sky.payload_file)


class TdlTest(unittest.TestCase):
    def test_gains_and_response(self):
        taps = sim.ntn_tdl(sim.NtnTdl.a, 100e-9)
        self.assertAlmostEqual(sum(t.power for t in taps), 1)
        line = sim.TappedDelayLine(taps=taps, sample_rate_hz=20e6, doppler_hz=100.0)
        g = line.gains(0.01)
        f = 1e5 + 2e5 * np.arange(50)
        expected = sum(gain * np.exp(-2j * np.pi * f * tap.delay_s) for gain, tap in zip(g, taps))
        np.testing.assert_allclose(line.response(0.01, 1e5, 2e5, 50), expected, rtol=1e-9)
        still = sim.TappedDelayLine(taps=[sim.TdlTap(5 / 20e6, 1.0)], sample_rate_hz=20e6)
        x = noise(np.random.default_rng(1), 1000)
        late = 5 + sim.TappedDelayLine.latency_samples
        np.testing.assert_allclose(still.process(x)[late:], still.gains(0)[0] * x[:-late], atol=1e-4)


class TransmitterTest(unittest.TestCase):
    def test_power_and_errors(self):
        ku = tx.KuTransmitter(oversampling=2)
        x = ku.transmit(frame.Mcs.qpsk_1_2, 0, b"abc")
        self.assertEqual(x.size, 640_000)
        self.assertAlmostEqual((np.abs(x[: 302 * 2112]) ** 2).mean(), 1, places=2)
        with self.assertRaises(boresight.ConfigError):
            ku.transmit(frame.Mcs.qpsk_1_3, 0, bytes(10**6))
        wifi = tx.WifiTransmitter()
        self.assertAlmostEqual((np.abs(wifi.transmit(frame.WifiRate.r54, bytes(1000))) ** 2).mean(), 1, delta=0.1)
        for wrong in (b"", bytes(5000)):
            with self.assertRaises(boresight.ConfigError):
                wifi.transmit(frame.WifiRate.r6, wrong)
        with self.assertRaises(boresight.ConfigError):
            wifi.transmit(frame.WifiRate.r6, b"abcde", 0)
        with self.assertRaises(boresight.ConfigError):
            wifi.transmit_ht(frame.HtSignal(mcs=20), b"abcde")


class MoreSkyTest(unittest.TestCase):
    def scenario(self, **receiver):
        scenario = sim.shipped_scenario("clear_sky")
        scenario.satellites = [sim.Satellite(snr_db=20.0, motion=sim.Track(azimuth_rad=0.3, elevation_rad=1.2, doppler_hz=1000.0))]
        scenario.receiver = sim.Receiver(**receiver)
        scenario.jammers = []
        return scenario

    def test_what_the_sky_tells(self):
        scenario = self.scenario(dead_elements=[1], element_gain_error_db_rms=1.0, element_phase_error_rad_rms=0.2,
                                 adc=sim.Adc(bits=12, noise_floor_dbfs=-40.0, gain_db=-3.0))
        scenario.jammers = [sim.Jammer(azimuth_rad=1.0, elevation_rad=0.3, power_db=25.0),
                            sim.Jammer(azimuth_rad=2.0, elevation_rad=0.2, power_db=20.0)]
        sky = sim.Sky(scenario)
        self.assertEqual((sky.sample_rate_hz, sky.gain_db), (scenario.sample_rate_hz, -3.0))
        x = sky.generate(50_000).astype(complex)
        gains = sky.element_gains
        self.assertEqual(gains[1], 0)
        truth = sky.truth()
        self.assertAlmostEqual(truth.time_s, 50_000 / scenario.sample_rate_hz, places=9)
        self.assertAlmostEqual(truth.doppler_hz, 1000 * scenario.carrier_hz / 11.325e9, delta=1000)
        state = sim.state_at(scenario.satellites[0].motion, truth.time_s)
        self.assertAlmostEqual(truth.doppler_hz, -state.delay_rate * scenario.carrier_hz, places=6)
        self.assertAlmostEqual(truth.jammer_to_noise_db, 10 * np.log10(10**2.5 + 10**2), places=6)
        self.assertAlmostEqual(truth.azimuth_rad, 0.3, places=9)
        self.assertAlmostEqual(truth.elevation_rad, 1.2, places=9)
        self.assertEqual(truth.carrier_hz, sky.carrier_hz)
        # The strongest directions of the covariance are the steering vectors times the gains.
        r = x @ x.conj().T
        geometry = Geometry.from_positions(sky.positions_m)
        strongest = np.linalg.eigh(r)[1][:, -3:]
        attitude = Attitude(scenario.attitude.yaw_rad, scenario.attitude.pitch_rad, scenario.attitude.roll_rad)
        a = np.stack([gains * steering_vector(geometry, attitude.array_from_sky(*u), sky.carrier_hz) for u in ((1.0, 0.3), (2.0, 0.2), (0.3, 1.2))], 1)
        angles = np.linalg.svd(np.linalg.qr(a)[0].conj().T @ strongest)[1]
        np.testing.assert_allclose(angles, 1, atol=5e-3)

    def test_gain_and_clipping(self):
        sky = sim.Sky(self.scenario(adc=sim.Adc(bits=8, noise_floor_dbfs=-40.0)))
        first = sky.generate(20_000)
        self.assertEqual(sky.rails_clipped, 0)
        self.assertAlmostEqual(10 * np.log10((abs(first) ** 2).mean()), -40 + 20 * 1.0 + 10 * np.log10(1.01), delta=0.5)
        # Multiples of 2^-7.
        np.testing.assert_array_equal(first.real * 128, np.round(first.real * 128))
        sky.gain_db = 30.0
        self.assertEqual(sky.gain_db, 30.0)
        before = sky.generate(8192)
        clipped = sky.rails_clipped
        loud = sky.generate(20_000)
        rails = lambda v: sum(np.count_nonzero((r <= -1) | (r >= 127 / 128)) for r in (v.real, v.imag))
        self.assertGreater(clipped, 0)
        self.assertGreater(rails(loud), 100_000)
        del before

    def test_positions(self):
        scenario = self.scenario()
        wavelength = SPEED_OF_LIGHT_M_S / scenario.carrier_hz
        scenario.positions_m = np.zeros((0, 3))
        scenario.positions_wavelengths = np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]])
        np.testing.assert_allclose(sim.element_positions_m(scenario), np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]) * wavelength)

    def test_a_scenario_of_json(self):
        text = """{"name": "mine", "waveform": "ku20", "seed": 5,
                   "payload": {"file_bytes": 1000, "mcs": "qpsk_1_2"},
                   "array": {"type": "line", "elements": 2, "spacing_wavelengths": 0.5},
                   "satellites": [{"snr_db": 7, "motion": {"type": "track", "azimuth_deg": 90, "elevation_deg": 45}}]}"""
        scenario = sim.parse_scenario(text)
        self.assertEqual((scenario.name, scenario.seed, scenario.satellites[0].snr_db), ("mine", 5, 7))

    def test_shipped_scenarios_are_as_they_are_named(self):
        self.assertEqual(sim.shipped_scenario("clear_sky").jammers, ())
        self.assertEqual(sim.shipped_scenario("clear_sky").name, "clear_sky")
        self.assertGreater(len(sim.shipped_scenario("rooftop_jammed").jammers), 0)
        self.assertGreater(len(sim.shipped_scenario("dead_elements").receiver.dead_elements), 0)

    def test_frame_and_taps(self):
        self.assertEqual([tx.KuTransmitter(oversampling=q).frame_samples for q in (1, 2)], [320_000, 640_000])
        made = sim.TappedDelayLine(taps=[sim.TdlTap(0.0, 0.5), sim.TdlTap(1e-6, 0.5)], sample_rate_hz=20e6)
        self.assertEqual(made.taps, 2)


if __name__ == "__main__":
    unittest.main()
