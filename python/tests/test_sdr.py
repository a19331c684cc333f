import json
import pathlib
import tempfile
import unittest

import numpy as np

import boresight
from boresight import array, frame, rx, sdr
from scene import noise


class SigmfTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name) / "recording"

    def tearDown(self):
        self.folder.cleanup()

    def info(self, format):
        scale = {sdr.SampleFormat.cf32: 1.0, sdr.SampleFormat.cs16: 32768.0, sdr.SampleFormat.cs8: 128.0}
        return sdr.SourceInfo(channels=3, sample_rate_hz=1e6, center_frequency_hz=2e9, format=format, full_scale=scale[format])

    def test_there_and_back(self):
        rng = np.random.default_rng(1)
        written = {
            sdr.SampleFormat.cf32: (noise(rng, 3, 1000), 1),
            sdr.SampleFormat.cs16: (rng.integers(-32768, 32768, (3, 1000, 2)).astype(np.int16), 32768),
            sdr.SampleFormat.cs8: (rng.integers(-128, 128, (3, 1000, 2)).astype(np.int8), 128),
        }
        for format, (samples, scale) in written.items():
            with self.subTest(format):
                with sdr.SigmfWriter(path=self.path, source=self.info(format), description="test", overwrite=True) as writer:
                    writer.write(samples[:, :600])
                    writer.write(samples[:, 600:], lost_samples=50)
                    writer.annotate(sdr.SigmfAnnotation(10, 20, "here"))
                self.assertEqual(writer.samples_written, 1000)
                source = sdr.SigmfSource(self.path)
                self.assertEqual((source.total_samples, source.info.channels), (1000, 3))
                self.assertEqual(source.meta.annotations[0].label, "here")
                source.start()
                raw = source.read(5000, raw=True)
                self.assertEqual(raw.samples.dtype, samples.dtype)
                np.testing.assert_array_equal(raw.samples, samples[:, :600])
                gap = source.read(5000, raw=True)
                self.assertEqual((gap.lost_samples, gap.gap), (50, True))
                self.assertEqual(source.read(10).status, sdr.Read.Status.end)
                source.start()
                wide = samples if format == sdr.SampleFormat.cf32 else samples[..., 0] + 1j * samples[..., 1]
                np.testing.assert_allclose(source.receive(800, across_gaps=True), (wide / scale)[:, :800], atol=1e-7)
                self.assertEqual(source.receive(800).shape, (3, 200))
                document = json.loads(writer.meta_path.read_text())
                self.assertEqual(document["global"]["core:num_channels"], 3)

    def test_nothing_stays_of_a_failure(self):
        with self.assertRaises(KeyError):
            with sdr.SigmfWriter(path=self.path, source=self.info(sdr.SampleFormat.cf32)) as writer:
                writer.write(np.zeros((3, 10), np.complex64))
                raise KeyError
        del writer
        with self.assertRaisesRegex(boresight.IoError, "recording"):
            sdr.SigmfSource(self.path)

    def test_errors(self):
        writer = sdr.SigmfWriter(path=self.path, source=self.info(sdr.SampleFormat.cs16))
        with self.assertRaisesRegex(TypeError, "cs16"):
            writer.write(np.zeros((3, 10), np.complex64))
        with self.assertRaises(boresight.ConfigError):
            writer.write(np.zeros((2, 10, 2), np.int16))
        with self.assertRaises(boresight.IoError):
            sdr.parse_sigmf_meta("{", "mine")

    def test_calibration_file(self):
        calibration = array.Calibration(frequency_hz=1e9, channels=[array.ChannelCalibration(), array.ChannelCalibration(gain=2.0)])
        sdr.save_calibration(self.path, calibration)
        self.assertEqual(sdr.load_calibration(self.path).channels[1].gain, 2.0)
        with self.assertRaises(boresight.ConfigError):
            sdr.load_calibration(self.path, array.CalibrationUse(frequency_hz=2e9))


class SoapyTest(unittest.TestCase):
    def test_the_simulated_sky(self):
        self.assertTrue(sdr.load_bundled_driver())
        self.assertTrue(any("driver=boresight" in line for line in sdr.list_devices("driver=boresight")))
        source = sdr.SoapySource("driver=boresight,scenario=clear_sky,realtime=0")
        self.assertEqual((source.info.channels, source.info.real_time), (4, False))
        self.assertEqual(source.info.element_positions_m.shape, (4, 3))
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = array.Geometry.from_positions(source.info.element_positions_m)
        config.front_end.beamformer.carrier_hz = source.info.center_frequency_hz
        receiver, frames = rx.Receiver(config), []
        with source:
            for _ in range(10):
                azimuth, elevation = (np.deg2rad(source.sensor(key)) for key in ("azimuth_deg", "elevation_deg"))
                receiver.set_direction(array.enu_from_sky(azimuth, elevation))
                frames += receiver.push(source.receive(100_000))
        self.assertGreaterEqual(len(frames), 2)
        self.assertTrue(all(f.ok for f in frames))
        self.assertEqual(source.stats.lost_samples, 0)
        self.assertIsNone(source.sensor_text("no such sensor"))

    def test_raw_is_what_the_device_counts(self):
        source = sdr.SoapySource(args="driver=boresight,scenario=clear_sky,realtime=0", channels=[2, 0])
        source.start()
        got = source.read(1000, raw=True)
        self.assertEqual((got.status, got.samples.dtype, got.samples.shape[0]), (sdr.Read.Status.ok, np.int16, 2))
        del source  # the device has one stream
        again = sdr.SoapySource(args="driver=boresight,scenario=clear_sky,realtime=0")
        again.start()
        wide = again.receive(got.samples.shape[1])
        expected = (got.samples[..., 0] + 1j * got.samples[..., 1]) / 32768
        np.testing.assert_allclose(wide[[2, 0]], expected, atol=1e-7)

    def test_stream(self):
        source = sdr.SoapySource(args="driver=boresight,scenario=clear_sky,realtime=0")
        stream = sdr.SampleStream(source, block_samples=5000)
        del source  # the stream keeps it
        stream.start()
        blocks = [stream.next(5.0) for _ in range(4)]
        stream.stop()
        self.assertEqual([b.first_sample for b in blocks], [0, 5000, 10000, 15000])
        self.assertEqual(stream.stats.delivered_samples, 20000)
        self.assertEqual(blocks[0].samples.shape, (4, 5000))
        del stream
        again = sdr.SoapySource(args="driver=boresight,scenario=clear_sky,realtime=0")
        again.start()
        np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks], axis=1), again.receive(20000))

    def test_errors(self):
        with self.assertRaisesRegex(boresight.IoError, "no SoapySDR device matches"):
            sdr.SoapySource("driver=nothing_like_it")
        with self.assertRaises(boresight.ConfigError):
            sdr.SoapySource("")
        with self.assertRaisesRegex(boresight.ConfigError, "99"):
            sdr.SoapySource("driver=boresight,scenario=clear_sky", channels=[99])
        source = sdr.SoapySource("driver=boresight,scenario=clear_sky,realtime=0")
        with self.assertRaises(boresight.ConfigError):
            source.read(0)
        with self.assertRaises(boresight.ConfigError):
            source.read(10, timeout_s=-1.0)


if __name__ == "__main__":
    unittest.main()
