"""What holds for every binding: dtypes, shapes, order, lifetimes, NaN, threads, leaks, documentation."""

import copy
import gc
import importlib
import inspect
import pickle
import re
import subprocess
import sys
import threading
import time
import unittest

import numpy as np

import boresight
from boresight import array, beam, doa, fec, frame, modem, ofdm, rx, sim, sync, tx
from scene import FREQUENCY_HZ, covariance, line, line_steering, noise

MODULES = ["array", "beam", "doa", "sync", "ofdm", "modem", "fec", "frame", "rx", "tx", "sim", "sdr"]


def resident_kilobytes():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


class RefusalTest(unittest.TestCase):
    """Every way of taking an array, with every way of being wrong."""

    def setUp(self):
        rng = np.random.default_rng(1)
        self.beamformer = beam.Beamformer(4)
        self.r = covariance(4, [10], [10])
        self.a = line_steering(4, 10)
        qpsk = modem.Constellation(modem.Modulation.qpsk)
        x = noise(rng, 4, 40)
        # name: (call, good array, dtype named)
        self.calls = {
            "grid": (lambda v: self.beamformer.process(v), x, "complex64"),
            "covariance": (lambda v: beam.mvdr(v, self.a), self.r, "complex128"),
            "vector": (lambda v: beam.conventional(v), self.a, "complex128"),
            "samples": (lambda v: rx.KuReceiver().push(v), x[0], "complex64"),
            "floats": (lambda v: modem.soft_demap(qpsk, x[0], v), np.ones(40, np.float32), "float32"),
            "bits": (lambda v: fec.convolutional_encode(v), np.ones(40, np.uint8), "uint8"),
            "soft bits": (
                lambda v: fec.ViterbiDecoder(20).decode(v),
                np.ones(40, np.int8),
                "int8",
            ),
            "update": (lambda v: doa.SampleCovariance(4).update(v), x, "complex64"),
            "elements": (lambda v: self.receiver().push(v), x, "complex64"),
        }

    def receiver(self):
        config = rx.Receiver.Config()
        config.front_end.beamformer.geometry = line(4)
        config.front_end.beamformer.carrier_hz = FREQUENCY_HZ
        return rx.Receiver(config)

    def test_the_right_one_is_taken(self):
        for name, (call, good, _) in self.calls.items():
            with self.subTest(name):
                call(good)

    def test_wrong_dtypes_name_both(self):
        for name, (call, good, wanted) in self.calls.items():
            for wrong in (np.complex64, np.complex128, np.float32, np.float64, np.int32, np.uint8, np.dtype(">c8")):
                if np.dtype(wrong) == good.dtype:
                    continue
                with self.subTest(name, wrong=wrong), np.errstate(all="ignore"):
                    bad = good.real.astype(wrong)
                    with self.assertRaises(TypeError) as caught:
                        call(bad)
                    self.assertRegex(str(caught.exception), rf"{wanted}, got {np.dtype(wrong)}")

    def test_wrong_types_name_both(self):
        for name, (call, good, wanted) in self.calls.items():
            for wrong in (good.tolist(), None, "text", 3.0):
                with self.subTest(name, wrong=type(wrong)):
                    with self.assertRaisesRegex(TypeError, rf"NumPy array of {wanted}, got {type(wrong).__name__}"):
                        call(wrong)

    def test_wrong_shapes_are_config_errors(self):
        for name, (call, good, _) in self.calls.items():
            wrong = [good.reshape((1,) + good.shape), good.ravel()[:3].reshape(3, 1, 1)]
            if good.ndim == 2:
                wrong += [good[0], good[:3].copy(), np.zeros((5, 7), good.dtype)]
            for bad in wrong:
                with self.subTest(name, shape=bad.shape):
                    with self.assertRaises(boresight.ConfigError):
                        call(bad)

    def test_rows_must_be_contiguous(self):
        for name, (call, good, _) in self.calls.items():
            if good.ndim == 2:
                with self.subTest(name):
                    with self.assertRaisesRegex(TypeError, "contiguous"):
                        call(np.asfortranarray(good))
                    with self.assertRaisesRegex(TypeError, "row"):
                        call(np.broadcast_to(good[:1], good.shape))
                    with self.assertRaisesRegex(TypeError, "row"):
                        call(good[::-1])
            else:
                with self.subTest(name):
                    doubled = np.repeat(good, 2)
                    with self.assertRaisesRegex(TypeError, "ascontiguousarray"):
                        call(doubled[::2])
                    with self.assertRaisesRegex(TypeError, "ascontiguousarray"):
                        call(good[::-1])

    def test_rows_may_lie_apart(self):
        x = noise(np.random.default_rng(2), 4, 100)
        self.beamformer.set_weights(noise(np.random.default_rng(3), 1, 4))
        np.testing.assert_array_equal(
            self.beamformer.process(x[:, 13:40]), self.beamformer.process(x[:, 13:40].copy())
        )
        np.testing.assert_array_equal(
            self.beamformer.process(x), self.beamformer.process(np.concatenate([x, x])[:4])
        )

    def test_unaligned_is_refused(self):
        raw = np.zeros(8 * 40 + 1, np.uint8)[1:].view(np.complex64)
        with self.assertRaisesRegex(TypeError, "aligned"):
            rx.KuReceiver().push(raw)

    def test_integer_samples(self):
        x = np.random.default_rng(1).integers(-30000, 30000, (4, 50, 2)).astype(np.int16)
        weights = noise(np.random.default_rng(2), 1, 4)
        self.beamformer.set_weights(weights)
        wide = (x[..., 0] + 1j * x[..., 1]) / 32768
        y = self.beamformer.process(x)
        np.testing.assert_allclose(y, weights.conj() @ wide, atol=2e-3 * np.abs(weights).sum())
        for wrong in (x[..., 0].copy(), np.zeros((4, 50, 3), np.int16), np.zeros((3, 50, 2), np.int16)):
            with self.assertRaises(boresight.ConfigError):
                self.beamformer.process(wrong)
        with self.assertRaises(TypeError):
            self.beamformer.process(x[:, ::2])
        np.testing.assert_array_equal(self.beamformer.process(x[:, 5:20]), y[:, 5:20])

    def test_parameters_convert_but_complex_ones_do_not(self):
        u = array.steering_vector(line(4), [0, 0, 1], FREQUENCY_HZ)
        np.testing.assert_array_equal(u, array.steering_vector(line(4), np.array([0, 0, 1], np.float32), FREQUENCY_HZ))
        with self.assertRaisesRegex(TypeError, "real"):
            array.steering_vector(line(4), np.array([0, 0, 1j]), FREQUENCY_HZ)
        with self.assertRaises(TypeError):
            array.steering_vector(line(4), "up", FREQUENCY_HZ)
        with self.assertRaises(boresight.ConfigError):
            array.steering_vector(line(4), [0, 1], FREQUENCY_HZ)

    def test_out(self):
        x = noise(np.random.default_rng(1), 4, 50)
        self.beamformer.set_weights(noise(np.random.default_rng(3), 1, 4))
        out = np.empty((1, 50), np.complex64)
        self.assertTrue(np.shares_memory(self.beamformer.process(x, out=out), out))
        np.testing.assert_array_equal(out, self.beamformer.process(x))
        read_only = out.copy()
        read_only.flags.writeable = False
        for bad in (out.astype(np.complex128), read_only, np.empty((1, 100), np.complex64)[:, ::2]):
            with self.assertRaises((TypeError, boresight.ConfigError)):
                self.beamformer.process(x, out=bad)
        with self.assertRaisesRegex(boresight.ConfigError, "overlap"):
            self.beamformer.process(x, out=x[1:2])
        with self.assertRaisesRegex(boresight.ConfigError, "shape"):
            self.beamformer.process(x, out=np.empty((2, 50), np.complex64))


class ErrorTest(unittest.TestCase):
    def test_types(self):
        self.assertTrue(issubclass(boresight.ConfigError, ValueError))
        self.assertTrue(issubclass(boresight.IoError, OSError))
        self.assertEqual(boresight.ConfigError.__module__, "boresight")

    def test_the_text_is_that_of_cpp(self):
        with self.assertRaisesRegex(boresight.ConfigError, "^covariance: 5000 elements, must be 1 to 1024$"):
            doa.SampleCovariance(5000)
        with self.assertRaisesRegex(boresight.IoError, "no-such-file"):
            boresight.sdr.SigmfSource("/no-such-file")

    def test_fields(self):
        with self.assertRaisesRegex(TypeError, "no field beems; it has elements, beams"):
            beam.Beamformer(beems=2)
        with self.assertRaisesRegex(TypeError, "elements: cannot be"):
            beam.Beamformer(elements="many")
        with self.assertRaisesRegex(TypeError, "given twice"):
            beam.Beamformer(4, elements=4)
        with self.assertRaisesRegex(TypeError, "takes 2 fields, got 3"):
            beam.Beamformer(4, 1, 1)
        with self.assertRaisesRegex(TypeError, "subarrays: must be uint16, got float64"):
            beam.TrueTimeDelay(subarrays=np.zeros(3))
        with self.assertRaises(TypeError):
            beam.Beamformer(elements=-1)


class StructTest(unittest.TestCase):
    def classes(self):
        for name in MODULES:
            module = importlib.import_module(f"boresight.{name}")
            for value in vars(module).values():
                if inspect.isclass(value):
                    for cls in [value, *(v for v in vars(value).values() if inspect.isclass(v))]:
                        if not hasattr(cls, "__members__"):
                            yield cls

    def copies(self, made):
        return pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)

    def test_configs_are_made_printed_copied_compared_pickled(self):
        count = 0
        for cls in self.classes():
            if not hasattr(cls, "__match_args__") or not (cls.__init__.__doc__ or "").startswith("__init__("):
                continue
            with self.subTest(cls):
                made = cls()
                self.assertTrue(repr(made).startswith(cls.__qualname__ + "("))
                fields = {name: getattr(made, name) for name in cls.__match_args__}
                for other in (cls(made), cls(**fields), *self.copies(made)):
                    self.assertEqual(other, made)
                    self.assertEqual(repr(other), repr(made))
                self.assertNotEqual(made, fields)
                with self.assertRaises(TypeError):
                    hash(made)
                count += 1
        self.assertGreater(count, 60)

    def test_fields_count_in_a_comparison(self):
        config = doa.SpatialSpectrum.Config(geometry=line(4), frequency_hz=1e9, grid=doa.SearchGrid.line(-1, 1, 9))
        for changed in ({"geometry": line(5)}, {"frequency_hz": 2e9}, {"grid": doa.SearchGrid.line(-1, 1, 10)}):
            other = copy.copy(config)
            self.assertEqual(other, config)
            for name, value in changed.items():
                setattr(other, name, value)
            self.assertNotEqual(other, config)
        element = array.TabulatedElement(thetas_rad=[0.0, 1.0], phis_rad=[0.0], co=np.array([1, 0.5j]))
        config = array.Manifold.Config(geometry=line(3), element=array.ElementPattern(element, -30.0))
        again = pickle.loads(pickle.dumps(config))
        self.assertEqual(again, config)
        self.assertEqual((again.element.model, again.element.floor_db), (element, -30.0))
        self.assertEqual(again.element.scalar([0.3, 0, 0.9]), config.element.scalar([0.3, 0, 0.9]))
        again.element = array.ElementPattern(element, -31.0)
        self.assertNotEqual(again, config)

    def results(self):
        """Of the library's making: nested, with arrays, bytes, enums, spans."""
        wifi, ht = tx.WifiTransmitter(), frame.HtSignal(mcs=4)
        psdu = frame.write_fcs(bytes(60))
        x = np.concatenate([np.zeros(500), wifi.transmit(frame.WifiRate.r24, psdu), wifi.transmit_ht(ht, psdu), np.zeros(500)])
        receiver = rx.WifiReceiver()
        yield from receiver.push(x.astype(np.complex64)) + receiver.flush() + [receiver.stats]
        yield doa.DirectionFinder(geometry=line(8), frequency_hz=FREQUENCY_HZ).find(covariance(8, [10], [10]), 100)
        yield doa.root_music(doa.LineArray(8), covariance(8, [10], [10]), 1)
        yield frame.mcs_info(frame.Mcs.qam64_2_3)
        yield from sync.RepetitionDetector(period=64, signs=[1, 1, 1], false_alarm_rate=1e-3).process(
            np.tile(noise(np.random.default_rng(1), 64), 10))
        sent = tx.KuTransmitter()
        sky = rx.KuReceiver()
        ku = np.concatenate([sent.transmit(frame.Mcs.qpsk_1_2, 1, b"payload"), np.zeros(4000, np.complex64)])
        yield from sky.push((ku + 0.05 * noise(np.random.default_rng(2), ku.size)).astype(np.complex64))
        yield sky.stats

    def test_results_are_copied_compared_pickled(self):
        seen = set()
        for result in self.results():
            seen.add(type(result).__qualname__)
            with self.subTest(type(result)):
                for other in self.copies(result):
                    self.assertEqual(other, result)
                    self.assertEqual(repr(other), repr(result))
        self.assertLessEqual({"WifiFrame", "WifiStats", "McsInfo", "RepetitionDetector.Detection", "KuFrame"}, seen)
        self.assertGreaterEqual(len(seen), 8)
        for cls in self.classes():
            if hasattr(cls, "__match_args__"):
                self.assertIn("__setstate__", vars(cls))

    def test_what_has_state_is_neither_copied_nor_pickled(self):
        count = 0
        for cls in self.classes():
            if "__setstate__" in vars(cls) or issubclass(cls, BaseException):
                continue
            try:
                made = cls()
            except (TypeError, ValueError, OSError):
                continue  # needs arguments, or has no constructor
            count += 1
            with self.subTest(cls):
                for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
                    with self.assertRaisesRegex(TypeError, f"cannot pickle '.*{cls.__name__}' object"):
                        attempt(made)
        self.assertGreater(count, 20)

    def test_fields_cannot_be_changed_in_place(self):
        config = sim.TappedDelayLine.Config(taps=[sim.TdlTap(power=1.0)])
        with self.assertRaises(AttributeError):
            config.taps.append(sim.TdlTap())
        element = array.TabulatedElement(thetas_rad=[0.0, 1.0])
        with self.assertRaises(ValueError):
            element.thetas_rad[0] = 5
        nested = rx.Receiver.Config()
        nested.ku.search.positions = 2048
        self.assertEqual(nested.ku.search.positions, 2048)


class LifetimeTest(unittest.TestCase):
    def test_views_outlive_their_object(self):
        factor = beam.CovarianceFactor(8)
        factor.factor(covariance(8, [20], [100]))
        made = {
            "eigenvalues": factor.eigenvalues,
            "positions": line(8).positions_m,
            "weights": beam.LmsFilter(8).weights,
            "grid": doa.SearchGrid.line(-1, 1, 1000).directions,
            "channel": rx.KuReceiver().channel,
            "position": fec.WlanInterleaver(48, 1).position,
        }
        expected = {name: view.copy() for name, view in made.items()}
        del factor
        gc.collect()
        spoil = [np.full(100000, np.nan) for _ in range(20)]  # whatever was freed would be used again
        for name, view in made.items():
            with self.subTest(name):
                self.assertFalse(view.flags.writeable)
                self.assertFalse(view.flags.owndata)
                np.testing.assert_array_equal(view, expected[name])
        del spoil

    def test_views_show_what_is_now(self):
        lms = beam.LmsFilter(elements=2)
        weights = lms.weights
        lms.set_weights(np.array([1, 2j]))
        np.testing.assert_array_equal(weights, [1, 2j])

    def test_inputs_are_not_kept(self):
        weights = noise(np.random.default_rng(1), 2, 4)
        beamformer = beam.Beamformer(4, 2)
        beamformer.set_weights(weights)
        x = noise(np.random.default_rng(2), 4, 10)
        before = beamformer.process(x)
        weights[:] = 0
        np.testing.assert_array_equal(beamformer.process(x), before)
        self.assertEqual(sys.getrefcount(x), 2)


class NanTest(unittest.TestCase):
    def test_documented_results(self):
        r = covariance(8, [10], [10])
        bad = r.copy()
        bad[2, 1] = np.nan
        a = line_steering(8, 10)
        with self.assertRaises(boresight.ConfigError):
            beam.mvdr(bad, a)
        self.assertIsNone(beam.MvdrSolver(8).solve(bad, a))
        self.assertEqual(doa.DirectionFinder(geometry=line(8), frequency_hz=FREQUENCY_HZ).find(bad, 100).verdict,
                         doa.Verdict.bad_covariance)
        self.assertEqual(doa.root_music(doa.LineArray(8), bad, 1).missing, 1)
        spectrum = doa.SpatialSpectrum(geometry=line(8), frequency_hz=FREQUENCY_HZ, grid=doa.SearchGrid.line(-1, 1, 9))
        np.testing.assert_array_equal(spectrum.music(bad), 0)
        qpsk = modem.Constellation(modem.Modulation.qpsk)
        hostile = np.array([np.nan, np.inf, 1 + 1j, complex(0, -np.inf)], np.complex64)
        llr = modem.soft_demap(qpsk, hostile, np.array([1, 1, np.nan, 1], np.float32))
        np.testing.assert_array_equal(llr, 0)

    def test_one_sample_of_a_beam(self):
        x = noise(np.random.default_rng(1), 4, 100)
        x[2, 50] = np.nan
        beamformer = beam.Beamformer(4)
        beamformer.set_weights(np.ones((1, 4), np.complex64))
        np.testing.assert_array_equal(np.isfinite(beamformer.process(x)[0]), np.arange(100) != 50)

    def test_receivers_take_anything(self):
        rng = np.random.default_rng(1)
        x = noise(rng, 50000)
        x[rng.integers(0, x.size, 500)] = np.nan
        x[rng.integers(0, x.size, 500)] = np.inf
        self.assertEqual(rx.KuReceiver().push(x), [])
        receiver = rx.WifiReceiver()
        receiver.push(x)
        receiver.flush()
        self.assertGreater(receiver.stats.cleaned_samples, 900)
        x.view(np.uint32)[:] = rng.integers(0, 2**32, 2 * x.size, np.uint32)
        rx.KuReceiver().push(x)
        rx.PreambleReceiver(search=sync.PreambleSearch.Config(sample_rate_hz=2.5e6)).push(x)


class ThreadTest(unittest.TestCase):
    def test_other_threads_run_during_a_call(self):
        # A thread that counts goes on while another is in one call; longer calls where the machine is busy.
        sky = sim.Sky(sim.shipped_scenario("clear_sky"))
        sky.generate(4000)
        count, done = [0], threading.Event()

        def counter():
            while not done.is_set():
                count[0] += 1
                time.sleep(0.0005)

        thread = threading.Thread(target=counter)
        thread.start()
        counted, samples = 0, 100_000
        while counted < 5 and samples <= 3_200_000:
            before = count[0]
            sky.generate(samples)
            counted = count[0] - before
            samples *= 2
        done.set()
        thread.join()
        self.assertGreaterEqual(counted, 5)

    def test_one_call_at_a_time(self):
        sky = sim.Sky(sim.shipped_scenario("clear_sky"))
        refused = []

        def run():
            for _ in range(200):
                if refused:
                    return
                try:
                    sky.generate(40_000)
                except RuntimeError as error:
                    refused.append(str(error))

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertIn("another thread", refused[0])
        sky.generate(100)  # and it is whole


class LeakTest(unittest.TestCase):
    def test_no_leak_over_10000_calls(self):
        rng = np.random.default_rng(1)
        x, bad = noise(rng, 8, 500), noise(rng, 500, 8).T
        r, a = covariance(8, [10], [10]), line_steering(8, 10)
        beamformer, factor = beam.Beamformer(8), beam.CovarianceFactor(8)
        config = beam.AdaptiveBeamformer.Config(geometry=line(8), carrier_hz=FREQUENCY_HZ)
        bits = rng.integers(0, 2, 96).astype(np.uint8)
        scenario = sim.shipped_scenario("rooftop_jammed")

        def calls():
            beamformer.process(x)
            factor.factor(r)
            factor.mvdr(a)
            factor.eigenvalues.sum()
            beam.LmsFilter(8).weights.sum()
            doa.root_music(doa.LineArray(8), r, 1).angles_rad.sum()
            fec.crc24a_of_bits(bits)
            copy.copy(config).geometry.positions_m.sum()
            scenario.satellites[0].motion.azimuth_rad if hasattr(scenario.satellites[0].motion, "azimuth_rad") else 0
            fec.unpack_msb_first(b"123456")
            for wrong in (lambda: beamformer.process(bad), lambda: beam.Beamformer(0), lambda: beam.mvdr(r, a[:3])):
                try:
                    wrong()
                except (TypeError, ValueError):
                    pass

        for _ in range(500):
            calls()
        gc.collect()
        before = resident_kilobytes()
        for _ in range(10_000):
            calls()
        gc.collect()
        # One leaked array of 500 samples per call would be 40 MB, one object of 100 bytes 1 MB.
        self.assertLess(resident_kilobytes() - before, 800)

    def test_no_leak_of_big_objects(self):
        samples = tx.KuTransmitter().transmit(frame.Mcs.qpsk_1_2, 0, b"x" * 100)

        def receive():
            receiver, probe = rx.KuReceiver(), rx.KuProbe()
            receiver.set_probe(probe)
            receiver.push(samples)
            return receiver.channel, probe.equalized, probe.correlation

        for _ in range(3):
            receive()
        gc.collect()
        before = resident_kilobytes()
        for _ in range(20):
            receive()
        gc.collect()
        self.assertLess(resident_kilobytes() - before, 8000)  # a receiver and its probe are 14 MB


class DocumentationTest(unittest.TestCase):
    def text(self, value):
        doc = value.__doc__ or ""
        return "\n".join(line for line in doc.splitlines() if not re.match(r"^(\d+\. )?\w+\(.*\) -> ", line)).strip()

    def public(self):
        for name in MODULES:
            module = importlib.import_module(f"boresight.{name}")
            yield name, module
            for key in module.__all__:
                value = getattr(module, key)
                if inspect.isclass(value):
                    yield from self.members(f"{name}.{key}", value)
                elif callable(value):
                    yield f"{name}.{key}", value

    def members(self, path, cls):
        yield path, cls
        if hasattr(cls, "__members__"):
            return
        for key, value in vars(cls).items():
            if inspect.isclass(value):
                yield from self.members(f"{path}.{key}", value)
            elif isinstance(value, property):
                yield f"{path}.{key}", value
            elif isinstance(value, staticmethod):
                yield f"{path}.{key}", value.__func__
            elif callable(value) and (not key.startswith("_") or key == "__init__"):
                yield f"{path}.{key}", value

    def test_every_public_name_says_what_it_is(self):
        names = 0
        for path, value in self.public():
            if path.endswith("__init__") and isinstance(value, type(object.__init__)):
                continue  # of results that only the library makes
            with self.subTest(path):
                self.assertRegex(self.text(value), r"\w", "no docstring")
            names += 1
        self.assertGreater(names, 1200)

    def test_arrays_have_shapes(self):
        # A function that takes or gives an array says dtype or shape.
        for path, value in self.public():
            first = (value.__doc__ or "").splitlines()[:1]
            if inspect.isclass(value) or isinstance(value, property) or not first:
                continue
            if "Samples" in first[0] or re.search(r"ndarray\[numpy\.(complex|float32|u?int)", first[0]):
                with self.subTest(path):
                    self.assertRegex(self.text(value), r"complex64|complex128|float32|float64|u?int(8|16|32)|\(\w|As |"
                                     r"The (same|inverse|nearest)|Unit gain|No gain|Adds|weights", "no shape")

    def test_names_are_those_of_the_module(self):
        for name in MODULES:
            module = importlib.import_module(f"boresight.{name}")
            for key in module.__all__:
                value = getattr(module, key)
                if inspect.isclass(value):
                    self.assertEqual(value.__module__, f"boresight.{name}")


class ImportTest(unittest.TestCase):
    def test_numpy_alone(self):
        code = "import sys, boresight; print([m for m in ('scipy', 'matplotlib', 'sgp4') if m in sys.modules])"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(result.stdout.strip(), "[]")

    def test_version_is_that_of_cmake(self):
        self.assertRegex(boresight.__version__, r"^\d+\.\d+\.\d+$")

    def test_simd_targets(self):
        targets = boresight.simd_targets()
        self.assertIn(boresight.active_simd_target(), targets)
        with self.assertRaises(boresight.ConfigError):
            boresight.force_simd_target("ABACUS")
        boresight.force_simd_target(targets[-1])
        self.assertEqual(boresight.active_simd_target(), targets[-1])
        boresight.force_simd_target("")


if __name__ == "__main__":
    unittest.main()
