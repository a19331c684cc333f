"""Every function and method that takes an array, with arrays that it must refuse: driven by the signatures that the
module itself tells, so that a new binding is tested or stops the test."""

import functools
import importlib
import inspect
import re
import tempfile
import unittest
import weakref

import numpy as np

import boresight
from boresight import array, beam, doa, fec, frame, modem, ofdm, rx, sdr, sim, sync
from scene import FREQUENCY_HZ, line

MODULES = ["array", "beam", "doa", "sync", "ofdm", "modem", "fec", "frame", "rx", "tx", "sim", "sdr"]
ARRAY = re.compile(r"^(?:Optional\[)?numpy\.ndarray\[numpy\.(\w+)\]\]?$")


def split_top(text):
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return parts + [text[start:].strip()] if text[start:].strip() else parts


def signatures(name, doc):
    """[(name, type, has a default)] of each overload, as pybind11 writes it into the docstring."""
    for line in (doc or "").splitlines():
        match = re.match(rf"(?:\d+\. )?{re.escape(name)}\((.*)\) -> .*$", line)
        if match and "*args" not in match.group(1):
            arguments = []
            for part in split_top(match.group(1)):
                argument, _, kind = part.partition(": ")
                kind, _, default = kind.partition(" = ")
                arguments.append((argument, kind, bool(default)))
            yield arguments


def callables():
    """(where, class or None, name, callable) of all that is public."""
    for module_name in MODULES:
        module = importlib.import_module(f"boresight.{module_name}")
        for key in module.__all__:
            value = getattr(module, key)
            if inspect.isclass(value):
                for cls in [value, *(v for v in vars(value).values() if inspect.isclass(v))]:
                    for name, member in vars(cls).items():
                        static = isinstance(member, staticmethod)
                        function = member.__func__ if static else member
                        if (name == "__init__" or not name.startswith("_")) and callable(function) \
                                and not inspect.isclass(function):
                            yield f"{module_name}.{cls.__qualname__}.{name}", None if static or name == "__init__" else cls, \
                                name, cls if name == "__init__" else getattr(cls, name), function.__doc__
            elif callable(value):
                yield f"{module_name}.{key}", None, key, value, value.__doc__


def small_plan():
    return ofdm.NumerologyPlan(name="lab", sample_rate_hz=5e6, fft_size=256, prefix_samples=32, lower_guard=20, upper_guard=19,
                               pilots=ofdm.PilotPattern(ofdm.PilotPattern.Kind.comb, 12, 6))


def numerology():
    return ofdm.make_numerology(small_plan())


def receiver():
    config = rx.Receiver.Config()
    config.front_end.beamformer.geometry = line(4)
    config.front_end.beamformer.carrier_hz = FREQUENCY_HZ
    return rx.Receiver(config)


def known_symbol():
    known = np.zeros(64, np.complex64)
    known[1:27] = 1
    return known


def canceller():
    constraints = beam.ConstraintSet(4, 1)
    constraints.look(np.ones(4, np.complex128))
    return beam.SidelobeCanceller(constraints)


def writer():
    folder = tempfile.TemporaryDirectory()
    info = sdr.SourceInfo(channels=4, sample_rate_hz=1e6, format=sdr.SampleFormat.cf32)
    made_writer = sdr.SigmfWriter(path=f"{folder.name}/x.sigmf-meta", source=info)
    weakref.finalize(made_writer, folder.cleanup)
    return made_writer


# Objects that their class does not make from nothing, and those of which it makes large ones.
FACTORIES = {
    "AdaptiveBeamformer": lambda: beam.AdaptiveBeamformer(geometry=line(4), carrier_hz=FREQUENCY_HZ),
    "BatchedMvdr": lambda: beam.BatchedMvdr(4, 3),
    "Beamformer": lambda: beam.Beamformer(4),
    "CalibrationCorrector": lambda: array.CalibrationCorrector(
        calibration=array.Calibration(channels=[array.ChannelCalibration()] * 4), sample_rate_hz=1e6),
    "CalibrationEstimator": lambda: array.CalibrationEstimator(channels=4, sample_rate_hz=1e6),
    "CalibrationFromSymbols": lambda: array.CalibrationFromSymbols(channels=4, sample_rate_hz=1e6),
    "ChannelEstimator": lambda: ofdm.ChannelEstimator(numerology=numerology(), known=np.ones(256, np.complex64)),
    "ConstantModulusFilter": lambda: beam.ConstantModulusFilter(4),
    "Constellation": lambda: modem.Constellation(modem.Modulation.qpsk),
    "ConstraintSet": lambda: beam.ConstraintSet(4, 1),
    "CovarianceFactor": lambda: beam.CovarianceFactor(4),
    "DelayProfileEstimator": lambda: ofdm.DelayProfileEstimator(numerology=numerology()),
    "Demodulator": lambda: ofdm.Demodulator(numerology()),
    "DirectionFinder": lambda: doa.DirectionFinder(geometry=line(4), frequency_hz=FREQUENCY_HZ),
    "DriftAccumulator": lambda: sync.DriftAccumulator(frames=8, positions=1000, slopes=[1.0, 2.0]),
    "Eigenspace": lambda: doa.Eigenspace(4, 1),
    "Geometry": lambda: line(4),
    "HtSignal": lambda: frame.HtSignal(mcs=0, length=10),
    "IntegerOffset": lambda: sync.IntegerOffset(known=known_symbol()),
    "InterferenceRejectionCombiner": lambda: ofdm.InterferenceRejectionCombiner(antennas=2, carriers=64, bands=2),
    "KnownSequenceTrainer": lambda: beam.KnownSequenceTrainer(4),
    "LdpcGraph": lambda: fec.NrLdpcGraph(fec.BaseGraph.bg2, 20),
    "LmmseEstimator": lambda: ofdm.LmmseEstimator(
        numerology=numerology(), profile=ofdm.uniform_profile(0.0, 8.0), pilots=[ofdm.PilotPosition(0, 10)]),
    "LmsFilter": lambda: beam.LmsFilter(4),
    "Manifold": lambda: array.Manifold(line(4)),
    "Modulator": lambda: ofdm.Modulator(numerology()),
    "Monopulse": lambda: doa.Monopulse(line(4), FREQUENCY_HZ),
    "MonopulseTracker": lambda: doa.MonopulseTracker(monopulse=doa.Monopulse.Config(line(4), FREQUENCY_HZ)),
    "MvdrSolver": lambda: beam.MvdrSolver(4),
    "NoiseEstimator": lambda: ofdm.NoiseEstimator(carriers=64),
    "NrLdpcGraph": lambda: fec.NrLdpcGraph(fec.BaseGraph.bg2, 20),
    "NrRateMatching": lambda: fec.NrRateMatching(
        graph=fec.BaseGraph.bg2, lifting_size=20, bits_per_block=180, coded_bits=600),
    "NrTransportDecoder": lambda: fec.NrTransportDecoder(max_payload_bytes=100, max_coded_bits=2000),
    "Numerology": numerology,
    "OfdmBurst": lambda: frame.OfdmBurst(numerology()),
    "OfdmDeframer": lambda: frame.OfdmDeframer(frame.OfdmBurst(numerology())),
    "OfdmReceiver": lambda: rx.OfdmReceiver(numerology=numerology()),
    "Pattern": lambda: array.Pattern(line(4), FREQUENCY_HZ, np.ones(4, np.complex128)),
    "RampEqualizer": lambda: ofdm.RampEqualizer(numerology()),
    "Receiver": receiver,
    "RlsFilter": lambda: beam.RlsFilter(4),
    "SampleCovariance": lambda: doa.SampleCovariance(4),
    "SequenceSearch": lambda: sync.SequenceSearch(sequence=np.ones(64, np.complex64), segments=8),
    "SidelobeCanceller": canceller,
    "SigmfWriter": writer,
    "SpatialSpectrum": lambda: doa.SpatialSpectrum(
        geometry=line(4), frequency_hz=FREQUENCY_HZ, grid=doa.SearchGrid.line(-1, 1, 9)),
    "Subarrays": lambda: array.Subarrays([0, 0, 1, 1]),
    "SubbandBeamformer": lambda: beam.SubbandBeamformer(geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6),
    "SubbandWeights": lambda: beam.SubbandWeights(
        geometry=line(4), carrier_hz=FREQUENCY_HZ, sample_rate_hz=20e6, bins=64, subbands=4),
    "TappedDelayLine": lambda: sim.TappedDelayLine(sample_rate_hz=1e6, taps=[sim.TdlTap(power=1.0)]),
    "TemplateFit": lambda: sync.TemplateFit(sync.preamble_template(2.5e6, 0.0)),
    "TransportFormat": lambda: fec.TransportFormat(payload_bytes=10, coded_bits=300, code_rate=0.4),
    "TrueTimeDelay": lambda: beam.TrueTimeDelay(geometry=line(4), carrier_hz=FREQUENCY_HZ),
    "ViterbiDecoder": lambda: fec.ViterbiDecoder(20),
    "WlanLdpcGraph": lambda: fec.WlanLdpcGraph(648, fec.WlanLdpcRate.half),
}


@functools.cache
def made(text):
    """A value of a type as signatures name it."""
    simple = {"int": 1, "float": 1.0, "bool": False, "str": "text", "bytes": b"bytes", "complex": 1j,
              "numpy.ndarray[numpy.float64]": np.zeros(3), "object": 0}
    if text in simple:
        return simple[text]
    if text.lower().startswith(("list[", "tuple[", "sequence[")):
        return []
    if text.startswith("Union["):
        return made(split_top(text[6:-1])[0])
    match = re.match(r"^boresight\.(\w+)\.([\w.]+)$", text)
    if not match:
        raise LookupError(text)
    if match.group(2) in FACTORIES:
        return FACTORIES[match.group(2)]()
    cls = importlib.import_module(f"boresight.{match.group(1)}")
    for part in match.group(2).split("."):
        cls = getattr(cls, part)
    return next(iter(cls.__members__.values())) if hasattr(cls, "__members__") else cls()


def array_calls():
    """(where, array arguments {name: dtype}, the other arguments) of every overload with arrays."""
    for where, cls, name, function, doc in callables():
        for arguments in signatures(name, doc):
            arrays, others = {}, {}
            for argument, kind, default in arguments:
                match = ARRAY.match(kind)
                if match or kind == "Samples":
                    arrays[argument] = match.group(1) if match else "complex64"
                elif argument != "self" and not default:
                    others[argument] = kind
            if arrays:
                yield where, cls, function, arrays, others


class SignatureTest(unittest.TestCase):
    def call(self, cls, function, others, arrays):
        arguments = {name: made(kind) for name, kind in others.items()}
        if cls is not None:
            name = f"boresight.{cls.__module__.removeprefix('boresight.')}.{cls.__qualname__}"
            return function(made(name), **arguments, **arrays)
        return function(**arguments, **arrays)

    def test_every_call_can_be_made(self):
        missing = set()
        count = 0
        for where, cls, _, _, others in array_calls():
            count += 1
            kinds = [*others.values(), *([f"{cls.__module__}.{cls.__qualname__}"] if cls else [])]
            for kind in kinds:
                try:
                    made(kind)
                except Exception as error:
                    missing.add(f"{kind}: {error}  ({where})")
        self.assertEqual(sorted(missing), [])
        self.assertGreater(count, 190)

    def refused(self, values_of, expected):
        for where, cls, function, arrays, others in array_calls():
            for label, values in values_of(arrays):
                with self.subTest(where, values=label), np.errstate(all="ignore"):
                    with self.assertRaises(expected):
                        self.call(cls, function, others, values)

    def test_what_is_no_array_of_numbers(self):
        def values(arrays):
            for bad in ("text", object(), np.array(["a", "b"]), np.array([None, 1]), {"a": 1}):
                yield repr(type(bad)), {name: bad for name in arrays}

        self.refused(values, TypeError)

    def test_another_dtype(self):
        # Parameters in double take any real numbers; all else takes its own dtype.
        def values(arrays):
            for rank in (1, 2, 3):
                yield rank, {name: np.zeros((2,) * rank, np.complex64 if dtype == "float64" else np.float16)
                             for name, dtype in arrays.items()}

        self.refused(values, TypeError)

    def test_shapes_and_values_that_nobody_expects(self):
        # Never a crash, nor an exception that tells of an accident.
        for where, cls, function, arrays, others in array_calls():
            for shape in ((), (0,), (1,), (7,), (0, 0), (1, 0), (0, 5), (3, 7), (2, 2, 2), (1, 1, 1, 1)):
                for fill in (0, 1, np.nan, np.inf):
                    values = {}
                    for name, dtype in arrays.items():
                        kind = np.dtype(dtype)
                        values[name] = np.full(shape, fill if kind.kind in "fc" or np.isfinite(fill) else 127, kind)
                    with self.subTest(where, shape=shape, fill=fill), np.errstate(all="ignore"):
                        try:
                            self.call(cls, function, others, values)
                        except (TypeError, boresight.ConfigError):
                            pass


if __name__ == "__main__":
    unittest.main()
