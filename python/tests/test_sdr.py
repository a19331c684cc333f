import json
import pathlib
import tempfile
import unittest

import numpy as np

import boresight
from boresight import array, frame, rx, sdr, sim
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


class MoreSigmfTest(unittest.TestCase):
    def test_meta_is_what_was_written(self):
        positions = np.array([[0, 0, 0], [0.1, 0, 0]])
        info = sdr.SourceInfo(channels=2, sample_rate_hz=1e6, center_frequency_hz=2e9, format=sdr.SampleFormat.cs16, full_scale=32768.0,
                              element_positions_m=positions)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "one"
            writer = sdr.SigmfWriter(path=path, source=info, description="what", author="who", hw="which", start_utc_ns=10**18)
            self.assertEqual((writer.meta_path, writer.data_path), (path.with_suffix(".sigmf-meta"), path.with_suffix(".sigmf-data")))
            self.assertFalse(writer.meta_path.exists())
            writer.point(30.0, 45.0)
            writer.write(np.ones((2, 100, 2), np.int16))
            writer.annotate(sdr.SigmfAnnotation(10, 20, "here", "why"))
            writer.point(31.0, 46.0)
            writer.write(np.ones((2, 50, 2), np.int16), lost_samples=7)
            writer.close()
            self.assertTrue(writer.meta_path.exists())
            self.assertEqual(writer.data_path.stat().st_size, 150 * 2 * 4)
            text = writer.meta_path.read_text()
            meta = sdr.SigmfSource(path).meta
        self.assertEqual((meta.format, meta.channels, meta.sample_rate_hz, meta.full_scale), (sdr.SampleFormat.cs16, 2, 1e6, 32768))
        self.assertEqual((meta.description, meta.author, meta.hw), ("what", "who", "which"))
        self.assertEqual([(c.sample_start, c.global_index, c.frequency_hz) for c in meta.captures], [(0, 0, 2e9), (100, 107, 2e9)])
        self.assertEqual(meta.captures[0].utc_ns, 10**18)
        self.assertEqual([(p.sample_start, p.azimuth_deg, p.elevation_deg) for p in meta.pointing], [(0, 30, 45), (100, 31, 46)])
        self.assertEqual([(a.sample_start, a.sample_count, a.label, a.comment) for a in meta.annotations], [(10, 20, "here", "why")])
        np.testing.assert_allclose(meta.element_positions_m, positions)
        self.assertEqual((meta.samples, meta.offset), (150, 0))
        document = json.loads(text)
        self.assertEqual(meta.recorder, document["global"]["core:recorder"])
        self.assertEqual(meta.license, document["global"].get("core:license", ""))
        self.assertEqual(meta.dataset, document["global"].get("core:dataset", ""))
        # And by hand, with what the writer leaves out.
        for part in (document["captures"], document["annotations"]):
            for entry in part:
                entry["core:sample_start"] += 5
        document["global"].update({"core:license": "CC0", "core:offset": 5, "core:dataset": "other.bin", "core:author": "me"})
        told = sdr.parse_sigmf_meta(json.dumps(document))
        self.assertEqual((told.license, told.offset, told.dataset, told.author, told.channels), ("CC0", 5, "other.bin", "me", 2))

    def test_calibration_is_saved(self):
        calibration = array.Calibration(frequency_hz=1e9, channels=[array.ChannelCalibration(), array.ChannelCalibration(gain=2.0)])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "calibration.json"
            sdr.save_calibration(path, calibration)
            self.assertTrue(path.exists())
            self.assertEqual(array.parse_calibration(path.read_text()).channels[1].gain, 2.0)


class MoreSoapyTest(unittest.TestCase):
    args = "driver=boresight,scenario=clear_sky,realtime=0"

    def test_reads_and_sensors(self):
        source = sdr.SoapySource(self.args)
        lines = sdr.list_devices("driver=boresight")
        self.assertEqual(len(lines), len(set(lines)))
        for line in lines[:1]:
            self.assertIn("driver=boresight", line)
            self.assertNotIn("?", line)
        self.assertGreater(source.mtu, 0)
        self.assertEqual(source.mtu & (source.mtu - 1), 0)
        self.assertEqual(source.error, "")
        source.start()
        one, two = source.read(1000), source.read(1000)
        self.assertEqual(one.samples.dtype, np.complex64)
        n = one.samples.shape[1]
        self.assertEqual(two.time_ns - one.time_ns, round(n / source.info.sample_rate_hz * 1e9))
        scenario = sim.shipped_scenario("clear_sky")
        sky = sim.Sky(scenario)
        np.testing.assert_allclose(one.samples, sky.generate(n), atol=2**-15)
        truth = sky.truth()
        self.assertAlmostEqual(source.sensor("azimuth_deg"), np.rad2deg(truth.azimuth_rad), delta=0.5)
        self.assertAlmostEqual(float(source.sensor_text("elevation_deg")), np.rad2deg(truth.elevation_rad), delta=0.5)
        s = source.stats
        self.assertEqual((s.overflows, s.timeouts, s.stream_errors, s.restarts), (0, 0, 0, 0))
        self.assertEqual((s.known_gaps, s.unknown_gaps, s.bad_timestamps, s.lost_samples), (0, 0, 0, 0))
        source.stop()
        self.assertNotEqual(source.read(10, timeout_s=0.01).status, sdr.Read.Status.ok)

    def test_stream_counts(self):
        stream = sdr.SampleStream(sdr.SoapySource(self.args), block_samples=5000, buffer_s=0.01)
        self.assertEqual(stream.block_samples, 5000)
        self.assertEqual(stream.stats.most_blocks_waiting, 0)
        stream.start()
        blocks = [stream.next(5.0) for _ in range(3)]
        for before, block in zip(blocks, blocks[1:]):
            self.assertEqual((block.status, block.lost_samples, block.gap), (sdr.Read.Status.ok, 0, False))
            self.assertEqual(block.time_ns - before.time_ns, 5000 * 50)
        stream.stop()
        s = stream.stats
        # The least: a source that waits for its reader needs no more.
        self.assertEqual(s.blocks, 8)
        self.assertLessEqual(s.most_blocks_waiting, s.blocks)
        self.assertEqual((s.dropped_samples, s.drops, s.real_time_scheduling), (0, 0, False))
        with self.assertRaises((boresight.ConfigError, boresight.IoError, RuntimeError)):
            for _ in range(60):
                if stream.next(0.1).status != sdr.Read.Status.ok:
                    raise RuntimeError


if __name__ == "__main__":
    unittest.main()
