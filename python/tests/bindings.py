"""Every public name of the compiled modules, and what stands in for one in the search for its oracle: its value spoilt."""

import importlib
import inspect
import pathlib
import re
import types

import numpy as np

from boresight import array, doa, fec, frame, ofdm

MODULES = ["array", "beam", "doa", "sync", "ofdm", "modem", "fec", "frame", "rx", "tx", "sim", "sdr"]


def is_config(cls):
    """A struct that Python makes from its fields."""
    return hasattr(cls, "__match_args__") and (cls.__init__.__doc__ or "").startswith("__init__(")


def classes():
    """(path, class) of every class, those in classes too, enums too."""
    def inside(path, cls):
        yield path, cls
        for key, value in vars(cls).items():
            if inspect.isclass(value):
                yield from inside(f"{path}.{key}", value)

    for name in MODULES:
        module = importlib.import_module(f"boresight.{name}")
        for key in module.__all__:
            value = getattr(module, key)
            if inspect.isclass(value):
                yield from inside(f"{name}.{key}", value)


def values():
    """(path, owner, key) of all that has a value to be compared: functions, methods, properties, fields of results,
    constants. Fields of configs and enumerators have tests of their own that are driven by their lists."""
    for name in MODULES:
        module = importlib.import_module(f"boresight.{name}")
        for key in module.__all__:
            if not inspect.isclass(getattr(module, key)):
                yield f"{name}.{key}", module, key
    for path, cls in classes():
        if hasattr(cls, "__members__"):
            continue
        for key, value in vars(cls).items():
            if key.startswith("_") or inspect.isclass(value) or (is_config(cls) and key in cls.__match_args__):
                continue
            yield f"{path}.{key}", cls, key


def spoilt(value):
    """Another value of the same type and shape."""
    if isinstance(value, (bool, np.bool_)):
        return not value
    if isinstance(value, (int, np.integer)):
        # Large ones by more than one, or differences of times would stay.
        return type(value)(value + 1 if value < 2**20 else value - value // 4)
    if isinstance(value, (float, complex, np.floating, np.complexfloating)):
        return type(value)(value * 1.5 + 1)
    if isinstance(value, np.ndarray):
        if value.dtype == bool:
            return ~value
        if value.dtype.kind in "iu":
            return ~value if value.dtype.kind == "i" else value ^ value.dtype.type(1)
        if value.dtype.kind in "fc":
            # Not only scaled or turned: neither ratios nor phases stay.
            ramp = 1 + np.arange(value.size, dtype=value.real.dtype).reshape(value.shape) / max(value.size, 1) / 2
            turn = np.exp(1j * ramp) if value.dtype.kind == "c" else 1
            return (value * ramp * turn + 0.5).astype(value.dtype)
        return value
    if isinstance(value, str):
        turned = value.translate(str.maketrans("0123456789", "1234567890"))
        return turned if turned != value else value + "?"
    if isinstance(value, pathlib.Path):
        return value.parent / (value.name + "?")
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"?"
    if isinstance(value, list):
        return [spoilt(v) for v in value]
    if isinstance(value, tuple):
        return tuple(spoilt(v) for v in value)
    if hasattr(type(value), "__members__"):
        others = [m for m in type(value).__members__.values() if m != value]
        return others[0] if others else value
    if hasattr(type(value), "__match_args__"):
        fields = {k: getattr(value, k) for k in type(value).__match_args__}
        for kept in ((), (str,)):
            other = type(value).__new__(type(value))
            try:
                other.__setstate__({k: v if isinstance(v, kept) else spoilt(v) for k, v in fields.items()})
                return other
            except (TypeError, ValueError, KeyError, RuntimeError):
                pass
        return types.SimpleNamespace(**{k: spoilt(v) for k, v in fields.items()})
    return spoilt_object(value)


# As they are before anything is put in their place.
MAKERS = {"Geometry": array.Geometry.from_positions, "SearchGrid": doa.SearchGrid.line, "AdditiveScrambler": fec.AdditiveScrambler,
          "Numerology": (ofdm.wifi20, ofdm.ku20), "OfdmBurst": frame.OfdmBurst}


def spoilt_object(value):
    if isinstance(value, ofdm.Numerology):
        return next(made for made in (make() for make in MAKERS["Numerology"]) if made.fft_size != value.fft_size)
    if isinstance(value, frame.OfdmBurst):
        return frame.OfdmBurst(MAKERS["Numerology"][1]())
    if isinstance(value, array.Manifold):
        return array.Manifold(MAKERS["Geometry"](np.eye(3)))
    if isinstance(value, array.Geometry):
        if value.elements == 0:
            return MAKERS["Geometry"](np.eye(3))
        return MAKERS["Geometry"](1.25 * value.positions_m + np.arange(value.elements)[:, None] * 1e-3)
    if isinstance(value, array.Jones):
        return array.Jones(1, 0.3 + 0.2j)
    if isinstance(value, array.Attitude):
        return array.Attitude(yaw_rad=0.1, pitch_rad=0.2, roll_rad=0.3)
    if isinstance(value, array.Subarrays):
        groups = max(value.group(e) for e in range(value.elements)) + 1
        return array.Subarrays([(value.group(e) + 1) % groups for e in range(value.elements)])
    if isinstance(value, doa.SearchGrid):
        return MAKERS["SearchGrid"](-0.5, 0.4, value.directions.shape[0] or 9)
    if isinstance(value, fec.AdditiveScrambler):
        return MAKERS["AdditiveScrambler"](3, 1)
    public = {k: v for k, v in vars(type(value)).items() if not k.startswith("_") and not inspect.isclass(v)}
    if public and all(isinstance(v, property) for v in public.values()):
        return types.SimpleNamespace(**{k: spoilt(getattr(value, k)) for k in public})
    return value


def returns_nothing(function):
    lines = re.findall(r"^(?:\d+\. )?\w+\(.*\) -> (.*)$", getattr(function, "__doc__", None) or "", re.MULTILINE)
    return bool(lines) and all(line == "None" for line in lines)


def spoilt_binding(member):
    """What takes the place of a module's or a class's attribute."""
    if isinstance(member, property):
        return property(lambda self: spoilt(member.fget(self)), member.fset)
    if isinstance(member, staticmethod):
        return staticmethod(spoilt_binding(member.__func__))
    if not callable(member):
        return spoilt(member)
    if returns_nothing(member):
        return lambda *args, **kwargs: None  # never called
    return lambda *args, **kwargs: spoilt(member(*args, **kwargs))


def never_called(member):
    """For what returns a list: one that is never called, and so finds nothing."""
    if callable(member) and "-> List" in (member.__doc__ or ""):
        return lambda *args, **kwargs: []
    return spoilt_binding(member)
