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


if __name__ == "__main__":
    unittest.main()
